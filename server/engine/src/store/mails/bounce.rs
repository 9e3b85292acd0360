//! What other mail servers told later of a copy that was taken (delivery status notifications).

use super::{kept, record, stops};
use crate::{
    error::Error,
    store::{Store, entity::mail, facts::parse},
};
use domain::{
    ids::{MailId, PartnerId},
    mail::{MailEventKind, MailState},
    time::Time,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbBackend, EntityTrait, IntoActiveModel, QuerySelect, sea_query::LockType};

/// What was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It came back for good, and the address is to blame (5.x): it gets none any more.
    Gone,
    /// It came back, but not because of the address (4.x that lasted, or a refusal of the message).
    Back,
    /// It is held on the way and tried again.
    Delayed,
    /// It has arrived.
    Delivered,
}

/// Takes in what was told of a copy. False: there is no such copy any more. The same told twice adds nothing.
///
/// # Errors
/// The database fails.
pub async fn told(store: &Store, partner: PartnerId, id: MailId, fate: Fate, said: &str, now: Time) -> Result<bool, Error> {
    let tx = store.begin().await?;
    let mut query = mail::Entity::find_by_id((partner.0, id.0));
    if store.backend() == DbBackend::Postgres {
        query = query.lock(LockType::NoKeyUpdate);
    }
    let Some(row) = query.one(&tx).await? else { return Ok(false) };
    let said = kept(said);
    let state = parse::<MailState>(&row.state)?;
    let event = match fate {
        Fate::Gone | Fate::Back => MailEventKind::Bounced,
        Fate::Delayed => MailEventKind::Delayed,
        Fate::Delivered => MailEventKind::Delivered,
    };
    if state == MailState::Bounced && event == MailEventKind::Bounced && row.said == said {
        return Ok(true);
    }
    if fate == Fate::Gone {
        stops::bounced(&tx, partner, &row.recipient, &said, now).await?;
    }
    let taken = matches!(state, MailState::Sent | MailState::InDoubt | MailState::HandingOver);
    let next = match event {
        MailEventKind::Bounced if taken || state == MailState::Bounced => Some(MailState::Bounced),
        // Whoever tells of it has it: it isn't in doubt any more.
        MailEventKind::Delayed | MailEventKind::Delivered if state == MailState::InDoubt => Some(MailState::Sent),
        _ => None,
    };
    if let Some(next) = next {
        let mut row = row.into_active_model();
        row.state = Set(next.as_str().to_owned());
        row.next_at = Set(None);
        row.said = Set(said.clone());
        row.ended_at = Set(Some(now.0));
        row.update(&tx).await?;
    }
    record(&tx, partner, id, event, &said, now).await?;
    tx.commit().await?;
    Ok(true)
}
