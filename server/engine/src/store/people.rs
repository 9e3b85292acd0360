//! People and what they may where: the first start, owners made on the command line, memberships (D11).

mod members;

pub use members::{MemberRow, NewMember, add_member, members};

use super::{
    Store,
    audit::{self, Entry},
    entity::{membership, partner, user},
    facts::parse,
    input, partners,
};
use crate::{error::Error, password};
use domain::{
    access::{Actor, Ground, Role, Scope},
    ids::{OrganizationId, PartnerId, UserId},
    time::Time,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;

/// Who starts a new portal.
#[derive(Clone, Debug)]
pub struct FirstOwner {
    /// Address to sign in with.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// At least 12 characters.
    pub password: String,
    /// Name of the partner.
    pub partner: String,
    /// The partner's IANA zone.
    pub time_zone: String,
}

/// True while there is nobody who could sign in.
///
/// # Errors
/// The database fails.
pub async fn first_start_needed(store: &Store) -> Result<bool, Error> {
    Ok(!anybody(store.reads()).await?)
}

async fn anybody<C: ConnectionTrait>(conn: &C) -> Result<bool, Error> {
    let one: Option<i64> = user::Entity::find().select_only().column(user::Column::Id).limit(1).into_tuple().one(conn).await?;
    Ok(one.is_some())
}

/// Makes the first owner and partner, once in the life of a portal.
///
/// # Errors
/// `Conflict` (`already_started`) when there is a user; `Invalid`.
pub async fn first_start(store: &Store, first: FirstOwner, now: Time) -> Result<(UserId, PartnerId), Error> {
    let person = check(&first.email, &first.name, &first.password)?;
    input::name("partner", &first.partner)?;
    input::zone("time_zone", &first.time_zone)?;
    if !first_start_needed(store).await? {
        return Err(already_started());
    }
    let hash = password::hash(first.password).await?;
    let tx = store.begin().await?;
    if store.backend() == DbBackend::Postgres {
        // Two first starts at once: the second waits here and then sees the first's user.
        tx.execute_unprepared("LOCK TABLE users IN EXCLUSIVE MODE").await?;
    }
    if anybody(&tx).await? {
        return Err(already_started());
    }
    let user = insert_user(store, &tx, &person, hash, now).await?;
    let partner = partners::insert(store, &tx, format!("user:{user}"), &first.partner, &first.time_zone, None, now).await?;
    insert_membership(&tx, &format!("user:{user}"), partner, None, user, Role::Owner, now).await?;
    tx.commit().await?;
    Ok((user, partner))
}

fn already_started() -> Error {
    Error::conflict("already_started", "This portal already has its owner. Sign in instead.")
}

/// For the command line: makes a person an owner of a partner of that name; both are made when they aren't there.
/// A person who is there gets the new password.
///
/// # Errors
/// `Invalid`; `Conflict` when several partners have that name.
pub async fn create_owner(
    store: &Store,
    email: &str,
    password: String,
    partner: &str,
    time_zone: &str,
    now: Time,
) -> Result<(UserId, PartnerId), Error> {
    let name = email.split('@').next().unwrap_or(email).to_owned();
    let person = check(email, &name, &password)?;
    let partner_name = input::name("partner", partner)?;
    let hash = password::hash(password).await?;
    let tx = store.begin().await?;
    let named = partner::Entity::find().filter(partner::COLUMN.name_lower.eq(partner_name.to_lowercase())).limit(2).all(&tx).await?;
    let partner = match &named[..] {
        [] => partners::insert(store, &tx, "system".into(), &partner_name, time_zone, None, now).await?,
        [one] => PartnerId(one.id),
        _ => return Err(Error::conflict("ambiguous_partner", format!("Several partners are named `{partner_name}`. Rename one first."))),
    };
    store.lock(&tx, partner).await?;
    let user = match by_email(&tx, &person.email).await? {
        Some(known) => {
            let id = UserId(known.id);
            let mut model = user::ActiveModel::from(known);
            model.password_hash = Set(hash);
            model.failed_sign_ins = Set(0);
            model.locked_until = Set(None);
            model.disabled = Set(false);
            model.update(&tx).await?;
            id
        }
        None => insert_user(store, &tx, &person, hash, now).await?,
    };
    let held = membership::Entity::find_by_id((partner.0, 0, user.0)).one(&tx).await?;
    match held {
        Some(held) => {
            let mut model = membership::ActiveModel::from(held);
            model.role = Set(Role::Owner.as_str().into());
            model.update(&tx).await?;
            let entry = member_entry("member.edit", partner, None, user, Role::Owner);
            audit::append(&tx, "system".into(), entry, now).await?;
        }
        None => insert_membership(&tx, "system", partner, None, user, Role::Owner, now).await?,
    }
    tx.commit().await?;
    Ok((user, partner))
}

/// For a store that is being filled: somebody new, with a password that is hashed already. The partner must be locked.
pub(crate) async fn insert_member(store: &Store, tx: &DatabaseTransaction, new: Filled<'_>, now: Time) -> Result<UserId, Error> {
    let person = Person { email: input::email(new.email)?, name: input::name("name", new.name)? };
    let user = insert_user(store, tx, &person, new.hash.to_owned(), now).await?;
    insert_membership(tx, "system", new.partner, new.organization, user, new.role, now).await?;
    Ok(user)
}

/// Who is put into a store that is being filled.
pub(crate) struct Filled<'f> {
    pub(crate) email: &'f str,
    pub(crate) name: &'f str,
    pub(crate) hash: &'f str,
    pub(crate) partner: PartnerId,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) role: Role,
}

