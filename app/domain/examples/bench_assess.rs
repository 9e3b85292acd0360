//! How many assessments one core makes in a second: a device with one daily job, in the ordinary case (healthy), and
//! in a bad one (failing and past due). Median of five rounds, printed as JSON lines.

use domain::{
    facts::{DeviceFacts, JobFacts, JobHistory, RestoreFacts, RunSummary, Storage},
    health::assess,
    ids::JobId,
    policy::{DeviceClass, DeviceLife, Policy},
    run::RunState,
    schedule::Slots,
    time::{Span, Time},
};
use std::{hint::black_box, time::Instant};

const START: Time = Time(1_790_000_000_000);
const ROUND: u32 = 2_000_000;

fn device(days: i64, failing: i64) -> DeviceFacts {
    let runs: Vec<RunSummary> = (0..days)
        .map(|day| RunSummary {
            started_at: START + Span::days(day),
            ended_at: Some(START + Span::days(day) + Span::minutes(30)),
            state: if day >= days - failing { RunState::Failed } else { RunState::Succeeded },
            timed_out: false,
            attempt: 1,
            bytes: 1 << 30,
            items: None,
        })
        .collect();
    let history = JobHistory::rebuild(&runs);
    let last = history.last_usable_end.unwrap_or(START);
    let started = history.last_start.unwrap_or(START);
    let slots = Slots::every(Span::DAY, last, started, started);
    DeviceFacts {
        life: DeviceLife::Active,
        enrolled_at: START,
        last_seen: Some(started),
        checked_in_at: Some(started),
        storage: Some(Storage { used: 60, quota: Some(100) }),
        restore: RestoreFacts::default(),
        terms: Policy::default().terms(DeviceClass::Workstation),
        expected: slots.clone(),
        jobs: [JobFacts { job: JobId(1), name: "nightly".into(), enrolled_at: START, history, slots }].into_iter().collect(),
        quiet: Default::default(),
        away: None,
    }
}

fn measure(name: &str, facts: &DeviceFacts, now: Time) {
    let mut rounds: Vec<f64> = (0..5)
        .map(|_| {
            let begun = Instant::now();
            for n in 0..ROUND {
                black_box(assess(black_box(facts), now + Span(i64::from(n & 1023))));
            }
            f64::from(ROUND) / begun.elapsed().as_secs_f64()
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!("{{\"name\":\"{name}\",\"per_second\":{:.0}}}", rounds[2]);
}

fn main() {
    let healthy = device(10, 0);
    measure("assess", &healthy, START + Span::days(9) + Span::hours(8));
    let failing = device(10, 2);
    measure("assess_failing", &failing, START + Span::days(9) + Span::hours(8));
}
