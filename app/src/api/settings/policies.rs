//! Policies: list, one policy, what a typed schedule means.

#[cfg(feature = "ssr")]
mod followers;
mod input;
mod preview;

pub use input::PolicyInput;
pub use preview::{Concerned, EffectView, SchedulePreview, SlotView};

use crate::error::UiError;
use domain::ids::PolicyId;
#[cfg(feature = "ssr")]
use followers::{effect, followers_in_words, unkept, warned};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A policy in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLine {
    /// Which policy.
    pub id: PolicyId,
    /// Its name.
    pub name: String,
    /// Whose it is, where there are several partners.
    pub partner: String,
    /// Its schedule in words.
    pub schedule: String,
    /// Grace in words.
    pub grace: String,
    /// Restore tests in words, if it asks for them.
    pub restore_tests: Option<String>,
    /// Taken for devices that name none.
    pub is_default: bool,
    /// Devices that follow it: how many in words, and whether any.
    pub devices: (String, bool),
    /// Service levels of the devices that follow it, which it can't keep.
    pub warnings: Vec<String>,
}

/// The list of policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoliciesView {
    /// All of them, by name.
    pub rows: Vec<PolicyLine>,
    /// The actor may make and change them.
    pub may_manage: bool,
}

/// The page of one policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// What the form begins with.
    pub form: PolicyInput,
    /// It is the default already.
    pub is_default: bool,
    /// Devices that follow it, in words.
    pub devices: String,
    /// It can be deleted: nothing uses it, and it isn't the default.
    pub may_delete: bool,
    /// Zones to choose from.
    pub zones: Vec<String>,
    /// The actor may change it.
    pub may_manage: bool,
    /// The schedule as it is stored.
    pub preview: SchedulePreview,
}

/// All policies of the scope.
///
/// # Errors
/// `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/policies", output = crate::wire::Wire)]
pub async fn list_policies() -> Result<PoliciesView, UiError> {
    use domain::{access::Action, text, time::Span};
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let rows = engine::store::policies::list(&engine.store, &actor).await?;
    let uses = engine::store::policies::uses(&engine.store, &actor).await?;
    let partners = engine::store::partners::list(&engine.store, &actor).await?;
    let whose = |id| partners.iter().find(|p| p.id == id).filter(|_| partners.len() > 1).map(|p| p.name.clone()).unwrap_or_default();
    let mut warnings = std::collections::HashMap::new();
    for row in &rows {
        if uses.get(&row.id).is_some_and(|u| u.devices > 0) {
            warnings.insert(row.id, unkept(&engine, &actor, row.id, &row.policy, now).await?.0);
        }
    }
    let mut line = |row: engine::store::policies::PolicyRow| {
        let uses = uses.get(&row.id).copied().unwrap_or_default();
        PolicyLine {
            warnings: warnings.remove(&row.id).unwrap_or_default(),
            devices: (followers_in_words(uses), uses.devices > 0),
            id: row.id,
            partner: whose(row.partner),
            name: row.name,
            schedule: text::schedule(&row.policy.schedule),
            grace: text::span(Span::minutes(row.policy.grace_minutes.into())),
            restore_tests: row.policy.restore_test_days.map(|days| format!("every {days} d")),
            is_default: row.is_default,
        }
    };
    Ok(PoliciesView { rows: rows.into_iter().map(&mut line).collect(), may_manage: actor.may(Action::ManageDevices) })
}

/// One policy, or a new one without `id`; a new one may begin as a copy.
///
/// # Errors
/// `not_found`, `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/policy", output = crate::wire::Wire)]
pub async fn load_policy(
    /// Which one.
    id: Option<PolicyId>,
    /// New: what it is a copy of.
    copy: Option<PolicyId>,
) -> Result<PolicyView, UiError> {
    use super::schedules;
    use domain::{access::Action, policy::Policy};
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let store = &engine.store;
    let stored = match id {
        Some(id) => Some(engine::store::policies::get(store, &actor, id).await?),
        None => None,
    };
    let own_zone = match actor.scope.partner() {
        Some(partner) => engine::store::partners::get(store, &actor, partner).await.map_or_else(|_| "UTC".to_owned(), |p| p.time_zone),
        None => "UTC".to_owned(),
    };
    let mut policy = stored.as_ref().map_or_else(Policy::default, |row| row.policy.clone());
    let original = match copy {
        Some(copy) if stored.is_none() => Some(engine::store::policies::get(store, &actor, copy).await?),
        _ => None,
    };
    if let Some(original) = &original {
        policy = original.policy.clone();
    }
    let uses = match &stored {
        Some(row) => engine::store::policies::uses(store, &actor).await?.get(&row.id).copied().unwrap_or_default(),
        None => engine::store::policies::PolicyUse::default(),
    };
    let mut form = schedules::form(stored.as_ref(), &policy, &own_zone);
    if let Some(original) = original {
        form.name = format!("{} (copy)", original.name);
    }
    let may_manage = actor.may(Action::ManageDevices);
    let mut zones: Vec<String> = domain::wall_clock::zone_names().into_iter().map(str::to_owned).collect();
    if !zones.contains(&form.time_zone) {
        zones.insert(0, form.time_zone.clone());
    }
    let preview = schedules::preview(&policy, &own_zone, now);
    let (mut warnings, concerned) = warned(&engine, &actor, &form.id, &policy, now).await?;
    warnings.extend(preview.warnings.iter().cloned());
    Ok(PolicyView {
        is_default: stored.as_ref().is_some_and(|row| row.is_default),
        devices: followers_in_words(uses),
        may_delete: may_manage && uses.devices + uses.connections == 0 && stored.as_ref().is_some_and(|row| !row.is_default),
        zones,
        may_manage,
        preview: SchedulePreview { warnings, concerned, ..preview },
        form,
    })
}

