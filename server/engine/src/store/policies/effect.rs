//! What a change of a policy would mean for its devices, before it is made: the same facts, the same `assess`, other terms.

use super::{commands::check, find};
use crate::{
    error::Error,
    store::{
        Store,
        entity::device,
        facts::{self, Loaded, resolve},
        scope,
    },
};
use domain::{
    access::{Action, Actor},
    facts::JobHistory,
    health::{Band, assess},
    ids::{DeviceId, PartnerId, PolicyId},
    policy::Policy,
    time::Time,
};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

/// Devices that are assessed at most; with more, the effect is an estimate from these.
pub const ASSESSED: u64 = 500;
/// Devices that are named at most.
const NAMED: usize = 10;

/// A device that would change its band.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BandChange {
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization's name.
    pub organization: String,
    /// Its band now.
    pub before: Band,
    /// Its band with the change.
    pub after: Band,
}

/// What a change would mean at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Devices that were assessed, retired ones left out.
    pub assessed: usize,
    /// True when the policy has more: the rest is an estimate.
    pub cut: bool,
    /// Of those assessed: how many would be better off.
    pub better: usize,
    /// Of those assessed: how many would be worse off.
    pub worse: usize,
    /// Some that would change, those that get worse first.
    pub named: Vec<BandChange>,
}

/// What would happen to the devices of a policy if it asked for this instead, now. Changes nothing.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (what could not be saved either).
pub async fn effect(store: &Store, actor: &Actor, id: PolicyId, after: &Policy, now: Time) -> Result<Effect, Error> {
    let stored = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDevices, "change policies")?;
    check(after)?;
    let ids: Vec<i64> = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(device::COLUMN.partner_id.eq(stored.partner_id))
        .filter(device::COLUMN.policy_id.eq(id.0))
        .filter(device::COLUMN.life.ne("retired"))
        .order_by_asc(device::Column::Id)
        .limit(ASSESSED + 1)
        .into_tuple()
        .all(store.reads())
        .await?;
    let cut = ids.len() as u64 > ASSESSED;
    let few = usize::try_from(ASSESSED).unwrap_or(usize::MAX);
    let devices: Vec<_> = ids.into_iter().take(few).map(|id| (PartnerId(stored.partner_id), DeviceId(id))).collect();
    let mut effect = Effect { assessed: devices.len(), cut, ..Effect::default() };
    let mut changes = Vec::new();
    for mut loaded in facts::load(store.reads(), &devices).await? {
        let before = assess(&loaded.facts, now).band;
        under(&mut loaded, after, now)?;
        let after = assess(&loaded.facts, now).band;
        if before != after {
            let is_worse = severity(after) > severity(before);
            *(if is_worse { &mut effect.worse } else { &mut effect.better }) += 1;
            let Loaded { device, name, organization_name: organization, .. } = loaded;
            changes.push((!is_worse, BandChange { device, name, organization, before, after }));
        }
    }
    changes.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    effect.named = changes.into_iter().take(NAMED).map(|(_, change)| change).collect();
    Ok(effect)
}

/// The same device under another policy, as if that had just been saved.
fn under(loaded: &mut Loaded, after: &Policy, now: Time) -> Result<(), Error> {
    let reschedules = loaded.policy.schedule != after.schedule;
    loaded.facts.terms = after.terms(loaded.class);
    if reschedules {
        // Slots of the new schedule that lie in the past were never promised.
        loaded.watched_since = now;
        for (job, facts) in loaded.jobs.iter().zip(loaded.facts.jobs.iter_mut()) {
            if job.schedule.is_none() {
                facts.slots = resolve(&after.schedule, facts.enrolled_at, &facts.history, now)?;
            }
        }
        if loaded.facts.jobs.is_empty() {
            loaded.facts.expected = resolve(&after.schedule, loaded.facts.enrolled_at, &JobHistory::default(), now)?;
        }
    }
    loaded.policy = after.clone();
    Ok(())
}

const fn severity(band: Band) -> u8 {
    match band {
        Band::Healthy => 0,
        Band::Warning => 1,
        Band::Critical => 2,
        Band::Unknown => 3,
    }
}
