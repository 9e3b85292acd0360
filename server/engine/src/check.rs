//! Recount: computes counts and states anew from runs, alerts and devices, and compares with what is stored. Drift is a bug.
//!
//! Reads one consistent state; writers go on meanwhile. Days are counted in the zone that the organization has now.

use crate::{
    error::Error,
    reconcile::{
        recency, shelf,
        work::{Done, OpenRef, Subject, SubjectKind, Work, counted_life},
        write::{Seat, Share, alerts_only, counted, is_troubled, seat, seat_places, share},
    },
    store::{
        Store,
        facts::{at, parse},
    },
};
use domain::{
    facts::{JobHistory, RunSummary},
    health::assess,
    ids::{DeviceId, JobId, PartnerId, RunId},
    policy::DeviceLife,
    run::RunState,
    time::Time,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, IsolationLevel, QueryResult, Statement, TransactionTrait, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A stored figure that is not what its causes say.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Drift {
    /// Which figure of what, for example `organization_counts 3/7`.
    pub what: String,
    /// What is stored.
    pub stored: String,
    /// What it should be.
    pub recounted: String,
}

/// Devices looked at in one go.
const PIECE: usize = 200;

type Hours = BTreeMap<(i64, i64, i64), [i64; 4]>;
type Days = BTreeMap<(i64, i64, i64, i64), [i64; 5]>;

#[derive(Default)]
struct Recount {
    drifts: Vec<Drift>,
    hours: Hours,
    whole_days: Hours,
    troubled: BTreeSet<(i64, i64, i64, String)>,
    shares: BTreeMap<(i64, i64), Share>,
    seats: BTreeMap<(i64, i64, String), Seat>,
    saas_hours: Hours,
    /// By partner, organization and week: how many usable ends, and a sum over them.
    recency: BTreeMap<(i64, i64, i64), (u64, u64)>,
}

impl Recount {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: impl FnOnce() -> String, stored: &T, recounted: &T) {
        if stored != recounted {
            self.drifts.push(Drift { what: what(), stored: format!("{stored:?}"), recounted: format!("{recounted:?}") });
        }
    }
}

/// Recounts everything. Empty: no drift.
///
/// # Errors
/// The database fails, or holds what can't be read.
pub async fn recount(store: &Store) -> Result<Vec<Drift>, Error> {
    let level = (store.backend() == DbBackend::Postgres).then_some(IsolationLevel::RepeatableRead);
    let tx = store.reads().begin_with_config(level, None).await?;
    let mut recount = Recount::default();
    let mut devices = Vec::new();
    for table in ["devices", "accounts"] {
        for row in all(&tx, &format!("SELECT partner_id, id FROM {table} ORDER BY partner_id, id"), []).await? {
            devices.push((PartnerId(at(&row, 0)?), DeviceId(at(&row, 1)?)));
        }
    }
    for piece in devices.chunks(PIECE) {
        let work = Work::load(store, &tx, piece, Time(i64::MIN / 2)).await?;
        for of in &work.subjects {
            subject(&mut recount, &tx, of).await?;
        }
    }
    connections(&mut recount, &tx).await?;
    incidents(&mut recount, &tx).await?;
    organizations(&mut recount, &tx).await?;
    recencies(&mut recount, &tx).await?;
    tx.rollback().await?;
    Ok(recount.drifts)
}

async fn all<const N: usize>(tx: &DatabaseTransaction, sql: &str, values: [Value; N]) -> Result<Vec<QueryResult>, Error> {
    Ok(tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?)
}

type Stored = (RunId, String, RunSummary);

async fn runs_of(tx: &DatabaseTransaction, subject: &Subject) -> Result<BTreeMap<JobId, Vec<Stored>>, Error> {
    let rows = all(
        tx,
        &format!(
            "SELECT job_id, id, run_key, state, started_at, ended_at, timed_out, attempt, bytes, {} FROM runs WHERE partner_id = $1 AND device_id = $2",
            shelf::items_of("body", tx.get_database_backend())
        ),
        [subject.partner.0.into(), subject.device.0.into()],
    )
    .await?;
    let mut runs: BTreeMap<JobId, Vec<Stored>> = BTreeMap::new();
    for row in rows {
        let summary = RunSummary {
            state: parse(&at::<String>(&row, 3)?)?,
            started_at: Time(at(&row, 4)?),
            ended_at: at::<Option<i64>>(&row, 5)?.map(Time),
            timed_out: at(&row, 6)?,
            attempt: u16::try_from(at::<i64>(&row, 7)?).unwrap_or(u16::MAX),
            bytes: at::<Option<i64>>(&row, 8)?.unwrap_or(0),
            items: at(&row, 9)?,
        };
        runs.entry(JobId(at(&row, 0)?)).or_default().push((RunId(at(&row, 1)?), at(&row, 2)?, summary));
    }
    Ok(runs)
}

