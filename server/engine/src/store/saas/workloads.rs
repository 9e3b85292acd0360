//! Workloads of accounts: which are active, what their last run was, and what the last successful backup of each held. Two queries for
//! all accounts of a page: jobs with their state, and the runs that a job's history names as its last usable ones.

use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{
        entity::account,
        facts::{at, parse},
        sql::Sql,
    },
};
use domain::{
    facts::UsableRun,
    ids::{JobId, PartnerId, RunId},
    run::RunState,
    saas::{AccountType, Service, Workload, WorkloadNow},
    time::Time,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The last successful backup of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LastGood {
    /// The run, if it is still kept.
    pub run: Option<RunId>,
    /// Its end.
    pub at: Time,
    /// Objects it held, where it said so.
    pub items: Option<i64>,
    /// Bytes it held, where it said so.
    pub bytes: Option<i64>,
}

/// A workload of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkloadRow {
    /// Which.
    pub workload: Workload,
    /// Its job; none: it is inactive.
    pub job: Option<JobId>,
    /// The run that started last.
    pub run: Option<RunId>,
    /// Its state.
    pub state: Option<RunState>,
    /// Its end, or its start while it is open.
    pub at: Option<Time>,
    /// When the next usable run is due, grace included.
    pub due_at: Option<Time>,
    /// The last successful backup.
    pub last_good: Option<LastGood>,
    /// Bytes of the last usable runs, oldest first.
    pub sizes: Vec<i64>,
}

impl WorkloadRow {
    const fn inactive(workload: Workload) -> Self {
        Self { workload, job: None, run: None, state: None, at: None, due_at: None, last_good: None, sizes: Vec::new() }
    }

    /// As the live stream tells it; none if it is inactive.
    pub fn now(&self) -> Option<WorkloadNow> {
        self.job.map(|_| WorkloadNow { workload: self.workload, state: self.state, at: self.at })
    }
}

/// As much of a job's history as is needed here.
#[derive(Default, Deserialize)]
struct Remembered {
    #[serde(default)]
    recent: Vec<UsableRun>,
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

/// Workloads of these accounts of one partner, in the order of icons: those that their type has, and those that have a job.
pub(super) async fn load<C: ConnectionTrait>(
    conn: &C,
    partner: PartnerId,
    accounts: &[account::Model],
) -> Result<HashMap<i64, Vec<WorkloadRow>>, Error> {
    let mut all: HashMap<i64, Vec<WorkloadRow>> = HashMap::with_capacity(accounts.len());
    for account in accounts {
        let (kind, service): (AccountType, Service) = (parse(&account.r#type)?, parse(&account.service)?);
        all.insert(account.id, kind.workloads(service).map(WorkloadRow::inactive).collect());
    }
    if all.is_empty() {
        return Ok(all);
    }
    let mut sql = Sql::new(
        "SELECT j.device_id, j.id, j.name_lower, s.history, s.last_run_id, s.last_state, s.last_at, s.due_at FROM jobs j \
         LEFT JOIN job_state s ON s.partner_id = j.partner_id AND s.job_id = j.id WHERE j.partner_id = ",
    );
    sql.bind(partner.0).push(" AND j.device_id IN ").bind_list(accounts.iter().map(|a| a.id));
    let mut wanted = Keys::new(&[Kind::Int, Kind::Int, Kind::Int]);
    let mut asked = std::collections::HashSet::new();
    for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
        let account: i64 = at(&row, 0)?;
        // A job that an event brought along under another name is no workload.
        let Ok(workload) = at::<String>(&row, 2)?.parse::<Workload>() else { continue };
        let Some(rows) = all.get_mut(&account) else { continue };
        let time = |place| at::<Option<i64>>(&row, place).map(|t| t.map(Time));
        let history: Remembered = at::<Option<String>>(&row, 3)?.map(|h| serde_json::from_str(&h)).transpose()?.unwrap_or_default();
        let last = history.recent.first();
        if let Some(last) = last
            && asked.insert((account, last.started_at))
        {
            wanted.int(partner.0).int(account).int(last.started_at.0);
        }
        let own = WorkloadRow {
            workload,
            job: Some(JobId(at(&row, 1)?)),
            run: at::<Option<i64>>(&row, 4)?.map(RunId),
            state: at::<Option<String>>(&row, 5)?.map(|w| parse(&w)).transpose()?,
            at: time(6)?,
            due_at: time(7)?,
            last_good: last.map(|last| LastGood {
                run: None,
                at: last.ended_at,
                items: None,
                bytes: Some(last.bytes).filter(|bytes| *bytes > 0),
            }),
            sizes: history.recent.iter().rev().map(|run| run.bytes).collect(),
        };
        match rows.iter_mut().find(|w| w.workload == workload) {
            Some(place) => *place = own,
            None => rows.push(own),
        }
    }
    said(conn, &wanted, &mut all).await?;
    for rows in all.values_mut() {
        rows.sort_by_key(|w| w.workload);
    }
    Ok(all)
}

/// What the last usable runs said.
async fn said<C: ConnectionTrait>(conn: &C, wanted: &Keys, all: &mut HashMap<i64, Vec<WorkloadRow>>) -> Result<(), Error> {
    let found = wanted
        .query(
            conn,
            "SELECT r.device_id, r.job_id, r.id, r.state, r.body FROM {x} {join} runs r {by_device} ON r.partner_id = x.a AND r.device_id = x.b \
             AND r.started_at = x.c",
        )
        .await?;
    for row in found {
        let state: RunState = parse(&at::<String>(&row, 3)?)?;
        let job = JobId(at(&row, 1)?);
        let of = all.get_mut(&at::<i64>(&row, 0)?).and_then(|rows| rows.iter_mut().find(|w| w.job == Some(job)));
        if let Some(good) = of.and_then(|w| w.last_good.as_mut()).filter(|_| state.is_usable()) {
            let body: Body = serde_json::from_str(&at::<String>(&row, 4)?)?;
            good.run = Some(RunId(at(&row, 2)?));
            good.items = body.head.items;
            good.bytes = body.head.bytes;
        }
    }
    Ok(())
}
