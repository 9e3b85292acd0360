//! Makes what is due, on whichever server finds it first, and deletes what has been kept long enough.
//!
//! Organizations whose `next_report_at` has come are found by index. A server takes one by comparing and setting that time to the end of a
//! lease; should it stop meanwhile, the lease ends and another takes it again. That no report is made twice is the unique index's affair.
//! A failure is kept with the organization and tried again after growing waits; the others go on. A partner's run that somebody has stopped
//! ([`super::monthly_run`]) is passed over: both questions, what is due and whose turn it is, ask for that.

use super::{KIND, Settings, first, first_made, freeze::freeze, freeze::missing, monthly_run::lapse, system, zone};
use crate::{
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::{organization, report as stored},
        facts::at,
        sql::Sql,
    },
};
use domain::{
    ids::{OrganizationId, PartnerId},
    report::due::next_due,
    time::{Span, Time},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use std::collections::BTreeMap;

/// Organizations that are looked at in one go.
const PORTION: u64 = 50;
/// How long a server has for the reports of one organization.
pub(super) const LEASE: Span = Span::minutes(15);
/// The first wait after a failure; each further one is twice as long …
const FIRST_WAIT: Span = Span::minutes(5);
/// … up to this.
const LONGEST_WAIT: Span = Span::hours(6);
/// Expired reports that are deleted in one go.
const DELETED: u64 = 500;
/// Of no partner whose run is stopped.
pub(super) const NOT_STOPPED: &str = "partner_id NOT IN (SELECT partner_id FROM report_runs WHERE held_until IS NOT NULL)";

/// What a tick has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Reports made.
    pub made: u64,
    /// Organizations whose report could not be made now.
    pub failed: u64,
    /// Expired reports deleted.
    pub deleted: u64,
}

/// Makes every report that is due by `now`, and deletes what has expired. `stop` is asked between organizations.
///
/// # Errors
/// The database fails; what was made before stays.
pub async fn tick(store: &Store, settings: &Settings, now: Time, stop: &(impl Fn() -> bool + Sync)) -> Result<Tick, Error> {
    let mut done = Tick { deleted: expire(store, now).await?, ..Tick::default() };
    lapse(store, now).await?;
    let first_made = first_made(store).await?;
    while !stop() {
        let due = due(store, now).await?;
        if due.is_empty() {
            break;
        }
        let mut later: Vec<(PartnerId, OrganizationId, Time, Time)> = Vec::new();
        for (of, seen) in &due {
            if stop() {
                return Ok(done);
            }
            let (partner, id) = (PartnerId(of.partner_id), OrganizationId(of.id));
            let lease = now + LEASE;
            let zone = match zone(of) {
                Ok(zone) => zone,
                Err(error) => {
                    tracing::warn!(organization = %id, %error, "when its report is due can't be worked out");
                    done.failed += 1;
                    if take(store, (partner, id), *seen, lease).await? {
                        let fault = format!("The time zone {} is not known.", of.time_zone);
                        settle(store, (partner, id), lease, now, now + LONGEST_WAIT, Some(fault)).await?;
                    }
                    continue;
                }
            };
            let next = next_due(now, zone, first(settings, first_made, of, zone));
            let missing = missing(store, settings, first_made, of, now).await?;
            if missing.is_empty() {
                later.push((partner, id, *seen, next));
                continue;
            }
            if !take(store, (partner, id), *seen, lease).await? {
                continue;
            }
            let actor = system(partner);
            let mut fault = None;
            for month in missing {
                match freeze(store, settings, &actor, of, month, now).await {
                    Ok(made) => done.made += u64::from(made.is_some_and(|made| made.new)),
                    Err(error) => {
                        tracing::warn!(organization = %id, %month, %error, "a monthly report could not be made");
                        fault = Some(format!("{}: {}", month.name(), words(&error)));
                        break;
                    }
                }
                // The others on this thread first.
                tokio::task::yield_now().await;
            }
            done.failed += u64::from(fault.is_some());
            settle(store, (partner, id), lease, now, next, fault).await?;
        }
        put_off(store, &later).await?;
    }
    Ok(done)
}

/// When the next report is due or deleted, or a stopped run goes on; for whoever waits. None: nothing is known to come.
///
/// # Errors
/// The database fails.
pub async fn earliest(store: &Store) -> Result<Option<Time>, Error> {
    let mut sql = Sql::new("SELECT MIN(next_report_at) FROM organizations WHERE ");
    sql.push(NOT_STOPPED)
        .push(" UNION ALL SELECT MIN(expires_at) FROM reports WHERE expires_at IS NOT NULL")
        .push(" UNION ALL SELECT MIN(held_until) FROM report_runs");
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    Ok(rows.iter().filter_map(|row| at::<Option<i64>>(row, 0).ok().flatten()).min().map(Time))
}

/// An organization has moved to another zone: when its next report is due has to be worked out anew.
pub(crate) async fn work_out_anew(tx: &DatabaseTransaction, partner: PartnerId, id: OrganizationId) -> Result<(), Error> {
    let mut sql = Sql::new("UPDATE organizations SET next_report_at = 0 WHERE partner_id = ");
    sql.bind(partner.0).push(" AND id = ").bind(id.0);
    tx.execute_raw(sql.build(tx.get_database_backend())).await?;
    Ok(())
}

