//! The Alerts tab with many alerts, as the server renders it, whole, at 20 requests a second: by worth, by time, by each filter, further down,
//! with an incident that holds a fiftieth of them; the page of an alert, and Home beside it.
//!
//! `cargo run --release -p server --example bench_alerts -- sqlite|postgres ALERTS [seconds]` makes a store with a tiny demo (with the release
//! binary beside it, or `HOLDFAST_BINARY`), puts so many alerts of a tenth as many devices into it as rows, half of them open, and asks for
//! each page. One JSON line a page. `HOLDFAST_BENCH_STORE` as in `bench_page`. The aim: p99 ≤ 50 ms with 100,000.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

#[path = "measured/pages.rs"]
mod pages;

use domain::{
    ids::{AlertId, IncidentId, OrganizationId},
    time::{Span, Time},
};
use engine::store::{
    Store,
    alerts::{self, AlertFilter, AlertSort, AlertState},
};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use std::time::Instant;

/// Ids of what is made begin here: below all that a server mints.
const ORGANIZATIONS: i64 = 1_000_000_000_000;
const DEVICES: i64 = 2_000_000_000_000;
const ALERTS: i64 = 3_000_000_000_000;
const INCIDENT: i64 = 4_000_000_000_000;

#[tokio::main]
async fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count, ..] = &said[..] else { panic!("sqlite|postgres ALERTS [seconds]") };
    let count: i64 = count.parse().unwrap();
    let seconds: u64 = said.get(2).and_then(|s| s.parse().ok()).unwrap_or(30);
    let measured = pages::Measured::open(kind).await;
    let tiny = ["--devices", "40", "--organizations", "8", "--days", "14", "--customers", "4", "--accounts", "12"];
    if measured.fill(&tiny).await {
        let begun = Instant::now();
        grow(&measured.store, count, pages::now()).await;
        println!("{}", json!({ "store": kind, "alerts": count, "grown_seconds": begun.elapsed().as_secs() }));
    }
    let organization = format!("/backups/alerts?organization={}", OrganizationId(ORGANIZATIONS + 3));
    let further = format!("/backups/alerts?cursor={}", cursor(&measured.store, count).await);
    let one = format!("/alerts/{}", AlertId(ALERTS));
    let incident = format!("/incidents/{}", IncidentId(INCIDENT));
    let asked = [
        ("/backups/alerts", "bench-"),
        ("/backups/alerts?sort=time", "bench-"),
        ("/backups/alerts?severity=warning", "bench-"),
        ("/backups/alerts?kind=storage_quota", "bench-"),
        ("/backups/alerts?class=server", "bench-"),
        ("/backups/alerts?state=untended", "bench-"),
        ("/backups/alerts?state=acknowledged", "bench-"),
        ("/backups/alerts?state=snoozed", "bench-"),
        ("/backups/alerts?state=resolved", "bench-"),
        ("/backups/alerts?state=resolved&search=bench-77", "bench-77"),
        ("/backups/alerts?search=bench-77", "bench-77"),
        (organization.as_str(), "bench-"),
        (further.as_str(), "bench-"),
        (one.as_str(), "bench-"),
        (incident.as_str(), "bench-"),
        ("/", "Needs attention"),
    ];
    measured.ask(&asked, seconds).await;
}

/// Where the list goes on after the first hundred pages.
async fn cursor(store: &Store, count: i64) -> String {
    let partner = read(store, "SELECT id FROM partners WHERE name = 'Nordlicht IT-Service'").await;
    let actor = domain::access::Actor::system(domain::access::Scope::Partners([domain::ids::PartnerId(partner)].into()));
    let mut filter =
        AlertFilter { state: AlertState::Open, sort: AlertSort::Worth, folded: true, limit: Some(500), ..AlertFilter::default() };
    for _ in 0..(count / 5_000).clamp(1, 10) {
        if let Some(next) = alerts::list(store, &actor, &filter).await.unwrap().next_cursor {
            filter.cursor = Some(next);
        }
    }
    filter.cursor.unwrap_or_default()
}

