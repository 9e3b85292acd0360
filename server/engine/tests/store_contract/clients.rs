//! The clients of a partner: who needs a look first, page by page, and what a row shows – on both stores.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, Role, Scope},
    health::Band,
    ids::OrganizationId,
    policy::DeviceClass,
    run::RunState,
    time::Span,
};
use engine::{
    live, on_both_stores,
    store::{
        devices::{self, NewDevice},
        organizations::{
            self, NewOrganization, OrganizationChange, OrganizationFilter, OrganizationSort, OrganizationStatus, Standing, need,
        },
        partners,
    },
};
use std::collections::HashSet;

fn by(sort: OrganizationSort) -> OrganizationFilter {
    OrganizationFilter { sort, ..Default::default() }
}

async fn names(world: &World, actor: &Actor, filter: &OrganizationFilter) -> Vec<String> {
    organizations::list(world.store(), actor, filter).await.unwrap().items.into_iter().map(|o| o.name).collect()
}

/// A device whose last runs failed so many times, or that ran well (none).
async fn device(world: &World, organization: OrganizationId, name: &str, failures: Option<i64>) {
    let id = world.device(organization, name).await;
    match failures {
        None => world.report(id, "ok", RunState::Succeeded, MONDAY + Span::minutes(1)).await,
        Some(n) => {
            for turn in 0..n {
                world.report(id, &format!("bad-{turn}"), RunState::Failed, MONDAY + Span::minutes(turn + 1)).await;
            }
        }
    }
}

/// Seven clients: broken (2 critical), worse (1 critical, 3 warnings), shaky (2 warnings), new (1 unknown), calm, empty, gone (critical,
/// deactivated).
async fn fleet(world: &World) {
    let broken = world.organization("Broken").await;
    device(world, broken, "a", Some(3)).await;
    device(world, broken, "b", Some(4)).await;
    device(world, broken, "c", None).await;
    let worse = world.organization("Worse").await;
    device(world, worse, "a", Some(3)).await;
    for name in ["b", "c", "d"] {
        device(world, worse, name, Some(1)).await;
    }
    let shaky = world.organization("Shaky").await;
    device(world, shaky, "a", Some(1)).await;
    device(world, shaky, "b", Some(2)).await;
    let new = world.organization("New").await;
    world.device(new, "a").await;
    let calm = world.organization("Calm").await;
    device(world, calm, "a", None).await;
    world.organization("Empty").await;
    let gone = world.organization("Gone").await;
    device(world, gone, "a", Some(5)).await;
    let off = OrganizationChange { status: Some(OrganizationStatus::Deactivated), ..Default::default() };
    organizations::edit(&world.engine, &world.owner, gone, off, MONDAY + Span::hours(1)).await.unwrap();
}

