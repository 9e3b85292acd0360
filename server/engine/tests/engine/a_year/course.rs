//! The year of each job: slot after slot, most of them well, some with what looks odd and is harmless, some in trouble.

use crate::a_year::{
    calendar::{Rhythm, Slots},
    chance::Dice,
    plan::{Act, Cause, Plan, Run, Subject, Trouble},
    truth::deadlines,
};
use domain::{
    alert::AlertKind,
    run::RunState,
    time::{Span, Time},
};
use std::collections::BTreeMap;

/// Agents tell in portions: at full quarters of an hour.
const PORTION: i64 = 15 * 60_000;

/// Troubles of a job in a year, about.
const TROUBLES: i64 = 3;

/// The last troubles begin so long before the end that they end, too.
const TAIL: Span = Span::days(8);

/// One job on its way through the year.
struct Course<'p> {
    dice: &'p mut Dice,
    subject: &'p Subject,
    slots: &'p Slots,
    until: Time,
    runs: Vec<Run>,
    /// End and slot of the last usable run.
    last: Option<(Time, Time)>,
    usual: i64,
    /// No trouble before this.
    calm: Time,
    troubles: Vec<(Cause, Time, Time)>,
    harmless: BTreeMap<&'static str, usize>,
    check_ins: Vec<Time>,
    /// Troubles whose time is given: by slot, the next one last.
    given: Vec<(Time, Given)>,
}

/// A trouble that is planned for a time.
#[derive(Clone, Copy)]
enum Given {
    /// Fails once, together with others.
    Fail,
    /// Says nothing for two slots, together with others.
    Silence,
    /// Fails every second time for a while.
    Flap,
}

fn portion(at: Time) -> Time {
    Time((at.0 + PORTION - 1).div_euclid(PORTION) * PORTION)
}

/// Plans the runs of every job. `busy`: times of other troubles of the same subject, which these keep away from.
pub fn all(plan: &mut Plan, dice: &mut Dice) {
    for s in 0..plan.subjects.len() {
        let subject = plan.subjects[s].clone();
        let mut calm = subject.enrolled;
        for j in 0..subject.jobs.len() {
            let given = given(plan, s, dice);
            let mut course = Course {
                dice,
                subject: &subject,
                slots: &plan.slots[subject.rhythm],
                until: plan.until,
                runs: Vec::new(),
                last: None,
                usual: 0,
                calm,
                troubles: Vec::new(),
                harmless: BTreeMap::new(),
                check_ins: Vec::new(),
                given: if j == 0 { given } else { Vec::new() },
            };
            course.usual = course.dice.between(1, 900) * 1_000_000_000;
            // Of a machine with two jobs only the first gets into trouble, so that each trouble stands by itself.
            course.go(j == 0);
            let Course { runs, troubles, harmless, check_ins, .. } = course;
            plan.runs.insert((s, j), runs);
            plan.troubles.extend(troubles.into_iter().map(|(cause, from, until)| Trouble { subject: s, cause, from, until }));
            plan.acts.extend(check_ins.into_iter().map(|at| (at, s, Act::CheckIn(None))));
            for (name, count) in harmless {
                *plan.harmless.entry(name).or_default() += count;
            }
            calm = plan.until;
        }
    }
}

/// What is given for a subject: its storms, and flapping where it runs often.
fn given(plan: &Plan, s: usize, dice: &mut Dice) -> Vec<(Time, Given)> {
    let mut given: Vec<(Time, Given)> = Vec::new();
    for storm in plan.storms.iter().filter(|storm| storm.members.contains(&s)) {
        given.push((storm.slot, if storm.kind == AlertKind::JobFailed { Given::Fail } else { Given::Silence }));
    }
    let subject = &plan.subjects[s];
    if !subject.is_account() && plan.slots[subject.rhythm].a_year() > 2_000 {
        let days = (plan.until - TAIL - subject.enrolled).0 / Span::DAY.0;
        given.extend((0..2).map(|_| (subject.enrolled + Span::days(dice.between(days / 5, days.max(1))), Given::Flap)));
    }
    given.sort_by_key(|given| std::cmp::Reverse(given.0));
    given
}

