//! The SaaS dashboards with many customers, as the server renders them, whole, at 20 requests a second.
//!
//! `cargo run --release -p server --example bench_saas -- sqlite|postgres ORGANIZATIONS ACCOUNTS [seconds]` makes a store with a tiny demo
//! (with the release binary beside it, or `HOLDFAST_BINARY`), puts so many organizations and accounts into it as rows, a fiftieth of the
//! accounts with the largest customer, and asks for both dashboards. One JSON line a page. `HOLDFAST_BENCH_STORE` as in `bench_page`.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

#[path = "measured/pages.rs"]
mod pages;

use domain::{
    ids::OrganizationId,
    time::{Span, Time},
};
use engine::store::Store;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use std::time::Instant;

/// Ids of what is made begin here: below all that a server mints.
const ORGANIZATIONS: i64 = 1_000_000_000_000;
const CONNECTIONS: i64 = 2_000_000_000_000;
const ACCOUNTS: i64 = 3_000_000_000_000;
const JOBS: i64 = 4_000_000_000_000;

#[tokio::main]
async fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [kind, organizations, accounts, ..] = &said[..] else { panic!("sqlite|postgres ORGANIZATIONS ACCOUNTS [seconds]") };
    let (organizations, accounts): (i64, i64) = (organizations.parse().unwrap(), accounts.parse().unwrap());
    let seconds: u64 = said.get(3).and_then(|s| s.parse().ok()).unwrap_or(30);
    let measured = pages::Measured::open(kind).await;
    let tiny = ["--devices", "4", "--organizations", "4", "--days", "60", "--customers", "6", "--accounts", "12"];
    if measured.fill(&tiny).await {
        let begun = Instant::now();
        grow(&measured.store, organizations, accounts, pages::now()).await;
        println!(
            "{}",
            json!({ "store": kind, "organizations": organizations, "accounts": accounts, "grown_seconds": begun.elapsed().as_secs() })
        );
    }
    let largest = format!("/organizations/{}/saas", OrganizationId(ORGANIZATIONS));
    let (last, next) = (format!("{largest}?sort=-last"), format!("{largest}?search=person1"));
    let asked = [
        ("/saas", "Client"),
        ("/saas?sort=-seats", "Client 0"),
        ("/saas?sort=region", "Client"),
        ("/saas?search=client+77", "Client 77"),
        (largest.as_str(), "person"),
        (last.as_str(), "person"),
        (next.as_str(), "person1"),
    ];
    measured.ask(&asked, seconds).await;
}

