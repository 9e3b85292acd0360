//! What compliance follows from, read in bulk: devices, ends of their usable runs, what is left out, restore tests.

use super::{Test, Tests};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    reconcile::recency::{unpack, week},
    store::{
        Store,
        facts::{at, parse},
        maintenance,
        sql::Sql,
    },
};
use domain::{
    ids::{DeviceId, OrganizationId, PartnerId},
    maintenance::{Intervals, Window},
    policy::{DeviceClass, DeviceLife},
    sla::{Cause, Excluded},
    time::{Span, Time},
};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

/// Of so many devices the weeks are read one by one; of more the whole range.
const FEW: usize = 500;
/// So far back the last usable run before the period is looked for, weeks. One that is older breaks every rule of a year anyway.
const BACK: i64 = 56;
/// Weeks that one look back reads.
const STEP: i64 = 8;
/// Windows are told of gaps that begin so long before the period.
const BEFORE: Span = Span::days(35);

pub(super) struct Found {
    pub(super) id: DeviceId,
    pub(super) organization: OrganizationId,
    pub(super) name: String,
    pub(super) class: DeviceClass,
    pub(super) life: DeviceLife,
    pub(super) enrolled_at: Time,
    tags: String,
    last_usable_at: Option<Time>,
}

pub(super) struct Evidence {
    pub(super) devices: Vec<Found>,
    pub(super) ends: HashMap<DeviceId, Vec<Time>>,
    pub(super) exclusions: Exclusions,
    pub(super) windows: Windows,
    pub(super) tests: HashMap<DeviceId, Tests>,
    pub(super) names: HashMap<OrganizationId, String>,
}

type Part = (PartnerId, Option<OrganizationId>, Option<DeviceId>);

impl Evidence {
    /// Of a partner, or of one organization or device of it.
    pub(super) async fn load(store: &Store, part: Part, from: Time, until: Time) -> Result<Self, Error> {
        let devices = devices(store, part, until).await?;
        let ends = ends(store, part, &devices, from, until).await?;
        Ok(Self {
            ends,
            exclusions: Exclusions::load(store, part, from, until).await?,
            windows: Windows::load(store, part.0, from - BEFORE, until).await?,
            tests: tests(store, part, from, until).await?,
            names: names(store, part).await?,
            devices,
        })
    }
}

fn narrow(sql: &mut Sql, (partner, organization, device): Part, prefix: &str, column: &str) {
    sql.push(&format!(" WHERE {prefix}partner_id = ")).bind(partner.0);
    if let Some(organization) = organization {
        sql.push(&format!(" AND {prefix}organization_id = ")).bind(organization.0);
    }
    if let Some(device) = device {
        sql.push(&format!(" AND {prefix}{column} = ")).bind(device.0);
    }
}

async fn devices(store: &Store, part: Part, until: Time) -> Result<Vec<Found>, Error> {
    let mut sql = Sql::new(
        "SELECT d.id, d.organization_id, d.name, d.class, d.life, d.enrolled_at, d.tags, s.last_usable_at FROM devices d \
         LEFT JOIN device_state s ON s.partner_id = d.partner_id AND s.device_id = d.id",
    );
    narrow(&mut sql, part, "d.", "id");
    sql.push(" AND d.enrolled_at < ").bind(until.0);
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    rows.iter()
        .map(|row| {
            Ok(Found {
                id: DeviceId(at(row, 0)?),
                organization: OrganizationId(at(row, 1)?),
                name: at(row, 2)?,
                class: parse(&at::<String>(row, 3)?)?,
                life: parse(&at::<String>(row, 4)?)?,
                enrolled_at: Time(at(row, 5)?),
                tags: at(row, 6)?,
                last_usable_at: at::<Option<i64>>(row, 7)?.map(Time),
            })
        })
        .collect()
}

async fn names(store: &Store, (partner, organization, _): Part) -> Result<HashMap<OrganizationId, String>, Error> {
    let mut sql = Sql::new("SELECT id, name FROM organizations WHERE partner_id = ");
    sql.bind(partner.0);
    if let Some(organization) = organization {
        sql.push(" AND id = ").bind(organization.0);
    }
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    rows.iter().map(|row| Ok((OrganizationId(at(row, 0)?), at(row, 1)?))).collect()
}

