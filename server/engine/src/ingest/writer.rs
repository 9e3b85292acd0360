//! Group commit: takes what is queued, writes it in one transaction, answers everybody after the commit.

use super::{CheckIn, CheckedIn, Receipt, RestoreTestReport, batch::take_in, limits::Prepared};
use crate::{error::Error, live::LiveHub, reconcile::Reconciler, store::Store};
use domain::{access::Scope, ids::RestoreTestId, time::Time};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Most submissions, and about as many events, of one transaction.
const SUBMISSIONS: usize = 512;
const EVENTS: usize = 8_000;

/// Longest wait for a group to fill.
const LINGER: Duration = Duration::from_millis(2);

/// One caller's items, and where to answer.
pub(crate) struct Submission {
    pub(crate) scope: Scope,
    pub(crate) who: String,
    pub(crate) items: Items,
    pub(crate) now: Time,
    pub(crate) answer: oneshot::Sender<Result<Answer, Error>>,
}

pub(crate) enum Items {
    Events(Vec<Prepared>),
    CheckIn(CheckIn),
    RestoreTest(RestoreTestReport),
}

impl Items {
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::CheckIn(_) | Self::RestoreTest(_) => 1,
        }
    }
}

pub(crate) enum Answer {
    Receipt(Receipt),
    CheckedIn(CheckedIn),
    RestoreTest(RestoreTestId),
}

struct Writer {
    store: Store,
    live: LiveHub,
    reconciler: Reconciler,
    queue: mpsc::Receiver<Submission>,
    queued: Arc<AtomicUsize>,
    crowd: Crowd,
    cancel: CancellationToken,
}

/// What the last transaction was like, so that those it answered may join the next one instead of the one after it.
#[derive(Clone, Copy, Default)]
struct Crowd {
    /// Submissions it answered, and those that waited by then.
    size: usize,
    took: Duration,
}

impl Crowd {
    /// How long to wait for a crowd of the same size (a lone sender is one already): always short beside the transaction itself.
    fn patience(self) -> Duration {
        (self.took / 3).min(LINGER)
    }
}

/// Starts the writer. One, on PostgreSQL too: two of the same server only wait for each other's devices and counts, and what comes
/// meanwhile joins the next group. Several servers have one each.
pub(crate) fn start(
    store: Store,
    live: LiveHub,
    reconciler: Reconciler,
    queue: mpsc::Receiver<Submission>,
    queued: Arc<AtomicUsize>,
    cancel: CancellationToken,
) {
    let writer = Writer { store, live, reconciler, queue, queued, crowd: Crowd::default(), cancel };
    tokio::spawn(writer.run());
}

impl Writer {
    async fn run(mut self) {
        loop {
            let group = self.next().await;
            if group.is_empty() {
                return;
            }
            self.write_group(group).await;
        }
    }

    /// Waits for a submission and takes what else is there. Empty: stopped, and nothing is left.
    async fn next(&mut self) -> Vec<Submission> {
        let queue = &mut self.queue;
        let first = tokio::select! {
            biased;
            first = queue.recv() => first,
            () = self.cancel.cancelled() => {
                queue.close();
                queue.recv().await
            }
        };
        let Some(first) = first else { return Vec::new() };
        let mut events = first.items.weight();
        let mut group = vec![first];
        let mut until = None;
        while group.len() < SUBMISSIONS && events < EVENTS {
            let next = match queue.try_recv() {
                Ok(next) => next,
                Err(_) if group.len() >= self.crowd.size => break,
                Err(_) => {
                    let until = *until.get_or_insert_with(|| Instant::now() + self.crowd.patience());
                    let Ok(Some(next)) = tokio::time::timeout_at(until, queue.recv()).await else { break };
                    next
                }
            };
            events += next.items.weight();
            group.push(next);
        }
        self.queued.fetch_sub(events, Ordering::Relaxed);
        group
    }

    async fn write_group(&mut self, mut group: Vec<Submission>) {
        let begun = Instant::now();
        let written = self.write(&mut group).await;
        // Before anyone is answered: who sends again must not be counted twice.
        self.crowd = Crowd { size: group.len() + self.queue.len(), took: begun.elapsed() };
        match written {
            Ok(answers) => answer(group, answers),
            Err(error) if group.len() == 1 => {
                tracing::warn!(%error, "a submission could not be stored");
                answer(group, vec![Err(error)]);
            }
            Err(error) => {
                // One that can't be stored must not cost the others.
                tracing::warn!(%error, submissions = group.len(), "a group could not be stored; trying one by one");
                for submission in group {
                    let mut alone = vec![submission];
                    let answers = match self.write(&mut alone).await {
                        Ok(answers) => answers,
                        Err(error) => vec![Err(error)],
                    };
                    answer(alone, answers);
                }
            }
        }
    }

    async fn write(&self, group: &mut [Submission]) -> Result<Vec<Result<Answer, Error>>, Error> {
        let mut tries = 0;
        loop {
            match self.write_once(group).await {
                // Two writers met (a deadlock, a lock time-out): nothing was written.
                Err(Error::Busy(why)) if tries < 3 => {
                    tries += 1;
                    tracing::info!(why, tries, "a transaction met another; trying again");
                    tokio::time::sleep(Duration::from_millis(5 * tries)).await;
                }
                result => return result,
            }
        }
    }

    async fn write_once(&self, group: &mut [Submission]) -> Result<Vec<Result<Answer, Error>>, Error> {
        let tx = self.store.begin().await?;
        let (answers, work) = take_in(&self.store, &tx, group).await?;
        tx.commit().await?;
        self.live.publish_work(&work);
        if let Some(next) = work.subjects.iter().filter_map(|s| s.next_change).min() {
            self.reconciler.expect(next);
        }
        Ok(answers)
    }
}

fn answer(group: Vec<Submission>, answers: Vec<Result<Answer, Error>>) {
    for (submission, answer) in group.into_iter().zip(answers) {
        // Who has gone away doesn't need it.
        let _ = submission.answer.send(answer);
    }
}
