//! What a device's and a run's own pages tell: storage by day, what is usual, restore tests by hand, pauses with their reason, and
//! what another policy would make of it.

use crate::world::{MONDAY, World};
use domain::{
    access::{Actor, Ground, Role},
    health::{Band, NewSlots, WhatIf, assess, what_if},
    ids::DeviceId,
    policy::{DeviceClass, Policy},
    run::{RunEvent, RunState},
    schedule::Schedule,
    time::{Span, Time},
};
use engine::{
    ingest::{CheckIn, IncomingEvent, JobRef, RunRef, Subject},
    on_both_stores,
    store::{
        audit::{self, AuditFilter},
        devices::{self, DeviceChange},
        jobs,
        policies::{self, NewPolicy, PolicyChange},
        restore_tests::{self, NewRestoreTest},
        runs::{self, RunFilter},
    },
};

async fn check_in(world: &World, device: DeviceId, at: Time, used: i64) {
    let check_in = CheckIn {
        device: Some(device.to_string()),
        organization: None,
        at,
        agent_version: None,
        hostname: None,
        storage_used: Some(used),
        storage_quota: Some(1_000),
    };
    world.engine.ingest.check_in(&Actor::system(world.owner.scope.clone()), check_in, at + Span::SECOND).await.unwrap();
}

fn viewer(world: &World) -> Actor {
    Actor { ground: Ground::Member(world.user, Role::Viewer), scope: world.owner.scope.clone() }
}

/// A run from `at`, `minutes` long.
async fn ran(world: &World, device: DeviceId, job: &str, key: &str, at: Time, minutes: i64, bytes: i64) {
    for (state, at, bytes) in [(RunState::Running, at, None), (RunState::Succeeded, at + Span::minutes(minutes), Some(bytes))] {
        let event = IncomingEvent {
            subject: Subject::Device(device),
            job: JobRef::Named(job.into()),
            run: RunRef::Key(key.into()),
            event: RunEvent { bytes, items: bytes.map(|b| b / 10), ..RunEvent::new(state, at) },
            log: None,
        };
        let sender = Actor::system(world.owner.scope.clone());
        world.engine.ingest.submit(&sender, vec![event], at + Span::SECOND).await.unwrap();
    }
}

fn test_of(at: Time, passed: bool) -> NewRestoreTest {
    NewRestoreTest { at, passed, scope: " one mailbox ".into(), rpo_seconds: Some(3_600), rto_seconds: Some(900), note: "by hand".into() }
}

