//! D3: bands, the place in the band, the reasons for both, and hints that cost nothing.

use crate::one_job::{JOB, at, daily, device, enrolled, good, has, job, kinds, nightly, open, run};
use domain::{
    alert::{AlertKind, Severity},
    facts::{RunSummary, Storage},
    health::{Band, Reason, Score, assess},
    ids::JobId,
    policy::DeviceLife,
    run::RunState,
    schedule::Schedule,
    time::Span,
};

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
