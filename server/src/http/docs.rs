//! The contract in OpenAPI 3.1, and the same as a page that needs no scripts.

use super::{ingest, rest};
use crate::{portal::Portal, security::PLAIN_PAGE_POLICY};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::Value;
use std::{fmt::Write, sync::LazyLock};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Holdfast",
        description = "Times are RFC 3339 with an offset; ids are opaque strings; sizes are bytes; lists answer `{items, next_cursor}` and take `cursor` and `limit` (at most 500). Errors: `{\"error\": {code, message, field?, request_id}}`.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        ingest::post_events, ingest::post_report, ingest::post_check_in, ingest::post_restore_test,
        rest::restore_tests::list,
        rest::partners::list, rest::partners::create, rest::partners::get, rest::partners::edit,
        rest::organizations::list, rest::organizations::create, rest::organizations::get, rest::organizations::edit, rest::organizations::counts,
        rest::policies::list, rest::policies::create, rest::policies::get, rest::policies::edit, rest::policies::delete,
        rest::maintenance::list, rest::maintenance::create, rest::maintenance::get, rest::maintenance::edit, rest::maintenance::remove,
        rest::maintenance::end,
        rest::devices::list, rest::devices::create, rest::devices::get, rest::devices::edit, rest::devices::pause, rest::devices::resume,
        rest::devices::retire, rest::devices::assessment,
        rest::connections::list, rest::connections::create, rest::connections::get, rest::connections::edit, rest::connections::remove,
        rest::connections::discover,
        rest::accounts::list, rest::accounts::create, rest::accounts::edit_many, rest::accounts::import, rest::accounts::get, rest::accounts::edit,
        rest::jobs::list, rest::jobs::get, rest::jobs::edit,
        rest::runs::list, rest::runs::get, rest::runs::log,
        rest::alerts::list, rest::alerts::get, rest::alerts::acknowledge, rest::alerts::take_back,
        rest::alerts::snooze, rest::alerts::end_snooze, rest::alerts::note,
        rest::inbox::list, rest::inbox::assign, rest::inbox::dismiss,
        rest::inbox_rules::list, rest::inbox_rules::create, rest::inbox_rules::get, rest::inbox_rules::edit, rest::inbox_rules::delete,
        rest::inbox_rules::apply,
        rest::backup_summary_reports::list, rest::backup_summary_reports::create, rest::backup_summary_reports::file,
        rest::keys::list, rest::keys::create, rest::keys::revoke,
        rest::audit::list,
        rest::outbox::list, rest::outbox::get, rest::outbox::send_again, rest::outbox::cancel, openapi_json
    ),
    modifiers(&Keys)
)]
struct Contract;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).description(Some("A key: `hf_…`")).build());
        document.components.get_or_insert_default().security_schemes.insert("key".to_owned(), scheme.into());
        document.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    }
}

/// Stands in the page where the style sheet's name goes, which the build decides.
const STYLE_PLACE: &str = "STYLE-SHEET";

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(Contract::openapi()).unwrap_or_default());
static PAGE: LazyLock<String> = LazyLock::new(|| page(&DOCUMENT));

/// The document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Routes outside of `/api/v1`.
pub fn routes() -> Router<Portal> {
    Router::new().route("/api/docs", get(docs))
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "contract", security(()), responses((status = 200, description = "OpenAPI 3.1")))]
pub async fn openapi_json() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

async fn docs(State(portal): State<Portal>) -> Response {
    let page = PAGE.replace(STYLE_PLACE, &portal.site().assets().css);
    let mut response = Html(page).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PLAIN_PAGE_POLICY);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Text for HTML; what stands in backquotes becomes code.
fn prose(text: &str) -> String {
    let escaped = escape(text);
    let mut out = String::with_capacity(escaped.len());
    for (place, piece) in escaped.split('`').enumerate() {
        if place > 0 {
            out.push_str(if place % 2 == 1 { "<code>" } else { "</code>" });
        }
        out.push_str(piece);
    }
    if escaped.matches('`').count() % 2 == 1 {
        out.push_str("</code>");
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(document: &Value) -> String {
    let mut html = String::from(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Holdfast API</title><link rel=\"stylesheet\" href=\"/pkg/STYLE-SHEET\"></head><body class=\"api-docs\"><main><h1>Holdfast API</h1>",
    );
    let _ = write!(html, "<p>{}</p>", prose(document["info"]["description"].as_str().unwrap_or_default()));
    html.push_str("<p>Send a key as <code>Authorization: Bearer hf_…</code>. The same for programs: <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p>");
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let summary = operation["summary"].as_str().or_else(|| operation["description"].as_str()).unwrap_or_default();
            let _ = write!(html, "<section><h2><code>{} {}</code></h2><p>{}</p>", method.to_uppercase(), escape(path), prose(summary));
            parameters(&mut html, operation);
            if let Some(schema) = body_schema(&operation["requestBody"]) {
                html.push_str("<h3>Body</h3>");
                fields(&mut html, document, schema);
            }
            for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
                let _ = write!(html, "<h3>{}</h3><p>{}</p>", escape(status), prose(answer["description"].as_str().unwrap_or_default()));
                if let Some(schema) = body_schema(answer) {
                    fields(&mut html, document, schema);
                }
            }
            html.push_str("</section>");
        }
    }
    html.push_str("</main></body></html>");
    html
}

fn parameters(html: &mut String, operation: &Value) {
    let Some(list) = operation["parameters"].as_array().filter(|list| !list.is_empty()) else { return };
    html.push_str("<ul>");
    for parameter in list {
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = parameter["in"].as_str().unwrap_or_default();
        let _ = write!(
            html,
            "<li><code>{}</code> ({}) {}</li>",
            escape(name),
            escape(place),
            prose(parameter["description"].as_str().unwrap_or_default())
        );
    }
    html.push_str("</ul>");
}

fn body_schema(holder: &Value) -> Option<&Value> {
    holder["content"].as_object()?.values().next().map(|media| &media["schema"])
}

/// The fields of a schema, through references, arrays and `allOf`, one level deep.
fn fields(html: &mut String, document: &Value, schema: &Value) {
    let mut all = Vec::new();
    collect(document, schema, &mut all, 0);
    if all.is_empty() {
        return;
    }
    html.push_str("<ul>");
    for (name, about, required) in all {
        let _ = write!(html, "<li><code>{}</code>{} {}</li>", escape(&name), if required { " (required)" } else { "" }, prose(&about));
    }
    html.push_str("</ul>");
}

fn collect(document: &Value, schema: &Value, all: &mut Vec<(String, String, bool)>, depth: u8) {
    if depth > 6 {
        return;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/")) {
        return collect(document, &document["components"]["schemas"][name], all, depth + 1);
    }
    if schema["items"].is_object() {
        return collect(document, &schema["items"], all, depth + 1);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(document, part, all, depth + 1);
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        all.push((name.clone(), field["description"].as_str().unwrap_or_default().to_owned(), required.contains(&name.as_str())));
    }
}