on_both_stores! {
    async fn storage_is_told_by_local_day_oldest_first_and_only_inside_the_scope(fresh) {
        let world = World::started(fresh).await;
        let device = { let acme = world.organization("Acme").await; world.device(acme, "fs-01").await };
        for (hours, used) in [(0, 100), (5, 110), (24, 120), (72, 150)] {
            check_in(&world, device, MONDAY + Span::hours(hours), used).await;
        }
        let days = devices::storage(world.store(), &world.owner, device).await.unwrap();
        assert_eq!(days.iter().map(|d| (d.used, d.quota)).collect::<Vec<_>>(), [(110, Some(1_000)), (120, Some(1_000)), (150, Some(1_000))]);
        assert_eq!(days.iter().map(|d| d.day - days[0].day).collect::<Vec<_>>(), [0, 1, 3]);
        let other = world.organization("Other").await;
        let other = Actor { scope: domain::access::Scope::Organization(world.partner, other), ..world.owner.clone() };
        let refused = devices::storage(world.store(), &other, device).await.unwrap_err();
        assert_eq!(refused.public_code(), "not_found");
    }

    async fn a_run_knows_the_one_before_and_after_it_of_its_job_and_what_is_usual(fresh) {
        let world = World::started(fresh).await;
        let device = { let acme = world.organization("Acme").await; world.device(acme, "fs-01").await };
        for (day, minutes, bytes) in [(0, 10, 100), (1, 30, 300), (2, 20, 200), (3, 90, 900)] {
            let at = MONDAY + Span::days(day);
            ran(&world, device, "nightly", &format!("n{day}"), at, minutes, bytes).await;
            ran(&world, device, "hourly", &format!("h{day}"), at + Span::HOUR, 1, 7).await;
        }
        let all = runs::list(world.store(), &world.owner, &RunFilter { device: Some(device), ..Default::default() }).await.unwrap().items;
        let run = |key: &str| all.iter().find(|r| r.key == key).unwrap().id;
        let around = runs::around(world.store(), &world.owner, run("n3")).await.unwrap();
        assert_eq!((around.previous.map(|r| r.id), around.next), (Some(run("n2")), None));
        assert_eq!((around.usual.of, around.usual.took, around.usual.bytes, around.usual.items), (3, Some(Span::minutes(20)), Some(200), Some(20)));
        assert_eq!(around.before.iter().map(|r| r.id).collect::<Vec<_>>(), [run("n0"), run("n1"), run("n2")]);
        let first = runs::around(world.store(), &world.owner, run("n0")).await.unwrap();
        assert_eq!((first.previous, first.next.map(|r| r.id), first.usual.of), (None, Some(run("n1")), 0));
        let latest = runs::recent(world.store(), &world.owner, device, 3).await.unwrap();
        assert_eq!(latest.iter().map(|r| r.id).collect::<Vec<_>>(), [run("h3"), run("n3"), run("h2")]);
        assert_eq!((latest[0].bytes, latest[0].state), (Some(7), RunState::Succeeded));
    }

    async fn a_restore_test_made_by_hand_counts_at_once_and_names_who_made_it(fresh) {
        let world = World::started(fresh).await;
        let device = { let acme = world.organization("Acme").await; world.device(acme, "fs-01").await };
        world.report(device, "r", RunState::Succeeded, MONDAY).await;
        let now = MONDAY + Span::HOUR;
        restore_tests::record(&world.engine, &world.owner, device, test_of(MONDAY, false), now).await.unwrap();
        let detail = devices::get(world.store(), &world.owner, device, now).await.unwrap();
        assert_eq!((detail.row.band, detail.row.facts.restore.last), (Band::Critical, Some((MONDAY, false))));
        let id = restore_tests::record(&world.engine, &world.owner, device, test_of(MONDAY + Span::MINUTE, true), now).await.unwrap();
        assert_eq!(devices::get(world.store(), &world.owner, device, now).await.unwrap().row.band, Band::Healthy);
        // The same again replaces what was said.
        let again = NewRestoreTest { note: "twice".into(), ..test_of(MONDAY + Span::MINUTE, true) };
        assert_eq!(restore_tests::record(&world.engine, &world.owner, device, again, now).await.unwrap(), id);
        let listed = restore_tests::list(world.store(), &world.owner, device).await.unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!((listed[0].scope.as_str(), listed[0].note.as_str(), listed[0].name.as_deref()), ("one mailbox", "twice", Some("Ada")));
        let log = audit::list(world.store(), &world.owner, &AuditFilter::default()).await.unwrap().items;
        assert_eq!(log.iter().filter(|e| e.what == "restore_test.record").count(), 3);
    }

    async fn a_restore_test_that_makes_no_sense_is_refused_and_says_why(fresh) {
        let world = World::started(fresh).await;
        let device = { let acme = world.organization("Acme").await; world.device(acme, "fs-01").await };
        for (test, code, field) in [
            (test_of(MONDAY + Span::HOUR, true), "at_in_future", "at"),
            (test_of(MONDAY - Span::days(401), true), "at_too_old", "at"),
            (NewRestoreTest { scope: "  ".into(), ..test_of(MONDAY, true) }, "scope_needed", "scope"),
            (NewRestoreTest { rpo_seconds: Some(-1), ..test_of(MONDAY, true) }, "out_of_range", "rpo_seconds"),
        ] {
            let refused = restore_tests::record(&world.engine, &world.owner, device, test, MONDAY).await.unwrap_err();
            assert_eq!((refused.public_code(), refused.public_field()), (code, Some(field)));
        }
        let refused = restore_tests::record(&world.engine, &viewer(&world), device, test_of(MONDAY, true), MONDAY).await.unwrap_err();
        assert_eq!(refused.public_code(), "forbidden");
        assert!(restore_tests::list(world.store(), &world.owner, device).await.unwrap().is_empty());
    }

    async fn a_pause_says_who_made_it_and_why_for_as_long_as_it_lasts(fresh) {
        let world = World::started(fresh).await;
        let device = { let acme = world.organization("Acme").await; world.device(acme, "fs-01").await };
        assert_eq!(devices::get(world.store(), &world.owner, device, MONDAY).await.unwrap().paused, None);
        devices::pause_because(&world.engine, &world.owner, device, " On holiday until Monday ", MONDAY).await.unwrap();
        let paused = devices::get(world.store(), &world.owner, device, MONDAY).await.unwrap().paused.unwrap();
        assert_eq!((paused.at, paused.name.as_deref(), paused.reason.as_str()), (MONDAY, Some("Ada"), "On holiday until Monday"));
        devices::resume(&world.engine, &world.owner, device, MONDAY + Span::HOUR).await.unwrap();
        assert_eq!(devices::get(world.store(), &world.owner, device, MONDAY).await.unwrap().paused, None);
        devices::retire(&world.engine, &world.owner, device, MONDAY + Span::HOUR).await.unwrap();
        let retired = devices::get(world.store(), &world.owner, device, MONDAY).await.unwrap();
        assert_eq!(retired.paused.map(|p| p.reason), Some(String::new()));
        assert_eq!(retired.sharing, 0, "retired devices share no policy any more");
    }

    async fn what_if_is_what_saving_the_policy_gives(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        world.device(acme, "fs-02").await;
        let policy = policies::create(world.store(), &world.owner, NewPolicy { partner: None, name: "Own".into(), policy: Policy::default() }, MONDAY).await.unwrap();
        devices::edit(&world.engine, &world.owner, device, DeviceChange { policy: Some(policy), ..Default::default() }, MONDAY).await.unwrap();
        ran(&world, device, "nightly", "n", MONDAY + Span::HOUR, 10, 100).await;
        ran(&world, device, "weekly", "w", MONDAY + Span::HOUR, 10, 100).await;
        let listed = jobs::list(world.store(), &world.owner, device).await.unwrap();
        let weekly = listed.iter().find(|j| j.name == "weekly").unwrap().id;
        let own = jobs::JobChange { name: None, schedule: Some(Some(Schedule::Every { every_minutes: 10_080 })) };
        jobs::edit(&world.engine, &world.owner, weekly, own, MONDAY + Span::HOUR).await.unwrap();
        let now = MONDAY + Span::hours(30);
        world.engine.reconciler.tick(now).await.unwrap();
        let before = devices::get(world.store(), &world.owner, device, now).await.unwrap();
        assert_eq!(before.sharing, 1);
        let cron = Schedule::Cron { cron: "0 */4 * * *".into(), time_zone: "Europe/Berlin".into() };
        for schedule in [Schedule::Every { every_minutes: 120 }, cron, Schedule::Learned] {
            let facts = devices::get(world.store(), &world.owner, device, now).await.unwrap().row.facts;
            let wanted = Policy { schedule: schedule.clone(), grace_minutes: 5, overdue_hours: Some(3), ..Policy::default() };
            let slots = devices::slots_under(world.store(), &world.owner, device, &schedule, now).await.unwrap();
            let change = WhatIf { terms: wanted.terms(DeviceClass::Server), schedule: Some(slots) };
            let imagined = what_if(&facts, &change, &[weekly], now);
            if !matches!(schedule, Schedule::Cron { .. }) {
                let even = WhatIf { schedule: Some(NewSlots::Even(schedule.clone())), ..change };
                assert_eq!(what_if(&facts, &even, &[weekly], now).jobs, imagined.jobs, "the browser resolves even schedules alike");
            }
            let save = PolicyChange { schedule: Some(schedule), grace_minutes: Some(5), overdue_hours: Some(Some(3)), ..Default::default() };
            policies::edit(&world.engine, &world.owner, policy, save, now).await.unwrap();
            let saved = devices::get(world.store(), &world.owner, device, now).await.unwrap();
            assert_eq!(assess(&imagined, now), assess(&saved.row.facts, now));
            assert_eq!((imagined.jobs.clone(), imagined.terms), (saved.row.facts.jobs.clone(), saved.row.facts.terms));
        }
        let wrong = Schedule::Cron { cron: "never".into(), time_zone: "UTC".into() };
        assert_eq!(devices::slots_under(world.store(), &world.owner, device, &wrong, now).await.unwrap_err().public_code(), "invalid_schedule");
    }
}
