//! An organization.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Organization() -> impl IntoView {
    view! { <Page title="Organization"><p></p></Page> }
}
