//! Every screen by name, and which part of the browser's program it is in.
//!
//! The browser first loads what each page needs (frame, router, live stream) and the part that the address is in; another part
//! is fetched when a link first leads there. The build cuts the program at the functions marked here (`tools/site.mjs`);
//! on the server they are plain calls.

use crate::{
    components::ErrorPage,
    error::UiError,
    pages::{backup, home, organizations, saas, search, settings, start, styleguide},
};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::ChooseView;

/// A screen that a route leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// `/setup`
    FirstStart,
    /// `/setup/organization`
    SetupOrganization,
    /// `/setup/device`
    SetupDevice,
    /// `/sign-in`
    SignIn,
    /// `/devices/new`
    AddDevice,
    /// `/devices/{id}/connect`
    Connect,
    /// `/`
    Home,
    /// `/backups/devices`
    Devices,
    /// `/backups/clients`
    Clients,
    /// `/backups/alerts`
    Alerts,
    /// `/alerts/{id}`
    Alert,
    /// `/incidents/{id}`
    Incident,
    /// `/backups/log`
    JobLog,
    /// `/backups/compliance`
    Compliance,
    /// `/devices/{id}`
    Device,
    /// `/runs/{id}`
    Run,
    /// `/organizations`
    Organizations,
    /// `/organizations/new`
    AddOrganization,
    /// `/organizations/{id}`
    Organization,
    /// `/organizations/{id}/devices`
    OrganizationDevices,
    /// `/saas`
    SaasOverview,
    /// `/accounts/{id}`
    SaasAccount,
    /// `/organizations/{id}/saas`
    OrganizationSaas,
    /// `/organizations/{id}/alerts`
    OrganizationAlerts,
    /// `/organizations/{id}/log`
    OrganizationLog,
    /// `/organizations/{id}/compliance`
    OrganizationCompliance,
    /// `/organizations/{id}/reports`
    OrganizationReports,
    /// `/organizations/{id}/features`
    OrganizationFeatures,
    /// `/organizations/{id}/accounts/import`
    ImportAccounts,
    /// `/organizations/{id}/settings`
    OrganizationSettings,
    /// `/settings/policies`
    Policies,
    /// `/settings/policies/{id}`
    Policy,
    /// `/settings/sla`
    Sla,
    /// `/settings/maintenance`
    MaintenanceWindows,
    /// `/settings/maintenance/{id}`
    MaintenanceWindow,
    /// `/settings/alerts`
    AlertSettings,
    /// `/settings/branding`
    Branding,
    /// `/settings/domains`
    Domains,
    /// `/settings/reports`
    ReportSettings,
    /// `/settings/account`
    Account,
    /// `/settings/keys`
    Keys,
    /// `/settings/outbox`
    Outbox,
    /// `/settings/outbox/{id}`
    OutboxMail,
    /// `/settings/inbox`
    Inbox,
    /// `/settings/inbox/rules`
    InboxRules,
    /// `/settings/audit`
    Audit,
    /// `/search`
    Search,
    /// `/styleguide`
    StyleGuide,
}

/// A part of the browser's program that is fetched as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// First start and sign-in: where nobody is signed in yet.
    Entry,
    /// Home, devices, clients, alerts, organizations, SaaS dashboards.
    Fleet,
    /// One device, one account, one run.
    Device,
    /// Adding and connecting devices, organizations, settings.
    Manage,
}

impl Part {
    /// Its name in `site/manifest.json`, as in the marks below.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Fleet => "fleet",
            Self::Device => "device",
            Self::Manage => "manage",
        }
    }

    /// Fetches it, unless it is there. False: it can't be had now.
    pub async fn fetch(self) -> bool {
        let answer = match self {
            Self::Entry => load_entry().await,
            Self::Fleet => load_fleet().await,
            Self::Device => load_device().await,
            Self::Manage => load_manage().await,
        };
        answer.is_ok()
    }

    /// The part that an address leads to, so that the page's head can ask for it beside the rest, and hydration begin with it.
    pub fn of_path(path: &str) -> Option<Self> {
        let mut steps = path.trim_matches('/').split('/');
        match (steps.next().unwrap_or_default(), steps.next(), steps.next()) {
            ("setup", None, None) | ("sign-in", ..) => Some(Self::Entry),
            ("setup" | "settings" | "styleguide" | "search", ..)
            | ("organizations", Some("new"), None)
            | ("organizations", Some(_), Some("settings" | "features" | "accounts" | "reports"))
            | ("devices", Some("new"), None)
            | ("devices", Some(_), Some("connect")) => Some(Self::Manage),
            ("" | "backups" | "organizations" | "saas", ..) => Some(Self::Fleet),
            ("devices" | "runs" | "accounts" | "alerts" | "incidents", ..) => Some(Self::Device),
            _ => None,
        }
    }
}

