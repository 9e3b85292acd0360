//! One job a day at 22:00 UTC, grace 1 h, of a workstation unless told otherwise: its facts, by the days and clocks of the rows.

use domain::{
    alert::AlertKind,
    facts::{DeviceFacts, JobFacts, JobHistory, RestoreFacts, RunSummary},
    health::Assessment,
    ids::JobId,
    policy::{DeviceClass, DeviceLife, Policy},
    run::RunState,
    schedule::{Schedule, Slots},
    text::parse_rfc3339,
    time::{Span, Time},
    zones::{HORIZON, resolve},
};

pub(crate) const JOB: JobId = JobId(1);

/// `at(3, "04:30")`: on day 3.
pub(crate) fn at(day: i64, clock: &str) -> Time {
    parse_rfc3339(&format!("2026-11-09T{clock}:00Z")).unwrap() + Span::days(day)
}

pub(crate) fn enrolled() -> Time {
    at(0, "12:00")
}

pub(crate) fn run(state: RunState, start: Time, end: Time) -> RunSummary {
    RunSummary { started_at: start, ended_at: Some(end), state, timed_out: false, attempt: 1, bytes: 1 << 30, items: None }
}

/// The ordinary run of a day.
pub(crate) fn nightly(day: i64, state: RunState) -> RunSummary {
    run(state, at(day, "22:00"), at(day, "23:00"))
}

pub(crate) fn open(start: Time) -> RunSummary {
    RunSummary { ended_at: None, state: RunState::Running, bytes: 0, ..run(RunState::Running, start, start) }
}

pub(crate) fn daily() -> Schedule {
    Schedule::Cron { cron: "0 22 * * *".into(), time_zone: "UTC".into() }
}

pub(crate) fn job(id: i64, schedule: &Schedule, runs: &[RunSummary]) -> JobFacts {
    let history = JobHistory::rebuild(runs);
    let slots = resolve(schedule, enrolled(), &history, HORIZON).unwrap();
    JobFacts { job: JobId(id), name: "nightly".into(), enrolled_at: enrolled(), history, slots }
}

pub(crate) fn device_of(class: DeviceClass, runs: &[RunSummary]) -> DeviceFacts {
    let last_seen = runs.iter().filter_map(|run| run.ended_at.max(Some(run.started_at))).max();
    DeviceFacts {
        life: DeviceLife::Active,
        enrolled_at: enrolled(),
        last_seen,
        checked_in_at: None,
        storage: None,
        restore: RestoreFacts::default(),
        terms: Policy { schedule: daily(), ..Policy::default() }.terms(class),
        expected: Slots::every(Span::DAY, enrolled(), enrolled(), enrolled()),
        jobs: [job(1, &daily(), runs)].into_iter().collect(),
        quiet: Default::default(),
        away: None,
    }
}

pub(crate) fn device(runs: &[RunSummary]) -> DeviceFacts {
    device_of(DeviceClass::Workstation, runs)
}

pub(crate) fn good(day: i64) -> RunSummary {
    nightly(day, RunState::Succeeded)
}

pub(crate) fn kinds(decided: &Assessment) -> Vec<AlertKind> {
    decided.conditions.iter().map(|condition| condition.kind).collect()
}

pub(crate) fn has(decided: &Assessment, kind: AlertKind) -> bool {
    kinds(decided).contains(&kind)
}
