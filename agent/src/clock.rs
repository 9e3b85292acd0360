//! The time and random words: the only place of the agent that asks for either.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::time::Time;
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) fn now() -> Time {
    of(SystemTime::now())
}

pub(crate) fn of(time: SystemTime) -> Time {
    let ms = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    Time(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn text(time: Time) -> String {
    let instant: DateTime<Utc> = DateTime::from_timestamp_millis(time.0).unwrap_or_default();
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Random bits; std seeds its hashers from the system.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A run's id: its start and eight random digits.
pub(crate) fn run_id(start: Time) -> String {
    format!("{}-{:08x}", text(start), random() & 0xffff_ffff)
}
