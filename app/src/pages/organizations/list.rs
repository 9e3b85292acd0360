//! The list of organizations.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Organizations() -> impl IntoView {
    view! { <Page title="Organizations"><p></p></Page> }
}
