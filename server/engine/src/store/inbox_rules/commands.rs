//! Commands on rules. Each is one transaction: the change and its audit entry.

use super::{Pattern, find};
use crate::{
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::inbox_rule,
        input, organizations, policies, scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{InboxRuleId, OrganizationId, PartnerId, PolicyId},
    policy::DeviceClass,
    time::Time,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde::Deserialize;
use serde_json::{Map, json};

const LONGEST_PATTERN: usize = 200;
const MOST_RULES: u64 = 500;

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

/// A pattern as it is stored.
pub(super) fn pattern(typed: &str) -> Result<String, Error> {
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

/// Makes a rule. Names that wait already are left until [`apply`](super::apply).
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
