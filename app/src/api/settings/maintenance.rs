//! Maintenance windows: list, one window, what a typed one means, planning, changing, ending. And the reminders of alerts.

use crate::error::UiError;
use domain::{ids::MaintenanceId, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod ssr;

/// How a window stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It is going on.
    InForce,
    /// It comes.
    #[default]
    Coming,
    /// It is over.
    Over,
}

/// An occurrence: from, until, and both by the zone's clock where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OccurrenceView {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub until: Time,
    /// `Sun 29 Mar 2026, 03:00 CEST – 07:00 CEST`.
    pub wall_clock: String,
    /// What is unusual about it, because the clocks are changed that day.
    pub note: Option<String>,
}

/// A window in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowLine {
    /// Which window.
    pub id: MaintenanceId,
    /// Its name.
    pub name: String,
    /// Why.
    pub note: String,
    /// Whose it is, where there are several partners.
    pub partner: String,
    /// Whom it concerns, in words.
    pub reach: String,
    /// Where to see them.
    pub reach_href: Option<String>,
    /// When it occurs, in words; of one that happens once: empty.
    pub words: String,
    /// How it stands.
    pub standing: Standing,
    /// The occurrence in force, or the next one; of one that is over and happened once, that.
    pub next: Option<OccurrenceView>,
    /// When it was ended or taken away.
    pub ended_at: Option<Time>,
    /// Who planned it.
    pub made_by: String,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// It comes again after this occurrence.
    pub recurs: bool,
}

/// The page of windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowsView {
    /// Those in force, those that come, those that are over.
    pub rows: Vec<WindowLine>,
    /// The actor may plan and change them.
    pub may_manage: bool,
}

/// A window, as typed. All are texts, so that nothing typed is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowInput {
    /// Its id; empty: a new one.
    #[serde(default)]
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Why.
    #[serde(default)]
    pub note: String,
    /// `partner`, `all`, `organization`, `tag` or `device`.
    #[serde(default)]
    pub reach: String,
    /// Organization: its id.
    #[serde(default)]
    pub organization: String,
    /// Device: its id, or its name.
    #[serde(default)]
    pub device: String,
    /// Tag.
    #[serde(default)]
    pub tag: String,
    /// `once`, `daily`, `weekly`, `monthly` or `cron`.
    #[serde(default)]
    pub kind: String,
    /// Once: begins, `2026-11-28T22:00` by the zone's clock.
    #[serde(default)]
    pub from: String,
    /// Once: ends.
    #[serde(default)]
    pub until: String,
    /// Daily, weekly, monthly: begins at, `02:00`.
    #[serde(default)]
    pub clock: String,
    /// Weekly: the days, `sun,wed` in any order, as the form's boxes send them.
    #[serde(default)]
    pub days: Vec<String>,
    /// Monthly: 1 to 31, or `last`.
    #[serde(default)]
    pub month_day: String,
    /// Cron: the expression.
    #[serde(default)]
    pub cron: String,
    /// All but once: how many …
    #[serde(default)]
    pub lasts: String,
    /// … `minutes` or `hours`.
    #[serde(default)]
    pub unit: String,
    /// Local dates on which it doesn't begin, parted by commas.
    #[serde(default)]
    pub except: String,
    /// Whose clock.
    #[serde(default)]
    pub time_zone: String,
}

/// What a typed window means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowPreview {
    /// When it occurs, in words.
    pub words: String,
    /// The next five occurrences.
    pub next: Vec<OccurrenceView>,
    /// Whom it concerns, in words: `12 devices and 30 accounts`.
    pub concerned: String,
    /// Why it can't be used, and which field is wrong.
    pub problem: Option<(String, Option<String>)>,
}

/// The page of one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowView {
    /// What the form begins with.
    pub form: WindowInput,
    /// Name of the device that the form names by its id.
    pub device_name: Option<String>,
    /// Organizations to choose from, at most 500: (id, name).
    pub organizations: Vec<(String, String)>,
    /// There are sub-resellers.
    pub has_below: bool,
    /// Zones to choose from.
    pub zones: Vec<String>,
    /// How it stands; none: it is new.
    pub standing: Option<Standing>,
    /// The actor may change it.
    pub may_manage: bool,
    /// What the form means as it begins.
    pub preview: WindowPreview,
}

/// All windows of the scope.
///
/// # Errors
/// `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/maintenance", output = crate::wire::Wire)]
pub async fn list_windows() -> Result<WindowsView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::list(&engine, &actor).await
}

