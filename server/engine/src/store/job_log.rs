//! The job log: all runs of a scope, latest start first (D1, *Run states*), however many there are.
//!
//! Nothing is ever scanned. Each partner of the scope is asked by itself and the parts are merged. Runs of a partner come in order from
//! `runs_started`, troubled ones from `troubled_runs`, open ones from the devices and accounts that have one. An organization's or
//! a named device's runs come from `runs_device`, by windows of time that grow until the page is full. A filter that no index serves
//! (a tool, a rare result) looks through a limited number of runs: the page then says how far back it has looked, and its cursor goes on.

use super::{
    Store,
    entity::{account, device, run},
    facts::{at, parse},
    page,
    runs::Names,
    scope,
    sql::{self, Sql},
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    run::{Run, RunState, Tool},
    time::{Span, Time},
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LikeExpr},
};
use serde::Serialize;

/// Runs that one page looks through, at most, for a filter that no index serves.
const EXAMINED: u64 = 4_000;
/// Devices and accounts found by name whose runs are merged from their own index; with more of them the partner's whole log is looked
/// through instead.
const MOST_DEVICES: u64 = 500;
/// As many of one organization: its runs are few among the partner's, so looking through those would find little.
const MOST_OF_ORGANIZATION: u64 = 4_000;
/// Runs a day that a device is guessed to have, for the first window of time.
const GUESSED_A_DAY: i64 = 4;
/// Each further window is so many times longer.
const GROWTH: i64 = 4;
const WINDOWS: u32 = 6;
/// Runs are not kept for longer: a window that reaches so far back reaches the beginning.
const BEGINNING: Span = Span::days(800);

/// Which results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogResult {
    /// All.
    #[default]
    Any,
    /// Failed, missed, or usable with issues.
    Troubled,
    /// Only this one.
    Is(RunState),
}

/// What the log asks for. Latest start first.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Which results.
    pub result: LogResult,
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
    /// Part of the device's name or the account's address.
    pub device: Option<String>,
    /// How the tool's name begins.
    pub tool: Option<String>,
    /// Only what started then or later.
    pub since: Option<Time>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// A run in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogRow {
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
    /// How far it is.
    pub percent: Option<u8>,
    /// Files handled.
    pub items: Option<i64>,
    /// Bytes handled.
    pub bytes: Option<i64>,
    /// What made it.
    pub tool: Option<Tool>,
    /// One line for a person.
    pub message: Option<String>,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogPage {
    /// The rows.
    pub items: Vec<LogRow>,
    /// Where the next page begins; none: this is the last.
    pub next_cursor: Option<String>,
    /// Set when the page ends before it is full because enough was looked through: nothing older than this was.
    pub searched_to: Option<Time>,
}

/// Columns of the order, of the runs themselves and of the troubled ones.
const RUNS: (&str, &str) = ("r.started_at", "r.id");
const TROUBLED: (&str, &str) = ("t.started_at", "t.run_id");

/// Start and id: the order of the log, descending.
type Key = (i64, i64);

const fn key(model: &run::Model) -> Key {
    (model.started_at, model.id)
}

/// What one partner gives.
#[derive(Default)]
struct Part {
    rows: Vec<run::Model>,
    /// Nothing before this key was looked at; none: all was.
    stopped: Option<Key>,
}

/// A page of the log.
///
/// # Errors
/// `Forbidden` without the right to read; `Invalid` (cursor, limit). An organization outside the scope has no runs.
pub async fn list(store: &Store, actor: &Actor, filter: &LogFilter, now: Time) -> Result<LogPage, Error> {
    scope::require(actor, Action::SeeDashboards, "see runs")?;
    let limit = page::limit(filter.limit)?;
    let before = page::read::<Key>(filter.cursor.as_deref())?;
    let conn = store.reads();
    let mut rows: Vec<run::Model> = Vec::new();
    let mut frontier: Option<Key> = None;
    for partner in scope::partners(&actor.scope) {
        let asked = Asked { actor, filter, partner: *partner, before, wanted: limit + 1, now };
        let part = asked.part(conn).await?;
        rows.extend(part.rows);
        frontier = frontier.max(part.stopped);
    }
    rows.sort_by_key(|r| std::cmp::Reverse(key(r)));
    // Where one partner's part ends early, older rows of the others wait for the next page.
    rows.retain(|r| frontier.is_none_or(|f| key(r) >= f));
    let is_full = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = if is_full { rows.last().map(key) } else { frontier };
    let names = Names::of(conn, rows.iter().map(|r| (r.partner_id, r.organization_id, r.device_id, Some(r.job_id)))).await?;
    Ok(LogPage {
        items: rows.iter().map(|r| row(r, &names)).collect::<Result<_, _>>()?,
        next_cursor: last.map(|k| page::write(&k)).transpose()?,
        searched_to: frontier.filter(|_| !is_full).map(|(started_at, _)| Time(started_at)),
    })
}

