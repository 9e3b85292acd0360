//! One account in full: its row in the table, each workload's days, how its size has moved, and what it hangs on.

use super::{
    accounts::{AccountsRow, complete},
    days::AccountDays,
};
use crate::{
    error::Error,
    store::{
        Store,
        entity::{account, connection, organization, policy},
        facts::parse,
        organizations::OrganizationStatus,
        runs::{self, RunGlance},
        scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{AccountId, JobId, OrganizationId, PolicyId},
    saas::Consent,
    schedule::Schedule,
    time::Time,
    zones::Zone,
};
use sea_orm::{EntityTrait, QueryFilter};
use serde::Serialize;
use std::collections::HashMap;

/// Runs from which the trend of sizes is drawn.
const TREND_RUNS: u64 = 500;

/// What all workloads of an account held on a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SizeDay {
    /// Days since 1970-01-01, in the organization's zone.
    pub day: i32,
    /// Bytes of the last usable backup of each workload until then.
    pub bytes: i64,
}

/// An account in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountDetail {
    /// As in the table.
    pub row: AccountsRow,
    /// The last 31 days of each workload, in the order of the row's workloads.
    pub workload_days: Vec<AccountDays>,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// The organization's status.
    pub organization_status: OrganizationStatus,
    /// The organization's IANA zone.
    pub time_zone: String,
    /// What the provider says of its connection.
    pub consent: Consent,
    /// The connection's policy and that one's name.
    pub policy: (PolicyId, String),
    /// The policy's schedule.
    pub schedule: Schedule,
    /// When it was first seen.
    pub created_at: Time,
    /// What it held by day, oldest first; days without a usable backup are left out.
    pub sizes: Vec<SizeDay>,
}

/// One account in full.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to see dashboards.
pub async fn account(store: &Store, actor: &Actor, id: AccountId, now: Time) -> Result<AccountDetail, Error> {
    scope::require(actor, Action::SeeDashboards, "see accounts")?;
    let conn = store.reads();
    let seen = scope::within(&actor.scope, account::Column::PartnerId, Some(account::Column::OrganizationId), None::<account::Column>);
    let model = account::Entity::find().filter(seen).filter(account::COLUMN.id.eq(id.0)).one(conn).await?;
    let model = model.ok_or(Error::NotFound("account"))?;
    let partner = model.partner_id;
    let gone = || Error::NotFound("account");
    let organization = organization::Entity::find_by_id((partner, model.organization_id)).one(conn).await?.ok_or_else(gone)?;
    let connection = connection::Entity::find_by_id((partner, model.connection_id)).one(conn).await?.ok_or_else(gone)?;
    let policy = policy::Entity::find_by_id((partner, connection.policy_id)).one(conn).await?.ok_or_else(gone)?;
    let created_at = Time(model.created_at);
    let latest = runs::latest(conn, (partner, model.id), TREND_RUNS).await?;
    let zone = Zone::named(&organization.time_zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))?;
    let sizes = sizes(latest, |time| zone.day_of(time));
    let (row, workload_days) = complete(conn, &organization, vec![model], true, true, now).await?.pop().ok_or_else(gone)?;
    Ok(AccountDetail {
        row,
        workload_days,
        organization_status: parse(&organization.status)?,
        time_zone: organization.time_zone,
        organization: (OrganizationId(organization.id), organization.name),
        consent: parse(&connection.consent)?,
        schedule: serde_json::from_str(&policy.schedule)?,
        policy: (PolicyId(policy.id), policy.name),
        created_at,
        sizes,
    })
}

/// What the last usable run of each job until each day held, together. `runs`: latest first.
fn sizes(mut runs: Vec<RunGlance>, day_of: impl Fn(Time) -> i32) -> Vec<SizeDay> {
    runs.reverse();
    let mut held: HashMap<JobId, i64> = HashMap::new();
    let mut days: Vec<SizeDay> = Vec::new();
    for run in runs.into_iter().filter(|run| run.state.is_usable()) {
        let Some(bytes) = run.bytes else { continue };
        held.insert(run.job, bytes);
        let (day, bytes) = (day_of(run.ended_at.unwrap_or(run.started_at)), held.values().sum());
        match days.last_mut() {
            Some(last) if last.day == day => last.bytes = bytes,
            _ => days.push(SizeDay { day, bytes }),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ids::RunId, run::RunState};

    fn run(job: i64, day: i64, bytes: Option<i64>, state: RunState) -> RunGlance {
        RunGlance { id: RunId(day), job: JobId(job), state, started_at: Time(day), ended_at: Some(Time(day)), bytes }
    }

    #[test]
    fn a_day_holds_the_last_usable_backup_of_each_workload() {
        let latest_first = vec![
            run(2, 3, None, RunState::Succeeded),
            run(1, 3, Some(30), RunState::Warning),
            run(2, 2, Some(90), RunState::Failed),
            run(2, 1, Some(5), RunState::Succeeded),
            run(1, 1, Some(10), RunState::Succeeded),
        ];
        let days = sizes(latest_first, |time| i32::try_from(time.0).unwrap_or(0));
        assert_eq!(days, [SizeDay { day: 1, bytes: 15 }, SizeDay { day: 3, bytes: 35 }]);
    }
}
