//! The demo's own time: from its start on it runs so many times as fast as the wall's.

use domain::time::Time;
use engine::Clock;
use std::{sync::Arc, time::Instant};

/// A clock that shows `start` now and runs `speed` times as fast.
pub fn demo_clock(start: Time, speed: u32) -> Clock {
    let begun = Instant::now();
    Arc::new(move || {
        let passed = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        Time(start.0.saturating_add(passed.saturating_mul(speed.into())))
    })
}
