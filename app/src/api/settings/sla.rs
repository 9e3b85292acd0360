//! Service levels: rules in force and past, what a typed one would mean, saving and ending.

use crate::error::UiError;
use domain::{
    ids::{DeviceId, OrganizationId},
    policy::DeviceClass,
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A rule, as typed or as the address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaInput {
    /// `partner:ID` or `organization:ID`.
    #[serde(default)]
    pub scope: String,
    /// `server` or `workstation`.
    #[serde(default)]
    pub class: String,
    /// Hours.
    #[serde(default)]
    pub hours: String,
    /// Id of a rule that shall end; then nothing else counts.
    #[serde(default)]
    pub end: String,
}

/// Hours in force for a class, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursLine {
    /// For which devices.
    pub class: DeviceClass,
    /// H.
    pub hours: i64,
    /// Where they come from, in words.
    pub source: String,
    /// Since when this rule is in force.
    pub since: Option<Time>,
    /// The rule, where it can be ended.
    pub rule: String,
}

/// A partner and what holds for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerLine {
    /// Scope word of its rules.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// Servers, then workstations.
    pub hours: Vec<HoursLine>,
}

/// A rule that is in force for one organization, or that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleLine {
    /// Which rule.
    pub id: String,
    /// Scope word.
    pub scope: String,
    /// For whom: a name.
    pub name: String,
    /// The organization, if it is for one.
    pub organization: Option<OrganizationId>,
    /// For which devices.
    pub class: DeviceClass,
    /// H.
    pub hours: i64,
    /// In force from here.
    pub from: Time,
    /// Up to here.
    pub until: Option<Time>,
    /// Who made it.
    pub made_by: String,
    /// Who ended it.
    pub ended_by: Option<String>,
}

/// A device whose standing would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchedLine {
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization's name.
    pub organization: String,
    /// Since when it would be in breach, or is.
    pub since: Time,
}

/// What saving would mean at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPreview {
    /// The rule as a sentence.
    pub sentence: String,
    /// How many would be in breach, in words.
    pub words: String,
    /// Devices that would newly be in breach.
    pub newly: Vec<TouchedLine>,
    /// More of them than are named.
    pub more: i64,
    /// Devices that would leave it.
    pub leaving: Vec<TouchedLine>,
    /// More of them than are named.
    pub fewer: i64,
    /// Why it can't be saved.
    pub problem: Option<String>,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaView {
    /// Partners, the reader's own first.
    pub partners: Vec<PartnerLine>,
    /// Rules of single organizations.
    pub exceptions: Vec<RuleLine>,
    /// Rules that ended, the latest first.
    pub past: Vec<RuleLine>,
    /// For whom a rule may be made: (scope word, name).
    pub scopes: Vec<(String, String)>,
    /// What the form begins with.
    pub form: SlaInput,
    /// What that would mean; none: nothing is asked.
    pub preview: Option<SlaPreview>,
    /// The reader may change rules.
    pub may_manage: bool,
}

/// Words of a class in a sentence.
pub const fn class_words(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Server => "servers",
        DeviceClass::Workstation => "workstations",
    }
}

/// Service levels of the scope; with a rule in the address what it would mean.
///
/// # Errors
/// `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/sla", input = crate::wire::Wire, output = crate::wire::Wire)]
pub async fn load_sla(
    /// What the address says.
    form: SlaInput,
) -> Result<SlaView, UiError> {
    ssr::page(form).await
}

/// What a typed rule would mean, now. Changes nothing.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/preview_sla", input = crate::wire::Wire, output = crate::wire::Wire)]
pub async fn preview_sla(
    /// As typed.
    form: SlaInput,
) -> Result<SlaPreview, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::preview(&engine, &actor, &form).await
}

/// Makes the rule, or ends the one that is named.
///
/// # Errors
/// At a field: what is wrong with it. `not_found`, `forbidden`, `unchanged`.
#[server(prefix = "/sf", endpoint = "settings/save_sla", output = crate::wire::Wire)]
pub async fn save_sla(
    /// As typed.
    form: SlaInput,
) -> Result<crate::api::start::GoOn, UiError> {
    ssr::save(form).await
}

#[cfg(feature = "ssr")]
mod ssr {
    use super::{HoursLine, PartnerLine, RuleLine, SlaInput, SlaPreview, SlaView, TouchedLine, class_words};
    use crate::{api::start::GoOn, context, error::UiError};
    use domain::{
        access::{Action, Actor, Scope},
        ids::SlaRuleId,
        policy::DeviceClass,
        text,
    };
    use engine::{
        Engine,
        store::{
            organizations,
            sla::{self, InForce, Preview, Proposal, RuleRow, RuleScope, Source, Touched},
        },
    };

