//! When a backup is due next, in words: `in 5 h`, `overdue by 4 d`, `held: offline, allowed for 2 d more`. A due time alone, once it lies
//! in the past, tells neither.

use crate::live::{DeviceBrief, Doing, use_now};
use domain::{
    health::allowance,
    ids::JobId,
    live::DeviceNow,
    policy::DeviceLife,
    text,
    time::{Span, Time},
};
use leptos::prelude::*;

/// What decides it. Holds no clock, so that it moves only with what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Due time, grace included; none: nothing is due, or it is paused or retired.
    at: Option<Time>,
    /// A run is open.
    is_running: bool,
    /// When it counts as offline and until when it may be.
    offline: Option<(Time, Time)>,
}

/// How it stands with a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It comes.
    Ahead,
    /// It has passed while a run is open, which may still be the backup.
    Running,
    /// It has passed while the machine may be offline for so long.
    Held(Span),
    /// It has passed by so much.
    Overdue(Span),
}

/// Critical from here on (D3).
const LONG: Span = Span::hours(48);

impl Standing {
    /// `5 h`, in one unit.
    fn length(span: Span) -> String {
        let words = text::ago(Time(0), Time(span.0));
        words.strip_suffix(" ago").unwrap_or("less than a minute").to_owned()
    }

    fn words(self, at: Time, now: Time) -> String {
        match self {
            Self::Ahead => text::ago(at, now),
            Self::Running => "running now".to_owned(),
            Self::Held(left) => format!("held: offline, allowed for {} more", Self::length(left)),
            Self::Overdue(by) => format!("overdue by {}", Self::length(by)),
        }
    }

    /// The word that its colour goes by.
    const fn state(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Running => "running",
            Self::Held(_) => "pending",
            Self::Overdue(by) if by.0 > LONG.0 => "critical",
            Self::Overdue(_) => "warning",
        }
    }
}

impl Due {
    fn new(at: Option<Time>, life: DeviceLife, is_running: bool, offline: Option<(Time, Time)>) -> Self {
        let rests = matches!(life, DeviceLife::Paused | DeviceLife::Retired);
        Self { at: at.filter(|_| !rests), is_running, offline }
    }

    /// Of one job of a device.
    pub fn of_job(now: &DeviceNow, job: JobId) -> Self {
        let facts = &now.facts;
        let Some(job) = facts.jobs.iter().find(|own| own.job == job) else { return Self::default() };
        Self::new(Some(job.slots.due + facts.terms.grace), facts.life, job.history.open.is_some(), allowance(facts))
    }

    /// Of a device under these terms, which may be other than its own.
    pub fn of_facts(facts: &domain::facts::DeviceFacts) -> Self {
        let at = facts.jobs.iter().map(|job| job.slots.due + facts.terms.grace).min();
        Self::new(at, facts.life, facts.jobs.iter().any(|job| job.history.open.is_some()), allowance(facts))
    }

    fn standing(self, at: Time, now: Time) -> Standing {
        if now < at {
            return Standing::Ahead;
        }
        match self.offline {
            _ if self.is_running => Standing::Running,
            Some((from, until)) if from <= now && now < until => Standing::Held(until - now),
            _ => Standing::Overdue(now - at),
        }
    }
}

impl From<&DeviceNow> for Due {
    fn from(now: &DeviceNow) -> Self {
        Self::new(now.due_at, now.facts.life, now.running + now.retrying > 0, allowance(&now.facts))
    }
}

impl From<&DeviceBrief> for Due {
    fn from(now: &DeviceBrief) -> Self {
        let is_running = matches!(now.doing, Doing::Run(state, _) if state.is_open());
        Self::new(now.due_at, now.life, is_running, now.offline)
    }
}

/// When a backup is due next, or by how much it is overdue. The server's words are as long as those that follow, as with `TimeText`.
#[component]
pub fn DueText(
    /// What decides it.
    #[prop(into)]
    due: Signal<Due>,
    /// Can be reached with the keyboard; not wanted in tables, where each row has one stop.
    #[prop(optional)]
    focusable: bool,
) -> impl IntoView {
    let now = use_now();
    #[cfg(feature = "ssr")]
    let rendered_at = crate::context::rendered_at();
    #[cfg(not(feature = "ssr"))]
    let rendered_at = None;
    move || {
        let (now, due) = (now.get().or(rendered_at), due.get());
        let Some(at) = due.at else { return view! { <span class="faint">"–"</span> }.into_any() };
        // Until the browser knows the time it has neither words nor state of its own: what the server wrote stays.
        let (words, state) = match now {
            Some(now) => {
                let standing = due.standing(at, now);
                (standing.words(at, now), standing.state())
            }
            None => (text::day_time(at), ""),
        };
        let (title, reached) = if focusable { (None, Some(text::day_time(at))) } else { (Some(text::day_time(at)), None) };
        view! {
            <time class="time due" data-state=state datetime=text::rfc3339(at) title=title data-exact=reached tabindex=focusable.then_some("0")>{words}</time>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Time = Time(1_795_132_800_000);

    fn told(due: Due, hours: i64) -> (String, &'static str) {
        let now = AT + Span::hours(hours);
        let at = due.at.unwrap_or_default();
        (due.standing(at, now).words(at, now), due.standing(at, now).state())
    }

    fn active(is_running: bool, offline: Option<(Time, Time)>) -> Due {
        Due::new(Some(AT), DeviceLife::Active, is_running, offline)
    }

    #[test]
    fn a_time_that_has_passed_is_told_as_overdue_and_critical_after_two_days() {
        assert_eq!(told(active(false, None), -5), ("in 5 h".to_owned(), "ahead"));
        assert_eq!(told(active(false, None), 0), ("overdue by less than a minute".to_owned(), "warning"));
        assert_eq!(told(active(false, None), 5), ("overdue by 5 h".to_owned(), "warning"));
        assert_eq!(told(active(false, None), 96), ("overdue by 4 d".to_owned(), "critical"));
    }

    #[test]
    fn an_open_run_may_still_be_the_backup() {
        assert_eq!(told(active(true, None), -1).1, "ahead");
        assert_eq!(told(active(true, None), 1), ("running now".to_owned(), "running"));
    }

    #[test]
    fn a_laptop_is_held_from_when_it_is_offline_until_its_allowance_ends() {
        let laptop = active(false, Some((AT + Span::hours(1), AT + Span::hours(49))));
        assert_eq!(told(laptop, 0).1, "warning");
        assert_eq!(told(laptop, 1), ("held: offline, allowed for 2 d more".to_owned(), "pending"));
        assert_eq!(told(laptop, 49), ("overdue by 2 d".to_owned(), "critical"));
    }

    #[test]
    fn of_what_is_paused_or_retired_nothing_is_due() {
        for life in [DeviceLife::Paused, DeviceLife::Retired] {
            assert_eq!(Due::new(Some(AT), life, false, None).at, None);
        }
        assert_eq!(Due::new(Some(AT), DeviceLife::Pending, false, None).at, Some(AT));
    }
}
