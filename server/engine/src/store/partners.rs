//! Partners: resellers, in a tree. A partner sees its own subtree and nothing beside or above it (D1).

use super::{
    Store,
    audit::{self, Entry},
    entity::partner,
    input, scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    ids::PartnerId,
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartnerRow {
    /// Which partner.
    pub id: PartnerId,
    /// The partner above it.
    pub parent: Option<PartnerId>,
    /// Its name.
    pub name: String,
    /// Its IANA zone, the default for its organizations.
    pub time_zone: String,
    /// When it was made.
    pub created_at: Time,
}

/// What may change of a partner.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PartnerChange {
    /// New name.
    pub name: Option<String>,
    /// New IANA zone.
    pub time_zone: Option<String>,
}

fn row(model: partner::Model) -> PartnerRow {
    PartnerRow {
        id: PartnerId(model.id),
        parent: model.parent_id.map(PartnerId),
        name: model.name,
        time_zone: model.time_zone,
        created_at: Time(model.created_at),
    }
}

/// All partners of the scope, by name. Narrower scopes than a partner see none.
///
/// # Errors
/// The database fails.
pub async fn list(store: &Store, actor: &Actor) -> Result<Vec<PartnerRow>, Error> {
    let Scope::Partners(partners) = &actor.scope else { return Ok(Vec::new()) };
    let rows = partner::Entity::find()
        .filter(partner::COLUMN.id.is_in(partners.iter().map(|p| p.0)))
        .order_by_asc(partner::Column::NameLower)
        .order_by_asc(partner::Column::Id)
        .all(store.reads())
        .await?;
    Ok(rows.into_iter().map(row).collect())
}

/// One partner.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn get(store: &Store, actor: &Actor, id: PartnerId) -> Result<PartnerRow, Error> {
    scope::inside(actor, "partner", id, None, None)?;
    find(store.reads(), id).await.map(row)
}

pub(crate) async fn find<C: ConnectionTrait>(conn: &C, id: PartnerId) -> Result<partner::Model, Error> {
    partner::Entity::find_by_id(id.0).one(conn).await?.ok_or(Error::NotFound("partner"))
}

/// Makes a partner (with its default policy) below another of the scope; without `parent`: below the actor's own. Only the
/// server itself makes a partner without one.
///
/// # Errors
/// `Forbidden`, `NotFound` (parent), `Invalid` (name, zone).
pub async fn create(
    store: &Store,
    actor: &Actor,
    name: &str,
    time_zone: &str,
    parent: Option<PartnerId>,
    now: Time,
) -> Result<PartnerId, Error> {
    scope::require(actor, Action::ManageSettings, "make partners")?;
    let parent = match (parent, &actor.scope) {
        (Some(parent), _) => Some(parent),
        (None, Scope::Partners(partners)) => partners.first().copied(),
        (None, _) => return Err(Error::Forbidden("make partners")),
    };
    if let Some(parent) = parent {
        scope::inside(actor, "partner", parent, None, None)?;
    }
    let tx = match parent {
        Some(parent) => store.begin_for(parent).await?,
        None => store.begin().await?,
    };
    let id = insert(store, &tx, audit::who(actor), name, time_zone, parent, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Within a transaction: the partner, its default policy, the first entry of its chain.
pub(crate) async fn insert(
    store: &Store,
    tx: &DatabaseTransaction,
    who: String,
    name: &str,
    time_zone: &str,
    parent: Option<PartnerId>,
    now: Time,
) -> Result<PartnerId, Error> {
    let name = input::name("name", name)?;
    let time_zone = input::zone("time_zone", time_zone)?;
    let id = PartnerId(store.id(now));
    let above = match parent {
        Some(parent) => find(tx, parent).await?.path,
        None => String::new(),
    };
    partner::ActiveModel {
        id: Set(id.0),
        parent_id: Set(parent.map(|p| p.0)),
        path: Set(format!("{above}{id}/")),
        name_lower: Set(name.to_lowercase()),
        name: Set(name.clone()),
        time_zone: Set(time_zone.clone()),
        created_at: Set(now.0),
    }
    .insert(tx)
    .await?;
    let entry = Entry {
        partner: id,
        organization: None,
        what: "partner.create",
        subject: format!("partner:{id}"),
        detail: json!({ "name": name, "time_zone": time_zone, "parent": parent }),
    };
    audit::append(tx, who, entry, now).await?;
    super::policies::insert_default(store, tx, id, now).await?;
    Ok(id)
}

/// Changes a partner.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`.
pub async fn edit(store: &Store, actor: &Actor, id: PartnerId, change: PartnerChange, now: Time) -> Result<(), Error> {
    scope::inside(actor, "partner", id, None, None)?;
    scope::require(actor, Action::ManageSettings, "change partners")?;
    let tx = store.begin_for(id).await?;
    let mut model = find(&tx, id).await?.into_active_model();
    let mut detail = serde_json::Map::new();
    if let Some(name) = change.name {
        let name = input::name("name", &name)?;
        detail.insert("name".into(), json!(name));
        model.name_lower = Set(name.to_lowercase());
        model.name = Set(name);
    }
    if let Some(zone) = change.time_zone {
        let zone = input::zone("time_zone", &zone)?;
        detail.insert("time_zone".into(), json!(zone));
        model.time_zone = Set(zone);
    }
    if detail.is_empty() {
        return Ok(());
    }
    if detail.contains_key("time_zone") {
        super::weekly::work_out_anew(&tx, id).await?;
    }
    model.update(&tx).await?;
    let entry = Entry { partner: id, organization: None, what: "partner.edit", subject: format!("partner:{id}"), detail: detail.into() };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A partner and all below it: the first is the partner itself.
pub(crate) async fn subtree<C: ConnectionTrait>(conn: &C, id: PartnerId) -> Result<Arc<[PartnerId]>, Error> {
    let path = find(conn, id).await?.path;
    // A path holds ids and slashes only: nothing in it needs escaping.
    let below =
        partner::Entity::find().filter(partner::COLUMN.path.starts_with(path)).order_by_asc(partner::Column::Path).all(conn).await?;
    Ok(below.into_iter().map(|p| PartnerId(p.id)).collect())
}

/// Every partner there is, for the server's own work (command line, checks); oldest first.
///
/// # Errors
/// The database fails.
pub async fn everything(store: &Store) -> Result<Scope, Error> {
    let all = partner::Entity::find().order_by_asc(partner::Column::Id).all(store.reads()).await?;
    Ok(Scope::Partners(all.into_iter().map(|p| PartnerId(p.id)).collect()))
}
