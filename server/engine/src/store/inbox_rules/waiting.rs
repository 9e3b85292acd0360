//! Names that wait already: those that a pattern or a rule would take in, counted or shown; and taking them in.

use super::{Pattern, RuleRow, chosen, commands::pattern, count_use, get, named, of_partner};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        devices::NewDevice,
        entity::inbox,
        inbox::{Assignment, InboxRow, assign},
        organizations, scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{InboxId, InboxRuleId, OrganizationId, PartnerId},
    time::Time,
};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use std::collections::HashMap;

/// Waiting names that a preview looks through.
const LOOKED_THROUGH: u64 = 2_000;
/// Names of a preview that are told.
const TOLD: usize = 50;
/// Waiting names that one call takes in.
const APPLIED_AT_ONCE: usize = 200;

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
