//! Home's answers: what needs attention in which order and groups, what goes on, what is new, how it went.

use crate::{
    saas::{customer, named, report},
    world::{MONDAY, World},
};
use domain::{
    access::{Actor, Ground, Role, Scope},
    alert::{AlertKind, Severity},
    run::{RunEvent, RunState},
    saas::Workload,
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{
        alerts,
        overview::{self, Ended, Overview},
    },
};

const NOW: Time = Time(MONDAY.0 + Span::HOUR.0);

async fn seen(world: &World, actor: &Actor) -> Overview {
    overview::overview(world.store(), actor, NOW - Span::DAY, NOW).await.unwrap()
}

on_both_stores! {
    async fn devices_of_a_client_with_the_same_cause_are_one_line(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let locked = |n: i64| RunEvent { message: Some(format!("repository is locked by process {n}")), ..RunEvent::new(RunState::Failed, MONDAY + Span::minutes(n)) };
        for n in 0..7 {
            let device = world.device(acme, &format!("pc-{n}")).await;
            world.report_with(device, "r", locked(n), None).await;
        }
        let alone = world.device(other, "alone").await;
        for n in 0..3 {
            world.report_with(alone, &format!("r{n}"), locked(n), None).await;
        }
        let needs = seen(&world, &world.owner).await;
        assert_eq!((needs.attention.len(), needs.unshown, needs.tended), (2, 0, 0));
        let (first, second) = (&needs.attention[0], &needs.attention[1]);
        assert_eq!((first.severity, first.size, first.organization.1.as_str()), (Severity::Critical, 1, "Other"));
        assert_eq!((second.kind, second.size, second.devices.len()), (AlertKind::JobFailed, 7, 4));
        assert_eq!(second.since, MONDAY, "since the first of them");
        assert!(second.said.as_deref().unwrap().contains("locked"));
        assert!(first.worth > second.worth);

        let id = first.alert;
        alerts::acknowledge(&world.engine, &world.owner, id, "on it", NOW).await.unwrap();
        let needs = seen(&world, &world.owner).await;
        assert_eq!((needs.attention.len(), needs.tended), (1, 1), "what somebody tends needs nobody else");
    }

    async fn home_tells_what_goes_on_what_is_new_and_how_it_went(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let (a, b) = (world.device(acme, "a").await, world.device(acme, "b").await);
        world.device(acme, "silent").await;
        world.report(a, "1", RunState::Succeeded, MONDAY).await;
        world.report(a, "2", RunState::Failed, MONDAY + Span::MINUTE).await;
        world.report(a, "3", RunState::Warning, MONDAY + Span::minutes(2)).await;
        let running = RunEvent { percent: Some(42), ..RunEvent::new(RunState::Running, MONDAY + Span::minutes(3)) };
        world.report_with(b, "4", running, None).await;
        let now = seen(&world, &world.owner).await;
        assert_eq!(now.day, Ended { succeeded: 1, warning: 1, failed: 1, missed: 0 });
        assert_eq!(now.week, now.day);
        assert_eq!((now.new.devices, now.new.reported, now.new.opened, now.new.resolved), (3, 2, 1, 1));
        assert_eq!(now.open_runs.iter().map(|r| (r.device.1.as_str(), r.percent)).collect::<Vec<_>>(), [("b", Some(42))]);
        assert_eq!((now.covered, now.counts.running), (3, 1));
        let later = overview::overview(world.store(), &world.owner, MONDAY + Span::days(2), MONDAY + Span::days(3)).await.unwrap();
        assert_eq!((later.new, later.day, later.week), (Default::default(), Ended::default(), now.week));
    }

    async fn runs_of_accounts_that_go_on_are_counted_beside_those_of_devices(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let harbour = customer(&world, named("Harbour"), 3).await;
        let device = world.device(acme, "pc").await;
        world.report(device, "1", RunState::Running, MONDAY + Span::MINUTE).await;
        for (user, state) in [("user000", RunState::Running), ("user001", RunState::Retrying)] {
            report(&world, &format!("{user}@harbour.example"), Workload::Email, user, RunEvent::new(state, MONDAY + Span::minutes(2))).await;
        }
        let all = seen(&world, &world.owner).await;
        assert_eq!((all.counts.running, all.counts.retrying, all.open_of_accounts), (1, 0, (1, 1)));
        assert_eq!(all.open_runs.len(), 3, "the list holds both");
        for (organization, of_accounts, listed) in [(acme, (0, 0), 1), (harbour, (1, 1), 2)] {
            let client = Actor { ground: Ground::Member(world.user, Role::ClientViewer), scope: Scope::Organization(world.partner, organization) };
            let own = seen(&world, &client).await;
            assert_eq!((own.open_of_accounts, own.open_runs.len()), (of_accounts, listed));
        }
    }

    async fn a_clients_home_holds_its_own_organization_only(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        for organization in [acme, other] {
            let device = world.device(organization, "pc").await;
            world.report(device, "1", RunState::Failed, MONDAY).await;
            world.report(device, "2", RunState::Running, MONDAY + Span::MINUTE).await;
        }
        let client = Actor { ground: Ground::Member(world.user, Role::ClientViewer), scope: Scope::Organization(world.partner, other) };
        let own = seen(&world, &client).await;
        assert_eq!((own.attention.len(), own.attention[0].organization.0), (1, other));
        assert_eq!((own.day.failed, own.week.failed, own.open_runs.len(), own.covered), (1, 1, 1, 1));
        assert_eq!((own.new.devices, own.new.opened, own.new.waiting), (1, 1, 0));
        let finance = Actor { ground: Ground::Member(world.user, Role::Finance), ..world.owner.clone() };
        assert_eq!(overview::overview(world.store(), &finance, MONDAY, NOW).await.unwrap_err().public_code(), "forbidden");
    }
}
