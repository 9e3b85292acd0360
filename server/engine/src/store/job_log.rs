//! The job log: all runs of a scope, latest start first (D1, *Run states*), however many there are.
//!
//! Nothing is ever scanned. Each partner of the scope is asked by itself and the parts are merged. Runs of a partner come in order from
//! `runs_started`, troubled ones from `troubled_runs`, open ones from the devices and accounts that have one. An organization's or
//! a named device's runs come from `runs_device`, by windows of time that grow until the page is full. A filter that no index serves
//! (a tool, a rare result) looks through a limited number of runs: the page then says how far back it has looked, and its cursor goes on.

mod filter;
mod open;
mod partner;
mod rows;

pub use filter::{LogFilter, LogResult};
pub(crate) use open::open_now;
pub use rows::{LogPage, LogRow};

use super::{Store, entity::run, page, runs::Names, scope, sql::Sql};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    time::Time,
};
use partner::Asked;
use rows::row;
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult};

/// Start and id: the order of the log, descending.
type Key = (i64, i64);

const fn key(model: &run::Model) -> Key {
    (model.started_at, model.id)
}

/// What one partner gives.
#[derive(Default)]
struct Part {
    rows: Vec<run::Model>,
    /// Nothing before this key was looked at; none: all was.
    stopped: Option<Key>,
}

/// A page of the log.
///
/// # Errors
/// `Forbidden` without the right to read; `Invalid` (cursor, limit). An organization outside the scope has no runs.
pub async fn list(store: &Store, actor: &Actor, filter: &LogFilter, now: Time) -> Result<LogPage, Error> {
    scope::require(actor, Action::SeeDashboards, "see runs")?;
    let limit = page::limit(filter.limit)?;
    let before = page::read::<Key>(filter.cursor.as_deref())?;
    let conn = store.reads();
    let mut rows: Vec<run::Model> = Vec::new();
    let mut frontier: Option<Key> = None;
    for partner in scope::partners(&actor.scope) {
        let asked = Asked { actor, filter, partner: *partner, before, wanted: limit + 1, now };
        let part = asked.part(conn).await?;
        rows.extend(part.rows);
        frontier = frontier.max(part.stopped);
    }
    rows.sort_by_key(|r| std::cmp::Reverse(key(r)));
    // Where one partner's part ends early, older rows of the others wait for the next page.
    rows.retain(|r| frontier.is_none_or(|f| key(r) >= f));
    let is_full = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = if is_full { rows.last().map(key) } else { frontier };
    let names = Names::of(conn, rows.iter().map(|r| (r.partner_id, r.organization_id, r.device_id, Some(r.job_id)))).await?;
    Ok(LogPage {
        items: rows.iter().map(|r| row(r, &names)).collect::<Result<_, _>>()?,
        next_cursor: last.map(|k| page::write(&k)).transpose()?,
        searched_to: frontier.filter(|_| !is_full).map(|(started_at, _)| Time(started_at)),
    })
}

/// Keeps a query on runs `r` within the scope.
fn within(query: &mut Sql, scope: &Scope) {
    match scope {
        Scope::Partners(_) => {}
        Scope::Organization(_, organization) => {
            query.push(" AND r.organization_id = ").bind(organization.0);
        }
        Scope::Device(_, organization, device) => {
            query.push(" AND r.organization_id = ").bind(organization.0).push(" AND r.device_id = ").bind(device.0);
        }
    }
}

async fn models(conn: &DatabaseConnection, query: Sql) -> Result<Vec<run::Model>, Error> {
    let rows = conn.query_all_raw(query.build(conn.get_database_backend())).await?;
    rows.iter().map(|row| Ok(run::Model::from_query_result(row, "")?)).collect()
}
