//! Who may what (D11), walked over every route and server function × caller × tenant, and kept as `access_matrix.txt`.
//!
//! `yes`: done; `409`, `422`: let through and refused for its content; `wait`: put into the inbox; `no`: 403; `-`: not found; `401`: who are you. A route without a row fails.
//! After a wanted change: `UPDATE_MATRIX=1 cargo test -p server --test http access`, and read the difference.

mod calls;
mod functions;
mod pages;
mod tenant;

use crate::portal::{Answer, TestApp, Who};
use calls::call;
use domain::access::{KeyRights, Role};
use engine::{store::keys::KeyScope, testing::Kind};
use functions::server_functions;
use pages::{branding_of, documents_of, forms};
use serde_json::Value;
use server::{
    config::Flags,
    http::{docs, rest},
};
use std::{fmt::Write, path::Path};
use tenant::Tenant;

const ALL: KeyRights = KeyRights { ingest: true, read: true, manage: true };

async fn callers(app: &TestApp) -> Vec<Who> {
    let rights = |ingest, read, manage| KeyRights { ingest, read, manage };
    let whole = KeyScope::Partner(app.partner);
    vec![
        Who::nobody(),
        app.owner.clone(),
        app.member("admin", Role::Admin).await,
        app.member("technician", Role::Technician).await,
        app.member("finance", Role::Finance).await,
        app.member("viewer", Role::Viewer).await,
        app.member("client admin", Role::ClientAdmin).await,
        app.member("client viewer", Role::ClientViewer).await,
        app.key("key:ingest", whole, rights(true, false, false)).await,
        app.key("key:read", whole, rights(false, true, false)).await,
        app.key("key:manage", whole, rights(false, false, true)).await,
        app.key("key:organization", KeyScope::Organization(app.own.organization), ALL).await,
        app.key("key:device", KeyScope::Device(app.own.device), rights(true, false, false)).await,
    ]
}

/// Lists say which query they answer: that the caller knows, as it sent it.
fn without_what_was_asked(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(mut answer)) if answer.contains_key("query") => {
            answer.remove("query");
            Value::Object(answer).to_string()
        }
        _ => text.to_owned(),
    }
}

/// The outcome in a word. Fails on what may never be: a fault of ours, or a word of a foreign tenant.
fn outcome(who: &Who, what: &str, answer: &Answer, secrets: &[String]) -> String {
    let text = answer.text();
    assert!(!answer.status.is_server_error(), "{} {what}: {} {text}", who.0, answer.status);
    let told = without_what_was_asked(&text);
    for secret in secrets {
        assert!(!told.contains(secret.as_str()), "{} {what} tells {secret}: {text}", who.0);
    }
    match answer.status.as_u16() {
        // Form posts without scripts are redirected to sign in.
        302 if answer.headers.get("location").is_some_and(|to| to.to_str().unwrap().starts_with("/sign-in")) => "401".into(),
        // Nobody is told whether a foreign device is there: its name waits in the sender's own inbox.
        200 if text.contains("\"waiting\":1") || text == r#"{"device":null}"# => "wait".into(),
        // One event, refused by itself.
        200 if text.contains("\"accepted\":0") && text.contains("not_found") => "-".into(),
        200..=204 | 302 | 303 => "yes".into(),
        403 => "no".into(),
        404 => "-".into(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn every_route_answers_every_caller_as_the_matrix_says() {
    // No name server: nothing is asked outside.
    let flags = Flags { sign_in_rate: Some("10000".into()), dns: Some("127.0.0.1:9".into()), ..Flags::default() };
    let app = TestApp::with(Kind::Sqlite, flags).await;
    let tenants = [
        Tenant::fill(&app, "own", &app.own).await,
        Tenant::fill(&app, "neighbour", &app.neighbour).await,
        Tenant::fill(&app, "sub-reseller", &app.sub).await,
        Tenant::fill(&app, "foreign", &app.foreign).await,
    ];
    let foreign = &tenants[3];
    // Not the device: its id may stand in the inbox, where the caller has put it.
    let secrets = [foreign.client.organization.to_string(), foreign.client.ping_uuid.clone(), "Foreign".to_owned(), "Partner C".to_owned()];
    let callers = callers(&app).await;
    let mut matrix = String::from("Columns: ");
    matrix += &callers.iter().map(|who| who.0).collect::<Vec<_>>().join(" | ");
    matrix.push('\n');
    let table = rest::routes();
    for (method, route) in table.listed() {
        let _ = writeln!(matrix, "\n{method} {route}");
        for tenant in &tenants {
            let _ = write!(matrix, "  {:<13}", tenant.name);
            for who in &callers {
                let (path, body) = call(method, route, tenant).unwrap_or_else(|| panic!("{method} {route} has no row: add it to `call`"));
                let answer = app.send(who, method.clone(), &path, body).await;
                let word = outcome(who, &format!("{method} {path}"), &answer, &secrets);
                let is_open = matches!(*route, "/api/v1/openapi.json");
                assert!(who.1.is_some() || word == "401" || is_open, "nobody: {method} {route}: {word}");
                if tenant.name == "foreign" && call(method, route, foreign).unwrap().0 != call(method, route, &tenants[0]).unwrap().0 {
                    assert!(word != "yes", "{} reaches a foreign tenant by {method} {path}: {}", who.0, answer.text());
                }
                let _ = write!(matrix, " {word:<4}");
            }
            matrix = matrix.trim_end().to_owned() + "\n";
        }
    }
    forms(&app, &tenants, &callers, &secrets, &mut matrix).await;
    documents_of(&app, &tenants, &callers, &secrets, &mut matrix).await;
    branding_of(&app, &callers, &secrets, &mut matrix).await;
    server_functions(&app, &tenants, &callers[..8], &secrets, &mut matrix).await;
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access_matrix.txt");
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        std::fs::write(&kept, &matrix).unwrap();
    }
    let expected = std::fs::read_to_string(&kept).unwrap_or_default();
    for (line, (is, was)) in matrix.lines().zip(expected.lines().chain(std::iter::repeat(""))).enumerate() {
        assert_eq!(is, was, "access_matrix.txt line {}: read the difference, then UPDATE_MATRIX=1", line + 1);
    }
    assert_eq!(matrix.lines().count(), expected.lines().count(), "access_matrix.txt has rows that are gone");
}

#[test]
fn every_route_stands_in_the_document_and_nothing_else_does() {
    let mut routes: Vec<String> =
        rest::routes().listed().iter().map(|(method, path)| format!("{} {path}", method.as_str().to_lowercase())).collect();
    let paths = docs::document()["paths"].as_object().unwrap();
    let mut documented: Vec<String> = paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    routes.sort();
    documented.sort();
    assert_eq!(routes, documented);
    assert!(docs::document()["openapi"].as_str().unwrap().starts_with("3.1"));
}
