//! One transaction's worth of submissions: find, load, merge, settle, write. A fixed number of statements, however many events.

mod device;

use super::{
    CheckIn, Error, IncomingEvent, JobRef, Receipt, Rejection, RestoreTestReport, RunRef, Subject, accounts,
    inbox::{Inbox, WAITING},
    limits::{PING, Prepared, prepare},
    resolve::{Found, Wanted, resolve},
    rules::{self, Waited},
    writer::{Answer, Items, Submission},
};
use crate::{
    reconcile::work::{AccountKind, SubjectKind, Work, lock},
    store::Store,
};
use device::{check_in_at, restore_test_at};
pub(crate) use device::{take_check_in, take_restore_test};
use domain::{
    access::Scope,
    ids::RunId,
    policy::DeviceLife,
    run::RunEvent,
    time::{Span, Time},
};
use sea_orm::DatabaseTransaction;
use std::collections::{HashMap, HashSet};
use tokio::sync::oneshot;

/// Most jobs that come into being by themselves at one device.
const JOBS: usize = 200;

/// Two pings this near to each other begin the same run.
const SAME_START: Span = Span::SECOND;

/// Takes in all submissions inside the transaction; commit, then answer.
pub(crate) async fn take_in<'s>(
    store: &'s Store,
    tx: &DatabaseTransaction,
    submissions: &mut [Submission],
) -> Result<(Vec<Result<Answer, Error>>, Work<'s>), Error> {
    let now = submissions.iter().map(|s| s.now).max().unwrap_or_default();
    let mut found = find(store, tx, submissions, now).await?;
    let waited = rules::apply(store, tx, &mut found.found, now).await?;
    let mut devices: Vec<_> = found.found.iter().filter_map(|f| if let Found::Device(p, d) = f { Some((*p, *d)) } else { None }).collect();
    devices.sort_unstable();
    devices.dedup();
    lock(store, tx, &devices).await?;
    let mut work = Work::load(store, tx, &devices, now).await?;
    let mut inbox = Inbox::default();

    let mut placed = place_events(&mut work, &mut inbox, submissions, &found)?;
    // What waited for a device that has just been made comes with it, as submissions that nobody waits for.
    let (again, of_again) = taken_out(waited, now);
    let behind = place_events(&mut work, &mut inbox, &again, &of_again)?;
    placed.events.extend(behind.events.into_iter().map(|event| Placed { submission: event.submission + submissions.len(), ..event }));
    placed.receipts.extend(behind.receipts);
    load_runs(&mut work, tx, &placed.events).await?;
    let mut receipts = placed.receipts;
    for event in placed.events {
        let key = match event.key {
            Key::Given(key) => key.to_owned(),
            Key::Ping => ping_key(&work, event.subject, event.job, event.event),
        };
        let changed = take_event(&mut work, event.subject, event.job, &key, event.event, event.log.as_ref());
        let receipt = &mut receipts[event.submission];
        receipt.accepted += 1;
        receipt.duplicates += usize::from(!changed);
    }
    let mut answers: Vec<Result<Answer, Error>> = receipts.into_iter().map(|r| Ok(Answer::Receipt(r))).collect();
    for (place, submission) in submissions.iter().enumerate() {
        match &submission.items {
            Items::Events(_) => {}
            Items::CheckIn(check_in) => answers[place] = check_in_at(&mut work, &mut inbox, &found.found[found.single[&place]], check_in),
            Items::RestoreTest(report) => {
                answers[place] = restore_test_at(&mut work, tx, &found.found[found.single[&place]], report, &submission.who).await?;
            }
        }
    }
    answers.truncate(submissions.len());
    inbox.write(tx, now).await?;
    work.settle(tx).await?;
    Ok((answers, work))
}

/// Events that waited in the inbox, as submissions of the server itself.
fn taken_out(waited: Vec<Waited>, now: Time) -> (Vec<Submission>, Finds) {
    let mut finds = Finds { found: Vec::with_capacity(waited.len()), events: Vec::with_capacity(waited.len()), single: HashMap::new() };
    let mut again = Vec::with_capacity(waited.len());
    for Waited { partner, device, events } in waited {
        // They were within the limits when they came; what has become too old since then is left out, as anything so old is.
        let (prepared, _) = prepare(events, now);
        finds.events.push(vec![finds.found.len(); prepared.len()]);
        finds.found.push(Found::Device(partner, device));
        again.push(Submission {
            scope: Scope::Partners([partner].into()),
            who: "system".into(),
            items: Items::Events(prepared),
            now,
            answer: oneshot::channel().0,
        });
    }
    (again, finds)
}

