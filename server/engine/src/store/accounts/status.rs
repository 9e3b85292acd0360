//! Accounts activated and deactivated, in bulk.

use super::{
    BATCH, MOST,
    activation::{self, Activated},
    seats::{Seats, seats_of},
    seen, subjects,
};
use crate::{
    Engine,
    error::Error,
    ingest::bulk::{Kind, Meet, Rows, Table},
    store::{
        audit::{self, Entry},
        devices,
        entity::account,
        facts::parse,
        organizations,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{AccountId, OrganizationId, PartnerId},
    saas::AccountStatus,
    time::Time,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

use Kind::{Int, Text};

/// Addresses that an audit entry names.
const NAMED: usize = 20;

/// What became of accounts whose status was set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusOutcome {
    /// Accounts that changed.
    pub changed: u64,
    /// Accounts that were so already.
    pub unchanged: u64,
    /// The seats of the organizations concerned, afterwards.
    pub seats: Vec<(OrganizationId, Seats)>,
}

static STATUS: Table = Table {
    name: "accounts",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[],
    columns: &[("status", Text), ("enrolled_at", Int), ("watched_since", Int), ("updated_at", Int)],
    meet: Meet::Update,
};

async fn load<C: ConnectionTrait>(conn: &C, actor: &Actor, ids: &[i64]) -> Result<Vec<account::Model>, Error> {
    Ok(account::Entity::find().filter(seen(actor)).filter(account::COLUMN.id.is_in(ids.iter().copied())).all(conn).await?)
}

/// Activates or deactivates accounts. Activating makes the jobs of their workloads, enrols them anew and uses seats, also beyond
/// the limit (see the head of the module).
///
/// Five hundred of an organization are one transaction. After a failure in between, those before it stay, and the same call again does the rest.
///
/// # Errors
/// `NotFound` (any of them: nothing is changed then), `Forbidden`, `Invalid` (none, or too many).
pub async fn set_status(
    engine: &Engine,
    actor: &Actor,
    ids: &[AccountId],
    status: AccountStatus,
    now: Time,
) -> Result<StatusOutcome, Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect::<BTreeSet<_>>().into_iter().collect();
    if ids.is_empty() {
        return Err(Error::invalid("no_accounts", "ids", "Name at least one account."));
    }
    if ids.len() > MOST {
        return Err(Error::invalid("too_many", "ids", format!("At most {MOST} accounts at once; send the rest in another call.")));
    }
    let mut by_organization: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    for part in ids.chunks(BATCH) {
        let found = load(engine.store.reads(), actor, part).await?;
        if found.len() != part.len() {
            return Err(Error::NotFound("account"));
        }
        for account in found {
            by_organization.entry((account.partner_id, account.organization_id)).or_default().push(account.id);
        }
    }
    // Plans are sold by finance, accounts looked after by technicians (D11).
    if !actor.may(Action::ManagePlans) && !actor.may(Action::ManageDevices) {
        return Err(Error::Forbidden("activate or deactivate accounts"));
    }
    let mut outcome = StatusOutcome::default();
    for ((partner, organization), ids) in by_organization {
        for part in ids.chunks(BATCH) {
            let changed = set_part(engine, actor, PartnerId(partner), OrganizationId(organization), part, status, now).await?;
            outcome.changed += changed;
            outcome.unchanged += (part.len() as u64).saturating_sub(changed);
        }
        let conn = engine.store.reads();
        let model = organizations::find(conn, actor, OrganizationId(organization)).await?;
        outcome.seats.push((OrganizationId(organization), seats_of(conn, &model).await?));
    }
    Ok(outcome)
}

async fn set_part(
    engine: &Engine,
    actor: &Actor,
    partner: PartnerId,
    organization: OrganizationId,
    ids: &[i64],
    status: AccountStatus,
    now: Time,
) -> Result<u64, Error> {
    let store = &engine.store;
    let tx = store.begin_for(partner).await?;
    let held = subjects(partner, ids.iter().copied());
    devices::lock(store, &tx, &held).await?;
    let mut changed = load(&tx, actor, ids).await?;
    changed.retain(|account| account.status != status.as_str());
    if changed.is_empty() {
        return Ok(0);
    }
    let activated = status == AccountStatus::Activated;
    let mut rows = Rows::default();
    for account in &changed {
        let (enrolled_at, watched_since) = if activated { (now.0, now.0) } else { (account.enrolled_at, account.watched_since) };
        rows.int(partner.0).int(account.id).text(status.as_str()).int(enrolled_at).int(watched_since).int(now.0);
    }
    rows.write(&tx, &STATUS).await?;
    if activated {
        let with_jobs = changed
            .iter()
            .map(|a| Ok(Activated { id: a.id, organization: a.organization_id, service: parse(&a.service)?, kind: parse(&a.r#type)? }))
            .collect::<Result<Vec<_>, Error>>()?;
        activation::make_jobs(store, &tx, partner, &with_jobs, now).await?;
    }
    activation::mark(&tx, partner, actor, changed.iter().map(|a| (a.organization_id, a.id)), activated, now).await?;
    let subject = match &changed[..] {
        [one] => format!("account:{}", AccountId(one.id)),
        _ => format!("organization:{organization}"),
    };
    let named: Vec<&str> = changed.iter().take(NAMED).map(|a| a.address.as_str()).collect();
    let entry = Entry {
        partner,
        organization: Some(organization),
        what: if activated { "account.activate" } else { "account.deactivate" },
        subject,
        detail: json!({ "accounts": changed.len(), "addresses": named }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = devices::settle(store, &tx, &subjects(partner, changed.iter().map(|a| a.id)), now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(changed.len() as u64)
}