impl Screen {
    /// The part that holds it.
    pub const fn part(self) -> Part {
        match self {
            Self::FirstStart | Self::SignIn => Part::Entry,
            Self::Home | Self::Devices | Self::Clients | Self::Alerts | Self::JobLog => Part::Fleet,
            Self::Organizations | Self::Organization | Self::OrganizationDevices | Self::OrganizationAlerts | Self::OrganizationLog => {
                Part::Fleet
            }
            Self::SaasOverview | Self::OrganizationSaas => Part::Fleet,
            Self::Compliance | Self::OrganizationCompliance => Part::Fleet,
            Self::Device | Self::Run | Self::SaasAccount | Self::Alert | Self::Incident => Part::Device,
            Self::SetupOrganization
            | Self::SetupDevice
            | Self::AddDevice
            | Self::Connect
            | Self::AddOrganization
            | Self::OrganizationSettings
            | Self::OrganizationReports
            | Self::OrganizationFeatures
            | Self::ImportAccounts
            | Self::Policies
            | Self::MaintenanceWindows
            | Self::MaintenanceWindow
            | Self::AlertSettings
            | Self::Branding
            | Self::Domains
            | Self::ReportSettings
            | Self::Policy
            | Self::Sla
            | Self::Account
            | Self::Keys
            | Self::Outbox
            | Self::OutboxMail
            | Self::Inbox
            | Self::InboxRules
            | Self::Audit
            | Self::Search
            | Self::StyleGuide => Part::Manage,
        }
    }
}

#[wasm_split(entry, wasm_split_path = ::leptos::wasm_split, preload(load_entry), fallible)]
fn entry_screen(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::FirstStart => start::first_start::FirstStart().into_any(),
        Screen::SignIn => start::sign_in::SignIn().into_any(),
        _ => ().into_any(),
    })
}

#[wasm_split(fleet, wasm_split_path = ::leptos::wasm_split, preload(load_fleet), fallible)]
fn fleet_screen(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::Home => home::Home().into_any(),
        Screen::Devices => backup::devices::Devices().into_any(),
        Screen::Clients => backup::clients::Clients().into_any(),
        Screen::Organizations => organizations::list::Organizations().into_any(),
        Screen::Organization => organizations::organization::Organization().into_any(),
        Screen::OrganizationDevices => organizations::organization::OrganizationDevices().into_any(),
        Screen::OrganizationAlerts => organizations::organization::OrganizationAlerts().into_any(),
        Screen::OrganizationLog => organizations::organization::OrganizationLog().into_any(),
        Screen::SaasOverview => saas::overview::SaasOverview().into_any(),
        Screen::OrganizationSaas => organizations::organization::OrganizationSaas().into_any(),
        Screen::Alerts => backup::alerts::Alerts().into_any(),
        Screen::JobLog => backup::log::JobLog().into_any(),
        Screen::Compliance => backup::compliance::Compliance().into_any(),
        Screen::OrganizationCompliance => organizations::organization::OrganizationCompliance().into_any(),
        _ => ().into_any(),
    })
}

#[wasm_split(device, wasm_split_path = ::leptos::wasm_split, preload(load_device), fallible)]
fn device_screen(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::Device => backup::device::Device().into_any(),
        Screen::Run => backup::run::RunPage().into_any(),
        Screen::Alert => backup::alerts::alert::AlertPage().into_any(),
        Screen::Incident => backup::alerts::incident::IncidentPage().into_any(),
        Screen::SaasAccount => saas::account::AccountPage().into_any(),
        _ => ().into_any(),
    })
}

