//! The way in: events of runs, check-ins and restore tests become state, counts and alerts in one durable transaction.
//!
//! *Acknowledged means durable and counted.* Submissions of many callers share one transaction (group commit); each
//! is answered after the commit. Events may come late, twice and in any order (D1). Not for parsing tool output (`formats`).

mod accounts;
pub(crate) mod batch;
pub(crate) mod bulk;
mod inbox;
pub(crate) mod limits;
mod resolve;
mod rules;
mod statistics;
mod writer;

pub(crate) use limits::{MISSED, PING};

use crate::{error::Error, live::LiveHub, reconcile::Reconciler, store::Store};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, JobId, RestoreTestId},
    run::RunEvent,
    saas::Service,
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Most events of one submission.
pub const MAX_EVENTS: usize = 5_000;

/// One event as it came in, already parsed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncomingEvent {
    /// Of which device or account.
    pub subject: Subject,
    /// Of which job.
    pub job: JobRef,
    /// Of which run.
    pub run: RunRef,
    /// What happened.
    pub event: RunEvent,
    /// The run's log, as text; kept to its head and tail.
    #[serde(default)]
    pub log: Option<String>,
}

/// Whose event it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// As the sender names it.
    Named {
        /// Id or name within the key's organization; none: the key's own device.
        device: Option<String>,
        /// Id or name, for keys of a partner.
        organization: Option<String>,
    },
    /// Known already (pings).
    Device(DeviceId),
    /// An account of a SaaS connection; its job is the workload.
    Account {
        /// Address or id.
        account: String,
        /// Id or name, for keys of a partner; none: the only one in which the address is known.
        organization: Option<String>,
        /// Where an organization has several connections; none: the only one that knows the address.
        service: Option<Service>,
    },
}

/// Which job of the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobRef {
    /// By name; made on first sight.
    Named(String),
    /// Known already (pings).
    Id(JobId),
}

/// Which run of the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunRef {
    /// By the sender's key, unique within the job.
    Key(String),
    /// The open run that was begun without a key, else a new one (pings).
    Open,
}

/// What became of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Stored for good, including duplicates and those that wait in the inbox.
    pub accepted: usize,
    /// Of these: copies that changed nothing.
    pub duplicates: usize,
    /// Refused, each with its place in the submission.
    pub rejected: Vec<Rejection>,
    /// Of the accepted: put into the inbox, because their device is unknown.
    pub waiting: usize,
}

/// One refused event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// Its place in the submission, from 0.
    pub index: usize,
    /// Stable word for scripts.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// An agent says that it is alive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckIn {
    /// Id or name; none: the key's own device.
    pub device: Option<String>,
    /// Id or name, for keys of a partner.
    pub organization: Option<String>,
    /// When.
    pub at: Time,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// The machine's own name.
    pub hostname: Option<String>,
    /// Bytes used at the destination.
    pub storage_used: Option<i64>,
    /// Bytes allowed there; kept as the device's quota.
    pub storage_quota: Option<i64>,
}

/// What became of a check-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedIn {
    /// Stored at this device.
    Device(DeviceId),
    /// The device is unknown: its name is in the inbox.
    Waiting,
}

/// A restore was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreTestReport {
    /// Id or name; none: the key's own device.
    pub device: Option<String>,
    /// Id or name, for keys of a partner.
    pub organization: Option<String>,
    /// When it was made.
    pub at: Time,
    /// Whether it passed.
    pub passed: bool,
    /// What was restored.
    pub scope: String,
    /// Achieved recovery point, in seconds.
    pub rpo_seconds: Option<i64>,
    /// Achieved recovery time, in seconds.
    pub rto_seconds: Option<i64>,
    /// Free text.
    pub note: String,
}

/// The queue to the writers. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    queue: mpsc::Sender<writer::Submission>,
    /// Events in the queue, all submissions together.
    queued: Arc<AtomicUsize>,
}

/// Most submissions, and most events of all of them, that wait for a writer.
const QUEUE: usize = 4_096;
const QUEUED_EVENTS: usize = 60_000;

