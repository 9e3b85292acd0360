//! SaaS customers: their connections, their accounts, and what happens to these.
//!
//! As with devices, everything follows from the account's seed and its own time. Not for what a provider answers to a consent: a plan
//! only says since when it holds, and until when it held.

pub(crate) mod course;
pub(crate) mod customer;
mod make;
pub(crate) mod plan;
pub(crate) mod story;

pub(crate) use make::connections;
