//! Settings.

pub mod audit;
pub mod inbox;
pub mod keys;
pub mod policies;
