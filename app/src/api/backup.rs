//! Server functions of devices, runs and alerts: one query per screen, and the commands on them.
//!
//! Types here are what the pages show; the engine's own never reach the browser.

pub(in crate::api) mod alerts;
pub(in crate::api) mod clients;
mod commands;
mod device;
mod devices;
mod home;
mod log;
pub(in crate::api) mod runs;

pub use alerts::{
    AlertCounts, AlertEvent, AlertLine, AlertView, AlertsNews, AlertsQuery, AlertsView, Tend, TendedView, load_alert, load_alerts,
    load_alerts_news, tend_alerts,
};
pub use clients::{ClientLine, ClientOverview, ClientsQuery, ClientsView, Standings, load_clients};
pub use commands::{DeviceEdit, edit_device, pause_device, resume_device, retire_device};
pub use device::{
    DeviceView, JobEdit, JobLine, Paused, RestoreEdit, RestoreLine, edit_job, load_device, record_restore_test, resolve_slots,
};
pub use devices::{Bars, DeviceLine, DevicesQuery, DevicesView, find_organizations, load_devices};
pub use home::{AttentionLine, EndedLine, FleetHome, HomeView, NewLine, PlanLine, PlansHome, load_home};
pub use log::{LogLine, LogQuery, LogView, load_job_log, load_job_log_news};
pub use runs::{AlertOfRun, Glance, RunLine, RunView, RunsView, Usual, load_run, load_runs};
