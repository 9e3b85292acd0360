//! The words and rules of Holdfast, pure.
//!
//! No I/O, no Leptos, no clock: time is an argument. Shared by the server, which decides with it, and by the
//! browser, which explains with it and lets scores age without a request. Imports none of our other rooms.
//! Rule numbers in docstrings ("D2") are sections of the domain page kept in `docs/domain.md`.

pub mod access;
pub mod alert;
pub mod colour;
pub mod consent;
pub mod facts;
pub mod flapping;
pub mod health;
pub mod ids;
pub mod incident;
pub mod live;
pub mod mail;
pub mod maintenance;
pub mod policy;
pub mod remedy;
pub mod report;
pub mod run;
pub mod saas;
pub mod schedule;
pub mod sla;
pub mod text;
pub mod time;
pub mod words;

#[cfg(feature = "zones")]
pub mod wall_clock;
#[cfg(feature = "zones")]
pub mod zones;
