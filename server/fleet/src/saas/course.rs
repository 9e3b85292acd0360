//! The runs of an account: one a workload and slot of its connection's schedule, each account at its own place of the window.

use super::{plan::AccountPlan, story::AccountStory};
use crate::{
    course::{scheduled, within},
    dice::{Dice, seed},
    plan::{Happening, What},
};
use domain::{
    run::{RunEvent, RunState, Tool},
    saas::{Service, Workload},
    schedule::Schedule,
    time::{Span, Time},
};
use std::sync::Arc;

/// What an account's happenings are drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountCourse {
    pub(crate) seed: u64,
    pub(crate) service: Service,
    pub(crate) until: Time,
    pub(crate) starts: Time,
    pub(crate) ends: Time,
    pub(crate) follows: Arc<Schedule>,
    /// Seconds from a slot to its first run.
    pub(crate) offset: i64,
    /// Its provider throttles: mail and files retry for hours.
    pub(crate) throttled: bool,
    /// How often a run fails or warns, in per cent of what is usual.
    pub(crate) luck: u64,
    /// Growth a day, in millionths of what is there at `until`.
    pub(crate) daily: i64,
}

/// No run ends later after its slot.
const LONGEST: Span = Span::hours(20);

/// Happenings are made so much at a time.
const CHUNK: Span = Span::days(8);

/// So long before the end a story's trouble has begun.
const FAILING: Span = Span::days(5);
const SILENT: Span = Span::hours(62);

/// Logs of trouble are kept so long.
const LOGS: Span = Span::days(30);

/// So much of the failed items is named.
const NAMED: u64 = 6;

pub(super) fn happenings(account: &AccountPlan, from: Time, until: Time) -> impl Iterator<Item = Happening> + '_ {
    // What has begun before the end goes on to its own end.
    let from = from.max(account.course.starts);
    let mut at = from;
    let mut made = Vec::new().into_iter();
    std::iter::from_fn(move || {
        loop {
            if let Some(next) = made.next() {
                return Some(next);
            }
            if at >= until || at >= account.course.ends + LONGEST.min(NEVER - account.course.ends) {
                return None;
            }
            let end = (at + CHUNK).min(until);
            made = chunk(account, at, end).into_iter();
            at = end;
        }
    })
}

const NEVER: Time = crate::course::NEVER;

fn chunk(account: &AccountPlan, from: Time, until: Time) -> Vec<Happening> {
    let mut out = Vec::new();
    for slot in slots(&account.course, from - LONGEST, until) {
        let mut offset = account.course.offset;
        for (place, workload) in account.workloads.iter().enumerate() {
            let mut dice = Dice::new(seed(account.course.seed, place as u64), slot.0.cast_unsigned());
            let start = slot + Span::SECOND * (offset + dice.between(0, 40));
            offset += 20 + seconds(*workload, 40).min(400);
            if start >= until {
                break;
            }
            if start < account.course.starts || start >= account.course.ends {
                continue;
            }
            let run = Telling { account, place, workload: *workload, slot, window: (from, until) };
            run.tell(start, &mut dice, &mut out);
        }
    }
    out.sort_by_key(|happening| happening.at);
    out
}

fn slots(course: &AccountCourse, from: Time, until: Time) -> Vec<Time> {
    scheduled(&course.follows, course.starts, from.max(course.starts - LONGEST), until)
}

/// Usual length, in seconds, for a size in per mille of the usual.
const fn seconds(workload: Workload, size: i64) -> i64 {
    let (least, most) = match workload {
        Workload::Email => (40, 900),
        Workload::Drive => (50, 1_300),
        Workload::Contacts => (6, 25),
        Workload::Calendar => (8, 60),
        Workload::Tasks => (4, 15),
        Workload::SharePoint => (80, 2_200),
    };
    least + (most - least) * size / 1_000
}

/// Items and bytes of a workload of middling size: bytes of one item.
const fn amounts(workload: Workload) -> (i64, i64, i64) {
    match workload {
        Workload::Email => (2_500, 90_000, 78_000),
        Workload::Drive => (150, 38_000, 910_000),
        Workload::Contacts => (40, 1_600, 2_100),
        Workload::Calendar => (150, 6_500, 5_900),
        Workload::Tasks => (3, 420, 1_050),
        Workload::SharePoint => (400, 62_000, 640_000),
    }
}

/// What a run comes to.
enum Outcome {
    Good(u16),
    Skipping(u64),
    Bad(&'static str, u16),
    Cancelled,
    Nothing,
}

/// One run on its way.
struct Telling<'a> {
    account: &'a AccountPlan,
    place: usize,
    workload: Workload,
    slot: Time,
    window: (Time, Time),
}

