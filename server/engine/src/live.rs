//! The live hub: what has changed, to every open page. States, never increments; made once, sent to many.
//!
//! With several servers on one PostgreSQL, ids of changed devices travel by `NOTIFY` (gathered for 20 ms, after the commit, so that the
//! notification lock never delays an acknowledgement) and each server loads what its own pages need. If a server dies in between,
//! pages of the others show that device's state at its next change or their next snapshot.

mod organizations;
mod saas;

pub use organizations::{BEAT, OrganizationState, OrganizationWatch, watch};
pub(crate) use saas::{of_organizations as saas_of_organizations, of_scope as saas_of_scope, sum_of as saas_of};

use crate::{
    Clock,
    error::Error,
    ingest::bulk::{Keys, Kind},
    reconcile::{
        work::{SubjectKind, Work},
        write::share,
    },
    store::{
        Store,
        facts::{at, parse},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{AccountId, AlertId, DeviceId, JobId, OrganizationId, PartnerId, RunId},
    live::{AlertNow, CountsNow, DeviceNow, RunNow, Snapshot},
    run::Run,
    saas::{AccountNow, SaasNow, Workload, WorkloadNow},
    time::Time,
};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

/// Messages a slow subscriber may fall behind before it has to take a snapshot.
const BEHIND: usize = 1_024;
const CHANNEL: &str = "holdfast_live";
/// A notification's payload is less than 8,000 bytes; an entry has at most 33.
const ENTRIES: usize = 200;
const GATHER: Duration = Duration::from_millis(20);

/// A device or an account has changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its partner.
    pub partner: PartnerId,
    /// Its organization.
    pub organization: OrganizationId,
    /// Which device; an account by its id in the same clothes.
    pub device: DeviceId,
    /// What it is.
    pub of: ChangeOf,
    /// `DeviceNow` or `AccountNow`, serialised.
    pub json: Arc<str>,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOf {
    /// A device.
    Device,
    /// An account of a SaaS connection.
    Account,
}

/// Hands changes to subscribers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveHub {
    inner: Arc<Inner>,
}

struct Inner {
    changes: broadcast::Sender<Arc<Vec<Change>>>,
    /// To the other servers; none on SQLite.
    others: std::sync::OnceLock<mpsc::UnboundedSender<(PartnerId, DeviceId)>>,
    origin: u64,
    watched: organizations::Watched,
    clock: Clock,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl LiveHub {
    /// A hub of its own, on this clock.
    pub fn new(clock: Clock) -> Self {
        let (changes, _) = broadcast::channel(BEHIND);
        Self {
            inner: Arc::new(Inner {
                changes,
                others: std::sync::OnceLock::new(),
                origin: rand::random(),
                watched: organizations::Watched::default(),
                clock,
            }),
        }
    }

    /// Hands changes to all subscribers, here and at other servers. Call it after the commit.
    pub fn publish(&self, changes: Vec<Change>) {
        if let Some(others) = self.inner.others.get() {
            for change in &changes {
                let _ = others.send((change.partner, change.device));
            }
        }
        self.publish_here(changes);
    }

    /// Changes as they come. `Lagged`, and an empty list, mean that something may have been missed: take a new snapshot.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Vec<Change>>> {
        self.inner.changes.subscribe()
    }

    /// What time it is.
    fn now(&self) -> Time {
        (self.inner.clock)()
    }

    /// Open subscriptions.
    pub fn subscribers(&self) -> usize {
        self.inner.changes.receiver_count()
    }

    fn publish_here(&self, changes: Vec<Change>) {
        if !changes.is_empty() && self.subscribers() > 0 {
            let _ = self.inner.changes.send(Arc::new(changes));
        }
    }

    /// As [`LiveHub::publish`]; nothing is serialised while nobody listens.
    pub(crate) fn publish_work(&self, work: &Work<'_>) {
        if let Some(others) = self.inner.others.get() {
            for subject in &work.subjects {
                let _ = others.send((subject.partner, subject.device));
            }
        }
        if self.subscribers() > 0 {
            self.publish_here(work.changes());
        }
    }

    /// Joins the other servers of the same PostgreSQL.
    pub(crate) fn connect(&self, store: &Store, cancel: CancellationToken) {
        if store.backend() != DbBackend::Postgres {
            return;
        }
        let (others, changed) = mpsc::unbounded_channel();
        if self.inner.others.set(others).is_err() {
            return;
        }
        tokio::spawn(tell(store.clone(), self.inner.origin, changed, cancel.clone()));
        let (hub, store) = (self.clone(), store.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = hear(hub, store) => {}
            }
        });
    }
}

async fn tell(store: Store, origin: u64, mut changed: mpsc::UnboundedReceiver<(PartnerId, DeviceId)>, cancel: CancellationToken) {
    loop {
        let first = tokio::select! {
            () = cancel.cancelled() => return,
            first = changed.recv() => first,
        };
        let Some(first) = first else { return };
        tokio::time::sleep(GATHER).await;
        let mut devices = BTreeSet::from([first]);
        while let Ok(device) = changed.try_recv() {
            devices.insert(device);
        }
        let devices: Vec<_> = devices.into_iter().collect();
        for part in devices.chunks(ENTRIES) {
            let mut payload = format!("{origin:x}");
            for (partner, device) in part {
                payload.push_str(&format!(" {:x}.{:x}", partner.0, device.0));
            }
            let sql = format!("SELECT pg_notify('{CHANNEL}', $1)");
            let statement = Statement::from_sql_and_values(store.backend(), sql, [Value::String(Some(payload))]);
            if let Err(error) = store.reads().execute_raw(statement).await {
                tracing::warn!(%error, "other servers could not be told of changes");
            }
        }
    }
}

