//! An unknown name arrives that a rule fits: its device is made, the source remembered, what waited handed back.

use super::{RuleRow, count_use, named};
use crate::{
    error::Error,
    ingest::{IncomingEvent, Subject},
    store::{
        Store,
        audit::{self, Entry},
        devices::{self, NewDevice},
        entity::{inbox, inbox_event},
        policies,
    },
};
use domain::{
    access::{Actor, Scope},
    ids::{DeviceId, InboxId, PartnerId},
    time::Time,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;

/// The source's device, made if it isn't there, and what waited of it, taken out of the inbox. The caller holds the partner's lock.
/// None: the name can't be a device's, or somebody has dismissed the source meanwhile.
///
/// `sender`: the organization its key is bound to; 0: the partner's.
pub(crate) async fn take_in(
    store: &Store,
    tx: &DatabaseTransaction,
    rule: &RuleRow,
    sender: i64,
    name: &str,
    now: Time,
) -> Result<Option<(DeviceId, Vec<IncomingEvent>)>, Error> {
    let partner = rule.partner;
    let lower = name.to_lowercase();
    let source = inbox::Entity::find()
        .filter(inbox::COLUMN.partner_id.eq(partner.0))
        .filter(inbox::COLUMN.organization_id.eq(sender))
        .filter(inbox::COLUMN.source_lower.eq(&lower))
        .one(tx)
        .await?;
    if let Some(source) = &source {
        if let Some(device) = source.device_id {
            return Ok(Some((DeviceId(device), Vec::new())));
        }
        if source.dismissed_at.is_some() {
            return Ok(None);
        }
    }
    let device = match named(tx, rule, name).await? {
        Some(device) => device,
        None => match make(store, tx, name, rule, now).await? {
            Some(device) => device,
            None => return Ok(None),
        },
    };
    let mut waited = Vec::new();
    let id = match source {
        Some(source) => {
            let id = source.id;
            waited = take_waiting(tx, partner, id, device).await?;
            let mut model = source.into_active_model();
            model.device_id = Set(Some(device.0));
            model.events = Set(0);
            model.last_seen_at = Set(now.0);
            model.update(tx).await?;
            InboxId(id)
        }
        None => {
            let id = InboxId(store.id(now));
            inbox::ActiveModel {
                partner_id: Set(partner.0),
                id: Set(id.0),
                organization_id: Set(sender),
                source: Set(name.to_owned()),
                source_lower: Set(lower),
                first_seen_at: Set(now.0),
                last_seen_at: Set(now.0),
                events: Set(0),
                device_id: Set(Some(device.0)),
                dismissed_at: Set(None),
            }
            .insert(tx)
            .await?;
            id
        }
    };
    count_use(tx, rule).await?;
    let entry = Entry {
        partner,
        organization: Some(rule.organization),
        what: "inbox.assign",
        subject: format!("inbox:{id}"),
        detail: json!({ "source": name, "device": device, "rule": rule.id, "pattern": rule.pattern }),
    };
    audit::append(tx, "system".into(), entry, now).await?;
    Ok(Some((device, waited)))
}

async fn make(store: &Store, tx: &DatabaseTransaction, name: &str, rule: &RuleRow, now: Time) -> Result<Option<DeviceId>, Error> {
    let partner = rule.partner;
    // The default, if its own policy is gone.
    let policy = match policies::of_partner(tx, partner, rule.policy).await {
        Ok(_) => rule.policy,
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let new = NewDevice {
        organization: rule.organization,
        name: name.to_owned(),
        class: rule.class,
        policy,
        quota_bytes: None,
        tags: rule.tags.clone(),
    };
    let actor = Actor::system(Scope::Partners([partner].into()));
    match devices::insert(store, tx, &actor, partner, &new, now).await {
        Ok(device) => Ok(Some(device)),
        // The name can't be a device's: it goes on waiting, and a person decides.
        Err(Error::Invalid { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes what waits of a source out of the inbox.
async fn take_waiting(tx: &DatabaseTransaction, partner: PartnerId, id: i64, device: DeviceId) -> Result<Vec<IncomingEvent>, Error> {
    let stored = inbox_event::Entity::find()
        .filter(inbox_event::COLUMN.partner_id.eq(partner.0))
        .filter(inbox_event::COLUMN.inbox_id.eq(id))
        .order_by_asc(inbox_event::Column::Id)
        .all(tx)
        .await?;
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let mut events = Vec::with_capacity(stored.len());
    for event in &stored {
        let mut event: IncomingEvent = serde_json::from_str(&event.event)?;
        event.subject = Subject::Device(device);
        events.push(event);
    }
    inbox_event::Entity::delete_many()
        .filter(inbox_event::COLUMN.partner_id.eq(partner.0))
        .filter(inbox_event::COLUMN.inbox_id.eq(id))
        .exec(tx)
        .await?;
    Ok(events)
}
