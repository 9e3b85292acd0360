//! What needs attention, and how the fleet is.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Home() -> impl IntoView {
    view! { <Page title="Home"><p></p></Page> }
}
