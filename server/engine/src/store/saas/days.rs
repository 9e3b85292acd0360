//! The last 31 local days of accounts: their runs by day, and when backups were off. Two queries for all accounts of a page.

use crate::{
    error::Error,
    store::{
        entity::{account, activation, organization},
        facts::at,
        organizations::OrganizationStatus,
        sql::Sql,
    },
};
use domain::{
    ids::JobId,
    saas::{
        AccountStatus,
        days::{AccountDay, DaySum, JobDay, Off, SHOWN_DAYS, Switch, day_state, off},
    },
    time::{Span, Time},
    zones::Zone,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect};
use serde::Serialize;
use std::collections::HashMap;

/// What the last days of an account, or of one workload of it, were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountDays {
    /// Local day (since 1970-01-01) of the last one: today in the organization's zone.
    pub today: i32,
    /// What each day was and its runs, oldest first.
    pub days: Vec<(AccountDay, JobDay)>,
}

/// Days of accounts of one organization.
pub(super) struct Days {
    first: i32,
    today: i32,
    /// Of each account how much of each day it was off, and whether it existed.
    off: HashMap<i64, Vec<Option<Off>>>,
    sums: HashMap<i64, Vec<DaySum>>,
    jobs: HashMap<JobId, (i64, Vec<DaySum>)>,
}

impl Days {
    /// Of these accounts. `by_job`: their workloads' days, too.
    pub(super) async fn load<C: ConnectionTrait>(
        conn: &C,
        organization: &organization::Model,
        accounts: &[account::Model],
        by_job: bool,
        now: Time,
    ) -> Result<Self, Error> {
        let zone = Zone::named(&organization.time_zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))?;
        let today = zone.day_of(now);
        let first = today + 1 - i32::try_from(SHOWN_DAYS).unwrap_or(31);
        let mut days = Self { first, today, off: HashMap::new(), sums: HashMap::new(), jobs: HashMap::new() };
        if accounts.is_empty() {
            return Ok(days);
        }
        let ids: Vec<i64> = accounts.iter().map(|a| a.id).collect();
        let mut switches = switches(conn, organization, &ids).await?;
        let organizations_own =
            Switch { turns: switches.remove(&0).unwrap_or_default(), is_on: organization.status == OrganizationStatus::Activated.as_str() };
        // An instant later, so that what was turned off just now counts.
        let bounds: Vec<(Time, Time)> = (first..=today).map(|day| zone.day_bounds(day)).map(|(a, b)| (a, b.min(now + Span(1)))).collect();
        for account in accounts {
            let own = Switch {
                turns: switches.remove(&account.id).unwrap_or_default(),
                is_on: account.status == AccountStatus::Activated.as_str(),
            };
            let of_day = |(from, until): &(Time, Time)| {
                let from = (*from).max(Time(account.created_at));
                (from < *until).then(|| off([&own, &organizations_own], from, *until))
            };
            days.off.insert(account.id, bounds.iter().map(of_day).collect());
        }
        if by_job {
            days.runs_by_job(conn, organization.partner_id, &ids).await?
        } else {
            days.runs(conn, organization.partner_id, &ids).await?
        }
        Ok(days)
    }

    fn place(&self, day: i64) -> Option<usize> {
        usize::try_from(day - i64::from(self.first)).ok().filter(|place| *place < SHOWN_DAYS)
    }

    async fn runs<C: ConnectionTrait>(&mut self, conn: &C, partner: i64, ids: &[i64]) -> Result<(), Error> {
        let mut sql = Sql::new("SELECT device_id, day");
        for column in ["succeeded", "warning", "failed", "missed"] {
            sql.push(", CAST(SUM(").push(column).push(") AS BIGINT)");
        }
        for word in ["succeeded + warning + failed + missed", "succeeded + warning"] {
            sql.push(", CAST(SUM(CASE WHEN ").push(word).push(" > 0 THEN 1 ELSE 0 END) AS BIGINT)");
        }
        sql.push(" FROM job_days WHERE partner_id = ").bind(partner).push(" AND device_id IN ").bind_list(ids.iter().copied());
        sql.push(" AND day >= ").bind(i64::from(self.first)).push(" GROUP BY device_id, day");
        for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
            let Some(place) = self.place(at(&row, 1)?) else { continue };
            let sum = DaySum { runs: job_day(&row, 2)?, due: small(&row, 6)?, completed: small(&row, 7)? };
            if let Some(day) = self.sums.entry(at(&row, 0)?).or_insert_with(empty).get_mut(place) {
                *day = sum;
            }
        }
        Ok(())
    }

    async fn runs_by_job<C: ConnectionTrait>(&mut self, conn: &C, partner: i64, ids: &[i64]) -> Result<(), Error> {
        let mut sql = Sql::new("SELECT device_id, day, succeeded, warning, failed, missed, job_id FROM job_days WHERE partner_id = ");
        sql.bind(partner).push(" AND device_id IN ").bind_list(ids.iter().copied()).push(" AND day >= ").bind(i64::from(self.first));
        for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
            let Some(place) = self.place(at(&row, 1)?) else { continue };
            let (account, runs) = (at::<i64>(&row, 0)?, DaySum::of([job_day(&row, 2)?]));
            if let Some(day) = self.jobs.entry(JobId(at(&row, 6)?)).or_insert_with(|| (account, empty())).1.get_mut(place) {
                *day = runs;
            }
            if let Some(day) = self.sums.entry(account).or_insert_with(empty).get_mut(place) {
                *day = DaySum { runs: day.runs.and(runs.runs), due: day.due + runs.due, completed: day.completed + runs.completed };
            }
        }
        Ok(())
    }

    fn told(&self, account: i64, sums: Option<&Vec<DaySum>>) -> AccountDays {
        let off = self.off.get(&account);
        let day = |place: usize| {
            let sum = sums.and_then(|sums| sums.get(place)).copied().unwrap_or_default();
            let state = match off.and_then(|off| off.get(place)).copied().flatten() {
                Some(off) => day_state(&sum, off),
                // Before it was known here; what was reported of that time is shown all the same.
                None => day_state(&sum, Off::Never),
            };
            (state, sum.runs)
        };
        AccountDays { today: self.today, days: (0..SHOWN_DAYS).map(day).collect() }
    }

    /// Of an account.
    pub(super) fn of(&self, account: i64) -> AccountDays {
        self.told(account, self.sums.get(&account))
    }

    /// Of one job of an account.
    pub(super) fn of_job(&self, account: i64, job: Option<JobId>) -> AccountDays {
        let sums = job.and_then(|job| self.jobs.get(&job)).filter(|(of, _)| *of == account).map(|(_, sums)| sums);
        self.told(account, sums)
    }
}

