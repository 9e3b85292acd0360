//! Mail that goes out: what a copy's state is, what happened to it, how long to wait before it is tried again (D7).
//!
//! Nobody gets two copies: a copy whose hand-over was cut short after its last byte is in doubt, and only a person sends it again.

use crate::time::Span;
use serde::{Deserialize, Serialize};

/// A copy that can't be handed over is tried this long.
pub const LONGEST: Span = Span::days(3);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $wrong:literal, $($(#[$about:meta])* $variant:ident = $word:literal, $said:literal;)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in the store and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// In words for people.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $said,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = &'static str;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or($wrong)
            }
        }
    };
}

words! {
    /// Where a copy stands.
    MailState, "not a state of a mail",
    /// Waits for its turn.
    Queued = "queued", "Queued";
    /// A server gives it to the mail server at this moment.
    HandingOver = "handing_over", "Being handed over";
    /// Given, but the answer never came: it may have arrived.
    InDoubt = "in_doubt", "In doubt";
    /// The mail server has taken it.
    Sent = "sent", "Sent";
    /// Not taken for now; tried again.
    Deferred = "deferred", "Deferred";
    /// The address doesn't take mail.
    Bounced = "bounced", "Bounced";
    /// Not taken, and not tried any more.
    Failed = "failed", "Not sent";
    /// Not to be sent.
    Cancelled = "cancelled", "Cancelled";
}

words! {
    /// What is mailed.
    MailKind, "not a kind of mail",
    /// A Backup Summary Report.
    Report = "report", "Backup Summary Report";
    /// A weekly health summary.
    Summary = "summary", "Weekly health summary";
    /// A test that somebody sent to themselves.
    Test = "test", "Test";
    /// A code that proves an address.
    Code = "code", "Code for an address";
}

words! {
    /// What happened to a copy.
    MailEventKind, "not an event of a mail",
    /// It was made.
    Queued = "queued", "Queued";
    /// Not taken for now.
    Deferred = "deferred", "Deferred";
    /// The mail server took it.
    Sent = "sent", "Sent";
    /// The answer never came.
    InDoubt = "in_doubt", "In doubt";
    /// Refused for good, or came back.
    Bounced = "bounced", "Bounced";
    /// Given up.
    Failed = "failed", "Given up";
    /// Not to be sent.
    Cancelled = "cancelled", "Cancelled";
    /// A person sends it again.
    Again = "again", "Sent again by hand";
    /// A mail server on the way holds it and tries on.
    Delayed = "delayed", "Delayed on the way";
    /// A mail server told that it has arrived.
    Delivered = "delivered", "Delivered";
}

impl MailKind {
    /// Whether its readers may unsubscribe. Not from what they asked for themselves.
    pub const fn may_unsubscribe(self) -> bool {
        matches!(self, Self::Report | Self::Summary)
    }
}

impl MailState {
    /// Nothing more happens to it by itself.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::HandingOver | Self::Deferred)
    }

    /// A person may have it sent again: it surely, or maybe, has not arrived.
    pub const fn may_send_again(self) -> bool {
        matches!(self, Self::InDoubt | Self::Bounced | Self::Failed | Self::Cancelled)
    }

    /// It may still be kept back.
    pub const fn may_cancel(self) -> bool {
        matches!(self, Self::Queued | Self::Deferred)
    }
}

/// The pause after the n-th try, counted from 1: one minute at first, four hours at most. Whoever waits takes up to a fifth off, so that copies
/// don't march in step.
pub const fn pause(tries: i64) -> Span {
    Span::minutes(match tries {
        ..=1 => 1,
        2 => 5,
        3 => 15,
        4 => 30,
        5 => 60,
        6 => 120,
        7 => 180,
        _ => 240,
    })
}

/// Whether a signature in the name of `domain` counts for DMARC (RFC 7489, relaxed) when mail comes from an address at `from`: the same domain, or
/// one below the other. Which domains somebody may register is in no list here, so that two beside each other are not taken for one.
pub fn aligned(from: &str, domain: &str) -> bool {
    let below = |inner: &str, outer: &str| {
        inner.len() > outer.len() && inner.is_char_boundary(inner.len() - outer.len()) && {
            let (head, tail) = inner.split_at(inner.len() - outer.len());
            head.ends_with('.') && tail.eq_ignore_ascii_case(outer)
        }
    };
    from.eq_ignore_ascii_case(domain) || below(from, domain) || below(domain, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_for_the_senders_domain_and_what_is_above_or_below_it() {
        for (from, domain, counts) in [
            ("example.com", "Example.com", true),
            ("backup.example.com", "example.com", true),
            ("example.com", "mail.example.com", true),
            ("notexample.com", "example.com", false),
            ("backup.example.com", "mail.example.com", false),
            ("example.org", "example.com", false),
            ("", "example.com", false),
        ] {
            assert_eq!(aligned(from, domain), counts, "{from} {domain}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for state in MailState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
        for kind in MailKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        for kind in MailEventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert!("lost".parse::<MailState>().is_err());
    }

    #[test]
    fn what_was_taken_is_never_sent_again_and_what_is_on_its_way_is_not_cancelled() {
        let again: Vec<_> = MailState::ALL.iter().filter(|s| s.may_send_again()).map(|s| s.as_str()).collect();
        assert_eq!(again, ["in_doubt", "bounced", "failed", "cancelled"]);
        assert!(MailState::ALL.iter().all(|s| !(s.may_cancel() && s.is_over())));
        assert!(!MailState::HandingOver.may_cancel());
    }

    #[test]
    fn waits_grow_and_a_copy_is_tried_some_twenty_times_in_three_days() {
        let waits: Vec<i64> = (0..12).map(|tries| pause(tries).0 / 60_000).collect();
        assert_eq!(waits, [1, 1, 5, 15, 30, 60, 120, 180, 240, 240, 240, 240]);
        let (mut past, mut tries) = (Span(0), 0);
        while past < LONGEST {
            tries += 1;
            past = Span(past.0 + pause(tries).0);
        }
        assert!((15..30).contains(&tries), "{tries}");
    }
}
