//! `/ping/…`: what tools that speak the Healthchecks protocol call, answered word for word as they expect.
//!
//! The address itself is the secret: a uuid of a device or job, or a key with a job's or device's slug. So a route here
//! looks at no cookie. An answer of 200 `OK` means stored for good.

mod address;
mod body;
mod signal;

pub use body::KEPT;

use super::{
    auth::{Caller, address_of},
    error::{ApiError, ApiResult},
    events::DEFAULT_JOB,
    report::start_of,
};
use crate::portal::Portal;
use address::{Address, Asked, asked, is_uuid};
use axum::{
    extract::{Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use body::kept;
use domain::{
    access::{Action, Actor, Scope},
    run::{RunEvent, RunState},
    time::Time,
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    store::{
        jobs::{self, PingTarget},
        runs::{self, RunFilter},
    },
};
use signal::{Signal, event_of, log_of};

const LIMIT_HEADER: HeaderName = HeaderName::from_static("ping-body-limit");

fn words(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    response.headers_mut().insert(LIMIT_HEADER, HeaderValue::from(KEPT));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Errors in the protocol's own short words instead of JSON.
fn spoken(error: ApiError) -> Response {
    match error.status {
        StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => words(StatusCode::NOT_FOUND, "not found"),
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = error.retry_after.unwrap_or(1);
            let mut response = words(StatusCode::TOO_MANY_REQUESTS, "rate limited");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
            response
        }
        _ => error.into_response(),
    }
}

/// `/ping/{uuid}`.
pub async fn by_uuid(State(portal): State<Portal>, Path(uuid): Path<String>, request: Request) -> Response {
    answer(&portal, Address::Uuid(&uuid), Some(Signal::Success), request).await
}

/// `/ping/{uuid}/{signal}`, or `/ping/{key}/{slug}`.
pub async fn by_uuid_or_slug(State(portal): State<Portal>, Path((first, second)): Path<(String, String)>, request: Request) -> Response {
    if is_uuid(&first) {
        // A slash at the end is a success.
        let signal = if second.is_empty() { Some(Signal::Success) } else { Signal::read(&second) };
        return answer(&portal, Address::Uuid(&first), signal, request).await;
    }
    answer(&portal, Address::Slug(&first, &second), Some(Signal::Success), request).await
}

/// `/ping/{key}/{slug}/{signal}`.
pub async fn by_slug(
    State(portal): State<Portal>,
    Path((key, slug, signal)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let signal = if signal.is_empty() { Some(Signal::Success) } else { Signal::read(&signal) };
    answer(&portal, Address::Slug(&key, &slug), signal, request).await
}

async fn answer(portal: &Portal, address: Address<'_>, signal: Option<Signal>, request: Request) -> Response {
    let Some(signal) = signal else { return words(StatusCode::BAD_REQUEST, "invalid url format") };
    let asked = match asked(request.uri().query().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(why) => return words(StatusCode::BAD_REQUEST, why),
    };
    match take(portal, address, signal, asked, request).await {
        Ok(response) => response,
        Err(error) => spoken(error),
    }
}

async fn take(portal: &Portal, address: Address<'_>, signal: Signal, asked: Asked, request: Request) -> ApiResult<Response> {
    let from = address_of(request.headers(), request.extensions(), portal);
    let (actor, subject, job, created) = match address {
        Address::Uuid(uuid) => {
            let uuid = uuid.to_ascii_lowercase();
            let Some(target) = (if is_uuid(&uuid) { jobs::by_ping_uuid(portal.store(), &uuid).await? } else { None }) else {
                portal.limits().stranger(from)?;
                return Ok(words(StatusCode::NOT_FOUND, "not found"));
            };
            portal.limits().key(&uuid)?;
            let (actor, subject, job) = known(target);
            (actor, subject, job, false)
        }
        Address::Slug(key, slug) => {
            let caller = Caller::of_key(portal, key, from).await?;
            if !caller.actor.may(Action::Ingest) {
                return Err(ApiError::forbidden("send pings"));
            }
            let mut found = jobs::by_slug(portal.store(), &caller.actor, slug).await?;
            match (found.pop(), found.is_empty()) {
                (Some(_), false) => return Ok(words(StatusCode::CONFLICT, "ambiguous slug")),
                (Some(target), true) => {
                    let (actor, subject, job) = known(target);
                    (actor, subject, job, false)
                }
                (None, _) if asked.create => {
                    let (subject, job) = unknown(&caller.actor, slug);
                    (caller.actor, subject, job, true)
                }
                (None, _) => return Ok(words(StatusCode::NOT_FOUND, "not found")),
            }
        }
    };
    let body = kept(request.into_body()).await;
    let text = String::from_utf8_lossy(&body);
    let now = portal.now();
    let run = asked.rid.map_or(RunRef::Open, RunRef::Key);
    let events = match signal {
        Signal::Log => match open_run(portal, &actor, &subject, &job, &run, now).await? {
            Some((run, event)) => vec![IncomingEvent { subject, job, run, event, log: log_of(&text) }],
            // Nothing is running: there is nothing the entry could belong to.
            None => Vec::new(),
        },
        signal => {
            let (event, start, log) = event_of(signal, &text, now);
            let mut events = Vec::with_capacity(2);
            if let (Some(start), RunRef::Key(_)) = (start, &run) {
                events.push(IncomingEvent {
                    subject: subject.clone(),
                    job: job.clone(),
                    run: run.clone(),
                    event: start_of(&event, start),
                    log: None,
                });
            }
            events.push(IncomingEvent { subject, job, run, event, log });
            events
        }
    };
    if !events.is_empty() {
        let receipt = portal.engine().ingest.submit(&actor, events, now).await?;
        if let Some(rejection) = receipt.rejected.into_iter().next() {
            return Err(ApiError::malformed("rejected", rejection.message));
        }
        portal.metrics().events_accepted.inc_by(receipt.accepted.saturating_sub(receipt.duplicates) as u64);
    }
    Ok(if created { words(StatusCode::CREATED, "Created") } else { words(StatusCode::OK, "OK") })
}

/// A known target acts for itself: its address is its key.
fn known(target: PingTarget) -> (Actor, Subject, JobRef) {
    let actor = Actor::system(Scope::Device(target.partner, target.organization, target.device));
    (actor, Subject::Device(target.device), target.job.map_or_else(|| JobRef::Named(DEFAULT_JOB.to_owned()), JobRef::Id))
}

/// A slug nobody knows yet: a new job of the key's own device, else a device for the inbox.
fn unknown(actor: &Actor, slug: &str) -> (Subject, JobRef) {
    match actor.scope {
        Scope::Device(_, _, device) => (Subject::Device(device), JobRef::Named(slug.to_owned())),
        _ => (Subject::Named { device: Some(slug.to_owned()), organization: None }, JobRef::Named(DEFAULT_JOB.to_owned())),
    }
}

/// The run a log entry belongs to, and an event that says nothing new of it.
async fn open_run(
    portal: &Portal,
    actor: &Actor,
    subject: &Subject,
    job: &JobRef,
    run: &RunRef,
    now: Time,
) -> ApiResult<Option<(RunRef, RunEvent)>> {
    let Subject::Device(device) = subject else { return Ok(None) };
    for state in [RunState::Running, RunState::Retrying] {
        let filter = RunFilter { device: Some(*device), state: Some(state), limit: Some(20), ..RunFilter::default() };
        let open = runs::list(portal.store(), actor, &filter).await?.items.into_iter().find(|row| {
            let same_job = match job {
                JobRef::Id(id) => row.job.0 == *id,
                JobRef::Named(name) => row.job.1.eq_ignore_ascii_case(name),
            };
            same_job
                && match run {
                    RunRef::Key(key) => row.key == *key,
                    RunRef::Open => true,
                }
        });
        if let Some(row) = open {
            let mut event = RunEvent::new(state, now);
            event.attempt = row.attempt;
            return Ok(Some((RunRef::Key(row.key), event)));
        }
    }
    Ok(None)
}
