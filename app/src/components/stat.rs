//! A number that matters, its word, and where it leads.

use super::count::LiveCount;
use leptos::prelude::*;

/// Around [`StatTile`]s: as many beside one another as fit.
#[component]
pub fn StatTiles(
    /// Tiles.
    children: Children,
) -> impl IntoView {
    view! { <div class="stats">{children()}</div> }
}

/// A number, its word, a few words below. With `href` all of it is a link.
#[component]
pub fn StatTile(
    /// The number.
    #[prop(into)]
    value: Signal<i64>,
    /// Its word.
    #[prop(into)]
    label: String,
    /// Where it leads.
    #[prop(into, optional)]
    href: Option<String>,
    /// Word of the state that gives its colour: `critical`, `running` … Only shown where the number isn't zero.
    #[prop(optional)]
    state: Option<&'static str>,
    /// Behind the number: "%".
    #[prop(optional)]
    unit: &'static str,
    /// A few words below: "12 since yesterday".
    #[prop(into, optional)]
    note: Signal<String>,
) -> impl IntoView {
    let inner = view! {
        <span class="stat-number"><LiveCount value/>{(!unit.is_empty()).then(|| view! { <span class="stat-unit">{unit}</span> })}</span>
        <span class="stat-label">{label}</span>
        {move || Some(note.get()).filter(|n| !n.is_empty()).map(|n| view! { <span class="stat-note">{n}</span> })}
    };
    let state = move || state.filter(|_| value.get() != 0);
    match href {
        Some(href) => view! { <a class="stat" href=href data-state=state>{inner}</a> }.into_any(),
        None => view! { <div class="stat" data-state=state>{inner}</div> }.into_any(),
    }
}
