//! Tending alerts: acknowledge, snooze, annotate, and take that back; one or many in one go. Each leaves its event and its entry in the
//! audit log. Taking back what isn't there changes nothing and leaves nothing.

use super::{find, seen};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        devices,
        entity::{alert, alert_event, user},
        input, scope,
    },
};
use domain::{
    access::{Action, Actor, Ground},
    ids::{AlertId, DeviceId, OrganizationId, PartnerId},
    time::{Span, Time},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use std::collections::BTreeMap;

const LONGEST_SNOOZE: Span = Span::days(90);
/// Alerts that are tended in one go.
pub const MOST_AT_ONCE: usize = 500;

/// What is done about an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tending {
    /// Somebody has seen it and says what is done about it. Doing it again adds another reason.
    Acknowledge {
        /// Why or how; may be empty.
        reason: String,
    },
    /// Quiet until a time, at most 90 days ahead.
    Snooze {
        /// Until when.
        until: Time,
        /// Why; may be empty.
        reason: String,
    },
    /// It is acknowledged no longer: nobody is on it.
    TakeBack,
    /// It is quiet no longer.
    EndSnooze,
    /// A note; also to a resolved alert.
    Note {
        /// What is to be kept.
        text: String,
    },
}

/// What became of tending many.
#[derive(Debug, Default)]
pub struct Tended {
    /// Done.
    pub done: Vec<AlertId>,
    /// Of those, the ones that were not so before: nobody had acknowledged them, they were not quiet. Taking it back leaves these as they
    /// were, and would undo somebody else's work with the others.
    pub fresh: Vec<AlertId>,
    /// Not done, and why.
    pub refused: Vec<(AlertId, Error)>,
}

/// Checked, with its words.
struct Deed {
    what: &'static str,
    audited: &'static str,
    note: String,
    until: Option<Time>,
}

impl Deed {
    fn of(tending: &Tending, now: Time) -> Result<Self, Error> {
        Ok(match tending {
            Tending::Acknowledge { reason } => {
                Self { what: "acknowledged", audited: "alert.acknowledge", note: input::text("reason", reason)?, until: None }
            }
            Tending::Snooze { until, reason } => {
                if *until <= now || *until > now + LONGEST_SNOOZE {
                    return Err(Error::invalid("invalid_time", "until", "Snooze until a time in the next 90 days."));
                }
                let reason = input::text("reason", reason)?;
                let until_words = format!("until {}", domain::text::rfc3339(*until));
                let note = if reason.is_empty() { until_words } else { format!("{until_words}: {reason}") };
                Self { what: "snoozed", audited: "alert.snooze", note, until: Some(*until) }
            }
            Tending::TakeBack => Self { what: "unacknowledged", audited: "alert.take_back", note: String::new(), until: None },
            Tending::EndSnooze => Self { what: "unsnoozed", audited: "alert.end_snooze", note: String::new(), until: None },
            Tending::Note { text } => Self { what: "note", audited: "alert.note", note: input::said("note", text)?, until: None },
        })
    }

    /// Whether the alert is not so yet.
    fn is_fresh(&self, alert: &alert::Model, now: Time) -> bool {
        let is_quiet = alert.snoozed_until.is_some_and(|until| until > now.0);
        match self.what {
            "acknowledged" => alert.acknowledged_at.is_none(),
            "unacknowledged" => alert.acknowledged_at.is_some(),
            "snoozed" => !is_quiet,
            "unsnoozed" => is_quiet,
            _ => true,
        }
    }

    /// Doing it again says nothing new.
    fn is_once(&self) -> bool {
        matches!(self.what, "unacknowledged" | "unsnoozed")
    }
}

/// Somebody has seen it and says what is done about it. Doing it again adds another reason.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Conflict` (resolved).
pub async fn acknowledge(engine: &Engine, actor: &Actor, id: AlertId, reason: &str, now: Time) -> Result<(), Error> {
    one(engine, actor, id, &Tending::Acknowledge { reason: reason.to_owned() }, now).await
}

/// Quiet until a time, at most 90 days ahead.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (time), `Conflict` (resolved).
pub async fn snooze(engine: &Engine, actor: &Actor, id: AlertId, until: Time, now: Time) -> Result<(), Error> {
    one(engine, actor, id, &Tending::Snooze { until, reason: String::new() }, now).await
}

/// Takes an acknowledgement back, whoever's it is. Where there is none, nothing changes.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (resolved).
pub async fn take_back(engine: &Engine, actor: &Actor, id: AlertId, now: Time) -> Result<(), Error> {
    one(engine, actor, id, &Tending::TakeBack, now).await
}

/// Ends a snooze before its time. Where there is none, nothing changes.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (resolved).
pub async fn end_snooze(engine: &Engine, actor: &Actor, id: AlertId, now: Time) -> Result<(), Error> {
    one(engine, actor, id, &Tending::EndSnooze, now).await
}

/// Adds a note; also to a resolved alert.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (empty, too long).
pub async fn note(engine: &Engine, actor: &Actor, id: AlertId, text: &str, now: Time) -> Result<(), Error> {
    one(engine, actor, id, &Tending::Note { text: text.to_owned() }, now).await
}

