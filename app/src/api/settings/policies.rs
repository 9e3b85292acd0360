//! Policies: list, one policy, what a typed schedule means.

use crate::error::UiError;
use domain::{
    health::Band,
    ids::{DeviceId, OrganizationId, PolicyId},
    time::Time,
};
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

/// A policy, as typed. Numbers are texts, so that nothing typed is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInput {
    /// Its id; empty: a new one.
    #[serde(default)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// `every`, `daily`, `weekly`, `monthly`, `cron` or `learned`.
    pub kind: String,
    /// Every: how many …
    #[serde(default)]
    pub every: String,
    /// … `minutes`, `hours` or `days`.
    #[serde(default)]
    pub unit: String,
    /// Daily, weekly, monthly: at, `02:30`.
    #[serde(default)]
    pub clock: String,
    /// Weekly: on Mondays …
    #[serde(default)]
    pub mon: bool,
    /// … Tuesdays …
    #[serde(default)]
    pub tue: bool,
    /// … Wednesdays …
    #[serde(default)]
    pub wed: bool,
    /// … Thursdays …
    #[serde(default)]
    pub thu: bool,
    /// … Fridays …
    #[serde(default)]
    pub fri: bool,
    /// … Saturdays …
    #[serde(default)]
    pub sat: bool,
    /// … Sundays.
    #[serde(default)]
    pub sun: bool,
    /// Monthly: 1 to 31, or `last`.
    #[serde(default)]
    pub month_day: String,
    /// Cron: the expression.
    #[serde(default)]
    pub cron: String,
    /// All but intervals: the zone.
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

impl PolicyInput {
    /// Which days of the week are chosen, from Sunday.
    pub const fn weekdays(&self) -> [bool; 7] {
        [self.sun, self.mon, self.tue, self.wed, self.thu, self.fri, self.sat]
    }

    /// Chooses a day of the week, or not: `mon`, `tue` …
    pub fn set_weekday(&mut self, day: &str, chosen: bool) {
        let field = match day {
            "mon" => &mut self.mon,
            "tue" => &mut self.tue,
            "wed" => &mut self.wed,
            "thu" => &mut self.thu,
            "fri" => &mut self.fri,
            "sat" => &mut self.sat,
            _ => &mut self.sun,
        };
        *field = chosen;
    }
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

/// A slot of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// When.
    pub at: Time,
    /// The zone's wall clock.
    pub wall_clock: String,
    /// The same in UTC.
    pub utc: String,
    /// What is unusual about it, because the clocks are changed that day.
    pub note: Option<String>,
}

/// What saving would mean for the devices that follow the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectView {
    /// How many follow it, in words.
    pub devices: String,
    /// What would become of them, in words.
    pub words: String,
    /// Device, organization, band now, band then: of some that would change.
    pub named: Vec<(DeviceId, String, Band, Band)>,
}

/// What a typed schedule means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulePreview {
    /// In words.
    pub words: String,
    /// The zone whose clock the slots are told by.
    pub zone: String,
    /// The next five slots; none for a learned schedule.
    pub slots: Vec<SlotView>,
    /// Slots further ahead that are unusual, because the clocks are changed that day.
    pub odd: Vec<SlotView>,
    /// What happens when a backup doesn't come.
    pub retries: Vec<String>,
    /// What it can't promise.
    pub warnings: Vec<String>,
    /// Organizations whose service level it can't keep; the first few.
    pub concerned: Vec<(OrganizationId, String)>,
    /// Why it can't be used.
    pub problem: Option<String>,
    /// What saving would mean; for policies that devices follow.
    pub effect: Option<EffectView>,
}

#[cfg(feature = "ssr")]
fn devices_in_words(uses: engine::store::policies::PolicyUse) -> String {
    match uses.devices {
        0 => "no devices".to_owned(),
        1 => "1 device".to_owned(),
        n if uses.more => format!("more than {} devices", domain::text::count(n)),
        n => format!("{} devices", domain::text::count(n)),
    }
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
            devices: (devices_in_words(uses), uses.devices > 0),
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

/// Service levels in force that a policy as it is given can't keep for the devices that follow it: in words, and whom they concern.
#[cfg(feature = "ssr")]
async fn unkept(
    engine: &engine::Engine,
    actor: &domain::access::Actor,
    id: PolicyId,
    policy: &domain::policy::Policy,
    now: Time,
) -> Result<(Vec<String>, Vec<(OrganizationId, String)>), UiError> {
    let Some(apart) = super::schedules::widest(policy, now) else { return Ok((Vec::new(), Vec::new())) };
    let levels = engine::store::policies::unkept(&engine.store, actor, id, apart, now).await?;
    let mut named: Vec<(OrganizationId, String)> = levels.iter().flat_map(|level| level.named.clone()).collect();
    named.sort_by_key(|(_, name)| name.to_lowercase());
    named.dedup();
    Ok((super::schedules::unkept_words(policy, &levels, now), named))
}

/// The same for what is typed; for a policy that isn't there yet what the service level of the reader's own partner asks.
#[cfg(feature = "ssr")]
async fn warned(
    engine: &engine::Engine,
    actor: &domain::access::Actor,
    id: &str,
    policy: &domain::policy::Policy,
    now: Time,
) -> Result<(Vec<String>, Vec<(OrganizationId, String)>), UiError> {
    match id.parse::<PolicyId>() {
        Ok(id) => unkept(engine, actor, id, policy, now).await,
        Err(_) => {
            let hours = engine::store::sla::usual(&engine.store, actor).await?.servers;
            Ok((super::schedules::unmet(policy, domain::policy::DeviceClass::Server, hours, now).into_iter().collect(), Vec::new()))
        }
    }
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
        devices: devices_in_words(uses),
        may_delete: may_manage && uses.devices == 0 && stored.as_ref().is_some_and(|row| !row.is_default),
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

/// What saving would change; none where nobody could save, or what is typed can't be saved.
#[cfg(feature = "ssr")]
async fn effect(
    engine: &engine::Engine,
    actor: &domain::access::Actor,
    id: &str,
    policy: &domain::policy::Policy,
    now: Time,
) -> Result<Option<EffectView>, UiError> {
    use domain::{access::Action, text};
    use engine::{error::Error, store::policies};
    let (Ok(id), true) = (id.parse::<PolicyId>(), actor.may(Action::ManageDevices)) else { return Ok(None) };
    let effect = match policies::effect(&engine.store, actor, id, policy, now).await {
        Ok(effect) => effect,
        Err(Error::Invalid { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let count = |n: usize| text::count(i64::try_from(n).unwrap_or(i64::MAX));
    let uses = policies::uses(&engine.store, actor).await?.get(&id).copied().unwrap_or_default();
    let get = |n: usize| if n == 1 { "gets" } else { "get" };
    let words = match (effect.worse, effect.better) {
        (0, 0) => "None of them changes its band now.".to_owned(),
        (worse, 0) => format!("{} {} a worse band at once.", count(worse), get(worse)),
        (0, better) => format!("{} {} a better band at once.", count(better), get(better)),
        (worse, better) => format!("{} {} a worse band at once, {} a better one.", count(worse), get(worse), count(better)),
    };
    let estimate = if effect.cut { format!(" An estimate: told from {} of them.", count(effect.assessed)) } else { String::new() };
    Ok(Some(EffectView {
        devices: devices_in_words(uses),
        words: words + &estimate,
        named: effect.named.into_iter().map(|c| (c.device, format!("{} ({})", c.name, c.organization), c.before, c.after)).collect(),
    }))
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