/// Puts organizations with connections, accounts and their states, counts and hours into the store; workloads for the largest customer.
async fn grow(store: &Store, organizations: i64, accounts: i64, now: Time) {
    let read = async |sql: &str| -> i64 {
        let row = store.reads().query_one_raw(sea_orm::Statement::from_string(store.backend(), sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    };
    // The first owner sees two partners: her own and the one below it.
    let own = read("SELECT id FROM partners WHERE name = 'Nordlicht IT-Service'").await;
    let below = read("SELECT id FROM partners WHERE name = 'Wisła Cloud'").await;
    let partner = format!("CASE WHEN o % 5 = 4 THEN {below} ELSE {own} END");
    let policy = format!("(SELECT MIN(id) FROM policies p WHERE p.is_default AND p.partner_id = {partner})");
    let service = "CASE WHEN o % 3 = 2 THEN 'google_workspace' ELSE 'microsoft_365' END";
    let active = "i % 20 <> 3 AND o % 31 <> 24";
    let now_ms = now.0;
    let since = now_ms - Span::days(200).0;
    let row_of = |table: &str, column: &str, id: &str| format!("(SELECT s.{column} FROM {table} s ORDER BY s.{id} LIMIT 1)");
    let assessment = row_of("account_state", "assessment", "account_id");
    let (history, slots) = (row_of("job_state", "history", "job_id"), row_of("job_state", "slots", "job_id"));
    let largest = accounts / 50;
    let numbers = |count: i64| format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})");
    let each_organization = "FROM (SELECT i AS o FROM n) x";
    let of_accounts = format!("FROM (SELECT i, CASE WHEN i < {largest} THEN 0 ELSE 1 + i % ({organizations} - 1) END AS o FROM n) x");
    let sums = "CAST(COUNT(*) AS BIGINT), CAST(SUM(CASE WHEN s.life = 'active' THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(s.running) AS BIGINT), \
                CAST(SUM(s.retrying) AS BIGINT) FROM account_state s";
    let first_hour = now.hour() - 719;
    let mut all = vec![
        format!(
            "INSERT INTO organizations (partner_id, id, name, name_lower, time_zone, status, region, plan_name, plan_type, seat_limit, created_at, \
             updated_at) {} SELECT {partner}, {ORGANIZATIONS} + o, 'Client ' || ((o * 7919) % 1000003), 'client ' || ((o * 7919) % 1000003), \
             'Europe/Berlin', CASE WHEN o % 31 = 24 THEN 'deactivated' ELSE 'activated' END, \
             CASE o % 4 WHEN 0 THEN 'eu-central' WHEN 1 THEN 'eu-west' WHEN 2 THEN 'us-east' ELSE 'ap-northeast' END, \
             CASE o % 3 WHEN 0 THEN 'Business' WHEN 1 THEN 'Essential' ELSE 'Enterprise' END, \
             CASE WHEN o % 14 = 5 THEN 'Archiver' ELSE 'Backup' END, 150, {since}, {since} {each_organization}",
            numbers(organizations)
        ),
        format!(
            "INSERT INTO connections (partner_id, id, organization_id, service, policy_id, consent, consent_at, granted_at, created_at, updated_at) \
             {} SELECT {partner}, {CONNECTIONS} + o, {ORGANIZATIONS} + o, {service}, {policy}, 'connected', {since}, {since}, {since}, {since} \
             {each_organization}",
            numbers(organizations)
        ),
        format!(
            "INSERT INTO accounts (partner_id, id, organization_id, connection_id, service, address, address_lower, name, type, status, enrolled_at, \
             watched_since, created_at, updated_at) {} SELECT {partner}, {ACCOUNTS} + i, {ORGANIZATIONS} + o, {CONNECTIONS} + o, {service}, \
             'person' || i || '@client' || o || '.example.com', 'person' || i || '@client' || o || '.example.com', 'Person ' || i, 'user', \
             CASE WHEN i % 20 <> 3 THEN 'activated' ELSE 'deactivated' END, {since}, {since}, {since}, {since} {of_accounts}",
            numbers(accounts)
        ),
        // What time does to them lies far ahead: nothing is to be settled while pages are measured.
        format!(
            "INSERT INTO account_state (partner_id, account_id, organization_id, service, life, counted, score, band, assessment, assessed_at, \
             next_change_at, last_result, last_at, last_usable_at, running, retrying, open_alerts) {} SELECT {partner}, {ACCOUNTS} + i, \
             {ORGANIZATIONS} + o, {service}, CASE WHEN {active} THEN 'active' ELSE 'paused' END, TRUE, 97, 'healthy', {assessment}, {now_ms}, \
             {now_ms} + 2592000000 + i, CASE i % 40 WHEN 7 THEN 'failed' WHEN 9 THEN 'warning' ELSE 'succeeded' END, \
             {now_ms} - (i * 7919) % 86000000, {now_ms} - (i * 7919) % 86000000, CASE WHEN i % 500 = 0 THEN 1 ELSE 0 END, \
             CASE WHEN i % 900 = 1 THEN 1 ELSE 0 END, 0 {of_accounts}",
            numbers(accounts)
        ),
        "DELETE FROM saas_counts".to_owned(),
        "DELETE FROM saas_hours".to_owned(),
        format!(
            "INSERT INTO saas_hours (partner_id, organization_id, hour, succeeded, warning, failed, missed) {} \
             SELECT o.partner_id, o.id, {first_hour} + n.i, 40 + n.i % 30, n.i % 5, n.i % 3, 0 FROM organizations o CROSS JOIN n WHERE n.i % 3 = 0",
            numbers(720)
        ),
        "INSERT INTO saas_hours (partner_id, organization_id, hour, succeeded, warning, failed, missed) \
         SELECT partner_id, 0, hour, CAST(SUM(succeeded) AS BIGINT), CAST(SUM(warning) AS BIGINT), CAST(SUM(failed) AS BIGINT), 0 \
         FROM saas_hours GROUP BY partner_id, hour"
            .to_owned(),
    ];
    for (organization, service) in [("0", "''"), ("0", "s.service"), ("s.organization_id", "''"), ("s.organization_id", "s.service")] {
        let group = match (organization, service) {
            ("0", "''") => "s.partner_id".to_owned(),
            ("0", _) => "s.partner_id, s.service".to_owned(),
            (_, "''") => "s.partner_id, s.organization_id".to_owned(),
            _ => "s.partner_id, s.organization_id, s.service".to_owned(),
        };
        all.push(format!(
            "INSERT INTO saas_counts (partner_id, organization_id, service, accounts, seats, running, retrying) \
             SELECT s.partner_id, {organization}, {service}, {sums} GROUP BY {group}"
        ));
    }
    // Workloads are shown where accounts are: at the largest customer.
    let of_jobs = "FROM (SELECT i % 5 AS w, i / 5 AS a, i FROM n) x";
    let word = "CASE w WHEN 0 THEN 'email' WHEN 1 THEN 'drive' WHEN 2 THEN 'contacts' WHEN 3 THEN 'calendar' ELSE 'tasks' END";
    all.push(format!(
        "INSERT INTO jobs (partner_id, id, organization_id, device_id, name, name_lower, slug, ping_uuid, created_at) {} SELECT {own}, {JOBS} + i, \
         {ORGANIZATIONS}, {ACCOUNTS} + a, {word}, {word}, {word}, 'bench-' || i, {since} {of_jobs}",
        numbers(largest * 5)
    ));
    all.push(format!(
        "INSERT INTO job_state (partner_id, job_id, organization_id, device_id, history, slots, last_state, last_at) {} SELECT {own}, {JOBS} + i, \
         {ORGANIZATIONS}, {ACCOUNTS} + a, {history}, {slots}, 'succeeded', {now_ms} - 60000 {of_jobs}",
        numbers(largest * 5)
    ));
    for sql in all {
        let tx = store.begin().await.unwrap();
        tx.execute_unprepared(&sql).await.unwrap();
        tx.commit().await.unwrap();
    }
    if store.backend() == DbBackend::Postgres {
        // As after a fill, and as autovacuum does sooner or later.
        store.reads().execute_unprepared("VACUUM ANALYZE").await.unwrap();
    }
}
