//! Reconciler: facts and a time in, the written difference out (D4, *One function decides*).
//!
//! The same code runs for events (`ingest`), for edits ([`settle`]) and for time passing ([`Reconciler`]). Subjects – devices, and
//! accounts of SaaS, whose ids are minted from one row – whose next change has come are found by index; nothing scans.

pub(crate) mod alerts;
pub mod away;
pub(crate) mod consent;
pub(crate) mod incidents;
pub(crate) mod recency;
mod rows;
mod settle;
pub(crate) mod shelf;
mod subject;
mod sums;
mod tables;
pub(crate) mod work;
pub(crate) mod write;

use crate::{
    Clock,
    error::Error,
    ingest::bulk::write_all,
    live::{Change, LiveHub},
    store::{Store, facts::at},
};
use domain::{
    ids::{DeviceId, PartnerId},
    time::{Span, Time},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use work::Work;

/// Devices settled in one transaction.
const BATCH: u64 = 500;

/// Settles these devices inside the caller's transaction: schedules are resolved anew, facts assessed, the difference
/// written. For edits (device, policy, organization, pause). Publish the answer after the commit.
///
/// # Errors
/// The database fails, or holds what can't be read.
pub async fn settle(store: &Store, tx: &DatabaseTransaction, devices: &[(PartnerId, DeviceId)], now: Time) -> Result<Vec<Change>, Error> {
    let mut devices = devices.to_vec();
    devices.sort_unstable();
    devices.dedup();
    let mut changes = Vec::with_capacity(devices.len());
    // All locks before all writes, and the rows that all share once, at the end: as every other writer does, so that none waits in a ring.
    work::lock(store, tx, &devices).await?;
    let mut sums = sums::Sums::default();
    for part in devices.chunks(BATCH as usize) {
        let mut work = Work::load(store, tx, part, now).await?;
        work.resolve_all();
        work.settle_counting(tx, &mut sums).await?;
        changes.extend(work.changes());
    }
    write_all(tx, sums.rows().into()).await?;
    Ok(changes)
}

/// Lets time pass. Cheap to clone.
#[derive(Clone)]
pub struct Reconciler {
    store: Store,
    live: LiveHub,
    wake: Arc<Wake>,
}

struct Wake {
    /// Earliest known next change, in milliseconds.
    earliest: AtomicI64,
    notify: tokio::sync::Notify,
}

impl std::fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reconciler").finish_non_exhaustive()
    }
}

impl Reconciler {
    pub(crate) fn new(store: Store, live: LiveHub) -> Self {
        Self { store, live, wake: Arc::new(Wake { earliest: AtomicI64::new(i64::MAX), notify: tokio::sync::Notify::new() }) }
    }

    /// How long the earliest known next change is overdue at `now`; zero when none is.
    pub fn lag(&self, now: Time) -> Span {
        Span(now.0.saturating_sub(self.wake.earliest.load(Ordering::Acquire)).max(0))
    }

    /// A commit has set a next change at `at`.
    pub(crate) fn expect(&self, at: Time) {
        if self.wake.earliest.fetch_min(at.0, Ordering::AcqRel) > at.0 {
            self.wake.notify.notify_one();
        }
    }

    /// Settles all devices whose next change has come by `now`, and publishes. Gives how many there were.
    ///
    /// # Errors
    /// The database fails; what was committed before stays.
    pub async fn tick(&self, now: Time) -> Result<usize, Error> {
        let mut settled = 0;
        loop {
            let tx = self.store.begin().await?;
            let due = self.due(&tx, now).await?;
            if due.is_empty() {
                tx.rollback().await?;
                return Ok(settled);
            }
            let mut work = Work::load(&self.store, &tx, &due, now).await?;
            work.settle(&tx).await?;
            tx.commit().await?;
            settled += due.len();
            self.live.publish_work(&work);
            let turned = work.turned_quiet();
            if !turned.is_empty() {
                let connections = consent::refused(&self.store, &turned).await?;
                consent::follow_each(&self.store, &self.live, connections, now).await?;
            }
            if (due.len() as u64) < BATCH {
                return Ok(settled);
            }
        }
    }

