//! An actor's scope as a condition on rows. Outside of it nothing is found (D11).

use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    ids::{DeviceId, OrganizationId, PartnerId},
};
use sea_orm::{ColumnTrait, Condition};

/// Rows of a table with these columns that exist for the scope. A table without an organization or device column
/// has no rows for narrower scopes.
pub(crate) fn within<P: ColumnTrait, O: ColumnTrait, D: ColumnTrait>(
    scope: &Scope,
    partner: P,
    organization: Option<O>,
    device: Option<D>,
) -> Condition {
    let nothing = || Condition::all().add(partner.eq(-1));
    match scope {
        Scope::Partners(partners) => Condition::all().add(match &partners[..] {
            [one] => partner.eq(one.0),
            several => partner.is_in(several.iter().map(|p| p.0)),
        }),
        Scope::Organization(p, o) => match organization {
            Some(organization) => Condition::all().add(partner.eq(p.0)).add(organization.eq(o.0)),
            None => nothing(),
        },
        Scope::Device(p, o, d) => match (organization, device) {
            (Some(organization), Some(device)) => Condition::all().add(partner.eq(p.0)).add(organization.eq(o.0)).add(device.eq(d.0)),
            _ => nothing(),
        },
    }
}

/// The partners a scope touches, its own first. Lists ask each by itself: so one index gives the order of each part.
pub(crate) fn partners(scope: &Scope) -> &[PartnerId] {
    match scope {
        Scope::Partners(partners) => partners,
        Scope::Organization(partner, _) | Scope::Device(partner, ..) => std::slice::from_ref(partner),
    }
}

/// Refuses what the actor's ground doesn't allow. `what` completes "You may not …".
pub(crate) fn require(actor: &Actor, action: Action, what: &'static str) -> Result<(), Error> {
    if actor.may(action) { Ok(()) } else { Err(Error::Forbidden(what)) }
}

/// The partner in which an actor makes new things when it names none.
pub(crate) fn own_partner(actor: &Actor) -> Result<PartnerId, Error> {
    actor.scope.partner().ok_or(Error::NotFound("partner"))
}

/// Refuses with "no such `noun`" what is outside the scope.
pub(crate) fn inside(
    actor: &Actor,
    noun: &'static str,
    partner: PartnerId,
    organization: Option<OrganizationId>,
    device: Option<DeviceId>,
) -> Result<(), Error> {
    if actor.scope.contains(partner, organization, device) { Ok(()) } else { Err(Error::NotFound(noun)) }
}
