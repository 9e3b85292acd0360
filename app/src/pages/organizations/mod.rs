//! Organizations: the list, one of them by tabs, adding one.

pub mod add;
mod change;
mod devices;
pub mod list;
pub mod organization;
mod overview;
mod runs;
