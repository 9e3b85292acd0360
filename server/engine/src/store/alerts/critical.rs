//! Alerts that became critical within a time: opened so, or raised to it. Costs that time's part of the indexes and what is open, not the
//! history.

use super::{AlertRow, rows};
use crate::{
    error::Error,
    store::{Store, entity::alert, facts::at, scope, sql::Sql},
};
use domain::{
    access::{Action, Actor},
    ids::PartnerId,
    time::Time,
};
use sea_orm::{ConnectionTrait, EntityTrait};

/// Alerts that are counted, of each partner, before the count says "or more".
const COUNTED: i64 = 1_000;

/// Alerts that became critical within a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BecameCritical {
    /// How many, muted ones left out.
    pub count: i64,
    /// More are there than were counted.
    pub is_more: bool,
    /// The latest of them.
    pub rows: Vec<AlertRow>,
}

/// Alerts that became critical from an instant up to another (not at it), with the `shown` latest of them. Those that were lowered since are left out.
///
/// # Errors
/// `Forbidden` without the right to read. Narrower scopes than a partner see the whole partner's: they don't ask.
pub async fn became_critical(store: &Store, actor: &Actor, from: Time, until: Time, shown: usize) -> Result<BecameCritical, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let mut found = BecameCritical::default();
    let mut latest: Vec<(i64, i64, i64)> = Vec::new();
    for partner in scope::partners(&actor.scope) {
        let mut query = Sql::new("SELECT COUNT(*) FROM (");
        part(&mut query, *partner, from, until);
        query.push(" LIMIT ").push(&COUNTED.to_string()).push(") counted");
        let counted: i64 = store.reads().query_one_raw(query.build(store.backend())).await?.map_or(Ok(0), |row| at(&row, 0))?;
        found.count += counted;
        found.is_more |= counted >= COUNTED;
        if counted == 0 || shown == 0 {
            continue;
        }
        let mut query = Sql::new("SELECT id, began FROM (");
        part(&mut query, *partner, from, until);
        query.push(") became ORDER BY began DESC, id DESC LIMIT ").push(&shown.to_string());
        for row in store.reads().query_all_raw(query.build(store.backend())).await? {
            latest.push((at(&row, 1)?, at(&row, 0)?, partner.0));
        }
    }
    latest.sort_unstable_by(|a, b| b.cmp(a));
    latest.truncate(shown);
    let mut models = Vec::with_capacity(latest.len());
    for (_, id, partner) in latest {
        models.extend(alert::Entity::find_by_id((partner, id)).one(store.reads()).await?);
    }
    found.rows = rows(store.reads(), models).await?;
    Ok(found)
}

/// What opened within the time, what opened before it and is still open, and what opened before it and was resolved since: a range of an
/// index each. The sign before a column keeps the wide range of what opened before from being taken.
fn part(query: &mut Sql, partner: PartnerId, from: Time, until: Time) {
    let became = |query: &mut Sql| {
        query.push("SELECT a.id, COALESCE(a.raised_at, a.opened_at) AS began FROM alerts a WHERE a.partner_id = ").bind(partner.0);
        query.push(" AND a.severity = 'critical' AND NOT a.muted AND COALESCE(a.raised_at, a.opened_at) >= ").bind(from.0);
        query.push(" AND COALESCE(a.raised_at, a.opened_at) < ").bind(until.0);
    };
    became(query);
    query.push(" AND a.opened_at >= ").bind(from.0).push(" AND a.opened_at < ").bind(until.0).push(" UNION ALL ");
    became(query);
    query.push(" AND a.resolved_at IS NULL AND a.last_opened_at >= 0 AND +a.opened_at < ").bind(from.0).push(" UNION ALL ");
    became(query);
    query.push(" AND a.resolved_at >= ").bind(from.0).push(" AND +a.opened_at < ").bind(from.0);
}
