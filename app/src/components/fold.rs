//! What takes more room than a phone has, folded.

use super::icon::{DOWN, Icon};
use leptos::prelude::*;

/// A button that unfolds what follows it in its parent; on wider screens there is none, and everything is seen. It is a `<details>`
/// without content of its own, so it works before the scripts come, and what it unfolds needn't stand twice.
#[component]
pub fn Fold(
    /// Its words.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    view! { <details class="fold"><summary class="button">{move || label.get()}<Icon shape=DOWN/></summary></details> }
}
