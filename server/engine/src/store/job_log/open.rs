//! Runs that are open now: from the devices and accounts that have one.

use super::{LogRow, key, models, rows::row, within};
use crate::{
    error::Error,
    store::{Store, entity::run, runs::Names, scope, sql::Sql},
};
use domain::{access::Actor, ids::PartnerId};
use sea_orm::DbBackend;

/// Open runs of the scope, latest start first.
pub(crate) async fn open_now(store: &Store, actor: &Actor, limit: u64) -> Result<Vec<LogRow>, Error> {
    let conn = store.reads();
    let mut rows: Vec<run::Model> = Vec::new();
    for partner in scope::partners(&actor.scope) {
        let mut query = open_of(*partner, store.backend());
        within(&mut query, &actor.scope);
        query.push(" ORDER BY r.started_at DESC, r.id DESC LIMIT ").push(&limit.to_string());
        rows.extend(models(conn, query).await?);
    }
    rows.sort_by_key(|r| std::cmp::Reverse(key(r)));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let names = Names::of(conn, rows.iter().map(|r| (r.partner_id, r.organization_id, r.device_id, Some(r.job_id)))).await?;
    rows.iter().map(|r| row(r, &names)).collect()
}

/// The last run of each job whose device or account has an open one. An open run that a later one of its job has overtaken is not
/// among them.
pub(super) fn open_of(partner: PartnerId, backend: DbBackend) -> Sql {
    let join = if backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " };
    let mut query = Sql::new("SELECT r.* FROM (SELECT d.partner_id, d.device_id FROM device_state d WHERE d.partner_id = ");
    query.bind(partner.0).push(" AND (d.running > 0 OR d.retrying > 0) UNION ALL ");
    query.push("SELECT a.partner_id, a.account_id FROM account_state a WHERE a.partner_id = ").bind(partner.0);
    query.push(" AND (a.running > 0 OR a.retrying > 0)) s");
    query.push(join).push("job_state j ON j.partner_id = s.partner_id AND j.device_id = s.device_id");
    query.push(join).push("runs r ON r.partner_id = j.partner_id AND r.id = j.last_run_id WHERE s.partner_id = ").bind(partner.0);
    query.push(" AND r.state IN ('running', 'retrying')");
    query
}
