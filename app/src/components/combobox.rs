//! A field that looks up as one types, for lists too long to show: asks the server, shows what fits, takes one.
//!
//! Before the scripts come it is a plain text field: the form then sends `{name}` as it was at first and `{name}_text` as typed.

use crate::{browser, error::UiError};
use leptos::{html, prelude::*, task::spawn_local};
use std::{future::Future, pin::Pin, sync::Arc};

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its value in the form.
    pub value: String,
    /// Its words.
    pub label: String,
    /// A few words to tell it from others; may be empty.
    pub note: String,
}

impl Choice {
    /// A choice without a note.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), note: String::new() }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Vec<Choice>, UiError>> + Send>>;

/// Where choices come from: what was typed → what fits, best first.
#[derive(Clone)]
pub struct Ask(Arc<dyn Fn(String) -> Answer + Send + Sync>);

impl Ask {
    /// Asks with this function; usually a server function and a `map` into choices.
    pub fn new<F, R>(ask: F) -> Self
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<Choice>, UiError>> + Send + 'static,
    {
        Self(Arc::new(move |typed| Box::pin(ask(typed))))
    }
}

/// Rest after a key before the server is asked, in milliseconds.
const TYPING: u32 = 200;

/// The field. `value` is the chosen value, empty while nothing is chosen; `text` its words at first.
#[component]
pub fn Combobox(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// Its name in the form; also makes its id.
    #[prop(into)]
    name: String,
    /// The chosen value.
    value: RwSignal<String>,
    /// Words of the chosen value at first.
    #[prop(into, optional)]
    text: String,
    /// Where choices come from.
    ask: Ask,
    /// Called with what was chosen; an empty value when it is cleared.
    #[prop(into, optional)]
    on_choose: Option<Callback<Choice>>,
    /// An example.
    #[prop(into, optional)]
    placeholder: Option<String>,
    /// One sentence below it.
    #[prop(into, optional)]
    hint: String,
    /// What is wrong with it.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// The label is for screen readers only: in filter bars.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let id = StoredValue::new(format!("field-{name}"));
    let node = NodeRef::<html::Input>::new();
    let ask = StoredValue::new(ask);
    let typed = RwSignal::new(text.clone());
    // Words of what is chosen: what the field falls back to.
    let settled = StoredValue::new(text.clone());
    let found: RwSignal<Option<Result<Vec<Choice>, UiError>>> = RwSignal::new(None);
    let open = RwSignal::new(false);
    let here: RwSignal<Option<usize>> = RwSignal::new(None);
    let turn = StoredValue::new(0_u32);

    let write = move |words: &str| {
        typed.set(words.to_owned());
        #[cfg(feature = "hydrate")]
        if let Some(input) = node.get_untracked() {
            input.set_value(words);
        }
    };
    let look = move |words: String, rest: u32| {
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        browser::after(rest, move || {
            if turn.try_get_value() != Some(mine) {
                return;
            }
            spawn_local(async move {
                let Some(asked) = ask.try_with_value(|ask| (ask.0)(words)) else { return };
                let answer = asked.await;
                // A later question has overtaken this one.
                if turn.try_get_value() == Some(mine) {
                    let first = matches!(&answer, Ok(list) if !list.is_empty()).then_some(0);
                    let _ = found.try_set(Some(answer));
                    let _ = here.try_set(first);
                }
            });
        });
    };
    let show = move || {
        if !open.get_untracked() {
            open.set(true);
            here.set(None);
            look(String::new(), 0);
        }
    };
    let close = move || {
        open.set(false);
        here.set(None);
        found.set(None);
        turn.update_value(|t| *t = t.wrapping_add(1));
    };
    let choose = move |choice: Choice| {
        settled.set_value(choice.label.clone());
        write(&choice.label);
        value.set(choice.value.clone());
        close();
        if let Some(on_choose) = on_choose {
            on_choose.run(choice);
        }
    };
    // What was typed and not chosen is taken back; an emptied field means nothing.
    let settle = move || {
        if !open.get_untracked() {
            return;
        }
        if typed.with_untracked(|t| t.trim().is_empty()) {
            if !value.with_untracked(String::is_empty) {
                choose(Choice::new("", ""));
            }
        } else {
            let words = settled.get_value();
            write(&words);
        }
        close();
    };
    let at =
        move |place: usize| found.with_untracked(|f| f.as_ref().and_then(|f| f.as_ref().ok()).and_then(|list| list.get(place).cloned()));
    let len = move || found.with_untracked(|f| f.as_ref().and_then(|f| f.as_ref().ok()).map_or(0, Vec::len));
    let option_id = move |place: usize| id.with_value(|id| format!("{id}-{place}"));
    let key = move |event: leptos::ev::KeyboardEvent| {
        let is_open = open.get_untracked();
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if !is_open => {
                event.prevent_default();
                show();
            }
            arrow @ ("ArrowDown" | "ArrowUp") => {
                event.prevent_default();
                let len = len();
                if len > 0 {
                    here.update(|place| {
                        *place = Some(match (*place, arrow) {
                            (None, "ArrowDown") => 0,
                            (None, _) => len - 1,
                            (Some(p), "ArrowDown") => (p + 1) % len,
                            (Some(p), _) => (p + len - 1) % len,
                        });
                    });
                    if let Some(place) = here.get_untracked() {
                        browser::show_nearest(&format!("#{}", option_id(place)));
                    }
                }
            }
            "Enter" if is_open => {
                event.prevent_default();
                match here.get_untracked().and_then(at) {
                    Some(choice) => choose(choice),
                    None => settle(),
                }
            }
            "Escape" if is_open => {
                event.prevent_default();
                event.stop_propagation();
                let words = settled.get_value();
                write(&words);
                close();
            }
            _ => {}
        }
    };
    let own_id = id.get_value();
    let list_id = format!("{own_id}-list");
    let (controls, text_name) = (list_id.clone(), format!("{name}_text"));
    let hint_id = (!hint.is_empty()).then(|| format!("{own_id}-hint"));
    let described = {
        let (hint_id, error_id) = (hint_id.clone(), format!("{own_id}-error"));
        move || {
            let ids: Vec<String> = error.get().map(|_| error_id.clone()).into_iter().chain(hint_id.clone()).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    let words = move || match (open.get(), found.get()) {
        (true, Some(Ok(list))) if list.is_empty() => "Nothing matches".to_owned(),
        (true, Some(Ok(list))) if list.len() == 1 => "1 match".to_owned(),
        (true, Some(Ok(list))) => format!("{} matches", list.len()),
        (true, Some(Err(error))) => error.message,
        (true, None) => "Looking…".to_owned(),
        (false, _) => String::new(),
    };
    view! {
        <div class="field combobox" data-bare=bare.then_some("") data-invalid=move || error.get().is_some().then_some("")>
            <label for=own_id.clone() class=bare.then_some("hidden-words")>{move || label.get()}</label>
            <div class="combobox-box">
                <input
                    class="input"
                    id=own_id.clone()
                    name=text_name
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    node_ref=node
                    value=text
                    aria-autocomplete="list"
                    aria-expanded=move || if open.get() { "true" } else { "false" }
                    aria-controls=controls
                    aria-activedescendant=move || open.get().then(|| here.get()).flatten().map(option_id)
                    aria-invalid=move || error.get().is_some().then_some("true")
                    aria-describedby=described
                    on:input=move |event| {
                        let words = event_target_value(&event);
                        typed.set(words.clone());
                        open.set(true);
                        look(words, TYPING);
                    }
                    on:click=move |_| show()
                    on:keydown=key
                    on:blur=move |_| settle()
                />
                <input type="hidden" name=name prop:value=move || value.get() value=value.get_untracked()/>
                <div class="combobox-pop" data-open=move || open.get().then_some("")>
                    <ul class="combobox-list" id=list_id role="listbox" aria-label=move || label.get()>
                        {move || {
                            let Some(Ok(list)) = found.get().filter(|_| open.get()) else { return ().into_any() };
                            list.into_iter()
                                .enumerate()
                                .map(|(place, choice)| {
                                    let own = choice.clone();
                                    let note = choice.note;
                                    view! {
                                        <li
                                            class="combobox-option"
                                            id=option_id(place)
                                            role="option"
                                            aria-selected=move || if here.get() == Some(place) { "true" } else { "false" }
                                            // The field must keep the focus.
                                            on:pointerdown=|event| event.prevent_default()
                                            on:click=move |_| choose(own.clone())
                                        >
                                            {choice.label}
                                            {(!note.is_empty()).then(|| view! { <span class="combobox-note">{note}</span> })}
                                        </li>
                                    }
                                })
                                .collect_view()
                                .into_any()
                        }}
                    </ul>
                    <p class="combobox-words" role="status">{words}</p>
                </div>
            </div>
            {hint_id.map(|id| view! { <p class="field-hint" id=id>{hint}</p> })}
            {(!bare).then(|| view! { <p class="field-error" id=format!("{own_id}-error") role="alert">{move || error.get()}</p> })}
        </div>
    }
}
