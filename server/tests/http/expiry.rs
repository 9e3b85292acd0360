//! What is over is taken away while the server runs.

use crate::portal::TestApp;
use domain::time::{Span, Time};
use engine::store::{sessions, sessions::IDLE};
use sea_orm::{ConnectionTrait, Statement};
use server::expiry;
use std::time::Duration;

async fn kept(app: &TestApp) -> Vec<i64> {
    let store = &app.engine.store;
    let rows = store.reads().query_all_raw(Statement::from_string(store.backend(), "SELECT id FROM sessions ORDER BY id")).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[tokio::test]
async fn sessions_that_are_over_are_gone_once_the_server_runs_and_live_ones_stay() {
    let app = TestApp::new().await;
    let begun: Time = app.time();
    app.pass(IDLE - Span::MINUTE).await;
    let store = &app.engine.store;
    let live = sessions::sign_in(store, "owner@a.test", "a long enough password", "", app.time()).await.unwrap();
    assert!(kept(&app).await.len() > 1);
    app.pass(Span::MINUTE).await;
    assert_eq!(app.time(), begun + IDLE);
    tokio::spawn(expiry::run(app.engine.clone(), app.stop.clone()));
    for _ in 0..200 {
        if kept(&app).await.len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(kept(&app).await, [live.session.0]);
    app.stop.cancel();
}
