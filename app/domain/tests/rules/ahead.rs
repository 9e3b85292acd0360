//! What comes by itself: the first other score, and what can be done while nothing is known.

use crate::one_job::{at, device, device_of, enrolled, good, job, nightly, open};
use domain::{
    facts::Storage,
    health::{Band, Factor, Score, Step, advice, allowance, assess, first_change, raise},
    policy::{DeviceClass, DeviceLife},
    run::RunState,
    schedule::{Schedule, Slots},
    time::Span,
};

#[test]
fn the_first_change_is_one_of_the_score_and_not_of_what_lies_under_it() {
    let mut facts = device(&[good(1)]);
    facts.storage = Some(Storage { used: 96, quota: Some(100) });
    let now = at(2, "10:00");
    let before = assess(&facts, now);
    let (time, score, band) = first_change(&facts, now).unwrap();
    assert_ne!((score, band), (before.score, before.band));
    // At 23:00 it is past due, which changes reasons, and nothing of a score that rounds to the same.
    assert!(before.next_change.unwrap() <= at(2, "23:00") && time > at(2, "23:00"), "{time:?}");
    for minute in 0..(time - now).0 / Span::MINUTE.0 {
        let then = assess(&facts, now + Span::minutes(minute));
        assert_eq!((then.score, then.band), (before.score, before.band));
    }
    let then = assess(&facts, time);
    assert_eq!((then.score, then.band), (score, band));
}

#[test]
fn what_is_unknown_stays_so_until_something_is_heard() {
    let never = device(&[]);
    assert_eq!(assess(&never, at(3, "10:00")).band, Band::Unknown);
    assert_eq!(first_change(&never, at(3, "10:00")), None);
    let silent = device(&[good(1)]);
    assert_eq!(assess(&silent, at(12, "10:00")).band, Band::Unknown);
    assert_eq!(first_change(&silent, at(12, "10:00")), None);
}

#[test]
fn beyond_the_end_of_the_set_times_nothing_is_foretold() {
    let mut facts = device(&[good(1)]);
    // Listed for two hours. Only silence, days later, would change the score: by then the list is another.
    facts.jobs[0] = job(1, &Schedule::Cron { cron: "*/7 * * * *".into(), time_zone: "UTC".into() }, &[good(1)]);
    facts.jobs[0].slots.due = at(9, "22:00");
    facts.jobs[0].history.week.clear();
    facts.life = DeviceLife::Paused;
    assert_eq!(first_change(&facts, at(1, "23:01")), None);
    facts.jobs[0].slots = Slots::every(Span::DAY, at(1, "23:00"), at(1, "23:00"), enrolled());
    assert!(first_change(&facts, at(1, "23:01")).is_some());
}

#[test]
fn while_nothing_is_known_only_what_lets_it_be_heard_of_is_advised() {
    let now = at(5, "10:00");
    let mut never = device(&[]);
    never.terms.restore_test_every = Some(Span::days(30));
    let plan = advice(&never, now);
    assert!(matches!(plan[0].step, Step::Backup { .. }) && plan[0].band > Band::Unknown);
    assert_eq!(raise(&never, Factor::Restore, now), None);
    let mut silent = device(&[good(1)]);
    silent.terms.restore_test_every = Some(Span::days(30));
    let late = at(12, "10:00");
    assert_eq!(raise(&silent, Factor::Restore, late), None);
    assert!(raise(&silent, Factor::Recency, late).is_some_and(|advice| advice.score > Score(0)));
    assert!(advice(&silent, late).iter().all(|advice| advice.band > Band::Unknown));
    // Known again, the restore test counts.
    assert!(raise(&device(&[good(1), nightly(2, RunState::Failed)]), Factor::Success, at(2, "23:30")).is_some());
}

#[test]
fn only_a_device_with_an_agent_and_an_allowance_may_be_offline_and_it_counts_from_its_last_sign() {
    let mut facts = device_of(DeviceClass::Workstation, &[good(1), open(at(2, "22:00"))]);
    facts.terms.offline_allowance = Span::days(3);
    assert_eq!(allowance(&facts), None, "there is no agent");
    facts.checked_in_at = Some(at(2, "08:00"));
    facts.last_seen = Some(at(2, "22:00"));
    assert_eq!(allowance(&facts), Some((at(2, "22:30"), at(5, "22:00"))));
    facts.terms.offline_allowance = Span::ZERO;
    assert_eq!(allowance(&facts), None);
}