struct Person {
    email: String,
    name: String,
}

fn check(email: &str, name: &str, password: &str) -> Result<Person, Error> {
    let (email, name) = (input::email(email)?, input::name("name", name)?);
    input::password(password, &email)?;
    Ok(Person { email, name })
}

pub(crate) async fn by_email<C: ConnectionTrait>(conn: &C, email: &str) -> Result<Option<user::Model>, Error> {
    Ok(user::Entity::find().filter(user::COLUMN.email_lower.eq(email.trim().to_lowercase())).one(conn).await?)
}

async fn insert_user(store: &Store, tx: &DatabaseTransaction, person: &Person, hash: String, now: Time) -> Result<UserId, Error> {
    let id = UserId(store.id(now));
    user::ActiveModel {
        id: Set(id.0),
        email: Set(person.email.clone()),
        email_lower: Set(person.email.to_lowercase()),
        name: Set(person.name.clone()),
        password_hash: Set(hash),
        failed_sign_ins: Set(0),
        locked_until: Set(None),
        disabled: Set(false),
        created_at: Set(now.0),
    }
    .insert(tx)
    .await?;
    Ok(id)
}

async fn insert_membership(
    tx: &DatabaseTransaction,
    who: &str,
    partner: PartnerId,
    organization: Option<OrganizationId>,
    user: UserId,
    role: Role,
    now: Time,
) -> Result<(), Error> {
    membership::ActiveModel {
        partner_id: Set(partner.0),
        organization_id: Set(organization.map_or(0, |o| o.0)),
        user_id: Set(user.0),
        role: Set(role.as_str().into()),
        created_at: Set(now.0),
    }
    .insert(tx)
    .await?;
    audit::append(tx, who.to_owned(), member_entry("member.create", partner, organization, user, role), now).await
}

fn member_entry(what: &'static str, partner: PartnerId, organization: Option<OrganizationId>, user: UserId, role: Role) -> Entry {
    Entry { partner, organization, what, subject: format!("user:{user}"), detail: json!({ "role": role }) }
}

/// A membership as an actor: the partner's entire subtree, or the one organization.
pub(crate) async fn actor_of<C: ConnectionTrait>(conn: &C, held: &membership::Model) -> Result<Actor, Error> {
    let partner = PartnerId(held.partner_id);
    let scope = match held.organization_id {
        0 => Scope::Partners(partners::subtree(conn, partner).await?),
        organization => Scope::Organization(partner, OrganizationId(organization)),
    };
    Ok(Actor { ground: Ground::Member(UserId(held.user_id), parse(&held.role)?), scope })
}

/// Memberships of a person, the partner's own before those of organizations, oldest partner first.
pub(crate) async fn held_by<C: ConnectionTrait>(conn: &C, user: UserId) -> Result<Vec<membership::Model>, Error> {
    Ok(membership::Entity::find()
        .filter(Condition::all().add(membership::Column::UserId.eq(user.0)))
        .order_by_asc(membership::Column::OrganizationId)
        .order_by_asc(membership::Column::PartnerId)
        .all(conn)
        .await?)
}
