//! Devices with jobs, schedules and runs, made at random for the properties.

use domain::{
    facts::{DeviceFacts, JobFacts, JobHistory, RestoreFacts, RunSummary, Storage},
    ids::JobId,
    policy::{DeviceLife, Terms},
    run::RunState,
    schedule::Schedule,
    time::{Span, Time},
    zones::resolve,
};
use proptest::{prelude::*, sample::select};

/// 2026-11-20T00:00:00Z.
pub const BASE: Time = Time(1_795_132_800_000);
pub const ENROLLED: Time = Time(BASE.0 - 20 * Span::DAY.0);

pub fn terms() -> impl Strategy<Value = Terms> {
    (
        select(vec![0, 60, 95]),
        select(vec![60, 720]),
        select(vec![4, 12, 24]),
        select(vec![1, 7]),
        proptest::option::of(select(vec![7, 90])),
        select(vec![0, 1, 48, 100]),
    )
        .prop_map(|(grace, longest, overdue, silence, restore, offline)| Terms {
            grace: Span::minutes(grace),
            longest_run: Span::minutes(longest),
            overdue_after: Span::hours(overdue),
            silence: Span::days(silence),
            restore_test_every: restore.map(Span::days),
            offline_allowance: Span::hours(offline),
            saas_overdue_after: None,
        })
}

pub fn schedule() -> impl Strategy<Value = Schedule> {
    let cron = |line: &str| Schedule::Cron { cron: line.to_owned(), time_zone: "Europe/Berlin".to_owned() };
    select(vec![
        Schedule::Every { every_minutes: 17 },
        Schedule::Every { every_minutes: 240 },
        Schedule::Every { every_minutes: 1_440 },
        Schedule::Learned,
        cron("30 2 * * *"),
        cron("0 */6 * * *"),
        cron("0 22 * * 1-5"),
    ])
}

/// Runs that ended in the last ten days, and perhaps one that is still open.
pub fn runs() -> impl Strategy<Value = Vec<RunSummary>> {
    let ends = vec![RunState::Succeeded, RunState::Succeeded, RunState::Warning, RunState::Failed, RunState::Missed, RunState::Cancelled];
    let ended = (0..240i64 * 60, 0..300i64, select(ends), any::<bool>(), 0..5_000i64).prop_map(|(ago, length, state, timed_out, bytes)| {
        let started_at = BASE - Span::minutes(ago + length);
        RunSummary {
            started_at,
            ended_at: Some(started_at + Span::minutes(length)),
            state,
            timed_out: timed_out && state == RunState::Failed,
            attempt: 1,
            bytes,
            items: None,
        }
    });
    let open = (0..60i64 * 24 * 2, select(vec![RunState::Running, RunState::Retrying])).prop_map(|(ago, state)| RunSummary {
        started_at: BASE - Span::minutes(ago),
        ended_at: None,
        state,
        timed_out: false,
        attempt: 1,
        bytes: 0,
        items: None,
    });
    (proptest::collection::vec(ended, 0..12), proptest::option::of(open)).prop_map(|(mut runs, open)| {
        runs.extend(open);
        runs
    })
}

#[derive(Clone, Debug)]
pub struct Device {
    pub facts: DeviceFacts,
    pub jobs: Vec<(Schedule, Vec<RunSummary>)>,
}

impl Device {
    pub fn resolve(&mut self) {
        let expected = resolve(&Schedule::Every { every_minutes: 1_440 }, ENROLLED, &JobHistory::default(), 16).unwrap();
        self.facts.expected = expected;
        self.facts.jobs = (1..)
            .zip(&self.jobs)
            .map(|(id, (schedule, runs))| {
                let history = JobHistory::rebuild(runs);
                let slots = resolve(schedule, ENROLLED, &history, 16).unwrap();
                JobFacts { job: JobId(id), name: format!("job {id}"), enrolled_at: ENROLLED, history, slots }
            })
            .collect();
    }
}

/// No maintenance, one interval, or two.
fn quiet() -> impl Strategy<Value = domain::maintenance::Quiet> {
    let lengths = || 1..60i64 * 48;
    let second = proptest::option::of((lengths(), lengths()));
    proptest::option::of((-60i64 * 48..60 * 24 * 12, lengths(), second)).prop_map(|quiet| {
        let mut intervals = domain::maintenance::Quiet::new();
        if let Some((from, length, second)) = quiet {
            let until = BASE + Span::minutes(from + length);
            intervals.push((BASE + Span::minutes(from), until));
            intervals.extend(second.map(|(gap, length)| (until + Span::minutes(gap), until + Span::minutes(gap + length))));
        }
        intervals
    })
}

/// The portal was there all the time, or away once.
fn away() -> impl Strategy<Value = Option<domain::facts::Away>> {
    proptest::option::weighted(0.3, (-60i64 * 48..60 * 24 * 12, 1..60i64 * 48)).prop_map(|away| {
        away.map(|(since, length)| domain::facts::Away { since: BASE + Span::minutes(since), until: BASE + Span::minutes(since + length) })
    })
}

pub fn device() -> impl Strategy<Value = Device> {
    let minutes_ago = || 0..60i64 * 24 * 9;
    let restore = proptest::option::of((0..100i64 * 24, any::<bool>()));
    let life = select(vec![DeviceLife::Active, DeviceLife::Active, DeviceLife::Paused]);
    let jobs = prop_oneof![
        8 => proptest::collection::vec((schedule(), runs()), 1..2),
        3 => proptest::collection::vec((schedule(), runs()), 0..4),
    ];
    (
        terms(),
        jobs,
        proptest::option::of(minutes_ago()),
        proptest::option::of(minutes_ago()),
        proptest::option::of((0..120i64, proptest::option::of(1..120i64))),
        restore,
        life,
        quiet(),
        away(),
    )
        .prop_map(|(terms, jobs, seen, checked_in, storage, restore, life, quiet, away)| {
            let mut device = Device {
                facts: DeviceFacts {
                    life,
                    enrolled_at: ENROLLED,
                    last_seen: seen.map(|ago| BASE - Span::minutes(ago)),
                    checked_in_at: checked_in.map(|ago| BASE - Span::minutes(ago)),
                    storage: storage.map(|(used, quota)| Storage { used, quota }),
                    restore: RestoreFacts { last: restore.map(|(hours, passed)| (BASE - Span::hours(hours), passed)) },
                    terms,
                    expected: domain::schedule::Slots::every(Span::DAY, ENROLLED, ENROLLED, ENROLLED),
                    jobs: Default::default(),
                    quiet,
                    away,
                },
                jobs,
            };
            device.resolve();
            device
        })
}
