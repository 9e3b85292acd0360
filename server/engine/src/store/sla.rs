//! Rules of service level (D5): which hours hold for whom, since when, and who said so. "All servers must have a successful backup within
//! 12 hours": a scope (a partner with all below it, or one organization), a class, hours.
//!
//! The narrowest rule in force holds: the organization's, its partner's, that of the nearest partner above, else the default. What holds
//! now stands in `organizations` too, kept by [`change`]; a rule that ends stays, so that the past is judged by it.

mod change;
mod preview;

pub use change::{end, set};
pub(crate) use change::{hours_of_new, in_force_of, insert};
pub use preview::{NAMED, Preview, Touched, preview, preview_end};

use super::{
    Store,
    entity::{partner, sla_rule, user},
    facts::{at, parse},
    maintenance, organizations, scope,
    sql::Sql,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    ids::{OrganizationId, PartnerId, SlaRuleId, UserId},
    policy::DeviceClass,
    sla::{self, LONGEST_HOURS, Rule},
    time::Time,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Both classes, in the order in which they are shown.
pub const CLASSES: [DeviceClass; 2] = [DeviceClass::Server, DeviceClass::Workstation];

/// Rules that are shown of the past at most.
const PAST: u64 = 200;
/// Exceptions of organizations that are listed at most.
const EXCEPTIONS: u64 = 1_000;

/// For whom a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleScope {
    /// All of a partner and of those below it that have none of their own.
    Partner(PartnerId),
    /// One organization.
    Organization(OrganizationId),
}

/// A rule as it is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// For whom.
    pub scope: RuleScope,
    /// For which devices.
    pub class: DeviceClass,
    /// H.
    pub hours: i64,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// Which rule.
    pub id: SlaRuleId,
    /// Whose.
    pub partner: PartnerId,
    /// That partner's name.
    pub partner_name: String,
    /// For one organization: which, and its name. None: for all.
    pub organization: Option<(OrganizationId, String)>,
    /// For which devices.
    pub class: DeviceClass,
    /// H.
    pub hours: i64,
    /// In force from here.
    pub from: Time,
    /// Up to here; none: it is in force.
    pub until: Option<Time>,
    /// Who made it: a name, `key:ID` or `system`.
    pub made_by: String,
    /// Who ended it.
    pub ended_by: Option<String>,
}

/// Where hours come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The organization's own rule.
    Organization,
    /// Its partner's rule.
    Partner,
    /// The rule of a partner above.
    Above,
    /// Nobody made a rule.
    Default,
}

/// Hours in force, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// H.
    pub hours: i64,
    /// Where it comes from.
    pub source: Source,
    /// Since when this rule is in force; none: by default, or told to nobody below.
    pub since: Option<Time>,
    /// The rule, where the actor may end it: its own partner's.
    pub rule: Option<SlaRuleId>,
}

/// What holds for a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartnerHours {
    /// Which partner.
    pub partner: PartnerId,
    /// Its name.
    pub name: String,
    /// For its servers.
    pub servers: InForce,
    /// For its workstations.
    pub workstations: InForce,
}

/// All that holds in a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Partners, the actor's own first.
    pub partners: Vec<PartnerHours>,
    /// Rules of single organizations that are in force, by name.
    pub exceptions: Vec<RuleRow>,
    /// Rules that ended, the latest first.
    pub past: Vec<RuleRow>,
}

