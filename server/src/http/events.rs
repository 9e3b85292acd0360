//! The wire form of events (`POST /api/v1/events`): read one by one, so that a bad one never costs the good ones.
//! Lengths and times are limited by the engine, for every way in alike.

use super::moment::Moment;
use domain::{
    run::{RunEvent, RunState, Tool},
    saas::Service,
    time::Time,
};
use engine::ingest::{IncomingEvent, JobRef, RunRef, Subject};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use std::fmt;
use utoipa::ToSchema;

/// Most events of a request.
pub const MAX_EVENTS: usize = engine::ingest::MAX_EVENTS;
/// The job of events that name none.
pub const DEFAULT_JOB: &str = "backup";

/// One event.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Event {
    /// Id, or name within the key's organization. Without it: the key's own device.
    pub device: Option<String>,
    /// Name or id of the organization, where the key reaches several.
    pub organization: Option<String>,
    /// Address or id of a SaaS account, instead of `device`; with `organization` where the key reaches several.
    pub account: Option<String>,
    /// Workload of the account, instead of `job`: email, drive, contacts, calendar, tasks or sharepoint.
    pub workload: Option<String>,
    /// Service of the account, where the organization has several: microsoft_365 or google_workspace.
    #[schema(value_type = Option<String>)]
    pub service: Option<Service>,
    /// Made on first sight under the device's policy; default `backup`.
    pub job: Option<String>,
    /// Unique within the job. Without it: the open run, else a new one.
    pub run: Option<String>,
    /// running, retrying, succeeded, warning, failed, cancelled or skipped.
    #[schema(value_type = String)]
    state: State,
    /// When; default: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Moment>,
    /// Attempt, from 1.
    #[schema(value_type = Option<u16>)]
    attempt: Option<u64>,
    /// How far an open run is, 0 to 100.
    percent: Option<f64>,
    /// Files or messages handled.
    items: Option<i64>,
    /// Bytes handled.
    bytes: Option<i64>,
    /// New bytes stored.
    bytes_added: Option<i64>,
    /// One line for a person.
    message: Option<String>,
    /// What could not be read.
    failed_items: Option<Vec<String>>,
    /// Output; head and tail are kept.
    log: Option<String>,
    /// The tool.
    #[schema(value_type = Option<Object>)]
    tool: Option<Tool>,
    /// Where it stores: a repository or a bucket, as the tool names it; at most 200 characters are kept. Failures of many devices with one
    /// destination become one incident.
    destination: Option<String>,
}

/// A known state, or the word that is none.
#[derive(Debug)]
enum State {
    Known(RunState),
    Unknown(String),
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl de::Visitor<'_> for Words {
            type Value = State;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a run state")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<State, E> {
                Ok(match text.parse() {
                    // `missed` is the server's own finding: nobody reports it.
                    Ok(state) if state != RunState::Missed => State::Known(state),
                    _ => State::Unknown(text.chars().filter(|c| !c.is_control()).take(60).collect()),
                })
            }
        }
        deserializer.deserialize_str(Words)
    }
}

/// Why an event is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable word.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// Why a whole body is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadBody {
    /// Neither a JSON array nor an object nor lines of objects.
    NotJson(String),
    /// More than [`MAX_EVENTS`].
    TooMany,
}

fn refusal(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

/// The events of a body, good and bad, in order: an array, one object, or lines of objects (told by the first byte).
///
/// # Errors
/// The body is no JSON at all, or holds too many events.
pub fn read_body(body: &[u8], now: Time) -> Result<Vec<Result<IncomingEvent, Refusal>>, BadBody> {
    let text = std::str::from_utf8(body).map_err(|_| BadBody::NotJson("the body is not UTF-8".to_owned()))?;
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if text.starts_with('[') {
        let raw: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| BadBody::NotJson(e.to_string()))?;
        if raw.len() > MAX_EVENTS {
            return Err(BadBody::TooMany);
        }
        return Ok(raw.into_iter().map(|event| read_event(event.get(), now)).collect());
    }
    if !text.starts_with('{') {
        return Err(BadBody::NotJson("send a JSON array of events, or one event a line (NDJSON)".to_owned()));
    }
    // One object may stand on several lines: then the first line alone is none.
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let first = lines.peek().copied().unwrap_or_default();
    if serde_json::from_str::<&RawValue>(first).is_err()
        && let Ok(whole) = serde_json::from_str::<&RawValue>(text)
    {
        return Ok(vec![read_event(whole.get(), now)]);
    }
    let mut events = Vec::new();
    for line in lines {
        if events.len() == MAX_EVENTS {
            return Err(BadBody::TooMany);
        }
        events.push(read_event(line, now));
    }
    Ok(events)
}

fn read_event(text: &str, now: Time) -> Result<IncomingEvent, Refusal> {
    let event: Event = serde_json::from_str(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => refusal("invalid_event", e.to_string()),
        _ => refusal("bad_json", e.to_string()),
    })?;
    event.checked(now)
}

