//! Parts of tables. A page writes its own `<thead>` and `<tbody>` inside a [`TableFrame`]; filters, sort and cursor live in the URL.

use super::{
    columns::Columns,
    icon::{DOWN, Icon},
};
use leptos::prelude::*;
use leptos_router::{
    hooks::{use_location, use_query_map},
    params::ParamsMap,
};

/// The query with some values set (or taken out); the cursor is taken out unless it is given, since it belongs to one order.
pub fn query_with(query: &ParamsMap, changes: &[(&str, Option<&str>)]) -> String {
    let mut pairs: Vec<(String, String)> = query
        .clone()
        .into_iter()
        .map(|(key, value)| (key.into_owned(), value))
        .filter(|(key, _)| key != "cursor" && !changes.iter().any(|(changed, _)| changed == key))
        .collect();
    pairs.extend(changes.iter().filter_map(|(key, value)| value.filter(|v| !v.is_empty()).map(|v| ((*key).to_owned(), v.to_owned()))));
    if pairs.is_empty() {
        return String::new();
    }
    let joined: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{}={}", crate::browser::escape(key), crate::browser::escape(value))).collect();
    format!("?{}", joined.join("&"))
}

/// Around a table: scrolls sideways by itself, its head stays in view. The arrow keys, j and k go from row to row, each time to the
/// row's link of class `row-link` or, without one, to the first thing in it that takes the focus; a row that has none is passed over.
#[component]
pub fn TableFrame(
    /// What the table holds, for screen readers.
    #[prop(into)]
    label: String,
    /// On narrow screens each row becomes a card; cells then need `data-label`.
    #[prop(optional)]
    cards: bool,
    /// Which columns are shown, where that can be chosen.
    #[prop(optional)]
    columns: Option<Columns>,
    /// `<thead>` and `<tbody>`.
    children: Children,
) -> impl IntoView {
    let own_label = label.clone();
    let hide = move || columns.and_then(Columns::hidden_places);
    view! {
        <div class="table-frame" role="region" aria-label=label tabindex="0" on:keydown=walk>
            <table class=if cards { "table table-cards" } else { "table" } aria-label=own_label data-hide=hide>{children()}</table>
        </div>
    }
}

#[cfg(feature = "hydrate")]
fn walk(event: web_sys::KeyboardEvent) {
    use wasm_bindgen::JsCast;
    let step: i32 = match event.key().as_str() {
        "ArrowDown" | "j" => 1,
        "ArrowUp" | "k" => -1,
        _ => return,
    };
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else { return };
    if event.ctrl_key() || event.meta_key() || event.alt_key() || target.matches("input, select, textarea").unwrap_or(false) {
        return;
    }
    let Some(frame) = target.closest(".table-frame").ok().flatten() else { return };
    let Ok(rows) = frame.query_selector_all("tbody tr") else { return };
    let row = |place: i32| rows.item(u32::try_from(place).ok()?)?.dyn_into::<web_sys::Element>().ok();
    let own = target.closest("tr").ok().flatten();
    // From the head, or from the frame itself, the way down begins at the first row.
    let mut place = (0..).map_while(row).zip(0..).find(|(row, _)| own.as_ref() == Some(row)).map_or(-1, |(_, place)| place);
    while let Some(row) = row(place + step) {
        place += step;
        let stop = STOPS.iter().find_map(|stop| row.query_selector(stop).ok().flatten());
        if let Some(stop) = stop.and_then(|stop| stop.dyn_into::<web_sys::HtmlElement>().ok()) {
            event.prevent_default();
            let _ = stop.focus();
            return;
        }
    }
}

/// Where [`walk`] stops in a row, what is wanted most first. What a closed dialog or menu holds can't take the focus.
#[cfg(feature = "hydrate")]
const STOPS: [&str; 2] = [
    ".row-link",
    ":is(a[href], summary, button:enabled, input:enabled:not([type=hidden]), select:enabled, textarea:enabled):not(dialog *, .menu-list *)",
];

#[cfg(not(feature = "hydrate"))]
fn walk<E>(_event: E) {}

/// A head cell whose link sorts by it. The sort in the URL is `sort=key` or `sort=-key`.
#[component]
pub fn SortHead(
    /// The key in the URL.
    key: &'static str,
    /// Its words.
    label: &'static str,
    /// Sorted by this when the URL says nothing.
    #[prop(optional)]
    default: bool,
    /// Numbers stand to the right.
    #[prop(optional)]
    number: bool,
    /// The first press sorts from the greatest.
    #[prop(optional)]
    descending: bool,
) -> impl IntoView {
    let query = use_query_map();
    let location = use_location();
    let first = if descending { format!("-{key}") } else { key.to_owned() };
    let second = if descending { key.to_owned() } else { format!("-{key}") };
    let sort = {
        let first = first.clone();
        move || query.read().get("sort").unwrap_or_else(|| if default { first.clone() } else { String::new() })
    };
    let now = sort.clone();
    let direction = Memo::new(move |_| {
        let sort = now();
        if sort == key {
            "ascending"
        } else if sort.strip_prefix('-') == Some(key) {
            "descending"
        } else {
            ""
        }
    });
    let href = move || {
        let next = if sort() == first { &second } else { &first };
        format!("{}{}", location.pathname.get(), query_with(&query.read(), &[("sort", Some(next))]))
    };
    view! {
        <th scope="col" class=if number { "number" } else { "" } aria-sort=move || Some(direction.get()).filter(|d| !d.is_empty())>
            <a class="sort" href=href data-direction=move || direction.get()>{label}<Icon shape=DOWN/></a>
        </th>
    }
}

/// Below a table: how many rows, and the next of them.
#[component]
pub fn Pager(
    /// Where the next page begins.
    next_cursor: Option<String>,
    /// Rows on this page.
    shown: usize,
    /// All rows, if known.
    #[prop(optional_no_strip)]
    total: Option<i64>,
    /// "device", for "1 device", "3 devices".
    noun: &'static str,
    /// Words behind the number: ", 2 of them paused".
    #[prop(optional_no_strip)]
    note: Option<String>,
    /// What is said instead, where rows stand for more than themselves.
    #[prop(into, optional)]
    words: Option<Signal<String>>,
) -> impl IntoView {
    let query = use_query_map();
    let location = use_location();
    let path = location.pathname;
    let is_first = move || query.read().get("cursor").is_none();
    let said = match total {
        Some(total) if total != 1 => format!("{} shown of {} {noun}s", domain::text::count(shown as i64), domain::text::count(total)),
        _ if shown == 1 => format!("1 {noun}"),
        _ => format!("{} {noun}s shown", domain::text::count(shown as i64)),
    };
    view! {
        <nav class="pager" aria-label="Pages">
            <p>{match words {
                Some(words) => (move || words.get()).into_any(),
                None => (said + &note.unwrap_or_default()).into_any(),
            }}</p>
            {move || (!is_first()).then(|| view! { <a class="button" href=format!("{}{}", path.get(), query_with(&query.read(), &[]))>"First page"</a> })}
            {next_cursor.map(|cursor| view! {
                <a class="button" rel="next" href=move || format!("{}{}", path.get(), query_with(&query.read(), &[("cursor", Some(&cursor))]))>"Next page"</a>
            })}
        </nav>
    }
}
