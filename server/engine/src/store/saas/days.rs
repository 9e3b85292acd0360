//! Local days of accounts, and of devices for reports: their runs by day, when backups were off, and whether what went wrong was made
//! good. Three queries for all subjects of a page or a piece of a report, and the runs around days that may have been made good.

use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{
        entity::{account, activation, organization},
        facts::{at, parse},
        organizations::OrganizationStatus,
        sql::Sql,
    },
};
use domain::{
    ids::JobId,
    run::RunState,
    saas::{
        AccountStatus,
        days::{AccountDay, DaySum, JobDay, MADE_GOOD_WITHIN, Off, SHOWN_DAYS, Switch, day_state, made_good, off},
    },
    time::{Span, Time},
    zones::Zone,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// A run that ended on a day began at most so long before it; runs are cut off long before that.
const LONGEST_RUN: Span = Span::days(2);

/// What the last days of an account, or of one workload of it, were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountDays {
    /// Local day (since 1970-01-01) of the last one: today in the organization's zone.
    pub today: i32,
    /// What each day was and its runs, oldest first.
    pub days: Vec<(AccountDay, JobDay)>,
}

/// Which days, in which zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) zone: Zone,
    /// The first one, since 1970-01-01.
    pub(crate) first: i32,
    pub(crate) count: usize,
    /// What begins later tells nothing.
    pub(crate) until: Time,
}

/// Whose days.
#[derive(Clone, Debug)]
pub(crate) struct Whose {
    pub(crate) id: i64,
    /// Nothing is told of it before.
    pub(crate) since: Time,
    pub(crate) switch: Switch,
}

/// Days of accounts or devices of one organization.
pub(crate) struct Days {
    period: Period,
    /// First instant of each day and of the one after it.
    bounds: Vec<(Time, Time)>,
    /// Of each subject how much of each day it was off, and whether it existed.
    off: HashMap<i64, Vec<Option<Off>>>,
    sums: HashMap<i64, Vec<DaySum>>,
    jobs: HashMap<JobId, (i64, Vec<DaySum>)>,
}

