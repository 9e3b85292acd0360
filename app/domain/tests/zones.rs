//! Slots and days around clock changes, compared with a walk over minutes made elsewhere (`fixtures/make_slots.py`).
#![cfg(feature = "zones")]
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    facts::{JobHistory, RunSummary},
    run::RunState,
    schedule::{Pending, Schedule},
    text::parse_rfc3339,
    time::{Span, Time},
    zones::{HORIZON, Zone, day_bounds, day_of, next_slots, resolve, resolve_since, validate},
};

const SLOTS: &str = include_str!("fixtures/slots.txt");

fn cron(line: &str, zone: &str) -> Schedule {
    Schedule::Cron { cron: line.to_owned(), time_zone: zone.to_owned() }
}

fn at(text: &str) -> Time {
    parse_rfc3339(text).unwrap()
}

fn minutes(text: &str) -> Time {
    Time(text.parse::<i64>().unwrap() * 60_000)
}

/// `first gap*times gap*times …` in minutes.
fn unpacked(text: &str) -> Vec<Time> {
    let mut words = text.split_whitespace();
    let mut slots: Vec<Time> = words.next().map(minutes).into_iter().collect();
    for word in words {
        let (gap, times) = word.split_once('*').unwrap();
        for _ in 0..times.parse::<u32>().unwrap() {
            let last = *slots.last().unwrap();
            slots.push(last + Span(minutes(gap).0));
        }
    }
    slots
}

#[test]
fn slots_around_every_clock_change_are_those_a_walk_over_minutes_finds() {
    let mut lines = 0;
    for line in SLOTS.lines().filter(|line| !line.starts_with("day|")) {
        let [zone, from, to, line, slots] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (from, to) = (minutes(from), minutes(to));
        let expected = unpacked(slots);
        let mut found = next_slots(&cron(line, zone), from - Span(1), expected.len() + 1).unwrap();
        found.retain(|slot| *slot < to);
        assert_eq!(found, expected, "{line} in {zone} from {from:?}");
        lines += 1;
    }
    assert!(lines > 2_000, "{lines} lines");
}

#[test]
fn local_days_around_every_clock_change_begin_and_end_where_the_walk_says() {
    let mut days = 0;
    for line in SLOTS.lines().filter_map(|line| line.strip_prefix("day|")) {
        let [zone, day, start, end] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let day: i32 = day.parse().unwrap();
        let (start, end) = (minutes(start), minutes(end));
        assert_eq!(day_bounds(day, zone).unwrap(), (start, end), "{line}");
        assert_eq!(day_of(start, zone).unwrap(), day, "{line}");
        assert_eq!(day_of(end - Span(1), zone).unwrap(), day, "{line}");
        days += 1;
    }
    assert!(days > 500, "{days} days");
}

#[test]
fn a_fixed_time_in_a_spring_gap_runs_at_the_first_instant_after_it_and_in_a_fold_once() {
    let berlin = cron("30 2 * * *", "Europe/Berlin");
    let spring = next_slots(&berlin, at("2026-03-29T00:00:00Z"), 2).unwrap();
    assert_eq!(spring, [at("2026-03-29T01:00:00Z"), at("2026-03-30T00:30:00Z")]);
    let autumn = next_slots(&berlin, at("2026-10-24T12:00:00Z"), 2).unwrap();
    assert_eq!(autumn, [at("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z")]);
}

#[test]
fn a_quarter_hourly_schedule_keeps_its_pace_through_both_changes() {
    for change in ["2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z"] {
        let slots = next_slots(&cron("*/15 * * * *", "Europe/Berlin"), at(change), 20).unwrap();
        assert!(slots.windows(2).all(|pair| pair[1] - pair[0] == Span::minutes(15)), "{change}");
    }
}

#[test]
fn a_day_that_never_was_is_skipped_in_apia() {
    // 30 December 2011 does not exist there.
    let slots = next_slots(&cron("0 12 * * *", "Pacific/Apia"), at("2011-12-29T12:00:00Z"), 3).unwrap();
    assert_eq!(slots[0], at("2011-12-29T22:00:00Z"));
    assert_eq!(slots[1], at("2011-12-30T10:00:00Z"), "the noon of the lost day, at the first instant after it");
    assert_eq!(slots[2], at("2011-12-30T22:00:00Z"));
}

