//! Which hours held when: the rules of an organization, of its partner and of the partners above, the narrowest first (D5).

use super::default_hours;
use crate::{policy::DeviceClass, time::Time};
use serde::{Deserialize, Serialize};

/// Most hours a rule may give: a year.
pub const LONGEST_HOURS: i64 = 8_760;

/// A rule of one scope and class: so many hours, from a time until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// In force from here.
    pub from: Time,
    /// Up to here, not included; none: still in force.
    pub until: Option<Time>,
    /// H.
    pub hours: i64,
}

impl Rule {
    /// Whether it was in force at a time.
    pub fn holds_at(&self, at: Time) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The hours that held for a device at every time, without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Changes in order: from when on, how many hours. Before the first: `at_first`.
    changes: Vec<(Time, i64)>,
    at_first: i64,
}

impl Rules {
    /// The same hours at all times.
    pub const fn always(hours: i64) -> Self {
        Self { changes: Vec::new(), at_first: hours }
    }

    /// The narrowest rule at each time, else the default of the class. `scopes`: the rules of each scope, the narrowest scope first.
    pub fn of(class: DeviceClass, scopes: &[&[Rule]]) -> Self {
        let holds = |at: Time| {
            let narrowest = scopes.iter().find_map(|rules| rules.iter().find(|rule| rule.holds_at(at)));
            narrowest.map_or(default_hours(class), |rule| rule.hours)
        };
        let mut bounds: Vec<Time> = scopes.iter().flat_map(|rules| rules.iter()).flat_map(|r| [Some(r.from), r.until]).flatten().collect();
        bounds.sort_unstable();
        bounds.dedup();
        let mut rules = Self::always(default_hours(class));
        for bound in bounds {
            let hours = holds(bound);
            if hours != rules.changes.last().map_or(rules.at_first, |(_, hours)| *hours) {
                rules.changes.push((bound, hours));
            }
        }
        rules
    }

    /// The hours at a time.
    pub fn at(&self, at: Time) -> i64 {
        let place = self.changes.partition_point(|(from, _)| *from <= at);
        place.checked_sub(1).and_then(|last| self.changes.get(last)).map_or(self.at_first, |(_, hours)| *hours)
    }

    /// The pieces of `from` … `until` in which one number of hours held: (from, until, hours).
    pub fn pieces(&self, from: Time, until: Time) -> impl Iterator<Item = (Time, Time, i64)> {
        let place = self.changes.partition_point(|(at, _)| *at <= from);
        let begins = std::iter::once((from, self.at(from))).chain(self.changes.get(place..).unwrap_or_default().iter().copied());
        let ends = self.changes.get(place..).unwrap_or_default().iter().map(|(at, _)| *at).chain(std::iter::once(until));
        begins.zip(ends).filter_map(move |((begin, hours), end)| {
            let end = end.min(until);
            (begin < end).then_some((begin, end, hours))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    const T: Time = Time(1_780_000_000_000);

    fn rule(from: i64, until: Option<i64>, hours: i64) -> Rule {
        Rule { from: T + Span::days(from), until: until.map(|day| T + Span::days(day)), hours }
    }

    #[test]
    fn without_rules_the_default_holds_always() {
        let rules = Rules::of(DeviceClass::Server, &[&[], &[]]);
        assert_eq!((rules.at(T), rules.at(Time(i64::MIN))), (12, 12));
        assert_eq!(Rules::of(DeviceClass::Workstation, &[]), Rules::always(24));
    }

    #[test]
    fn the_narrowest_rule_holds_while_it_is_in_force_and_what_is_above_before_and_after() {
        let (own, partner) = ([rule(10, Some(20), 4)], [rule(5, Some(15), 8), rule(15, None, 6)]);
        let rules = Rules::of(DeviceClass::Server, &[&own, &partner]);
        let at = |day| rules.at(T + Span::days(day));
        assert_eq!([at(0), at(5), at(9), at(10), at(15), at(19), at(20), at(99)], [12, 8, 8, 4, 4, 4, 6, 6]);
    }

    #[test]
    fn a_change_to_the_same_hours_is_none() {
        let rules = Rules::of(DeviceClass::Server, &[&[rule(1, Some(2), 12), rule(2, None, 12)]]);
        assert_eq!(rules, Rules::always(12));
    }

    #[test]
    fn pieces_cover_the_period_without_a_gap() {
        let rules = Rules::of(DeviceClass::Server, &[&[rule(2, Some(4), 24), rule(4, None, 6)]]);
        let day = |n| T + Span::days(n);
        let pieces: Vec<_> = rules.pieces(day(1), day(5)).collect();
        assert_eq!(pieces, [(day(1), day(2), 12), (day(2), day(4), 24), (day(4), day(5), 6)]);
        assert_eq!(rules.pieces(day(2), day(3)).collect::<Vec<_>>(), [(day(2), day(3), 24)]);
        assert_eq!(rules.pieces(day(3), day(3)).count(), 0);
        assert_eq!(rules.pieces(day(9), day(3)).count(), 0);
    }
}
