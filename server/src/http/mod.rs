//! Every way in by HTTP. Handlers are thin: who asks, what was sent, one call of the engine, one answer.

pub mod assets;
pub mod auth;
pub mod branding;
pub mod compression;
pub mod counts_feed;
pub mod docs;
pub mod documents;
pub mod error;
pub mod events;
pub mod health;
pub mod ingest;
pub mod limits;
pub mod live;
pub mod metrics;
pub mod moment;
pub mod monthly;
pub mod outbox;
pub mod pages;
pub mod ping;
pub mod plain;
pub mod press;
pub mod read;
pub mod report;
pub mod rest;
pub mod weekly;

use crate::{consent, portal::Portal, security};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use error::ApiError;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;

/// Longest time until the head of an answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// The whole portal as a service.
pub fn router(portal: &Portal) -> Router {
    let pings = Router::new()
        .route("/ping/{uuid}", any(ping::by_uuid))
        .route("/ping/{uuid}/", any(ping::by_uuid))
        .route("/ping/{first}/{second}", any(ping::by_uuid_or_slug))
        .route("/ping/{first}/{second}/", any(ping::by_uuid_or_slug))
        .route("/ping/{key}/{slug}/{signal}", any(ping::by_slug))
        .route("/ping/{key}/{slug}/{signal}/", any(ping::by_slug))
        .layer(DefaultBodyLimit::disable());
    let files = Router::new()
        .route("/pkg/{file}", get(assets::package))
        .route("/favicon.ico", get(assets::favicon))
        .route("/favicon.svg", get(assets::favicon))
        .route("/robots.txt", get(assets::robots));
    let own = Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready)).route("/live", get(live::stream));
    let metrics =
        if portal.config().metrics_listen.is_none() { Router::new().route("/metrics", get(metrics::with_key)) } else { Router::new() };
    let made = Router::new()
        .merge(pages::routes(portal))
        .merge(rest::routes().into_router())
        .merge(docs::routes())
        .merge(branding::routes())
        .merge(consent::routes::routes())
        .merge(documents::routes())
        .merge(outbox::routes())
        .merge(crate::mail::routes::routes())
        .merge(monthly::routes())
        .merge(weekly::routes())
        .layer(compression::layer())
        .layer(middleware::from_fn(compression::plain_for_other_sites));
    Router::new()
        .merge(made)
        .merge(pings)
        .merge(files)
        .merge(own)
        .merge(metrics)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(portal.clone(), security::guard))
        .layer(middleware::from_fn(deadline))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(portal.clone(), metrics::count))
        .layer(middleware::from_fn_with_state(portal.clone(), request_id))
        .with_state(portal.clone())
}

/// The metrics' own address.
pub fn metrics_router(portal: &Portal) -> Router {
    Router::new().route("/metrics", get(metrics::open)).with_state(portal.clone())
}

async fn request_id(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    error::with_request_id(portal.request_ids(), request, next).await
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this address doesn't take this method; the API is described at /api/docs",
    )
}

async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "the request took longer than 30 s: send it again, in smaller parts")
                .into_response()
        }
    }
}

fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response<Body> {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic");
    ApiError::internal(format!("panic: {what}")).into_response()
}
