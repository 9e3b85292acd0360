//! Commands on policies. Each is one transaction: the change, its audit entry, and of an edit the settled state of all who follow it;
//! then it is published.

use super::find;
use crate::{
    Engine,
    error::Error,
    store::{
        Store, accounts,
        audit::{self, Entry},
        devices,
        entity::{connection, device, inbox_rule, policy},
        input, scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, PartnerId, PolicyId},
    policy::Policy,
    schedule::Schedule,
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde::Deserialize;
use serde_json::json;

const HOURS_OF_A_YEAR: u32 = 8_784;

/// A policy to be made.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// Whose; none: the actor's own partner.
    pub partner: Option<PartnerId>,
    /// Its name.
    pub name: String,
    /// What it asks.
    pub policy: Policy,
}

/// What may change of a policy. In double options the outer none leaves as is, the inner none clears.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PolicyChange {
    /// New name.
    pub name: Option<String>,
    /// New schedule.
    pub schedule: Option<Schedule>,
    /// New grace, minutes.
    pub grace_minutes: Option<u32>,
    /// New longest run time, minutes.
    pub longest_run_minutes: Option<u32>,
    /// New interval of restore tests, days.
    pub restore_test_days: Option<Option<u32>>,
    /// New hours until overdue.
    pub overdue_hours: Option<Option<u32>>,
    /// New offline allowance, hours.
    pub offline_allowance_hours: Option<u32>,
    /// New days of silence.
    pub silence_days: Option<u32>,
    /// True makes it the default of its partner.
    pub is_default: Option<bool>,
}

/// Refuses what a policy can't ask.
pub(super) fn check(policy: &Policy) -> Result<(), Error> {
    input::schedule("schedule", &policy.schedule)?;
    let within = |field: &'static str, value: u32, low: u32, high: u32| {
        if (low..=high).contains(&value) {
            Ok(())
        } else {
            Err(Error::invalid("out_of_range", field, format!("Give a number from {low} to {high}.")))
        }
    };
    within("grace_minutes", policy.grace_minutes, 0, 60 * HOURS_OF_A_YEAR)?;
    within("longest_run_minutes", policy.longest_run_minutes, 1, 60 * HOURS_OF_A_YEAR)?;
    within("silence_days", policy.silence_days, 1, 3_660)?;
    within("offline_allowance_hours", policy.offline_allowance_hours, 0, HOURS_OF_A_YEAR)?;
    if let Some(hours) = policy.overdue_hours {
        within("overdue_hours", hours, 1, HOURS_OF_A_YEAR)?;
    }
    if let Some(days) = policy.restore_test_days {
        within("restore_test_days", days, 1, 3_660)?;
    }
    Ok(())
}

async fn refuse_double<C: ConnectionTrait>(conn: &C, partner: PartnerId, name: &str, except: Option<PolicyId>) -> Result<(), Error> {
    let double = policy::Entity::find()
        .filter(policy::COLUMN.partner_id.eq(partner.0))
        .filter(policy::COLUMN.name_lower.eq(name.to_lowercase()))
        .filter(policy::COLUMN.id.ne(except.map_or(0, |e| e.0)))
        .count(conn)
        .await?;
    if double > 0 {
        return Err(Error::conflict("name_taken", format!("There already is a policy named `{name}`. Choose another name.")));
    }
    Ok(())
}

pub(crate) async fn insert_default(store: &Store, tx: &DatabaseTransaction, partner: PartnerId, now: Time) -> Result<PolicyId, Error> {
    insert(store, tx, partner, "Daily".into(), &Policy::default(), true, now).await
}

pub(crate) async fn insert(
    store: &Store,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    name: String,
    policy: &Policy,
    is_default: bool,
    now: Time,
) -> Result<PolicyId, Error> {
    let id = PolicyId(store.id(now));
    policy::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        name_lower: Set(name.to_lowercase()),
        name: Set(name),
        schedule: Set(serde_json::to_string(&policy.schedule)?),
        grace_minutes: Set(policy.grace_minutes.into()),
        longest_run_minutes: Set(policy.longest_run_minutes.into()),
        restore_test_days: Set(policy.restore_test_days.map(Into::into)),
        overdue_hours: Set(policy.overdue_hours.map(Into::into)),
        offline_allowance_hours: Set(policy.offline_allowance_hours.into()),
        silence_days: Set(policy.silence_days.into()),
        is_default: Set(is_default),
        created_at: Set(now.0),
        updated_at: Set(now.0),
    }
    .insert(tx)
    .await?;
    Ok(id)
}

