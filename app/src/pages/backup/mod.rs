//! Backups: devices, runs, alerts.

pub mod alerts;
mod client;
pub mod clients;
pub mod compliance;
pub mod device;
pub mod devices;
pub(crate) mod due;
pub mod log;
pub(crate) mod row;
pub mod run;
pub(crate) mod soon;
pub(crate) mod state;
pub(crate) mod success;
mod tend;

use crate::components::{Tab, Tabs};
use crate::{live::Live, me};
use leptos::prelude::*;

/// The tabs of the backups console. The number of open alerts comes with the stream.
#[component]
pub fn Console() -> impl IntoView {
    let live = Live::get();
    let count = Some(Signal::derive(move || live.counts.get().map(|c| c.open_alerts)));
    let mut tabs = vec![
        Tab::new("/backups/devices", "Devices"),
        Tab { href: "/backups/alerts".into(), label: "Alerts", count },
        Tab::new("/backups/log", "Job log"),
        Tab::new("/backups/compliance", "Compliance"),
        Tab::new("/saas", "SaaS"),
    ];
    if !me::is_client() {
        tabs.insert(1, Tab::new("/backups/clients", "Clients"));
    }
    view! { <Tabs label="Backups" tabs/> }
}
