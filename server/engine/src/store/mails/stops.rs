//! Addresses that get nothing any more: none of a partner's mail after they bounced for good, none of an organization's reports after their
//! reader unsubscribed. Whoever may edit the delivery lifts a stop.

use super::{MailRow, kept, list};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::{mail, mail_stop, organization},
        facts::parse,
        scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{MailId, OrganizationId, PartnerId},
    mail::MailKind,
    time::Time,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::OnConflict,
};
use serde::Serialize;
use serde_json::json;

const BOUNCED: &str = "bounced";
const UNSUBSCRIBED: &str = "unsubscribed";
/// Of a stop that holds for all kinds.
const ALL: &str = "";

/// An address that gets nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StopRow {
    /// Which address, in lower case.
    pub address: String,
    /// `bounced` or `unsubscribed`.
    pub cause: String,
    /// The other side's words.
    pub said: String,
    /// Since when.
    pub at: Time,
}

fn row(model: mail_stop::Model) -> StopRow {
    StopRow { address: model.address, cause: model.cause, said: model.said, at: Time(model.at) }
}

/// What a reader unsubscribes from: a kind of mail about one organization, or about the partner itself.
pub(super) fn kind_of(kind: MailKind, organization: Option<OrganizationId>) -> String {
    organization.map_or_else(|| kind.as_str().to_owned(), |organization| format!("{}:{organization}", kind.as_str()))
}

/// The stop that keeps an address from this kind of mail.
pub(super) async fn of<C: ConnectionTrait>(conn: &C, partner: PartnerId, address: &str, kind: &str) -> Result<Option<StopRow>, Error> {
    let found = mail_stop::Entity::find()
        .filter(mail_stop::COLUMN.partner_id.eq(partner.0))
        .filter(mail_stop::COLUMN.address.eq(address.to_lowercase()))
        .filter(mail_stop::COLUMN.kind.is_in([ALL, kind]))
        .one(conn)
        .await?;
    Ok(found.map(row))
}

/// Why a copy isn't sent.
pub(super) fn words(stop: &StopRow) -> String {
    if stop.cause == BOUNCED {
        format!("Not sent: mail to this address came back. {}", stop.said)
    } else {
        "Not sent: this address has unsubscribed.".to_owned()
    }
}

async fn put(
    tx: &DatabaseTransaction,
    partner: PartnerId,
    address: &str,
    kind: &str,
    (cause, said): (&str, &str),
    now: Time,
) -> Result<(), Error> {
    let row = mail_stop::ActiveModel {
        partner_id: Set(partner.0),
        address: Set(address.to_lowercase()),
        kind: Set(kind.to_owned()),
        cause: Set(cause.to_owned()),
        said: Set(kept(said)),
        at: Set(now.0),
    };
    let key = [mail_stop::Column::PartnerId, mail_stop::Column::Address, mail_stop::Column::Kind];
    let met =
        OnConflict::columns(key).update_columns([mail_stop::Column::Cause, mail_stop::Column::Said, mail_stop::Column::At]).to_owned();
    mail_stop::Entity::insert(row).on_conflict(met).exec_without_returning(tx).await?;
    Ok(())
}

/// An address doesn't take mail: it gets none of this partner any more.
pub(super) async fn bounced(tx: &DatabaseTransaction, partner: PartnerId, address: &str, said: &str, now: Time) -> Result<(), Error> {
    put(tx, partner, address, ALL, (BOUNCED, said), now).await
}

/// The reader of this copy unsubscribes from its kind, about its organization. Says whom and what it was, for the page; none: there is no such
/// copy any more, or nothing to unsubscribe from. Who may is decided by the signature of the link.
///
/// # Errors
/// The database fails.
pub async fn unsubscribe(store: &Store, partner: PartnerId, id: MailId, write: bool, now: Time) -> Result<Option<MailRow>, Error> {
    let Some(model) = mail::Entity::find_by_id((partner.0, id.0)).one(store.reads()).await? else { return Ok(None) };
    let kind = parse::<MailKind>(&model.kind)?;
    let organization = (model.organization_id != 0).then_some(OrganizationId(model.organization_id));
    if !kind.may_unsubscribe() {
        return Ok(None);
    }
    if write {
        let tx = store.begin_for(partner).await?;
        let stop = kind_of(kind, organization);
        let before = of(&tx, partner, &model.recipient, &stop).await?;
        if before.is_none() {
            put(&tx, partner, &model.recipient, &stop, (UNSUBSCRIBED, ""), now).await?;
            let entry = Entry {
                partner,
                organization,
                what: "mail.unsubscribe",
                subject: organization.map_or_else(|| format!("partner:{partner}"), |o| format!("organization:{o}")),
                detail: json!({ "address": model.recipient, "kind": kind.as_str() }),
            };
            audit::append(&tx, "system".to_owned(), entry, now).await?;
            tx.commit().await?;
        }
    }
    list::named(store, vec![model]).await.map(|mut rows| rows.pop())
}