impl Course<'_> {
    fn go(&mut self, troubled: bool) {
        let mut slot = match self.slots.rhythm {
            Rhythm::Every(minutes) => {
                let step = Span::minutes(minutes);
                let phase = Span(portion(Time(step.0 * self.dice.below(6) / 6)).0);
                portion(self.subject.enrolled) + step / 12 + if minutes < 1_000 { phase } else { Span::hours(2) * self.dice.below(4) }
            }
            Rhythm::Clock(..) => self.slots.after(self.subject.enrolled),
        };
        if troubled && self.subject.enrolled > crate::a_year::plan::begin() && !self.subject.is_account() && self.dice.in_1000(600) {
            slot = self.begin_late(slot);
        }
        // A year has 366 days here; what is less than a year gets less.
        let odds = 1_000 * TROUBLES / self.slots.a_year();
        let odds = if odds == 0 { i64::from(self.dice.in_1000(1_000 * 1_000 * TROUBLES / self.slots.a_year() % 1_000)) } else { odds };
        // What is due shortly before the end comes shortly after it.
        while slot < self.until + Span::days(2) {
            // Far rarer than once in a thousand slots needs a finer die.
            let now = if odds > 0 && self.slots.a_year() < 1_500 {
                self.dice.in_1000(odds)
            } else {
                self.dice.below(self.slots.a_year()) < TROUBLES
            };
            let room = slot > self.calm && slot < self.barrier() - TAIL && self.runs.len() > 8;
            slot = match self.given.last() {
                Some((at, what)) if slot >= *at => {
                    let what = *what;
                    self.given.pop();
                    self.given_trouble(slot, what)
                }
                _ if troubled && now && room => self.trouble(slot),
                _ => self.well(slot),
            };
        }
    }

    /// The slot after this one; of an interval it counts from the start.
    fn next(&self, slot: Time) -> Time {
        self.slots.after(slot)
    }

    /// Whatever is given next, or the year's end: troubles are over by then.
    fn barrier(&self) -> Time {
        self.given.last().map_or(self.until, |given| given.0)
    }

    fn given_trouble(&mut self, slot: Time, what: Given) -> Time {
        if self.runs.len() < 9 {
            return self.well(slot);
        }
        match what {
            Given::Fail => {
                let mut run = self.plain(slot);
                run.state = RunState::Failed;
                // All of a storm are heard of at the same time.
                run.end_known = Some(portion(slot + Span::minutes(14)));
                self.keep(run);
                let next = self.next(slot);
                let after = self.recover(Cause::Failing, slot, next);
                self.calm = self.calm.max(slot + Span::days(4));
                after
            }
            Given::Silence => {
                let next = self.next(self.next(slot));
                self.recover(Cause::Silent, slot, next)
            }
            Given::Flap => {
                let mut at = slot;
                for _ in 0..self.dice.between(3, 6) {
                    let mut run = self.plain(at);
                    run.state = RunState::Failed;
                    run.start_known = None;
                    self.keep(run);
                    at = self.next(at);
                    let good = self.plain(at);
                    self.keep(good);
                    at = self.next(at);
                }
                let next = self.recover(Cause::Failing, slot, at);
                self.calm = next + Span::days(3);
                next
            }
        }
    }

    fn told(&self, at: Time) -> Time {
        at + self.subject.skew
    }

    fn sized(&mut self) -> i64 {
        self.usual / 100 * self.dice.between(92, 108)
    }

    /// A run as most are: minutes long, told of at its end.
    fn plain(&mut self, slot: Time) -> Run {
        let begun = slot + Span::minutes(self.dice.between(0, 2));
        let end = begun + Span::minutes(self.dice.one_of(&[3, 5, 12]));
        Run {
            start: self.told(begun),
            start_known: None,
            end: Some(self.told(end)),
            end_known: Some(portion(end)),
            state: if self.dice.in_1000(40) { RunState::Warning } else { RunState::Succeeded },
            bytes: self.sized(),
            files: 500,
            slot,
            again: None,
            retried: false,
        }
    }

    fn begin(&mut self, run: &mut Run) {
        run.start_known = Some(Time(run.start.0 - self.subject.skew.0) + Span::MINUTE);
    }

    /// The first deadline after the last usable run.
    fn deadline(&self) -> Option<Time> {
        let (since, slot) = self.last?;
        let (missed, overdue) = deadlines(self.subject, self.slots, since, slot);
        Some(missed.map_or(overdue, |missed| missed.min(overdue)))
    }

    fn count(&mut self, what: &'static str) {
        *self.harmless.entry(what).or_default() += 1;
    }

    fn keep(&mut self, run: Run) {
        if run.is_usable()
            && let Some(end) = run.end
        {
            self.last = self.last.max(Some((end, run.slot)));
        }
        if self.subject.agent
            && let Some(known) = run.end_known
        {
            self.check_ins.push(known);
        }
        self.runs.push(run);
    }

    /// A slot in which all is well, however odd it looks. The slot after it.
    fn well(&mut self, slot: Time) -> Time {
        let mut run = self.plain(slot);
        let end = run.end_known.unwrap_or(slot);
        let deadline = self.deadline().map_or(end, |at| at - Span::minutes(3));
        let odd = if self.runs.len() > 8 && deadline > end { self.dice.below(160) } else { 160 };
        match odd {
            0..3 => {
                // Kept back by a bad line, and told of in time.
                let latest = deadline.min(end + Span::hours(30)).min(self.until);
                let late = end + Span::minutes(self.dice.between(0, ((latest - end).0 / 60_000).max(0)));
                run.end_known = Some(late);
                self.count("late");
            }
            3..6 => {
                run.again = Some(Span::minutes(self.dice.one_of(&[0, 1, 45, 60 * 24 * 3])));
                self.count("doubled");
            }
            6..8 => {
                run.start_known = Some(end + Span::minutes(self.dice.between(1, 20)));
                self.count("start after end");
            }
            8..10 => {
                // Long, but not too long: it holds the deadline back.
                let gap = self.next(slot) - slot;
                let longest = (self.subject.terms.longest - Span::minutes(20)).min(gap - gap / 4);
                let length = longest / 100 * self.dice.between(60, 100);
                if self.subject.skew == Span::ZERO && length > Span::minutes(20) {
                    run.end = Some(Time(run.start.0 + length.0 / 60_000 * 60_000));
                    run.end_known = run.end;
                    self.begin(&mut run);
                    self.count("long");
                }
            }
            10..12 => {
                self.begin(&mut run);
                run.retried = true;
                self.count("retried");
            }
            12..14 => {
                // It failed, was made good in the same slot, and the failure is heard of last.
                let mut failed = self.plain(slot);
                failed.state = RunState::Failed;
                failed.start = run.start - Span::MINUTE;
                failed.end = Some(run.start);
                failed.end_known = Some(end + Span::minutes(self.dice.between(1, 60 * 30)));
                self.keep(failed);
                self.count("failure heard of after it was made good");
            }
            _ => {}
        }
        if self.subject.skew != Span::ZERO {
            self.count("by a clock that is off");
        }
        self.keep(run);
        self.next(slot)
    }

    /// The next slot in which all is well again, and how long trouble stays away then: mostly long, sometimes so short that it counts as the
    /// same again (D4, reopening).
    fn recover(&mut self, cause: Cause, from: Time, slot: Time) -> Time {
        let run = self.plain(slot);
        let known = run.end_known.unwrap_or(slot);
        self.keep(run);
        self.troubles.push((cause, from, known));
        let again = self.dice.in_1000(150);
        self.calm = known + if again { Span::hours(2) } else { Span::hours(30 + self.dice.below(24 * 14)) };
        self.next(slot)
    }

    fn trouble(&mut self, slot: Time) -> Time {
        let gap = self.next(slot) - slot;
        // Some slots of a day, some days; never into the year's end.
        let most = ((self.barrier() - TAIL - slot).0 / gap.0 - 2).min((Span::days(2).0 / gap.0).max(1));
        if most < 1 {
            return self.well(slot);
        }
        match self.dice.below(100) {
            0..30 => self.silent(slot, most.min(12)),
            30..65 => self.failing(slot, most.min(6)),
            65..85 => self.hanging(slot),
            _ => self.far_less(slot, most.min(2)),
        }
    }

    fn silent(&mut self, slot: Time, most: i64) -> Time {
        let n = self.dice.between(1, most);
        let mut next = slot;
        let from = slot;
        for _ in 0..n {
            next = self.next(next);
        }
        if self.subject.agent {
            // The machine is on, its backups don't run: it goes on checking in; or it is off, and says nothing.
            if self.dice.in_1000(400) {
                let mut at = portion(slot);
                while at < next {
                    at += Span::hours(1);
                    self.check_ins.push(at);
                }
            } else {
                self.count("machine off");
                return self.recover(Cause::Off, from, next);
            }
        }
        self.recover(Cause::Silent, from, next)
    }

    fn failing(&mut self, slot: Time, most: i64) -> Time {
        let n = self.dice.between(1, most);
        let mut at = slot;
        for _ in 0..n {
            let mut run = self.plain(at);
            run.state = RunState::Failed;
            (run.bytes, run.files) = (0, 0);
            if self.dice.in_1000(300) {
                self.begin(&mut run);
            }
            if self.dice.in_1000(100) {
                run.again = Some(Span::minutes(30));
            }
            self.keep(run);
            at = self.next(at);
        }
        self.recover(Cause::Failing, slot, at)
    }

    fn hanging(&mut self, slot: Time) -> Time {
        let mut run = self.plain(slot);
        self.begin(&mut run);
        let limit = run.start + self.subject.terms.longest;
        (run.end, run.end_known) = (None, None);
        let mut free = limit + Span::minutes(40);
        let corrected = self.dice.in_1000(300);
        if corrected {
            // It did come to its end, long after nobody hoped for it.
            let end = limit + Span::minutes(self.dice.between(30, 200));
            run.end = Some(end);
            run.end_known = Some(portion(Time(end.0 - self.subject.skew.0)));
            free = end;
        }
        let mut next = slot;
        while next <= free + Span::minutes(30) {
            next = self.next(next);
        }
        self.keep(run);
        self.recover(Cause::Hanging, slot, next)
    }

    fn far_less(&mut self, slot: Time, most: i64) -> Time {
        let n = self.dice.between(1, most);
        let mut at = slot;
        for _ in 0..n {
            let mut run = self.plain(at);
            if self.dice.in_1000(300) {
                run.files = 0;
            } else {
                run.bytes = self.usual / 100 * self.dice.between(1, 15);
            }
            self.keep(run);
            at = self.next(at);
        }
        self.recover(Cause::FarLess, slot, at)
    }

    /// Enrolled, and nothing comes for longer than it should.
    fn begin_late(&mut self, first: Time) -> Time {
        let (before, due, next) = self.slots.around(self.subject.enrolled);
        let missed = self.subject.enrolled + (due - before) + (due - before).min(next - due) / 2 + self.subject.terms.grace;
        let wanted = missed + Span::minutes(self.dice.between(1, 60 * 24 * 5));
        let mut slot = first;
        while slot < wanted {
            slot = self.next(slot);
        }
        if slot > self.until - TAIL {
            return first;
        }
        self.troubles.push((Cause::NeverReported, self.subject.enrolled, slot + Span::HOUR));
        slot
    }
}
