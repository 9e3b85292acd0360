//! For supervisors: alive, and ready to take requests.

use crate::portal::Portal;
use axum::{extract::State, http::StatusCode};

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers and the server isn't stopping.
pub async fn ready(State(portal): State<Portal>) -> (StatusCode, &'static str) {
    if portal.stop().is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if portal.store().is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}
