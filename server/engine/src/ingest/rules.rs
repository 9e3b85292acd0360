//! Unknown names that a template rule fits: their devices are made, and what waited is taken in, in the transaction that brought them.
//!
//! Costs nothing while every name is known. Which rule counts is decided in `store::inbox_rules`.

use super::{
    IncomingEvent,
    resolve::{Found, Source},
};
use crate::{
    error::Error,
    store::{
        Store,
        inbox_rules::{self, Pattern, RuleRow},
    },
};
use domain::{
    ids::{DeviceId, OrganizationId, PartnerId},
    time::Time,
};
use sea_orm::DatabaseTransaction;
use std::collections::{BTreeMap, HashMap};

/// Most names that one transaction takes in; the others wait in the inbox until they are heard of again.
const AT_ONCE: usize = 100;

/// What waited of one source that has its device now.
pub(crate) struct Waited {
    pub(crate) partner: PartnerId,
    pub(crate) device: DeviceId,
    pub(crate) events: Vec<IncomingEvent>,
}

/// Turns sources that a rule fits into devices. On return they are found, and their waiting events are no longer in the inbox: the
/// caller takes them in.
pub(crate) async fn apply(store: &Store, tx: &DatabaseTransaction, found: &mut [Found], now: Time) -> Result<Vec<Waited>, Error> {
    let mut sources: BTreeMap<PartnerId, Vec<Source>> = BTreeMap::new();
    for found in found.iter() {
        if let Found::Source(source) = found {
            let known = sources.entry(source.partner).or_default();
            if !known.contains(source) {
                known.push(source.clone());
            }
        }
    }
    let mut made: HashMap<Source, DeviceId> = HashMap::new();
    let mut waited = Vec::new();
    for (partner, sources) in sources {
        let rules = inbox_rules::of_partner(tx, partner).await?;
        let fitting: Vec<(Source, &RuleRow)> =
            sources.into_iter().filter_map(|source| chosen(&rules, &source).map(|rule| (source, rule))).take(AT_ONCE).collect();
        if fitting.is_empty() {
            continue;
        }
        // As commands do, before any device is locked: two senders of one name, or a person, don't make it twice.
        store.lock(tx, partner).await?;
        for (source, rule) in fitting {
            let Some((device, events)) = inbox_rules::take_in(store, tx, rule, source.organization, &source.name, now).await? else {
                continue;
            };
            if !events.is_empty() {
                waited.push(Waited { partner, device, events });
            }
            made.insert(source, device);
        }
    }
    if !made.is_empty() {
        for found in found.iter_mut() {
            if let Found::Source(source) = found
                && let Some(device) = made.get(source)
            {
                *found = Found::Device(source.partner, *device);
            }
        }
    }
    Ok(waited)
}

fn chosen<'r>(rules: &'r [(Pattern, RuleRow)], source: &Source) -> Option<&'r RuleRow> {
    let sender = (source.organization != 0).then_some(OrganizationId(source.organization));
    inbox_rules::chosen(rules, sender, &source.name)
}
