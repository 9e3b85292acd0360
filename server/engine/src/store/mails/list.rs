//! The outbox and the delivery log as people see them.

use super::Content;
use crate::{
    error::Error,
    store::{
        Store,
        entity::{mail, mail_event, organization, report},
        facts::parse,
        page::{self, Page},
        scope,
    },
};
use domain::{
    access::{Action, Actor, Ground},
    ids::{MailId, OrganizationId, PartnerId, ReportId},
    mail::{MailEventKind, MailKind, MailState},
    time::Time,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use std::collections::HashMap;

/// A copy of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailRow {
    /// Which copy.
    pub id: MailId,
    /// Whose.
    pub partner: PartnerId,
    /// About which organization.
    pub organization: Option<(OrganizationId, String)>,
    /// What it is.
    pub kind: MailKind,
    /// Which report it is a copy of.
    pub report: Option<ReportId>,
    /// To whom.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Where it stands.
    pub state: MailState,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next.
    pub next_at: Option<Time>,
    /// The other side's last words.
    pub said: String,
    /// When it was queued.
    pub made_at: Time,
    /// Since when nothing more happens by itself.
    pub ended_at: Option<Time>,
    /// What it said isn't kept any more.
    pub gone: bool,
}

/// Something that happened to a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// When.
    pub at: Time,
    /// What.
    pub kind: MailEventKind,
    /// The other side's words.
    pub said: String,
}

/// A copy with its story, first to last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The copy.
    pub row: MailRow,
    /// What happened to it.
    pub events: Vec<EventRow>,
}

/// What a listing of the outbox asks for. Latest first.
#[derive(Clone, Debug, Default)]
pub struct MailFilter {
    /// Whose outbox; none: the actor's own partner's.
    pub partner: Option<PartnerId>,
    /// About this organization only.
    pub organization: Option<OrganizationId>,
    /// Copies in one of these states only; empty: in any.
    pub states: Vec<MailState>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, mail::Column::PartnerId, Some(mail::Column::OrganizationId), None::<mail::Column>)
}

/// The delivery log shows addresses: it is for the partner's people who see reports, not for the client's.
pub(super) fn may_see(actor: &Actor) -> Result<(), Error> {
    scope::require(actor, Action::SeeReports, "see the delivery of reports")?;
    match actor.ground {
        Ground::Member(_, role) if role.is_client() => Err(Error::Forbidden("see the delivery of reports")),
        _ => Ok(()),
    }
}

/// A partner's outbox, latest first.
///
/// # Errors
/// `Forbidden` without the right to manage the delivery; `NotFound` (partner); `Invalid` (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &MailFilter) -> Result<Page<MailRow>, Error> {
    scope::require(actor, Action::ManageDelivery, "see the outbox")?;
    let partner = match filter.partner {
        Some(partner) if scope::partners(&actor.scope).contains(&partner) => partner,
        Some(_) => return Err(Error::NotFound("partner")),
        None => scope::own_partner(actor)?,
    };
    let limit = page::limit(filter.limit)?;
    let mut wanted = seen(actor).add(mail::Column::PartnerId.eq(partner.0));
    if let Some(organization) = filter.organization {
        wanted = wanted.add(mail::Column::OrganizationId.eq(organization.0));
    }
    if !filter.states.is_empty() {
        wanted = wanted.add(mail::Column::State.is_in(filter.states.iter().map(|state| state.as_str())));
    }
    if let Some((made_at, id)) = page::read::<(i64, i64)>(filter.cursor.as_deref())? {
        wanted = wanted.add(page::before(mail::Column::MadeAt, made_at, mail::Column::Id, id));
    }
    let rows = mail::Entity::find()
        .filter(wanted)
        .order_by_desc(mail::Column::MadeAt)
        .order_by_desc(mail::Column::Id)
        .limit(limit + 1)
        .all(store.reads())
        .await?;
    let page = Page::cut(rows, limit, |row| (row.made_at, row.id))?;
    Ok(Page { items: named(store, page.items).await?, next_cursor: page.next_cursor, total: None })
}

/// One copy with its story.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to manage the delivery.
pub async fn get(store: &Store, actor: &Actor, id: MailId) -> Result<Delivery, Error> {
    let model = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDelivery, "see the outbox")?;
    deliveries(store, vec![model]).await?.pop().ok_or(Error::NotFound("mail"))
}

/// A copy's row and what it is made of: for whoever shows it.
///
/// # Errors
/// As [`get`]; `Forbidden` for codes: whoever could read them here would prove other people's domains.
pub async fn content_of(store: &Store, actor: &Actor, id: MailId) -> Result<(MailRow, Content), Error> {
    let model = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDelivery, "see the outbox")?;
    if model.kind == MailKind::Code.as_str() {
        return Err(Error::Forbidden("read a code that is meant for its recipient"));
    }
    let content = serde_json::from_slice(&model.message)?;
    let row = named(store, vec![model]).await?.pop().ok_or(Error::NotFound("mail"))?;
    Ok((row, content))
}

pub(super) async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: MailId) -> Result<mail::Model, Error> {
    mail::Entity::find().filter(seen(actor)).filter(mail::Column::Id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("mail"))
}

