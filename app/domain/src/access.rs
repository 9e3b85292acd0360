//! Roles, scopes and what they may (D11).

use crate::ids::{DeviceId, KeyId, OrganizationId, PartnerId, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Role of a member. The last two are bound to one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything in the scope.
    Owner,
    /// Everything in the scope.
    Admin,
    /// Daily work.
    Technician,
    /// Seats and plans only.
    Finance,
    /// Looks.
    Viewer,
    /// Client side: looks, and manages the organization's users.
    ClientAdmin,
    /// Client side: looks.
    ClientViewer,
}

/// What may be done: the rows of D11, and those of API keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See dashboards of the scope.
    SeeDashboards,
    /// See seats and plans.
    SeeSeats,
    /// Acknowledge, snooze, annotate.
    TendAlerts,
    /// Devices, policies, maintenance windows.
    ManageDevices,
    /// Reports tab: see and download.
    SeeReports,
    /// E-mail delivery settings.
    ManageDelivery,
    /// SLA, integrations, branding, domains, API keys.
    ManageSettings,
    /// Users of the scope.
    ManageUsers,
    /// Plan and seats, organizations' activation.
    ManagePlans,
    /// Audit log.
    SeeAudit,
    /// Send events, reports, check-ins, restore tests.
    Ingest,
}

/// What an API key may. Wire words: `ingest`, `read`, `manage`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyRights {
    /// Send events.
    pub ingest: bool,
    /// Read what a viewer reads.
    pub read: bool,
    /// Change what an admin changes.
    pub manage: bool,
}

/// Whose objects exist for an actor. Outside of it nothing is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A partner and its sub-resellers: the first is the actor's own, then all below it.
    Partners(Arc<[PartnerId]>),
    /// One organization of one partner.
    Organization(PartnerId, OrganizationId),
    /// One device.
    Device(PartnerId, OrganizationId, DeviceId),
}

/// On what ground an actor acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A signed-in person with a role.
    Member(UserId, Role),
    /// An API key.
    Key(KeyId, KeyRights),
    /// The server itself (reconciler, command line); never made from a request.
    System,
}

/// Who asks. Every engine query and command takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// On what ground.
    pub ground: Ground,
    /// Whose objects exist for it.
    pub scope: Scope,
}
