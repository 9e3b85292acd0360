//! What a partner wishes for all that is below it. Here: after how long an alert that is not mended is brought back to mind.
//!
//! A partner that says nothing follows the nearest one above that does; 0 hours say that nothing is brought back to mind.

use super::{
    audit::{self, Entry},
    devices,
    entity::{account_state, device_state, partner_setting},
    maintenance::InForce,
    partners, scope,
};
use crate::{Engine, error::Error, store::Store};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, PartnerId},
    time::{Span, Time},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict};
use serde_json::json;

/// The longest time until a reminder: four weeks.
pub const LONGEST_REMINDER: u32 = 28 * 24;

/// The reminder of a partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminder {
    /// Hours as they hold; none: nothing is brought back to mind.
    pub hours: Option<u32>,
    /// The partner itself says so; else one above, or nobody.
    pub own: bool,
}

/// The reminder of the actor's partner.
///
/// # Errors
/// `NotFound` (an actor without a partner), `Forbidden`.
pub async fn reminder(store: &Store, actor: &Actor, now: Time) -> Result<Reminder, Error> {
    scope::require(actor, Action::SeeDashboards, "see settings")?;
    let partner = scope::own_partner(actor)?;
    scope::inside(actor, "partner", partner, None, None)?;
    let conn = store.reads();
    let own = partner_setting::Entity::find_by_id(partner.0).one(conn).await?.is_some_and(|row| row.reminder_hours.is_some());
    let held = InForce::load(conn, Some(&store.short().ancestors), [partner].into(), now).await?.reminders();
    let hours = held.get(&partner).and_then(|after| u32::try_from(after.0 / Span::HOUR.0).ok());
    Ok(Reminder { hours, own })
}

/// Sets the reminder of the actor's partner and of those below that say nothing of their own. None: nothing is brought back to mind.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`.
pub async fn set_reminder(engine: &Engine, actor: &Actor, hours: Option<u32>, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = scope::own_partner(actor)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManageSettings, "change settings")?;
    if hours.is_some_and(|hours| !(1..=LONGEST_REMINDER).contains(&hours)) {
        let message = format!("Remind after 1 to {LONGEST_REMINDER} hours.");
        return Err(Error::invalid("out_of_range", "reminder_hours", message));
    }
    let tx = store.begin_for(partner).await?;
    let below: Vec<i64> = partners::subtree(&tx, partner).await?.iter().map(|below| below.0).collect();
    let held = with_alerts(&tx, &below).await?;
    devices::lock(store, &tx, &held).await?;
    let row = partner_setting::ActiveModel {
        partner_id: Set(partner.0),
        reminder_hours: Set(Some(hours.unwrap_or(0).into())),
        brand_name: Set(String::new()),
        brand_colour: Set(String::new()),
        brand_logo: Set(None),
        brand_footer: Set(String::new()),
        updated_at: Set(now.0),
    };
    let met = OnConflict::column(partner_setting::Column::PartnerId)
        .update_columns([partner_setting::Column::ReminderHours, partner_setting::Column::UpdatedAt])
        .to_owned();
    partner_setting::Entity::insert(row).on_conflict(met).exec_without_returning(&tx).await?;
    let detail = json!({ "reminder_hours": hours });
    let entry = Entry { partner, organization: None, what: "partner.settings", subject: format!("partner:{partner}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = devices::settle(store, &tx, &held, now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}

/// Subjects whose next reminder comes at another time now.
async fn with_alerts<C: ConnectionTrait>(conn: &C, partners: &[i64]) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let mut found: Vec<(i64, i64)> = device_state::Entity::find()
        .select_only()
        .columns([device_state::Column::PartnerId, device_state::Column::DeviceId])
        .filter(device_state::Column::PartnerId.is_in(partners.iter().copied()))
        .filter(device_state::Column::OpenAlerts.gt(0))
        .into_tuple()
        .all(conn)
        .await?;
    let accounts: Vec<(i64, i64)> = account_state::Entity::find()
        .select_only()
        .columns([account_state::Column::PartnerId, account_state::Column::AccountId])
        .filter(account_state::Column::PartnerId.is_in(partners.iter().copied()))
        .filter(account_state::Column::OpenAlerts.gt(0))
        .into_tuple()
        .all(conn)
        .await?;
    found.extend(accounts);
    Ok(found.into_iter().map(|(partner, id)| (PartnerId(partner), DeviceId(id))).collect())
}
