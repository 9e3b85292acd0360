//! The audit log.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Audit() -> impl IntoView {
    view! { <Page title="Audit log"><p></p></Page> }
}
