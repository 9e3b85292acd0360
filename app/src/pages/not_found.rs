//! An address that leads nowhere: answered with 404.

use crate::components::{Empty, Page};
use leptos::prelude::*;

/// The page.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>() {
        options.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Page title="Not found">
            <Empty title="There is nothing at this address">
                <p>"It may be mistyped, or what it led to is gone. "<a href="/">"Go to Home"</a>" or look in "<a href="/backups/devices">"Devices"</a>"."</p>
            </Empty>
        </Page>
    }
}
