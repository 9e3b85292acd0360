//! What is advised leads to the score that is promised: done for real, with the runs stored and the schedules resolved anew.
#![cfg(feature = "zones")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod generated;

use domain::{
    facts::{RunSummary, Storage},
    health::{Band, Factor, MAX_MISSED, NewSlots, Reason, Score, Step, WhatIf, advice, assess, outlook, raise, what_if},
    ids::JobId,
    policy::{DeviceClass, Policy},
    run::RunState,
    schedule::{Pending, Schedule},
    time::{Span, Time},
    zones,
};
use generated::{BASE, Device, device};
use proptest::{prelude::*, strategy::ValueTree};

/// The device as the server has it once it has written what `assess` says. None: it would go on writing.
fn written(mut device: Device, now: Time) -> Option<Device> {
    for _ in 0..20 {
        let decided = assess(&device.facts, now);
        if decided.missed.is_empty() && decided.stuck.is_empty() {
            return Some(device);
        }
        let facts = device.facts.clone();
        for id in &decided.stuck {
            let runs = &mut device.jobs[usize::try_from(id.0).unwrap() - 1].1;
            let open = runs.iter_mut().rfind(|run| run.state.is_open()).unwrap();
            (open.state, open.timed_out, open.ended_at) = (RunState::Failed, true, Some(open.started_at + facts.terms.longest_run));
        }
        for (id, slot) in &decided.missed {
            let place = usize::try_from(id.0).unwrap() - 1;
            let ended_at = facts.jobs[place].slots.missed_at(*slot, facts.terms.grace);
            let missed =
                RunSummary { started_at: *slot, ended_at, state: RunState::Missed, timed_out: false, attempt: 1, bytes: 0, items: None };
            device.jobs[place].1.push(missed);
        }
        device.resolve();
    }
    None
}

fn run(device: &mut Device, job: JobId, times: u32, now: Time) {
    let run = RunSummary {
        started_at: now,
        ended_at: Some(now),
        state: RunState::Succeeded,
        timed_out: false,
        attempt: 1,
        bytes: 0,
        items: None,
    };
    let runs = &mut device.jobs[usize::try_from(job.0).unwrap() - 1].1;
    runs.extend((0..times).map(|_| run));
}

