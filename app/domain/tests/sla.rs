//! A period judged against the rules of its time (D5): tables, and what holds for everything.

use domain::{
    policy::DeviceClass,
    sla::{Breach, Cause, Excluded, Figures, Judged, Rule, Rules, judge},
    time::{Span, Time},
};
use proptest::prelude::*;

/// 2026-10-01T00:00:00Z.
const OCTOBER: Time = Time(1_790_812_800_000);

fn day(n: i64) -> Time {
    OCTOBER + Span::days(n)
}

fn hour(day_of: i64, hours: i64) -> Time {
    day(day_of) + Span::hours(hours)
}

/// October, seen from December; enrolled long ago; 12 hours.
struct Case {
    ends: Vec<Time>,
    enrolled_at: Time,
    rules: Rules,
    excluded: Vec<Excluded>,
    from: Time,
    until: Time,
    now: Time,
}

impl Case {
    fn of(ends: &[Time]) -> Self {
        Self {
            ends: ends.to_vec(),
            enrolled_at: day(-300),
            rules: Rules::always(12),
            excluded: Vec::new(),
            from: day(0),
            until: day(31),
            now: day(70),
        }
    }

    fn judged(&self) -> Figures {
        let Self { ends, enrolled_at, rules, excluded, from, until, now } = self;
        judge(&Judged { ends, enrolled_at: *enrolled_at, rules, excluded, from: *from, until: *until, now: *now })
    }
}

/// A backup at six in the morning and six in the evening, from the day before the period on.
fn twice_a_day() -> Vec<Time> {
    (-2..64).map(|n| day(-1) + Span::hours(6 + 12 * n)).collect()
}

fn out(from: Time, until: Option<Time>, cause: Cause) -> Excluded {
    Excluded { from, until, cause }
}

fn intervals(figures: &Figures) -> Vec<(Time, Time)> {
    figures.breaches.iter().map(|breach| (breach.from, breach.until)).collect()
}

#[test]
fn a_month_of_backups_in_time_is_wholly_in_compliance() {
    // Each backup ends as the twelve hours pass: at that moment it is in time.
    let figures = Case::of(&twice_a_day()).judged();
    assert_eq!((figures.covered, figures.in_breach, figures.share()), (Span::days(31), Span::ZERO, Some(10_000)));
    assert_eq!(figures.breaches, []);
    let gap = figures.longest_gap.map(|gap| gap.length());
    assert_eq!(gap, Some(Span::hours(12)));
}

#[test]
fn a_device_without_any_backup_is_in_breach_from_its_enrolment_and_the_hours_on() {
    let case = Case { enrolled_at: day(10), ..Case::of(&[]) };
    let figures = case.judged();
    assert_eq!(figures.covered, Span::days(21), "nothing before the enrolment is covered");
    assert_eq!(intervals(&figures), [(hour(10, 12), day(31))]);
    assert!(figures.breaches[0].ongoing && !figures.breaches[0].began_before);
    assert_eq!(figures.longest_gap.map(|gap| (gap.from, gap.until, gap.open)), Some((day(10), day(31), true)));
}

#[test]
fn a_gap_from_before_the_period_breaks_the_rule_within_it() {
    let figures = Case::of(&[day(-3), hour(1, 0), day(40)]).judged();
    let first = figures.breaches[0];
    assert_eq!((first.from, first.until, first.began_before, first.ongoing), (day(0), day(1), true, false));
    assert_eq!((figures.breaches[1].from, figures.breaches[1].ongoing), (hour(1, 12), true), "the one after the period doesn't end it");
    let late = Case { from: day(0), ..Case::of(&[hour(-1, 18), hour(0, 12)]) }.judged();
    assert_eq!((late.breaches[0].from, late.breaches[0].began_before), (hour(0, 6), false));
}

#[test]
fn a_backup_that_is_heard_of_late_closes_the_breach_of_its_time() {
    let mut ends = twice_a_day();
    ends.retain(|end| !(day(9)..day(12)).contains(end));
    let before = Case::of(&ends).judged();
    assert_eq!(intervals(&before), [(hour(9, 6), hour(12, 6))]);
    ends.push(hour(10, 6));
    let after = Case::of(&ends).judged();
    assert_eq!(intervals(&after), [(hour(9, 6), hour(10, 6)), (hour(10, 18), hour(12, 6))]);
    assert_eq!(before.in_breach - after.in_breach, Span::hours(12));
    assert_eq!(after.longest_gap.map(|gap| gap.length()), Some(Span::hours(48)));
}

