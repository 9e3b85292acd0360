//! A store that older versions have filled is brought up to date and goes on without drift: for each step of the schema's history, the
//! rows of a portal as that step knew them.

use crate::portal::{self, Portal, T0, hours, minutes};
use domain::run::RunState;
use engine::{
    Engine, check,
    store::{Store, StoreUrl, devices},
    testing::{self, Kind},
};
use migrations::Migrator;
use sea_orm::{ConnectionTrait, Database, Statement};
use sea_orm_migration::MigratorTrait;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Successes, warnings, failures, missed slots, an open run, a paused and a retired device: a fortnight of them.
async fn lived() -> Portal {
    let portal = Portal::new(testing::fresh(Kind::Sqlite).await).await;
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

/// The portal's rows in a store whose schema has only the first steps.
async fn as_of(steps: u32, portal: &Portal, path: &Path) {
    let StoreUrl::Sqlite(source) = &portal.fresh.url else { panic!("a file") };
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options.max_connections(1);
    let db = Database::connect(options).await.unwrap();
    Migrator::up(&db, Some(steps)).await.unwrap();
    db.execute_unprepared(&format!("ATTACH '{}' AS now", source.display())).await.unwrap();
    db.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
    let rows = |sql: String| db.query_all_raw(Statement::from_string(db.get_database_backend(), sql));
    let tables =
        rows("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'seaql_%'".into());
    for table in tables.await.unwrap() {
        let table: String = table.try_get_by_index(0).unwrap();
        let columns = rows(format!("SELECT name FROM pragma_table_info('{table}', 'main')")).await.unwrap();
        let columns: Vec<String> = columns.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        let columns = columns.join(", ");
        db.execute_unprepared(&format!("DELETE FROM main.{table}")).await.unwrap();
        db.execute_unprepared(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")).await.unwrap();
    }
    db.close().await.unwrap();
}

#[tokio::test]
async fn a_store_of_any_earlier_version_goes_on_without_drift() {
    let portal = lived().await;
    portal.no_drift().await;
    let before = portal.rows("SELECT run_key, state FROM runs ORDER BY id", 2).await;
    let latest = u32::try_from(Migrator::migrations().len()).unwrap();
    for steps in 1..latest {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("holdfast.db");
        as_of(steps, &portal, &path).await;
        let store = Store::open(&StoreUrl::Sqlite(path)).await.unwrap();
        let cancel = CancellationToken::new();
        let engine = Engine::start_driven(store.clone(), std::sync::Arc::new(|| T0), cancel.clone());
        engine.reconciler.tick(hours(13 * 24 + 5)).await.unwrap();
        let drifts = check::recount(&store).await.unwrap();
        assert!(drifts.is_empty(), "from step {steps}: {drifts:#?}");
        let runs = store.reads().query_all_raw(Statement::from_string(store.backend(), "SELECT id FROM runs")).await.unwrap();
        assert_eq!(runs.len(), before.len(), "from step {steps}: nothing is lost");
        let receipt = engine
            .ingest
            .submit(&portal.key(), vec![portal::event("fs-02", "nightly", "after", RunState::Succeeded, hours(14 * 24))], hours(14 * 24))
            .await
            .unwrap();
        assert_eq!(receipt.accepted, 1, "from step {steps}: it takes in what comes");
        engine.reconciler.tick(hours(14 * 24) + (minutes(1) - T0)).await.unwrap();
        let drifts = check::recount(&store).await.unwrap();
        assert!(drifts.is_empty(), "later, from step {steps}: {drifts:#?}");
        cancel.cancel();
    }
}
