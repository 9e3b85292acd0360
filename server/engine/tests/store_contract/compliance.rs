//! Compliance over a period and now: from evidence, so that what comes late corrects the past.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, Role, Scope},
    ids::{DeviceId, OrganizationId},
    maintenance::{Occurs, Reach},
    policy::DeviceClass,
    run::{RunEvent, RunState},
    sla::{Breach, Cause},
    time::{Span, Time},
};
use engine::{
    check,
    ingest::RestoreTestReport,
    on_both_stores,
    store::{
        compliance::{self, DeviceReport, Held, NowFilter, Of, Report},
        devices,
        maintenance::{self, NewWindow},
        organizations::{self, OrganizationChange, OrganizationStatus},
        sla::{self, Proposal, RuleScope},
    },
};

/// The week that begins on Tuesday, seen from its end.
const FROM: Time = Time(MONDAY.0 + Span::DAY.0);
const UNTIL: Time = Time(MONDAY.0 + 8 * Span::DAY.0);

fn day(n: i64) -> Time {
    MONDAY + Span::days(n)
}

impl World {
    async fn week(&self, of: Of) -> Report {
        self.week_at(of, UNTIL).await
    }

    async fn week_at(&self, of: Of, now: Time) -> Report {
        compliance::report(self.store(), &self.owner, of, FROM, UNTIL, now).await.unwrap()
    }

    async fn week_of(&self, device: DeviceId) -> DeviceReport {
        let mut report = self.week(Of::Device(device)).await;
        report.organizations.remove(0).devices.remove(0)
    }

    /// A backup every twelve hours, from Monday to the end of the week, but not within these days.
    async fn backed_up(&self, device: DeviceId, but: std::ops::Range<i64>) {
        for n in (0..=16).filter(|n| !(2 * but.start..2 * but.end).contains(n)) {
            self.report(device, &format!("r{n}"), RunState::Succeeded, MONDAY + Span::hours(12 * n)).await;
        }
    }
}

fn intervals(breaches: &[Breach]) -> Vec<(Time, Time)> {
    breaches.iter().map(|breach| (breach.from, breach.until)).collect()
}

