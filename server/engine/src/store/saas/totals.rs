//! Totals of a scope or of one organization, as the live stream has them; and whether there is anything to sum.

use super::may_see;
use crate::{
    error::Error,
    live,
    store::{Store, entity::saas_count, organizations, scope},
};
use domain::{
    access::{Action, Actor},
    ids::{OrganizationId, PartnerId},
    saas::SaasNow,
    time::Time,
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter};

/// Totals of the actor's scope, or of one organization in it. Those who see seats only get no results.
///
/// # Errors
/// `NotFound` for an organization outside the scope; `Forbidden` without the right to see seats.
pub async fn totals(store: &Store, actor: &Actor, organization: Option<OrganizationId>, now: Time) -> Result<SaasNow, Error> {
    may_see(actor)?;
    // What the page shows first and what the stream says later are one sum.
    let totals = match organization {
        Some(id) => {
            let partner = PartnerId(organizations::find(store.reads(), actor, id).await?.partner_id);
            live::saas_of(store.reads(), &[(partner, id)], now).await?
        }
        None => live::saas_of_scope(store.reads(), &actor.scope, now).await?,
    };
    let totals = totals.unwrap_or_default();
    if !actor.may(Action::SeeDashboards) {
        return Ok(SaasNow { accounts: totals.accounts, seats: totals.seats, ..SaasNow::default() });
    }
    Ok(totals)
}

/// Whether an organization has, or had, a connection: then it is among the SaaS customers.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to see seats.
pub async fn has_connection(store: &Store, actor: &Actor, id: OrganizationId) -> Result<bool, Error> {
    may_see(actor)?;
    let rows = saas_count::Entity::find()
        .filter(scope::within(
            &actor.scope,
            saas_count::Column::PartnerId,
            Some(saas_count::Column::OrganizationId),
            None::<saas_count::Column>,
        ))
        .filter(saas_count::COLUMN.organization_id.eq(id.0))
        .filter(saas_count::COLUMN.service.eq(""))
        .count(store.reads())
        .await?;
    Ok(rows > 0)
}
