//! Short words about what has just been done. Read out politely, gone after six seconds.

use leptos::prelude::*;

/// Context: says things. Get it with [`use_toasts`].
#[derive(Clone, Copy, Debug)]
pub struct ToastList {
    said: RwSignal<Vec<(u32, String)>>,
    next: StoredValue<u32>,
}

impl Default for ToastList {
    fn default() -> Self {
        Self { said: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }
}

impl ToastList {
    /// Says it.
    pub fn say(&self, words: impl Into<String>) {
        let said = self.said;
        let number = self.next.get_value();
        self.next.set_value(number.wrapping_add(1));
        said.update(|list| list.push((number, words.into())));
        crate::browser::after(6_000, move || {
            let _ = said.try_update(|list| list.retain(|(n, _)| *n != number));
        });
    }
}

/// The list of the page's frame.
pub fn use_toasts() -> ToastList {
    use_context::<ToastList>().unwrap_or_default()
}

/// Where they are shown; the frame has one.
#[component]
pub fn Toasts() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            {move || toasts.said.get().into_iter().map(|(_, words)| view! { <p class="toast">{words}</p> }).collect_view()}
        </div>
    }
}
