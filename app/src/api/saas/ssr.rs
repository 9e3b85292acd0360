//! From the engine's SaaS rows to the pages' ones.

use super::{AccountLine, AccountView, AccountsQuery, AccountsView, DaysLine, GoodLine, SaasLine, SaasQuery, SaasView, WorkloadLine};
use crate::{
    api::backup::{alerts, clients::ssr::partner_choices, runs},
    context,
    error::UiError,
};
use domain::{
    access::{Action, Actor},
    ids::{AccountId, DeviceId, OrganizationId},
    run::RunState,
    saas::{Consent, SaasNow, Service},
    text,
};
use engine::{
    Engine,
    store::{
        organizations::OrganizationStatus,
        saas::{self, AccountDays, AccountResult, AccountsFilter, AccountsRow, AccountsSort, SaasFilter, SaasRow, SaasSort, WorkloadRow},
    },
};

/// Alerts, and runs, that an account's page shows.
const ALERTS: u64 = 20;
const RUNS: u64 = 15;

/// A word of the URL; an unknown one asks for nothing.
fn word<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|t| !t.trim().is_empty())
}

fn order<T: std::str::FromStr + Default>(sort: &str) -> (T, bool) {
    let (descending, key) = sort.strip_prefix('-').map_or((false, sort), |key| (true, key));
    key.parse().map_or_else(|_| (T::default(), false), |sort| (sort, descending))
}

fn services(row: &SaasRow) -> Vec<(Service, Option<Consent>)> {
    row.services.iter().map(|s| (s.service, s.consent)).collect()
}

/// Seats and open runs of an organization's accounts as they are now; none: it has no connection.
pub(in crate::api) async fn now(engine: &Engine, actor: &Actor, id: OrganizationId) -> Result<Option<SaasNow>, UiError> {
    Ok(saas::get(&engine.store, actor, id).await?.map(|row| line(row).now))
}

fn line(row: SaasRow) -> SaasLine {
    SaasLine {
        services: services(&row),
        organization: row.organization,
        name: row.name,
        partner: row.partner,
        activated: row.status == OrganizationStatus::Activated,
        region: row.region,
        plan_name: row.plan_name,
        plan_type: row.plan_type.as_str().to_owned(),
        seat_limit: row.seat_limit,
        now: SaasNow { accounts: row.accounts, seats: row.seats, running: row.running, retrying: row.retrying, ..SaasNow::default() },
    }
}

pub(super) async fn overview(query: SaasQuery) -> Result<SaasView, UiError> {
    let (engine, actor) = context::actor()?;
    let (sort, descending): (SaasSort, bool) = order(&query.sort);
    let filter = SaasFilter {
        search: filled(query.search),
        status: word(&query.status),
        region: filled(query.region),
        plan_type: word(&query.plan_type),
        service: word(&query.service),
        partner: word(&query.partner),
        sort,
        descending,
        cursor: filled(query.cursor),
        limit: None,
    };
    let page = saas::list(&engine.store, &actor, &filter).await?;
    Ok(SaasView {
        lines: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
        total: page.total,
        now: saas::totals(&engine.store, &actor, None, context::now(&engine)).await?,
        regions: saas::regions(&engine.store, &actor).await?,
        partners: partner_choices(&engine, &actor).await?,
        sees_results: actor.may(Action::SeeDashboards),
    })
}

fn days(days: AccountDays) -> DaysLine {
    let flat = days.days.into_iter().map(|(state, runs)| (state, runs.succeeded, runs.warning, runs.failed, runs.missed));
    DaysLine { today: days.today, days: flat.collect() }
}

