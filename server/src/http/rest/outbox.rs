//! The outbox: copies of messages and what became of them.

use super::{
    paging::{Paged, word},
    table::Table,
};
use crate::{
    http::{auth::Caller, error::ApiResult, moment::Moment, read::Search},
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{Method, StatusCode},
};
use domain::ids::{MailId, OrganizationId, PartnerId, ReportId};
use engine::store::mails::{self, Delivery, EventRow, MailFilter, MailRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/outbox", list)
        .add(Method::GET, "/api/v1/outbox/{id}", get)
        .add(Method::POST, "/api/v1/outbox/{id}/send-again", send_again)
        .add(Method::POST, "/api/v1/outbox/{id}/cancel", cancel)
}

/// A copy of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mail {
    #[schema(value_type = String)]
    id: MailId,
    #[schema(value_type = String)]
    partner: PartnerId,
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    /// `report`, `summary`, `test` or `code`.
    kind: &'static str,
    #[schema(value_type = Option<String>)]
    report: Option<ReportId>,
    recipient: String,
    subject: String,
    /// `queued`, `handing_over`, `in_doubt`, `sent`, `deferred`, `bounced`, `failed` or `cancelled`.
    state: &'static str,
    /// How often it was tried.
    tries: i64,
    /// When a deferred copy is tried next.
    next_at: Option<Moment>,
    /// The other side's last words.
    said: String,
    made_at: Moment,
    /// Since when nothing more happens by itself.
    ended_at: Option<Moment>,
}

impl From<MailRow> for Mail {
    fn from(row: MailRow) -> Self {
        Self {
            id: row.id,
            partner: row.partner,
            organization: row.organization.map(|(id, _)| id),
            kind: row.kind.as_str(),
            report: row.report,
            recipient: row.recipient,
            subject: row.subject,
            state: row.state.as_str(),
            tries: row.tries,
            next_at: row.next_at.map(Moment::from),
            said: row.said,
            made_at: row.made_at.into(),
            ended_at: row.ended_at.map(Moment::from),
        }
    }
}

/// Something that happened to a copy.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailEvent {
    at: Moment,
    /// `queued`, `deferred`, `sent`, `in_doubt`, `bounced`, `failed`, `cancelled`, `again`, `delayed` or `delivered`.
    kind: &'static str,
    /// The other side's words.
    said: String,
}

impl From<EventRow> for MailEvent {
    fn from(row: EventRow) -> Self {
        Self { at: row.at.into(), kind: row.kind.as_str(), said: row.said }
    }
}

/// A copy with its story, first to last.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailStory {
    #[serde(flatten)]
    mail: Mail,
    events: Vec<MailEvent>,
}

impl From<Delivery> for MailStory {
    fn from(delivery: Delivery) -> Self {
        Self { mail: delivery.row.into(), events: delivery.events.into_iter().map(MailEvent::from).collect() }
    }
}

/// Which copies.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutboxQuery {
    /// Whose outbox; default: your own.
    partner: Option<String>,
    /// About this organization only.
    organization: Option<String>,
    /// In this state only.
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows, at most 500.
    limit: Option<u64>,
}

/// Lists a partner's outbox, latest first.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "outbox", params(OutboxQuery), responses((status = 200, body = Paged<Mail>), (status = 403)))]
pub async fn list(State(portal): State<Portal>, caller: Caller, Search(query): Search<OutboxQuery>) -> ApiResult<Json<Paged<Mail>>> {
    let filter = MailFilter {
        partner: word("partner", query.partner.as_deref())?,
        organization: word("organization", query.organization.as_deref())?,
        states: word("state", query.state.as_deref())?.into_iter().collect(),
        cursor: query.cursor,
        limit: query.limit,
    };
    Ok(Paged::of(mails::list(portal.store(), &caller.actor, &filter).await?, Mail::from))
}

/// One copy with its story.
#[utoipa::path(get, path = "/api/v1/outbox/{id}", tag = "outbox", responses((status = 200, body = MailStory), (status = 403), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(id): Path<String>) -> ApiResult<Json<MailStory>> {
    let id = id.parse().map_err(|_| crate::http::error::ApiError::not_found("mail"))?;
    Ok(Json(mails::get(portal.store(), &caller.actor, id).await?.into()))
}

/// Sends a copy again that surely, or maybe, has not arrived.
#[utoipa::path(post, path = "/api/v1/outbox/{id}/send-again", tag = "outbox", responses((status = 204), (status = 403), (status = 404), (status = 409, description = "It was taken, is on its way, or its address gets nothing any more")))]
pub async fn send_again(State(portal): State<Portal>, caller: Caller, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let id = id.parse().map_err(|_| crate::http::error::ApiError::not_found("mail"))?;
    mails::send_again(portal.engine(), &caller.actor, id, portal.now()).await?;
    portal.post().poke();
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a copy back that hasn't gone yet.
#[utoipa::path(post, path = "/api/v1/outbox/{id}/cancel", tag = "outbox", responses((status = 204), (status = 403), (status = 404), (status = 409, description = "It has gone, or goes at this moment")))]
pub async fn cancel(State(portal): State<Portal>, caller: Caller, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let id = id.parse().map_err(|_| crate::http::error::ApiError::not_found("mail"))?;
    mails::cancel(portal.engine(), &caller.actor, id, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
