//! What a device has so far, in memory: the shelf on which the code of the reconciler looks runs and alerts up, as it does in the
//! database when it is live.

use crate::{
    error::Error,
    reconcile::{
        alerts::{Alert, AlertChanges, AlertEvent},
        shelf::{KeptRun, KeptSummary, MissedAround, RunsSince, Shelf},
        work::Work,
    },
};
use domain::{
    ids::{DeviceId, JobId, PartnerId, RunId},
    run::{Run, RunState},
    time::Time,
};
use std::collections::HashMap;

/// A run as it stands.
pub(super) struct Kept {
    /// Place of its job.
    pub(super) job: usize,
    pub(super) id: RunId,
    pub(super) key: String,
    pub(super) run: Run,
    /// Its log, compressed, its length before, and when it came.
    pub(super) log: Option<((Vec<u8>, usize), Time)>,
    job_id: JobId,
    withdrawn: bool,
}

/// Runs and alerts of one device.
#[derive(Default)]
pub(super) struct Memory {
    runs: Vec<Kept>,
    by_id: HashMap<RunId, usize>,
    by_key: HashMap<JobId, HashMap<String, usize>>,
    alerts: Vec<Alert>,
    events: Vec<AlertEvent>,
}

impl Memory {
    /// Takes in what settling has changed: what a commit is when live.
    pub(super) fn put(&mut self, work: &mut Work<'_>, changes: AlertChanges) {
        for run in work.runs.drain(..) {
            let job_id = work.subjects[run.subject].jobs[run.job].job;
            let log = run.log.map(|log| (log, work.now));
            if let Some(place) = self.by_id.get(&run.id).copied() {
                let kept = &mut self.runs[place];
                if run.withdrawn {
                    kept.withdrawn = true;
                    if let Some(keys) = self.by_key.get_mut(&job_id) {
                        keys.remove(&run.key);
                    }
                }
                kept.run = run.run;
                kept.log = log.or(kept.log.take());
            } else if !run.withdrawn {
                self.by_id.insert(run.id, self.runs.len());
                self.by_key.entry(job_id).or_default().insert(run.key.clone(), self.runs.len());
                self.runs.push(Kept { job: run.job, id: run.id, key: run.key, run: run.run, log, job_id, withdrawn: false });
            }
        }
        work.run_ids.clear();
        for (_, alert) in changes.alerts {
            match self.alerts.iter_mut().rfind(|known| known.id == alert.id) {
                Some(known) => *known = alert,
                None => self.alerts.push(alert),
            }
        }
        self.events.extend(changes.events);
    }

    /// In the end: runs, and alerts with what was said of them.
    pub(super) fn into_parts(self) -> (impl Iterator<Item = Kept>, AlertChanges) {
        let alerts = self.alerts.into_iter().map(|alert| (0, alert)).collect();
        (self.runs.into_iter().filter(|kept| !kept.withdrawn), AlertChanges { alerts, events: self.events, turns: Vec::new() })
    }

    fn there(&self) -> impl Iterator<Item = &Kept> {
        self.runs.iter().filter(|kept| !kept.withdrawn)
    }
}

impl Kept {
    fn whole(&self) -> KeptRun {
        KeptRun { job: self.job_id, id: self.id, key: self.key.clone(), run: self.run.clone() }
    }
}

impl Shelf for Memory {
    async fn runs_by_key(&self, wanted: &[(PartnerId, JobId, String)]) -> Result<Vec<KeptRun>, Error> {
        let place = |(_, job, key): &(PartnerId, JobId, String)| self.by_key.get(job)?.get(key).copied();
        Ok(wanted.iter().filter_map(place).map(|place| self.runs[place].whole()).collect())
    }

    async fn runs_by_id(&self, wanted: &[(PartnerId, RunId)]) -> Result<Vec<KeptRun>, Error> {
        Ok(wanted.iter().filter_map(|(_, id)| self.by_id.get(id)).map(|place| self.runs[*place].whole()).collect())
    }

    async fn missed_runs(&self, wanted: &[MissedAround]) -> Result<Vec<KeptRun>, Error> {
        let is_wanted = |kept: &&Kept| {
            kept.run.state() == RunState::Missed
                && wanted.iter().any(|w| {
                    let (slot, counted) = (kept.run.started_at, kept.run.ended_at);
                    w.job == kept.job_id && slot > w.from && slot <= w.until && counted > Some(w.start)
                })
        };
        Ok(self.there().filter(is_wanted).map(Kept::whole).collect())
    }

    async fn summaries(&self, wanted: &[RunsSince]) -> Result<Vec<KeptSummary>, Error> {
        let is_wanted = |kept: &&Kept| wanted.iter().any(|w| w.job == kept.job_id && kept.run.started_at >= w.from);
        let summary = |kept: &Kept| KeptSummary { job: kept.job_id, id: kept.id, key: kept.key.clone(), run: kept.run.summary() };
        Ok(self.there().filter(is_wanted).map(summary).collect())
    }

    async fn alerts(&self, wanted: &[(PartnerId, DeviceId, Time)]) -> Result<Vec<(PartnerId, DeviceId, Alert)>, Error> {
        let mut found = Vec::new();
        for (partner, device, after) in wanted {
            let known = self.alerts.iter().filter(|alert| alert.resolved_at.is_none_or(|at| at > after.0));
            found.extend(known.map(|alert| (*partner, *device, alert.clone())));
        }
        Ok(found)
    }
}
