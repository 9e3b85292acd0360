//! Ways in that mail leads to, without a session: the link that unsubscribes (a page with a button, so that a program that follows links
//! unsubscribes nobody), and the one click of mail programs (RFC 8058: a POST to the same address).

use super::Post;
use crate::portal::Portal;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use engine::store::mails::{self, MailRow};
use post::stamp::Purpose;

/// Method and address of each, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 2] = [("GET", "/unsubscribe/{stamp}"), ("POST", "/unsubscribe/{stamp}")];

/// As plain pages, but with a form that leads here.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// The routes.
pub fn routes() -> Router<Portal> {
    Router::new().route("/unsubscribe/{stamp}", get(asked).post(done))
}

async fn asked(State(portal): State<Portal>, Path(stamp): Path<String>) -> Response {
    answer(&portal, &stamp, false).await
}

async fn done(State(portal): State<Portal>, Path(stamp): Path<String>) -> Response {
    answer(&portal, &stamp, true).await
}

async fn answer(portal: &Portal, stamp: &str, write: bool) -> Response {
    match found(portal, portal.post(), stamp, write).await {
        Ok(Some(row)) => {
            let what = match &row.organization {
                Some((_, name)) => format!("the {} of {}", row.kind.words(), name),
                None => format!("the {}", row.kind.words()),
            };
            let (what, to) = (escape(&what), escape(&row.recipient));
            if write {
                let text = format!("<p>{to} gets no more mail with {what}. Whoever registered the address can turn it on again.</p>");
                page(portal, StatusCode::OK, "Unsubscribed", &text)
            } else {
                let text = format!(
                    "<p>{to} gets {what} by mail.</p><form method=\"post\"><p><button class=\"button\" data-kind=\"primary\" type=\"submit\">Send no more of these</button></p></form>"
                );
                page(portal, StatusCode::OK, "Unsubscribe", &text)
            }
        }
        Ok(None) => {
            let text = "<p>This link is of no mail that is known here, or not any more. Take it from a newer one.</p>";
            page(portal, StatusCode::NOT_FOUND, "Unknown link", text)
        }
        Err(error) => crate::http::error::ApiError::from(error).into_response(),
    }
}

async fn found(portal: &Portal, post: &Post, stamp: &str, write: bool) -> Result<Option<MailRow>, engine::Error> {
    let Some((partner, mail)) = post.keys().read(Purpose::Unsubscribe, stamp) else { return Ok(None) };
    mails::unsubscribe(portal.store(), partner, mail, write, portal.now()).await
}

fn page(portal: &Portal, status: StatusCode, title: &str, text: &str) -> Response {
    let sheet = &portal.site().assets().css;
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Holdfast</title><link rel=\"stylesheet\" href=\"/pkg/{sheet}\"></head><body class=\"api-docs\"><main><h1>{title}</h1>{text}</main></body></html>"
    );
    let heads = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    let mut response = (status, heads, html).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