async fn partner_of(store: &Store, actor: &Actor, id: OrganizationId) -> Result<PartnerId, Error> {
    let seen = scope::within(&actor.scope, organization::Column::PartnerId, Some(organization::Column::Id), None::<organization::Column>);
    let found = organization::Entity::find().filter(seen).filter(organization::Column::Id.eq(id.0)).one(store.reads()).await?;
    found.map(|o| PartnerId(o.partner_id)).ok_or(Error::NotFound("organization"))
}

fn reports_of(organization: OrganizationId) -> Condition {
    let kinds = [ALL.to_owned(), kind_of(MailKind::Report, Some(organization))];
    Condition::all().add(mail_stop::Column::Kind.is_in(kinds))
}

/// Of these addresses, those that get no reports of this organization any more.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn stops(store: &Store, actor: &Actor, organization: OrganizationId, addresses: &[String]) -> Result<Vec<StopRow>, Error> {
    let partner = partner_of(store, actor, organization).await?;
    list::may_see(actor)?;
    let found = mail_stop::Entity::find()
        .filter(mail_stop::Column::PartnerId.eq(partner.0))
        .filter(mail_stop::Column::Address.is_in(addresses.iter().map(|address| address.trim().to_lowercase())))
        .filter(reports_of(organization))
        .all(store.reads())
        .await?;
    Ok(found.into_iter().map(row).collect())
}

/// Of these addresses, those that get no mail of this kind about the partner itself any more.
pub(crate) async fn stops_of<C: ConnectionTrait>(
    conn: &C,
    partner: PartnerId,
    kind: MailKind,
    addresses: &[String],
) -> Result<Vec<StopRow>, Error> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let found = mail_stop::Entity::find()
        .filter(mail_stop::Column::PartnerId.eq(partner.0))
        .filter(mail_stop::Column::Address.is_in(addresses.iter().map(|address| address.trim().to_lowercase())))
        .filter(mail_stop::Column::Kind.is_in([ALL.to_owned(), kind_of(kind, None)]));
    Ok(found.all(conn).await?.into_iter().map(row).collect())
}

/// Lets mail of this kind about the partner itself go to an address again. Gives how many stops there were.
pub(crate) async fn lift_stops(tx: &DatabaseTransaction, partner: PartnerId, kind: MailKind, address: &str) -> Result<u64, Error> {
    let gone = mail_stop::Entity::delete_many()
        .filter(mail_stop::Column::PartnerId.eq(partner.0))
        .filter(mail_stop::Column::Address.eq(address.trim().to_lowercase()))
        .filter(mail_stop::Column::Kind.is_in([ALL.to_owned(), kind_of(kind, None)]));
    Ok(gone.exec(tx).await?.rows_affected)
}

/// Mail goes to an address again.
///
/// # Errors
/// `NotFound` (organization, or nothing was stopped), `Forbidden`.
pub async fn lift_stop(engine: &Engine, actor: &Actor, organization: OrganizationId, address: &str, now: Time) -> Result<(), Error> {
    let store = &engine.store;
    let partner = partner_of(store, actor, organization).await?;
    scope::require(actor, Action::ManageDelivery, "change the delivery of reports")?;
    let tx = store.begin_for(partner).await?;
    let gone = mail_stop::Entity::delete_many()
        .filter(mail_stop::Column::PartnerId.eq(partner.0))
        .filter(mail_stop::Column::Address.eq(address.trim().to_lowercase()))
        .filter(reports_of(organization))
        .exec(&tx)
        .await?;
    if gone.rows_affected == 0 {
        return Err(Error::NotFound("stopped address"));
    }
    let detail = json!({ "address": address.trim() });
    let entry =
        Entry { partner, organization: Some(organization), what: "mail.resume", subject: format!("organization:{organization}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}
