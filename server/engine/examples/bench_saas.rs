//! How long the global SaaS dashboard takes with 10,000 organizations and 1,000,000 accounts in the store: totals and a page of the table,
//! in every order, with filters and search, first and later pages. On SQLite and on a private PostgreSQL.
//!
//! `cargo run --release -p engine --features test-support --example bench_saas [accounts of an organization]`

#![expect(clippy::unwrap_used, reason = "a measurement")]
#![expect(clippy::print_stdout, reason = "a measurement")]

use domain::{
    access::{Actor, Scope},
    ids::{OrganizationId, PartnerId},
    time::Time,
};
use engine::{
    store::{
        Store,
        organizations::{OrganizationStatus, PlanType},
        saas::{self, AccountsFilter, AccountsSort, SaasFilter, SaasSort},
    },
    testing::{self, Kind},
};
use sea_orm::{ConnectionTrait, DbBackend};
use std::time::Instant;

const NOW: Time = Time(1_794_816_000_000);
const ORGANIZATIONS: i64 = 10_000;
const TURNS: usize = 200;

async fn fill(store: &Store, accounts: i64) {
    let tx = store.begin().await.unwrap();
    let series = |n: i64| match store.backend() {
        DbBackend::Postgres => format!("generate_series(0, {}) AS s(n)", n - 1),
        _ => format!("(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {}) SELECT n FROM s) s", n - 1),
    };
    let hour = NOW.hour();
    let total = ORGANIZATIONS * accounts;
    let statements = [
        "INSERT INTO partners (id, parent_id, path, name, name_lower, time_zone, created_at) \
         VALUES (1, NULL, '1/', 'North', 'north', 'UTC', 0)"
            .to_owned(),
        format!(
            "INSERT INTO organizations (partner_id, id, name, name_lower, time_zone, status, region, plan_name, plan_type, seat_limit, created_at, updated_at) \
             SELECT 1, 10 + n, 'Client ' || ((n * 7919) % {ORGANIZATIONS}), 'client ' || ((n * 7919) % {ORGANIZATIONS}), 'UTC', \
             CASE WHEN n % 50 = 0 THEN 'deactivated' ELSE 'activated' END, 'region-' || (n % 9), 'Plan ' || (n % 5), \
             CASE WHEN n % 200 = 0 THEN 'Archiver' ELSE 'Backup' END, 100, 0, 0 FROM {}",
            series(ORGANIZATIONS)
        ),
        format!(
            "INSERT INTO saas_counts (partner_id, organization_id, service, accounts, seats, running, retrying) \
             SELECT 1, 10 + n, '', {accounts}, (n * 31) % 977, n % 3, n % 2 FROM {}",
            series(ORGANIZATIONS)
        ),
        format!(
            "INSERT INTO saas_counts (partner_id, organization_id, service, accounts, seats, running, retrying) \
             SELECT 1, 10 + n, CASE WHEN n % 3 = 0 THEN 'google_workspace' ELSE 'microsoft_365' END, {accounts}, (n * 31) % 977, n % 3, n % 2 FROM {}",
            series(ORGANIZATIONS)
        ),
        format!(
            "INSERT INTO saas_counts (partner_id, organization_id, service, accounts, seats, running, retrying) VALUES (1, 0, '', {total}, {total}, 5, 5)"
        ),
        format!(
            "INSERT INTO saas_hours (partner_id, organization_id, hour, succeeded, warning, failed, missed) \
             SELECT 1, 0, {hour} - n, 100, 3, 2, 1 FROM {}",
            series(720)
        ),
        format!(
            "INSERT INTO accounts (partner_id, id, organization_id, connection_id, service, address, address_lower, name, type, status, \
             enrolled_at, watched_since, created_at, updated_at) \
             SELECT 1, 100000 + n, 10 + n / {accounts}, 5, 'microsoft_365', 'u' || n || '@x.example', 'u' || n || '@x.example', '', 'user', \
             'activated', 0, 0, 0, 0 FROM {}",
            series(total)
        ),
        format!(
            "INSERT INTO account_state (partner_id, account_id, organization_id, service, life, counted, score, band, assessment, assessed_at, last_at, last_result) \
             SELECT 1, 100000 + n, 10 + n / {accounts}, 'microsoft_365', 'active', TRUE, 100, 'healthy', '', 0, n, 'succeeded' FROM {}",
            series(total)
        ),
    ];
    for statement in statements {
        tx.execute_unprepared(&statement).await.unwrap_or_else(|e| panic!("{e}: {statement}"));
    }
    tx.commit().await.unwrap();
    let writes = store.begin().await.unwrap();
    writes.execute_unprepared("ANALYZE").await.unwrap();
    writes.commit().await.unwrap();
}

