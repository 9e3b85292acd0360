//! The difference as rows: runs, logs, jobs, states, counts, hours, days. A fixed order of tables and sorted keys, so that
//! transactions that meet wait and never deadlock.

use super::{
    alerts::AlertChanges,
    work::{Stored, Subject, Work, history_text},
};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind, Meet, Rows, Table, write_all},
};
use domain::{
    health::Band,
    ids::{JobId, OrganizationId, PartnerId, RunId},
    policy::DeviceLife,
    run::{Run, RunState},
    time::Time,
};
use sea_orm::DatabaseTransaction;
use std::collections::BTreeMap;

use Kind::{Blob, Bool, Int, Text};

pub(crate) static RUNS: Table = Table {
    name: "runs",
    keys: &[("partner_id", Int), ("job_id", Int), ("run_key", Text)],
    fixed: &[("id", Int), ("organization_id", Int), ("device_id", Int)],
    columns: &[
        ("state", Text),
        ("started_at", Int),
        ("ended_at", Int),
        ("attempt", Int),
        ("timed_out", Bool),
        ("bytes", Int),
        ("body", Text),
    ],
    meet: Meet::Replace,
};

/// What is said of a run that is stored and keeps its start: no index is touched, which spares its pages a write each.
static RUNS_GO_ON: Table = Table {
    name: "runs",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[],
    columns: &[("state", Text), ("ended_at", Int), ("attempt", Int), ("timed_out", Bool), ("bytes", Int), ("body", Text)],
    meet: Meet::Update,
};

pub(crate) static TROUBLED: Table = Table {
    name: "troubled_runs",
    keys: &[("partner_id", Int), ("started_at", Int), ("run_id", Int)],
    fixed: &[("organization_id", Int), ("device_id", Int)],
    columns: &[("state", Text)],
    meet: Meet::Replace,
};

pub(crate) static LOGS: Table = Table {
    name: "run_logs",
    keys: &[("partner_id", Int), ("run_id", Int)],
    fixed: &[],
    columns: &[("body", Blob), ("bytes", Int), ("created_at", Int)],
    meet: Meet::Replace,
};

pub(crate) static JOBS: Table = Table {
    name: "jobs",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[
        ("organization_id", Int),
        ("device_id", Int),
        ("name", Text),
        ("name_lower", Text),
        ("slug", Text),
        ("ping_uuid", Text),
        ("created_at", Int),
        ("schedule", Text),
    ],
    columns: &[],
    meet: Meet::Keep,
};

static JOB_STATE: Table = Table {
    name: "job_state",
    keys: &[("partner_id", Int), ("job_id", Int)],
    fixed: &[],
    columns: &[
        ("organization_id", Int),
        ("device_id", Int),
        ("history", Text),
        ("slots", Text),
        ("last_run_id", Int),
        ("last_state", Text),
        ("last_at", Int),
        ("last_usable_at", Int),
        ("due_at", Int),
    ],
    meet: Meet::Replace,
};

static DEVICES: Table = Table {
    name: "devices",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[],
    columns: &[("life", Text), ("quota_bytes", Int), ("agent_version", Text), ("hostname", Text)],
    meet: Meet::Update,
};

static DEVICE_STATE: Table = Table {
    name: "device_state",
    keys: &[("partner_id", Int), ("device_id", Int)],
    fixed: &[],
    columns: &[
        ("organization_id", Int),
        ("life", Text),
        ("score", Int),
        ("band", Text),
        ("assessment", Text),
        ("assessed_at", Int),
        ("next_change_at", Int),
        ("last_seen_at", Int),
        ("checked_in_at", Int),
        ("storage_used", Int),
        ("last_usable_at", Int),
        ("due_at", Int),
        ("running", Int),
        ("retrying", Int),
        ("restore_at", Int),
        ("restore_passed", Bool),
        ("open_alerts", Int),
        ("breach_at", Int),
        ("in_breach", Bool),
    ],
    meet: Meet::Replace,
};

static COUNTS: Table = Table {
    name: "organization_counts",
    keys: &[("partner_id", Int), ("organization_id", Int)],
    fixed: &[],
    columns: &[
        ("healthy", Int),
        ("warning", Int),
        ("critical", Int),
        ("unknown", Int),
        ("paused", Int),
        ("running", Int),
        ("retrying", Int),
        ("open_alerts", Int),
        ("covered", Int),
        ("in_breach", Int),
    ],
    meet: Meet::Add,
};