    /// The subjects whose time has come, locked; those that another writer holds are left to it.
    async fn due(&self, tx: &DatabaseTransaction, now: Time) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
        let backend = self.store.backend();
        let lock = if backend == DbBackend::Postgres { " FOR NO KEY UPDATE OF d SKIP LOCKED" } else { "" };
        let mut due = Vec::new();
        for (state, id, table) in [("device_state", "device_id", "devices"), ("account_state", "account_id", "accounts")] {
            let sql = format!(
                "SELECT s.partner_id, s.{id} FROM {state} s JOIN {table} d ON d.partner_id = s.partner_id AND d.id = s.{id} \
                 WHERE s.next_change_at <= $1 ORDER BY s.next_change_at LIMIT {BATCH}{lock}"
            );
            for row in tx.query_all_raw(Statement::from_sql_and_values(backend, sql, [now.0.into()])).await? {
                due.push((PartnerId(at(&row, 0)?), DeviceId(at(&row, 1)?)));
            }
        }
        due.sort_unstable();
        Ok(due)
    }

    async fn earliest(&self) -> Result<Time, Error> {
        self.earliest_after(Time(i64::MIN)).await
    }

    /// The earliest next change after an instant. (At 0 stands what a new version wants settled once.)
    async fn earliest_after(&self, after: Time) -> Result<Time, Error> {
        let sql = "SELECT MIN(next_change_at) FROM device_state WHERE next_change_at > $1 \
                   UNION ALL SELECT MIN(next_change_at) FROM account_state WHERE next_change_at > $1";
        let rows = self.store.reads().query_all_raw(Statement::from_sql_and_values(self.store.backend(), sql, [after.0.into()])).await?;
        Ok(rows.iter().filter_map(|row| at::<Option<i64>>(row, 0).ok().flatten()).min().map_or(Time(i64::MAX), Time))
    }

    /// The portal is there again after `now`'s last tick may be long ago: what should have been decided meanwhile waits until agents have
    /// told what they have kept ([`away::CATCH_UP`]). Changes nothing where nothing was missed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn returned(&self, now: Time) -> Result<(), Error> {
        let earliest = self.earliest_after(Time(0)).await?;
        if earliest + away::AFTER < now {
            tracing::info!(since = earliest.0, "changes were due while the portal was away; silence is believed again after a while");
            away::returned(&self.store, earliest, now).await?;
        }
        Ok(())
    }

    /// Ticks whenever something is due, until cancelled. Asks at least once a second, because other servers write too.
    pub(crate) async fn run(self, clock: Clock, cancel: CancellationToken) {
        let mut last: Option<Time> = None;
        let mut usual = Span(0);
        loop {
            let now = clock();
            let slept = last.map(|last| now - last);
            // At the start, and after a sleep of the whole machine: not while a long pass is made, nor because the clock runs fast.
            if slept.is_none_or(|slept| slept > away::AFTER && slept.0 / 4 > usual.0)
                && let Err(error) = self.returned(now).await
            {
                tracing::warn!(%error, "reconciler: whether the portal was away is not known");
            }
            usual = slept.unwrap_or_default();
            match self.pass(now).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "reconciler: will try again"),
            }
            let after = clock();
            last = Some(after);
            let until = Span(self.wake.earliest.load(Ordering::Acquire).saturating_sub(after.0).clamp(5, 1_000));
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.wake.notify.notified() => {}
                () = tokio::time::sleep(Duration::from_millis(until.0.unsigned_abs())) => {}
            }
        }
    }

    async fn pass(&self, now: Time) -> Result<(), Error> {
        self.wake.earliest.store(i64::MAX, Ordering::Release);
        let mut earliest = self.earliest().await?;
        if earliest <= now {
            self.tick(now).await?;
            earliest = self.earliest().await?;
        }
        self.wake.earliest.fetch_min(earliest.0, Ordering::AcqRel);
        Ok(())
    }
}
