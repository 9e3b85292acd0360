//! Service level and alerts: rules, recency, exclusions, maintenance, incidents, settings, views, reports.

use sea_orm_migration::{prelude::*, sea_orm::Statement};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000005_create_service"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::steps::run(manager, include_str!("m20261121_000005_create_service.sql")).await?;
        fill_recency(manager.get_connection()).await
    }
}

const WEEK: i64 = 7 * 24 * 3_600_000;

/// The weeks of every device, out of its runs. One device at a time, so that memory stays small.
async fn fill_recency(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let devices = Statement::from_string(backend, "SELECT partner_id, id, organization_id FROM devices ORDER BY partner_id, id");
    for device in db.query_all_raw(devices).await? {
        let [partner, id, organization]: [i64; 3] = [device.try_get_by_index(0)?, device.try_get_by_index(1)?, device.try_get_by_index(2)?];
        let usable = "SELECT COALESCE(ended_at, started_at) FROM runs WHERE partner_id = $1 AND device_id = $2 AND state IN ('succeeded', 'warning')";
        let mut ends = Vec::new();
        for row in db.query_all_raw(Statement::from_sql_and_values(backend, usable, [partner.into(), id.into()])).await? {
            ends.push(row.try_get_by_index::<i64>(0)?);
        }
        ends.sort_unstable();
        for week in ends.chunk_by(|a, b| a.div_euclid(WEEK) == b.div_euclid(WEEK)) {
            let number = week[0].div_euclid(WEEK);
            let bytes: Vec<u8> = week.iter().flat_map(|end| (end.rem_euclid(WEEK) as u32).to_le_bytes()).collect();
            let insert = "INSERT INTO recency (partner_id, week, device_id, organization_id, ends) VALUES ($1, $2, $3, $4, $5)";
            let values = [partner.into(), number.into(), id.into(), organization.into(), bytes.into()];
            db.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await?;
        }
    }
    Ok(())
}
