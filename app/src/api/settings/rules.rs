//! Template rules of the inbox: list, make, change, delete, look beforehand, take in what waits.

use crate::{api::start::Choice, error::UiError};
use domain::{ids::InboxRuleId, policy::DeviceClass, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A rule in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleLine {
    /// Which rule.
    pub id: InboxRuleId,
    /// Names it is for.
    pub pattern: String,
    /// Where its devices are made: id as text, and name.
    pub organization: (String, String),
    /// Their class.
    pub class: DeviceClass,
    /// Their policy: id as text (empty: the default), and name.
    pub policy: (String, String),
    /// Their tags.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// Names that have become devices by it.
    pub used: i64,
    /// Names that wait now and that this rule would take in.
    pub waiting: i64,
}

/// The page of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesView {
    /// In the order in which they count.
    pub rows: Vec<RuleLine>,
    /// Organizations to choose from, at most 500.
    pub organizations: Vec<Choice>,
    /// Policies to choose from.
    pub policies: Vec<Choice>,
}

/// A rule, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInput {
    /// Its id; empty: a new one.
    #[serde(default)]
    pub id: String,
    /// Names it is for.
    #[serde(default)]
    pub pattern: String,
    /// Where its devices are made.
    #[serde(default)]
    pub organization: String,
    /// Their class.
    #[serde(default)]
    pub class: String,
    /// Their policy; empty: the default.
    #[serde(default)]
    pub policy: String,
    /// Their tags, parted by commas.
    #[serde(default)]
    pub tags: String,
    /// Take in the names that wait already.
    #[serde(default)]
    pub apply: bool,
}

/// What became of waiting names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedView {
    /// Names that have their device now.
    pub devices: i64,
    /// Their reports that were taken in.
    pub reports: i64,
    /// Names that can't be a device's.
    pub refused: i64,
    /// Names that wait for another call.
    pub left: i64,
}

/// Waiting names that a typed pattern fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePreview {
    /// Some of them.
    pub names: Vec<String>,
    /// How many.
    pub total: i64,
    /// There are more waiting names than were looked through.
    pub cut: bool,
    /// Why it can't be used.
    pub problem: Option<String>,
}

#[cfg(feature = "ssr")]
fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(feature = "ssr")]
impl From<engine::store::inbox_rules::Applied> for AppliedView {
    fn from(applied: engine::store::inbox_rules::Applied) -> Self {
        Self {
            devices: whole(applied.devices),
            reports: whole(applied.reports),
            refused: whole(applied.refused),
            left: whole(applied.left),
        }
    }
}

/// All rules of the scope, in the order in which they count.
///
/// # Errors
/// `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/inbox_rules", output = crate::wire::Wire)]
pub async fn list_rules() -> Result<RulesView, UiError> {
    use crate::api::start::choices;
    use engine::store::{inbox_rules, policies};
    let (engine, actor) = crate::context::actor()?;
    let store = &engine.store;
    let rules = inbox_rules::list(store, &actor).await?;
    let waiting = inbox_rules::waiting_by_rule(store, &actor, &rules).await?;
    let organizations = choices::organizations(&engine, &actor, None).await?;
    let known = policies::list(store, &actor).await?;
    let choice = |p: &policies::PolicyRow| Choice {
        value: p.id.to_string(),
        label: format!("{}: {}", p.name, domain::text::schedule(&p.policy.schedule)),
        chosen: false,
        server_note: None,
    };
    let line = |row: inbox_rules::RuleRow| {
        let organization = row.organization.to_string();
        let named = organizations.iter().find(|o| o.value == organization).map(|o| o.label.clone());
        let policy = row.policy.map(|id| id.to_string()).unwrap_or_default();
        let policy_name = known.iter().find(|p| p.id.to_string() == policy).map_or_else(|| "the default".to_owned(), |p| p.name.clone());
        RuleLine {
            waiting: waiting.get(&row.id).copied().map(whole).unwrap_or_default(),
            organization: (organization, named.unwrap_or_else(|| "a deactivated organization".to_owned())),
            policy: (policy, policy_name),
            id: row.id,
            pattern: row.pattern,
            class: row.class,
            tags: row.tags,
            created_at: row.created_at,
            used: row.used,
        }
    };
    Ok(RulesView { rows: rules.into_iter().map(line).collect(), policies: known.iter().map(choice).collect(), organizations })
}

