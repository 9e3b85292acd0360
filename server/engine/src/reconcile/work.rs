//! What one transaction works on: the touched devices with all their jobs, and the touched runs, as they are stored and
//! as they will be. Loaded in bulk, written in bulk.

use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{
        Store,
        facts::{at, narrow, parse},
    },
};
use domain::{
    alert::AlertKind,
    facts::{DeviceFacts, JobFacts, JobHistory, RestoreFacts, RunSummary, Storage},
    health::{Assessment, Band, Score},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    live::AlertNow,
    policy::{DeviceClass, DeviceLife, Policy},
    run::{Run, RunEvent, RunState},
    schedule::{Pending, Schedule, Slots},
    time::{Span, Time},
    zones::Zone,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

/// The work of one transaction.
pub(crate) struct Work<'s> {
    pub(crate) store: &'s Store,
    pub(crate) now: Time,
    /// By (partner, device).
    pub(crate) subjects: Vec<Subject>,
    pub(crate) places: HashMap<(PartnerId, DeviceId), usize>,
    pub(crate) runs: Vec<RunWork>,
    pub(crate) run_ids: HashMap<RunId, usize>,
}

/// A device at work.
pub(crate) struct Subject {
    pub(crate) partner: PartnerId,
    pub(crate) organization: OrganizationId,
    pub(crate) device: DeviceId,
    pub(crate) zone: Zone,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) watched_since: Time,
    /// Its own life; `facts.life` is the one that counts (paused while its organization is deactivated).
    pub(crate) life: DeviceLife,
    pub(crate) deactivated: bool,
    pub(crate) facts: DeviceFacts,
    pub(crate) quota: Option<i64>,
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

/// What `device_state` held before.
pub(crate) struct Stored {
    pub(crate) organization: OrganizationId,
    pub(crate) life: DeviceLife,
    pub(crate) band: Band,
    pub(crate) score: Score,
    pub(crate) running: i64,
    pub(crate) retrying: i64,
    pub(crate) open_alerts: i64,
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

#[derive(Deserialize)]
struct StoredOpen {
    open_list: Vec<OpenRef>,
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
    /// As the history knows it.
    pub(crate) applied: Option<RunSummary>,
    pub(crate) changed: bool,
    pub(crate) unwritten: bool,
    /// A `missed` run that turned out to be none: something had started in its slot.
    pub(crate) withdrawn: bool,
    pub(crate) log: Option<(Vec<u8>, usize)>,
}

const DEVICES: &str = "SELECT d.partner_id, d.id, d.organization_id, d.class, d.life, d.quota_bytes, d.enrolled_at, d.watched_since, \
 d.agent_version, d.hostname, o.time_zone, o.status, \
 p.schedule, p.grace_minutes, p.longest_run_minutes, p.restore_test_days, p.overdue_hours, p.offline_allowance_hours, p.silence_days, \
 s.organization_id, s.life, s.band, s.running, s.retrying, s.open_alerts, s.assessment, s.assessed_at, \
 s.last_seen_at, s.checked_in_at, s.storage_used, s.restore_at, s.restore_passed, s.score \
 FROM {x} {join} devices d ON d.partner_id = x.a AND d.id = x.b \
 JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id \
 JOIN policies p ON p.partner_id = d.partner_id AND p.id = d.policy_id \
 LEFT JOIN device_state s ON s.partner_id = d.partner_id AND s.device_id = d.id";

const JOBS: &str = "SELECT j.partner_id, j.device_id, j.id, j.name, j.name_lower, j.schedule, j.created_at, \
 s.history, s.slots, s.last_run_id, s.last_state, s.last_at \
 FROM {x} {join} jobs j ON j.partner_id = x.a AND j.device_id = x.b \
 LEFT JOIN job_state s ON s.partner_id = j.partner_id AND s.job_id = j.id";

const LOCK: &str = "SELECT d.id FROM {x} {join} devices d ON d.partner_id = x.a AND d.id = x.b ORDER BY d.partner_id, d.id {lock}";

const TWO: &[Kind] = &[Kind::Int, Kind::Int];

/// Locks the rows of devices in one order, so that writers wait for each other and never deadlock. Whoever changes a
/// device's state holds its row. Nothing to do on SQLite, which has one writer.
pub(crate) async fn lock(store: &Store, tx: &DatabaseTransaction, devices: &[(PartnerId, DeviceId)]) -> Result<(), Error> {
    if store.backend() == sea_orm::DbBackend::Postgres {
        keys_of(devices).query(tx, LOCK).await?;
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
    /// Loads these devices with all their jobs. They must be locked.
    pub(crate) async fn load<C: ConnectionTrait>(
        store: &'s Store,
        tx: &C,
        devices: &[(PartnerId, DeviceId)],
        now: Time,
    ) -> Result<Self, Error> {
        let mut work = Self {
            store,
            now,
            subjects: Vec::with_capacity(devices.len()),
            places: HashMap::new(),
            runs: Vec::new(),
            run_ids: HashMap::new(),
        };
        let keys = keys_of(devices);
        let mut schedules = Schedules::default();
        for row in keys.query(tx, DEVICES).await? {
            let subject = subject(&row, &mut schedules)?;
            work.now = work.now.max(subject.stored.as_ref().map_or(now, |s| s.assessed_at.min(now + Span::MINUTE)));
            work.places.insert((subject.partner, subject.device), work.subjects.len());
            work.subjects.push(subject);
        }
        for row in keys.query(tx, JOBS).await? {
            let key = (PartnerId(at(&row, 0)?), DeviceId(at(&row, 1)?));
            if let Some(subject) = work.places.get(&key).and_then(|place| work.subjects.get_mut(*place)) {
                job(&row, subject, &mut schedules)?;
            }
        }
        Ok(work)
    }

    /// Loads runs by (subject, job, key); what isn't there isn't loaded.
    pub(crate) async fn load_runs<C: ConnectionTrait>(
        &mut self,
        tx: &C,
        wanted: impl IntoIterator<Item = (usize, usize, String)>,
    ) -> Result<(), Error> {
        let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Text]);
        let mut owners = HashMap::new();
        for (s, j, key) in wanted {
            let (subject, job) = (&self.subjects[s], &self.subjects[s].jobs[j]);
            if !job.keys.contains_key(&key) {
                owners.insert(job.job, (s, j));
                keys.int(subject.partner.0).int(job.job.0).text(&key);
            }
        }
        let rows = keys
            .query(
                tx,
                "SELECT r.job_id, r.id, r.run_key, r.body FROM {x} {join} runs r ON r.partner_id = x.a AND r.job_id = x.b AND r.run_key = x.c",
            )
            .await?;
        self.take_in(rows, &owners)
    }

