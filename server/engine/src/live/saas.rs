//! Counts of SaaS accounts as dashboards show them (D6): seats and open runs from the live counts, ended runs from the hours. A scope
//! costs a row a partner and the hours of a month, however many organizations it holds.

use super::partners;
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::facts::at,
};
use domain::{
    access::Scope,
    ids::{OrganizationId, PartnerId},
    saas::{Ended, SaasNow},
    time::{Span, Time},
};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

/// Counts of a scope; none: it has no connection, or is a device's.
pub(crate) async fn of_scope<C: ConnectionTrait>(conn: &C, scope: &Scope, now: Time) -> Result<Option<SaasNow>, Error> {
    let pairs: Vec<(PartnerId, OrganizationId)> = match scope {
        Scope::Device(..) => return Ok(None),
        Scope::Organization(partner, organization) => vec![(*partner, *organization)],
        // 0: the whole partner.
        scope => partners(scope).iter().map(|partner| (*partner, OrganizationId(0))).collect(),
    };
    sum_of(conn, &pairs, now).await
}

/// Counts of these organizations together (organization 0: of the whole partner); none: none of them has a connection.
pub(crate) async fn sum_of<C: ConnectionTrait>(
    conn: &C,
    pairs: &[(PartnerId, OrganizationId)],
    now: Time,
) -> Result<Option<SaasNow>, Error> {
    let mut sum: Option<SaasNow> = None;
    for part in of_organizations(conn, pairs, now).await?.into_values() {
        let sum = sum.get_or_insert_default();
        for (sum, part) in [
            (&mut sum.accounts, part.accounts),
            (&mut sum.seats, part.seats),
            (&mut sum.running, part.running),
            (&mut sum.retrying, part.retrying),
        ] {
            *sum += part;
        }
        for (sum, part) in [(&mut sum.day, part.day), (&mut sum.week, part.week), (&mut sum.month, part.month)] {
            add(sum, part);
        }
    }
    Ok(sum)
}

fn add(sum: &mut Ended, part: Ended) {
    sum.success += part.success;
    sum.warning += part.warning;
    sum.failed += part.failed;
}

/// Counts of organizations that have a connection (organization 0: of the whole partner). Two queries.
pub(crate) async fn of_organizations<C: ConnectionTrait>(
    conn: &C,
    pairs: &[(PartnerId, OrganizationId)],
    now: Time,
) -> Result<HashMap<(PartnerId, OrganizationId), SaasNow>, Error> {
    let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
    for (partner, organization) in pairs {
        keys.int(partner.0).int(organization.0);
    }
    let sql = "SELECT c.partner_id, c.organization_id, c.accounts, c.seats, c.running, c.retrying FROM {x} {join} saas_counts c \
               ON c.partner_id = x.a AND c.organization_id = x.b AND c.service = ''";
    let mut all = HashMap::new();
    for row in keys.query(conn, sql).await? {
        let now =
            SaasNow { accounts: at(&row, 2)?, seats: at(&row, 3)?, running: at(&row, 4)?, retrying: at(&row, 5)?, ..SaasNow::default() };
        all.insert((PartnerId(at(&row, 0)?), OrganizationId(at(&row, 1)?)), now);
    }
    let first = |days: i64| (now - Span::days(days)).hour();
    let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Int, Kind::Int]);
    for (partner, organization) in all.keys() {
        keys.int(partner.0).int(organization.0).int(first(30)).int(now.hour());
    }
    let sql = "SELECT h.partner_id, h.organization_id, h.hour, h.succeeded, h.warning, h.failed, h.missed FROM {x} {join} saas_hours h \
               ON h.partner_id = x.a AND h.organization_id = x.b AND h.hour > x.c AND h.hour <= x.d";
    for row in keys.query(conn, sql).await? {
        let Some(sum) = all.get_mut(&(PartnerId(at(&row, 0)?), OrganizationId(at(&row, 1)?))) else { continue };
        let hour: i64 = at(&row, 2)?;
        let (succeeded, warning, failed, missed): (i64, i64, i64, i64) = (at(&row, 3)?, at(&row, 4)?, at(&row, 5)?, at(&row, 6)?);
        let ended = Ended { success: succeeded + warning, warning, failed: failed + missed };
        add(&mut sum.month, ended);
        for (days, window) in [(7, &mut sum.week), (1, &mut sum.day)] {
            if hour > first(days) {
                add(window, ended);
            }
        }
    }
    Ok(all)
}
