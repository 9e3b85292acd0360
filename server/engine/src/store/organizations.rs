//! Organizations: the clients of a partner, with their live counts and those of a window (D1, D6).

mod clients;
mod counts;
mod list;
mod need;
mod words;

pub(crate) use clients::now_of;
pub use clients::{ClientRow, LastDays, clients, days};
pub use counts::{WindowCounts, counts};
pub use list::{OrganizationFilter, OrganizationRow, OrganizationSort, Standing, Standings, get, list, names, standings};
pub use need::need;
pub use words::{OrganizationStatus, PlanType, Window};

use super::{
    Store, accounts,
    audit::{self, Entry},
    devices,
    entity::{device, organization},
    exclusions::{self, Whom},
    facts::parse,
    input, partners, scope,
};
use crate::{
    Engine,
    error::Error,
    reconcile::{consent, incidents},
};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, OrganizationId, PartnerId},
    sla::Cause,
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};
use serde::Deserialize;
use serde_json::json;

/// An organization to be made.
#[derive(Clone, Debug, Default)]
pub struct NewOrganization {
    /// Whose client; none: the actor's own partner.
    pub partner: Option<PartnerId>,
    /// Its name.
    pub name: String,
    /// Its IANA zone; none: the partner's.
    pub time_zone: Option<String>,
    /// Where its backup data lives.
    pub region: String,
    /// Name of its plan.
    pub plan_name: String,
    /// What was sold.
    pub plan_type: PlanType,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
}

/// What may change of an organization. The outer none leaves as is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct OrganizationChange {
    /// New name.
    pub name: Option<String>,
    /// New IANA zone.
    pub time_zone: Option<String>,
    /// Activates or deactivates it.
    pub status: Option<OrganizationStatus>,
    /// New region.
    pub region: Option<String>,
    /// New plan name.
    pub plan_name: Option<String>,
    /// New plan type.
    pub plan_type: Option<PlanType>,
    /// New seat limit; inner none: no limit.
    pub seat_limit: Option<Option<i64>>,
}

fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, organization::Column::PartnerId, Some(organization::Column::Id), None::<organization::Column>)
}

fn may_see(actor: &Actor) -> Result<(), Error> {
    // Finance sees seats and plans, which live here (D11).
    if actor.may(Action::SeeDashboards) || actor.may(Action::SeeSeats) { Ok(()) } else { Err(Error::Forbidden("see organizations")) }
}

pub(crate) async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: OrganizationId) -> Result<organization::Model, Error> {
    organization::Entity::find()
        .filter(seen(actor))
        .filter(organization::COLUMN.id.eq(id.0))
        .one(conn)
        .await?
        .ok_or(Error::NotFound("organization"))
}

async fn refuse_double<C: ConnectionTrait>(conn: &C, partner: PartnerId, name: &str, except: i64) -> Result<(), Error> {
    let double = organization::Entity::find()
        .filter(organization::COLUMN.partner_id.eq(partner.0))
        .filter(organization::COLUMN.name_lower.eq(name.to_lowercase()))
        .filter(organization::COLUMN.id.ne(except))
        .count(conn)
        .await?;
    if double > 0 {
        return Err(Error::conflict("name_taken", format!("There already is an organization named `{name}`. Choose another name.")));
    }
    Ok(())
}

fn seats(limit: Option<i64>) -> Result<Option<i64>, Error> {
    match limit {
        Some(..=-1) => Err(Error::invalid("invalid_seat_limit", "seat_limit", "The seat limit can't be below 0; leave it out for none.")),
        fine => Ok(fine),
    }
}

