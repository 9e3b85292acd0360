//! Home's answers: what needs attention, what goes on, what is new, how it went. Read from state and from short ranges of indexes;
//! its cost follows what it shows, not how large the fleet is.

use super::{
    Store,
    alerts::{self, AlertFilter, AlertRow, AlertSort, AlertState, IncidentRow},
    facts::at,
    job_log::{self, LogRow},
    scope,
    sql::Sql,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    alert::{AlertKind, Severity},
    health::Reason,
    ids::{AlertId, DeviceId, JobId, OrganizationId, PartnerId, RunId},
    live::CountsNow,
    remedy::Remedy,
    time::{Span, Time},
};
use sea_orm::{ConnectionTrait, DbBackend};
use std::collections::HashMap;

/// Alerts that are read to find what needs attention.
const READ: u64 = 200;
/// Groups that are given.
const GROUPS: usize = 20;
/// Devices that a group names.
const NAMED: usize = 4;
/// Open runs that are named.
const OPEN_RUNS: u64 = 6;
/// Things that are counted, of each partner, before a number says "or more".
const COUNTED: i64 = 1_000;

/// One thing that needs attention: a device, or devices of one organization with the same trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// The alert that is worth most.
    pub alert: AlertId,
    /// What kind of trouble.
    pub kind: AlertKind,
    /// How bad.
    pub severity: Severity,
    /// How soon it wants attention; greater is sooner.
    pub worth: i64,
    /// Whose.
    pub organization: (OrganizationId, String),
    /// The first few devices or accounts.
    pub devices: Vec<(DeviceId, String)>,
    /// The first of them is an account.
    pub is_account: bool,
    /// How many there are.
    pub size: usize,
    /// The fact and its number, of the device that has had it longest.
    pub reason: Reason,
    /// The job behind it.
    pub job: Option<(JobId, String)>,
    /// The run behind it.
    pub run: Option<RunId>,
    /// What a failing run said; of a group all said much the same.
    pub said: Option<String>,
    /// Cause and recommended action.
    pub remedy: Remedy,
    /// The earliest time since when it holds.
    pub since: Time,
    /// What else is wrong with a device that stands alone.
    pub also: Vec<AlertKind>,
}

/// What is new since a time. At most 1,000 of each are counted of a partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct New {
    /// Alerts that were opened.
    pub opened: i64,
    /// Alerts that resolved.
    pub resolved: i64,
    /// Devices that were enrolled.
    pub devices: i64,
    /// Devices that reported for the first time.
    pub reported: i64,
    /// Names in the inbox that were not there before and still wait.
    pub waiting: i64,
}

/// Runs that ended, by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Succeeded.
    pub succeeded: i64,
    /// Usable with issues.
    pub warning: i64,
    /// Failed.
    pub failed: i64,
    /// Missed.
    pub missed: i64,
}

/// Everything that Home shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Counts of the scope.
    pub counts: CountsNow,
    /// Devices that the default service level covers.
    pub covered: i64,
    /// Of them, those in breach now.
    pub in_breach: i64,
    /// Open incidents with members that nobody tends, the worst first.
    pub incidents: Vec<IncidentRow>,
    /// What else needs attention, by worth; alerts that nobody tends and no incident holds.
    pub attention: Vec<Attention>,
    /// Alerts that nobody tends and no group holds.
    pub unshown: i64,
    /// There are more of those than were counted.
    pub is_more: bool,
    /// Open alerts that somebody tends.
    pub tended: i64,
    /// Open runs of SaaS accounts: running, retrying. Those of devices are among the counts.
    pub open_of_accounts: (i64, i64),
    /// Open runs of both, latest start first; the first few.
    pub open_runs: Vec<LogRow>,
    /// What is new.
    pub new: New,
    /// Runs of devices that ended in the last 24 hours.
    pub day: Ended,
    /// The same of the last seven local days, today included.
    pub week: Ended,
}

/// What needs attention, goes on, is new, and how it went. `since`: from when on something is new.
///
/// # Errors
/// `Forbidden` without the right to see dashboards.
pub async fn overview(store: &Store, actor: &Actor, since: Time, now: Time) -> Result<Overview, Error> {
    scope::require(actor, Action::SeeDashboards, "see dashboards")?;
    let counts = crate::live::counts(store, actor).await?;
    let filter =
        AlertFilter { state: AlertState::Untended, sort: AlertSort::Worth, now, limit: Some(READ), folded: true, ..AlertFilter::default() };
    let read = alerts::list(store, actor, &filter).await?.items;
    let incidents = alerts::open_incidents(store, actor, &filter).await?;
    let tally = alerts::tally(store, actor, &AlertFilter { folded: false, ..filter }).await?;
    let (untended, all) = (tally.of(AlertState::Untended, None), tally.of(AlertState::Open, None));
    let mut attention = grouped(&read);
    attention.truncate(GROUPS);
    let shown: usize = attention.iter().map(|a| a.size + a.also.len()).sum();
    let shown = i64::try_from(shown).unwrap_or(0) + incidents.iter().map(|i| i.untended).sum::<i64>();
    let Sums { covered, in_breach, open_of_accounts } = sums(store, actor).await?;
    Ok(Overview {
        counts,
        open_of_accounts,
        covered,
        in_breach,
        unshown: (untended - shown).max(0),
        is_more: tally.is_more,
        tended: all - untended,
        incidents,
        attention,
        open_runs: job_log::open_now(store, actor, OPEN_RUNS).await?,
        new: new(store, actor, since).await?,
        day: ended(store, actor, Unit::Hours, (now - Span::DAY).hour()).await?,
        // Zones of organizations differ by a day at most from the server's.
        week: ended(store, actor, Unit::Days, now.0.div_euclid(Span::DAY.0) - 7).await?,
    })
}

