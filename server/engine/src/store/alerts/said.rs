//! What the runs behind alerts said. A late backup comes from no run; where the runs of its job fail, or those of another job of the same
//! device or account, they explain it. Whoever asks about an alert gets the same run: its page, lists, incidents, Home, the REST interface.

use crate::{
    error::Error,
    store::entity::{alert, job_state, run},
};
use domain::{alert::AlertKind, remedy::recognise, run::RunState};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

/// Failing files that an alert names; its run names all.
const SHOWN_FILES: usize = 5;

/// What a run said at its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) message: Option<String>,
    pub(super) failed_items: Vec<String>,
    pub(super) tool: Option<String>,
}

/// What the runs behind some alerts said.
pub(super) struct Said {
    /// Alert → the run behind it, where that isn't its own.
    explained: HashMap<i64, i64>,
    runs: HashMap<i64, Told>,
}

impl Told {
    /// It says a cause that is known.
    fn is_telling(&self) -> bool {
        self.message.as_deref().is_some_and(|message| recognise(message, !self.failed_items.is_empty()).is_some())
    }
}

/// Kinds that failing runs explain.
fn is_late(kind: &str) -> bool {
    [AlertKind::BackupOverdue, AlertKind::MissedSchedule, AlertKind::SaasOverdue].iter().any(|late| late.as_str() == kind)
}

impl Said {
    /// Three queries at most.
    pub(super) async fn of<C: ConnectionTrait>(conn: &C, alerts: &[alert::Model]) -> Result<Self, Error> {
        let candidates = candidates(conn, alerts).await?;
        let mut wanted: Vec<i64> = alerts.iter().filter_map(|a| a.run_id).chain(candidates.values().flatten().copied()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(Self { explained: HashMap::new(), runs: HashMap::new() });
        }
        let rows: Vec<(i64, String)> = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .column(run::Column::Body)
            .filter(run::Column::PartnerId.is_in(partners(alerts)))
            .filter(run::Column::Id.is_in(wanted))
            .into_tuple()
            .all(conn)
            .await?;
        let read = |(id, body): (i64, String)| {
            let run: domain::run::Run = serde_json::from_str(&body)?;
            let failed_items = run.head.failed_items.into_iter().take(SHOWN_FILES).collect();
            Ok((id, Told { message: run.head.message, failed_items, tool: run.head.tool.map(|t| t.name) }))
        };
        let runs: HashMap<i64, Told> = rows.into_iter().map(read).collect::<Result<_, Error>>()?;
        // A run may be older than what is kept. Of those that are there, the first that tells a cause, else the first.
        let explained = candidates.into_iter().filter_map(|(alert, candidates)| {
            let kept: Vec<i64> = candidates.into_iter().filter(|run| runs.contains_key(run)).collect();
            let telling = kept.iter().find(|run| runs.get(run).is_some_and(Told::is_telling));
            telling.or(kept.first()).map(|run| (alert, *run))
        });
        Ok(Self { explained: explained.collect(), runs })
    }

    /// The run behind an alert.
    pub(super) fn behind(&self, alert: &alert::Model) -> Option<i64> {
        alert.run_id.or_else(|| self.explained.get(&alert.id).copied())
    }

    pub(super) fn told(&self, run: i64) -> Option<&Told> {
        self.runs.get(&run)
    }
}

fn partners(alerts: &[alert::Model]) -> Vec<i64> {
    let mut partners: Vec<i64> = alerts.iter().map(|a| a.partner_id).collect();
    partners.sort_unstable();
    partners.dedup();
    partners
}

/// A failing run: its subject (partner, device or account), its job, the run.
struct Failing {
    subject: (i64, i64),
    job: Option<i64>,
    run: i64,
}

/// Late alerts, each with the runs that may explain it, the nearest first: the last run of its own job, the run of the open alert that
/// says that a job fails, the last runs of other jobs, latest first. A job whose last run did not fail has none.
async fn candidates<C: ConnectionTrait>(conn: &C, alerts: &[alert::Model]) -> Result<HashMap<i64, Vec<i64>>, Error> {
    let late: Vec<&alert::Model> = alerts.iter().filter(|a| a.run_id.is_none() && a.resolved_at.is_none() && is_late(&a.kind)).collect();
    if late.is_empty() {
        return Ok(HashMap::new());
    }
    let alerted = alerted(conn, &late).await?;
    let last = last_failed(conn, &late).await?;
    let of = |alert: &alert::Model| {
        let subject = (alert.partner_id, alert.device_id);
        let is_own = |failing: &&Failing| alert.job_id.is_some() && failing.job == alert.job_id;
        let of_subject = |all: &'_ [Failing]| -> (Vec<i64>, Vec<i64>) {
            let (own, other): (Vec<&Failing>, Vec<&Failing>) = all.iter().filter(|f| f.subject == subject).partition(is_own);
            (own.into_iter().map(|f| f.run).collect(), other.into_iter().map(|f| f.run).collect())
        };
        let ((own, other), (own_alerted, other_alerted)) = (of_subject(&last), of_subject(&alerted));
        [own, own_alerted, other_alerted, other].concat()
    };
    Ok(late.into_iter().map(|alert| (alert.id, of(alert))).collect())
}

/// The runs of open alerts that say that a job fails. By the index of open alerts.
async fn alerted<C: ConnectionTrait>(conn: &C, late: &[&alert::Model]) -> Result<Vec<Failing>, Error> {
    let rows: Vec<(i64, i64, Option<i64>, Option<i64>)> = alert::Entity::find()
        .select_only()
        .columns([alert::Column::PartnerId, alert::Column::DeviceId, alert::Column::JobId, alert::Column::RunId])
        .filter(alert::Column::PartnerId.is_in(late.iter().map(|a| a.partner_id)))
        .filter(alert::Column::DeviceId.is_in(late.iter().map(|a| a.device_id)))
        .filter(alert::Column::Kind.eq(AlertKind::JobFailed.as_str()))
        .filter(alert::Column::ResolvedAt.is_null())
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(partner, device, job, run)| Some(Failing { subject: (partner, device), job, run: run? })).collect())
}

/// Partner, device, job, its last run and when that was.
type LastRun = (i64, i64, i64, Option<i64>, Option<i64>);

/// The last runs of jobs, of those that failed, latest first. By the index of a subject's jobs.
async fn last_failed<C: ConnectionTrait>(conn: &C, late: &[&alert::Model]) -> Result<Vec<Failing>, Error> {
    let mut rows: Vec<LastRun> = job_state::Entity::find()
        .select_only()
        .columns([
            job_state::Column::PartnerId,
            job_state::Column::DeviceId,
            job_state::Column::JobId,
            job_state::Column::LastRunId,
            job_state::Column::LastAt,
        ])
        .filter(job_state::Column::PartnerId.is_in(late.iter().map(|a| a.partner_id)))
        .filter(job_state::Column::DeviceId.is_in(late.iter().map(|a| a.device_id)))
        .filter(job_state::Column::LastState.eq(RunState::Failed.as_str()))
        .into_tuple()
        .all(conn)
        .await?;
    rows.sort_by_key(|(_, _, job, _, at)| (std::cmp::Reverse(*at), *job));
    let failing = |(partner, device, job, run, _)| Some(Failing { subject: (partner, device), job: Some(job), run: run? });
    Ok(rows.into_iter().filter_map(failing).collect())
}