/// What holds in the scope, and what held.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn standing(store: &Store, actor: &Actor) -> Result<Standing, Error> {
    scope::require(actor, Action::SeeDashboards, "see service levels")?;
    let Scope::Partners(partners) = &actor.scope else { return Ok(Standing::default()) };
    let conn = store.reads();
    let ids = || partners.iter().map(|p| p.0);
    let known = partner::Entity::find().filter(partner::Column::Id.is_in(ids())).all(conn).await?;
    let names: HashMap<i64, String> = known.into_iter().map(|p| (p.id, p.name)).collect();
    let hours = in_force_of(conn, partners.iter().copied()).await?;
    let held = sla_rule::Entity::find()
        .filter(sla_rule::Column::PartnerId.is_in(ids()))
        .filter(sla_rule::Column::UntilAt.is_null())
        .filter(sla_rule::Column::OrganizationId.ne(0))
        .order_by_asc(sla_rule::Column::PartnerId)
        .limit(EXCEPTIONS)
        .all(conn)
        .await?;
    let past = sla_rule::Entity::find()
        .filter(sla_rule::Column::PartnerId.is_in(ids()))
        .filter(sla_rule::Column::UntilAt.is_not_null())
        .order_by_desc(sla_rule::Column::UntilAt)
        .order_by_desc(sla_rule::Column::Id)
        .limit(PAST)
        .all(conn)
        .await?;
    let own = |mut found: InForce| {
        if found.source != Source::Partner {
            (found.rule, found.since) = (None, None);
        }
        found
    };
    let line = partners.iter().filter_map(|partner| {
        let hours = hours.get(partner)?;
        Some(PartnerHours {
            partner: *partner,
            name: names.get(&partner.0).cloned().unwrap_or_default(),
            servers: own(hours.servers),
            workstations: own(hours.workstations),
        })
    });
    let mut standing =
        Standing { partners: line.collect(), exceptions: rows(conn, held, &names).await?, past: rows(conn, past, &names).await? };
    standing.exceptions.sort_by(|a, b| (&a.organization, a.class.as_str()).cmp(&(&b.organization, b.class.as_str())));
    standing.exceptions.sort_by_key(|row| row.organization.as_ref().map(|(_, name)| name.to_lowercase()));
    Ok(standing)
}

/// The hours that hold for one organization, servers first.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn of_organization(store: &Store, actor: &Actor, id: OrganizationId) -> Result<[InForce; 2], Error> {
    scope::require(actor, Action::SeeDashboards, "see service levels")?;
    let conn = store.reads();
    let organization = organizations::find(conn, actor, id).await?;
    let partner = PartnerId(organization.partner_id);
    let above = in_force_of(conn, std::iter::once(partner)).await?.remove(&partner).unwrap_or_default();
    let own = sla_rule::Entity::find()
        .filter(sla_rule::Column::PartnerId.eq(partner.0))
        .filter(sla_rule::Column::OrganizationId.eq(id.0))
        .filter(sla_rule::Column::UntilAt.is_null())
        .all(conn)
        .await?;
    Ok(CLASSES.map(|class| match own.iter().find(|rule| rule.class == class.as_str()) {
        Some(rule) => {
            InForce { hours: rule.hours, source: Source::Organization, since: Some(Time(rule.from_at)), rule: Some(SlaRuleId(rule.id)) }
        }
        None => InForce { rule: None, ..above.of(class) },
    }))
}

/// What holds for most: the hours of the actor's own partner, or organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Usual {
    /// For workstations.
    pub workstations: i64,
    /// For servers.
    pub servers: i64,
    /// Other hours hold for somebody in the scope.
    pub varies: bool,
}

/// The usual hours, for words beside figures.
///
/// # Errors
/// The database fails.
pub async fn usual(store: &Store, actor: &Actor) -> Result<Usual, Error> {
    let conn = store.reads();
    if let Scope::Organization(partner, id) | Scope::Device(partner, id, _) = &actor.scope {
        let own = organizations::find(conn, &Actor::system(Scope::Organization(*partner, *id)), *id).await?;
        return Ok(Usual { workstations: own.sla_workstation_hours, servers: own.sla_server_hours, varies: false });
    }
    let partner = scope::own_partner(actor)?;
    let hours = in_force_of(conn, std::iter::once(partner)).await?.get(&partner).copied().unwrap_or_default();
    let (workstations, servers) = (hours.workstations.hours, hours.servers.hours);
    let mut sql = Sql::new("SELECT o.id FROM organizations o WHERE o.partner_id IN ");
    sql.bind_list(scope::partners(&actor.scope).iter().map(|p| p.0)).push(" AND (o.sla_workstation_hours <> ").bind(workstations);
    sql.push(" OR o.sla_server_hours <> ").bind(servers).push(") LIMIT 1");
    let varies = conn.query_one_raw(sql.build(store.backend())).await?.is_some();
    Ok(Usual { workstations, servers, varies })
}

/// Hours of a partner by class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassHours {
    pub(crate) servers: InForce,
    pub(crate) workstations: InForce,
}

impl ClassHours {
    pub(crate) const fn of(&self, class: DeviceClass) -> InForce {
        match class {
            DeviceClass::Server => self.servers,
            DeviceClass::Workstation => self.workstations,
        }
    }
}

impl Default for ClassHours {
    fn default() -> Self {
        let of = |class| InForce { hours: sla::default_hours(class), source: Source::Default, since: None, rule: None };
        Self { servers: of(DeviceClass::Server), workstations: of(DeviceClass::Workstation) }
    }
}