fn account_line(row: AccountsRow) -> AccountLine {
    let good = |of: fn(&saas::LastGood) -> Option<i64>| {
        let known: Vec<i64> = row.workloads.iter().filter_map(|w| w.last_good.as_ref()).filter_map(of).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    AccountLine {
        now: row.now(),
        workloads: row.workloads.iter().map(|w| w.workload).collect(),
        objects: good(|g| g.items),
        bytes: good(|g| g.bytes),
        id: row.id,
        kind: row.kind,
        service: row.service,
        status: row.status,
        is_gone: row.gone_at.is_some(),
        last_usable_at: row.last_usable_at,
        due_at: row.due_at,
        open_alerts: row.open_alerts,
        days: row.days.map(days),
        address: row.address,
        name: row.name,
    }
}

pub(super) async fn accounts(query: AccountsQuery) -> Result<AccountsView, UiError> {
    let (engine, actor) = context::actor()?;
    let id: OrganizationId = word(&query.organization).ok_or_else(|| UiError::not_found("organization"))?;
    let sees_results = actor.may(Action::SeeDashboards);
    let (descending, key) = query.sort.strip_prefix('-').map_or((false, query.sort.as_str()), |key| (true, key));
    let sort = if key == "last" && sees_results { AccountsSort::LastBackup } else { AccountsSort::Account };
    let filter = AccountsFilter {
        search: filled(query.search),
        kind: word(&query.kind),
        service: word(&query.service),
        // An address that somebody else has shared may ask for results.
        result: match query.result.as_str() {
            _ if !sees_results => None,
            "never" => Some(AccountResult::Never),
            state => word::<RunState>(state).map(AccountResult::Is),
        },
        status: word(&query.status),
        sort,
        descending,
        cursor: filled(query.cursor),
        ..AccountsFilter::of(id)
    };
    let now = context::now(&engine);
    let page = saas::accounts(&engine.store, &actor, &filter, now).await?;
    let own = saas::get(&engine.store, &actor, id).await?;
    Ok(AccountsView {
        organization: id,
        lines: page.items.into_iter().map(account_line).collect(),
        next_cursor: page.next_cursor,
        total: page.total,
        now: saas::totals(&engine.store, &actor, Some(id), now).await?,
        seat_limit: own.as_ref().and_then(|own| own.seat_limit),
        services: own.as_ref().map(services).unwrap_or_default(),
        sees_results,
        may_manage: actor.may(Action::ManageDevices),
    })
}

fn workload((row, of): (WorkloadRow, AccountDays)) -> WorkloadLine {
    WorkloadLine {
        workload: row.workload,
        active: row.job.is_some(),
        run: row.run,
        state: row.state,
        at: row.at,
        due_at: row.due_at,
        good: row.last_good.map(|g| GoodLine { run: g.run, at: g.at, items: g.items, bytes: g.bytes }),
        days: days(of),
        sizes: row.sizes,
    }
}

pub(super) async fn account(id: String) -> Result<AccountView, UiError> {
    let (engine, actor) = context::actor()?;
    let id: AccountId = word(&id).ok_or_else(|| UiError::not_found("account"))?;
    account_for(&engine, &actor, id).await
}

async fn account_for(engine: &Engine, actor: &Actor, id: AccountId) -> Result<AccountView, UiError> {
    let now = context::now(engine);
    let detail = saas::account(&engine.store, actor, id, now).await?;
    // Its runs and alerts stand under its id.
    let subject = DeviceId(id.0);
    let alerts = alerts::ssr::of_device(engine, actor, subject, ALERTS).await?;
    let runs = runs::ssr::of_device(engine, actor, subject, None, RUNS).await?;
    let workloads = detail.row.workloads.iter().cloned().zip(detail.workload_days).map(workload).collect();
    Ok(AccountView {
        line: account_line(detail.row),
        workloads,
        organization: detail.organization,
        organization_activated: detail.organization_status == OrganizationStatus::Activated,
        time_zone: detail.time_zone,
        consent: detail.consent,
        policy: detail.policy,
        schedule: text::schedule(&detail.schedule),
        created_at: detail.created_at,
        sizes: detail.sizes.into_iter().map(|day| (day.day, day.bytes)).collect(),
        alerts,
        runs: runs.runs,
        at: now,
    })
}

/// Whether the SaaS tab of an organization has something to show, or to begin.
pub(in crate::api) async fn is_shown(engine: &Engine, actor: &Actor, id: OrganizationId) -> Result<bool, UiError> {
    if actor.may(Action::ManageDevices) {
        return Ok(true);
    }
    Ok(saas::has_connection(&engine.store, actor, id).await?)
}
