//! How many devices and SaaS connections follow each policy.

use crate::{
    error::Error,
    store::{Store, facts::at, scope, sql::Sql},
};
use domain::{
    access::{Action, Actor, Scope},
    ids::PolicyId,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::HashMap;

/// Devices of a policy that are counted at most.
pub const COUNTED: i64 = 10_000;

/// How much a policy is used. Told exactly up to [`COUNTED`] devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PolicyUse {
    /// Devices that follow it, without the retired ones.
    pub devices: i64,
    /// Servers among them.
    pub servers: i64,
    /// True when there are more devices than were counted.
    pub more: bool,
    /// SaaS connections whose accounts follow it.
    pub connections: i64,
}

/// How many devices and connections follow each policy of the scope, by policy.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn uses(store: &Store, actor: &Actor) -> Result<HashMap<PolicyId, PolicyUse>, Error> {
    scope::require(actor, Action::SeeDashboards, "see policies")?;
    let Scope::Partners(partners) = &actor.scope else { return Ok(HashMap::new()) };
    // Each policy by its part of an index, and never further than is told.
    let counted = |class: &str| {
        format!(
            "(SELECT COUNT(*) FROM (SELECT 1 FROM devices d WHERE d.partner_id = p.partner_id AND d.policy_id = p.id \
             AND d.life <> 'retired'{class} LIMIT {}) AS c)",
            COUNTED + 1
        )
    };
    let mut sql = Sql::new("SELECT p.id, ");
    let connections = format!(
        ", (SELECT COUNT(*) FROM (SELECT 1 FROM connections c WHERE c.partner_id = p.partner_id AND c.policy_id = p.id LIMIT {COUNTED}) AS s)"
    );
    sql.push(&counted("")).push(", ").push(&counted(" AND d.class = 'server'")).push(&connections);
    sql.push(" FROM policies p WHERE p.partner_id IN ");
    sql.bind_list(partners.iter().map(|p| p.0));
    let rows = store.reads().query_all_raw(sql.build(store.backend())).await?;
    rows.iter()
        .map(|row| {
            let (devices, servers): (i64, i64) = (at(row, 1)?, at(row, 2)?);
            let (more, connections) = (devices > COUNTED, at(row, 3)?);
            Ok((PolicyId(at(row, 0)?), PolicyUse { devices: devices.min(COUNTED), servers: servers.min(COUNTED), more, connections }))
        })
        .collect()
}