static HOURS: Table = Table {
    name: "organization_hours",
    keys: &[("partner_id", Int), ("organization_id", Int), ("hour", Int)],
    fixed: &[],
    columns: &[("succeeded", Int), ("warning", Int), ("failed", Int), ("missed", Int)],
    meet: Meet::Add,
};

static DAYS: Table = Table {
    name: "job_days",
    keys: &[("partner_id", Int), ("device_id", Int), ("day", Int), ("job_id", Int)],
    fixed: &[("organization_id", Int)],
    columns: &[("succeeded", Int), ("warning", Int), ("failed", Int), ("missed", Int), ("other", Int)],
    meet: Meet::Add,
};

static ORGANIZATION_DAYS: Table = Table {
    name: "organization_days",
    keys: &[("partner_id", Int), ("organization_id", Int), ("day", Int)],
    fixed: &[],
    columns: &[("succeeded", Int), ("warning", Int), ("failed", Int), ("missed", Int)],
    meet: Meet::Add,
};

pub(crate) static STORAGE: Table = Table {
    name: "device_storage",
    keys: &[("partner_id", Int), ("device_id", Int), ("day", Int)],
    fixed: &[],
    columns: &[("used", Int), ("quota", Int)],
    meet: Meet::Replace,
};

/// What a device adds to its organization's counts, in the order of the table's columns.
pub(crate) type Share = [i64; 10];

/// The share of a device: its band, unless it is paused (then `paused`); a retired one adds nothing. `service`: whether it is in
/// breach of its service level, none if none covers it.
pub(crate) fn share(life: DeviceLife, band: Band, running: i64, retrying: i64, open_alerts: i64, service: Option<bool>) -> Share {
    let place = match (life, band) {
        (DeviceLife::Retired, _) => return [0; 10],
        (DeviceLife::Paused, _) => 4,
        (_, Band::Healthy) => 0,
        (_, Band::Warning) => 1,
        (_, Band::Critical) => 2,
        (_, Band::Unknown) => 3,
    };
    let mut share = [0, 0, 0, 0, 0, running, retrying, open_alerts, service.is_some().into(), (service == Some(true)).into()];
    share[place] = 1;
    share
}

/// Where a finished run is counted: (time of its hour, time of its day, column of `job_days`); none while it is open.
/// A missed run belongs to the day of its slot; a cancelled or skipped one to no hour.
pub(crate) fn counted(state: RunState, started_at: Time, ended_at: Option<Time>) -> Option<(Time, Time, usize)> {
    let end = ended_at.unwrap_or(started_at);
    match state {
        RunState::Running | RunState::Retrying => None,
        RunState::Succeeded => Some((end, end, 0)),
        RunState::Warning => Some((end, end, 1)),
        RunState::Failed => Some((end, end, 2)),
        RunState::Missed => Some((end, started_at, 3)),
        RunState::Cancelled | RunState::Skipped => Some((end, end, 4)),
    }
}

/// Whether a run is listed among the troubled ones.
pub(crate) const fn is_troubled(state: RunState) -> bool {
    matches!(state, RunState::Failed | RunState::Missed | RunState::Warning)
}

/// A row of [`TROUBLED`], if the run belongs there.
pub(crate) fn troubled_row(rows: &mut Rows, subject: &Subject, id: RunId, run: &Run) {
    if is_troubled(run.state()) {
        rows.int(subject.partner.0)
            .int(run.started_at.0)
            .int(id.0)
            .int(subject.organization.0)
            .int(subject.device.0)
            .text(run.state().as_str());
    }
}

pub(crate) fn counted_run(run: &Run) -> Option<(Time, Time, usize)> {
    counted(run.state(), run.started_at, run.ended_at)
}

impl Subject {
    /// Open runs: (running, retrying).
    pub(crate) fn open_runs(&self) -> (i64, i64) {
        let mut counts = (0, 0);
        for open in self.jobs.iter().flat_map(|job| &job.open) {
            if open.2 {
                counts.1 += 1;
            } else {
                counts.0 += 1;
            }
        }
        counts
    }

    pub(crate) fn last_usable_at(&self) -> Option<Time> {
        self.facts.jobs.iter().filter_map(|job| job.history.last_usable_end).max()
    }

    /// Earliest due time of its jobs, grace included.
    pub(crate) fn due_at(&self) -> Option<Time> {
        let grace = self.facts.terms.grace;
        if self.facts.jobs.is_empty() {
            return Some(self.facts.expected.due + grace);
        }
        self.facts.jobs.iter().map(|job| job.slots.due + grace).min()
    }