/// Makes an organization.
///
/// # Errors
/// `Forbidden`, `NotFound` (partner), `Invalid`, `Conflict` (name).
pub async fn create(store: &Store, actor: &Actor, new: NewOrganization, now: Time) -> Result<OrganizationId, Error> {
    let partner = new.partner.map_or_else(|| scope::own_partner(actor), Ok)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManagePlans, "make organizations")?;
    let name = input::name("name", &new.name)?;
    let zone = new.time_zone.as_deref().map(|z| input::zone("time_zone", z)).transpose()?;
    let (region, plan_name) = (input::text("region", &new.region)?, input::text("plan_name", &new.plan_name)?);
    let seat_limit = seats(new.seat_limit)?;
    let tx = store.begin_for(partner).await?;
    refuse_double(&tx, partner, &name, 0).await?;
    let time_zone = match zone {
        Some(zone) => zone,
        None => partners::find(&tx, partner).await?.time_zone,
    };
    let (workstations, servers) = super::sla::hours_of_new(&tx, partner).await?;
    let id = OrganizationId(store.id(now));
    organization::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        name_lower: Set(name.to_lowercase()),
        name: Set(name.clone()),
        time_zone: Set(time_zone.clone()),
        status: Set(OrganizationStatus::Activated.as_str().into()),
        region: Set(region),
        plan_name: Set(plan_name),
        plan_type: Set(new.plan_type.as_str().into()),
        seat_limit: Set(seat_limit),
        created_at: Set(now.0),
        updated_at: Set(now.0),
        sla_workstation_hours: Set(workstations),
        sla_server_hours: Set(servers),
    }
    .insert(&tx)
    .await?;
    let entry = Entry {
        partner,
        organization: Some(id),
        what: "organization.create",
        subject: format!("organization:{id}"),
        detail: json!({ "name": name, "time_zone": time_zone }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    accounts::mark_organization(&tx, (partner, id), actor, true, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes an organization. A changed status settles all its devices and accounts: those of a deactivated organization are muted, and
/// use no seats.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Conflict` (name).
pub async fn edit(engine: &Engine, actor: &Actor, id: OrganizationId, change: OrganizationChange, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManagePlans, "change organizations")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    let status_before: OrganizationStatus = parse(&stored.status)?;
    let zone_before = stored.time_zone.clone();
    let mut model = stored.into_active_model();
    let mut detail = serde_json::Map::new();
    if let Some(name) = change.name {
        let name = input::name("name", &name)?;
        refuse_double(&tx, partner, &name, id.0).await?;
        detail.insert("name".into(), json!(name));
        model.name_lower = Set(name.to_lowercase());
        model.name = Set(name);
    }
    let mut new_zone = None;
    if let Some(zone) = change.time_zone {
        let zone = input::zone("time_zone", &zone)?;
        if zone != zone_before {
            detail.insert("time_zone".into(), json!(zone));
            model.time_zone = Set(zone.clone());
            new_zone = Some(zone);
        }
    }
    if let Some(region) = change.region {
        let region = input::text("region", &region)?;
        detail.insert("region".into(), json!(region));
        model.region = Set(region);
    }
    if let Some(plan_name) = change.plan_name {
        let plan_name = input::text("plan_name", &plan_name)?;
        detail.insert("plan_name".into(), json!(plan_name));
        model.plan_name = Set(plan_name);
    }
    if let Some(plan_type) = change.plan_type {
        detail.insert("plan_type".into(), json!(plan_type));
        model.plan_type = Set(plan_type.as_str().into());
    }
    if let Some(limit) = change.seat_limit {
        let limit = seats(limit)?;
        detail.insert("seat_limit".into(), json!(limit));
        model.seat_limit = Set(limit);
    }
    let status = change.status.filter(|s| *s != status_before);
    if let Some(status) = status {
        detail.insert("status".into(), json!(status));
        model.status = Set(status.as_str().into());
    }
    if detail.is_empty() {
        return Ok(());
    }
    let mut held = Vec::new();
    let mut seats = Vec::new();
    if status.is_some() || new_zone.is_some() {
        held = devices_of(&tx, partner, id).await?;
        seats = accounts::subjects_of_organization(&tx, partner, id).await?;
        held.extend(&seats);
    }
    devices::lock(store, &tx, &held).await?;
    model.updated_at = Set(now.0);
    model.update(&tx).await?;
    if let Some(zone) = &new_zone {
        super::days::recount(&tx, partner, id, zone).await?;
        super::reports::due::work_out_anew(&tx, partner, id).await?;
    }
    if status == Some(OrganizationStatus::Activated) {
        watch_anew(&tx, partner, id, now).await?;
        accounts::watch_anew(&tx, &seats, now).await?;
    }
    if let Some(status) = status {
        accounts::mark_organization(&tx, (partner, id), actor, status == OrganizationStatus::Activated, now).await?;
        let whom = Whom { partner, organization: id, device: None };
        match status {
            OrganizationStatus::Activated => exclusions::end(&tx, whom, Cause::Deactivated, now).await?,
            OrganizationStatus::Deactivated => exclusions::begin(&tx, store, whom, Cause::Deactivated, actor, now).await?,
        }
    }
    let entry =
        Entry { partner, organization: Some(id), what: "organization.edit", subject: format!("organization:{id}"), detail: detail.into() };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    if status.is_some() {
        // The connections' alerts follow below: whoever holds them mustn't wait for the counts that are written before.
        incidents::lock(&tx, &[partner].into()).await?;
    }
    let mut changes = devices::settle(store, &tx, &held, now).await?;
    if status.is_some() {
        changes.extend(consent::follow_organization(store, &tx, partner, id.0, now).await?);
    }
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

/// Slots that passed while the organization was deactivated were not promised.
async fn watch_anew(tx: &DatabaseTransaction, partner: PartnerId, id: OrganizationId, now: Time) -> Result<(), Error> {
    device::Entity::update_many()
        .col_expr(device::Column::WatchedSince, now.0.into())
        .filter(device::COLUMN.partner_id.eq(partner.0))
        .filter(device::COLUMN.organization_id.eq(id.0))
        .exec(tx)
        .await?;
    Ok(())
}

async fn devices_of(tx: &DatabaseTransaction, partner: PartnerId, id: OrganizationId) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let ids: Vec<i64> = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(device::COLUMN.partner_id.eq(partner.0))
        .filter(device::COLUMN.organization_id.eq(id.0))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(ids.into_iter().map(|d| (partner, DeviceId(d))).collect())
}
