//! Limits of what comes in, applied before anything waits for a writer: names, keys, texts, times, logs.

use super::{CheckIn, IncomingEvent, JobRef, Rejection, RestoreTestReport, RunRef, Subject};
use crate::error::Error;
use domain::{
    run::{RunEvent, RunState},
    time::{Span, Time},
};

const JOB_NAME: usize = 120;
/// Longest address of an account.
const ADDRESS: usize = 320;
const DEVICE_NAME: usize = 200;
const RUN_KEY: usize = 200;
const MESSAGE: usize = 2_000;
const DESTINATION: usize = 200;
const FAILED_ITEMS: usize = 100;
const FAILED_ITEM: usize = 1_000;
const LOG: usize = 64 * 1024;
/// Of a log that is too long: this much of its head; the rest is its tail, which matters more.
const LOG_HEAD: usize = 16 * 1024;
const FUTURE: Span = Span::DAY;
const PAST: Span = Span::days(400);

/// Run keys that the server makes itself.
pub(crate) const MISSED: &str = "missed-";
pub(crate) const PING: &str = "ping-";

/// An event within its limits.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) index: usize,
    pub(crate) incoming: IncomingEvent,
    /// The log, compressed, and its length before.
    pub(crate) log: Option<(Vec<u8>, usize)>,
}

/// Sorts events into those within the limits and the refused ones.
pub(crate) fn prepare(events: Vec<IncomingEvent>, now: Time) -> (Vec<Prepared>, Vec<Rejection>) {
    let mut prepared = Vec::with_capacity(events.len());
    let mut rejected = Vec::new();
    for (index, mut incoming) in events.into_iter().enumerate() {
        match limit(&mut incoming, now) {
            Ok(()) => {
                let log = incoming.log.take().filter(|l| !l.is_empty()).and_then(|l| compress(&l));
                prepared.push(Prepared { index, incoming, log });
            }
            Err((code, message)) => rejected.push(Rejection { index, code: code.into(), message }),
        }
    }
    (prepared, rejected)
}

pub(crate) type Refusal = (&'static str, String);

fn limit(incoming: &mut IncomingEvent, now: Time) -> Result<(), Refusal> {
    if let Subject::Named { device, .. } = &mut incoming.subject
        && let Some(name) = device
    {
        tidy(name);
        within("device", name, DEVICE_NAME)?;
    }
    if let Subject::Account { account, .. } = &mut incoming.subject {
        tidy(account);
        within("account", account, ADDRESS)?;
    }
    if let JobRef::Named(name) = &mut incoming.job {
        tidy(name);
        within("job", name, JOB_NAME)?;
    }
    if let RunRef::Key(key) = &mut incoming.run {
        tidy(key);
        within("run", key, RUN_KEY)?;
        if key.starts_with(MISSED) {
            return Err(("run_key_reserved", format!("Run keys that begin with `{MISSED}` are made by the server. Use another key.")));
        }
    }
    event(&mut incoming.event, now)
}

/// An event within its limits, or why not.
pub(crate) fn event(event: &mut RunEvent, now: Time) -> Result<(), Refusal> {
    if event.state == RunState::Missed {
        return Err((
            "state_not_allowed",
            "`missed` is written by the server only. Send running, retrying, succeeded, warning, failed, cancelled or skipped.".into(),
        ));
    }
    time(event.at, now)?;
    event.timed_out = false;
    event.attempt = event.attempt.max(1);
    event.percent = event.percent.map(|p| p.min(100));
    for size in [&mut event.items, &mut event.bytes, &mut event.bytes_added] {
        *size = size.filter(|n| *n >= 0);
    }
    if let Some(message) = &mut event.message {
        strip(message);
        cut(message, MESSAGE);
    }
    event.message = event.message.take().filter(|m| !m.trim().is_empty());
    event.failed_items.truncate(FAILED_ITEMS);
    for item in &mut event.failed_items {
        strip(item);
        cut(item, FAILED_ITEM);
    }
    if let Some(tool) = &mut event.tool {
        strip(&mut tool.name);
        cut(&mut tool.name, 60);
        strip(&mut tool.version);
        cut(&mut tool.version, 60);
    }
    if let Some(destination) = &mut event.destination {
        strip(destination);
        cut(destination, DESTINATION);
    }
    event.destination = event.destination.take().filter(|d| !d.trim().is_empty());
    Ok(())
}

fn within(field: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(("missing_field", format!("`{field}` is empty. Give it a name.")));
    }
    if text.chars().count() > limit {
        return Err(("too_long", format!("`{field}` is longer than {limit} characters. Shorten it.")));
    }
    Ok(())
}

fn time(at: Time, now: Time) -> Result<(), Refusal> {
    if at > now + FUTURE {
        return Err(("at_in_future", "`at` is more than 24 hours in the future. Check the sender's clock and time zone.".into()));
    }
    if at < now - PAST {
        return Err(("at_too_old", "`at` is more than 400 days ago. Check the sender's clock; older runs are not kept.".into()));
    }
    Ok(())
}

fn tidy(text: &mut String) {
    if text.contains(char::is_control) {
        text.retain(|c| !c.is_control());
    }
    if text.trim().len() != text.len() {
        *text = text.trim().to_owned();
    }
}

/// NUL can't be stored everywhere and says nothing.
fn strip(text: &mut String) {
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
}

fn cut(text: &mut String, limit: usize) {
    if text.len() > limit
        && let Some((end, _)) = text.char_indices().nth(limit)
    {
        text.truncate(end);
    }
}

/// A log, cut to its head and tail and compressed, and its length before.
pub(crate) fn compress(log: &str) -> Option<(Vec<u8>, usize)> {
    let mut short = String::new();
    let text = if log.len() > LOG {
        let head = log.floor_char_boundary(LOG_HEAD);
        let tail = log.ceil_char_boundary(log.len() - (LOG - LOG_HEAD - 40));
        short.push_str(&log[..head]);
        short.push_str(&format!("\n… {} bytes left out …\n", tail - head));
        short.push_str(&log[tail..]);
        short.as_str()
    } else {
        log
    };
    match zstd::bulk::compress(text.as_bytes(), 3) {
        Ok(bytes) => Some((bytes, text.len())),
        Err(error) => {
            tracing::warn!(%error, "a log could not be compressed and is left out");
            None
        }
    }
}

pub(crate) fn check_in(mut check_in: CheckIn, now: Time) -> Result<CheckIn, Error> {
    named(&mut check_in.device)?;
    time(check_in.at, now).map_err(|(code, message)| Error::invalid(code, "at", message))?;
    for text in [&mut check_in.agent_version, &mut check_in.hostname].into_iter().flatten() {
        tidy(text);
        cut(text, DEVICE_NAME);
    }
    check_in.storage_used = check_in.storage_used.filter(|n| *n >= 0);
    check_in.storage_quota = check_in.storage_quota.filter(|n| *n > 0);
    Ok(check_in)
}

pub(crate) fn restore_test(mut report: RestoreTestReport, now: Time) -> Result<RestoreTestReport, Error> {
    named(&mut report.device)?;
    time(report.at, now).map_err(|(code, message)| Error::invalid(code, "at", message))?;
    tidy(&mut report.scope);
    cut(&mut report.scope, 500);
    strip(&mut report.note);
    cut(&mut report.note, MESSAGE);
    Ok(report)
}

fn named(device: &mut Option<String>) -> Result<(), Error> {
    if let Some(name) = device {
        tidy(name);
        within("device", name, DEVICE_NAME).map_err(|(code, message)| Error::invalid(code, "device", message))?;
    }
    Ok(())
}
