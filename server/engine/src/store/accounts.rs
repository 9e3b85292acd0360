//! Accounts: the seats under an organization's connections (D1, D6). Made by import, by discovery or by an event; backed up, and
//! paid for, only once somebody activates them.
//!
//! An account is a subject as a device is: its jobs, runs and alerts stand in the same tables under its id, and a change of it is
//! settled in the transaction that makes it.
//!
//! A seat limit never refuses: a licence question must not leave people without a backup. Every answer that may have used seats
//! says how many are used and how many were bought, and the screens mark what is above.

mod activation;
pub mod discovery;
mod import;
mod list;
mod put;
mod seats;
mod sheet;
mod status;
mod tries;

pub use activation::{ActivationRow, history};
pub(crate) use activation::{mark_organization, subjects_of_connection, subjects_of_organization, subjects_of_policy, watch_anew};
pub use import::{Imported, LISTED, import, preview_import};
pub use list::{AccountFilter, AccountRow, count, find_by_address, get, list, matching};
pub use put::{NewAccount, PutOutcome, check, preview, put};
pub use seats::{Seats, ServiceSeats, seats};
pub use sheet::{MOST_BYTES, MOST_ROWS, RowProblem, Sheet, read};
pub use status::{StatusOutcome, set_status};

use super::{
    entity::{account, connection},
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    ids::{ConnectionId, DeviceId, PartnerId},
};
use sea_orm::{Condition, ConnectionTrait, EntityTrait, QueryFilter};

/// Accounts of one transaction. More are done in several, so that ingest is never held up for long; each account is whole, and the
/// same call again finishes what a failure left.
const BATCH: usize = 500;

/// Most accounts of one call.
pub const MOST: usize = 50_000;

fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, account::Column::PartnerId, Some(account::Column::OrganizationId), None::<account::Column>)
}

/// Finance sees who has a seat, not how its backups go (D11).
fn may_see(actor: &Actor) -> Result<(), Error> {
    if actor.may(Action::SeeDashboards) || actor.may(Action::SeeSeats) { Ok(()) } else { Err(Error::Forbidden("see accounts")) }
}

async fn connection_of<C: ConnectionTrait>(conn: &C, actor: &Actor, id: ConnectionId) -> Result<connection::Model, Error> {
    let seen =
        scope::within(&actor.scope, connection::Column::PartnerId, Some(connection::Column::OrganizationId), None::<connection::Column>);
    connection::Entity::find().filter(seen).filter(connection::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("connection"))
}

fn subjects(partner: PartnerId, ids: impl IntoIterator<Item = i64>) -> Vec<(PartnerId, DeviceId)> {
    ids.into_iter().map(|id| (partner, DeviceId(id))).collect()
}