impl Days {
    /// The last 31 days of these accounts. `by_job`: their workloads' days, too.
    pub(super) async fn last<C: ConnectionTrait>(
        conn: &C,
        organization: &organization::Model,
        accounts: &[account::Model],
        by_job: bool,
        now: Time,
    ) -> Result<Self, Error> {
        let zone = Zone::named(&organization.time_zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))?;
        let first = zone.day_of(now) + 1 - i32::try_from(SHOWN_DAYS).unwrap_or(31);
        // An instant later, so that what was turned off just now counts.
        let period = Period { zone, first, count: SHOWN_DAYS, until: now + Span(1) };
        let (of_organization, whose) = switched(conn, organization, accounts).await?;
        Self::load(conn, organization.partner_id, period, &whose, &of_organization, by_job).await
    }

    /// Days of these subjects of one partner and organization. `by_job`: those of their jobs, too.
    pub(crate) async fn load<C: ConnectionTrait>(
        conn: &C,
        partner: i64,
        period: Period,
        whose: &[Whose],
        of_organization: &Switch,
        by_job: bool,
    ) -> Result<Self, Error> {
        let day_after = |place: usize| period.first.saturating_add(i32::try_from(place).unwrap_or(i32::MAX));
        let bounds: Vec<(Time, Time)> = (0..period.count).map(|place| period.zone.day_bounds(day_after(place))).collect();
        let mut days = Self { period, bounds, off: HashMap::new(), sums: HashMap::new(), jobs: HashMap::new() };
        if whose.is_empty() {
            return Ok(days);
        }
        for subject in whose {
            let of_day = |(from, until): &(Time, Time)| {
                let (from, until) = ((*from).max(subject.since), (*until).min(period.until));
                (from < until).then(|| off([&subject.switch, of_organization], from, until))
            };
            days.off.insert(subject.id, days.bounds.iter().map(of_day).collect());
        }
        let ids: Vec<i64> = whose.iter().map(|subject| subject.id).collect();
        let made_good = days.made_good(conn, partner, &ids).await?;
        if by_job {
            days.runs_by_job(conn, partner, &ids, &made_good).await?;
        } else {
            days.runs(conn, partner, &ids, &made_good).await?;
        }
        Ok(days)
    }

    fn place(&self, day: i64) -> Option<usize> {
        usize::try_from(day - i64::from(self.period.first)).ok().filter(|place| *place < self.period.count)
    }

    /// `WHERE` of the job-days in the period.
    fn days_of(&self, sql: &mut Sql, partner: i64, ids: &[i64]) {
        sql.bind(partner).push(" AND d.device_id IN ").bind_list(ids.iter().copied());
        sql.push(" AND d.day >= ").bind(i64::from(self.period.first));
        sql.push(" AND d.day < ").bind(i64::from(self.period.first) + i64::try_from(self.period.count).unwrap_or(0));
    }

    async fn runs<C: ConnectionTrait>(
        &mut self,
        conn: &C,
        partner: i64,
        ids: &[i64],
        made_good: &HashSet<(i64, usize, i64)>,
    ) -> Result<(), Error> {
        let mut sql = Sql::new("SELECT d.device_id, d.day");
        for column in ["succeeded", "warning", "failed", "missed"] {
            sql.push(", CAST(SUM(d.").push(column).push(") AS BIGINT)");
        }
        for word in [
            "d.succeeded + d.warning + d.failed + d.missed > 0",
            "d.succeeded + d.warning > 0 AND d.failed + d.missed = 0",
            "d.succeeded > 0 AND d.warning + d.failed + d.missed = 0",
        ] {
            sql.push(", CAST(SUM(CASE WHEN ").push(word).push(" THEN 1 ELSE 0 END) AS BIGINT)");
        }
        sql.push(" FROM job_days d WHERE d.partner_id = ");
        self.days_of(&mut sql, partner, ids);
        sql.push(" GROUP BY d.device_id, d.day");
        let count = self.period.count;
        for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
            let Some(place) = self.place(at(&row, 1)?) else { continue };
            let sum = DaySum { runs: job_day(&row, 2)?, due: small(&row, 6)?, completed: small(&row, 7)?, clean: small(&row, 8)? };
            if let Some(day) = self.sums.entry(at(&row, 0)?).or_insert_with(|| vec![DaySum::default(); count]).get_mut(place) {
                *day = sum;
            }
        }
        for (subject, place, _) in made_good {
            if let Some(day) = self.sums.get_mut(subject).and_then(|days| days.get_mut(*place)) {
                day.completed += 1;
            }
        }
        Ok(())
    }

    async fn runs_by_job<C: ConnectionTrait>(
        &mut self,
        conn: &C,
        partner: i64,
        ids: &[i64],
        made_good: &HashSet<(i64, usize, i64)>,
    ) -> Result<(), Error> {
        let mut sql = Sql::new(
            "SELECT d.device_id, d.day, d.succeeded, d.warning, d.failed, d.missed, d.job_id FROM job_days d WHERE d.partner_id = ",
        );
        self.days_of(&mut sql, partner, ids);
        let count = self.period.count;
        for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
            let Some(place) = self.place(at(&row, 1)?) else { continue };
            let (subject, job) = (at::<i64>(&row, 0)?, at::<i64>(&row, 6)?);
            let sum = DaySum::of_job(job_day(&row, 2)?, made_good.contains(&(subject, place, job)));
            if let Some(day) = self.jobs.entry(JobId(job)).or_insert_with(|| (subject, vec![DaySum::default(); count])).1.get_mut(place) {
                *day = sum;
            }
            if let Some(day) = self.sums.entry(subject).or_insert_with(|| vec![DaySum::default(); count]).get_mut(place) {
                *day = day.and(sum);
            }
        }
        Ok(())
    }

    /// Days of jobs (subject, place of the day, job) on which something went wrong and all of it was made good.
    async fn made_good<C: ConnectionTrait>(&self, conn: &C, partner: i64, ids: &[i64]) -> Result<HashSet<(i64, usize, i64)>, Error> {
        // What mends ends on that day or the next: elsewhere nothing needs to be asked.
        let mut sql = Sql::new("SELECT d.device_id, d.day, d.job_id FROM job_days d WHERE d.partner_id = ");
        self.days_of(&mut sql, partner, ids);
        sql.push(" AND (d.failed > 0 OR d.missed > 0) AND EXISTS (SELECT 1 FROM job_days n WHERE n.partner_id = d.partner_id ");
        sql.push(
            "AND n.device_id = d.device_id AND n.day BETWEEN d.day AND d.day + 1 AND n.job_id = d.job_id AND n.succeeded + n.warning > 0)",
        );
        sql.push(" ORDER BY d.device_id, d.day");
        let mut asked: Vec<(i64, usize, i64)> = Vec::new();
        for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
            if let Some(place) = self.place(at(&row, 1)?) {
                asked.push((at(&row, 0)?, place, at(&row, 2)?));
            }
        }
        let mut windows: Vec<(i64, Time, Time)> = Vec::new();
        for (subject, place, _) in &asked {
            let Some((from, until)) = self.bounds.get(*place) else { continue };
            let (from, until) = (*from - LONGEST_RUN, *until + MADE_GOOD_WITHIN);
            match windows.last_mut().filter(|last| last.0 == *subject && from <= last.2) {
                Some(last) => last.2 = until,
                None => windows.push((*subject, from, until)),
            }
        }
        let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Int, Kind::Int]);
        for (subject, from, until) in &windows {
            keys.int(partner).int(*subject).int(from.0).int(until.0);
        }
        let wanted: HashSet<i64> = asked.iter().map(|(_, _, job)| *job).collect();
        let sql = "SELECT r.job_id, r.state, r.started_at, r.ended_at FROM {x} {join} runs r {by_device} ON r.partner_id = x.a AND r.device_id = x.b \
                   AND r.started_at >= x.c AND r.started_at < x.d WHERE r.state IN ('succeeded', 'warning', 'failed', 'missed')";
        let mut ends: HashMap<i64, (Vec<Time>, Vec<Time>)> = HashMap::new();
        for row in keys.query(conn, sql).await? {
            let job: i64 = at(&row, 0)?;
            if !wanted.contains(&job) {
                continue;
            }
            let (state, started) = (parse::<RunState>(&at::<String>(&row, 1)?)?, Time(at(&row, 2)?));
            let end = at::<Option<i64>>(&row, 3)?.map_or(started, Time);
            let (wrong, usable) = ends.entry(job).or_default();
            match state {
                RunState::Succeeded | RunState::Warning => usable.push(end),
                // A missed one belongs to its slot.
                RunState::Missed => wrong.push(started),
                _ => wrong.push(end),
            }
        }
        for (wrong, usable) in ends.values_mut() {
            wrong.sort_unstable();
            usable.sort_unstable();
        }
        asked.retain(|(_, place, job)| {
            let (Some((from, until)), Some((wrong, usable))) = (self.bounds.get(*place), ends.get(job)) else { return false };
            let of_day = &wrong[wrong.partition_point(|at| at < from)..wrong.partition_point(|at| at < until)];
            // A failure that is counted but not found can't be judged.
            !of_day.is_empty() && made_good(of_day, usable)
        });
        Ok(asked.into_iter().collect())
    }

    fn judged(&self, subject: i64, sums: Option<&Vec<DaySum>>) -> impl Iterator<Item = (AccountDay, DaySum)> {
        let off = self.off.get(&subject);
        (0..self.period.count).map(move |place| {
            let sum = sums.and_then(|sums| sums.get(place)).copied().unwrap_or_default();
            let state = match off.and_then(|off| off.get(place)).copied().flatten() {
                Some(off) => day_state(&sum, off),
                // Before it was known here; what was reported of that time is shown all the same.
                None => day_state(&sum, Off::Never),
            };
            (state, sum)
        })
    }

    fn told(&self, subject: i64, sums: Option<&Vec<DaySum>>) -> AccountDays {
        let last = i32::try_from(self.period.count).unwrap_or(31) - 1;
        let days = self.judged(subject, sums).map(|(state, sum)| (state, sum.runs)).collect();
        AccountDays { today: self.period.first + last, days }
    }

    fn sums_of_job(&self, subject: i64, job: Option<JobId>) -> Option<&Vec<DaySum>> {
        job.and_then(|job| self.jobs.get(&job)).filter(|(of, _)| *of == subject).map(|(_, sums)| sums)
    }

    /// Of a subject.
    pub(super) fn of(&self, subject: i64) -> AccountDays {
        self.told(subject, self.sums.get(&subject))
    }

    /// Of one job of a subject.
    pub(super) fn of_job(&self, subject: i64, job: Option<JobId>) -> AccountDays {
        self.told(subject, self.sums_of_job(subject, job))
    }

    /// What each day was for a subject, and whether all its runs succeeded.
    pub(crate) fn states(&self, subject: i64) -> Vec<(AccountDay, bool)> {
        self.judged(subject, self.sums.get(&subject)).map(|(state, sum)| (state, sum.is_clean())).collect()
    }

    /// The same for one job of it.
    pub(crate) fn states_of_job(&self, subject: i64, job: JobId) -> Vec<(AccountDay, bool)> {
        self.judged(subject, self.sums_of_job(subject, Some(job))).map(|(state, sum)| (state, sum.is_clean())).collect()
    }
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

