//! Totals of a scope or of one organization: the live counts, and what ended in each window. One row of counts and 720 of hours a partner.

use super::may_see;
use crate::{
    error::Error,
    store::{Store, entity::saas_count, facts::at, organizations, scope, sql::Sql},
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{OrganizationId, PartnerId},
    saas::{Ended, SaasNow},
    time::{Span, Time},
};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

/// Totals of the actor's scope, or of one organization in it. Those who see seats only get no results.
///
/// # Errors
/// `NotFound` for an organization outside the scope; `Forbidden` without the right to see seats.
pub async fn totals(store: &Store, actor: &Actor, organization: Option<OrganizationId>, now: Time) -> Result<SaasNow, Error> {
    may_see(actor)?;
    let (partners, organization): (Vec<PartnerId>, i64) = match organization {
        Some(id) => (vec![PartnerId(organizations::find(store.reads(), actor, id).await?.partner_id)], id.0),
        None => match &actor.scope {
            Scope::Partners(several) => (several.to_vec(), 0),
            Scope::Organization(partner, own) => (vec![*partner], own.0),
            Scope::Device(..) => return Ok(SaasNow::default()),
        },
    };
    let mut totals = counts(store, &partners, organization).await?;
    if !actor.may(Action::SeeDashboards) {
        return Ok(SaasNow { accounts: totals.accounts, seats: totals.seats, ..SaasNow::default() });
    }
    ended(store, &partners, organization, now, &mut totals).await?;
    Ok(totals)
}

async fn counts(store: &Store, partners: &[PartnerId], organization: i64) -> Result<SaasNow, Error> {
    let mut sql = Sql::new("SELECT ");
    for (place, column) in ["accounts", "seats", "running", "retrying"].into_iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).push("CAST(COALESCE(SUM(").push(column).push("), 0) AS BIGINT)");
    }
    sql.push(" FROM saas_counts WHERE service = '' AND partner_id IN ").bind_list(partners.iter().map(|p| p.0));
    sql.push(" AND organization_id = ").bind(organization);
    let row = store.reads().query_one_raw(sql.build(store.backend())).await?;
    row.map_or_else(
        || Ok(SaasNow::default()),
        |row| {
            Ok(SaasNow { accounts: at(&row, 0)?, seats: at(&row, 1)?, running: at(&row, 2)?, retrying: at(&row, 3)?, ..SaasNow::default() })
        },
    )
}

async fn ended(store: &Store, partners: &[PartnerId], organization: i64, now: Time, totals: &mut SaasNow) -> Result<(), Error> {
    const SUMS: [&str; 3] = ["succeeded + warning", "warning", "failed + missed"];
    let windows = [Span::DAY, Span::days(7), Span::days(30)].map(|window| (now - window).hour());
    let mut sql = Sql::new("SELECT ");
    for (place, since) in windows.into_iter().enumerate() {
        for (inner, sum) in SUMS.into_iter().enumerate() {
            sql.push(if place + inner > 0 { ", " } else { "" }).push("CAST(COALESCE(SUM(CASE WHEN hour > ").bind(since);
            sql.push(" THEN ").push(sum).push(" ELSE 0 END), 0) AS BIGINT)");
        }
    }
    sql.push(" FROM saas_hours WHERE partner_id IN ").bind_list(partners.iter().map(|p| p.0));
    sql.push(" AND organization_id = ").bind(organization);
    sql.push(" AND hour > ").bind(windows[2]).push(" AND hour <= ").bind(now.hour());
    let Some(row) = store.reads().query_one_raw(sql.build(store.backend())).await? else { return Ok(()) };
    let of = |place: usize| -> Result<Ended, Error> {
        Ok(Ended { success: at(&row, place)?, warning: at(&row, place + 1)?, failed: at(&row, place + 2)? })
    };
    (totals.day, totals.week, totals.month) = (of(0)?, of(3)?, of(6)?);
    Ok(())
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