/// Open runs of the scope, latest start first.
pub(crate) async fn open_now(store: &Store, actor: &Actor, limit: u64) -> Result<Vec<LogRow>, Error> {
    let conn = store.reads();
    let mut rows: Vec<run::Model> = Vec::new();
    for partner in scope::partners(&actor.scope) {
        let mut query = open_of(*partner, store.backend());
        within(&mut query, &actor.scope);
        query.push(" ORDER BY r.started_at DESC, r.id DESC LIMIT ").push(&limit.to_string());
        rows.extend(models(conn, query).await?);
    }
    rows.sort_by_key(|r| std::cmp::Reverse(key(r)));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let names = Names::of(conn, rows.iter().map(|r| (r.partner_id, r.organization_id, r.device_id, Some(r.job_id)))).await?;
    rows.iter().map(|r| row(r, &names)).collect()
}

/// The last run of each job whose device or account has an open one. An open run that a later one of its job has overtaken is not
/// among them.
fn open_of(partner: PartnerId, backend: DbBackend) -> Sql {
    let join = if backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " };
    let mut query = Sql::new("SELECT r.* FROM (SELECT d.partner_id, d.device_id FROM device_state d WHERE d.partner_id = ");
    query.bind(partner.0).push(" AND (d.running > 0 OR d.retrying > 0) UNION ALL ");
    query.push("SELECT a.partner_id, a.account_id FROM account_state a WHERE a.partner_id = ").bind(partner.0);
    query.push(" AND (a.running > 0 OR a.retrying > 0)) s");
    query.push(join).push("job_state j ON j.partner_id = s.partner_id AND j.device_id = s.device_id");
    query.push(join).push("runs r ON r.partner_id = j.partner_id AND r.id = j.last_run_id WHERE s.partner_id = ").bind(partner.0);
    query.push(" AND r.state IN ('running', 'retrying')");
    query
}

/// Where the rows of a partner come from.
enum Source {
    /// All of the partner's.
    Whole,
    /// These devices'.
    Devices(Vec<i64>),
    /// So many devices' that the partner's whole log holds enough of them.
    Many,
}

struct Asked<'a> {
    actor: &'a Actor,
    filter: &'a LogFilter,
    partner: PartnerId,
    before: Option<Key>,
    wanted: u64,
    now: Time,
}

