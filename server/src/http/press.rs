//! Where documents are made: beside the threads that answer, a few at a time, each with an end. Somebody who goes away stops theirs.

use super::error::{ApiError, ApiResult};
use ::paper::PaperError;
use axum::http::StatusCode;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// Documents that are made at the same time.
static SEATS: Semaphore = Semaphore::const_new(2);
/// Longest wait for a seat.
const WAIT: Duration = Duration::from_secs(10);
/// Longest making; under the deadline of a request with the wait.
const LONGEST: Duration = Duration::from_secs(18);

/// Stops what is made when whoever waits for it goes away.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes a document. `make` gets what it asks whether to stop.
///
/// # Errors
/// 503 where too many are made at once, or one takes too long; 422 with too many rows.
pub async fn press(make: impl FnOnce(&dyn Fn() -> bool) -> Result<Vec<u8>, PaperError> + Send + 'static) -> ApiResult<Vec<u8>> {
    let busy = || ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "other documents are being made: try again in a moment");
    let seat = tokio::time::timeout(WAIT, SEATS.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())?;
    let gone = Arc::new(AtomicBool::new(false));
    let (waiting, asked, started) = (Waiting(gone.clone()), gone, Instant::now());
    let making = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        make(&|| asked.load(Ordering::Relaxed) || started.elapsed() > LONGEST)
    });
    let made = making.await.map_err(|e| ApiError::internal(e.to_string()))?;
    drop(waiting);
    made.map_err(|error| match error {
        PaperError::TooManyRows { .. } => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_large", error.to_string()),
        PaperError::Stopped => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", "this document takes too long to make: make one of each client")
        }
        PaperError::Engine(_) => ApiError::internal(error.to_string()),
    })
}
