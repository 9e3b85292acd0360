//! Commands on connections: made, given another policy, removed.

use super::find;
use crate::{
    Engine,
    error::Error,
    reconcile::consent,
    store::{
        accounts,
        audit::{self, Entry},
        devices,
        entity::{account, authorization, connection, saas_count},
        facts::parse,
        organizations::{self, OrganizationStatus},
        platform, policies, scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{ConnectionId, OrganizationId, PartnerId, PolicyId},
    saas::{Consent, Service},
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, ModelTrait, PaginatorTrait,
    QueryFilter, QuerySelect, sea_query::OnConflict,
};
use serde_json::json;

/// A connection to be made.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Whose.
    pub organization: OrganizationId,
    /// To which service.
    pub service: Service,
    /// Its policy; none: the partner's default.
    pub policy: Option<PolicyId>,
}

/// Makes a connection. Nobody has authorized it yet.
///
/// # Errors
/// `NotFound` (organization, policy), `Forbidden`, `Conflict` (there is one, deactivated organization).
pub async fn create(engine: &Engine, actor: &Actor, new: NewConnection, now: Time) -> Result<ConnectionId, Error> {
    let store = &engine.store;
    let partner = PartnerId(organizations::find(store.reads(), actor, new.organization).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "connect SaaS services")?;
    let tx = store.begin_for(partner).await?;
    let organization = organizations::find(&tx, actor, new.organization).await?;
    if parse::<OrganizationStatus>(&organization.status)? == OrganizationStatus::Deactivated {
        let message = "This organization is deactivated. Activate it before connecting services.";
        return Err(Error::conflict("organization_deactivated", message));
    }
    let there = connection::Entity::find()
        .filter(connection::COLUMN.partner_id.eq(partner.0))
        .filter(connection::COLUMN.organization_id.eq(new.organization.0))
        .filter(connection::COLUMN.service.eq(new.service.as_str()))
        .count(&tx)
        .await?;
    if there > 0 {
        let message = format!("This organization has a connection to {} already.", new.service.name());
        return Err(Error::conflict("connection_exists", message));
    }
    let policy = policies::of_partner(&tx, partner, new.policy).await?;
    let id = ConnectionId(store.id(now));
    let row = connection::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        organization_id: Set(new.organization.0),
        service: Set(new.service.as_str().into()),
        policy_id: Set(policy.id),
        tenant: Set(String::new()),
        consent: Set(Consent::Unknown.as_str().into()),
        consent_at: Set(now.0),
        consent_code: Set(String::new()),
        consent_detail: Set(String::new()),
        tokens: Set(None),
        granted_at: Set(None),
        granted_by: Set(String::new()),
        refreshed_at: Set(None),
        next_refresh_at: Set(None),
        refused_at: Set(None),
        troubled_since: Set(None),
        attempts: Set(0),
        claimed_until: Set(None),
        claimed_by: Set(None),
        discovered_at: Set(None),
        next_discovery_at: Set(None),
        discovery_detail: Set(String::new()),
        created_at: Set(now.0),
        updated_at: Set(now.0),
    };
    connection::Entity::insert(row).exec_without_returning(&tx).await?;
    // From now on the organization is one of SaaS: dashboards list those that have counts.
    for service in ["", new.service.as_str()] {
        let zero = saas_count::ActiveModel {
            partner_id: Set(partner.0),
            organization_id: Set(new.organization.0),
            service: Set(service.into()),
            accounts: Set(0),
            seats: Set(0),
            running: Set(0),
            retrying: Set(0),
        };
        let key = [saas_count::Column::PartnerId, saas_count::Column::OrganizationId, saas_count::Column::Service];
        let keep = OnConflict::columns(key).do_nothing().to_owned();
        saas_count::Entity::insert(zero).on_conflict(keep).exec_without_returning(&tx).await?;
    }
    let detail = json!({ "service": new.service, "policy": PolicyId(policy.id) });
    record(&tx, actor, (partner, new.organization, id), "connection.create", detail, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Gives a connection another policy; the jobs of its accounts follow it from now on.
///
/// # Errors
/// `NotFound` (connection, policy), `Forbidden`.
pub async fn set_policy(engine: &Engine, actor: &Actor, id: ConnectionId, policy: PolicyId, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "change connections")?;
    let tx = store.begin_for(partner).await?;
    let held = accounts::subjects_of_connection(&tx, partner, id).await?;
    devices::lock(store, &tx, &held).await?;
    let stored = find(&tx, actor, id).await?;
    policies::of_partner(&tx, partner, Some(policy)).await?;
    if stored.policy_id == policy.0 {
        return Ok(());
    }
    let organization = OrganizationId(stored.organization_id);
    let mut row = stored.into_active_model();
    row.policy_id = Set(policy.0);
    row.updated_at = Set(now.0);
    row.update(&tx).await?;
    // Slots of the new schedule that lie in the past were never promised.
    accounts::watch_anew(&tx, &held, now).await?;
    record(&tx, actor, (partner, organization, id), "connection.edit", json!({ "policy": policy }), now).await?;
    let changes = devices::settle(store, &tx, &held, now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

/// Disconnects: the tokens are forgotten, an alert is resolved. Where there are accounts the connection stays, not connected, because
/// their history belongs to it; else it is gone. True: it is gone.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` while it has activated accounts.
pub async fn remove(engine: &Engine, actor: &Actor, id: ConnectionId, now: Time) -> Result<bool, Error> {
    let store = &engine.store;
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "remove connections")?;
    let tx = store.begin_for(partner).await?;
    if store.backend() == DbBackend::Postgres {
        // An event may be about to make its first account: that holds the row, too.
        connection::Entity::find_by_id((partner.0, id.0)).lock_exclusive().one(&tx).await?;
    }
    let stored = find(&tx, actor, id).await?;
    let of_it = || account::Entity::find().filter(account::COLUMN.partner_id.eq(partner.0)).filter(account::COLUMN.connection_id.eq(id.0));
    let activated = of_it().filter(account::COLUMN.status.eq("activated")).count(&tx).await?;
    if activated > 0 {
        let message = format!(
            "This connection has {} activated. Deactivate them first: without the connection they would be overdue.",
            if activated == 1 { "an account that is".to_owned() } else { format!("{activated} accounts that are") }
        );
        return Err(Error::conflict("accounts_activated", message));
    }
    let is_empty = of_it().count(&tx).await? == 0;
    let organization = OrganizationId(stored.organization_id);
    let service: Service = parse(&stored.service)?;
    authorization::Entity::delete_many()
        .filter(authorization::COLUMN.partner_id.eq(partner.0))
        .filter(authorization::COLUMN.connection_id.eq(id.0))
        .exec(&tx)
        .await?;
    if is_empty {
        stored.delete(&tx).await?;
    } else {
        let mut row = stored.into_active_model();
        row.consent = Set(Consent::Unknown.as_str().into());
        row.consent_at = Set(now.0);
        row.consent_code = Set(String::new());
        row.consent_detail = Set(String::new());
        row.tenant = Set(String::new());
        row.tokens = Set(None);
        row.next_refresh_at = Set(None);
        row.next_discovery_at = Set(None);
        row.refused_at = Set(None);
        row.troubled_since = Set(None);
        row.attempts = Set(0);
        row.claimed_until = Set(None);
        row.claimed_by = Set(None);
        row.updated_at = Set(now.0);
        row.update(&tx).await?;
    }
    platform::removed(&tx, service, (partner, id), now).await?;
    let changes = consent::follow(store, &tx, partner, id, now).await?;
    let detail = json!({ "service": service, "gone": is_empty });
    record(&tx, actor, (partner, organization, id), "connection.remove", detail, now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(is_empty)
}

async fn record(
    tx: &DatabaseTransaction,
    actor: &Actor,
    (partner, organization, id): (PartnerId, OrganizationId, ConnectionId),
    what: &'static str,
    detail: serde_json::Value,
    now: Time,
) -> Result<(), Error> {
    let entry = Entry { partner, organization: Some(organization), what, subject: format!("connection:{id}"), detail };
    audit::append(tx, audit::who(actor), entry, now).await
}
