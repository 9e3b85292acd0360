//! The organizations of the global dashboard: those with a connection, in order, page by page.
//!
//! Each partner is asked by itself ([`walk`]) and the parts are merged; then everything the rows of the page show is read ([`rows`]).

mod filter;
mod rows;
mod walk;

pub use filter::{SaasFilter, SaasSort};
pub use rows::{SaasRow, ServiceOfRow};

use super::may_see;
use crate::{
    error::Error,
    store::{
        Store,
        facts::at,
        page::{self, Page},
        scope,
        sql::Sql,
    },
};
use domain::{
    access::{Actor, Scope},
    ids::{OrganizationId, PartnerId},
};
use rows::rows_of;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use walk::Asked;

/// Partners that one statement asks.
const PARTNERS: usize = 60;
/// Most regions that can be chosen from.
const REGIONS: i64 = 100;

/// First part of a key: what the order is by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Lead {
    Number(i64),
    Text(String),
}

/// Order, whether it is turned round, and the keys of the last row.
#[derive(Serialize, Deserialize)]
struct Place(SaasSort, bool, Lead, String, i64);

/// A row that was found: whose it is, and its keys.
struct Found {
    partner: i64,
    lead: Lead,
    name: String,
    organization: i64,
}

/// A page of the table; its total is that of all pages.
///
/// # Errors
/// `Forbidden` without the right to see seats; `Invalid` (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &SaasFilter) -> Result<Page<SaasRow>, Error> {
    may_see(actor)?;
    let limit = page::limit(filter.limit)?;
    let after = page::read::<Place>(filter.cursor.as_deref())?;
    if after.as_ref().is_some_and(|after| after.0 != filter.sort || after.1 != filter.descending) {
        return Err(page::foreign());
    }
    let wanted = limit + 1;
    let asked = Asked { actor, filter, after, wanted, backend: store.backend() };
    let conn = store.reads();
    let partners: Vec<PartnerId> =
        scope::partners(&actor.scope).iter().copied().filter(|p| filter.partner.is_none_or(|only| only == *p)).collect();
    let (mut found, mut total) = (Vec::new(), 0);
    for part in partners.chunks(PARTNERS) {
        let customers = asked.customers(conn, part).await?;
        total += if asked.is_narrowed() { asked.count(conn, part).await? } else { customers.values().sum() };
        found.extend(asked.of(conn, part, &customers).await?);
    }
    if partners.len() > PARTNERS {
        found.sort_by(|a: &Found, b| {
            let order = (&a.lead, &a.name, a.organization).cmp(&(&b.lead, &b.name, b.organization));
            if filter.descending { order.reverse() } else { order }
        });
        found.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    }
    let (sort, descending) = (filter.sort, filter.descending);
    let page = Page::cut(found, limit, |f| Place(sort, descending, f.lead.clone(), f.name.clone(), f.organization))?;
    let pairs: Vec<(i64, i64)> = page.items.iter().map(|f| (f.partner, f.organization)).collect();
    let mut rows = rows_of(store, actor, &pairs).await?;
    let items = pairs.iter().filter_map(|(_, id)| rows.remove(id)).collect();
    Ok(Page { items, next_cursor: page.next_cursor, total: Some(total) })
}

/// One organization's row, as long as it has a connection.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to see seats.
pub async fn get(store: &Store, actor: &Actor, id: OrganizationId) -> Result<Option<SaasRow>, Error> {
    may_see(actor)?;
    let model = crate::store::organizations::find(store.reads(), actor, id).await?;
    Ok(rows_of(store, actor, &[(model.partner_id, model.id)]).await?.remove(&id.0))
}

/// Regions that organizations of the scope have, sorted, to choose from: one step of an index for each.
///
/// # Errors
/// `Forbidden` without the right to see seats.
pub async fn regions(store: &Store, actor: &Actor) -> Result<Vec<String>, Error> {
    may_see(actor)?;
    let Scope::Partners(partners) = &actor.scope else { return Ok(Vec::new()) };
    let mut regions = Vec::new();
    for partner in partners.iter() {
        let mut sql = Sql::new("WITH RECURSIVE r (region) AS (SELECT MIN(o.region) FROM organizations o WHERE o.partner_id = ");
        sql.bind(partner.0).push(" UNION ALL SELECT (SELECT MIN(o.region) FROM organizations o WHERE o.partner_id = ").bind(partner.0);
        sql.push(" AND o.region > r.region) FROM r WHERE r.region IS NOT NULL) SELECT region FROM r WHERE region <> '' LIMIT ");
        sql.bind(REGIONS);
        for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
            regions.push(at::<String>(&row, 0)?);
        }
    }
    regions.sort();
    regions.dedup();
    Ok(regions)
}
