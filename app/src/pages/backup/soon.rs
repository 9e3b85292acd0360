//! Asks the server again soon after something moved, once for many wishes, so that a busy fleet costs a request every few seconds.

use leptos::prelude::*;

/// A wish to ask again. Make it once a page.
#[derive(Clone, Copy, Debug)]
pub struct Soon {
    waits: StoredValue<bool>,
}

impl Soon {
    /// Nothing is wished yet.
    pub fn new() -> Self {
        Self { waits: StoredValue::new(false) }
    }

    /// Calls `ask` after so many milliseconds, unless that is about to happen, or the page is gone by then.
    pub fn wish(self, milliseconds: u32, ask: impl FnOnce() + 'static) {
        if self.waits.try_get_value() != Some(false) {
            return;
        }
        self.waits.set_value(true);
        crate::browser::after(milliseconds, move || {
            if self.waits.try_set_value(false).is_none() {
                ask();
            }
        });
    }
}
