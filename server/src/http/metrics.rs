//! Numbers about the server itself, as OpenMetrics.

use super::{
    auth::Caller,
    error::{ApiError, ApiResult},
};
use crate::portal::Portal;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::access::{Action, Scope};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::time::Instant;

/// Labels of a request: route as registered (never the address itself, which may hold a key), method, class of status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

/// The numbers.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    duration: Histogram,
    /// Events stored for good, without second copies.
    pub events_accepted: Counter,
    /// Second copies of events.
    pub events_duplicate: Counter,
    /// Events refused.
    pub events_rejected: Counter,
    /// Open live streams.
    pub streams: Gauge,
    backlog: Gauge,
    reconciler_lag: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("holdfast"),
            requests: Family::default(),
            duration: Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]),
            events_accepted: Counter::default(),
            events_duplicate: Counter::default(),
            events_rejected: Counter::default(),
            streams: Gauge::default(),
            backlog: Gauge::default(),
            reconciler_lag: Gauge::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register("http_request_duration_seconds", "Time to the head of the answer", self.duration.clone());
        registry.register("events_accepted", "Events stored for good, without second copies", self.events_accepted.clone());
        registry.register("events_duplicate", "Second copies of events", self.events_duplicate.clone());
        registry.register("events_rejected", "Events refused", self.events_rejected.clone());
        registry.register("live_streams", "Open live streams", self.streams.clone());
        registry.register("ingest_backlog", "Events that wait for a writer", self.backlog.clone());
        registry.register("reconciler_lag_milliseconds", "How long the next device is due for; 0: nothing is", self.reconciler_lag.clone());
        self
    }

    fn text(&self, portal: &Portal) -> String {
        let engine = portal.engine();
        self.backlog.set(i64::try_from(engine.ingest.backlog()).unwrap_or(i64::MAX));
        self.reconciler_lag.set(engine.reconciler.lag(portal.now()).0);
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}

/// Layer: counts and times requests.
pub async fn count(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or_else(String::new, |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "HEAD" => "HEAD",
        _ => "other",
    };
    let response = next.run(request).await;
    let metrics = portal.metrics();
    metrics.requests.get_or_create(&RequestLabels { method, route, status: response.status().as_u16() }).inc();
    metrics.duration.observe(begun.elapsed().as_secs_f64());
    response
}

fn answer(portal: &Portal) -> Response {
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], portal.metrics().text(portal)).into_response()
}

/// `GET /metrics` on the main address: a key that may read, at partner scope.
pub async fn with_key(State(portal): State<Portal>, caller: Caller) -> ApiResult<Response> {
    if !caller.actor.may(Action::SeeDashboards) || !matches!(caller.actor.scope, Scope::Partners(_)) {
        return Err(ApiError::forbidden("read the server's numbers"));
    }
    Ok(answer(&portal))
}

/// `GET /metrics` on its own address.
pub async fn open(State(portal): State<Portal>) -> Response {
    answer(&portal)
}
