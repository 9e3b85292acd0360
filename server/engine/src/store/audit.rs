//! The audit log: one hash chain per partner; every change and every sign-in is an entry (D11).
//!
//! `hash` = SHA-256 of the previous hash and the entry's own fields, as a JSON array. An entry that is changed, left out or
//! moved breaks the chain from there on.

use super::{
    Store,
    entity::audit,
    page::{self, Page},
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Ground, Scope},
    ids::{OrganizationId, PartnerId},
    time::Time,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What happened, before it has its place in the chain.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose chain.
    pub partner: PartnerId,
    /// The organization it concerns; none: the partner itself.
    pub organization: Option<OrganizationId>,
    /// For example `device.create`.
    pub what: &'static str,
    /// For example `device:0c4r…`.
    pub subject: String,
    /// What was set; never a secret.
    pub detail: serde_json::Value,
}

/// A stored entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Whose chain.
    pub partner: PartnerId,
    /// Place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Time,
    /// `user:ID`, `key:ID` or `system`.
    pub who: String,
    /// For example `device.create`.
    pub what: String,
    /// The organization it concerns.
    pub organization: Option<OrganizationId>,
    /// For example `device:0c4r…`.
    pub subject: String,
    /// What was set.
    pub detail: serde_json::Value,
    /// Its hash, hexadecimal.
    pub hash: String,
}

/// What an audit listing asks for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only this partner's chain; none: the actor's own.
    pub partner: Option<PartnerId>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// Who acts, for the log.
pub fn who(actor: &Actor) -> String {
    match actor.ground {
        Ground::Member(user, _) => format!("user:{user}"),
        Ground::Key(key, _) => format!("key:{key}"),
        Ground::System => "system".to_owned(),
    }
}

/// Adds an entry within the transaction that makes the change. The partner must have been locked by `begin_for`.
///
/// # Errors
/// The database fails.
pub async fn append(tx: &DatabaseTransaction, who: String, entry: Entry, now: Time) -> Result<(), Error> {
    let last = last(tx, entry.partner).await?;
    let (seq, previous_hash) = last.map_or((1, String::new()), |l| (l.seq + 1, l.hash));
    let mut row = audit::Model {
        partner_id: entry.partner.0,
        seq,
        at: now.0,
        who,
        what: entry.what.to_owned(),
        organization_id: entry.organization.map_or(0, |o| o.0),
        subject: entry.subject,
        detail: entry.detail.to_string(),
        previous_hash,
        hash: String::new(),
    };
    row.hash = hash(&row)?;
    let row = audit::ActiveModel {
        partner_id: Set(row.partner_id),
        seq: Set(row.seq),
        at: Set(row.at),
        who: Set(row.who),
        what: Set(row.what),
        organization_id: Set(row.organization_id),
        subject: Set(row.subject),
        detail: Set(row.detail),
        previous_hash: Set(row.previous_hash),
        hash: Set(row.hash),
    };
    audit::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

async fn last<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Option<audit::Model>, Error> {
    Ok(audit::Entity::find().filter(audit::COLUMN.partner_id.eq(partner.0)).order_by_desc(audit::Column::Seq).one(conn).await?)
}

fn hash(row: &audit::Model) -> Result<String, Error> {
    let fields = serde_json::to_vec(&(
        &row.previous_hash,
        row.partner_id,
        row.seq,
        row.at,
        &row.who,
        &row.what,
        row.organization_id,
        &row.subject,
        &row.detail,
    ))?;
    Ok(hex(&Sha256::digest(fields)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|d| char::from(DIGITS[usize::from(d)])).collect()
}

/// Entries, latest first. A client-side member sees those of the own organization only.
///
/// # Errors
/// `Forbidden` without the right to see the audit log; `NotFound` for a partner outside the scope.
pub async fn list(store: &Store, actor: &Actor, filter: &AuditFilter) -> Result<Page<AuditRow>, Error> {
    scope::require(actor, Action::SeeAudit, "see the audit log")?;
    let own = scope::own_partner(actor)?;
    let partner = filter.partner.unwrap_or(own);
    let mut seen = Condition::all().add(audit::Column::PartnerId.eq(partner.0));
    match &actor.scope {
        Scope::Partners(partners) if partners.contains(&partner) => {}
        Scope::Organization(p, o) | Scope::Device(p, o, _) if *p == partner => seen = seen.add(audit::Column::OrganizationId.eq(o.0)),
        _ => return Err(Error::NotFound("partner")),
    }
    let limit = page::limit(filter.limit)?;
    if let Some(before) = page::read::<i64>(filter.cursor.as_deref())? {
        seen = seen.add(audit::Column::Seq.lt(before));
    }
    let rows = audit::Entity::find().filter(seen).order_by_desc(audit::Column::Seq).limit(limit + 1).all(store.reads()).await?;
    Page::cut(rows, limit, |row| row.seq)?.try_map(row)
}

fn row(row: audit::Model) -> Result<AuditRow, Error> {
    Ok(AuditRow {
        partner: PartnerId(row.partner_id),
        seq: row.seq,
        at: Time(row.at),
        who: row.who,
        what: row.what,
        organization: (row.organization_id != 0).then_some(OrganizationId(row.organization_id)),
        subject: row.subject,
        detail: serde_json::from_str(&row.detail)?,
        hash: row.hash,
    })
}

/// Walks a partner's chain. `None`: intact; else the place of the first entry that doesn't fit.
///
/// # Errors
/// As [`list`]; only members and the server whose scope is the partner may.
pub async fn verify(store: &Store, actor: &Actor, partner: PartnerId) -> Result<Option<i64>, Error> {
    const PIECE: u64 = 1_000;
    scope::require(actor, Action::SeeAudit, "see the audit log")?;
    scope::inside(actor, "partner", partner, None, None)?;
    let (mut seq, mut previous) = (0, String::new());
    loop {
        let rows = audit::Entity::find()
            .filter(audit::COLUMN.partner_id.eq(partner.0))
            .filter(audit::COLUMN.seq.gt(seq))
            .order_by_asc(audit::Column::Seq)
            .limit(PIECE)
            .all(store.reads())
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in rows {
            if row.seq != seq + 1 || row.previous_hash != previous || row.hash != hash(&row)? {
                return Ok(Some(seq + 1));
            }
            seq = row.seq;
            previous = row.hash;
        }
    }
}
