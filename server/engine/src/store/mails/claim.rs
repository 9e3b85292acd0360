//! Sending, as the store sees it: a server claims a copy, writes down that its last byte is about to go, and then what came of it.
//!
//! While a server holds a copy, `next_at` is the end of its lease: so one index finds what is due and what was left lying. A lease that ran
//! out before the hand-over began is no harm: the copy is tried again. One that ran out after it means that the message may have arrived:
//! the copy is in doubt and stays so until a person decides. Whoever was too late finds that the row isn't theirs any more.

use super::{Content, kept, record, stops};
use crate::{
    error::Error,
    store::{Store, entity::mail, facts::parse},
};
use domain::{
    ids::{MailId, OrganizationId, PartnerId, ReportId},
    mail::{self as rules, MailEventKind, MailKind, MailState},
    time::{Span, Time},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};

/// How long a server may take from claim to hand-over, and again from there to the answer.
pub const LEASE: Span = Span::minutes(10);
/// What is said of a copy whose sender was stopped.
const CUT_SHORT: &str =
    "The server was stopped between the end of the message and the answer: it may have arrived. Send it again if it has not.";

/// A copy that this server may send now.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose.
    pub partner: PartnerId,
    /// Which copy.
    pub id: MailId,
    /// About which organization.
    pub organization: Option<OrganizationId>,
    /// What it is.
    pub kind: MailKind,
    /// Which report it is a copy of.
    pub report: Option<ReportId>,
    /// To whom.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// What it is made of.
    pub content: Content,
    /// When it was queued: the date that it bears.
    pub made_at: Time,
    /// Which try this is, from 1.
    pub tries: i64,
    by: String,
}

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has it; with its words.
    Sent(String),
    /// Not now (4.x, no connection): tried again later.
    Deferred(String),
    /// The address doesn't take mail (5.x): it gets none any more.
    Bounced(String),
    /// The message is refused, not the address: given up.
    Failed(String),
    /// The last byte went, and no answer came.
    InDoubt(String),
}

/// When the next copy is due; none: none is.
///
/// # Errors
/// The database fails.
pub async fn earliest(store: &Store) -> Result<Option<Time>, Error> {
    let next: Option<Option<i64>> = mail::Entity::find()
        .select_only()
        .column(mail::Column::NextAt)
        .filter(mail::Column::NextAt.is_not_null())
        .order_by_asc(mail::Column::NextAt)
        .limit(1)
        .into_tuple()
        .one(store.reads())
        .await?;
    Ok(next.flatten().map(Time))
}

/// Where one server alone uses the store, what another held is free as soon as it starts: nobody waits for a lease of a process that is gone.
///
/// # Errors
/// The database fails.
pub async fn free_at_start(store: &Store, now: Time) -> Result<(), Error> {
    if store.backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let tx = store.begin().await?;
    mail::Entity::update_many()
        .col_expr(mail::Column::NextAt, now.0.into())
        .col_expr(mail::Column::LeaseUntil, now.0.into())
        .filter(mail::Column::NextAt.gt(now.0))
        .filter(mail::Column::LeaseUntil.is_not_null())
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Claims the copy that is due longest, for the server `by`. What was left lying in the midst of its hand-over becomes in doubt on the way.
///
/// # Errors
/// The database fails.
pub async fn claim_due(store: &Store, by: &str, now: Time) -> Result<Option<Claim>, Error> {
    loop {
        let tx = store.begin().await?;
        let mut query = mail::Entity::find()
            .filter(mail::Column::NextAt.is_not_null())
            .filter(mail::Column::NextAt.lte(now.0))
            .order_by_asc(mail::Column::NextAt)
            .limit(1);
        if store.backend() == DbBackend::Postgres {
            query = query.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
        }
        let Some(row) = query.one(&tx).await? else { return Ok(None) };
        let id = (PartnerId(row.partner_id), MailId(row.id));
        match parse::<MailState>(&row.state)? {
            MailState::HandingOver => {
                end(&tx, row, MailState::InDoubt, CUT_SHORT, now).await?;
                record(&tx, id.0, id.1, MailEventKind::InDoubt, CUT_SHORT, now).await?;
                tx.commit().await?;
            }
            MailState::Queued | MailState::Deferred => {
                let claim = claim(&row, by)?;
                let tries = row.tries + 1;
                let mut row = row.into_active_model();
                row.tries = Set(tries);
                row.next_at = Set(Some((now + LEASE).0));
                row.lease_until = Set(Some((now + LEASE).0));
                row.leased_by = Set(by.to_owned());
                row.update(&tx).await?;
                tx.commit().await?;
                return Ok(Some(claim));
            }
            // Never due by what is written here; if it is, it would be found again and again.
            state => {
                tracing::error!(mail = %id.1, state = state.as_str(), "a mail that is over was due");
                let mut row = row.into_active_model();
                row.next_at = Set(None);
                row.update(&tx).await?;
                tx.commit().await?;
            }
        }
    }
}

fn claim(row: &mail::Model, by: &str) -> Result<Claim, Error> {
    Ok(Claim {
        partner: PartnerId(row.partner_id),
        id: MailId(row.id),
        organization: (row.organization_id != 0).then_some(OrganizationId(row.organization_id)),
        kind: parse(&row.kind)?,
        report: row.report_id.map(ReportId),
        recipient: row.recipient.clone(),
        subject: row.subject.clone(),
        content: serde_json::from_slice(&row.message)?,
        made_at: Time(row.made_at),
        tries: row.tries + 1,
        by: by.to_owned(),
    })
}

/// Writes down that the last byte is about to go; durable when this returns. False: the copy isn't ours any more (its lease ran out, or it was
/// cancelled), and the last byte must not go.
///
/// # Errors
/// The database fails: the last byte must not go either.
pub async fn hand_over(store: &Store, claim: &Claim, now: Time) -> Result<bool, Error> {
    let tx = store.begin().await?;
    let until = now + LEASE;
    let changed = mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(MailState::HandingOver.as_str()))
        .col_expr(mail::Column::NextAt, until.0.into())
        .col_expr(mail::Column::LeaseUntil, until.0.into())
        .filter(mail::Column::PartnerId.eq(claim.partner.0))
        .filter(mail::Column::Id.eq(claim.id.0))
        .filter(mail::Column::LeasedBy.eq(claim.by.as_str()))
        .filter(mail::Column::LeaseUntil.gt(now.0))
        .filter(mail::Column::State.is_in([MailState::Queued.as_str(), MailState::Deferred.as_str()]))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(changed.rows_affected == 1)
}

