//! Commands on devices. Each one is one transaction: the change, its audit entry, the settled state; then it is published.

use super::{find, lock, settle};
use crate::{
    Engine,
    error::Error,
    live::Change,
    store::{
        Store,
        audit::{self, Entry},
        entity::{device, device_state},
        exclusions::{self, Whom},
        facts::parse,
        input, keys, organizations,
        organizations::OrganizationStatus,
        policies, scope,
    },
};
use domain::{
    access::{Action, Actor, KeyRights},
    ids::{DeviceId, KeyId, OrganizationId, PartnerId, PolicyId},
    policy::{DeviceClass, DeviceLife},
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A device to be made.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Whose.
    pub organization: OrganizationId,
    /// Its name, unique within the organization.
    pub name: String,
    /// Its class.
    pub class: DeviceClass,
    /// Its policy; none: the partner's default.
    pub policy: Option<PolicyId>,
    /// Bytes allowed at the destination.
    pub quota_bytes: Option<i64>,
    /// Tags.
    pub tags: Vec<String>,
}

/// What may change of a device. In a double option the outer none leaves as is, the inner none clears.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DeviceChange {
    /// New name.
    pub name: Option<String>,
    /// New class.
    pub class: Option<DeviceClass>,
    /// New policy.
    pub policy: Option<PolicyId>,
    /// New quota, bytes.
    pub quota_bytes: Option<Option<i64>>,
    /// New tags.
    pub tags: Option<Vec<String>>,
}

/// A device that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Which device.
    pub device: DeviceId,
    /// Its key, when one was asked for: id and the key itself, shown once.
    pub key: Option<(KeyId, String)>,
}

/// Makes a device.
///
/// # Errors
/// `NotFound` (organization, policy), `Forbidden`, `Invalid`, `Conflict` (name, deactivated organization).
pub async fn create(engine: &Engine, actor: &Actor, new: NewDevice, now: Time) -> Result<DeviceId, Error> {
    make(engine, actor, new, false, now).await.map(|made| made.device)
}

/// Makes a device and a key that may only send for it.
///
/// # Errors
/// As [`create`].
pub async fn create_with_key(engine: &Engine, actor: &Actor, new: NewDevice, now: Time) -> Result<Created, Error> {
    make(engine, actor, new, true, now).await
}

async fn make(engine: &Engine, actor: &Actor, new: NewDevice, with_key: bool, now: Time) -> Result<Created, Error> {
    let store = &engine.store;
    let organization = organizations::find(store.reads(), actor, new.organization).await?;
    scope::require(actor, Action::ManageDevices, "make devices")?;
    let partner = PartnerId(organization.partner_id);
    let tx = store.begin_for(partner).await?;
    let organization = organizations::find(&tx, actor, new.organization).await?;
    if parse::<OrganizationStatus>(&organization.status)? == OrganizationStatus::Deactivated {
        return Err(Error::conflict("organization_deactivated", "This organization is deactivated. Activate it before adding devices."));
    }
    let device = insert(store, &tx, actor, partner, &new, now).await?;
    let key = if with_key {
        let rights = KeyRights { ingest: true, ..KeyRights::default() };
        let key = keys::NewKey { scope: keys::KeyScope::Device(device), name: new.name.clone(), rights, expires_at: None };
        Some(keys::insert(store, &tx, actor, (partner, Some(new.organization), Some(device)), &key, now).await?)
    } else {
        None
    };
    let changes = settle(store, &tx, &[(partner, device)], now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(Created { device, key })
}

/// Makes its row and the audit entry; its state is made, and counted, by the settling that follows.
pub(crate) async fn insert(
    store: &Store,
    tx: &DatabaseTransaction,
    actor: &Actor,
    partner: PartnerId,
    new: &NewDevice,
    now: Time,
) -> Result<DeviceId, Error> {
    let name = input::name("name", &new.name)?;
    let tags = input::tags(&new.tags)?;
    let quota_bytes = input::quota(new.quota_bytes)?;
    refuse_double(tx, partner, new.organization.0, &name, 0).await?;
    let policy = policies::of_partner(tx, partner, new.policy).await?;
    let id = DeviceId(store.id(now));
    device::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        organization_id: Set(new.organization.0),
        name_lower: Set(name.to_lowercase()),
        name: Set(name.clone()),
        class: Set(new.class.as_str().into()),
        life: Set(DeviceLife::Pending.as_str().into()),
        policy_id: Set(policy.id),
        quota_bytes: Set(quota_bytes),
        tags: Set(serde_json::to_string(&tags)?),
        ping_uuid: Set(uuid()),
        agent_version: Set(None),
        hostname: Set(None),
        enrolled_at: Set(now.0),
        watched_since: Set(now.0),
        updated_at: Set(now.0),
    }
    .insert(tx)
    .await?;
    let entry = Entry {
        partner,
        organization: Some(new.organization),
        what: "device.create",
        subject: format!("device:{id}"),
        detail: json!({ "name": name, "class": new.class, "policy": PolicyId(policy.id) }),
    };
    audit::append(tx, audit::who(actor), entry, now).await?;
    Ok(id)
}

