//! What is asked for: accounts that can be taken, each address once.

use crate::{
    error::Error,
    store::{accounts::MOST, input},
};
use domain::saas::{AccountType, Service};
use std::collections::BTreeMap;

const LONGEST_ADDRESS: usize = 320;

/// An account to be made or brought up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAccount {
    /// Mail address, or the URL or name of a site, group or team. Accounts meet on it, capitals apart.
    pub address: String,
    /// Its name for people; empty: stays as it is.
    pub name: String,
    /// What kind of seat it is. A known account keeps its own when it comes with an `external_id`, that is, from discovery.
    pub kind: AccountType,
    /// True: it shall be backed up and uses a seat. False: it stays as it is, and is unprotected if it is new.
    pub activated: bool,
    /// The provider's id, where discovery knows it: with it an account keeps its history under a new address.
    pub external_id: Option<String>,
}

/// An account as it can be taken: trimmed, with an address that fits its type and something to back up.
///
/// # Errors
/// `Invalid` (address, name, type).
pub fn check(service: Service, new: NewAccount) -> Result<NewAccount, Error> {
    let address = new.address.trim();
    let refuse = |code, message: String| Err(Error::invalid(code, "address", message));
    if address.is_empty() {
        return refuse("empty_address", "Give the account's address.".into());
    }
    if address.chars().count() > LONGEST_ADDRESS {
        return refuse("address_too_long", format!("That address is too long: use at most {LONGEST_ADDRESS} characters."));
    }
    if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return refuse("invalid_address", format!("`{}` holds blanks; an address has none.", address.escape_debug()));
    }
    if matches!(new.kind, AccountType::User | AccountType::SharedMailbox) {
        let fits = address.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
        if !fits {
            let message = format!("`{address}` is no mail address. Give one such as `ada@example.org`, or another type.");
            return refuse("invalid_address", message);
        }
    }
    if new.kind.workloads(service).next().is_none() {
        let message = format!("{} has no {}s to back up. Use another type.", service.name(), new.kind.name().to_lowercase());
        return Err(Error::invalid("type_not_backed_up", "type", message));
    }
    let address = address.to_owned();
    let name = if new.name.trim().is_empty() { String::new() } else { input::name("name", &new.name)? };
    Ok(NewAccount { address, name, ..new })
}

/// By address in lower case; of two with the same address the later one stands.
pub(super) type Wanted = BTreeMap<String, NewAccount>;

/// What is asked for, each account checked.
pub(super) fn by_address(service: Service, new: Vec<NewAccount>) -> Result<Wanted, Error> {
    if new.len() > MOST {
        return Err(Error::invalid("too_many", "accounts", format!("At most {MOST} accounts at once; send the rest in another call.")));
    }
    new.into_iter()
        .map(|account| {
            let account = check(service, account)?;
            Ok((account.address.to_lowercase(), account))
        })
        .collect()
}
