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
    time::Span,
};
use sea_orm::ConnectionTrait;

/// Organizations that are named.
const NAMED: u64 = 5;

/// Devices of one class under the same service level, which is shorter than the policy's backups lie apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unkept {
    /// Their class.
    pub class: DeviceClass,
    /// The hours in force for them.
    pub hours: i64,
    /// Organizations that have such devices.
    pub organizations: i64,
    /// Those devices; told exactly up to 10,000 of a class.
    pub devices: i64,
    /// There are more than were counted.
    pub more: bool,
    /// The first of those organizations by name.
    pub named: Vec<(OrganizationId, String)>,
}

/// The service levels in force for devices that follow a policy, which it can't keep because its backups lie `apart`. By class and hours,
/// the shortest first. Devices whose jobs have schedules of their own don't follow the policy's, and paused ones are under no service level.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn unkept(store: &Store, actor: &Actor, id: PolicyId, apart: Span) -> Result<Vec<Unkept>, Error> {
    scope::require(actor, Action::SeeDashboards, "see policies")?;
    let conn = store.reads();
    let policy = find(conn, actor, id).await?;
    // An hour more is a change of the clocks, not the schedule.
    let shortest = (apart - Span::HOUR).0.div_euclid(Span::HOUR.0) + i64::from((apart - Span::HOUR).0.rem_euclid(Span::HOUR.0) > 0);
    let mut found = Vec::new();
    for (class, column) in [(DeviceClass::Server, "o.sla_server_hours"), (DeviceClass::Workstation, "o.sla_workstation_hours")] {
        let concerned = |query: &mut Sql| {
            query.push(
                " FROM devices d JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id WHERE d.partner_id = ",
            );
            query.bind(policy.partner_id).push(" AND d.policy_id = ").bind(id.0).push(" AND d.class = ").bind(class.as_str());
            query.push(" AND d.life IN ('pending', 'active') AND o.status = 'activated' AND ").push(column).push(" < ").bind(shortest);
            query.push(" AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.partner_id = d.partner_id AND j.device_id = d.id ");
            query.push("AND j.schedule IS NOT NULL)");
        };
        let mut query = Sql::new("SELECT x.hours, COUNT(DISTINCT x.organization_id), COUNT(*) FROM (SELECT ");
        query.push(column).push(" AS hours, d.organization_id");
        concerned(&mut query);
        query.push(" LIMIT ").push(&(COUNTED + 1).to_string()).push(") x GROUP BY x.hours ORDER BY x.hours");
        let rows = conn.query_all_raw(query.build(store.backend())).await?;
        let counted = rows.iter().map(|row| at::<i64>(row, 2)).sum::<Result<i64, Error>>()?;
        for row in rows {
            let hours: i64 = at(&row, 0)?;
            let mut query = Sql::new("SELECT DISTINCT o.name_lower, o.id, o.name");
            concerned(&mut query);
            query.push(" AND ").push(column).push(" = ").bind(hours).push(" ORDER BY o.name_lower, o.id LIMIT ").push(&NAMED.to_string());
            let named = conn.query_all_raw(query.build(store.backend())).await?;
            found.push(Unkept {
                class,
                hours,
                organizations: at(&row, 1)?,
                devices: at::<i64>(&row, 2)?.min(COUNTED),
                more: counted > COUNTED,
                named: named.iter().map(|row| Ok((OrganizationId(at(row, 1)?), at(row, 2)?))).collect::<Result<_, Error>>()?,
            });
        }
    }
    Ok(found)
}