/// Ends of the period and the last one before it, in order.
async fn ends(store: &Store, part: Part, devices: &[Found], from: Time, until: Time) -> Result<HashMap<DeviceId, Vec<Time>>, Error> {
    let mut ends: HashMap<DeviceId, Vec<Time>> = HashMap::with_capacity(devices.len());
    let (first, last) = (week(from) - 1, week(until));
    if part.1.is_some() && devices.len() <= FEW {
        read(store, part.0, devices.iter().map(|d| d.id), first..=last, &mut ends).await?;
    } else {
        let mut sql = Sql::new("SELECT r.device_id, r.week, r.ends FROM recency r WHERE r.partner_id = ");
        sql.bind(part.0.0).push(" AND r.week BETWEEN ").bind(first).push(" AND ").bind(last);
        if let Some(organization) = part.1 {
            sql.push(" AND r.organization_id = ").bind(organization.0);
        }
        sql.push(" ORDER BY r.week, r.device_id");
        for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
            take(&row, &mut ends)?;
        }
    }
    // Who has none up to the beginning: the last one is known if there was none since, else it is looked for, week by week.
    let mut sought: Vec<DeviceId> = Vec::new();
    for device in devices.iter().filter(|device| device.enrolled_at < from) {
        let known = ends.entry(device.id).or_default();
        if known.first().is_some_and(|end| *end <= from) {
            continue;
        }
        match device.last_usable_at {
            Some(end) if end <= from => known.insert(0, end),
            Some(_) => sought.push(device.id),
            None => {}
        }
    }
    let mut before = first - 1;
    while !sought.is_empty() && before > first - BACK {
        let mut found = HashMap::new();
        read(store, part.0, sought.iter().copied(), before - STEP + 1..=before, &mut found).await?;
        sought.retain(|device| match found.get(device).and_then(|ends| ends.last()) {
            Some(end) => {
                ends.entry(*device).or_default().insert(0, *end);
                false
            }
            None => true,
        });
        before -= STEP;
    }
    Ok(ends)
}

/// Rows of (device, week) that one question asks for, about.
const KEYS_AT_ONCE: usize = 4_000;

async fn read(
    store: &Store,
    partner: PartnerId,
    devices: impl Iterator<Item = DeviceId>,
    weeks: std::ops::RangeInclusive<i64>,
    ends: &mut HashMap<DeviceId, Vec<Time>>,
) -> Result<(), Error> {
    let devices: Vec<DeviceId> = devices.collect();
    let (first, last) = weeks.into_inner();
    // Week by week for many devices, many weeks at once for a few: in the order of weeks either way.
    let at_once = KEYS_AT_ONCE.div_ceil(devices.len().max(1));
    for begin in (first..=last).step_by(at_once) {
        let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Int]);
        for week in (begin..=last).take(at_once) {
            for device in &devices {
                keys.int(partner.0).int(week).int(device.0);
            }
        }
        let sql = "SELECT r.device_id, r.week, r.ends FROM {x} {join} recency r \
                   ON r.partner_id = x.a AND r.week = x.b AND r.device_id = x.c ORDER BY r.week";
        for row in keys.query(store.reads(), sql).await? {
            take(&row, ends)?;
        }
    }
    Ok(())
}

fn take(row: &sea_orm::QueryResult, ends: &mut HashMap<DeviceId, Vec<Time>>) -> Result<(), Error> {
    let stored: Vec<u8> = at(row, 2)?;
    ends.entry(DeviceId(at(row, 0)?)).or_default().extend(unpack(at(row, 1)?, &stored));
    Ok(())
}

/// Pauses, retirements and deactivations, by organization and device (0: all of it).
pub(super) struct Exclusions(HashMap<(i64, i64), Vec<Excluded>>);

