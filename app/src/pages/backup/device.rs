//! A device: its score taken apart, its jobs and runs.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Device() -> impl IntoView {
    view! { <Page title="Device"><p></p></Page> }
}