/// A random (version 4) UUID as text.
pub(crate) fn uuid() -> String {
    let mut bytes = [0u8; 16];
    rand::fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = audit::hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

async fn refuse_double<C: ConnectionTrait>(conn: &C, partner: PartnerId, organization: i64, name: &str, except: i64) -> Result<(), Error> {
    let double = device::Entity::find()
        .filter(device::COLUMN.partner_id.eq(partner.0))
        .filter(device::COLUMN.organization_id.eq(organization))
        .filter(device::COLUMN.name_lower.eq(name.to_lowercase()))
        .filter(device::COLUMN.id.ne(except))
        .count(conn)
        .await?;
    if double > 0 {
        let message = format!("This organization already has a device named `{name}`. Choose another name.");
        return Err(Error::conflict("name_taken", message));
    }
    Ok(())
}

/// Changes a device: name, class, policy, quota, tags.
///
/// # Errors
/// `NotFound` (device, policy), `Forbidden`, `Invalid`, `Conflict` (name).
pub async fn edit(engine: &Engine, actor: &Actor, id: DeviceId, change: DeviceChange, now: Time) -> Result<(), Error> {
    let (tx, stored) = begin(engine, actor, id, "change devices").await?;
    let partner = PartnerId(stored.partner_id);
    let (organization, policy_before) = (stored.organization_id, stored.policy_id);
    let mut model = stored.into_active_model();
    let mut detail = Map::new();
    if let Some(name) = change.name {
        let name = input::name("name", &name)?;
        refuse_double(&tx, partner, organization, &name, id.0).await?;
        detail.insert("name".into(), json!(name));
        model.name_lower = Set(name.to_lowercase());
        model.name = Set(name);
    }
    if let Some(class) = change.class {
        detail.insert("class".into(), json!(class));
        model.class = Set(class.as_str().into());
    }
    if let Some(policy) = change.policy.filter(|p| p.0 != policy_before) {
        policies::of_partner(&tx, partner, Some(policy)).await?;
        detail.insert("policy".into(), json!(policy));
        model.policy_id = Set(policy.0);
        // Slots of the new schedule that lie in the past were never promised.
        model.watched_since = Set(now.0);
    }
    if let Some(quota) = change.quota_bytes {
        let quota = input::quota(quota)?;
        detail.insert("quota_bytes".into(), json!(quota));
        model.quota_bytes = Set(quota);
    }
    if let Some(tags) = change.tags {
        let tags = input::tags(&tags)?;
        detail.insert("tags".into(), json!(tags));
        model.tags = Set(serde_json::to_string(&tags)?);
    }
    if detail.is_empty() {
        return Ok(());
    }
    finish(engine, actor, tx, model, "device.edit", detail, now).await
}

/// Mutes a device: its conditions are recorded, not alerted.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (retired).
pub async fn pause(engine: &Engine, actor: &Actor, id: DeviceId, now: Time) -> Result<(), Error> {
    pause_because(engine, actor, id, "", now).await
}

/// As [`pause`], with a reason that its page shows while it lasts.
///
/// # Errors
/// As [`pause`]; `Invalid` (reason).
pub async fn pause_because(engine: &Engine, actor: &Actor, id: DeviceId, reason: &str, now: Time) -> Result<(), Error> {
    let reason = input::text("reason", reason)?;
    live_on(engine, actor, id, ("device.pause", reason), now, |life, _| match life {
        DeviceLife::Retired => Err(Error::conflict("retired", "This device is retired. Bring it back with resume first.")),
        _ => Ok(DeviceLife::Paused),
    })
    .await
}

/// Brings a paused or retired device back. Slots that passed meanwhile were not promised.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn resume(engine: &Engine, actor: &Actor, id: DeviceId, now: Time) -> Result<(), Error> {
    live_on(engine, actor, id, ("device.resume", String::new()), now, |life, has_reported| match life {
        DeviceLife::Paused | DeviceLife::Retired if has_reported => Ok(DeviceLife::Active),
        DeviceLife::Paused | DeviceLife::Retired => Ok(DeviceLife::Pending),
        going => Ok(going),
    })
    .await
}