/// Alerts of connections count at their organizations.
async fn connections(recount: &mut Recount, tx: &DatabaseTransaction) -> Result<(), Error> {
    let sql = "SELECT a.partner_id, a.organization_id, COUNT(*) FROM alerts a JOIN connections c ON c.partner_id = a.partner_id AND c.id = a.device_id \
               WHERE a.resolved_at IS NULL AND a.muted = FALSE GROUP BY a.partner_id, a.organization_id";
    for row in all(tx, sql, []).await? {
        let sum = recount.shares.entry((at(&row, 0)?, at(&row, 1)?)).or_default();
        sum.iter_mut().zip(alerts_only(at(&row, 2)?)).for_each(|(sum, part)| *sum += part);
    }
    Ok(())
}

/// Open members of the incidents that are open, and whether they still should be.
async fn incidents(recount: &mut Recount, tx: &DatabaseTransaction) -> Result<(), Error> {
    let sql = "SELECT i.id, i.open_members, COUNT(a.id) FROM incidents i \
               LEFT JOIN alerts a ON a.partner_id = i.partner_id AND a.incident_id = i.id AND a.resolved_at IS NULL AND a.muted = FALSE \
               WHERE i.resolved_at IS NULL GROUP BY i.partner_id, i.id, i.open_members";
    for row in all(tx, sql, []).await? {
        let (id, stored, counted): (i64, i64, i64) = (at(&row, 0)?, at(&row, 1)?, at(&row, 2)?);
        recount.compare(|| format!("open members of incident {id}"), &stored, &counted);
        recount.compare(|| format!("openness of incident {id}"), &true, &(counted > 0));
    }
    Ok(())
}