on_both_stores! {
    async fn clients_come_by_need_critical_before_breach_before_warning_before_unknown(fresh) {
        let world = World::started(fresh).await;
        fleet(&world).await;
        let order = names(&world, &world.owner, &by(OrganizationSort::Need)).await;
        assert_eq!(order, ["Broken", "Worse", "Shaky", "New", "Calm", "Empty", "Gone"], "of equals by name");
        let rows = organizations::list(world.store(), &world.owner, &by(OrganizationSort::Need)).await.unwrap().items;
        let keys: Vec<i64> = rows.iter().map(|o| need(&o.counts, o.status == OrganizationStatus::Activated)).collect();
        assert!(keys.is_sorted_by(|a, b| a >= b), "SQL and the function say the same: {keys:?}");

        // A client whose only trouble is a server without a backup for 13 hours stands before warnings, behind critical ones.
        let late = world.organization("Late").await;
        let new = NewDevice { class: DeviceClass::Server, ..new_device(late, "srv") };
        devices::create(&world.engine, &world.owner, new, MONDAY - Span::hours(13)).await.unwrap();
        world.engine.reconciler.tick(MONDAY + Span::hours(1)).await.unwrap();
        let row = organizations::get(world.store(), &world.owner, late).await.unwrap();
        assert_eq!((row.counts.covered, row.counts.in_breach), (1, 1));
        let order = names(&world, &world.owner, &by(OrganizationSort::Need)).await;
        assert_eq!(order[..4], ["Broken", "Worse", "Late", "Shaky"]);
    }

    async fn every_order_pages_through_all_clients_without_loss_or_doubles(fresh) {
        let world = World::started(fresh).await;
        fleet(&world).await;
        let below = partners::create(world.store(), &world.owner, "South", "UTC", None, MONDAY).await.unwrap();
        for n in 0..5 {
            let new = NewOrganization { partner: Some(world.partner), name: format!("More {n}"), seat_limit: (n > 2).then_some(n), ..Default::default() };
            organizations::create(world.store(), &world.owner, new, MONDAY).await.unwrap();
        }
        let wide = Actor { scope: Scope::Partners([world.partner, below].into()), ..world.owner.clone() };
        for name in ["Calm", "More 1"] {
            let new = NewOrganization { partner: Some(below), name: name.into(), ..Default::default() };
            organizations::create(world.store(), &wide, new, MONDAY).await.unwrap();
        }
        use OrganizationSort::{Alerts, Compliance, Devices, Name, Need, Seats};
        for sort in [Name, Need, Compliance, Devices, Alerts, Seats] {
            for descending in [false, true] {
                let whole = organizations::list(world.store(), &wide, &OrganizationFilter { sort, descending, ..Default::default() }).await.unwrap().items;
                assert_eq!(whole.len(), 14);
                let mut filter = OrganizationFilter { sort, descending, limit: Some(3), ..Default::default() };
                let mut paged = Vec::new();
                loop {
                    let page = organizations::list(world.store(), &wide, &filter).await.unwrap();
                    paged.extend(page.items);
                    let Some(cursor) = page.next_cursor else { break };
                    filter.cursor = Some(cursor);
                }
                assert_eq!(paged, whole, "{sort:?} {descending}");
                assert_eq!(paged.iter().map(|o| o.id).collect::<HashSet<_>>().len(), 14);
                filter.descending = !descending;
                assert_eq!(organizations::list(world.store(), &wide, &filter).await.unwrap_err().public_code(), "invalid_cursor");
            }
        }
        let worst = names(&world, &wide, &by(Compliance)).await;
        assert_eq!(worst.len(), 14);
    }

    async fn clients_are_found_by_standing_partner_and_name_and_counted(fresh) {
        let world = World::started(fresh).await;
        fleet(&world).await;
        let standing = |standing| OrganizationFilter { standing: Some(standing), ..Default::default() };
        assert_eq!(names(&world, &world.owner, &standing(Standing::Critical)).await, ["Broken", "Worse"]);
        assert_eq!(names(&world, &world.owner, &standing(Standing::Warning)).await, ["Shaky", "Worse"]);
        assert_eq!(names(&world, &world.owner, &standing(Standing::Unknown)).await, ["New"]);
        assert_eq!(names(&world, &world.owner, &standing(Standing::Healthy)).await, ["Calm"]);
        let all = organizations::standings(world.store(), &world.owner, &OrganizationFilter::default()).await.unwrap();
        assert_eq!((all.all, all.critical, all.in_breach, all.warning, all.unknown, all.healthy), (7, 2, 0, 2, 1, 1));
        let some = OrganizationFilter { search: Some("SHAK".into()), standing: Some(Standing::Critical), ..Default::default() };
        let some = organizations::standings(world.store(), &world.owner, &some).await.unwrap();
        assert_eq!((some.all, some.critical, some.warning), (1, 0, 1), "the standing itself is left out");
        let elsewhere = OrganizationFilter { partner: Some(domain::ids::PartnerId(1)), ..Default::default() };
        assert!(names(&world, &world.owner, &elsewhere).await.is_empty());
    }

    async fn a_client_shows_its_worst_device_in_use_and_its_last_days(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        device(&world, acme, "fine", None).await;
        device(&world, acme, "failing", Some(3)).await;
        let retired = world.device(acme, "never").await;
        devices::retire(&world.engine, &world.owner, retired, MONDAY).await.unwrap();
        // Nothing is known of it: that is less urgent than what fails, though its score is lower.
        world.device(acme, "unheard").await;
        world.organization("Empty").await;
        let quiet = world.organization("Quiet").await;
        device(&world, quiet, "fine", None).await;
        let unheard = world.device(quiet, "unheard").await;
        // The next day is the 17th in Berlin, where its days are counted.
        let now = MONDAY + Span::hours(24);
        let filter = by(OrganizationSort::Need);
        let rows = organizations::clients(world.store(), &world.owner, &filter, now).await.unwrap().items;
        let worst = rows[0].worst.as_ref().unwrap();
        assert_eq!((rows[0].row.id, worst.name.as_str(), worst.band), (acme, "failing", Band::Critical));
        let days: Vec<_> = rows[0].last.days.iter().map(|day| day.map(|d| (d.succeeded, d.failed))).collect();
        assert_eq!((days[25], days[26], days[27]), (None, Some((1, 3)), None));
        assert_eq!((rows[1].row.id, rows[1].worst.as_ref().map(|w| w.device)), (quiet, Some(unheard)));
        assert_eq!((rows[2].worst.as_ref(), rows[2].last.days), (None, [None; 28]));
        assert_eq!(organizations::days(world.store(), &world.owner, acme, now).await.unwrap(), rows[0].last);
    }

    async fn counts_of_clients_are_those_of_a_recount(fresh) {
        let world = World::started(fresh).await;
        fleet(&world).await;
        for hours in [1, 13, 25, 60] {
            let now = MONDAY + Span::hours(hours);
            world.engine.reconciler.tick(now).await.unwrap();
            let drift = engine::check::recount(world.store()).await.unwrap();
            assert!(drift.is_empty(), "{drift:?}");
        }
        let rows = organizations::list(world.store(), &world.owner, &by(OrganizationSort::Need)).await.unwrap().items;
        let sum: i64 = rows.iter().map(|o| o.counts.in_breach).sum();
        assert!(sum > 0);
        let scope = live::counts(world.store(), &world.owner).await.unwrap();
        assert_eq!((scope.covered, scope.in_breach), (rows.iter().map(|o| o.counts.covered).sum(), sum));
    }

    async fn nothing_of_health_is_told_to_finance_and_nothing_of_others_to_a_client(fresh) {
        let world = World::started(fresh).await;
        fleet(&world).await;
        let as_role = |role, scope| Actor { ground: Ground::Member(world.user, role), scope };
        let finance = as_role(Role::Finance, world.owner.scope.clone());
        let rows = organizations::list(world.store(), &finance, &OrganizationFilter::default()).await.unwrap().items;
        assert!(rows.len() == 7 && rows.iter().all(|o| o.counts == Default::default()));
        for filter in [by(OrganizationSort::Need), OrganizationFilter { standing: Some(Standing::Critical), ..Default::default() }] {
            assert_eq!(organizations::list(world.store(), &finance, &filter).await.unwrap_err().public_code(), "forbidden");
        }
        assert_eq!(organizations::clients(world.store(), &finance, &OrganizationFilter::default(), MONDAY).await.unwrap_err().public_code(), "forbidden");
        assert!(engine::live::watch(world.store(), &world.engine.live, &finance, &[]).await.is_err());

        let ids: Vec<_> = organizations::list(world.store(), &world.owner, &OrganizationFilter::default()).await.unwrap().items.iter().map(|o| o.id).collect();
        let client = as_role(Role::ClientViewer, Scope::Organization(world.partner, ids[1]));
        let own = organizations::clients(world.store(), &client, &by(OrganizationSort::Need), MONDAY).await.unwrap().items;
        assert_eq!(own.iter().map(|c| c.row.id).collect::<Vec<_>>(), [ids[1]]);
        assert_eq!(organizations::days(world.store(), &client, ids[0], MONDAY).await.unwrap_err().public_code(), "not_found");
        assert_eq!(organizations::standings(world.store(), &client, &OrganizationFilter::default()).await.unwrap().all, 1);
        let watch = engine::live::watch(world.store(), &world.engine.live, &client, &ids).await.unwrap();
        let seen: Vec<_> = watch.now(world.store(), MONDAY).await.unwrap().into_iter().map(|o| o.organization).collect();
        assert_eq!(seen, [ids[1]]);
    }

    async fn a_watched_organization_tells_its_state_once_for_many_changes(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let own = world.device(acme, "a").await;
        let hidden = world.device(other, "b").await;
        let mut watch = engine::live::watch(world.store(), &world.engine.live, &world.owner, &[acme]).await.unwrap();
        world.report(hidden, "r", RunState::Running, MONDAY).await;
        for n in 0..10 {
            world.report(own, &format!("r{n}"), RunState::Running, MONDAY + Span::minutes(n)).await;
        }
        let (mut told, mut last) = (0, None);
        while last.as_ref().is_none_or(|now: &domain::live::OrganizationNow| now.counts.running < 10) {
            let states = tokio::time::timeout(std::time::Duration::from_secs(10), watch.next()).await.unwrap().unwrap();
            assert!(states.iter().all(|state| state.organization == acme));
            told += 1;
            last = serde_json::from_str(&states[0].json).ok();
        }
        assert!(told <= 9, "{told} states for ten changes");
        assert_eq!(last.unwrap().worst.unwrap().device, own);
    }
}
