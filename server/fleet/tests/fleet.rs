//! The fleet is the same for everybody, and looks as its stories say.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    facts::{DeviceFacts, JobFacts, JobHistory, RestoreFacts, RunSummary, Storage},
    health::{Band, assess},
    ids::JobId,
    policy::DeviceLife,
    run::{Run, RunState},
    schedule::Schedule,
    time::{Span, Time},
    zones,
};
use fleet::{DevicePlan, Fleet, Size, Story, What, fleet};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// 2026-11-20T07:40:00Z, a Friday.
const UNTIL: Time = Time(1_795_160_400_000);

const SMALL: Size = Size { organizations: 8, devices: 80, days: 160, customers: 0, accounts: 0 };

fn devices(fleet: &Fleet) -> Vec<DevicePlan> {
    fleet.organizations().flat_map(|organization| organization.devices).collect()
}

#[test]
fn the_same_seed_gives_the_same_fleet_and_another_seed_another() {
    let (one, two, other) = (fleet(7, SMALL, UNTIL), fleet(7, SMALL, UNTIL), fleet(8, SMALL, UNTIL));
    assert_eq!(one, two);
    let all = |fleet: &Fleet| fleet.organizations().collect::<Vec<_>>();
    assert_eq!(all(&one), all(&two));
    assert_ne!(all(&one), all(&other));
    for (a, b) in devices(&one).iter().zip(devices(&two)) {
        assert!(a.happenings(UNTIL - Span::days(9), UNTIL).eq(b.happenings(UNTIL - Span::days(9), UNTIL)));
    }
}

