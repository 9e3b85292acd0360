//! Connections of an organization to SaaS services: what their cards show, and what can be changed of them. Leaving for the provider and asking it
//! are plain forms to `/consent/begin` and `/consent/check`.

use crate::error::UiError;
use domain::{
    consent::Cause,
    ids::{ConnectionId, OrganizationId, PolicyId},
    saas::{Consent, Service},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A service, and the organization's connection to it if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Whose.
    pub organization: OrganizationId,
    /// To which service.
    pub service: Service,
    /// The portal is set up for it.
    pub is_set_up: bool,
    /// The connection, once somebody has wanted one.
    pub known: Option<KnownConnection>,
    /// Policies to choose from: (id, name). Empty for those who may not.
    pub policies: Vec<(String, String)>,
    /// The actor may connect, check, change and remove.
    pub may_manage: bool,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownConnection {
    /// Which.
    pub id: ConnectionId,
    /// What the provider says.
    pub consent: Consent,
    /// Since when.
    pub consent_at: Time,
    /// Why consent is gone, while it is.
    pub cause: Option<Cause>,
    /// The provider's code of the last refusal or fault.
    pub code: String,
    /// What the provider said with it.
    pub detail: String,
    /// First refused, while it is not known yet whether consent is gone.
    pub doubted_since: Option<Time>,
    /// Since when no token is given for faults that say nothing of the consent, and whether that is worth a warning.
    pub troubled: Option<(Time, bool)>,
    /// What is wrong with the portal itself; for those who may change its settings.
    pub platform: Option<String>,
    /// The organization at the provider.
    pub tenant: String,
    /// When somebody authorized it last, and who.
    pub granted: Option<(Time, String)>,
    /// When tokens were renewed last.
    pub renewed_at: Option<Time>,
    /// When accounts were looked for last.
    pub discovered_at: Option<Time>,
    /// What that has to say.
    pub discovery_detail: String,
    /// Known accounts.
    pub accounts: i64,
    /// Seats in use.
    pub seats: i64,
    /// Its policy, and that one's name.
    pub policy: (PolicyId, String),
}

/// Gives a connection another policy.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "organizations/connection_policy", output = crate::wire::Wire)]
pub async fn set_connection_policy(
    /// Which connection.
    connection: ConnectionId,
    /// Which policy.
    policy: PolicyId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::connections::set_policy(&engine, &actor, connection, policy, (engine.clock)()).await?;
    Ok(())
}

/// Disconnects.
///
/// # Errors
/// `not_found`, `forbidden`, `accounts_activated`; `word`: the name of the service was not typed.
#[server(prefix = "/sf", endpoint = "organizations/connection_remove", output = crate::wire::Wire)]
pub async fn remove_connection(
    /// Which connection.
    connection: ConnectionId,
    /// The name of its service, as typed.
    word: String,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    let row = engine::store::connections::get(&engine.store, &actor, connection).await?;
    if actor.may(domain::access::Action::ManageDevices) && word.trim() != row.service.name() {
        return Err(UiError::field("word", "word", format!("Type “{}” to remove the connection.", row.service.name())));
    }
    engine::store::connections::remove(&engine, &actor, connection, (engine.clock)()).await?;
    Ok(())
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr {
    //! From the engine's connections to the pages' ones.

    use super::{ConnectionView, KnownConnection};
    use crate::{context, error::UiError};
    use domain::{
        access::{Action, Actor},
        ids::OrganizationId,
        saas::{Consent, Service},
        time::Time,
    };
    use engine::{
        Engine,
        store::{
            connections::{self, ConnectionRow},
            platform::Fault,
            policies,
        },
    };

    /// One view for each service there is.
    pub(in crate::api) async fn connections_of(
        engine: &Engine,
        actor: &Actor,
        organization: OrganizationId,
    ) -> Result<Vec<ConnectionView>, UiError> {
        let now = context::now(engine);
        let rows = connections::list(&engine.store, actor, organization).await?;
        let may_manage = actor.may(Action::ManageDevices);
        let known = if may_manage && !rows.is_empty() { policies::list(&engine.store, actor).await? } else { Vec::new() };
        let set_up = leptos::prelude::use_context::<context::SaasSetUp>().unwrap_or_default().0;
        let view = |service: &Service| {
            let row = rows.iter().find(|row| row.service == *service);
            ConnectionView {
                organization,
                service: *service,
                is_set_up: set_up.contains(service),
                policies: match row {
                    Some(row) => known.iter().filter(|p| p.partner == row.partner).map(|p| (p.id.to_string(), p.name.clone())).collect(),
                    None => Vec::new(),
                },
                known: row.map(|row| connection(row, now)),
                may_manage,
            }
        };
        Ok(Service::ALL.iter().map(view).collect())
    }

    fn connection(row: &ConnectionRow, now: Time) -> KnownConnection {
        let platform = row.incident.as_ref().map(|incident| {
            let name = row.service.name();
            match incident.fault {
                Fault::ClientSecret => format!(
                    "{name} refuses this portal's own client secret. Make a new one at the provider and put it into the secrets file; no \
                     client has to do anything. ({})",
                    incident.code
                ),
                Fault::Request => format!(
                    "{name} doesn't take what this portal asks for: check the client id, the scopes and the addresses in its settings. ({})",
                    incident.code
                ),
                Fault::TokenKey => "The secrets file lacks the key that tokens were sealed with. Put it back, or authorize again.".to_owned(),
            }
        });
        KnownConnection {
            id: row.id,
            consent: row.consent,
            consent_at: row.consent_at,
            cause: row.cause,
            code: row.code.clone(),
            detail: row.detail.clone(),
            doubted_since: row.refused_at.filter(|_| row.consent == Consent::Connected),
            troubled: row.troubled_since.map(|since| (since, row.is_troubled(now))),
            platform,
            tenant: row.tenant.clone(),
            granted: row.granted_at.map(|at| (at, row.granted_by.clone())),
            renewed_at: row.refreshed_at,
            discovered_at: row.discovered_at,
            discovery_detail: row.discovery_detail.clone(),
            accounts: row.accounts,
            seats: row.seats,
            policy: row.policy.clone(),
        }
    }
}