/// Writes down what came of sending. What is known for sure is taken even if others have called the copy in doubt meanwhile.
///
/// # Errors
/// The database fails: call it again.
pub async fn finish(store: &Store, claim: &Claim, outcome: Outcome, now: Time) -> Result<(), Error> {
    let tx = store.begin().await?;
    let mut query = mail::Entity::find_by_id((claim.partner.0, claim.id.0));
    if store.backend() == DbBackend::Postgres {
        query = query.lock(LockType::NoKeyUpdate);
    }
    let ours = query.one(&tx).await?.filter(|row| row.leased_by == claim.by);
    let Some(row) = ours else { return Ok(()) };
    let before = parse::<MailState>(&row.state)?;
    if before.is_over() && before != MailState::InDoubt {
        return Ok(());
    }
    let outcome = match outcome {
        Outcome::Deferred(said) if now - Time(row.made_at).max(asked_at(&row)) >= rules::LONGEST => {
            Outcome::Failed(format!("Given up after three days of tries. {said}"))
        }
        other => other,
    };
    let (state, event, said) = match &outcome {
        Outcome::Sent(said) => (MailState::Sent, MailEventKind::Sent, said),
        Outcome::Deferred(said) => (MailState::Deferred, MailEventKind::Deferred, said),
        Outcome::Bounced(said) => (MailState::Bounced, MailEventKind::Bounced, said),
        Outcome::Failed(said) => (MailState::Failed, MailEventKind::Failed, said),
        Outcome::InDoubt(said) => (MailState::InDoubt, MailEventKind::InDoubt, said),
    };
    if state == MailState::Bounced {
        stops::bounced(&tx, claim.partner, &row.recipient, said, now).await?;
    }
    if state == MailState::Deferred {
        let tries = row.tries;
        let mut row = row.into_active_model();
        row.state = Set(state.as_str().to_owned());
        row.next_at = Set(Some((now + jittered(rules::pause(tries))).0));
        row.lease_until = Set(None);
        row.leased_by = Set(String::new());
        row.said = Set(kept(said));
        row.update(&tx).await?;
    } else {
        end(&tx, row, state, said, now).await?;
    }
    record(&tx, claim.partner, claim.id, event, said, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A copy that a person has sent again is tried for three days from then on: its tries began anew, and so did `ended_at`.
fn asked_at(row: &mail::Model) -> Time {
    Time(row.ended_at.unwrap_or(row.made_at))
}

/// Up to a fifth shorter.
fn jittered(pause: Span) -> Span {
    Span(pause.0 - rand::random_range(0..=pause.0 / 5))
}

/// Nothing more happens by itself. Who held it stays known: its answer may still come.
async fn end(tx: &DatabaseTransaction, row: mail::Model, state: MailState, said: &str, now: Time) -> Result<(), Error> {
    let mut row = row.into_active_model();
    row.state = Set(state.as_str().to_owned());
    row.next_at = Set(None);
    row.lease_until = Set(None);
    row.said = Set(kept(said));
    row.ended_at = Set(Some(now.0));
    row.update(tx).await?;
    Ok(())
}
