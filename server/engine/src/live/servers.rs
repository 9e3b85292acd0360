//! Several servers on one PostgreSQL: which subjects have changed is told to the others, and heard from them.
//!
//! Their ids travel by `NOTIFY` (gathered for 20 ms, after the commit, so that the notification lock never delays an acknowledgement) and
//! each server loads what its own pages need. If a server dies in between, pages of the others show that subject's state at its next
//! change or their next snapshot.

use super::{LiveHub, subjects::now_of};
use crate::{error::Error, store::Store};
use domain::ids::{DeviceId, PartnerId};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const CHANNEL: &str = "holdfast_live";
/// A notification's payload is less than 8,000 bytes; an entry has at most 33.
const ENTRIES: usize = 200;
/// How long changes are gathered for one notification.
const GATHER: Duration = Duration::from_millis(20);

impl LiveHub {
    /// Joins the other servers of the same PostgreSQL.
    pub(crate) fn connect(&self, store: &Store, cancel: CancellationToken) {
        if store.backend() != DbBackend::Postgres {
            return;
        }
        let (others, changed) = mpsc::unbounded_channel();
        if self.inner.others.set(others).is_err() {
            return;
        }
        tokio::spawn(tell(store.clone(), self.inner.origin, changed, cancel.clone()));
        let (hub, store) = (self.clone(), store.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = hear(hub, store) => {}
            }
        });
    }
}

async fn tell(store: Store, origin: u64, mut changed: mpsc::UnboundedReceiver<(PartnerId, DeviceId)>, cancel: CancellationToken) {
    loop {
        let first = tokio::select! {
            () = cancel.cancelled() => return,
            first = changed.recv() => first,
        };
        let Some(first) = first else { return };
        tokio::time::sleep(GATHER).await;
        let mut devices = BTreeSet::from([first]);
        while let Ok(device) = changed.try_recv() {
            devices.insert(device);
        }
        let devices: Vec<_> = devices.into_iter().collect();
        for part in devices.chunks(ENTRIES) {
            let mut payload = format!("{origin:x}");
            for (partner, device) in part {
                payload.push_str(&format!(" {:x}.{:x}", partner.0, device.0));
            }
            let sql = format!("SELECT pg_notify('{CHANNEL}', $1)");
            let statement = Statement::from_sql_and_values(store.backend(), sql, [Value::String(Some(payload))]);
            if let Err(error) = store.reads().execute_raw(statement).await {
                tracing::warn!(%error, "other servers could not be told of changes");
            }
        }
    }
}

async fn hear(hub: LiveHub, store: Store) {
    loop {
        if let Err(error) = listen(&hub, &store).await {
            tracing::warn!(%error, "changes of other servers are not heard; will try again");
        }
        // Something may have been missed.
        let _ = hub.inner.changes.send(Arc::new(Vec::new()));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen(hub: &LiveHub, store: &Store) -> Result<(), Error> {
    let lost = |error: sqlx::Error| Error::Busy(error.to_string());
    let mut listener = sqlx::postgres::PgListener::connect_with(store.reads().get_postgres_connection_pool()).await.map_err(lost)?;
    listener.listen(CHANNEL).await.map_err(lost)?;
    let own = format!("{:x}", hub.inner.origin);
    // None: the connection was lost and made again; what was said in between is not known.
    while let Some(notification) = listener.try_recv().await.map_err(lost)? {
        let mut words = notification.payload().split(' ');
        if words.next() == Some(own.as_str()) || hub.subscribers() == 0 {
            continue;
        }
        let hex = |text: &str| i64::from_str_radix(text, 16).ok();
        let mut devices: Vec<_> = words
            .filter_map(|entry| entry.split_once('.'))
            .filter_map(|(partner, device)| Some((PartnerId(hex(partner)?), DeviceId(hex(device)?))))
            .collect();
        devices.sort_unstable();
        let work = now_of(store, &devices, None).await?;
        let all_found = devices.iter().all(|key| work.places.contains_key(key));
        hub.publish_here(work.changes());
        if !all_found {
            // What is neither a device nor an account is a connection: who shows counts takes a snapshot.
            let _ = hub.inner.changes.send(Arc::new(Vec::new()));
        }
    }
    Ok(())
}