/// The copies of a report with their stories, in the order in which they were queued.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` for whom the delivery log isn't.
pub async fn of_report(store: &Store, actor: &Actor, id: ReportId) -> Result<Vec<Delivery>, Error> {
    let whole = scope::within(&actor.scope, report::Column::PartnerId, Some(report::Column::OrganizationId), None::<report::Column>);
    let partner: Option<i64> = report::Entity::find()
        .select_only()
        .column(report::Column::PartnerId)
        .filter(whole)
        .filter(report::Column::Id.eq(id.0))
        .into_tuple()
        .one(store.reads())
        .await?;
    let partner = partner.ok_or(Error::NotFound("report"))?;
    may_see(actor)?;
    let rows = mail::Entity::find()
        .filter(mail::Column::PartnerId.eq(partner))
        .filter(mail::Column::ReportId.eq(id.0))
        .order_by_asc(mail::Column::Id)
        .all(store.reads())
        .await?;
    deliveries(store, rows).await
}

/// The latest copies about an organization, latest first: the delivery log of its reports.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` for whom the delivery log isn't; `Invalid` (limit).
pub async fn of_organization(store: &Store, actor: &Actor, id: OrganizationId, limit: u64) -> Result<Vec<MailRow>, Error> {
    let there = scope::within(&actor.scope, organization::Column::PartnerId, Some(organization::Column::Id), None::<organization::Column>);
    let partner: Option<i64> = organization::Entity::find()
        .select_only()
        .column(organization::Column::PartnerId)
        .filter(there)
        .filter(organization::Column::Id.eq(id.0))
        .into_tuple()
        .one(store.reads())
        .await?;
    let partner = partner.ok_or(Error::NotFound("organization"))?;
    may_see(actor)?;
    let rows = mail::Entity::find()
        .filter(mail::Column::PartnerId.eq(partner))
        .filter(mail::Column::OrganizationId.eq(id.0))
        .filter(mail::Column::Kind.ne(MailKind::Code.as_str()))
        .order_by_desc(mail::Column::MadeAt)
        .order_by_desc(mail::Column::Id)
        .limit(page::limit(Some(limit))?)
        .all(store.reads())
        .await?;
    named(store, rows).await
}

/// Copies by what they are copies of ([`super::New::once`]), in the order of their recipients.
pub(crate) async fn of_once(store: &Store, partner: PartnerId, names: &[String]) -> Result<Vec<MailRow>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = mail::Entity::find()
        .filter(mail::Column::PartnerId.eq(partner.0))
        .filter(mail::Column::Once.is_in(names))
        .order_by_asc(mail::Column::Recipient)
        .all(store.reads())
        .await?;
    named(store, rows).await
}

async fn deliveries(store: &Store, rows: Vec<mail::Model>) -> Result<Vec<Delivery>, Error> {
    let Some(partner) = rows.first().map(|row| row.partner_id) else { return Ok(Vec::new()) };
    let events = mail_event::Entity::find()
        .filter(mail_event::COLUMN.partner_id.eq(partner))
        .filter(mail_event::Column::MailId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(mail_event::Column::MailId)
        .order_by_asc(mail_event::Column::Seq)
        .all(store.reads())
        .await?;
    let mut of: HashMap<i64, Vec<EventRow>> = HashMap::new();
    for event in events {
        let told = EventRow { at: Time(event.at), kind: parse(&event.kind)?, said: event.said };
        of.entry(event.mail_id).or_default().push(told);
    }
    let rows = named(store, rows).await?;
    Ok(rows.into_iter().map(|row| Delivery { events: of.remove(&row.id.0).unwrap_or_default(), row }).collect())
}

pub(super) async fn named(store: &Store, models: Vec<mail::Model>) -> Result<Vec<MailRow>, Error> {
    let about: Vec<_> = models.iter().filter(|row| row.organization_id != 0).map(|row| (row.partner_id, row.organization_id)).collect();
    let mut names: HashMap<i64, String> = HashMap::new();
    if !about.is_empty() {
        let found: Vec<(i64, String)> = organization::Entity::find()
            .select_only()
            .columns([organization::Column::Id, organization::Column::Name])
            .filter(organization::Column::PartnerId.is_in(about.iter().map(|(partner, _)| *partner)))
            .filter(organization::Column::Id.is_in(about.iter().map(|(_, id)| *id)))
            .into_tuple()
            .all(store.reads())
            .await?;
        names.extend(found);
    }
    let gone = serde_json::to_vec(&Content::Gone)?;
    models
        .into_iter()
        .map(|row| {
            let state: MailState = parse(&row.state)?;
            let organization = row.organization_id;
            Ok(MailRow {
                gone: row.message == gone,
                id: MailId(row.id),
                partner: PartnerId(row.partner_id),
                organization: (organization != 0)
                    .then(|| (OrganizationId(organization), names.get(&organization).cloned().unwrap_or_default())),
                kind: parse(&row.kind)?,
                report: row.report_id.map(ReportId),
                recipient: row.recipient,
                subject: row.subject,
                state,
                tries: row.tries,
                // While a server holds it, that is the end of its lease.
                next_at: row.next_at.filter(|_| state == MailState::Deferred && row.leased_by.is_empty()).map(Time),
                said: row.said,
                made_at: Time(row.made_at),
                // Of a copy that is sent again: when somebody asked for it.
                ended_at: row.ended_at.filter(|_| state.is_over()).map(Time),
            })
        })
        .collect()
}