async fn hear(hub: LiveHub, store: Store) {
    loop {
        if let Err(error) = listen(&hub, &store).await {
            tracing::warn!(%error, "changes of other servers are not heard; will try again");
        }
        // Something may have been missed.
        let _ = hub.inner.changes.send(Arc::new(Vec::new()));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen(hub: &LiveHub, store: &Store) -> Result<(), Error> {
    let lost = |error: sqlx::Error| Error::Busy(error.to_string());
    let mut listener = sqlx::postgres::PgListener::connect_with(store.reads().get_postgres_connection_pool()).await.map_err(lost)?;
    listener.listen(CHANNEL).await.map_err(lost)?;
    let own = format!("{:x}", hub.inner.origin);
    // None: the connection was lost and made again; what was said in between is not known.
    while let Some(notification) = listener.try_recv().await.map_err(lost)? {
        let mut words = notification.payload().split(' ');
        if words.next() == Some(own.as_str()) || hub.subscribers() == 0 {
            continue;
        }
        let hex = |text: &str| i64::from_str_radix(text, 16).ok();
        let mut devices: Vec<_> = words
            .filter_map(|entry| entry.split_once('.'))
            .filter_map(|(partner, device)| Some((PartnerId(hex(partner)?), DeviceId(hex(device)?))))
            .collect();
        devices.sort_unstable();
        let work = now_of(store, &devices, None).await?;
        let all_found = devices.iter().all(|key| work.places.contains_key(key));
        hub.publish_here(work.changes());
        if !all_found {
            // What is neither a device nor an account is a connection: who shows counts takes a snapshot.
            let _ = hub.inner.changes.send(Arc::new(Vec::new()));
        }
    }
    Ok(())
}

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

    fn account_now(&self, place: usize) -> Option<AccountNow> {
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

    fn device_now(&self, place: usize) -> Option<DeviceNow> {
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

/// These devices as they are, with their open and last runs and open alerts. `now`: assess for it; none: for when they were assessed.
async fn now_of<'s>(store: &'s Store, devices: &[(PartnerId, DeviceId)], now: Option<Time>) -> Result<Work<'s>, Error> {
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
             ON a.partner_id = x.a AND a.device_id = x.b AND a.resolved_at IS NULL",
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

/// What a tab watches beside the counts of its scope.
#[derive(Clone, Debug, Default)]
pub struct Watched<'w> {
    /// Devices.
    pub devices: &'w [DeviceId],
    /// Accounts of SaaS connections.
    pub accounts: &'w [AccountId],
}

/// Everything a tab watches: counts of the actor's scope, and the watched devices, accounts and organizations in it.
///
/// # Errors
/// `Forbidden`: the actor doesn't see dashboards. The database fails.
pub async fn snapshot(
    store: &Store,
    actor: &Actor,
    watched: &Watched<'_>,
    organizations: &OrganizationWatch,
    build: &str,
    now: Time,
) -> Result<Snapshot, Error> {
    let ScopeNow { counts, saas } = scope_now(store, actor, now).await?;
    let accounts: Vec<DeviceId> = watched.accounts.iter().map(|account| DeviceId(account.0)).collect();
    let mut subjects = found(store, actor, watched.devices, "devices").await?;
    subjects.extend(found(store, actor, &accounts, "accounts").await?);
    let work = now_of(store, &subjects, Some(now)).await?;
    let devices = (0..work.subjects.len()).filter_map(|place| work.device_now(place)).collect();
    let accounts = (0..work.subjects.len()).filter_map(|place| work.account_now(place)).collect();
    let organizations = organizations.now(store, now).await?;
    Ok(Snapshot { build: build.to_owned(), at: now, counts, saas, devices, accounts, organizations })
}

/// Those of the watched subjects that exist for the actor.
async fn found(store: &Store, actor: &Actor, watched: &[DeviceId], table: &str) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
    for partner in partners(&actor.scope) {
        for device in watched {
            keys.int(partner.0).int(device.0);
        }
    }
    let sql = format!("SELECT d.partner_id, d.organization_id, d.id FROM {{x}} {{join}} {table} d ON d.partner_id = x.a AND d.id = x.b");
    let mut found = HashMap::new();
    for row in keys.query(store.reads(), &sql).await? {
        let (partner, organization, device) = (PartnerId(at(&row, 0)?), OrganizationId(at(&row, 1)?), DeviceId(at(&row, 2)?));
        if actor.scope.contains(partner, Some(organization), Some(device)) {
            found.insert(device, partner);
        }
    }
    Ok(watched.iter().filter_map(|device| Some((*found.get(device)?, *device))).collect())
}

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

fn partners(scope: &Scope) -> &[PartnerId] {
    match scope {
        Scope::Partners(partners) => partners,
        Scope::Organization(partner, _) | Scope::Device(partner, ..) => std::slice::from_ref(partner),
    }
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
