//! Facts in words a technician can act on: reasons, recommended actions, sizes, lengths of time, schedules. English only, no zones: times are
//! given as RFC 3339 UTC in text and are localised at the edges.

use crate::{
    alert::AlertKind,
    health::{Band, Reason},
    ids::JobId,
    run::RunState,
    schedule::Schedule,
    time::{Span, Time},
};

/// Words for a reason. `now` is only for elapsed times.
pub fn reason(reason: &Reason, now: Time, job_name: impl Fn(JobId) -> String) -> String {
    let _ = (reason, now, job_name);
    todo!()
}

/// What to do about an alert of this kind.
pub fn recommended_action(kind: AlertKind) -> &'static str {
    let _ = kind;
    todo!()
}

/// Bytes in binary units: `7.0 MiB`.
pub fn bytes(bytes: i64) -> String {
    let _ = bytes;
    todo!()
}

/// A number with its thousands apart: `12,345`.
pub fn count(n: i64) -> String {
    let _ = n;
    todo!()
}

/// A length of time in at most two units: `2 d 3 h`, `40 s`.
pub fn span(span: Span) -> String {
    let _ = span;
    todo!()
}

/// `5 h ago`, `in 5 h`, `just now`.
pub fn ago(time: Time, now: Time) -> String {
    let _ = (time, now);
    todo!()
}

/// `2026-11-20 22:00 UTC`.
pub fn utc(time: Time) -> String {
    let _ = time;
    todo!()
}

/// `2026-11-20T22:00:00Z`; milliseconds only when there are any.
pub fn rfc3339(time: Time) -> String {
    let _ = time;
    todo!()
}

/// An RFC 3339 time; the offset is required. None if it isn't one.
pub fn parse_rfc3339(text: &str) -> Option<Time> {
    let _ = text;
    todo!()
}

/// A schedule in words.
pub fn schedule(schedule: &Schedule) -> String {
    let _ = schedule;
    todo!()
}

/// Label of a run state.
pub const fn state_label(state: RunState) -> &'static str {
    let _ = state;
    ""
}

/// Label of a band.
pub const fn band_label(band: Band) -> &'static str {
    let _ = band;
    ""
}

/// Label of a kind of alert.
pub const fn kind_label(kind: AlertKind) -> &'static str {
    let _ = kind;
    ""
}
