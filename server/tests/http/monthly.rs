//! Backup Summary Reports over HTTP: the list, the documents, making one of a past month, and verifying one without being anybody.

use crate::portal::{START, TestApp, Who, system};
use axum::http::StatusCode;
use domain::{access::KeyRights, time::Span};
use engine::store::{keys::KeyScope, reports};
use serde_json::json;

#[tokio::test]
async fn documents_are_the_same_to_the_byte_and_anybody_may_verify_their_hash_but_learns_no_names() {
    let app = TestApp::new().await;
    let (organization, partner) = (app.own.organization, app.own.partner);
    let later = START + Span::days(30);
    let actor = system(partner);
    let made = reports::make(&app.engine.store, &app.engine.reports, &actor, organization, "2026-11".parse().unwrap(), later);
    let hash = made.await.unwrap().row.hash;
    let path = format!("/api/v1/organizations/{organization}/backup-summary-reports");
    let list = app.get(&app.owner, &path).await.ok().json();
    assert_eq!((list["items"][0]["month"].as_str(), list["items"][0]["inputs_hash"].as_str()), (Some("2026-11"), Some(hash.as_str())));

    for (file, kind, begins) in [
        ("account.pdf", "application/pdf", "%PDF-1.7"),
        ("organization.pdf", "application/pdf", "%PDF-1.7"),
        ("account.csv", "text/csv; charset=utf-8", "\"Organization\",\"Month\""),
        ("organization.csv", "text/csv; charset=utf-8", "\"Organization\",\"Month\""),
    ] {
        let first = app.get(&app.owner, &format!("{path}/2026-11/{file}")).await;
        assert_eq!((first.status, first.headers["content-type"].to_str().unwrap()), (StatusCode::OK, kind), "{file}");
        assert!(first.body.starts_with(begins.as_bytes()), "{file}");
        let again = app.get(&app.owner, &format!("/organizations/{organization}/backup-summary-reports/2026-11/{file}")).await;
        assert!(again.body == first.body, "{file}: by another way and at another time the same bytes");
        assert!(first.headers["content-disposition"].to_str().unwrap().contains("backup-summary-own-2026-11-"), "{file}");
    }
    for wrong in ["2026-11/both.pdf", "2026-11/account.txt", "2026-10/account.pdf", "november/account.pdf"] {
        assert_eq!(app.get(&app.owner, &format!("{path}/{wrong}")).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }

    let page = app.get(&Who::nobody(), &format!("/verify/{hash}")).await;
    let text = page.text();
    assert!(page.status == StatusCode::OK && text.contains("Backup Summary Report") && text.contains("November 2026"), "{text}");
    assert!(!text.contains("Own") && !text.contains("Partner A"), "{text}");
    let unknown = app.get(&Who::nobody(), &format!("/verify/{}", "0".repeat(64))).await;
    assert!(unknown.status == StatusCode::NOT_FOUND && unknown.text().contains("No report with this hash"));
    assert_eq!(app.get(&Who::nobody(), "/verify").await.status, StatusCode::OK);
    let typed = app.get(&Who::nobody(), &format!("/verify?hash=%20{}%20", hash.to_uppercase())).await;
    assert_eq!(typed.headers["location"].to_str().unwrap(), format!("/verify/{hash}"));
}

#[tokio::test]
async fn a_month_that_is_not_due_is_refused_with_the_reason() {
    let app = TestApp::new().await;
    let rights = KeyRights { ingest: false, read: false, manage: true };
    let key = app.key("key:manage", KeyScope::Partner(app.partner), rights).await;
    let path = format!("/api/v1/organizations/{}/backup-summary-reports", app.own.organization);
    let refused = app.post(&key, &path, json!({ "month": "2026-11" })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = refused.error();
    assert_eq!(error["error"]["field"], "month");
    assert!(error["error"]["message"].as_str().unwrap().contains("5th of the next month"), "{error}");
    assert_eq!(app.post(&key, &path, json!({ "month": "soon" })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.pass(Span::days(30)).await;
    let made = app.post(&key, &path, json!({ "month": "2026-11" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let again = app.post(&key, &path, json!({ "month": "2026-11" })).await;
    assert_eq!((again.status, again.json()["inputs_hash"].clone()), (StatusCode::OK, made.json()["inputs_hash"].clone()));
}