fn told(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("  {what:<44} p50 {:>6.2} ms   p99 {:>6.2} ms", at(0.5), at(0.99));
}

async fn measured(store: &Store) {
    let actor = Actor::system(Scope::Partners([PartnerId(1)].into()));
    let all = SaasFilter::default();
    let mut times = Vec::new();
    for _ in 0..TURNS {
        let begun = Instant::now();
        saas::totals(store, &actor, None, NOW).await.unwrap();
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    told("totals", times);
    use SaasSort::{Organization, PlanName, PlanType as Type, Region, Seats, Status};
    let orders =
        [Organization, Status, Region, PlanName, Type, Seats].map(|sort| (format!("by {sort:?}"), SaasFilter { sort, ..all.clone() }));
    let narrowed = [
        ("search: one letter", SaasFilter { search: Some("9".into()), ..all.clone() }),
        ("search: one name", SaasFilter { search: Some("client 9873".into()), ..all.clone() }),
        ("search: nothing", SaasFilter { search: Some("nobody".into()), sort: Seats, ..all.clone() }),
        (
            "deactivated by seats",
            SaasFilter { status: Some(OrganizationStatus::Deactivated), sort: Seats, descending: true, ..all.clone() },
        ),
        ("Archiver by region", SaasFilter { plan_type: Some(PlanType::Archiver), sort: Region, ..all.clone() }),
        ("Google by seats", SaasFilter { service: Some(domain::saas::Service::GoogleWorkspace), sort: Seats, ..all.clone() }),
    ]
    .map(|(what, filter)| (what.to_owned(), filter));
    for (what, filter) in orders.into_iter().chain(narrowed) {
        let (mut first, mut later) = (Vec::new(), Vec::new());
        let mut cursor = None;
        for _ in 0..TURNS {
            let filter = SaasFilter { cursor: cursor.clone(), ..filter.clone() };
            let begun = Instant::now();
            let page = saas::list(store, &actor, &filter).await.unwrap();
            let took = begun.elapsed().as_secs_f64() * 1_000.0;
            if cursor.is_none() {
                first.push(took)
            } else {
                later.push(took)
            }
            cursor = if first.len() <= 100 && later.len() < 100 { page.next_cursor } else { None };
        }
        told(&what, first);
        if !later.is_empty() {
            told(&format!("{what}, later pages"), later);
        }
    }
    for sort in [AccountsSort::Account, AccountsSort::LastBackup] {
        let mut times = Vec::new();
        for turn in 0..TURNS {
            let of = OrganizationId(10 + (turn as i64 * 37) % ORGANIZATIONS);
            let begun = Instant::now();
            saas::accounts(store, &actor, &AccountsFilter { sort, ..AccountsFilter::of(of) }, NOW).await.unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        told(&format!("accounts of an organization by {sort:?}"), times);
    }
}

#[tokio::main]
async fn main() {
    let accounts = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let fresh = testing::fresh(kind).await;
        let begun = Instant::now();
        fill(&fresh.store, accounts).await;
        println!(
            "{:?}: {ORGANIZATIONS} organizations, {} accounts (filled in {:.0} s)",
            fresh.store.backend(),
            ORGANIZATIONS * accounts,
            begun.elapsed().as_secs_f64()
        );
        measured(&fresh.store).await;
    }
}
