//! Events of unknown sources wait here, to be assigned once and remembered. Never dropped in silence: a full source is refused.

use super::{
    IncomingEvent,
    bulk::{Keys, Kind, Meet, Rows, Table},
    limits::Prepared,
    resolve::Source,
};
use crate::{error::Error, reconcile::work::Work};
use Kind::{Int, Text};
use domain::{ids::InboxId, time::Time};
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Most events that wait of one source.
pub(crate) const WAITING: i64 = 1_000;

const INBOX: Table = Table {
    name: "inbox",
    keys: &[("partner_id", Int), ("organization_id", Int), ("source_lower", Text)],
    fixed: &[("id", Int), ("source", Text), ("first_seen_at", Int), ("events", Int)],
    columns: &[("last_seen_at", Int)],
    meet: Meet::Replace,
};

const EVENTS: Table = Table {
    name: "inbox_events",
    keys: &[("partner_id", Int), ("inbox_id", Int), ("id", Int)],
    fixed: &[("at", Int), ("event", Text)],
    columns: &[],
    meet: Meet::Keep,
};

/// What is to be put into the inbox by one transaction.
#[derive(Default)]
pub(crate) struct Inbox {
    sources: BTreeMap<(i64, i64, String), Waiting>,
}

struct Waiting {
    source: Source,
    id: InboxId,
    room: i64,
    events: HashMap<i64, (Time, String)>,
}

impl Inbox {
    /// A place for the source, with or without events.
    pub(crate) fn heard_of(&mut self, work: &Work<'_>, source: &Source) {
        self.place(work, source);
    }

    fn place(&mut self, work: &Work<'_>, source: &Source) -> &mut Waiting {
        self.sources.entry((source.partner.0, source.organization, source.name.to_lowercase())).or_insert_with(|| Waiting {
            id: source.inbox.unwrap_or_else(|| InboxId(work.mint.id(work.now))),
            room: WAITING - source.events,
            source: source.clone(),
            events: HashMap::new(),
        })
    }

    /// Puts an event in. False: the source is full.
    pub(crate) fn put(&mut self, work: &Work<'_>, source: &Source, prepared: &Prepared) -> Result<bool, Error> {
        let event = &prepared.incoming;
        let text = match &prepared.log {
            None => serde_json::to_string(event)?,
            Some((log, bytes)) => {
                let log = zstd::bulk::decompress(log, *bytes).map_err(|e| Error::Internal(e.to_string()))?;
                serde_json::to_string(&IncomingEvent { log: String::from_utf8(log).ok(), ..event.clone() })?
            }
        };
        // A copy has the same id, so that it waits once.
        let digest = Sha256::digest(text.as_bytes());
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        let id = i64::from_be_bytes(id) & i64::MAX;
        let waiting = self.place(work, source);
        if !waiting.events.contains_key(&id) {
            if waiting.room <= 0 {
                return Ok(false);
            }
            waiting.room -= 1;
            waiting.events.insert(id, (event.event.at, text));
        }
        Ok(true)
    }

    pub(crate) async fn write(self, tx: &DatabaseTransaction, now: Time) -> Result<(), Error> {
        if self.sources.is_empty() {
            return Ok(());
        }
        let mut sources = Rows::default();
        for ((partner, organization, lower), waiting) in &self.sources {
            sources
                .int(*partner)
                .int(*organization)
                .text(lower.as_str())
                .int(waiting.id.0)
                .text(waiting.source.name.as_str())
                .int(now.0)
                .int(0)
                .int(now.0);
        }
        sources.write(tx, &INBOX).await?;
        // Another writer may have made the row first: its id counts.
        let mut keys = Keys::new(&[Int, Int, Text]);
        for (partner, organization, lower) in self.sources.keys() {
            keys.int(*partner).int(*organization).text(lower);
        }
        let rows = keys
            .query(
                tx,
                "SELECT i.partner_id, i.organization_id, i.source_lower, i.id FROM {x} {join} inbox i \
                 ON i.partner_id = x.a AND i.organization_id = x.b AND i.source_lower = x.c",
            )
            .await?;
        let mut ids = HashMap::new();
        for row in &rows {
            use crate::store::facts::at;
            ids.insert((at::<i64>(row, 0)?, at::<i64>(row, 1)?, at::<String>(row, 2)?), at::<i64>(row, 3)?);
        }
        let mut events = Rows::default();
        let mut counted = HashSet::new();
        for (key, waiting) in self.sources {
            let Some(inbox) = ids.get(&key).copied() else { continue };
            for (id, (at, text)) in waiting.events {
                events.int(key.0).int(inbox).int(id).int(at.0).text(text);
                counted.insert((key.0, inbox));
            }
        }
        events.write(tx, &EVENTS).await?;
        for (partner, inbox) in counted {
            use sea_orm::ConnectionTrait;
            let sql = "UPDATE inbox SET events = (SELECT COUNT(*) FROM inbox_events e WHERE e.partner_id = $1 AND e.inbox_id = $2) \
                       WHERE partner_id = $1 AND id = $2";
            tx.execute_raw(sea_orm::Statement::from_sql_and_values(tx.get_database_backend(), sql, [partner.into(), inbox.into()])).await?;
        }
        Ok(())
    }
}
