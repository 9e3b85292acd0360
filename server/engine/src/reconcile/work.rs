//! What one transaction works on: the touched subjects (devices, accounts) with all their jobs, and the touched runs, as they are stored and
//! as they will be. Loaded in bulk, written in bulk.

use super::{
    away::Absences,
    rows::{self, Schedules},
    shelf::{KeptRun, Shelf},
};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{Store, facts::at, maintenance::InForce},
};

pub(crate) use super::subject::{
    AccountKind, Done, JobWork, OpenRef, Origin, Stored, Subject, SubjectKind, counted_life, history_text, no_slots,
};
use domain::{
    alert::AlertKind,
    facts::{JobFacts, JobHistory, RunSummary},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    run::{Run, RunEvent},
    time::{Span, Time},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Gives new ids: the store, or whoever fills one.
pub(crate) trait Mint: Send + Sync {
    fn id(&self, now: Time) -> i64;
}

impl Mint for Store {
    fn id(&self, now: Time) -> i64 {
        Self::id(self, now)
    }
}

/// The work of one transaction.
pub(crate) struct Work<'s> {
    pub(crate) mint: &'s dyn Mint,
    pub(crate) now: Time,
    /// By (partner, device).
    pub(crate) subjects: Vec<Subject>,
    pub(crate) places: HashMap<(PartnerId, DeviceId), usize>,
    pub(crate) runs: Vec<RunWork>,
    pub(crate) run_ids: HashMap<RunId, usize>,
    /// When alerts are brought back to mind, by partner.
    pub(crate) reminders: HashMap<PartnerId, Span>,
}

/// A run at work.
pub(crate) struct RunWork {
    pub(crate) id: RunId,
    pub(crate) subject: usize,
    pub(crate) job: usize,
    pub(crate) key: String,
    /// As it is stored.
    pub(crate) before: Option<Run>,
    pub(crate) run: Run,
    /// Its start as the database has it by now; none: it has no row yet.
    pub(crate) stored_start: Option<Time>,
    /// As the history knows it.
    pub(crate) applied: Option<RunSummary>,
    pub(crate) changed: bool,
    pub(crate) unwritten: bool,
    /// A `missed` run that turned out to be none: something had started in its slot.
    pub(crate) withdrawn: bool,
    pub(crate) log: Option<(Vec<u8>, usize)>,
}

const LOCK: &str =
    "SELECT d.partner_id, d.id FROM {x} {join} devices d ON d.partner_id = x.a AND d.id = x.b ORDER BY d.partner_id, d.id {lock}";

const LOCK_ACCOUNTS: &str =
    "SELECT d.partner_id, d.id FROM {x} {join} accounts d ON d.partner_id = x.a AND d.id = x.b ORDER BY d.partner_id, d.id {lock}";

const TWO: &[Kind] = &[Kind::Int, Kind::Int];

/// Locks the rows of subjects in one order, devices before accounts, so that writers wait for each other and never deadlock. Whoever
/// changes a subject's state holds its row. Nothing to do on SQLite, which has one writer.
pub(crate) async fn lock(store: &Store, tx: &DatabaseTransaction, subjects: &[(PartnerId, DeviceId)]) -> Result<(), Error> {
    if store.backend() == sea_orm::DbBackend::Postgres {
        let rows = keys_of(subjects).query(tx, LOCK).await?;
        if rows.len() < subjects.len() {
            let mut devices = HashSet::with_capacity(rows.len());
            for row in rows {
                devices.insert((PartnerId(at(&row, 0)?), DeviceId(at(&row, 1)?)));
            }
            let others: Vec<_> = subjects.iter().filter(|subject| !devices.contains(subject)).copied().collect();
            keys_of(&others).query(tx, LOCK_ACCOUNTS).await?;
        }
    }
    Ok(())
}

fn keys_of(devices: &[(PartnerId, DeviceId)]) -> Keys {
    let mut keys = Keys::new(TWO);
    for (partner, device) in devices {
        keys.int(partner.0).int(device.0);
    }
    keys
}

