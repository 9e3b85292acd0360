//! What a weekly summary says, for a partner with all that is below it: devices by band, the week's runs, new critical alerts, the lowest scores, storage.
//!
//! Costs what it tells and a few numbers of each organization and device: bands from the live counts, runs from counts by day, alerts and
//! scores from short ranges of indexes. Storage is looked up once a device for each week-end that no summary before has told of.

use super::kept;
use crate::{
    error::Error,
    live,
    store::{
        Store, alerts,
        facts::{self, at, parse},
        partners, scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor},
    alert::AlertKind,
    health::{Band, Score, assess},
    ids::{AlertId, DeviceId, PartnerId},
    report::weekly::{WEEK, week_before},
    text,
    time::Time,
    zones::Zone,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// New critical alerts, and lowest scores, that are told.
const TOLD: usize = 5;
/// Week-ends whose storage is told, the last one included.
const WEEKS: i32 = 9;
/// A summary that is so many days older than this one is the one before: neither of the same week nor of long ago.
const BEFORE: std::ops::RangeInclusive<i32> = 4..=10;
/// Summaries that are looked through for the one before.
const LOOKED: u64 = 3;

/// How many devices are in each band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bands {
    /// 90–100.
    pub healthy: i64,
    /// 70–89.
    pub warning: i64,
    /// 40–69.
    pub critical: i64,
    /// 0.
    pub unknown: i64,
    /// Paused, in no band.
    pub paused: i64,
}

impl Bands {
    /// Devices that are protected: in any band.
    pub const fn protected(&self) -> i64 {
        self.healthy + self.warning + self.critical + self.unknown
    }
}

/// Runs by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    /// Succeeded.
    pub succeeded: i64,
    /// Usable with issues.
    pub warning: i64,
    /// Failed.
    pub failed: i64,
    /// Missed.
    pub missed: i64,
}

impl Runs {
    /// Those that left a usable backup.
    pub const fn usable(&self) -> i64 {
        self.succeeded + self.warning
    }

    /// Those that should have.
    pub const fn due(&self) -> i64 {
        self.usable() + self.failed + self.missed
    }

    /// Share of usable ones in hundredths of a percent, rounded down; none: nothing was due.
    pub fn share(&self) -> Option<u32> {
        (self.due() > 0).then(|| u32::try_from(self.usable() * 10_000 / self.due()).unwrap_or(0))
    }
}

/// An alert that became critical in the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalAlert {
    /// Which alert.
    pub id: AlertId,
    /// Its kind.
    pub kind: AlertKind,
    /// Its device, account or service.
    pub subject: String,
    /// Its organization.
    pub organization: String,
    /// When it became critical.
    pub at: Time,
    /// It is resolved.
    pub resolved: bool,
    /// The fact and its number.
    pub why: String,
}

/// A device with one of the lowest scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LowScore {
    /// Which device.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization.
    pub organization: String,
    /// Its score.
    pub score: Score,
    /// Its band.
    pub band: Band,
    /// Why, the worst reason.
    pub why: String,
}

/// What a weekly summary says. Days are local days of the partner, counted from 1970-01-01.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The partner's name.
    pub partner: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// The day on which it was due: it tells of the seven before.
    pub day: i32,
    /// When the states were read.
    pub at: Time,
    /// Devices now.
    pub devices: Bands,
    /// Devices in the summary before, and its day; none: there is none of the week before.
    pub before: Option<(i32, Bands)>,
    /// Runs of devices in the week.
    pub jobs: Runs,
    /// In the week before.
    pub jobs_before: Runs,
    /// Runs of SaaS accounts in the week.
    pub saas: Runs,
    /// In the week before.
    pub saas_before: Runs,
    /// Alerts that became critical in the week.
    pub critical: i64,
    /// There are more than were counted.
    pub critical_is_more: bool,
    /// In the week before.
    pub critical_before: i64,
    /// The latest of them.
    pub alerts: Vec<CriticalAlert>,
    /// Known scores, the lowest first.
    pub lowest: Vec<LowScore>,
    /// Bytes that devices held at the end of a day, oldest first; none: not known.
    pub storage: Vec<(i32, Option<i64>)>,
}

impl Figures {
    /// First and last day of the week.
    pub const fn week(&self) -> (i32, i32) {
        week_before(self.day)
    }
}