impl Asked<'_> {
    async fn part(&self, conn: &DatabaseConnection) -> Result<Part, Error> {
        if self.is_open() {
            let mut query = open_of(self.partner, conn.get_database_backend());
            self.times(&mut query, RUNS);
            self.rest(&mut query);
            if let Some(name) = self.name() {
                query.push(" AND r.device_id IN (SELECT d.id FROM devices d WHERE d.partner_id = ").bind(self.partner.0);
                query.push(" AND d.name_lower LIKE ").bind(sql::contains(name)).push(" ESCAPE '\\' UNION ALL ");
                query.push("SELECT a.id FROM accounts a WHERE a.partner_id = ").bind(self.partner.0);
                query.push(" AND a.address_lower LIKE ").bind(sql::contains(name)).push(" ESCAPE '\\')");
            }
            query.push(" ORDER BY r.started_at DESC, r.id DESC LIMIT ").push(&self.wanted.to_string());
            return Ok(Part { rows: models(conn, query).await?, stopped: None });
        }
        match self.source(conn).await? {
            Source::Devices(devices) if devices.is_empty() => Ok(Part::default()),
            Source::Devices(devices) => self.by_windows(conn, &devices).await,
            Source::Whole if self.is_served() => {
                let mut query = self.walk("r.*", conn.get_database_backend());
                query.push(&self.wanted.to_string());
                Ok(Part { rows: models(conn, query).await?, stopped: None })
            }
            Source::Whole | Source::Many => self.looked_through(conn).await,
        }
    }

    async fn source(&self, conn: &DatabaseConnection) -> Result<Source, Error> {
        let organization = match &self.actor.scope {
            Scope::Device(_, _, device) => return Ok(Source::Devices(vec![device.0])),
            Scope::Organization(_, own) => {
                if self.filter.organization.is_some_and(|asked| asked != *own) {
                    return Ok(Source::Devices(Vec::new()));
                }
                Some(*own)
            }
            Scope::Partners(_) => self.filter.organization,
        };
        let name = self.name();
        if organization.is_none() && name.is_none() {
            return Ok(Source::Whole);
        }
        let most = if organization.is_some() { MOST_OF_ORGANIZATION } else { MOST_DEVICES };
        let mut devices =
            device::Entity::find().select_only().column(device::Column::Id).filter(device::COLUMN.partner_id.eq(self.partner.0));
        let mut accounts =
            account::Entity::find().select_only().column(account::Column::Id).filter(account::COLUMN.partner_id.eq(self.partner.0));
        if let Some(organization) = organization {
            devices = devices.filter(device::COLUMN.organization_id.eq(organization.0));
            accounts = accounts.filter(account::COLUMN.organization_id.eq(organization.0));
        }
        if let Some(name) = name {
            let like = || LikeExpr::new(sql::contains(name)).escape('\\');
            devices = devices.filter(Expr::col((device::Entity, device::Column::NameLower)).like(like()));
            accounts = accounts.filter(Expr::col((account::Entity, account::Column::AddressLower)).like(like()));
        }
        let mut found: Vec<i64> = devices.order_by_asc(device::Column::NameLower).limit(most + 1).into_tuple().all(conn).await?;
        let accounts: Vec<i64> = accounts.order_by_asc(account::Column::AddressLower).limit(most + 1).into_tuple().all(conn).await?;
        found.extend(accounts);
        Ok(if found.len() as u64 > most { Source::Many } else { Source::Devices(found) })
    }

    fn name(&self) -> Option<&str> {
        self.filter.device.as_deref().map(str::trim).filter(|n| !n.is_empty())
    }

    fn tool(&self) -> Option<&str> {
        self.filter.tool.as_deref().map(str::trim).filter(|n| !n.is_empty())
    }

    /// Whether each row of the walk is wanted.
    fn is_served(&self) -> bool {
        self.tool().is_none() && (self.filter.result == LogResult::Any || self.is_troubled())
    }

    fn is_open(&self) -> bool {
        matches!(self.filter.result, LogResult::Is(state) if state.is_open())
    }

    fn is_troubled(&self) -> bool {
        match self.filter.result {
            LogResult::Troubled => true,
            LogResult::Is(state) => matches!(state, RunState::Failed | RunState::Missed | RunState::Warning),
            LogResult::Any => false,
        }
    }

    fn times(&self, query: &mut Sql, (started_at, id): (&str, &str)) {
        if let Some(since) = self.filter.since {
            query.push(" AND ").push(started_at).push(" >= ").bind(since.0);
        }
        if let Some((last, last_id)) = self.before {
            query.push(" AND ").push(started_at).push(" <= ").bind(last);
            query.push(" AND (").push(started_at).push(" < ").bind(last);
            query.push(" OR ").push(id).push(" < ").bind(last_id).push(")");
        }
    }

    /// The partner's runs, or its troubled ones, in order; a number of rows is to follow.
    fn walk(&self, columns: &str, backend: DbBackend) -> Sql {
        let mut query = Sql::new("SELECT ");
        query.push(columns);
        let (started_at, id) = if self.is_troubled() {
            let join = if backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " };
            query.push(" FROM troubled_runs t").push(join).push("runs r ON r.partner_id = t.partner_id AND r.id = t.run_id");
            query.push(" WHERE t.partner_id = ").bind(self.partner.0);
            if let LogResult::Is(state) = self.filter.result {
                query.push(" AND t.state = ").bind(state.as_str());
            }
            TROUBLED
        } else {
            query.push(" FROM runs r WHERE r.partner_id = ").bind(self.partner.0);
            RUNS
        };
        self.times(&mut query, (started_at, id));
        query.push(" ORDER BY ").push(started_at).push(" DESC, ").push(id).push(" DESC LIMIT ");
        query
    }

    /// What no index serves.
    fn rest(&self, query: &mut Sql) {
        within(query, &self.actor.scope);
        match self.filter.result {
            LogResult::Any => {}
            LogResult::Troubled => {
                query.push(" AND r.state IN ('failed', 'missed', 'warning')");
            }
            LogResult::Is(state) => {
                query.push(" AND r.state = ").bind(state.as_str());
            }
        }
        if let Some(organization) = self.filter.organization {
            query.push(" AND r.organization_id = ").bind(organization.0);
        }
        if let Some(tool) = self.tool() {
            // As `serde` writes it; inside of texts a quotation mark is escaped, so this stands nowhere else.
            let written = serde_json::to_string(&tool.to_lowercase()).unwrap_or_default();
            let pattern = format!("%\"tool\":{{\"name\":{}%", like(written.trim_end_matches('"')));
            query.push(" AND LOWER(r.body) LIKE ").bind(pattern).push(" ESCAPE '\\'");
        }
    }

    /// The first so many runs in order, of them those wanted.
    async fn looked_through(&self, conn: &DatabaseConnection) -> Result<Part, Error> {
        let mut query = self.walk("r.*", conn.get_database_backend());
        query.push(&EXAMINED.to_string()).push(") r");
        query.before("SELECT r.* FROM (");
        if let Some(name) = self.name() {
            query.push(" LEFT JOIN devices d ON d.partner_id = r.partner_id AND d.id = r.device_id");
            query.push(" LEFT JOIN accounts a ON a.partner_id = r.partner_id AND a.id = r.device_id");
            query.push(" WHERE COALESCE(d.name_lower, a.address_lower) LIKE ").bind(sql::contains(name)).push(" ESCAPE '\\'");
        } else {
            query.push(" WHERE 1 = 1");
        }
        self.rest(&mut query);
        query.push(" ORDER BY r.started_at DESC, r.id DESC LIMIT ").push(&self.wanted.to_string());
        let rows = models(conn, query).await?;
        if rows.len() as u64 >= self.wanted {
            return Ok(Part { rows, stopped: None });
        }
        let mut last = self.walk("r.started_at, r.id", conn.get_database_backend());
        last.push("1 OFFSET ").push(&(EXAMINED - 1).to_string());
        let last = conn.query_one_raw(last.build(conn.get_database_backend())).await?;
        let stopped = last.map(|row| Ok::<_, Error>((at(&row, 0)?, at(&row, 1)?))).transpose()?;
        Ok(Part { rows, stopped })
    }

    /// Runs of these devices, from windows of time that grow until there are enough.
    async fn by_windows(&self, conn: &DatabaseConnection, devices: &[i64]) -> Result<Part, Error> {
        let latest = self.before.map_or(self.now, |(started_at, _)| Time(started_at).min(self.now));
        let beginning = self.filter.since.unwrap_or(self.now - BEGINNING);
        let a_day = GUESSED_A_DAY * i64::try_from(devices.len()).unwrap_or(1).clamp(1, i64::MAX);
        let wanted = i64::try_from(self.wanted).unwrap_or(51);
        let mut length = Span::max(Span::DAY * wanted / a_day, Span::minutes(10));
        let mut rows: Vec<run::Model> = Vec::new();
        let (mut from, mut until) = (latest - length, None);
        for _ in 0..WINDOWS {
            let is_last = from <= beginning;
            let mut query = Sql::new("SELECT r.* FROM runs r WHERE r.partner_id = ");
            query.bind(self.partner.0);
            self.times(&mut query, RUNS);
            query.push(" AND r.device_id IN ").bind_list(devices.iter().copied());
            if !is_last {
                query.push(" AND r.started_at >= ").bind(from.0);
            }
            if let Some(until) = until {
                let until: Time = until;
                query.push(" AND r.started_at < ").bind(until.0);
            }
            self.rest(&mut query);
            // Sorted, not walked: the order of `runs_started` would read other devices' runs.
            let left = self.wanted - rows.len() as u64;
            query.push(" ORDER BY +r.started_at DESC, +r.id DESC LIMIT ").push(&left.to_string());
            rows.extend(models(conn, query).await?);
            if is_last || rows.len() as u64 >= self.wanted {
                return Ok(Part { rows, stopped: None });
            }
            until = Some(from);
            length = length * GROWTH;
            from = from - length;
        }
        Ok(Part { rows, stopped: until.map(|until| (until.0, 0)) })
    }
}

