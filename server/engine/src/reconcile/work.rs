//! What one transaction works on: the touched subjects (devices, accounts) with all their jobs, and the touched runs, as they are stored and
//! as they will be. Loaded in bulk, written in bulk.

use super::{
    rows::{self, Schedules},
    shelf::{KeptRun, Shelf},
};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{Store, facts::at},
};
use domain::{
    alert::AlertKind,
    facts::{DeviceFacts, JobFacts, JobHistory, RunSummary},
    health::{Assessment, Band, Score},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    live::AlertNow,
    policy::{DeviceClass, DeviceLife},
    run::{Run, RunEvent, RunState},
    saas::Service,
    schedule::{Pending, Schedule, Slots},
    time::{Span, Time},
    zones::Zone,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

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
}

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    Device(DeviceClass),
    Account(AccountKind),
}

impl SubjectKind {
    /// Of an account: what it weighs as.
    pub(crate) const fn class(self) -> DeviceClass {
        match self {
            Self::Device(class) => class,
            Self::Account(_) => DeviceClass::Workstation,
        }
    }
}

/// What an account has beside what devices have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountKind {
    pub(crate) service: Service,
    /// The provider doesn't name it any more.
    pub(crate) gone: bool,
}

/// A device or an account at work.
pub(crate) struct Subject {
    pub(crate) partner: PartnerId,
    pub(crate) organization: OrganizationId,
    /// Its id: the device's, or the account's in the same clothes.
    pub(crate) device: DeviceId,
    pub(crate) kind: SubjectKind,
    pub(crate) zone: Zone,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) watched_since: Time,
    /// Its own life; `facts.life` is the one that counts (paused while its organization is deactivated).
    pub(crate) life: DeviceLife,
    pub(crate) deactivated: bool,
    pub(crate) facts: DeviceFacts,
    pub(crate) quota: Option<i64>,
    /// Time of the check-in that said something of its storage, in this transaction.
    pub(crate) storage_said: Option<Time>,
    /// Parallel to `facts.jobs`.
    pub(crate) jobs: Vec<JobWork>,
    /// Name in lower case → place in `jobs`.
    pub(crate) job_names: HashMap<String, usize>,
    pub(crate) stored: Option<Stored>,
    pub(crate) assessment: Option<Assessment>,
    pub(crate) next_change: Option<Time>,
    pub(crate) alerts: Vec<AlertNow>,
    pub(crate) open_alerts: i64,
    /// Places of the runs that changed.
    pub(crate) touched: Vec<usize>,
    /// `devices` itself changes: life, agent version, host name, quota.
    pub(crate) row_changed: bool,
    pub(crate) agent_version: Option<String>,
    pub(crate) hostname: Option<String>,
}

/// What `device_state` or `account_state` held before.
pub(crate) struct Stored {
    pub(crate) organization: OrganizationId,
    pub(crate) life: DeviceLife,
    pub(crate) band: Band,
    pub(crate) score: Score,
    pub(crate) running: i64,
    pub(crate) retrying: i64,
    pub(crate) open_alerts: i64,
    /// Whether it was in breach of its service level; none: it wasn't covered.
    pub(crate) service: Option<bool>,
    /// Of an account: whether it stood among the known ones.
    pub(crate) counted: bool,
    pub(crate) had_conditions: bool,
    pub(crate) assessed_at: Time,
}

/// A job at work.
pub(crate) struct JobWork {
    pub(crate) job: JobId,
    pub(crate) name_lower: String,
    pub(crate) schedule: Option<Arc<Schedule>>,
    /// All open runs, so that none has to be searched for.
    pub(crate) open: Vec<OpenRef>,
    pub(crate) last_run: Option<(RunId, RunState)>,
    pub(crate) last_at: Option<Time>,
    /// The run that ended last as a backup ends.
    pub(crate) last_done: Option<Done>,
    pub(crate) is_new: bool,
    /// History or slots differ from what is stored.
    pub(crate) changed: bool,
    pub(crate) resolve: bool,
    pub(crate) rebuild: bool,
    /// Run keys loaded or made → place in `runs`.
    pub(crate) keys: HashMap<String, usize>,
}

/// An open run of a job: (id, start, retrying, begun without a key).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
pub(crate) struct OpenRef(pub(crate) i64, pub(crate) Time, pub(crate) bool, pub(crate) bool);

/// A run that ended succeeded, warning, failed or cancelled: (how, when, id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
pub(crate) struct Done(pub(crate) RunState, pub(crate) Time, pub(crate) i64);

impl Done {
    pub(crate) fn of(id: RunId, run: &RunSummary) -> Option<Self> {
        let counts = matches!(run.state, RunState::Succeeded | RunState::Warning | RunState::Failed | RunState::Cancelled);
        counts.then(|| Self(run.state, run.ended_at.unwrap_or(run.started_at), id.0))
    }

    /// By end; of two that ended together the later id.
    pub(crate) fn is_after(self, other: Option<Self>) -> bool {
        other.is_none_or(|other| (self.1, self.2) >= (other.1, other.2))
    }
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
        Ok(work)
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
            is_new: true,
            changed: true,
            resolve: true,
            rebuild: false,
            keys: HashMap::new(),
        });
        place
    }
}

/// Stands where nobody looks: `expected` of a device that has jobs, slots of a job before they are resolved.
pub(crate) fn no_slots(at: Time) -> Slots {
    Slots { due: at, interval: Span::ZERO, slack: Span::ZERO, pending: Pending::Listed(Vec::new()) }
}

/// A deactivated organization's devices count as paused (D2).
pub(crate) fn counted_life(life: DeviceLife, deactivated: bool) -> DeviceLife {
    if deactivated && life != DeviceLife::Retired { DeviceLife::Paused } else { life }
}

/// The text of `job_state.history`: the history, and after it what only this room reads: the open runs, and of accounts the last
/// backup that ended.
pub(crate) fn history_text(history: &JobHistory, job: &JobWork, kind: SubjectKind) -> Result<String, Error> {
    let mut text = serde_json::to_string(history)?;
    let done = job.last_done.filter(|_| matches!(kind, SubjectKind::Account(_)));
    if !job.open.is_empty() || done.is_some() {
        text.pop();
        if !job.open.is_empty() {
            text.push_str(",\"open_list\":");
            text.push_str(&serde_json::to_string(&job.open)?);
        }
        if let Some(done) = done {
            text.push_str(",\"last_done\":");
            text.push_str(&serde_json::to_string(&done)?);
        }
        text.push('}');
    }
    Ok(text)
}

/// Kinds whose alert points to the run that failed.
pub(crate) const fn comes_from_a_run(kind: AlertKind) -> bool {
    matches!(kind, AlertKind::JobFailed | AlertKind::RunStuck | AlertKind::SizeAnomaly)
}
