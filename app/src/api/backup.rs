//! Server functions of devices, runs and alerts: one query per screen, and the commands on them.
//!
//! Types here are what the pages show; the engine's own never reach the browser.

pub(in crate::api) mod alerts;
pub(in crate::api) mod clients;
mod commands;
pub mod compliance;
mod device;
pub(in crate::api) mod devices;
mod home;
pub(in crate::api) mod incidents;
mod log;
pub(in crate::api) mod runs;
mod views;

pub use alerts::{
    AlertCounts, AlertEvent, AlertLine, AlertView, AlertsNews, AlertsQuery, AlertsView, RunBehind, Tend, TendAlert, TendedView, load_alert,
    load_alerts, load_alerts_news, tend_alert, tend_alerts,
};
pub use clients::{ClientLine, ClientOverview, ClientsQuery, ClientsView, Standings, load_clients};
pub use commands::{DeviceEdit, edit_device, pause_device, resume_device, retire_device};
pub use device::{
    DeviceView, JobEdit, JobLine, Paused, RestoreEdit, RestoreLine, edit_job, load_device, record_restore_test, resolve_slots,
};
pub use devices::{Bars, DeviceLine, DevicesQuery, DevicesView, find_organizations, load_devices};
pub use home::{AttentionLine, EndedLine, FleetHome, HomeView, NewLine, PlanLine, PlansHome, load_home};
pub use incidents::{IncidentLine, IncidentView, load_incident, tend_incident};
pub use log::{LogLine, LogQuery, LogView, load_job_log, load_job_log_news};
pub use runs::{AlertOfRun, Glance, RunLine, RunView, RunsView, Usual, load_run, load_runs};
pub use views::{DeleteView, SaveView, ViewLine, Views, delete_view, save_view};
