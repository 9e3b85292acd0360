//! What the SaaS dashboards show (D6): totals of a scope, its organizations by page, an organization's accounts by page, one account.
//!
//! All of it is stored state. Totals read a few rows of counts and hours; a page reads its rows along an index ([`table`], [`accounts`])
//! and then what they show in a fixed number of queries. Who sees seats and plans only (finance, D11) gets no results from here.

mod account;
mod accounts;
pub(crate) mod days;
mod table;
mod totals;
mod workloads;

pub use account::{AccountDetail, SizeDay, account};
pub use accounts::{AccountResult, AccountsFilter, AccountsRow, AccountsSort, accounts};
pub use days::AccountDays;
pub use table::{SaasFilter, SaasRow, SaasSort, ServiceOfRow, get, list, regions};
pub use totals::{has_connection, totals};
pub use workloads::{LastGood, WorkloadRow};

use crate::error::Error;
use domain::access::{Action, Actor};

/// Finance sees seats and plans (D11).
fn may_see(actor: &Actor) -> Result<(), Error> {
    if actor.may(Action::SeeDashboards) || actor.may(Action::SeeSeats) { Ok(()) } else { Err(Error::Forbidden("see SaaS backups")) }
}
