//! Where a page hangs.

use leptos::prelude::*;

/// The pages above this one, from the top, as links. `Page` shows them by its own prop.
#[component]
pub fn Breadcrumbs(
    /// (address, words).
    above: Vec<(String, String)>,
) -> impl IntoView {
    view! {
        <nav class="breadcrumbs" aria-label="Breadcrumbs">
            <ol>{above.into_iter().map(|(href, words)| view! { <li><a href=href>{words}</a></li> }).collect_view()}</ol>
        </nav>
    }
}
