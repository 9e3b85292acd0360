//! The inbox: sources of reports that no device answers to. Filled by ingest; assigned to a device or dismissed here.

use super::{
    Store,
    audit::{self, Entry},
    devices::{self, NewDevice},
    entity::{inbox, inbox_event},
    page::{self, Page},
    scope,
};
use crate::{
    Engine,
    error::Error,
    ingest::{IncomingEvent, Receipt, Subject},
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{DeviceId, InboxId, OrganizationId, PartnerId},
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;
use serde_json::json;

const REPLAYED_AT_ONCE: u64 = 500;

/// A source that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InboxRow {
    /// Which source.
    pub id: InboxId,
    /// Whose.
    pub partner: PartnerId,
    /// The organization its key is bound to; none: a key of the partner.
    pub organization: Option<OrganizationId>,
    /// What it calls itself.
    pub source: String,
    /// First report.
    pub first_seen_at: Time,
    /// Last report.
    pub last_seen_at: Time,
    /// Reports so far.
    pub events: i64,
}

/// What a source is assigned to.
#[derive(Clone, Debug)]
pub enum Assignment {
    /// A device that is there.
    Device(DeviceId),
    /// A device to be made.
    New(NewDevice),
}

/// What became of an assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assigned {
    /// The device.
    pub device: DeviceId,
    /// The waiting reports, taken in.
    pub receipt: Receipt,
}

/// What a listing of the inbox asks for. Last seen first.
#[derive(Clone, Debug, Default)]
pub struct InboxFilter {
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, inbox::Column::PartnerId, Some(inbox::Column::OrganizationId), None::<inbox::Column>)
}

/// Sources that wait, last seen first.
///
/// # Errors
/// `Forbidden` without the right to manage devices; `Invalid` (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &InboxFilter) -> Result<Page<InboxRow>, Error> {
    scope::require(actor, Action::ManageDevices, "see the inbox")?;
    let limit = page::limit(filter.limit)?;
    let mut waiting = seen(actor).add(inbox::Column::DeviceId.is_null()).add(inbox::Column::DismissedAt.is_null());
    if let Some((last_seen_at, id)) = page::read::<(i64, i64)>(filter.cursor.as_deref())? {
        waiting = waiting.add(page::before(inbox::Column::LastSeenAt, last_seen_at, inbox::Column::Id, id));
    }
    let rows = inbox::Entity::find()
        .filter(waiting)
        .order_by_desc(inbox::Column::LastSeenAt)
        .order_by_desc(inbox::Column::Id)
        .limit(limit + 1)
        .all(store.reads())
        .await?;
    Ok(Page::cut(rows, limit, |i| (i.last_seen_at, i.id))?.map(|i| InboxRow {
        id: InboxId(i.id),
        partner: PartnerId(i.partner_id),
        organization: (i.organization_id != 0).then_some(OrganizationId(i.organization_id)),
        source: i.source,
        first_seen_at: Time(i.first_seen_at),
        last_seen_at: Time(i.last_seen_at),
        events: i.events,
    }))
}

async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: InboxId) -> Result<inbox::Model, Error> {
    inbox::Entity::find().filter(seen(actor)).filter(inbox::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("inbox entry"))
}

