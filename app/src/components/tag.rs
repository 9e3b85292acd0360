//! Short words about a thing, and the way to take one away.

use super::icon::{CLOSE, Icon};
use leptos::prelude::*;

/// A word about a thing: its class, a label somebody gave it. States are badges, not tags.
#[component]
pub fn Tag(
    /// The word.
    #[prop(into)]
    label: String,
    /// Leads to others with the same word.
    #[prop(into, optional)]
    href: Option<String>,
    /// Takes it away.
    #[prop(into, optional)]
    on_remove: Option<Callback<()>>,
) -> impl IntoView {
    let name = format!("Remove {label}");
    let words = match href {
        Some(href) => view! { <a class="tag-link" href=href>{label}</a> }.into_any(),
        None => label.into_any(),
    };
    view! {
        <span class="tag">
            {words}
            {on_remove.map(|remove| view! { <button type="button" class="tag-remove" aria-label=name on:click=move |_| remove.run(())><Icon shape=CLOSE/></button> })}
        </span>
    }
}
