//! What people do about the monthly run, and what it does by itself after a stop. Each is an entry in the audit log of every partner it concerns.

use super::{Standing, Turn, Whose, end_of, first_due, has_something, lacks, standing};
use crate::{
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::report_run,
        reports::{Settings, system},
        scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor},
    ids::PartnerId,
    report::Month,
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::{Value, json};

/// Stops the run: of what is left nothing is made until it is taken up again, or the next month's run begins. What a server is making at this
/// moment is still made.
///
/// # Errors
/// `Forbidden`; `Conflict` (`nothing_left`).
pub async fn stop(store: &Store, settings: &Settings, actor: &Actor, now: Time) -> Result<(), Error> {
    let before = steered(store, settings, actor, now).await?;
    if before.left == 0 && before.faults.is_empty() {
        return Err(Error::conflict("nothing_left", "No report waits to be made: there is nothing to stop."));
    }
    let Some(month) = before.month else { return Ok(()) };
    let whose = Whose::of(store, actor).await?;
    for (partner, zones) in &whose.0 {
        let zones = || zones.iter().copied();
        // A zone that can't be read is no reason to make on.
        let goes_on = |turn: Turn| first_due(zones(), turn.month.plus(1));
        let Some(until) = Turn::of(zones(), now).and_then(goes_on) else { continue };
        let tx = store.begin_for(*partner).await?;
        let row = said(&tx, *partner).await?;
        if row.as_ref().is_some_and(|row| row.held_until.is_some()) {
            continue;
        }
        let held = report_run::ActiveModel {
            held_until: Set(Some(until.0)),
            held_at: Set(Some(now.0)),
            held_by: Set(audit::who(actor)),
            ..begun(*partner, row.as_ref())
        };
        keep(&tx, held, row.is_some()).await?;
        tell(&tx, actor, *partner, "report.stop", json!({ "month": month, "until": until }), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Takes up a run that was stopped.
///
/// # Errors
/// `Forbidden`.
pub async fn take_up(store: &Store, actor: &Actor, now: Time) -> Result<(), Error> {
    scope::require(actor, Action::ManageSettings, "take up the monthly run")?;
    let whose = Whose::of(store, actor).await?;
    for partner in whose.0.keys() {
        release(store, actor, *partner, now).await?;
    }
    Ok(())
}

/// Runs that were stopped go on where the next month's has begun.
pub(in crate::store::reports) async fn lapse(store: &Store, now: Time) -> Result<(), Error> {
    let over = report_run::Entity::find().filter(report_run::Column::HeldUntil.lte(now.0)).all(store.reads()).await?;
    for row in over {
        let partner = PartnerId(row.partner_id);
        release(store, &system(partner), partner, now).await?;
    }
    Ok(())
}

async fn release(store: &Store, actor: &Actor, partner: PartnerId, now: Time) -> Result<(), Error> {
    let tx = store.begin_for(partner).await?;
    let Some(row) = said(&tx, partner).await?.filter(|row| row.held_until.is_some()) else { return Ok(()) };
    let goes_on =
        report_run::ActiveModel { held_until: Set(None), held_at: Set(None), held_by: Set(String::new()), ..begun(partner, Some(&row)) };
    keep(&tx, goes_on, true).await?;
    tell(&tx, actor, partner, "report.resume", json!({}), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Tries now what could not be made, instead of after its wait. Gives of how many organizations.
///
/// # Errors
/// `Forbidden`; `Conflict` (`stopped`, `nothing_failed`).
pub async fn again(store: &Store, settings: &Settings, actor: &Actor, now: Time) -> Result<u64, Error> {
    let before = steered(store, settings, actor, now).await?;
    not_stopped(&before)?;
    if before.faults.is_empty() {
        return Err(Error::conflict("nothing_failed", "No report has failed: there is nothing to make again."));
    }
    let mut all = 0;
    for partner in Whose::of(store, actor).await?.0.into_keys() {
        let tx = store.begin_for(partner).await?;
        let mut sql = Sql::new("UPDATE organizations SET next_report_at = ");
        sql.bind(now.0).push(" WHERE report_tries > 0 AND partner_id = ").bind(partner.0);
        let organizations = tx.execute_raw(sql.build(store.backend())).await?.rows_affected();
        if organizations > 0 {
            tell(&tx, actor, partner, "report.again", json!({ "organizations": organizations }), now).await?;
            tx.commit().await?;
            all += organizations;
        }
    }
    Ok(all)
}

/// Has the reports of a past month made, for all organizations that lack it. Gives of how many.
///
/// # Errors
/// `Forbidden`; `Conflict` (`stopped`, `running`); `Invalid` (`month`): none lacks it, or it is not one that is kept.
pub async fn ask(store: &Store, settings: &Settings, actor: &Actor, month: Month, now: Time) -> Result<u64, Error> {
    let before = steered(store, settings, actor, now).await?;
    not_stopped(&before)?;
    if before.left > 0 {
        return Err(Error::conflict("running", "Reports are being made. Wait until they are, or stop them first."));
    }
    if before.past.iter().all(|past| past.month != month) {
        let words = format!(
            "No organization lacks a report of {} that could be made: six months are kept, none from before reports began.",
            month.name()
        );
        return Err(Error::invalid("invalid_month", "month", words));
    }
    let whose = Whose::of(store, actor).await?;
    let end = end_of(&whose, month);
    let mut all = 0;
    for partner in whose.0.keys().copied() {
        let tx = store.begin_for(partner).await?;
        let mut sql = Sql::new("UPDATE organizations SET next_report_at = ");
        sql.bind(now.0).push(" WHERE partner_id = ").bind(partner.0);
        sql.push(" AND id IN (SELECT o.id FROM organizations o WHERE o.report_tries = 0 AND o.partner_id = ").bind(partner.0);
        lacks(&mut sql, month, end);
        has_something(&mut sql, end);
        sql.push(")");
        let organizations = tx.execute_raw(sql.build(store.backend())).await?.rows_affected();
        if organizations == 0 {
            continue;
        }
        let row = said(&tx, partner).await?;
        let asked = report_run::ActiveModel {
            asked_month: Set(Some(month.0.into())),
            asked_at: Set(Some(now.0)),
            asked_by: Set(audit::who(actor)),
            ..begun(partner, row.as_ref())
        };
        keep(&tx, asked, row.is_some()).await?;
        tell(&tx, actor, partner, "report.ask", json!({ "month": month, "organizations": organizations }), now).await?;
        tx.commit().await?;
        all += organizations;
    }
    Ok(all)
}

/// How it stands, for somebody who may change that.
async fn steered(store: &Store, settings: &Settings, actor: &Actor, now: Time) -> Result<Standing, Error> {
    scope::require(actor, Action::ManageSettings, "steer the monthly run")?;
    standing(store, settings, actor, now).await
}

fn not_stopped(standing: &Standing) -> Result<(), Error> {
    match &standing.stopped {
        None => Ok(()),
        Some(stopped) => Err(Error::conflict("stopped", format!("{} has stopped the monthly run. Take it up again first.", stopped.by))),
    }
}

async fn said(tx: &DatabaseTransaction, partner: PartnerId) -> Result<Option<report_run::Model>, Error> {
    Ok(report_run::Entity::find_by_id(partner.0).one(tx).await?)
}

/// The row as it is, or an empty one.
fn begun(partner: PartnerId, row: Option<&report_run::Model>) -> report_run::ActiveModel {
    let empty = || report_run::Model {
        partner_id: partner.0,
        held_until: None,
        held_at: None,
        held_by: String::new(),
        asked_month: None,
        asked_at: None,
        asked_by: String::new(),
    };
    row.cloned().unwrap_or_else(empty).into_active_model()
}

async fn keep(tx: &DatabaseTransaction, row: report_run::ActiveModel, is_there: bool) -> Result<(), Error> {
    if is_there {
        row.update(tx).await?;
    } else {
        report_run::Entity::insert(row.reset_all()).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn tell(
    tx: &DatabaseTransaction,
    actor: &Actor,
    partner: PartnerId,
    what: &'static str,
    detail: Value,
    now: Time,
) -> Result<(), Error> {
    let entry = Entry { partner, organization: None, what, subject: format!("partner:{partner}"), detail };
    audit::append(tx, audit::who(actor), entry, now).await
}
