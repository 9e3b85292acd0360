//! The server's time as the browser knows it: its own clock, and by how much the server's is ahead.
//!
//! What the server says of its time comes late by as long as the message was under way. So the server is never behind what it said: a
//! time that is ahead is believed at once. One that is behind is a late message, unless the next one says the same.

use domain::time::{Span, Time};

/// Two messages differ by this much when only the network is slow.
const NOISE: Span = Span(2_000);

/// By how much the server's clock is ahead of the browser's, negative when it is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerClock {
    /// None before the server has said anything.
    ahead: Option<Span>,
    /// What the last message said, if that was too far behind to be believed by itself.
    doubted: Option<Span>,
}

#[cfg_attr(not(any(feature = "hydrate", test)), expect(dead_code, reason = "the server hears nothing"))]
impl ServerClock {
    /// The server's time when the browser's clock shows `clock`.
    pub(super) fn now(self, clock: Time) -> Time {
        clock + self.ahead.unwrap_or_default()
    }

    /// After the server has said that it is `told`, heard when the browser's clock shows `clock`.
    pub(super) fn heard(self, told: Time, clock: Time) -> Self {
        let says = told - clock;
        let believed = Self { ahead: Some(says), doubted: None };
        match (self.ahead, self.doubted) {
            (None, _) => believed,
            (Some(ahead), _) if says >= ahead => believed,
            (Some(ahead), _) if ahead - says <= NOISE => Self { doubted: None, ..self },
            (Some(_), Some(doubted)) if (says - doubted).0.abs() <= NOISE.0 => believed,
            (Some(_), _) => Self { doubted: Some(says), ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Time = Time(1_780_315_200_000);

    /// After messages that were under way for so many milliseconds, one each 15 s, from a server whose clock the browser's agrees with.
    fn after(delays: &[i64]) -> Vec<i64> {
        let mut server = ServerClock::default();
        let mut clock = NOON;
        delays
            .iter()
            .map(|delay| {
                clock += Span(15_000);
                server = server.heard(clock - Span(*delay), clock);
                (server.now(clock) - clock).0
            })
            .collect()
    }

    #[test]
    fn before_a_word_of_the_server_the_browser_s_own_clock_counts() {
        assert_eq!(ServerClock::default().now(NOON), NOON);
    }

    #[test]
    fn the_first_word_counts_however_far_off_the_browser_s_clock_is() {
        for far in [Span::hours(-5), Span::minutes(3), Span::days(400)] {
            assert_eq!(ServerClock::default().heard(NOON + far, NOON).now(NOON + Span::SECOND), NOON + far + Span::SECOND);
        }
    }

    #[test]
    fn slow_messages_dont_turn_time_back_and_a_faster_one_makes_it_exact() {
        assert_eq!(after(&[300, 1_900, 250, 40, 2_000, 900]), [-300, -300, -250, -40, -40, -40]);
    }

    #[test]
    fn one_message_that_was_held_up_for_long_is_not_believed() {
        assert_eq!(after(&[50, 9_000, 60, 9_000, 30_000, 60]), [-50, -50, -50, -50, -50, -50]);
    }

    #[test]
    fn messages_that_waited_while_the_machine_slept_dont_turn_time_back() {
        let server = ServerClock::default().heard(NOON, NOON);
        let woken = NOON + Span::hours(8);
        let server = (1..4).fold(server, |server, n| server.heard(NOON + Span(15_000 * n), woken));
        assert_eq!(server.now(woken), woken);
    }

    #[test]
    fn a_server_whose_clock_was_set_back_is_believed_the_second_time() {
        let server = ServerClock::default().heard(NOON, NOON);
        let (first, second) = (NOON + Span(15_000), NOON + Span(30_000));
        let server = server.heard(first - Span::HOUR, first);
        assert_eq!(server.now(first), first);
        let server = server.heard(second - Span::HOUR - Span(120), second);
        assert_eq!(server.now(second), second - Span::HOUR - Span(120));
    }

    #[test]
    fn a_clock_that_runs_sixty_times_as_fast_is_followed_with_each_message() {
        let mut server = ServerClock::default();
        let mut before = NOON;
        for n in 0..40 {
            let (clock, told) = (NOON + Span(15_000 * n), NOON + Span(900_000 * n));
            // Every third is slow.
            let told = if n % 3 == 2 { told - Span(60 * 700) } else { told };
            server = server.heard(told, clock);
            assert_eq!(server.now(clock), told);
            assert!(server.now(clock) >= before);
            before = server.now(clock + Span(14_999));
        }
    }
}