impl Telling<'_> {
    fn tell(&self, start: Time, dice: &mut Dice, out: &mut Vec<Happening>) {
        let course = &self.account.course;
        let size = Dice::new(course.seed, 1 << 40 | self.place as u64).between(0, 1_000);
        // Most are small.
        let size = size * size / 1_000;
        if course.throttled && matches!(self.workload, Workload::Email | Workload::Drive | Workload::SharePoint) {
            return self.throttled(start, size, dice, out);
        }
        let outcome = self.outcome(start, dice);
        let (state, retries) = match outcome {
            Outcome::Nothing => return,
            Outcome::Good(retries) => (RunState::Succeeded, retries),
            Outcome::Skipping(_) => (RunState::Warning, 0),
            Outcome::Bad(_, retries) => (RunState::Failed, retries),
            Outcome::Cancelled => (RunState::Cancelled, 0),
        };
        let mut at = start;
        let mut attempts = Vec::with_capacity(retries.into());
        for _ in 0..retries {
            let given_up = at + Span::SECOND * dice.between(9, 70);
            attempts.push((given_up, Span::SECOND * dice.between(60, 900)));
            at = given_up + attempts[attempts.len() - 1].1;
        }
        let length = seconds(self.workload, size) * dice.about(400) / 1_000;
        let length = if state == RunState::Failed { length / 5 } else { length };
        let end = at + Span::SECOND * length.max(3);
        // Far the most runs of a window's first hours ended before it.
        if end < self.window.0 {
            return;
        }
        self.say(RunEvent::new(RunState::Running, start), None, out);
        for (n, (given_up, wait)) in attempts.iter().enumerate() {
            self.again(n as u16 + 2, (*given_up, *wait), dice, out);
        }
        if !within(end, self.window) {
            return;
        }
        let mut event = RunEvent::new(state, end);
        event.attempt = retries + 1;
        if state != RunState::Failed {
            self.fill(&mut event, size, dice);
        }
        match outcome {
            Outcome::Skipping(count) => {
                event.failed_items = self.skipped(count, dice);
                let items = if count == 1 { "1 item".to_owned() } else { format!("{count} items") };
                event.message = Some(format!("{items} skipped: {}; the rest is saved", dice.of(why_skipped(self.workload))));
            }
            Outcome::Bad(why, _) => event.message = Some(format!("{} failed: {why}", self.workload.name())),
            Outcome::Cancelled => event.message = Some("Stopped by hand".to_owned()),
            _ => {}
        }
        let log = (end >= course.until - LOGS && event.message.is_some()).then(|| self.log(start, &event));
        self.say(event, log, out);
    }

    fn outcome(&self, start: Time, dice: &mut Dice) -> Outcome {
        let course = &self.account.course;
        match self.account.story {
            AccountStory::FailingMailbox if self.place == 0 && start >= course.until - FAILING => {
                return Outcome::Bad("503 ErrorMailboxStoreUnavailable: the mailbox database is temporarily unavailable", 2);
            }
            AccountStory::Overdue if self.place == 0 && start >= course.until - SILENT => return Outcome::Nothing,
            AccountStory::FailingMailbox | AccountStory::Overdue if start >= course.until - FAILING => return Outcome::Good(0),
            _ => {}
        }
        let drawn = dice.below(1_000_000);
        let mut sum = 0;
        let mut falls = |per_million: u64| {
            sum += per_million * course.luck / 100;
            drawn < sum
        };
        if falls(5_500) {
            Outcome::Bad(
                match (course.service, dice.below(3)) {
                    (_, 0) => "the connection was lost while items were read",
                    (Service::Microsoft365, 1) => "503 ServiceUnavailable: the service is temporarily busy",
                    (Service::Microsoft365, _) => "504 GatewayTimeout: no answer within 300 s",
                    (Service::GoogleWorkspace, 1) => "500 backendError: internal error encountered",
                    (Service::GoogleWorkspace, _) => "403 userRateLimitExceeded: the user's rate limit is used up",
                },
                1 + dice.below(2) as u16,
            )
        } else if falls(300) {
            Outcome::Nothing
        } else if falls(17_000) {
            Outcome::Good(1 + dice.below(2) as u16)
        } else if falls(if matches!(self.workload, Workload::Contacts | Workload::Tasks) { 1_500 } else { 13_000 }) {
            Outcome::Skipping(1 + dice.below(4))
        } else if falls(200) {
            Outcome::Cancelled
        } else {
            Outcome::Good(0)
        }
    }

    /// Tries for hours, mostly waiting, and gets through.
    fn throttled(&self, start: Time, size: i64, dice: &mut Dice, out: &mut Vec<Happening>) {
        let end = start + Span::SECOND * dice.between(23_400, 26_100);
        if end < self.window.0 {
            return;
        }
        self.say(RunEvent::new(RunState::Running, start), None, out);
        let mut at = start;
        let mut attempt = 1;
        loop {
            let given_up = at + Span::SECOND * dice.between(40, 420);
            let wait = Span::SECOND * dice.between(1_800, 4_200);
            if given_up + wait >= end {
                break;
            }
            attempt += 1;
            self.again(attempt, (given_up, wait), dice, out);
            at = given_up + wait;
        }
        if !within(end, self.window) {
            return;
        }
        let left = dice.in_10_000(2_000);
        let mut event = RunEvent::new(if left { RunState::Warning } else { RunState::Succeeded }, end);
        event.attempt = attempt;
        self.fill(&mut event, size, dice);
        if left {
            event.message = Some(format!("{} items left for the next run: throttled (429 TooManyRequests)", dice.between(40, 900)));
        }
        self.say(event, None, out);
    }

    /// An attempt is given up, and after a while the next begins.
    fn again(&self, attempt: u16, (given_up, wait): (Time, Span), dice: &mut Dice, out: &mut Vec<Happening>) {
        let mut again = RunEvent::new(RunState::Retrying, given_up);
        again.attempt = attempt;
        let seconds = wait.0 / 1_000;
        again.message = Some(match (self.account.course.service, dice.below(4)) {
            (Service::Microsoft365, 0) => format!("Trying again in {} min: 503 ServiceUnavailable", (seconds + 59) / 60),
            (Service::Microsoft365, _) => {
                format!("Trying again in {} min: 429 TooManyRequests, Retry-After: {seconds}", (seconds + 59) / 60)
            }
            (Service::GoogleWorkspace, _) => format!("Trying again in {} min: 429 rateLimitExceeded", (seconds + 59) / 60),
        });
        self.say(again, None, out);
        let mut running = RunEvent::new(RunState::Running, given_up + wait);
        running.attempt = attempt;
        self.say(running, None, out);
    }

    /// What the backup holds: a little more each day.
    fn fill(&self, event: &mut RunEvent, size: i64, dice: &mut Dice) {
        let course = &self.account.course;
        let (least, most, each) = amounts(self.workload);
        let days = (event.at - course.until).0.div_euclid(Span::DAY.0);
        let grown = 1_000_000 + (days * course.daily).clamp(-600_000, 400_000);
        let items = (least + (most - least) * size / 1_000) * grown / 1_000_000;
        let items = (items + dice.between(-2, 2)).max(1);
        // What an item weighs differs from account to account, and hardly from day to day.
        let each = each * Dice::new(course.seed, 2 << 40 | self.place as u64).about(700) / 1_000;
        event.items = Some(items);
        event.bytes = Some(items * each.max(300));
        event.bytes_added = Some(items * each.max(300) / 1_000_000 * dice.between(200, 6_000));
    }

    fn skipped(&self, count: u64, dice: &mut Dice) -> Vec<String> {
        let these: &[&str] = match self.workload {
            Workload::Email => {
                &["Inbox/RE: Angebot 4711 (message/rfc822, 162 MB)", "Archive/2019/winmail.dat", "Sent Items/Pläne final v7.zip"]
            }
            Workload::Drive | Workload::SharePoint => {
                &["Dokumente/Übersicht 2026.xlsx", "Shared/video_übergabe.mp4", "Projects/CAD/rahmen.prt", "~$Budget.docx"]
            }
            _ => &["Weekly meeting (broken recurrence)", "Untitled (no start time)"],
        };
        (0..count.min(NAMED)).map(|_| dice.of(these).to_owned()).collect()
    }

    fn log(&self, start: Time, event: &RunEvent) -> String {
        let service = self.account.course.service;
        let message = event.message.as_deref().unwrap_or_default();
        let mut log = format!("{} {} {}\n", domain::text::utc(start), service.name(), self.account.address);
        log.push_str(&format!("{}: attempt {}\n", self.workload.name(), event.attempt));
        for item in &event.failed_items {
            log.push_str(&format!("skipped: {item}\n"));
        }
        log.push_str(&format!("{} {message}\n", domain::text::utc(event.at)));
        log
    }

    fn say(&self, mut event: RunEvent, log: Option<String>, out: &mut Vec<Happening>) {
        if within(event.at, self.window) {
            let name = match self.account.course.service {
                Service::Microsoft365 => "graph-backup",
                Service::GoogleWorkspace => "workspace-backup",
            };
            event.tool = Some(Tool { name: name.to_owned(), version: "4.2".to_owned() });
            let key = format!("{:08x}", self.slot.0 / 1_000);
            out.push(Happening { at: event.at, what: What::Run { job: self.place, key, event, log } });
        }
    }
}

const fn why_skipped(workload: Workload) -> &'static [&'static str] {
    match workload {
        Workload::Email => &["larger than 150 MB", "damaged (ErrorMimeContentInvalid)", "encrypted, and the key is not at hand"],
        Workload::Drive | Workload::SharePoint => &["checked out or locked", "virus detected by the provider", "the path is too long"],
        _ => &["the recurrence can't be read", "no start time"],
    }
}
