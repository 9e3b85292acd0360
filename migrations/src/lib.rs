//! Schema history: frozen SQL, one file a step, never edited once landed.
//!
//! Written as plain SQL for both stores. Hot tables hold times as integer milliseconds and ids as integers; the
//! tenant (partner) leads every key, so that tables can be distributed by tenant. Entities live in `engine`.

use sea_orm_migration::prelude::*;

mod m20261120_000001_create_core;
mod m20261121_000002_create_console;
mod m20261121_000003_index_lists;
mod m20261121_000004_create_saas;
mod m20261121_000005_create_service;
mod m20261121_000006_create_reports;
mod m20261122_000007_index_orders;
mod steps;

/// Runs all steps in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_create_core::Migration),
            Box::new(m20261121_000002_create_console::Migration),
            Box::new(m20261121_000003_index_lists::Migration),
            Box::new(m20261121_000004_create_saas::Migration),
            Box::new(m20261121_000005_create_service::Migration),
            Box::new(m20261121_000006_create_reports::Migration),
            Box::new(m20261122_000007_index_orders::Migration),
        ]
    }
}
