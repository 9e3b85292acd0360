//! Organizations: the list, one of them, adding one.

pub mod add;
mod change;
mod devices;
pub mod list;
pub mod organization;
mod overview;

use crate::{browser, error::UiError, live::Live};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// A page with counts that no signal follows is fetched again after something changed, at most every two seconds.
fn refresh_on_change<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static>(view: Resource<Result<T, UiError>>) {
    const PAUSE: u32 = 2_000;
    let changed = Live::get().last_change;
    let waits = StoredValue::new(false);
    Effect::new(move |before: Option<()>| {
        let device = changed.get();
        if before.is_some() && device.is_some() && !waits.get_value() {
            waits.set_value(true);
            browser::after(PAUSE, move || {
                if waits.try_set_value(false).is_none() {
                    view.refetch();
                }
            });
        }
    });
}
