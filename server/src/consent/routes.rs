//! Ways in for browsers: leaving for the provider, coming back, asking it now. Plain forms and plain pages; no scripts are needed.

use super::{Answer, CALLBACK, NotGranted, Renewal};
use crate::{
    http::{
        auth::{Caller, Proof},
        error::ApiError,
    },
    portal::Portal,
    security::PLAIN_PAGE_POLICY,
};
use axum::{
    Form, Router,
    extract::{FromRequestParts, Query, State, rejection::FormRejection},
    http::{HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{
    access::Actor,
    ids::{ConnectionId, OrganizationId},
    saas::Service,
};
use serde::Deserialize;
use std::fmt::Write;

/// Method and address of each, for the walk of the access matrix.
pub const ROUTES: [(&str, &str); 3] = [("POST", "/consent/begin"), ("POST", "/consent/check"), ("GET", CALLBACK)];

/// The routes.
pub fn routes() -> Router<Portal> {
    Router::new().route("/consent/begin", post(begin)).route("/consent/check", post(check)).route(CALLBACK, get(callback))
}

/// Who is signed in; somebody who isn't is sent to sign in, and then back here.
struct SignedIn(Actor);

impl FromRequestParts<Portal> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Response> {
        match Caller::from_request_parts(parts, portal).await {
            Ok(Caller { actor, proof: Proof::Session(_) }) => Ok(Self(actor)),
            // It is a person who consents.
            Ok(_) => Err(ApiError::forbidden("authorize connections with a key: somebody has to sign in").into_response()),
            Err(error) if error.status == StatusCode::UNAUTHORIZED => {
                let came = if parts.method == http::Method::GET { path(&parts.uri) } else { "/".to_owned() };
                Err(to(StatusCode::FOUND, &format!("/sign-in?next={}", app::browser::escape(&came))))
            }
            Err(error) => Err(error.into_response()),
        }
    }
}

fn path(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| uri.path().to_owned(), |p| p.as_str().to_owned())
}

#[derive(Deserialize)]
struct Begin {
    organization: String,
    service: String,
}

#[derive(Deserialize)]
struct Check {
    connection: String,
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    #[serde(default)]
    error_description: String,
}

/// Sends a person to the provider. By a page and not by a redirect: pages let forms lead to this portal only (`form-action`), and browsers
/// hold redirects of a form to it, the provider's own ones included.
async fn begin(State(portal): State<Portal>, SignedIn(actor): SignedIn, form: Result<Form<Begin>, FormRejection>) -> Response {
    let read =
        form.ok().and_then(|Form(form)| Some((form.organization.parse::<OrganizationId>().ok()?, form.service.parse::<Service>().ok()?)));
    let Some((organization, service)) = read else { return unreadable(&portal) };
    match portal.consents().begin(&actor, organization, service).await {
        Ok(url) => {
            let text = format!("<p>You are sent to {} to sign in and to consent.</p>", service.name());
            let link = format!("<p><a href=\"{}\">Go on to {}</a></p>", escape(&url), service.name());
            let mut response = page(&portal, StatusCode::OK, &format!("Connecting {}", service.name()), &(text + &link));
            if let Ok(value) = HeaderValue::from_str(&format!("0; url={url}")) {
                response.headers_mut().insert(header::REFRESH, value);
            }
            response
        }
        Err(error) => {
            // Who doesn't see the organization has no page of it to go back to.
            let seen = !matches!(error, engine::Error::NotFound(_) | engine::Error::Forbidden(_));
            let back = seen.then_some(organization);
            refused(&portal, "Not connected", back, error)
        }
    }
}

/// Asks the provider now.
async fn check(State(portal): State<Portal>, SignedIn(actor): SignedIn, form: Result<Form<Check>, FormRejection>) -> Response {
    let Some(connection) = form.ok().and_then(|Form(form)| form.connection.parse::<ConnectionId>().ok()) else {
        return unreadable(&portal);
    };
    match portal.consents().check(&actor, connection).await {
        Ok((_, Renewal::Nothing)) => {
            let error = engine::Error::conflict("not_authorized", "Nobody has authorized this connection yet. Connect it first.");
            refused(&portal, "Nothing to check", None, error)
        }
        Ok((organization, renewal)) => {
            let word = match renewal {
                Renewal::Renewed => "accepted",
                Renewal::Doubted(_) => "doubted",
                Renewal::Gone(_) => "refused",
                Renewal::Passing(_) => "passing",
                Renewal::Ours(_) => "ours",
                Renewal::Taken | Renewal::Nothing => "taken",
            };
            to(StatusCode::SEE_OTHER, &format!("/organizations/{organization}/features?checked={word}"))
        }
        Err(error) => refused(&portal, "Not checked", None, error),
    }
}

/// A person comes back from the provider.
async fn callback(State(portal): State<Portal>, SignedIn(actor): SignedIn, Query(back): Query<Back>) -> Response {
    let answer = Answer { state: back.state, code: back.code, error: back.error, description: back.error_description };
    match portal.consents().complete(&actor, answer).await {
        Ok((organization, service)) => {
            to(StatusCode::SEE_OTHER, &format!("/organizations/{organization}/features?connected={}", service.as_str()))
        }
        Err(NotGranted::Here(error)) => refused(&portal, "Not connected", None, error),
        Err(NotGranted::There(organization, service, refusal)) => {
            let mut text = format!("<p>{}</p>", escape(&refusal.advice(service)));
            if !refusal.detail.is_empty() {
                let _ = write!(
                    text,
                    "<p>{} said: <q>{}</q> <code>{}</code></p>",
                    service.name(),
                    escape(&refusal.detail),
                    escape(&refusal.code)
                );
            }
            text.push_str(&back_to(Some(organization)));
            page(&portal, StatusCode::CONFLICT, &format!("{} was not connected", service.name()), &text)
        }
    }
}

fn unreadable(portal: &Portal) -> Response {
    let error = engine::Error::Invalid { code: "invalid", field: None, message: "Something in this form can't be read.".into() };
    refused(portal, "Not understood", None, error)
}

/// What the engine refuses, as a page. Faults of ours go the common way, which logs them.
fn refused(portal: &Portal, title: &str, organization: Option<OrganizationId>, error: engine::Error) -> Response {
    let told = ApiError::from(error);
    // Where nothing is found, there is nothing to go back to.
    let organization = organization.filter(|_| told.status != StatusCode::NOT_FOUND);
    if told.status.is_server_error() {
        return told.into_response();
    }
    page(portal, told.status, title, &format!("<p>{}</p>{}", escape(&told.message), back_to(organization)))
}

fn back_to(organization: Option<OrganizationId>) -> String {
    match organization {
        Some(id) => format!("<p><a href=\"/organizations/{id}/features\">Back to the organization</a></p>"),
        None => "<p><a href=\"/organizations\">Back to the organizations</a></p>".to_owned(),
    }
}

fn to(status: StatusCode, address: &str) -> Response {
    let mut response = status.into_response();
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn page(portal: &Portal, status: StatusCode, title: &str, text: &str) -> Response {
    let sheet = &portal.site().assets().css;
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Holdfast</title><link rel=\"stylesheet\" href=\"/pkg/{sheet}\"></head><body class=\"api-docs\"><main><h1>{title}</h1>{text}</main></body></html>"
    );
    let mut response =
        (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PLAIN_PAGE_POLICY);
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