/// When the organization and these accounts were turned on and off.
pub(crate) async fn switched<C: ConnectionTrait>(
    conn: &C,
    organization: &organization::Model,
    accounts: &[account::Model],
) -> Result<(Switch, Vec<Whose>), Error> {
    let rows: Vec<(i64, i64, bool)> = activation::Entity::find()
        .select_only()
        .columns([activation::Column::AccountId, activation::Column::At, activation::Column::Activated])
        .filter(activation::Column::PartnerId.eq(organization.partner_id))
        .filter(activation::Column::OrganizationId.eq(organization.id))
        .filter(activation::Column::AccountId.is_in(std::iter::once(0).chain(accounts.iter().map(|a| a.id))))
        .order_by_asc(activation::Column::At)
        .into_tuple()
        .all(conn)
        .await?;
    let mut turns: HashMap<i64, Vec<(Time, bool)>> = HashMap::new();
    for (account, at, activated) in rows {
        turns.entry(account).or_default().push((Time(at), activated));
    }
    let of_organization =
        Switch { turns: turns.remove(&0).unwrap_or_default(), is_on: organization.status == OrganizationStatus::Activated.as_str() };
    let whose = accounts.iter().map(|account| Whose {
        id: account.id,
        since: Time(account.created_at),
        switch: Switch { turns: turns.remove(&account.id).unwrap_or_default(), is_on: account.status == AccountStatus::Activated.as_str() },
    });
    Ok((of_organization, whose.collect()))
}
