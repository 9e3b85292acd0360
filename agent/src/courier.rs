//! Carries messages to the portal, beside the command: one thread makes them durable, another delivers what waits, in
//! order. Messages go from the spool only when the portal has said that they are stored; second copies are harmless.

use crate::{
    clock, complain,
    marker::{self, Marker},
    message::Event,
    portal::{Portal, Refusal},
    settings::Settings,
    spool::{Kind, Spool, Waiting},
};
use serde::Serialize;
use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

const MAX_BATCH: usize = 500;
const MAX_BATCH_BYTES: usize = 900 << 10;
/// How long the end of the agent may wait for the last delivery.
const LAST_DELIVERY: Duration = Duration::from_secs(20);
/// How often a running agent notes that it is alive.
const ALIVE: Duration = Duration::from_secs(20);

enum Order {
    Message(Kind, Vec<u8>),
    Begin { job: String, run: String },
    Attempt(u16),
    Ended,
    Finish,
}

/// Messages that could not be made durable: kept in memory and delivered last.
pub(crate) type Fallback = Arc<Mutex<Vec<(Kind, Vec<u8>)>>>;

/// The way to the portal. Never blocks but in [`Courier::finish`].
pub(crate) struct Courier {
    orders: Sender<Order>,
    done: Receiver<()>,
}

impl Courier {
    /// Starts both threads. Nothing here waits for the disk or the network.
    pub(crate) fn start(settings: Settings, spool: PathBuf) -> Self {
        let (orders, incoming) = mpsc::channel();
        let (nudges, nudged) = mpsc::channel();
        let (finished, done) = mpsc::channel();
        let fallback = Fallback::default();
        let device = settings.device.clone();
        let place = spool.clone();
        let shared = Arc::clone(&fallback);
        let keeper = thread::Builder::new().name("spool".to_owned()).spawn(move || keep(&place, device, &incoming, &nudges, &shared));
        let deliverer = thread::Builder::new().name("delivery".to_owned()).spawn(move || {
            deliver_all_along(&settings, &spool, &nudged, &fallback);
            let _ = finished.send(());
        });
        for fault in [keeper.err(), deliverer.err()].into_iter().flatten() {
            complain(&format!("nothing can be reported: {fault}"));
        }
        Self { orders, done }
    }

    fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// Closes runs whose agents were killed, and marks ours as going on.
    pub(crate) fn begin(&self, job: &str, run: &str) {
        self.order(Order::Begin { job: job.to_owned(), run: run.to_owned() });
    }

    pub(crate) fn attempt(&self, attempt: u16) {
        self.order(Order::Attempt(attempt));
    }

    pub(crate) fn send(&self, kind: Kind, message: &impl Serialize) {
        match serde_json::to_vec(message) {
            Ok(json) => self.order(Order::Message(kind, json)),
            Err(error) => complain(&format!("a message can't be written: {error}")),
        }
    }

    /// Takes the mark away once the end is stored.
    pub(crate) fn ended(&self) {
        self.order(Order::Ended);
    }

    /// A handle for another thread, for progress.
    pub(crate) fn progress(&self) -> impl Fn(&Event) + Send + use<> {
        let orders = self.orders.clone();
        move |event| {
            if let Ok(json) = serde_json::to_vec(event) {
                let _ = orders.send(Order::Message(Kind::Progress, json));
            }
        }
    }

    /// Makes everything durable and tries once to deliver it.
    pub(crate) fn finish(self) {
        self.order(Order::Finish);
        if self.done.recv_timeout(LAST_DELIVERY) == Err(RecvTimeoutError::Timeout) {
            complain("the portal is slow: what is not delivered yet waits in the spool");
        }
    }
}