#[test]
fn each_time_is_judged_by_the_rule_of_its_time() {
    // Once a day at midnight; 24 hours until the 10th, 12 after, 24 again from the 20th.
    let ends: Vec<Time> = (-1..40).map(day).collect();
    let rules = [Rule { from: day(10), until: Some(day(20)), hours: 12 }, Rule { from: day(20), until: None, hours: 24 }];
    let scopes: [&[Rule]; 1] = [&rules];
    let case = Case { rules: Rules::of(DeviceClass::Workstation, &scopes), ..Case::of(&ends) };
    let figures = case.judged();
    let halves: Vec<_> = (10..20).map(|n| (hour(n, 12), day(n + 1))).collect();
    assert_eq!(intervals(&figures), halves);
    assert!(figures.breaches.iter().all(|breach| breach.hours == 12));
}

#[test]
fn a_stricter_rule_breaks_at_its_beginning_and_a_milder_one_mends_at_its() {
    let changes = |hours| {
        let rule = [Rule { from: hour(5, 18), until: None, hours }];
        let scopes: [&[Rule]; 1] = [&rule];
        Case { until: day(8), ..Case { rules: Rules::of(DeviceClass::Workstation, &scopes), ..Case::of(&[day(5), hour(6, 12)]) } }.judged()
    };
    assert_eq!(intervals(&changes(12))[1], (hour(5, 18), hour(6, 12)), "not at S + 12 h: then 24 hours were in force");
    assert_eq!(intervals(&changes(24))[1], (day(6), hour(6, 12)));
    let mild = changes(48);
    assert_eq!(intervals(&mild), [(day(0), day(5))], "only what was broken by 24 hours before the fifth");
    // In breach as the rule grows milder: it ends there, and comes again when the milder one breaks.
    let rule = [Rule { from: hour(6, 12), until: None, hours: 48 }];
    let scopes: [&[Rule]; 1] = [&rule];
    let case = Case { rules: Rules::of(DeviceClass::Workstation, &scopes), from: day(5), until: day(9), ..Case::of(&[day(5)]) };
    let figures = case.judged();
    assert_eq!(intervals(&figures), [(day(6), hour(6, 12)), (day(7), day(9))]);
    assert_eq!(figures.breaches.iter().map(|b| (b.hours, b.ongoing)).collect::<Vec<_>>(), [(24, false), (48, true)]);
    let ended = Case { until: hour(6, 20), ..case }.judged();
    assert_eq!(ended.breaches.iter().map(|b| (b.until, b.ongoing)).collect::<Vec<_>>(), [(hour(6, 12), false)], "the milder rule ended it");
}

#[test]
fn a_breach_whose_end_is_left_out_goes_on_and_ends_where_it_is_left_out() {
    let case = Case { excluded: vec![out(day(20), None, Cause::Paused)], ..Case::of(&[day(9)]) };
    let figures = case.judged();
    assert_eq!(figures.breaches.last().map(|b| (b.until, b.ongoing)), Some((day(20), true)));
}

#[test]
fn two_rules_that_are_broken_one_after_the_other_are_one_breach() {
    let rule = [Rule { from: day(3), until: Some(day(4)), hours: 6 }];
    let scopes: [&[Rule]; 1] = [&rule];
    let case = Case { rules: Rules::of(DeviceClass::Server, &scopes), ..Case::of(&[day(1), day(6), day(31)]) };
    let figures = case.judged();
    assert_eq!(intervals(&figures)[1], (hour(1, 12), day(6)));
    assert_eq!(figures.breaches[1].hours, 12, "hours of the rule when it began");
}

#[test]
fn times_left_out_are_neither_covered_nor_in_breach_and_do_not_move_the_limit() {
    let window = out(hour(2, 10), Some(hour(2, 14)), Cause::Maintenance);
    let case = Case { excluded: vec![window], from: day(2), until: day(3), ..Case::of(&[day(2)]) };
    let figures = case.judged();
    assert_eq!((figures.covered, figures.left_out, figures.in_breach), (Span::hours(20), Span::hours(4), Span::hours(10)));
    assert_eq!(intervals(&figures), [(hour(2, 14), day(3))], "it begins when the window ends, because the limit passed inside");
    assert_eq!(figures.excluded, [window]);
}

