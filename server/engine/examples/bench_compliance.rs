//! How long compliance of a partner over a quarter takes: reading, judging, adding up; on rows that are made up fast, without their runs.
//!
//! `cargo run --release -p engine --example bench_compliance -- FILE.db|postgres://… [devices] [backups a day]` prints one JSON line. The database
//! must be empty; devices of ten an organization, some with gaps, some paused, a rule that changes within the quarter, a restore test each.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench: a failure ends it")]

use domain::{
    access::{Actor, Scope},
    policy::DeviceClass,
    time::{Span, Time},
};
use engine::{
    Engine,
    store::{
        Store, StoreUrl,
        compliance::{self, Of},
        people,
        sla::{self, Proposal, RuleScope},
    },
};
use sea_orm::{ConnectionTrait, Statement};
use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// 2026-07-01T00:00:00Z, a Wednesday.
const FROM: Time = Time(1_782_864_000_000);
const DAYS: i64 = 92;
const WEEK: i64 = 7 * 86_400_000;

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("FILE.db or postgres://…");
    let number = |place: usize, usual: i64| std::env::args().nth(place).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (devices, daily) = (number(2, 10_000), number(3, 1));
    let name = if url.starts_with("postgres") { "postgres" } else { "sqlite" };
    let url = if url.starts_with("postgres") { StoreUrl::Postgres(url) } else { StoreUrl::Sqlite(url.into()) };
    let store = Store::open(&url).await.unwrap();
    let first = people::FirstOwner {
        email: "owner@example.org".into(),
        name: "Owner".into(),
        password: "correct horse battery".into(),
        partner: "Partner".into(),
        time_zone: "Europe/Berlin".into(),
    };
    let (_, partner) = people::first_start(&store, first, FROM - Span::days(100)).await.unwrap();
    let actor = Actor::system(Scope::Partners([partner].into()));
    let until = FROM + Span::days(DAYS);
    let engine = Engine::start_driven(store.clone(), Arc::new(move || until), CancellationToken::new());
    let rule = Proposal { scope: RuleScope::Partner(partner), class: DeviceClass::Server, hours: 26 };
    sla::set(&engine, &actor, rule, FROM + Span::days(40)).await.unwrap();
    let begun = Instant::now();
    fill(&store, partner.0, devices, daily).await;
    let filled = begun.elapsed();
    let mut times: Vec<Duration> = Vec::new();
    let mut told = None;
    for _ in 0..5 {
        let begun = Instant::now();
        let report = compliance::report(&store, &actor, Of::All, FROM, until, until + Span::DAY).await.unwrap();
        times.push(begun.elapsed());
        assert_eq!(i64::try_from(report.devices().count()).unwrap(), devices);
        told = report.sum.share();
    }
    times.sort_unstable();
    println!(
        "{{\"store\":\"{name}\",\"devices\":{devices},\"backups_a_day\":{daily},\"filled_seconds\":{:.1},\"median_ms\":{},\"worst_ms\":{},\"share\":{told:?}}}",
        filled.as_secs_f64(),
        times[times.len() / 2].as_millis(),
        times[times.len() - 1].as_millis(),
    );
}

/// Rows as the commands and ingest would leave them, many in one statement.
async fn fill(store: &Store, partner: i64, devices: i64, daily: i64) {
    let policy: i64 = {
        let sql = format!("SELECT id FROM policies WHERE partner_id = {partner}");
        let row = store.reads().query_one_raw(Statement::from_string(store.backend(), sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    };
    let tx = store.begin().await.unwrap();
    let mut rows = Insert::new(
        "organizations (partner_id, id, name, name_lower, time_zone, status, region, plan_name, plan_type, created_at, updated_at)",
    );
    for n in 0..=devices / 10 {
        rows.add(
            &tx,
            format!("({partner}, {}, 'Client {n}', 'client {n}', 'Europe/Berlin', 'activated', '', '', 'Backup', 0, 0)", 1_000 + n),
        )
        .await;
    }
    rows.write(&tx).await;
    let enrolled = FROM.0 - Span::days(60).0;
    let mut rows = Insert::new(
        "devices (partner_id, id, organization_id, name, name_lower, class, life, policy_id, tags, ping_uuid, enrolled_at, watched_since, updated_at)",
    );
    for n in 0..devices {
        let class = if n % 3 == 0 { "server" } else { "workstation" };
        rows.add(
            &tx,
            format!(
                "({partner}, {}, {}, 'dev-{n}', 'dev-{n}', '{class}', 'active', {policy}, '[]', 'u{n}', {enrolled}, {enrolled}, 0)",
                1_000_000 + n,
                1_000 + n / 10
            ),
        )
        .await;
    }
    rows.write(&tx).await;
    let mut rows = Insert::new("restore_tests (partner_id, id, organization_id, device_id, at, passed, scope, rto_seconds, note, made_by)");
    for n in 0..devices {
        let at = FROM.0 + Span::days(n % DAYS).0;
        rows.add(&tx, format!("({partner}, {n}, {}, {}, {at}, {}, 'x', 600, '', 'system')", 1_000 + n / 10, 1_000_000 + n, n % 20 > 0))
            .await;
    }
    rows.write(&tx).await;
    let mut rows = Insert::new("exclusions (partner_id, id, organization_id, device_id, cause, from_at, until_at, made_by)");
    for n in (0..devices).step_by(25) {
        let at = FROM.0 + Span::days(20).0;
        rows.add(&tx, format!("({partner}, {}, {}, {}, 'paused', {at}, {}, 'system')", n + 1, 1_000 + n / 10, 1_000_000 + n, at + WEEK))
            .await;
    }
    rows.write(&tx).await;
    let mut rows = Insert::new("recency (partner_id, week, device_id, organization_id, ends)");
    let postgres = store.backend() == sea_orm::DbBackend::Postgres;
    let (first, last) = ((FROM.0 - WEEK).div_euclid(WEEK), (FROM.0 + Span::days(DAYS).0).div_euclid(WEEK));
    for week in first..=last {
        for n in 0..devices {
            let mut blob = String::new();
            for step in 0..7 * daily {
                // Some days fail, differently for each.
                if (n * 31 + week * 7 + step * 13) % 41 == 0 {
                    continue;
                }
                let within = u32::try_from(step * (86_400_000 / daily) + (n % 3_600) * 1_000).unwrap_or(0);
                for byte in within.to_le_bytes() {
                    let _ = write!(blob, "{byte:02x}");
                }
            }
            let blob = if postgres { format!("'\\x{blob}'::bytea") } else { format!("x'{blob}'") };
            rows.add(&tx, format!("({partner}, {week}, {}, {}, {blob})", 1_000_000 + n, 1_000 + n / 10)).await;
        }
    }
    rows.write(&tx).await;
    tx.commit().await.unwrap();
}

/// An `INSERT` of up to five hundred rows a statement.
struct Insert {
    into: &'static str,
    rows: Vec<String>,
}

impl Insert {
    const fn new(into: &'static str) -> Self {
        Self { into, rows: Vec::new() }
    }

    async fn add<C: ConnectionTrait>(&mut self, conn: &C, row: String) {
        self.rows.push(row);
        if self.rows.len() >= 500 {
            self.write(conn).await;
        }
    }

    async fn write<C: ConnectionTrait>(&mut self, conn: &C) {
        if !self.rows.is_empty() {
            let sql = format!("INSERT INTO {} VALUES {}", self.into, self.rows.join(", "));
            self.rows.clear();
            conn.execute_unprepared(&sql).await.unwrap();
        }
    }
}