/// The first thread: makes messages durable.
fn keep(place: &std::path::Path, device: Option<String>, incoming: &Receiver<Order>, nudges: &Sender<bool>, fallback: &Fallback) {
    let spool = Spool::open(place)
        .map_err(|error| complain(&format!("the spool {} can't be used ({error}): messages are kept in memory only", place.display())))
        .ok();
    let mut told = spool.is_none();
    let mut marker: Option<Marker> = None;
    let mut progress: Option<String> = None;
    let mut store = |kind: Kind, json: Vec<u8>| {
        let stored = spool.as_ref().map(|s| s.append(kind, &json));
        match stored {
            Some(Ok(name)) => {
                // Only the last progress is of interest.
                if let Some(old) = progress.take()
                    && let Some(spool) = &spool
                {
                    spool.remove(&old);
                }
                progress = (kind == Kind::Progress).then_some(name);
            }
            failed => {
                if let Some(Err(error)) = failed
                    && !told
                {
                    told = true;
                    complain(&format!("the spool {} can't be written ({error}): messages are kept in memory only", place.display()));
                }
                let mut memory = fallback.lock().unwrap_or_else(PoisonError::into_inner);
                if kind == Kind::Progress {
                    memory.retain(|(k, _)| *k != Kind::Progress);
                }
                memory.push((kind, json));
            }
        }
        let _ = nudges.send(false);
    };
    loop {
        match incoming.recv_timeout(ALIVE) {
            Ok(Order::Message(kind, json)) => {
                match &marker {
                    Some(marker) if kind == Kind::End => marker.end(&json),
                    Some(marker) if kind.is_event() => marker.alive(),
                    _ => {}
                }
                store(kind, json);
            }
            Ok(Order::Begin { job, run }) => {
                if let Some(spool) = &spool {
                    settle_orphans(spool, &mut store);
                    marker = Marker::leave(spool, &job, &run, device.clone())
                        .map_err(|error| complain(&format!("if this agent is killed, the portal will learn it late: {error}")))
                        .ok();
                }
            }
            Ok(Order::Attempt(attempt)) => {
                if let Some(marker) = &mut marker {
                    marker.attempt(attempt);
                }
            }
            Ok(Order::Ended) => {
                if let Some(marker) = marker.take() {
                    marker.remove();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(marker) = &marker {
                    marker.alive();
                }
            }
            Ok(Order::Finish) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let _ = nudges.send(true);
}

/// Stores the ends of runs whose agents were killed.
pub(crate) fn settle_orphans(spool: &Spool, store: &mut impl FnMut(Kind, Vec<u8>)) {
    for orphan in marker::orphans(spool) {
        store(Kind::End, orphan.end.clone());
        orphan.settled();
    }
}

/// The second thread: delivers, with back-off, until it is told that no more will come; then once more.
fn deliver_all_along(settings: &Settings, place: &std::path::Path, nudged: &Receiver<bool>, fallback: &Fallback) {
    let portal = Portal::of(settings).unwrap_or_else(|error| {
        complain(&error);
        None
    });
    let mut spool = None;
    let mut told: HashSet<String> = HashSet::new();
    let mut pause = Duration::from_secs(5);
    let mut not_before = Instant::now();
    let mut pending = false;
    loop {
        let wait = if pending { not_before.saturating_duration_since(Instant::now()) } else { Duration::from_secs(3600) };
        let mut last = match nudged.recv_timeout(wait) {
            Ok(last) => last,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        while let Ok(more) = nudged.try_recv() {
            last |= more;
        }
        pending = true;
        if !last && Instant::now() < not_before {
            continue;
        }
        if spool.is_none() {
            spool = Spool::open(place).ok();
        }
        let Some(portal) = &portal else {
            if last {
                return;
            }
            pending = false;
            continue;
        };
        let end = clock::now().0 + i64::try_from(LAST_DELIVERY.as_millis()).unwrap_or(20_000);
        let outcome = loop {
            let outcome = deliver(portal, spool.as_ref(), fallback);
            // Another agent delivers: ours must be among what it takes.
            if last && matches!(outcome, Err(Trouble::Busy)) && clock::now().0 < end {
                thread::sleep(Duration::from_millis(100));
                continue;
            }
            break outcome;
        };
        match outcome {
            Ok(()) => {
                pending = false;
                pause = Duration::from_secs(5);
                told.clear();
            }
            Err(Trouble::Busy) => not_before = Instant::now() + Duration::from_secs(2),
            Err(Trouble::Portal(refusal)) => {
                // Once for each kind of trouble, not once for each attempt.
                let kind = match &refusal {
                    Refusal::Later(_) => "later".to_owned(),
                    other => other.words().to_owned(),
                };
                if told.insert(kind) {
                    complain(&format!("{}; messages wait in the spool", refusal.words()));
                }
                not_before = Instant::now() + pause;
                pause = (pause * 2).min(Duration::from_secs(60));
            }
        }
        if last {
            return;
        }
    }
}

/// Why not everything was delivered.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Another agent is delivering.
    Busy,
    Portal(Refusal),
}

/// Delivers all that waits, oldest first.
pub(crate) fn deliver(portal: &Portal, spool: Option<&Spool>, fallback: &Fallback) -> Result<(), Trouble> {
    if let Some(spool) = spool
        && spool.waiting().is_ok_and(|w| !w.is_empty())
    {
        let _right = spool.deliver().ok_or(Trouble::Busy)?;
        let mut sent: HashSet<String> = HashSet::new();
        loop {
            let mut waiting = spool.waiting().unwrap_or_default();
            // What is delivered but can't be removed is not sent again by us.
            waiting.retain(|w| !sent.contains(&w.name));
            if waiting.is_empty() {
                break;
            }
            deliver_some(portal, spool, &waiting, &mut sent).map_err(Trouble::Portal)?;
            spool.delivered();
        }
    }
    let held = std::mem::take(&mut *fallback.lock().unwrap_or_else(PoisonError::into_inner));
    let mut held = held.into_iter();
    while let Some((kind, json)) = held.next() {
        match send_one(portal, kind, &json) {
            Ok(()) => {}
            Err(Refusal::Never(reason)) => complain(&format!("the portal rejected a message: {reason}")),
            Err(refusal) => {
                let mut memory = fallback.lock().unwrap_or_else(PoisonError::into_inner);
                let newer = std::mem::take(&mut *memory);
                memory.push((kind, json));
                memory.extend(held);
                memory.extend(newer);
                return Err(Trouble::Portal(refusal));
            }
        }
    }
    Ok(())
}

fn send_one(portal: &Portal, kind: Kind, json: &[u8]) -> Result<(), Refusal> {
    match kind {
        Kind::CheckIn => portal.object("/api/v1/check-ins", json),
        Kind::RestoreTest => portal.object("/api/v1/restore-tests", json),
        _ => match portal.events(json)?.into_iter().next() {
            Some(rejected) => Err(Refusal::Never(format!("{}: {}", rejected.code, rejected.message))),
            None => Ok(()),
        },
    }
}

/// Delivers the longest beginning that fits one request.
fn deliver_some(portal: &Portal, spool: &Spool, waiting: &[Waiting], sent: &mut HashSet<String>) -> Result<(), Refusal> {
    let mut batch: Vec<(&Waiting, Vec<u8>)> = Vec::new();
    let mut bytes = 0;
    for message in waiting.iter().take(MAX_BATCH) {
        let Some(json) = spool.read(&message.name) else {
            sent.insert(message.name.clone());
            continue;
        };
        if !serde_json::from_slice::<serde_json::Value>(&json).is_ok_and(|v| v.is_object()) || json.contains(&b'\n') {
            sent.insert(message.name.clone());
            spool.reject(&message.name, "damaged on disk");
            complain(&format!("a message in the spool is damaged and was put aside: {}", message.name));
            continue;
        }
        if !batch.is_empty() && (!message.kind.is_event() || bytes + json.len() + 1 > MAX_BATCH_BYTES) {
            break;
        }
        bytes += json.len() + 1;
        batch.push((message, json));
        if !message.kind.is_event() {
            break;
        }
    }
    let settle = |message: &Waiting, result: Result<(), String>, sent: &mut HashSet<String>| {
        sent.insert(message.name.clone());
        match result {
            Ok(()) => spool.remove(&message.name),
            Err(reason) => {
                spool.reject(&message.name, &reason);
                complain(&format!("the portal rejected a message, which was put aside: {reason}"));
            }
        }
    };
    if batch.len() > 1 {
        let mut lines = Vec::with_capacity(bytes);
        for (_, json) in &batch {
            lines.extend_from_slice(json);
            lines.push(b'\n');
        }
        match portal.events(&lines) {
            Ok(rejected) => {
                for (index, (message, _)) in batch.iter().enumerate() {
                    let reason = rejected.iter().find(|r| r.index == index).map(|r| format!("{}: {}", r.code, r.message));
                    settle(message, reason.map_or(Ok(()), Err), sent);
                }
                return Ok(());
            }
            // Something in it is not acceptable: one by one tells what.
            Err(Refusal::Never(_)) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    for (message, json) in &batch {
        match send_one(portal, message.kind, json) {
            Ok(()) => settle(message, Ok(()), sent),
            Err(Refusal::Never(reason)) => settle(message, Err(reason), sent),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
}
