//! The portal's pages and server functions: rendering belongs to `app`, this gives it the request's context.

use super::{
    auth::{Visitor, address_of, with_session},
    error::ApiError,
};
use crate::{dns, portal::Portal, security, weekly};
use app::context::{CookieRules, MailFrom, MailServer, PublicUrl, SaasSetUp, SetupCode, SignedIn, TestSummary, TxtRecords};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    handler::Handler,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::any,
};
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};
use std::{net::SocketAddr, sync::Arc};
use tower::{Layer, ServiceExt};

/// Largest body of a server function.
const MAX_FORM: usize = 256 << 10;
/// Largest body of one that takes a file of accounts, in Base64.
const MAX_FILE: usize = 15 << 20;
/// These.
const FILES: [&str; 2] = ["/sf/features/preview", "/sf/features/import"];

/// Routes of all pages, of server functions, and the page for what is not found.
pub fn routes(portal: &Portal) -> Router<Portal> {
    let context = context(portal);
    let list = generate_route_list(app::App);
    let not_found = {
        let (context, portal) = (context.clone(), portal.clone());
        let layer = middleware::from_fn_with_state(portal, with_session);
        (async move |request: Request| lost(context, request).await).layer(layer)
    };
    let pages = Router::new().leptos_routes_with_context(portal, list, context.clone(), app::shell);
    let functions = any(async move |request: Request| leptos_axum::handle_server_fns_with_context(context, request).await.into_response());
    pages
        .route("/sf/{*name}", functions)
        .layer(middleware::map_response(called))
        .layer(middleware::from_fn(sized))
        .layer(middleware::from_fn_with_state(portal.clone(), sign_in_rate))
        .layer(middleware::from_fn_with_state(portal.clone(), with_session))
        .fallback(not_found)
}

/// How large a body may be: a file of accounts is larger than a form.
async fn sized(request: Request, next: Next) -> Response {
    let limit = if FILES.contains(&request.uri().path()) { MAX_FILE } else { MAX_FORM };
    let inner = tower::service_fn(move |request: Request| {
        let next = next.clone();
        async move { Ok::<_, std::convert::Infallible>(next.run(request).await) }
    });
    match DefaultBodyLimit::max(limit).layer(inner).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Leptos answers 500 to every error of a server function that sets no status of its own; being sent to sign in is no fault of ours.
async fn called(mut response: Response) -> Response {
    let sent_on = response.headers().get(header::LOCATION).is_some_and(|to| to.as_bytes().starts_with(b"/sign-in"));
    if sent_on && response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    response
}

/// What `app` finds as context while it renders or runs a server function.
fn context(portal: &Portal) -> impl Fn() + Clone + Send + Sync + 'static {
    let portal = portal.clone();
    let servers: Arc<[SocketAddr]> = portal.config().dns.as_slice().into();
    let names = TxtRecords(Arc::new(move |name| {
        let servers = servers.clone();
        Box::pin(async move { dns::texts(&servers, &name).await })
    }));
    let keys = portal.post().keys_to_sign();
    let (engine, address) = (portal.engine().clone(), portal.public_url().to_owned());
    let summary = TestSummary(Arc::new(move |actor| {
        let (engine, address) = (engine.clone(), address.clone());
        Box::pin(async move { weekly::now(&engine, &actor, &address, weekly::For::Test).await })
    }));
    move || {
        provide_context(portal.engine().clone());
        provide_context(portal.site().assets().clone());
        provide_context(PublicUrl(portal.public_url().to_owned()));
        provide_context(SaasSetUp(portal.consents().services()));
        provide_context(MailFrom(portal.config().mail.from.1.clone()));
        provide_context(MailServer(portal.post().place()));
        provide_context(names.clone());
        provide_context(summary.clone());
        provide_context(keys.clone());
        provide_context(SetupCode(portal.setup_code().map(str::to_owned)));
        provide_context(CookieRules { name: portal.cookie().name(), secure: portal.cookie().secure() });
        let visitor = use_context::<http::request::Parts>().and_then(|parts| parts.extensions.get::<Visitor>().cloned());
        provide_context(SignedIn(visitor.and_then(|visitor| visitor.0)));
        if let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) {
            if let Ok(policy) = HeaderValue::from_str(&security::page_policy(&nonce)) {
                options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
            // A page holds what its reader may see.
            options.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
}

/// What nothing else answers: the app's own page for it, with 404. Below `/api/` our JSON.
async fn lost(context: impl Fn() + Clone + Send + Sync + 'static, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::new(StatusCode::NOT_FOUND, "no_such_route", "there is no such address; the API is described at /api/docs")
            .into_response();
    }
    let mut response = leptos_axum::render_app_async_with_context(context, app::shell)(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// 429 in the shape in which the browser reads errors of server functions.
fn wait_first(seconds: u64) -> Response {
    let words = format!("Too many attempts from this address. Wait {seconds} seconds, then try again; nothing is locked.");
    let told = app::UiError { code: "rate_limited".into(), message: words, status: 429, field: None };
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], axum::Json(told)).into_response()
}

/// Layer: signing in and setting up, so often a minute and address.
async fn sign_in_rate(State(portal): State<Portal>, request: Request<Body>, next: Next) -> Response {
    if matches!(request.uri().path(), "/sf/start/sign_in" | "/sf/start/set_up") {
        let address = address_of(request.headers(), request.extensions(), &portal);
        if let Err(error) = portal.limits().sign_in(address) {
            return wait_first(error.retry_after.unwrap_or(60));
        }
    }
    next.run(request).await
}
