//! One transaction of a call: its accounts are made or brought up to date, get their jobs, and are settled.

use super::{
    NewAccount, PutOutcome,
    kept::{Kept, kept},
    wanted::Wanted,
};
use crate::{
    Engine,
    error::Error,
    ingest::bulk::{Keys, Kind, Meet, Rows, Table},
    store::{
        Store,
        accounts::{
            activation::{self, Activated},
            subjects,
        },
        audit::{self, Entry},
        devices,
        entity::connection,
        facts::{at, parse},
    },
};
use domain::{
    access::Actor,
    ids::{ConnectionId, OrganizationId, PartnerId},
    saas::{AccountStatus, AccountType, Service},
    time::Time,
};
use sea_orm::DatabaseTransaction;
use serde_json::json;
use std::collections::{HashMap, HashSet};

use Kind::{Int, Text};

static NEW: Table = Table {
    name: "accounts",
    keys: &[("partner_id", Int), ("connection_id", Int), ("address_lower", Text)],
    fixed: &[
        ("id", Int),
        ("organization_id", Int),
        ("service", Text),
        ("address", Text),
        ("name", Text),
        ("type", Text),
        ("status", Text),
        ("external_id", Text),
        ("enrolled_at", Int),
        ("watched_since", Int),
        ("created_at", Int),
        ("updated_at", Int),
    ],
    columns: &[],
    // An event may have made it meanwhile.
    meet: Meet::Keep,
};

static CHANGED: Table = Table {
    name: "accounts",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[],
    columns: &[
        ("address", Text),
        ("address_lower", Text),
        ("name", Text),
        ("type", Text),
        ("status", Text),
        ("external_id", Text),
        ("gone_at", Int),
        ("enrolled_at", Int),
        ("watched_since", Int),
        ("updated_at", Int),
    ],
    meet: Meet::Update,
};

