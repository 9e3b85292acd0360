//! Rules made and ended. One transaction: the rule, its history, the hours of all organizations it reaches, the audit entry, and a mark on
//! each device whose limit moves. Marked devices are settled by the reconciler's own code, in portions, which publishes them.

use super::{ClassHours, InForce, Proposal, RuleScope, Source, check_hours, column};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::sla_rule,
        maintenance, organizations, scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{OrganizationId, PartnerId, SlaRuleId},
    policy::DeviceClass,
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// So many marked devices are settled before a command answers; more follow within seconds.
const AT_ONCE: u64 = 2_000;

/// The hours of each of these partners, by class, with where they come from.
pub(crate) async fn in_force_of<C: ConnectionTrait>(
    conn: &C,
    partners: impl Iterator<Item = PartnerId>,
) -> Result<HashMap<PartnerId, ClassHours>, Error> {
    let lines = maintenance::lines(conn, partners).await?;
    let makers: BTreeSet<i64> = lines.values().flatten().map(|p| p.0).collect();
    let rules = sla_rule::Entity::find()
        .filter(sla_rule::Column::PartnerId.is_in(makers))
        .filter(sla_rule::Column::OrganizationId.eq(0))
        .filter(sla_rule::Column::UntilAt.is_null())
        .all(conn)
        .await?;
    let of = |line: &[PartnerId], class: DeviceClass| {
        let nearest = line.iter().rev().enumerate().find_map(|(above, maker)| {
            let rule = rules.iter().find(|rule| rule.partner_id == maker.0 && rule.class == class.as_str())?;
            let source = if above == 0 { Source::Partner } else { Source::Above };
            Some(InForce { hours: rule.hours, source, since: Some(Time(rule.from_at)), rule: (above == 0).then_some(SlaRuleId(rule.id)) })
        });
        nearest.unwrap_or_else(|| ClassHours::default().of(class))
    };
    let hours =
        |line: &Vec<PartnerId>| ClassHours { servers: of(line, DeviceClass::Server), workstations: of(line, DeviceClass::Workstation) };
    Ok(lines.iter().map(|(partner, line)| (*partner, hours(line))).collect())
}

/// Where a rule of this scope lives: its partner, and the organization or 0.
pub(super) async fn home<C: ConnectionTrait>(conn: &C, actor: &Actor, of: RuleScope) -> Result<(PartnerId, i64), Error> {
    match of {
        RuleScope::Partner(partner) => {
            scope::inside(actor, "partner", partner, None, None)?;
            Ok((partner, 0))
        }
        RuleScope::Organization(id) => Ok((PartnerId(organizations::find(conn, actor, id).await?.partner_id), id.0)),
    }
}

/// What a rule of this scope reaches: partners by their ids, as all writers take them; of each all organizations without a rule of their own, or
/// the one organization.
pub(super) async fn reach<C: ConnectionTrait>(
    conn: &C,
    (partner, organization): (PartnerId, i64),
    class: DeviceClass,
) -> Result<Vec<PartnerId>, Error> {
    if organization != 0 {
        return Ok(vec![partner]);
    }
    let below = crate::store::partners::subtree(conn, partner).await?;
    let lines = maintenance::lines(conn, below.iter().copied()).await?;
    let own: BTreeSet<i64> = sla_rule::Entity::find()
        .filter(sla_rule::Column::PartnerId.is_in(below.iter().map(|p| p.0)))
        .filter(sla_rule::Column::OrganizationId.eq(0))
        .filter(sla_rule::Column::Class.eq(class.as_str()))
        .filter(sla_rule::Column::UntilAt.is_null())
        .all(conn)
        .await?
        .into_iter()
        .map(|rule| rule.partner_id)
        .collect();
    // A nearer rule anywhere between it and this one stands before this one.
    let reached = |below: &PartnerId| {
        let line = lines.get(below).map_or(&[][..], Vec::as_slice);
        line.iter().rev().take_while(|above| **above != partner).all(|nearer| !own.contains(&nearer.0))
    };
    let mut found: Vec<PartnerId> = below.iter().copied().filter(|partner| reached(partner)).collect();
    found.sort_unstable();
    Ok(found)
}

/// Narrows a query of organizations `o` to those that a rule reaches.
pub(super) fn reached(sql: &mut Sql, (partner, organization): (PartnerId, i64), class: DeviceClass) {
    sql.push("o.partner_id = ").bind(partner.0);
    if organization == 0 {
        sql.push(
            " AND NOT EXISTS (SELECT 1 FROM sla_rules own WHERE own.partner_id = o.partner_id AND own.organization_id = o.id \
             AND own.until_at IS NULL AND own.class = ",
        );
        sql.bind(class.as_str()).push(")");
    } else {
        sql.push(" AND o.id = ").bind(organization);
    }
}

