//! Policies.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Policies() -> impl IntoView {
    view! { <Page title="Policies"><p></p></Page> }
}