impl Exclusions {
    async fn load(store: &Store, (partner, organization, _): Part, from: Time, until: Time) -> Result<Self, Error> {
        let mut sql = Sql::new("SELECT organization_id, device_id, cause, from_at, until_at FROM exclusions");
        narrow(&mut sql, (partner, organization, None), "", "device_id");
        sql.push(" AND from_at < ").bind(until.0).push(" AND (until_at IS NULL OR until_at > ").bind((from - BEFORE).0).push(")");
        let mut all: HashMap<_, Vec<Excluded>> = HashMap::new();
        for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
            let cause: Cause = at::<String>(&row, 2)?.parse().map_err(|e: &str| Error::Internal(e.to_owned()))?;
            let excluded = Excluded { from: Time(at(&row, 3)?), until: at::<Option<i64>>(&row, 4)?.map(Time), cause };
            all.entry((at(&row, 0)?, at(&row, 1)?)).or_default().push(excluded);
        }
        Ok(Self(all))
    }

    pub(super) fn of(&self, device: &Found) -> impl Iterator<Item = Excluded> {
        let of = |key| self.0.get(&key).into_iter().flatten().copied();
        of((device.organization.0, device.id.0)).chain(of((device.organization.0, 0)))
    }
}

/// Maintenance windows that held in the period, by name, with the times they made.
pub(super) struct Windows(Vec<(String, Window, Intervals)>);

impl Windows {
    async fn load(store: &Store, partner: PartnerId, from: Time, until: Time) -> Result<Self, Error> {
        let versions = maintenance::versions(store.reads(), partner, from, until).await?;
        let resolved = versions.into_iter().map(|(name, window)| {
            let times = window.within(from, until).map_err(|e| Error::Internal(format!("a stored maintenance window: {e}")))?;
            Ok((name, window, times))
        });
        resolved.collect::<Result<_, Error>>().map(Self)
    }

    pub(super) fn of(&self, device: &Found) -> Vec<Excluded> {
        let times = self.concerning(device).into_iter().flat_map(|(_, _, times)| times.iter().copied()).collect();
        let merged = domain::maintenance::merged(times);
        merged.into_iter().map(|(from, until)| Excluded { from, until: Some(until), cause: Cause::Maintenance }).collect()
    }

    fn concerning(&self, device: &Found) -> Vec<&(String, Window, Intervals)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let tags: Vec<String> = serde_json::from_str(&device.tags).unwrap_or_default();
        self.0.iter().filter(|(_, window, _)| window.concerns(device.organization, device.id, &tags)).collect()
    }

    /// Of each time of maintenance that is left out, in their order: the names of the windows behind it. What a partner above has called its
    /// windows is not told to those below.
    pub(super) fn names(&self, device: &Found, excluded: &[Excluded]) -> Vec<String> {
        let maintenance = || excluded.iter().filter(|part| part.cause == Cause::Maintenance);
        if maintenance().next().is_none() {
            return Vec::new();
        }
        let own: Vec<_> = self.concerning(device).into_iter().filter(|(_, window, _)| window.own).collect();
        let of = |part: &Excluded| {
            let held = |times: &Intervals| {
                let next = times.partition_point(|(_, until)| *until <= part.from);
                times.get(next).is_some_and(|(from, _)| part.until.is_none_or(|until| *from < until))
            };
            let mut names: Vec<&str> = own.iter().filter(|(_, _, times)| held(times)).map(|(name, _, _)| name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            names.join(", ")
        };
        maintenance().map(of).collect()
    }
}

/// Restore tests up to the end: those of the period counted, and the last one.
async fn tests(store: &Store, part: Part, from: Time, until: Time) -> Result<HashMap<DeviceId, Tests>, Error> {
    let mut sql = Sql::new("SELECT t.device_id, t.at, t.passed, t.rto_seconds, t.rpo_seconds FROM restore_tests t");
    narrow(&mut sql, part, "t.", "device_id");
    sql.push(" AND t.at < ").bind(until.0).push(" ORDER BY t.device_id, t.at, t.scope");
    let mut all: HashMap<DeviceId, Tests> = HashMap::new();
    for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
        let test = Test { at: Time(at(&row, 1)?), passed: at(&row, 2)?, rto_seconds: at(&row, 3)?, rpo_seconds: at(&row, 4)? };
        let tests = all.entry(DeviceId(at(&row, 0)?)).or_default();
        if test.at >= from {
            *(if test.passed { &mut tests.passed } else { &mut tests.failed }) += 1;
            tests.longest_rto = tests.longest_rto.max(test.rto_seconds.filter(|_| test.passed));
        }
        tests.last = Some(test);
    }
    Ok(all)
}