#[test]
fn it_is_the_same_on_every_machine() {
    // A number that stands for all of it: where it changes, every demo and every benchmark does.
    let fleet = fleet(1, SMALL, UNTIL);
    let mut sum = 0_u64;
    for device in devices(&fleet) {
        for happening in device.happenings(UNTIL - Span::days(40), UNTIL + Span::days(1)) {
            for byte in format!("{}{happening:?}", device.name).bytes() {
                sum = (sum.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
            }
        }
    }
    assert_eq!(format!("{sum:016x}"), "eaa448cbc94ba3f2");
}

#[test]
fn windows_put_together_give_the_whole() {
    let fleet = fleet(3, SMALL, UNTIL);
    for device in devices(&fleet) {
        let (a, c) = (UNTIL - Span::days(20), UNTIL + Span::hours(30));
        for b in [a + Span(1), a + Span::hours(77), UNTIL - Span::minutes(3), UNTIL, UNTIL + Span::SECOND] {
            let parts: Vec<_> = device.happenings(a, b).chain(device.happenings(b, c)).collect();
            assert!(parts.iter().eq(&device.happenings(a, c).collect::<Vec<_>>()), "{} {:?}", device.name, device.story);
        }
        let steps = (0..200).flat_map(|n| device.happenings(UNTIL + Span::SECOND * (n * 90), UNTIL + Span::SECOND * ((n + 1) * 90)));
        assert!(steps.eq(device.happenings(UNTIL, UNTIL + Span::SECOND * 18_000)));
    }
}

#[test]
fn happenings_ascend_stay_inside_their_window_and_their_device_s_life() {
    let fleet = fleet(4, SMALL, UNTIL);
    let (from, until) = (fleet.from, UNTIL + Span::days(2));
    for device in devices(&fleet) {
        let mut last = from;
        for happening in device.happenings(from, until) {
            assert!(happening.at >= last && happening.at < until);
            assert!(happening.at >= device.enrolled_at, "{}", device.name);
            assert!(device.life_from.is_none_or(|end| happening.at < end));
            if let What::Run { job, event, .. } = &happening.what {
                assert_eq!(event.at, happening.at);
                assert!(happening.at >= device.jobs[*job].since);
                assert_ne!(event.state, RunState::Missed);
            }
            last = happening.at;
        }
    }
}

#[test]
fn names_are_unique_where_they_must_be() {
    let fleet = fleet(1, Size { organizations: 400, devices: 9_000, days: 200, ..Size::default() }, UNTIL);
    let mut organizations = HashSet::new();
    let mut count = 0;
    for organization in fleet.organizations() {
        assert!(organizations.insert((organization.partner, organization.name.to_lowercase())), "{}", organization.name);
        let names: HashSet<_> = organization.devices.iter().map(|device| device.name.to_lowercase()).collect();
        assert_eq!(names.len(), organization.devices.len());
        count += names.len();
        for device in &organization.devices {
            let jobs: HashSet<_> = device.jobs.iter().map(|job| &job.name).collect();
            assert_eq!(jobs.len(), device.jobs.len());
            assert!(device.enrolled_at >= organization.created_at && device.enrolled_at < UNTIL);
        }
    }
    assert_eq!(count, 9_000);
    let addresses: HashSet<_> = fleet.partners.iter().flat_map(|partner| &partner.people).map(|person| &person.email).collect();
    assert_eq!(addresses.len(), fleet.partners.iter().map(|partner| partner.people.len()).sum::<usize>());
    for partner in &fleet.partners {
        assert!(partner.policies.iter().all(|plan| zones::validate(&plan.policy.schedule).is_ok()));
    }
}

#[test]
fn every_story_occurs_even_in_a_small_fleet() {
    let told: BTreeSet<Story> = devices(&fleet(2, SMALL, UNTIL)).iter().map(|device| device.story).collect();
    assert!(Story::SPECIAL.iter().all(|story| told.contains(story)), "{told:?}");
    assert!(Story::SPECIAL.iter().all(|story| !story.sentence().is_empty()));
}

/// What the server would know of a device at a time, and decide.
fn band(fleet: &Fleet, partner: usize, device: &DevicePlan, now: Time) -> (Band, usize, u32, u32) {
    let mut runs: Vec<BTreeMap<String, Run>> = vec![BTreeMap::new(); device.jobs.len()];
    let (mut seen, mut checked_in, mut used, mut restore) = (None, None, None, None);
    for happening in device.happenings(fleet.from, now) {
        seen = Some(happening.at);
        match happening.what {
            What::Run { job, key, event, .. } => match runs[job].get_mut(&key) {
                Some(run) => {
                    run.merge(&event);
                }
                None => {
                    runs[job].insert(key, Run::first(event));
                }
            },
            What::CheckIn { storage_used } => {
                checked_in = Some(happening.at);
                used = storage_used.or(used);
            }
            What::RestoreTest { passed, .. } => restore = Some((happening.at, passed)),
        }
    }
    let policy = &fleet.partners[partner].policies[device.policy].policy;
    let (mut usable, mut bad) = (0, 0);
    let jobs = device
        .jobs
        .iter()
        .zip(&runs)
        .enumerate()
        .map(|(n, (job, runs))| {
            let summaries: Vec<RunSummary> = runs.values().map(Run::summary).collect();
            usable += summaries.iter().filter(|run| run.state.is_usable()).count() as u32;
            bad += summaries.iter().filter(|run| run.state == RunState::Failed).count() as u32;
            let history = JobHistory::rebuild(&summaries);
            let slots = zones::resolve(&job.follows, job.since, &history, zones::HORIZON).unwrap();
            JobFacts { job: JobId(n as i64 + 1), name: job.name.clone(), enrolled_at: job.since, history, slots }
        })
        .collect();
    let expected = zones::resolve(&policy.schedule, device.enrolled_at, &JobHistory::default(), zones::HORIZON).unwrap();
    let facts = DeviceFacts {
        life: device.life,
        enrolled_at: device.enrolled_at,
        last_seen: seen,
        checked_in_at: checked_in,
        storage: used.map(|used| Storage { used, quota: device.quota_bytes }),
        restore: RestoreFacts { last: restore },
        terms: policy.terms(device.class),
        expected,
        jobs,
        quiet: Default::default(),
        away: None,
    };
    let assessment = assess(&facts, now);
    if std::env::var_os("FLEET_WHY").is_some() && (assessment.band != Band::Healthy || !assessment.conditions.is_empty()) {
        let kinds: Vec<_> = assessment.conditions.iter().map(|condition| (condition.kind, condition.severity)).collect();
        println!("{:?} {:?} {}: {:?} {kinds:?}", device.story, assessment.band, device.name, assessment.reasons);
    }
    (assessment.band, assessment.conditions.len(), usable, bad)
}

#[test]
fn the_demo_looks_like_a_well_run_provider_at_any_hour() {
    // A morning, a Sunday noon, an evening in which the nightly runs begin.
    for (seed, until) in [(1, UNTIL), (2, UNTIL + Span::hours(52)), (3, UNTIL + Span::hours(14))] {
        let fleet = fleet(seed, Size::DEMO, until);
        let mut bands: HashMap<Band, usize> = HashMap::new();
        let mut open = 0;
        let (mut usable, mut bad) = (0, 0);
        let mut wrong = Vec::new();
        for organization in fleet.organizations().filter(|organization| organization.deactivated_from.is_none()) {
            for device in &organization.devices {
                if matches!(device.life, DeviceLife::Paused | DeviceLife::Retired) {
                    continue;
                }
                let (band, conditions, good, failed) = band(&fleet, organization.partner, device, until);
                *bands.entry(band).or_default() += 1;
                open += conditions;
                usable += good;
                bad += failed;
                if device.story.band().is_some_and(|told| told != band) {
                    wrong.push((device.story, band));
                }
            }
        }
        let all: usize = bands.values().sum();
        let share = |band: Band| bands.get(&band).copied().unwrap_or(0) as f64 * 100.0 / all as f64;
        let said = format!(
            "seed {seed}: healthy {:.1} warning {:.1} critical {:.1} unknown {:.1}, {open} conditions, {usable} usable, {bad} failed",
            share(Band::Healthy),
            share(Band::Warning),
            share(Band::Critical),
            share(Band::Unknown)
        );
        println!("{said} {wrong:?}");
        assert!((87.5..93.5).contains(&share(Band::Healthy)), "{said}");
        assert!((4.5..8.0).contains(&share(Band::Warning)), "{said}");
        assert!((1.5..3.2).contains(&share(Band::Critical)), "{said}");
        assert!((0.8..2.2).contains(&share(Band::Unknown)), "{said}");
        assert!((40..140).contains(&open), "{said}");
        assert!(f64::from(bad) / f64::from(usable + bad) < 0.03, "{said}");
        assert!(wrong.len() < 4, "{wrong:?}");
    }
}

#[test]
fn something_is_running_and_something_retrying_most_of_the_time() {
    let fleet = fleet(1, Size::DEMO, UNTIL);
    let all = devices(&fleet);
    let mut idle = 0;
    for hour in 0..24 {
        let now = UNTIL - Span::hours(hour);
        let mut open: HashMap<(usize, usize, String), RunState> = HashMap::new();
        for (n, device) in all.iter().enumerate() {
            for happening in device.happenings(now - Span::hours(8), now) {
                if let What::Run { job, key, event, .. } = happening.what {
                    open.insert((n, job, key), event.state);
                }
            }
        }
        let count = |state: RunState| open.values().filter(|known| **known == state).count();
        let (running, retrying) = (count(RunState::Running), count(RunState::Retrying));
        assert!(running > 0, "{hour} h before");
        idle += usize::from(retrying == 0);
    }
    assert!(idle <= 4, "{idle} hours without a retry");
}

#[test]
fn a_job_at_half_past_two_runs_once_on_the_days_the_clocks_change() {
    let fleet = fleet(1, Size { organizations: 60, devices: 3_000, days: 400, ..Size::default() }, UNTIL);
    let mut zones_seen = BTreeSet::new();
    for organization in fleet.organizations().filter(|organization| organization.deactivated_from.is_none()) {
        let zone = zones::Zone::named(&organization.time_zone).unwrap();
        for device in organization.devices.iter().filter(|device| device.story == Story::ClockChange) {
            let Schedule::Cron { cron, time_zone } = &device.jobs[0].follows else { panic!("not by the clock") };
            assert_eq!((cron.as_str(), time_zone), ("30 2 * * *", &organization.time_zone));
            let changes = (0..400)
                .map(|n| zone.day_of(UNTIL) - 1 - n)
                .filter(|day| zone.day_bounds(*day).1 - zone.day_bounds(*day).0 != Span::DAY)
                .filter(|day| zone.day_bounds(*day).0 > device.enrolled_at + Span::DAY);
            for day in changes {
                let (from, until) = zone.day_bounds(day);
                let starts: HashSet<_> = device
                    .happenings(from, until)
                    .filter_map(|happening| match happening.what {
                        What::Run { job: 0, key, event, .. } if event.state == RunState::Running && event.attempt == 1 => Some(key),
                        _ => None,
                    })
                    .collect();
                assert!(starts.len() <= 1, "{zone:?} {day}");
                zones_seen.insert(zone.name());
            }
        }
    }
    assert!(zones_seen.len() >= 3, "{zones_seen:?}");
}

#[test]
fn a_late_window_of_a_huge_fleet_is_cheap_and_nothing_of_it_is_kept() {
    let huge = fleet(1, Size { organizations: 10_000, devices: 1_000_000, days: 30, ..Size::default() }, UNTIL);
    assert_eq!(huge.organization(9_999).unwrap().partner, huge.organization(19).unwrap().partner);
    assert!(huge.organization(10_000).is_none());
    let devices = huge.organization(5_000).unwrap().devices;
    let events: usize = devices.iter().map(|device| device.happenings(UNTIL - Span::HOUR, UNTIL).count()).sum();
    assert!(events > 0);
}

#[test]
fn logs_are_short_and_kept_of_trouble_and_of_the_last_days_only() {
    let fleet = fleet(1, SMALL, UNTIL);
    let (mut logs, mut longest) = (0, 0);
    for device in devices(&fleet) {
        for happening in device.happenings(fleet.from, UNTIL) {
            if let What::Run { event, log: Some(log), .. } = happening.what {
                assert!(event.state.is_end());
                assert!(event.state != RunState::Succeeded || event.at >= UNTIL - Span::days(3));
                logs += 1;
                longest = longest.max(log.len());
            }
        }
    }
    assert!(logs > 50 && longest < 5_000, "{logs} {longest}");
}
