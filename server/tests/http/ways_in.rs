//! What comes in: events, raw reports, pings, check-ins, restore tests; and what may not.

use crate::{
    domains::call,
    portal::{TestApp, Who},
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use domain::{access::KeyRights, time::Span};
use engine::store::keys::KeyScope;
use serde_json::{Value, json};

async fn device(app: &TestApp) -> Value {
    app.get(&app.owner, &format!("/api/v1/devices/{}", app.own.device)).await.ok().json()
}

async fn ping(app: &TestApp, method: Method, path: &str, body: &str) -> (StatusCode, String) {
    let answer = app.raw(&Who::nobody(), Request::builder().method(method).uri(path), Body::from(body.to_owned())).await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn a_run_turns_a_device_green() {
    let app = TestApp::new().await;
    let events = json!([
        { "device": "fs-01", "job": "nightly", "run": "1", "state": "running", "at": "2026-11-20T21:58:00Z" },
        { "device": "FS-01", "job": "nightly", "run": "1", "state": "succeeded", "at": "2026-11-20T21:59:00Z", "bytes": 7340032, "items": 5, "log": "all fine",
          "tool": { "name": "restic", "version": "0.14.0" } },
    ]);
    let receipt = app.post(&app.own.ingest, "/api/v1/events", events.clone()).await.ok().json();
    assert_eq!(receipt, json!({ "accepted": 2, "duplicates": 0, "waiting": 0, "rejected": [] }));
    let again = app.post(&app.own.ingest, "/api/v1/events", events).await.ok().json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(2), &json!(2)));
    let device = device(&app).await;
    assert_eq!((device["band"].as_str(), device["score"].as_u64(), device["life"].as_str()), (Some("healthy"), Some(100), Some("active")));
    assert_eq!(device["last_success_at"], "2026-11-20T21:59:00Z");
    assert_eq!(device["latest_run"]["state"], "succeeded");
    let runs = app.get(&app.owner, "/api/v1/runs?state=succeeded").await.ok().json();
    let run = runs["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(app.get(&app.owner, &format!("/api/v1/runs/{run}/log")).await.ok().text(), "all fine\n");
    let full = app.get(&app.owner, &format!("/api/v1/runs/{run}")).await.ok().json();
    assert_eq!((full["steps"].as_array().unwrap().len(), full["tool"]["name"].as_str()), (2, Some("restic")));
}

#[tokio::test]
async fn bad_events_are_named_by_their_place_and_the_rest_is_stored() {
    let app = TestApp::new().await;
    let body = r#"{"device":"fs-01","state":"running","run":"a"}
{"device":"fs-01","state":7}
{"device":"fs-01","state":"finished","run":"b"}
{"account":"x@y.test","workload":"Email","state":"succeeded"}
{"device":"fs-01","job":"","state":"failed"}
{"device":"new-machine","state":"succeeded","run":"c"}
"#;
    let request = Request::builder().method(Method::POST).uri("/api/v1/events").header("content-type", "application/x-ndjson");
    let receipt = app.raw(&app.own.ingest, request, Body::from(body)).await.ok().json();
    assert_eq!((receipt["accepted"].as_u64(), receipt["waiting"].as_u64()), (Some(3), Some(1)));
    let rejected: Vec<(u64, &str)> =
        receipt["rejected"].as_array().unwrap().iter().map(|r| (r["index"].as_u64().unwrap(), r["code"].as_str().unwrap())).collect();
    assert_eq!(rejected, [(1, "invalid_event"), (3, "no_connection"), (4, "missing_field")]);
    let inbox = app.get(&app.owner, "/api/v1/inbox").await.ok().json();
    assert_eq!(inbox["items"][0]["source"], "new-machine");
    let path = format!("/api/v1/inbox/{}/assign", inbox["items"][0]["id"].as_str().unwrap());
    let assigned = app
        .post(&app.owner, &path, json!({ "name": "new-machine", "organization": app.own.organization, "class": "server" }))
        .await
        .ok()
        .json();
    assert_eq!(assigned["accepted"], 1);
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_words() {
    let app = TestApp::new().await;
    let large = format!("[{{\"state\":\"running\",\"log\":\"{}\"}}]", "x".repeat(1 << 20));
    let request = || Request::builder().method(Method::POST).uri("/api/v1/events").header("content-type", "application/json");
    let answer = app.raw(&app.own.ingest, request(), Body::from(large)).await;
    assert_eq!((answer.status, answer.error()["error"]["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
    let many = format!("[{}]", vec![r#"{"state":"running"}"#; 5_001].join(","));
    assert_eq!(app.raw(&app.own.ingest, request(), Body::from(many)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn raw_output_of_a_tool_becomes_a_run() {
    let app = TestApp::new().await;
    let output = include_str!("../../formats/src/captures/restic_exit3.jsonl");
    let path = "/api/v1/reports/restic?device=fs-01&job=files&exit_code=3&zone=Europe/Berlin";
    let send = async || app.raw(&app.own.ingest, Request::builder().method(Method::POST).uri(path), Body::from(output)).await.ok().json();
    assert!(send().await["accepted"].as_u64() >= Some(1));
    let again = send().await;
    assert_eq!(again["duplicates"], again["accepted"]);
    assert_eq!(device(&app).await["latest_run"]["state"], "warning");
    let unknown = app.raw(&app.own.ingest, Request::builder().method(Method::POST).uri("/api/v1/reports/kopia"), Body::from("x")).await;
    assert_eq!((unknown.status, unknown.error()["error"]["code"].as_str()), (StatusCode::NOT_FOUND, Some("unknown_tool")));
}

#[tokio::test]
async fn pings_speak_the_protocol_word_for_word() {
    let app = TestApp::new().await;
    let uuid = app.own.ping_uuid.clone();
    assert_eq!(ping(&app, Method::GET, &format!("/ping/{uuid}/start"), "").await, (StatusCode::OK, "OK".to_owned()));
    assert_eq!(device(&app).await["running"], 1);
    assert_eq!(ping(&app, Method::POST, &format!("/ping/{uuid}/log"), "half way").await.1, "OK");
    assert_eq!(device(&app).await["running"], 1);
    assert_eq!(ping(&app, Method::HEAD, &format!("/ping/{uuid}"), "").await.0, StatusCode::OK);
    let now = device(&app).await;
    assert_eq!((now["running"].as_i64(), now["latest_run"]["state"].as_str()), (Some(0), Some("succeeded")));
    let runs = app.get(&app.owner, "/api/v1/runs").await.ok().json();
    assert_eq!(runs["items"].as_array().unwrap().len(), 1, "start, log and end are one run: {runs}");
    app.pass(Span::HOUR).await;
    assert_eq!(ping(&app, Method::POST, &format!("/ping/{uuid}/3"), "no space").await.1, "OK");
    assert_eq!(device(&app).await["latest_run"]["state"], "failed");
    for (path, status, words) in [
        (format!("/ping/{uuid}/256"), 400, "invalid url format"),
        (format!("/ping/{uuid}/stop"), 400, "invalid url format"),
        (format!("/ping/{uuid}?rid=7"), 400, "invalid uuid format"),
        ("/ping/00000000-0000-4000-8000-000000000000".to_owned(), 404, "not found"),
        (format!("/ping/{}/none", app.own.ingest.key()), 404, "not found"),
        ("/ping/hf_wrong/none".to_owned(), 404, "not found"),
    ] {
        assert_eq!(ping(&app, Method::GET, &path, "").await, (StatusCode::from_u16(status).unwrap(), words.to_owned()), "{path}");
    }
    let answer = app.raw(&Who::nobody(), Request::builder().uri(format!("/ping/{uuid}/")), Body::empty()).await;
    assert_eq!((answer.text().as_str(), answer.headers.get("ping-body-limit").unwrap().to_str().unwrap()), ("OK", "100000"));
}

#[tokio::test]
async fn two_runs_at_once_are_told_apart_by_their_run_id() {
    let app = TestApp::new().await;
    let uuid = app.own.ping_uuid.clone();
    let rid = |n: u8| format!("rid=4a1b6f0e-7c1d-4e9a-9a6f-0e1d2c3b4a5{n}");
    for n in [1, 2] {
        ping(&app, Method::GET, &format!("/ping/{uuid}/start?{}", rid(n)), "").await;
    }
    assert_eq!(device(&app).await["running"], 2);
    ping(&app, Method::GET, &format!("/ping/{uuid}?{}", rid(1)), "").await;
    assert_eq!(device(&app).await["running"], 1);
}

#[tokio::test]
async fn a_slug_is_made_on_demand_and_refused_when_ambiguous() {
    let app = TestApp::new().await;
    let key = app.key("device key", KeyScope::Device(app.own.device), KeyRights { ingest: true, ..KeyRights::default() }).await;
    let path = format!("/ping/{}/nightly", key.key());
    assert_eq!(ping(&app, Method::GET, &path, "").await.0, StatusCode::NOT_FOUND);
    assert_eq!(ping(&app, Method::GET, &format!("{path}?create=1"), "").await, (StatusCode::CREATED, "Created".to_owned()));
    assert_eq!(ping(&app, Method::GET, &format!("{path}/start"), "").await, (StatusCode::OK, "OK".to_owned()));
    app.post(&app.neighbour.ingest, "/api/v1/events", json!({ "device": "fs-01", "job": "nightly", "state": "succeeded" })).await.ok();
    let whole = app.key("partner key", KeyScope::Partner(app.partner), KeyRights { ingest: true, ..KeyRights::default() }).await;
    assert_eq!(
        ping(&app, Method::GET, &format!("/ping/{}/nightly", whole.key()), "").await,
        (StatusCode::CONFLICT, "ambiguous slug".to_owned())
    );
}

#[tokio::test]
async fn a_check_in_and_a_restore_test_are_kept() {
    let app = TestApp::new().await;
    let key = app.key("device key", KeyScope::Device(app.own.device), KeyRights { ingest: true, ..KeyRights::default() }).await;
    let receipt = app
        .post(&key, "/api/v1/check-ins", json!({ "agent_version": "0.1.0", "hostname": "fs-01", "storage_used": 96, "storage_quota": 100 }))
        .await
        .ok()
        .json();
    assert_eq!(receipt["device"], app.own.device.to_string());
    assert_eq!(device(&app).await["storage_used"], 96);
    let test = json!({ "result": "failed", "scope": "one file", "rto_seconds": 12, "at": "2026-11-20T21:00:00+01:00" });
    app.post(&key, "/api/v1/restore-tests", test).await.ok();
    let tests = app.get(&app.owner, &format!("/api/v1/restore-tests?device={}", app.own.device)).await.ok().json();
    assert_eq!((tests["items"][0]["result"].as_str(), tests["items"][0]["at"].as_str()), (Some("failed"), Some("2026-11-20T20:00:00Z")));
    app.post(&key, "/api/v1/events", json!({ "state": "succeeded" })).await.ok();
    let alerts = app.get(&app.owner, "/api/v1/alerts").await.ok().json();
    assert!(alerts["items"].as_array().unwrap().iter().any(|a| a["kind"] == "restore_test_failed"), "{alerts}");
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_slowed_down() {
    let flags = server::config::Flags {
        key_rate: Some("1".into()),
        key_burst: Some("3".into()),
        sign_in_rate: Some("2".into()),
        ..Default::default()
    };
    let app = TestApp::with(engine::testing::Kind::Sqlite, flags).await;
    let mut last = StatusCode::OK;
    for _ in 0..5 {
        last = app.post(&app.own.ingest, "/api/v1/check-ins", json!({ "device": "fs-01" })).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let stranger = Who("stranger", Some(("authorization", "Bearer hf_0000000000000000000000000000000000000000000".into())));
    let answers = [
        app.get(&stranger, "/api/v1/devices").await,
        app.get(&stranger, "/api/v1/devices").await,
        app.get(&stranger, "/api/v1/devices").await,
    ];
    assert_eq!(answers.map(|a| a.status.as_u16()), [401, 401, 429]);
}

#[tokio::test]
async fn who_signs_in_too_often_is_told_how_long_to_wait_in_words_that_the_form_shows() {
    let flags = server::config::Flags { sign_in_rate: Some("2".into()), ..Default::default() };
    let app = TestApp::with(engine::testing::Kind::Sqlite, flags).await;
    let stranger = Who::nobody();
    let form = || "email=ada%40example.com&password=not-the-password".to_owned();
    for _ in 0..2 {
        assert_ne!(call(&app, &stranger, "start/sign_in", form()).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let answer = call(&app, &stranger, "start/sign_in", form()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let told: app::UiError = serde_json::from_value(answer.json()).unwrap();
    assert_eq!((told.code.as_str(), told.status), ("rate_limited", 429));
    assert!(told.message.starts_with("Too many attempts from this address. Wait "), "{}", told.message);
}
