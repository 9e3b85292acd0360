//! `/ping/…`: what tools that speak the Healthchecks protocol call, answered word for word as they expect.
//!
//! The address itself is the secret: a uuid of a device or job, or a key with a job's or device's slug. So a route here
//! looks at no cookie. An answer of 200 `OK` means stored for good.

use super::{
    auth::{Caller, address_of},
    error::{ApiError, ApiResult},
    events::DEFAULT_JOB,
    report::start_of,
};
use crate::portal::Portal;
use axum::{
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
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
use formats::{Report, ToolName};
use futures_util::StreamExt;
use std::{borrow::Cow, collections::VecDeque};

/// Bytes of a body that are kept, announced in `Ping-Body-Limit`.
pub const KEPT: usize = 100_000;
/// A body longer than this is not read to its end.
const READ: usize = 10 << 20;

const LIMIT_HEADER: HeaderName = HeaderName::from_static("ping-body-limit");

/// What a ping says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Start,
    Success,
    Fail,
    Log,
    Exit(u8),
}

impl Signal {
    /// The last part of the address; `None`: no such signal.
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "start" => Self::Start,
            "fail" => Self::Fail,
            "log" => Self::Log,
            digits if !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()) => {
                Self::Exit(digits.parse().ok()?)
            }
            _ => return None,
        })
    }
}

/// What a query string may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    rid: Option<String>,
    create: bool,
}

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

enum Address<'a> {
    Uuid(&'a str),
    Slug(&'a str, &'a str),
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

/// The event a signal means, a start found in the output, and what is kept of the output.
fn event_of(signal: Signal, text: &str, now: Time) -> (RunEvent, Option<Time>, Option<String>) {
    let plain = |state, message: Option<String>| {
        let mut event = start_of(&bare(state, now), now);
        event.state = state;
        event.message = message;
        event
    };
    if signal == Signal::Start {
        return (plain(RunState::Running, None), None, log_of(text));
    }
    let exit_code = match signal {
        Signal::Exit(code) => Some(i32::from(code)),
        _ => None,
    };
    let good = matches!(signal, Signal::Success | Signal::Exit(0));
    if let Some(tool) = recognise(text) {
        let report = Report { stdout: text, exit_code, received_at: now, ..Report::default() };
        if let Some(parsed) = formats::read(tool, &report).ok().and_then(formats::join) {
            let mut event = parsed.event;
            event.at = now;
            // The signal decides between usable and not; the output may only add that there are issues.
            event.state = match (good, event.state) {
                (true, RunState::Succeeded) => RunState::Succeeded,
                (true, _) => RunState::Warning,
                (false, RunState::Warning) if exit_code.is_some_and(|code| formats::ends_usable(tool, code)) => RunState::Warning,
                (false, RunState::Cancelled) => RunState::Cancelled,
                (false, _) => RunState::Failed,
            };
            return (event, parsed.started_at, (!parsed.log.trim().is_empty()).then_some(parsed.log));
        }
    }
    let message = match signal {
        Signal::Exit(code) if code != 0 => Some(format!("exit status {code}")),
        _ if good => None,
        _ => last_line(text),
    };
    (plain(if good { RunState::Succeeded } else { RunState::Failed }, message), None, log_of(text))
}

fn bare(state: RunState, at: Time) -> RunEvent {
    RunEvent {
        state,
        at,
        attempt: 1,
        timed_out: false,
        percent: None,
        items: None,
        bytes: None,
        bytes_added: None,
        message: None,
        failed_items: Vec::new(),
        tool: None,
        destination: None,
    }
}

/// Which tool printed this, by words that no other prints.
fn recognise(text: &str) -> Option<ToolName> {
    let start = text.trim_start();
    if start.contains("\"message_type\":\"summary\"")
        || start.contains("\"message_type\":\"status\"")
        || start.contains("\"message_type\":\"exit_error\"")
    {
        Some(ToolName::Restic)
    } else if start.contains("\"archive\"") && start.contains("\"repository\"") && start.contains("\"stats\"") {
        Some(if start.starts_with('[') { ToolName::Borgmatic } else { ToolName::Borg })
    } else if start.contains("\"type\": \"log_message\"") || start.contains("\"type\": \"archive_progress\"") {
        Some(ToolName::Borg)
    } else if start.contains("\"stats\":{") && start.contains("\"totalTransfers\"") {
        Some(ToolName::Rclone)
    } else {
        None
    }
}

fn log_of(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| formats::excerpt(&formats::redact(text), ""))
}

