//! Counts of a scope, out of stored state: a row an organization, or a device's own.

use super::{partners, saas};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    reconcile::write::share,
    store::{
        Store,
        facts::{at, parse},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    live::CountsNow,
    saas::SaasNow,
    time::Time,
};
use sea_orm::{ConnectionTrait, Statement};

/// Counts of a scope: of its devices, and of its SaaS accounts where there are any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeNow {
    /// Of devices.
    pub counts: CountsNow,
    /// Of SaaS accounts; none: there is no connection.
    pub saas: Option<SaasNow>,
}

/// Counts of the actor's scope, from stored state. `now`: where the windows of ended runs end.
///
/// # Errors
/// `Forbidden`: the actor doesn't see dashboards. The database fails.
pub async fn scope_now(store: &Store, actor: &Actor, now: Time) -> Result<ScopeNow, Error> {
    Ok(ScopeNow { counts: counts(store, actor).await?, saas: saas::of_scope(store.reads(), &actor.scope, now).await? })
}

/// Counts of the actor's scope, from stored state.
///
/// # Errors
/// `Forbidden`: the actor doesn't see dashboards. The database fails.
pub async fn counts(store: &Store, actor: &Actor) -> Result<CountsNow, Error> {
    if !actor.may(Action::SeeDashboards) {
        return Err(Error::Forbidden("see dashboards"));
    }
    let backend = store.backend();
    if let Scope::Device(partner, _, device) = &actor.scope {
        let sql = "SELECT life, band, running, retrying, open_alerts, breach_at, in_breach FROM device_state WHERE partner_id = $1 AND device_id = $2";
        let statement = Statement::from_sql_and_values(backend, sql, [partner.0.into(), device.0.into()]);
        let Some(row) = store.reads().query_one_raw(statement).await? else { return Ok(CountsNow::default()) };
        let service = at::<Option<i64>>(&row, 5)?.map(|_| at::<bool>(&row, 6)).transpose()?;
        let (life, band) = (parse(&at::<String>(&row, 0)?)?, parse(&at::<String>(&row, 1)?)?);
        let sums = share(life, band, at(&row, 2)?, at(&row, 3)?, at(&row, 4)?, service);
        return Ok(counts_of(sums));
    }
    let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
    match &actor.scope {
        Scope::Organization(partner, organization) => {
            keys.int(partner.0).int(organization.0);
        }
        scope => {
            for partner in partners(scope) {
                keys.int(partner.0).int(0);
            }
        }
    }
    // Sums of bigints are numeric on PostgreSQL.
    let sums = ["healthy", "warning", "critical", "unknown", "paused", "running", "retrying", "open_alerts", "covered", "in_breach"]
        .map(|column| format!("CAST(COALESCE(SUM(c.{column}), 0) AS BIGINT)"))
        .join(", ");
    let sql =
        format!("SELECT {sums} FROM {{x}} {{join}} organization_counts c ON c.partner_id = x.a AND (x.b = 0 OR c.organization_id = x.b)");
    let rows = keys.query(store.reads(), &sql).await?;
    let Some(row) = rows.first() else { return Ok(CountsNow::default()) };
    let mut sums = [0; 10];
    for (place, sum) in sums.iter_mut().enumerate() {
        *sum = at(row, place)?;
    }
    Ok(counts_of(sums))
}

const fn counts_of(sums: [i64; 10]) -> CountsNow {
    let [healthy, warning, critical, unknown, paused, running, retrying, open_alerts, covered, in_breach] = sums;
    CountsNow { healthy, warning, critical, unknown, paused, running, retrying, open_alerts, covered, in_breach }
}
