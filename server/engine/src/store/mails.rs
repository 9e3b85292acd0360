//! The outbox: one row for each copy of a message, its story, and the addresses that get nothing any more (D7).
//!
//! Queued in the transaction of what it tells of, under a name of its own (`once`), so that a second attempt adds nothing. A server claims a
//! copy, writes down that it hands it over, and then what came of it (`claim.rs`); people look and act (`list.rs`, `commands.rs`). What a
//! message looks like isn't decided here: the server makes it of `Content`.

mod bounce;
mod claim;
mod commands;
mod expiry;
mod keep_back;
mod list;
mod stops;

pub use bounce::{Fate, told};
pub use claim::{Claim, Outcome, claim_due, earliest, finish, free_at_start, hand_over};
pub use commands::{cancel, send_again, send_test};
pub use expiry::{CONTENTS_KEPT, Emptied, ROWS_KEPT, empty};
pub(crate) use keep_back::keep_back;
pub(crate) use list::of_once;
pub use list::{Delivery, EventRow, MailFilter, MailRow, content_of, get, list, of_organization, of_report};
pub use stops::{StopRow, lift_stop, stops, unsubscribe};
pub(crate) use stops::{lift_stops, stops_of};

use super::{Store, entity::mail_event, sql::Sql};
use crate::error::Error;
use domain::{
    ids::{MailId, OrganizationId, PartnerId, ReportId},
    mail::{MailEventKind, MailKind, MailState},
    time::Time,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

/// Longest address, in bytes (RFC 5321).
const LONGEST_ADDRESS: usize = 254;
/// What is kept of the other side's words, in characters.
const LONGEST_SAID: usize = 500;

/// What a message is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The copy's report: text, tables and PDF follow from what it was frozen with.
    Report {
        /// Somebody sends it to themselves.
        test: bool,
    },
    /// As it is to be read.
    Written(Written),
    /// It has been kept long enough.
    Gone,
}

/// A message as it is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Plain text.
    pub text: String,
    /// HTML, a whole document; empty: text only. `UNSUBSCRIBE-LINK` becomes the address that unsubscribes, where the kind of mail has one;
    /// the text gets a line with it.
    pub html: String,
    /// Pictures that the HTML shows as `cid:NAME`.
    #[serde(default)]
    pub pictures: Vec<Picture>,
}

/// A picture in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Its name in the message: letters, digits, `-`.
    pub cid: String,
    /// A PNG as Base64.
    pub png: String,
}

/// A copy to be queued.
#[derive(Clone, Debug)]
pub struct New {
    /// Whose.
    pub partner: PartnerId,
    /// About which organization; none: the partner itself.
    pub organization: Option<OrganizationId>,
    /// What it is.
    pub kind: MailKind,
    /// Which report it is a copy of.
    pub report: Option<ReportId>,
    /// What it is a copy of, for example `report:ID:ADDRESS`: queued once in a partner.
    pub once: String,
    /// To whom: one address.
    pub recipient: String,
    /// Its subject, one line.
    pub subject: String,
    /// What it is made of.
    pub content: Content,
}

/// What queuing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It waits for its turn.
    New(MailId),
    /// It was queued before.
    Known,
    /// The address gets nothing any more: the row says so, and nothing is sent.
    Stopped(MailId),
}

