//! D2: when a job is due, missed and overdue, and what holds that back.

use crate::one_job::{JOB, at, device, device_of, good, has, kinds, open};
use domain::{
    alert::{AlertKind, Severity},
    facts::DeviceFacts,
    health::{Band, Reason, Score, assess},
    policy::{DeviceClass, DeviceLife},
    time::Span,
};

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
