//! Server functions, by area. Each begins with `context::actor()`, or says that it is public.

pub mod backup;
pub mod organizations;
pub mod saas;
pub mod settings;
pub mod start;