/// Which waiting names a typed pattern fits. Changes nothing.
///
/// # Errors
/// `forbidden`, `not_found` (organization).
#[server(prefix = "/sf", endpoint = "settings/rule_preview", output = crate::wire::Wire)]
pub async fn preview_rule(
    /// As typed.
    form: RuleInput,
) -> Result<RulePreview, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let organization = form.organization.parse().map_err(|_| UiError::not_found("organization"))?;
    match engine::store::inbox_rules::preview(&engine.store, &actor, &form.pattern, organization).await {
        Ok(preview) => Ok(RulePreview {
            names: preview.sources.into_iter().map(|row| row.source).collect(),
            total: whole(preview.total),
            cut: preview.cut,
            problem: None,
        }),
        // What can't be used is the answer here, not a refusal.
        Err(engine::error::Error::Invalid { message, .. }) => Ok(RulePreview { problem: Some(message), ..RulePreview::default() }),
        Err(error) => Err(error.into()),
    }
}

/// Makes a rule, or changes the one it names; takes in what waits if that is asked for.
///
/// # Errors
/// At a field: what is wrong with it. `not_found`, `forbidden`, `rule_exists`.
#[server(prefix = "/sf", endpoint = "settings/save_rule", output = crate::wire::Wire)]
pub async fn save_rule(
    /// As typed.
    form: RuleInput,
) -> Result<AppliedView, UiError> {
    use domain::ids::{OrganizationId, PolicyId};
    use engine::store::inbox_rules::{self, NewRule, RuleChange};
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let organization = form
        .organization
        .parse::<OrganizationId>()
        .map_err(|_| UiError::field("organization_needed", "organization", "Choose where the devices belong."))?;
    let class =
        form.class.parse::<DeviceClass>().map_err(|_| UiError::field("class_needed", "class", "Choose a workstation or a server."))?;
    let policy = match form.policy.as_str() {
        "" => None,
        id => Some(id.parse::<PolicyId>().map_err(|_| UiError::field("policy_needed", "policy", "Choose how often backups run."))?),
    };
    let tags: Vec<String> = form.tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
    // A rule that is there already is a matter of its pattern.
    let at_pattern = |error: engine::error::Error| {
        let told = UiError::from(error);
        if told.code == "rule_exists" { UiError { field: Some("pattern".to_owned()), ..told } } else { told }
    };
    let id = if form.id.is_empty() {
        let new = NewRule { pattern: form.pattern, organization, class, policy, tags };
        inbox_rules::create(&engine.store, &actor, new, now).await.map_err(at_pattern)?
    } else {
        let id = form.id.parse::<InboxRuleId>().map_err(|_| UiError::not_found("rule"))?;
        let change = RuleChange {
            pattern: Some(form.pattern),
            organization: Some(organization),
            class: Some(class),
            policy: Some(policy),
            tags: Some(tags),
        };
        inbox_rules::edit(&engine.store, &actor, id, change, now).await.map_err(at_pattern)?;
        id
    };
    let applied = if form.apply { inbox_rules::apply(&engine, &actor, id, now).await?.into() } else { AppliedView::default() };
    if crate::context::is_plain_form() {
        leptos_axum::redirect("/settings/inbox/rules");
    }
    Ok(applied)
}

/// Takes in the waiting names for which this is the rule that counts.
///
/// # Errors
/// `not_found`, `forbidden`, `organization_deactivated`.
#[server(prefix = "/sf", endpoint = "settings/apply_rule", output = crate::wire::Wire)]
pub async fn apply_rule(
    /// Which one.
    id: InboxRuleId,
) -> Result<AppliedView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    Ok(engine::store::inbox_rules::apply(&engine, &actor, id, (engine.clock)()).await?.into())
}

/// Takes a rule away; devices it has made stay.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "settings/delete_rule", output = crate::wire::Wire)]
pub async fn delete_rule(
    /// Which one.
    id: InboxRuleId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::inbox_rules::delete(&engine.store, &actor, id, (engine.clock)()).await?;
    Ok(())
}
