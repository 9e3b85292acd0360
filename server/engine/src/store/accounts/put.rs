//! Accounts put in, in bulk: made or brought up to date by their address. Never deactivates; takes a seat only where that is asked.

use super::{
    BATCH, MOST,
    activation::{self, Activated},
    connection_of,
    seats::{Seats, seats_of},
    subjects,
    tries::Tries,
};
use crate::{
    Engine,
    error::Error,
    ingest::bulk::{Keys, Kind, Meet, Rows, Table},
    store::{
        Store,
        audit::{self, Entry},
        devices,
        entity::connection,
        facts::{at, parse},
        input, organizations, scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{ConnectionId, OrganizationId, PartnerId},
    saas::{AccountStatus, AccountType, Service},
    time::Time,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};

use Kind::{Int, Text};

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

static NEW: Table = Table {
    name: "accounts",
    keys: &[("partner_id", Int), ("connection_id", Int), ("address_lower", Text)],
    fixed: &[
        ("id", Int),
        ("organization_id", Int),
        ("service", Text),
        ("address", Text),
        ("name", Text),
        ("type", Text),
        ("status", Text),
        ("external_id", Text),
        ("enrolled_at", Int),
        ("watched_since", Int),
        ("created_at", Int),
        ("updated_at", Int),
    ],
    columns: &[],
    // An event may have made it meanwhile.
    meet: Meet::Keep,
};

static CHANGED: Table = Table {
    name: "accounts",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[],
    columns: &[
        ("address", Text),
        ("address_lower", Text),
        ("name", Text),
        ("type", Text),
        ("status", Text),
        ("external_id", Text),
        ("gone_at", Int),
        ("enrolled_at", Int),
        ("watched_since", Int),
        ("updated_at", Int),
    ],
    meet: Meet::Update,
};

/// An account as it is stored, or will be.
#[derive(Clone, PartialEq, Eq)]
struct Kept {
    id: i64,
    address: String,
    address_lower: String,
    name: String,
    kind: AccountType,
    status: AccountStatus,
    external_id: Option<String>,
    gone_at: Option<i64>,
    enrolled_at: i64,
    watched_since: i64,
}

const KEPT: &str = "SELECT a.id, a.address, a.address_lower, a.name, a.type, a.status, a.external_id, a.gone_at, a.enrolled_at, a.watched_since \
     FROM {x} {join} accounts a ON ";

impl Kept {
    fn read(row: &QueryResult) -> Result<Self, Error> {
        Ok(Self {
            id: at(row, 0)?,
            address: at(row, 1)?,
            address_lower: at(row, 2)?,
            name: at(row, 3)?,
            kind: parse(&at::<String>(row, 4)?)?,
            status: parse(&at::<String>(row, 5)?)?,
            external_id: at(row, 6)?,
            gone_at: at(row, 7)?,
            enrolled_at: at(row, 8)?,
            watched_since: at(row, 9)?,
        })
    }

    /// As it will be.
    fn with(&self, new: &NewAccount, lower: &str, now: Time) -> Self {
        let mut after = self.clone();
        // Capitals alone are nothing new.
        if lower != after.address_lower {
            after.address.clone_from(&new.address);
            lower.clone_into(&mut after.address_lower);
        }
        if !new.name.is_empty() {
            after.name.clone_from(&new.name);
        }
        // A directory lists users; that one of them is a shared mailbox is known by whoever imported it so.
        if new.external_id.is_none() {
            after.kind = new.kind;
        } else {
            after.external_id.clone_from(&new.external_id);
            after.gone_at = None;
        }
        if new.activated && after.status == AccountStatus::Deactivated {
            after.status = AccountStatus::Activated;
            after.enrolled_at = now.0;
            after.watched_since = now.0;
        }
        after
    }
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
type Wanted = BTreeMap<String, NewAccount>;

fn wanted(service: Service, new: Vec<NewAccount>) -> Result<Wanted, Error> {
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

/// What putting these in would do. Changes nothing; seats are told as they would be.
///
/// # Errors
/// As [`put`].
pub async fn preview(store: &Store, actor: &Actor, id: ConnectionId, new: Vec<NewAccount>, now: Time) -> Result<PutOutcome, Error> {
    let conn = store.reads();
    let found = connection_of(conn, actor, id).await?;
    scope::require(actor, Action::ManageDevices, "add accounts")?;
    let wanted = wanted(parse(&found.service)?, new)?;
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
    let wanted = wanted(parse(&found.service)?, new)?;
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

/// One transaction. New rows go in first and known ones are locked then, as ingest does it: so the two can't wait for each other.
async fn put_part(
    engine: &Engine,
    actor: &Actor,
    found: &connection::Model,
    part: &[(&String, &NewAccount)],
    wanted: &Wanted,
    now: Time,
) -> Result<PutOutcome, Error> {
    let store = &engine.store;
    let partner = PartnerId(found.partner_id);
    let mut outcome = PutOutcome::default();
    let tx = store.begin_for(partner).await?;
    let mut before = kept(&tx, found, part, wanted).await?;
    let mut work = Part { found, service: parse(&found.service)?, who: actor, now, touched: Vec::new(), activated: Vec::new() };
    let minted = work.insert(store, &tx, part, &before, &mut outcome).await?;
    if before.len() + minted.len() < part.len() {
        // An event was quicker with some of the new ones.
        before = kept(&tx, found, part, wanted).await?;
        before.retain(|_, known| !minted.contains(&known.id));
    }
    if !before.is_empty() {
        devices::lock(store, &tx, &subjects(partner, before.values().map(|k| k.id))).await?;
        let locked: HashSet<i64> = before.values().map(|k| k.id).collect();
        // What they are now that nobody else changes them.
        before = kept(&tx, found, part, wanted).await?;
        before.retain(|_, known| locked.contains(&known.id));
        work.update(&tx, part, &before, &mut outcome).await?;
    }
    if work.touched.is_empty() {
        return Ok(outcome);
    }
    let (touched, activated) = (work.touched, work.activated);
    activation::make_jobs(store, &tx, partner, &activated, now).await?;
    let mut detail = json!({ "created": outcome.created, "changed": outcome.changed, "activated": outcome.activated });
    if let ([(address, _)], Some(object)) = (part, detail.as_object_mut()) {
        object.insert("address".into(), json!(address));
    }
    let entry = Entry {
        partner,
        organization: Some(OrganizationId(found.organization_id)),
        what: "account.put",
        subject: format!("connection:{}", ConnectionId(found.id)),
        detail,
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = devices::settle(store, &tx, &subjects(partner, touched), now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(outcome)
}

/// One transaction's accounts.
struct Part<'a> {
    found: &'a connection::Model,
    service: Service,
    who: &'a Actor,
    now: Time,
    /// Made or changed.
    touched: Vec<i64>,
    /// Activated, and maybe without some of their jobs.
    activated: Vec<Activated>,
}

impl Part<'_> {
    /// Makes those that aren't known; gives their ids.
    async fn insert(
        &mut self,
        store: &Store,
        tx: &DatabaseTransaction,
        part: &[(&String, &NewAccount)],
        before: &HashMap<String, Kept>,
        outcome: &mut PutOutcome,
    ) -> Result<HashSet<i64>, Error> {
        let (found, now) = (self.found, self.now.0);
        let new: Vec<_> = part.iter().filter(|(lower, _)| !before.contains_key(*lower)).collect();
        let mut rows = Rows::default();
        let mut minted = Vec::with_capacity(new.len());
        for (lower, account) in &new {
            let id = store.id(self.now);
            let status = if account.activated { AccountStatus::Activated } else { AccountStatus::Deactivated };
            rows.int(found.partner_id)
                .int(found.id)
                .text(lower.as_str())
                .int(id)
                .int(found.organization_id)
                .text(found.service.as_str())
                .text(account.address.as_str())
                .text(account.name.as_str())
                .text(account.kind.as_str())
                .text(status.as_str())
                .maybe_text(account.external_id.clone())
                .int(now)
                .int(now)
                .int(now)
                .int(now);
            minted.push((id, *account));
        }
        if minted.is_empty() {
            return Ok(HashSet::new());
        }
        rows.write(tx, &NEW).await?;
        let mut keys = Keys::new(&[Int, Int]);
        for (id, _) in &minted {
            keys.int(found.partner_id).int(*id);
        }
        let sql = "SELECT a.id FROM {x} {join} accounts a ON a.partner_id = x.a AND a.id = x.b";
        let there: HashSet<i64> = keys.query(tx, sql).await?.iter().map(|row| at(row, 0)).collect::<Result<_, Error>>()?;
        // One that an event made at the same moment is brought up to date as those known before.
        minted.retain(|(id, _)| there.contains(id));
        for (id, account) in &minted {
            outcome.count_new(account.activated);
            self.touched.push(*id);
            if account.activated {
                self.activate(*id, account.kind);
            }
        }
        let activated = minted.iter().filter(|(_, a)| a.activated).map(|(id, _)| (found.organization_id, *id));
        activation::mark(tx, PartnerId(found.partner_id), self.who, activated, true, self.now).await?;
        Ok(there)
    }

    async fn update(
        &mut self,
        tx: &DatabaseTransaction,
        part: &[(&String, &NewAccount)],
        before: &HashMap<String, Kept>,
        outcome: &mut PutOutcome,
    ) -> Result<(), Error> {
        let (found, now) = (self.found, self.now);
        let mut rows = Rows::default();
        let mut activated = Vec::new();
        for (lower, account) in part {
            let Some(known) = before.get(*lower) else { continue };
            let after = known.with(account, lower, now);
            outcome.count_known(known, &after);
            if *known == after {
                continue;
            }
            self.touched.push(known.id);
            if known.status != after.status {
                activated.push((found.organization_id, known.id));
            }
            if after.status == AccountStatus::Activated {
                self.activate(known.id, after.kind);
            }
            rows.int(found.partner_id)
                .int(after.id)
                .text(after.address)
                .text(after.address_lower)
                .text(after.name)
                .text(after.kind.as_str())
                .text(after.status.as_str())
                .maybe_text(after.external_id)
                .maybe_int(after.gone_at)
                .int(after.enrolled_at)
                .int(after.watched_since)
                .int(now.0);
        }
        rows.write(tx, &CHANGED).await?;
        activation::mark(tx, PartnerId(found.partner_id), self.who, activated, true, now).await
    }

    fn activate(&mut self, id: i64, kind: AccountType) {
        self.activated.push(Activated { id, organization: self.found.organization_id, service: self.service, kind });
    }
}

/// What is stored of these accounts, by the address under which they come. An account that the provider knows by an id of ours under
/// another address now comes under the new one; only while nobody has that address, and the old one isn't put in as well.
async fn kept<C: ConnectionTrait>(
    conn: &C,
    found: &connection::Model,
    part: &[(&String, &NewAccount)],
    wanted: &Wanted,
) -> Result<HashMap<String, Kept>, Error> {
    let (mut by_address, mut by_external) = (Keys::new(&[Int, Int, Text]), Keys::new(&[Int, Int, Text]));
    let mut new_address: HashMap<&str, &String> = HashMap::new();
    for (lower, account) in part {
        by_address.int(found.partner_id).int(found.id).text(lower);
        if let Some(external) = account.external_id.as_deref() {
            new_address.insert(external, lower);
        }
    }
    for external in new_address.keys() {
        by_external.int(found.partner_id).int(found.id).text(external);
    }
    let mut kept = HashMap::with_capacity(part.len());
    let sql = format!("{KEPT}a.partner_id = x.a AND a.connection_id = x.b AND a.external_id = x.c ORDER BY a.id DESC");
    for row in by_external.query(conn, &sql).await? {
        let account = Kept::read(&row)?;
        let Some(lower) = account.external_id.as_deref().and_then(|external| new_address.get(external)) else { continue };
        if !wanted.contains_key(&account.address_lower) {
            kept.insert((*lower).clone(), account);
        }
    }
    let sql = format!("{KEPT}a.partner_id = x.a AND a.connection_id = x.b AND a.address_lower = x.c");
    for row in by_address.query(conn, &sql).await? {
        let account = Kept::read(&row)?;
        kept.insert(account.address_lower.clone(), account);
    }
    Ok(kept)
}
