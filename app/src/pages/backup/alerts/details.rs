//! What a row of the list unfolds: failing files, the end of the log, what happened. The page of the alert shows more.

use crate::{
    api::backup::{AlertView, load_alert},
    components::{ErrorBox, Skeleton},
    error::UiError,
    pages::backup::{row::alert_href, tend::history},
};
use domain::{alert::AlertKind, ids::AlertId};
use leptos::{prelude::*, task::spawn_local};

/// Files that are named here.
const FILES: usize = 5;

/// Fetched when it is unfolded.
#[component]
pub fn Details(
    /// Which alert.
    id: AlertId,
) -> impl IntoView {
    let found = RwSignal::new(None::<Result<AlertView, UiError>>);
    Effect::new(move |_| {
        spawn_local(async move {
            let answer = load_alert(id.to_string()).await;
            let _ = found.try_set(Some(answer));
        });
    });
    view! {
        <div class="alert-details">
            {move || match found.get() {
                None => view! { <Skeleton lines=3/> }.into_any(),
                Some(Err(error)) => view! { <ErrorBox error/> }.into_any(),
                Some(Ok(view)) => shown(view),
            }}
        </div>
    }
}

fn shown(view: AlertView) -> AnyView {
    let AlertView { line, log_tail, failed_items, .. } = view;
    let whose = match line.kind {
        AlertKind::ConsentExpired => "The connection",
        _ if line.is_account => "The account",
        _ => "The device",
    };
    let at = alert_href(&line);
    let more = failed_items.len().saturating_sub(FILES);
    view! {
        {(!failed_items.is_empty()).then(|| view! {
            <h3>"Files that failed"</h3>
            <ul class="files">
                {failed_items.into_iter().take(FILES).map(|f| view! { <li><code>{f}</code></li> }).collect_view()}
                {(more > 0).then(|| view! { <li class="faint">{format!("and {more} more")}</li> })}
            </ul>
        })}
        {log_tail.map(|tail| view! { <h3>"End of the log"</h3><pre class="log-tail" tabindex="0">{tail}</pre> })}
        <h3>"What happened"</h3>
        {history(line.events)}
        <p class="links">
            <a href=format!("/alerts/{}", line.id)>"The alert's page"</a>
            {line.run.map(|run| view! { <a href=format!("/runs/{run}")>"The run and its whole log"</a> })}
            <a href=at>{whose}</a>
        </p>
    }
    .into_any()
}
