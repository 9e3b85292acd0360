//! Sessions: signing in and out, and who a token belongs to.
//!
//! Only hashes of tokens are stored. A session ends after 30 days, or 12 hours without use. Whether an address is known can't be told
//! from answers or from the work done: unknown addresses fail, take time and are locked in the same way.

mod own;

pub use own::{Membership, SessionRow, change_password, end, end_others, list, switch};

use super::{
    Store,
    audit::{self, Entry, hex},
    entity::{membership, organization, session, user},
    people,
};
use crate::{error::Error, password};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    access::{Actor, Ground, Role, Scope},
    ids::{OrganizationId, PartnerId, SessionId, UserId},
    time::{Span, Time},
};
use parking_lot::Mutex;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, time::Duration};

/// A session ends so long after signing in.
pub const LONGEST: Span = Span::days(30);
/// A session ends so long after its last use.
pub const IDLE: Span = Span::hours(12);
const SEEN_EVERY: Span = Span::MINUTE;
const FREE_FAILURES: i64 = 5;
const LONGEST_LOCK: Span = Span::HOUR;
const MOST_STRANGERS: usize = 10_000;
const LONGEST_USER_AGENT: usize = 200;
/// A refusal is given at a multiple of this after the request came, so that what was written meanwhile doesn't show.
const REFUSAL_STEP: Duration = Duration::from_millis(200);

/// A successful sign-in. The token is shown once.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// For the cookie.
    pub token: String,
    /// Which session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// When it ends at the latest.
    pub expires_at: Time,
}

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown address or wrong password.
    #[error("The address or the password is wrong.")]
    WrongCredentials,
    /// Too many failures for this address.
    #[error("Too many failed attempts. Try again later.")]
    LockedUntil(Time),
    /// Nothing was tried.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sea_orm::DbErr> for SignInError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which session.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// What the person may, and where.
    pub actor: Actor,
    /// The role the session acts in.
    pub role: Role,
    /// The partner it acts in.
    pub partner: PartnerId,
    /// That partner's name.
    pub partner_name: String,
    /// That partner's IANA zone.
    pub time_zone: String,
    /// Client roles: the organization and its name.
    pub organization: Option<(OrganizationId, String)>,
    /// The person's other memberships, to switch to.
    pub others: Vec<Membership>,
    /// Token that forms must send back; derived from the session's token.
    pub csrf: String,
    /// When it ends at the latest.
    pub expires_at: Time,
}

/// Failures of addresses that nobody has. In memory, bounded.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<HashMap<[u8; 32], (i64, Time)>>);

impl Strangers {
    /// Counts an attempt, unless the address is locked: then until when.
    fn attempt(&self, address: &str, now: Time) -> Option<Time> {
        let key: [u8; 32] = Sha256::digest(address).into();
        let mut known = self.0.lock();
        if known.len() >= MOST_STRANGERS && !known.contains_key(&key) {
            known.retain(|_, (_, until)| *until > now);
            if known.len() >= MOST_STRANGERS {
                known.clear();
            }
        }
        let (failures, locked_until) = known.entry(key).or_insert((0, Time(0)));
        if *locked_until > now {
            return Some(*locked_until);
        }
        *failures += 1;
        *locked_until = lock_after(*failures, now).unwrap_or(Time(0));
        None
    }
}

/// When a row was last marked as seen by this process.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<i64, Time>>);

impl Seen {
    /// True at most once a minute for an id.
    pub(crate) fn is_due(&self, id: i64, stored: Option<Time>, now: Time) -> bool {
        if stored.is_some_and(|at| now - at < SEEN_EVERY) {
            return false;
        }
        let mut seen = self.0.lock();
        if seen.len() >= MOST_STRANGERS {
            seen.clear();
        }
        match seen.get(&id) {
            Some(at) if now - *at < SEEN_EVERY => false,
            _ => {
                seen.insert(id, now);
                true
            }
        }
    }
}

/// Until when an address is locked after so many failures in a row: from the fifth on, 1 minute doubling to 1 hour.
fn lock_after(failures: i64, now: Time) -> Option<Time> {
    let beyond = failures - FREE_FAILURES;
    (beyond >= 0).then(|| now + Span(LONGEST_LOCK.0.min(Span::MINUTE.0 << beyond.min(10))))
}

