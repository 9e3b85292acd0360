//! What happens to a device: its runs by the slots of its jobs, its agent's check-ins, its restore tests.
//!
//! Each of them follows from the device's seed and its own time alone, so a window is made without what came before it.

pub(crate) mod fate;
pub(crate) mod run;

use crate::{
    dice::{Dice, seed},
    plan::{DevicePlan, Happening, What},
    story::Story,
    words,
};
use domain::{
    schedule::Schedule,
    time::{Span, Time},
    zones::{self, Zone},
};

/// What a device's happenings are drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) seed: u64,
    /// The fleet's `until`: the stories' height.
    pub(crate) until: Time,
    pub(crate) zone: Zone,
    /// Nothing happens before, and nothing from `ends` on.
    pub(crate) starts: Time,
    pub(crate) ends: Time,
    /// The story's trouble, from and to.
    pub(crate) trouble: (Time, Time),
    /// Without any sign of life, from and to.
    pub(crate) away: (Time, Time),
    /// Its organization's line was down, from and to.
    pub(crate) outage: (Time, Time),
    pub(crate) agent: bool,
    /// Switched off now and then.
    pub(crate) mobile: bool,
    pub(crate) storage: Growth,
    /// Restores are tested each month.
    pub(crate) restore_tests: bool,
    /// Runs once at `starts`, by hand.
    pub(crate) first_run: bool,
}

/// A time that never comes.
pub(crate) const NEVER: Time = Time(i64::MAX);

/// Storage used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    /// Bytes at the fleet's `until`.
    pub(crate) at_until: i64,
    /// Growth a day, in millionths of that.
    pub(crate) daily: i64,
}

/// What the runs of a job look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    /// Bytes of the source at the fleet's `until`.
    pub(crate) bytes: i64,
    pub(crate) items: i64,
    /// Usual length, in seconds.
    pub(crate) seconds: i64,
    /// Seconds from a slot to the start: its place in the window.
    pub(crate) offset: i64,
    pub(crate) windows: bool,
    /// How often it fails or warns, in per cent of what is usual.
    pub(crate) luck: u64,
}

/// What a job backs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Files,
    Images,
    Database,
    /// Copies to another place over a slow line.
    Sync,
}

/// No run goes on for longer, retries included; a hung one says nothing after its start.
const LONGEST: Span = Span::hours(14);

/// Happenings are made so much at a time.
const CHUNK: Span = Span::days(8);

/// Before the height an agent's check-ins are kept once a day, from here on each of them.
pub(crate) const RECENT: Span = Span::hours(2);
const CHECK_IN: Span = Span::minutes(15);

const MONTH: Span = Span::days(30);
const RETEST: Span = Span::days(2);

// What is drawn for a device, apart from its runs.
const OFF: u64 = 1 << 40;
const CHECK_INS: u64 = OFF + 1;
const TESTS: u64 = OFF + 2;
const STORAGE: u64 = OFF + 3;

/// Happenings of a window.
struct Happenings<'a> {
    device: &'a DevicePlan,
    at: Time,
    until: Time,
    made: std::vec::IntoIter<Happening>,
}

impl Iterator for Happenings<'_> {
    type Item = Happening;

    fn next(&mut self) -> Option<Happening> {
        loop {
            if let Some(next) = self.made.next() {
                return Some(next);
            }
            if self.at >= self.until {
                return None;
            }
            let end = (self.at + CHUNK).min(self.until);
            self.made = self.device.chunk(self.at, end).into_iter();
            self.at = end;
        }
    }
}

pub(crate) fn within(time: Time, (from, to): (Time, Time)) -> bool {
    from <= time && time < to
}

