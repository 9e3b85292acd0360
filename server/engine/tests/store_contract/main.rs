//! The store's contract: every sentence holds on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod alerts;
mod clients;
mod compliance;
mod connections;
mod delivery;
mod devices;
mod explained;
mod incidents;
mod job_log;
mod life;
mod mails;
mod monthly_run;
mod overview;
mod reports;
mod saas;
mod saved_views;
mod seats;
mod settings;
mod sla;
mod story;
mod tenants;
mod unkept;
mod weekly;
mod world;
