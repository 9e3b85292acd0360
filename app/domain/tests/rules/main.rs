//! D2, D3 and D4, row by row: one job a day at 22:00 UTC, grace 1 h, a workstation unless told otherwise.
//! Day 1 is 10 November 2026; its backup ran from 22:00 to 23:00.
#![cfg(feature = "zones")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod ahead;
mod alerts;
mod deadlines;
mod health;
mod one_job;
mod told;
