//! Server functions of devices, runs and alerts: one query per screen, and the commands on them.
//!
//! Types here are what the pages show; the engine's own never reach the browser.

mod alerts;
mod commands;
mod devices;
mod home;
mod runs;

pub use alerts::{AlertEvent, AlertLine, AlertsQuery, AlertsView, acknowledge_alert, load_alerts, note_alert, snooze_alert};
pub use commands::{DeviceEdit, edit_device, pause_device, resume_device, retire_device};
pub use devices::{Bars, DeviceLine, DeviceView, DevicesQuery, DevicesView, JobLine, RestoreLine, load_device, load_devices};
pub use home::{HomeView, load_home};
pub use runs::{RunLine, RunView, RunsView, load_run, load_runs};
