//! A zone without the database of zones: what its clocks show in the years that a page tells of. Resolved on the server
//! (`wall_clock::local`), so that the browser writes the same words.

use super::clock;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// What the clocks of a zone show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Its IANA name.
    pub zone: String,
    /// From when on clocks are so many minutes ahead of UTC, and what that is called: `CET`. Ascending; the first holds before it, too.
    pub offsets: Vec<(Time, i32, String)>,
}

impl Local {
    /// `12 Nov 2026 03:00 CET`.
    pub fn day_time(&self, time: Time) -> String {
        let at = self.offsets.iter().rfind(|(from, ..)| *from <= time).or_else(|| self.offsets.first());
        match at {
            Some((_, minutes, name)) => format!("{} {name}", clock(time + Span::minutes((*minutes).into()))),
            None => super::day_time(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_as_its_clocks_show_it_on_either_side_of_a_change() {
        // 25 October 2026, 01:00 UTC.
        let change = Time(1_792_890_000_000);
        let local =
            Local { zone: "Europe/Berlin".to_owned(), offsets: vec![(Time(0), 120, "CEST".to_owned()), (change, 60, "CET".to_owned())] };
        assert_eq!(local.day_time(Time(change.0 - 1)), "25 Oct 2026 02:59 CEST");
        assert_eq!(local.day_time(change), "25 Oct 2026 02:00 CET");
        assert_eq!(local.day_time(Time(-1)), "1 Jan 1970 01:59 CEST");
        assert_eq!(Local { offsets: Vec::new(), ..local }.day_time(change), "25 Oct 2026 01:00 UTC");
    }
}