on_both_stores! {
    async fn a_week_is_judged_from_the_ends_of_usable_runs(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let (good, bad) = (world.device(acme, "good").await, world.device(acme, "bad").await);
        world.backed_up(good, 0..0).await;
        world.backed_up(bad, 3..5).await;
        let report = world.week(Of::All).await;
        let sum = &report.sum;
        assert_eq!((sum.devices, sum.broken, sum.breaches), (2, 1, 1));
        assert_eq!((sum.covered, sum.in_breach), (Span::days(14), Span::hours(48)));
        assert_eq!(sum.share(), Some(8_571));
        let gap = sum.longest_gap.as_ref().unwrap();
        assert_eq!((gap.device, gap.length, gap.open), (bad, Span::hours(60), false));
        let own = world.week_of(bad).await;
        assert_eq!(intervals(&own.figures.breaches), [(day(3), day(5))]);
        assert_eq!(report.organizations[0].rules.iter().map(|r| (r.class(), r.hours)).collect::<Vec<_>>(), [(DeviceClass::Server, 12)]);
        assert_eq!(world.week(Of::Organization(acme)).await.organizations, report.organizations);
        assert_eq!(check::recount(world.store()).await.unwrap(), []);
    }

    async fn a_run_that_is_heard_of_late_closes_the_breach_of_its_time(fresh) {
        let world = World::started(fresh).await;
        let device = world.device(world.organization("Acme").await, "fs-01").await;
        world.backed_up(device, 3..5).await;
        assert_eq!(world.week_of(device).await.figures.in_breach, Span::hours(48));
        let late = RunEvent::new(RunState::Succeeded, day(4));
        let event = engine::ingest::IncomingEvent {
            subject: engine::ingest::Subject::Device(device),
            job: engine::ingest::JobRef::Named("nightly".into()),
            run: engine::ingest::RunRef::Key("late".into()),
            event: late,
            log: None,
        };
        let system = Actor::system(world.owner.scope.clone());
        world.engine.ingest.submit(&system, vec![event.clone()], day(9)).await.unwrap();
        let figures = world.week_of(device).await.figures;
        assert_eq!(intervals(&figures.breaches), [(day(3), day(4)), (day(4) + Span::hours(12), day(5))]);
        // It is said of the same run that it had failed at a later time: the breach is whole again.
        let failed = RunEvent { attempt: 2, ..RunEvent::new(RunState::Failed, day(4) + Span::MINUTE) };
        world.engine.ingest.submit(&system, vec![engine::ingest::IncomingEvent { event: failed, ..event }], day(9)).await.unwrap();
        assert_eq!(world.week_of(device).await.figures.in_breach, Span::hours(48));
        assert_eq!(check::recount(world.store()).await.unwrap(), []);
    }

    async fn a_changed_rule_judges_the_past_by_the_old_one(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        world.backed_up(device, 0..0).await;
        let rule = |hours| Proposal { scope: RuleScope::Organization(acme), class: DeviceClass::Server, hours };
        sla::set(&world.engine, &world.owner, rule(6), day(4)).await.unwrap();
        sla::set(&world.engine, &world.owner, rule(24), day(5)).await.unwrap();
        let own = world.week_of(device).await;
        let half = Span::hours(6);
        assert_eq!(intervals(&own.figures.breaches), [(day(4) + half, day(4) + half * 2), (day(4) + half * 3, day(5))]);
        let report = world.week(Of::Organization(acme)).await;
        let rules: Vec<_> = report.organizations[0].rules.iter().map(|r| (r.from, r.until, r.hours)).collect();
        assert_eq!(rules, [(FROM, day(4), 12), (day(4), day(5), 6), (day(5), UNTIL, 24)]);
    }

    async fn pauses_retirement_and_deactivation_are_left_out_and_told(fresh) {
        let world = World::started(fresh).await;
        let (engine, owner) = (&world.engine, &world.owner);
        let (acme, globex) = (world.organization("Acme").await, world.organization("Globex").await);
        let (paused, retired, other) = (world.device(acme, "paused").await, world.device(acme, "retired").await, world.device(globex, "other").await);
        for device in [paused, retired, other] {
            world.backed_up(device, 0..0).await;
        }
        devices::pause(engine, owner, paused, day(2)).await.unwrap();
        devices::resume(engine, owner, paused, day(4)).await.unwrap();
        devices::pause(engine, owner, retired, day(3)).await.unwrap();
        devices::retire(engine, owner, retired, day(5)).await.unwrap();
        let status = |status| OrganizationChange { status: Some(status), ..Default::default() };
        organizations::edit(engine, owner, globex, status(OrganizationStatus::Deactivated), day(6)).await.unwrap();
        organizations::edit(engine, owner, globex, status(OrganizationStatus::Activated), day(7)).await.unwrap();
        let told = async |device| {
            let own = world.week_of(device).await.figures;
            (own.left_out, own.excluded.iter().map(|e| (e.cause, e.from, e.until)).collect::<Vec<_>>())
        };
        assert_eq!(told(paused).await, (Span::days(2), vec![(Cause::Paused, day(2), Some(day(4)))]));
        let both = vec![(Cause::Paused, day(3), Some(day(5))), (Cause::Retired, day(5), Some(UNTIL))];
        assert_eq!(told(retired).await, (Span::days(5), both));
        assert_eq!(told(other).await, (Span::days(1), vec![(Cause::Deactivated, day(6), Some(day(7)))]));
        let report = world.week(Of::All).await;
        assert_eq!(report.left_out.get(&Cause::Paused), Some(&Span::days(4)));
        assert_eq!(report.sum.covered, Span::days(21 - 8));
        devices::resume(engine, owner, retired, day(8)).await.unwrap();
        devices::retire(engine, owner, retired, day(9)).await.unwrap();
        assert_eq!(told(retired).await.0, Span::days(5), "what comes after doesn't change it");
    }

    async fn maintenance_is_left_out_of_a_period_and_nothing_is_in_breach_while_it_lasts(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        world.backed_up(device, 3..5).await;
        let window = |from, until| NewWindow {
            partner: None,
            name: "patch night".into(),
            note: String::new(),
            reach: Reach::Organization(acme),
            occurs: Occurs::Once { from, until },
        };
        let plan = async |from, until, now| maintenance::create(&world.engine, &world.owner, window(from, until), now).await.unwrap();
        plan(day(9), day(10), day(8)).await;
        let now = day(9) + Span::HOUR;
        world.engine.reconciler.tick(now).await.unwrap();
        let broken = async || compliance::now(world.store(), &world.owner, &NowFilter::default()).await.unwrap().0.items.len();
        assert_eq!(broken().await, 0, "past its limit, in maintenance");
        world.engine.reconciler.tick(day(10)).await.unwrap();
        assert_eq!(broken().await, 1, "still past it as the window ends");
        let report = compliance::report(world.store(), &world.owner, Of::Organization(acme), day(8), day(11), day(11)).await.unwrap();
        let figures = &report.organizations[0].devices[0].figures;
        let half = Span::hours(12);
        assert_eq!((figures.covered, figures.left_out, figures.in_breach), (Span::days(2), Span::days(1), half + Span::DAY));
        assert_eq!(figures.excluded.iter().map(|e| e.cause).collect::<Vec<_>>(), [Cause::Maintenance]);
        assert_eq!(figures.breaches.len(), 1, "one breach around the window");
        assert_eq!(report.organizations[0].devices[0].maintenance, ["patch night"]);
    }

    async fn a_device_whose_last_backup_is_months_old_is_in_breach_from_the_first_moment(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let (silent, back) = (world.device(acme, "silent").await, world.device(acme, "back").await);
        for device in [silent, back] {
            world.report(device, "first", RunState::Warning, MONDAY + Span::HOUR).await;
        }
        let (from, until) = (day(100), day(107));
        world.report(back, "again", RunState::Succeeded, day(102)).await;
        world.report(back, "later", RunState::Succeeded, day(108)).await;
        let report = compliance::report(world.store(), &world.owner, Of::All, from, until, day(110)).await.unwrap();
        let [one, other] = &report.organizations[0].devices[..] else { panic!("two") };
        assert_eq!((one.name.as_str(), intervals(&one.figures.breaches)), ("back", vec![(from, day(102)), (day(102) + Span::hours(12), until)]));
        assert!(one.figures.breaches[0].began_before);
        assert_eq!(one.figures.longest_gap.unwrap().from, MONDAY + Span::HOUR, "looked for far back");
        assert_eq!((other.figures.share(), other.figures.longest_gap.unwrap().from), (Some(0), MONDAY + Span::HOUR));
    }

    async fn restore_tests_of_the_period_stand_beside_the_figures(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let (tested, _) = (world.device(acme, "tested").await, world.device(acme, "untested").await);
        let test = |at, passed, rto_seconds| RestoreTestReport {
            device: Some(tested.to_string()),
            organization: None,
            at,
            passed,
            scope: "a folder".into(),
            rpo_seconds: None,
            rto_seconds,
            note: String::new(),
        };
        let system = Actor::system(world.owner.scope.clone());
        for test in [test(MONDAY, false, None), test(day(2), true, Some(900)), test(day(3), true, Some(600)), test(day(9), false, None)] {
            let at = test.at;
            world.engine.ingest.restore_test(&system, test, at + Span::MINUTE).await.unwrap();
        }
        let report = world.week_at(Of::All, day(10)).await;
        let sum = &report.sum;
        assert_eq!((sum.tests_passed, sum.tests_failed, sum.untested, sum.longest_rto), (2, 0, 1, Some(900)));
        let last = report.organizations[0].devices[0].tests.last.unwrap();
        assert_eq!((last.at, last.passed), (day(3), true));
    }

    async fn now_lists_who_is_in_breach_the_longest_first_and_page_by_page(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let now = MONDAY + Span::hours(40);
        for n in 0..7i64 {
            let device = world.device(acme, &format!("fs-{n}")).await;
            if n > 0 {
                world.report(device, "r", RunState::Succeeded, now - Span::hours(26 - 4 * n)).await;
            }
        }
        world.engine.reconciler.tick(now).await.unwrap();
        let list = async |held, shortest_first| {
            let (mut filter, mut names) = (NowFilter { held, shortest_first, limit: Some(2), ..Default::default() }, Vec::new());
            loop {
                let (page, standing) = compliance::now(world.store(), &world.owner, &filter).await.unwrap();
                assert_eq!((standing.covered, standing.in_breach), (7, 4));
                names.extend(page.items.into_iter().map(|row| (row.name, row.breach_at <= now)));
                let Some(cursor) = page.next_cursor else { return names };
                filter.cursor = Some(cursor);
            }
        };
        let broken = [("fs-0", true), ("fs-1", true), ("fs-2", true), ("fs-3", true)].map(|(n, b)| (n.to_owned(), b));
        assert_eq!(list(Held::Broken, false).await, broken);
        let mut turned = broken.to_vec();
        turned.reverse();
        assert_eq!(list(Held::Broken, true).await, turned);
        assert_eq!(list(Held::Kept, false).await.len(), 3);
    }

    async fn who_is_past_the_limit_by_more_comes_first_whatever_the_limit_and_with_or_without_a_backup(fresh) {
        let world = World::started(fresh).await;
        let (acme, globex) = (world.organization("Acme").await, world.organization("Globex").await);
        let rule = |organization, class, hours| Proposal { scope: RuleScope::Organization(organization), class, hours };
        for (organization, servers, workstations) in [(acme, 26, 80), (globex, 6, 200)] {
            for (class, hours) in [(DeviceClass::Server, servers), (DeviceClass::Workstation, workstations)] {
                sla::set(&world.engine, &world.owner, rule(organization, class, hours), MONDAY).await.unwrap();
            }
        }
        // Name, client, class, hours from Monday to its last backup; none: never.
        let (server, laptop) = (DeviceClass::Server, DeviceClass::Workstation);
        let fleet = [
            ("a", acme, server, Some(0)),    // limit at 26 h
            ("b", acme, laptop, Some(0)),    // 80 h
            ("c", acme, laptop, None),       // 80 h
            ("d", globex, server, Some(70)), // 76 h
            ("e", globex, server, None),     // 6 h
            ("f", globex, laptop, None),     // 200 h
            ("g", acme, server, Some(99)),   // 125 h
            ("h", globex, server, Some(95)), // 101 h
            ("i", acme, laptop, Some(50)),   // 130 h
        ];
        for (name, organization, class, backup) in fleet {
            let new = devices::NewDevice { class, ..new_device(organization, name) };
            let device = devices::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
            if let Some(hours) = backup {
                world.report(device, "r", RunState::Succeeded, MONDAY + Span::hours(hours)).await;
            }
        }
        let now = MONDAY + Span::hours(100);
        world.engine.reconciler.tick(now).await.unwrap();
        let list = async |filter: NowFilter| {
            let (mut filter, mut found) = (NowFilter { limit: Some(2), ..filter }, Vec::new());
            loop {
                let page = compliance::now(world.store(), &world.owner, &filter).await.unwrap().0;
                found.extend(page.items.into_iter().map(|row| (row.name, (row.breach_at - MONDAY).0 / Span::HOUR.0)));
                let Some(cursor) = page.next_cursor else { return found };
                filter.cursor = Some(cursor);
            }
        };
        let of = |rows: &[(&str, i64)]| rows.iter().map(|(name, hours)| ((*name).to_owned(), *hours)).collect::<Vec<_>>();
        let broken = of(&[("e", 6), ("a", 26), ("d", 76), ("b", 80), ("c", 80)]);
        let kept = of(&[("h", 101), ("g", 125), ("i", 130), ("f", 200)]);
        for (held, expected) in [(Held::Broken, broken), (Held::Kept, kept)] {
            assert_eq!(list(NowFilter { held, ..Default::default() }).await, expected, "{held:?}");
            for class in [server, laptop] {
                let own = |(name, _): &&(String, i64)| fleet.iter().any(|device| device.0 == name && device.2 == class);
                let expected: Vec<_> = expected.iter().filter(own).cloned().collect();
                assert_eq!(list(NowFilter { held, class: Some(class), ..Default::default() }).await, expected, "{held:?} {class:?}");
            }
            let own = |(name, _): &&(String, i64)| fleet.iter().any(|device| device.0 == name && device.1 == globex);
            let of_one: Vec<_> = expected.iter().filter(own).cloned().collect();
            assert_eq!(list(NowFilter { held, organization: Some(globex), ..Default::default() }).await, of_one, "{held:?} of one");
            let turned: Vec<_> = expected.into_iter().rev().collect();
            assert_eq!(list(NowFilter { held, shortest_first: true, ..Default::default() }).await, turned, "{held:?} turned");
        }
    }

    async fn clients_see_their_own_organization_and_others_nothing(fresh) {
        let world = World::started(fresh).await;
        let (acme, globex) = (world.organization("Acme").await, world.organization("Globex").await);
        let (own, other) = (world.device(acme, "own").await, world.device(globex, "other").await);
        let member = |role, scope| Actor { ground: Ground::Member(world.user, role), scope };
        let client = member(Role::ClientViewer, Scope::Organization(world.partner, acme));
        let asked = async |actor: &Actor, of| compliance::report(world.store(), actor, of, FROM, UNTIL, UNTIL).await.map_err(|e| e.public_code());
        let all = asked(&client, Of::All).await.unwrap();
        assert_eq!(all.devices().map(|(_, d)| d.id).collect::<Vec<_>>(), [own]);
        assert_eq!(asked(&client, Of::Organization(globex)).await.unwrap_err(), "not_found");
        assert_eq!(asked(&client, Of::Device(other)).await.unwrap_err(), "not_found");
        let finance = member(Role::Finance, world.owner.scope.clone());
        assert_eq!(asked(&finance, Of::All).await.unwrap_err(), "forbidden");
        let (page, standing) = compliance::now(world.store(), &client, &NowFilter { held: Held::Kept, ..Default::default() }).await.unwrap();
        assert_eq!((page.items.len(), standing.covered), (1, 1));
        let elsewhere = NowFilter { organization: Some(globex), ..Default::default() };
        assert_eq!(compliance::now(world.store(), &client, &elsewhere).await.unwrap_err().public_code(), "not_found");
        let too_long = compliance::report(world.store(), &world.owner, Of::All, day(0), day(401), day(401)).await.unwrap_err();
        assert_eq!(too_long.public_code(), "invalid_period");
    }

    async fn a_report_is_frozen_and_what_comes_later_changes_it_not(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        world.backed_up(device, 3..5).await;
        let freeze = async |of: Of| compliance::freeze(&world.engine, &world.owner, of, FROM, UNTIL, day(9)).await.unwrap();
        let id = freeze(Of::Organization(acme)).await;
        assert_eq!(freeze(Of::Organization(acme)).await, id, "of the same inputs there is one");
        let kept = compliance::frozen(world.store(), &world.owner, id).await.unwrap();
        assert_eq!((kept.report.sum.in_breach, kept.row.hash.len()), (Span::hours(48), 64));
        world.report(device, "more", RunState::Succeeded, day(9)).await;
        assert_eq!(freeze(Of::Organization(acme)).await, id, "later runs are not of this period");
        let all = freeze(Of::All).await;
        assert_ne!(all, id);
        let again = compliance::frozen(world.store(), &world.owner, id).await.unwrap();
        assert_eq!(again, kept);
        assert_eq!((kept.client.as_deref(), &kept.row.time_zone, kept.told()), (Some("Acme"), &kept.report.time_zone, usize::MAX));
        let renamed = OrganizationChange { name: Some("Acme Holding".into()), time_zone: Some("Asia/Tokyo".into()), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, acme, renamed, day(9)).await.unwrap();
        let later = compliance::frozen(world.store(), &world.owner, id).await.unwrap();
        assert_eq!(later.client.as_deref(), Some("Acme"), "a kept report calls a client what it was called then");
        assert_eq!((later.row.organization.unwrap().1.as_str(), later.row.time_zone.as_str()), ("Acme Holding", "Asia/Tokyo"));
        let member = |role, organization: OrganizationId| Actor {
            ground: Ground::Member(world.user, role),
            scope: Scope::Organization(world.partner, organization),
        };
        let client = member(Role::ClientViewer, acme);
        let listed: Vec<_> = compliance::reports(world.store(), &client, None).await.unwrap().iter().map(|r| r.id).collect();
        assert_eq!(listed, [id], "its own, not the one of all clients");
        assert_eq!(compliance::frozen(world.store(), &client, all).await.unwrap_err().public_code(), "not_found");
        let error = compliance::freeze(&world.engine, &client, Of::All, FROM, UNTIL, day(9)).await.unwrap_err();
        assert_eq!(error.public_code(), "forbidden");
        let workstation = devices::NewDevice { class: DeviceClass::Workstation, ..new_device(acme, "ws-01") };
        devices::create(&world.engine, &world.owner, workstation, day(9)).await.unwrap();
        assert_eq!(compliance::reports(world.store(), &world.owner, None).await.unwrap().len(), 2);
    }
}