/// Does a step for real.
fn act(device: &mut Device, step: &Step, now: Time) {
    match step {
        Step::Backup { jobs } => jobs.iter().for_each(|job| run(device, *job, 1, now)),
        Step::Runs { job, more } => run(device, *job, *more, now),
        Step::RestoreTest => device.facts.restore.last = Some((now, true)),
        Step::Storage { quota, .. } => device.facts.storage = device.facts.storage.map(|s| Storage { quota: Some(*quota), ..s }),
        Step::Report => {}
    }
    if !matches!(step, Step::RestoreTest | Step::Storage { .. }) {
        device.facts.last_seen = device.facts.last_seen.max(Some(now));
    }
    device.resolve();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn doing_what_is_advised_gives_the_promised_score(device in device(), minutes in 0..60i64 * 24 * 4) {
        let now = BASE + Span::minutes(minutes);
        let Some(mut device) = written(device, now) else { return Ok(()) };
        let plan = advice(&device.facts, now);
        let mut known = assess(&device.facts, now).score;
        for step in plan {
            if matches!(&step.step, Step::Backup { jobs } if jobs.is_empty()) {
                // A first job: it comes with its first run.
                prop_assert!(device.jobs.is_empty());
                break;
            }
            act(&mut device, &step.step, now);
            let then = assess(&device.facts, now);
            prop_assert_eq!((then.score, then.band), (step.score, step.band), "{:?}", step.step);
            prop_assert!(then.score >= known, "{:?} lowers {:?} to {:?}", step.step, known, then.score);
            prop_assert_eq!(step.gain, then.score.0 - known.0);
            known = then.score;
        }
        if !device.jobs.is_empty() {
            let then = assess(&device.facts, now);
            let waits = matches!(then.reasons[0], Reason::LowSuccess { .. });
            prop_assert!(then.band == Band::Healthy || waits, "nothing is left to do: {:?}", then);
        }
    }

    #[test]
    fn each_factor_that_is_not_full_says_what_raises_it_and_keeps_its_word(device in device(), minutes in 0..60i64 * 24 * 4) {
        let now = BASE + Span::minutes(minutes);
        let Some(device) = written(device, now) else { return Ok(()) };
        let decided = assess(&device.facts, now);
        for factor in Factor::ALL {
            let value = factor.of(&decided.factors);
            let Some(step) = raise(&device.facts, factor, now) else {
                let waits = decided.reasons.iter().any(|r| matches!(r, Reason::LowSuccess { .. }));
                let counts = decided.band != Band::Unknown;
                prop_assert!(!counts || waits || value == 1_000_000 || device.jobs.is_empty() || device.facts.storage.is_some_and(|s| s.quota == Some(0)), "{factor:?}");
                continue;
            };
            prop_assert!(value < 1_000_000);
            if !device.jobs.is_empty() {
                let mut after = device.clone();
                act(&mut after, &step.step, now);
                let then = assess(&after.facts, now);
                prop_assert_eq!((then.score, then.band), (step.score, step.band), "{:?}", step.step);
                prop_assert!(factor.of(&then.factors) >= value);
            }
        }
    }

    #[test]
    fn the_outlook_holds_what_assess_says_at_every_time(device in device(), minutes in 0..60i64 * 24 * 4, part in 0.0..1.0f64) {
        let now = BASE + Span::minutes(minutes);
        let Some(device) = written(device, now) else { return Ok(()) };
        let seen = outlook(&device.facts, now, now + Span::hours(72));
        prop_assert!(seen.until <= now + Span::hours(72));
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any instant will do")]
        let time = now + Span((part * (seen.until - now).0 as f64) as i64);
        let told = seen.points.iter().rfind(|(from, ..)| *from <= time).unwrap();
        let decided = assess(&device.facts, time);
        if decided.missed.len() < MAX_MISSED {
            prop_assert_eq!((told.1, told.2), (decided.score, decided.band));
        }
    }

    #[test]
    fn what_if_is_what_saving_the_policy_would_give(device in device(), minutes in 0..60i64 * 24 * 4, every in 1..5_000u32, grace in 0..200u32) {
        let now = BASE + Span::minutes(minutes);
        let Some(mut device) = written(device, now) else { return Ok(()) };
        let policy = Policy { schedule: Schedule::Every { every_minutes: every }, grace_minutes: grace, ..Policy::default() };
        let change = WhatIf { terms: policy.terms(DeviceClass::Server), schedule: Some(NewSlots::Even(policy.schedule.clone())) };
        let own: Vec<JobId> = device.facts.jobs.iter().skip(1).map(|job| job.job).collect();
        let imagined = what_if(&device.facts, &change, &own, now);
        device.facts.terms = change.terms;
        if let Some((schedule, runs)) = device.jobs.first_mut() {
            *schedule = policy.schedule.clone();
            let history = domain::facts::JobHistory::rebuild(&*runs);
            device.facts.jobs[0].slots = zones::resolve_since(schedule, device.facts.jobs[0].enrolled_at, &history, now, 16).unwrap();
        }
        prop_assert_eq!(&imagined.jobs, &device.facts.jobs);
        prop_assert_eq!(imagined.terms, device.facts.terms);
    }
}

#[test]
fn a_full_score_needs_no_advice_and_an_empty_device_needs_a_first_backup() {
    let (mut runner, tree) = (proptest::test_runner::TestRunner::deterministic(), device());
    let mut one = tree.new_tree(&mut runner).unwrap().current();
    one.jobs.clear();
    one.facts.restore.last = None;
    one.facts.terms.restore_test_every = None;
    one.facts.storage = None;
    one.resolve();
    let plan = advice(&one.facts, BASE);
    assert_eq!(plan.len(), 1);
    assert_eq!((&plan[0].step, plan[0].score, plan[0].band), (&Step::Backup { jobs: Default::default() }, Score(100), Band::Healthy));
    one.jobs.push((Schedule::Every { every_minutes: 1_440 }, Vec::new()));
    run(&mut one, JobId(1), 1, BASE);
    one.facts.last_seen = Some(BASE);
    one.resolve();
    assert_eq!(advice(&one.facts, BASE), []);
    assert!(matches!(one.facts.jobs[0].slots.pending, Pending::Every { .. }));
}
