//! A policy as it is typed into the form.

use serde::{Deserialize, Serialize};

/// A policy, as typed. Numbers are texts, so that nothing typed is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInput {
    /// Its id; empty: a new one.
    #[serde(default)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// `every`, `daily`, `weekly`, `monthly`, `cron` or `learned`.
    pub kind: String,
    /// Every: how many …
    #[serde(default)]
    pub every: String,
    /// … `minutes`, `hours` or `days`.
    #[serde(default)]
    pub unit: String,
    /// Daily, weekly, monthly: at, `02:30`.
    #[serde(default)]
    pub clock: String,
    /// Weekly: on Mondays …
    #[serde(default)]
    pub mon: bool,
    /// … Tuesdays …
    #[serde(default)]
    pub tue: bool,
    /// … Wednesdays …
    #[serde(default)]
    pub wed: bool,
    /// … Thursdays …
    #[serde(default)]
    pub thu: bool,
    /// … Fridays …
    #[serde(default)]
    pub fri: bool,
    /// … Saturdays …
    #[serde(default)]
    pub sat: bool,
    /// … Sundays.
    #[serde(default)]
    pub sun: bool,
    /// Monthly: 1 to 31, or `last`.
    #[serde(default)]
    pub month_day: String,
    /// Cron: the expression.
    #[serde(default)]
    pub cron: String,
    /// All but intervals: the zone.
    #[serde(default)]
    pub time_zone: String,
    /// Minutes after a slot before it is late.
    #[serde(default)]
    pub grace_minutes: String,
    /// Minutes after which a run is stuck.
    #[serde(default)]
    pub longest_run_minutes: String,
    /// Days between restore tests; empty: none asked for.
    #[serde(default)]
    pub restore_test_days: String,
    /// Hours until overdue; empty: by class.
    #[serde(default)]
    pub overdue_hours: String,
    /// Hours a silent workstation is offline, not missed.
    #[serde(default)]
    pub offline_allowance_hours: String,
    /// Days of silence until nothing is known.
    #[serde(default)]
    pub silence_days: String,
    /// Make it the default.
    #[serde(default)]
    pub is_default: bool,
}

impl PolicyInput {
    /// Which days of the week are chosen, from Sunday.
    pub const fn weekdays(&self) -> [bool; 7] {
        [self.sun, self.mon, self.tue, self.wed, self.thu, self.fri, self.sat]
    }

    /// Chooses a day of the week, or not: `mon`, `tue` …
    pub fn set_weekday(&mut self, day: &str, chosen: bool) {
        let field = match day {
            "mon" => &mut self.mon,
            "tue" => &mut self.tue,
            "wed" => &mut self.wed,
            "thu" => &mut self.thu,
            "fri" => &mut self.fri,
            "sat" => &mut self.sat,
            _ => &mut self.sun,
        };
        *field = chosen;
    }
}
