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

impl Role {
    /// The D11 table. "If shared" is not decided here: the engine asks whether the partner shares reports.
    pub const fn may(self, action: Action) -> bool {
        match action {
            Action::SeeDashboards => !matches!(self, Self::Finance),
            Action::SeeSeats => matches!(self, Self::Owner | Self::Admin | Self::Technician | Self::Finance | Self::Viewer),
            Action::TendAlerts | Action::ManageDevices | Action::ManageDelivery => {
                matches!(self, Self::Owner | Self::Admin | Self::Technician)
            }
            Action::SeeReports => !matches!(self, Self::Finance),
            Action::ManageSettings => matches!(self, Self::Owner | Self::Admin),
            Action::ManageUsers | Action::SeeAudit => matches!(self, Self::Owner | Self::Admin | Self::ClientAdmin),
            Action::ManagePlans => matches!(self, Self::Owner | Self::Admin | Self::Finance),
            Action::Ingest => false,
        }
    }

    /// Bound to one organization.
    pub const fn is_client(self) -> bool {
        matches!(self, Self::ClientAdmin | Self::ClientViewer)
    }
}

impl KeyRights {
    /// What a key may: `read` what a viewer reads, `manage` that and what an admin changes, `ingest` sends and nothing else.
    /// Users are never managed, nor the audit log read, with a key.
    pub const fn may(self, action: Action) -> bool {
        match action {
            Action::Ingest => self.ingest,
            Action::SeeDashboards | Action::SeeSeats | Action::SeeReports => self.read || self.manage,
            Action::TendAlerts | Action::ManageDevices | Action::ManageDelivery | Action::ManageSettings | Action::ManagePlans => {
                self.manage
            }
            Action::ManageUsers | Action::SeeAudit => false,
        }
    }
}

impl Scope {
    /// Whether an object exists for this scope. `partner` and `organization` are those the object belongs to; an
    /// object of a partner itself has no organization, one of an organization itself no device.
    pub fn contains(&self, partner: PartnerId, organization: Option<OrganizationId>, device: Option<DeviceId>) -> bool {
        match self {
            Self::Partners(partners) => partners.contains(&partner),
            Self::Organization(p, o) => *p == partner && organization == Some(*o),
            Self::Device(p, o, d) => *p == partner && organization == Some(*o) && device == Some(*d),
        }
    }

    /// The actor's own partner.
    pub fn partner(&self) -> Option<PartnerId> {
        match self {
            Self::Partners(partners) => partners.first().copied(),
            Self::Organization(partner, _) | Self::Device(partner, ..) => Some(*partner),
        }
    }
}

impl Actor {
    /// The server itself, within `scope`.
    pub const fn system(scope: Scope) -> Self {
        Self { ground: Ground::System, scope }
    }

    /// Whether the ground allows the action; where it may is the scope's affair.
    pub const fn may(&self, action: Action) -> bool {
        match self.ground {
            Ground::Member(_, role) => role.may(action),
            Ground::Key(_, rights) => rights.may(action),
            Ground::System => true,
        }
    }
}
