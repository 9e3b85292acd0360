//! Planning, changing and ending windows. Each is one transaction: the rows, the audit entry, all subjects settled; then it is published.

use super::{
    find, reach,
    touched::{Home, home, partners, refused_connections, subjects},
    window,
};
use crate::{
    Engine,
    error::Error,
    reconcile::consent,
    store::{
        audit::{self, Entry},
        devices,
        entity::maintenance_window,
        input, scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, MaintenanceId, OrganizationId, PartnerId},
    maintenance::{Occurs, Reach, calendar, words},
    time::Time,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend, IntoActiveModel};
use serde::Deserialize;
use serde_json::json;

/// A window to be planned.
#[derive(Clone, Debug)]
pub struct NewWindow {
    /// Of a partner, a tag or all: whose; none: the actor's own partner.
    pub partner: Option<PartnerId>,
    /// Its name.
    pub name: String,
    /// Why.
    pub note: String,
    /// Whom it concerns.
    pub reach: Reach,
    /// When it occurs.
    pub occurs: Occurs,
}

/// What may change of a window.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct WindowChange {
    /// New name.
    pub name: Option<String>,
    /// New note.
    pub note: Option<String>,
    /// Whom it concerns from now on.
    pub reach: Option<Reach>,
    /// When it occurs from now on.
    pub occurs: Option<Occurs>,
}