/// Queues a copy within the transaction of what it tells of.
///
/// # Errors
/// `Invalid` (address); the database fails.
pub async fn queue(store: &Store, tx: &DatabaseTransaction, new: New, now: Time) -> Result<Queued, Error> {
    let recipient = new.recipient.trim();
    let whole = recipient.rsplit_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    if !whole || recipient.len() > LONGEST_ADDRESS || recipient.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::invalid("invalid_address", "recipient", "Write one mail address, for example ops@example.com."));
    }
    let stopped = match new.kind {
        // What somebody asked for just now is tried all the same.
        MailKind::Test | MailKind::Code => None,
        MailKind::Report | MailKind::Summary => stops::of(tx, new.partner, recipient, &stops::kind_of(new.kind, new.organization)).await?,
    };
    let (id, organization) = (MailId(store.id(now)), new.organization.map_or(0, |o| o.0));
    let state = if stopped.is_some() { MailState::Cancelled } else { MailState::Queued };
    let said = stopped.as_ref().map(stops::words).unwrap_or_default();
    let mut sql = Sql::new(
        "INSERT INTO mails (partner_id, id, organization_id, kind, report_id, once, recipient, subject, message, message_id, state, next_at, said, made_at, ended_at) VALUES (",
    );
    sql.bind(new.partner.0).push(", ").bind(id.0).push(", ").bind(organization).push(", ").bind(new.kind.as_str()).push(", ");
    sql.bind(new.report.map(|report| report.0)).push(", ").bind(new.once).push(", ").bind(recipient).push(", ");
    sql.bind(one_line(&new.subject)).push(", ").bind(serde_json::to_vec(&new.content)?).push(", ");
    sql.bind(format!("{}.{id}", new.partner)).push(", ").bind(state.as_str()).push(", ");
    sql.bind(stopped.is_none().then_some(now.0)).push(", ").bind(said.clone()).push(", ").bind(now.0).push(", ");
    sql.bind(stopped.is_some().then_some(now.0)).push(") ON CONFLICT (partner_id, once) DO NOTHING");
    if tx.execute_raw(sql.build(tx.get_database_backend())).await?.rows_affected() == 0 {
        return Ok(Queued::Known);
    }
    record(tx, new.partner, id, MailEventKind::Queued, "", now).await?;
    if stopped.is_none() {
        return Ok(Queued::New(id));
    }
    record(tx, new.partner, id, MailEventKind::Cancelled, &said, now).await?;
    Ok(Queued::Stopped(id))
}

/// Queues one copy of a report for each address. Gives how many are new and wait for their turn.
///
/// # Errors
/// As [`queue`].
pub async fn queue_report(
    store: &Store,
    tx: &DatabaseTransaction,
    (partner, organization, report): (PartnerId, OrganizationId, ReportId),
    subject: &str,
    addresses: &[String],
    now: Time,
) -> Result<usize, Error> {
    let mut queued = 0;
    for address in addresses {
        let new = New {
            partner,
            organization: Some(organization),
            kind: MailKind::Report,
            report: Some(report),
            once: format!("report:{report}:{}", address.trim().to_lowercase()),
            recipient: address.clone(),
            subject: subject.to_owned(),
            content: Content::Report { test: false },
        };
        queued += usize::from(matches!(queue(store, tx, new, now).await?, Queued::New(_)));
    }
    Ok(queued)
}

/// Adds to a copy's story.
async fn record<C: ConnectionTrait>(
    conn: &C,
    partner: PartnerId,
    id: MailId,
    kind: MailEventKind,
    said: &str,
    now: Time,
) -> Result<(), Error> {
    let last: Option<i64> = mail_event::Entity::find()
        .select_only()
        .column(mail_event::Column::Seq)
        .filter(mail_event::COLUMN.partner_id.eq(partner.0))
        .filter(mail_event::COLUMN.mail_id.eq(id.0))
        .order_by_desc(mail_event::Column::Seq)
        .limit(1)
        .into_tuple()
        .one(conn)
        .await?;
    let row = mail_event::ActiveModel {
        partner_id: Set(partner.0),
        mail_id: Set(id.0),
        seq: Set(last.unwrap_or(0) + 1),
        at: Set(now.0),
        kind: Set(kind.as_str().to_owned()),
        said: Set(kept(said)),
    };
    mail_event::Entity::insert(row).exec_without_returning(conn).await?;
    Ok(())
}

fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// What is kept of the other side's words.
fn kept(said: &str) -> String {
    one_line(said).chars().take(LONGEST_SAID).collect()
}