#[test]
fn a_schedule_that_cannot_be_used_is_refused_with_what_to_write_instead() {
    let why = |schedule: Schedule| validate(&schedule).unwrap_err().to_string();
    assert!(why(cron("30 2 * *", "UTC")).contains("has not five fields"));
    assert!(why(cron("30 2 * * * *", "UTC")).contains("has not five fields"));
    assert!(why(cron("61 2 * * *", "UTC")).contains("is not a cron schedule"));
    assert!(why(cron("30 2 * * *", "Mars/Olympus")).contains("is not an IANA time zone"));
    assert!(why(cron("0 0 30 2 *", "UTC")).contains("never comes round"));
    assert!(why(cron("@daily", "UTC")).contains("has not five fields"));
    assert!(why(Schedule::Every { every_minutes: 0 }).contains("at least 1 minute"));
    assert_eq!(validate(&cron("0 0 29 2 1", "UTC")), Ok(()));
    assert_eq!(validate(&cron("0 22 L * *", "Europe/Berlin")), Ok(()));
    assert_eq!(validate(&Schedule::Learned), Ok(()));
}

fn run(start: &str, end: &str, state: RunState) -> RunSummary {
    RunSummary { started_at: at(start), ended_at: Some(at(end)), state, timed_out: false, attempt: 1, bytes: 0, items: None }
}

#[test]
fn an_even_cron_has_the_interval_of_the_schedule_and_half_of_it_as_slack() {
    let history = JobHistory::rebuild(&[run("2026-11-10T22:00:00Z", "2026-11-10T23:10:00Z", RunState::Succeeded)]);
    let slots = resolve(&cron("0 22 * * *", "UTC"), at("2026-11-01T00:00:00Z"), &history, HORIZON).unwrap();
    assert_eq!((slots.due, slots.interval, slots.slack), (at("2026-11-11T22:00:00Z"), Span::DAY, Span::hours(12)));
    let Pending::Listed(listed) = &slots.pending else { panic!("a list") };
    assert_eq!(listed.len(), HORIZON);
    assert_eq!(listed[0], (at("2026-11-11T22:00:00Z"), Span::hours(12)));
    assert_eq!(slots.missed_at(listed[0].0, Span::HOUR), Some(at("2026-11-12T11:00:00Z")));
    assert_eq!(slots.missed_at(at("2026-11-11T22:00:01Z"), Span::HOUR), None);
}

#[test]
fn a_weekday_cron_has_the_smaller_gap_beside_the_slot_as_its_slack() {
    // Friday's run has ended; the next slot is Monday's.
    let history = JobHistory::rebuild(&[run("2026-11-13T22:00:00Z", "2026-11-13T23:00:00Z", RunState::Succeeded)]);
    let slots = resolve(&cron("0 22 * * 1-5", "UTC"), at("2026-11-01T00:00:00Z"), &history, HORIZON).unwrap();
    assert_eq!((slots.due, slots.interval), (at("2026-11-16T22:00:00Z"), Span::days(3)));
    assert_eq!(slots.slack, Span::hours(12));
}

#[test]
fn a_start_a_few_seconds_early_is_the_start_of_its_slot() {
    let history = JobHistory::rebuild(&[run("2026-11-10T21:59:50Z", "2026-11-10T21:59:58Z", RunState::Failed)]);
    let slots = resolve(&cron("0 22 * * *", "UTC"), at("2026-11-10T00:00:00Z"), &history, 4).unwrap();
    let Pending::Listed(listed) = slots.pending else { panic!("a list") };
    assert_eq!(listed[0].0, at("2026-11-11T22:00:00Z"));
    assert_eq!(listed.len(), 4);
}

