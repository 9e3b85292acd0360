//! One partner's part of a page: along an index where one serves what is asked, by windows of time for some devices, else looked through
//! as far as that may go.

use super::{Key, LogFilter, LogResult, Part, models, open::open_of, within};
use crate::{
    error::Error,
    store::{
        entity::{account, device, run},
        facts::at,
        sql::{self, Sql},
    },
};
use domain::{
    access::{Actor, Scope},
    ids::PartnerId,
    time::{Span, Time},
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LikeExpr},
};

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

/// Columns of the order, of the runs themselves and of the troubled ones.
const RUNS: (&str, &str) = ("r.started_at", "r.id");
const TROUBLED: (&str, &str) = ("t.started_at", "t.run_id");

/// Where the rows of a partner come from.
enum Source {
    /// All of the partner's.
    Whole,
    /// These devices'.
    Devices(Vec<i64>),
    /// So many devices' that the partner's whole log holds enough of them.
    Many,
}

/// What of a page is asked of one partner.
pub(super) struct Asked<'a> {
    pub(super) actor: &'a Actor,
    pub(super) filter: &'a LogFilter,
    pub(super) partner: PartnerId,
    pub(super) before: Option<Key>,
    pub(super) wanted: u64,
    pub(super) now: Time,
}

impl Asked<'_> {
    /// The partner's rows behind the cursor, as many as are wanted at most.
    pub(super) async fn part(&self, conn: &DatabaseConnection) -> Result<Part, Error> {
        if self.filter.is_open() {
            let mut query = open_of(self.partner, conn.get_database_backend());
            self.times(&mut query, RUNS);
            self.rest(&mut query);
            if let Some(name) = self.filter.name() {
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
            Source::Whole if self.filter.is_served() => {
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
        let name = self.filter.name();
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
        let (started_at, id) = if self.filter.is_troubled() {
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
        if let Some(tool) = self.filter.tool() {
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
        if let Some(name) = self.filter.name() {
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

/// Escapes a text for the middle of a `LIKE` pattern.
fn like(text: &str) -> String {
    let pattern = sql::contains(text);
    pattern.trim_start_matches('%').strip_suffix('%').unwrap_or_default().to_owned()
}
