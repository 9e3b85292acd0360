//! What stands around a run: the one before and the one after it of the same job, and what is usual for the job. And the latest
//! runs of a device in brief, without what they said. Each looks at a bounded number of the device's runs.

use super::find;
use crate::{
    error::Error,
    store::{Store, devices, entity::run, facts::parse, scope, sql::Sql},
};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, JobId, RunId},
    run::{Run, RunState},
    time::{Span, Time},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};

/// Runs of the device that are looked at on each side; a job that ran more rarely has no neighbour here.
const LOOKED_AT: u64 = 400;
/// Usable runs of which the median is taken.
const COMPARED: usize = 15;

/// A run, without what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RunGlance {
    /// Which run.
    pub id: RunId,
    /// Of which job.
    pub job: JobId,
    /// Its state.
    pub state: RunState,
    /// Its start.
    pub started_at: Time,
    /// Its end.
    pub ended_at: Option<Time>,
    /// Bytes handled.
    pub bytes: Option<i64>,
}

/// Medians of the last usable runs before a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// Of how many runs.
    pub of: usize,
    /// How long they took.
    pub took: Option<Span>,
    /// Files handled.
    pub items: Option<i64>,
    /// Bytes handled.
    pub bytes: Option<i64>,
    /// Bytes added.
    pub bytes_added: Option<i64>,
}

/// What stands around a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Around {
    /// The run of the job before it.
    pub previous: Option<RunGlance>,
    /// The run of the job after it.
    pub next: Option<RunGlance>,
    /// What is usual for the job, by the runs before it.
    pub usual: Usual,
    /// The runs before it, oldest first, at most as many as are compared.
    pub before: Vec<RunGlance>,
}

type Row = (i64, i64, String, i64, Option<i64>, Option<i64>);

fn glance((id, job, state, started_at, ended_at, bytes): Row) -> Result<RunGlance, Error> {
    let (id, job) = (RunId(id), JobId(job));
    Ok(RunGlance { id, job, state: parse(&state)?, started_at: Time(started_at), ended_at: ended_at.map(Time), bytes })
}

/// Which side of a run.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

async fn near<C: ConnectionTrait>(
    conn: &C,
    (partner, device): (i64, i64),
    border: Option<(Side, i64, i64)>,
    limit: u64,
) -> Result<Vec<RunGlance>, Error> {
    near_query((partner, device), border, limit).into_tuple::<Row>().all(conn).await?.into_iter().map(glance).collect()
}

fn near_query((partner, device): (i64, i64), border: Option<(Side, i64, i64)>, limit: u64) -> Select<run::Entity> {
    use run::Column::{Bytes, DeviceId, EndedAt, Id, JobId, PartnerId, StartedAt, State};
    let query = run::Entity::find()
        .select_only()
        .columns([Id, JobId, State, StartedAt, EndedAt, Bytes])
        .filter(PartnerId.eq(partner))
        .filter(DeviceId.eq(device))
        .limit(limit);
    match border {
        Some((Side::Before, at, id)) => query
            .filter(StartedAt.lte(at))
            .filter(Condition::any().add(StartedAt.lt(at)).add(Id.lt(id)))
            .order_by_desc(StartedAt)
            .order_by_desc(Id),
        Some((Side::After, at, id)) => query
            .filter(StartedAt.gte(at))
            .filter(Condition::any().add(StartedAt.gt(at)).add(Id.gt(id)))
            .order_by_asc(StartedAt)
            .order_by_asc(Id),
        None => query.order_by_desc(StartedAt).order_by_desc(Id),
    }
}

/// The latest runs of a device in brief, latest first.
///
/// # Errors
/// `NotFound` (device); `Forbidden` without the right to read.
pub async fn recent(store: &Store, actor: &Actor, device: DeviceId, limit: u64) -> Result<Vec<RunGlance>, Error> {
    scope::require(actor, Action::SeeDashboards, "see runs")?;
    let device = devices::find(store.reads(), actor, device).await?;
    near(store.reads(), (device.partner_id, device.id), None, limit.min(500)).await
}

/// As [`recent`], of a device or account that is known to be seen.
pub(crate) async fn latest<C: ConnectionTrait>(conn: &C, of: (i64, i64), limit: u64) -> Result<Vec<RunGlance>, Error> {
    near(conn, of, None, limit).await
}

/// What stands around a run.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn around(store: &Store, actor: &Actor, id: RunId) -> Result<Around, Error> {
    scope::require(actor, Action::SeeDashboards, "see runs")?;
    let conn = store.reads();
    let own = find(conn, actor, id).await?;
    let of = (own.partner_id, own.device_id);
    let job = JobId(own.job_id);
    let mut before = near(conn, of, Some((Side::Before, own.started_at, own.id)), LOOKED_AT).await?;
    before.retain(|run| run.job == job);
    let next = near(conn, of, Some((Side::After, own.started_at, own.id)), LOOKED_AT).await?.into_iter().find(|run| run.job == job);
    let compared: Vec<i64> = before.iter().filter(|run| run.state.is_usable()).take(COMPARED).map(|run| run.id.0).collect();
    let usual = usual(conn, own.partner_id, compared).await?;
    let previous = before.first().copied();
    before.truncate(COMPARED);
    before.reverse();
    Ok(Around { previous, next, usual, before })
}

async fn usual<C: ConnectionTrait>(conn: &C, partner: i64, ids: Vec<i64>) -> Result<Usual, Error> {
    if ids.is_empty() {
        return Ok(Usual::default());
    }
    let of = ids.len();
    let mut sql = Sql::new("SELECT body FROM runs WHERE partner_id = ");
    sql.bind(partner).push(" AND id IN ").bind_list(ids);
    let mut runs: Vec<Run> = Vec::with_capacity(of);
    for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
        runs.push(serde_json::from_str(&row.try_get_by_index::<String>(0)?)?);
    }
    Ok(Usual {
        of,
        took: median(runs.iter().filter_map(|r| r.ended_at.map(|end| (end - r.started_at).0))).map(Span),
        items: median(runs.iter().filter_map(|r| r.head.items)),
        bytes: median(runs.iter().filter_map(|r| r.head.bytes)),
        bytes_added: median(runs.iter().filter_map(|r| r.head.bytes_added)),
    })
}

/// The middle one; of an even number the lower of the two.
fn median(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    (!values.is_empty()).then(|| values[(values.len() - 1) / 2])
}

#[cfg(all(test, feature = "test-support"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::{self, Kind};
    use sea_orm::{DbBackend, QueryTrait, Statement};

    #[tokio::test]
    async fn what_stands_around_a_run_is_found_among_the_runs_of_its_device_and_not_of_the_partner() {
        let fresh = testing::fresh(Kind::Sqlite).await;
        for border in [None, Some((Side::Before, 70, 9)), Some((Side::After, 70, 9))] {
            let query = near_query((7, 8), border, LOOKED_AT).build(DbBackend::Sqlite).to_string();
            let rows =
                fresh.store.reads().query_all_raw(Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {query}"))).await;
            let plan: Vec<String> = rows.unwrap().iter().map(|row| row.try_get_by_index(3).unwrap()).collect();
            assert!(plan.len() == 1 && plan[0].contains("USING INDEX runs_device (partner_id=? AND device_id=?"), "{plan:?}");
        }
    }
}
