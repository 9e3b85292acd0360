//! Organizations: the list, one of them by tabs, adding one.

pub mod add;
mod change;
pub mod connections;
mod devices;
pub mod features;
pub mod list;
pub mod organization;
mod overview;
pub mod reports;
mod runs;
