//! Organizations.

pub mod list;
pub mod organization;
