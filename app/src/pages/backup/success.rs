//! Success of backups by day: share of usable ones among those that were due, as a line and in words.

use crate::{api::backup::Bars, components::Sparkline};
use leptos::prelude::*;

/// Usable and due runs of a day.
type Day = Option<(u32, u32)>;

fn days(bars: &Bars) -> Vec<Day> {
    let day = |runs: &Option<(u32, u32, u32, u32)>| {
        runs.map(|(succeeded, warning, failed, missed)| (succeeded + warning, succeeded + warning + failed + missed))
            .filter(|(_, due)| *due > 0)
    };
    bars.days.iter().map(day).collect()
}

/// Share of usable runs of each day, 0 to 1; none: nothing was due.
pub fn shares(bars: &Bars) -> Vec<Option<f64>> {
    days(bars).into_iter().map(|day| day.map(|(usable, due)| f64::from(usable) / f64::from(due))).collect()
}

fn percent(usable: u32, due: u32) -> String {
    format!("{} %", u64::from(usable) * 100 / u64::from(due.max(1)))
}

/// In words: "28 days: 97 % of backups usable; lowest 50 % on 12 Nov".
pub fn in_words(bars: &Bars) -> String {
    let days = days(bars);
    let (usable, due) = days.iter().flatten().fold((0, 0), |(a, b), (usable, due)| (a + usable, b + due));
    if due == 0 {
        return format!("{} days: no backup was due", days.len());
    }
    let mut words = format!("{} days: {} of backups usable", days.len(), percent(usable, due));
    let first = bars.today + 1 - i32::try_from(days.len()).unwrap_or(0);
    let share = |(usable, due): (u32, u32)| u64::from(usable) * 1_000_000 / u64::from(due);
    // Of equals the latest: it is the one to look at.
    let dated = (first..).zip(&days).filter_map(|(date, day)| day.map(|day| (date, day)));
    let lowest = dated.min_by_key(|(date, day)| (share(*day), std::cmp::Reverse(*date)));
    if let Some((date, (usable, due))) = lowest.filter(|(_, (usable, due))| usable < due) {
        words.push_str(&format!("; lowest {} on {}", percent(usable, due), charts::date(date)));
    }
    words
}

/// The line of a client.
#[component]
pub fn SuccessLine(
    /// Its days.
    days: Bars,
) -> impl IntoView {
    let words = in_words(&days);
    let title = words.clone();
    // What matters happens near the whole: three quarters are the foot, and what is below lies there.
    view! { <span class="success-line" title=title><Sparkline values=shares(&days) label=words from=0.75/></span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_name_the_share_and_the_latest_of_the_lowest_days() {
        // 20,769 is 12 Nov 2026.
        let days = vec![Some((4, 0, 0, 0)), Some((1, 1, 2, 0)), None, Some((2, 0, 1, 1)), Some((0, 0, 0, 0))];
        let bars = Bars { today: 20_769, days };
        assert_eq!(in_words(&bars), "5 days: 66 % of backups usable; lowest 50 % on 11 Nov");
        assert_eq!(shares(&bars), [Some(1.0), Some(0.5), None, Some(0.5), None]);
        let calm = Bars { today: 20_769, days: vec![Some((4, 0, 0, 0)), None] };
        assert_eq!(in_words(&calm), "2 days: 100 % of backups usable");
        assert_eq!(in_words(&Bars { today: 20_769, days: vec![None; 28] }), "28 days: no backup was due");
    }
}
