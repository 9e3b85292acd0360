//! The demo's own time: from its start on it runs so many times as fast as the wall's.

use domain::time::Time;
use engine::Clock;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A clock that shows `start` now and runs `speed` times as fast. It never goes backwards, whatever is done to the wall's.
pub fn demo_clock(start: Time, speed: u32) -> Clock {
    let begun = Instant::now();
    Arc::new(move || shown(start, speed, begun.elapsed()))
}

/// What the clock shows when so much of real time has passed.
fn shown(start: Time, speed: u32, passed: Duration) -> Time {
    let passed = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
    Time(start.0.saturating_add(passed.saturating_mul(speed.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Span;

    const NOON: Time = Time(1_780_315_200_000);

    #[test]
    fn at_speed_60_a_real_second_is_a_minute() {
        assert_eq!(shown(NOON, 60, Duration::ZERO), NOON);
        assert_eq!(shown(NOON, 60, Duration::from_secs(1)), NOON + Span::MINUTE);
        assert_eq!(shown(NOON, 60, Duration::from_secs(60)), NOON + Span::HOUR);
        assert_eq!(shown(NOON, 1, Duration::from_secs(60)), NOON + Span::MINUTE);
    }

    #[test]
    fn it_never_goes_backwards_not_even_at_the_end_of_time() {
        let passed =
            [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(86_400 * 365), Duration::from_secs(u64::MAX / 2), Duration::MAX];
        let shown: Vec<Time> = passed.into_iter().map(|passed| shown(NOON, 10_000, passed)).collect();
        assert!(shown.is_sorted(), "{shown:?}");
        assert_eq!(shown.last(), Some(&Time(i64::MAX)));
    }

    #[test]
    fn it_runs_as_real_time_does() {
        let begun = Instant::now();
        let clock = demo_clock(NOON, 10_000);
        let first = clock();
        std::thread::sleep(Duration::from_millis(20));
        let second = clock();
        assert!(first >= NOON && second - first >= Span(200_000), "{first:?} {second:?}");
        assert!(second <= shown(NOON, 10_000, begun.elapsed()));
    }
}