    /// When its service level is broken if no usable backup comes (D5); none: it isn't covered.
    pub(crate) fn breach_at(&self) -> Option<Time> {
        domain::sla::breach_at(self.facts.life, self.class, self.facts.enrolled_at, self.last_usable_at())
    }

    /// Whether it is in breach of its service level at `now`; none: it isn't covered.
    pub(crate) fn service(&self, now: Time) -> Option<bool> {
        self.breach_at().map(|at| at <= now)
    }

    pub(crate) fn band(&self) -> Band {
        self.assessment.as_ref().map_or(Band::Unknown, |a| a.band)
    }
}

impl Stored {
    fn share(&self) -> Share {
        share(self.life, self.band, self.running, self.retrying, self.open_alerts, self.service)
    }
}

impl Work<'_> {
    /// Writes everything that is not written yet.
    pub(super) async fn write(&mut self, tx: &DatabaseTransaction, alerts: AlertChanges) -> Result<(), Error> {
        for (rows, table) in alerts.rows(&self.subjects) {
            rows.write(tx, table).await?;
        }
        self.remove_withdrawn(tx).await?;
        let troubled = self.troubled_rows(tx).await?;
        let [new, known] = self.run_rows()?;
        let mut parts = vec![(self.job_rows()?, &JOBS), (new, &RUNS), (troubled, &TROUBLED), (self.log_rows(), &LOGS)];
        parts.extend(self.state_rows()?);
        // Beside the days: runs that end are as many, mostly.
        parts.push((known, &RUNS_GO_ON));
        parts.extend(self.count_rows());
        write_all(tx, parts).await
    }

    async fn remove_withdrawn(&self, tx: &DatabaseTransaction) -> Result<(), Error> {
        let mut gone = Keys::new(&[Int, Int]);
        for work in self.runs.iter().filter(|w| w.withdrawn) {
            gone.int(self.subjects[work.subject].partner.0).int(work.id.0);
        }
        gone.query(tx, "DELETE FROM runs WHERE (partner_id, id) IN (SELECT x.a, x.b FROM {x}) RETURNING id").await?;
        Ok(())
    }

    /// Runs that are troubled now and were not, or began at another time; those that are no longer leave the table.
    async fn troubled_rows(&self, tx: &DatabaseTransaction) -> Result<Rows, Error> {
        let (mut gone, mut rows) = (Keys::new(&[Int, Int, Int]), Rows::default());
        for work in &self.runs {
            let place = |run: &Run| is_troubled(run.state()).then(|| (run.started_at, run.state()));
            let before = work.before.as_ref().and_then(place);
            let after = if work.withdrawn { None } else { place(&work.run) };
            if before == after {
                continue;
            }
            let subject = &self.subjects[work.subject];
            if let Some((started_at, _)) = before {
                gone.int(subject.partner.0).int(started_at.0).int(work.id.0);
            }
            if after.is_some() {
                troubled_row(&mut rows, subject, work.id, &work.run);
            }
        }
        let sql = "DELETE FROM troubled_runs WHERE (partner_id, started_at, run_id) IN (SELECT x.a, x.b, x.c FROM {x}) RETURNING run_id";
        gone.query(tx, sql).await?;
        Ok(rows)
    }

    /// Runs that are new or begin at another time, and the others.
    fn run_rows(&mut self) -> Result<[Rows; 2], Error> {
        let (mut new, mut known) = (Rows::default(), Rows::default());
        for work in self.runs.iter_mut().filter(|w| w.unwritten) {
            work.unwritten = false;
            let subject = &self.subjects[work.subject];
            let run = &work.run;
            let goes_on = work.stored_start.replace(run.started_at) == Some(run.started_at);
            if goes_on {
                known.int(subject.partner.0).int(work.id.0).text(run.state().as_str());
                said_of(&mut known, run)?;
            } else {
                run_row(&mut new, subject, subject.jobs[work.job].job, (work.id, &work.key), run)?;
            }
        }
        Ok([new, known])
    }

    fn log_rows(&mut self) -> Rows {
        let mut rows = Rows::default();
        for work in &mut self.runs {
            if let Some(log) = work.log.take() {
                log_row(&mut rows, self.subjects[work.subject].partner, work.id, log, self.now);
            }
        }
        rows
    }

    pub(crate) fn job_rows(&self) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        for subject in &self.subjects {
            for (job, facts) in subject.jobs.iter().zip(&subject.facts.jobs).filter(|(job, _)| job.is_new) {
                rows.int(subject.partner.0)
                    .int(job.job.0)
                    .int(subject.organization.0)
                    .int(subject.device.0)
                    .text(facts.name.as_str())
                    .text(job.name_lower.as_str())
                    .text(slug(&facts.name))
                    .text(crate::store::devices::uuid())
                    .int(facts.enrolled_at.0)
                    .maybe_text(job.schedule.as_ref().map(|own| serde_json::to_string(&**own)).transpose()?);
            }
        }
        Ok(rows)
    }

    pub(crate) fn state_rows(&self) -> Result<[(Rows, &'static Table); 4], Error> {
        let (mut jobs, mut devices, mut states, mut storage) = (Rows::default(), Rows::default(), Rows::default(), Rows::default());
        for subject in &self.subjects {
            let grace = subject.facts.terms.grace;
            for (job, facts) in subject.jobs.iter().zip(&subject.facts.jobs).filter(|(job, _)| job.changed) {
                jobs.int(subject.partner.0)
                    .int(job.job.0)
                    .int(subject.organization.0)
                    .int(subject.device.0)
                    .text(history_text(&facts.history, &job.open)?)
                    .text(serde_json::to_string(&facts.slots)?)
                    .maybe_int(job.last_run.map(|(id, _)| id.0))
                    .maybe_text(job.last_run.map(|(_, state)| state.as_str().to_owned()))
                    .maybe_int(job.last_at.map(|t| t.0))
                    .maybe_int(facts.history.last_usable_end.map(|t| t.0))
                    .int((facts.slots.due + grace).0);
            }
            if subject.row_changed {
                devices
                    .int(subject.partner.0)
                    .int(subject.device.0)
                    .text(subject.life.as_str())
                    .maybe_int(subject.quota)
                    .maybe_text(subject.agent_version.clone())
                    .maybe_text(subject.hostname.clone());
            }
            if let (Some(at), Some(space)) = (subject.storage_said, subject.facts.storage) {
                storage
                    .int(subject.partner.0)
                    .int(subject.device.0)
                    .int(subject.zone.day_of(at).into())
                    .int(space.used)
                    .maybe_int(space.quota);
            }
            let Some(assessment) = &subject.assessment else { continue };
            let (running, retrying) = subject.open_runs();
            states
                .int(subject.partner.0)
                .int(subject.device.0)
                .int(subject.organization.0)
                .text(subject.facts.life.as_str())
                .int(assessment.score.0.into())
                .text(assessment.band.as_str())
                .text(serde_json::to_string(assessment)?)
                .int(self.now.0)
                .maybe_int(subject.next_change.map(|t| t.0))
                .maybe_int(subject.facts.last_seen.map(|t| t.0))
                .maybe_int(subject.facts.checked_in_at.map(|t| t.0))
                .maybe_int(subject.facts.storage.map(|s| s.used))
                .maybe_int(subject.last_usable_at().map(|t| t.0))
                .maybe_int(subject.due_at().map(|t| t.0))
                .int(running)
                .int(retrying)
                .maybe_int(subject.facts.restore.last.map(|(t, _)| t.0))
                .maybe_flag(subject.facts.restore.last.map(|(_, passed)| passed))
                .int(subject.open_alerts)
                .maybe_int(subject.breach_at().map(|t| t.0))
                .flag(subject.service(self.now) == Some(true));
        }
        Ok([(devices, &DEVICES), (jobs, &JOB_STATE), (states, &DEVICE_STATE), (storage, &STORAGE)])
    }

    fn count_rows(&self) -> [(Rows, &'static Table); 4] {
        let mut sums = Sums::default();
        for subject in &self.subjects {
            if let Some(stored) = &subject.stored {
                sums.share((subject.partner, stored.organization), stored.share(), -1);
            }
            sums.subject(subject, self.now);
        }
        for work in &self.runs {
            let subject = &self.subjects[work.subject];
            let after = if work.withdrawn { None } else { counted_run(&work.run) };
            let before = work.before.as_ref().and_then(counted_run);
            if before != after {
                sums.run(subject, subject.jobs[work.job].job, before, -1);
                sums.run(subject, subject.jobs[work.job].job, after, 1);
            }
        }
        sums.rows()
    }
}

/// What is added to counts, hours and days.
#[derive(Default)]
pub(crate) struct Sums {
    shares: BTreeMap<(i64, i64), Share>,
    hours: BTreeMap<(i64, i64, i64), [i64; 4]>,
    whole_days: BTreeMap<(i64, i64, i64), [i64; 4]>,
    days: BTreeMap<(i64, i64, i64, i64, i64), [i64; 5]>,
}

impl Sums {
    fn share(&mut self, of: (PartnerId, OrganizationId), share: Share, sign: i64) {
        let sum = self.shares.entry((of.0.0, of.1.0)).or_default();
        sum.iter_mut().zip(share).for_each(|(sum, part)| *sum += sign * part);
    }

    /// A device as it is at `now`.
    pub(crate) fn subject(&mut self, subject: &Subject, now: Time) {
        let (running, retrying) = subject.open_runs();
        let own = share(subject.facts.life, subject.band(), running, retrying, subject.open_alerts, subject.service(now));
        self.share((subject.partner, subject.organization), own, 1);
    }

    /// A run that is counted at this place ([`counted`]).
    pub(crate) fn run(&mut self, subject: &Subject, job: JobId, place: Option<(Time, Time, usize)>, sign: i64) {
        let Some((hour, day, column)) = place else { return };
        let (partner, organization) = (subject.partner.0, subject.organization.0);
        let day = i64::from(subject.zone.day_of(day));
        for (sums, unit) in [(&mut self.hours, hour.hour()), (&mut self.whole_days, day)] {
            if let Some(cell) = sums.entry((partner, organization, unit)).or_default().get_mut(column) {
                *cell += sign;
            }
        }
        self.days.entry((partner, subject.device.0, day, job.0, organization)).or_default()[column] += sign;
    }

    /// As rows. Those that transactions of different devices share come last: they are held shortest.
    pub(crate) fn rows(self) -> [(Rows, &'static Table); 4] {
        let (mut day_rows, mut count_rows) = (Rows::default(), Rows::default());
        for ((partner, device, day, job, organization), sums) in self.days.into_iter().filter(|(_, s)| s.iter().any(|n| *n != 0)) {
            day_rows.int(partner).int(device).int(day).int(job).int(organization);
            sums.iter().for_each(|n| {
                day_rows.int(*n);
            });
        }
        for ((partner, organization), sums) in self.shares.into_iter().filter(|(_, s)| s.iter().any(|n| *n != 0)) {
            count_rows.int(partner).int(organization);
            sums.iter().for_each(|n| {
                count_rows.int(*n);
            });
        }
        [(day_rows, &DAYS), (rows_of(self.hours), &HOURS), (rows_of(self.whole_days), &ORGANIZATION_DAYS), (count_rows, &COUNTS)]
    }
}

/// A run as a new row of [`RUNS`].
pub(crate) fn run_row(rows: &mut Rows, subject: &Subject, job: JobId, (id, key): (RunId, &str), run: &Run) -> Result<(), Error> {
    rows.int(subject.partner.0)
        .int(job.0)
        .text(key)
        .int(id.0)
        .int(subject.organization.0)
        .int(subject.device.0)
        .text(run.state().as_str())
        .int(run.started_at.0);
    said_of(rows, run)
}

fn said_of(rows: &mut Rows, run: &Run) -> Result<(), Error> {
    rows.maybe_int(run.ended_at.map(|t| t.0))
        .int(run.head.attempt.into())
        .flag(run.head.timed_out)
        .maybe_int(run.head.bytes)
        .text(serde_json::to_string(run)?);
    Ok(())
}

/// A compressed log, and its length before, as a row of [`LOGS`].
pub(crate) fn log_row(rows: &mut Rows, partner: PartnerId, run: RunId, (body, bytes): (Vec<u8>, usize), at: Time) {
    rows.int(partner.0).int(run.0).blob(body).int(i64::try_from(bytes).unwrap_or(i64::MAX)).int(at.0);
}

/// Sums of an organization's hours or days, where they differ from nothing.
fn rows_of(sums: BTreeMap<(i64, i64, i64), [i64; 4]>) -> Rows {
    let mut rows = Rows::default();
    for ((partner, organization, time), sums) in sums.into_iter().filter(|(_, s)| s.iter().any(|n| *n != 0)) {
        rows.int(partner).int(organization).int(time);
        sums.iter().for_each(|n| {
            rows.int(*n);
        });
    }
    rows
}

/// A job's name as a word of a URL: lower-case letters, digits and single hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() && letter.is_ascii() {
            slug.push(letter);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "job".into() } else { slug.into() }
}
