//! Pages for people who are nobody here: they come from a mail or a printed report, without a session and maybe without scripts. The product's
//! name, a heading, a card. Nothing on them is kept by browsers.

use crate::portal::Portal;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

/// Nothing runs; a form leads here.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// The mark of the portal's frame.
const MARK: &str = "<svg class=\"product-mark\" viewBox=\"0 0 24 24\" aria-hidden=\"true\" focusable=\"false\">\
     <path d=\"M5 3.5h14v3.6h-3v3.4h-8V7.1H5ZM8 13.5h8v3.4h4v3.6H4v-3.6h4Z\"></path>\
     <path class=\"product-rope\" d=\"M5.5 11.2h13v1.6h-13Z\"></path></svg>";

/// A page. `title` and `body` are HTML: what others wrote in them has been through [`escape`].
pub fn page(portal: &Portal, status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\"><title>{title} · Holdfast</title>\
         <link rel=\"icon\" href=\"/favicon.svg\"><link rel=\"stylesheet\" href=\"/pkg/{sheet}\"></head><body>\
         <header class=\"top-bar\"><a class=\"product\" href=\"/\">{MARK}<span>Holdfast</span></a></header>\
         <main id=\"main\"><div class=\"narrow-page plain-page\"><header class=\"page-head\"><div class=\"page-title\"><h1>{title}</h1></div></header>\
         {body}</div></main></body></html>",
        sheet = portal.site().assets().css
    );
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A text as it stands in HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
