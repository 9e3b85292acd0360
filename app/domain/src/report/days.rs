//! What a local day was for an organization (D7, *State of a day*, organization level): rolled up from what it was for each account.

use crate::saas::days::AccountDay;
use serde::{Deserialize, Serialize};

/// Of a hundred active accounts so many must have had a healthy day.
const ENOUGH: u64 = 95;

/// What a day was for an organization, or for one workload of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrganizationDay {
    /// There was no account, or nothing was due.
    #[default]
    #[serde(rename = "n")]
    NoData,
    /// No account was active.
    #[serde(rename = "d")]
    Deactivated,
    /// Of every active account all runs succeeded.
    #[serde(rename = "v")]
    VeryHealthy,
    /// At least 95 % of the active accounts were healthy, or every failure was made good within 24 h.
    #[serde(rename = "h")]
    Healthy,
    /// Otherwise.
    #[serde(rename = "u")]
    Unhealthy,
}

impl OrganizationDay {
    /// The letter that stands for it in frozen inputs.
    pub const fn letter(self) -> char {
        match self {
            Self::NoData => 'n',
            Self::Deactivated => 'd',
            Self::VeryHealthy => 'v',
            Self::Healthy => 'h',
            Self::Unhealthy => 'u',
        }
    }

    /// Of a letter; an unknown one tells nothing.
    pub const fn of_letter(letter: char) -> Self {
        match letter {
            'd' => Self::Deactivated,
            'v' => Self::VeryHealthy,
            'h' => Self::Healthy,
            'u' => Self::Unhealthy,
            _ => Self::NoData,
        }
    }

    /// Its word on reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoData => "No data",
            Self::Deactivated => "Deactivated",
            Self::VeryHealthy => "Very healthy",
            Self::Healthy => "Healthy",
            Self::Unhealthy => "Unhealthy",
        }
    }
}

/// How many accounts a day was what for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Healthy, and all runs succeeded.
    pub clean: u64,
    /// Healthy after issues: warnings, retries, failures that were made good.
    pub mended: u64,
    /// Unhealthy.
    pub unhealthy: u64,
    /// Deactivated.
    pub deactivated: u64,
}

impl Tally {
    /// Counts an account in. `clean`: all its runs of the day succeeded.
    pub const fn add(&mut self, day: AccountDay, clean: bool) {
        match day {
            AccountDay::NoData => {}
            AccountDay::Deactivated => self.deactivated += 1,
            AccountDay::Healthy if clean => self.clean += 1,
            AccountDay::Healthy => self.mended += 1,
            AccountDay::Unhealthy => self.unhealthy += 1,
        }
    }

    /// What the day was for all of them together. Accounts of which nothing was due, or that did not exist yet, are left out.
    pub const fn state(self) -> OrganizationDay {
        let active = self.clean + self.mended + self.unhealthy;
        if active == 0 {
            return if self.deactivated > 0 { OrganizationDay::Deactivated } else { OrganizationDay::NoData };
        }
        if self.clean == active {
            return OrganizationDay::VeryHealthy;
        }
        // A failure that was made good leaves its account healthy: with all of them made good nobody is unhealthy.
        if (self.clean + self.mended) * 100 >= active * ENOUGH { OrganizationDay::Healthy } else { OrganizationDay::Unhealthy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_cases() {
        use OrganizationDay::{Deactivated, Healthy, NoData, Unhealthy, VeryHealthy};
        // clean, healthy after issues, unhealthy, deactivated.
        for ((clean, mended, unhealthy, deactivated), state, why) in [
            ((0, 0, 0, 0), NoData, "there was no account, or nothing was due"),
            ((0, 0, 0, 7), Deactivated, "no account was active"),
            ((1, 0, 0, 0), VeryHealthy, "the only account succeeded"),
            ((50, 0, 0, 9), VeryHealthy, "deactivated ones don't count"),
            ((49, 1, 0, 0), Healthy, "one had issues that were made good"),
            ((0, 50, 0, 0), Healthy, "every failure was made good"),
            ((95, 0, 5, 0), Healthy, "95 % are enough"),
            ((94, 0, 5, 0), Unhealthy, "94.9 % are not"),
            ((19, 0, 1, 0), Healthy, "19 of 20 are 95 %"),
            ((18, 0, 1, 0), Unhealthy, "18 of 19 are less"),
            ((90, 6, 4, 30), Healthy, "mended ones are healthy"),
            ((0, 0, 1, 0), Unhealthy, "the only account failed"),
            ((0, 0, 1, 99), Unhealthy, "the only active account failed"),
        ] {
            assert_eq!(Tally { clean, mended, unhealthy, deactivated }.state(), state, "{why}");
        }
    }

    #[test]
    fn an_account_counts_as_what_its_day_was() {
        let mut tally = Tally::default();
        for (day, clean) in [
            (AccountDay::Healthy, true),
            (AccountDay::Healthy, false),
            (AccountDay::Unhealthy, false),
            (AccountDay::Deactivated, false),
            (AccountDay::NoData, false),
        ] {
            tally.add(day, clean);
        }
        assert_eq!(tally, Tally { clean: 1, mended: 1, unhealthy: 1, deactivated: 1 });
    }

    #[test]
    fn a_letter_stands_for_each_state() {
        for day in [
            OrganizationDay::NoData,
            OrganizationDay::Deactivated,
            OrganizationDay::VeryHealthy,
            OrganizationDay::Healthy,
            OrganizationDay::Unhealthy,
        ] {
            assert_eq!(OrganizationDay::of_letter(day.letter()), day);
        }
    }
}
