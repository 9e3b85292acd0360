//! Jumping: organizations, devices, accounts, places and actions that a text may mean. For the command palette and the plain search page.

use crate::error::UiError;
use domain::health::Band;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Something to jump to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundLine {
    /// Its name.
    pub label: String,
    /// What tells it from others; may be empty.
    pub detail: String,
    /// Where it is. `#theme-…` is done on the spot, by scripts.
    pub href: String,
    /// Of a device that is watched: its band.
    pub band: Option<Band>,
}

/// Things of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundGroup {
    /// The kind in words.
    pub title: String,
    /// At most eight, best first.
    pub lines: Vec<FoundLine>,
}

/// What a text may mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchView {
    /// Kinds that have something, the most likely first.
    pub groups: Vec<FoundGroup>,
}

/// Most lines of a kind.
#[cfg(feature = "ssr")]
const MOST: usize = engine::store::search::MOST;

/// What the text may mean; for an empty text: what was looked at last (addresses in `recent`, latest first), then places and actions.
///
/// # Errors
/// Not signed in; the store fails.
#[server(prefix = "/sf", endpoint = "settings/search", input = crate::wire::Wire, output = crate::wire::Wire)]
pub async fn search(
    /// As typed.
    text: String,
    /// Addresses of pages that were looked at last.
    recent: Vec<String>,
) -> Result<SearchView, UiError> {
    use engine::store::search;
    let (engine, actor) = crate::context::actor()?;
    let mut groups = Vec::new();
    let mut add = |title: &str, lines: Vec<FoundLine>| {
        if !lines.is_empty() {
            groups.push(FoundGroup { title: title.to_owned(), lines });
        }
    };
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        let ids = |place: &str| -> Vec<&str> { recent.iter().filter_map(|href| href.strip_prefix(place)).collect() };
        let organizations: Vec<_> = ids("/organizations/").into_iter().filter_map(|id| id.parse().ok()).collect();
        let devices: Vec<_> = ids("/devices/").into_iter().filter_map(|id| id.parse().ok()).collect();
        let accounts: Vec<_> = ids("/accounts/").into_iter().filter_map(|id| id.parse().ok()).collect();
        let hits = search::by_id(&engine.store, &actor, &organizations, &devices, &accounts).await?;
        let named = lines::of_organizations(hits.organizations).chain(lines::of_devices(hits.devices));
        let mut lines: Vec<FoundLine> = named.chain(lines::of_accounts(hits.accounts)).collect();
        lines.sort_by_key(|line| recent.iter().position(|href| *href == line.href));
        lines.truncate(MOST);
        add("Looked at last", lines);
        add("Places", lines::places(&actor, ""));
        add("Actions", lines::actions(&actor, ""));
    } else {
        let hits = search::by_name(&engine.store, &actor, &text).await?;
        add("Organizations", lines::of_organizations(hits.organizations).collect());
        add("Devices", lines::of_devices(hits.devices).collect());
        add("Accounts", lines::of_accounts(hits.accounts).collect());
        add("Places", lines::places(&actor, &text));
        add("Actions", lines::actions(&actor, &text));
        // A name that begins with what was typed is what is meant, whatever its kind.
        groups.sort_by_key(|group| {
            group.lines.iter().filter_map(|line| search::rank(&line.label.to_lowercase(), &text)).min().unwrap_or(u8::MAX)
        });
    }
    Ok(SearchView { groups })
}

#[cfg(feature = "ssr")]
mod lines {
    use super::{FoundLine, MOST};
    use domain::{
        access::{Action, Actor, Scope},
        policy::DeviceLife,
        saas::AccountStatus,
    };
    use engine::store::{
        organizations::OrganizationStatus,
        search::{AccountHit, DeviceHit, OrganizationHit, rank},
    };

    pub(super) fn of_organizations(hits: Vec<OrganizationHit>) -> impl Iterator<Item = FoundLine> {
        hits.into_iter().map(|hit| FoundLine {
            href: format!("/organizations/{}", hit.id),
            detail: if hit.status == OrganizationStatus::Deactivated { "Organization, deactivated" } else { "Organization" }.to_owned(),
            label: hit.name,
            band: None,
        })
    }

    pub(super) fn of_devices(hits: Vec<DeviceHit>) -> impl Iterator<Item = FoundLine> {
        hits.into_iter().map(|hit| {
            let life = match hit.life {
                DeviceLife::Paused => ", paused",
                DeviceLife::Retired => ", retired",
                DeviceLife::Pending | DeviceLife::Active => "",
            };
            FoundLine {
                href: format!("/devices/{}", hit.id),
                label: hit.name,
                detail: format!("{}{life}", hit.organization),
                band: life.is_empty().then_some(hit.band),
            }
        })
    }

