//! When maintenance windows occur: clock changes, exclusions, ends of months, leap days.
#![cfg(feature = "zones")]
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    maintenance::{
        Occurs, Reach, Window,
        calendar::{next, occurrences, quiet, validate},
    },
    text::{parse_rfc3339, rfc3339},
    time::{Span, Time},
};
use proptest::prelude::*;

fn at(text: &str) -> Time {
    parse_rfc3339(text).unwrap()
}

fn recurring(cron: &str, zone: &str, minutes: u32, except: &[&str]) -> Occurs {
    Occurs::Recurring { cron: cron.into(), zone: zone.into(), minutes, except: except.iter().map(|d| d.parse().unwrap()).collect() }
}

fn told(intervals: &[(Time, Time)]) -> Vec<String> {
    intervals.iter().map(|(from, until)| format!("{}/{}", rfc3339(*from), rfc3339(*until))).collect()
}

struct Row {
    what: &'static str,
    cron: &'static str,
    zone: &'static str,
    minutes: u32,
    except: &'static [&'static str],
    from: &'static str,
    until: &'static str,
    expected: &'static [&'static str],
}

const TABLE: &[Row] = &[
    Row {
        what: "In spring a window begins at the first instant after the gap, and keeps its four hours",
        cron: "30 2 * * SUN",
        zone: "Europe/Berlin",
        minutes: 240,
        except: &[],
        from: "2026-03-22T00:00:00Z",
        until: "2026-04-06T00:00:00Z",
        expected: &[
            "2026-03-22T01:30:00Z/2026-03-22T05:30:00Z",
            "2026-03-29T01:00:00Z/2026-03-29T05:00:00Z",
            "2026-04-05T00:30:00Z/2026-04-05T04:30:00Z",
        ],
    },
    Row {
        what: "In autumn it begins once, at the first of the two half past two, and keeps its four hours",
        cron: "30 2 * * SUN",
        zone: "Europe/Berlin",
        minutes: 240,
        except: &[],
        from: "2026-10-24T00:00:00Z",
        until: "2026-11-02T00:00:00Z",
        expected: &["2026-10-25T00:30:00Z/2026-10-25T04:30:00Z", "2026-11-01T01:30:00Z/2026-11-01T05:30:00Z"],
    },
    Row {
        what: "A date is left out by the calendar on the wall, not by UTC",
        cron: "30 0 * * *",
        zone: "Europe/Berlin",
        minutes: 60,
        except: &["2026-12-27"],
        from: "2026-12-25T12:00:00Z",
        until: "2026-12-28T12:00:00Z",
        expected: &["2026-12-25T23:30:00Z/2026-12-26T00:30:00Z", "2026-12-27T23:30:00Z/2026-12-28T00:30:00Z"],
    },
    Row {
        what: "A window across midnight is left out by the day on which it begins",
        cron: "0 23 * * *",
        zone: "UTC",
        minutes: 120,
        except: &["2026-12-31"],
        from: "2026-12-30T00:00:00Z",
        until: "2027-01-02T00:00:00Z",
        expected: &[
            "2026-12-29T23:00:00Z/2026-12-30T01:00:00Z",
            "2026-12-30T23:00:00Z/2026-12-31T01:00:00Z",
            "2027-01-01T23:00:00Z/2027-01-02T01:00:00Z",
        ],
    },
    Row {
        what: "The 31st comes in months that have one",
        cron: "0 3 31 * *",
        zone: "UTC",
        minutes: 60,
        except: &[],
        from: "2026-01-01T00:00:00Z",
        until: "2026-08-01T00:00:00Z",
        expected: &[
            "2026-01-31T03:00:00Z/2026-01-31T04:00:00Z",
            "2026-03-31T03:00:00Z/2026-03-31T04:00:00Z",
            "2026-05-31T03:00:00Z/2026-05-31T04:00:00Z",
            "2026-07-31T03:00:00Z/2026-07-31T04:00:00Z",
        ],
    },
    Row {
        what: "The last day of a month is 29 February in a leap year",
        cron: "0 3 L * *",
        zone: "UTC",
        minutes: 60,
        except: &[],
        from: "2028-01-30T00:00:00Z",
        until: "2028-03-31T00:00:00Z",
        expected: &["2028-01-31T03:00:00Z/2028-01-31T04:00:00Z", "2028-02-29T03:00:00Z/2028-02-29T04:00:00Z"],
    },
    Row {
        what: "29 February comes every four years",
        cron: "0 3 29 2 *",
        zone: "UTC",
        minutes: 60,
        except: &[],
        from: "2026-01-01T00:00:00Z",
        until: "2033-01-01T00:00:00Z",
        expected: &["2028-02-29T03:00:00Z/2028-02-29T04:00:00Z", "2032-02-29T03:00:00Z/2032-02-29T04:00:00Z"],
    },
    Row {
        what: "What follows without a gap is one interval",
        cron: "0 22 * * FRI,SAT",
        zone: "UTC",
        minutes: 1_440,
        except: &[],
        from: "2026-11-20T00:00:00Z",
        until: "2026-11-23T00:00:00Z",
        expected: &["2026-11-20T22:00:00Z/2026-11-22T22:00:00Z"],
    },
    Row {
        what: "One that began before and is still going on belongs to it",
        cron: "0 22 * * FRI",
        zone: "UTC",
        minutes: 1_440,
        except: &[],
        from: "2026-11-21T21:59:00Z",
        until: "2026-11-23T00:00:00Z",
        expected: &["2026-11-20T22:00:00Z/2026-11-21T22:00:00Z"],
    },
    Row {
        what: "One that has just ended doesn't",
        cron: "0 22 * * FRI",
        zone: "UTC",
        minutes: 1_440,
        except: &[],
        from: "2026-11-21T22:00:00Z",
        until: "2026-11-23T00:00:00Z",
        expected: &[],
    },
];