fn usable(occurs: &Occurs, now: Time) -> Result<(), Error> {
    calendar::validate(occurs).map_err(|e| Error::invalid("invalid_window", "occurs", sentence(&e.0)))?;
    let next = calendar::next(occurs, now, 1).map_err(|e| Error::invalid("invalid_window", "occurs", sentence(&e.0)))?;
    if next.is_empty() {
        return Err(Error::invalid("window_over", "occurs", "This window would be over already. Choose a time that lies ahead."));
    }
    Ok(())
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn checked_reach(reach: Reach) -> Result<Reach, Error> {
    match reach {
        Reach::Tag(tag) => {
            let tag = input::tags(std::slice::from_ref(&tag))?.pop();
            tag.map(Reach::Tag).ok_or_else(|| Error::invalid("empty_tag", "tag", "Write the tag of the devices that are meant."))
        }
        other => Ok(other),
    }
}

/// Plans a window, and settles all whom it concerns.
///
/// # Errors
/// `NotFound` (device, organization, partner), `Forbidden`, `Invalid`.
pub async fn create(engine: &Engine, actor: &Actor, new: NewWindow, now: Time) -> Result<MaintenanceId, Error> {
    let store = &engine.store;
    let home_of = home(store.reads(), actor, new.partner, &new.reach).await?;
    scope::require(actor, Action::ManageDevices, "plan maintenance")?;
    let (name, note) = (input::name("name", &new.name)?, input::text("note", &new.note)?);
    let reach = checked_reach(new.reach)?;
    usable(&new.occurs, now)?;
    let tx = store.begin_for(home_of.partner).await?;
    let home = home(&tx, actor, Some(home_of.partner), &reach).await?;
    let id = MaintenanceId(store.id(now));
    let held = hold(engine, &tx, &[(home.partner, &reach)]).await?;
    insert(&tx, (id, id), home, (name.clone(), note.clone()), (&reach, &new.occurs), (actor, now)).await?;
    let detail = json!({ "name": name, "note": note, "reach": reach, "occurs": words(&new.occurs) });
    log(&tx, actor, home, "maintenance.create", id, detail, now).await?;
    held.settle(engine, tx, now).await?;
    Ok(id)
}

/// Changes a window from now on: what it was stays as it was.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Conflict` (it is over).
pub async fn change(engine: &Engine, actor: &Actor, id: MaintenanceId, change: WindowChange, now: Time) -> Result<(), Error> {
    let (tx, stored) = begin(engine, actor, id).await?;
    let before = window(&stored)?;
    let name = change.name.map_or(Ok(stored.name.clone()), |name| input::name("name", &name))?;
    let note = change.note.map_or(Ok(stored.note.clone()), |note| input::text("note", &note))?;
    let reach = change.reach.map_or(Ok(before.reach.clone()), checked_reach)?;
    let occurs = change.occurs.unwrap_or_else(|| before.occurs.clone());
    if (&name, &note, &reach, &occurs) == (&stored.name, &stored.note, &before.reach, &before.occurs) {
        return Ok(());
    }
    usable(&occurs, now)?;
    let partner = PartnerId(stored.partner_id);
    let home = home(&tx, actor, Some(partner), &reach).await?;
    if home.partner != partner {
        return Err(Error::conflict("other_partner", "A window can't move to another partner. End this one and plan another."));
    }
    let held = hold(engine, &tx, &[(partner, &before.reach), (partner, &reach)]).await?;
    end(&tx, stored, actor, now).await?;
    let version = MaintenanceId(engine.store.id(now));
    // An occurrence that was ended stays ended.
    let from = if occurs == before.occurs { now.max(before.from) } else { now };
    insert(&tx, (version, id), home, (name.clone(), note.clone()), (&reach, &occurs), (actor, from)).await?;
    let detail = json!({ "name": name, "note": note, "reach": reach, "occurs": words(&occurs) });
    log(&tx, actor, home, "maintenance.edit", id, detail, now).await?;
    held.settle(engine, tx, now).await
}

/// Ends the occurrence that is in force. One that comes again stays for the next time.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (it is not in force).
pub async fn end_now(engine: &Engine, actor: &Actor, id: MaintenanceId, now: Time) -> Result<(), Error> {
    let (tx, stored) = begin(engine, actor, id).await?;
    let before = window(&stored)?;
    let ahead = before.ahead(now).map_err(|e| Error::Internal(format!("a stored window: {e}")))?;
    let Some((_, over)) = ahead.first().filter(|(from, _)| *from <= now) else {
        return Err(Error::conflict("not_in_force", "This window is not in force now. Remove it if it should not come."));
    };
    let home = Home { partner: PartnerId(stored.partner_id), organization: stored.organization_id, device: stored.device_id };
    let held = hold(engine, &tx, &[(home.partner, &before.reach)]).await?;
    let (name, note) = (stored.name.clone(), stored.note.clone());
    end(&tx, stored, actor, now).await?;
    if let Occurs::Recurring { .. } = before.occurs {
        let version = MaintenanceId(engine.store.id(now));
        insert(&tx, (version, id), home, (name.clone(), note), (&before.reach, &before.occurs), (actor, *over)).await?;
    }
    log(&tx, actor, home, "maintenance.end", id, json!({ "name": name }), now).await?;
    held.settle(engine, tx, now).await
}

/// Takes a window away: it doesn't come any more. What it was stays.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (it is over).
pub async fn remove(engine: &Engine, actor: &Actor, id: MaintenanceId, now: Time) -> Result<(), Error> {
    let (tx, stored) = begin(engine, actor, id).await?;
    let home = Home { partner: PartnerId(stored.partner_id), organization: stored.organization_id, device: stored.device_id };
    let (name, reach) = (stored.name.clone(), reach(&stored)?);
    let held = hold(engine, &tx, &[(home.partner, &reach)]).await?;
    end(&tx, stored, actor, now).await?;
    log(&tx, actor, home, "maintenance.remove", id, json!({ "name": name }), now).await?;
    held.settle(engine, tx, now).await
}

async fn begin(engine: &Engine, actor: &Actor, id: MaintenanceId) -> Result<(DatabaseTransaction, maintenance_window::Model), Error> {
    let store = &engine.store;
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "change maintenance windows")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    if stored.until_at.is_some() {
        return Err(Error::conflict("window_over", "This window is over. Plan another one."));
    }
    Ok((tx, stored))
}

/// All whom a change concerns, locked.
struct Held {
    subjects: Vec<(PartnerId, DeviceId)>,
    connections: Vec<(PartnerId, domain::ids::ConnectionId)>,
}