async fn subject(recount: &mut Recount, tx: &DatabaseTransaction, subject: &Subject) -> Result<(), Error> {
    let of = if matches!(subject.kind, SubjectKind::Device(_)) { "device" } else { "account" };
    let name = |figure: &str| format!("{figure} of {of} {}", subject.device);
    let runs = runs_of(tx, subject).await?;
    let mut days: Days = BTreeMap::new();
    let (mut running, mut retrying) = (0, 0);
    for (job, facts) in subject.jobs.iter().zip(&subject.facts.jobs) {
        let empty = Vec::new();
        let runs = runs.get(&job.job).unwrap_or(&empty);
        let job_name = |figure: &str| format!("{figure} of job {} ({})", job.job, facts.name);
        let mut history = JobHistory::rebuild(runs.iter().map(|(_, _, run)| run));
        // Histories from before files were remembered know them of later runs only.
        for (run, stored) in history.recent.iter_mut().zip(&facts.history.recent) {
            run.items = run.items.filter(|_| stored.items.is_some());
        }
        recount.compare(|| job_name("history"), &facts.history, &history);
        let open: BTreeSet<_> = job.open.iter().map(|OpenRef(id, start, retries, keyless)| (*id, *start, *retries, *keyless)).collect();
        let counted_open: BTreeSet<_> = runs
            .iter()
            .filter(|(_, _, run)| run.state.is_open())
            .map(|(id, key, run)| (id.0, run.started_at, run.state == RunState::Retrying, key.starts_with(crate::ingest::PING)))
            .collect();
        recount.compare(|| job_name("open runs"), &open, &counted_open);
        retrying += i64::try_from(counted_open.iter().filter(|o| o.2).count()).unwrap_or(0);
        running += i64::try_from(counted_open.iter().filter(|o| !o.2).count()).unwrap_or(0);
        let last = runs.iter().max_by(|a, b| (a.2.started_at, &a.1).cmp(&(b.2.started_at, &b.1))).map(|(id, _, run)| (*id, run.state));
        recount.compare(|| job_name("last run"), &job.last_run, &last);
        let done = runs.iter().filter_map(|(id, _, run)| Done::of(*id, run)).max_by_key(|done| (done.1, done.2));
        if of == "account" {
            recount.compare(|| job_name("last backup"), &job.last_done, &done);
        }
        for (id, _, run) in runs {
            let end = recency::usable_end(run.state, run.started_at, run.ended_at);
            if let (SubjectKind::Device(_), Some(end)) = (subject.kind, end) {
                let key = (subject.partner.0, subject.organization.0, recency::week(end));
                add_end(recount.recency.entry(key).or_default(), subject.device.0, end);
            }
            if is_troubled(run.state) {
                recount.troubled.insert((subject.partner.0, run.started_at.0, id.0, run.state.as_str().to_owned()));
            }
            let Some((hour, day, column)) = counted(run.state, run.started_at, run.ended_at) else { continue };
            let key = (subject.partner.0, subject.device.0, i64::from(subject.zone.day_of(day)), job.job.0);
            days.entry(key).or_default()[column] += 1;
            if let SubjectKind::Account(_) = subject.kind {
                for organization in [0, subject.organization.0] {
                    if let Some(cell) =
                        recount.saas_hours.entry((subject.partner.0, organization, hour.hour())).or_default().get_mut(column)
                    {
                        *cell += 1;
                    }
                }
                continue;
            }
            if let Some(cell) = recount.whole_days.entry((subject.partner.0, subject.organization.0, key.2)).or_default().get_mut(column) {
                *cell += 1;
            }
            let hours = recount.hours.entry((subject.partner.0, subject.organization.0, hour.hour())).or_default();
            if let Some(cell) = hours.get_mut(column) {
                *cell += 1;
            }
        }
    }
    let mut stored_days: Days = BTreeMap::new();
    let rows = all(
        tx,
        "SELECT day, job_id, succeeded, warning, failed, missed, other FROM job_days WHERE partner_id = $1 AND device_id = $2",
        [subject.partner.0.into(), subject.device.0.into()],
    )
    .await?;
    for row in rows {
        let sums = [at(&row, 2)?, at(&row, 3)?, at(&row, 4)?, at(&row, 5)?, at(&row, 6)?];
        if sums != [0; 5] {
            stored_days.insert((subject.partner.0, subject.device.0, at(&row, 0)?, at(&row, 1)?), sums);
        }
    }
    for key in stored_days.keys().chain(days.keys()).collect::<BTreeSet<_>>() {
        recount.compare(
            || format!("job_days {key:?}"),
            &stored_days.get(key).copied().unwrap_or_default(),
            &days.get(key).copied().unwrap_or_default(),
        );
    }
    let row = all(
        tx,
        "SELECT COUNT(*) FROM alerts WHERE partner_id = $1 AND device_id = $2 AND resolved_at IS NULL AND muted = FALSE",
        [subject.partner.0.into(), subject.device.0.into()],
    )
    .await?;
    let open_alerts: i64 = row.first().map(|row| at(row, 0)).transpose()?.unwrap_or(0);
    let Some(stored) = &subject.stored else {
        recount.compare(|| name("state"), &"none", &"a row");
        return Ok(());
    };
    recount.compare(|| name("life"), &stored.life, &counted_life(subject.life, subject.deactivated));
    recount.compare(|| name("organization"), &stored.organization, &subject.organization);
    recount.compare(|| name("running"), &(stored.running, stored.retrying), &(running, retrying));
    recount.compare(|| name("open alerts"), &stored.open_alerts, &open_alerts);
    if subject.life != DeviceLife::Retired {
        let mut facts = subject.facts.clone();
        if facts.jobs.is_empty() {
            facts.expected =
                crate::store::facts::resolve(&subject.schedule, facts.enrolled_at, &JobHistory::default(), subject.watched_since)?;
        }
        let assessment = assess(&facts, stored.assessed_at);
        recount.compare(|| name("band"), &stored.band, &assessment.band);
        recount.compare(|| name("score"), &stored.score, &assessment.score);
        recount.compare(|| name("maintenance"), &stored.quiet, &assessment.quiet_until.is_some());
    }
    let service = subject.service(stored.assessed_at);
    recount.compare(|| name("service level"), &stored.service, &service);
    let own = match subject.kind {
        SubjectKind::Device(_) => share(stored.life, stored.band, running, retrying, open_alerts, service),
        SubjectKind::Account(account) => {
            recount.compare(|| name("standing among the known"), &stored.counted, &subject.counted());
            let own = seat(counted_life(subject.life, subject.deactivated), subject.counted(), running, retrying);
            for (partner, organization, word) in seat_places(subject.partner.0, subject.organization.0, account.service) {
                let sum = recount.seats.entry((partner, organization, word.to_owned())).or_default();
                sum.iter_mut().zip(own).for_each(|(sum, part)| *sum += part);
            }
            alerts_only(open_alerts)
        }
    };
    let sum = recount.shares.entry((subject.partner.0, subject.organization.0)).or_default();
    sum.iter_mut().zip(own).for_each(|(sum, part)| *sum += part);
    Ok(())
}

