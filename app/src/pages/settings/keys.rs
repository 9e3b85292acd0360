//! API keys.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Keys() -> impl IntoView {
    view! { <Page title="API keys"><p></p></Page> }
}
