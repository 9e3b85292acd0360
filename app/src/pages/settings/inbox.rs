//! Sources of reports that are not known yet.

use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Inbox() -> impl IntoView {
    view! { <Page title="Inbox"><p></p></Page> }
}
