//! What can be chosen for a device, its policy found or made, its key, its connect page. Server side only.

use super::{AddDeviceView, Choice, ConnectView, session};
use crate::{api::backup::devices::ssr::device_now, context::PublicUrl, error::UiError};
use domain::{
    access::{Action, Actor, KeyRights, Scope},
    ids::{DeviceId, OrganizationId, PolicyId},
    policy::{DeviceClass, Policy},
    schedule::Schedule,
    text,
    time::Time,
};
use engine::{
    Engine,
    store::{
        devices,
        keys::{self, KeyScope, NewKey},
        organizations::{self, OrganizationFilter, OrganizationStatus},
        policies::{self, NewPolicy},
    },
};
use leptos::prelude::use_context;

/// Usual schedules for which a policy is made when it is first chosen: value, name of the policy, minutes (0: learned).
const USUAL: [(&str, &str, u32); 5] = [
    ("usual:hourly", "Hourly", 60),
    ("usual:6h", "Every 6 hours", 360),
    ("usual:12h", "Every 12 hours", 720),
    ("usual:weekly", "Weekly", 10_080),
    ("usual:learned", "Learned", 0),
];

fn usual_schedule(minutes: u32) -> Schedule {
    if minutes == 0 { Schedule::Learned } else { Schedule::Every { every_minutes: minutes } }
}

/// Organizations to choose from; `chosen` is marked. At most 500, by name.
pub(in crate::api) async fn organizations(engine: &Engine, actor: &Actor, chosen: Option<&str>) -> Result<Vec<Choice>, UiError> {
    let filter = OrganizationFilter { status: Some(OrganizationStatus::Activated), limit: Some(500), ..OrganizationFilter::default() };
    let page = organizations::list(&engine.store, actor, &filter).await?;
    let choice = |row: organizations::OrganizationRow| {
        let value = row.id.to_string();
        Choice { chosen: chosen == Some(value.as_str()), value, label: row.name, server_note: None }
    };
    Ok(page.items.into_iter().map(choice).collect())
}

/// Policies to choose from, then usual schedules that no policy has yet.
pub(in crate::api) async fn policies(engine: &Engine, actor: &Actor, now: Time) -> Result<Vec<Choice>, UiError> {
    use crate::api::settings::unmet;
    let rows = policies::list(&engine.store, actor).await?;
    let hours = engine::store::sla::usual(&engine.store, actor).await?.servers;
    let mut choices: Vec<Choice> = rows
        .iter()
        .map(|row| Choice {
            value: row.id.to_string(),
            label: format!("{}: {}", row.name, text::schedule(&row.policy.schedule)),
            chosen: row.is_default,
            server_note: unmet(&row.policy, DeviceClass::Server, hours, now),
        })
        .collect();
    for (value, name, minutes) in USUAL {
        let schedule = usual_schedule(minutes);
        if rows.iter().any(|row| row.policy.schedule == schedule || row.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        let label = match &schedule {
            Schedule::Learned => "Learned from its own runs".to_owned(),
            schedule => format!("{name}: {}", text::schedule(schedule)),
        };
        let policy = Policy { schedule, ..Policy::default() };
        choices.push(Choice {
            value: value.to_owned(),
            label,
            chosen: false,
            server_note: unmet(&policy, DeviceClass::Server, hours, now),
        });
    }
    Ok(choices)
}

pub(super) async fn view(engine: &Engine, actor: &Actor, organization: Option<String>) -> Result<AddDeviceView, UiError> {
    if !actor.may(Action::ManageDevices) {
        return Ok(AddDeviceView { organizations: Vec::new(), policies: Vec::new(), may: false });
    }
    Ok(AddDeviceView {
        organizations: organizations(engine, actor, organization.as_deref()).await?,
        policies: policies(engine, actor, (engine.clock)()).await?,
        may: true,
    })
}

/// The policy that was chosen; a usual schedule gets its policy made in the organization's partner.
pub(in crate::api) async fn policy(
    engine: &Engine,
    actor: &Actor,
    organization: OrganizationId,
    chosen: &str,
    now: Time,
) -> Result<Option<PolicyId>, UiError> {
    if chosen.is_empty() {
        return Ok(None);
    }
    if let Some((_, name, minutes)) = USUAL.into_iter().find(|(value, ..)| *value == chosen) {
        let partner = organizations::get(&engine.store, actor, organization).await?.partner;
        let known = policies::list(&engine.store, actor).await?;
        if let Some(row) = known.iter().find(|row| row.partner == partner && row.name.eq_ignore_ascii_case(name)) {
            return Ok(Some(row.id));
        }
        let policy = Policy { schedule: usual_schedule(minutes), ..Policy::default() };
        let new = NewPolicy { partner: Some(partner), name: name.to_owned(), policy };
        return Ok(Some(policies::create(&engine.store, actor, new, now).await?));
    }
    chosen.parse().map(Some).map_err(|_| UiError::field("policy_needed", "policy", "Choose how often backups run."))
}

/// A key that may only send for this device.
pub(super) async fn ingest_key(engine: &Engine, actor: &Actor, device: DeviceId, now: Time) -> Result<String, UiError> {
    let name = devices::get(&engine.store, actor, device, now).await?.row.name;
    let rights = KeyRights { ingest: true, ..KeyRights::default() };
    let new = NewKey { scope: KeyScope::Device(device), name, rights, expires_at: None };
    Ok(keys::create(&engine.store, actor, new, now).await?.1)
}

pub(super) async fn connect(engine: &Engine, actor: &Actor, id: DeviceId) -> Result<ConnectView, UiError> {
    let detail = devices::get(&engine.store, actor, id, (engine.clock)()).await?;
    let may_connect = actor.may(Action::ManageDevices);
    Ok(ConnectView {
        device: id,
        organization: detail.row.organization.0,
        organization_name: detail.row.organization.1.clone(),
        class: detail.row.class,
        schedule: text::schedule(&detail.schedule),
        url: use_context::<PublicUrl>().unwrap_or_default().0,
        // Whoever may only look has no use for an address that reports.
        ping_uuid: may_connect.then_some(detail.ping_uuid),
        key: session::shown_now(id),
        may_make_key: may_connect && matches!(actor.scope, Scope::Partners(_) | Scope::Organization(..)),
        now: device_now(&detail.row),
        name: detail.row.name,
    })
}
