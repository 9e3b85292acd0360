//! Times: relative, with the exact time and its zone on hover and focus.

use crate::live::use_now;
use domain::{text, time::Time};
use leptos::prelude::*;

/// An instant, told relative to now and, on hover and focus, exactly: by the server in UTC, in the browser in the reader's own zone.
/// The server's words are as long as those that follow, so that nothing moves when the browser takes over.
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
    let none = none.unwrap_or_else(|| "–".to_owned());
    // One effect a time, however many things it sets: lists hold a hundred of them.
    move || {
        let now = now.get();
        let local = |time| if now.is_some() { crate::browser::local_time(time) } else { text::utc(time) };
        match at.get() {
            None => view! { <span class="faint">{none.clone()}</span> }.into_any(),
            Some(time) => {
                let words = match now.or(rendered_at) {
                    Some(now) if !exact => text::ago(time, now),
                    _ => local(time),
                };
                let told = local(time);
                let (title, reached) = if focusable { (None, Some(told)) } else { (Some(told), None) };
                view! {
                    <time class="time" datetime=text::rfc3339(time) title=title data-exact=reached tabindex=focusable.then_some("0")>{words}</time>
                }
                .into_any()
            }
        }
    }
}
