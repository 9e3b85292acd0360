//! What the console shows besides: days of organizations, storage by day, the service level now, worth of alerts, rules of the inbox.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000002_create_console"
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
        for statement in include_str!("m20261121_000002_create_console.sql").split(";\n") {
            let statement = statement.trim();
            if !statement.is_empty() {
                db.execute_unprepared(&statement.replace("{blob}", blob)).await?;
            }
        }
        Ok(())
    }
}
