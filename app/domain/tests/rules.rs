//! D2, D3 and D4, row by row: one job a day at 22:00 UTC, grace 1 h, a workstation unless told otherwise.
//! Day 1 is 10 November 2026; its backup ran from 22:00 to 23:00.
#![cfg(feature = "zones")]
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    alert::{AlertKind, Severity},
    facts::{DeviceFacts, JobFacts, JobHistory, RestoreFacts, RunSummary, Storage},
    health::{Assessment, Band, Reason, Score, assess},
    ids::JobId,
    policy::{DeviceClass, DeviceLife, Policy},
    run::RunState,
    schedule::{Schedule, Slots},
    text::parse_rfc3339,
    time::{Span, Time},
    zones::{HORIZON, resolve},
};

const JOB: JobId = JobId(1);

/// `at(3, "04:30")`: on day 3.
fn at(day: i64, clock: &str) -> Time {
    parse_rfc3339(&format!("2026-11-09T{clock}:00Z")).unwrap() + Span::days(day)
}

fn enrolled() -> Time {
    at(0, "12:00")
}

fn run(state: RunState, start: Time, end: Time) -> RunSummary {
    RunSummary { started_at: start, ended_at: Some(end), state, timed_out: false, attempt: 1, bytes: 1 << 30, items: None }
}

/// The ordinary run of a day.
fn nightly(day: i64, state: RunState) -> RunSummary {
    run(state, at(day, "22:00"), at(day, "23:00"))
}

fn open(start: Time) -> RunSummary {
    RunSummary { ended_at: None, state: RunState::Running, bytes: 0, ..run(RunState::Running, start, start) }
}

fn daily() -> Schedule {
    Schedule::Cron { cron: "0 22 * * *".into(), time_zone: "UTC".into() }
}

fn job(id: i64, schedule: &Schedule, runs: &[RunSummary]) -> JobFacts {
    let history = JobHistory::rebuild(runs);
    let slots = resolve(schedule, enrolled(), &history, HORIZON).unwrap();
    JobFacts { job: JobId(id), name: "nightly".into(), enrolled_at: enrolled(), history, slots }
}

