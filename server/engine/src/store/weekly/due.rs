//! Which summaries are due, and that each goes once: a server that has made one compares and sets its due time in the transaction that queues the
//! copies, and a copy has a name of its own in the outbox. After an absence only the latest week that was missed is told.

use super::{Figures, find, kept, once, rhythm, settings, zone};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::user,
        facts::at,
        mail_domains,
        mails::{self, Content, New, Queued, Written},
        sql::Sql,
    },
};
use domain::{
    access::{Actor, Ground},
    ids::{MailId, PartnerId},
    mail::MailKind,
    time::Time,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait};
use serde_json::json;

/// Summaries that are looked at in one go.
const PORTION: u64 = 20;

/// A summary that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub partner: PartnerId,
    /// The day on which it was due: it tells of the seven before.
    pub day: i32,
    /// The due time that was found.
    seen: Time,
    /// When the next one is due.
    next: Time,
}

/// Summaries that are due by `now`, those of longest ago first; at most twenty. What only has to be worked out anew is.
///
/// # Errors
/// The database fails.
pub async fn due(store: &Store, now: Time) -> Result<Vec<Due>, Error> {
    let mut sql = Sql::new("SELECT partner_id FROM weekly_summaries WHERE enabled AND next_at <= ");
    sql.bind(now.0).push(" ORDER BY next_at LIMIT ").push(&PORTION.to_string());
    let mut found = Vec::new();
    for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
        let partner = PartnerId(at(&row, 0)?);
        let Some(row) = find(store.reads(), partner).await? else { continue };
        let Some(seen) = row.next_at.filter(|at| row.enabled && *at <= now.0).map(Time) else { continue };
        let (rhythm, zone, sent) = (rhythm(&row), zone(store.reads(), partner).await?, settings::last_day(&row));
        let (day, _) = rhythm.latest(now, zone);
        if seen.0 == 0 || sent.is_some_and(|sent| sent >= day) {
            let tx = store.begin().await?;
            move_on(&tx, partner, seen, rhythm.next(now, sent, zone).1, None).await?;
            tx.commit().await?;
            continue;
        }
        found.push(Due { partner, day, seen, next: rhythm.next(now, Some(day), zone).1 });
    }
    Ok(found)
}

/// When the next summary is due; for whoever waits.
///
/// # Errors
/// The database fails.
pub async fn earliest(store: &Store) -> Result<Option<Time>, Error> {
    let sql = Sql::new("SELECT MIN(next_at) FROM weekly_summaries WHERE enabled");
    let row = store.reads().query_one_raw(sql.build(store.backend())).await?;
    Ok(row.map(|row| at::<Option<i64>>(&row, 0)).transpose()?.flatten().map(Time))
}

/// Sets the due time, if it is still the one that was seen. `day`: a summary of that day goes.
async fn move_on(tx: &DatabaseTransaction, partner: PartnerId, seen: Time, next: Time, day: Option<i32>) -> Result<bool, Error> {
    let mut sql = Sql::new("UPDATE weekly_summaries SET next_at = ");
    sql.bind(next.0);
    if let Some(day) = day {
        sql.push(", last_day = ").bind(i64::from(day));
    }
    sql.push(" WHERE partner_id = ").bind(partner.0).push(" AND enabled AND next_at = ").bind(seen.0);
    Ok(tx.execute_raw(sql.build(tx.get_database_backend())).await?.rows_affected() == 1)
}

/// The partner has moved to another zone: when its next summary is due has to be worked out anew.
pub(crate) async fn work_out_anew(tx: &DatabaseTransaction, partner: PartnerId) -> Result<(), Error> {
    let mut sql = Sql::new("UPDATE weekly_summaries SET next_at = 0 WHERE enabled AND partner_id = ");
    sql.bind(partner.0);
    tx.execute_raw(sql.build(tx.get_database_backend())).await?;
    Ok(())
}

/// Queues a summary's copies and keeps what it says. Gives how many wait for their turn; none: another server was first, or it was switched off.
///
/// # Errors
/// The database fails; then nothing is queued, and it stays due.
pub async fn send(
    store: &Store,
    due: &Due,
    figures: Figures,
    (subject, content): (&str, &Written),
    now: Time,
) -> Result<Option<usize>, Error> {
    let partner = due.partner;
    let tx = store.begin_for(partner).await?;
    if !move_on(&tx, partner, due.seen, due.next, Some(due.day)).await? {
        return Ok(None);
    }
    let Some(row) = find(&tx, partner).await? else { return Ok(None) };
    let domains = mail_domains::proved(&tx, partner, None).await?;
    let mut to: Vec<String> = serde_json::from_str(&row.addresses)?;
    to.retain(|address| settings::is_proved(address, &domains));
    let mut queued = 0;
    for address in &to {
        let new = New {
            partner,
            organization: None,
            kind: MailKind::Summary,
            report: None,
            once: once(partner, due.day, address),
            recipient: address.clone(),
            subject: subject.to_owned(),
            content: Content::Written(content.clone()),
        };
        queued += usize::from(matches!(mails::queue(store, &tx, new, now).await?, Queued::New(_)));
    }
    let (from, until) = figures.week();
    let detail = json!({ "from_day": from, "until_day": until, "addresses": to });
    let id = kept::keep(store, &tx, partner, &kept::Kept { figures, to }, now).await?;
    let entry = Entry { partner, organization: None, what: "report.weekly_send", subject: format!("report:{id}"), detail };
    audit::append(&tx, "system".to_owned(), entry, now).await?;
    tx.commit().await?;
    Ok(Some(queued))
}

/// Sends a summary to the signed-in person's own address, as it would go now. Once a minute and person.
///
/// # Errors
/// `NotFound`, `Forbidden` (also for a key: it has no address), `Conflict` (one was sent within this minute).
pub async fn send_test(engine: &Engine, actor: &Actor, subject: &str, content: Written, now: Time) -> Result<MailId, Error> {
    let store = &engine.store;
    let partner = settings::own(actor, "send a test of the weekly summary")?;
    let Ground::Member(person, _) = actor.ground else { return Err(Error::Forbidden("send a test without a person's address")) };
    let address = user::Entity::find_by_id(person.0).one(store.reads()).await?.ok_or(Error::NotFound("person"))?.email;
    let new = New {
        partner,
        organization: None,
        kind: MailKind::Test,
        report: None,
        once: format!("weekly-test:{person}:{}", now.0 / 60_000),
        recipient: address.clone(),
        subject: subject.to_owned(),
        content: Content::Written(content),
    };
    let tx = store.begin_for(partner).await?;
    let id = match mails::queue(store, &tx, new, now).await? {
        Queued::New(id) | Queued::Stopped(id) => id,
        Queued::Known => return Err(Error::conflict("too_soon", "A test was sent within this minute. Look into your mailbox first.")),
    };
    let detail = json!({ "recipient": address });
    let entry = Entry { partner, organization: None, what: "mail.test", subject: format!("mail:{id}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(id)
}