/// From now on the source's reports are the device's; those that wait are taken in first to last.
///
/// The assignment is durable before the replay: if that is cut short, assigning again takes in the rest, and copies change nothing.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Conflict`.
pub async fn assign(engine: &Engine, actor: &Actor, id: InboxId, to: Assignment, now: Time) -> Result<Assigned, Error> {
    let store = &engine.store;
    let entry = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDevices, "assign sources")?;
    let partner = PartnerId(entry.partner_id);
    let device = match to {
        Assignment::Device(device) => device,
        Assignment::New(new) => {
            if let Some(assigned) = entry.device_id {
                // A second click: the device was made by the first.
                DeviceId(assigned)
            } else {
                devices::create(engine, actor, new, now).await?
            }
        }
    };
    let target = devices::find(store.reads(), actor, device).await?;
    let fits = target.partner_id == entry.partner_id && (entry.organization_id == 0 || entry.organization_id == target.organization_id);
    if !fits {
        return Err(Error::invalid(
            "wrong_organization",
            "device",
            "This source reports for another organization. Choose one of its devices.",
        ));
    }
    let tx = store.begin_for(partner).await?;
    let entry = find(&tx, actor, id).await?;
    if entry.device_id.is_some_and(|assigned| assigned != device.0) {
        return Err(Error::conflict("already_assigned", "This source already reports for another device."));
    }
    if entry.device_id.is_none() {
        let detail = json!({ "source": entry.source, "device": device });
        let mut model = entry.into_active_model();
        model.device_id = Set(Some(device.0));
        model.dismissed_at = Set(None);
        model.update(&tx).await?;
        let organization = Some(OrganizationId(target.organization_id));
        let entry = Entry { partner, organization, what: "inbox.assign", subject: format!("inbox:{id}"), detail };
        audit::append(&tx, audit::who(actor), entry, now).await?;
    }
    tx.commit().await?;
    let receipt = replay(engine, partner, id, device, now).await?;
    Ok(Assigned { device, receipt })
}

async fn replay(engine: &Engine, partner: PartnerId, id: InboxId, device: DeviceId, now: Time) -> Result<Receipt, Error> {
    let store = &engine.store;
    // The reports were accepted from their own senders; who assigns them needn't be allowed to send.
    let sender = Actor::system(Scope::Partners([partner].into()));
    let mut total = Receipt::default();
    loop {
        let waiting = inbox_event::Entity::find()
            .filter(inbox_event::COLUMN.partner_id.eq(partner.0))
            .filter(inbox_event::COLUMN.inbox_id.eq(id.0))
            .order_by_asc(inbox_event::Column::Id)
            .limit(REPLAYED_AT_ONCE)
            .all(store.reads())
            .await?;
        if waiting.is_empty() {
            return Ok(total);
        }
        let mut events = Vec::with_capacity(waiting.len());
        for stored in &waiting {
            let mut event: IncomingEvent = serde_json::from_str(&stored.event)?;
            event.subject = Subject::Device(device);
            events.push(event);
        }
        let receipt = engine.ingest.submit(&sender, events, now).await?;
        let tx = store.begin().await?;
        inbox_event::Entity::delete_many()
            .filter(inbox_event::COLUMN.partner_id.eq(partner.0))
            .filter(inbox_event::COLUMN.inbox_id.eq(id.0))
            .filter(inbox_event::COLUMN.id.is_in(waiting.iter().map(|w| w.id)))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        let before = total.accepted + total.rejected.len();
        total.accepted += receipt.accepted;
        total.duplicates += receipt.duplicates;
        total.waiting += receipt.waiting;
        total.rejected.extend(receipt.rejected.into_iter().map(|mut r| {
            r.index += before;
            r
        }));
    }
}

/// Throws the waiting reports away and hides the source. Its later reports are refused (`source_dismissed`).
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (assigned).
pub async fn dismiss(store: &Store, actor: &Actor, id: InboxId, now: Time) -> Result<(), Error> {
    let entry = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDevices, "dismiss sources")?;
    let partner = PartnerId(entry.partner_id);
    let tx = store.begin_for(partner).await?;
    let entry = find(&tx, actor, id).await?;
    if entry.device_id.is_some() {
        return Err(Error::conflict("already_assigned", "This source already reports for a device."));
    }
    let detail = json!({ "source": entry.source });
    let organization = (entry.organization_id != 0).then_some(OrganizationId(entry.organization_id));
    let mut model = entry.into_active_model();
    model.dismissed_at = Set(Some(now.0));
    model.events = Set(0);
    model.update(&tx).await?;
    inbox_event::Entity::delete_many()
        .filter(inbox_event::COLUMN.partner_id.eq(partner.0))
        .filter(inbox_event::COLUMN.inbox_id.eq(id.0))
        .exec(&tx)
        .await?;
    let entry = Entry { partner, organization, what: "inbox.dismiss", subject: format!("inbox:{id}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}
