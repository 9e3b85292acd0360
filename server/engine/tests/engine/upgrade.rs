//! A store that older versions have filled is brought up to date and goes on without drift: for each step of the schema's history, the
//! rows of a portal as that step knew them.

use crate::portal::{self, Portal, T0, hours, minutes};
use domain::run::RunState;
use engine::{
    Engine, check, on_both_stores,
    store::{Store, StoreUrl, devices},
    testing::{self, Fresh},
};
use migrations::Migrator;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use sea_orm_migration::MigratorTrait;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Successes, warnings, failures, missed slots, an open run, a paused and a retired device: a fortnight of them.
async fn lived(fresh: Fresh) -> Portal {
    let portal = Portal::new(fresh).await;
    for name in ["fs-01", "fs-02", "fs-03", "fs-04"] {
        let device = portal.device(name).await;
        for day in 0..14 {
            let at = hours(day * 24 + 2);
            let state = match (name, day) {
                ("fs-02", 9..) => RunState::Failed,
                ("fs-03", 5..8) => continue,
                ("fs-04", 6) => RunState::Warning,
                _ => RunState::Succeeded,
            };
            portal.engine.reconciler.tick(at).await.unwrap();
            portal.say(name, &format!("r{day}"), state, at).await;
        }
        match name {
            "fs-03" => devices::pause(&portal.engine, &portal.actor, device, hours(13 * 24 + 3)).await.unwrap(),
            "fs-04" => devices::retire(&portal.engine, &portal.actor, device, hours(13 * 24 + 3)).await.unwrap(),
            _ => {}
        }
    }
    portal.say("fs-01", "open", RunState::Running, hours(13 * 24 + 4)).await;
    portal.engine.reconciler.tick(hours(13 * 24 + 5)).await.unwrap();
    portal
}

/// The portal's rows in an empty database whose schema then has only the first steps.
async fn as_of(steps: u32, portal: &Portal, empty: &StoreUrl) {
    let url = match empty {
        StoreUrl::Sqlite(path) => format!("sqlite://{}?mode=rwc", path.display()),
        StoreUrl::Postgres(url) => url.clone(),
    };
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1);
    let db = Database::connect(options).await.unwrap();
    Migrator::up(&db, Some(steps)).await.unwrap();
    match &portal.fresh.url {
        StoreUrl::Sqlite(source) => copy_attached(&db, source).await,
        StoreUrl::Postgres(_) => copy_as_json(&db, portal.fresh.store.reads()).await,
    }
    db.close().await.unwrap();
}

async fn names(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn copy_attached(db: &DatabaseConnection, source: &Path) {
    db.execute_unprepared(&format!("ATTACH '{}' AS now", source.display())).await.unwrap();
    db.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
    let tables = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'seaql_%'";
    for table in names(db, tables).await {
        let columns = names(db, &format!("SELECT name FROM pragma_table_info('{table}', 'main')")).await.join(", ");
        db.execute_unprepared(&format!("DELETE FROM main.{table}")).await.unwrap();
        db.execute_unprepared(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")).await.unwrap();
    }
}

/// One database doesn't see into another: rows go through here. Columns that the step doesn't know are left out.
async fn copy_as_json(db: &DatabaseConnection, source: &DatabaseConnection) {
    // No foreign keys are looked at meanwhile.
    db.execute_unprepared("SET session_replication_role = replica").await.unwrap();
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE 'seaql_%'";
    for table in names(db, tables).await {
        let rows = names(source, &format!("SELECT COALESCE(json_agg(t), '[]')::text FROM {table} t")).await.remove(0);
        db.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
        let insert = format!("INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json)");
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), insert, [rows.into()])).await.unwrap();
    }
}

on_both_stores! {
    async fn a_store_of_any_earlier_version_goes_on_without_drift(fresh) {
        let kind = fresh.kind;
        let portal = lived(fresh).await;
        portal.no_drift().await;
        let before = portal.rows("SELECT run_key, state FROM runs ORDER BY id", 2).await;
        let latest = u32::try_from(Migrator::migrations().len()).unwrap();
        for steps in 1..latest {
            let (url, _folder) = testing::empty(kind).await;
            as_of(steps, &portal, &url).await;
            let store = Store::open(&url).await.unwrap();
            let cancel = CancellationToken::new();
            let engine = Engine::start_driven(store.clone(), std::sync::Arc::new(|| T0), cancel.clone());
            engine.reconciler.tick(hours(13 * 24 + 5)).await.unwrap();
            let drifts = check::recount(&store).await.unwrap();
            assert!(drifts.is_empty(), "from step {steps}: {drifts:#?}");
            let runs = store.reads().query_all_raw(Statement::from_string(store.backend(), "SELECT id FROM runs")).await.unwrap();
            assert_eq!(runs.len(), before.len(), "from step {steps}: nothing is lost");
            let after = vec![portal::event("fs-02", "nightly", "after", RunState::Succeeded, hours(14 * 24))];
            let receipt = engine.ingest.submit(&portal.key(), after, hours(14 * 24)).await.unwrap();
            assert_eq!(receipt.accepted, 1, "from step {steps}: it takes in what comes");
            engine.reconciler.tick(hours(14 * 24) + (minutes(1) - T0)).await.unwrap();
            let drifts = check::recount(&store).await.unwrap();
            assert!(drifts.is_empty(), "later, from step {steps}: {drifts:#?}");
            cancel.cancel();
        }
    }
}
