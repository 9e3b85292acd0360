//! Template rules of the inbox: which unknown names become devices by themselves, where, and as what.
//!
//! Of several rules that fit a name exactly one counts: a pattern without `*` before one with it, then the one with more letters
//! besides its `*`, then the older one. A sender that is bound to an organization only meets that organization's rules. Applied by
//! ingest (`ingest::rules`) when an unknown name arrives, and here to names that wait already.

mod arrival;
mod pattern;

pub(crate) use arrival::take_in;
pub use pattern::Pattern;
pub(crate) use pattern::{chosen, in_order};

use super::{
    Store,
    audit::{self, Entry},
    devices::NewDevice,
    entity::{device, inbox, inbox_rule},
    facts::parse,
    inbox::{Assignment, InboxRow, assign},
    input, organizations, policies, scope,
};
use crate::{Engine, error::Error};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, InboxId, InboxRuleId, OrganizationId, PartnerId, PolicyId},
    policy::DeviceClass,
    time::Time,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use std::collections::HashMap;

const LONGEST_PATTERN: usize = 200;
const MOST_RULES: u64 = 500;
/// Waiting names that a preview looks through.
const LOOKED_THROUGH: u64 = 2_000;
/// Names of a preview that are told.
const TOLD: usize = 50;
/// Waiting names that one call takes in.
const APPLIED_AT_ONCE: usize = 200;

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

/// A rule to be made.
#[derive(Clone, Debug)]
pub struct NewRule {
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
}

/// What may change of a rule. In the double option the outer none leaves as is, the inner none clears.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RuleChange {
    /// New pattern.
    pub pattern: Option<String>,
    /// New organization, of the same partner.
    pub organization: Option<OrganizationId>,
    /// New class.
    pub class: Option<DeviceClass>,
    /// New policy.
    pub policy: Option<Option<PolicyId>>,
    /// New tags.
    pub tags: Option<Vec<String>>,
}

/// Waiting names that a pattern fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Some of them, last seen first.
    pub sources: Vec<InboxRow>,
    /// How many of them there are.
    pub total: usize,
    /// True when there are more waiting names than were looked through.
    pub cut: bool,
}

/// What became of the waiting names that a rule fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Names that have their device now.
    pub devices: usize,
    /// Reports of them that were taken in.
    pub reports: usize,
    /// Names that could not be used (their organization has such a device retired, or the name is too long).
    pub refused: usize,
    /// Names that still wait for another call.
    pub left: usize,
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

fn pattern(typed: &str) -> Result<String, Error> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Error::invalid("empty_pattern", "pattern", "Write a name, with `*` for what differs, for example `WS-*`."));
    }
    if typed.chars().count() > LONGEST_PATTERN || typed.chars().any(char::is_control) {
        return Err(Error::invalid("invalid_pattern", "pattern", "Use at most 200 characters, without line breaks."));
    }
    Ok(typed.to_owned())
}

async fn refuse_double<C: ConnectionTrait>(
    conn: &C,
    partner: PartnerId,
    organization: i64,
    pattern: &str,
    except: i64,
) -> Result<(), Error> {
    let others = inbox_rule::Entity::find()
        .filter(inbox_rule::COLUMN.partner_id.eq(partner.0))
        .filter(inbox_rule::COLUMN.organization_id.eq(organization))
        .filter(inbox_rule::COLUMN.id.ne(except))
        .all(conn)
        .await?;
    if others.iter().any(|other| Pattern::new(&other.pattern) == Pattern::new(pattern)) {
        return Err(Error::conflict("rule_exists", format!("This organization already has a rule for `{pattern}`. Change that one.")));
    }
    Ok(())
}

