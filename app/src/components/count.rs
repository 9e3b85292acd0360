//! A count that moves by itself and is briefly marked when it does, without moving anything beside it.

use leptos::prelude::*;

const MARKED: u32 = 1_200;

/// A number, grouped by thousands.
#[component]
pub fn LiveCount(
    /// The number.
    #[prop(into)]
    value: Signal<i64>,
) -> impl IntoView {
    let is_marked = RwSignal::new(false);
    Effect::new(move |before: Option<i64>| {
        let now = value.get();
        if before.is_some_and(|b| b != now) {
            is_marked.set(true);
            crate::browser::after(MARKED, move || {
                let _ = is_marked.try_set(false);
            });
        }
        now
    });
    view! { <span class="count" data-changed=move || is_marked.get().then_some("")>{move || domain::text::count(value.get())}</span> }
}
