//! D4: which conditions there are, since when, and how grave.

use crate::one_job::{JOB, at, daily, device, good, has, kinds, open, run};
use domain::{
    alert::{AlertKind, Severity},
    facts::{DeviceFacts, RunSummary},
    health::{Band, Reason, assess},
    policy::Policy,
    run::RunState,
};

#[test]
fn never_reported_comes_at_missed_and_stands_for_missed_and_overdue() {
    let mut facts = device(&[]);
    facts.jobs.clear();
    // Enrolled at 12:00, every 24 h: 36 h and grace later.
    assert_eq!(kinds(&assess(&facts, at(2, "00:59"))), []);
    let decided = assess(&facts, at(2, "01:00"));
    assert_eq!(kinds(&decided), [AlertKind::NeverReported]);
    assert_eq!(decided.conditions[0].severity, Severity::Warning);
    let with_job = assess(&device(&[]), at(9, "00:00"));
    assert_eq!(kinds(&with_job), [AlertKind::NeverReported]);
}

/// An account with one workload, backed up daily.
fn account(runs: &[RunSummary]) -> DeviceFacts {
    let policy = Policy { schedule: daily(), ..Policy::default() };
    DeviceFacts { terms: policy.account_terms(), ..device(runs) }
}

#[test]
fn a_workload_is_saas_overdue_36_hours_after_its_scheduled_time_and_neither_missed_nor_overdue() {
    let facts = account(&[good(1)]);
    // The next slot is day 2 at 22:00; 36 hours later it is day 4, 10:00. Grace is no part of it.
    let before = assess(&facts, at(4, "09:59"));
    assert_eq!(kinds(&before), []);
    let after = assess(&facts, at(4, "10:00"));
    assert_eq!(kinds(&after), [AlertKind::SaasOverdue]);
    assert_eq!((after.conditions[0].severity, after.conditions[0].since), (Severity::Warning, at(4, "10:00")));
    assert!(before.next_change.is_some_and(|next| next <= at(4, "10:00")));
}

#[test]
fn a_retrying_run_that_began_in_time_holds_saas_overdue_back_until_the_longest_run_time() {
    let retrying = RunSummary { state: RunState::Retrying, ..open(at(4, "08:00")) };
    let facts = account(&[good(1), retrying]);
    assert_eq!(kinds(&assess(&facts, at(4, "19:59"))), []);
    assert!(has(&assess(&facts, at(4, "20:00")), AlertKind::SaasOverdue));
}

#[test]
fn an_account_without_a_workload_is_expected_to_do_nothing() {
    let facts = DeviceFacts { jobs: Default::default(), ..account(&[]) };
    assert_eq!(kinds(&assess(&facts, at(30, "00:00"))), []);
}

#[test]
fn a_timed_out_run_is_stuck_until_a_usable_one_follows() {
    let timed_out = RunSummary { timed_out: true, ..run(RunState::Failed, at(2, "22:00"), at(3, "10:00")) };
    let decided = assess(&device(&[good(1), timed_out]), at(3, "10:30"));
    let stuck = decided.conditions.iter().find(|c| c.kind == AlertKind::RunStuck).unwrap();
    assert_eq!((stuck.severity, stuck.since), (Severity::Warning, at(3, "10:00")));
    assert_eq!(stuck.reason, Reason::Stuck { job: JOB, since: at(2, "22:00") });
    assert!(!has(&assess(&device(&[good(1), timed_out, good(3)]), at(3, "23:30")), AlertKind::RunStuck));
}

#[test]
fn a_backup_with_less_than_a_fifth_of_the_usual_size_is_an_anomaly() {
    let sized = |day: i64, bytes: i64| RunSummary { bytes, ..good(day) };
    let mut runs: Vec<RunSummary> = (-6..=0).map(|day| sized(day, 1_000)).collect();
    runs.push(sized(1, 200));
    assert!(!has(&assess(&device(&runs), at(1, "23:30")), AlertKind::SizeAnomaly));
    runs[7].bytes = 199;
    let decided = assess(&device(&runs), at(1, "23:30"));
    assert_eq!(kinds(&decided), [AlertKind::SizeAnomaly]);
    assert_eq!(decided.conditions[0].reason, Reason::FarLess { job: JOB, bytes: 199, usual: 1_000 });
    assert_eq!(decided.band, Band::Healthy, "an anomaly is a condition, no band");
}

#[test]
fn a_backup_without_files_after_many_is_an_anomaly_whatever_its_size() {
    let holding = |day: i64, items: i64| RunSummary { items: Some(items), bytes: 0, ..good(day) };
    let usual: Vec<_> = (1..=4).map(|day| holding(day, 12_000 + day)).collect();
    let with = |last: i64| [&usual[..], &[holding(5, last)]].concat();
    let decided = assess(&device(&with(0)), at(6, "08:00"));
    assert_eq!(kinds(&decided), [AlertKind::SizeAnomaly]);
    assert_eq!(decided.conditions[0].reason, Reason::NoFiles { job: JOB, usual: 12_002 });
    assert_eq!(decided.band, Band::Healthy);
    assert_eq!(kinds(&assess(&device(&with(1)), at(6, "08:00"))), []);
    let few: Vec<_> = (1..=4).map(|day| holding(day, 3)).chain([holding(5, 0)]).collect();
    assert_eq!(kinds(&assess(&device(&few), at(6, "08:00"))), [], "three files are not many");
}
