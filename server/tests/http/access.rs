//! Who may what (D11), walked over every route and server function × caller × tenant, and kept as `access_matrix.txt`.
//!
//! `yes`: done; `409`, `422`: let through and refused for its content; `wait`: put into the inbox; `no`: 403; `-`: not found; `401`: who are you. A route without a row fails.
//! After a wanted change: `UPDATE_MATRIX=1 cargo test -p server --test http access`, and read the difference.

use crate::portal::{Answer, Client, START, TestApp, Who, system};
use axum::{
    body::Body,
    http::{Method, Request},
};
use domain::{
    access::{KeyRights, Role},
    mail::MailKind,
    maintenance::{Occurs, Reach},
    policy::DeviceClass,
    run::{RunEvent, RunState},
    saas::{AccountType, Service},
    time::Span,
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    store::{
        accounts::{self, NewAccount},
        alerts, compliance,
        connections::{self, NewConnection},
        devices::{self, NewDevice},
        inbox,
        inbox_rules::{self, NewRule},
        jobs,
        keys::{self, KeyScope, NewKey},
        mail_domains::{self, NewDomain},
        mails,
        maintenance::{self, NewWindow},
        policies, reports, runs, saas,
        saved_views::{self, NewView, ViewPlace},
    },
    testing::Kind,
};
use serde_json::{Value, json};
use server::{
    config::Flags,
    consent,
    http::{branding, docs, documents, monthly, outbox, rest, weekly},
};
use std::{
    fmt::Write,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Of which each tenant has a Backup Summary Report.
const MONTH: &str = "2026-11";
const ALL: KeyRights = KeyRights { ingest: true, read: true, manage: true };

/// Ids of a tenant, as texts.
struct Tenant {
    name: &'static str,
    client: Client,
    policy: String,
    window: String,
    job: String,
    run: String,
    alert: String,
    incident: String,
    views: Vec<String>,
    inbox: String,
    unwanted: String,
    rules: Vec<String>,
    domains: Vec<String>,
    copy: String,
    /// Of the rules: how many have been named for deletion.
    named: AtomicUsize,
    key: String,
    connection: String,
    account: String,
    report: String,
}

impl Tenant {
    /// Gives a client one of everything.
    async fn fill(app: &TestApp, name: &'static str, client: &Client) -> Self {
        let (store, actor) = (&app.engine.store, system(client.partner));
        let run = IncomingEvent {
            subject: Subject::Device(client.device),
            job: JobRef::Named("nightly".into()),
            run: RunRef::Key("1".into()),
            event: failed(),
            log: Some("a line".into()),
        };
        let mut reports = vec![run];
        // Ten more with the same trouble: an incident.
        for n in 0..10 {
            let (organization, class) = (client.organization, DeviceClass::Workstation);
            let new = NewDevice { organization, name: format!("storm-{n}"), class, policy: None, quota_bytes: None, tags: vec![] };
            let device = devices::create(&app.engine, &actor, new, START).await.unwrap();
            reports.push(IncomingEvent { subject: Subject::Device(device), ..reports[0].clone() });
        }
        app.engine.ingest.submit(&actor, reports, START).await.unwrap();
        for source in ["unknown", "unwanted"] {
            app.post(&client.ingest, "/api/v1/events", json!({ "device": source, "state": "failed" })).await.ok();
        }
        let job = jobs::list(store, &actor, client.device).await.unwrap().remove(0);
        let filter = runs::RunFilter { device: Some(client.device), ..Default::default() };
        let run = runs::list(store, &actor, &filter).await.unwrap().items.remove(0);
        let filter = alerts::AlertFilter { device: Some(client.device), ..Default::default() };
        let alert = alerts::list(store, &actor, &filter).await.unwrap().items.remove(0);
        let waiting = inbox::list(store, &actor, &Default::default()).await.unwrap().items;
        let waiting = |source: &str| {
            waiting.iter().find(|row| row.organization == Some(client.organization) && row.source == source).unwrap().id.to_string()
        };
        let mut views = Vec::new();
        for n in 0..16 {
            let new = NewView { place: ViewPlace::Alerts, name: format!("{name} {n}"), query: String::new(), shared: true };
            views.push(saved_views::save(store, &actor, new, START).await.unwrap().to_string());
        }
        let policy = policies::list(store, &actor).await.unwrap().remove(0);
        let far = START + Span::days(100);
        let new = NewWindow {
            partner: None,
            name: "w".into(),
            note: String::new(),
            reach: Reach::Organization(client.organization),
            occurs: Occurs::Once { from: far, until: far + Span::HOUR },
        };
        let window = maintenance::create(&app.engine, &actor, new, START).await.unwrap();
        let about = compliance::Of::Organization(client.organization);
        let report = compliance::freeze(&app.engine, &actor, about, START - Span::days(30), START, START).await.unwrap();
        let month = MONTH.parse().unwrap();
        reports::make(store, &app.engine.reports, &actor, client.organization, month, START + Span::days(30)).await.unwrap();
        let new = NewKey { scope: KeyScope::Organization(client.organization), name: "spare".into(), rights: ALL, expires_at: None };
        let (key, _) = keys::create(store, &actor, new, START).await.unwrap();
        let new = NewConnection { organization: client.organization, service: Service::Microsoft365, policy: None };
        let connection = connections::create(&app.engine, &actor, new, START).await.unwrap();
        let new = NewAccount {
            address: format!("{name}@x.test"),
            name: String::new(),
            kind: AccountType::User,
            activated: true,
            external_id: None,
        };
        accounts::put(&app.engine, &actor, connection, vec![new], START).await.unwrap();
        let filter = saas::AccountsFilter::of(client.organization);
        let account = saas::accounts(store, &actor, &filter, START).await.unwrap().items.remove(0).id;
        let mut rules = Vec::new();
        for n in 0..40 {
            let (pattern, organization) = (format!("template-{n}-*"), client.organization);
            let new = NewRule { pattern, organization, class: DeviceClass::Server, policy: None, tags: vec![] };
            rules.push(inbox_rules::create(store, &actor, new, START).await.unwrap().to_string());
        }
        let mut domains = Vec::new();
        for n in 0..12 {
            let new = NewDomain { organization: Some(client.organization), domain: format!("{name}-{n}.example") };
            domains.push(mail_domains::add(store, &actor, new, START).await.unwrap().to_string());
        }
        let copy = copy(app, client).await;
        Self {
            name,
            domains,
            copy,
            report: report.to_string(),
            client: client.clone(),
            policy: policy.id.to_string(),
            window: window.to_string(),
            job: job.id.to_string(),
            run: run.id.to_string(),
            alert: alert.id.to_string(),
            incident: alert.incident.unwrap().to_string(),
            views,
            inbox: waiting("unknown"),
            unwanted: waiting("unwanted"),
            rules,
            named: AtomicUsize::new(0),
            key: key.to_string(),
            connection: connection.to_string(),
            account: account.to_string(),
        }
    }
}

impl Tenant {
    /// Another rule each time: whoever may delete one takes it from nobody else.
    fn next_rule(&self) -> &str {
        &self.rules[1 + self.named.fetch_add(1, Ordering::Relaxed) % (self.rules.len() - 1)]
    }
}

impl Tenant {
    /// Another domain each time, too.
    fn next_domain(&self) -> &str {
        &self.domains[1 + self.named.fetch_add(1, Ordering::Relaxed) % (self.domains.len() - 1)]
    }
}

/// A copy in the outbox that waits.
async fn copy(app: &TestApp, client: &Client) -> String {
    let tx = app.engine.store.begin().await.unwrap();
    let new = mails::New {
        partner: client.partner,
        organization: Some(client.organization),
        kind: MailKind::Test,
        report: None,
        once: format!("matrix:{}", client.organization),
        recipient: "ada@x.test".into(),
        subject: "A test".into(),
        content: mails::Content::Written(mails::Written { text: "a line".into(), ..Default::default() }),
    };
    let mails::Queued::New(id) = mails::queue(&app.engine.store, &tx, new, START).await.unwrap() else { panic!("not queued") };
    tx.commit().await.unwrap();
    id.to_string()
}

impl Tenant {
    /// Another view each time, too.
    fn next_view(&self) -> &str {
        &self.views[self.named.fetch_add(1, Ordering::Relaxed) % self.views.len()]
    }
}

fn failed() -> RunEvent {
    RunEvent {
        state: RunState::Failed,
        at: START,
        attempt: 1,
        timed_out: false,
        percent: None,
        items: None,
        bytes: None,
        bytes_added: None,
        message: Some("no space".into()),
        failed_items: vec![],
        tool: None,
        destination: None,
    }
}

/// What a route is called with, for a tenant; `None`: no such route is known here.
fn call(method: &Method, route: &str, t: &Tenant) -> Option<(String, Option<Value>)> {
    let (c, at) = (&t.client, |path: &str, id: &dyn std::fmt::Display| path.replace("{id}", &id.to_string()));
    let plain = |path: String| Some((path, None));
    let with = |path: String, body: Value| Some((path, Some(body)));
    match (method.as_str(), route.strip_prefix("/api/v1/")?) {
        ("POST", "events") => with(route.into(), json!({ "device": c.device, "job": "nightly", "run": "m", "state": "running" })),
        ("POST", "reports/{tool}") => plain(format!("/api/v1/reports/restic?device={}&exit_code=1", c.device)),
        ("POST", "check-ins") => with(route.into(), json!({ "device": c.device })),
        ("POST", "restore-tests") => with(route.into(), json!({ "device": c.device, "result": "passed" })),
        ("GET", "restore-tests") => plain(format!("{route}?device={}", c.device)),
        (
            "GET",
            "partners"
            | "organizations"
            | "policies"
            | "devices"
            | "runs"
            | "alerts"
            | "inbox"
            | "inbox-rules"
            | "keys"
            | "maintenance-windows"
            | "outbox"
            | "openapi.json",
        ) => plain(route.into()),
        ("GET", "outbox/{id}") | ("POST", "outbox/{id}/send-again" | "outbox/{id}/cancel") => plain(at(route, &t.copy)),
        ("GET", "audit") => plain(format!("{route}?partner={}", c.partner)),
        ("POST", "partners") => with(route.into(), json!({ "name": "", "time_zone": "UTC", "parent": c.partner })),
        ("POST", "organizations") => with(route.into(), json!({ "name": "", "partner": c.partner })),
        ("POST", "policies") => with(route.into(), json!({ "name": "", "partner": c.partner })),
        ("POST", "maintenance-windows") => with(
            route.into(),
            json!({ "name": "", "reach": { "organization": c.organization }, "occurs": { "once": { "from": "2027-01-01T00:00:00Z", "until": "2027-01-02T00:00:00Z" } } }),
        ),
        ("GET", "maintenance-windows/{id}") => plain(at(route, &t.window)),
        ("PATCH", "maintenance-windows/{id}") => with(at(route, &t.window), json!({})),
        ("DELETE", "maintenance-windows/{id}") | ("POST", "maintenance-windows/{id}/end") => plain(at(route, &t.window)),
        ("POST", "devices") => with(route.into(), json!({ "name": "", "organization": c.organization, "class": "server" })),
        ("POST", "keys") => with(route.into(), json!({ "organization": c.organization, "can": [], "name": "" })),
        ("GET", "connections") => plain(format!("{route}?organization={}", c.organization)),
        ("POST", "connections") => with(route.into(), json!({ "organization": c.organization, "service": "microsoft_365" })),
        ("GET", "connections/{id}") => plain(at(route, &t.connection)),
        ("PATCH", "connections/{id}") => with(at(route, &t.connection), json!({ "policy": t.policy })),
        ("DELETE", "connections/{id}") | ("POST", "connections/{id}/discover") => plain(at(route, &t.connection)),
        ("GET", "accounts") => plain(format!("{route}?organization={}", c.organization)),
        ("POST", "accounts") => with(route.into(), json!({ "connection": t.connection, "accounts": [] })),
        ("PATCH", "accounts") => with(route.into(), json!({ "accounts": [t.account], "status": "activated" })),
        ("POST", "accounts/import") => plain(format!("{route}?connection={}", t.connection)),
        ("GET", "accounts/{id}") => plain(at(route, &t.account)),
        ("PATCH", "accounts/{id}") => with(at(route, &t.account), json!({ "status": "activated" })),
        ("GET", "partners/{id}") => plain(at(route, &c.partner)),
        ("PATCH", "partners/{id}") => with(at(route, &c.partner), json!({})),
        ("GET", "organizations/{id}" | "organizations/{id}/counts") => plain(at(route, &c.organization)),
        ("GET", "organizations/{id}/backup-summary-reports") => plain(at(route, &c.organization)),
        ("POST", "organizations/{id}/backup-summary-reports") => with(at(route, &c.organization), json!({ "month": MONTH })),
        ("GET", "organizations/{id}/backup-summary-reports/{month}/{file}") => {
            plain(at(route, &c.organization).replace("{month}", MONTH).replace("{file}", "account.csv"))
        }
        ("PATCH", "organizations/{id}") => with(at(route, &c.organization), json!({ "region": "eu" })),
        ("GET", "policies/{id}") => plain(at(route, &t.policy)),
        ("PATCH", "policies/{id}") => with(at(route, &t.policy), json!({})),
        ("GET", "devices/{id}" | "devices/{id}/jobs" | "devices/{id}/assessment") => plain(at(route, &c.device)),
        ("PATCH", "devices/{id}") => with(at(route, &c.device), json!({ "tags": [] })),
        ("POST", "devices/{id}/pause" | "devices/{id}/resume" | "devices/{id}/retire") => plain(at(route, &c.device)),
        ("GET", "jobs/{id}") => plain(at(route, &t.job)),
        ("PATCH", "jobs/{id}") => with(at(route, &t.job), json!({})),
        ("GET", "runs/{id}" | "runs/{id}/log") => plain(at(route, &t.run)),
        ("GET", "alerts/{id}") => plain(at(route, &t.alert)),
        ("POST", "alerts/{id}/acknowledge") => with(at(route, &t.alert), json!({})),
        ("POST", "alerts/{id}/snooze") => with(at(route, &t.alert), json!({ "until": "2026-11-21T22:00:00Z" })),
        ("POST", "alerts/{id}/note") => with(at(route, &t.alert), json!({ "note": "seen" })),
        ("POST", "inbox-rules") => with(route.into(), json!({ "pattern": "", "organization": c.organization })),
        ("GET", "inbox-rules/{id}") => plain(at(route, &t.rules[0])),
        ("PATCH", "inbox-rules/{id}") => with(at(route, &t.rules[0]), json!({})),
        ("DELETE", "inbox-rules/{id}") => plain(at(route, &t.next_rule())),
        ("POST", "inbox-rules/{id}/apply") => plain(at(route, &t.rules[0])),
        ("DELETE", "policies/{id}") => plain(at(route, &t.policy)),
        ("POST", "inbox/{id}/assign") => with(at(route, &t.inbox), json!({ "name": "", "organization": c.organization })),
        ("POST", "inbox/{id}/dismiss") => plain(at(route, &t.unwanted)),
        ("POST", "keys/{id}/revoke") => plain(at(route, &t.key)),
        _ => None,
    }
}

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

/// Forms that lead to providers of SaaS and back; none is set up here.
async fn forms(app: &TestApp, tenants: &[Tenant], callers: &[Who], secrets: &[String], matrix: &mut String) {
    for (method, route) in consent::routes::ROUTES {
        let _ = writeln!(matrix, "\n{method} {route}");
        for tenant in tenants {
            let _ = write!(matrix, "  {:<13}", tenant.name);
            for who in callers {
                let (path, form) = match route {
                    "/consent/begin" => (route.to_owned(), format!("organization={}&service=google_workspace", tenant.client.organization)),
                    "/consent/check" => (route.to_owned(), format!("connection={}", tenant.connection)),
                    "/consent/callback" => (format!("{route}?state=unknown&code=1"), String::new()),
                    _ => panic!("{method} {route} has no row: add it to `forms`"),
                };
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("sec-fetch-site", "same-origin");
                let answer = app.raw(who, request, Body::from(form)).await;
                let word = outcome(who, &format!("{method} {path}"), &answer, secrets);
                assert!(who.1.is_some() || word == "401", "nobody: {method} {route}: {word}");
                let _ = write!(matrix, " {word:<4}");
            }
            *matrix = matrix.trim_end().to_owned() + "\n";
        }
    }
}

/// Documents to take away.
async fn documents_of(app: &TestApp, tenants: &[Tenant], callers: &[Who], secrets: &[String], matrix: &mut String) {
    for (method, route) in documents::ROUTES.into_iter().chain(monthly::ROUTES).chain(outbox::ROUTES) {
        let _ = writeln!(matrix, "\n{method} {route}");
        for tenant in tenants {
            let _ = write!(matrix, "  {:<13}", tenant.name);
            for who in callers {
                let path = match route {
                    "/backups/compliance.csv" => {
                        format!("{route}?from=2026-01-01&to=2026-01-31&organization={}", tenant.client.organization)
                    }
                    "/organizations/{id}/backup-summary-reports/{month}/{file}" => {
                        format!("/organizations/{}/backup-summary-reports/{MONTH}/organization.csv", tenant.client.organization)
                    }
                    "/outbox/{file}" => format!("/outbox/{}.txt", tenant.copy),
                    "/reports/{file}" => format!("/reports/{}.pdf", tenant.report),
                    _ => panic!("{method} {route} has no row: add it to `documents_of`"),
                };
                let request = Request::builder().method(method).uri(&path);
                let answer = app.raw(who, request, Body::empty()).await;
                let word = outcome(who, &format!("{method} {path}"), &answer, secrets);
                assert!(who.1.is_some() || word == "401", "nobody: {method} {route}: {word}");
                let _ = write!(matrix, " {word:<4}");
            }
            *matrix = matrix.trim_end().to_owned() + "\n";
        }
    }
}

/// The look and the weekly summary of the caller's own partner: an address names no tenant.
async fn branding_of(app: &TestApp, callers: &[Who], secrets: &[String], matrix: &mut String) {
    for (method, route) in branding::ROUTES.into_iter().chain(weekly::ROUTES) {
        let _ = write!(matrix, "\n{method} {route}\n  {:<13}", "own");
        for who in callers {
            let path = route.replace("{file}", "preview.txt");
            let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
            let mut body = Body::empty();
            if method == "POST" {
                request = request.header("content-type", "multipart/form-data; boundary=x");
                body = Body::from("--x\r\ncontent-disposition: form-data; name=\"colour\"\r\n\r\nred\r\n--x--\r\n");
            }
            let answer = app.raw(who, request, body).await;
            let word = outcome(who, &format!("{method} {route}"), &answer, secrets);
            assert!(who.1.is_some() || word == "401", "nobody: {method} {route}: {word}");
            let _ = write!(matrix, " {word:<4}");
        }
        *matrix = matrix.trim_end().to_owned() + "\n";
    }
}

/// Server functions that answer somebody who is not signed in.
const OPEN_FUNCTIONS: &[&str] = &["/sf/start/setup", "/sf/start/sign_in_view"];
/// Would take the caller's session away from the rest of the walk; their own test is signing out in the browser.
const ENDS_THE_SESSION: &[&str] = &["/sf/sign_out", "/sf/settings/end_session", "/sf/settings/end_other_sessions"];

/// How a server function is called: a form, or JSON.
enum Arguments {
    Form(String),
    Json(Value),
}

async fn server_functions(app: &TestApp, tenants: &[Tenant], callers: &[Who], secrets: &[String], matrix: &mut String) {
    let mut paths: Vec<String> =
        server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).filter(|path| path.starts_with("/sf/")).collect();
    paths.sort();
    paths.dedup();
    let _ = writeln!(matrix, "\nServer functions. Columns: {}", callers.iter().map(|who| who.0).collect::<Vec<_>>().join(" | "));
    for path in paths.iter().filter(|path| !ENDS_THE_SESSION.contains(&path.as_str())) {
        let _ = writeln!(matrix, "\n{path}");
        for tenant in tenants {
            let _ = write!(matrix, "  {:<13}", tenant.name);
            for who in callers {
                let (kind, body) = match arguments(path, tenant) {
                    Some(Arguments::Form(form)) => ("application/x-www-form-urlencoded", form),
                    Some(Arguments::Json(json)) => ("application/json", json.to_string()),
                    None => panic!("{path} has no row: add it to `arguments`"),
                };
                let request =
                    Request::builder().method(Method::POST).uri(path).header("content-type", kind).header("sec-fetch-site", "same-origin");
                let answer = app.raw(who, request, Body::from(body)).await;
                let word = outcome(who, path, &answer, secrets);
                assert_ne!(word, "400", "{path} is called with wrong arguments: {}", answer.text());
                let is_open = OPEN_FUNCTIONS.contains(&path.as_str());
                let refused = word != "yes" || answer.status.is_client_error();
                assert!(who.1.is_some() || is_open || refused, "nobody may call {path}: {}", answer.text());
                let _ = write!(matrix, " {word:<4}");
            }
            *matrix = matrix.trim_end().to_owned() + "\n";
        }
    }
}

