//! Ways in that mail leads to, without a session: the link that unsubscribes (a page with a button, so that a program that follows links
//! unsubscribes nobody), and the one click of mail programs (RFC 8058: a POST to the same address).

use super::Post;
use crate::{
    http::plain::{escape, page},
    portal::Portal,
};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use engine::store::mails::{self, MailRow};
use post::stamp::Purpose;

/// Method and address of each, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 2] = [("GET", "/unsubscribe/{stamp}"), ("POST", "/unsubscribe/{stamp}")];

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
                let text = format!(
                    "<div class=\"card\"><p><strong>{to}</strong> gets no more mail with {what}.</p>\
                     <p class=\"faint\">Whoever registered the address can turn it on again.</p></div>"
                );
                page(portal, StatusCode::OK, "Unsubscribed", &text)
            } else {
                let text = format!(
                    "<form class=\"card\" method=\"post\"><p><strong>{to}</strong> gets {what} by mail.</p>\
                     <p class=\"faint\">Other mail is not touched by this.</p>\
                     <div class=\"form-actions\"><button class=\"button button-primary\" type=\"submit\">Send no more of these</button></div></form>"
                );
                page(portal, StatusCode::OK, "Unsubscribe", &text)
            }
        }
        Ok(None) => {
            let text =
                "<div class=\"card\"><p>This link is of no mail that is known here, or not any more. Take it from a newer one.</p></div>";
            page(portal, StatusCode::NOT_FOUND, "Unknown link", text)
        }
        Err(error) => crate::http::error::ApiError::from(error).into_response(),
    }
}

async fn found(portal: &Portal, post: &Post, stamp: &str, write: bool) -> Result<Option<MailRow>, engine::Error> {
    let Some((partner, mail)) = post.keys().read(Purpose::Unsubscribe, stamp) else { return Ok(None) };
    mails::unsubscribe(portal.store(), partner, mail, write, portal.now()).await
}
