//! The monthly run as people see and steer it: which month is being made for how many organizations, what could not be made and why; stopped,
//! taken up again, tried again at once, or asked for once more for a month that has passed.
//!
//! Makes nothing itself: what is said here stands in the store (`report_runs`, `next_report_at`), and the task of [`super::due`] follows it,
//! on every server and after a restart. Who is stopped misses nothing for good: at the latest the next month's run makes up what is left.

mod steer;

pub(super) use steer::lapse;
pub use steer::{again, ask, stop, take_up};

use super::{
    KIND, Settings,
    due::{LEASE, NOT_STOPPED},
    first_made,
};
use crate::{
    error::Error,
    store::{Store, entity::report_run, facts::at, scope, sla, sql::Sql},
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{OrganizationId, PartnerId},
    report::{KEPT, Month, due::wanted},
    time::Time,
    zones::Zone,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult};
use serde::Serialize;
use std::collections::BTreeMap;

/// Failures that are listed.
const LISTED: i64 = 50;

/// How the monthly run stands within a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The month that is being made, or was made last; none: none has been due yet.
    pub month: Option<Month>,
    /// Somebody asked for this month, which had passed: when, and who (a name, `key:ID` or `system`).
    pub asked: Option<(Time, String)>,
    /// Organizations that have their report of it.
    pub made: u64,
    /// Those whose turn has yet to come.
    pub left: u64,
    /// When the first of those left is made; not later than now: they are being made. None: all that is left is stopped.
    pub goes_on_at: Option<Time>,
    /// Those that have none because it could not be made.
    pub failed: u64,
    /// What could not be made, of whichever month, by name; at most 50.
    pub faults: Vec<Fault>,
    /// Somebody has stopped it.
    pub stopped: Option<Stopped>,
    /// What comes next.
    pub next: Option<Next>,
    /// Past months that organizations lack, latest first; for those who may have them made, while nothing is being made.
    pub past: Vec<Past>,
}

/// A report that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Whose.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// What went wrong, with the month.
    pub words: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried again; while it is stopped: not before it goes on.
    pub next_at: Time,
}

/// A run that somebody has stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// When.
    pub at: Time,
    /// Who: a name, or `key:ID`.
    pub by: String,
    /// When it goes on by itself: the next month's run begins.
    pub until: Time,
    /// Only for some of the partners in the scope.
    pub partly: bool,
}

/// A run to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// Of which month.
    pub month: Month,
    /// When the first organization's report is due.
    pub at: Time,
    /// For how many organizations.
    pub organizations: u64,
}

/// A past month that organizations lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Which month.
    pub month: Month,
    /// How many organizations have no report of it, though they had accounts or devices then.
    pub organizations: u64,
}

/// Partners of a scope that have organizations, with the zones of these.
struct Whose(BTreeMap<PartnerId, Vec<Zone>>);

/// The month whose run began last.
#[derive(Clone, Copy)]
struct Turn {
    month: Month,
    /// When the first organization's report was due …
    began: Time,
    /// … and that of the last one.
    all_due: Time,
}

impl Whose {
    async fn of(store: &Store, actor: &Actor) -> Result<Self, Error> {
        let Scope::Partners(partners) = &actor.scope else { return Err(Error::Forbidden("see the monthly run")) };
        let mut sql = Sql::new("SELECT partner_id, time_zone FROM organizations WHERE partner_id IN ");
        sql.bind_list(partners.iter().map(|p| p.0)).push(" GROUP BY partner_id, time_zone");
        let mut of: BTreeMap<PartnerId, Vec<Zone>> = BTreeMap::new();
        for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
            let zones = of.entry(PartnerId(at(&row, 0)?)).or_default();
            // One that can't be read fails by itself and is named.
            zones.extend(Zone::named(&at::<String>(&row, 1)?).ok());
        }
        Ok(Self(of))
    }

    fn ids(&self) -> impl Iterator<Item = i64> {
        self.0.keys().map(|partner| partner.0)
    }

    fn zones(&self) -> impl Iterator<Item = Zone> + Clone {
        self.0.values().flatten().copied()
    }

    /// None: reports have not begun, or there is no organization.
    fn turn(&self, settings: &Settings, first_made: Time, now: Time) -> Option<Turn> {
        let turn = Turn::of(self.zones(), now)?;
        let begins = self.zones().map(|zone| settings.from.unwrap_or_else(|| Month::at(first_made, zone))).min()?;
        (turn.month >= begins).then_some(turn)
    }
}