impl Event {
    fn checked(self, now: Time) -> Result<IncomingEvent, Refusal> {
        let (subject, job) = match (self.account, self.workload) {
            (None, None) => (
                Subject::Named { device: self.device, organization: self.organization },
                JobRef::Named(self.job.unwrap_or_else(|| DEFAULT_JOB.to_owned())),
            ),
            (Some(_), _) if self.device.is_some() => {
                return Err(refusal("invalid_event", "`device` and `account` are both there: an event is of one of them"));
            }
            (Some(account), Some(workload)) => {
                (Subject::Account { account, organization: self.organization, service: self.service }, JobRef::Named(workload))
            }
            (Some(_), None) => return Err(refusal("missing_field", "`workload` is missing: name what of the account was backed up")),
            (None, Some(_)) => return Err(refusal("missing_field", "`account` is missing: name whose workload it is")),
        };
        let attempt = match self.attempt {
            None => 1,
            Some(n) => u16::try_from(n)
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| refusal("invalid_attempt", "`attempt` is a number from 1 to 65535"))?,
        };
        let (state, unknown) = match self.state {
            State::Known(state) => (state, None),
            State::Unknown(word) => (RunState::Warning, Some(format!("unrecognised state \u{201c}{word}\u{201d}"))),
        };
        let message = match (unknown, self.message) {
            (Some(unknown), Some(message)) => Some(format!("{unknown}: {message}")),
            (unknown, message) => unknown.or(message),
        };
        let event = RunEvent {
            state,
            at: self.at.map_or(now, Time::from),
            attempt,
            timed_out: false,
            percent: self.percent.filter(|p| p.is_finite()).map(|p| p.clamp(0.0, 100.0) as u8),
            items: size("items", self.items)?,
            bytes: size("bytes", self.bytes)?,
            bytes_added: size("bytes_added", self.bytes_added)?,
            message: message.map(|m| formats::redact(&m)),
            failed_items: self.failed_items.unwrap_or_default(),
            tool: self.tool,
            destination: self.destination.as_deref().and_then(formats::destination),
        };
        Ok(IncomingEvent {
            subject,
            job,
            run: self.run.map_or(RunRef::Open, RunRef::Key),
            event,
            log: self.log.filter(|log| !log.trim().is_empty()).map(|log| formats::excerpt(&formats::redact(&log), "")),
        })
    }
}

fn size(field: &'static str, value: Option<i64>) -> Result<Option<i64>, Refusal> {
    match value {
        Some(n) if n < 0 => Err(refusal("invalid_size", format!("`{field}` is negative"))),
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const NOW: Time = Time(1_795_215_600_000);

    fn one(text: &str) -> Result<IncomingEvent, Refusal> {
        let mut events = read_body(text.as_bytes(), NOW).unwrap();
        assert_eq!(events.len(), 1);
        events.remove(0)
    }

    #[test]
    fn an_array_an_object_and_lines_are_all_events() {
        let object = "{\n  \"device\": \"fs-01\",\n  \"state\": \"running\"\n}\n";
        assert!(one(object).is_ok());
        let lines = "{\"state\":\"running\"}\n\n{\"state\":\"succeeded\"}\r\n";
        assert_eq!(read_body(lines.as_bytes(), NOW).unwrap().len(), 2);
        assert_eq!(read_body(b" [ {\"state\":\"running\"}, {\"state\":\"failed\"} ]", NOW).unwrap().len(), 2);
    }

    #[test]
    fn a_bad_event_costs_only_itself() {
        let events = read_body(br#"[{"state":"running"},{"state":7},17,{"state":"running","bytes":-1},{"state":"failed"}]"#, NOW).unwrap();
        let good: Vec<bool> = events.iter().map(Result::is_ok).collect();
        assert_eq!(good, [true, false, false, false, true]);
    }

    #[test]
    fn an_unknown_state_is_a_warning_never_a_success() {
        for word in ["Success", "missed", "ok", ""] {
            let event = one(&format!("{{\"state\":\"{word}\",\"message\":\"m\"}}")).unwrap().event;
            assert_eq!(event.state, RunState::Warning);
            assert!(event.message.unwrap().starts_with("unrecognised state"));
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_refused_whole() {
        for body in ["", "hello", "[{\"state\":\"running\"}", "\"text\""] {
            assert!(matches!(read_body(body.as_bytes(), NOW), Err(BadBody::NotJson(_))), "{body}");
        }
        let many = format!("[{}]", vec!["{}"; MAX_EVENTS + 1].join(","));
        assert!(matches!(read_body(many.as_bytes(), NOW), Err(BadBody::TooMany)));
    }

    #[test]
    fn a_time_that_is_none_is_refused_and_a_missing_one_is_now() {
        assert_eq!(one(r#"{"state":"running"}"#).unwrap().event.at, NOW);
        assert_eq!(one(r#"{"state":"running","at":"yesterday"}"#).unwrap_err().code, "invalid_event");
    }
}