fn empty() -> Vec<DaySum> {
    vec![DaySum::default(); SHOWN_DAYS]
}

fn small(row: &QueryResult, place: usize) -> Result<u32, Error> {
    Ok(u32::try_from(at::<i64>(row, place)?).unwrap_or_default())
}

fn job_day(row: &QueryResult, from: usize) -> Result<JobDay, Error> {
    Ok(JobDay {
        succeeded: small(row, from)?,
        warning: small(row, from + 1)?,
        failed: small(row, from + 2)?,
        missed: small(row, from + 3)?,
    })
}

/// When the organization (account 0) and these accounts were turned on and off.
async fn switches<C: ConnectionTrait>(
    conn: &C,
    organization: &organization::Model,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<(Time, bool)>>, Error> {
    let rows: Vec<(i64, i64, bool)> = activation::Entity::find()
        .select_only()
        .columns([activation::Column::AccountId, activation::Column::At, activation::Column::Activated])
        .filter(activation::Column::PartnerId.eq(organization.partner_id))
        .filter(activation::Column::OrganizationId.eq(organization.id))
        .filter(activation::Column::AccountId.is_in(std::iter::once(0).chain(ids.iter().copied())))
        .order_by_asc(activation::Column::At)
        .into_tuple()
        .all(conn)
        .await?;
    let mut switches: HashMap<i64, Vec<(Time, bool)>> = HashMap::new();
    for (account, at, activated) in rows {
        switches.entry(account).or_default().push((Time(at), activated));
    }
    Ok(switches)
}