pub(crate) fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

fn csrf(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("csrf {token}")))
}

/// Signs in. Takes the time of one password hash, whatever the outcome, unless the address is locked.
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in(store: &Store, email: &str, password: &str, user_agent: &str, now: Time) -> Result<SignIn, SignInError> {
    let began = tokio::time::Instant::now();
    let outcome = try_sign_in(store, email, password, user_agent, now).await;
    if matches!(outcome, Err(SignInError::WrongCredentials)) {
        let steps = began.elapsed().as_millis() / REFUSAL_STEP.as_millis() + 1;
        tokio::time::sleep_until(began + REFUSAL_STEP * u32::try_from(steps).unwrap_or(1)).await;
    }
    outcome
}

async fn try_sign_in(store: &Store, email: &str, password: &str, user_agent: &str, now: Time) -> Result<SignIn, SignInError> {
    let address = email.trim().to_lowercase();
    let known = people::by_email(store.reads(), &address).await?;
    // An attempt counts as failed until it has succeeded: so many at once don't outrun the lock.
    let locked = match &known {
        Some(user) => count_attempt(store, UserId(user.id), now).await?,
        None => store.short().strangers.attempt(&address, now),
    };
    if let Some(until) = locked {
        return Err(SignInError::LockedUntil(until));
    }
    let fits = password::fits(password.to_owned(), known.as_ref().map(|u| u.password_hash.clone())).await?;
    let Some(known) = known else { return Err(SignInError::WrongCredentials) };
    let user = UserId(known.id);
    let held = people::held_by(store.reads(), user).await?;
    let Some(held) = held.first() else { return Err(SignInError::WrongCredentials) };
    let partner = PartnerId(held.partner_id);
    let tx = store.begin_for(partner).await?;
    if !fits || known.disabled {
        record(&tx, held, user, "sign_in.failed", now).await?;
        tx.commit().await?;
        return Err(SignInError::WrongCredentials);
    }
    let mut forgiven = user::ActiveModel::from(known);
    forgiven.failed_sign_ins = Set(0);
    forgiven.locked_until = Set(None);
    forgiven.update(&tx).await?;
    let signed_in = insert(store, &tx, held, user_agent, now).await?;
    record(&tx, held, user, "sign_in", now).await?;
    tx.commit().await?;
    Ok(signed_in)
}

async fn count_attempt(store: &Store, user: UserId, now: Time) -> Result<Option<Time>, Error> {
    let tx = store.begin().await?;
    let Some(row) = user::Entity::find_by_id(user.0).lock_exclusive().one(&tx).await? else { return Ok(None) };
    if let Some(until) = row.locked_until.filter(|until| *until > now.0) {
        return Ok(Some(Time(until)));
    }
    let failures = row.failed_sign_ins + 1;
    let mut model = user::ActiveModel::from(row);
    model.failed_sign_ins = Set(failures);
    model.locked_until = Set(lock_after(failures, now).map(|t| t.0));
    model.update(&tx).await?;
    tx.commit().await?;
    Ok(None)
}

async fn insert(store: &Store, tx: &DatabaseTransaction, held: &membership::Model, user_agent: &str, now: Time) -> Result<SignIn, Error> {
    let mut secret = [0u8; 32];
    rand::fill(&mut secret);
    let token = URL_SAFE_NO_PAD.encode(secret);
    let id = SessionId(store.id(now));
    let expires_at = now + LONGEST;
    session::ActiveModel {
        id: Set(id.0),
        token_hash: Set(token_hash(&token)),
        user_id: Set(held.user_id),
        partner_id: Set(held.partner_id),
        organization_id: Set(held.organization_id),
        created_at: Set(now.0),
        seen_at: Set(now.0),
        expires_at: Set(expires_at.0),
        user_agent: Set(user_agent.chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect()),
    }
    .insert(tx)
    .await?;
    Ok(SignIn { token, session: id, user: UserId(held.user_id), expires_at })
}

async fn record(tx: &DatabaseTransaction, held: &membership::Model, user: UserId, what: &'static str, now: Time) -> Result<(), Error> {
    let entry = Entry {
        partner: PartnerId(held.partner_id),
        organization: (held.organization_id != 0).then_some(OrganizationId(held.organization_id)),
        what,
        subject: format!("user:{user}"),
        detail: json!({}),
    };
    audit::append(tx, format!("user:{user}"), entry, now).await
}

