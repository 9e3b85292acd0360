//! Connections: an organization's link to one SaaS service, with what the provider says of its consent (D1).
//!
//! [`commands`] make, change and remove them; [`authorize`] is the way of a person to the provider and back; [`renew`] keeps the tokens
//! alive and decides what a refusal does to the consent. Tokens are sealed ([`crate::vault`]) and never leave but through a [`Claim`]
//! or [`held`].

mod authorize;
mod commands;
mod renew;
mod tokens;

pub use authorize::{Begun, begin, granted, person, purge, take};
pub use commands::{NewConnection, create, remove, set_policy};
pub use renew::{Claim, Claimed, claim, claim_due, earliest, give_back, ours, passing, refused, renewed};
pub use tokens::{Tokens, held};

use super::{
    Store,
    entity::{connection, policy, saas_count},
    facts::parse,
    platform::{self, Incident},
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    consent::Cause,
    ids::{ConnectionId, OrganizationId, PartnerId, PolicyId},
    saas::{Consent, Service},
    time::{Span, Time},
};
use sea_orm::{Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

/// Passing faults that last longer than this are worth a warning.
pub const WARN_AFTER: Span = Span::hours(6);

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionRow {
    /// Which connection.
    pub id: ConnectionId,
    /// Its partner.
    pub partner: PartnerId,
    /// Its organization.
    pub organization: OrganizationId,
    /// To which service.
    pub service: Service,
    /// Its policy, and that one's name.
    pub policy: (PolicyId, String),
    /// The organization at the provider, where it is known.
    pub tenant: String,
    /// What the provider says.
    pub consent: Consent,
    /// Since when.
    pub consent_at: Time,
    /// The provider's code of the last refusal or fault; empty: none since.
    pub code: String,
    /// What the provider said with it.
    pub detail: String,
    /// Why consent is gone, while it is.
    pub cause: Option<Cause>,
    /// When somebody authorized it last.
    pub granted_at: Option<Time>,
    /// Who: a name.
    pub granted_by: String,
    /// When tokens were renewed last.
    pub refreshed_at: Option<Time>,
    /// When they are renewed next.
    pub next_refresh_at: Option<Time>,
    /// Since when the provider refuses, from the first refusal on.
    pub refused_at: Option<Time>,
    /// Since when no token is given for faults that say nothing of the consent.
    pub troubled_since: Option<Time>,
    /// When its accounts were discovered last.
    pub discovered_at: Option<Time>,
    /// When they are discovered next.
    pub next_discovery_at: Option<Time>,
    /// What the last discovery has to say.
    pub discovery_detail: String,
    /// Known accounts.
    pub accounts: i64,
    /// Activated ones, in an activated organization.
    pub seats: i64,
    /// What is wrong with the platform itself; for those who may change its settings.
    pub incident: Option<Incident>,
    /// When it was made.
    pub created_at: Time,
}

impl ConnectionRow {
    /// True when passing faults have lasted so long that somebody should look.
    pub fn is_troubled(&self, now: Time) -> bool {
        self.troubled_since.is_some_and(|since| now - since >= WARN_AFTER)
    }
}

fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, connection::Column::PartnerId, Some(connection::Column::OrganizationId), None::<connection::Column>)
}

/// Its row, if it is within the scope.
pub(crate) async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: ConnectionId) -> Result<connection::Model, Error> {
    connection::Entity::find()
        .filter(seen(actor))
        .filter(connection::COLUMN.id.eq(id.0))
        .one(conn)
        .await?
        .ok_or(Error::NotFound("connection"))
}

/// Finance sees which services are paid for (D11).
fn may_see(actor: &Actor) -> Result<(), Error> {
    if actor.may(Action::SeeDashboards) || actor.may(Action::SeeSeats) { Ok(()) } else { Err(Error::Forbidden("see connections")) }
}

/// The connections of an organization, by service.
///
/// # Errors
/// `NotFound` (organization), `Forbidden` without the right to read.
pub async fn list(store: &Store, actor: &Actor, organization: OrganizationId) -> Result<Vec<ConnectionRow>, Error> {
    may_see(actor)?;
    super::organizations::find(store.reads(), actor, organization).await?;
    let models = connection::Entity::find()
        .filter(seen(actor))
        .filter(connection::COLUMN.organization_id.eq(organization.0))
        .order_by_desc(connection::Column::Service)
        .all(store.reads())
        .await?;
    rows(store, actor, models).await
}

/// One connection.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: ConnectionId) -> Result<ConnectionRow, Error> {
    may_see(actor)?;
    let model = find(store.reads(), actor, id).await?;
    rows(store, actor, vec![model]).await?.pop().ok_or(Error::NotFound("connection"))
}

/// Rows of one organization's connections.
async fn rows(store: &Store, actor: &Actor, models: Vec<connection::Model>) -> Result<Vec<ConnectionRow>, Error> {
    let Some(first) = models.first() else { return Ok(Vec::new()) };
    let conn = store.reads();
    let policies = policy::Entity::find()
        .filter(policy::COLUMN.partner_id.eq(first.partner_id))
        .filter(policy::COLUMN.id.is_in(models.iter().map(|m| m.policy_id)))
        .all(conn)
        .await?;
    let counts = saas_count::Entity::find()
        .filter(saas_count::COLUMN.partner_id.eq(first.partner_id))
        .filter(saas_count::COLUMN.organization_id.eq(first.organization_id))
        .all(conn)
        .await?;
    let incidents = if actor.may(Action::ManageSettings) { platform::incidents(store).await? } else { Vec::new() };
    models
        .into_iter()
        .map(|model| {
            let service: Service = parse(&model.service)?;
            let consent: Consent = parse(&model.consent)?;
            let count = counts.iter().find(|c| c.service == model.service);
            let name = policies.iter().find(|p| p.id == model.policy_id).map(|p| p.name.clone()).unwrap_or_default();
            Ok(ConnectionRow {
                id: ConnectionId(model.id),
                partner: PartnerId(model.partner_id),
                organization: OrganizationId(model.organization_id),
                service,
                policy: (PolicyId(model.policy_id), name),
                tenant: model.tenant,
                consent,
                consent_at: Time(model.consent_at),
                cause: (consent == Consent::Expired).then(|| Cause::of(&model.consent_code)),
                code: model.consent_code,
                detail: model.consent_detail,
                granted_at: model.granted_at.map(Time),
                granted_by: model.granted_by,
                refreshed_at: model.refreshed_at.map(Time),
                next_refresh_at: model.next_refresh_at.map(Time),
                refused_at: model.refused_at.map(Time),
                troubled_since: model.troubled_since.map(Time),
                discovered_at: model.discovered_at.map(Time),
                next_discovery_at: model.next_discovery_at.map(Time),
                discovery_detail: model.discovery_detail,
                accounts: count.map_or(0, |c| c.accounts),
                seats: count.map_or(0, |c| c.seats),
                incident: incidents.iter().find(|i| i.service == service).cloned(),
                created_at: Time(model.created_at),
            })
        })
        .collect()
}
