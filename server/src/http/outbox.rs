//! What a mail of the outbox looks like: as a page, and as the message itself. Plain addresses for links; no scripts are needed.

use super::{
    auth::Caller,
    error::{ApiError, ApiResult},
};
use crate::{
    mail::made::{Made, NotMade},
    portal::Portal,
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::ids::MailId;
use engine::store::mails;

/// Method and address of each, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 1] = [("GET", "/outbox/{file}")];

/// Mail styles itself; nothing runs in it and nothing is fetched.
pub(super) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-popups",
);

/// The routes.
pub fn routes() -> Router<Portal> {
    Router::new().route("/outbox/{file}", get(file))
}

fn not_made(error: NotMade) -> ApiError {
    match error {
        NotMade::Later(why) => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", why),
        NotMade::Never(why) => ApiError::new(StatusCode::NOT_FOUND, "not_found", why),
    }
}

/// A message as a page, with its pictures (name, PNG as Base64) in it: they have no address of their own.
pub(super) fn shown<'a>(html: String, pictures: impl Iterator<Item = (&'a str, String)>) -> String {
    pictures.fold(html, |page, (cid, png)| page.replace(&format!("cid:{cid}"), &format!("data:image/png;base64,{png}")))
}

/// `ID.html`, `ID.txt` or `ID.eml`.
async fn file(State(portal): State<Portal>, caller: Caller, Path(name): Path<String>) -> ApiResult<Response> {
    let no_such = || ApiError::not_found("mail");
    let (id, form) = name.rsplit_once('.').ok_or_else(no_such)?;
    let id: MailId = id.parse().map_err(|_| no_such())?;
    let (row, content) = mails::content_of(portal.store(), &caller.actor, id).await?;
    let made = Made::shown(&row, &content);
    let (kind, body) = match form {
        "eml" => ("message/rfc822", portal.post().made(&made).await.map_err(not_made)?),
        "txt" => ("text/plain; charset=utf-8", portal.post().letter(&made, false).await.map_err(not_made)?.text.into_bytes()),
        "html" => {
            let letter = portal.post().letter(&made, false).await.map_err(not_made)?;
            if letter.html.is_empty() {
                ("text/plain; charset=utf-8", letter.text.into_bytes())
            } else {
                let pictures = letter.pictures.iter().map(|picture| (picture.cid.as_str(), STANDARD.encode(&picture.png)));
                ("text/html; charset=utf-8", shown(letter.html, pictures).into_bytes())
            }
        }
        _ => return Err(no_such()),
    };
    let mut response = ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    if form == "eml"
        && let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{id}.eml\""))
    {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}