fn is_live(row: &session::Model, now: Time) -> bool {
    row.expires_at > now.0 && now.0 - row.seen_at < IDLE.0
}

/// Whose token this is; none when it is unknown, ended, or its person or membership is gone.
///
/// # Errors
/// The database fails.
pub async fn find(store: &Store, token: &str, now: Time) -> Result<Option<Session>, Error> {
    let conn = store.reads();
    let stored = session::Entity::find().filter(session::COLUMN.token_hash.eq(token_hash(token))).one(conn).await?;
    let Some(row) = stored.filter(|row| is_live(row, now)) else { return Ok(None) };
    let Some(person) = user::Entity::find_by_id(row.user_id).one(conn).await?.filter(|u| !u.disabled) else { return Ok(None) };
    let mut others = people::held_by(conn, UserId(row.user_id)).await?;
    let place = others.iter().position(|m| m.partner_id == row.partner_id && m.organization_id == row.organization_id);
    let Some(held) = place.map(|place| others.remove(place)) else { return Ok(None) };
    let others = own::named(conn, others).await?;
    let actor = people::actor_of(conn, &held).await?;
    let Ground::Member(_, role) = actor.ground else { return Ok(None) };
    let partner = super::partners::find(conn, PartnerId(row.partner_id)).await?;
    let organization = match &actor.scope {
        Scope::Organization(p, o) => organization::Entity::find_by_id((p.0, o.0)).one(conn).await?.map(|m| (OrganizationId(m.id), m.name)),
        _ => None,
    };
    if store.short().seen.is_due(row.id, Some(Time(row.seen_at)), now) {
        mark_seen(store.clone(), row.id, now);
    }
    Ok(Some(Session {
        id: SessionId(row.id),
        user: UserId(row.user_id),
        name: person.name,
        email: person.email,
        actor,
        role,
        partner: PartnerId(row.partner_id),
        partner_name: partner.name,
        time_zone: partner.time_zone,
        organization,
        others,
        csrf: csrf(token),
        expires_at: Time(row.expires_at),
    }))
}

/// Off the request's path: the next mark makes good one that is lost.
fn mark_seen(store: Store, id: i64, now: Time) {
    tokio::spawn(async move {
        let marked = async {
            let tx = store.begin().await?;
            session::Entity::update_many()
                .col_expr(session::Column::SeenAt, now.0.into())
                .filter(session::COLUMN.id.eq(id))
                .filter(session::COLUMN.seen_at.lt(now.0))
                .exec(&tx)
                .await?;
            tx.commit().await
        };
        if let Err(error) = marked.await {
            tracing::warn!(%error, "session not marked as seen");
        }
    });
}

/// Ends a session by its token. Unknown tokens are fine.
///
/// # Errors
/// The database fails.
pub async fn sign_out(store: &Store, token: &str, now: Time) -> Result<(), Error> {
    let stored = session::Entity::find().filter(session::COLUMN.token_hash.eq(token_hash(token))).one(store.reads()).await?;
    let Some(row) = stored else { return Ok(()) };
    end_row(store, row, "sign_out", now).await
}

async fn end_row(store: &Store, row: session::Model, what: &'static str, now: Time) -> Result<(), Error> {
    let tx = store.begin_for(PartnerId(row.partner_id)).await?;
    let gone = session::Entity::delete_by_id(row.id).exec(&tx).await?;
    if gone.rows_affected > 0 {
        let held = membership::Model {
            partner_id: row.partner_id,
            organization_id: row.organization_id,
            user_id: row.user_id,
            role: String::new(),
            created_at: 0,
        };
        record(&tx, &held, UserId(row.user_id), what, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Removes sessions whose time is over, by age or by idleness; how many. Those that somebody ended are gone already.
///
/// # Errors
/// The database fails.
pub async fn purge(store: &Store, now: Time) -> Result<u64, Error> {
    let tx = store.begin().await?;
    let ended = Condition::any().add(session::Column::ExpiresAt.lte(now.0)).add(session::Column::SeenAt.lte((now - IDLE).0));
    let gone = session::Entity::delete_many().filter(ended).exec(&tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}
