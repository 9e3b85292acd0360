//! Times: relative, with the exact time and its zone on hover and focus.

use crate::live::use_now;
use domain::{
    text::{self, Local},
    time::Time,
};
use leptos::prelude::*;
use std::sync::Arc;

/// The zone that a page's times are told in: where its device stands. None: it has no such zone.
#[derive(Clone, Copy, Debug)]
pub struct PageZone(Option<StoredValue<Arc<Local>>>);

impl PageZone {
    /// For all that the page shows.
    pub fn provide(local: Option<Local>) {
        provide_context(Self(local.map(|local| StoredValue::new(Arc::new(local)))));
    }

    /// That of this page; to be asked for before what moves by itself.
    pub fn here() -> Self {
        use_context::<Self>().unwrap_or(Self(None))
    }

    /// Tells something in it.
    pub fn with<T>(self, tell: impl FnOnce(Option<&Local>) -> T) -> T {
        // The page may be gone by now.
        let local = self.0.and_then(|local| local.try_get_value());
        tell(local.as_deref())
    }
}

/// An instant, told relative to now and, on hover and focus, exactly: in UTC, and in the reader's own zone once scripts run ([`mind`]).
/// The server's words are as long as those that follow, so that nothing moves when the browser takes over. On a page of a known zone
/// ([`PageZone`]) the exact time is told in that one.
#[component]
pub fn TimeText(
    /// When; nothing: `none` is shown.
    #[prop(into)]
    at: Signal<Option<Time>>,
    /// Words for nothing.
    #[prop(into, optional)]
    none: Option<String>,
    /// Can be reached with the keyboard; not wanted in tables, where each row has one stop.
    #[prop(optional)]
    focusable: bool,
    /// The exact time instead of the relative one.
    #[prop(optional)]
    exact: bool,
) -> impl IntoView {
    let now = use_now();
    #[cfg(feature = "ssr")]
    let rendered_at = crate::context::rendered_at();
    #[cfg(not(feature = "ssr"))]
    let rendered_at = None;
    let zone = if exact { PageZone::here() } else { PageZone(None) };
    let none = none.unwrap_or_else(|| "–".to_owned());
    // One effect a time, however many things it sets: lists hold a hundred of them.
    move || {
        let now = now.get();
        match at.get() {
            None => view! { <span class="faint">{none.clone()}</span> }.into_any(),
            Some(time) => {
                // Only the browser knows the reader's zone, and only after hydration, so that both write the same at first.
                let words = match (now, now.or(rendered_at)) {
                    (_, Some(now)) if !exact => text::ago(time, now),
                    (now, _) => match zone.with(|local| local.map(|local| local.day_time(time))) {
                        Some(words) => words,
                        None if now.is_some() => crate::browser::local_time(time),
                        None => text::day_time(time),
                    },
                };
                let told = text::day_time(time);
                let (title, reached) = if focusable { (None, Some(told)) } else { (Some(told), None) };
                view! {
                    <time class="time" datetime=text::rfc3339(time) title=title data-exact=reached tabindex=focusable.then_some("0")>{words}</time>
                }
                .into_any()
            }
        }
    }
}

/// Listens for the whole document, once: a time that is pointed at or reached by the keyboard tells itself in the reader's zone. Only
/// then, because a page has some hundred of them, and a browser's first use of its calendar takes as long as hydrating a table.
#[cfg(feature = "hydrate")]
pub fn mind() {
    use leptos::prelude::document;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{Element, Event};

    let tell = |event: Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(element) = target.and_then(|target| target.closest("time.time").ok().flatten()) else { return };
        let Some(time) = element.get_attribute("datetime").and_then(|at| text::parse_rfc3339(&at)) else { return };
        let name = if element.has_attribute("data-exact") { "data-exact" } else { "title" };
        let _ = element.set_attribute(name, &crate::browser::local_time(time));
    };
    for event in ["pointerover", "focusin"] {
        // As long as the tab is open.
        let function = Closure::<dyn Fn(Event)>::new(tell).into_js_value();
        let _ = document().add_event_listener_with_callback(event, function.unchecked_ref());
    }
}

/// Listens for all times of the document: nothing to do on the server.
#[cfg(not(feature = "hydrate"))]
pub const fn mind() {}