fn device_of(class: DeviceClass, runs: &[RunSummary]) -> DeviceFacts {
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

fn device(runs: &[RunSummary]) -> DeviceFacts {
    device_of(DeviceClass::Workstation, runs)
}

fn good(day: i64) -> RunSummary {
    nightly(day, RunState::Succeeded)
}

fn kinds(decided: &Assessment) -> Vec<AlertKind> {
    decided.conditions.iter().map(|condition| condition.kind).collect()
}

fn has(decided: &Assessment, kind: AlertKind) -> bool {
    kinds(decided).contains(&kind)
}

// D2

#[test]
fn due_is_the_next_slot_and_grace_so_at_23_00_the_next_day_the_backup_is_past_due() {
    let facts = device(&[good(1)]);
    let before = assess(&facts, at(2, "22:59"));
    assert_eq!((before.band, before.score, before.next_change), (Band::Healthy, Score(100), Some(at(2, "23:00"))));
    assert_eq!(before.reasons[..], [Reason::AllWell { last: at(1, "23:00"), due: at(2, "23:00") }]);
    let after = assess(&facts, at(2, "23:00"));
    assert_eq!(after.band, Band::Warning);
    assert_eq!(after.reasons[..], [Reason::PastDue { job: JOB, due: at(2, "23:00"), last: Some(at(1, "23:00")) }]);
}

#[test]
fn a_grace_of_zero_is_allowed() {
    let mut facts = device(&[good(1)]);
    facts.terms.grace = Span::ZERO;
    assert_eq!(assess(&facts, at(1, "23:30")).next_change, Some(at(2, "22:00")));
}

#[test]
fn missed_is_one_and_a_half_intervals_and_grace_after_the_last_usable_end_but_folded_while_overdue() {
    // Overdue only after 48 h, so that missed is seen: S + 36 h + 1 h.
    let mut facts = device(&[good(1)]);
    facts.terms.overdue_after = Span::hours(48);
    assert!(!has(&assess(&facts, at(3, "11:59")), AlertKind::MissedSchedule));
    let missed = assess(&facts, at(3, "12:00"));
    assert_eq!(kinds(&missed), [AlertKind::MissedSchedule]);
    assert_eq!((missed.conditions[0].severity, missed.conditions[0].since), (Severity::Warning, at(3, "12:00")));
    assert_eq!(kinds(&assess(&facts, at(3, "22:59"))), [AlertKind::MissedSchedule]);
    assert_eq!(kinds(&assess(&facts, at(3, "23:00"))), [AlertKind::BackupOverdue]);
}

#[test]
fn a_workstation_is_overdue_after_24_hours_and_a_daily_server_not_before_it_is_due() {
    let workstation = assess(&device(&[good(1)]), at(2, "23:00"));
    assert_eq!(kinds(&workstation), [AlertKind::BackupOverdue]);
    assert_eq!(workstation.conditions[0].severity, Severity::Critical);
    let server = device_of(DeviceClass::Server, &[good(1)]);
    assert_eq!(server.terms.overdue_after, Span::hours(12));
    assert_eq!(kinds(&assess(&server, at(2, "22:59"))), []);
    assert_eq!(kinds(&assess(&server, at(2, "23:00"))), [AlertKind::BackupOverdue]);
}

#[test]
fn a_run_that_began_in_time_holds_every_deadline_back_until_the_longest_run_time_and_no_longer() {
    let facts = device(&[good(1), open(at(2, "22:30"))]);
    let running = assess(&facts, at(3, "10:29"));
    assert_eq!((running.band, kinds(&running)), (Band::Healthy, vec![]));
    assert_eq!(running.next_change, Some(at(3, "10:30")));
    let stuck = assess(&facts, at(3, "10:30"));
    assert_eq!(stuck.stuck[..], [JOB]);
    assert_eq!(stuck.band, Band::Warning);
    assert_eq!(kinds(&stuck), [AlertKind::BackupOverdue, AlertKind::JobFailed, AlertKind::RunStuck]);
}

#[test]
fn a_run_that_began_after_the_deadline_holds_nothing_back() {
    let facts = device(&[good(1), open(at(2, "23:30"))]);
    let decided = assess(&facts, at(3, "01:00"));
    assert_eq!((decided.band, kinds(&decided)), (Band::Warning, vec![AlertKind::BackupOverdue]));
}

#[test]
fn a_slot_with_no_start_is_listed_as_missed_half_an_interval_and_grace_later_and_counts_as_bad() {
    let facts = device(&[good(1)]);
    assert_eq!(assess(&facts, at(3, "10:59")).missed.len(), 0);
    let decided = assess(&facts, at(3, "11:00"));
    assert_eq!(decided.missed[..], [(JOB, at(2, "22:00"))]);
    assert_eq!(decided.factors.success, 500_000);
    assert!(decided.reasons.contains(&Reason::LowSuccess { usable: 1, of: 2 }));
}

#[test]
fn paused_and_retired_devices_have_conditions_but_no_missed_slots() {
    for life in [DeviceLife::Paused, DeviceLife::Retired] {
        let facts = DeviceFacts { life, ..device(&[good(1)]) };
        let decided = assess(&facts, at(4, "12:00"));
        assert_eq!((decided.missed.len(), decided.factors.success), (0, 1_000_000));
        assert_eq!(kinds(&decided), [AlertKind::BackupOverdue]);
    }
}

#[test]
fn within_its_offline_allowance_a_workstation_is_offline_not_missed() {
    let mut facts = device(&[good(1)]);
    facts.checked_in_at = Some(at(2, "08:00"));
    facts.last_seen = facts.checked_in_at;
    facts.terms.offline_allowance = Span::hours(72);
    let offline = assess(&facts, at(3, "12:00"));
    assert_eq!((kinds(&offline), offline.missed.len()), (vec![], 0));
    assert!(offline.reasons.contains(&Reason::Offline { since: at(2, "08:00") }));
    let over = assess(&facts, at(5, "08:00"));
    assert_eq!((kinds(&over), over.missed.len()), (vec![AlertKind::BackupOverdue], 2));
    assert!(!over.reasons.iter().any(|reason| matches!(reason, Reason::Offline { .. })));
}

#[test]
fn a_deadline_that_fell_while_the_agent_was_there_is_not_held_by_the_allowance() {
    let mut facts = device(&[good(1)]);
    facts.checked_in_at = Some(at(2, "23:10"));
    facts.last_seen = facts.checked_in_at;
    facts.terms.offline_allowance = Span::hours(72);
    assert_eq!(kinds(&assess(&facts, at(3, "02:00"))), [AlertKind::BackupOverdue]);
}

// D3

#[test]
fn a_device_that_never_reported_is_unknown_with_score_0() {
    let mut facts = device(&[]);
    facts.jobs.clear();
    let decided = assess(&facts, at(0, "13:00"));
    assert_eq!((decided.band, decided.score), (Band::Unknown, Score(0)));
    assert_eq!(decided.reasons[..], [Reason::NeverReported { since: enrolled() }]);
    assert_eq!(kinds(&decided), []);
}

#[test]
fn a_device_whose_first_run_still_runs_is_unknown_until_it_ends() {
    let decided = assess(&device(&[open(at(0, "22:00"))]), at(0, "23:30"));
    assert_eq!((decided.band, decided.score, kinds(&decided)), (Band::Unknown, Score(0), vec![]));
    let ended = assess(&device(&[good(0)]), at(0, "23:30"));
    assert_eq!((ended.band, ended.score), (Band::Healthy, Score(100)));
}

#[test]
fn an_agent_silent_for_longer_than_seven_days_makes_the_device_unknown() {
    let mut facts = device(&[good(1)]);
    facts.checked_in_at = facts.last_seen;
    assert_eq!(assess(&facts, at(8, "23:00")).band, Band::Critical);
    let silent = assess(&facts, at(8, "23:00") + Span(1));
    assert_eq!((silent.band, silent.score), (Band::Unknown, Score(0)));
    assert_eq!(silent.reasons[0], Reason::Silent { since: at(1, "23:00") });
}

#[test]
fn without_an_agent_silence_is_counted_no_earlier_than_the_next_run_is_due() {
    let monthly = Schedule::Cron { cron: "0 22 10 * *".into(), time_zone: "UTC".into() };
    let mut facts = device(&[]);
    facts.jobs = [job(1, &monthly, &[good(1)])].into_iter().collect();
    facts.last_seen = Some(at(1, "23:00"));
    facts.terms.overdue_after = Span::days(40);
    assert_eq!(assess(&facts, at(20, "12:00")).band, Band::Healthy);
    facts.checked_in_at = facts.last_seen;
    assert_eq!(assess(&facts, at(20, "12:00")).band, Band::Unknown);
}

#[test]
fn one_or_two_failures_in_a_row_are_a_warning_and_three_are_critical() {
    let good_week: Vec<RunSummary> = (-6..=1).map(good).collect();
    let failing = |n: i64| {
        let mut runs = good_week.clone();
        runs.extend((2..2 + n).map(|day| nightly(day, RunState::Failed)));
        let mut facts = device(&runs);
        // Far from due, so that only failures decide.
        facts.terms.overdue_after = Span::days(30);
        facts.jobs[0].slots.due = at(20, "22:00");
        facts.jobs[0].slots.interval = Span::days(20);
        assess(&facts, at(1 + n, "23:30"))
    };
    let (one, two, three) = (failing(1), failing(2), failing(3));
    assert_eq!([one.band, two.band, three.band], [Band::Warning, Band::Warning, Band::Critical]);
    let severities: Vec<Severity> = [&one, &two, &three].map(|a| a.conditions[0].severity).to_vec();
    assert_eq!(severities, [Severity::Warning, Severity::Warning, Severity::Critical]);
    assert_eq!([kinds(&one), kinds(&three)], [vec![AlertKind::JobFailed], vec![AlertKind::JobFailed]]);
    assert_eq!(three.reasons[0], Reason::Failing { job: JOB, failures: 3, since: at(2, "23:00") });
}

#[test]
fn a_warning_is_a_usable_backup_and_ends_a_row_of_failures() {
    let runs = [nightly(1, RunState::Failed), nightly(2, RunState::Failed), nightly(3, RunState::Warning)];
    let decided = assess(&device(&runs), at(3, "23:30"));
    assert!(!has(&decided, AlertKind::JobFailed));
    assert!(decided.reasons.contains(&Reason::LowSuccess { usable: 1, of: 3 }));
}

#[test]
fn cancelled_and_skipped_runs_count_for_nothing() {
    let decided = assess(&device(&[good(1), nightly(2, RunState::Cancelled)]), at(2, "22:30"));
    assert_eq!((decided.band, decided.factors.success), (Band::Healthy, 1_000_000));
}

#[test]
fn past_due_is_a_warning_for_48_hours_and_critical_after_them() {
    let facts = device(&[good(1)]);
    assert_eq!(assess(&facts, at(4, "23:00")).band, Band::Warning);
    assert_eq!(assess(&facts, at(4, "23:00") + Span(1)).band, Band::Critical);
}

#[test]
fn recency_falls_from_1_at_due_to_0_at_48_hours_past_due() {
    let facts = device(&[good(1)]);
    let recency = |time| assess(&facts, time).factors.recency;
    assert_eq!(recency(at(2, "23:00")), 1_000_000);
    assert_eq!(recency(at(3, "23:00")), 500_000);
    assert_eq!(recency(at(4, "23:00")), 0);
    assert_eq!(recency(at(6, "23:00")), 0);
}

#[test]
fn the_place_in_the_band_is_35_30_25_10_of_the_factors() {
    let mut facts = device(&[good(1)]);
    facts.life = DeviceLife::Paused;
    // 24 h past due: c = 0.35 × ½ + 0.30 + 0.25 + 0.10 = 0.825; 70 + round(0.825 × 19) = 86.
    assert_eq!(assess(&facts, at(3, "23:00")).score, Score(86));
    // A quota nine tenths full: storage ½, c = 0.775, 70 + round(14.725) = 85.
    facts.storage = Some(Storage { used: 90, quota: Some(100) });
    assert_eq!((assess(&facts, at(3, "23:00")).score, assess(&facts, at(3, "23:00")).factors.storage), (Score(85), 500_000));
}

#[test]
fn a_success_rate_under_80_percent_in_seven_days_is_a_warning_and_80_is_not() {
    let runs = |bad: i64| -> Vec<RunSummary> {
        (0..5).map(|n| nightly(n - 3, if n < bad { RunState::Failed } else { RunState::Succeeded })).collect()
    };
    let (eighty, sixty) = (assess(&device(&runs(1)), at(2, "08:00")), assess(&device(&runs(2)), at(2, "08:00")));
    assert_eq!((eighty.band, eighty.factors.success), (Band::Healthy, 800_000));
    assert_eq!((sixty.band, sixty.reasons[0]), (Band::Warning, Reason::LowSuccess { usable: 3, of: 5 }));
}

#[test]
fn runs_leave_the_seven_day_window_at_full_hours_and_then_the_last_finished_run_decides() {
    let mut facts = device(&[good(0), nightly(1, RunState::Failed)]);
    facts.life = DeviceLife::Paused;
    let success = |time| assess(&facts, time).factors.success;
    assert_eq!(success(at(7, "22:59")), 500_000);
    assert_eq!(success(at(7, "23:00")), 0);
    assert_eq!(success(at(30, "23:00")), 0, "the last finished run failed");
}

#[test]
fn a_wanted_restore_test_counts_half_while_never_made_and_is_missing_after_30_days() {
    let mut facts = device(&[good(28), good(29)]);
    facts.terms.restore_test_every = Some(Span::days(90));
    let young = assess(&facts, at(30, "11:59"));
    assert_eq!((young.band, young.factors.restore), (Band::Healthy, 500_000));
    assert_eq!(young.next_change, Some(at(30, "12:00")));
    let missing = assess(&facts, at(30, "12:00"));
    assert_eq!((missing.band, missing.factors.restore), (Band::Warning, 500_000));
    assert_eq!(missing.reasons[0], Reason::RestoreMissing { since: at(30, "12:00") });
}

#[test]
fn a_passed_restore_test_is_worth_all_within_its_interval_and_half_when_stale() {
    let mut facts = device(&[good(29), good(30)]);
    facts.terms.restore_test_every = Some(Span::days(30));
    facts.restore.last = Some((at(1, "08:00"), true));
    assert_eq!(assess(&facts, at(31, "08:00")).factors.restore, 1_000_000);
    let stale = assess(&facts, at(31, "08:01"));
    assert_eq!((stale.band, stale.factors.restore), (Band::Warning, 500_000));
    assert_eq!(stale.reasons[0], Reason::RestoreStale { at: at(1, "08:00") });
}

#[test]
fn a_failed_restore_test_is_critical_whether_or_not_the_policy_asks_for_one() {
    let mut facts = device(&[good(1)]);
    facts.restore.last = Some((at(1, "08:00"), false));
    let decided = assess(&facts, at(2, "08:00"));
    // c = 0.75: 40 + round(0.75 × 29) = 62.
    assert_eq!((decided.band, decided.factors.restore, decided.score), (Band::Critical, 0, Score(62)));
    assert_eq!(kinds(&decided), [AlertKind::RestoreTestFailed]);
    assert_eq!(decided.conditions[0].severity, Severity::Critical);
}

#[test]
fn storage_above_95_percent_of_quota_is_a_warning_and_95_is_not() {
    let mut facts = device(&[good(1)]);
    let mut with = |used| {
        facts.storage = Some(Storage { used, quota: Some(1_000) });
        assess(&facts, at(2, "08:00"))
    };
    assert_eq!((with(800).factors.storage, with(1_000).factors.storage, with(2_000).factors.storage), (1_000_000, 0, 0));
    assert_eq!((with(950).band, kinds(&with(950))), (Band::Healthy, vec![]));
    let full = with(951);
    assert_eq!((full.band, kinds(&full)), (Band::Warning, vec![AlertKind::StorageQuota]));
    assert_eq!(full.reasons[0], Reason::StorageFull { used: 951, quota: 1_000 });
}

#[test]
fn of_several_jobs_the_worst_decides_the_band_and_success_is_pooled() {
    let mut facts = device(&[good(1), good(2)]);
    facts.jobs.push(job(2, &daily(), &[good(0), nightly(1, RunState::Failed), nightly(2, RunState::Failed)]));
    let decided = assess(&facts, at(3, "08:00"));
    assert_eq!(decided.factors.success, 600_000);
    assert_eq!(decided.band, Band::Warning);
    assert_eq!(decided.reasons[0], Reason::Failing { job: JobId(2), failures: 2, since: at(1, "23:00") });
    assert_eq!(decided.conditions.iter().filter(|c| c.kind == AlertKind::JobFailed).count(), 1);
}

#[test]
fn reasons_come_worst_first() {
    let mut facts = device(&[good(1), nightly(2, RunState::Failed)]);
    facts.restore.last = Some((at(1, "08:00"), false));
    let decided = assess(&facts, at(3, "00:00"));
    assert!(matches!(decided.reasons[0], Reason::RestoreFailed { .. }));
    assert!(matches!(decided.reasons[1], Reason::Failing { .. }));
}

// D4

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
fn facts_and_assessments_come_through_json_unchanged() {
    let facts = device(&[good(1), nightly(2, RunState::Failed), open(at(3, "22:00"))]);
    let copy: DeviceFacts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
    assert_eq!(copy, facts);
    let decided = assess(&facts, at(3, "23:00"));
    let copy: Assessment = serde_json::from_str(&serde_json::to_string(&decided).unwrap()).unwrap();
    assert_eq!(copy, decided);
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

#[test]
fn runs_exactly_an_hour_beside_their_slots_hint_at_a_wrong_zone_and_cost_nothing() {
    let off = |day: i64, clock: &str, minutes: i64| {
        let start = at(day, clock) + Span::minutes(minutes);
        run(RunState::Succeeded, start, start + Span::minutes(30))
    };
    let hint = |runs: &[RunSummary]| {
        let decided = assess(&device(runs), runs.last().unwrap().ended_at.unwrap() + Span::MINUTE);
        assert_eq!((decided.score, decided.band), (Score(100), Band::Healthy));
        assert_eq!(kinds(&decided), []);
        decided.reasons.iter().find_map(|reason| match reason {
            Reason::HourOff { late, .. } => Some(*late),
            _ => None,
        })
    };
    assert_eq!(hint(&[off(3, "23:00", 0), off(4, "23:00", 4), off(5, "23:00", -4)]), Some(true));
    assert_eq!(hint(&[off(3, "21:00", 0), off(4, "21:00", 1), off(5, "21:00", 0)]), Some(false));
    assert_eq!(hint(&[off(4, "23:00", 0), off(5, "23:00", 0)]), None, "two may be chance");
    assert_eq!(hint(&[off(3, "23:00", 0), off(4, "23:00", 6), off(5, "23:00", 0)]), None);
    assert_eq!(hint(&[off(3, "23:00", 0), off(4, "22:00", 0), off(5, "23:00", 0)]), None);
    assert_eq!(hint(&[off(3, "22:00", 0), off(4, "22:00", 0), off(5, "22:00", 0)]), None);
}

#[test]
fn the_next_change_tells_whether_maintenance_is_on() {
    let facts = DeviceFacts {
        quiet: [(at(2, "08:00"), at(2, "12:00")), (at(3, "08:00"), at(3, "12:00"))].into_iter().collect(),
        ..device(&[good(1)])
    };
    let told = |now: Time| {
        let decided = assess(&facts, now);
        let shown = domain::live::DeviceNow {
            device: domain::ids::DeviceId(1),
            organization: domain::ids::OrganizationId(1),
            score: decided.score,
            band: decided.band,
            running: 0,
            retrying: 0,
            last_usable_at: None,
            due_at: None,
            next_change: decided.next_change,
            facts: facts.clone(),
            runs: Vec::new(),
            alerts: Vec::new(),
        };
        assert_eq!(shown.quiet_until(), decided.quiet_until, "at {now:?}");
        decided.quiet_until
    };
    assert_eq!(told(at(2, "07:59")), None);
    assert_eq!(told(at(2, "08:00")), Some(at(2, "12:00")));
    assert_eq!(told(at(2, "11:59")), Some(at(2, "12:00")));
    assert_eq!(told(at(2, "12:00")), None);
    assert_eq!(told(at(3, "09:00")), Some(at(3, "12:00")));
}