    pub(super) fn of_accounts(hits: Vec<AccountHit>) -> impl Iterator<Item = FoundLine> {
        hits.into_iter().map(|hit| FoundLine {
            href: format!("/accounts/{}", hit.id),
            label: hit.address,
            detail: format!("{}{}", hit.organization, if hit.status == AccountStatus::Deactivated { ", unprotected" } else { "" }),
            band: None,
        })
    }

    /// (words, address, other words for it, who may); none: everybody.
    type Known = (&'static str, &'static str, &'static str, Option<Action>);

    const PLACES: &[Known] = &[
        ("Home", "/", "start overview attention", Some(Action::SeeDashboards)),
        ("Devices", "/backups/devices", "backups machines servers workstations", Some(Action::SeeDashboards)),
        ("Clients", "/backups/clients", "backups per client compliance", Some(Action::SeeDashboards)),
        ("Alerts", "/backups/alerts", "backups conditions failed overdue", Some(Action::SeeDashboards)),
        ("Job log", "/backups/log", "backups runs history", Some(Action::SeeDashboards)),
        ("Compliance", "/backups/compliance", "sla service level breach rpo rto report audit", Some(Action::SeeDashboards)),
        ("SaaS overview", "/saas", "backups microsoft 365 office google workspace seats accounts mailboxes", None),
        ("Organizations", "/organizations", "clients customers tenants", None),
        ("Policies", "/settings/policies", "settings schedule grace cron", Some(Action::SeeDashboards)),
        ("Service levels", "/settings/sla", "settings sla rule hours compliance breach", Some(Action::SeeDashboards)),
        ("Maintenance windows", "/settings/maintenance", "settings planned work quiet mute", Some(Action::SeeDashboards)),
        ("Alert reminders", "/settings/alerts", "settings remind again open", Some(Action::SeeDashboards)),
        ("Branding", "/settings/branding", "settings logo colour name reports", Some(Action::ManageSettings)),
        ("Domains", "/settings/domains", "settings mail reports verify dns txt", Some(Action::ManageSettings)),
        ("Inbox", "/settings/inbox", "settings unknown sources", Some(Action::ManageDevices)),
        ("Inbox rules", "/settings/inbox/rules", "settings template pattern unknown sources", Some(Action::ManageDevices)),
        ("API keys", "/settings/keys", "settings token access", Some(Action::ManageSettings)),
        ("Audit log", "/settings/audit", "settings changes who history", Some(Action::SeeAudit)),
        ("Your account", "/settings/account", "settings password browsers sessions sign out profile", None),
        ("API documentation", "/api/docs", "openapi rest", None),
    ];

    const ACTIONS: &[Known] = &[
        ("Add a device", "/devices/new", "new enroll create machine", Some(Action::ManageDevices)),
        ("Add an organization", "/organizations/new", "new create client customer", Some(Action::ManagePlans)),
        ("Plan maintenance", "/settings/maintenance/new", "new window quiet mute", Some(Action::ManageDevices)),
        ("Make a policy", "/settings/policies/new", "new create add schedule", Some(Action::ManageDevices)),
        ("Make an inbox rule", "/settings/inbox/rules?new", "new create add template", Some(Action::ManageDevices)),
        ("Make an API key", "/settings/keys?new", "new create add token", Some(Action::ManageSettings)),
        ("Change your password", "/settings/account#password", "account", None),
        ("Theme: dark", "#theme-dark", "mode night colours", None),
        ("Theme: light", "#theme-light", "mode day colours", None),
        ("Theme: as the system", "#theme-system", "mode auto colours", None),
    ];

    /// What a partner sets for all its clients: no place of theirs.
    const OF_PARTNER: [&str; 2] = ["/settings/sla", "/settings/alerts"];

    fn fitting(known: &[Known], actor: &Actor, text: &str) -> Vec<FoundLine> {
        let mut fitting: Vec<(u8, FoundLine)> = known
            .iter()
            .filter(|(.., action)| action.is_none_or(|action| actor.may(action)))
            .filter(|(_, href, ..)| matches!(actor.scope, Scope::Partners(_)) || !OF_PARTNER.contains(href))
            .filter_map(|(label, href, other, _)| {
                let by_other = || other.split(' ').any(|word| word.starts_with(text)).then_some(3);
                let rank = if text.is_empty() { 0 } else { rank(&label.to_lowercase(), text).or_else(by_other)? };
                Some((rank, FoundLine { label: (*label).to_owned(), detail: String::new(), href: (*href).to_owned(), band: None }))
            })
            .collect();
        fitting.sort_by_key(|(rank, _)| *rank);
        fitting.into_iter().map(|(_, line)| line).take(MOST).collect()
    }

    pub(super) fn places(actor: &Actor, text: &str) -> Vec<FoundLine> {
        fitting(PLACES, actor, text)
    }

    pub(super) fn actions(actor: &Actor, text: &str) -> Vec<FoundLine> {
        fitting(ACTIONS, actor, text)
    }
}
