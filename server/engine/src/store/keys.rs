//! API keys: `hf_` and 40 random letters and digits, shown once and stored hashed; bound to a partner, organization or device.

use super::{
    Store,
    audit::{self, Entry},
    devices,
    entity::api_key,
    organizations, partners, scope,
    sessions::token_hash,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Ground, KeyRights, Scope},
    ids::{DeviceId, KeyId, OrganizationId, PartnerId},
    time::Time,
};
use moka::sync::Cache;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 40;
const SHOWN: usize = 8;

/// What a key is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// A partner and all below it.
    Partner(PartnerId),
    /// One organization.
    Organization(OrganizationId),
    /// One device; such a key only sends.
    Device(DeviceId),
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What it is bound to.
    pub scope: KeyScope,
    /// What it is for.
    pub name: String,
    /// What it may.
    pub rights: KeyRights,
    /// When it ends; none: never.
    pub expires_at: Option<Time>,
}

/// A key in a list; never the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyRow {
    /// Which key.
    pub id: KeyId,
    /// Whose.
    pub partner: PartnerId,
    /// What it is bound to.
    pub scope: KeyScope,
    /// What it is for.
    pub name: String,
    /// Its first eight characters.
    pub token_start: String,
    /// What it may.
    pub rights: KeyRights,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Time>,
}

#[derive(Clone, Debug)]
struct Known {
    row: i64,
    partner: i64,
    actor: Actor,
    expires_at: Option<Time>,
    last_used_at: Option<Time>,
}

/// Keys met in the last five seconds, by hash. A key revoked elsewhere works that much longer at most.
#[derive(Debug)]
pub(crate) struct KeyCache(Cache<String, Known>);

impl Default for KeyCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(5)).build())
    }
}

fn mint() -> String {
    let random = (0..LENGTH).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())]));
    "hf_".chars().chain(random).collect()
}

fn bound_to(row: &api_key::Model) -> KeyScope {
    match (row.device_id, row.organization_id) {
        (Some(device), _) => KeyScope::Device(DeviceId(device)),
        (None, Some(organization)) => KeyScope::Organization(OrganizationId(organization)),
        (None, None) => KeyScope::Partner(PartnerId(row.partner_id)),
    }
}

fn rights(row: &api_key::Model) -> KeyRights {
    KeyRights { ingest: row.can_ingest, read: row.can_read, manage: row.can_manage }
}

/// Makes a key. A technician may make those of devices; the others need an owner or admin.
///
/// # Errors
/// `NotFound` (what it is bound to), `Forbidden`, `Invalid`.
pub async fn create(store: &Store, actor: &Actor, new: NewKey, now: Time) -> Result<(KeyId, String), Error> {
    let conn = store.reads();
    let (partner, organization, device) = match new.scope {
        KeyScope::Partner(id) => {
            scope::inside(actor, "partner", id, None, None)?;
            (PartnerId(partners::find(conn, id).await?.id), None, None)
        }
        KeyScope::Organization(id) => {
            let found = organizations::find(conn, actor, id).await?;
            (PartnerId(found.partner_id), Some(id), None)
        }
        KeyScope::Device(id) => {
            let found = devices::find(conn, actor, id).await?;
            (PartnerId(found.partner_id), Some(OrganizationId(found.organization_id)), Some(id))
        }
    };
    let only_sends = new.rights == KeyRights { ingest: true, read: false, manage: false };
    match device {
        Some(_) if !only_sends => {
            return Err(Error::invalid("invalid_rights", "can", "A key of a device can only have the right `ingest`."));
        }
        Some(_) => scope::require(actor, Action::ManageDevices, "make keys of devices")?,
        None => scope::require(actor, Action::ManageSettings, "make keys")?,
    }
    let tx = store.begin_for(partner).await?;
    let made = insert(store, &tx, actor, (partner, organization, device), &new, now).await?;
    tx.commit().await?;
    Ok(made)
}

/// Within a transaction; rights and scope have been checked.
pub(crate) async fn insert(
    store: &Store,
    tx: &DatabaseTransaction,
    actor: &Actor,
    (partner, organization, device): (PartnerId, Option<OrganizationId>, Option<DeviceId>),
    new: &NewKey,
    now: Time,
) -> Result<(KeyId, String), Error> {
    let name = super::input::name("name", &new.name)?;
    if new.rights == KeyRights::default() {
        return Err(Error::invalid("no_rights", "can", "Choose at least one of `ingest`, `read` and `manage`."));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::invalid("already_ended", "expires_at", "The end must be in the future."));
    }
    let (id, token) = (KeyId(store.id(now)), mint());
    api_key::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        organization_id: Set(organization.map(|o| o.0)),
        device_id: Set(device.map(|d| d.0)),
        name: Set(name.clone()),
        token_hash: Set(token_hash(&token)),
        token_start: Set(token.chars().take(SHOWN).collect()),
        can_ingest: Set(new.rights.ingest),
        can_read: Set(new.rights.read),
        can_manage: Set(new.rights.manage),
        created_at: Set(now.0),
        expires_at: Set(new.expires_at.map(|t| t.0)),
        revoked_at: Set(None),
        last_used_at: Set(None),
    }
    .insert(tx)
    .await?;
    let entry = Entry {
        partner,
        organization,
        what: "key.create",
        subject: format!("key:{id}"),
        detail: json!({ "name": name, "rights": new.rights, "device": device, "expires_at": new.expires_at }),
    };
    audit::append(tx, audit::who(actor), entry, now).await?;
    Ok((id, token))
}