/// A device with its alert that is worth most, and what else is wrong with it.
struct Single<'a> {
    alert: &'a AlertRow,
    said: Option<&'a str>,
    run: Option<RunId>,
    remedy: Remedy,
    also: Vec<AlertKind>,
}

/// Groups alerts, given by worth: first what else is wrong with the same device, then devices of one organization with the same cause.
fn grouped(alerts: &[AlertRow]) -> Vec<Attention> {
    let mut of_device: HashMap<DeviceId, usize> = HashMap::new();
    let mut single: Vec<Single<'_>> = Vec::new();
    for alert in alerts {
        let said = alert.message.as_deref().filter(|m| !m.is_empty());
        match of_device.get(&alert.device.0) {
            Some(place) => {
                // A backup is overdue because its runs fail: what they said is the cause of both.
                let known = &mut single[*place];
                known.said = known.said.or(said);
                known.run = known.run.or(alert.behind);
                if known.remedy.cause.is_none() {
                    let remedy = alert.remedy(None);
                    known.remedy = if remedy.cause.is_some() { remedy } else { std::mem::take(&mut known.remedy) };
                }
                known.also.push(alert.kind);
            }
            None => {
                of_device.insert(alert.device.0, single.len());
                single.push(Single { alert, said, run: alert.behind, remedy: alert.remedy(None), also: Vec::new() });
            }
        }
    }
    let mut places: HashMap<(OrganizationId, AlertKind, Severity, String), usize> = HashMap::new();
    let mut groups: Vec<Attention> = Vec::new();
    for Single { alert, said, run, remedy, also } in single {
        let key = (alert.organization.0, alert.kind, alert.severity, cause(said));
        if let Some(place) = places.get(&key) {
            let group = &mut groups[*place];
            group.size += 1;
            if alert.since < group.since {
                // The number is that of the worst.
                group.since = alert.since;
                group.reason = alert.reason;
            }
            if group.devices.len() < NAMED {
                group.devices.push(alert.device.clone());
            }
            continue;
        }
        places.insert(key, groups.len());
        groups.push(Attention {
            alert: alert.id,
            kind: alert.kind,
            severity: alert.severity,
            worth: alert.worth,
            organization: alert.organization.clone(),
            devices: vec![alert.device.clone()],
            is_account: alert.is_account,
            size: 1,
            reason: alert.reason,
            job: alert.job.clone(),
            run,
            said: said.map(ToOwned::to_owned),
            remedy,
            since: alert.since,
            also,
        });
    }
    // Of the same severity, what stands for more devices comes first; the sort keeps the order by worth otherwise.
    groups.sort_by_key(|g| (std::cmp::Reverse(g.severity), std::cmp::Reverse(g.worth), std::cmp::Reverse(g.size), g.since));
    groups
}

/// What a message says of the cause: without numbers, which differ from device to device.
fn cause(message: Option<&str>) -> String {
    let line = message.unwrap_or_default().lines().next().unwrap_or_default();
    line.split_whitespace().filter(|word| !word.chars().any(|c| c.is_ascii_digit())).take(12).collect::<Vec<_>>().join(" ").to_lowercase()
}

fn narrowed(query: &mut Sql, scope: &Scope, table: &str) {
    if let Scope::Organization(_, organization) | Scope::Device(_, organization, _) = scope {
        query.push(" AND ").push(table).push(".organization_id = ").bind(organization.0);
    }
}

/// Sums of live counts.
#[derive(Default)]
struct Sums {
    covered: i64,
    in_breach: i64,
    open_of_accounts: (i64, i64),
}

async fn sums(store: &Store, actor: &Actor) -> Result<Sums, Error> {
    let mut sum = Sums::default();
    // Counts of accounts have a row of the whole partner: organization 0. A device has none.
    let whose = match &actor.scope {
        Scope::Partners(_) => 0,
        Scope::Organization(_, organization) => organization.0,
        Scope::Device(..) => -1,
    };
    for partner in scope::partners(&actor.scope) {
        let mut query = Sql::new("SELECT CAST(COALESCE(SUM(c.covered), 0) AS BIGINT), CAST(COALESCE(SUM(c.in_breach), 0) AS BIGINT)");
        for column in ["running", "retrying"] {
            query.push(", CAST(COALESCE((SELECT s.").push(column).push(" FROM saas_counts s WHERE s.partner_id = ").bind(partner.0);
            query.push(" AND s.organization_id = ").bind(whose).push(" AND s.service = ''), 0) AS BIGINT)");
        }
        query.push(" FROM organization_counts c WHERE c.partner_id = ").bind(partner.0);
        narrowed(&mut query, &actor.scope, "c");
        if let Some(row) = store.reads().query_one_raw(query.build(store.backend())).await? {
            sum.covered += at::<i64>(&row, 0)?;
            sum.in_breach += at::<i64>(&row, 1)?;
            sum.open_of_accounts.0 += at::<i64>(&row, 2)?;
            sum.open_of_accounts.1 += at::<i64>(&row, 3)?;
        }
    }
    Ok(sum)
}