/// Takes in an event of a run whose device and job are known, and whose run is loaded if it is stored. False: a copy that changes nothing.
pub(crate) fn take_event(
    work: &mut Work<'_>,
    subject: usize,
    job: usize,
    key: &str,
    event: &RunEvent,
    log: Option<&(Vec<u8>, usize)>,
) -> bool {
    let (place, changed) = work.merge(subject, job, key, event);
    let run = &mut work.runs[place];
    if let Some(log) = log
        && (changed || run.before.is_none())
    {
        run.log = Some(log.clone());
    }
    let subject = &mut work.subjects[subject];
    subject.facts.last_seen = subject.facts.last_seen.max(Some(event.at.min(work.now)));
    if subject.life == DeviceLife::Pending {
        subject.life = DeviceLife::Active;
        subject.row_changed = true;
        subject.facts.life = crate::reconcile::work::counted_life(subject.life, subject.deactivated);
    }
    changed
}

/// Who is meant by what: places in `found`.
struct Finds {
    found: Vec<Found>,
    /// Submission → event → place.
    events: Vec<Vec<usize>>,
    /// Submission with a single item → place.
    single: HashMap<usize, usize>,
}

async fn find(store: &Store, tx: &DatabaseTransaction, submissions: &[Submission], now: Time) -> Result<Finds, Error> {
    let mut wanted = Vec::new();
    let (mut events, mut single) = (Vec::with_capacity(submissions.len()), HashMap::new());
    for (s, submission) in submissions.iter().enumerate() {
        let scope = &submission.scope;
        let mut places = Vec::new();
        match &submission.items {
            Items::Events(prepared) => {
                let mut met: HashMap<&Subject, usize> = HashMap::new();
                places.extend(prepared.iter().map(|prepared| {
                    *met.entry(&prepared.incoming.subject).or_insert_with(|| {
                        wanted.push((scope, wanted_of(&prepared.incoming)));
                        wanted.len() - 1
                    })
                }));
            }
            Items::CheckIn(CheckIn { device, organization, .. }) | Items::RestoreTest(RestoreTestReport { device, organization, .. }) => {
                single.insert(s, wanted.len());
                wanted.push((scope, Wanted::Named { device: device.clone(), organization: organization.clone() }));
            }
        }
        events.push(places);
    }
    let mut found = resolve(tx, &wanted).await?;
    accounts::find(store, tx, &wanted, &mut found, now).await?;
    Ok(Finds { found, events, single })
}

fn wanted_of(incoming: &IncomingEvent) -> Wanted {
    match &incoming.subject {
        Subject::Device(device) => Wanted::Known(*device),
        Subject::Named { device, organization } => Wanted::Named { device: device.clone(), organization: organization.clone() },
        Subject::Account { account, organization, service } => Wanted::Account {
            account: account.clone(),
            organization: organization.clone(),
            service: *service,
            workload: match &incoming.job {
                JobRef::Named(workload) => workload.clone(),
                JobRef::Id(_) => String::new(),
            },
        },
    }
}

/// An event whose device and job are known.
struct Placed<'e> {
    submission: usize,
    subject: usize,
    job: usize,
    key: Key<'e>,
    event: &'e RunEvent,
    log: &'e Option<(Vec<u8>, usize)>,
}

#[derive(Clone, Copy)]
enum Key<'e> {
    Given(&'e str),
    Ping,
}

struct Placing<'e> {
    events: Vec<Placed<'e>>,
    receipts: Vec<Receipt>,
}

fn place_events<'e>(work: &mut Work<'_>, inbox: &mut Inbox, submissions: &'e [Submission], found: &Finds) -> Result<Placing<'e>, Error> {
    let mut placing = Placing { events: Vec::new(), receipts: Vec::with_capacity(submissions.len()) };
    for (s, submission) in submissions.iter().enumerate() {
        let mut receipt = Receipt::default();
        let prepared: &'e [Prepared] = if let Items::Events(prepared) = &submission.items { prepared } else { &[] };
        for (e, prepared) in prepared.iter().enumerate() {
            match place_event(work, inbox, prepared, &found.found[found.events[s][e]])? {
                Place::At(subject, job) => placing.events.push(Placed {
                    submission: s,
                    subject,
                    job,
                    key: match &prepared.incoming.run {
                        RunRef::Key(key) => Key::Given(key),
                        RunRef::Open => Key::Ping,
                    },
                    event: &prepared.incoming.event,
                    log: &prepared.log,
                }),
                Place::Waiting => {
                    receipt.accepted += 1;
                    receipt.waiting += 1;
                }
                Place::Refused(code, message) => {
                    receipt.rejected.push(Rejection { index: prepared.index, code: code.into(), message });
                }
            }
        }
        placing.receipts.push(receipt);
    }
    Ok(placing)
}

