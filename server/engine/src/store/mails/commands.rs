//! What people do with copies: send one again, keep one back, send a test to themselves.

use super::{Content, New, Queued, Written, list, queue, record, stops};
use crate::{
    Engine,
    error::Error,
    store::{
        audit::{self, Entry},
        entity::{mail, report, user},
        facts::parse,
        organizations, scope,
    },
};
use domain::{
    access::{Action, Actor, Ground},
    ids::{MailId, OrganizationId, PartnerId, ReportId},
    mail::{MailEventKind, MailKind, MailState},
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

/// How the monthly reports are called in the store.
const MONTHLY: &str = "backup_summary";

async fn log(tx: &DatabaseTransaction, actor: &Actor, row: &mail::Model, what: &'static str, now: Time) -> Result<(), Error> {
    let entry = Entry {
        partner: PartnerId(row.partner_id),
        organization: (row.organization_id != 0).then_some(OrganizationId(row.organization_id)),
        what,
        subject: format!("mail:{}", MailId(row.id)),
        detail: json!({ "recipient": row.recipient, "subject": row.subject, "was": row.state }),
    };
    audit::append(tx, audit::who(actor), entry, now).await
}

/// Sends a copy again that surely, or maybe, has not arrived. It keeps its Message-ID, so that a mailbox that holds it already can tell.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (it was taken, is on its way, what it said is gone, or its address gets nothing any more).
pub async fn send_again(engine: &Engine, actor: &Actor, id: MailId, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = PartnerId(list::find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDelivery, "send mail again")?;
    let tx = store.begin_for(partner).await?;
    let row = list::find(&tx, actor, id).await?;
    let state = parse::<MailState>(&row.state)?;
    if !state.may_send_again() {
        let message = match state {
            MailState::Sent => "The mail server has taken this copy: it isn't sent twice.",
            _ => "This copy is on its way already.",
        };
        return Err(Error::conflict("not_over", message));
    }
    if row.message == serde_json::to_vec(&Content::Gone)? {
        return Err(Error::conflict("contents_gone", "What this copy said is no longer kept: it can't be sent again."));
    }
    let organization = (row.organization_id != 0).then_some(OrganizationId(row.organization_id));
    let kind = parse::<MailKind>(&row.kind)?;
    if kind.may_unsubscribe()
        && let Some(stop) = stops::of(&tx, partner, &row.recipient, &stops::kind_of(kind, organization)).await?
    {
        let message = format!("{} Let mail go to it again first.", stops::words(&stop));
        return Err(Error::conflict("address_stopped", message));
    }
    log(&tx, actor, &row, "mail.again", now).await?;
    let mut row = row.into_active_model();
    row.state = Set(MailState::Queued.as_str().to_owned());
    row.tries = Set(0);
    row.next_at = Set(Some(now.0));
    row.lease_until = Set(None);
    // Whoever held it before has nothing more to say about it.
    row.leased_by = Set(String::new());
    row.said = Set(String::new());
    row.ended_at = Set(Some(now.0));
    row.update(&tx).await?;
    record(&tx, partner, id, MailEventKind::Again, "", now).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps a copy back that hasn't gone yet.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (it has gone, or goes at this moment).
pub async fn cancel(engine: &Engine, actor: &Actor, id: MailId, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = PartnerId(list::find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDelivery, "cancel mail")?;
    let tx = store.begin_for(partner).await?;
    let row = list::find(&tx, actor, id).await?;
    if !parse::<MailState>(&row.state)?.may_cancel() {
        return Err(Error::conflict("not_waiting", "This copy doesn't wait any more: it has gone, or goes at this moment."));
    }
    // Compared and set: a server may write down its hand-over between the look and this.
    let waiting = [MailState::Queued.as_str(), MailState::Deferred.as_str()];
    let changed = mail::Entity::update_many()
        .col_expr(mail::Column::State, sea_orm::sea_query::Expr::value(MailState::Cancelled.as_str()))
        .col_expr(mail::Column::NextAt, sea_orm::sea_query::Expr::value(None::<i64>))
        .col_expr(mail::Column::LeasedBy, sea_orm::sea_query::Expr::value(""))
        .col_expr(mail::Column::EndedAt, now.0.into())
        .filter(mail::Column::PartnerId.eq(partner.0))
        .filter(mail::Column::Id.eq(id.0))
        .filter(mail::Column::State.is_in(waiting))
        .exec(&tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Error::conflict("not_waiting", "This copy goes at this moment."));
    }
    log(&tx, actor, &row, "mail.cancel", now).await?;
    record(&tx, partner, id, MailEventKind::Cancelled, "", now).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends the latest report of an organization to the signed-in person's own address, or a short note where there is no report yet. Once a
/// minute and person.
///
/// # Errors
/// `NotFound`, `Forbidden` (also for a key: it has no address), `Conflict` (one was sent within this minute).
pub async fn send_test(engine: &Engine, actor: &Actor, organization: OrganizationId, now: Time) -> Result<MailId, Error> {
    let store = &engine.store;
    let about = organizations::get(store, actor, organization).await?;
    scope::require(actor, Action::ManageDelivery, "send a test")?;
    let Ground::Member(person, _) = actor.ground else { return Err(Error::Forbidden("send a test without a person's address")) };
    let address = user::Entity::find_by_id(person.0).one(store.reads()).await?.ok_or(Error::NotFound("person"))?.email;
    let latest: Option<i64> = report::Entity::find()
        .select_only()
        .column(report::Column::Id)
        .filter(report::Column::PartnerId.eq(about.partner.0))
        .filter(report::Column::OrganizationId.eq(organization.0))
        .filter(report::Column::Kind.eq(MONTHLY))
        .order_by_desc(report::Column::FromAt)
        .limit(1)
        .into_tuple()
        .one(store.reads())
        .await?;
    let (subject, content) = match latest {
        Some(_) => (format!("Test: Backup Summary Report of {}", about.name), Content::Report { test: true }),
        None => (format!("Test: mail about {}", about.name), Content::Written(note(&about.name))),
    };
    let new = New {
        partner: about.partner,
        organization: Some(organization),
        kind: MailKind::Test,
        report: latest.map(ReportId),
        once: format!("test:{person}:{}", now.0 / 60_000),
        recipient: address.clone(),
        subject,
        content,
    };
    let tx = store.begin_for(about.partner).await?;
    let id = match queue(store, &tx, new, now).await? {
        Queued::New(id) | Queued::Stopped(id) => id,
        Queued::Known => return Err(Error::conflict("too_soon", "A test was sent within this minute. Look into your mailbox first.")),
    };
    let detail = json!({ "recipient": address });
    let entry =
        Entry { partner: about.partner, organization: Some(organization), what: "mail.test", subject: format!("mail:{id}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(id)
}

fn note(organization: &str) -> Written {
    let text = format!(
        "This is a test.\n\nThe monthly Backup Summary Report of {organization} will come this way. There is none yet: the first is made on the 5th of\nthe month after a month with data.\n"
    );
    Written { text, ..Written::default() }
}