impl DevicePlan {
    /// What happens to it in `[from, until)`, ascending. Windows concatenate, and cost what they hold.
    pub fn happenings(&self, from: Time, until: Time) -> impl Iterator<Item = Happening> + '_ {
        let from = from.max(self.course.starts);
        let until = until.min(self.course.ends);
        Happenings { device: self, at: from, until, made: Vec::new().into_iter() }
    }

    fn chunk(&self, from: Time, until: Time) -> Vec<Happening> {
        let mut out = Vec::new();
        for place in 0..self.jobs.len() {
            for slot in self.slots(place, from - LONGEST, until) {
                self.run(place, slot, (from, until), &mut out);
            }
        }
        self.check_ins(from, until, &mut out);
        self.restore_tests(from, until, &mut out);
        out.sort_by_key(|happening| happening.at);
        out
    }

    /// The slots of a job in `[from, until)`.
    fn slots(&self, place: usize, from: Time, until: Time) -> Vec<Time> {
        let job = &self.jobs[place];
        let from = from.max(job.since);
        let mut slots = Vec::new();
        if place == 0 && self.course.first_run && from <= self.course.starts && self.course.starts < until {
            slots.push(self.course.starts);
        }
        slots.extend(scheduled(&job.follows, job.since, from, until));
        slots
    }

    /// A workstation is switched off on some days.
    fn is_off(&self, day: i32) -> bool {
        let weekend = (i64::from(day) + 3).rem_euclid(7) >= 5;
        self.course.mobile
            && Dice::new(seed(self.course.seed, OFF), i64::from(day).cast_unsigned()).in_10_000(if weekend { 90 } else { 50 })
    }

    fn is_silent(&self, time: Time) -> bool {
        within(time, self.course.away) || within(time, self.course.outage)
    }

    fn check_ins(&self, from: Time, until: Time, out: &mut Vec<Happening>) {
        let course = &self.course;
        if !course.agent {
            return;
        }
        let recent = course.until - RECENT;
        let own = seed(course.seed, CHECK_INS);
        let mut tell = |every: Span, from: Time, until: Time| {
            // A little different for each agent, the same every time.
            let offset = Span((own % every.0.unsigned_abs()).cast_signed());
            let first = (from - offset).0 + every.0 - 1;
            let mut at = Time(first.div_euclid(every.0) * every.0) + offset;
            while at < until {
                if !self.is_silent(at) && !self.is_off(course.zone.day_of(at)) {
                    out.push(Happening { at, what: What::CheckIn { storage_used: Some(self.storage_used(at)) } });
                }
                at += every;
            }
        };
        tell(Span::DAY, from, until.min(recent));
        tell(CHECK_IN, from.max(recent), until);
    }

    /// Grows, with a little more each weekday until Sunday's clean-up.
    fn storage_used(&self, at: Time) -> i64 {
        let Growth { at_until, daily } = self.course.storage;
        let days = (at - self.course.until).0.div_euclid(Span::DAY.0);
        let day = at.0.div_euclid(Span::DAY.0);
        let weekday = (day + 3).rem_euclid(7);
        let noise = Dice::new(seed(self.course.seed, STORAGE), day.cast_unsigned()).between(-700, 700);
        // After the height it grows more slowly: a demo may go on for months.
        let grown = if days > 0 { days * daily / 8 } else { days * daily };
        let millionths = 1_000_000 + grown.max(-800_000) + weekday * 900 + noise;
        at_until / 1_000 * millionths / 1_000
    }

    fn restore_tests(&self, from: Time, until: Time, out: &mut Vec<Happening>) {
        if !self.course.restore_tests {
            return;
        }
        let mut push = |at: Time, passed: bool, dice: &mut Dice| {
            if from <= at && at < until && !self.is_silent(at) {
                out.push(Happening { at, what: words::restore_test(self, passed, dice) });
            }
        };
        let own = seed(self.course.seed, TESTS);
        let height = self.course.until;
        let (stops, resumes) = match self.story {
            Story::StaleRestoreTest => self.course.trouble,
            Story::FailedRestoreTest => (height - Span::days(12), height + RETEST),
            _ => (NEVER, NEVER),
        };
        if self.story == Story::FailedRestoreTest {
            let mut dice = Dice::new(own, 0);
            let failed = height - Span::HOUR * dice.between(20, 140);
            push(failed, false, &mut dice);
            push(height + RETEST, true, &mut dice);
        }
        let first = self.course.starts + Span::days(3) + Span::HOUR * (own % 480).cast_signed();
        let begin = (from - first - MONTH).0.div_euclid(MONTH.0).max(0);
        let end = (until - first + MONTH).0.div_euclid(MONTH.0);
        for month in begin..=end {
            let mut dice = Dice::new(own, month.cast_unsigned() + 1);
            let at = first + MONTH * month + Span::HOUR * dice.between(-40, 40).max(if month == 0 { 0 } else { -40 });
            if within(at, (stops, resumes)) {
                continue;
            }
            // Not just before the height: how many stand failed there is a story's to say.
            let failed = dice.in_10_000(120) && at < height - Span::days(10);
            push(at, !failed, &mut dice);
            if failed && !within(at + RETEST, (stops, resumes)) {
                push(at + RETEST, true, &mut dice);
            }
        }
    }
}

/// Slots of a schedule that began at `since`, from `from` on and before `until`.
pub(crate) fn scheduled(schedule: &Schedule, since: Time, from: Time, until: Time) -> Vec<Time> {
    let mut slots = Vec::new();
    if let Schedule::Every { every_minutes } = *schedule {
        let every = Span::minutes(every_minutes.max(1).into());
        let mut slot = since + every * ((from - since).0 + every.0 - 1).div_euclid(every.0).max(0);
        while slot < until {
            slots.push(slot);
            slot += every;
        }
        return slots;
    }
    let mut after = from - Span(1);
    while let Ok(next) = zones::next_slots(schedule, after, 16)
        && let Some(last) = next.last()
    {
        after = *last;
        slots.extend(next.iter().filter(|slot| **slot < until));
        if after >= until {
            break;
        }
    }
    slots
}
