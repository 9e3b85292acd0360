//! Settings: policies, API keys, the inbox of unknown sources, the audit log, own sessions.

pub mod account;
pub mod audit;
pub mod branding;
pub mod domains;
pub mod inbox;
pub mod keys;
pub mod mail_keys;
pub mod maintenance;
pub mod monthly_run;
pub mod outbox;
pub mod policies;
pub mod rules;
#[cfg(feature = "ssr")]
mod schedules;
pub mod search;
pub mod sla;
pub mod weekly;
#[cfg(feature = "ssr")]
pub(in crate::api) use schedules::{schedule, unmet};