/// Makes a policy.
///
/// # Errors
/// `Forbidden`, `NotFound` (partner), `Invalid`, `Conflict` (name).
pub async fn create(store: &Store, actor: &Actor, new: NewPolicy, now: Time) -> Result<PolicyId, Error> {
    let partner = new.partner.map_or_else(|| scope::own_partner(actor), Ok)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManageDevices, "make policies")?;
    let name = input::name("name", &new.name)?;
    check(&new.policy)?;
    let tx = store.begin_for(partner).await?;
    refuse_double(&tx, partner, &name, None).await?;
    let id = insert(store, &tx, partner, name.clone(), &new.policy, false, now).await?;
    let entry = Entry {
        partner,
        organization: None,
        what: "policy.create",
        subject: format!("policy:{id}"),
        detail: json!({ "name": name, "policy": new.policy }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes a policy and settles all its devices, and the accounts of its connections, in the same transaction.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Conflict` (name).
pub async fn edit(engine: &Engine, actor: &Actor, id: PolicyId, change: PolicyChange, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "change policies")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    let before = super::policy(&stored)?;
    let mut after = before.clone();
    if let Some(schedule) = change.schedule {
        after.schedule = schedule;
    }
    after.grace_minutes = change.grace_minutes.unwrap_or(after.grace_minutes);
    after.longest_run_minutes = change.longest_run_minutes.unwrap_or(after.longest_run_minutes);
    after.restore_test_days = change.restore_test_days.unwrap_or(after.restore_test_days);
    after.overdue_hours = change.overdue_hours.unwrap_or(after.overdue_hours);
    after.offline_allowance_hours = change.offline_allowance_hours.unwrap_or(after.offline_allowance_hours);
    after.silence_days = change.silence_days.unwrap_or(after.silence_days);
    check(&after)?;
    let mut model = stored.clone().into_active_model();
    let mut detail = serde_json::Map::new();
    if let Some(name) = change.name {
        let name = input::name("name", &name)?;
        refuse_double(&tx, partner, &name, Some(id)).await?;
        detail.insert("name".into(), json!(name));
        model.name_lower = Set(name.to_lowercase());
        model.name = Set(name);
    }
    match change.is_default {
        Some(true) if !stored.is_default => {
            policy::Entity::update_many()
                .col_expr(policy::Column::IsDefault, false.into())
                .filter(policy::COLUMN.partner_id.eq(partner.0))
                .exec(&tx)
                .await?;
            model.is_default = Set(true);
            detail.insert("is_default".into(), json!(true));
        }
        Some(false) if stored.is_default => {
            return Err(Error::conflict("default_needed", "There must be one default policy. Make another one the default instead."));
        }
        _ => {}
    }
    if after != before {
        detail.insert("policy".into(), json!(after));
        model.schedule = Set(serde_json::to_string(&after.schedule)?);
        model.grace_minutes = Set(after.grace_minutes.into());
        model.longest_run_minutes = Set(after.longest_run_minutes.into());
        model.restore_test_days = Set(after.restore_test_days.map(Into::into));
        model.overdue_hours = Set(after.overdue_hours.map(Into::into));
        model.offline_allowance_hours = Set(after.offline_allowance_hours.into());
        model.silence_days = Set(after.silence_days.into());
    }
    if detail.is_empty() {
        return Ok(());
    }
    let mut held = Vec::new();
    let mut seats = Vec::new();
    if after != before {
        held = devices_of(&tx, partner, id).await?;
        seats = accounts::subjects_of_policy(&tx, partner, id).await?;
        held.extend(&seats);
    }
    devices::lock(store, &tx, &held).await?;
    model.updated_at = Set(now.0);
    model.update(&tx).await?;
    if after.schedule != before.schedule {
        // Slots of the new schedule that lie in the past were never promised.
        device::Entity::update_many()
            .col_expr(device::Column::WatchedSince, now.0.into())
            .filter(device::COLUMN.partner_id.eq(partner.0))
            .filter(device::COLUMN.policy_id.eq(id.0))
            .exec(&tx)
            .await?;
        accounts::watch_anew(&tx, &seats, now).await?;
    }
    let entry = Entry { partner, organization: None, what: "policy.edit", subject: format!("policy:{id}"), detail: detail.into() };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = devices::settle(store, &tx, &held, now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

/// Takes away a policy that nothing uses.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (the default, or used by devices or inbox rules).
pub async fn delete(store: &Store, actor: &Actor, id: PolicyId, now: Time) -> Result<(), Error> {
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "delete policies")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    if stored.is_default {
        return Err(Error::conflict("default_needed", "This is the default policy. Make another one the default first."));
    }
    let used: Option<i64> = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(device::COLUMN.partner_id.eq(partner.0))
        .filter(device::COLUMN.policy_id.eq(id.0))
        .limit(1)
        .into_tuple()
        .one(&tx)
        .await?;
    if used.is_some() {
        return Err(Error::conflict("policy_used", "Devices follow this policy (retired ones count too). Give them another one first."));
    }
    let connections = connection::Entity::find()
        .filter(connection::COLUMN.partner_id.eq(partner.0))
        .filter(connection::COLUMN.policy_id.eq(id.0))
        .count(&tx)
        .await?;
    if connections > 0 {
        return Err(Error::conflict("policy_used", "Connections to SaaS services follow this policy. Give them another one first."));
    }
    let rules = inbox_rule::Entity::find()
        .filter(inbox_rule::COLUMN.partner_id.eq(partner.0))
        .filter(inbox_rule::COLUMN.policy_id.eq(id.0))
        .count(&tx)
        .await?;
    if rules > 0 {
        return Err(Error::conflict("policy_used", "Inbox rules give this policy to new devices. Change or delete those rules first."));
    }
    policy::Entity::delete_by_id((stored.partner_id, stored.id)).exec(&tx).await?;
    let detail = json!({ "name": stored.name });
    let entry = Entry { partner, organization: None, what: "policy.delete", subject: format!("policy:{id}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn devices_of(tx: &DatabaseTransaction, partner: PartnerId, id: PolicyId) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let ids: Vec<i64> = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(device::COLUMN.partner_id.eq(partner.0))
        .filter(device::COLUMN.policy_id.eq(id.0))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(ids.into_iter().map(|d| (partner, DeviceId(d))).collect())
}
