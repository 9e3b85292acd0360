//! Service levels that a policy can't keep (D2): told once, at the policy, with whom it concerns; never as an alert a day.

use super::{COUNTED, find};
use crate::{
    error::Error,
    store::{Store, facts::at, scope, sql::Sql},
};
use domain::{
    access::{Action, Actor},
    ids::{OrganizationId, PolicyId},
    policy::DeviceClass,
    schedule::Schedule,
    time::{Span, Time},
    zones,
};
use sea_orm::{ConnectionTrait, Value};

/// Organizations that are named.
const NAMED: u64 = 12;
/// Schedules of jobs' own that are looked at.
const OWN: u64 = 500;
/// Slots ahead in which the longest gap is looked for.
const LOOKED_AT: usize = 64;

/// Devices of one class under the same service level, which is shorter than the policy's backups lie apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unkept {
    /// Their class.
    pub class: DeviceClass,
    /// The hours in force for them.
    pub hours: i64,
    /// Organizations that have such devices.
    pub organizations: i64,
    /// Those devices; told exactly up to 10,000.
    pub devices: i64,
    /// There are more than were counted.
    pub more: bool,
    /// The first of those organizations by name.
    pub named: Vec<(OrganizationId, String)>,
}

/// How far apart the backups of a schedule lie at most; none: it isn't known (learned).
pub fn apart(schedule: &Schedule, now: Time) -> Option<Span> {
    match schedule {
        Schedule::Every { every_minutes } => Some(Span::minutes((*every_minutes).into())),
        Schedule::Cron { .. } => {
            let slots = zones::next_slots(schedule, now, LOOKED_AT).ok()?;
            slots.windows(2).map(|pair| pair[1] - pair[0]).max()
        }
        Schedule::Learned => None,
    }
}

/// An hour more than asked is a change of the clocks, not the schedule.
const fn keeps(apart: Span, hours: i64) -> bool {
    apart.0 <= Span::hours(hours).0 + Span::HOUR.0
}

/// The service levels in force for devices that follow a policy, which it can't keep because its backups lie `apart`. By class and hours,
/// the shortest first. A device with a job whose own schedule is close enough keeps its level; a paused one is under none.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn unkept(store: &Store, actor: &Actor, id: PolicyId, apart: Span, now: Time) -> Result<Vec<Unkept>, Error> {
    scope::require(actor, Action::SeeDashboards, "see policies")?;
    let conn = store.reads();
    let policy = find(conn, actor, id).await?;
    let mut found = Vec::new();
    for (class, column) in [(DeviceClass::Server, "o.sla_server_hours"), (DeviceClass::Workstation, "o.sla_workstation_hours")] {
        let mut query = Sql::new("SELECT DISTINCT ");
        query.push(column).push(" FROM organizations o WHERE o.partner_id = ").bind(policy.partner_id).push(" ORDER BY 1");
        let levels = conn.query_all_raw(query.build(store.backend())).await?;
        let levels = levels.iter().map(|row| at::<i64>(row, 0)).collect::<Result<Vec<i64>, Error>>()?;
        let levels: Vec<i64> = levels.into_iter().filter(|hours| !keeps(apart, *hours)).collect();
        if levels.is_empty() {
            continue;
        }
        let devices = |query: &mut Sql| {
            query.push(" FROM devices d JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id");
            query.push(" WHERE d.partner_id = ").bind(policy.partner_id).push(" AND d.policy_id = ").bind(id.0);
            query.push(" AND d.class = ").bind(class.as_str()).push(" AND d.life IN ('pending', 'active') AND o.status = 'activated'");
        };
        let mut query = Sql::new("SELECT DISTINCT j.schedule FROM jobs j JOIN (SELECT d.partner_id, d.id");
        devices(&mut query);
        query.push(" LIMIT ").push(&COUNTED.to_string()).push(") x ON j.partner_id = x.partner_id AND j.device_id = x.id");
        query.push(" WHERE j.schedule IS NOT NULL LIMIT ").push(&OWN.to_string());
        let mut own: Vec<(String, Span)> = Vec::new();
        for row in conn.query_all_raw(query.build(store.backend())).await? {
            let stored: String = at(&row, 0)?;
            if let Some(gap) = self::apart(&serde_json::from_str(&stored)?, now) {
                own.push((stored, gap));
            }
        }
        for hours in levels {
            let close: Vec<&str> = own.iter().filter(|(_, gap)| keeps(*gap, hours)).map(|(stored, _)| stored.as_str()).collect();
            let concerned = |query: &mut Sql| {
                devices(query);
                query.push(" AND ").push(column).push(" = ").bind(hours);
                if !close.is_empty() {
                    query.push(" AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.partner_id = d.partner_id AND j.device_id = d.id AND j.schedule IN (");
                    for (place, schedule) in close.iter().enumerate() {
                        query.push(if place > 0 { ", " } else { "" }).bind(Value::from(*schedule));
                    }
                    query.push("))");
                }
            };
            let mut query = Sql::new("SELECT COUNT(DISTINCT x.organization_id), COUNT(*) FROM (SELECT d.organization_id");
            concerned(&mut query);
            query.push(" LIMIT ").push(&(COUNTED + 1).to_string()).push(") x");
            let Some(row) = conn.query_one_raw(query.build(store.backend())).await? else { continue };
            let (organizations, devices): (i64, i64) = (at(&row, 0)?, at(&row, 1)?);
            if devices == 0 {
                continue;
            }
            let mut query = Sql::new("SELECT DISTINCT o.name_lower, o.id, o.name");
            concerned(&mut query);
            query.push(" ORDER BY o.name_lower, o.id LIMIT ").push(&NAMED.to_string());
            let named = conn.query_all_raw(query.build(store.backend())).await?;
            let named = named.iter().map(|row| Ok((OrganizationId(at(row, 1)?), at(row, 2)?))).collect::<Result<_, Error>>()?;
            found.push(Unkept { class, hours, organizations, devices: devices.min(COUNTED), more: devices > COUNTED, named });
        }
    }
    Ok(found)
}
