//! Filters of a list. They live in the URL, so that a view can be shared; the bar is a plain form, so it works before the scripts come.

use super::{
    Fold,
    count::LiveCount,
    icon::{CLOSE, Icon, SEARCH, Shape},
    table::query_with,
};
use crate::browser;
use leptos::{html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

/// Rest after a key before what was typed is looked for, in milliseconds.
const TYPING: u32 = 250;

/// Sets a filter of this page's URL (empty: takes it out), and goes there without moving the page. `true`: in place of this entry of
/// the history, for what is being typed.
pub fn use_filter() -> Callback<(&'static str, String, bool)> {
    let (query, path, navigate) = (use_query_map(), use_location().pathname, use_navigate());
    Callback::new(move |(key, value, replace): (&'static str, String, bool)| {
        let target = format!("{}{}", path.get_untracked(), query_with(&query.read_untracked(), &[(key, Some(&value))]));
        navigate(&target, NavigateOptions { replace, scroll: false, ..NavigateOptions::default() });
    })
}

/// Context: what a bar keeps, until its first search takes it.
#[derive(Clone, Copy)]
struct Kept(StoredValue<Option<Vec<&'static str>>>);

/// Around the filters of a list. On phones those after the first [`SearchFilter`] are folded.
#[component]
pub fn FilterBar(
    /// What it filters, for screen readers: "Filter devices".
    #[prop(into)]
    label: String,
    /// Keys of the URL that are set by other means (sort, chips, tabs) and must be kept.
    #[prop(optional)]
    keep: Vec<&'static str>,
    /// Filters.
    children: Children,
) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    provide_context(Kept(StoredValue::new(Some(keep.clone()))));
    let kept = move || {
        let query = query.read();
        let kept = keep.iter().filter_map(|key| query.get(key).map(|value| (*key, value)));
        kept.map(|(key, value)| view! { <input type="hidden" name=key value=value/> }).collect_view()
    };
    view! {
        <form class="filters" role="search" method="get" action=move || path.get() aria-label=label on:submit=|event| event.prevent_default()>
            {children()}
            {kept}
            <noscript><button class="button" type="submit">"Show"</button></noscript>
        </form>
    }
}

/// Searches as one types.
#[component]
pub fn SearchFilter(
    /// Its key in the URL.
    #[prop(default = "search")]
    name: &'static str,
    /// Its label: "Search devices".
    label: &'static str,
) -> impl IntoView {
    let (query, go) = (use_query_map(), use_filter());
    let node = NodeRef::<html::Input>::new();
    // Where there are two, the second is one of the filters.
    let others = use_context::<Kept>().and_then(|kept| kept.0.try_update_value(Option::take).flatten());
    let fold = others.map(|kept| {
        let is_filter = move |key: &str| key != name && key != "cursor" && !kept.contains(&key);
        let set = Memo::new(move |_| query.read().latest_values().filter(|(key, value)| !value.is_empty() && is_filter(key)).count());
        let label = move || if set.get() == 0 { "Filters".to_owned() } else { format!("Filters ({})", set.get()) };
        view! { <Fold label=Signal::derive(label)/> }
    });
    let turn = StoredValue::new(0_u32);
    let typed = move |text: String| {
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        browser::after(TYPING, move || {
            if turn.try_get_value() == Some(mine) {
                go.run((name, text.trim().to_owned(), true));
            }
        });
    };
    Effect::new(move |_| {
        let wanted = query.read().get(name).unwrap_or_default();
        #[cfg(feature = "hydrate")]
        if let Some(input) = node.get()
            && document().active_element().as_ref() != Some(&input)
            && input.value() != wanted
        {
            input.set_value(&wanted);
        }
        let _ = wanted;
    });
    view! {
        <label class="search">
            <Icon shape=SEARCH/>
            <span class="hidden-words">{label}</span>
            <input
                class="input"
                type="search"
                name=name
                placeholder=label
                autocomplete="off"
                node_ref=node
                value=query.read_untracked().get(name).unwrap_or_default()
                on:input=move |event| typed(event_target_value(&event))
            />
        </label>
        {fold}
    }
}

/// One of a few, or all.
#[component]
pub fn SelectFilter(
    /// Its key in the URL.
    name: &'static str,
    /// Its label, for screen readers: "Class".
    label: &'static str,
    /// Words for no filter: "All classes".
    all: &'static str,
    /// (value, words), in order.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let (query, go) = (use_query_map(), use_filter());
    let here = Memo::new(move |_| query.read().get(name).unwrap_or_default());
    view! {
        <label class="filter-select" data-set=move || (!here.get().is_empty()).then_some("")>
            <span class="hidden-words">{label}</span>
            <select class="input" name=name on:change=move |event| go.run((name, event_target_value(&event), false))>
                <option value="" selected=move || here.get().is_empty() prop:selected=move || here.get().is_empty()>{all}</option>
                {move || {
                    options
                        .get()
                        .into_iter()
                        .map(|(value, words)| {
                            let own = StoredValue::new(value.clone());
                            let is_here = move || own.with_value(|own| here.with(|h| h == own));
                            view! { <option value=value selected=is_here prop:selected=is_here>{words}</option> }
                        })
                        .collect_view()
                }}
            </select>
        </label>
    }
}

/// Around [`ChipFilter`]s.
#[component]
pub fn Chips(
    /// What they are, for screen readers: "Bands".
    #[prop(into)]
    label: String,
    /// Chips.
    children: Children,
) -> impl IntoView {
    view! { <nav class="chips" aria-label=label>{children()}</nav> }
}

/// A filter that is on or off, as a link; with a number, if it is known.
#[component]
pub fn ChipFilter(
    /// Its key in the URL.
    name: &'static str,
    /// Its value when it is on.
    #[prop(into)]
    value: String,
    /// Its words.
    #[prop(into)]
    label: String,
    /// A picture before them.
    #[prop(optional)]
    shape: Option<Shape>,
    /// Word of the state that gives its colour: `critical`, `running` …
    #[prop(optional)]
    state: Option<&'static str>,
    /// How many there are.
    #[prop(into, optional)]
    count: Option<Signal<i64>>,
) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    let value = StoredValue::new(value);
    let on = Memo::new(move |_| value.with_value(|v| query.read().get(name).as_deref() == Some(v.as_str())));
    let href = move || {
        let next = value.with_value(|v| query_with(&query.read(), &[(name, (!on.get()).then_some(v.as_str()))]));
        format!("{}{next}", path.get())
    };
    view! {
        <a class="chip" data-state=state href=href data-noscroll="" aria-current=move || on.get().then_some("true")>
            {shape.map(|shape| view! { <Icon shape/> })}
            <span>{label}</span>
            {count.map(|value| view! { <LiveCount value/> })}
        </a>
    }
}

/// A link that takes filters out, shown while any of them is set.
#[component]
pub fn ClearFilters(
    /// Their keys in the URL.
    keys: Vec<&'static str>,
) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    let keys = StoredValue::new(keys);
    let any = Memo::new(move |_| keys.with_value(|keys| keys.iter().any(|key| query.read().get(key).is_some_and(|v| !v.is_empty()))));
    let href = move || {
        let out: Vec<(&str, Option<&str>)> = keys.with_value(|keys| keys.iter().map(|key| (*key, None)).collect());
        format!("{}{}", path.get(), query_with(&query.read(), &out))
    };
    move || any.get().then(|| view! { <a class="button button-quiet" href=href data-noscroll=""><Icon shape=CLOSE/>"Clear filters"</a> })
}
