//! Documents that people take away: compliance as CSV, and reports that are kept as PDF. Plain addresses for links; no scripts are needed.

mod paper;

use super::{
    auth::Caller,
    error::{ApiError, ApiResult},
    press::press,
};
use crate::portal::Portal;
use app::{
    api::backup::compliance::ssr::{Days, about},
    components::csv::cell,
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};
use domain::{
    ids::ReportId,
    policy::DeviceClass,
    text::{rfc3339, span},
    time::Span,
};
use engine::store::compliance::{self, DeviceReport, OrganizationReport};
use serde::Deserialize;

/// Method and address of each, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 2] = [("GET", "/backups/compliance.csv"), ("GET", "/reports/{file}")];

/// The routes.
pub fn routes() -> Router<Portal> {
    Router::new().route("/backups/compliance.csv", get(csv)).route("/reports/{file}", get(pdf))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    organization: String,
    from: String,
    to: String,
}

/// A file to be saved under this name.
pub(super) fn file(kind: &'static str, name: &str, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

const HEADS: [&str; 19] = [
    "Client",
    "Device",
    "Class",
    "Rule (hours)",
    "In compliance (%)",
    "Covered (s)",
    "In breach (s)",
    "Left out (s)",
    "Breaches",
    "Breach intervals",
    "RPO achieved",
    "RPO achieved (s)",
    "Longest gap from",
    "Longest gap until",
    "Restore tests passed",
    "Restore tests failed",
    "Last restore test",
    "Last restore test passed",
    "RTO achieved (s)",
];

/// Every device of a period, one line each.
async fn csv(State(portal): State<Portal>, caller: Caller, Query(asked): Query<Asked>) -> ApiResult<Response> {
    let (engine, actor) = (portal.engine(), caller.actor);
    let now = (engine.clock)();
    let told = |error: app::UiError| {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
        let code = match status {
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::FORBIDDEN => "forbidden",
            _ => "invalid_period",
        };
        ApiError::new(status, code, error.message)
    };
    let (of, _, zone) = about(engine, &actor, &asked.organization).await.map_err(told)?;
    let days = Days::of("custom", &asked.from, &asked.to, zone.day_of(now)).map_err(told)?;
    let (from, until) = days.bounds(zone);
    let report = compliance::report(&engine.store, &actor, of, from, until, now).await?;
    let mut text = HEADS.map(cell).join(",") + "\r\n";
    for (organization, device) in report.devices() {
        text.push_str(&line(organization, device).join(","));
        text.push_str("\r\n");
    }
    Ok(file("text/csv; charset=utf-8", &format!("compliance-{}-{}.csv", asked.from, asked.to), text))
}

fn line(organization: &OrganizationReport, device: &DeviceReport) -> [String; 19] {
    let figures = &device.figures;
    let seconds = |span: Span| (span.0 / 1_000).to_string();
    let intervals: Vec<String> = figures.breaches.iter().map(|b| format!("{}/{}", rfc3339(b.from), rfc3339(b.until))).collect();
    let gap = figures.longest_gap;
    let last = device.tests.last;
    let share = figures.share().map(|share| format!("{}.{:02}", share / 100, share % 100));
    [
        organization.name.clone(),
        device.name.clone(),
        if device.class == DeviceClass::Server { "Server".to_owned() } else { "Workstation".to_owned() },
        device.hours.to_string(),
        share.unwrap_or_default(),
        seconds(figures.covered),
        seconds(figures.in_breach),
        seconds(figures.left_out),
        figures.breaches.len().to_string(),
        intervals.join(" "),
        gap.map(|gap| span(gap.length())).unwrap_or_default(),
        gap.map(|gap| seconds(gap.length())).unwrap_or_default(),
        gap.map(|gap| rfc3339(gap.from)).unwrap_or_default(),
        gap.map(|gap| if gap.open { "open".to_owned() } else { rfc3339(gap.until) }).unwrap_or_default(),
        device.tests.passed.to_string(),
        device.tests.failed.to_string(),
        last.map(|test| rfc3339(test.at)).unwrap_or_default(),
        last.map(|test| if test.passed { "yes" } else { "no" }.to_owned()).unwrap_or_default(),
        last.filter(|test| test.passed).and_then(|test| test.rto_seconds).map(|s| s.to_string()).unwrap_or_default(),
    ]
    .map(|text| cell(&text))
}

/// A kept report. Made again it has the same bytes.
async fn pdf(State(portal): State<Portal>, caller: Caller, Path(name): Path<String>) -> ApiResult<Response> {
    let no_such = || ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is no such report here");
    let id: ReportId = name.strip_suffix(".pdf").ok_or_else(no_such)?.parse().map_err(|_| no_such())?;
    let frozen = compliance::frozen(&portal.engine().store, &caller.actor, id).await?;
    let name = format!("compliance-{}.pdf", frozen.row.id);
    let bytes = press(move |stop| paper::render(&frozen, stop)).await?;
    Ok(file("application/pdf", &name, bytes))
}
