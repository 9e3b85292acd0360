//! The list of devices.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Devices() -> impl IntoView {
    view! { <Page title="Devices"><p></p></Page> }
}
