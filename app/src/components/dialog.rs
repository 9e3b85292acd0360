//! The browser's own dialog: it keeps the focus inside, closes on Escape and gives the focus back. A form is begun at its first field.

use super::{
    Button, ButtonKind, Field,
    icon::{CLOSE, Icon},
};
use leptos::{html, prelude::*};

/// A dialog over the page. Its children are made each time it opens, so that a form begins anew.
#[component]
pub fn Dialog(
    /// Whether it is open; closing it sets this to false.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let children = StoredValue::new(children);
    Effect::new(move |_| {
        let is_open = open.get();
        #[cfg(feature = "hydrate")]
        if let Some(dialog) = node.get() {
            if is_open && !dialog.is_connected() {
                // Opened while its page is still being put together: it can be shown once it is in the document.
                crate::browser::after(30, move || {
                    if open.try_get_untracked() == Some(true) && !dialog.open() {
                        show(&dialog);
                    }
                });
            } else if is_open && !dialog.open() {
                show(&dialog);
            } else if !is_open && dialog.open() {
                dialog.close();
            }
        }
        let _ = is_open;
    });
    view! {
        <dialog class="dialog" node_ref=node aria-label=move || title.get() on:close=move |_| closed(node, open)>
            {move || {
                open.get().then(|| {
                    view! {
                        <header class="dialog-head">
                            <h2>{move || title.get()}</h2>
                            <button type="button" class="button button-quiet" aria-label="Close" on:click=move |_| open.set(false)><Icon shape=CLOSE/></button>
                        </header>
                        <div class="dialog-body">{children.with_value(|c| c())}</div>
                    }
                })
            }}
        </dialog>
    }
}

/// What can be filled in; of radio buttons, the one that is chosen.
#[cfg(feature = "hydrate")]
const FIELDS: &str = ".dialog-body :is(input:not([type=hidden], [type=radio]:not(:checked)), select, textarea):enabled";

/// Shows a dialog with the focus in its first field. Where it has none, or one asks for the focus by itself (`autofocus`), the browser
/// knows where the focus goes.
#[cfg(feature = "hydrate")]
fn show(dialog: &web_sys::HtmlDialogElement) {
    use wasm_bindgen::JsCast;
    if dialog.show_modal().is_err() || matches!(dialog.query_selector("[autofocus]"), Ok(Some(_))) {
        return;
    }
    let first = dialog.query_selector(FIELDS).ok().flatten();
    if let Some(field) = first.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

/// Takes over that the browser closed a dialog. It tells so in a task of its own: one that was opened again before that stays open.
pub(super) fn closed(node: NodeRef<html::Dialog>, open: RwSignal<bool>) {
    #[cfg(feature = "hydrate")]
    if node.get_untracked().is_some_and(|dialog| dialog.open()) {
        return;
    }
    let _ = node;
    open.set(false);
}

/// Asks before something is taken away: says what will happen, and wants a word typed.
#[component]
pub fn Confirm(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading: "Retire SRV-01?".
    #[prop(into)]
    title: Signal<String>,
    /// What will happen.
    #[prop(into)]
    body: Signal<String>,
    /// What has to be typed.
    #[prop(into)]
    word: Signal<String>,
    /// The button's words.
    #[prop(into)]
    action: Signal<String>,
    /// Work goes on.
    #[prop(into, optional)]
    busy: Signal<bool>,
    /// What went wrong.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// Called when it was typed and pressed.
    #[prop(into)]
    on_confirm: Callback<()>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    Effect::new(move |_| {
        if open.get() {
            typed.set(String::new());
        }
    });
    let matches = move || typed.get().trim() == word.get().trim();
    view! {
        <Dialog open title>
            <form
                class="stack"
                on:submit=move |event| {
                    event.prevent_default();
                    if matches() {
                        on_confirm.run(());
                    }
                }
            >
                <p>{move || body.get()}</p>
                <Field label=Signal::derive(move || format!("Type “{}” to go on", word.get())) name="confirm" value=typed error required=true autocomplete="off"/>
                <div class="form-actions">
                    <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                    <Button kind=ButtonKind::Danger submit=true busy disabled=Signal::derive(move || !matches())>{move || action.get()}</Button>
                </div>
            </form>
        </Dialog>
    }
}
