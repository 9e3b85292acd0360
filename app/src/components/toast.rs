//! Short words about what has just been done. Read out politely, gone after six seconds; what failed, or can be undone, stays longer.

use super::icon::{CLOSE, CRITICAL, HEALTHY, Icon};
use leptos::prelude::*;
use std::sync::Arc;

const SHORT: u32 = 6_000;
const LONG: u32 = 15_000;

#[derive(Clone)]
struct Toast {
    number: u32,
    words: String,
    has_failed: bool,
    /// Words of a button, and what it does. Not a callback: those end with the page that made them, and this may stay longer.
    offer: Option<(String, Arc<dyn Fn() + Send + Sync>)>,
}

/// Context: says things. Get it with [`use_toasts`].
#[derive(Clone, Copy, Debug)]
pub struct ToastList {
    said: RwSignal<Vec<Toast>>,
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
        self.add(words.into(), false, None, SHORT);
    }

    /// Says that something failed.
    pub fn fail(&self, words: impl Into<String>) {
        self.add(words.into(), true, None, LONG);
    }

    /// Says it, with a button: "Retired." – "Undo".
    pub fn offer(&self, words: impl Into<String>, action: impl Into<String>, on_press: impl Fn() + Send + Sync + 'static) {
        self.add(words.into(), false, Some((action.into(), Arc::new(on_press))), LONG);
    }

    fn add(self, words: String, has_failed: bool, offer: Option<(String, Arc<dyn Fn() + Send + Sync>)>, stays: u32) {
        let said = self.said;
        let number = self.next.get_value();
        self.next.set_value(number.wrapping_add(1));
        said.update(|list| list.push(Toast { number, words, has_failed, offer }));
        crate::browser::after(stays, move || {
            let _ = said.try_update(|list| list.retain(|t| t.number != number));
        });
    }

    fn end(self, number: u32) {
        self.said.update(|list| list.retain(|t| t.number != number));
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
            <For each=move || toasts.said.get() key=|toast| toast.number let:toast>
                {
                    let number = toast.number;
                    let press = toast.offer.map(|(words, act)| view! {
                        <button type="button" class="toast-offer" on:click=move |_| { act(); toasts.end(number); }>{words}</button>
                    });
                    view! {
                        <div class="toast" data-state=if toast.has_failed { "failed" } else { "succeeded" }>
                            <Icon shape=if toast.has_failed { CRITICAL } else { HEALTHY }/>
                            <p>{toast.words}</p>
                            {press}
                            <button type="button" class="toast-close" aria-label="Close" on:click=move |_| toasts.end(number)><Icon shape=CLOSE/></button>
                        </div>
                    }
                }
            </For>
        </div>
    }
}
