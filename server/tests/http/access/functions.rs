//! The walk over server functions, and what each is called with, for a tenant.

use super::{outcome, tenant::Tenant};
use crate::portal::{Client, START, TestApp, Who};
use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};
use std::fmt::Write;

/// Server functions that answer somebody who is not signed in.
const OPEN_FUNCTIONS: &[&str] = &["/sf/start/setup", "/sf/start/sign_in_view"];
/// Would take the caller's session away from the rest of the walk; their own test is signing out in the browser.
const ENDS_THE_SESSION: &[&str] = &["/sf/sign_out", "/sf/settings/end_session", "/sf/settings/end_other_sessions"];

/// How a server function is called: a form, or JSON.
enum Arguments {
    Form(String),
    Json(Value),
}

pub(super) async fn server_functions(app: &TestApp, tenants: &[Tenant], callers: &[Who], secrets: &[String], matrix: &mut String) {
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
    json!({ "state": "", "severity": "", "kind": "", "organization": c.organization, "device": "", "class": "", "search": "", "sort": "", "cursor": "" })
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
