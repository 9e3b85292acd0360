//! Partners, organizations, people, devices, jobs, runs, states, alerts, restore tests, inbox, audit.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261120_000001_create_core"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let blob = match db.get_database_backend() {
            DbBackend::Postgres => "BYTEA",
            _ => "BLOB",
        };
        for statement in include_str!("m20261120_000001_create_core.sql").split(";\n") {
            let statement = statement.trim();
            if !statement.is_empty() {
                db.execute_unprepared(&statement.replace("{blob}", blob)).await?;
            }
        }
        Ok(())
    }
}
