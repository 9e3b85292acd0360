//! Jobs: made by ingest on first sight; listed, renamed and given a schedule of their own here.

use super::{
    Store,
    audit::{self, Entry},
    devices,
    entity::{device, job, job_state, policy},
    facts::parse,
    input, policies, scope,
};
use crate::{Engine, error::Error};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    run::RunState,
    schedule::Schedule,
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

/// A job with what its runs say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// Which job.
    pub id: JobId,
    /// Of which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its name as a word of a URL.
    pub slug: String,
    /// Secret part of its ping address.
    pub ping_uuid: String,
    /// Its own schedule; none: the policy's.
    pub own_schedule: Option<Schedule>,
    /// The schedule it follows.
    pub schedule: Schedule,
    /// When it was first seen.
    pub created_at: Time,
    /// The run that started last.
    pub last_run: Option<RunId>,
    /// Its state.
    pub last_state: Option<RunState>,
    /// When that was said.
    pub last_at: Option<Time>,
    /// End of the last usable run.
    pub last_usable_at: Option<Time>,
    /// When the next usable run is due, grace included.
    pub due_at: Option<Time>,
}

/// What may change of a job. The outer none leaves as is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct JobChange {
    /// New name.
    pub name: Option<String>,
    /// New schedule; inner none: the policy's.
    pub schedule: Option<Option<Schedule>>,
}

/// Where a ping address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingTarget {
    /// The partner.
    pub partner: PartnerId,
    /// The organization.
    pub organization: OrganizationId,
    /// The device.
    pub device: DeviceId,
    /// The job; none: the address is the device's.
    pub job: Option<JobId>,
}

pub(super) fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, job::Column::PartnerId, Some(job::Column::OrganizationId), Some(job::Column::DeviceId))
}

/// Jobs of a device, by name.
///
/// # Errors
/// `NotFound` (device); `Forbidden` without the right to read.
pub async fn list(store: &Store, actor: &Actor, device: DeviceId) -> Result<Vec<JobRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see jobs")?;
    let conn = store.reads();
    let device = devices::find(conn, actor, device).await?;
    let policy = policies::of_partner(conn, PartnerId(device.partner_id), Some(domain::ids::PolicyId(device.policy_id))).await?;
    let jobs = job::Entity::find()
        .filter(job::COLUMN.partner_id.eq(device.partner_id))
        .filter(job::COLUMN.device_id.eq(device.id))
        .order_by_asc(job::Column::NameLower)
        .all(conn)
        .await?;
    let mut states: HashMap<i64, job_state::Model> = job_state::Entity::find()
        .filter(job_state::COLUMN.partner_id.eq(device.partner_id))
        .filter(job_state::COLUMN.device_id.eq(device.id))
        .all(conn)
        .await?
        .into_iter()
        .map(|s| (s.job_id, s))
        .collect();
    jobs.into_iter().map(|j| row(&j, states.remove(&j.id), &policy)).collect()
}

fn row(job: &job::Model, state: Option<job_state::Model>, policy: &policy::Model) -> Result<JobRow, Error> {
    let s = state.as_ref();
    Ok(JobRow {
        id: JobId(job.id),
        device: DeviceId(job.device_id),
        name: job.name.clone(),
        slug: job.slug.clone(),
        ping_uuid: job.ping_uuid.clone(),
        own_schedule: job.schedule.as_deref().map(serde_json::from_str).transpose()?,
        schedule: policies::schedule_of(job, policy)?,
        created_at: Time(job.created_at),
        last_run: s.and_then(|s| s.last_run_id).map(RunId),
        last_state: s.and_then(|s| s.last_state.as_deref()).map(parse).transpose()?,
        last_at: s.and_then(|s| s.last_at).map(Time),
        last_usable_at: s.and_then(|s| s.last_usable_at).map(Time),
        due_at: s.and_then(|s| s.due_at).map(Time),
    })
}

async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: JobId) -> Result<job::Model, Error> {
    job::Entity::find().filter(seen(actor)).filter(job::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("job"))
}

/// One job.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: JobId) -> Result<JobRow, Error> {
    scope::require(actor, Action::SeeDashboards, "see jobs")?;
    let device = DeviceId(find(store.reads(), actor, id).await?.device_id);
    list(store, actor, device).await?.into_iter().find(|j| j.id == id).ok_or(Error::NotFound("job"))
}

