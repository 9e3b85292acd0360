//! The store's contract: every sentence holds on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod devices;
mod life;
mod tenants;
mod world;