/// Makes a rule. One of this scope and class that is in force ends now.
///
/// # Errors
/// `NotFound` (partner, organization), `Forbidden`, `Invalid` (hours), `Conflict` (it says so already).
pub async fn set(engine: &Engine, actor: &Actor, new: Proposal, now: Time) -> Result<SlaRuleId, Error> {
    let store = &engine.store;
    let home = home(store.reads(), actor, new.scope).await?;
    scope::require(actor, Action::ManageSettings, "change service levels")?;
    check_hours(new.hours)?;
    let tx = begin(store, home, new.class).await?;
    if let Some(known) = open(&tx, home, new.class).await? {
        if known.hours == new.hours {
            let message = format!("This rule is in force already: {} hours.", new.hours);
            return Err(Error::conflict("unchanged", message));
        }
        close(&tx, actor, known, now).await?;
    }
    let id = SlaRuleId(store.id(now));
    rule(actor, home, id, (new.class, new.hours), now).insert(&tx).await?;
    let marked = spread(store, &tx, home, new.class, new.hours, now).await?;
    note(&tx, actor, ("sla.set", home, id), json!({ "class": new.class, "hours": new.hours }), now).await?;
    tx.commit().await?;
    follow(engine, marked, now).await?;
    Ok(id)
}

/// Makes a rule of a partner that has no organizations yet, nor another rule of this class: nobody's hours change.
pub(crate) async fn insert(
    store: &Store,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    (class, hours): (DeviceClass, i64),
    now: Time,
) -> Result<(), Error> {
    let actor = Actor::system(Scope::Partners([partner].into()));
    let id = SlaRuleId(store.id(now));
    rule(&actor, (partner, 0), id, (class, hours), now).insert(tx).await?;
    note(tx, &actor, ("sla.set", (partner, 0), id), json!({ "class": class, "hours": hours }), now).await
}

fn rule(
    actor: &Actor,
    (partner, organization): (PartnerId, i64),
    id: SlaRuleId,
    (class, hours): (DeviceClass, i64),
    now: Time,
) -> sla_rule::ActiveModel {
    sla_rule::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        organization_id: Set(organization),
        class: Set(class.as_str().into()),
        hours: Set(hours),
        from_at: Set(now.0),
        until_at: Set(None),
        made_by: Set(audit::who(actor)),
        ended_by: Set(None),
    }
}

/// Ends a rule: what is above it holds from now on.
///
/// # Errors
/// `NotFound` (also one that has ended), `Forbidden`.
pub async fn end(engine: &Engine, actor: &Actor, id: SlaRuleId, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let (home, class) = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageSettings, "change service levels")?;
    let tx = begin(store, home, class).await?;
    let known = open(&tx, home, class).await?.filter(|rule| rule.id == id.0).ok_or(Error::NotFound("rule of service level"))?;
    let hours = known.hours;
    close(&tx, actor, known, now).await?;
    let above = above(&tx, home, class).await?;
    let marked = spread(store, &tx, home, class, above, now).await?;
    note(&tx, actor, ("sla.end", home, id), json!({ "class": class, "hours": hours, "falls_back_to": above }), now).await?;
    tx.commit().await?;
    follow(engine, marked, now).await
}

/// An open rule of the scope: where it lives and its class.
pub(super) async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: SlaRuleId) -> Result<((PartnerId, i64), DeviceClass), Error> {
    let seen = scope::within(&actor.scope, sla_rule::Column::PartnerId, Some(sla_rule::Column::OrganizationId), None::<sla_rule::Column>);
    let open = sla_rule::Entity::find().filter(seen).filter(sla_rule::Column::Id.eq(id.0)).filter(sla_rule::Column::UntilAt.is_null());
    let rule = open.one(conn).await?.ok_or(Error::NotFound("rule of service level"))?;
    Ok(((PartnerId(rule.partner_id), rule.organization_id), crate::store::facts::parse(&rule.class)?))
}

/// The hours that hold when a rule is taken away.
pub(super) async fn above<C: ConnectionTrait>(
    conn: &C,
    (partner, organization): (PartnerId, i64),
    class: DeviceClass,
) -> Result<i64, Error> {
    if organization != 0 {
        let hours = in_force_of(conn, std::iter::once(partner)).await?;
        return Ok(hours.get(&partner).copied().unwrap_or_default().of(class).hours);
    }
    let line = maintenance::lines(conn, std::iter::once(partner)).await?.remove(&partner).unwrap_or_default();
    match line.iter().rev().nth(1) {
        None => Ok(domain::sla::default_hours(class)),
        Some(parent) => Ok(in_force_of(conn, std::iter::once(*parent)).await?.get(parent).copied().unwrap_or_default().of(class).hours),
    }
}