#[wasm_split(manage, wasm_split_path = ::leptos::wasm_split, preload(load_manage), fallible)]
fn manage_screen(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::SetupOrganization => start::first_start::SetupOrganizationPage().into_any(),
        Screen::SetupDevice => start::add_device::SetupDevicePage().into_any(),
        Screen::AddDevice => start::add_device::AddDevicePage().into_any(),
        Screen::Connect => start::connect::Connect().into_any(),
        Screen::AddOrganization => organizations::add::AddOrganizationPage().into_any(),
        Screen::OrganizationSettings => organizations::organization::OrganizationSettings().into_any(),
        Screen::OrganizationReports => organizations::reports::OrganizationReports().into_any(),
        Screen::OrganizationFeatures => organizations::features::OrganizationFeatures().into_any(),
        Screen::ImportAccounts => organizations::features::import::ImportPage().into_any(),
        Screen::Policies => settings::policies::Policies().into_any(),
        Screen::MaintenanceWindows => settings::maintenance::MaintenanceWindows().into_any(),
        Screen::MaintenanceWindow => settings::window::MaintenanceWindow().into_any(),
        Screen::AlertSettings => settings::reminders::AlertSettings().into_any(),
        Screen::Branding => settings::branding::Branding().into_any(),
        Screen::Domains => settings::domains::Domains().into_any(),
        Screen::ReportSettings => settings::reports::ReportSettings().into_any(),
        Screen::Policy => settings::policy::Policy().into_any(),
        Screen::Sla => settings::sla::Sla().into_any(),
        Screen::Account => settings::account::Account().into_any(),
        Screen::Keys => settings::keys::Keys().into_any(),
        Screen::Outbox => settings::outbox::Outbox().into_any(),
        Screen::OutboxMail => settings::outbox::OutboxMail().into_any(),
        Screen::Inbox => settings::inbox::Inbox().into_any(),
        Screen::InboxRules => settings::rules::InboxRules().into_any(),
        Screen::Audit => settings::audit::Audit().into_any(),
        Screen::StyleGuide => styleguide::StyleGuide().into_any(),
        Screen::Search => search::Search().into_any(),
        _ => ().into_any(),
    })
}

impl ChooseView for Screen {
    async fn choose(self) -> AnyView {
        let view = match self.part() {
            Part::Entry => entry_screen(self).await,
            Part::Fleet => fleet_screen(self).await,
            Part::Device => device_screen(self).await,
            Part::Manage => manage_screen(self).await,
        };
        view.unwrap_or_else(|_| unreachable_part())
    }

    async fn preload(&self) {
        // A part that can't be had now is asked for again by `choose`, which says so.
        self.part().fetch().await;
    }
}

/// A new version may have taken its place, or there is no connection.
fn unreachable_part() -> AnyView {
    let error = UiError::new(503, "offline", "This page can't be fetched. Check the connection, then load it again.");
    view! { <ErrorPage error/> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_asks_for_the_part_that_the_address_leads_to() {
        for (path, screen) in [
            ("/", Screen::Home),
            ("/setup", Screen::FirstStart),
            ("/setup/organization", Screen::SetupOrganization),
            ("/setup/device", Screen::SetupDevice),
            ("/sign-in", Screen::SignIn),
            ("/backups/devices", Screen::Devices),
            ("/backups/clients", Screen::Clients),
            ("/backups/alerts", Screen::Alerts),
            ("/alerts/0a", Screen::Alert),
            ("/incidents/0a", Screen::Incident),
            ("/backups/log", Screen::JobLog),
            ("/backups/compliance", Screen::Compliance),
            ("/organizations/0a/compliance", Screen::OrganizationCompliance),
            ("/devices/new", Screen::AddDevice),
            ("/devices/0a/connect", Screen::Connect),
            ("/devices/0a", Screen::Device),
            ("/runs/0a", Screen::Run),
            ("/organizations", Screen::Organizations),
            ("/organizations/new", Screen::AddOrganization),
            ("/organizations/0a", Screen::Organization),
            ("/organizations/0a/devices", Screen::OrganizationDevices),
            ("/organizations/0a/alerts", Screen::OrganizationAlerts),
            ("/organizations/0a/saas", Screen::OrganizationSaas),
            ("/saas", Screen::SaasOverview),
            ("/accounts/0a", Screen::SaasAccount),
            ("/organizations/0a/log", Screen::OrganizationLog),
            ("/organizations/0a/reports", Screen::OrganizationReports),
            ("/organizations/0a/features", Screen::OrganizationFeatures),
            ("/organizations/0a/accounts/import", Screen::ImportAccounts),
            ("/organizations/0a/settings", Screen::OrganizationSettings),
            ("/settings/policies", Screen::Policies),
            ("/settings/maintenance", Screen::MaintenanceWindows),
            ("/settings/maintenance/0a", Screen::MaintenanceWindow),
            ("/settings/alerts", Screen::AlertSettings),
            ("/settings/branding", Screen::Branding),
            ("/settings/domains", Screen::Domains),
            ("/settings/reports", Screen::ReportSettings),
            ("/settings/policies/0a", Screen::Policy),
            ("/settings/sla", Screen::Sla),
            ("/settings/account", Screen::Account),
            ("/settings/keys", Screen::Keys),
            ("/settings/outbox", Screen::Outbox),
            ("/settings/outbox/0a", Screen::OutboxMail),
            ("/settings/inbox", Screen::Inbox),
            ("/settings/inbox/rules", Screen::InboxRules),
            ("/settings/audit", Screen::Audit),
            ("/search", Screen::Search),
            ("/styleguide", Screen::StyleGuide),
        ] {
            assert_eq!(Part::of_path(path), Some(screen.part()), "{path}");
        }
        assert_eq!(Part::of_path("/nothing"), None);
    }
}