/// Keeps a device for its history only.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn retire(engine: &Engine, actor: &Actor, id: DeviceId, now: Time) -> Result<(), Error> {
    live_on(engine, actor, id, ("device.retire", String::new()), now, |_, _| Ok(DeviceLife::Retired)).await
}

async fn live_on(
    engine: &Engine,
    actor: &Actor,
    id: DeviceId,
    (what, reason): (&'static str, String),
    now: Time,
    next: impl FnOnce(DeviceLife, bool) -> Result<DeviceLife, Error>,
) -> Result<(), Error> {
    let (tx, stored) = begin(engine, actor, id, "pause, resume or retire devices").await?;
    let life: DeviceLife = parse(&stored.life)?;
    let state = device_state::Entity::find_by_id((stored.partner_id, stored.id)).one(&tx).await?;
    let has_reported = state.is_some_and(|s| s.last_seen_at.is_some());
    let after = next(life, has_reported)?;
    if after == life {
        return Ok(());
    }
    let whom = Whom {
        partner: PartnerId(stored.partner_id),
        organization: OrganizationId(stored.organization_id),
        device: Some(DeviceId(stored.id)),
    };
    if let Some(cause) = exclusions::cause_of(life) {
        exclusions::end(&tx, whom, cause, now).await?;
    }
    if let Some(cause) = exclusions::cause_of(after) {
        exclusions::begin(&tx, &engine.store, whom, cause, actor, now).await?;
    }
    let mut model = stored.into_active_model();
    model.life = Set(after.as_str().into());
    if matches!(after, DeviceLife::Active | DeviceLife::Pending) {
        model.watched_since = Set(now.0);
    }
    let mut detail = Map::from_iter([("life".to_owned(), json!(after))]);
    if !reason.is_empty() {
        detail.insert("reason".into(), json!(reason));
    }
    finish(engine, actor, tx, model, what, detail, now).await
}

async fn begin(engine: &Engine, actor: &Actor, id: DeviceId, what: &'static str) -> Result<(DatabaseTransaction, device::Model), Error> {
    let partner = PartnerId(find(engine.store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, what)?;
    let tx = engine.store.begin_for(partner).await?;
    lock(&engine.store, &tx, &[(partner, id)]).await?;
    let stored = find(&tx, actor, id).await?;
    Ok((tx, stored))
}

async fn finish(
    engine: &Engine,
    actor: &Actor,
    tx: DatabaseTransaction,
    mut model: device::ActiveModel,
    what: &'static str,
    detail: Map<String, Value>,
    now: Time,
) -> Result<(), Error> {
    model.updated_at = Set(now.0);
    let model = model.update(&tx).await?;
    let (partner, id) = (PartnerId(model.partner_id), DeviceId(model.id));
    let entry = Entry {
        partner,
        organization: Some(OrganizationId(model.organization_id)),
        what,
        subject: format!("device:{id}"),
        detail: detail.into(),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes: Vec<Change> = settle(&engine.store, &tx, &[(partner, id)], now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}