/// The column of `organizations` that holds the hours of a class.
pub(crate) const fn column(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Workstation => "sla_workstation_hours",
        DeviceClass::Server => "sla_server_hours",
    }
}

async fn rows<C: ConnectionTrait>(conn: &C, models: Vec<sla_rule::Model>, partners: &HashMap<i64, String>) -> Result<Vec<RuleRow>, Error> {
    let mut named = Sql::new("SELECT id, name FROM organizations WHERE partner_id IN ");
    named.bind_list(models.iter().map(|m| m.partner_id)).push(" AND id IN ").bind_list(models.iter().map(|m| m.organization_id));
    let mut organizations = HashMap::new();
    if models.iter().any(|m| m.organization_id != 0) {
        for row in conn.query_all_raw(named.build(conn.get_database_backend())).await? {
            organizations.insert(at::<i64>(&row, 0)?, at::<String>(&row, 1)?);
        }
    }
    let whos: Vec<String> = models.iter().flat_map(|m| std::iter::once(m.made_by.clone()).chain(m.ended_by.clone())).collect();
    let people = people(conn, &whos).await?;
    let who = |who: &str| people.get(who).cloned().unwrap_or_else(|| who.to_owned());
    models
        .into_iter()
        .map(|m| {
            let organization = (m.organization_id != 0)
                .then(|| (OrganizationId(m.organization_id), organizations.get(&m.organization_id).cloned().unwrap_or_default()));
            Ok(RuleRow {
                id: SlaRuleId(m.id),
                partner: PartnerId(m.partner_id),
                partner_name: partners.get(&m.partner_id).cloned().unwrap_or_default(),
                organization,
                class: parse(&m.class)?,
                hours: m.hours,
                from: Time(m.from_at),
                until: m.until_at.map(Time),
                made_by: who(&m.made_by),
                ended_by: m.ended_by.as_deref().map(who),
            })
        })
        .collect()
}

/// Names of people by what the log calls them.
pub(crate) async fn people<C: ConnectionTrait>(conn: &C, whos: &[String]) -> Result<HashMap<String, String>, Error> {
    let ids: std::collections::BTreeSet<i64> =
        whos.iter().filter_map(|who| who.strip_prefix("user:")?.parse::<UserId>().ok()).map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = user::Entity::find().filter(user::Column::Id.is_in(ids)).all(conn).await?;
    Ok(found.into_iter().map(|person| (format!("user:{}", UserId(person.id)), person.name)).collect())
}

/// All rules that held for organizations of a partner at any time: by (maker, organization or 0, class), and the line of partners from
/// the root to this one.
pub(crate) struct History {
    line: Vec<PartnerId>,
    rules: HashMap<(i64, i64, DeviceClass), Vec<Rule>>,
}

impl History {
    pub(crate) async fn load<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Self, Error> {
        let line = maintenance::lines(conn, std::iter::once(partner)).await?.remove(&partner).unwrap_or_default();
        let makers = line.iter().map(|p| p.0);
        let mut rules: HashMap<_, Vec<Rule>> = HashMap::new();
        for model in sla_rule::Entity::find().filter(sla_rule::Column::PartnerId.is_in(makers)).all(conn).await? {
            let rule = Rule { from: Time(model.from_at), until: model.until_at.map(Time), hours: model.hours };
            rules.entry((model.partner_id, model.organization_id, parse(&model.class)?)).or_default().push(rule);
        }
        Ok(Self { line, rules })
    }

    /// The hours of all times for devices of a class of an organization.
    pub(crate) fn of(&self, organization: OrganizationId, class: DeviceClass) -> sla::Rules {
        let partner = self.line.last().map_or(0, |p| p.0);
        let own = std::iter::once((partner, organization.0, class));
        let above = self.line.iter().rev().map(|maker| (maker.0, 0, class));
        let scopes: Vec<&[Rule]> = own.chain(above).map(|key| self.rules.get(&key).map_or(&[][..], Vec::as_slice)).collect();
        sla::Rules::of(class, &scopes)
    }
}

pub(crate) fn check_hours(hours: i64) -> Result<(), Error> {
    if (1..=LONGEST_HOURS).contains(&hours) {
        Ok(())
    } else {
        let message = format!("Hours must be between 1 and {LONGEST_HOURS}: a year at most.");
        Err(Error::invalid("out_of_range", "hours", message))
    }
}
