//! Where runs and alerts are looked up while work is settled: the database, or memory while a store is filled. What is decided
//! from them is the same code for both.

use super::alerts::Alert;
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::facts::{at, parse},
};
use domain::{
    facts::RunSummary,
    ids::{DeviceId, JobId, PartnerId, RunId},
    run::Run,
    time::Time,
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

/// A stored run.
pub(crate) struct KeptRun {
    pub(crate) job: JobId,
    pub(crate) id: RunId,
    pub(crate) key: String,
    pub(crate) run: Run,
}

/// As much of a stored run as a history needs.
pub(crate) struct KeptSummary {
    pub(crate) job: JobId,
    pub(crate) id: RunId,
    pub(crate) key: String,
    pub(crate) run: RunSummary,
}

/// Missed runs of a job with a slot after `from` and up to `until`, that counted as missed after `start`.
pub(crate) struct MissedAround {
    pub(crate) partner: PartnerId,
    pub(crate) device: DeviceId,
    pub(crate) job: JobId,
    pub(crate) start: Time,
    pub(crate) from: Time,
    pub(crate) until: Time,
}

/// Runs of a job that started at `from` or later.
pub(crate) struct RunsSince {
    pub(crate) partner: PartnerId,
    pub(crate) device: DeviceId,
    pub(crate) job: JobId,
    pub(crate) from: Time,
}

/// Looks up what is stored. What isn't there is left out of the answer.
pub(crate) trait Shelf: Sync {
    fn runs_by_key(&self, wanted: &[(PartnerId, JobId, String)]) -> impl Future<Output = Result<Vec<KeptRun>, Error>> + Send;

    fn runs_by_id(&self, wanted: &[(PartnerId, RunId)]) -> impl Future<Output = Result<Vec<KeptRun>, Error>> + Send;

    fn missed_runs(&self, wanted: &[MissedAround]) -> impl Future<Output = Result<Vec<KeptRun>, Error>> + Send;

    fn summaries(&self, wanted: &[RunsSince]) -> impl Future<Output = Result<Vec<KeptSummary>, Error>> + Send;

    /// Alerts of these devices that are open, or were resolved after that time.
    fn alerts(
        &self,
        wanted: &[(PartnerId, DeviceId, Time)],
    ) -> impl Future<Output = Result<Vec<(PartnerId, DeviceId, Alert)>, Error>> + Send;
}

impl<C: ConnectionTrait + Sync> Shelf for C {
    async fn runs_by_key(&self, wanted: &[(PartnerId, JobId, String)]) -> Result<Vec<KeptRun>, Error> {
        let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Text]);
        for (partner, job, key) in wanted {
            keys.int(partner.0).int(job.0).text(key);
        }
        let sql =
            "SELECT r.job_id, r.id, r.run_key, r.body FROM {x} {join} runs r ON r.partner_id = x.a AND r.job_id = x.b AND r.run_key = x.c";
        keys.query(self, sql).await?.iter().map(run).collect()
    }

    async fn runs_by_id(&self, wanted: &[(PartnerId, RunId)]) -> Result<Vec<KeptRun>, Error> {
        let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
        for (partner, id) in wanted {
            keys.int(partner.0).int(id.0);
        }
        let sql = "SELECT r.job_id, r.id, r.run_key, r.body FROM {x} {join} runs r ON r.partner_id = x.a AND r.id = x.b";
        keys.query(self, sql).await?.iter().map(run).collect()
    }

    async fn missed_runs(&self, wanted: &[MissedAround]) -> Result<Vec<KeptRun>, Error> {
        let mut keys = Keys::new(&[Kind::Int; 6]);
        for w in wanted {
            keys.int(w.partner.0).int(w.device.0).int(w.job.0).int(w.start.0).int(w.from.0).int(w.until.0);
        }
        let sql = "SELECT DISTINCT r.job_id, r.id, r.run_key, r.body FROM {x} {join} runs r {by_device} ON r.partner_id = x.a AND r.device_id = x.b \
                   AND r.job_id = x.c AND r.state = 'missed' AND r.started_at > x.e AND r.started_at <= x.f AND r.ended_at > x.d";
        keys.query(self, sql).await?.iter().map(run).collect()
    }

    async fn summaries(&self, wanted: &[RunsSince]) -> Result<Vec<KeptSummary>, Error> {
        let mut keys = Keys::new(&[Kind::Int; 4]);
        for w in wanted {
            keys.int(w.partner.0).int(w.device.0).int(w.from.0).int(w.job.0);
        }
        let sql = format!(
            "SELECT r.job_id, r.id, r.state, r.started_at, r.ended_at, r.timed_out, r.attempt, r.bytes, r.run_key, {} \
             FROM {{x}} {{join}} runs r {{by_device}} ON r.partner_id = x.a AND r.device_id = x.b AND r.started_at >= x.c AND r.job_id = x.d",
            items_of("r.body", self.get_database_backend())
        );
        keys.query(self, &sql).await?.iter().map(summary).collect()
    }

    async fn alerts(&self, wanted: &[(PartnerId, DeviceId, Time)]) -> Result<Vec<(PartnerId, DeviceId, Alert)>, Error> {
        let mut keys = Keys::new(&[Kind::Int; 3]);
        for (partner, device, after) in wanted {
            keys.int(partner.0).int(device.0).int(after.0);
        }
        let rows = keys.query(self, super::alerts::KNOWN).await?;
        rows.iter().map(|row| Ok((PartnerId(at(row, 1)?), DeviceId(at(row, 0)?), super::alerts::alert(row)?))).collect()
    }
}

/// The files that a run says it holds: an expression over its stored body.
pub(crate) fn items_of(body: &str, backend: DbBackend) -> String {
    match backend {
        DbBackend::Postgres => format!("CAST({body}::json -> 'head' ->> 'items' AS BIGINT)"),
        _ => format!("json_extract({body}, '$.head.items')"),
    }
}

fn run(row: &QueryResult) -> Result<KeptRun, Error> {
    Ok(KeptRun { job: JobId(at(row, 0)?), id: RunId(at(row, 1)?), key: at(row, 2)?, run: serde_json::from_str(&at::<String>(row, 3)?)? })
}

fn summary(row: &QueryResult) -> Result<KeptSummary, Error> {
    Ok(KeptSummary {
        job: JobId(at(row, 0)?),
        id: RunId(at(row, 1)?),
        key: at(row, 8)?,
        run: RunSummary {
            state: parse(&at::<String>(row, 2)?)?,
            started_at: Time(at(row, 3)?),
            ended_at: at::<Option<i64>>(row, 4)?.map(Time),
            timed_out: at(row, 5)?,
            attempt: u16::try_from(at::<i64>(row, 6)?).unwrap_or(u16::MAX),
            bytes: at::<Option<i64>>(row, 7)?.unwrap_or(0),
            items: at(row, 9)?,
        },
    })
}
