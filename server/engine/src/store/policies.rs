//! Policies: schedule, grace and thresholds of a partner's devices (D1, D2). Each partner has one default.

mod commands;
mod effect;
mod unkept;
mod uses;

pub use commands::{NewPolicy, PolicyChange, create, delete, edit};
pub(crate) use commands::{insert, insert_default};
pub use effect::{ASSESSED, BandChange, Effect, effect};
pub use unkept::{Unkept, apart, unkept};
pub use uses::{COUNTED, PolicyUse, uses};

use super::{
    Store,
    entity::{job, policy},
    facts::narrow,
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    ids::{PartnerId, PolicyId},
    policy::Policy,
    schedule::Schedule,
    time::Time,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyRow {
    /// Which policy.
    pub id: PolicyId,
    /// Whose.
    pub partner: PartnerId,
    /// Its name.
    pub name: String,
    /// What it asks.
    #[serde(flatten)]
    pub policy: Policy,
    /// Taken for devices that name none.
    pub is_default: bool,
    /// When it was changed last.
    pub updated_at: Time,
}

pub(crate) fn policy(model: &policy::Model) -> Result<Policy, Error> {
    Ok(Policy {
        schedule: serde_json::from_str(&model.schedule)?,
        grace_minutes: narrow(model.grace_minutes)?,
        longest_run_minutes: narrow(model.longest_run_minutes)?,
        restore_test_days: model.restore_test_days.map(narrow).transpose()?,
        overdue_hours: model.overdue_hours.map(narrow).transpose()?,
        offline_allowance_hours: narrow(model.offline_allowance_hours)?,
        silence_days: narrow(model.silence_days)?,
    })
}

fn row(model: policy::Model) -> Result<PolicyRow, Error> {
    Ok(PolicyRow {
        policy: policy(&model)?,
        id: PolicyId(model.id),
        partner: PartnerId(model.partner_id),
        name: model.name,
        is_default: model.is_default,
        updated_at: Time(model.updated_at),
    })
}

/// All policies of the scope, by name. Narrower scopes than a partner see none.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn list(store: &Store, actor: &Actor) -> Result<Vec<PolicyRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see policies")?;
    let seen = scope::within(&actor.scope, policy::Column::PartnerId, None::<policy::Column>, None::<policy::Column>);
    let rows = policy::Entity::find()
        .filter(seen)
        .order_by_asc(policy::Column::NameLower)
        .order_by_asc(policy::Column::Id)
        .all(store.reads())
        .await?;
    rows.into_iter().map(row).collect()
}

/// One policy.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: PolicyId) -> Result<PolicyRow, Error> {
    scope::require(actor, Action::SeeDashboards, "see policies")?;
    row(find(store.reads(), actor, id).await?)
}

async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: PolicyId) -> Result<policy::Model, Error> {
    let seen = scope::within(&actor.scope, policy::Column::PartnerId, None::<policy::Column>, None::<policy::Column>);
    policy::Entity::find().filter(seen).filter(policy::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("policy"))
}

/// A policy of this partner, for a device that names it; without a name: the default.
pub(crate) async fn of_partner<C: ConnectionTrait>(conn: &C, partner: PartnerId, id: Option<PolicyId>) -> Result<policy::Model, Error> {
    let of_partner = policy::Entity::find().filter(policy::COLUMN.partner_id.eq(partner.0));
    match id {
        Some(id) => of_partner.filter(policy::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("policy")),
        None => of_partner
            .filter(policy::COLUMN.is_default.eq(true))
            .one(conn)
            .await?
            .ok_or_else(|| Error::Internal("a partner without a default policy".into())),
    }
}

/// The schedule a job follows: its own, else that of its device's policy.
pub(crate) fn schedule_of(job: &job::Model, policy: &policy::Model) -> Result<Schedule, Error> {
    Ok(serde_json::from_str(job.schedule.as_ref().unwrap_or(&policy.schedule))?)
}
