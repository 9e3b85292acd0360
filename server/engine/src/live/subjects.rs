//! Devices and accounts as pages show them, with their open and last runs and open alerts: out of work at hand, or read anew.

use super::{Change, ChangeOf};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    reconcile::work::{SubjectKind, Work},
    store::{
        Store,
        facts::{at, parse},
    },
};
use domain::{
    ids::{AccountId, AlertId, DeviceId, JobId, PartnerId, RunId},
    live::{AlertNow, DeviceNow, RunNow},
    run::Run,
    saas::{AccountNow, Workload, WorkloadNow},
    time::Time,
};

impl Work<'_> {
    /// What has changed, for the live stream.
    pub(crate) fn changes(&self) -> Vec<Change> {
        self.subjects
            .iter()
            .enumerate()
            .filter_map(|(place, subject)| {
                let (of, json) = match subject.kind {
                    SubjectKind::Device(_) => (ChangeOf::Device, serde_json::to_string(&self.device_now(place)?)),
                    SubjectKind::Account(_) => (ChangeOf::Account, serde_json::to_string(&self.account_now(place)?)),
                };
                let (partner, organization, device) = (subject.partner, subject.organization, subject.device);
                Some(Change { partner, organization, device, of, json: json.ok()?.into() })
            })
            .collect()
    }

    /// The account at this place as it is now; none: it is a device.
    pub(super) fn account_now(&self, place: usize) -> Option<AccountNow> {
        let subject = self.subjects.get(place)?;
        let SubjectKind::Account(account) = subject.kind else { return None };
        let (running, retrying) = subject.open_runs();
        let done = subject.last_done();
        let now_of = |workload: &Workload| {
            let job = &subject.jobs[*subject.job_names.get(workload.as_str())?];
            Some(WorkloadNow { workload: *workload, state: job.last_run.map(|(_, state)| state), at: job.last_at })
        };
        Some(AccountNow {
            account: AccountId(subject.device.0),
            organization: subject.organization,
            running: u32::try_from(running).unwrap_or(0),
            retrying: u32::try_from(retrying).unwrap_or(0),
            last_result: done.map(|(state, _)| state),
            last_at: done.map(|(_, at)| at),
            workloads: account.service.workloads().iter().filter_map(now_of).collect(),
        })
    }

    /// The device at this place as it is now; none: it is an account, or not assessed.
    pub(super) fn device_now(&self, place: usize) -> Option<DeviceNow> {
        let subject = self.subjects.get(place).filter(|subject| matches!(subject.kind, SubjectKind::Device(_)))?;
        let assessment = subject.assessment.as_ref()?;
        let (running, retrying) = subject.open_runs();
        let mut runs: Vec<RunNow> = subject
            .touched
            .iter()
            .map(|run| {
                let work = &self.runs[*run];
                run_now(work.id, subject.jobs[work.job].job, &subject.facts.jobs[work.job].name, &work.run)
            })
            .collect();
        runs.sort_by_key(|run| (run.started_at, run.run));
        Some(DeviceNow {
            device: subject.device,
            organization: subject.organization,
            score: assessment.score,
            band: assessment.band,
            running: u32::try_from(running).unwrap_or(0),
            retrying: u32::try_from(retrying).unwrap_or(0),
            last_usable_at: subject.last_usable_at(),
            due_at: subject.due_at(),
            next_change: assessment.next_change,
            facts: subject.facts.clone(),
            runs,
            alerts: subject.alerts.clone(),
        })
    }
}

fn run_now(id: RunId, job: JobId, job_name: &str, run: &Run) -> RunNow {
    RunNow {
        run: id,
        job,
        job_name: job_name.to_owned(),
        state: run.state(),
        started_at: run.started_at,
        ended_at: run.ended_at,
        attempt: run.head.attempt,
        percent: run.head.percent,
        items: run.head.items,
        bytes: run.head.bytes,
        message: run.head.message.clone(),
    }
}

/// These devices as they are, with their open and last runs and the open alerts that aren't muted. `now`: assess for it; none: for when they were assessed.
pub(super) async fn now_of<'s>(store: &'s Store, devices: &[(PartnerId, DeviceId)], now: Option<Time>) -> Result<Work<'s>, Error> {
    let conn = store.reads();
    let mut work = Work::load(store, conn, devices, now.unwrap_or(Time(0))).await?;
    if now.is_none() {
        work.now = work.subjects.iter().filter_map(|s| s.stored.as_ref()).map(|s| s.assessed_at).max().unwrap_or(Time(0));
    }
    work.assess_only()?;
    let wanted: Vec<_> = work
        .subjects
        .iter()
        .enumerate()
        .flat_map(|(s, subject)| {
            subject.jobs.iter().enumerate().flat_map(move |(j, job)| {
                let open = job.open.iter().map(|open| RunId(open.0));
                open.chain(job.last_run.map(|(id, _)| id)).map(move |id| (s, j, id))
            })
        })
        .collect();
    work.load_runs_by_id(conn, &wanted).await?;
    for place in 0..work.runs.len() {
        let subject = work.runs[place].subject;
        work.subjects[subject].touched.push(place);
    }
    let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
    for subject in work.subjects.iter().filter(|s| s.stored.as_ref().is_some_and(|s| s.open_alerts > 0)) {
        keys.int(subject.partner.0).int(subject.device.0);
    }
    let rows = keys
        .query(
            conn,
            "SELECT a.partner_id, a.device_id, a.id, a.kind, a.severity, a.opened_at, a.acknowledged_at FROM {x} {join} alerts a \
             ON a.partner_id = x.a AND a.device_id = x.b AND a.resolved_at IS NULL AND a.muted = FALSE",
        )
        .await?;
    for row in rows {
        let key = (PartnerId(at(&row, 0)?), DeviceId(at(&row, 1)?));
        let alert = AlertNow {
            alert: AlertId(at(&row, 2)?),
            kind: parse(&at::<String>(&row, 3)?)?,
            severity: parse(&at::<String>(&row, 4)?)?,
            opened_at: Time(at(&row, 5)?),
            acknowledged: at::<Option<i64>>(&row, 6)?.is_some(),
        };
        if let Some(place) = work.places.get(&key) {
            work.subjects[*place].alerts.push(alert);
        }
    }
    Ok(work)
}

/// Devices as changes, for pages that watch what was changed without a run or an assessment (an acknowledged alert).
///
/// # Errors
/// The database fails.
pub async fn changes(store: &Store, devices: &[(PartnerId, DeviceId)], now: Time) -> Result<Vec<Change>, Error> {
    Ok(now_of(store, devices, Some(now)).await?.changes())
}
