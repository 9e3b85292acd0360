//! What a row of the list unfolds: failing files, the end of the log, what happened.

use crate::{
    api::backup::{AlertView, load_alert},
    components::{ErrorBox, Skeleton},
    error::UiError,
    pages::backup::{row::alert_href, tend::history},
};
use domain::{alert::AlertKind, ids::AlertId};
use leptos::{prelude::*, task::spawn_local};

/// Fetched when it is unfolded.
#[component]
pub fn Details(
    /// Which alert.
    id: AlertId,
) -> impl IntoView {
    let found = RwSignal::new(None::<Result<AlertView, UiError>>);
    Effect::new(move |_| {
        spawn_local(async move {
            let answer = load_alert(id).await;
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
    let AlertView { line, log_tail } = view;
    let whose = match line.kind {
        AlertKind::ConsentExpired => "The connection",
        _ if line.is_account => "The account",
        _ => "The device",
    };
    let at = alert_href(&line);
    let files = line.failed_items;
    view! {
        {(!files.is_empty()).then(|| view! {
            <h3>"Files that failed"</h3>
            <ul class="files">{files.into_iter().map(|f| view! { <li><code>{f}</code></li> }).collect_view()}</ul>
        })}
        {log_tail.map(|tail| view! { <h3>"End of the log"</h3><pre class="log-tail" tabindex="0">{tail}</pre> })}
        <h3>"What happened"</h3>
        {history(line.events)}
        <p class="links">
            {line.run.map(|run| view! { <a href=format!("/runs/{run}")>"The run and its whole log"</a> })}
            <a href=at>{whose}</a>
        </p>
    }
    .into_any()
}