impl<'s> Work<'s> {
    /// Loads these devices and accounts with all their jobs. They must be locked.
    pub(crate) async fn load<C: ConnectionTrait>(
        store: &'s Store,
        tx: &C,
        devices: &[(PartnerId, DeviceId)],
        now: Time,
    ) -> Result<Self, Error> {
        let mut work = Self {
            mint: store,
            now,
            subjects: Vec::with_capacity(devices.len()),
            places: HashMap::new(),
            runs: Vec::new(),
            run_ids: HashMap::new(),
            reminders: HashMap::new(),
        };
        let keys = keys_of(devices);
        let mut schedules = Schedules::default();
        for row in keys.query(tx, rows::DEVICES).await? {
            work.take_subject(rows::device(&row, &mut schedules)?, now);
        }
        if work.subjects.len() < devices.len() {
            let others: Vec<_> = devices.iter().filter(|subject| !work.places.contains_key(subject)).copied().collect();
            for row in keys_of(&others).query(tx, rows::ACCOUNTS).await? {
                work.take_subject(rows::account(&row, &mut schedules)?, now);
            }
        }
        for row in keys.query(tx, rows::JOBS).await? {
            let key = (PartnerId(at(&row, 0)?), DeviceId(at(&row, 1)?));
            if let Some(subject) = work.places.get(&key).and_then(|place| work.subjects.get_mut(*place)) {
                rows::job(&row, subject, &mut schedules)?;
            }
        }
        work.resolve_quiet(store, tx).await?;
        Ok(work)
    }

    /// The maintenance ahead of each subject, and the reminders of its partner.
    async fn resolve_quiet<C: ConnectionTrait>(&mut self, store: &Store, tx: &C) -> Result<(), Error> {
        let partners: BTreeSet<PartnerId> = self.subjects.iter().map(|subject| subject.partner).collect();
        // Whoever looks at what is stored, and lets no time pass, asks for when that was decided.
        let now = self.now;
        let when = |subject: &Subject| subject.stored.as_ref().map_or(now, |stored| stored.assessed_at.max(now));
        let earliest = self.subjects.iter().map(when).min().unwrap_or(now);
        let mut windows = InForce::load(tx, Some(&store.short().ancestors), partners, earliest).await?;
        let absences = Absences::load(tx, now).await?;
        for subject in &mut self.subjects {
            let at = when(subject);
            subject.facts.away = absences.at(at);
            subject.facts.quiet = windows.quiet(subject.partner, subject.organization, subject.device, &subject.tags, at);
        }
        self.reminders = windows.reminders();
        Ok(())
    }

    /// Organizations of subjects whose maintenance has begun or ended.
    pub(super) fn turned_quiet(&self) -> Vec<(PartnerId, OrganizationId)> {
        let turned = |subject: &&Subject| {
            let quiet = subject.assessment.as_ref().is_some_and(|assessment| assessment.quiet_until.is_some());
            subject.stored.as_ref().is_some_and(|stored| stored.quiet != quiet)
        };
        let found: BTreeSet<_> = self.subjects.iter().filter(turned).map(|subject| (subject.partner, subject.organization)).collect();
        found.into_iter().collect()
    }

    fn take_subject(&mut self, subject: Subject, now: Time) {
        self.now = self.now.max(subject.stored.as_ref().map_or(now, |s| s.assessed_at.min(now + Span::MINUTE)));
        self.places.insert((subject.partner, subject.device), self.subjects.len());
        self.subjects.push(subject);
    }

    /// Loads runs by (subject, job, key); what isn't there isn't loaded.
    pub(crate) async fn load_runs(
        &mut self,
        shelf: &impl Shelf,
        wanted: impl IntoIterator<Item = (usize, usize, String)>,
    ) -> Result<(), Error> {
        let mut keys = Vec::new();
        let mut owners = HashMap::new();
        for (s, j, key) in wanted {
            let (subject, job) = (&self.subjects[s], &self.subjects[s].jobs[j]);
            if !job.keys.contains_key(&key) {
                owners.insert(job.job, (s, j));
                keys.push((subject.partner, job.job, key));
            }
        }
        if !keys.is_empty() {
            let kept = shelf.runs_by_key(&keys).await?;
            self.take_in(kept, &owners);
        }
        Ok(())
    }