/// Finds and locks whom windows concern: partners before subjects, each in order, as every command does.
async fn hold(engine: &Engine, tx: &DatabaseTransaction, of: &[(PartnerId, &Reach)]) -> Result<Held, Error> {
    let mut held = Held { subjects: Vec::new(), connections: Vec::new() };
    for (partner, reach) in of {
        let partners = partners(tx, *partner, reach).await?;
        lock_partners(tx, &partners).await?;
        held.subjects.extend(subjects(tx, &partners, reach).await?);
        held.connections.extend(refused_connections(tx, &partners, reach).await?);
    }
    held.subjects.sort_unstable();
    held.subjects.dedup();
    held.connections.sort_unstable();
    held.connections.dedup();
    devices::lock(&engine.store, tx, &held.subjects).await?;
    Ok(held)
}

/// So that no device or account is made meanwhile that wouldn't know of the window.
async fn lock_partners(tx: &DatabaseTransaction, partners: &[PartnerId]) -> Result<(), Error> {
    if tx.get_database_backend() == DbBackend::Postgres && partners.len() > 1 {
        let mut sql = Sql::new("SELECT id FROM partners WHERE id IN ");
        sql.bind_list(partners.iter().map(|partner| partner.0)).push(" ORDER BY id FOR NO KEY UPDATE");
        tx.query_all_raw(sql.build(tx.get_database_backend())).await?;
    }
    Ok(())
}

impl Held {
    /// Settles all of them, commits, and publishes.
    async fn settle(self, engine: &Engine, tx: DatabaseTransaction, now: Time) -> Result<(), Error> {
        let changes = devices::settle(&engine.store, &tx, &self.subjects, now).await?;
        tx.commit().await?;
        engine.live.publish(changes);
        consent::follow_each(&engine.store, &engine.live, self.connections, now).await
    }
}

async fn end(tx: &DatabaseTransaction, stored: maintenance_window::Model, actor: &Actor, now: Time) -> Result<(), Error> {
    // One that would hold from later on never held.
    let until = now.0.max(stored.from_at);
    let mut model = stored.into_active_model();
    model.until_at = Set(Some(until));
    model.ended_by = Set(Some(audit::who(actor)));
    model.update(tx).await?;
    Ok(())
}

async fn insert(
    tx: &DatabaseTransaction,
    (id, series): (MaintenanceId, MaintenanceId),
    home: Home,
    (name, note): (String, String),
    (reach, occurs): (&Reach, &Occurs),
    (actor, from): (&Actor, Time),
) -> Result<(), Error> {
    let (scope, tag) = match reach {
        Reach::Device(_) => ("device", ""),
        Reach::Organization(_) => ("organization", ""),
        Reach::Partner => ("partner", ""),
        Reach::Tag(tag) => ("tag", tag.as_str()),
        Reach::All => ("all", ""),
    };
    maintenance_window::ActiveModel {
        partner_id: Set(home.partner.0),
        id: Set(id.0),
        series_id: Set(series.0),
        name: Set(name),
        note: Set(note),
        scope: Set(scope.into()),
        organization_id: Set(home.organization),
        device_id: Set(home.device),
        tag: Set(tag.to_owned()),
        occurs: Set(serde_json::to_string(occurs)?),
        from_at: Set(from.0),
        until_at: Set(None),
        over_at: Set(match occurs {
            Occurs::Once { until, .. } => Some(until.0),
            Occurs::Recurring { .. } => None,
        }),
        made_by: Set(audit::who(actor)),
        ended_by: Set(None),
    }
    .insert(tx)
    .await?;
    Ok(())
}

async fn log(
    tx: &DatabaseTransaction,
    actor: &Actor,
    home: Home,
    what: &'static str,
    id: MaintenanceId,
    detail: serde_json::Value,
    now: Time,
) -> Result<(), Error> {
    let organization = (home.organization != 0).then_some(OrganizationId(home.organization));
    let entry = Entry { partner: home.partner, organization, what, subject: format!("maintenance:{id}"), detail };
    audit::append(tx, audit::who(actor), entry, now).await
}