impl Turn {
    fn of(zones: impl Iterator<Item = Zone> + Clone, now: Time) -> Option<Self> {
        let last = |zone| wanted(now, zone, Month::default()).last().copied();
        let month = zones.clone().filter_map(last).max()?;
        Some(Self { month, began: first_due(zones.clone(), month)?, all_due: zones.map(|zone| month.due(zone)).max()? })
    }
}

fn first_due(zones: impl Iterator<Item = Zone>, month: Month) -> Option<Time> {
    zones.map(|zone| month.due(zone)).min()
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// Organizations (`o`) that were there before the month's end and have no report of it.
fn lacks(sql: &mut Sql, month: Month, end: Time) {
    sql.push(" AND o.created_at < ").bind(end.0);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.partner_id = o.partner_id AND r.organization_id = o.id AND r.kind = '");
    sql.push(KIND).push("' AND r.month = ").bind(i64::from(month.0)).push(")");
}

/// Organizations (`o`) that have something to report: devices or protected accounts that were there before `end`.
fn has_something(sql: &mut Sql, end: Time) {
    sql.push(" AND (EXISTS (SELECT 1 FROM devices d WHERE d.partner_id = o.partner_id AND d.organization_id = o.id AND d.enrolled_at < ");
    sql.bind(end.0).push(" AND d.life <> 'retired') OR EXISTS (SELECT 1 FROM accounts a WHERE a.partner_id = o.partner_id");
    sql.push(" AND a.organization_id = o.id AND a.created_at < ").bind(end.0).push(" AND a.status = 'activated'))");
}

/// How the run stands.
///
/// # Errors
/// `Forbidden` without the right to see reports, and to whoever is not at a partner.
pub async fn standing(store: &Store, settings: &Settings, actor: &Actor, now: Time) -> Result<Standing, Error> {
    scope::require(actor, Action::SeeReports, "see reports")?;
    let whose = Whose::of(store, actor).await?;
    if whose.0.is_empty() {
        return Ok(Standing::default());
    }
    let said = report_run::Entity::find().filter(report_run::Column::PartnerId.is_in(whose.ids())).all(store.reads()).await?;
    let whos: Vec<String> = said.iter().flat_map(|row| [row.held_by.clone(), row.asked_by.clone()]).collect();
    let people = sla::people(store.reads(), &whos).await?;
    let name = |who: &String| people.get(who).cloned().unwrap_or_else(|| who.clone());

    let mut standing = Standing { faults: faults(store, &whose).await?, ..Standing::default() };
    let held = || said.iter().filter(|row| row.held_until.is_some());
    standing.stopped = held().max_by_key(|row| row.held_at).map(|row| Stopped {
        at: Time(row.held_at.unwrap_or(0)),
        by: name(&row.held_by),
        until: Time(held().filter_map(|row| row.held_until).min().unwrap_or(0)),
        partly: held().count() < whose.0.len(),
    });
    let mut known = now + LEASE;
    if let Some(turn) = whose.turn(settings, first_made(store).await?, now) {
        known = known.max(turn.all_due);
        // A past month that was asked for is what people want to see, until the next month's turn comes.
        let asked = said.iter().filter(|row| row.asked_at.is_some_and(|at| at >= turn.began.0)).max_by_key(|row| row.asked_at);
        let asked_month = asked.and_then(|row| i32::try_from(row.asked_month?).ok()).map(Month);
        let month = asked_month.unwrap_or(turn.month);
        standing.asked = asked.map(|row| (Time(row.asked_at.unwrap_or(0)), name(&row.asked_by)));
        standing.month = Some(month);
        tally(store, &whose, month, known, &mut standing).await?;
        if actor.may(Action::ManageSettings) && standing.stopped.is_none() && standing.left == 0 {
            standing.past = past(store, settings, &whose, turn.month).await?;
        }
    }
    standing.next = next(store, &whose, known).await?;
    Ok(standing)
}

/// The latest end of a month in any of the zones.
fn end_of(whose: &Whose, month: Month) -> Time {
    whose.zones().map(|zone| month.bounds(zone).1).max().unwrap_or_default()
}

/// Counts a month's reports and the organizations that lack one. `known`: whoever is due later belongs to the next run.
async fn tally(store: &Store, whose: &Whose, month: Month, known: Time, standing: &mut Standing) -> Result<(), Error> {
    let conn = store.reads();
    let mut sql = Sql::new("SELECT COUNT(*) FROM reports WHERE partner_id IN ");
    sql.bind_list(whose.ids()).push(" AND kind = '").push(KIND).push("' AND month = ").bind(i64::from(month.0));
    standing.made = conn.query_one_raw(sql.build(store.backend())).await?.map_or(Ok(0), |row| at(&row, 0).map(number))?;
    let end = end_of(whose, month);

    let mut sql = Sql::new("SELECT COUNT(*), MIN(CASE WHEN o.");
    sql.push(NOT_STOPPED).push(" THEN o.next_report_at END) FROM organizations o WHERE o.partner_id IN ");
    sql.bind_list(whose.ids()).push(" AND o.report_tries = 0 AND o.next_report_at <= ").bind(known.0);
    lacks(&mut sql, month, end);
    has_something(&mut sql, end);
    if let Some(row) = conn.query_one_raw(sql.build(store.backend())).await? {
        standing.left = number(at(&row, 0)?);
        standing.goes_on_at = at::<Option<i64>>(&row, 1)?.map(Time);
    }

    let mut sql = Sql::new("SELECT COUNT(*) FROM organizations o WHERE o.report_tries > 0 AND o.partner_id IN ");
    sql.bind_list(whose.ids());
    lacks(&mut sql, month, end);
    standing.failed = conn.query_one_raw(sql.build(store.backend())).await?.map_or(Ok(0), |row| at(&row, 0).map(number))?;
    Ok(())
}

async fn faults(store: &Store, whose: &Whose) -> Result<Vec<Fault>, Error> {
    let mut sql = Sql::new(
        "SELECT id, name, report_fault, report_tries, next_report_at FROM organizations WHERE report_tries > 0 AND partner_id IN ",
    );
    sql.bind_list(whose.ids()).push(" ORDER BY name_lower, id LIMIT ").bind(LISTED);
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    let fault = |row: &QueryResult| -> Result<Fault, Error> {
        Ok(Fault {
            organization: OrganizationId(at(row, 0)?),
            name: at(row, 1)?,
            words: at(row, 2)?,
            tries: at(row, 3)?,
            next_at: Time(at(row, 4)?),
        })
    };
    rows.iter().map(fault).collect()
}

/// Whose turn comes after those that are known.
async fn next(store: &Store, whose: &Whose, known: Time) -> Result<Option<Next>, Error> {
    let mut sql = Sql::new("SELECT MIN(next_report_at) FROM organizations WHERE report_tries = 0 AND next_report_at > ");
    sql.bind(known.0).push(" AND partner_id IN ").bind_list(whose.ids());
    let first = store.reads().query_one_raw(sql.build(store.backend())).await?.map_or(Ok(None), |row| at::<Option<i64>>(&row, 0))?;
    let Some((first, zone)) = first.map(Time).zip(whose.zones().next()) else { return Ok(None) };
    // It is due around the 5th in every zone: the month before, in any of them.
    let month = Month::at(first, zone).plus(-1);
    let last = whose.zones().map(|zone| month.due(zone)).max().unwrap_or(first).max(first);
    let mut sql = Sql::new("SELECT COUNT(*) FROM organizations o WHERE o.report_tries = 0 AND o.next_report_at > ");
    sql.bind(known.0).push(" AND o.next_report_at <= ").bind(last.0).push(" AND o.partner_id IN ").bind_list(whose.ids());
    has_something(&mut sql, first);
    let organizations = store.reads().query_one_raw(sql.build(store.backend())).await?.map_or(Ok(0), |row| at(&row, 0).map(number))?;
    Ok(Some(Next { month, at: first, organizations }))
}

/// Months up to `last` that are kept and that organizations lack, latest first.
async fn past(store: &Store, settings: &Settings, whose: &Whose, last: Month) -> Result<Vec<Past>, Error> {
    let made = first_made(store).await?;
    let begins = whose.zones().map(|zone| settings.from.unwrap_or_else(|| Month::at(made, zone))).min().unwrap_or(last);
    let mut past = Vec::new();
    for month in (0..KEPT).map(|back| last.plus(-back)).take_while(|month| *month >= begins) {
        let end = end_of(whose, month);
        let mut sql = Sql::new("SELECT COUNT(*) FROM organizations o WHERE o.report_tries = 0 AND o.partner_id IN ");
        sql.bind_list(whose.ids());
        lacks(&mut sql, month, end);
        has_something(&mut sql, end);
        let organizations = store.reads().query_one_raw(sql.build(store.backend())).await?.map_or(Ok(0), |row| at(&row, 0).map(number))?;
        if organizations > 0 {
            past.push(Past { month, organizations });
        }
    }
    Ok(past)
}