/// Organizations whose time has come, each with that time.
async fn due(store: &Store, now: Time) -> Result<Vec<(organization::Model, Time)>, Error> {
    let mut sql = Sql::new("SELECT partner_id, id, next_report_at FROM organizations WHERE next_report_at <= ");
    sql.bind(now.0).push(" AND ").push(NOT_STOPPED).push(" ORDER BY next_report_at LIMIT ").bind(i64::try_from(PORTION).unwrap_or(50));
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    let mut due = Vec::with_capacity(rows.len());
    for row in rows {
        let found = organization::Entity::find_by_id((at::<i64>(&row, 0)?, at::<i64>(&row, 1)?)).one(store.reads()).await?;
        due.extend(found.map(|found| (found, Time(at(&row, 2).unwrap_or(0)))));
    }
    Ok(due)
}

fn set_next(sql: &mut Sql, next: Time, (partner, id): (PartnerId, OrganizationId), seen: Time) {
    sql.push("next_report_at = ").bind(next.0).push(" WHERE partner_id = ").bind(partner.0);
    sql.push(" AND id = ").bind(id.0).push(" AND next_report_at = ").bind(seen.0);
}

/// Takes an organization, if nobody else has, and the run has not been stopped since it was looked for.
async fn take(store: &Store, of: (PartnerId, OrganizationId), seen: Time, lease: Time) -> Result<bool, Error> {
    let mut sql = Sql::new("UPDATE organizations SET ");
    set_next(&mut sql, lease, of, seen);
    sql.push(" AND ").push(NOT_STOPPED);
    let tx = store.begin().await?;
    let taken = tx.execute_raw(sql.build(store.backend())).await?.rows_affected() == 1;
    tx.commit().await?;
    Ok(taken)
}

/// Organizations of which nothing is missing wait for their next report.
async fn put_off(store: &Store, later: &[(PartnerId, OrganizationId, Time, Time)]) -> Result<(), Error> {
    if later.is_empty() {
        return Ok(());
    }
    let tx = store.begin().await?;
    for (partner, id, seen, next) in later {
        let mut sql = Sql::new("UPDATE organizations SET report_tries = 0, report_fault = '', ");
        set_next(&mut sql, *next, (*partner, *id), *seen);
        tx.execute_raw(sql.build(store.backend())).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Gives an organization back: it waits for its next report, or to be tried again.
async fn settle(
    store: &Store,
    of: (PartnerId, OrganizationId),
    lease: Time,
    now: Time,
    next: Time,
    fault: Option<String>,
) -> Result<(), Error> {
    let tx = store.begin().await?;
    let mut sql = Sql::new("SELECT report_tries FROM organizations WHERE partner_id = ");
    sql.bind(of.0.0).push(" AND id = ").bind(of.1.0);
    let tries: i64 = tx.query_one_raw(sql.build(store.backend())).await?.map_or(Ok(0), |row| at(&row, 0))?;
    let (tries, next) = match &fault {
        None => (0, next),
        Some(_) => (tries + 1, (now + wait(tries)).min(next)),
    };
    let mut sql = Sql::new("UPDATE organizations SET report_tries = ");
    sql.bind(tries).push(", report_fault = ").bind(fault.unwrap_or_default()).push(", ");
    set_next(&mut sql, next, of, lease);
    tx.execute_raw(sql.build(store.backend())).await?;
    tx.commit().await?;
    Ok(())
}

/// What is said of a failure: people who read it have no request that failed.
fn words(error: &Error) -> String {
    match error {
        Error::Database(_) | Error::Internal(_) => "something went wrong on the portal's side; its log says what.".to_owned(),
        other => other.public_message(),
    }
}

/// How long to wait after so many failures before.
fn wait(before: i64) -> Span {
    let doubled = 1_i64 << before.clamp(0, 20);
    (FIRST_WAIT * doubled).min(LONGEST_WAIT)
}

/// Deletes what has been kept long enough; each partner's audit log says so.
async fn expire(store: &Store, now: Time) -> Result<u64, Error> {
    let mut deleted = 0;
    loop {
        let expired: Vec<(i64, i64, i64, Option<i64>)> = stored::Entity::find()
            .select_only()
            .columns([stored::Column::PartnerId, stored::Column::Id, stored::Column::OrganizationId, stored::Column::Month])
            .filter(stored::Column::ExpiresAt.lte(now.0))
            .filter(stored::Column::Kind.eq(KIND))
            .order_by_asc(stored::Column::ExpiresAt)
            .limit(DELETED)
            .into_tuple()
            .all(store.reads())
            .await?;
        if expired.is_empty() {
            return Ok(deleted);
        }
        let mut by_partner: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (partner, id, ..) in expired {
            by_partner.entry(partner).or_default().push(id);
        }
        for (partner, ids) in by_partner {
            let partner = PartnerId(partner);
            let tx = store.begin_for(partner).await?;
            let gone = stored::Entity::delete_many()
                .filter(stored::Column::PartnerId.eq(partner.0))
                .filter(stored::Column::Id.is_in(ids))
                .exec(&tx)
                .await?
                .rows_affected;
            if gone > 0 {
                let detail = json!({ "kind": KIND, "reports": gone });
                let entry = Entry { partner, organization: None, what: "report.expire", subject: format!("partner:{partner}"), detail };
                audit::append(&tx, audit::who(&system(partner)), entry, now).await?;
            }
            tx.commit().await?;
            deleted += gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_six_hours() {
        assert_eq!([0, 1, 2, 6, 7, 60].map(wait), [5, 10, 20, 320, 360, 360].map(Span::minutes));
    }
}
