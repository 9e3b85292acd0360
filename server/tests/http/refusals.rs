//! How the portal says no: errors in one shape, foreign pages kept out, headers on everything.

use crate::portal::{TestApp, Who};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::json;

#[tokio::test]
async fn errors_have_one_shape_and_say_what_to_do() {
    let app = TestApp::new().await;
    let path = format!("/api/v1/devices/{}", app.own.device);
    let bad = |body: &'static str| {
        (Request::builder().method(Method::POST).uri("/api/v1/organizations").header("content-type", "application/json"), Body::from(body))
    };
    let (syntax, syntax_body) = bad("{\"name\":");
    let (data, data_body) = bad("{\"name\": 7}");
    let (unknown, unknown_body) = bad("{\"name\": \"x\", \"colour\": \"red\"}");
    let answers = [
        ("nobody", app.get(&Who::nobody(), &path).await),
        ("not found", app.get(&app.foreign_owner, &path).await),
        ("no id", app.get(&app.owner, "/api/v1/devices/17").await),
        ("forbidden", app.get(&app.own.ingest, "/api/v1/devices").await),
        ("syntax", app.raw(&app.owner, syntax, syntax_body).await),
        ("value", app.raw(&app.owner, data, data_body).await),
        ("unknown field", app.raw(&app.owner, unknown, unknown_body).await),
        ("empty name", app.post(&app.owner, "/api/v1/organizations", json!({ "name": " " })).await),
        ("double", app.post(&app.owner, "/api/v1/organizations", json!({ "name": "own" })).await),
        ("limit", app.get(&app.owner, "/api/v1/devices?limit=501").await),
        ("cursor", app.get(&app.owner, "/api/v1/devices?cursor=x").await),
        ("query word", app.get(&app.owner, "/api/v1/devices?band=green").await),
        ("query name", app.get(&app.owner, "/api/v1/devices?colour=red").await),
        ("method", app.send(&app.owner, Method::DELETE, &path, None).await),
        ("no route", app.get(&app.owner, "/api/v1/nothing").await),
        ("events", app.raw(&app.own.ingest, Request::builder().method(Method::POST).uri("/api/v1/events"), Body::from("hello")).await),
    ];
    let shown: Vec<_> = answers.iter().map(|(name, answer)| json!([name, answer.status.as_u16(), answer.error()["error"]])).collect();
    insta::assert_json_snapshot!("errors", shown);
}

#[tokio::test]
async fn a_foreign_page_can_change_nothing_with_a_cookie() {
    let app = TestApp::new().await;
    let send = async |who: &Who, name: &'static str, value: &'static str| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/organizations")
            .header("content-type", "application/json")
            .header("host", "127.0.0.1:3000")
            .header(name, value);
        app.raw(who, request, Body::from(r#"{"name":""}"#)).await.status
    };
    assert_eq!(send(&app.owner, "sec-fetch-site", "cross-site").await, StatusCode::FORBIDDEN);
    assert_eq!(send(&app.owner, "sec-fetch-site", "same-site").await, StatusCode::FORBIDDEN);
    assert_eq!(send(&app.owner, "origin", "https://evil.test").await, StatusCode::FORBIDDEN);
    assert_eq!(send(&app.owner, "origin", "null").await, StatusCode::FORBIDDEN);
    assert_eq!(send(&app.owner, "sec-fetch-site", "same-origin").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send(&app.owner, "origin", "http://127.0.0.1:3000").await, StatusCode::UNPROCESSABLE_ENTITY);
    // A key is no authority that a browser adds by itself.
    let key = app
        .key(
            "manage",
            engine::store::keys::KeyScope::Partner(app.partner),
            domain::access::KeyRights { manage: true, ..Default::default() },
        )
        .await;
    assert_eq!(send(&key, "origin", "https://evil.test").await, StatusCode::UNPROCESSABLE_ENTITY);
    let forced = Request::builder().method(Method::POST).uri("/sf/start/sign_in").header("sec-fetch-site", "cross-site");
    assert_eq!(app.raw(&Who::nobody(), forced, Body::empty()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn pages_carry_a_policy_with_a_nonce_and_everything_the_other_headers() {
    let app = TestApp::new().await;
    let page = app.get(&Who::nobody(), "/").await;
    let policy = page.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self' 'nonce-") && !policy.contains("unsafe-inline"), "{policy}");
    let lost = app.get(&Who::nobody(), "/no/such/page").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert!(lost.headers.get("content-security-policy").unwrap().to_str().unwrap().contains("'nonce-"));
    for path in
        ["/", "/no/such/page", "/healthz", "/readyz", "/robots.txt", "/api/docs", "/api/v1/openapi.json", "/api/v1/devices", "/pkg/none.js"]
    {
        let answer = app.get(&Who::nobody(), path).await;
        for header in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "permissions-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "x-request-id",
        ] {
            assert!(answer.headers.contains_key(header), "{path} lacks {header}");
        }
    }
    assert!(app.get(&Who::nobody(), "/api/docs").await.ok().text().contains("POST /api/v1/events"));
}

#[tokio::test]
async fn numbers_are_told_to_a_reader_of_the_partner_only() {
    let app = TestApp::new().await;
    let key = app
        .key("read", engine::store::keys::KeyScope::Partner(app.partner), domain::access::KeyRights { read: true, ..Default::default() })
        .await;
    app.post(&app.own.ingest, "/api/v1/events", json!({ "device": "fs-01", "state": "running" })).await.ok();
    let text = app.get(&key, "/metrics").await.ok().text();
    assert!(text.contains("holdfast_events_accepted_total 1") && text.ends_with("# EOF\n"), "{text}");
    assert_eq!(app.get(&app.own.ingest, "/metrics").await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.get(&Who::nobody(), "/metrics").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn exact_times_are_told_in_utc_where_no_script_runs() {
    let app = TestApp::new().await;
    let guide = app.get(&app.owner, "/styleguide").await.ok().text();
    assert!(guide.contains(">12 Nov 2026 07:30 UTC<"), "{guide}");
}

#[tokio::test]
async fn the_style_guide_exists_for_owners_only() {
    use domain::access::Role;
    let app = TestApp::new().await;
    assert!(app.get(&app.owner, "/styleguide").await.ok().text().contains("Style guide"));
    let others = [
        app.member("admin", Role::Admin).await,
        app.member("technician", Role::Technician).await,
        app.member("viewer", Role::Viewer).await,
        app.member("client admin", Role::ClientAdmin).await,
        Who::nobody(),
    ];
    for who in others {
        let answer = app.get(&who, "/styleguide").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", who.0);
        assert!(!answer.text().contains("data-piece"), "{}", who.0);
    }
}
