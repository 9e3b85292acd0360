//! Accounts that senders name: found within their scope by address or id. An address that nobody knows yet, in an organization with a
//! connection, becomes an account without a seat: nothing is lost, and nobody's licence is used by a report.

use super::{
    bulk::{Keys, Kind, Meet, Rows, Table},
    resolve::{Found, Organizations, Wanted, organizations, partners, refused},
};
use crate::{
    error::Error,
    store::{
        Store,
        accounts::{NewAccount, check},
        facts::{at, parse},
    },
};
use domain::{
    access::Scope,
    ids::{AccountId, ConnectionId, DeviceId, OrganizationId, PartnerId},
    saas::{AccountStatus, AccountType, Service, Workload},
    time::Time,
};
use sea_orm::DatabaseTransaction;
use std::collections::{BTreeMap, HashMap, HashSet};

use Kind::{Int, Text};

static ACCOUNTS: Table = Table {
    name: "accounts",
    keys: &[("partner_id", Int), ("connection_id", Int), ("address_lower", Text)],
    fixed: &[
        ("id", Int),
        ("organization_id", Int),
        ("service", Text),
        ("address", Text),
        ("type", Text),
        ("status", Text),
        ("enrolled_at", Int),
        ("watched_since", Int),
        ("created_at", Int),
        ("updated_at", Int),
    ],
    columns: &[],
    meet: Meet::Keep,
};

/// Unprotected accounts of a connection that no directory names: beyond them, events make no new ones. A sender that makes addresses
/// up must not fill the store.
const MOST_TAKEN_IN: i64 = 10_000;

/// An account that is known.
#[derive(Clone, Copy)]
struct Known {
    partner: PartnerId,
    organization: OrganizationId,
    account: AccountId,
    service: Service,
}

/// A connection under which an unknown address may be put.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Home {
    partner: PartnerId,
    organization: OrganizationId,
    connection: ConnectionId,
    service: Service,
}

/// Finds the accounts among the wanted, in place. What is wanted and found stand side by side.
pub(super) async fn find(
    store: &Store,
    tx: &DatabaseTransaction,
    wanted: &[(&Scope, Wanted)],
    found: &mut [Found],
    now: Time,
) -> Result<(), Error> {
    if !wanted.iter().any(|(_, wanted)| matches!(wanted, Wanted::Account { .. })) {
        return Ok(());
    }
    let organizations = organizations(tx, wanted).await?;
    let known = known(tx, wanted).await?;
    let mut unknown = Vec::new();
    for (place, (scope, wanted)) in wanted.iter().enumerate() {
        let Wanted::Account { account, organization, service, workload } = wanted else { continue };
        let within = match within(scope, organization.as_deref(), &organizations) {
            Ok(within) => within,
            Err(refused) => {
                found[place] = refused;
                continue;
            }
        };
        let mut fitting = known.get(&account.to_lowercase()).into_iter().flatten().filter(|known| {
            scope.contains(known.partner, Some(known.organization), None)
                && within.is_none_or(|(partner, organization)| (known.partner, known.organization) == (partner, organization))
                && service.is_none_or(|service| service == known.service)
        });
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => found[place] = Found::Device(one.partner, DeviceId(one.account.0)),
            (Some(_), Some(_)) => {
                let message =
                    format!("Several accounts have the address `{account}`. Add `organization` or `service`, or send the account's id.");
                found[place] = refused("ambiguous_account", message);
            }
            (None, _) => match within.or(match scope {
                Scope::Organization(partner, organization) => Some((*partner, *organization)),
                _ => None,
            }) {
                Some(within) => unknown.push((place, within, account.as_str(), *service, workload.as_str())),
                None => {
                    let message = format!("There is no account `{account}` here. Name its `organization`, so that it can be added there.");
                    found[place] = refused("unknown_account", message);
                }
            },
        }
    }
    take_in(store, tx, &unknown, found, now).await
}

