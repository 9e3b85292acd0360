//! Members besides the first owner.

use super::{by_email, check, insert_membership, insert_user};
use crate::{
    error::Error,
    password,
    store::{
        Store, audit,
        entity::{membership, user},
        facts::parse,
        organizations, scope,
    },
};
use domain::{
    access::{Action, Actor, Role},
    ids::{OrganizationId, PartnerId, UserId},
    time::Time,
};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use std::collections::HashMap;

/// A member to be made.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Where; none: the actor's own partner.
    pub partner: Option<PartnerId>,
    /// Client roles need one, the others have none.
    pub organization: Option<OrganizationId>,
    /// Address to sign in with. A person known by it gets another membership; name and password stay.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// At least 12 characters.
    pub password: String,
    /// What the member may.
    pub role: Role,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberRow {
    /// Which person.
    pub user: UserId,
    /// Where.
    pub partner: PartnerId,
    /// Client roles: which organization.
    pub organization: Option<OrganizationId>,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// What the member may.
    pub role: Role,
    /// True when the person can't sign in.
    pub disabled: bool,
}

/// Makes a member. A client admin makes client roles of the own organization only.
///
/// # Errors
/// `Forbidden`, `NotFound` (partner, organization), `Invalid`, `Conflict` (already a member).
pub async fn add_member(store: &Store, actor: &Actor, new: NewMember, now: Time) -> Result<UserId, Error> {
    scope::require(actor, Action::ManageUsers, "manage users")?;
    let partner = match new.organization {
        Some(id) => PartnerId(organizations::find(store.reads(), actor, id).await?.partner_id),
        None => new.partner.map_or_else(|| scope::own_partner(actor), Ok)?,
    };
    scope::inside(actor, "partner", partner, new.organization, None)?;
    if new.role.is_client() != new.organization.is_some() {
        return Err(Error::invalid("role_and_organization", "role", "Client roles need an organization; the other roles have none."));
    }
    let person = check(&new.email, &new.name, &new.password)?;
    let hash = password::hash(new.password).await?;
    let tx = store.begin_for(partner).await?;
    let user = match by_email(&tx, &person.email).await? {
        Some(known) => UserId(known.id),
        None => insert_user(store, &tx, &person, hash, now).await?,
    };
    let organization = new.organization.map_or(0, |o| o.0);
    if membership::Entity::find_by_id((partner.0, organization, user.0)).one(&tx).await?.is_some() {
        return Err(Error::conflict("already_member", "This person already is a member here. Change the role instead."));
    }
    insert_membership(&tx, &audit::who(actor), partner, new.organization, user, new.role, now).await?;
    tx.commit().await?;
    Ok(user)
}

/// All members of the scope.
///
/// # Errors
/// `Forbidden` without the right to manage users.
pub async fn members(store: &Store, actor: &Actor) -> Result<Vec<MemberRow>, Error> {
    scope::require(actor, Action::ManageUsers, "see users")?;
    let seen =
        scope::within(&actor.scope, membership::Column::PartnerId, Some(membership::Column::OrganizationId), None::<membership::Column>);
    let held = membership::Entity::find()
        .filter(seen)
        .order_by_asc(membership::Column::PartnerId)
        .order_by_asc(membership::Column::OrganizationId)
        .order_by_asc(membership::Column::UserId)
        .all(store.reads())
        .await?;
    let people: HashMap<i64, user::Model> = user::Entity::find()
        .filter(user::COLUMN.id.is_in(held.iter().map(|m| m.user_id)))
        .all(store.reads())
        .await?
        .into_iter()
        .map(|u| (u.id, u))
        .collect();
    held.into_iter()
        .filter_map(|m| people.get(&m.user_id).map(|u| (m, u)))
        .map(|(m, u)| {
            Ok(MemberRow {
                user: UserId(u.id),
                partner: PartnerId(m.partner_id),
                organization: (m.organization_id != 0).then_some(OrganizationId(m.organization_id)),
                name: u.name.clone(),
                email: u.email.clone(),
                role: parse(&m.role)?,
                disabled: u.disabled,
            })
        })
        .collect()
}
