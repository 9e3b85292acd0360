//! Backup Summary Reports to take away, and what is said to whoever wants to know whether a document is genuine. Plain addresses; no
//! scripts are needed.

use super::{
    auth::Caller,
    documents::file,
    error::{ApiError, ApiResult},
    plain,
    press::press,
};
use crate::{
    monthly::{self, Level},
    portal::Portal,
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use domain::{
    ids::OrganizationId,
    report::Month,
    text::{rfc3339, utc},
};
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
            "<p>Type the SHA-256 that stands at the foot of each page of the document. Nothing is told but what kind of report it is, \
             of which period, and when it was made.</p>",
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
            "<div class=\"card\"><p>No report that is kept here was made from inputs with this SHA-256. Compare it with the foot of the document, \
             letter by letter.</p><p class=\"faint\">Monthly reports are kept for six months; older ones are not known any more.</p></div>",
        ),
    })
}

fn told(found: &Verified) -> String {
    let kind = match found.kind.as_str() {
        "compliance" => "Backup compliance report",
        "weekly_summary" => "Weekly health summary",
        _ => "Backup Summary Report",
    };
    let period = match found.month {
        Some(month) => month.name(),
        None => format!("{} – {}", utc(found.from), utc(found.until)),
    };
    let time = |at| format!("<time datetime=\"{}\">{}</time>", rfc3339(at), utc(at));
    format!(
        "<div class=\"card\"><p>It was made from inputs with this SHA-256, and they have not changed since.</p>\
         <dl class=\"pairs\"><div class=\"pair\"><dt>Kind</dt><dd>{kind}</dd></div><div class=\"pair\"><dt>Period</dt><dd>{period}</dd></div>\
         <div class=\"pair\"><dt>Made</dt><dd>{}</dd></div></dl>\
         <p class=\"faint\">Whether a document is the one that was made of them shows by comparing it with the portal's own copy, which is the \
         same to the byte.</p></div>",
        time(found.made_at)
    )
}

/// What is said, and a form for another hash.
fn page(portal: &Portal, status: StatusCode, title: &str, body: &str) -> Response {
    let form = "<form class=\"card\" action=\"/verify\" method=\"get\"><div class=\"field\"><label for=\"hash\">SHA-256 of the inputs</label>\
         <input class=\"input\" id=\"hash\" name=\"hash\" maxlength=\"80\" required autocomplete=\"off\" spellcheck=\"false\"></div>\
         <div class=\"form-actions\"><button class=\"button button-primary\" type=\"submit\">Verify</button></div></form>";
    plain::page(portal, status, title, &format!("{body}{form}"))
}
