//! What machines send, on its way into the engine.

use domain::{
    access::Actor,
    run::RunEvent,
    time::{Span, Time},
};
use engine::{
    Engine, Error,
    ingest::{CheckIn, IncomingEvent, Ingest, JobRef, RestoreTestReport, RunRef, Subject},
};
use fleet::{AccountPlan, ConnectionPlan, DevicePlan, Happening, OrganizationPlan, What};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Events of one submission, and calls at a time.
const AT_ONCE: usize = 500;
const CALLS: usize = 32;

/// A queue that is full gets so many more tries.
const TRIES: u32 = 8;

/// Something to be sent.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) at: Time,
    /// Place of the partner in the fleet.
    pub(super) partner: usize,
    pub(super) call: Call,
}

#[derive(Clone, Debug)]
pub(super) enum Call {
    Event(Box<IncomingEvent>),
    CheckIn(Box<CheckIn>),
    RestoreTest(Box<RestoreTestReport>),
}

impl Item {
    pub(super) fn of(organization: &OrganizationPlan, device: &DevicePlan, happening: Happening) -> Option<Self> {
        let at = happening.at;
        // By name, as tools do: who is renamed or moved away shows up in the inbox.
        let (name, client) = (Some(device.name.clone()), Some(organization.name.clone()));
        let call = match happening.what {
            What::Run { job, key, event, log } => Call::Event(Box::new(IncomingEvent {
                subject: Subject::Named { device: name, organization: client },
                job: JobRef::Named(device.jobs.get(job)?.name.clone()),
                run: RunRef::Key(key),
                event: RunEvent { at, ..event },
                log,
            })),
            What::CheckIn { storage_used } => Call::CheckIn(Box::new(CheckIn {
                device: name,
                organization: client,
                at,
                agent_version: device.agent_version.clone(),
                hostname: Some(device.hostname.clone()),
                storage_used,
                storage_quota: None,
            })),
            What::RestoreTest { passed, scope, rpo_seconds, rto_seconds, note } => Call::RestoreTest(Box::new(RestoreTestReport {
                device: name,
                organization: client,
                at,
                passed,
                scope,
                rpo_seconds,
                rto_seconds,
                note,
            })),
        };
        Some(Self { at, partner: organization.partner, call })
    }

    /// Of accounts there are only runs, by address as their tools know it.
    pub(super) fn of_account(
        organization: &OrganizationPlan,
        connection: &ConnectionPlan,
        account: &AccountPlan,
        happening: Happening,
    ) -> Option<Self> {
        let at = happening.at;
        let What::Run { job, key, event, log } = happening.what else { return None };
        let call = Call::Event(Box::new(IncomingEvent {
            subject: Subject::Account {
                account: account.address.clone(),
                organization: Some(organization.name.clone()),
                service: Some(connection.service),
            },
            job: JobRef::Named(account.workloads.get(job)?.as_str().to_owned()),
            run: RunRef::Key(key),
            event: RunEvent { at, ..event },
            log,
        }));
        Some(Self { at, partner: organization.partner, call })
    }
}

/// Items in the order of their time, with who sends them.
pub(super) struct Feed {
    pub(super) actors: Arc<[Actor]>,
    pub(super) items: Vec<Item>,
}

impl Feed {
    /// Of the check-ins before `recent`, keeps one of each device and hour: nobody saw the rest.
    pub(super) fn thin(&mut self, recent: Time) {
        let mut kept = HashSet::new();
        self.items.retain(|item| match &item.call {
            Call::CheckIn(check_in) if item.at < recent => {
                kept.insert((check_in.organization.clone(), check_in.device.clone(), item.at.0.div_euclid(Span::HOUR.0)))
            }
            _ => true,
        });
    }

    /// Sends all of it. What is refused (a device that was retired or taken away) is left out.
    pub(super) async fn send(self, engine: &Engine, now: Time) -> Result<(), Error> {
        let Self { actors, items } = self;
        let mut events: Vec<Vec<IncomingEvent>> = vec![Vec::new(); actors.len()];
        let mut calls = Vec::new();
        for item in items {
            match item.call {
                Call::Event(event) => {
                    if let Some(events) = events.get_mut(item.partner) {
                        events.push(*event);
                    }
                }
                call => calls.push((item.partner, call)),
            }
        }
        for (actor, events) in actors.iter().zip(events) {
            for part in events.chunks(AT_ONCE) {
                let receipt = patiently(|| engine.ingest.submit(actor, part.to_vec(), now)).await?;
                if let Some(receipt) = receipt
                    && let Some(first) = receipt.rejected.first()
                {
                    tracing::debug!(refused = receipt.rejected.len(), code = first.code, "demo: events refused");
                }
            }
        }
        let mut sent = JoinSet::new();
        for (partner, call) in calls {
            while sent.len() >= CALLS
                && let Some(outcome) = sent.join_next().await
            {
                outcome.map_err(|error| Error::Internal(error.to_string()))??;
            }
            sent.spawn(one(engine.ingest.clone(), actors.clone(), partner, call, now));
        }
        while let Some(outcome) = sent.join_next().await {
            outcome.map_err(|error| Error::Internal(error.to_string()))??;
        }
        Ok(())
    }
}

async fn one(ingest: Ingest, actors: Arc<[Actor]>, partner: usize, call: Call, now: Time) -> Result<(), Error> {
    let Some(actor) = actors.get(partner) else { return Ok(()) };
    match call {
        Call::CheckIn(check_in) => patiently(|| ingest.check_in(actor, (*check_in).clone(), now)).await.map(drop),
        Call::RestoreTest(report) => patiently(|| ingest.restore_test(actor, (*report).clone(), now)).await.map(drop),
        Call::Event(_) => Ok(()),
    }
}

/// Asks again while the queue is full; none: refused for good.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(call: impl Fn() -> F) -> Result<Option<T>, Error> {
    let mut tries = 0;
    loop {
        match call().await {
            Ok(done) => return Ok(Some(done)),
            Err(Error::Busy(_)) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50 << tries)).await;
            }
            Err(error @ (Error::Busy(_) | Error::Database(_) | Error::Internal(_))) => return Err(error),
            Err(error) => {
                tracing::debug!(%error, "demo: refused");
                return Ok(None);
            }
        }
    }
}
