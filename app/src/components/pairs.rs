//! What is known of a thing, one line each.

use leptos::prelude::*;

/// A list of [`Pair`]s. `wide`: label above value, several beside one another.
#[component]
pub fn Pairs(
    /// Label above value, several beside one another.
    #[prop(optional)]
    wide: bool,
    /// Pairs.
    children: Children,
) -> impl IntoView {
    view! { <dl class=if wide { "pairs-wide" } else { "pairs" }>{children()}</dl> }
}

/// A label and what is known.
#[component]
pub fn Pair(
    /// The label.
    #[prop(into)]
    label: String,
    /// The value.
    children: Children,
) -> impl IntoView {
    view! { <div class="pair"><dt>{label}</dt><dd>{children()}</dd></div> }
}
