//! One line to copy.

use super::icon::{COPY, Icon};
use leptos::{html::Code, prelude::*};

/// A line (or a few) of text with a button that copies it. Where the browser gives no clipboard, the text is selected instead.
#[component]
pub fn CopyLine(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What it is, for the button's name: "Copy the {label}".
    #[prop(into, optional)]
    label: String,
) -> impl IntoView {
    let said = RwSignal::new("");
    let code = NodeRef::<Code>::new();
    let copied = text.clone();
    let press = move |_| {
        if crate::browser::copy(&copied) {
            said.set("Copied");
        } else {
            #[cfg(feature = "hydrate")]
            if let Some(code) = code.get() {
                crate::browser::select(&code);
            }
            said.set("Selected");
        }
        crate::browser::after(2_000, move || {
            let _ = said.try_set("");
        });
    };
    let name = if label.is_empty() { "Copy".to_owned() } else { format!("Copy the {label}") };
    view! {
        <div class="copy-line">
            <pre tabindex="0"><code node_ref=code>{text}</code></pre>
            <button type="button" class="button button-quiet" aria-label=name on:click=press>
                <Icon shape=COPY/>
                <span role="status">{move || if said.get().is_empty() { "Copy" } else { said.get() }}</span>
            </button>
        </div>
    }
}
