//! The head of a page and its parts.

use super::{Later, breadcrumbs::Breadcrumbs, frame::Announcer};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// A page: title (also the document's, unless `tab` is), where it hangs, what can be done. On navigation its heading gets the focus, and
/// the document's title is read out.
#[component]
pub fn Page(
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// The document's title, where the heading alone doesn't tell one tab from another.
    #[prop(optional, into)]
    tab: Option<Signal<String>>,
    /// (address, words) of the pages above it, from the top.
    #[prop(optional)]
    breadcrumbs: Vec<(String, String)>,
    /// A line below the heading.
    #[prop(optional)]
    lead: Option<AnyView>,
    /// Buttons beside the heading.
    #[prop(optional)]
    actions: Option<AnyView>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    let tab = tab.unwrap_or(title);
    let announcer = use_context::<Announcer>().unwrap_or_default();
    let path = use_location().pathname;
    Effect::new(move |_| {
        let path = path.get_untracked();
        announcer.arrived(&path, &tab.get_untracked());
    });
    // On the server the head is written when a page without anything to wait for (Not found) is already gone.
    let first = tab.get_untracked();
    view! {
        <Title text=move || tab.try_get().unwrap_or_else(|| first.clone())/>
        <Later><header class="page-head">
            {(!breadcrumbs.is_empty()).then(|| view! { <Breadcrumbs above=breadcrumbs/> })}
            <div class="page-title">
                <h1 tabindex="-1">{move || title.get()}</h1>
                {actions.map(|actions| view! { <div class="page-actions">{actions}</div> })}
            </div>
            {lead.map(|lead| view! { <div class="page-lead">{lead}</div> })}
        </header></Later>
        {children()}
    }
}

/// A part of a page with a heading.
#[component]
pub fn Section(
    /// Its heading.
    #[prop(into)]
    title: String,
    /// Beside the heading.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="section">
            <header class="section-head"><h2>{title}</h2>{aside}</header>
            {children()}
        </section>
    }
}
