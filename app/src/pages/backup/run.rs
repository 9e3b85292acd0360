//! A run: states with times, counts, failing files, log.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    view! { <Page title="Run"><p></p></Page> }
}