/// What a summary says that is due on a day, for a partner and all that is below it.
///
/// # Errors
/// `NotFound`; `Forbidden` without the right to see dashboards.
pub async fn figures(store: &Store, actor: &Actor, partner: PartnerId, day: i32, now: Time) -> Result<Figures, Error> {
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::SeeDashboards, "see dashboards")?;
    let conn = store.reads();
    let model = partners::find(conn, partner).await?;
    let zone = Zone::named(&model.time_zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))?;
    let fleet = super::system(conn, partner).await?;
    let counts = live::counts(store, &fleet).await?;
    let (start, end) = (zone.day_bounds(day - WEEK).0, zone.day_bounds(day).0);
    let start_before = zone.day_bounds(day - 2 * WEEK).0;
    let critical = alerts::became_critical(store, &fleet, start, end, TOLD).await?;
    let critical_before = alerts::became_critical(store, &fleet, start_before, start, 0).await?;
    let earlier = kept::latest(conn, partner, LOOKED).await?;
    let before = earlier.iter().map(|(_, kept)| &kept.figures).find(|figures| BEFORE.contains(&(day - figures.day)));
    let (jobs_before, jobs) = jobs(store, &fleet, day).await?;
    let alert = |row: alerts::AlertRow| CriticalAlert {
        id: row.id,
        kind: row.kind,
        why: text::reason(&row.reason, row.resolved_at.unwrap_or(now), |_| {
            row.job.as_ref().map_or_else(|| "the backup".to_owned(), |(_, name)| name.clone())
        }),
        subject: row.device.1,
        organization: row.organization.1,
        at: row.raised_at.unwrap_or(row.opened_at),
        resolved: row.resolved_at.is_some(),
    };
    Ok(Figures {
        partner: model.name,
        time_zone: model.time_zone,
        day,
        at: now,
        devices: Bands {
            healthy: counts.healthy,
            warning: counts.warning,
            critical: counts.critical,
            unknown: counts.unknown,
            paused: counts.paused,
        },
        before: before.map(|figures| (figures.day, figures.devices)),
        jobs,
        jobs_before,
        saas: saas(store, &fleet, start, end).await?,
        saas_before: saas(store, &fleet, start_before, start).await?,
        critical: critical.count,
        critical_is_more: critical.is_more,
        critical_before: critical_before.count,
        alerts: critical.rows.into_iter().map(alert).collect(),
        lowest: lowest(store, &fleet, now).await?,
        storage: storage(store, &fleet, day - 1, before).await?,
    })
}

/// What the summary of the actor's partner would say if it were due today.
///
/// # Errors
/// `NotFound` (an actor without a partner), `Forbidden` without the right to change settings.
pub async fn as_of_now(store: &Store, actor: &Actor, now: Time) -> Result<Figures, Error> {
    let partner = super::settings::own(actor, "see the weekly summary")?;
    let today = super::zone(store.reads(), partner).await?.day_of(now);
    figures(store, actor, partner, today, now).await
}

const SUMS: &str = "CAST(COALESCE(SUM(h.succeeded), 0) AS BIGINT), CAST(COALESCE(SUM(h.warning), 0) AS BIGINT), \
     CAST(COALESCE(SUM(h.failed), 0) AS BIGINT), CAST(COALESCE(SUM(h.missed), 0) AS BIGINT)";

fn add(runs: &mut Runs, row: &sea_orm::QueryResult) -> Result<(), Error> {
    for (place, sum) in [&mut runs.succeeded, &mut runs.warning, &mut runs.failed, &mut runs.missed].into_iter().enumerate() {
        *sum += at::<i64>(row, place)?;
    }
    Ok(())
}

/// Runs of devices in the week before last and in the last: fourteen rows of each organization, found by its key.
async fn jobs(store: &Store, fleet: &Actor, day: i32) -> Result<(Runs, Runs), Error> {
    let (mut before, mut last) = (Runs::default(), Runs::default());
    for partner in scope::partners(&fleet.scope) {
        let mut query = Sql::new("SELECT ");
        query.push(SUMS).push(", h.day FROM organization_counts c CROSS JOIN organization_days h WHERE c.partner_id = ").bind(partner.0);
        query
            .push(" AND h.partner_id = c.partner_id AND h.organization_id = c.organization_id AND h.day >= ")
            .bind(i64::from(day - 2 * WEEK));
        query.push(" AND h.day < ").bind(i64::from(day)).push(" GROUP BY h.day");
        for row in store.reads().query_all_raw(query.build(store.backend())).await? {
            let of_last = at::<i64>(&row, 4)? >= i64::from(day - WEEK);
            add(if of_last { &mut last } else { &mut before }, &row)?;
        }
    }
    Ok((before, last))
}