#[test]
fn windows_occur_where_the_calendar_on_the_wall_says_and_last_as_long_as_they_are() {
    for Row { what, cron, zone, minutes, except, from, until, expected } in TABLE {
        let occurs = recurring(cron, zone, *minutes, except);
        let found = occurrences(&occurs, at(from), at(until)).unwrap();
        assert_eq!(told(&found), *expected, "{what}");
        let ahead = next(&occurs, at(from), expected.len()).unwrap();
        assert_eq!(told(&ahead), *expected, "{what}, looked for ahead");
    }
}

#[test]
fn a_window_that_can_not_be_is_refused_with_what_to_do() {
    let once = |from, until| Occurs::Once { from: Time(from), until: Time(until) };
    let table = [
        (once(5, 5), "choose a later end"),
        (once(0, Span::days(400).0), "at most a year"),
        (recurring("0 2 * * 0", "Europe/Berlin", 0, &[]), "at least 1 minute"),
        (recurring("0 2 * * 0", "Europe/Berlin", 20_000, &[]), "at most 7 days"),
        (recurring("0 2 * *", "Europe/Berlin", 60, &[]), "has not five fields"),
        (recurring("0 2 30 2 *", "Europe/Berlin", 60, &[]), "never comes round"),
        (recurring("0 2 * * 0", "Berlin", 60, &[]), "not an IANA time zone"),
        (recurring("*/30 * * * *", "UTC", 30, &[]), "would never end"),
    ];
    for (occurs, said) in table {
        let refusal = validate(&occurs).unwrap_err().0;
        assert!(refusal.contains(said), "{refusal}");
    }
    assert_eq!(validate(&recurring("0 2 * * 0", "Europe/Berlin", 240, &["2026-12-27"])), Ok(()));
}

#[test]
fn what_was_announced_holds_from_when_it_was_announced_and_until_it_was_changed() {
    let window = Window {
        occurs: recurring("0 2 * * *", "UTC", 240, &[]),
        reach: Reach::Partner,
        own: true,
        from: at("2026-11-20T03:00:00Z"),
        until: Some(at("2026-11-22T02:30:00Z")),
    };
    let found = window.within(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")).unwrap();
    let expected = [
        "2026-11-20T03:00:00Z/2026-11-20T06:00:00Z",
        "2026-11-21T02:00:00Z/2026-11-21T06:00:00Z",
        "2026-11-22T02:00:00Z/2026-11-22T02:30:00Z",
    ];
    assert_eq!(told(&found), expected);
    assert_eq!(told(&window.ahead(at("2026-11-20T05:00:00Z")).unwrap()), expected);
    assert!(window.ahead(at("2026-11-22T02:30:00Z")).unwrap().is_empty());
}

#[test]
fn several_windows_make_one_quiet_time() {
    let night = [(Time(100), Time(200)), (Time(300), Time(400))];
    let planned = [(Time(150), Time(300))];
    assert_eq!(quiet([&night[..], &planned[..]]).as_slice(), [(Time(100), Time(400))]);
    assert_eq!(quiet([&night[..], &[]]).as_slice(), night);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn looking_ahead_finds_what_looking_at_a_time_finds(
        day in 0..800i64, minute in 0..1_440i64, cron in proptest::sample::select(vec!["0 2 * * *", "30 2 * * 0", "*/90 1-5 * * *", "0 */7 * * *", "15 23 L * *"]),
        minutes in proptest::sample::select(vec![1u32, 50, 240, 1_500, 3_000]),
    ) {
        let occurs = recurring(cron, "Europe/Berlin", minutes, &["2026-10-25", "2027-03-28"]);
        let from = at("2026-01-01T00:00:00Z") + Span::days(day) + Span::minutes(minute);
        prop_assume!(validate(&occurs).is_ok());
        let ahead = next(&occurs, from, 2).unwrap();
        let mut whole = occurrences(&occurs, from, from + Span::days(70)).unwrap();
        whole.truncate(2);
        prop_assert_eq!(ahead.first().map(|i| i.1), whole.first().map(|i| i.1));
        prop_assert_eq!(ahead.get(1).filter(|_| whole.len() > 1), whole.get(1));
    }
}