/// One window, or a new one without `id`, which may begin filled in.
///
/// # Errors
/// `not_found`, `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/window", output = crate::wire::Wire)]
pub async fn load_window(
    /// Which one.
    id: Option<MaintenanceId>,
    /// What the address says of it, as JSON of a [`WindowInput`]; empty: nothing.
    filled: String,
) -> Result<WindowView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::load(&engine, &actor, id, serde_json::from_str(&filled).ok()).await
}

/// What the typed window means. Changes nothing.
///
/// # Errors
/// Not signed in. What is wrong with the window stands in the answer.
#[server(prefix = "/sf", endpoint = "settings/window_preview", output = crate::wire::Wire)]
pub async fn preview_window(
    /// As typed.
    form: WindowInput,
) -> Result<WindowPreview, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::preview(&engine, &actor, &form).await
}

/// Plans a window, or changes the one it names.
///
/// # Errors
/// At a field: what is wrong with it. `not_found`, `forbidden`, `window_over`.
#[server(prefix = "/sf", endpoint = "settings/save_window", output = crate::wire::Wire)]
pub async fn save_window(
    /// As typed.
    form: WindowInput,
) -> Result<crate::api::start::GoOn, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::save(&engine, &actor, form).await?;
    Ok(crate::api::start::go_on("/settings/maintenance"))
}

/// Ends the occurrence that is in force.
///
/// # Errors
/// `not_found`, `forbidden`, `not_in_force`.
#[server(prefix = "/sf", endpoint = "settings/end_window", output = crate::wire::Wire)]
pub async fn end_window(
    /// Which one.
    id: MaintenanceId,
) -> Result<crate::api::start::GoOn, UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::maintenance::end_now(&engine, &actor, id, (engine.clock)()).await?;
    Ok(crate::api::start::go_on("/settings/maintenance"))
}

/// Takes a window away.
///
/// # Errors
/// `not_found`, `forbidden`, `window_over`.
#[server(prefix = "/sf", endpoint = "settings/remove_window", output = crate::wire::Wire)]
pub async fn remove_window(
    /// Which one.
    id: MaintenanceId,
) -> Result<crate::api::start::GoOn, UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::maintenance::remove(&engine, &actor, id, (engine.clock)()).await?;
    Ok(crate::api::start::go_on("/settings/maintenance"))
}

/// The reminders of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemindersView {
    /// After so many hours; none: never.
    pub hours: Option<u32>,
    /// The partner itself says so; else one above, or nobody.
    pub own: bool,
    /// The actor may change it.
    pub may_manage: bool,
}

/// When alerts that nobody mends are brought back to mind.
///
/// # Errors
/// `not_found` (no partner), `forbidden`.
#[server(prefix = "/sf", endpoint = "settings/reminders", output = crate::wire::Wire)]
pub async fn load_reminders() -> Result<RemindersView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    load_reminders_of(&engine, &actor).await
}

/// Changes it.
///
/// # Errors
/// At `hours`: what is wrong with it. `forbidden`.
#[server(prefix = "/sf", endpoint = "settings/save_reminders", output = crate::wire::Wire)]
pub async fn save_reminders(
    /// Whether alerts are brought back to mind: `true`, else never.
    #[server(default)]
    on: bool,
    /// After so many hours, as typed.
    #[server(default)]
    hours: String,
) -> Result<RemindersView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let hours = if on {
        let typed = hours.trim().parse::<u32>();
        Some(typed.map_err(|_| UiError::field("invalid_number", "hours", "Write a number of hours, for example 24."))?)
    } else {
        None
    };
    let saved = engine::store::partner_settings::set_reminder(&engine, &actor, hours, (engine.clock)()).await;
    saved.map_err(|error| UiError { field: Some("hours".to_owned()), ..UiError::from(error) })?;
    if crate::context::is_plain_form() {
        leptos_axum::redirect("/settings/alerts");
    }
    load_reminders_of(&engine, &actor).await
}

#[cfg(feature = "ssr")]
async fn load_reminders_of(engine: &engine::Engine, actor: &domain::access::Actor) -> Result<RemindersView, UiError> {
    let held = engine::store::partner_settings::reminder(&engine.store, actor, (engine.clock)()).await?;
    Ok(RemindersView { hours: held.hours, own: held.own, may_manage: actor.may(domain::access::Action::ManageSettings) })
}
