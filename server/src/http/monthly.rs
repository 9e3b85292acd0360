//! Backup Summary Reports to take away, and what is said to whoever wants to know whether a document is genuine. Plain addresses; no
//! scripts are needed.

use super::{
    auth::Caller,
    documents::file,
    error::{ApiError, ApiResult},
    press::press,
};
use crate::{
    monthly::{self, Level},
    portal::Portal,
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use domain::{ids::OrganizationId, report::Month, text::utc};
use engine::store::reports::{self, Monthly, Verified};
use serde::Deserialize;

/// Method and address of each that asks who it is, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 1] = [("GET", "/organizations/{id}/backup-summary-reports/{month}/{file}")];

/// The routes.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/organizations/{id}/backup-summary-reports/{month}/{file}", get(download))
        .route("/verify", get(ask))
        .route("/verify/{hash}", get(verify))
}

/// A file that a report is given as.
#[derive(Clone, Copy)]
enum Kind {
    Pdf,
    Csv,
}

/// `account.pdf`, `organization.csv` …
fn kind_of(file: &str) -> Option<(Level, Kind)> {
    let (level, ending) = file.split_once('.')?;
    let level = match level {
        "account" => Level::Account,
        "organization" => Level::Organization,
        _ => return None,
    };
    match ending {
        "pdf" => Some((level, Kind::Pdf)),
        "csv" => Some((level, Kind::Csv)),
        _ => None,
    }
}

/// A document of an organization's report, by session or key.
///
/// # Errors
/// 404 for what is not there, 403 without sight of reports, 503 where too many documents are made at once.
pub async fn download(
    State(portal): State<Portal>,
    caller: Caller,
    Path((organization, month, name)): Path<(String, String, String)>,
) -> ApiResult<Response> {
    let no_such = || ApiError::not_found("report");
    let organization: OrganizationId = organization.parse().map_err(|_| ApiError::not_found("organization"))?;
    let month: Month = month.parse().map_err(|_| no_such())?;
    let (level, kind) = kind_of(&name).ok_or_else(no_such)?;
    let monthly = reports::get(portal.store(), &caller.actor, organization, month).await?;
    made(monthly, level, kind).await
}

async fn made(monthly: Monthly, level: Level, kind: Kind) -> ApiResult<Response> {
    match kind {
        Kind::Csv => Ok(file("text/csv; charset=utf-8", &monthly::file_name(&monthly, level, "csv"), monthly::csv(&monthly, level))),
        Kind::Pdf => {
            let name = monthly::file_name(&monthly, level, "pdf");
            let bytes = press(move |stop| monthly::pdf(&monthly, level, stop)).await?;
            Ok(file("application/pdf", &name, bytes))
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    hash: String,
}

/// The form, which leads to a hash's own address.
async fn ask(State(portal): State<Portal>, Query(asked): Query<Asked>) -> Response {
    let hash: String = asked.hash.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    if hash.is_empty() || !hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return page(
            &portal,
            StatusCode::OK,
            "Verify a report",
            "<p>Type the SHA-256 that stands at the foot of each page of the document.</p>",
        );
    }
    Redirect::to(&format!("/verify/{hash}")).into_response()
}

/// Whether a document with this hash was made here: its kind, period and when – no names, for anybody may ask.
async fn verify(State(portal): State<Portal>, Path(hash): Path<String>) -> ApiResult<Response> {
    Ok(match reports::by_hash(portal.store(), &hash.to_lowercase()).await? {
        Some(found) => page(&portal, StatusCode::OK, "A report with this hash is kept here", &told(&found)),
        None => page(
            &portal,
            StatusCode::NOT_FOUND,
            "No report with this hash",
            "<p>No report that is kept here was made from inputs with this SHA-256. Compare it with the foot of the document, letter by letter. \
             Monthly reports are kept for six months; older ones are not known any more.</p>",
        ),
    })
}

fn told(found: &Verified) -> String {
    let kind = if found.kind == "compliance" { "Backup compliance report" } else { "Backup Summary Report" };
    let period = match found.month {
        Some(month) => month.name(),
        None => format!("{} – {}", utc(found.from), utc(found.until)),
    };
    format!(
        "<p>It was made from inputs with this SHA-256, and they have not changed since.</p>\
         <dl class=\"pairs\"><dt>Kind</dt><dd>{kind}</dd><dt>Period</dt><dd>{period}</dd><dt>Made</dt><dd>{}</dd></dl>\
         <p>Whether a document is the one that was made of them shows by comparing it with the portal's own copy, which is the same to the byte.</p>",
        utc(found.made_at)
    )
}

/// A page without scripts, with a form for another hash.
fn page(portal: &Portal, status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title} · Holdfast</title><link rel=\"stylesheet\" href=\"/pkg/{}\"></head>\
         <body class=\"api-docs\"><main><h1>{title}</h1>{body}\
         <section><form action=\"/verify\" method=\"get\"><div class=\"field\"><label for=\"hash\">SHA-256 of the inputs</label>\
         <input class=\"input\" id=\"hash\" name=\"hash\" maxlength=\"80\" required autocomplete=\"off\" spellcheck=\"false\"></div>\
         <p><button class=\"button\" type=\"submit\">Verify</button></p></form></section>\
         </main></body></html>",
        portal.site().assets().css
    );
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, VERIFY_POLICY);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// As of other pages without scripts; its form leads here.
const VERIFY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
