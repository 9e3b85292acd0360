//! Job-days and organization-days: rolled-up runs of local days. Kept by the reconciler with each run; counted anew here when an
//! organization moves to another zone, because then its days begin at other times.

use super::{
    entity::{account, job_day, organization_day, run},
    facts::parse,
};
use crate::{error::Error, reconcile::write::counted};
use domain::{
    ids::{OrganizationId, PartnerId},
    time::Time,
    zones::Zone,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, HashSet};

/// Rows of one insert: ten values each, well below what either database binds.
const ROWS: usize = 500;

type Found = (i64, i64, i64, String, i64, Option<i64>);

/// Counts all job-days of an organization anew, in `zone`. Its devices must be held.
///
/// # Errors
/// The database fails, or the zone is unknown.
pub async fn recount(tx: &DatabaseTransaction, partner: PartnerId, organization: OrganizationId, zone: &str) -> Result<(), Error> {
    let zone = Zone::named(zone).map_err(|error| Error::invalid("invalid_time_zone", "time_zone", error.to_string()))?;
    let mut days: BTreeMap<(i64, i64, i64), [i64; 5]> = BTreeMap::new();
    let mut after = i64::MIN;
    loop {
        let found: Vec<Found> = run::Entity::find()
            .select_only()
            .columns([run::Column::Id, run::Column::DeviceId, run::Column::JobId])
            .columns([run::Column::State, run::Column::StartedAt, run::Column::EndedAt])
            .filter(run::Column::PartnerId.eq(partner.0))
            .filter(run::Column::OrganizationId.eq(organization.0))
            .filter(run::Column::Id.gt(after))
            .order_by_asc(run::Column::Id)
            .limit(10_000)
            .into_tuple()
            .all(tx)
            .await?;
        let Some(last) = found.last() else { break };
        after = last.0;
        for (_, device, job, state, started_at, ended_at) in &found {
            if let Some((_, day, column)) = counted(parse(state)?, Time(*started_at), ended_at.map(Time)) {
                days.entry((*device, i64::from(zone.day_of(day)), *job)).or_default()[column] += 1;
            }
        }
    }
    job_day::Entity::delete_many()
        .filter(job_day::Column::PartnerId.eq(partner.0))
        .filter(job_day::Column::OrganizationId.eq(organization.0))
        .exec(tx)
        .await?;
    organization_day::Entity::delete_many()
        .filter(organization_day::Column::PartnerId.eq(partner.0))
        .filter(organization_day::Column::OrganizationId.eq(organization.0))
        .exec(tx)
        .await?;
    // Days of organizations are of devices; accounts have dashboards of their own.
    let accounts: Vec<i64> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::Column::PartnerId.eq(partner.0))
        .filter(account::Column::OrganizationId.eq(organization.0))
        .into_tuple()
        .all(tx)
        .await?;
    let accounts: HashSet<i64> = accounts.into_iter().collect();
    let mut whole: BTreeMap<i64, [i64; 4]> = BTreeMap::new();
    for ((_, day, _), sums) in days.iter().filter(|((subject, ..), _)| !accounts.contains(subject)) {
        whole.entry(*day).or_default().iter_mut().zip(sums).for_each(|(sum, part)| *sum += part);
    }
    let whole: Vec<organization_day::ActiveModel> = whole
        .into_iter()
        .map(|(day, [succeeded, warning, failed, missed])| organization_day::ActiveModel {
            partner_id: Set(partner.0),
            organization_id: Set(organization.0),
            day: Set(day),
            succeeded: Set(succeeded),
            warning: Set(warning),
            failed: Set(failed),
            missed: Set(missed),
        })
        .collect();
    for part in whole.chunks(ROWS) {
        organization_day::Entity::insert_many(part.to_vec()).exec_without_returning(tx).await?;
    }
    let rows: Vec<job_day::ActiveModel> = days
        .into_iter()
        .map(|((device, day, job), [succeeded, warning, failed, missed, other])| job_day::ActiveModel {
            partner_id: Set(partner.0),
            device_id: Set(device),
            day: Set(day),
            job_id: Set(job),
            organization_id: Set(organization.0),
            succeeded: Set(succeeded),
            warning: Set(warning),
            failed: Set(failed),
            missed: Set(missed),
            other: Set(other),
        })
        .collect();
    for part in rows.chunks(ROWS) {
        job_day::Entity::insert_many(part.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}
