//! Pages, by area. A file is a page.

pub mod backup;
pub mod hindered;
pub mod home;
pub mod not_found;
pub mod organizations;
pub mod saas;
pub mod screen;
pub mod search;
pub mod settings;
pub mod start;
pub mod styleguide;
