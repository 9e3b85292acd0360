//! Settings: policies, API keys, the inbox of unknown sources, the audit log, own sessions.

pub mod account;
pub mod audit;
pub mod inbox;
pub mod keys;
pub mod policies;
#[cfg(feature = "ssr")]
mod schedules;
#[cfg(feature = "ssr")]
pub(in crate::api) use schedules::unmet;