    pub(super) async fn page(asked: SlaInput) -> Result<SlaView, UiError> {
        let (engine, actor) = context::actor()?;
        let standing = sla::standing(&engine.store, &actor).await?;
        let several = standing.partners.len() > 1;
        let mut scopes: Vec<(String, String)> = standing
            .partners
            .iter()
            .map(|p| {
                (format!("partner:{}", p.partner), if several { format!("all clients of {}", p.name) } else { "all clients".to_owned() })
            })
            .collect();
        let may_manage = actor.may(Action::ManageSettings) && matches!(actor.scope, Scope::Partners(_));
        if may_manage {
            let known = organizations::names(&engine.store, &actor).await?;
            scopes.extend(known.into_iter().map(|(id, name)| (format!("organization:{id}"), name)));
            // One of very many, that the list doesn't reach.
            if scopes.iter().all(|(scope, _)| *scope != asked.scope)
                && let Some(Ok(id)) = asked.scope.strip_prefix("organization:").map(str::parse::<domain::ids::OrganizationId>)
                && let Ok(row) = organizations::get(&engine.store, &actor, id).await
            {
                scopes.push((asked.scope.clone(), row.name));
            }
        }
        let is_asked = !asked.end.is_empty() || !asked.hours.is_empty();
        let form = SlaInput {
            scope: if scopes.iter().any(|(scope, _)| *scope == asked.scope) {
                asked.scope
            } else {
                scopes.first().map(|(scope, _)| scope.clone()).unwrap_or_default()
            },
            class: if asked.class == "workstation" { asked.class } else { "server".to_owned() },
            hours: asked.hours,
            end: asked.end,
        };
        let preview = if may_manage && is_asked { Some(preview(&engine, &actor, &form).await?) } else { None };
        let partners = standing.partners.into_iter().map(|p| PartnerLine {
            scope: format!("partner:{}", p.partner),
            name: p.name,
            hours: vec![hours(DeviceClass::Server, &p.servers), hours(DeviceClass::Workstation, &p.workstations)],
        });
        Ok(SlaView {
            partners: partners.collect(),
            exceptions: standing.exceptions.into_iter().map(line).collect(),
            past: standing.past.into_iter().map(line).collect(),
            scopes,
            form,
            preview,
            may_manage,
        })
    }

    fn hours(class: DeviceClass, found: &InForce) -> HoursLine {
        let source = match found.source {
            Source::Default => "by default",
            Source::Above => "from the partner above",
            Source::Partner | Source::Organization => "",
        };
        HoursLine {
            class,
            hours: found.hours,
            source: source.to_owned(),
            since: found.since,
            rule: found.rule.map(|id| id.to_string()).unwrap_or_default(),
        }
    }

    fn line(rule: RuleRow) -> RuleLine {
        let (scope, name, organization) = match rule.organization {
            Some((id, name)) => (format!("organization:{id}"), name, Some(id)),
            None => (format!("partner:{}", rule.partner), format!("All clients of {}", rule.partner_name), None),
        };
        RuleLine {
            id: rule.id.to_string(),
            scope,
            name,
            organization,
            class: rule.class,
            hours: rule.hours,
            from: rule.from,
            until: rule.until,
            made_by: rule.made_by,
            ended_by: rule.ended_by,
        }
    }

    /// What is typed, or code, field and words of what is wrong with it.
    fn proposal(form: &SlaInput) -> Result<Proposal, [&'static str; 3]> {
        let needed = ["scope_needed", "scope", "Choose for whom the rule is."];
        let scope = match form.scope.split_once(':') {
            Some(("partner", id)) => RuleScope::Partner(id.parse().map_err(|_| needed)?),
            Some(("organization", id)) => RuleScope::Organization(id.parse().map_err(|_| needed)?),
            _ => return Err(needed),
        };
        let class = form.class.parse().map_err(|_| ["class_needed", "class", "Choose servers or workstations."])?;
        let hours = form.hours.trim().parse().map_err(|_| ["hours_needed", "hours", "Say how many whole hours, 1 to 8760."])?;
        Ok(Proposal { scope, class, hours })
    }

