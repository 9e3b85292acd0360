//! The list of alerts.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Alerts() -> impl IntoView {
    view! { <Page title="Alerts"><p></p></Page> }
}
