//! Service levels that a policy can't keep: told with exactly whom they concern.

use crate::world::{MONDAY, World, new_device};
use domain::{
    policy::{DeviceClass, Policy},
    schedule::Schedule,
    time::Span,
};
use engine::{
    on_both_stores,
    store::{
        devices, jobs,
        policies::{self, NewPolicy, Unkept},
        sla::{self, Proposal, RuleScope},
    },
};

fn told(level: &Unkept) -> (DeviceClass, i64, i64, i64, Vec<&str>) {
    (level.class, level.hours, level.organizations, level.devices, level.named.iter().map(|(_, name)| name.as_str()).collect())
}

on_both_stores! {
    async fn a_daily_policy_names_the_servers_under_shorter_service_levels_and_leaves_out_who_is_not_concerned(fresh) {
        use DeviceClass::{Server, Workstation};
        let world = World::started(fresh).await;
        let (acme, baker, carpenter) = (world.organization("Acme").await, world.organization("Baker").await, world.organization("Carpenter").await);
        let policy = Policy { schedule: Schedule::Every { every_minutes: 1_440 }, ..Policy::default() };
        let daily = policies::create(world.store(), &world.owner, NewPolicy { partner: None, name: "Once a day".into(), policy }, MONDAY).await.unwrap();
        let device = async |organization, name: &str, class| {
            let new = devices::NewDevice { class, policy: Some(daily), ..new_device(organization, name) };
            devices::create(&world.engine, &world.owner, new, MONDAY).await.unwrap()
        };
        for (n, organization) in [acme, acme, baker, carpenter].into_iter().enumerate() {
            device(organization, &format!("srv-{n}"), Server).await;
            device(organization, &format!("pc-{n}"), Workstation).await;
        }
        let unkept = async || policies::unkept(world.store(), &world.owner, daily, Span::DAY, MONDAY).await.unwrap();
        assert_eq!(unkept().await.iter().map(told).collect::<Vec<_>>(), [(Server, 12, 3, 4, vec!["Acme", "Baker", "Carpenter"])]);
        // One has agreed to less, another asks for more, also of its workstations.
        let rule = async |organization, class, hours| {
            let new = Proposal { scope: RuleScope::Organization(organization), class, hours };
            sla::set(&world.engine, &world.owner, new, MONDAY).await.unwrap();
        };
        rule(baker, Server, 48).await;
        rule(carpenter, Server, 4).await;
        rule(carpenter, Workstation, 8).await;
        // Its own schedule is close enough, another's is not; a paused one is under no service level.
        for (name, every_minutes) in [("srv-hourly", 60), ("srv-weekly", 10_080)] {
            let own = device(acme, name, Server).await;
            world.report(own, "r1", domain::run::RunState::Succeeded, MONDAY).await;
            let job = jobs::list(world.store(), &world.owner, own).await.unwrap().remove(0);
            let change = jobs::JobChange { schedule: Some(Some(Schedule::Every { every_minutes })), ..jobs::JobChange::default() };
            jobs::edit(&world.engine, &world.owner, job.id, change, MONDAY).await.unwrap();
        }
        let paused = device(acme, "srv-paused", Server).await;
        devices::pause(&world.engine, &world.owner, paused, MONDAY).await.unwrap();
        assert_eq!(
            unkept().await.iter().map(told).collect::<Vec<_>>(),
            [(Server, 4, 1, 1, vec!["Carpenter"]), (Server, 12, 1, 3, vec!["Acme"]), (Workstation, 8, 1, 1, vec!["Carpenter"])]
        );
        // Each four hours keeps 4 h: an hour more is a change of the clocks.
        assert!(policies::unkept(world.store(), &world.owner, daily, Span::hours(4), MONDAY).await.unwrap().is_empty());
        assert_eq!(policies::unkept(world.store(), &world.owner, daily, Span::hours(25), MONDAY).await.unwrap().len(), 3);
    }
}
