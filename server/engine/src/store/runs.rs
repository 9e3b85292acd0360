//! Runs: lists by keyset (latest start first), one run in full, its log.

mod around;

pub(crate) use around::latest;
pub use around::{Around, RunGlance, Usual, around, recent};

use super::{
    Store,
    entity::{account, connection, device, job, organization, run, run_log},
    facts::{Loaded, parse},
    page::{self, Page},
    scope,
    sql::Sql,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    live::RunNow,
    policy::DeviceClass,
    run::{Run, RunState},
    saas::Service,
    time::Time,
};
use sea_orm::{Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet},
    io::Read,
};

/// Most of a log that is given, in bytes.
const LONGEST_LOG: u64 = 16 * 1024 * 1024;

/// What a list of runs asks for. Latest start first.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Only this device's.
    pub device: Option<DeviceId>,
    /// Only this job's.
    pub job: Option<JobId>,
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
    /// Only in this state.
    pub state: Option<RunState>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunRow {
    /// Which run.
    pub id: RunId,
    /// Of which job, and its name.
    pub job: (JobId, String),
    /// Of which device or account, and its name or address.
    pub device: (DeviceId, String),
    /// It is an account's: `device` holds that one's id.
    pub is_account: bool,
    /// Of which organization, and its name.
    pub organization: (OrganizationId, String),
    /// The sender's own key.
    pub key: String,
    /// Its state.
    pub state: RunState,
    /// Its start.
    pub started_at: Time,
    /// Its end.
    pub ended_at: Option<Time>,
    /// Attempt, from 1.
    pub attempt: u16,
    /// True when the server ended it.
    pub timed_out: bool,
    /// How far an open run is, in percent.
    pub percent: Option<u8>,
    /// Files handled.
    pub items: Option<i64>,
    /// Size handled.
    pub bytes: Option<i64>,
    /// One line for a person.
    pub message: Option<String>,
}

/// A run in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunDetail {
    /// As in lists.
    #[serde(flatten)]
    pub row: RunRow,
    /// Everything known of it.
    pub run: Run,
    /// Bytes of its log, when it has one.
    pub log_bytes: Option<i64>,
}

fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, run::Column::PartnerId, Some(run::Column::OrganizationId), Some(run::Column::DeviceId))
}

/// A page of runs.
///
/// # Errors
/// `Forbidden` without the right to read; `Invalid` (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &RunFilter) -> Result<Page<RunRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see runs")?;
    let limit = page::limit(filter.limit)?;
    let mut device = filter.device;
    if let (Some(job), None) = (filter.job, device) {
        // Runs are found by device and time: a job's are among its device's.
        let of_job = job::Entity::find().filter(job::COLUMN.id.eq(job.0)).filter(super::jobs::seen(actor));
        match of_job.one(store.reads()).await? {
            Some(found) => device = Some(DeviceId(found.device_id)),
            None => return Ok(Page { items: Vec::new(), next_cursor: None, total: None }),
        }
    }
    let before = page::read::<(i64, i64)>(filter.cursor.as_deref())?;
    let mut rows: Vec<run::Model> = Vec::new();
    // Each partner by itself: so one index gives the order of each part, and a part ends when it has enough.
    for partner in scope::partners(&actor.scope) {
        let mut query = asked(&actor.scope, *partner, filter, device, before);
        query.push(&(limit + 1).to_string());
        for row in store.reads().query_all_raw(query.build(store.backend())).await? {
            rows.push(run::Model::from_query_result(&row, "")?);
        }
    }
    rows.sort_by_key(|r| std::cmp::Reverse((r.started_at, r.id)));
    let page = Page::cut(rows, limit, |r| (r.started_at, r.id))?;
    let names = Names::of(store.reads(), page.items.iter().map(|r| (r.partner_id, r.organization_id, r.device_id, Some(r.job_id)))).await?;
    page.try_map(|r| row(&r, &names).map(|(row, _)| row))
}

/// One partner's runs in order; a number of rows is to follow. Those in a troubled state are listed apart (`troubled_runs`).
fn asked(scope: &Scope, partner: PartnerId, filter: &RunFilter, device: Option<DeviceId>, before: Option<(i64, i64)>) -> Sql {
    let is_troubled = matches!(filter.state, Some(RunState::Failed | RunState::Missed | RunState::Warning)) && device.is_none();
    let (started_at, id) = if is_troubled { ("t.started_at", "t.run_id") } else { ("r.started_at", "r.id") };
    let mut query = Sql::new("SELECT r.* FROM ");
    if is_troubled {
        // SQLite keeps the order of a CROSS JOIN; PostgreSQL sees the condition in WHERE.
        query.push("troubled_runs t CROSS JOIN runs r WHERE r.partner_id = t.partner_id AND r.id = t.run_id AND t.partner_id = ");
    } else {
        query.push("runs r WHERE r.partner_id = ");
    }
    query.bind(partner.0);
    let table = if is_troubled { " AND t." } else { " AND r." };
    let (within, own) = match scope {
        Scope::Partners(_) => (None, None),
        Scope::Organization(_, organization) => (Some(*organization), None),
        Scope::Device(_, organization, device) => (Some(*organization), Some(*device)),
    };
    for organization in [within, filter.organization].into_iter().flatten() {
        query.push(table).push("organization_id = ").bind(organization.0);
    }
    for device in [own, device].into_iter().flatten() {
        query.push(table).push("device_id = ").bind(device.0);
    }
    if let Some(job) = filter.job {
        query.push(" AND r.job_id = ").bind(job.0);
    }
    if let Some(state) = filter.state {
        query.push(table).push("state = ").bind(state.as_str());
    }
    if let Some((last, last_id)) = before {
        query.push(" AND ").push(started_at).push(" <= ").bind(last);
        query.push(" AND (").push(started_at).push(" < ").bind(last).push(" OR ").push(id).push(" < ").bind(last_id).push(")");
    }
    query.push(" ORDER BY ").push(started_at).push(" DESC, ").push(id).push(" DESC LIMIT ");
    query
}

