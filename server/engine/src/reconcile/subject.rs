//! A subject at work: a device or an account with its jobs, what was stored of it, and what follows from both.

use crate::error::Error;
use domain::{
    facts::{DeviceFacts, JobHistory, RestoreFacts, RunSummary},
    health::{Assessment, Band, Score},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    live::AlertNow,
    policy::{DeviceClass, DeviceLife, Terms},
    run::RunState,
    saas::Service,
    schedule::{Pending, Schedule, Slots},
    time::{Span, Time},
    zones::Zone,
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

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
    /// H of the service level that holds for it (D5); of no meaning for an account.
    pub(crate) sla_hours: i64,
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
    /// Of a device: its tags, as the JSON that it keeps.
    pub(crate) tags: String,
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
    /// It was in maintenance.
    pub(crate) quiet: bool,
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
    /// Where its runs stored last, as far as they said so.
    pub(crate) destination: Option<String>,
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

/// What is known of a subject before its state and jobs are.
pub(crate) struct Origin {
    pub(crate) partner: PartnerId,
    pub(crate) organization: OrganizationId,
    pub(crate) device: DeviceId,
    pub(crate) kind: SubjectKind,
    pub(crate) zone: Zone,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) terms: Terms,
    pub(crate) enrolled_at: Time,
    pub(crate) watched_since: Time,
    pub(crate) life: DeviceLife,
    pub(crate) deactivated: bool,
    pub(crate) sla_hours: i64,
}

impl Subject {
    /// A subject of which nothing was heard yet.
    pub(crate) fn of(origin: Origin) -> Self {
        let Origin { partner, organization, device, kind, zone, schedule, terms, enrolled_at, watched_since, life, deactivated, sla_hours } =
            origin;
        Self {
            partner,
            organization,
            device,
            kind,
            zone,
            schedule,
            watched_since: watched_since.max(enrolled_at),
            life,
            deactivated,
            sla_hours,
            facts: DeviceFacts {
                life: counted_life(life, deactivated),
                enrolled_at,
                last_seen: None,
                checked_in_at: None,
                storage: None,
                restore: RestoreFacts::default(),
                terms,
                expected: no_slots(enrolled_at),
                jobs: Default::default(),
                quiet: Default::default(),
                away: None,
            },
            quota: None,
            storage_said: None,
            jobs: Vec::new(),
            job_names: HashMap::new(),
            stored: None,
            assessment: None,
            next_change: None,
            alerts: Vec::new(),
            open_alerts: 0,
            touched: Vec::new(),
            row_changed: false,
            agent_version: None,
            hostname: None,
            tags: String::new(),
        }
    }

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

    /// When its service level is broken if no usable backup comes (D5); none: it isn't covered (no account is).
    pub(crate) fn breach_at(&self) -> Option<Time> {
        let SubjectKind::Device(_) = self.kind else { return None };
        domain::sla::breach_at(self.facts.life, self.sla_hours, self.facts.enrolled_at, self.last_usable_at())
    }

    /// Whether it is in breach of its service level at `now`; none: it isn't covered. In maintenance it is not.
    pub(crate) fn service(&self, now: Time) -> Option<bool> {
        self.breach_at().map(|at| at <= now && self.quiet_until(now).is_none())
    }

    /// End of the maintenance that it is in at `now`.
    pub(crate) fn quiet_until(&self, now: Time) -> Option<Time> {
        domain::maintenance::quiet_until(&self.facts.quiet, now)
    }

    /// Of an account: whether it stands among the known ones: it is at the provider still, or in use.
    pub(crate) fn counted(&self) -> bool {
        matches!(self.kind, SubjectKind::Account(account) if !account.gone || self.life != DeviceLife::Paused)
    }

    /// The last backup that ended, of any job: how, and when. A slot that was missed or skipped is no backup.
    pub(crate) fn last_done(&self) -> Option<(RunState, Time)> {
        self.jobs.iter().filter_map(|job| job.last_done).max_by_key(|done| (done.1, done.2)).map(|done| (done.0, done.1))
    }

    pub(crate) fn band(&self) -> Band {
        self.assessment.as_ref().map_or(Band::Unknown, |a| a.band)
    }
}

/// Stands where nobody looks: `expected` of a device that has jobs, slots of a job before they are resolved.
pub(crate) fn no_slots(at: Time) -> Slots {
    Slots { due: at, interval: Span::ZERO, slack: Span::ZERO, pending: Pending::Listed(Vec::new()), off: None }
}

/// A deactivated organization's devices count as paused (D2).
pub(crate) fn counted_life(life: DeviceLife, deactivated: bool) -> DeviceLife {
    if deactivated && life != DeviceLife::Retired { DeviceLife::Paused } else { life }
}

/// The text of `job_state.history`: the history, and after it what only this room reads: the open runs, of accounts the last
/// backup that ended, and where runs store.
pub(crate) fn history_text(history: &JobHistory, job: &JobWork, kind: SubjectKind) -> Result<String, Error> {
    let mut text = serde_json::to_string(history)?;
    let done = job.last_done.filter(|_| matches!(kind, SubjectKind::Account(_)));
    if !job.open.is_empty() || done.is_some() || job.destination.is_some() {
        text.pop();
        if !job.open.is_empty() {
            text.push_str(",\"open_list\":");
            text.push_str(&serde_json::to_string(&job.open)?);
        }
        if let Some(done) = done {
            text.push_str(",\"last_done\":");
            text.push_str(&serde_json::to_string(&done)?);
        }
        if let Some(destination) = &job.destination {
            text.push_str(",\"destination\":");
            text.push_str(&serde_json::to_string(destination)?);
        }
        text.push('}');
    }
    Ok(text)
}