fn within(query: &mut Sql, scope: &Scope) {
    match scope {
        Scope::Partners(_) => {}
        Scope::Organization(_, organization) => {
            query.push(" AND r.organization_id = ").bind(organization.0);
        }
        Scope::Device(_, organization, device) => {
            query.push(" AND r.organization_id = ").bind(organization.0).push(" AND r.device_id = ").bind(device.0);
        }
    }
}

/// Escapes a text for the middle of a `LIKE` pattern.
fn like(text: &str) -> String {
    let pattern = sql::contains(text);
    pattern.trim_start_matches('%').strip_suffix('%').unwrap_or_default().to_owned()
}

async fn models(conn: &DatabaseConnection, query: Sql) -> Result<Vec<run::Model>, Error> {
    let rows = conn.query_all_raw(query.build(conn.get_database_backend())).await?;
    rows.iter().map(|row| Ok(run::Model::from_query_result(row, "")?)).collect()
}

fn row(model: &run::Model, names: &Names) -> Result<LogRow, Error> {
    let run: Run = serde_json::from_str(&model.body)?;
    Ok(LogRow {
        id: RunId(model.id),
        job: (JobId(model.job_id), names.job(model.job_id)),
        device: (DeviceId(model.device_id), names.device(model.device_id)),
        is_account: names.is_account(model.device_id),
        organization: (OrganizationId(model.organization_id), names.organization(model.organization_id)),
        state: parse(&model.state)?,
        started_at: Time(model.started_at),
        ended_at: model.ended_at.map(Time),
        attempt: u16::try_from(model.attempt).unwrap_or(u16::MAX),
        timed_out: model.timed_out,
        percent: run.head.percent,
        items: run.head.items,
        bytes: model.bytes,
        tool: run.head.tool,
        message: run.head.message,
    })
}
