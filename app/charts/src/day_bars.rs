//! One thin bar a day (D7, *State of a day*, and the 28 bars of a device).

use crate::escape;
use std::fmt::Write;

/// What a day was, for a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayState {
    /// Before there was anything to know, or nothing was due: a dot at the foot.
    NoData,
    /// Turned off that day: a dash in the middle.
    Deactivated,
    /// Every run succeeded: a full bar.
    Healthy,
    /// Usable, with issues: a shorter bar with a dot above.
    Warning,
    /// Nothing started that should have: a hollow bar.
    Missed,
    /// A run failed and none was usable: a short bar with a cross above.
    Unhealthy,
}

/// A day and its runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayBar {
    /// Local day, days since 1970-01-01.
    pub day: i32,
    /// What it was.
    pub state: DayState,
    /// Runs that succeeded.
    pub succeeded: u32,
    /// Runs with a usable backup and issues.
    pub warning: u32,
    /// Runs that failed.
    pub failed: u32,
    /// Slots in which nothing started.
    pub missed: u32,
}

impl DayBar {
    /// A day of which nothing is known.
    pub const fn no_data(day: i32) -> Self {
        Self { day, state: DayState::NoData, succeeded: 0, warning: 0, failed: 0, missed: 0 }
    }

    /// A day with these runs; without any, no data.
    pub const fn of(day: i32, succeeded: u32, warning: u32, failed: u32, missed: u32) -> Self {
        let state = if failed > 0 && succeeded + warning == 0 {
            DayState::Unhealthy
        } else if missed > 0 && succeeded + warning == 0 {
            DayState::Missed
        } else if warning > 0 || failed > 0 || missed > 0 {
            DayState::Warning
        } else if succeeded > 0 {
            DayState::Healthy
        } else {
            DayState::NoData
        };
        Self { day, state, succeeded, warning, failed, missed }
    }

    fn title(&self) -> String {
        let mut title = format!("{}: {}", date(self.day), self.state.words());
        let counts = [(self.succeeded, "succeeded"), (self.warning, "with warnings"), (self.failed, "failed"), (self.missed, "missed")];
        for (place, (n, word)) in counts.into_iter().filter(|(n, _)| *n > 0).enumerate() {
            let _ = write!(title, "{} {n} {word}", if place == 0 { " –" } else { "," });
        }
        title
    }
}

impl DayState {
    /// Its class, and its word in counts.
    const fn class(self) -> &'static str {
        match self {
            Self::NoData => "no-data",
            Self::Deactivated => "deactivated",
            Self::Healthy => "healthy",
            Self::Warning => "warning",
            Self::Missed => "missed",
            Self::Unhealthy => "unhealthy",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::NoData => "no data",
            Self::Deactivated => "turned off",
            Self::Healthy => "healthy",
            Self::Warning => "with warnings",
            Self::Missed => "missed",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// `12 Nov` of a day (days since 1970-01-01).
pub fn date(day: i32) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // Days from 0000-03-01, in eras of 400 years: the usual proleptic Gregorian count.
    let shifted = i64::from(day) + 719_468;
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = usize::try_from((march_month + 2) % 12).unwrap_or(0);
    format!("{day_of_month} {}", MONTHS[month])
}

/// The text alternative: "26 healthy, 1 missed on 3 Nov, 1 unhealthy on 12 Nov".
pub fn day_bars_text(bars: &[DayBar]) -> String {
    let mut parts = Vec::new();
    for state in [DayState::Healthy, DayState::Warning, DayState::Missed, DayState::Unhealthy, DayState::Deactivated, DayState::NoData] {
        let days: Vec<&DayBar> = bars.iter().filter(|b| b.state == state).collect();
        let wants_dates = matches!(state, DayState::Warning | DayState::Missed | DayState::Unhealthy) && days.len() <= 3;
        match days.as_slice() {
            [] => {}
            _ if wants_dates => {
                let dates: Vec<String> = days.iter().map(|b| date(b.day)).collect();
                parts.push(format!("{} {} on {}", days.len(), state.words(), dates.join(", ")));
            }
            _ => parts.push(format!("{} {}", days.len(), state.words())),
        }
    }
    if parts.is_empty() { "no days".to_owned() } else { format!("{} days: {}", bars.len(), parts.join(", ")) }
}

const STEP: usize = 5;
const HEIGHT: usize = 24;

/// The bars, oldest first: 4 units wide and 1 apart, 24 high.
pub fn day_bars(bars: &[DayBar]) -> String {
    let width = (bars.len() * STEP).saturating_sub(1).max(1);
    let mut svg = String::with_capacity(160 + bars.len() * 110);
    let _ = write!(
        svg,
        "<svg class=\"chart-days\" viewBox=\"0 0 {width} {HEIGHT}\" width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escape(&day_bars_text(bars))
    );
    for (place, bar) in bars.iter().enumerate() {
        let x = place * STEP;
        let shape = match bar.state {
            DayState::Healthy => format!("M{x} 0h4v24h-4Z"),
            DayState::Warning => format!("M{x} 9h4v15h-4ZM{x} 2h4v4h-4Z"),
            DayState::Missed => format!("M{x} 0h4v24h-4ZM{} 1v22h2v-22Z", x + 1),
            DayState::Unhealthy => format!("M{x} 15h4v9h-4ZM{x} 5l1-1 1 1 1-1 1 1-1 2 1 2-1 1-1-1-1 1-1-1 1-2Z"),
            DayState::Deactivated => format!("M{x} 11h4v2h-4Z"),
            DayState::NoData => format!("M{} 21h2v2h-2Z", x + 1),
        };
        // The clear area makes the whole column answer to the pointer.
        let _ = write!(
            svg,
            "<g class=\"day day-{}\"><title>{}</title><path class=\"day-area\" d=\"M{x} 0h4v24h-4Z\"/><path fill-rule=\"evenodd\" d=\"{shape}\"/></g>",
            bar.state.class(),
            escape(&bar.title())
        );
    }
    svg.push_str("</svg>");
    svg
}