/// The organization that is meant, if one is named.
fn within(scope: &Scope, organization: Option<&str>, organizations: &Organizations) -> Result<Option<(PartnerId, OrganizationId)>, Found> {
    match (scope, organization) {
        (Scope::Device(..), _) => {
            Err(refused("not_found", "This key is bound to a device. Use a key of the organization or the partner for SaaS accounts."))
        }
        (Scope::Organization(partner, organization), _) => Ok(Some((*partner, *organization))),
        (Scope::Partners(_), None) => Ok(None),
        (Scope::Partners(partners), Some(text)) => {
            let lower = text.trim().to_lowercase();
            let met = partners.iter().find_map(|p| organizations.get(&(*p, lower.clone())).map(|o| (*p, *o)));
            met.map(Some).ok_or_else(|| refused("organization_not_found", "There is no such organization here. Check its id or name."))
        }
    }
}

/// Accounts of these addresses or ids, in any organization of the senders' partners: by what they were asked as.
async fn known(tx: &DatabaseTransaction, wanted: &[(&Scope, Wanted)]) -> Result<HashMap<String, Vec<Known>>, Error> {
    let mut keys = Keys::new(&[Int, Text, Int]);
    let mut asked = HashSet::new();
    for (scope, wanted) in wanted {
        let Wanted::Account { account, .. } = wanted else { continue };
        let lower = account.to_lowercase();
        let id = account.parse::<AccountId>().map_or(0, |id| id.0);
        for partner in partners(scope) {
            if asked.insert((*partner, lower.clone())) {
                keys.int(partner.0).text(&lower).int(id);
            }
        }
    }
    let mut known: HashMap<String, Vec<Known>> = HashMap::new();
    // Two look-ups, so that each has its index.
    for condition in ["a.address_lower = x.b", "a.id = x.c AND x.c <> 0"] {
        let sql = format!(
            "SELECT x.b, a.partner_id, a.organization_id, a.id, a.service FROM {{x}} {{join}} accounts a ON a.partner_id = x.a AND {condition}"
        );
        for row in keys.query(tx, &sql).await? {
            let account = Known {
                partner: PartnerId(at(&row, 1)?),
                organization: OrganizationId(at(&row, 2)?),
                account: AccountId(at(&row, 3)?),
                service: parse(&at::<String>(&row, 4)?)?,
            };
            known.entry(at(&row, 0)?).or_default().push(account);
        }
    }
    Ok(known)
}

type Unknown<'w> = (usize, (PartnerId, OrganizationId), &'w str, Option<Service>, &'w str);

