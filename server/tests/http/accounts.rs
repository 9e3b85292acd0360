//! Connections and accounts over REST: made, imported, activated, listed; and what is said to those who get it wrong.

use crate::portal::{TestApp, Who};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::{Value, json};

async fn import(app: &TestApp, query: &str, file: impl Into<Body>) -> crate::portal::Answer {
    let uri = format!("/api/v1/accounts/import?{query}");
    app.raw(&app.owner, Request::builder().method(Method::POST).uri(uri).header("content-type", "text/csv"), file.into()).await
}

async fn connection(app: &TestApp) -> String {
    let new = json!({ "organization": app.own.organization, "service": "google_workspace" });
    let made = app.post(&app.owner, "/api/v1/connections", new).await.ok().json();
    assert_eq!((&made["consent"], &made["accounts"]), (&json!("unknown"), &json!(0)));
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_is_looked_at_taken_in_and_its_accounts_are_found_and_activated() {
    let app = TestApp::new().await;
    let connection = connection(&app).await;
    let file = "primary email,name,type\nada@x.test,Ada,\nbroken,Bob,\ncarol@x.test,Carol,\n";
    let seen = import(&app, &format!("connection={connection}&dry_run=true"), file).await.ok().json();
    assert_eq!((&seen["rows"], &seen["bad"], &seen["created"], &seen["dry_run"]), (&json!(3), &json!(1), &json!(2), &json!(true)));
    assert_eq!(seen["problems"][0]["line"], 3);
    let none: Value = app.get(&app.owner, &format!("/api/v1/accounts?connection={connection}")).await.ok().json();
    assert_eq!(none["items"], json!([]));
    let whole = import(&app, &format!("connection={connection}"), file).await;
    assert_eq!((whole.status, whole.error()["error"]["code"].clone()), (StatusCode::CONFLICT, json!("bad_rows")));
    let done = import(&app, &format!("connection={connection}&partly=true"), file).await.ok().json();
    assert_eq!((&done["created"], &done["dry_run"], &done["seats"]["accounts"]), (&json!(2), &json!(false), &json!(2)));

    let more = json!({ "connection": connection, "accounts": [{ "address": "dave@x.test", "status": "activated" }] });
    let put = app.post(&app.owner, "/api/v1/accounts", more).await.ok().json();
    assert_eq!((&put["created"], &put["activated"], &put["seats"]["used"]), (&json!(1), &json!(1), &json!(1)));
    let found = app.get(&app.owner, &format!("/api/v1/accounts?organization={}&q=ADA", app.own.organization)).await.ok().json();
    let id = found["items"][0]["id"].as_str().unwrap();
    assert_eq!((&found["items"][0]["status"], &found["items"][0]["type"]), (&json!("deactivated"), &json!("user")));
    let path = format!("/api/v1/accounts/{id}");
    let one = app.send(&app.owner, Method::PATCH, &path, Some(json!({ "status": "activated" }))).await.ok().json();
    assert_eq!(one["status"], "activated");
    let limit = json!({ "seat_limit": 1 });
    app.send(&app.owner, Method::PATCH, &format!("/api/v1/organizations/{}", app.own.organization), Some(limit)).await.ok();
    let both = json!({ "accounts": [id], "status": "activated" });
    let told = app.send(&app.owner, Method::PATCH, "/api/v1/accounts", Some(both)).await.ok().json();
    assert_eq!((&told["changed"], &told["unchanged"], &told["seats"][0]["above"]), (&json!(0), &json!(1), &json!(1)));
    let page = app.get(&app.owner, &format!("/api/v1/accounts?connection={connection}&limit=2")).await.ok().json();
    let next = page["next_cursor"].as_str().unwrap();
    let rest = app.get(&app.owner, &format!("/api/v1/accounts?connection={connection}&limit=2&cursor={next}")).await.ok().json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
}

#[tokio::test]
async fn what_is_wrong_with_accounts_and_connections_is_said() {
    let app = TestApp::new().await;
    let connection = connection(&app).await;
    let query = format!("connection={connection}");
    let answers = [
        ("no organization", app.get(&app.owner, "/api/v1/connections").await),
        (
            "second connection",
            app.post(&app.owner, "/api/v1/connections", json!({ "organization": app.own.organization, "service": "google_workspace" }))
                .await,
        ),
        (
            "service",
            app.post(&app.owner, "/api/v1/connections", json!({ "organization": app.own.organization, "service": "dropbox" })).await,
        ),
        ("not authorized", app.send(&app.owner, Method::POST, &format!("/api/v1/connections/{connection}/discover"), None).await),
        ("no connection", import(&app, "dry_run=true", "email\n").await),
        ("foreign connection", app.get(&app.foreign_owner, &format!("/api/v1/connections/{connection}")).await),
        ("empty file", import(&app, &query, "").await),
        ("no addresses", import(&app, &query, "colour,size\nred,1\n").await),
        ("spreadsheet", import(&app, &query, "PK\u{3}\u{4}…").await),
        ("too large", import(&app, &query, "x".repeat(11 << 20)).await),
        ("bad rows", import(&app, &query, "email\nnobody\n").await),
        (
            "site",
            app.post(
                &app.owner,
                "/api/v1/accounts",
                json!({ "connection": connection, "accounts": [{ "address": "https://x", "type": "site" }] }),
            )
            .await,
        ),
        ("search", app.get(&app.owner, "/api/v1/accounts?q=a").await),
        ("status", app.get(&app.owner, "/api/v1/accounts?status=green").await),
        (
            "nobody named",
            app.send(&app.owner, Method::PATCH, "/api/v1/accounts", Some(json!({ "accounts": [], "status": "activated" }))).await,
        ),
        (
            "viewer",
            app.post(
                &app.member("viewer", domain::access::Role::Viewer).await,
                "/api/v1/accounts",
                json!({ "connection": connection, "accounts": [] }),
            )
            .await,
        ),
    ];
    // Ids are others each time.
    let shown: Vec<_> = answers.iter().map(|(name, answer)| json!([name, answer.status.as_u16(), answer.error()["error"]])).collect();
    insta::assert_json_snapshot!("accounts", shown);
    assert_eq!(app.get(&Who::nobody(), "/api/v1/accounts").await.status, StatusCode::UNAUTHORIZED);
}