fn alerts_of(c: &Client) -> Value {
    json!({ "state": "", "severity": "", "kind": "", "organization": c.organization, "class": "", "search": "", "sort": "", "cursor": "" })
}

fn accounts_of(c: &Client) -> Value {
    json!({ "organization": c.organization, "search": "", "status": "", "kind": "", "service": "", "cursor": "" })
}

fn log_of(c: &Client) -> Value {
    json!({ "result": "", "organization": c.organization, "device": "", "tool": "", "window": "", "cursor": "" })
}

fn arguments(path: &str, t: &Tenant) -> Option<Arguments> {
    let (c, form, wire) = (&t.client, |text: String| Some(Arguments::Form(text)), |json: Value| Some(Arguments::Json(json)));
    match path.strip_prefix("/sf/")? {
        "start/setup" | "start/sign_in_view" | "organizations/add_view" | "settings/policies" | "settings/account" | "settings/audit"
        | "settings/verify_audit" | "settings/keys" | "settings/inbox" => form(String::new()),
        "start/set_up" => form("form[name]=Eve&form[email]=eve%40x.test&form[password]=a+long+enough+one&form[again]=a+long+enough+one&form[partner]=Eve&form[time_zone]=UTC".into()),
        "start/sign_in" => form("email=nobody%40x.test&password=wrong".into()),
        "start/add_device_view" => form(format!("organization={}", c.organization)),
        "start/add_device" => form(format!("form[organization]={}&form[name]=new&form[class]=server&form[policy]={}", c.organization, t.policy)),
        "start/connect" | "start/device_key" => form(format!("device={}", c.device)),
        "organizations/add" => form("form[name]=".into()),
        "organizations/list" => wire(json!({ "query": { "search": "", "status": "", "partner": c.partner, "sort": "", "cursor": "" } })),
        "organizations/one" => wire(json!({ "id": c.organization, "part": "overview", "window": "" })),
        "organizations/change" => form(format!("id={}&form[name]=", c.organization)),
        "features/view" => wire(json!({ "query": accounts_of(c) })),
        "features/plan" => form(format!("id={}&form[plan_name]=Gold", c.organization)),
        "features/accounts" => {
            wire(json!({ "change": { "organization": c.organization, "ids": [t.account], "query": accounts_of(c), "activate": true } }))
        }
        "features/discover" => form(format!("connection={}", t.connection)),
        "features/import_view" => wire(json!({ "id": c.organization })),
        "features/preview" | "features/import" => {
            wire(json!({ "file": { "connection": t.connection, "encoded": false, "content": "", "partly": false } }))
        }
        "organizations/connections" => wire(json!({ "organization": c.organization })),
        "organizations/connection_policy" => form(format!("connection={}&policy={}", t.connection, t.policy)),
        "organizations/connection_remove" => form(format!("connection={}&word=", t.connection)),
        "organizations/activation" => form(format!("id={}&activated=true", c.organization)),
        "settings/policy" => form(format!("id={}", t.policy)),
        "settings/schedule_preview" | "settings/save_policy" => form(format!("form[id]={}&form[name]=&form[kind]=every&form[every]=1&form[unit]=days", t.policy)),
        "settings/maintenance" | "settings/reminders" => form(String::new()),
        "settings/window" => form(format!("id={}&filled=", t.window)),
        "settings/window_preview" | "settings/save_window" => form(format!(
            "form[id]=&form[name]=&form[reach]=organization&form[organization]={}&form[kind]=daily&form[clock]=02:00&form[lasts]=4&form[time_zone]=UTC",
            c.organization
        )),
        "settings/end_window" | "settings/remove_window" => form(format!("id={}", t.window)),
        "settings/save_reminders" => form("on=true&hours=0".into()),
        "settings/sla" | "settings/preview_sla" => {
            wire(json!({ "form": { "scope": format!("organization:{}", c.organization), "class": "server", "hours": "6", "end": "" } }))
        }
        // Nobody's rule is changed: no hours are said.
        "settings/save_sla" => form(format!("form[scope]=organization:{}&form[class]=server&form[hours]=0", c.organization)),
        "backup/compliance" => wire(json!({ "query": {
            "period": "custom", "from": "2026-01-01", "to": "2026-01-31", "organization": c.organization, "held": "", "class": "", "sort": "", "cursor": ""
        } })),
        "backup/make_report" => form(format!("organization={}&from=2026-01-01&to=2026-01-31", c.organization)),
        "settings/branding" => form(String::new()),
        "settings/domains" => wire(json!({ "organization": c.organization })),
        "settings/add_domain" => form(format!("form[domain]=&form[organization]={}", c.organization)),
        "settings/check_domain" => form(format!("id={}", t.domains[0])),
        "settings/send_domain_code" => form(format!("id={}&mailbox=nobody", t.domains[0])),
        "settings/enter_domain_code" => form(format!("id={}&code=0", t.domains[0])),
        "settings/weekly" | "settings/test_weekly" => form(String::new()),
        // To nobody: it is refused.
        "settings/save_weekly" => form("form[enabled]=true&form[weekday]=1&form[hour]=7".into()),
        "settings/resume_weekly" => form("address=nobody%40x.test".into()),
        "settings/remove_domain" => form(format!("id={}", t.next_domain())),
        "settings/make_mail_key" => form(format!("id={}", t.domains[0])),
        // Nobody's key: its own test is beside the mail server's.
        "settings/check_mail_key" | "settings/remove_mail_key" => form("selector=none".into()),
        "settings/monthly_run" => wire(json!({})),
        "settings/stop_monthly_run" | "settings/take_up_monthly_run" | "settings/retry_monthly_run" => form(String::new()),
        "settings/ask_monthly_run" => form("month=2026-01".into()),
        "reports/view" => wire(json!({ "id": c.organization })),
        "reports/delivery" => form(format!("id={}&form[address_1]=", c.organization)),
        "reports/share" => form(format!("id={}&shared=false", c.organization)),
        "reports/make" => form(format!("id={}&month=2026-01", c.organization)),
        "reports/test" => form(format!("id={}", c.organization)),
        "reports/send_again" => form(format!("id={}", t.copy)),
        "reports/resume_address" => form(format!("id={}&address=nobody%40x.test", c.organization)),
        "settings/outbox" => form("which=".into()),
        "settings/mail" => form(format!("id={}", t.copy)),
        "settings/send_mail_again" | "settings/cancel_mail" => form(format!("id={}", t.copy)),
        "settings/make_key" => form(format!("form[name]=new&form[scope]={}&form[read]=true", c.organization)),
        "settings/inbox_rules" => form(String::new()),
        "settings/rule_preview" => form(format!("form[pattern]=un*&form[organization]={}", c.organization)),
        "settings/save_rule" => form(format!("form[id]={}&form[pattern]=&form[organization]={}&form[class]=server", t.rules[0], c.organization)),
        "settings/apply_rule" => form(format!("id={}", t.rules[0])),
        "settings/delete_rule" => form(format!("id={}", t.next_rule())),
        "settings/delete_policy" => form(format!("id={}", t.policy)),
        "settings/change_password" => form("form[old]=wrong&form[new]=short&form[again]=short".into()),
        "settings/switch_membership" => form(format!("to={}/{}", c.partner, c.organization)),
        "settings/search" => wire(json!({ "text": "", "recent": [format!("/devices/{}", c.device)] })),
        "settings/revoke_key" => form(format!("id={}", t.key)),
        "settings/assign" => form(format!("form[inbox]={}&form[device]={}", t.inbox, c.device)),
        "settings/dismiss" => form(format!("id={}", t.unwanted)),
        "backup/home" => wire(json!({})),
        "backup/devices" => wire(json!({ "query": { "search": "", "organization": c.organization, "band": "", "class": "", "life": "", "sort": "", "cursor": "" } })),
        "backup/find_organizations" => wire(json!({ "typed": "" })),
        "backup/device" => wire(json!({ "id": c.device, "runs": null })),
        "backup/pause_device" => wire(json!({ "id": c.device, "reason": "" })),
        "backup/resume_device" | "backup/retire_device" => wire(json!({ "id": c.device })),
        "backup/edit_job" => wire(json!({ "id": t.job, "edit": { "name": "", "kind": "policy", "every": "", "unit": "", "cron": "", "time_zone": "" } })),
        "backup/record_restore_test" => wire(json!({ "device": c.device, "test": { "at": START, "passed": true, "scope": "", "rpo_seconds": null, "rto_seconds": null, "note": "" } })),
        "backup/slots" => wire(json!({ "device": c.device, "schedule": { "name": "", "kind": "cron", "cron": "30 2 * * *", "time_zone": "UTC" } })),
        "backup/edit_device" => wire(json!({ "id": c.device, "edit": { "name": "", "class": "server", "policy": t.policy, "quota_bytes": null, "tags": [] } })),
        "backup/clients" => wire(json!({ "query": { "search": "", "partner": c.partner, "standing": "", "sort": "", "cursor": "" } })),
        "backup/runs" => wire(json!({ "device": c.device, "cursor": null })),
        "backup/run" => wire(json!({ "id": t.run })),
        "backup/alerts" => wire(json!({ "query": alerts_of(c) })),
        "backup/alerts_news" => wire(json!({ "query": alerts_of(c), "shown": [t.alert] })),
        "backup/alert" => wire(json!({ "id": t.alert })),
        "backup/tend_alert" => form(format!("id={}&what=note&words=seen", t.alert)),
        "backup/incident" => wire(json!({ "id": t.incident, "cursor": "" })),
        "backup/tend_incident" => wire(json!({ "id": t.incident, "tend": { "what": "note", "hours": 1, "words": "seen" } })),
        "backup/save_view" => form("name=&query=&shared=true".into()),
        "backup/delete_view" => form(format!("id={}", t.next_view())),
        "backup/tend_alerts" => wire(json!({ "ids": [t.alert], "tend": { "what": "note", "hours": 1, "words": "seen" } })),
        "backup/job_log" => wire(json!({ "query": log_of(c) })),
        "backup/job_log_news" => wire(json!({ "query": log_of(c), "after": null })),
        "saas/overview" => {
            wire(json!({ "query": { "search": "", "status": "", "region": "", "plan_type": "", "service": "", "partner": c.partner, "sort": "", "cursor": "" } }))
        }
        "saas/accounts" => wire(json!({
            "query": { "organization": c.organization, "search": "", "kind": "", "service": "", "result": "", "status": "", "sort": "", "cursor": "" },
        })),
        "saas/account" => wire(json!({ "id": t.account })),
        _ => None,
    }
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
