//! One run, as its tool tells it: start, retries, progress while somebody may look, and the end.

use super::{
    Kind, RECENT,
    fate::{Fate, Trouble},
    within,
};
use crate::{
    dice::{Dice, seed},
    plan::{DevicePlan, Happening, What},
    story::Story,
    words,
};
use domain::{
    run::{RunEvent, RunState},
    time::{Span, Time},
};

/// Logs of failures and warnings are kept so long, those of successes so long.
const LOGS_OF_TROUBLE: Span = Span::days(90);
pub(crate) const LOGS: Span = Span::days(3);

/// An open run says how far it is this often.
const PROGRESS: Span = Span::minutes(2);

/// What a run did.
pub(crate) struct Done {
    pub(crate) state: RunState,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) started_at: Time,
    pub(crate) ended_at: Time,
    pub(crate) items: i64,
    pub(crate) bytes: i64,
    pub(crate) added: i64,
    pub(crate) failed_items: Vec<String>,
}

impl DevicePlan {
    /// Tells the run of a slot, as far as it lies in the window.
    pub(super) fn run(&self, place: usize, slot: Time, window: (Time, Time), out: &mut Vec<Happening>) {
        let shape = &self.jobs[place].shape;
        let mut dice = Dice::new(seed(self.course.seed, place as u64), slot.0.cast_unsigned());
        let by_hand = self.course.first_run && slot == self.course.starts;
        let start = slot + Span::SECOND * if by_hand { 0 } else { shape.offset + dice.between(0, 90) };
        if start >= window.1 {
            return;
        }
        let day = self.course.zone.day_of(slot);
        let fate = self.fate(place, slot, day, &mut dice);
        let (state, trouble, retries) = match fate {
            Fate::Nothing => return,
            Fate::Skipped => {
                let mut event = RunEvent::new(RunState::Skipped, start);
                event.message = Some("Skipped: the run before this one is still going.".into());
                self.tell(place, slot, event, None, window, out);
                return;
            }
            Fate::Hangs => {
                self.tell(place, slot, RunEvent::new(RunState::Running, start), None, window, out);
                return;
            }
            Fate::Good(retries) => (RunState::Succeeded, None, retries),
            Fate::Partial(trouble, _) => (RunState::Warning, Some(trouble), 0),
            Fate::Bad(trouble, retries) => (RunState::Failed, Some(trouble), retries),
            Fate::Cancelled => (RunState::Cancelled, None, 0),
        };
        let weekend = (i64::from(day) + 3).rem_euclid(7) >= 5;
        let length = self.length(place, state, weekend, &mut dice);
        // When each attempt began, and when it was given up.
        let mut attempts = Vec::with_capacity(retries as usize);
        let mut at = start;
        for _ in 0..retries {
            let given_up = at + self.part(place, (300, 700), &mut dice);
            let again = given_up + self.part(place, (900, 1_500), &mut dice);
            attempts.push((at, given_up));
            at = again;
        }
        let end = at + length;
        // Far the most runs of a window's first hours ended before it.
        if end < window.0 {
            return;
        }
        self.tell(place, slot, RunEvent::new(RunState::Running, start), None, window, out);
        for (n, (began, given_up)) in attempts.iter().enumerate() {
            let attempt = n as u16 + 1;
            self.progress(place, slot, attempt, (*began, *given_up), 40, window, out);
            let mut again = RunEvent::new(RunState::Retrying, *given_up);
            again.attempt = attempt + 1;
            again.message =
                Some(words::retry(trouble.unwrap_or(Trouble::Network), &mut Dice::new(self.course.seed, slot.0.cast_unsigned())));
            self.tell(place, slot, again, None, window, out);
            let began = attempts.get(n + 1).map_or(at, |(began, _)| *began);
            let mut running = RunEvent::new(RunState::Running, began);
            running.attempt = attempt + 1;
            self.tell(place, slot, running, None, window, out);
        }
        let attempt = retries + 1;
        self.progress(place, slot, attempt, (at, end), 100, window, out);
        if !within(end, window) {
            return;
        }
        let done = self.done(place, (start, end), fate, weekend, state, trouble, &mut dice);
        let mut event = RunEvent::new(state, end);
        event.attempt = attempt;
        if state != RunState::Failed {
            event.items = Some(done.items);
            event.bytes = Some(done.bytes);
            event.bytes_added = Some(done.added);
        }
        let kept = if state == RunState::Succeeded { LOGS } else { LOGS_OF_TROUBLE };
        let recent = end >= self.course.until - kept;
        event.message = words::message(self, place, &done, &mut dice);
        let log = recent.then(|| words::log(self, place, &done, attempt, &mut dice));
        event.failed_items = done.failed_items;
        self.tell(place, slot, event, log, window, out);
    }

