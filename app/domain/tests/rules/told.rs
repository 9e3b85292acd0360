//! Facts and assessments as others have them: carried by JSON, and what a page tells of a device without asking.

use crate::one_job::{at, device, good, nightly, open};
use domain::{
    facts::DeviceFacts,
    health::{Assessment, assess},
    run::RunState,
    time::Time,
};

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
