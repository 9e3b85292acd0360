//! What a report reads of many subjects at once: their jobs, the last successful backup of each job in the month, and when devices were
//! paused or retired. A fixed number of queries for a piece of subjects.

use super::summary::Last;
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{facts::at, sql::Sql},
};
use domain::{
    maintenance::merged,
    saas::days::Switch,
    sla::Cause,
    time::{Span, Time},
};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// The last backup of most jobs lies so near the end of the month; the others are looked for in all of it.
const NEAR: Span = Span::days(2);

/// A job of a subject.
pub(super) struct Job {
    pub(super) id: i64,
    /// Its name in lower case; of an account: the workload's word.
    pub(super) name: String,
}

/// Jobs of these subjects that were there before an instant.
pub(super) async fn jobs<C: ConnectionTrait>(conn: &C, partner: i64, ids: &[i64], before: Time) -> Result<BTreeMap<i64, Vec<Job>>, Error> {
    let mut sql = Sql::new("SELECT j.device_id, j.id, j.name_lower FROM jobs j WHERE j.partner_id = ");
    sql.bind(partner).push(" AND j.device_id IN ").bind_list(ids.iter().copied());
    sql.push(" AND j.created_at < ").bind(before.0).push(" ORDER BY j.device_id, j.name_lower");
    let mut jobs: BTreeMap<i64, Vec<Job>> = BTreeMap::new();
    for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
        jobs.entry(at(&row, 0)?).or_default().push(Job { id: at(&row, 1)?, name: at(&row, 2)? });
    }
    Ok(jobs)
}

/// As much of a run as is needed here.
#[derive(Deserialize)]
struct Body {
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    items: Option<i64>,
    #[serde(default)]
    bytes: Option<i64>,
}

/// The last usable run of each job that ended from `from` until before `until`.
pub(super) async fn last<C: ConnectionTrait>(
    conn: &C,
    partner: i64,
    jobs: &BTreeMap<i64, Vec<Job>>,
    (from, until): (Time, Time),
) -> Result<HashMap<i64, Last>, Error> {
    let mut found = HashMap::new();
    let near = (until - NEAR).max(from);
    let everybody: Vec<i64> = jobs.keys().copied().collect();
    ended(conn, partner, &everybody, (near, until), (from, until), &mut found).await?;
    let sought = |of: &&i64| jobs.get(of).is_some_and(|jobs| jobs.iter().any(|job| !found.contains_key(&job.id)));
    let rest: Vec<i64> = everybody.iter().filter(sought).copied().collect();
    let mut earlier = HashMap::new();
    ended(conn, partner, &rest, (from - NEAR, near), (from, until), &mut earlier).await?;
    for (job, last) in earlier {
        found.entry(job).or_insert(last);
    }
    Ok(found)
}

/// Those that started in one time and ended in another.
async fn ended<C: ConnectionTrait>(
    conn: &C,
    partner: i64,
    subjects: &[i64],
    started: (Time, Time),
    ended: (Time, Time),
    found: &mut HashMap<i64, Last>,
) -> Result<(), Error> {
    let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int]);
    for subject in subjects {
        keys.int(partner).int(*subject).int(started.0.0).int(started.1.0).int(ended.0.0).int(ended.1.0);
    }
    let sql = "SELECT l.job_id, l.ended_at, l.body FROM (SELECT r.job_id, r.ended_at, r.body, \
               ROW_NUMBER() OVER (PARTITION BY r.device_id, r.job_id ORDER BY r.ended_at DESC, r.id DESC) AS place \
               FROM {x} {join} runs r {by_device} ON r.partner_id = x.a AND r.device_id = x.b AND r.started_at >= x.c AND r.started_at < x.d \
               WHERE r.state IN ('succeeded', 'warning') AND r.ended_at >= x.e AND r.ended_at < x.f) l WHERE l.place = 1";
    for row in keys.query(conn, sql).await? {
        let body: Body = serde_json::from_str(&at::<String>(&row, 2)?)?;
        let last = Last { at: at::<Option<i64>>(&row, 1)?.map(Time), objects: body.head.items, bytes: body.head.bytes };
        found.insert(at(&row, 0)?, last);
    }
    Ok(())
}

/// When a device was paused or retired.
#[derive(Default)]
pub(super) struct Away {
    /// As a switch that was off meanwhile.
    pub(super) switch: Switch,
    /// Retired all the time that was asked about.
    pub(super) retired: bool,
}

/// When these devices were paused or retired, of what touches the time from `from` until before `until`.
pub(super) async fn away<C: ConnectionTrait>(
    conn: &C,
    (partner, organization): (i64, i64),
    ids: &[i64],
    (from, until): (Time, Time),
) -> Result<HashMap<i64, Away>, Error> {
    let mut sql = Sql::new("SELECT e.device_id, e.cause, e.from_at, e.until_at FROM exclusions e WHERE e.partner_id = ");
    sql.bind(partner).push(" AND e.organization_id = ").bind(organization).push(" AND e.device_id IN ").bind_list(ids.iter().copied());
    sql.push(" AND e.from_at < ").bind(until.0).push(" AND (e.until_at IS NULL OR e.until_at > ").bind(from.0).push(")");
    let mut times: HashMap<i64, (Vec<(Time, Time)>, bool)> = HashMap::new();
    for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
        let (begin, end) = (Time(at(&row, 2)?), at::<Option<i64>>(&row, 3)?.map_or(Time(i64::MAX), Time));
        let of = times.entry(at(&row, 0)?).or_default();
        of.0.push((begin, end));
        of.1 |= at::<String>(&row, 1)? == Cause::Retired.as_str() && begin <= from && end >= until;
    }
    let switched = |(times, retired)| {
        let times = merged(times);
        let is_on = times.last().is_none_or(|(_, end)| *end < Time(i64::MAX));
        let turns = times.into_iter().flat_map(|(begin, end)| [(begin, false), (end, true)]).collect();
        Away { switch: Switch { turns, is_on }, retired }
    };
    Ok(times.into_iter().map(|(device, of)| (device, switched(of))).collect())
}