    fn tell(&self, place: usize, slot: Time, mut event: RunEvent, log: Option<String>, window: (Time, Time), out: &mut Vec<Happening>) {
        if within(event.at, window) {
            event.tool = Some(self.jobs[place].tool.clone());
            let key = format!("{:08x}", slot.0 / 1_000);
            out.push(Happening { at: event.at, what: What::Run { job: place, key, event, log } });
        }
    }

    /// How far an attempt is, while somebody may look.
    #[expect(clippy::too_many_arguments, reason = "one place calls it, with all that an attempt is")]
    fn progress(
        &self,
        place: usize,
        slot: Time,
        attempt: u16,
        span: (Time, Time),
        reaches: i64,
        window: (Time, Time),
        out: &mut Vec<Happening>,
    ) {
        let (from, to) = span;
        if to < self.course.until - RECENT {
            return;
        }
        let mut at = from + PROGRESS;
        while at < to.min(window.1) {
            let mut event = RunEvent::new(RunState::Running, at);
            event.attempt = attempt;
            event.percent = u8::try_from((at - from).0 * reaches / (to - from).0.max(1)).ok();
            if at >= self.course.until - RECENT {
                self.tell(place, slot, event, None, window, out);
            }
            at += PROGRESS;
        }
    }

    fn length(&self, place: usize, state: RunState, weekend: bool, dice: &mut Dice) -> Span {
        let seconds = self.jobs[place].shape.seconds * dice.about(450) / 1_000 * if weekend { 7 } else { 10 } / 10;
        let seconds = match state {
            // A failure seldom takes as long as a backup.
            RunState::Failed => (seconds / 6).max(8),
            RunState::Cancelled => seconds / 2,
            _ => seconds,
        };
        Span::SECOND * seconds.max(12)
    }

    /// How long an attempt goes on before it is given up, or how long the tool waits.
    fn part(&self, place: usize, slow: (i64, i64), dice: &mut Dice) -> Span {
        let shape = &self.jobs[place].shape;
        match shape.kind {
            Kind::Sync => Span::SECOND * dice.between(slow.0, slow.1),
            _ => Span::SECOND * (shape.seconds / 8).clamp(20, 420) * dice.between(6, 14) / 10,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place calls it, with all that a run is")]
    fn done(
        &self,
        place: usize,
        (started_at, ended_at): (Time, Time),
        fate: Fate,
        weekend: bool,
        state: RunState,
        trouble: Option<Trouble>,
        dice: &mut Dice,
    ) -> Done {
        let shape = &self.jobs[place].shape;
        let days = (started_at - self.course.until).0.div_euclid(Span::DAY.0);
        // Half of what was there a year ago was there two years ago.
        let grown = 1_000_000 + (days * self.course.storage.daily).clamp(-700_000, 400_000);
        let mut bytes = shape.bytes / 1_000 * grown / 1_000 * dice.about(8) / 1_000;
        let mut items = shape.items * (grown / 1_000) / 1_000 * dice.about(6) / 1_000;
        if self.story == Story::EmptiedSource && within(started_at, self.course.trouble) {
            bytes = bytes / 900 + 4_096;
            items = items / 700 + 3;
        }
        let share = dice.between(3, 30) * if weekend { 1 } else { 5 };
        let added = match shape.kind {
            Kind::Database => bytes / 100 * dice.between(20, 60) / 10,
            _ => bytes / 10_000 * share,
        };
        let failed_items = match fate {
            Fate::Partial(trouble, count) => words::files(self, place, trouble, count, dice),
            Fate::Bad(Trouble::Disk, _) => words::files(self, place, Trouble::Disk, 12 + dice.below(9), dice),
            _ => Vec::new(),
        };
        let half = if state == RunState::Cancelled { 2 } else { 1 };
        Done { state, trouble, started_at, ended_at, items: items / half, bytes: bytes / half, added: added / half, failed_items }
    }
}
