//! What every answer says to browsers, and who may change things from a browser.
//!
//! Cookies are the only authority a browser adds by itself: so a request that changes something and carries our cookie
//! must come from our own pages. Requests with a key, and pings, carry no such authority and are exempt.

use crate::{http::error::ApiError, portal::Portal};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The policy of a page whose scripts carry `nonce`.
pub fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// The policy of everything that is no page: nothing runs in it.
const BARE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// The policy of pages we write ourselves without scripts.
pub const PLAIN_PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Layer: security headers on every answer, and no changes from foreign pages.
pub async fn guard(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    if changes_something(request.method()) && is_foreign(request.headers(), &portal) && has_browser_authority(&request, &portal) {
        return ApiError::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "this request came from another site; open the portal and do it there, or send a key",
        )
        .into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(BARE_POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS, HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"));
    headers.insert(COOP, HeaderValue::from_static("same-origin"));
    headers.insert(CORP, HeaderValue::from_static("same-origin"));
    if portal.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// True where our cookie decides, or would be set (server functions: also signing in must not be forced on anybody).
/// A key speaks for itself, whatever cookie comes along: the cookie is not looked at then.
fn has_browser_authority(request: &Request, portal: &Portal) -> bool {
    let headers = request.headers();
    request.uri().path().starts_with("/sf/") || (!headers.contains_key(header::AUTHORIZATION) && portal.cookie().read(headers).is_some())
}

/// True unless the browser says that one of our own pages sends it. A request without either header is not from a browser
/// of this decade.
fn is_foreign(headers: &HeaderMap, portal: &Portal) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        return !(site == "same-origin" || site == "none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let Ok(origin) = origin.to_str() else { return true };
    if origin == portal.public_origin() {
        return false;
    }
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    origin.split_once("://").is_none_or(|(_, authority)| authority != host)
}