enum Place {
    At(usize, usize),
    Waiting,
    Refused(&'static str, String),
}

fn place_event(work: &mut Work<'_>, inbox: &mut Inbox, prepared: &Prepared, found: &Found) -> Result<Place, Error> {
    let key = match found {
        Found::Device(partner, device) => (*partner, *device),
        Found::Refused(code, message) => return Ok(Place::Refused(code, message.clone())),
        Found::Source(source) => {
            return Ok(if inbox.put(work, source, prepared)? {
                Place::Waiting
            } else {
                Place::Refused(
                    "inbox_full",
                    format!("{WAITING} events of `{}` wait in the inbox. Assign it to a device first.", source.name),
                )
            });
        }
    };
    let Some(subject) = work.places.get(&key).copied() else {
        return Ok(Place::Refused("not_found", "There is no such device here any more.".into()));
    };
    if work.subjects[subject].life == DeviceLife::Retired {
        return Ok(Place::Refused("retired", "The device is retired. Add it again, or stop sending its events.".into()));
    }
    if let SubjectKind::Account(AccountKind { service, .. }) = work.subjects[subject].kind
        && let JobRef::Named(name) = &prepared.incoming.job
    {
        let lower = name.to_lowercase();
        let Some(workload) = service.workloads().iter().find(|workload| workload.as_str() == lower) else {
            let (code, message) = accounts::unknown_workload(service);
            return Ok(Place::Refused(code, message));
        };
        let place = work.subjects[subject].job_names.get(&lower).copied();
        return Ok(Place::At(subject, place.unwrap_or_else(|| work.begin_job(subject, workload.name(), lower))));
    }
    Ok(match &prepared.incoming.job {
        JobRef::Id(id) => match work.subjects[subject].jobs.iter().position(|j| j.job == *id) {
            Some(job) => Place::At(subject, job),
            None => Place::Refused("not_found", "There is no such job at this device.".into()),
        },
        JobRef::Named(name) => {
            let known = &work.subjects[subject];
            let place = known.job_names.get(name.as_str()).copied();
            let lower = if place.is_some() { String::new() } else { name.to_lowercase() };
            match place.or_else(|| known.job_names.get(&lower).copied()) {
                Some(job) => Place::At(subject, job),
                None if known.jobs.len() >= JOBS => Place::Refused(
                    "too_many_jobs",
                    format!("The device has {JOBS} jobs already. Use stable job names; what differs from run to run belongs into `run`."),
                ),
                None => Place::At(subject, work.begin_job(subject, name, lower)),
            }
        }
    })
}

async fn load_runs(work: &mut Work<'_>, tx: &DatabaseTransaction, events: &[Placed<'_>]) -> Result<(), Error> {
    let mut wanted: HashSet<(usize, usize, String)> = HashSet::new();
    let mut open: HashSet<(usize, usize, RunId)> = HashSet::new();
    let mut last: Option<(usize, usize, &str)> = None;
    for event in events {
        let (s, j) = (event.subject, event.job);
        let job = &work.subjects[s].jobs[j];
        if job.is_new {
            continue;
        }
        match event.key {
            Key::Given(key) => {
                if last != Some((s, j, key)) {
                    wanted.insert((s, j, key.to_owned()));
                    last = Some((s, j, key));
                }
            }
            Key::Ping => {
                wanted.insert((s, j, new_ping(event.event)));
                open.extend(job.open.iter().filter(|open| open.3).map(|open| (s, j, RunId(open.0))));
            }
        }
    }
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    wanted.sort_unstable();
    work.load_runs(tx, wanted).await?;
    work.load_runs_by_id(tx, &open.into_iter().collect::<Vec<_>>()).await
}

fn new_ping(event: &RunEvent) -> String {
    format!("{PING}{}", event.at.0)
}

/// Which run a ping means: an end closes the open run that was begun without a key, else it is a run by itself; a start begins one.
fn ping_key(work: &Work<'_>, subject: usize, job: usize, event: &RunEvent) -> String {
    let job = &work.subjects[subject].jobs[job];
    let open = job
        .keys
        .iter()
        .filter(|(key, _)| key.starts_with(PING))
        .map(|(key, place)| (key, &work.runs[*place].run))
        .filter(|(_, run)| run.state().is_open());
    let started = |run: &domain::run::Run| run.started_at;
    let chosen = if event.state.is_open() {
        open.filter(|(_, run)| (started(run) - event.at).0.abs() <= SAME_START.0).min_by_key(|(_, run)| (started(run) - event.at).0.abs())
    } else {
        open.filter(|(_, run)| started(run) <= event.at + SAME_START).max_by_key(|(_, run)| started(run))
    };
    chosen.map_or_else(|| new_ping(event), |(key, _)| key.clone())
}
