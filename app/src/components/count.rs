//! A count that moves by itself and is briefly marked when it does, without moving anything beside it.

use leptos::prelude::*;

const MARKED: u32 = 1_200;

/// True for a moment after the value has changed.
fn marked<T: Clone + PartialEq + Send + Sync + 'static>(value: Signal<T>) -> RwSignal<bool> {
    let is_marked = RwSignal::new(false);
    Effect::new(move |before: Option<T>| {
        let now = value.get();
        if before.is_some_and(|b| b != now) {
            is_marked.set(true);
            crate::browser::after(MARKED, move || {
                let _ = is_marked.try_set(false);
            });
        }
        now
    });
    is_marked
}

/// What is shown of a state, marked as a count is when the state changes.
#[component]
pub fn Marked<T>(
    /// What decides.
    of: Signal<T>,
    /// What is shown.
    children: Children,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let is_marked = marked(of);
    view! { <span class="count" data-changed=move || is_marked.get().then_some("")>{children()}</span> }
}

/// A number, grouped by thousands.
#[component]
pub fn LiveCount(
    /// The number.
    #[prop(into)]
    value: Signal<i64>,
) -> impl IntoView {
    let is_marked = marked(value);
    view! { <span class="count" data-changed=move || is_marked.get().then_some("")>{move || domain::text::count(value.get())}</span> }
}