#[test]
fn slots_that_pass_while_a_run_goes_on_are_not_pending() {
    let history = JobHistory::rebuild(&[run("2026-11-10T10:00:00Z", "2026-11-10T10:52:00Z", RunState::Succeeded)]);
    let five = Schedule::Every { every_minutes: 5 };
    let slots = resolve(&five, at("2026-11-10T00:00:00Z"), &history, HORIZON).unwrap();
    assert_eq!(slots.due, at("2026-11-10T10:57:00Z"));
    assert_eq!(slots.pending, Pending::Every { first: at("2026-11-10T10:55:00Z"), gap: Span::minutes(5) });
}

#[test]
fn slots_before_a_pause_ended_are_not_pending() {
    let history = JobHistory::rebuild(&[run("2026-11-01T22:00:00Z", "2026-11-01T22:10:00Z", RunState::Succeeded)]);
    let daily = cron("0 22 * * *", "UTC");
    let (enrolled, resumed) = (at("2026-10-01T00:00:00Z"), at("2026-11-10T09:00:00Z"));
    let slots = resolve_since(&daily, enrolled, &history, resumed, HORIZON).unwrap();
    assert_eq!(slots.due, at("2026-11-02T22:00:00Z"));
    let Pending::Listed(listed) = slots.pending else { panic!("a list") };
    assert_eq!(listed[0].0, at("2026-11-10T22:00:00Z"));
}

#[test]
fn a_learned_schedule_is_once_a_day_until_three_backups_have_shown_their_gap() {
    let every_six = |n: i64| -> Vec<RunSummary> {
        (0..n)
            .map(|k| {
                let start = at("2026-11-10T00:00:00Z") + Span::hours(6) * k;
                RunSummary {
                    ended_at: Some(start + Span::HOUR),
                    started_at: start,
                    ..run("2026-11-10T00:00:00Z", "2026-11-10T00:00:00Z", RunState::Succeeded)
                }
            })
            .collect()
    };
    let interval = |n| {
        let history = JobHistory::rebuild(&every_six(n));
        resolve(&Schedule::Learned, at("2026-11-01T00:00:00Z"), &history, HORIZON).unwrap().interval
    };
    assert_eq!((interval(2), interval(3), interval(20)), (Span::DAY, Span::hours(6), Span::hours(6)));
}

#[test]
fn a_run_of_a_clock_that_is_a_little_behind_serves_its_slot() {
    let due = |started: &str, ended: &str| {
        let history = JobHistory::rebuild(&[run(started, ended, RunState::Succeeded)]);
        let slots = resolve(&cron("0 6,18 * * *", "UTC"), at("2026-11-01T00:00:00Z"), &history, HORIZON).unwrap();
        (slots.due, slots.interval, slots.slack)
    };
    let evening = (at("2026-11-10T18:00:00Z"), Span::hours(12), Span::hours(6));
    assert_eq!(due("2026-11-10T06:00:00Z", "2026-11-10T06:03:00Z"), evening);
    // Over before its slot, by its own clock.
    assert_eq!(due("2026-11-10T05:56:00Z", "2026-11-10T05:59:00Z"), evening);
    // That is no matter of clocks.
    assert_eq!(due("2026-11-10T05:50:00Z", "2026-11-10T05:53:00Z").0, at("2026-11-10T06:00:00Z"));
}

#[test]
fn a_schedule_is_written_as_the_api_has_it() {
    for (text, schedule) in [
        (r#"{"every_minutes":15}"#, Schedule::Every { every_minutes: 15 }),
        (r#"{"cron":"30 2 * * *","time_zone":"Europe/Berlin"}"#, cron("30 2 * * *", "Europe/Berlin")),
        (r#""learned""#, Schedule::Learned),
    ] {
        assert_eq!(serde_json::to_string(&schedule).unwrap(), text);
        assert_eq!(serde_json::from_str::<Schedule>(text).unwrap(), schedule);
    }
    for text in [r#"{"every_minutes":0}"#, r#"{"every_minutes":-5}"#, r#""hourly""#, r#"{"cron":"0 0 * * *"}"#, "7"] {
        assert!(serde_json::from_str::<Schedule>(text).is_err(), "{text}");
    }
}

#[test]
fn a_zone_is_known_by_its_name() {
    assert_eq!(Zone::named("Australia/Lord_Howe").unwrap().name(), "Australia/Lord_Howe");
    assert!(Zone::named("Berlin").is_err());
}
