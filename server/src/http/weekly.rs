//! The weekly summary as it would be mailed now, to be looked at: as a page and as plain text. Plain addresses for links; no scripts are needed.

use super::{
    auth::Caller,
    error::{ApiError, ApiResult},
    outbox,
};
use crate::{
    portal::Portal,
    weekly::{self, For},
};
use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

/// Method and address of each, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 1] = [("GET", "/weekly-summary/{file}")];

/// The routes.
pub fn routes() -> Router<Portal> {
    Router::new().route("/weekly-summary/{file}", get(file))
}

/// `preview.html` or `preview.txt`.
async fn file(State(portal): State<Portal>, caller: Caller, Path(name): Path<String>) -> ApiResult<Response> {
    let is_page = match name.as_str() {
        "preview.html" => true,
        "preview.txt" => false,
        _ => return Err(ApiError::not_found("file")),
    };
    let (_, written) = weekly::now(portal.engine(), &caller.actor, portal.public_url(), For::Recipients).await?;
    let (kind, body) = if is_page {
        // Nobody is unsubscribed by looking at it.
        let page = written.html.replace("UNSUBSCRIBE-LINK", &format!("{}/settings/reports", portal.public_url()));
        (
            "text/html; charset=utf-8",
            outbox::shown(page, written.pictures.iter().map(|picture| (picture.cid.as_str(), picture.png.clone()))),
        )
    } else {
        ("text/plain; charset=utf-8", written.text)
    };
    let mut response = ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, outbox::POLICY);
    Ok(response)
}