impl Ingest {
    pub(crate) fn start(store: Store, live: LiveHub, reconciler: Reconciler, cancel: CancellationToken) -> Self {
        let (queue, submissions) = mpsc::channel(QUEUE);
        let queued = Arc::new(AtomicUsize::new(0));
        tokio::spawn(statistics::tend(store.clone(), cancel.clone()));
        writer::start(store, live, reconciler, submissions, queued.clone(), cancel);
        Self { queue, queued }
    }

    /// Stores events. When it returns, what is accepted is durable and counted; a bad event never costs the good ones.
    ///
    /// # Errors
    /// `Forbidden`: the actor may not send. `Invalid`: more than [`MAX_EVENTS`]. `Busy`: the queue is full, or the
    /// database contended; nothing of the submission is stored. `Database`: it failed; whether it is stored is not
    /// known, send it again (copies change nothing).
    pub async fn submit(&self, actor: &Actor, events: Vec<IncomingEvent>, now: Time) -> Result<Receipt, Error> {
        may(actor)?;
        if events.len() > MAX_EVENTS {
            return Err(Error::Invalid {
                code: "too_many_events",
                field: None,
                message: format!("{} events in one request; send at most {MAX_EVENTS}.", events.len()),
            });
        }
        let (prepared, rejected) = limits::prepare(events, now);
        if prepared.is_empty() {
            return Ok(Receipt { rejected, ..Receipt::default() });
        }
        match self.send(actor, writer::Items::Events(prepared), now).await? {
            writer::Answer::Receipt(mut receipt) => {
                receipt.rejected.extend(rejected);
                receipt.rejected.sort_by_key(|r| r.index);
                Ok(receipt)
            }
            _ => Err(Error::Internal("an answer of another kind".into())),
        }
    }

    /// Stores that an agent is alive, and what it says of its storage.
    ///
    /// # Errors
    /// As [`Ingest::submit`]; `NotFound` when the key reaches no such device; `Invalid` for a time out of range.
    pub async fn check_in(&self, actor: &Actor, check_in: CheckIn, now: Time) -> Result<CheckedIn, Error> {
        may(actor)?;
        match self.send(actor, writer::Items::CheckIn(limits::check_in(check_in, now)?), now).await? {
            writer::Answer::CheckedIn(checked_in) => Ok(checked_in),
            _ => Err(Error::Internal("an answer of another kind".into())),
        }
    }

    /// Stores a restore test. The same (device, time, scope) again replaces what it said and keeps its id.
    ///
    /// # Errors
    /// As [`Ingest::check_in`].
    pub async fn restore_test(&self, actor: &Actor, report: RestoreTestReport, now: Time) -> Result<RestoreTestId, Error> {
        may(actor)?;
        match self.send(actor, writer::Items::RestoreTest(limits::restore_test(report, now)?), now).await? {
            writer::Answer::RestoreTest(id) => Ok(id),
            _ => Err(Error::Internal("an answer of another kind".into())),
        }
    }

    /// Events that wait for a writer now.
    pub fn backlog(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    async fn send(&self, actor: &Actor, items: writer::Items, now: Time) -> Result<writer::Answer, Error> {
        let weight = items.weight();
        if self.queued.fetch_add(weight, Ordering::Relaxed) > QUEUED_EVENTS {
            self.queued.fetch_sub(weight, Ordering::Relaxed);
            return Err(Error::Busy("ingest queue is full".into()));
        }
        let (answer, answered) = oneshot::channel();
        let submission = writer::Submission { scope: actor.scope.clone(), who: who(actor), items, now, answer };
        if self.queue.try_send(submission).is_err() {
            self.queued.fetch_sub(weight, Ordering::Relaxed);
            return Err(Error::Busy("ingest queue is full".into()));
        }
        answered.await.map_err(|_| Error::Busy("the server is stopping".into()))?
    }
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest").field("backlog", &self.backlog()).finish()
    }
}

fn may(actor: &Actor) -> Result<(), Error> {
    if actor.may(Action::Ingest) || actor.may(Action::ManageDevices) { Ok(()) } else { Err(Error::Forbidden("send events")) }
}

fn who(actor: &Actor) -> String {
    use domain::access::Ground;
    match &actor.ground {
        Ground::Member(user, _) => format!("user:{user}"),
        Ground::Key(key, _) => format!("key:{key}"),
        Ground::System => "system".into(),
    }
}
