//! Runs the frozen SQL of a step.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// Runs statements, each ended by `;` at the end of a line. `{blob}` stands for the store's type of bytes.
pub(crate) async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let blob = match db.get_database_backend() {
        DbBackend::Postgres => "BYTEA",
        _ => "BLOB",
    };
    for statement in sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        db.execute_unprepared(&statement.replace("{blob}", blob)).await?;
    }
    Ok(())
}
