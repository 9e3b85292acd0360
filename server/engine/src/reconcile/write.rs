//! The difference as rows: runs, logs, jobs, states; counts, hours and days by `sums`. A fixed order of tables and sorted keys, so that
//! transactions that meet wait and never deadlock.

use super::{
    alerts::AlertChanges,
    incidents,
    recency::RECENCY,
    tables::{ACCOUNT_STATE, DEVICE_STATE, DEVICES, JOB_STATE, RUNS_GO_ON},
    work::{Subject, SubjectKind, Work, history_text},
};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind, Rows, Table, write_all},
};
use domain::{
    ids::{JobId, PartnerId, RunId},
    run::{Run, RunState},
    time::Time,
};
use sea_orm::DatabaseTransaction;

use Kind::Int;

pub(crate) use super::{
    sums::{Seat, Share, Sums, alerts_only, counted, counted_run, seat, seat_places, share},
    tables::{JOBS, LOGS, RUNS, STORAGE, TROUBLED},
};

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

impl Work<'_> {
    /// Writes everything that is not written yet. What is added to counts, hours and days goes into `later` where it is given: rows that many subjects share are then written once,
    /// at the end of a transaction of many pieces.
    pub(super) async fn write(&mut self, tx: &DatabaseTransaction, alerts: AlertChanges, later: Option<&mut Sums>) -> Result<(), Error> {
        self.write_alerts(tx, alerts).await?;
        self.remove_withdrawn(tx).await?;
        let troubled = self.troubled_rows(tx).await?;
        let recency = self.recency_rows(tx).await?;
        let [new, known] = self.run_rows()?;
        let mut parts = vec![(self.job_rows()?, &JOBS), (new, &RUNS), (recency, &RECENCY), (troubled, &TROUBLED), (self.log_rows(), &LOGS)];
        parts.extend(self.state_rows()?);
        // Beside the days: runs that end are as many, mostly.
        parts.push((known, &RUNS_GO_ON));
        match later {
            Some(sums) => self.add_to(sums),
            None => {
                let mut sums = Sums::default();
                self.add_to(&mut sums);
                parts.extend(sums.rows());
            }
        }
        write_all(tx, parts).await
    }

    /// Alerts, what is said of them, and the incidents that follow from both.
    async fn write_alerts(&self, tx: &DatabaseTransaction, alerts: AlertChanges) -> Result<(), Error> {
        if alerts.alerts.is_empty() && alerts.events.is_empty() {
            return Ok(());
        }
        incidents::lock(tx, &alerts.alerts.iter().map(|(place, _)| self.subjects[*place].partner).collect()).await?;
        for (rows, table) in alerts.rows(&self.subjects) {
            rows.write(tx, table).await?;
        }
        let events = incidents::follow(self.mint, tx, &alerts.turns, self.now).await?;
        for (rows, table) in (AlertChanges { events, ..AlertChanges::default() }).rows(&self.subjects) {
            rows.write(tx, table).await?;
        }
        Ok(())
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

    pub(crate) fn state_rows(&self) -> Result<[(Rows, &'static Table); 5], Error> {
        let (mut jobs, mut devices, mut states, mut storage) = (Rows::default(), Rows::default(), Rows::default(), Rows::default());
        let mut accounts = Rows::default();
        for subject in &self.subjects {
            let grace = subject.facts.terms.grace;
            for (job, facts) in subject.jobs.iter().zip(&subject.facts.jobs).filter(|(job, _)| job.changed) {
                jobs.int(subject.partner.0)
                    .int(job.job.0)
                    .int(subject.organization.0)
                    .int(subject.device.0)
                    .text(history_text(&facts.history, job, subject.kind)?)
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
            if let SubjectKind::Account(account) = subject.kind {
                let done = subject.last_done();
                accounts
                    .int(subject.partner.0)
                    .int(subject.device.0)
                    .int(subject.organization.0)
                    .text(account.service.as_str())
                    .text(subject.facts.life.as_str())
                    .flag(subject.counted())
                    .int(assessment.score.0.into())
                    .text(assessment.band.as_str())
                    .text(serde_json::to_string(assessment)?)
                    .int(self.now.0)
                    .maybe_int(subject.next_change.map(|t| t.0))
                    .maybe_int(subject.facts.last_seen.map(|t| t.0))
                    .maybe_text(done.map(|(state, _)| state.as_str().to_owned()))
                    .maybe_int(done.map(|(_, at)| at.0))
                    .maybe_int(subject.last_usable_at().map(|t| t.0))
                    .maybe_int(subject.due_at().map(|t| t.0))
                    .int(running)
                    .int(retrying)
                    .int(subject.open_alerts)
                    .maybe_int(assessment.quiet_until.map(|t| t.0));
                continue;
            }
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
                .flag(subject.service(self.now) == Some(true))
                .maybe_int(assessment.quiet_until.map(|t| t.0));
        }
        Ok([(devices, &DEVICES), (jobs, &JOB_STATE), (states, &DEVICE_STATE), (storage, &STORAGE), (accounts, &ACCOUNT_STATE)])
    }

    fn add_to(&self, sums: &mut Sums) {
        for subject in &self.subjects {
            if let Some(stored) = &subject.stored {
                sums.without(subject, stored);
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