/// Runs of accounts in a time, by whole hours: a row an hour of each partner.
async fn saas(store: &Store, fleet: &Actor, from: Time, until: Time) -> Result<Runs, Error> {
    let mut runs = Runs::default();
    for partner in scope::partners(&fleet.scope) {
        let mut query = Sql::new("SELECT ");
        query.push(SUMS).push(" FROM saas_hours h WHERE h.partner_id = ").bind(partner.0);
        query.push(" AND h.organization_id = 0 AND h.hour >= ").bind(from.hour()).push(" AND h.hour < ").bind(until.hour());
        if let Some(row) = store.reads().query_one_raw(query.build(store.backend())).await? {
            add(&mut runs, &row)?;
        }
    }
    Ok(runs)
}

/// The lowest known scores of devices in use, along the index of scores. Of whom nothing is known is counted, not scored.
async fn lowest(store: &Store, fleet: &Actor, now: Time) -> Result<Vec<LowScore>, Error> {
    let mut found: Vec<(i64, DeviceId, PartnerId, String)> = Vec::new();
    for partner in scope::partners(&fleet.scope) {
        let mut query = Sql::new("SELECT s.device_id, s.score, s.band FROM device_state s WHERE s.partner_id = ");
        query.bind(partner.0).push(" AND s.life <> 'retired' AND s.life <> 'paused' AND s.score > 0 ORDER BY s.score, s.device_id LIMIT ");
        query.push(&TOLD.to_string());
        for row in store.reads().query_all_raw(query.build(store.backend())).await? {
            found.push((at(&row, 1)?, DeviceId(at(&row, 0)?), *partner, at(&row, 2)?));
        }
    }
    found.sort_unstable();
    found.truncate(TOLD);
    let keys: Vec<_> = found.iter().map(|(_, device, partner, _)| (*partner, *device)).collect();
    let mut loaded: HashMap<DeviceId, facts::Loaded> =
        facts::load(store.reads(), &keys).await?.into_iter().map(|l| (l.device, l)).collect();
    let mut low = |(score, id, _, band): (i64, DeviceId, PartnerId, String)| -> Result<Option<LowScore>, Error> {
        let Some(device) = loaded.remove(&id) else { return Ok(None) };
        let name = |job| {
            let known = device.facts.jobs.iter().find(|facts| facts.job == job);
            known.map_or_else(|| "the backup".to_owned(), |facts| facts.name.clone())
        };
        let why = assess(&device.facts, now).reasons.first().map(|reason| text::reason(reason, now, name)).unwrap_or_default();
        let score = Score(u8::try_from(score).unwrap_or_default());
        Ok(Some(LowScore { id, why, name: device.name, organization: device.organization_name, score, band: parse(&band)? }))
    };
    found.into_iter().filter_map(|found| low(found).transpose()).collect()
}

/// What devices in use held at week-ends, the last day told last. A device that said nothing on a day holds what it said last.
async fn storage(store: &Store, fleet: &Actor, last: i32, before: Option<&Figures>) -> Result<Vec<(i32, Option<i64>)>, Error> {
    let mut days = Vec::new();
    for week in (0..WEEKS).rev() {
        let day = last - week * WEEK;
        let known = before.and_then(|figures| figures.storage.iter().find(|(of, bytes)| *of == day && bytes.is_some()));
        if let Some(known) = known {
            days.push(*known);
            continue;
        }
        let mut sum: Option<i64> = None;
        for partner in scope::partners(&fleet.scope) {
            let mut query = Sql::new(
                "SELECT CAST(COALESCE(SUM(held.used), 0) AS BIGINT), COUNT(held.used) FROM (SELECT (SELECT s.used FROM device_storage s \
                 WHERE s.partner_id = d.partner_id AND s.device_id = d.device_id AND s.day <= ",
            );
            query.bind(i64::from(day)).push(" ORDER BY s.day DESC LIMIT 1) AS used FROM device_state d WHERE d.partner_id = ");
            query.bind(partner.0).push(" AND d.life <> 'retired') held");
            let Some(row) = store.reads().query_one_raw(query.build(store.backend())).await? else { continue };
            if at::<i64>(&row, 1)? > 0 {
                sum = Some(sum.unwrap_or(0) + at::<i64>(&row, 0)?);
            }
        }
        days.push((day, sum));
        // Other work of this thread first.
        tokio::task::yield_now().await;
    }
    Ok(days)
}