/// Renames a job or gives it a schedule of its own; its device is settled in the same transaction.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Conflict` (name).
pub async fn edit(engine: &Engine, actor: &Actor, id: JobId, change: JobChange, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let stored = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDevices, "change jobs")?;
    let (partner, device) = (PartnerId(stored.partner_id), DeviceId(stored.device_id));
    let tx = store.begin_for(partner).await?;
    devices::lock(store, &tx, &[(partner, device)]).await?;
    let stored = find(&tx, actor, id).await?;
    let organization = OrganizationId(stored.organization_id);
    let mut model = stored.into_active_model();
    let mut detail = serde_json::Map::new();
    if let Some(name) = change.name {
        let name = input::name("name", &name)?;
        let double = job::Entity::find()
            .filter(job::COLUMN.partner_id.eq(partner.0))
            .filter(job::COLUMN.device_id.eq(device.0))
            .filter(job::COLUMN.name_lower.eq(name.to_lowercase()))
            .filter(job::COLUMN.id.ne(id.0))
            .count(&tx)
            .await?;
        if double > 0 {
            return Err(Error::conflict("name_taken", format!("This device already has a job named `{name}`. Choose another name.")));
        }
        detail.insert("name".into(), json!(name));
        model.name_lower = Set(name.to_lowercase());
        model.name = Set(name);
    }
    if let Some(schedule) = change.schedule {
        if let Some(schedule) = &schedule {
            input::schedule("schedule", schedule)?;
        }
        detail.insert("schedule".into(), json!(schedule));
        model.schedule = Set(schedule.as_ref().map(serde_json::to_string).transpose()?);
        // Slots of the new schedule that lie in the past were never promised.
        device::Entity::update_many()
            .col_expr(device::Column::WatchedSince, now.0.into())
            .filter(device::COLUMN.partner_id.eq(partner.0))
            .filter(device::COLUMN.id.eq(device.0))
            .exec(&tx)
            .await?;
    }
    if detail.is_empty() {
        return Ok(());
    }
    model.update(&tx).await?;
    let entry = Entry { partner, organization: Some(organization), what: "job.edit", subject: format!("job:{id}"), detail: detail.into() };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = devices::settle(store, &tx, &[(partner, device)], now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

/// Where a ping address leads: a job's, or a device's. The address itself is the secret; there is no actor.
///
/// # Errors
/// The database fails.
pub async fn by_ping_uuid(store: &Store, uuid: &str) -> Result<Option<PingTarget>, Error> {
    let conn = store.reads();
    if let Some(job) = job::Entity::find().filter(job::COLUMN.ping_uuid.eq(uuid)).one(conn).await? {
        return Ok(Some(PingTarget {
            partner: PartnerId(job.partner_id),
            organization: OrganizationId(job.organization_id),
            device: DeviceId(job.device_id),
            job: Some(JobId(job.id)),
        }));
    }
    let device = device::Entity::find().filter(device::COLUMN.ping_uuid.eq(uuid)).one(conn).await?;
    Ok(device.map(|d| PingTarget {
        partner: PartnerId(d.partner_id),
        organization: OrganizationId(d.organization_id),
        device: DeviceId(d.id),
        job: None,
    }))
}

/// Jobs of the scope with this slug, for ping addresses of the form key/slug: at most two, so that the caller can
/// tell one from several.
///
/// # Errors
/// The database fails.
pub async fn by_slug(store: &Store, actor: &Actor, slug: &str) -> Result<Vec<PingTarget>, Error> {
    use sea_orm::QuerySelect;
    let jobs = job::Entity::find()
        .filter(seen(actor))
        .filter(job::COLUMN.slug.eq(slug))
        .order_by_asc(job::Column::Id)
        .limit(2)
        .all(store.reads())
        .await?;
    Ok(jobs
        .into_iter()
        .map(|j| PingTarget {
            partner: PartnerId(j.partner_id),
            organization: OrganizationId(j.organization_id),
            device: DeviceId(j.device_id),
            job: Some(JobId(j.id)),
        })
        .collect())
}
