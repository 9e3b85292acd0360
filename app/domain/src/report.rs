//! Monthly reports (D7): which month a report is about, when it is due, how long it is kept, and what a day was for an organization.
//!
//! Pure. What a day was for one account is decided in [`crate::saas::days`], the same for the bars on screen and for paper.

pub mod days;
#[cfg(feature = "zones")]
pub mod due;
pub mod weekly;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// So many months of reports are kept and listed (D7).
pub const KEPT: i32 = 6;

/// A calendar month, counted from January 1970 (0). On the wire and in addresses `2026-10`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

/// A text that is not a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMonth;

impl fmt::Display for NotAMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a month: write year and month, for example 2026-10")
    }
}

impl std::error::Error for NotAMonth {}

const NAMES: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

impl Month {
    /// A month by year and number (1–12); none for other numbers, and for years outside 1970–9999.
    pub fn of(year: i32, number: i32) -> Option<Self> {
        ((1970..=9999).contains(&year) && (1..=12).contains(&number)).then(|| Self((year - 1970) * 12 + number - 1))
    }

    /// Its year.
    pub const fn year(self) -> i32 {
        1970 + self.0.div_euclid(12)
    }

    /// Its number, 1–12.
    pub const fn number(self) -> i32 {
        self.0.rem_euclid(12) + 1
    }

    /// So many months later; negative: earlier.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// Its first day, as days since 1970-01-01.
    pub const fn first_day(self) -> i32 {
        // Days from the civil calendar, counting years from March so that the leap day is the last of them.
        let (year, number) = (self.year(), self.number());
        let from_march = if number > 2 { year } else { year - 1 };
        let era = from_march.div_euclid(400);
        let year_of_era = from_march.rem_euclid(400);
        let day_of_year = (153 * ((number + 9) % 12) + 2) / 5;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// How many days it has.
    pub fn length(self) -> usize {
        usize::try_from(self.plus(1).first_day() - self.first_day()).unwrap_or(31)
    }

    /// The month of a day (days since 1970-01-01).
    pub fn of_day(day: i32) -> Self {
        // A guess by the mean length of a month, off by one at most.
        let guess = Self(i32::try_from(i64::from(day) * 4_800 / 146_097).unwrap_or(0));
        [guess.plus(1), guess].into_iter().find(|month| month.first_day() <= day).unwrap_or_else(|| guess.plus(-1))
    }

    /// `October 2026`.
    pub fn name(self) -> String {
        let place = usize::try_from(self.number() - 1).unwrap_or(0);
        format!("{} {}", NAMES.get(place).copied().unwrap_or_default(), self.year())
    }

    /// `1 – 31 October 2026`.
    pub fn range(self) -> String {
        format!("1 – {} {}", self.length(), self.name())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, number) = text.split_once('-').ok_or(NotAMonth)?;
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || number.len() != 2 || !plain(year) || !plain(number) {
            return Err(NotAMonth);
        }
        let (year, number) = (year.parse().map_err(|_| NotAMonth)?, number.parse().map_err(|_| NotAMonth)?);
        Self::of(year, number).ok_or(NotAMonth)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_as_year_and_number_and_read_back() {
        for text in ["1970-01", "2024-02", "2026-10", "9999-12"] {
            assert_eq!(text.parse::<Month>().map(|month| month.to_string()).as_deref(), Ok(text));
        }
        for text in ["2026-13", "2026-00", "2026-1", "26-10", "2026/10", "+026-10", "1969-12", ""] {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth), "{text}");
        }
        assert_eq!(Month::of(2026, 10).map(Month::name).as_deref(), Some("October 2026"));
        assert_eq!(Month::of(2026, 2).map(Month::range).as_deref(), Some("1 – 28 February 2026"));
    }

    #[test]
    fn its_days_are_those_of_the_calendar_leap_years_too() {
        let first = |year, number| Month::of(year, number).map(Month::first_day);
        assert_eq!(first(1970, 1), Some(0));
        assert_eq!(first(2000, 3), Some(11_017));
        assert_eq!(first(2026, 11), Some(20_758));
        for (year, days) in [(1972, 29), (2000, 29), (2024, 29), (2026, 28), (2100, 28)] {
            assert_eq!(Month::of(year, 2).map(Month::length), Some(days), "{year}");
        }
    }

    #[test]
    fn every_day_of_two_centuries_is_in_its_month() {
        let mut month = Month(0);
        for day in 0..73_000 {
            if day >= month.plus(1).first_day() {
                month = month.plus(1);
            }
            assert_eq!(Month::of_day(day), month, "{day}");
        }
        assert_eq!(Month::of_day(-1), Month(-1));
    }
}
