//! What the server gives to pages and server functions as context. Server side only.
//!
//! In server rendering a server function is called directly, without layers: so each begins with [`actor`].

use crate::error::UiError;
use domain::{
    access::{Actor, Ground, Role},
    time::Time,
};
use engine::Engine;
use leptos::prelude::use_context;

/// The session of the request, if somebody is signed in.
#[derive(Clone)]
pub struct SignedIn(pub Option<engine::store::sessions::Session>);

/// The code that the first start asks for; none: it isn't asked for.
#[derive(Clone, Debug, Default)]
pub struct SetupCode(pub Option<String>);

/// How the session's cookie is written.
#[derive(Clone, Copy, Debug)]
pub struct CookieRules {
    /// Its name.
    pub name: &'static str,
    /// Sent over HTTPS only.
    pub secure: bool,
}

/// Where this portal is reached, without a slash at the end: for lines to copy.
#[derive(Clone, Debug, Default)]
pub struct PublicUrl(pub String);

/// The SaaS services that this portal is set up for: others can't be connected.
#[derive(Clone, Debug, Default)]
pub struct SaasSetUp(pub Vec<domain::saas::Service>);

/// Who mails reports: the platform's address, the same for everybody.
#[derive(Clone, Debug, Default)]
pub struct MailFrom(pub String);

/// The mail server, for people; none: mail goes to a folder.
#[derive(Clone, Debug, Default)]
pub struct MailServer(pub Option<String>);

/// Asks name servers for the TXT records of a name.
#[derive(Clone)]
pub struct TxtRecords(pub std::sync::Arc<dyn Fn(String) -> Looking + Send + Sync>);

/// An answer of name servers, on its way.
pub type Looking = std::pin::Pin<Box<dyn Future<Output = engine::store::mail_domains::Looked> + Send>>;

/// Makes keys that mail is signed with, and seals them. Nothing of it leaves the server.
#[derive(Clone)]
pub struct MailKeys {
    /// Seals.
    pub vault: engine::vault::Vault,
    /// Makes one, or says why not.
    pub make: std::sync::Arc<dyn Fn() -> Making + Send + Sync>,
}

/// A key in the making.
pub type Making = std::pin::Pin<Box<dyn Future<Output = Result<engine::store::mail_keys::Pair, String>> + Send>>;

/// Writes the weekly summary of somebody's partner as it would go now, as a test: subject and mail.
#[derive(Clone)]
pub struct TestSummary(pub std::sync::Arc<dyn Fn(Actor) -> Writing + Send + Sync>);

/// A mail in the making.
pub type Writing = std::pin::Pin<Box<dyn Future<Output = Result<(String, engine::store::mails::Written), engine::Error>> + Send>>;

/// The engine.
///
/// # Errors
/// Called outside of a request.
pub fn engine() -> Result<Engine, UiError> {
    use_context::<Engine>().ok_or_else(|| UiError::new(500, "internal", "Something went wrong on our side. Try again."))
}

/// The engine and who asks. Nobody signed in: an error of code `signed_out`, and a redirect to the sign-in page.
///
/// # Errors
/// Nobody is signed in.
pub fn actor() -> Result<(Engine, Actor), UiError> {
    let engine = engine()?;
    match session() {
        Some(session) => Ok((engine, session.actor)),
        None => {
            let target = format!("/sign-in?next={}", escape(&page()));
            leptos_axum::redirect(&target);
            // A page that is rendered is always answered by a redirect, whatever the client says it accepts.
            if use_context::<http::request::Parts>().is_some_and(|parts| !parts.uri.path().starts_with("/sf/"))
                && let Some(options) = use_context::<leptos_axum::ResponseOptions>()
            {
                options.set_status(http::StatusCode::FOUND);
            }
            Err(UiError { code: "signed_out".into(), message: "You are signed out. Sign in again.".into(), status: 401, field: None })
        }
    }
}

/// The session of the request.
pub fn session() -> Option<engine::store::sessions::Session> {
    use_context::<SignedIn>().and_then(|s| s.0)
}

/// The role of the signed-in person.
pub const fn role(actor: &Actor) -> Option<Role> {
    match actor.ground {
        Ground::Member(_, role) => Some(role),
        Ground::Key(..) | Ground::System => None,
    }
}

/// The engine's time.
pub fn now(engine: &Engine) -> Time {
    (engine.clock)()
}

/// The time at which a page is rendered; none outside of a request.
pub fn rendered_at() -> Option<Time> {
    use_context::<Engine>().map(|engine| now(&engine))
}

/// A cookie of the request.
pub fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<http::request::Parts>()?;
    parts.headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// True when a browser without scripts has sent a form by itself: it wants a page back, not data.
pub fn is_plain_form() -> bool {
    use_context::<http::request::Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(http::header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        parts.uri.path().starts_with("/sf/") && accept.contains("text/html")
    })
}

/// The page on screen: the request's own, or the one a server function was called from.
fn page() -> String {
    let Some(parts) = use_context::<http::request::Parts>() else { return "/".into() };
    if !parts.uri.path().starts_with("/sf/") {
        return parts.uri.path_and_query().map_or_else(|| "/".into(), |p| p.as_str().to_owned());
    }
    let referer = parts.headers.get(http::header::REFERER).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<http::Uri>().ok());
    referer.and_then(|uri| uri.path_and_query().map(|p| p.as_str().to_owned())).unwrap_or_else(|| "/".into())
}

fn escape(text: &str) -> String {
    crate::browser::escape(text)
}