fn last_line(text: &str) -> Option<String> {
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(formats::redact(line.trim()).chars().take(300).collect())
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
            let mut event = bare(state, now);
            event.attempt = row.attempt;
            return Ok(Some((RunRef::Key(row.key), event)));
        }
    }
    Ok(None)
}

/// The body, at most [`KEPT`] bytes: a longer one keeps its head and more of its tail, where the end is told.
async fn kept(body: Body) -> Bytes {
    let mut stream = body.into_data_stream();
    let mut head: Vec<u8> = Vec::new();
    let mut tail: VecDeque<u8> = VecDeque::new();
    let mut seen = 0;
    while let Some(Ok(piece)) = stream.next().await {
        seen += piece.len();
        let room = (KEPT / 4).saturating_sub(head.len()).min(piece.len());
        head.extend_from_slice(&piece[..room]);
        tail.extend(&piece[room..]);
        let over = tail.len().saturating_sub(KEPT - KEPT / 4);
        tail.drain(..over);
        if seen > READ {
            break;
        }
    }
    let cut = seen > head.len() + tail.len();
    if cut {
        head.extend_from_slice(b"\n[...]\n");
    }
    head.extend(tail);
    head.into()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn asked(query: &str) -> Result<Asked, &'static str> {
    let mut asked = Asked::default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "rid" if is_uuid(value) => asked.rid = Some(Cow::Borrowed(value).to_ascii_lowercase()),
            "rid" => return Err("invalid uuid format"),
            "create" => asked.create = value == "1",
            _ => {}
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const NOW: Time = Time(1_795_215_600_000);

    #[test]
    fn the_end_of_an_address_is_a_signal_or_nothing() {
        assert_eq!(Signal::read("start"), Some(Signal::Start));
        assert_eq!(Signal::read("0"), Some(Signal::Exit(0)));
        assert_eq!(Signal::read("255"), Some(Signal::Exit(255)));
        for wrong in ["256", "-1", "stop", "1000", "+1"] {
            assert_eq!(Signal::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_run_id_is_a_uuid() {
        let rid = "4a1b6f0e-7c1d-4e9a-9a6f-0e1d2c3b4a59";
        assert_eq!(asked(&format!("create=1&rid={rid}")).unwrap(), Asked { rid: Some(rid.to_owned()), create: true });
        assert!(asked("rid=7").is_err());
        assert_eq!(asked("").unwrap(), Asked::default());
    }

    #[test]
    fn an_exit_status_other_than_zero_is_a_failure() {
        assert_eq!(event_of(Signal::Exit(0), "", NOW).0.state, RunState::Succeeded);
        assert_eq!(event_of(Signal::Exit(3), "", NOW).0.state, RunState::Failed);
        let (event, _, log) = event_of(Signal::Fail, "doing\nno space left\n", NOW);
        assert_eq!(event.message.as_deref(), Some("no space left"));
        assert!(log.unwrap().contains("doing"));
    }

    #[test]
    fn a_recognised_output_gives_figures_and_may_add_a_warning() {
        let summary = r#"{"message_type":"summary","files_new":2,"files_changed":0,"files_unmodified":5,"data_added":77,"total_files_processed":7,"total_bytes_processed":900,"total_duration":1.5,"snapshot_id":"abcdef0123"}"#;
        let (event, _, _) = event_of(Signal::Success, summary, NOW);
        assert_eq!((event.state, event.items, event.bytes), (RunState::Succeeded, Some(7), Some(900)));
        assert_eq!(event_of(Signal::Exit(3), summary, NOW).0.state, RunState::Warning);
        assert_eq!(event_of(Signal::Fail, summary, NOW).0.state, RunState::Failed);
    }

    #[tokio::test]
    async fn a_long_body_keeps_its_head_and_tail() {
        let body = kept(Body::from(format!("HEAD{}TAIL", "x".repeat(300_000)))).await;
        assert!(body.starts_with(b"HEAD") && body.ends_with(b"TAIL") && body.len() <= KEPT + 10);
        assert_eq!(kept(Body::from("short")).await, "short");
    }
}