async fn new(store: &Store, actor: &Actor, since: Time) -> Result<New, Error> {
    let mut sum = New::default();
    for partner in scope::partners(&actor.scope) {
        let mut query = Sql::new("SELECT ");
        part(&mut query, actor, *partner, "alerts x", " AND NOT x.muted AND x.opened_at >= ", since.0, "");
        query.push(", ");
        part(&mut query, actor, *partner, "alerts x", " AND NOT x.muted AND x.resolved_at >= ", since.0, "");
        query.push(", ");
        // Ids are minted in time: those since then are a range of the key.
        let first = Store::first_id(since);
        let enrolled = format!(" AND x.life <> 'retired' AND x.enrolled_at >= {}", since.0);
        part(&mut query, actor, *partner, "devices x", " AND x.id >= ", first, &enrolled);
        query.push(", ");
        let earliest = format!(
            " AND x.created_at >= {} AND NOT EXISTS (SELECT 1 FROM jobs y WHERE y.partner_id = x.partner_id AND y.device_id = x.device_id AND y.id < x.id)",
            since.0
        );
        part(&mut query, actor, *partner, "jobs x", " AND x.id >= ", first, &earliest);
        query.push(", ");
        if actor.may(Action::ManageDevices) {
            let waits = format!(" AND x.first_seen_at >= {} AND x.device_id IS NULL AND x.dismissed_at IS NULL", since.0);
            part(&mut query, actor, *partner, "inbox x", " AND x.id >= ", first, &waits);
        } else {
            query.push("CAST(0 AS BIGINT)");
        }
        if let Some(row) = store.reads().query_one_raw(query.build(store.backend())).await? {
            sum.opened += at::<i64>(&row, 0)?;
            sum.resolved += at::<i64>(&row, 1)?;
            sum.devices += at::<i64>(&row, 2)?;
            sum.reported += at::<i64>(&row, 3)?;
            sum.waiting += at::<i64>(&row, 4)?;
        }
    }
    Ok(sum)
}

/// `(SELECT COUNT(*) …)` of at most 1,000 rows of a partner.
fn part(query: &mut Sql, actor: &Actor, partner: PartnerId, table: &str, from: &str, value: i64, rest: &str) {
    query.push("(SELECT COUNT(*) FROM (SELECT 1 FROM ").push(table).push(" WHERE x.partner_id = ").bind(partner.0);
    query.push(from).bind(value).push(rest);
    narrowed(query, &actor.scope, "x");
    query.push(" LIMIT ").push(&COUNTED.to_string()).push(") counted)");
}

#[derive(Clone, Copy)]
enum Unit {
    Hours,
    Days,
}

/// Runs that ended after an hour or a day, from the counts of each organization: a short range of each one's rows.
async fn ended(store: &Store, actor: &Actor, unit: Unit, after: i64) -> Result<Ended, Error> {
    let (table, column) = match unit {
        Unit::Hours => ("organization_hours", "hour"),
        Unit::Days => ("organization_days", "day"),
    };
    let sums = ["succeeded", "warning", "failed", "missed"];
    let mut sum = Ended::default();
    for partner in scope::partners(&actor.scope) {
        let outer = sums.map(|s| format!("CAST(COALESCE(SUM(h.{s}), 0) AS BIGINT)")).join(", ");
        let mut query = Sql::new("SELECT ");
        query.push(&outer).push(" FROM organization_counts c CROSS JOIN ");
        let on = format!("h.partner_id = c.partner_id AND h.organization_id = c.organization_id AND h.{column} > ");
        if store.backend() == DbBackend::Postgres {
            let inner = sums.map(|s| format!("SUM(h.{s}) AS {s}")).join(", ");
            query.push("LATERAL (SELECT ").push(&inner).push(" FROM ").push(table).push(" h WHERE ").push(&on).bind(after).push(") h");
        } else {
            query.push(table).push(" h ON ").push(&on).bind(after);
        }
        query.push(" WHERE c.partner_id = ").bind(partner.0);
        narrowed(&mut query, &actor.scope, "c");
        if let Some(row) = store.reads().query_one_raw(query.build(store.backend())).await? {
            sum.succeeded += at::<i64>(&row, 0)?;
            sum.warning += at::<i64>(&row, 1)?;
            sum.failed += at::<i64>(&row, 2)?;
            sum.missed += at::<i64>(&row, 3)?;
        }
    }
    Ok(sum)
}