fn row(model: &run::Model, names: &Names) -> Result<(RunRow, Run), Error> {
    let run: Run = serde_json::from_str(&model.body)?;
    let row = RunRow {
        id: RunId(model.id),
        job: (JobId(model.job_id), names.job(model.job_id)),
        device: (DeviceId(model.device_id), names.device(model.device_id)),
        is_account: names.is_account(model.device_id),
        organization: (OrganizationId(model.organization_id), names.organization(model.organization_id)),
        key: model.run_key.clone(),
        state: parse(&model.state)?,
        started_at: Time(model.started_at),
        ended_at: model.ended_at.map(Time),
        attempt: u16::try_from(model.attempt).unwrap_or(u16::MAX),
        timed_out: model.timed_out,
        percent: run.head.percent.filter(|_| run.state().is_open()),
        items: run.head.items,
        bytes: model.bytes,
        message: run.head.message.clone(),
    };
    Ok((row, run))
}

async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: RunId) -> Result<run::Model, Error> {
    run::Entity::find().filter(seen(actor)).filter(run::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("run"))
}

/// One run in full.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: RunId) -> Result<RunDetail, Error> {
    scope::require(actor, Action::SeeDashboards, "see runs")?;
    let conn = store.reads();
    let model = find(conn, actor, id).await?;
    let of = (model.partner_id, model.organization_id, model.device_id, Some(model.job_id));
    let names = Names::of(conn, std::iter::once(of)).await?;
    let (row, run) = row(&model, &names)?;
    let log_bytes = run_log::Entity::find()
        .select_only()
        .column(run_log::Column::Bytes)
        .filter(run_log::COLUMN.partner_id.eq(model.partner_id))
        .filter(run_log::COLUMN.run_id.eq(id.0))
        .into_tuple::<i64>()
        .one(conn)
        .await?;
    Ok(RunDetail { row, run, log_bytes })
}

/// A run's log; none when it has none (any more).
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn log(store: &Store, actor: &Actor, id: RunId) -> Result<Option<String>, Error> {
    scope::require(actor, Action::SeeDashboards, "see runs")?;
    let conn = store.reads();
    let model = find(conn, actor, id).await?;
    let stored = run_log::Entity::find_by_id((model.partner_id, id.0)).one(conn).await?;
    let Some(stored) = stored else { return Ok(None) };
    let unpack = || -> std::io::Result<Vec<u8>> {
        let mut text = Vec::new();
        zstd::Decoder::new(&stored.body[..])?.take(LONGEST_LOG).read_to_end(&mut text)?;
        Ok(text)
    };
    let text = unpack().map_err(|e| Error::Internal(format!("stored log: {e}")))?;
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

/// Of each device the run that is open, else the one that started last. One query a partner.
pub(crate) async fn latest_of<'l, C: ConnectionTrait>(
    conn: &C,
    devices: impl Iterator<Item = &'l Loaded>,
) -> Result<HashMap<DeviceId, RunNow>, Error> {
    let mut wanted: HashMap<PartnerId, Vec<i64>> = HashMap::new();
    let mut jobs = HashMap::new();
    for loaded in devices {
        for (job, facts) in loaded.jobs.iter().zip(&loaded.facts.jobs) {
            if let Some(run) = job.last_run {
                wanted.entry(loaded.partner).or_default().push(run.0);
                jobs.insert(job.job, facts.name.clone());
            }
        }
    }
    let mut latest: HashMap<DeviceId, RunNow> = HashMap::new();
    for (partner, ids) in wanted {
        let mut query = Sql::new("SELECT * FROM runs WHERE partner_id = ");
        query.bind(partner.0).push(" AND id IN ").bind_list(ids);
        for stored in conn.query_all_raw(query.build(conn.get_database_backend())).await? {
            let model = run::Model::from_query_result(&stored, "")?;
            let now = run_now(&model, jobs.get(&JobId(model.job_id)).cloned().unwrap_or_default())?;
            let rank = |r: &RunNow| (r.state.is_open(), r.started_at, r.run);
            match latest.get(&DeviceId(model.device_id)) {
                Some(held) if rank(held) >= rank(&now) => {}
                _ => {
                    latest.insert(DeviceId(model.device_id), now);
                }
            }
        }
    }
    Ok(latest)
}

