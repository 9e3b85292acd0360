//! Server functions of devices, runs and alerts: one query per screen, and the commands on them.
//!
//! Types here are what the pages show; the engine's own never reach the browser.

mod alerts;
mod commands;
mod device;
mod devices;
mod home;
mod runs;

pub use alerts::{AlertEvent, AlertLine, AlertsQuery, AlertsView, acknowledge_alert, load_alerts, note_alert, snooze_alert};
pub use commands::{DeviceEdit, edit_device, pause_device, resume_device, retire_device};
pub use device::{
    DeviceView, JobEdit, JobLine, Paused, RestoreEdit, RestoreLine, edit_job, load_device, record_restore_test, resolve_slots,
};
pub use devices::{Bars, DeviceLine, DevicesQuery, DevicesView, find_organizations, load_devices};
pub use home::{HomeView, load_home};
pub use runs::{AlertOfRun, Glance, RunLine, RunView, RunsView, Usual, load_run, load_runs};
