//! Policies: list, one policy, what a typed schedule means.

use crate::error::UiError;
use domain::{ids::PolicyId, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A policy in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLine {
    /// Which policy.
    pub id: PolicyId,
    /// Its name.
    pub name: String,
    /// Its schedule in words.
    pub schedule: String,
    /// Grace in words.
    pub grace: String,
    /// Restore tests in words, if it asks for them.
    pub restore_tests: Option<String>,
    /// Taken for devices that name none.
    pub is_default: bool,
    /// What it can't promise.
    pub warning: Option<String>,
}

/// The list of policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoliciesView {
    /// All of them, by name.
    pub rows: Vec<PolicyLine>,
    /// The actor may make and change them.
    pub may_manage: bool,
}

/// A policy, as typed. Numbers are texts, so that nothing typed is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInput {
    /// Its id; empty: a new one.
    #[serde(default)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// `every`, `cron` or `learned`.
    pub kind: String,
    /// Every: how many …
    #[serde(default)]
    pub every: String,
    /// … `minutes`, `hours` or `days`.
    #[serde(default)]
    pub unit: String,
    /// Cron: the expression.
    #[serde(default)]
    pub cron: String,
    /// Cron: the zone.
    #[serde(default)]
    pub time_zone: String,
    /// Minutes after a slot before it is late.
    #[serde(default)]
    pub grace_minutes: String,
    /// Minutes after which a run is stuck.
    #[serde(default)]
    pub longest_run_minutes: String,
    /// Days between restore tests; empty: none asked for.
    #[serde(default)]
    pub restore_test_days: String,
    /// Hours until overdue; empty: by class.
    #[serde(default)]
    pub overdue_hours: String,
    /// Hours a silent workstation is offline, not missed.
    #[serde(default)]
    pub offline_allowance_hours: String,
    /// Days of silence until nothing is known.
    #[serde(default)]
    pub silence_days: String,
    /// Make it the default.
    #[serde(default)]
    pub is_default: bool,
}

/// The page of one policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// What the form begins with.
    pub form: PolicyInput,
    /// It is the default already.
    pub is_default: bool,
    /// Zones to choose from.
    pub zones: Vec<String>,
    /// The actor may change it.
    pub may_manage: bool,
    /// The schedule as it is stored.
    pub preview: SchedulePreview,
}

/// A slot of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// When.
    pub at: Time,
    /// The zone's wall clock.
    pub wall_clock: String,
}

/// What a typed schedule means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulePreview {
    /// In words.
    pub words: String,
    /// The next five slots; none for a learned schedule.
    pub slots: Vec<SlotView>,
    /// Cron: the slots around the next change of the clocks, if it comes within the next 400 slots.
    pub clock_change: Vec<SlotView>,
    /// What it can't promise.
    pub warnings: Vec<String>,
    /// Why it can't be used.
    pub problem: Option<String>,
}

/// All policies of the scope.
///
/// # Errors
/// `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/policies", output = crate::wire::Wire)]
pub async fn list_policies() -> Result<PoliciesView, UiError> {
    use super::schedules;
    use domain::{access::Action, policy::DeviceClass, text, time::Span};
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let rows = engine::store::policies::list(&engine.store, &actor).await?;
    let line = |row: engine::store::policies::PolicyRow| PolicyLine {
        id: row.id,
        name: row.name,
        schedule: text::schedule(&row.policy.schedule),
        grace: text::span(Span::minutes(row.policy.grace_minutes.into())),
        restore_tests: row.policy.restore_test_days.map(|days| format!("every {} d", days)),
        is_default: row.is_default,
        warning: schedules::unmet(&row.policy, DeviceClass::Server, now),
    };
    Ok(PoliciesView { rows: rows.into_iter().map(line).collect(), may_manage: actor.may(Action::ManageDevices) })
}

/// One policy, or a new one without `id`.
///
/// # Errors
/// `not_found`, `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/policy", output = crate::wire::Wire)]
pub async fn load_policy(
    /// Which one.
    id: Option<PolicyId>,
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
    let policy = stored.as_ref().map_or_else(Policy::default, |row| row.policy.clone());
    let form = schedules::form(stored.as_ref(), &policy, &own_zone);
    let mut zones: Vec<String> = domain::wall_clock::zone_names().into_iter().map(str::to_owned).collect();
    if !zones.contains(&form.time_zone) {
        zones.insert(0, form.time_zone.clone());
    }
    Ok(PolicyView {
        is_default: stored.as_ref().is_some_and(|row| row.is_default),
        zones,
        may_manage: actor.may(Action::ManageDevices),
        preview: schedules::preview(&policy, &own_zone, now),
        form,
    })
}

/// What the typed schedule means: words, the next five slots, warnings. Changes nothing.
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
        Ok(policy) => schedules::preview(&policy, &own_zone, (engine.clock)()),
        Err(error) => {
            // What can't be used is the answer here, not a refusal.
            if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
                response.set_status(http::StatusCode::OK);
            }
            SchedulePreview { problem: Some(error.message), ..SchedulePreview::default() }
        }
    })
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