    pub(super) async fn preview(engine: &Engine, actor: &Actor, form: &SlaInput) -> Result<SlaPreview, UiError> {
        let now = (engine.clock)();
        let found = if form.end.is_empty() {
            let new = match proposal(form) {
                Ok(new) => new,
                // What can't be used is the answer here, not a refusal.
                Err([_, _, words]) => return Ok(SlaPreview { problem: Some(words.to_owned()), ..SlaPreview::default() }),
            };
            let whom = whom(engine, actor, new.scope).await?;
            sla::preview(&engine.store, actor, new, now).await.map(|found| (told(&found, class_words(new.class), &whom), found))
        } else {
            let id: SlaRuleId = form.end.parse().map_err(|_| UiError::not_found("rule"))?;
            let ended = "Without this rule".to_owned();
            sla::preview_end(&engine.store, actor, id, now)
                .await
                .map(|found| (format!("{ended}, {} hours hold again.", text::count(found.hours)), found))
        };
        match found {
            Ok((sentence, found)) => Ok(view(sentence, found)),
            Err(engine::Error::Invalid { message, .. }) => Ok(SlaPreview { problem: Some(message), ..SlaPreview::default() }),
            // Ended a moment ago, perhaps on this very page.
            Err(engine::Error::NotFound(_)) if !form.end.is_empty() => {
                Ok(SlaPreview { problem: Some("This rule isn't in force any more.".to_owned()), ..SlaPreview::default() })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn whom(engine: &Engine, actor: &Actor, scope: RuleScope) -> Result<String, UiError> {
        Ok(match scope {
            RuleScope::Partner(_) => String::new(),
            RuleScope::Organization(id) => format!(" of {}", organizations::get(&engine.store, actor, id).await?.name),
        })
    }

    fn told(found: &Preview, class: &str, whom: &str) -> String {
        format!("All {class}{whom} must have a successful backup within {}.", text::hours(found.hours))
    }

    fn view(sentence: String, found: Preview) -> SlaPreview {
        let touched = |t: Touched| TouchedLine { device: t.device, name: t.name, organization: t.organization.1, since: t.since };
        let named = |list: &[Touched]| i64::try_from(list.len()).unwrap_or(0);
        SlaPreview {
            sentence,
            words: words(&found),
            more: found.more - named(&found.newly),
            fewer: found.fewer - named(&found.leaving),
            newly: found.newly.into_iter().map(touched).collect(),
            leaving: found.leaving.into_iter().map(touched).collect(),
            problem: None,
        }
    }

    /// `12 devices would be in breach, 9 more than now.`
    pub(super) fn words(found: &Preview) -> String {
        let would = match (found.covered, found.would_be) {
            (0, _) => return "It holds for no device yet.".to_owned(),
            (_, 0) => "No device would be in breach".to_owned(),
            (_, 1) => "1 device would be in breach".to_owned(),
            (_, n) => format!("{} devices would be in breach", text::count(n)),
        };
        let than = match found.would_be - found.in_breach {
            0 if found.more == 0 => "as now".to_owned(),
            0 => "as many as now, but others".to_owned(),
            n if n > 0 => format!("{} more than now", text::count(n)),
            n => format!("{} fewer than now", text::count(-n)),
        };
        format!(
            "{would}, {than}. It holds for {}.",
            if found.covered == 1 { "1 device".to_owned() } else { format!("{} devices", text::count(found.covered)) }
        )
    }

    pub(super) async fn save(form: SlaInput) -> Result<GoOn, UiError> {
        let (engine, actor) = context::actor()?;
        let now = (engine.clock)();
        if form.end.is_empty() {
            let new = proposal(&form).map_err(|[code, field, words]| UiError::field(code, field, words))?;
            sla::set(&engine, &actor, new, now).await?;
        } else {
            let id: SlaRuleId = form.end.parse().map_err(|_| UiError::not_found("rule"))?;
            sla::end(&engine, &actor, id, now).await?;
        }
        let to = "/settings/sla".to_owned();
        if context::is_plain_form() {
            leptos_axum::redirect(&to);
        }
        Ok(GoOn { to })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_preview_is_told_in_one_sentence() {
            let of = |covered, in_breach, would_be, more| words(&Preview { covered, in_breach, would_be, more, ..Preview::default() });
            assert_eq!(of(40, 3, 12, 9), "12 devices would be in breach, 9 more than now. It holds for 40 devices.");
            assert_eq!(of(40, 3, 1, 0), "1 device would be in breach, 2 fewer than now. It holds for 40 devices.");
            assert_eq!(of(1, 0, 0, 0), "No device would be in breach, as now. It holds for 1 device.");
            assert_eq!(of(9, 2, 2, 1), "2 devices would be in breach, as many as now, but others. It holds for 9 devices.");
            assert_eq!(of(0, 0, 0, 0), "It holds for no device yet.");
        }
    }
}