/// One transaction. New rows go in first and known ones are locked then, as ingest does it: so the two can't wait for each other.
pub(super) async fn put_part(
    engine: &Engine,
    actor: &Actor,
    found: &connection::Model,
    part: &[(&String, &NewAccount)],
    wanted: &Wanted,
    now: Time,
) -> Result<PutOutcome, Error> {
    let store = &engine.store;
    let partner = PartnerId(found.partner_id);
    let mut outcome = PutOutcome::default();
    let tx = store.begin_for(partner).await?;
    let mut before = kept(&tx, found, part, wanted).await?;
    let mut work = Part { found, service: parse(&found.service)?, who: actor, now, touched: Vec::new(), activated: Vec::new() };
    let minted = work.insert(store, &tx, part, &before, &mut outcome).await?;
    if before.len() + minted.len() < part.len() {
        // An event was quicker with some of the new ones.
        before = kept(&tx, found, part, wanted).await?;
        before.retain(|_, known| !minted.contains(&known.id));
    }
    if !before.is_empty() {
        devices::lock(store, &tx, &subjects(partner, before.values().map(|k| k.id))).await?;
        let locked: HashSet<i64> = before.values().map(|k| k.id).collect();
        // What they are now that nobody else changes them.
        before = kept(&tx, found, part, wanted).await?;
        before.retain(|_, known| locked.contains(&known.id));
        work.update(&tx, part, &before, &mut outcome).await?;
    }
    if work.touched.is_empty() {
        return Ok(outcome);
    }
    let (touched, activated) = (work.touched, work.activated);
    activation::make_jobs(store, &tx, partner, &activated, now).await?;
    let mut detail = json!({ "created": outcome.created, "changed": outcome.changed, "activated": outcome.activated });
    if let ([(address, _)], Some(object)) = (part, detail.as_object_mut()) {
        object.insert("address".into(), json!(address));
    }
    let entry = Entry {
        partner,
        organization: Some(OrganizationId(found.organization_id)),
        what: "account.put",
        subject: format!("connection:{}", ConnectionId(found.id)),
        detail,
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = devices::settle(store, &tx, &subjects(partner, touched), now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(outcome)
}

/// One transaction's accounts.
struct Part<'a> {
    found: &'a connection::Model,
    service: Service,
    who: &'a Actor,
    now: Time,
    /// Made or changed.
    touched: Vec<i64>,
    /// Activated, and maybe without some of their jobs.
    activated: Vec<Activated>,
}

impl Part<'_> {
    /// Makes those that aren't known; gives their ids.
    async fn insert(
        &mut self,
        store: &Store,
        tx: &DatabaseTransaction,
        part: &[(&String, &NewAccount)],
        before: &HashMap<String, Kept>,
        outcome: &mut PutOutcome,
    ) -> Result<HashSet<i64>, Error> {
        let (found, now) = (self.found, self.now.0);
        let new: Vec<_> = part.iter().filter(|(lower, _)| !before.contains_key(*lower)).collect();
        let mut rows = Rows::default();
        let mut minted = Vec::with_capacity(new.len());
        for (lower, account) in &new {
            let id = store.id(self.now);
            let status = if account.activated { AccountStatus::Activated } else { AccountStatus::Deactivated };
            rows.int(found.partner_id)
                .int(found.id)
                .text(lower.as_str())
                .int(id)
                .int(found.organization_id)
                .text(found.service.as_str())
                .text(account.address.as_str())
                .text(account.name.as_str())
                .text(account.kind.as_str())
                .text(status.as_str())
                .maybe_text(account.external_id.clone())
                .int(now)
                .int(now)
                .int(now)
                .int(now);
            minted.push((id, *account));
        }
        if minted.is_empty() {
            return Ok(HashSet::new());
        }
        rows.write(tx, &NEW).await?;
        let mut keys = Keys::new(&[Int, Int]);
        for (id, _) in &minted {
            keys.int(found.partner_id).int(*id);
        }
        let sql = "SELECT a.id FROM {x} {join} accounts a ON a.partner_id = x.a AND a.id = x.b";
        let there: HashSet<i64> = keys.query(tx, sql).await?.iter().map(|row| at(row, 0)).collect::<Result<_, Error>>()?;
        // One that an event made at the same moment is brought up to date as those known before.
        minted.retain(|(id, _)| there.contains(id));
        for (id, account) in &minted {
            outcome.count_new(account.activated);
            self.touched.push(*id);
            if account.activated {
                self.activate(*id, account.kind);
            }
        }
        let activated = minted.iter().filter(|(_, a)| a.activated).map(|(id, _)| (found.organization_id, *id));
        activation::mark(tx, PartnerId(found.partner_id), self.who, activated, true, self.now).await?;
        Ok(there)
    }

    async fn update(
        &mut self,
        tx: &DatabaseTransaction,
        part: &[(&String, &NewAccount)],
        before: &HashMap<String, Kept>,
        outcome: &mut PutOutcome,
    ) -> Result<(), Error> {
        let (found, now) = (self.found, self.now);
        let mut rows = Rows::default();
        let mut activated = Vec::new();
        for (lower, account) in part {
            let Some(known) = before.get(*lower) else { continue };
            let after = known.with(account, lower, now);
            outcome.count_known(known, &after);
            if *known == after {
                continue;
            }
            self.touched.push(known.id);
            if known.status != after.status {
                activated.push((found.organization_id, known.id));
            }
            if after.status == AccountStatus::Activated {
                self.activate(known.id, after.kind);
            }
            rows.int(found.partner_id)
                .int(after.id)
                .text(after.address)
                .text(after.address_lower)
                .text(after.name)
                .text(after.kind.as_str())
                .text(after.status.as_str())
                .maybe_text(after.external_id)
                .maybe_int(after.gone_at)
                .int(after.enrolled_at)
                .int(after.watched_since)
                .int(now.0);
        }
        rows.write(tx, &CHANGED).await?;
        activation::mark(tx, PartnerId(found.partner_id), self.who, activated, true, now).await
    }

    fn activate(&mut self, id: i64, kind: AccountType) {
        self.activated.push(Activated { id, organization: self.found.organization_id, service: self.service, kind });
    }
}