fn seen(actor: &Actor) -> sea_orm::Condition {
    scope::within(&actor.scope, api_key::Column::PartnerId, Some(api_key::Column::OrganizationId), Some(api_key::Column::DeviceId))
}

/// All keys of the scope, latest first, with those ended and revoked.
///
/// # Errors
/// `Forbidden` without the right to manage settings.
pub async fn list(store: &Store, actor: &Actor) -> Result<Vec<KeyRow>, Error> {
    scope::require(actor, Action::ManageSettings, "see keys")?;
    Ok(rows(api_key::Entity::find().filter(seen(actor)).order_by_desc(api_key::Column::Id).all(store.reads()).await?))
}

/// Keys of one device, latest first.
///
/// # Errors
/// `NotFound` (device); `Forbidden` without the right to manage devices.
pub async fn of_device(store: &Store, actor: &Actor, device: DeviceId) -> Result<Vec<KeyRow>, Error> {
    let found = devices::find(store.reads(), actor, device).await?;
    scope::require(actor, Action::ManageDevices, "see keys")?;
    let stored = api_key::Entity::find()
        .filter(api_key::COLUMN.partner_id.eq(found.partner_id))
        .filter(api_key::COLUMN.device_id.eq(device.0))
        .order_by_desc(api_key::Column::Id)
        .all(store.reads())
        .await?;
    Ok(rows(stored))
}

fn rows(stored: Vec<api_key::Model>) -> Vec<KeyRow> {
    stored
        .into_iter()
        .map(|row| KeyRow {
            id: KeyId(row.id),
            partner: PartnerId(row.partner_id),
            scope: bound_to(&row),
            rights: rights(&row),
            name: row.name,
            token_start: row.token_start,
            created_at: Time(row.created_at),
            expires_at: row.expires_at.map(Time),
            revoked_at: row.revoked_at.map(Time),
            last_used_at: row.last_used_at.map(Time),
        })
        .collect()
}

/// Revokes a key: at once here, within five seconds at other servers. Doing it twice is fine.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn revoke(store: &Store, actor: &Actor, id: KeyId, now: Time) -> Result<(), Error> {
    let find = || api_key::Entity::find().filter(seen(actor)).filter(api_key::COLUMN.id.eq(id.0));
    let row = find().one(store.reads()).await?.ok_or(Error::NotFound("key"))?;
    let action = if row.device_id.is_some() { Action::ManageDevices } else { Action::ManageSettings };
    scope::require(actor, action, "revoke keys")?;
    let partner = PartnerId(row.partner_id);
    let tx = store.begin_for(partner).await?;
    let row = find().one(&tx).await?.ok_or(Error::NotFound("key"))?;
    if row.revoked_at.is_some() {
        return Ok(());
    }
    let (hash, organization) = (row.token_hash.clone(), row.organization_id.map(OrganizationId));
    let mut model = row.into_active_model();
    model.revoked_at = Set(Some(now.0));
    model.update(&tx).await?;
    let entry = Entry { partner, organization, what: "key.revoke", subject: format!("key:{id}"), detail: json!({}) };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    store.short().keys.0.invalidate(&hash);
    Ok(())
}

/// Who a key stands for; none when it is unknown, revoked or ended.
///
/// # Errors
/// The database fails.
pub async fn find(store: &Store, token: &str, now: Time) -> Result<Option<Actor>, Error> {
    if !token.starts_with("hf_") || token.len() != LENGTH + 3 {
        return Ok(None);
    }
    let hash = token_hash(token);
    let known = match store.short().keys.0.get(&hash) {
        Some(known) => known,
        None => {
            let row = api_key::Entity::find().filter(api_key::COLUMN.token_hash.eq(hash.clone())).one(store.reads()).await?;
            let Some(row) = row.filter(|row| row.revoked_at.is_none()) else { return Ok(None) };
            let known = know(store.reads(), &row).await?;
            store.short().keys.0.insert(hash, known.clone());
            known
        }
    };
    if known.expires_at.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    if store.short().seen.is_due(known.row, known.last_used_at, now) {
        mark_used(store.clone(), known.partner, known.row, now);
    }
    Ok(Some(known.actor))
}

async fn know<C: ConnectionTrait>(conn: &C, row: &api_key::Model) -> Result<Known, Error> {
    let partner = PartnerId(row.partner_id);
    let scope = match (row.organization_id.map(OrganizationId), row.device_id.map(DeviceId)) {
        (Some(organization), Some(device)) => Scope::Device(partner, organization, device),
        (Some(organization), None) => Scope::Organization(partner, organization),
        _ => Scope::Partners(partners::subtree(conn, partner).await?),
    };
    Ok(Known {
        row: row.id,
        partner: row.partner_id,
        actor: Actor { ground: Ground::Key(KeyId(row.id), rights(row)), scope },
        expires_at: row.expires_at.map(Time),
        last_used_at: row.last_used_at.map(Time),
    })
}

/// Off the request's path: the next mark makes good one that is lost.
fn mark_used(store: Store, partner: i64, id: i64, now: Time) {
    tokio::spawn(async move {
        let marked = async {
            let tx = store.begin().await?;
            api_key::Entity::update_many()
                .col_expr(api_key::Column::LastUsedAt, now.0.into())
                .filter(api_key::COLUMN.partner_id.eq(partner))
                .filter(api_key::COLUMN.id.eq(id))
                .exec(&tx)
                .await?;
            tx.commit().await
        };
        if let Err(error) = marked.await {
            tracing::warn!(%error, "key not marked as used");
        }
    });
}