async fn one(engine: &Engine, actor: &Actor, id: AlertId, tending: &Tending, now: Time) -> Result<(), Error> {
    // Outside the scope it is not found, whatever was written.
    find(engine.store.reads(), actor, id).await?;
    match tend_all(engine, actor, &[id], tending, now).await?.refused.pop() {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

/// Tends many alerts, those of a partner in one transaction. One that can't be tended doesn't hold up the others.
///
/// # Errors
/// `NotFound` when none of them is within the scope; `Forbidden`; `Invalid` (words, time, more than 500).
pub async fn tend_all(engine: &Engine, actor: &Actor, ids: &[AlertId], tending: &Tending, now: Time) -> Result<Tended, Error> {
    let store = &engine.store;
    if ids.len() > MOST_AT_ONCE {
        return Err(Error::invalid("too_many", "ids", "Tend at most 500 alerts in one go."));
    }
    let known = alert::Entity::find().filter(seen(actor)).filter(alert::COLUMN.id.is_in(ids.iter().map(|id| id.0)));
    let known = known.all(store.reads()).await?;
    if known.is_empty() {
        return Err(Error::NotFound("alert"));
    }
    scope::require(actor, Action::TendAlerts, "acknowledge, snooze or annotate alerts")?;
    let deed = Deed::of(tending, now)?;
    let mut tended = Tended::default();
    for id in ids {
        if !known.iter().any(|a| a.id == id.0) {
            tended.refused.push((*id, Error::NotFound("alert")));
        }
    }
    let mut by_partner: BTreeMap<i64, Vec<alert::Model>> = BTreeMap::new();
    for model in known {
        by_partner.entry(model.partner_id).or_default().push(model);
    }
    for (partner, models) in by_partner {
        of_partner(engine, actor, PartnerId(partner), &models, &deed, now, &mut tended).await?;
    }
    Ok(tended)
}

async fn of_partner(
    engine: &Engine,
    actor: &Actor,
    partner: PartnerId,
    models: &[alert::Model],
    deed: &Deed,
    now: Time,
    tended: &mut Tended,
) -> Result<(), Error> {
    let store = &engine.store;
    let mut of: Vec<_> = models.iter().map(|a| (partner, DeviceId(a.device_id))).collect();
    of.sort_unstable();
    of.dedup();
    let tx = store.begin_for(partner).await?;
    devices::lock(store, &tx, &of).await?;
    crate::reconcile::incidents::lock(&tx, &[partner].into()).await?;
    // As they are now, under the lock.
    let stored = alert::Entity::find()
        .filter(seen(actor))
        .filter(alert::COLUMN.partner_id.eq(partner.0))
        .filter(alert::COLUMN.id.is_in(models.iter().map(|a| a.id)));
    let stored = stored.all(&tx).await?;
    let who = name_of(&tx, actor).await?;
    let mut changed = Vec::new();
    for model in stored {
        let (id, device) = (AlertId(model.id), DeviceId(model.device_id));
        if model.resolved_at.is_some() && deed.what != "note" {
            let over = Error::conflict("resolved", "This alert has resolved by itself meanwhile. There is nothing left to do.");
            tended.refused.push((id, over));
            continue;
        }
        let is_fresh = deed.is_fresh(&model, now);
        if deed.is_once() && !is_fresh {
            tended.done.push(id);
            continue;
        }
        if deed.what != "note" {
            changed.push((partner, device));
        }
        record(store, &tx, actor, model, deed, &who, now).await?;
        tended.done.push(id);
        if is_fresh {
            tended.fresh.push(id);
        }
    }
    changed.sort_unstable();
    changed.dedup();
    let changes = devices::settle(store, &tx, &changed, now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

async fn record(
    store: &Store,
    tx: &DatabaseTransaction,
    actor: &Actor,
    model: alert::Model,
    deed: &Deed,
    who: &str,
    now: Time,
) -> Result<(), Error> {
    let (partner, organization, id) = (PartnerId(model.partner_id), OrganizationId(model.organization_id), AlertId(model.id));
    let mut model = model.into_active_model();
    match deed.what {
        "acknowledged" => {
            model.acknowledged_at = Set(Some(now.0));
            model.acknowledged_by = Set(Some(who.to_owned()));
        }
        "unacknowledged" => {
            model.acknowledged_at = Set(None);
            model.acknowledged_by = Set(None);
        }
        "snoozed" | "unsnoozed" => model.snoozed_until = Set(deed.until.map(|t| t.0)),
        _ => {}
    }
    if model.is_changed() {
        model.update(tx).await?;
    }
    let event = alert_event::ActiveModel {
        partner_id: Set(partner.0),
        alert_id: Set(id.0),
        id: Set(store.id(now)),
        at: Set(now.0),
        what: Set(deed.what.into()),
        who: Set(who.to_owned()),
        note: Set(deed.note.clone()),
    };
    alert_event::Entity::insert(event).exec_without_returning(tx).await?;
    let entry = Entry {
        partner,
        organization: Some(organization),
        what: deed.audited,
        subject: format!("alert:{id}"),
        detail: json!({ "note": deed.note }),
    };
    audit::append(tx, audit::who(actor), entry, now).await
}

/// How an actor is named in what people read: a person's name, else as in the audit log.
pub(crate) async fn name_of(tx: &DatabaseTransaction, actor: &Actor) -> Result<String, Error> {
    match actor.ground {
        Ground::Member(id, _) => {
            let person = user::Entity::find_by_id(id.0).one(tx).await?;
            Ok(person.map_or_else(|| audit::who(actor), |p| p.name))
        }
        _ => Ok(audit::who(actor)),
    }
}
