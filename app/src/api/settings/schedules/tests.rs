#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use domain::{
    policy::{DeviceClass, Policy},
    schedule::Schedule,
    time::Time,
};
use engine::store::policies::Unkept;

/// 2026-03-20T12:00:00Z.
const MARCH: Time = Time(1_774_008_000_000);

fn berlin(cron: &str) -> Policy {
    let schedule = Schedule::Cron { cron: cron.to_owned(), time_zone: "Europe/Berlin".to_owned() };
    Policy { schedule, ..Policy::default() }
}

#[test]
fn a_time_that_the_clocks_skip_says_when_it_runs_instead() {
    let preview = preview(&berlin("30 2 * * *"), "UTC", MARCH);
    assert_eq!(preview.words, "daily at 02:30 (Europe/Berlin)");
    assert_eq!(preview.slots.len(), 5);
    assert_eq!(preview.slots[0].wall_clock, "Sat 21 Mar 2026, 02:30 CET");
    assert!(preview.slots.iter().all(|slot| slot.note.is_none()));
    let notes: Vec<_> = preview.odd.iter().map(|slot| slot.note.clone().unwrap()).collect();
    assert_eq!(notes[0], "02:30 doesn't exist on 29 March 2026: runs at 03:00");
    assert_eq!(notes[1], "02:30 comes twice on 25 October 2026: runs the first time only");
}

#[test]
fn a_schedule_that_follows_the_clock_runs_twice_in_the_hour_that_comes_twice() {
    let october = Time(1_792_800_000_000);
    let preview = preview(&berlin("*/30 * * * *"), "UTC", october);
    let notes: Vec<_> = preview.slots.iter().chain(&preview.odd).filter_map(|slot| slot.note.clone()).collect();
    assert!(notes[0].ends_with("comes twice on 25 October 2026: runs both times"), "{notes:?}");
}

#[test]
fn every_sentence_of_the_form_is_read_back_as_it_was_written() {
    for (cron, kind) in [("30 2 * * *", "daily"), ("5 22 * * 1,3,6", "weekly"), ("0 4 15 * *", "monthly"), ("0 4 L * *", "monthly")] {
        let policy = berlin(cron);
        let form = form(None, &policy, "UTC");
        assert_eq!(form.kind, kind);
        assert_eq!(schedule(&form).unwrap(), policy.schedule, "{cron}");
    }
    let workdays = form(None, &berlin("30 2 * * 1-5"), "UTC");
    assert_eq!(workdays.weekdays(), [false, true, true, true, true, true, false]);
    assert_eq!(form(None, &berlin("*/20 8-18 * * *"), "UTC").kind, "cron");
}

#[test]
fn a_service_level_that_cannot_be_kept_is_told_with_whom_it_concerns() {
    let level = |class, hours, organizations, devices| Unkept { class, hours, organizations, devices, more: false, named: Vec::new() };
    let levels = [level(DeviceClass::Server, 4, 1, 1), level(DeviceClass::Server, 12, 4, 1_100)];
    let daily = Policy { schedule: Schedule::Every { every_minutes: 1_440 }, ..Policy::default() };
    assert_eq!(
        unkept_words(&daily, &levels, MARCH),
        [
            "Servers of 1 client (1 device) are under a service level of 4 h; this policy backs up once a day.",
            "Servers of 4 clients (1,100 devices) are under a service level of 12 h; this policy backs up once a day.",
        ]
    );
    let words = |cron: &str| unkept_words(&berlin(cron), &levels[..1], MARCH).remove(0);
    assert!(words("30 2 * * 1-5").ends_with("; this policy backs up Monday to Friday at 02:30 (Europe/Berlin)."));
    assert!(words("30 2 */3 * *").ends_with("; this policy's backups lie up to 3 d apart."), "{}", words("30 2 */3 * *"));
}

#[test]
fn a_day_that_some_months_lack_is_told() {
    let warned = |cron: &str| preview(&berlin(cron), "UTC", MARCH).warnings.iter().any(|w| w.contains("skipped"));
    assert!(warned("0 4 31 * *") && !warned("0 4 28 * *") && !warned("0 4 L * *"));
}

#[test]
fn a_daily_schedule_is_told_not_to_keep_the_service_level_of_servers_and_keeps_that_of_workstations() {
    let daily = berlin("30 2 * * *");
    assert!(unmet(&daily, DeviceClass::Server, 12, MARCH).is_some());
    assert!(unmet(&daily, DeviceClass::Server, 26, MARCH).is_none(), "the partner's own rule is the one that counts");
    assert!(unmet(&daily, DeviceClass::Workstation, 24, MARCH).is_none(), "25 hours once a year are the clocks' doing");
    assert!(
        unmet(&Policy { overdue_hours: Some(36), ..daily }, DeviceClass::Server, 12, MARCH).is_some(),
        "who is told later still has no backup"
    );
    assert!(unmet(&berlin("0 */12 * * *"), DeviceClass::Server, 12, MARCH).is_none());
}
