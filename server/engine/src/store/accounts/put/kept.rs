//! What is stored of accounts that are put in, and what becomes of it.

use super::{NewAccount, wanted::Wanted};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{
        entity::connection,
        facts::{at, parse},
    },
};
use domain::{
    saas::{AccountStatus, AccountType},
    time::Time,
};
use sea_orm::{ConnectionTrait, QueryResult};
use std::collections::HashMap;

use Kind::{Int, Text};

/// An account as it is stored, or will be.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) id: i64,
    pub(super) address: String,
    pub(super) address_lower: String,
    pub(super) name: String,
    pub(super) kind: AccountType,
    pub(super) status: AccountStatus,
    pub(super) external_id: Option<String>,
    pub(super) gone_at: Option<i64>,
    pub(super) enrolled_at: i64,
    pub(super) watched_since: i64,
}

const KEPT: &str = "SELECT a.id, a.address, a.address_lower, a.name, a.type, a.status, a.external_id, a.gone_at, a.enrolled_at, a.watched_since \
     FROM {x} {join} accounts a ON ";

impl Kept {
    fn read(row: &QueryResult) -> Result<Self, Error> {
        Ok(Self {
            id: at(row, 0)?,
            address: at(row, 1)?,
            address_lower: at(row, 2)?,
            name: at(row, 3)?,
            kind: parse(&at::<String>(row, 4)?)?,
            status: parse(&at::<String>(row, 5)?)?,
            external_id: at(row, 6)?,
            gone_at: at(row, 7)?,
            enrolled_at: at(row, 8)?,
            watched_since: at(row, 9)?,
        })
    }

    /// As it will be.
    pub(super) fn with(&self, new: &NewAccount, lower: &str, now: Time) -> Self {
        let mut after = self.clone();
        // Capitals alone are nothing new.
        if lower != after.address_lower {
            after.address.clone_from(&new.address);
            lower.clone_into(&mut after.address_lower);
        }
        if !new.name.is_empty() {
            after.name.clone_from(&new.name);
        }
        // A directory lists users; that one of them is a shared mailbox is known by whoever imported it so.
        if new.external_id.is_none() {
            after.kind = new.kind;
        } else {
            after.external_id.clone_from(&new.external_id);
            after.gone_at = None;
        }
        if new.activated && after.status == AccountStatus::Deactivated {
            after.status = AccountStatus::Activated;
            after.enrolled_at = now.0;
            after.watched_since = now.0;
        }
        after
    }
}

/// What is stored of these accounts, by the address under which they come. An account that the provider knows by an id of ours under
/// another address now comes under the new one; only while nobody has that address, and the old one isn't put in as well.
pub(super) async fn kept<C: ConnectionTrait>(
    conn: &C,
    found: &connection::Model,
    part: &[(&String, &NewAccount)],
    wanted: &Wanted,
) -> Result<HashMap<String, Kept>, Error> {
    let (mut by_address, mut by_external) = (Keys::new(&[Int, Int, Text]), Keys::new(&[Int, Int, Text]));
    let mut new_address: HashMap<&str, &String> = HashMap::new();
    for (lower, account) in part {
        by_address.int(found.partner_id).int(found.id).text(lower);
        if let Some(external) = account.external_id.as_deref() {
            new_address.insert(external, lower);
        }
    }
    for external in new_address.keys() {
        by_external.int(found.partner_id).int(found.id).text(external);
    }
    let mut kept = HashMap::with_capacity(part.len());
    let sql = format!("{KEPT}a.partner_id = x.a AND a.connection_id = x.b AND a.external_id = x.c ORDER BY a.id DESC");
    for row in by_external.query(conn, &sql).await? {
        let account = Kept::read(&row)?;
        let Some(lower) = account.external_id.as_deref().and_then(|external| new_address.get(external)) else { continue };
        if !wanted.contains_key(&account.address_lower) {
            kept.insert((*lower).clone(), account);
        }
    }
    let sql = format!("{KEPT}a.partner_id = x.a AND a.connection_id = x.b AND a.address_lower = x.c");
    for row in by_address.query(conn, &sql).await? {
        let account = Kept::read(&row)?;
        kept.insert(account.address_lower.clone(), account);
    }
    Ok(kept)
}
