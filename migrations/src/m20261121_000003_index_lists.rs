//! Indexes that give the orders and kinds of the list of devices, however many there are.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000003_index_lists"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in include_str!("m20261121_000003_index_lists.sql").split(";\n") {
            let statement = statement.trim();
            if !statement.is_empty() {
                db.execute_unprepared(statement).await?;
            }
        }
        Ok(())
    }
}