    /// Loads runs by (subject, job, id).
    pub(crate) async fn load_runs_by_id<C: ConnectionTrait>(&mut self, tx: &C, wanted: &[(usize, usize, RunId)]) -> Result<(), Error> {
        let mut keys = Keys::new(TWO);
        let mut owners = HashMap::new();
        for (s, j, id) in wanted {
            if !self.run_ids.contains_key(id) {
                owners.insert(self.subjects[*s].jobs[*j].job, (*s, *j));
                keys.int(self.subjects[*s].partner.0).int(id.0);
            }
        }
        let rows =
            keys.query(tx, "SELECT r.job_id, r.id, r.run_key, r.body FROM {x} {join} runs r ON r.partner_id = x.a AND r.id = x.b").await?;
        self.take_in(rows, &owners)
    }

    pub(super) fn take_in(&mut self, rows: Vec<QueryResult>, owners: &HashMap<JobId, (usize, usize)>) -> Result<(), Error> {
        for row in rows {
            let Some(&(subject, job)) = owners.get(&JobId(at(&row, 0)?)) else { continue };
            let id = RunId(at(&row, 1)?);
            if self.run_ids.contains_key(&id) {
                continue;
            }
            let key: String = at(&row, 2)?;
            let run: Run = serde_json::from_str(&at::<String>(&row, 3)?)?;
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
                run,
                applied,
                changed: false,
                unwritten: false,
                withdrawn: false,
                log: None,
            });
        }
        Ok(())
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
        let id = RunId(self.store.id(self.now));
        let place = self.runs.len();
        self.subjects[subject].jobs[job].keys.insert(key.to_owned(), place);
        self.run_ids.insert(id, place);
        self.runs.push(RunWork {
            id,
            subject,
            job,
            key: key.to_owned(),
            before: None,
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
        let id = JobId(self.store.id(self.now));
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

/// Schedules by their stored text: many devices share one.
#[derive(Default)]
struct Schedules(HashMap<String, Arc<Schedule>>);

impl Schedules {
    fn of(&mut self, text: &str) -> Result<Arc<Schedule>, Error> {
        if let Some(schedule) = self.0.get(text) {
            return Ok(schedule.clone());
        }
        let schedule = Arc::new(serde_json::from_str::<Schedule>(text)?);
        self.0.insert(text.to_owned(), schedule.clone());
        Ok(schedule)
    }
}

fn subject(row: &QueryResult, schedules: &mut Schedules) -> Result<Subject, Error> {
    let class: DeviceClass = parse(&at::<String>(row, 3)?)?;
    let life: DeviceLife = parse(&at::<String>(row, 4)?)?;
    let deactivated = at::<String>(row, 11)? == "deactivated";
    let organization = OrganizationId(at(row, 2)?);
    let optional = |place: usize| -> Result<Option<u32>, Error> { at::<Option<i64>>(row, place)?.map(narrow).transpose() };
    let policy = Policy {
        // Only the lengths are of use here.
        schedule: Schedule::Learned,
        grace_minutes: narrow(at(row, 13)?)?,
        longest_run_minutes: narrow(at(row, 14)?)?,
        restore_test_days: optional(15)?,
        overdue_hours: optional(16)?,
        offline_allowance_hours: narrow(at(row, 17)?)?,
        silence_days: narrow(at(row, 18)?)?,
    };
    let enrolled_at = Time(at(row, 6)?);
    let time = |place: usize| -> Result<Option<Time>, Error> { Ok(at::<Option<i64>>(row, place)?.map(Time)) };
    let stored = match at::<Option<i64>>(row, 19)? {
        None => None,
        Some(organization) => {
            let assessment: String = at(row, 25)?;
            Some(Stored {
                organization: OrganizationId(organization),
                life: parse(&at::<String>(row, 20)?)?,
                band: parse(&at::<String>(row, 21)?)?,
                score: Score(u8::try_from(at::<i64>(row, 32)?).unwrap_or(0)),
                running: at(row, 22)?,
                retrying: at(row, 23)?,
                open_alerts: at(row, 24)?,
                had_conditions: !assessment.contains("\"conditions\":[]"),
                assessed_at: Time(at(row, 26)?),
            })
        }
    };
    let quota: Option<i64> = at(row, 5)?;
    let (restore_at, restore_passed): (Option<i64>, Option<bool>) = (at(row, 30)?, at(row, 31)?);
    Ok(Subject {
        partner: PartnerId(at(row, 0)?),
        organization,
        device: DeviceId(at(row, 1)?),
        zone: Zone::named(&at::<String>(row, 10)?).or_else(|_| Zone::named("UTC")).map_err(|e| Error::Internal(e.to_string()))?,
        schedule: schedules.of(&at::<String>(row, 12)?)?,
        watched_since: Time(at(row, 7)?).max(enrolled_at),
        life,
        deactivated,
        facts: DeviceFacts {
            life: counted_life(life, deactivated),
            enrolled_at,
            last_seen: time(27)?,
            checked_in_at: time(28)?,
            storage: at::<Option<i64>>(row, 29)?.map(|used| Storage { used, quota }),
            restore: RestoreFacts { last: restore_at.map(Time).zip(restore_passed) },
            terms: policy.terms(class),
            expected: no_slots(enrolled_at),
            jobs: Default::default(),
        },
        quota,
        jobs: Vec::new(),
        job_names: HashMap::new(),
        stored,
        assessment: None,
        next_change: None,
        alerts: Vec::new(),
        open_alerts: 0,
        touched: Vec::new(),
        row_changed: false,
        agent_version: at(row, 8)?,
        hostname: at(row, 9)?,
    })
}

/// A deactivated organization's devices count as paused (D2).
pub(crate) fn counted_life(life: DeviceLife, deactivated: bool) -> DeviceLife {
    if deactivated && life != DeviceLife::Retired { DeviceLife::Paused } else { life }
}

fn job(row: &QueryResult, subject: &mut Subject, schedules: &mut Schedules) -> Result<(), Error> {
    let id = JobId(at(row, 2)?);
    let enrolled_at = Time(at(row, 6)?);
    let stored: Option<String> = at(row, 7)?;
    let slots: Option<String> = at(row, 8)?;
    let fresh = stored.is_none();
    let mut open = Vec::new();
    let history = match &stored {
        Some(text) => {
            if text.contains("\"open_list\"") {
                open = serde_json::from_str::<StoredOpen>(text)?.open_list;
            }
            serde_json::from_str(text)?
        }
        None => JobHistory::default(),
    };
    let slots = match slots {
        Some(text) => serde_json::from_str(&text)?,
        None => no_slots(enrolled_at),
    };
    let name_lower: String = at(row, 4)?;
    let place = subject.jobs.len();
    subject.job_names.insert(name_lower.clone(), place);
    subject.facts.jobs.push(JobFacts { job: id, name: at(row, 3)?, enrolled_at, history, slots });
    let last_state: Option<String> = at(row, 10)?;
    subject.jobs.push(JobWork {
        job: id,
        name_lower,
        schedule: at::<Option<String>>(row, 5)?.map(|s| schedules.of(&s)).transpose()?,
        open,
        last_run: at::<Option<i64>>(row, 9)?.map(RunId).zip(last_state.map(|w| parse(&w)).transpose()?),
        last_at: at::<Option<i64>>(row, 11)?.map(Time),
        is_new: false,
        changed: fresh,
        resolve: fresh,
        rebuild: false,
        keys: HashMap::new(),
    });
    Ok(())
}

/// The text of `job_state.history`: the history, and after it the open runs, which only this room reads.
pub(crate) fn history_text(history: &JobHistory, open: &[OpenRef]) -> Result<String, Error> {
    let mut text = serde_json::to_string(history)?;
    if !open.is_empty() {
        text.pop();
        text.push_str(",\"open_list\":");
        text.push_str(&serde_json::to_string(open)?);
        text.push('}');
    }
    Ok(text)
}

/// Kinds whose alert points to the run that failed.
pub(crate) const fn comes_from_a_run(kind: AlertKind) -> bool {
    matches!(kind, AlertKind::JobFailed | AlertKind::RunStuck | AlertKind::SizeAnomaly)
}
