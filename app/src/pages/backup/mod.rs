//! Backups: devices, runs, alerts.

pub mod alerts;
pub mod device;
pub mod devices;
mod row;
pub mod run;
pub(crate) mod state;
mod tend;

use crate::components::{Tab, Tabs};
use crate::live::Live;
use leptos::prelude::*;

/// The tabs of the backups console; `open_alerts` as the page's data says, until the stream says otherwise.
#[component]
pub fn Console(
    /// Open alerts of the scope.
    #[prop(optional, into)]
    open_alerts: Option<Signal<i64>>,
) -> impl IntoView {
    let live = Live::get();
    let count = open_alerts.map(|known| Signal::derive(move || live.counts.get().map_or_else(|| known.get(), |c| c.open_alerts)));
    view! {
        <Tabs
            label="Backups"
            tabs=vec![Tab::new("/backups/devices", "Devices"), Tab { href: "/backups/alerts".into(), label: "Alerts", count }]
        />
    }
}
