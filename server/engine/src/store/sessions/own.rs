//! What a person does with the own sessions: look at them, end them, change the password, act in another membership.

use super::{Session, SignInError, count_attempt, end_row, is_live, record};
use crate::{
    error::Error,
    password,
    store::{
        Store,
        audit::{self, Entry},
        entity::{membership, organization, partner, session, user},
        facts::parse,
        input, people,
    },
};
use domain::{
    access::{Actor, Ground, Role},
    ids::{OrganizationId, PartnerId, SessionId, UserId},
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    /// Which session.
    pub id: SessionId,
    /// Signed in at.
    pub created_at: Time,
    /// Last used at, to the minute.
    pub seen_at: Time,
    /// When it ends at the latest.
    pub expires_at: Time,
    /// The browser, as it calls itself.
    pub user_agent: String,
}

/// Where a person may act, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// Which partner.
    pub partner: PartnerId,
    /// Its name.
    pub partner_name: String,
    /// Client roles: the organization and its name.
    pub organization: Option<(OrganizationId, String)>,
    /// What the person may there.
    pub role: Role,
}

fn own(actor: &Actor) -> Result<UserId, Error> {
    match actor.ground {
        Ground::Member(user, _) => Ok(user),
        _ => Err(Error::Forbidden("see sessions")),
    }
}

/// The actor's own live sessions, last used first.
///
/// # Errors
/// `Forbidden` for keys.
pub async fn list(store: &Store, actor: &Actor, now: Time) -> Result<Vec<SessionRow>, Error> {
    let user = own(actor)?;
    let rows = session::Entity::find()
        .filter(session::COLUMN.user_id.eq(user.0))
        .order_by_desc(session::Column::SeenAt)
        .limit(100)
        .all(store.reads())
        .await?;
    Ok(rows
        .into_iter()
        .filter(|row| is_live(row, now))
        .map(|row| SessionRow {
            id: SessionId(row.id),
            created_at: Time(row.created_at),
            seen_at: Time(row.seen_at),
            expires_at: Time(row.expires_at),
            user_agent: row.user_agent,
        })
        .collect())
}

/// Ends one of the actor's own sessions.
///
/// # Errors
/// `NotFound` when it isn't one of the actor's.
pub async fn end(store: &Store, actor: &Actor, id: SessionId, now: Time) -> Result<(), Error> {
    let user = own(actor)?;
    let row = session::Entity::find_by_id(id.0).one(store.reads()).await?.filter(|row| row.user_id == user.0);
    end_row(store, row.ok_or(Error::NotFound("session"))?, "session.end", now).await
}

/// Ends all of the actor's sessions but this one; how many.
///
/// # Errors
/// `Forbidden` for keys.
pub async fn end_others(store: &Store, actor: &Actor, stays: SessionId, now: Time) -> Result<u64, Error> {
    let user = own(actor)?;
    let rows = session::Entity::find().filter(others_of(user, stays)).all(store.reads()).await?;
    let mut ended = 0;
    for row in rows {
        let live = is_live(&row, now);
        end_row(store, row, "session.end", now).await?;
        ended += u64::from(live);
    }
    Ok(ended)
}

fn others_of(user: UserId, stays: SessionId) -> Condition {
    Condition::all().add(session::Column::UserId.eq(user.0)).add(session::Column::Id.ne(stays.0))
}

/// Changes the password of a session's person and ends the person's other sessions; how many. Guesses of the old one count as failed
/// sign-ins, so they lock the address in the same way.
///
/// # Errors
/// `WrongCredentials`: the old one is wrong. `LockedUntil`. `Failed`: the new one can't be taken.
pub async fn change_password(store: &Store, session: &Session, old: &str, new: &str, now: Time) -> Result<u64, SignInError> {
    input::password(new, &session.email).map_err(at_new)?;
    if old == new {
        return Err(Error::invalid("same_password", "new", "That is the password you have. Choose another one.").into());
    }
    let user = session.user;
    if let Some(until) = count_attempt(store, user, now).await? {
        return Err(SignInError::LockedUntil(until));
    }
    let known = user::Entity::find_by_id(user.0).one(store.reads()).await?.ok_or(Error::NotFound("account"))?;
    if !password::fits(old.to_owned(), Some(known.password_hash.clone())).await? {
        return Err(SignInError::WrongCredentials);
    }
    let hash = password::hash(new.to_owned()).await?;
    let tx = store.begin_for(session.partner).await?;
    let mut model = user::ActiveModel::from(known);
    model.password_hash = Set(hash);
    model.failed_sign_ins = Set(0);
    model.locked_until = Set(None);
    model.update(&tx).await?;
    let ended = session::Entity::delete_many().filter(others_of(user, session.id)).exec(&tx).await?.rows_affected;
    let entry = Entry {
        partner: session.partner,
        organization: session.organization.as_ref().map(|(id, _)| *id),
        what: "password.change",
        subject: format!("user:{user}"),
        detail: json!({ "sessions_ended": ended }),
    };
    audit::append(&tx, format!("user:{user}"), entry, now).await?;
    tx.commit().await?;
    Ok(ended)
}

fn at_new(error: Error) -> Error {
    match error {
        Error::Invalid { code, message, .. } => Error::Invalid { code, field: Some("new"), message },
        other => other,
    }
}

/// From now on this session acts in another of its person's memberships.
///
/// # Errors
/// `NotFound`: the person has no such membership.
pub async fn switch(
    store: &Store,
    session: &Session,
    partner: PartnerId,
    organization: Option<OrganizationId>,
    now: Time,
) -> Result<(), Error> {
    let held = people::held_by(store.reads(), session.user).await?;
    let to = organization.map_or(0, |o| o.0);
    let held = held.into_iter().find(|m| m.partner_id == partner.0 && m.organization_id == to).ok_or(Error::NotFound("membership"))?;
    let tx = store.begin_for(partner).await?;
    session::Entity::update_many()
        .col_expr(session::Column::PartnerId, partner.0.into())
        .col_expr(session::Column::OrganizationId, to.into())
        .filter(session::COLUMN.id.eq(session.id.0))
        .filter(session::COLUMN.user_id.eq(session.user.0))
        .exec(&tx)
        .await?;
    record(&tx, &held, session.user, "session.switch", now).await?;
    tx.commit().await?;
    Ok(())
}

/// Memberships with the names of where they are; those whose organization is gone are left out.
pub(super) async fn named<C: ConnectionTrait>(conn: &C, held: Vec<membership::Model>) -> Result<Vec<Membership>, Error> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let partners: HashMap<i64, String> = partner::Entity::find()
        .filter(partner::COLUMN.id.is_in(held.iter().map(|m| m.partner_id)))
        .all(conn)
        .await?
        .into_iter()
        .map(|p| (p.id, p.name))
        .collect();
    let mut memberships = Vec::with_capacity(held.len());
    for m in held {
        let organization = match m.organization_id {
            0 => None,
            id => match organization::Entity::find_by_id((m.partner_id, id)).one(conn).await? {
                Some(found) => Some((OrganizationId(found.id), found.name)),
                None => continue,
            },
        };
        memberships.push(Membership {
            partner: PartnerId(m.partner_id),
            partner_name: partners.get(&m.partner_id).cloned().unwrap_or_default(),
            organization,
            role: parse(&m.role)?,
        });
    }
    Ok(memberships)
}