#[test]
fn a_breach_around_a_window_is_one_with_the_window_not_counted() {
    let window = out(hour(2, 14), Some(hour(2, 16)), Cause::Maintenance);
    let figures = Case { excluded: vec![window], from: day(2), until: day(3), ..Case::of(&[day(2)]) }.judged();
    let [Breach { from, until, counted, .. }] = figures.breaches[..] else { panic!("one breach: {figures:?}") };
    assert_eq!((from, until, counted), (hour(2, 12), day(3), Span::hours(10)));
}

#[test]
fn overlapping_times_are_left_out_once_and_all_are_told() {
    let pause = out(day(3), Some(day(10)), Cause::Paused);
    let window = out(day(9), Some(day(11)), Cause::Maintenance);
    let figures = Case { excluded: vec![window, pause], ..Case::of(&twice_a_day()) }.judged();
    assert_eq!((figures.left_out, figures.covered), (Span::days(8), Span::days(23)));
    assert_eq!(figures.excluded, [pause, window]);
}

#[test]
fn a_retired_device_is_judged_up_to_its_retirement() {
    let ends: Vec<Time> = twice_a_day().into_iter().filter(|end| *end < day(8)).collect();
    let retired = out(hour(8, 3), None, Cause::Retired);
    let figures = Case { excluded: vec![retired], ..Case::of(&ends) }.judged();
    assert_eq!((figures.covered, figures.share()), (Span::days(8) + Span::hours(3), Some(10_000)));
    let gap = figures.longest_gap.map(|gap| gap.length());
    assert_eq!(gap, Some(Span::hours(12)), "what follows the retirement is no gap");
    assert_eq!(figures.excluded, [out(hour(8, 3), Some(day(31)), Cause::Retired)], "cut to the period");
}

#[test]
fn a_device_that_is_left_out_all_the_time_has_no_figures() {
    let figures = Case { excluded: vec![out(day(-5), None, Cause::Paused)], ..Case::of(&[]) }.judged();
    assert_eq!((figures.covered, figures.share(), figures.longest_gap), (Span::ZERO, None, None));
    assert_eq!(figures.breaches, []);
}

#[test]
fn a_gap_with_a_pause_in_it_is_told_whole_with_what_is_left_out_of_it() {
    let pause = out(hour(4, 6), Some(day(9)), Cause::Paused);
    let ends = [hour(-1, 20), day(0), day(4), hour(9, 6), hour(9, 12)];
    let figures = Case { excluded: vec![pause], from: day(4), until: day(10), ..Case::of(&ends) }.judged();
    let gap = figures.longest_gap.map(|gap| (gap.length(), gap.excluded));
    assert_eq!(gap, Some((Span::hours(5 * 24 + 6), Span::hours(4 * 24 + 18))));
}

#[test]
fn the_gap_that_is_open_counts_up_to_now_or_to_the_end_of_the_period() {
    let open = |now| Case { now, from: day(20), ..Case::of(&[day(20)]) }.judged().longest_gap.map(|gap| (gap.until, gap.open));
    assert_eq!(open(day(25)), Some((day(25), true)));
    assert_eq!(open(day(50)), Some((day(31), true)));
}

#[test]
fn nothing_after_now_nor_before_the_enrolment_is_judged() {
    let figures = Case { now: day(10), enrolled_at: day(4), ..Case::of(&twice_a_day()) }.judged();
    assert_eq!(figures.covered, Span::days(6));
    assert_eq!(Case { now: day(-1), ..Case::of(&[]) }.judged(), Figures::default());
    assert_eq!(Case { enrolled_at: day(99), ..Case::of(&[]) }.judged(), Figures::default());
}

#[test]
fn a_backup_from_before_the_enrolment_counts_as_it_does_today() {
    let figures = Case { enrolled_at: day(2), until: day(3), ..Case::of(&[hour(1, 18)]) }.judged();
    assert_eq!(intervals(&figures), [(hour(2, 6), day(3))]);
}

#[test]
fn a_share_is_whole_only_without_a_breach() {
    let mut ends = twice_a_day();
    ends.retain(|end| *end != hour(5, 6));
    ends.push(hour(5, 6) + Span(1));
    let figures = Case::of(&ends).judged();
    assert_eq!((figures.in_breach, figures.share()), (Span(1), Some(9_999)));
}

#[derive(Clone, Debug)]
struct Any {
    ends: Vec<Time>,
    enrolled_at: Time,
    rules: Vec<Rule>,
    excluded: Vec<Excluded>,
    from: Time,
    until: Time,
    now: Time,
}

