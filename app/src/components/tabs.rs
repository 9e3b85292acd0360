//! Tabs that are links: each has an address.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// One tab.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Its address, `/path` or `/path?query`.
    pub href: String,
    /// Its words.
    pub label: &'static str,
    /// A number behind them, once it is known.
    pub count: Option<Signal<Option<i64>>>,
}

impl Tab {
    /// A tab without a number.
    pub fn new(href: impl Into<String>, label: &'static str) -> Self {
        Self { href: href.into(), label, count: None }
    }
}

/// A row of tabs; the one whose address (path, and query if it has one) is on screen is current.
#[component]
pub fn Tabs(
    /// What they are tabs of, for screen readers.
    #[prop(into)]
    label: String,
    /// The tabs.
    tabs: Vec<Tab>,
    /// Place of the current one, from 0, where the address alone doesn't tell.
    #[prop(into, optional)]
    here: Option<Signal<usize>>,
) -> impl IntoView {
    let location = use_location();
    let (path, search) = (location.pathname, location.search);
    Effect::new(move || {
        path.track();
        search.track();
        request_animation_frame(crate::browser::show_current_tab);
    });
    view! {
        <nav class="tabs" aria-label=label>
            {tabs
                .into_iter()
                .enumerate()
                .map(|(place, Tab { href, label, count })| {
                    let own = href.clone();
                    let is_here = move || match own.split_once('?') {
                        _ if here.is_some() => here.is_some_and(|here| here.get() == place),
                        Some((p, q)) => path.get() == p && search.get().trim_start_matches('?') == q,
                        None => path.get() == own,
                    };
                    view! {
                        <a class="tab" href=href aria-current=move || is_here().then_some("page")>
                            {label}
                            {count.map(|count| view! { <span class="tab-count">{move || count.get().map(domain::text::count)}</span> })}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}
