//! How to connect a device: one line to copy, whatever makes the backup.

use crate::{
    api::backup::DeviceView,
    components::{CopyLine, LinkButton, Section},
};
use leptos::prelude::*;

/// The lines. Pings need no key: their address is the secret. The agent's key is made on the page for it.
#[component]
pub fn Connect(
    /// The page's data.
    view: RwSignal<DeviceView>,
) -> impl IntoView {
    let (id, ping) = view.with_untracked(|v| (v.line.id, format!("{}/ping/{}", v.url, v.ping_uuid)));
    let curl = "curl -fsS -m 10 --retry 5 -o /dev/null";
    view! {
        <div id="connect" class="anchor"><Section title="Connect it">
            <p>"One of these is enough. Its first report turns this page from waiting to its first score, without a reload."</p>
            <dl class="ways">
                <dt>"Any backup, with plain curl"</dt>
                <dd><CopyLine text=format!("restic backup /home; {curl} {ping}/$?") label="line for curl"/></dd>
                <dt>"borgmatic: its own Healthchecks hook"</dt>
                <dd><CopyLine text=format!("healthchecks:\n    ping_url: {ping}") label="lines for borgmatic"/></dd>
            </dl>
            <p><LinkButton href=format!("/devices/{id}/connect")>"The agent, restic and borg with progress and sizes"</LinkButton></p>
        </Section></div>
    }
}