/// Makes a rule. Names that wait already are left until [`apply`].
///
/// # Errors
/// `NotFound` (organization, policy), `Forbidden`, `Invalid`, `Conflict` (the same rule, too many).
pub async fn create(store: &Store, actor: &Actor, new: NewRule, now: Time) -> Result<InboxRuleId, Error> {
    let organization = organizations::find(store.reads(), actor, new.organization).await?;
    scope::require(actor, Action::ManageDevices, "make inbox rules")?;
    let partner = PartnerId(organization.partner_id);
    let (pattern, tags) = (pattern(&new.pattern)?, input::tags(&new.tags)?);
    let tx = store.begin_for(partner).await?;
    if let Some(policy) = new.policy {
        policies::of_partner(&tx, partner, Some(policy)).await?;
    }
    refuse_double(&tx, partner, new.organization.0, &pattern, 0).await?;
    if inbox_rule::Entity::find().filter(inbox_rule::COLUMN.partner_id.eq(partner.0)).count(&tx).await? >= MOST_RULES {
        return Err(Error::conflict("too_many_rules", "There are 500 rules already. Delete one, or write patterns that fit more names."));
    }
    let id = InboxRuleId(store.id(now));
    inbox_rule::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        pattern: Set(pattern.clone()),
        organization_id: Set(new.organization.0),
        class: Set(new.class.as_str().into()),
        policy_id: Set(new.policy.map(|p| p.0)),
        tags: Set(serde_json::to_string(&tags)?),
        created_at: Set(now.0),
        created_by: Set(audit::who(actor)),
        used: Set(0),
    }
    .insert(&tx)
    .await?;
    let entry = Entry {
        partner,
        organization: Some(new.organization),
        what: "inbox_rule.create",
        subject: format!("inbox_rule:{id}"),
        detail: json!({ "pattern": pattern, "class": new.class, "policy": new.policy, "tags": tags }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes a rule. Devices it has made stay as they are.
///
/// # Errors
/// `NotFound` (rule, organization, policy), `Forbidden`, `Invalid`, `Conflict` (the same rule).
pub async fn edit(store: &Store, actor: &Actor, id: InboxRuleId, change: RuleChange, now: Time) -> Result<(), Error> {
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "change inbox rules")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    let (mut organization, mut name) = (stored.organization_id, stored.pattern.clone());
    let mut model = stored.into_active_model();
    let mut detail = Map::new();
    if let Some(typed) = change.pattern {
        name = pattern(&typed)?;
        detail.insert("pattern".into(), json!(name));
        model.pattern = Set(name.clone());
    }
    if let Some(to) = change.organization {
        let found = organizations::find(&tx, actor, to).await?;
        if found.partner_id != partner.0 {
            return Err(Error::invalid("other_partner", "organization", "The organization belongs to another partner. Make a rule there."));
        }
        organization = to.0;
        detail.insert("organization".into(), json!(to));
        model.organization_id = Set(to.0);
    }
    if let Some(class) = change.class {
        detail.insert("class".into(), json!(class));
        model.class = Set(class.as_str().into());
    }
    if let Some(policy) = change.policy {
        if policy.is_some() {
            policies::of_partner(&tx, partner, policy).await?;
        }
        detail.insert("policy".into(), json!(policy));
        model.policy_id = Set(policy.map(|p| p.0));
    }
    if let Some(tags) = change.tags {
        let tags = input::tags(&tags)?;
        detail.insert("tags".into(), json!(tags));
        model.tags = Set(serde_json::to_string(&tags)?);
    }
    if detail.is_empty() {
        return Ok(());
    }
    refuse_double(&tx, partner, organization, &name, id.0).await?;
    model.update(&tx).await?;
    let entry = Entry {
        partner,
        organization: Some(OrganizationId(organization)),
        what: "inbox_rule.edit",
        subject: format!("inbox_rule:{id}"),
        detail: detail.into(),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a rule away. Devices it has made stay.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn delete(store: &Store, actor: &Actor, id: InboxRuleId, now: Time) -> Result<(), Error> {
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "delete inbox rules")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    let entry = Entry {
        partner,
        organization: Some(OrganizationId(stored.organization_id)),
        what: "inbox_rule.delete",
        subject: format!("inbox_rule:{id}"),
        detail: json!({ "pattern": stored.pattern, "used": stored.used }),
    };
    inbox_rule::Entity::delete_by_id((stored.partner_id, stored.id)).exec(&tx).await?;
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Waiting names of the actor's scope that a pattern fits, whose senders may reach this organization. Changes nothing; other rules
/// are not looked at.
///
/// # Errors
/// `NotFound` (organization), `Forbidden`, `Invalid` (pattern).
pub async fn preview(store: &Store, actor: &Actor, typed: &str, organization: OrganizationId) -> Result<Preview, Error> {
    let found = organizations::find(store.reads(), actor, organization).await?;
    scope::require(actor, Action::ManageDevices, "see the inbox")?;
    let fits = Pattern::new(&pattern(typed)?);
    let waiting = waiting(store, actor, PartnerId(found.partner_id)).await?;
    let cut = waiting.len() as u64 >= LOOKED_THROUGH;
    let mut sources: Vec<InboxRow> =
        waiting.into_iter().filter(|row| row.organization.is_none_or(|own| own == organization) && fits.fits(&row.source)).collect();
    let total = sources.len();
    sources.truncate(TOLD);
    Ok(Preview { sources, total, cut })
}

async fn waiting(store: &Store, actor: &Actor, partner: PartnerId) -> Result<Vec<InboxRow>, Error> {
    let rows = inbox::Entity::find()
        .filter(scope::within(&actor.scope, inbox::Column::PartnerId, Some(inbox::Column::OrganizationId), None::<inbox::Column>))
        .filter(inbox::COLUMN.partner_id.eq(partner.0))
        .filter(inbox::COLUMN.device_id.is_null())
        .filter(inbox::COLUMN.dismissed_at.is_null())
        .order_by_desc(inbox::Column::LastSeenAt)
        .limit(LOOKED_THROUGH)
        .all(store.reads())
        .await?;
    let row = |i: inbox::Model| InboxRow {
        id: InboxId(i.id),
        partner: PartnerId(i.partner_id),
        organization: (i.organization_id != 0).then_some(OrganizationId(i.organization_id)),
        source: i.source,
        first_seen_at: Time(i.first_seen_at),
        last_seen_at: Time(i.last_seen_at),
        events: i.events,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// How many waiting names each of these rules, all of the scope's, would take in. At most the 2,000 heard of last are looked at.
///
/// # Errors
/// `Forbidden` without the right to manage devices.
pub async fn waiting_by_rule(store: &Store, actor: &Actor, rules: &[RuleRow]) -> Result<HashMap<InboxRuleId, usize>, Error> {
    scope::require(actor, Action::ManageDevices, "see the inbox")?;
    let mut partners: Vec<PartnerId> = rules.iter().map(|rule| rule.partner).collect();
    partners.sort_unstable();
    partners.dedup();
    let mut counts = HashMap::new();
    for partner in partners {
        let rules = of_partner(store.reads(), partner).await?;
        for source in waiting(store, actor, partner).await? {
            if let Some(rule) = chosen(&rules, source.organization, &source.source) {
                *counts.entry(rule.id).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

/// Takes in the waiting names for which this is the rule that counts: their devices are made, or found by name, and what waited is
/// taken in. At most 200 names a call.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (deactivated organization).
pub async fn apply(engine: &Engine, actor: &Actor, id: InboxRuleId, now: Time) -> Result<Applied, Error> {
    let store = &engine.store;
    let rule = get(store, actor, id).await?;
    let rules = of_partner(store.reads(), rule.partner).await?;
    if !rules.iter().any(|(_, other)| other.id == id) {
        return Err(Error::conflict("organization_deactivated", "This organization is deactivated. Activate it before adding devices."));
    }
    let ours = |row: &InboxRow| chosen(&rules, row.organization, &row.source).is_some_and(|counts| counts.id == id);
    let mut waiting = waiting(store, actor, rule.partner).await?.into_iter().filter(ours);
    let mut applied = Applied::default();
    for source in waiting.by_ref().take(APPLIED_AT_ONCE) {
        let to = match named(store.reads(), &rule, &source.source).await? {
            Some(device) => Assignment::Device(device),
            None => Assignment::New(NewDevice {
                organization: rule.organization,
                name: source.source.clone(),
                class: rule.class,
                policy: rule.policy,
                quota_bytes: None,
                tags: rule.tags.clone(),
            }),
        };
        match assign(engine, actor, source.id, to, now).await {
            Ok(assigned) => {
                applied.devices += 1;
                applied.reports += assigned.receipt.accepted;
                let tx = store.begin().await?;
                count_use(&tx, &rule).await?;
                tx.commit().await?;
            }
            // One name that can't be used doesn't keep the others waiting.
            Err(Error::Invalid { .. } | Error::Conflict { .. } | Error::NotFound(_)) => applied.refused += 1,
            Err(error) => return Err(error),
        }
    }
    applied.left = waiting.count();
    Ok(applied)
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
