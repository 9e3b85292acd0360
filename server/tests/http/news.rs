//! What lists ask for when something has moved: new runs of the job log, alerts that opened or resolved.

use crate::portal::{START, TestApp, Who};
use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

async fn ask(app: &TestApp, who: &Who, name: &str, arguments: Value) -> Value {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/sf/backup/{name}"))
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin");
    let answer = app.raw(who, request, Body::from(arguments.to_string())).await;
    assert!(answer.status.is_success(), "{name}: {}", answer.text());
    serde_json::from_str(&answer.text()).unwrap()
}

async fn report(app: &TestApp, run: &str, state: &str, minute: i64) {
    let at = domain::text::rfc3339(START + domain::time::Span::minutes(minute));
    let event = json!({ "device": "fs-01", "job": "nightly", "run": run, "state": state, "at": at });
    app.post(&app.own.ingest, "/api/v1/events", event).await.ok();
}

fn log() -> Value {
    json!({ "result": "", "organization": "", "device": "", "tool": "", "window": "", "cursor": "" })
}

fn alerts() -> Value {
    json!({ "state": "", "severity": "", "kind": "", "organization": "", "class": "", "search": "", "sort": "", "cursor": "" })
}

#[tokio::test]
async fn runs_that_began_since_are_told_and_no_others() {
    let app = TestApp::new().await;
    report(&app, "1", "succeeded", -9).await;
    let page = ask(&app, &app.owner, "job_log", json!({ "query": log() })).await;
    let first = &page["lines"][0];
    let after = json!([first["started_at"], first["id"]]);
    assert_eq!(ask(&app, &app.owner, "job_log_news", json!({ "query": log(), "after": after })).await, json!([]));
    report(&app, "2", "running", -5).await;
    report(&app, "3", "failed", -4).await;
    let news = ask(&app, &app.owner, "job_log_news", json!({ "query": log(), "after": after })).await;
    assert_eq!(news.as_array().unwrap().iter().map(|l| l["state"].as_str().unwrap()).collect::<Vec<_>>(), ["failed", "running"]);
    let mut failed = log();
    failed["result"] = json!("failed");
    let news = ask(&app, &app.owner, "job_log_news", json!({ "query": failed, "after": after })).await;
    assert_eq!(news.as_array().unwrap().len(), 1, "only what the list would show");
}

#[tokio::test]
async fn an_alert_that_opens_and_resolves_is_told_to_a_list_that_is_open() {
    let app = TestApp::new().await;
    let empty = ask(&app, &app.owner, "alerts", json!({ "query": alerts() })).await;
    assert_eq!((empty["lines"].as_array().unwrap().len(), &empty["counts"]["open"]), (0, &json!(0)));
    report(&app, "1", "failed", -9).await;
    let news = ask(&app, &app.owner, "alerts_news", json!({ "query": alerts(), "shown": [] })).await;
    let alert = news["first"][0]["id"].clone();
    assert_eq!((news["first"].as_array().unwrap().len(), &news["counts"]["untended"]), (1, &json!(1)));
    let tend = json!({ "ids": [alert], "tend": { "what": "acknowledge", "hours": 1, "words": "on it" } });
    assert_eq!(ask(&app, &app.owner, "tend_alerts", tend.clone()).await["done"], json!(1));
    report(&app, "2", "succeeded", -5).await;
    let news = ask(&app, &app.owner, "alerts_news", json!({ "query": alerts(), "shown": [alert] })).await;
    assert_eq!((news["first"].as_array().unwrap().len(), &news["counts"]["open"]), (0, &json!(0)));
    assert!(news["shown"][0]["resolved_at"].is_i64() && news["shown"][0]["acknowledged"].is_array());
    assert_eq!(ask(&app, &app.owner, "tend_alerts", tend).await, json!({ "done": 0, "resolved": 1, "refused": null }));
    let full = ask(&app, &app.owner, "alert", json!({ "id": alert })).await;
    let told: Vec<_> = full["line"]["events"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    assert_eq!(told, ["opened", "acknowledged", "resolved"]);
}
