//! Fields of forms: label, input, hint and error belong together, for eyes and for screen readers.

use leptos::{html, prelude::*};

fn wrap(id: String, label: Signal<String>, hint: String, required: bool, error: Signal<Option<String>>, input: AnyView) -> AnyView {
    let has_hint = !hint.is_empty();
    view! {
        <div class="field" data-invalid=move || error.get().is_some().then_some("")>
            <label for=id.clone()>{move || label.get()}{(!required).then(|| view! { <span class="field-optional">" (optional)"</span> })}</label>
            {input}
            {has_hint.then(|| view! { <p class="field-hint" id=format!("{id}-hint")>{hint}</p> })}
            <p class="field-error" id=format!("{id}-error") role="alert">{move || error.get()}</p>
        </div>
    }
    .into_any()
}

fn described(id: &str, hint: bool, error: Signal<Option<String>>) -> impl Fn() -> Option<String> + Clone + Send + use<> {
    let id = id.to_owned();
    move || {
        let mut ids = Vec::new();
        if error.get().is_some() {
            ids.push(format!("{id}-error"));
        }
        if hint {
            ids.push(format!("{id}-hint"));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// One line of text. What was typed before the scripts came is kept.
#[component]
pub fn Field(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// Its name in the form; also makes its id.
    #[prop(into)]
    name: String,
    /// What is typed.
    value: RwSignal<String>,
    /// `text`, `email`, `password`, `number`, `search`, `datetime-local` …
    #[prop(optional, into)]
    kind: Option<String>,
    /// One sentence below it.
    #[prop(into, optional)]
    hint: String,
    /// What is wrong with it.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// Must be filled in. Others say "(optional)" unless `plain`.
    #[prop(optional)]
    required: bool,
    /// No word "(optional)".
    #[prop(optional)]
    plain: bool,
    /// For the browser: `username`, `current-password`, `off` …
    #[prop(into, optional)]
    autocomplete: Option<String>,
    /// An example.
    #[prop(into, optional)]
    placeholder: Option<String>,
    /// Gets the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let id = format!("field-{name}");
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |before: Option<()>| {
        let wanted = value.get();
        #[cfg(feature = "hydrate")]
        if let Some(input) = node.get() {
            let typed = input.value();
            if before.is_none() && wanted.is_empty() && !typed.is_empty() {
                value.set(typed);
            } else if typed != wanted {
                input.set_value(&wanted);
            }
        }
        let _ = (wanted, before);
    });
    let has_hint = !hint.is_empty();
    let input = view! {
        <input
            class="input"
            id=id.clone()
            name=name
            type=kind.unwrap_or_else(|| "text".into())
            node_ref=node
            value=value.get_untracked()
            required=required
            autocomplete=autocomplete
            placeholder=placeholder
            autofocus=autofocus
            aria-invalid=move || error.get().is_some().then_some("true")
            aria-describedby=described(&id, has_hint, error)
            on:input=move |event| value.set(event_target_value(&event))
        />
    }
    .into_any();
    wrap(id, label, hint, required || plain, error, input)
}

/// Several lines of text.
#[component]
pub fn TextField(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// What is typed.
    value: RwSignal<String>,
    /// One sentence below it.
    #[prop(into, optional)]
    hint: String,
    /// What is wrong with it.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// Must be filled in. Others say "(optional)" unless `plain`.
    #[prop(optional)]
    required: bool,
    /// No word "(optional)".
    #[prop(optional)]
    plain: bool,
) -> impl IntoView {
    let id = format!("field-{name}");
    let has_hint = !hint.is_empty();
    let input = view! {
        <textarea
            class="input"
            rows="3"
            id=id.clone()
            name=name
            required=required
            aria-invalid=move || error.get().is_some().then_some("true")
            aria-describedby=described(&id, has_hint, error)
            on:input=move |event| value.set(event_target_value(&event))
        >
            {value.get_untracked()}
        </textarea>
    }
    .into_any();
    wrap(id, label, hint, required || plain, error, input)
}

/// One of a few.
#[component]
pub fn SelectField(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// The value that is chosen.
    value: RwSignal<String>,
    /// (value, label), in order.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// The browser asks for one whose value isn't empty.
    #[prop(optional)]
    required: bool,
    /// One sentence below it.
    #[prop(into, optional)]
    hint: String,
    /// What is wrong with it.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// Called with the value when another is chosen.
    #[prop(into, optional)]
    on_choose: Option<Callback<String>>,
) -> impl IntoView {
    let id = format!("field-{name}");
    let has_hint = !hint.is_empty();
    let input = view! {
        <select
            class="input"
            id=id.clone()
            name=name
            required=required
            aria-invalid=move || error.get().is_some().then_some("true")
            aria-describedby=described(&id, has_hint, error)
            on:change=move |event| {
                let chosen = event_target_value(&event);
                value.set(chosen.clone());
                if let Some(choose) = on_choose {
                    choose.run(chosen);
                }
            }
        >
            {move || {
                options
                    .get()
                    .into_iter()
                    .map(|(key, words)| {
                        let this = key.clone();
                        view! { <option value=key selected=move || value.get() == this>{words}</option> }
                    })
                    .collect_view()
            }}
        </select>
    }
    .into_any();
    wrap(id, label, hint, true, error, input)
}

/// On or off.
#[component]
pub fn SwitchField(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// Whether it is on.
    value: RwSignal<bool>,
    /// One sentence below it.
    #[prop(into, optional)]
    hint: String,
) -> impl IntoView {
    let id = format!("field-{name}");
    let hint_id = (!hint.is_empty()).then(|| format!("{id}-hint"));
    view! {
        <div class="field field-switch">
            <input
                class="switch"
                type="checkbox"
                id=id.clone()
                name=name
                value="true"
                checked=value.get_untracked()
                prop:checked=move || value.get()
                aria-describedby=hint_id.clone()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            <label for=id>{move || label.get()}</label>
            {hint_id.map(|id| view! { <p class="field-hint" id=id>{hint}</p> })}
        </div>
    }
}