fn any() -> impl Strategy<Value = Any> {
    let moment = || (-20 * 24..50 * 24i64).prop_map(|h| day(0) + Span::hours(h));
    let rule = (moment(), proptest::option::of(0..300i64), 1..80i64).prop_map(|(from, lasts, hours)| Rule {
        from,
        until: lasts.map(|h| from + Span::hours(h)),
        hours,
    });
    let cause = proptest::sample::select(vec![Cause::Paused, Cause::Retired, Cause::Deactivated, Cause::Maintenance]);
    let excluded = (moment(), proptest::option::of(0..200i64), cause).prop_map(|(from, lasts, cause)| Excluded {
        from,
        until: lasts.map(|h| from + Span::hours(h)),
        cause,
    });
    (
        proptest::collection::vec(moment(), 0..40),
        moment(),
        proptest::collection::vec(rule, 0..4),
        proptest::collection::vec(excluded, 0..5),
        moment(),
        0..60 * 24i64,
        moment(),
    )
        .prop_map(|(ends, enrolled_at, rules, excluded, from, lasts, now)| Any {
            ends,
            enrolled_at,
            rules,
            excluded,
            from,
            until: from + Span::hours(lasts),
            now,
        })
}

impl Any {
    fn rules(&self) -> Rules {
        let scopes: [&[Rule]; 1] = [&self.rules];
        Rules::of(DeviceClass::Server, &scopes)
    }

    fn judged(&self, ends: &[Time], from: Time, until: Time) -> Figures {
        let rules = self.rules();
        judge(&Judged { ends, enrolled_at: self.enrolled_at, rules: &rules, excluded: &self.excluded, from, until, now: self.now })
    }

    /// The definition, hour by hour: all that is made here lies on full hours.
    fn by_the_hour(&self) -> (i64, i64) {
        let rules = self.rules();
        let (mut covered, mut in_breach) = (0, 0);
        let mut x = self.from.max(self.enrolled_at);
        while x < self.until.min(self.now) {
            if !self.excluded.iter().any(|e| e.from <= x && e.until.is_none_or(|until| x < until)) {
                covered += 1;
                let s = self.ends.iter().copied().filter(|end| *end <= x).max().unwrap_or(self.enrolled_at);
                in_breach += i64::from(x >= s + Span::hours(rules.at(x)));
            }
            x += Span::HOUR;
        }
        (covered, in_breach)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn figures_are_what_the_definition_says_of_every_hour(any in any()) {
        let figures = any.judged(&any.ends, any.from, any.until);
        let (covered, in_breach) = any.by_the_hour();
        prop_assert_eq!((figures.covered, figures.in_breach), (Span::hours(covered), Span::hours(in_breach)));
    }

    #[test]
    fn parts_add_up_to_the_whole(any in any(), cut in 0..100i64) {
        let middle = any.from + Span((any.until - any.from).0 / 100 * cut);
        let whole = any.judged(&any.ends, any.from, any.until);
        let (first, second) = (any.judged(&any.ends, any.from, middle), any.judged(&any.ends, middle, any.until));
        prop_assert_eq!(whole.covered, first.covered + second.covered);
        prop_assert_eq!(whole.in_breach, first.in_breach + second.in_breach);
        prop_assert_eq!(whole.left_out, first.left_out + second.left_out);
        let longest = |f: &Figures| f.longest_gap.map_or(Span::ZERO, |gap| gap.length());
        prop_assert!(longest(&whole) >= longest(&first), "a longer look sees no shorter gap");
    }

    #[test]
    fn the_order_of_ends_and_their_copies_do_not_matter(any in any(), turn in 0..40usize) {
        let mut other: Vec<Time> = any.ends.iter().rev().copied().chain(any.ends.iter().copied()).collect();
        if !other.is_empty() {
            let places = other.len();
            other.rotate_left(turn % places);
        }
        prop_assert_eq!(any.judged(&any.ends, any.from, any.until), any.judged(&other, any.from, any.until));
    }

    #[test]
    fn breaches_lie_in_the_period_in_order_and_apart(any in any()) {
        let figures = any.judged(&any.ends, any.from, any.until);
        let mut last = any.from;
        for breach in &figures.breaches {
            prop_assert!(breach.from >= last && breach.from < breach.until && breach.until <= any.until);
            prop_assert!(breach.counted > Span::ZERO && breach.counted <= breach.until - breach.from);
            last = breach.until;
        }
    }
}
