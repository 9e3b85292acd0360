//! The outbox: what was mailed, what waits, what came back, and what to do about it.

use crate::error::UiError;
use domain::{
    ids::{MailId, OrganizationId},
    mail::{MailEventKind, MailKind, MailState},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Which copies are listed: a word of the URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// All of them.
    #[default]
    All,
    /// Those that wait or are tried again.
    Waiting,
    /// Those that somebody should look at.
    Trouble,
    /// Those that were taken.
    Sent,
}

impl Which {
    /// Of a word; an unknown one means all.
    pub fn of(word: &str) -> Self {
        match word {
            "waiting" => Self::Waiting,
            "trouble" => Self::Trouble,
            "sent" => Self::Sent,
            _ => Self::All,
        }
    }

    /// The states that it means; none: any.
    pub const fn states(self) -> &'static [MailState] {
        match self {
            Self::All => &[],
            Self::Waiting => &[MailState::Queued, MailState::Deferred, MailState::HandingOver],
            Self::Trouble => &[MailState::InDoubt, MailState::Bounced, MailState::Failed],
            Self::Sent => &[MailState::Sent],
        }
    }
}

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLine {
    /// Which.
    pub id: MailId,
    /// What it is.
    pub kind: MailKind,
    /// About which organization.
    pub organization: Option<(OrganizationId, String)>,
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
    /// What it said isn't kept any more.
    pub gone: bool,
}

/// The outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxView {
    /// The address that all mail comes from.
    pub sender: String,
    /// The mail server; none: mail goes to a folder.
    pub server: Option<String>,
    /// Latest first.
    pub rows: Vec<MailLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Something that happened to a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailMoment {
    /// When.
    pub at: Time,
    /// What.
    pub kind: MailEventKind,
    /// The other side's words.
    pub said: String,
}

/// A copy with its story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailView {
    /// The copy.
    pub line: MailLine,
    /// First to last.
    pub moments: Vec<MailMoment>,
}

#[cfg(feature = "ssr")]
fn line(row: engine::store::mails::MailRow) -> MailLine {
    MailLine {
        id: row.id,
        kind: row.kind,
        organization: row.organization,
        recipient: row.recipient,
        subject: row.subject,
        state: row.state,
        tries: row.tries,
        next_at: row.next_at,
        said: row.said,
        made_at: row.made_at,
        gone: row.gone,
    }
}

/// The actor's partner's outbox, latest first.
///
/// # Errors
/// `forbidden`, `invalid_cursor`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/outbox", output = crate::wire::Wire)]
pub async fn outbox(
    /// `waiting`, `trouble`, `sent`; else all.
    which: String,
    /// Where to go on.
    cursor: Option<String>,
) -> Result<OutboxView, UiError> {
    use crate::context::{MailFrom, MailServer};
    use engine::store::mails::{self, MailFilter};
    let (engine, actor) = crate::context::actor()?;
    let filter = MailFilter { states: Which::of(&which).states().to_vec(), cursor, limit: Some(50), ..MailFilter::default() };
    let page = mails::list(&engine.store, &actor, &filter).await?;
    Ok(OutboxView {
        sender: use_context::<MailFrom>().unwrap_or_default().0,
        server: use_context::<MailServer>().unwrap_or_default().0,
        rows: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
    })
}

/// One copy with its story.
///
/// # Errors
/// `not_found`, `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/mail", output = crate::wire::Wire)]
pub async fn mail(
    /// Which.
    id: String,
) -> Result<MailView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let id = id.parse().map_err(|_| UiError::not_found("mail"))?;
    let delivery = engine::store::mails::get(&engine.store, &actor, id).await?;
    let moments = delivery.events.into_iter().map(|event| MailMoment { at: event.at, kind: event.kind, said: event.said }).collect();
    Ok(MailView { line: line(delivery.row), moments })
}

/// Sends a copy again that surely, or maybe, has not arrived.
///
/// # Errors
/// `not_found`, `forbidden`, `not_over`, `address_stopped`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/send_mail_again", output = crate::wire::Wire)]
pub async fn send_mail_again(
    /// Which.
    id: MailId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mails::send_again(&engine, &actor, id, (engine.clock)()).await?;
    Ok(())
}

/// Keeps a copy back that hasn't gone yet.
///
/// # Errors
/// `not_found`, `forbidden`, `not_waiting`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/cancel_mail", output = crate::wire::Wire)]
pub async fn cancel_mail(
    /// Which.
    id: MailId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mails::cancel(&engine, &actor, id, (engine.clock)()).await?;
    Ok(())
}