async fn organizations(recount: &mut Recount, tx: &DatabaseTransaction) -> Result<(), Error> {
    let rows = all(
        tx,
        "SELECT partner_id, organization_id, healthy, warning, critical, unknown, paused, running, retrying, open_alerts, covered, in_breach \
         FROM organization_counts",
        [],
    )
    .await?;
    let mut stored: BTreeMap<(i64, i64), Share> = BTreeMap::new();
    for row in rows {
        let mut sums = Share::default();
        for (place, sum) in sums.iter_mut().enumerate() {
            *sum = at(&row, place + 2)?;
        }
        stored.insert((at(&row, 0)?, at(&row, 1)?), sums);
    }
    let shares = std::mem::take(&mut recount.shares);
    for key in stored.keys().chain(shares.keys()).collect::<BTreeSet<_>>() {
        recount.compare(
            || format!("organization_counts {key:?}"),
            &stored.get(key).copied().unwrap_or_default(),
            &shares.get(key).copied().unwrap_or_default(),
        );
    }
    let mut stored: BTreeMap<(i64, i64, String), Seat> = BTreeMap::new();
    for row in all(tx, "SELECT partner_id, organization_id, service, accounts, seats, running, retrying FROM saas_counts", []).await? {
        stored.insert((at(&row, 0)?, at(&row, 1)?, at(&row, 2)?), [at(&row, 3)?, at(&row, 4)?, at(&row, 5)?, at(&row, 6)?]);
    }
    let seats = std::mem::take(&mut recount.seats);
    for key in stored.keys().chain(seats.keys()).collect::<BTreeSet<_>>() {
        recount.compare(
            || format!("saas_counts {key:?}"),
            &stored.get(key).copied().unwrap_or_default(),
            &seats.get(key).copied().unwrap_or_default(),
        );
    }
    let hours = std::mem::take(&mut recount.saas_hours);
    sums(recount, tx, "saas_hours", "hour", &hours).await?;
    let hours = std::mem::take(&mut recount.hours);
    sums(recount, tx, "organization_hours", "hour", &hours).await?;
    let days = std::mem::take(&mut recount.whole_days);
    sums(recount, tx, "organization_days", "day", &days).await?;
    let mut stored = BTreeSet::new();
    for row in all(tx, "SELECT partner_id, started_at, run_id, state FROM troubled_runs", []).await? {
        stored.insert((at(&row, 0)?, at(&row, 1)?, at(&row, 2)?, at::<String>(&row, 3)?));
    }
    let troubled = std::mem::take(&mut recount.troubled);
    for run in stored.symmetric_difference(&troubled) {
        recount.compare(|| format!("troubled_runs {run:?}"), &stored.contains(run), &troubled.contains(run));
    }
    Ok(())
}

/// One number that is the same in every order of the ends, and different, as good as always, when one differs.
fn add_end(sum: &mut (u64, u64), device: i64, end: Time) {
    let mut mixed = device.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ end.0.cast_unsigned();
    mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    *sum = (sum.0 + 1, sum.1.wrapping_add(mixed ^ (mixed >> 29)));
}

/// The stored ends of usable runs, against the runs: so much at a time that memory stays small.
async fn recencies(recount: &mut Recount, tx: &DatabaseTransaction) -> Result<(), Error> {
    let mut stored: BTreeMap<(i64, i64, i64), (u64, u64)> = BTreeMap::new();
    let weeks = all(tx, "SELECT DISTINCT partner_id, week FROM recency", []).await?;
    for row in weeks {
        let (partner, week): (i64, i64) = (at(&row, 0)?, at(&row, 1)?);
        let sql = "SELECT organization_id, device_id, ends FROM recency WHERE partner_id = $1 AND week = $2";
        for row in all(tx, sql, [partner.into(), week.into()]).await? {
            let (organization, device): (i64, i64) = (at(&row, 0)?, at(&row, 1)?);
            for end in recency::unpack(week, &at::<Vec<u8>>(&row, 2)?) {
                add_end(stored.entry((partner, organization, week)).or_default(), device, end);
            }
        }
    }
    let counted = std::mem::take(&mut recount.recency);
    for key in stored.keys().chain(counted.keys()).collect::<BTreeSet<_>>() {
        recount.compare(
            || format!("recency (partner, organization, week) {key:?}"),
            &stored.get(key).copied().unwrap_or_default(),
            &counted.get(key).copied().unwrap_or_default(),
        );
    }
    Ok(())
}

/// Compares stored sums by hour or day with the recounted ones.
async fn sums(recount: &mut Recount, tx: &DatabaseTransaction, table: &str, unit: &str, counted: &Hours) -> Result<(), Error> {
    let mut stored: Hours = BTreeMap::new();
    for row in all(tx, &format!("SELECT partner_id, organization_id, {unit}, succeeded, warning, failed, missed FROM {table}"), []).await? {
        stored.insert((at(&row, 0)?, at(&row, 1)?, at(&row, 2)?), [at(&row, 3)?, at(&row, 4)?, at(&row, 5)?, at(&row, 6)?]);
    }
    for key in stored.keys().chain(counted.keys()).collect::<BTreeSet<_>>() {
        recount.compare(
            || format!("{table} {key:?}"),
            &stored.get(key).copied().unwrap_or_default(),
            &counted.get(key).copied().unwrap_or_default(),
        );
    }
    Ok(())
}