fn run_now(model: &run::Model, job_name: String) -> Result<RunNow, Error> {
    let run: Run = serde_json::from_str(&model.body)?;
    Ok(RunNow {
        run: RunId(model.id),
        job: JobId(model.job_id),
        job_name,
        state: run.head.state,
        started_at: run.started_at,
        ended_at: run.ended_at,
        attempt: run.head.attempt,
        percent: run.head.percent,
        items: run.head.items,
        bytes: run.head.bytes,
        message: run.head.message,
    })
}

/// Names of what rows point to, in a few queries for any number of rows. What is no device is an account, or, of an alert, a connection:
/// ids are minted once for all of them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    organizations: HashMap<i64, String>,
    devices: HashMap<i64, (String, String)>,
    accounts: HashMap<i64, String>,
    connections: HashMap<i64, String>,
    jobs: HashMap<i64, String>,
}

impl Names {
    /// Of (partner, organization, device, job) each.
    pub(crate) async fn of<C: ConnectionTrait>(conn: &C, rows: impl Iterator<Item = (i64, i64, i64, Option<i64>)>) -> Result<Self, Error> {
        let (mut partners, mut organizations, mut devices, mut jobs) = (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
        for (partner, organization, device, job) in rows {
            partners.insert(partner);
            organizations.insert(organization);
            devices.insert(device);
            jobs.extend(job);
        }
        if partners.is_empty() {
            return Ok(Self::default());
        }
        let organizations: Vec<(i64, String)> = organization::Entity::find()
            .select_only()
            .columns([organization::Column::Id, organization::Column::Name])
            .filter(organization::COLUMN.partner_id.is_in(partners.iter().copied()))
            .filter(organization::COLUMN.id.is_in(organizations))
            .into_tuple()
            .all(conn)
            .await?;
        let found: Vec<(i64, String, String)> = device::Entity::find()
            .select_only()
            .columns([device::Column::Id, device::Column::Name, device::Column::Class])
            .filter(device::COLUMN.partner_id.is_in(partners.iter().copied()))
            .filter(device::COLUMN.id.is_in(devices.iter().copied()))
            .into_tuple()
            .all(conn)
            .await?;
        for (id, ..) in &found {
            devices.remove(id);
        }
        let accounts: Vec<(i64, String)> = if devices.is_empty() {
            Vec::new()
        } else {
            account::Entity::find()
                .select_only()
                .columns([account::Column::Id, account::Column::Address])
                .filter(account::COLUMN.partner_id.is_in(partners.iter().copied()))
                .filter(account::COLUMN.id.is_in(devices.iter().copied()))
                .into_tuple()
                .all(conn)
                .await?
        };
        for (id, _) in &accounts {
            devices.remove(id);
        }
        let connections: Vec<(i64, String)> = if devices.is_empty() {
            Vec::new()
        } else {
            connection::Entity::find()
                .select_only()
                .columns([connection::Column::Id, connection::Column::Service])
                .filter(connection::COLUMN.partner_id.is_in(partners.iter().copied()))
                .filter(connection::COLUMN.id.is_in(devices))
                .into_tuple()
                .all(conn)
                .await?
        };
        let named = |(id, service): (i64, String)| Ok((id, parse::<Service>(&service)?.name().to_owned()));
        let jobs: Vec<(i64, String)> = if jobs.is_empty() {
            Vec::new()
        } else {
            job::Entity::find()
                .select_only()
                .columns([job::Column::Id, job::Column::Name])
                .filter(job::COLUMN.partner_id.is_in(partners))
                .filter(job::COLUMN.id.is_in(jobs))
                .into_tuple()
                .all(conn)
                .await?
        };
        Ok(Self {
            organizations: organizations.into_iter().collect(),
            devices: found.into_iter().map(|(id, name, class)| (id, (name, class))).collect(),
            accounts: accounts.into_iter().collect(),
            connections: connections.into_iter().map(named).collect::<Result<_, Error>>()?,
            jobs: jobs.into_iter().collect(),
        })
    }

    pub(crate) fn organization(&self, id: i64) -> String {
        self.organizations.get(&id).cloned().unwrap_or_default()
    }

    /// A device's name, an account's address, or the service of a connection.
    pub(crate) fn device(&self, id: i64) -> String {
        let device = self.devices.get(&id).map(|(name, _)| name);
        device.or_else(|| self.accounts.get(&id)).or_else(|| self.connections.get(&id)).cloned().unwrap_or_default()
    }

    pub(crate) fn is_account(&self, id: i64) -> bool {
        self.accounts.contains_key(&id)
    }

    /// Workstation, where the device is gone, or is an account.
    pub(crate) fn class(&self, id: i64) -> Result<DeviceClass, Error> {
        self.devices.get(&id).map_or(Ok(DeviceClass::Workstation), |(_, class)| parse(class))
    }

    pub(crate) fn job(&self, id: i64) -> String {
        self.jobs.get(&id).cloned().unwrap_or_default()
    }
}
