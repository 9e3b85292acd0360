//! Accounts put in, in bulk: made or brought up to date by their address. Never deactivates; takes a seat only where that is asked.

mod kept;
mod part;
mod wanted;

pub use wanted::{NewAccount, check};

use super::{
    BATCH, connection_of,
    seats::{Seats, seats_of},
    tries::Tries,
};
use crate::{
    Engine,
    error::Error,
    store::{Store, facts::parse, organizations, scope},
};
use domain::{
    access::{Action, Actor},
    ids::{ConnectionId, OrganizationId},
    time::Time,
};
use kept::{Kept, kept};
use part::put_part;
use serde::Serialize;

/// What became of accounts that were put in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PutOutcome {
    /// Not known before.
    pub created: u64,
    /// Known, and something of them is new.
    pub changed: u64,
    /// Known just so.
    pub unchanged: u64,
    /// Of the created and changed ones: activated by this.
    pub activated: u64,
    /// The organization's seats, afterwards.
    pub seats: Seats,
}

impl PutOutcome {
    fn add(&mut self, more: &Self) {
        self.created += more.created;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.activated += more.activated;
    }

    fn count_new(&mut self, activated: bool) {
        self.created += 1;
        self.activated += u64::from(activated);
    }

    fn count_known(&mut self, before: &Kept, after: &Kept) {
        if before == after {
            self.unchanged += 1;
        } else {
            self.changed += 1;
            self.activated += u64::from(before.status != after.status);
        }
    }
}

/// What putting these in would do. Changes nothing; seats are told as they would be.
///
/// # Errors
/// As [`put`].
pub async fn preview(store: &Store, actor: &Actor, id: ConnectionId, new: Vec<NewAccount>, now: Time) -> Result<PutOutcome, Error> {
    let conn = store.reads();
    let found = connection_of(conn, actor, id).await?;
    scope::require(actor, Action::ManageDevices, "add accounts")?;
    let wanted = wanted::by_address(parse(&found.service)?, new)?;
    let organization = organizations::find(conn, actor, OrganizationId(found.organization_id)).await?;
    let mut outcome = PutOutcome { seats: seats_of(conn, &organization).await?, ..PutOutcome::default() };
    let all: Vec<(&String, &NewAccount)> = wanted.iter().collect();
    for part in all.chunks(BATCH) {
        let kept = kept(conn, &found, part, &wanted).await?;
        for (lower, account) in part {
            match kept.get(*lower) {
                None => outcome.count_new(account.activated),
                Some(before) => outcome.count_known(before, &before.with(account, lower, now)),
            }
        }
    }
    let (new, more) = (i64::try_from(outcome.created).unwrap_or(i64::MAX), i64::try_from(outcome.activated).unwrap_or(i64::MAX));
    let more = if organization.status == "activated" { more } else { 0 };
    outcome.seats.accounts += new;
    outcome.seats.used += more;
    if let Some(service) = outcome.seats.services.iter_mut().find(|service| service.connection == id) {
        service.accounts += new;
        service.used += more;
    }
    Ok(outcome)
}

/// Makes accounts, or brings those with the same address up to date.
///
/// Five hundred are one transaction. After a failure in between, those before it stay, and the same call again does the rest.
///
/// # Errors
/// `NotFound` (connection), `Forbidden`, `Invalid` (an account that can't be taken: nothing is changed then).
pub async fn put(engine: &Engine, actor: &Actor, id: ConnectionId, new: Vec<NewAccount>, now: Time) -> Result<PutOutcome, Error> {
    let store = &engine.store;
    let found = connection_of(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDevices, "add accounts")?;
    let wanted = wanted::by_address(parse(&found.service)?, new)?;
    let mut outcome = PutOutcome::default();
    let all: Vec<(&String, &NewAccount)> = wanted.iter().collect();
    for part in all.chunks(BATCH) {
        let mut tries = Tries::default();
        loop {
            match put_part(engine, actor, &found, part, &wanted, now).await {
                Ok(done) => break outcome.add(&done),
                Err(error) => tries.again(error).await?,
            }
        }
    }
    let organization = organizations::find(store.reads(), actor, OrganizationId(found.organization_id)).await?;
    outcome.seats = seats_of(store.reads(), &organization).await?;
    Ok(outcome)
}
