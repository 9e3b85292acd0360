//! First start, signing in, adding a device and connecting it.

pub mod add_device;
pub mod connect;
pub mod first_start;
pub mod form;
pub mod sign_in;
mod ways;
