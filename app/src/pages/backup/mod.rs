//! Backups: devices, runs, alerts.

pub mod alerts;
pub mod device;
pub mod devices;
pub mod run;
