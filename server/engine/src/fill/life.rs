//! The life of a subject – a device or an account – from its beginning to the end of the fleet's history: what happens to it and what
//! time does to it, each at its own time and settled before the next, as ingest and the reconciler do it when live.

use super::{memory::Memory, mint::SubjectMint, organization::OrganizationRows};
use crate::{
    error::Error,
    ingest::{batch, bulk::Rows, limits},
    reconcile::{
        recency::{self, Ends, RECENCY},
        work::{Stored, Subject, SubjectKind, Work, counted_life},
        write,
    },
};
use domain::{run::RunEvent, time::Time};
use std::{
    collections::HashMap,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// A subject on its way.
pub(super) struct Life<'a> {
    pub(super) work: Work<'a>,
    memory: Memory,
}

impl<'a> Life<'a> {
    /// Begins when it is enrolled.
    pub(super) fn begin(mint: &'a SubjectMint, subject: Subject) -> Result<Self, Error> {
        let now = subject.facts.enrolled_at;
        let places = HashMap::from([((subject.partner, subject.device), 0)]);
        let work =
            Work { mint, now, subjects: vec![subject], places, runs: Vec::new(), run_ids: HashMap::new(), reminders: Default::default() };
        let mut life = Self { work, memory: Memory::default() };
        life.work.resolve_all();
        life.settle()?;
        Ok(life)
    }

    pub(super) fn subject(&self) -> &Subject {
        &self.work.subjects[0]
    }

    pub(super) fn subject_mut(&mut self) -> &mut Subject {
        &mut self.work.subjects[0]
    }

    /// Settles at each change that time brings, as the reconciler does.
    pub(super) fn let_time_pass(&mut self, until: Time) -> Result<(), Error> {
        while let Some(at) = self.subject().next_change.filter(|at| *at <= until) {
            self.at(at);
            self.settle()?;
        }
        Ok(())
    }

    /// The work as it would be loaded at this time.
    pub(super) fn at(&mut self, now: Time) {
        let before = self.work.now;
        self.work.now = now.max(before);
        let subject = &mut self.work.subjects[0];
        let (running, retrying) = subject.open_runs();
        let (service, counted) = (subject.service(before), subject.counted());
        if let Some(assessment) = subject.assessment.take() {
            subject.stored = Some(Stored {
                organization: subject.organization,
                life: subject.facts.life,
                band: assessment.band,
                score: assessment.score,
                running,
                retrying,
                open_alerts: subject.open_alerts,
                service,
                counted,
                had_conditions: !assessment.conditions.is_empty(),
                quiet: assessment.quiet_until.is_some(),
                assessed_at: before,
            });
        }
        subject.touched.clear();
        subject.alerts.clear();
        subject.open_alerts = 0;
        subject.storage_said = None;
        subject.row_changed = false;
        for job in &mut subject.jobs {
            job.is_new = false;
            job.changed = false;
            job.resolve = false;
            job.keys.clear();
        }
    }

    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let changes = at_once(self.work.reach(&self.memory))?;
        self.memory.put(&mut self.work, changes);
        Ok(())
    }

    /// Something is done to it by hand.
    pub(super) fn edit(&mut self, at: Time, change: impl FnOnce(&mut Work<'a>)) -> Result<(), Error> {
        self.let_time_pass(at)?;
        self.at(at);
        change(&mut self.work);
        let subject = self.subject_mut();
        subject.facts.life = counted_life(subject.life, subject.deactivated);
        self.work.resolve_all();
        self.settle()
    }

    /// An event of a run of the job of this name arrives now; [`Life::at`] was called. The job's place, and whether it is new.
    pub(super) fn hear(&mut self, name: &str, key: &str, mut event: RunEvent, log: Option<String>) -> Result<(usize, bool), Error> {
        limits::event(&mut event, self.work.now).map_err(|(code, message)| Error::invalid(code, "event", message))?;
        let log = log.filter(|log| !log.is_empty()).and_then(|log| limits::compress(&log));
        let lower = name.to_lowercase();
        let known = self.subject().job_names.get(&lower).copied();
        let job = known.unwrap_or_else(|| self.work.begin_job(0, name, lower));
        if known.is_some() {
            at_once(self.work.load_runs(&self.memory, [(0, job, key.to_owned())]))?;
        }
        batch::take_event(&mut self.work, 0, job, key, &event, log.as_ref());
        self.settle()?;
        Ok((job, known.is_none()))
    }

    /// Jobs, states, runs and alerts as rows, as they are in the end. The subject's own row is its course's to write.
    pub(super) fn end(mut self, rows: &mut OrganizationRows) -> Result<(), Error> {
        let subject = &mut self.work.subjects[0];
        subject.storage_said = None;
        subject.row_changed = false;
        for job in &mut subject.jobs {
            job.is_new = true;
            job.changed = true;
        }
        rows.add(&write::JOBS, self.work.job_rows()?);
        for (state, table) in self.work.state_rows()? {
            rows.add(table, state);
        }
        let subject = &self.work.subjects[0];
        rows.sums.subject(subject, self.work.now);
        let (runs, alerts) = self.memory.into_parts();
        let (mut run_rows, mut troubled, mut log_rows) = (Rows::default(), Rows::default(), Rows::default());
        let mut ends = Ends::default();
        for kept in runs {
            let job = subject.jobs[kept.job].job;
            write::run_row(&mut run_rows, subject, job, (kept.id, &kept.key), &kept.run)?;
            write::troubled_row(&mut troubled, subject, kept.id, &kept.run);
            rows.sums.run(subject, job, write::counted_run(&kept.run), 1);
            if let (SubjectKind::Device(_), Some(end)) =
                (subject.kind, recency::usable_end(kept.run.state(), kept.run.started_at, kept.run.ended_at))
            {
                ends.add((subject.partner.0, subject.organization.0, subject.device.0), end);
            }
            if let Some((log, at)) = kept.log {
                write::log_row(&mut log_rows, subject.partner, kept.id, log, at);
            }
            rows.runs += 1;
        }
        rows.alerts += alerts.alerts.len();
        rows.add(&write::RUNS, run_rows);
        rows.add(&RECENCY, ends.into_new_rows());
        rows.add(&write::TROUBLED, troubled);
        rows.add(&write::LOGS, log_rows);
        for (alerts, table) in alerts.rows(&self.work.subjects) {
            rows.add(table, alerts);
        }
        Ok(())
    }
}

/// The result of a future that waits for nothing: memory answers at once.
fn at_once<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Internal("memory did not answer at once".into())),
    }
}
