//! What each REST route is called with, for a tenant.

use super::tenant::{MONTH, Tenant};
use axum::http::Method;
use serde_json::{Value, json};

/// What a route is called with, for a tenant; `None`: no such route is known here.
pub(super) fn call(method: &Method, route: &str, t: &Tenant) -> Option<(String, Option<Value>)> {
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
        ("POST", "alerts/{id}/take-back" | "alerts/{id}/end-snooze") => plain(at(route, &t.alert)),
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