/// Begins a transaction that holds every partner it may reach, from above to below, so that nobody makes an organization or a rule there
/// meanwhile.
async fn begin(store: &Store, home: (PartnerId, i64), class: DeviceClass) -> Result<DatabaseTransaction, Error> {
    let tx = store.begin_for(home.0).await?;
    for partner in reach(&tx, home, class).await?.into_iter().filter(|partner| *partner != home.0) {
        store.lock(&tx, partner).await?;
    }
    Ok(tx)
}

async fn open(
    tx: &DatabaseTransaction,
    (partner, organization): (PartnerId, i64),
    class: DeviceClass,
) -> Result<Option<sla_rule::Model>, Error> {
    let found = sla_rule::Entity::find()
        .filter(sla_rule::Column::PartnerId.eq(partner.0))
        .filter(sla_rule::Column::OrganizationId.eq(organization))
        .filter(sla_rule::Column::Class.eq(class.as_str()))
        .filter(sla_rule::Column::UntilAt.is_null());
    Ok(found.one(tx).await?)
}

async fn close(tx: &DatabaseTransaction, actor: &Actor, rule: sla_rule::Model, now: Time) -> Result<(), Error> {
    let mut rule = rule.into_active_model();
    rule.until_at = Set(Some(now.0));
    rule.ended_by = Set(Some(audit::who(actor)));
    rule.update(tx).await?;
    Ok(())
}

async fn note(
    tx: &DatabaseTransaction,
    actor: &Actor,
    (what, (partner, organization), id): (&'static str, (PartnerId, i64), SlaRuleId),
    detail: serde_json::Value,
    now: Time,
) -> Result<(), Error> {
    let organization = (organization != 0).then_some(OrganizationId(organization));
    let entry = Entry { partner, organization, what, subject: format!("sla_rule:{id}"), detail };
    audit::append(tx, audit::who(actor), entry, now).await
}

/// Writes the hours to all organizations that the rule reaches, and marks their devices. Gives how many are marked.
async fn spread(
    store: &Store,
    tx: &DatabaseTransaction,
    home: (PartnerId, i64),
    class: DeviceClass,
    hours: i64,
    now: Time,
) -> Result<u64, Error> {
    let mut marked = 0;
    for partner in reach(tx, home, class).await? {
        let part = (partner, home.1);
        // Their holders write states with the hours they have read: they are let through first, in the order of all writers.
        if store.backend() == DbBackend::Postgres {
            let mut lock = Sql::new(
                "SELECT d.id FROM devices d JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id WHERE ",
            );
            reached(&mut lock, part, class);
            lock.push(" AND d.class = ").bind(class.as_str()).push(" ORDER BY d.partner_id, d.id FOR NO KEY UPDATE OF d");
            tx.query_all_raw(lock.build(store.backend())).await?;
        }
        let mut mark = Sql::new("UPDATE device_state SET next_change_at = ");
        mark.bind(now.0).push(" WHERE partner_id = ").bind(partner.0).push(
            " AND life IN ('pending', 'active') AND device_id IN (SELECT d.id FROM organizations o \
             JOIN devices d ON d.partner_id = o.partner_id AND d.organization_id = o.id WHERE ",
        );
        reached(&mut mark, part, class);
        mark.push(" AND d.class = ").bind(class.as_str()).push(&format!(" AND o.{} <> ", column(class))).bind(hours).push(")");
        marked += tx.execute_raw(mark.build(store.backend())).await?.rows_affected();
        let mut write = Sql::new("UPDATE organizations AS o SET ");
        write.push(column(class)).push(" = ").bind(hours).push(" WHERE ");
        reached(&mut write, part, class);
        tx.execute_raw(write.build(store.backend())).await?;
    }
    Ok(marked)
}

/// Lets marked devices be settled: few at once, so that who asked sees them; many by the reconciler.
async fn follow(engine: &Engine, marked: u64, now: Time) -> Result<(), Error> {
    if marked > 0 {
        engine.reconciler.expect(now);
        if marked <= AT_ONCE {
            engine.reconciler.tick(now).await?;
        }
    }
    Ok(())
}

/// The hours of a partner as columns of a new organization: workstations, servers.
pub(crate) async fn hours_of_new(tx: &DatabaseTransaction, partner: PartnerId) -> Result<(i64, i64), Error> {
    let hours = in_force_of(tx, std::iter::once(partner)).await?.get(&partner).copied().unwrap_or_default();
    Ok((hours.workstations.hours, hours.servers.hours))
}