async fn read(store: &Store, sql: &str) -> i64 {
    let row = store.reads().query_one_raw(sea_orm::Statement::from_string(store.backend(), sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Puts organizations, devices and their alerts into the store. Ten alerts a device: five kinds open, five resolved.
async fn grow(store: &Store, count: i64, now: Time) {
    let own = read(store, "SELECT id FROM partners WHERE name = 'Nordlicht IT-Service'").await;
    let policy = read(store, &format!("SELECT MIN(id) FROM policies WHERE partner_id = {own}")).await;
    let run = read(store, &format!("SELECT MIN(id) FROM runs WHERE partner_id = {own}")).await;
    let (devices, organizations) = ((count / 10).max(10), (count / 500).max(4));
    let now = now.0;
    let since = now - Span::days(90).0;
    let numbers = |count: i64| format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})");
    let (kind, worth) = (
        "CASE s % 5 WHEN 0 THEN 'job_failed' WHEN 1 THEN 'backup_overdue' WHEN 2 THEN 'storage_quota' WHEN 3 THEN 'restore_test_failed' ELSE 'run_stuck' END",
        "CASE s % 5 WHEN 0 THEN 60 WHEN 1 THEN 70 WHEN 2 THEN 20 WHEN 3 THEN 90 ELSE 40 END",
    );
    let critical = "(s % 5 IN (1, 3) OR d % 3 = 0)";
    let opened = format!("{now} - 60000 * ((i * 7919) % 120000)");
    let first = devices / 50 * 5;
    let all = [
        format!(
            "INSERT INTO organizations (partner_id, id, name, name_lower, time_zone, status, region, plan_name, plan_type, seat_limit, created_at, \
             updated_at) {} SELECT {own}, {ORGANIZATIONS} + i, 'Client ' || i, 'client ' || i, 'Europe/Berlin', 'activated', 'eu-central', 'Business', \
             'Backup', 50, {since}, {since} FROM n",
            numbers(organizations)
        ),
        format!(
            "INSERT INTO devices (partner_id, id, organization_id, name, name_lower, class, life, policy_id, ping_uuid, enrolled_at, updated_at) {} \
             SELECT {own}, {DEVICES} + i, {ORGANIZATIONS} + i % {organizations}, 'bench-' || i, 'bench-' || i, \
             CASE WHEN i % 4 = 0 THEN 'server' ELSE 'workstation' END, 'active', {policy}, 'bench-' || i, {since}, {since} FROM n",
            numbers(devices)
        ),
        format!(
            "INSERT INTO incidents (partner_id, id, organization_id, cause, severity, opened_at, joined_at, members, open_members) \
             VALUES ({own}, {INCIDENT}, 0, 'destination:s3:backup.example.net', 'critical', {now} - 3600000, {now} - 3000000, {first}, {first})"
        ),
        format!(
            "INSERT INTO alerts (partner_id, id, organization_id, device_id, run_id, kind, severity, since, opened_at, last_opened_at, resolved_at, \
             acknowledged_at, acknowledged_by, snoozed_until, reason, worth, incident_id) {} \
             SELECT {own}, {ALERTS} + i, {ORGANIZATIONS} + d % {organizations}, {DEVICES} + d, CASE WHEN s % 5 = 0 THEN {run} ELSE NULL END, {kind}, \
             CASE WHEN {critical} THEN 'critical' ELSE 'warning' END, {opened}, {opened}, {opened}, \
             CASE WHEN s >= 5 THEN {opened} + 1800000 ELSE NULL END, CASE WHEN i % 9 = 4 THEN {now} ELSE NULL END, \
             CASE WHEN i % 9 = 4 THEN 'Lena' ELSE NULL END, CASE WHEN i % 17 = 3 THEN {now} + 864000000 ELSE NULL END, \
             '{{\"fact\":\"never_reported\",\"since\":{since}}}', \
             CASE WHEN {critical} THEN 200 ELSE 100 END + {worth} + CASE WHEN d % 4 = 0 THEN 5 ELSE 0 END, \
             CASE WHEN s < 5 AND d < {devices} / 50 THEN {INCIDENT} ELSE NULL END \
             FROM (SELECT i, i % {devices} AS d, i / {devices} AS s FROM n) x",
            numbers(count)
        ),
    ];
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