    /// Loads runs by (subject, job, id).
    pub(crate) async fn load_runs_by_id(&mut self, shelf: &impl Shelf, wanted: &[(usize, usize, RunId)]) -> Result<(), Error> {
        let mut keys = Vec::new();
        let mut owners = HashMap::new();
        for (s, j, id) in wanted {
            if !self.run_ids.contains_key(id) {
                owners.insert(self.subjects[*s].jobs[*j].job, (*s, *j));
                keys.push((self.subjects[*s].partner, *id));
            }
        }
        if !keys.is_empty() {
            let kept = shelf.runs_by_id(&keys).await?;
            self.take_in(kept, &owners);
        }
        Ok(())
    }

    pub(super) fn take_in(&mut self, kept: Vec<KeptRun>, owners: &HashMap<JobId, (usize, usize)>) {
        for KeptRun { job, id, key, run } in kept {
            let Some(&(subject, job)) = owners.get(&job) else { continue };
            if self.run_ids.contains_key(&id) {
                continue;
            }
            let place = self.runs.len();
            self.subjects[subject].jobs[job].keys.insert(key.clone(), place);
            self.run_ids.insert(id, place);
            let applied = Some(run.summary());
            self.runs.push(RunWork {
                id,
                subject,
                job,
                key,
                before: Some(run.clone()),
                stored_start: Some(run.started_at),
                run,
                applied,
                changed: false,
                unwritten: false,
                withdrawn: false,
                log: None,
            });
        }
    }

    /// Takes in an event of a run. False: a copy that changes nothing.
    pub(crate) fn merge(&mut self, subject: usize, job: usize, key: &str, event: &RunEvent) -> (usize, bool) {
        let place = self.subjects[subject].jobs[job].keys.get(key).copied();
        match place {
            Some(place) => {
                let work = &mut self.runs[place];
                let changed = work.run.merge(event);
                self.mark(place, changed);
                (place, changed)
            }
            None => (self.begin(subject, job, key, Run::first(event.clone())), true),
        }
    }

    /// A run that is new.
    pub(crate) fn begin(&mut self, subject: usize, job: usize, key: &str, run: Run) -> usize {
        let id = RunId(self.mint.id(self.now));
        let place = self.runs.len();
        self.subjects[subject].jobs[job].keys.insert(key.to_owned(), place);
        self.run_ids.insert(id, place);
        self.runs.push(RunWork {
            id,
            subject,
            job,
            key: key.to_owned(),
            before: None,
            stored_start: None,
            run,
            applied: None,
            changed: false,
            unwritten: false,
            withdrawn: false,
            log: None,
        });
        self.mark(place, true);
        place
    }

    fn mark(&mut self, place: usize, changed: bool) {
        let work = &mut self.runs[place];
        if changed && !work.changed {
            work.changed = true;
            let touched = &mut self.subjects[work.subject].touched;
            if !touched.contains(&place) {
                touched.push(place);
            }
        }
        work.unwritten |= changed;
    }

    /// Makes a job on first sight.
    pub(crate) fn begin_job(&mut self, subject: usize, name: &str, name_lower: String) -> usize {
        let id = JobId(self.mint.id(self.now));
        let now = self.now;
        let subject = &mut self.subjects[subject];
        let place = subject.jobs.len();
        subject.job_names.insert(name_lower.clone(), place);
        subject.facts.jobs.push(JobFacts {
            job: id,
            name: name.to_owned(),
            enrolled_at: now,
            history: JobHistory::default(),
            slots: no_slots(now),
        });
        subject.jobs.push(JobWork {
            job: id,
            name_lower,
            schedule: None,
            open: Vec::new(),
            last_run: None,
            last_at: None,
            last_done: None,
            destination: None,
            is_new: true,
            changed: true,
            resolve: true,
            rebuild: false,
            keys: HashMap::new(),
        });
        place
    }
}

/// Kinds whose alert points to the run that failed.
pub(crate) const fn comes_from_a_run(kind: AlertKind) -> bool {
    matches!(kind, AlertKind::JobFailed | AlertKind::RunStuck | AlertKind::SizeAnomaly)
}
