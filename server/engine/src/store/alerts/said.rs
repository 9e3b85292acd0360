//! What the runs behind alerts said. A late backup comes from no run; where the same job's runs fail, they explain it.

use crate::{
    error::Error,
    store::entity::{alert, run},
};
use domain::alert::AlertKind;
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

/// Kinds that the failing runs of the same job explain.
fn is_late(kind: &str) -> bool {
    [AlertKind::BackupOverdue, AlertKind::MissedSchedule, AlertKind::SaasOverdue].iter().any(|late| late.as_str() == kind)
}

impl Said {
    /// Two queries at most.
    pub(super) async fn of<C: ConnectionTrait>(conn: &C, alerts: &[alert::Model]) -> Result<Self, Error> {
        let explained = explained(conn, alerts).await?;
        let mut wanted: Vec<i64> = alerts.iter().filter_map(|a| a.run_id).chain(explained.values().copied()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(Self { explained, runs: HashMap::new() });
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
        Ok(Self { explained, runs: rows.into_iter().map(read).collect::<Result<_, Error>>()? })
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

/// Late alerts whose job's runs fail, each with the run of the open alert that says so. By the index of open alerts.
async fn explained<C: ConnectionTrait>(conn: &C, alerts: &[alert::Model]) -> Result<HashMap<i64, i64>, Error> {
    let late: Vec<&alert::Model> = alerts.iter().filter(|a| a.run_id.is_none() && a.resolved_at.is_none() && is_late(&a.kind)).collect();
    if late.is_empty() {
        return Ok(HashMap::new());
    }
    let failing: Vec<(i64, i64, Option<i64>, Option<i64>)> = alert::Entity::find()
        .select_only()
        .columns([alert::Column::PartnerId, alert::Column::DeviceId, alert::Column::JobId, alert::Column::RunId])
        .filter(alert::Column::PartnerId.is_in(partners(alerts)))
        .filter(alert::Column::DeviceId.is_in(late.iter().map(|a| a.device_id)))
        .filter(alert::Column::Kind.eq(AlertKind::JobFailed.as_str()))
        .filter(alert::Column::ResolvedAt.is_null())
        .into_tuple()
        .all(conn)
        .await?;
    let mut explained = HashMap::new();
    for alert in late {
        let fits = |(partner, device, job, _): &&(i64, i64, Option<i64>, Option<i64>)| {
            *partner == alert.partner_id && *device == alert.device_id && (job.is_none() || alert.job_id.is_none() || *job == alert.job_id)
        };
        if let Some(run) = failing.iter().find(fits).and_then(|(.., run)| *run) {
            explained.insert(alert.id, run);
        }
    }
    Ok(explained)
}