/// What the typed policy means: its schedule in words, the next five slots, warnings, and what saving would change. Changes nothing.
///
/// # Errors
/// Not signed in. What is wrong with the schedule stands in the answer.
#[server(prefix = "/sf", endpoint = "settings/schedule_preview", output = crate::wire::Wire)]
pub async fn preview_schedule(
    /// As typed.
    form: PolicyInput,
) -> Result<SchedulePreview, UiError> {
    use super::schedules;
    let (engine, actor) = crate::context::actor()?;
    let own_zone = match actor.scope.partner() {
        Some(partner) => {
            engine::store::partners::get(&engine.store, &actor, partner).await.map_or_else(|_| "UTC".to_owned(), |p| p.time_zone)
        }
        None => "UTC".to_owned(),
    };
    Ok(match schedules::policy(&form) {
        Ok(policy) => {
            let now = (engine.clock)();
            let effect = effect(&engine, &actor, &form.id, &policy, now).await?;
            let (mut warnings, concerned) = warned(&engine, &actor, &form.id, &policy, now).await?;
            let preview = schedules::preview(&policy, &own_zone, now);
            warnings.extend(preview.warnings);
            SchedulePreview { effect, warnings, concerned, ..preview }
        }
        Err(error) => {
            // What can't be used is the answer here, not a refusal.
            if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
                response.set_status(http::StatusCode::OK);
            }
            SchedulePreview { problem: Some(error.message), ..SchedulePreview::default() }
        }
    })
}

/// Takes away a policy that nothing uses.
///
/// # Errors
/// `not_found`, `forbidden`, `policy_used`, `default_needed`.
#[server(prefix = "/sf", endpoint = "settings/delete_policy", output = crate::wire::Wire)]
pub async fn delete_policy(
    /// Which one.
    id: PolicyId,
) -> Result<crate::api::start::GoOn, UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::policies::delete(&engine.store, &actor, id, (engine.clock)()).await?;
    Ok(crate::api::start::go_on("/settings/policies"))
}

/// Makes a policy, or changes the one it names; devices of a changed policy are assessed anew.
///
/// # Errors
/// At a field: what is wrong with it. `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "settings/save_policy", output = crate::wire::Wire)]
pub async fn save_policy(
    /// As typed.
    form: PolicyInput,
) -> Result<crate::api::start::GoOn, UiError> {
    use super::schedules;
    use crate::api::organizations::at_name;
    use engine::store::policies::{self, NewPolicy, PolicyChange};
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let policy = schedules::policy(&form)?;
    if form.id.is_empty() {
        let new = NewPolicy { partner: None, name: form.name, policy };
        let id = policies::create(&engine.store, &actor, new, now).await.map_err(at_name)?;
        if form.is_default {
            let change = PolicyChange { is_default: Some(true), ..PolicyChange::default() };
            policies::edit(&engine, &actor, id, change, now).await?;
        }
    } else {
        let id = form.id.parse::<PolicyId>().map_err(|_| UiError::not_found("policy"))?;
        let before = policies::get(&engine.store, &actor, id).await?;
        let change = PolicyChange {
            name: (form.name != before.name).then_some(form.name),
            schedule: Some(policy.schedule),
            grace_minutes: Some(policy.grace_minutes),
            longest_run_minutes: Some(policy.longest_run_minutes),
            restore_test_days: Some(policy.restore_test_days),
            overdue_hours: Some(policy.overdue_hours),
            offline_allowance_hours: Some(policy.offline_allowance_hours),
            silence_days: Some(policy.silence_days),
            is_default: (form.is_default && !before.is_default).then_some(true),
        };
        policies::edit(&engine, &actor, id, change, now).await.map_err(at_name)?;
    }
    Ok(crate::api::start::go_on("/settings/policies"))
}
