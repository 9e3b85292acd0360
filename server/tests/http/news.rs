//! What lists ask for when something has moved: new runs of the job log, alerts that opened or resolved.

use crate::{
    portal::{START, TestApp, Who},
    wire::Wire,
};
use axum::{
    body::Body,
    http::{Method, Request},
};
use domain::access::{KeyRights, Role};
use engine::store::keys::KeyScope;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

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
    json!({ "state": "", "severity": "", "kind": "", "organization": "", "device": "", "class": "", "search": "", "sort": "", "cursor": "" })
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
    assert_eq!(ask(&app, &app.owner, "tend_alerts", tend).await, json!({ "done": 0, "fresh": [], "resolved": 1, "refused": null }));
    let full = ask(&app, &app.owner, "alert", json!({ "id": alert })).await;
    let told: Vec<_> = full["line"]["events"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    assert_eq!(told, ["opened", "acknowledged", "resolved"]);
}

#[tokio::test]
async fn a_devices_page_leads_to_all_its_alerts_also_those_that_are_over() {
    let app = TestApp::new().await;
    let namesake = json!({ "organization": app.own.organization, "name": "fs-010", "class": "server" });
    app.post(&app.owner, "/api/v1/devices", namesake).await.ok();
    report(&app, "1", "failed", -9).await;
    report(&app, "2", "succeeded", -8).await;
    let at = domain::text::rfc3339(START - domain::time::Span::minutes(7));
    let event = json!({ "device": "fs-010", "job": "nightly", "run": "1", "state": "failed", "at": at });
    app.post(&app.own.ingest, "/api/v1/events", event).await.ok();
    let listed = async |who: &Who, changes: &[(&str, &str)]| {
        let mut query = alerts();
        for (key, value) in changes {
            query[*key] = json!(value);
        }
        let list = ask(&app, who, "alerts", json!({ "query": query })).await;
        let line = |line: &Value| (line["device"][1].as_str().unwrap().to_owned(), line["resolved_at"].is_i64());
        list["lines"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let device = app.own.device.to_string();
    let all = [("state", "any"), ("sort", "time"), ("device", device.as_str())];
    assert_eq!(listed(&app.owner, &all).await, [("fs-01".to_owned(), true)]);
    assert_eq!(listed(&app.owner, &all[..2]).await.len(), 2, "without the device there are others");
    assert_eq!(listed(&app.owner, &all[2..]).await, [], "of that one none is open");
    assert_eq!(listed(&app.foreign_owner, &all).await, [], "somebody else's device has none");
    let page = app.get(&app.owner, &format!("/devices/{device}")).await.text().replace("&amp;", "&");
    let address = format!("/backups/alerts?device={device}&state=any&sort=time");
    assert!(page.contains(&format!("href=\"{address}\"")), "the page leads there");
    assert!(app.get(&app.owner, &address).await.text().contains("Only fs-01<"), "and the list says that it is narrowed");
}

#[tokio::test]
async fn who_may_not_tend_alerts_is_offered_no_rows_to_choose() {
    let app = TestApp::new().await;
    report(&app, "1", "failed", -9).await;
    let viewer = app.member("viewer", Role::Viewer).await;
    for (who, offered) in [(&app.owner, true), (&viewer, false)] {
        let page = app.get(who, "/backups/alerts").await.text();
        assert!(page.contains("fs-01"), "{}: the row is there", who.0);
        for part in ["Choose all alerts on this page", "Choose fs-01", "Tend fs-01"] {
            assert_eq!(page.contains(part), offered, "{}: {part}", who.0);
        }
    }
}

#[tokio::test]
async fn an_incident_that_is_over_is_told_to_a_list_that_shows_it() {
    let app = TestApp::new().await;
    let storm = async |run: &str, state: &str, minute: i64| {
        let at = domain::text::rfc3339(START + domain::time::Span::minutes(minute));
        let event = |n: i32| json!({ "device": format!("storm-{n}"), "job": "nightly", "run": run, "state": state, "at": at });
        app.post(&app.own.ingest, "/api/v1/events", (0..11).map(event).collect()).await.ok();
    };
    for n in 0..11 {
        let new = json!({ "organization": app.own.organization, "name": format!("storm-{n}"), "class": "workstation" });
        app.post(&app.owner, "/api/v1/devices", new).await.ok();
    }
    storm("1", "failed", 0).await;
    app.pass(domain::time::Span::MINUTE).await;
    let page = ask(&app, &app.owner, "alerts", json!({ "query": alerts() })).await;
    let incident = page["incidents"][0]["id"].clone();
    assert!(incident.is_string(), "{page}");
    let shown = json!({ "query": alerts(), "shown": [], "incidents": [incident] });
    let open = ask(&app, &app.owner, "alerts_news", shown.clone()).await;
    assert_eq!((&open["incidents"][0]["open_members"], &open["incidents_shown"]), (&json!(11), &json!([])));
    storm("2", "succeeded", 2).await;
    app.pass(domain::time::Span::minutes(5)).await;
    let over = ask(&app, &app.owner, "alerts_news", shown.clone()).await;
    assert_eq!((&over["incidents"], &over["incidents_shown"][0]["open_members"]), (&json!([]), &json!(0)), "{over}");
    let strangers = ask(&app, &app.foreign_owner, "alerts_news", shown).await;
    assert_eq!(strangers["incidents_shown"], json!([]));
}

#[tokio::test]
async fn what_is_to_be_done_about_an_alert_is_said_or_nothing_is_done() {
    let app = TestApp::new().await;
    report(&app, "1", "failed", -9).await;
    let list = ask(&app, &app.owner, "alerts", json!({ "query": alerts() })).await;
    let tend = json!({ "ids": [list["lines"][0]["id"]], "tend": { "what": "forget", "hours": 1, "words": "" } });
    let request = Request::builder()
        .method(Method::POST)
        .uri("/sf/backup/tend_alerts")
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin");
    let refused = app.raw(&app.owner, request, Body::from(tend.to_string())).await;
    assert!(refused.status.is_client_error() && refused.text().contains("Choose what to do."), "{}", refused.text());
    let after = ask(&app, &app.owner, "alerts", json!({ "query": alerts() })).await;
    assert_eq!(after["counts"]["untended"], json!(1));
}

#[tokio::test]
async fn a_client_is_not_led_to_what_its_partner_sets_for_all() {
    let app = TestApp::new().await;
    let client = app.member("client admin", Role::ClientAdmin).await;
    let has = |page: &str, href: &str| page.contains(&format!("href=\"{href}\""));
    let own = app.get(&app.owner, "/settings/account").await.text();
    let theirs = app.get(&client, "/settings/account").await.text();
    for href in ["/settings/alerts", "/settings/sla"] {
        assert!(has(&own, href) && !has(&theirs, href), "{href}");
    }
    let found = async |who: &Who| app.get(who, "/search?q=service+levels").await.text();
    assert!(has(&found(&app.owner).await, "/settings/sla") && !has(&found(&client).await, "/settings/sla"));
}

#[tokio::test]
async fn a_page_of_a_paused_device_begins_with_what_the_stream_tells_of_it() {
    let app = TestApp::new().await;
    report(&app, "1", "failed", -9).await;
    app.post(&app.owner, &format!("/api/v1/devices/{}/pause", app.own.device), json!({ "reason": "moved" })).await.ok();
    let view = ask(&app, &app.owner, "device", json!({ "id": app.own.device, "runs": null })).await;
    assert_eq!(view["alerts"].as_array().unwrap().len(), 1, "its alert is open, and muted");
    let address = app.listen().await;
    let reader = app.key("reader", KeyScope::Partner(app.partner), KeyRights { read: true, ..KeyRights::default() }).await;
    let mut stream = Wire::connect(address).await.unwrap().open(&format!("/live?devices={}", app.own.device), reader.key()).await.unwrap();
    let mut told = async || timeout(Duration::from_secs(5), stream.event()).await.unwrap().unwrap();
    assert_eq!(told().await.0, "snapshot");
    let (name, data) = told().await;
    assert_eq!(name, "device");
    assert_eq!(view["now"]["alerts"], json!([]));
    assert_eq!(serde_json::from_str::<Value>(&data).unwrap(), view["now"]);
}
