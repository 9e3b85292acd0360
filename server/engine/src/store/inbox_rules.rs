//! Template rules of the inbox: which unknown names become devices by themselves, where, and as what.
//!
//! Of several rules that fit a name exactly one counts: a pattern without `*` before one with it, then the one with more letters
//! besides its `*`, then the older one. A sender that is bound to an organization only meets that organization's rules. Applied by
//! ingest (`ingest::rules`) when an unknown name arrives, and by [`apply`] to names that wait already.

mod arrival;
mod commands;
mod pattern;
mod waiting;

pub(crate) use arrival::take_in;
pub use commands::{NewRule, RuleChange, create, delete, edit};
pub use pattern::Pattern;
pub(crate) use pattern::{chosen, in_order};
pub use waiting::{Applied, Preview, apply, preview, waiting_by_rule};

use super::{
    Store,
    entity::{device, inbox_rule},
    facts::parse,
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, InboxRuleId, OrganizationId, PartnerId, PolicyId},
    policy::DeviceClass,
    time::Time,
};
use sea_orm::{
    ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde::Serialize;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// Which rule.
    pub id: InboxRuleId,
    /// Whose.
    pub partner: PartnerId,
    /// Names it is for; `*` stands for any text.
    pub pattern: String,
    /// Where its devices are made.
    pub organization: OrganizationId,
    /// Their class.
    pub class: DeviceClass,
    /// Their policy; none: the partner's default at that time.
    pub policy: Option<PolicyId>,
    /// Their tags.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// Devices it has made or found.
    pub used: i64,
}

fn row(model: inbox_rule::Model) -> Result<RuleRow, Error> {
    Ok(RuleRow {
        id: InboxRuleId(model.id),
        partner: PartnerId(model.partner_id),
        organization: OrganizationId(model.organization_id),
        class: parse(&model.class)?,
        policy: model.policy_id.map(PolicyId),
        tags: serde_json::from_str(&model.tags)?,
        created_at: Time(model.created_at),
        used: model.used,
        pattern: model.pattern,
    })
}

fn seen(actor: &Actor) -> sea_orm::Condition {
    scope::within(&actor.scope, inbox_rule::Column::PartnerId, Some(inbox_rule::Column::OrganizationId), None::<inbox_rule::Column>)
}

/// All rules of a partner whose organization is activated, in their order.
pub(crate) async fn of_partner<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Vec<(Pattern, RuleRow)>, Error> {
    use super::entity::organization;
    let rules = inbox_rule::Entity::find().filter(inbox_rule::COLUMN.partner_id.eq(partner.0)).all(conn).await?;
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let active: Vec<i64> = organization::Entity::find()
        .select_only()
        .column(organization::Column::Id)
        .filter(organization::COLUMN.partner_id.eq(partner.0))
        .filter(organization::COLUMN.id.is_in(rules.iter().map(|r| r.organization_id)))
        .filter(organization::COLUMN.status.eq("activated"))
        .into_tuple()
        .all(conn)
        .await?;
    let rules = rules.into_iter().filter(|r| active.contains(&r.organization_id)).map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(in_order(rules))
}

/// Counts a use.
pub(crate) async fn count_use<C: ConnectionTrait>(conn: &C, rule: &RuleRow) -> Result<(), Error> {
    inbox_rule::Entity::update_many()
        .col_expr(inbox_rule::Column::Used, Expr::col(inbox_rule::Column::Used).add(1))
        .filter(inbox_rule::COLUMN.partner_id.eq(rule.partner.0))
        .filter(inbox_rule::COLUMN.id.eq(rule.id.0))
        .exec(conn)
        .await?;
    Ok(())
}

/// All rules of the scope, in the order in which they count.
///
/// # Errors
/// `Forbidden` without the right to manage devices.
pub async fn list(store: &Store, actor: &Actor) -> Result<Vec<RuleRow>, Error> {
    scope::require(actor, Action::ManageDevices, "see inbox rules")?;
    let rules = inbox_rule::Entity::find().filter(seen(actor)).all(store.reads()).await?;
    let rules = rules.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(in_order(rules).into_iter().map(|(_, rule)| rule).collect())
}

/// One rule.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to manage devices.
pub async fn get(store: &Store, actor: &Actor, id: InboxRuleId) -> Result<RuleRow, Error> {
    let found = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDevices, "see inbox rules")?;
    row(found)
}

async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: InboxRuleId) -> Result<inbox_rule::Model, Error> {
    inbox_rule::Entity::find()
        .filter(seen(actor))
        .filter(inbox_rule::COLUMN.id.eq(id.0))
        .one(conn)
        .await?
        .ok_or(Error::NotFound("inbox rule"))
}

/// The device of that name in the rule's organization.
pub(crate) async fn named<C: ConnectionTrait>(conn: &C, rule: &RuleRow, name: &str) -> Result<Option<DeviceId>, Error> {
    let found: Option<i64> = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(device::COLUMN.partner_id.eq(rule.partner.0))
        .filter(device::COLUMN.organization_id.eq(rule.organization.0))
        .filter(device::COLUMN.name_lower.eq(name.trim().to_lowercase()))
        .into_tuple()
        .one(conn)
        .await?;
    Ok(found.map(DeviceId))
}