/// Adds addresses that nobody knows to the connection they belong to, unprotected.
async fn take_in(store: &Store, tx: &DatabaseTransaction, unknown: &[Unknown<'_>], found: &mut [Found], now: Time) -> Result<(), Error> {
    if unknown.is_empty() {
        return Ok(());
    }
    let homes = homes(tx, unknown.iter().map(|(_, within, ..)| *within)).await?;
    let mut new: BTreeMap<(Home, String), (String, AccountType)> = BTreeMap::new();
    let mut places = Vec::new();
    for (place, within, address, service, workload) in unknown {
        let fitting: Vec<&Home> =
            homes.get(within).into_iter().flatten().filter(|home| service.is_none_or(|service| service == home.service)).collect();
        let home = match fitting[..] {
            [home] => *home,
            [] => {
                let message = "The organization has no such connection yet. Connect it under its Features, then send again.";
                found[*place] = refused("no_connection", message);
                continue;
            }
            _ => {
                let message = format!("The organization has several connections and none knows `{address}`. Add `service`.");
                found[*place] = refused("ambiguous_account", message);
                continue;
            }
        };
        if !home.service.workloads().iter().any(|known| known.as_str() == workload.to_lowercase()) {
            let (code, message) = unknown_workload(home.service);
            found[*place] = refused(code, message);
            continue;
        }
        let kind = if workload.eq_ignore_ascii_case(Workload::SharePoint.as_str()) { AccountType::Site } else { AccountType::User };
        if address.parse::<AccountId>().is_ok() {
            found[*place] = refused("unknown_account", format!("There is no account with the id `{address}` here."));
            continue;
        }
        let account = match check(home.service, NewAccount { address: (*address).to_owned(), kind, ..NewAccount::default() }) {
            Ok(account) => account,
            Err(error) => {
                found[*place] = refused(error.public_code(), error.public_message());
                continue;
            }
        };
        let key = (home, account.address.to_lowercase());
        new.entry(key.clone()).or_insert((account.address, kind));
        places.push((*place, key));
    }
    let mut room = room(tx, new.keys().map(|(home, _)| *home)).await?;
    new.retain(|(home, _), _| {
        let left = room.entry(*home).or_default();
        *left -= 1;
        *left >= 0
    });
    places.retain(|(place, key)| {
        let fits = new.contains_key(key);
        if !fits {
            let message = format!(
                "The connection has {MOST_TAKEN_IN} unprotected accounts that were made by reports or lists; no more are made by reports. \
                 Check what the sender calls its accounts, or import this one."
            );
            found[*place] = refused("too_many_accounts", message);
        }
        fits
    });
    let mut rows = Rows::default();
    let mut keys = Keys::new(&[Int, Int, Text]);
    for ((home, lower), (address, kind)) in &new {
        rows.int(home.partner.0)
            .int(home.connection.0)
            .text(lower.as_str())
            .int(store.id(now))
            .int(home.organization.0)
            .text(home.service.as_str())
            .text(address.as_str())
            .text(kind.as_str())
            .text(AccountStatus::Deactivated.as_str())
            .int(now.0)
            .int(now.0)
            .int(now.0)
            .int(now.0);
        keys.int(home.partner.0).int(home.connection.0).text(lower);
    }
    rows.write(tx, &ACCOUNTS).await?;
    // Another writer may have been faster: whoever it was, the row is there now.
    let sql = "SELECT a.partner_id, a.connection_id, a.address_lower, a.id FROM {x} {join} accounts a \
               ON a.partner_id = x.a AND a.connection_id = x.b AND a.address_lower = x.c";
    let mut ids = HashMap::new();
    for row in keys.query(tx, sql).await? {
        ids.insert((at::<i64>(&row, 0)?, at::<i64>(&row, 1)?, at::<String>(&row, 2)?), DeviceId(at(&row, 3)?));
    }
    for (place, (home, lower)) in places {
        if let Some(id) = ids.get(&(home.partner.0, home.connection.0, lower)) {
            found[place] = Found::Device(home.partner, *id);
        }
    }
    Ok(())
}

/// How many accounts may still be taken in, by connection. The connections are held: nobody else takes in meanwhile.
async fn room(tx: &DatabaseTransaction, homes: impl Iterator<Item = Home>) -> Result<HashMap<Home, i64>, Error> {
    let mut room = HashMap::new();
    for home in homes {
        if room.contains_key(&home) {
            continue;
        }
        let mut keys = Keys::new(&[Int, Int]);
        keys.int(home.partner.0).int(home.connection.0);
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM {{x}} {{join}} accounts a ON a.partner_id = x.a AND a.connection_id = x.b \
             AND a.external_id IS NULL AND a.status = 'deactivated' LIMIT {MOST_TAKEN_IN}) AS taken"
        );
        let taken: i64 = keys.query(tx, &sql).await?.first().map_or(Ok(0), |row| at(row, 0))?;
        room.insert(home, MOST_TAKEN_IN - taken);
    }
    Ok(room)
}

async fn homes(
    tx: &DatabaseTransaction,
    within: impl Iterator<Item = (PartnerId, OrganizationId)>,
) -> Result<HashMap<(PartnerId, OrganizationId), Vec<Home>>, Error> {
    let mut keys = Keys::new(&[Int, Int]);
    for (partner, organization) in within.collect::<HashSet<_>>() {
        keys.int(partner.0).int(organization.0);
    }
    // Held, so that nobody removes a connection as empty while it gets its first account.
    let sql = "SELECT d.partner_id, d.organization_id, d.id, d.service FROM {x} {join} connections d \
               ON d.partner_id = x.a AND d.organization_id = x.b ORDER BY d.partner_id, d.id {lock}";
    let mut homes: HashMap<_, Vec<Home>> = HashMap::new();
    for row in keys.query(tx, sql).await? {
        let home = Home {
            partner: PartnerId(at(&row, 0)?),
            organization: OrganizationId(at(&row, 1)?),
            connection: ConnectionId(at(&row, 2)?),
            service: parse(&at::<String>(&row, 3)?)?,
        };
        homes.entry((home.partner, home.organization)).or_default().push(home);
    }
    Ok(homes)
}

/// Code and words for a workload that the service doesn't have.
pub(super) fn unknown_workload(service: Service) -> (&'static str, String) {
    let words: Vec<_> = service.workloads().iter().map(|workload| format!("`{}`", workload.as_str())).collect();
    ("unknown_workload", format!("{} has no such workload. Send one of {}.", service.name(), words.join(", ")))
}
