//! Lists of devices: sorted, filtered, paged; and what names and schedules are taken.

use crate::world::{MONDAY, World, new_device};
use domain::{
    health::Band,
    policy::{DeviceClass, DeviceLife, Policy},
    run::RunState,
    schedule::Schedule,
    time::Span,
};
use engine::{
    live, on_both_stores,
    store::{
        devices::{self, DeviceChange, DeviceFilter, DeviceRow, DeviceSort, NewDevice},
        organizations::{self, NewOrganization, OrganizationChange, OrganizationFilter, OrganizationStatus},
        policies::{self, NewPolicy},
    },
};

async fn all(world: &World, filter: &DeviceFilter) -> Vec<DeviceRow> {
    let mut filter = DeviceFilter { limit: Some(3), ..filter.clone() };
    let mut rows = Vec::new();
    loop {
        let page = devices::list(world.store(), &world.owner, &filter, MONDAY + Span::HOUR).await.unwrap();
        assert!(page.items.len() <= 3);
        rows.extend(page.items);
        match page.next_cursor {
            Some(cursor) => filter.cursor = Some(cursor),
            None => return rows,
        }
    }
}

fn names(rows: &[DeviceRow]) -> Vec<&str> {
    rows.iter().map(|d| d.name.as_str()).collect()
}

on_both_stores! {
    async fn every_order_walks_all_devices_once_forwards_and_backwards(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let mut ids = Vec::new();
        for name in ["golf", "Alpha", "echo", "Bravo", "delta", "foxtrot", "charlie", "hotel"] {
            ids.push(world.device(acme, name).await);
        }
        world.report(ids[1], "r", RunState::Succeeded, MONDAY).await;
        world.report(ids[3], "r", RunState::Failed, MONDAY).await;
        world.report(ids[5], "r", RunState::Succeeded, MONDAY + Span::MINUTE).await;
        for sort in [DeviceSort::Score, DeviceSort::Need, DeviceSort::Name, DeviceSort::LastSuccess, DeviceSort::Due] {
            let up = all(&world, &DeviceFilter { sort, ..Default::default() }).await;
            let mut down = all(&world, &DeviceFilter { sort, descending: true, ..Default::default() }).await;
            down.reverse();
            assert_eq!(names(&up), names(&down), "{sort:?}");
            let mut seen: Vec<_> = up.iter().map(|d| d.id).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 8, "{sort:?}");
        }
        let by_name = all(&world, &DeviceFilter { sort: DeviceSort::Name, ..Default::default() }).await;
        assert_eq!(names(&by_name), ["Alpha", "Bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]);
        let by_score = all(&world, &DeviceFilter::default()).await;
        assert!(by_score.windows(2).all(|w| w[0].score <= w[1].score));
        assert_eq!(by_score.last().unwrap().band, Band::Healthy);
        let last = all(&world, &DeviceFilter { sort: DeviceSort::LastSuccess, ..Default::default() }).await;
        assert_eq!(names(&last)[6..], ["Alpha", "foxtrot"]);
    }

    async fn what_needs_a_look_comes_first_whatever_is_asked_for_and_however_it_is_paged(fresh) {
        let world = World::started(fresh).await;
        let (engine, owner) = (&world.engine, &world.owner);
        let (acme, gone) = (world.organization("Acme").await, world.organization("Gone").await);
        let hourly = NewPolicy { partner: None, name: "Hourly".into(), policy: Policy { schedule: Schedule::Every { every_minutes: 60 }, ..Policy::default() } };
        let hourly = policies::create(world.store(), owner, hourly, MONDAY).await.unwrap();
        // Of each kind four, half of them laptops, half by the hour; most are in use, two are paused by hand, two with their client.
        for (kind, failures) in [("bad", 3), ("shaky", 1), ("new", -1), ("well", 0)] {
            for (n, organization) in [acme, acme, acme, acme, acme, gone].into_iter().enumerate() {
                let class = if n % 2 == 0 { DeviceClass::Server } else { DeviceClass::Workstation };
                let policy = (n / 2 % 2 == 0).then_some(hourly);
                let new = NewDevice { class, policy, ..new_device(organization, &format!("{kind}-{n}")) };
                let id = devices::create(engine, owner, new, MONDAY).await.unwrap();
                for turn in 0..failures {
                    world.report(id, &format!("bad-{turn}"), RunState::Failed, MONDAY + Span::minutes(turn)).await;
                }
                if failures == 0 {
                    world.report(id, "well", RunState::Succeeded, MONDAY).await;
                }
                if n == 4 {
                    devices::pause(engine, owner, id, MONDAY + Span::MINUTE).await.unwrap();
                }
            }
        }
        let retired = world.device(acme, "retired").await;
        devices::retire(engine, owner, retired, MONDAY).await.unwrap();
        let off = OrganizationChange { status: Some(OrganizationStatus::Deactivated), ..Default::default() };
        organizations::edit(engine, owner, gone, off, MONDAY + Span::MINUTE).await.unwrap();

        let by_need = DeviceFilter { sort: DeviceSort::Need, ..Default::default() };
        let whole = all(&world, &by_need).await;
        let counts = live::counts(world.store(), owner).await.unwrap();
        assert_eq!((counts.critical, counts.warning, counts.unknown, counts.healthy, counts.paused), (4, 4, 4, 4, 8));
        let place = |row: &DeviceRow| match (row.facts.life, row.band) {
            (DeviceLife::Paused, _) => (4, 0, row.id),
            (_, Band::Critical) => (0, row.score.0, row.id),
            (_, Band::Warning) => (1, row.score.0, row.id),
            (_, Band::Unknown) => (2, row.score.0, row.id),
            (_, Band::Healthy) => (3, row.score.0, row.id),
        };
        let mut sorted = whole.clone();
        sorted.sort_by_key(place);
        assert_eq!((names(&whole), whole.len()), (names(&sorted), 24));
        assert!(whole[15].facts.life == DeviceLife::Active && whole[16..].iter().all(|row| row.facts.life == DeviceLife::Paused));

        let is_wanted = |filter: &DeviceFilter, row: &DeviceRow| {
            filter.organization.is_none_or(|id| row.organization.0 == id)
                && filter.class.is_none_or(|class| row.class == class)
                && filter.policy.is_none_or(|policy| row.policy.0 == policy)
                && filter.life.is_none_or(|life| row.facts.life == life)
                && filter.search.as_ref().is_none_or(|part| row.name.contains(part))
                && filter.band.is_none_or(|band| row.band == band && (filter.life.is_some() || row.facts.life != DeviceLife::Paused))
        };
        let bands = [Band::Critical, Band::Warning, Band::Unknown, Band::Healthy].map(Some);
        for band in [None].into_iter().chain(bands) {
            for life in [None, Some(DeviceLife::Active), Some(DeviceLife::Pending), Some(DeviceLife::Paused)] {
                let narrowed = DeviceFilter { band, life, ..by_need.clone() };
                for filter in [
                    narrowed.clone(),
                    DeviceFilter { organization: Some(acme), ..narrowed.clone() },
                    DeviceFilter { class: Some(DeviceClass::Workstation), ..narrowed.clone() },
                    DeviceFilter { policy: Some(hourly), ..narrowed.clone() },
                    DeviceFilter { search: Some("-1".into()), ..narrowed },
                ] {
                    let expected: Vec<_> = whole.iter().filter(|row| is_wanted(&filter, row)).cloned().collect();
                    assert_eq!(names(&all(&world, &filter).await), names(&expected), "{filter:?}");
                    let mut turned = all(&world, &DeviceFilter { descending: true, ..filter.clone() }).await;
                    turned.reverse();
                    assert_eq!(names(&turned), names(&expected), "{filter:?}, turned round");
                }
            }
        }
    }

    async fn what_counts_as_paused_is_found_in_every_order_also_through_its_client(fresh) {
        let world = World::started(fresh).await;
        let (engine, owner) = (&world.engine, &world.owner);
        let (acme, gone) = (world.organization("Acme").await, world.organization("Gone").await);
        let by_hand = world.device(acme, "by hand").await;
        devices::pause(engine, owner, by_hand, MONDAY).await.unwrap();
        world.device(acme, "in use").await;
        let (with_client, retired) = (world.device(gone, "with its client").await, world.device(gone, "retired").await);
        devices::retire(engine, owner, retired, MONDAY).await.unwrap();
        let change = |status| OrganizationChange { status: Some(status), ..Default::default() };
        organizations::edit(engine, owner, gone, change(OrganizationStatus::Deactivated), MONDAY).await.unwrap();
        let found = async |life, sort| {
            let mut ids: Vec<_> = all(&world, &DeviceFilter { life: Some(life), sort, ..Default::default() }).await.iter().map(|d| d.id).collect();
            ids.sort_unstable();
            ids
        };
        for sort in [DeviceSort::Score, DeviceSort::Need, DeviceSort::Name, DeviceSort::LastSuccess, DeviceSort::Due] {
            assert_eq!(found(DeviceLife::Paused, sort).await, [by_hand, with_client], "{sort:?}");
            assert_eq!(found(DeviceLife::Pending, sort).await.len(), 1, "{sort:?}");
            assert_eq!(found(DeviceLife::Retired, sort).await, [retired], "{sort:?}");
        }
        assert_eq!(live::counts(world.store(), owner).await.unwrap().paused, 2);
        organizations::edit(engine, owner, gone, change(OrganizationStatus::Activated), MONDAY).await.unwrap();
        assert_eq!(found(DeviceLife::Paused, DeviceSort::Need).await, [by_hand]);
    }

    async fn a_cursor_of_another_list_or_of_nobody_is_refused(fresh) {
        let world = World::started(fresh).await;
        let asked = DeviceFilter { cursor: Some("!!".into()), ..Default::default() };
        let refused = devices::list(world.store(), &world.owner, &asked, MONDAY).await.unwrap_err();
        assert_eq!((refused.public_code(), refused.public_field()), ("invalid_cursor", Some("cursor")));
        let asked = DeviceFilter { limit: Some(501), ..Default::default() };
        assert_eq!(devices::list(world.store(), &world.owner, &asked, MONDAY).await.unwrap_err().public_code(), "invalid_limit");
    }

    async fn filters_narrow_and_a_search_takes_signs_literally(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let percent = world.device(acme, "100%_full\\disk").await;
        world.device(acme, "100 percent").await;
        let laptop = NewDevice { class: DeviceClass::Workstation, tags: vec![" b".into(), "a".into(), "a".into()], ..new_device(other, "Laptop") };
        let laptop = devices::create(&world.engine, &world.owner, laptop, MONDAY).await.unwrap();
        let find = async |search: &str| all(&world, &DeviceFilter { search: Some(search.into()), ..Default::default() }).await;
        for search in ["100%", "%_f", "\\DISK", "0%_FULL\\d"] {
            assert_eq!(find(search).await.iter().map(|d| d.id).collect::<Vec<_>>(), [percent], "{search}");
        }
        assert_eq!(find("100").await.len(), 2);
        assert!(find("_00").await.is_empty());
        let of_other = all(&world, &DeviceFilter { organization: Some(other), ..Default::default() }).await;
        assert_eq!((of_other[0].id, of_other[0].organization.1.as_str()), (laptop, "Other"));
        assert_eq!(of_other[0].tags, ["a", "b"]);
        assert_eq!(all(&world, &DeviceFilter { class: Some(DeviceClass::Server), ..Default::default() }).await.len(), 2);
        assert_eq!(all(&world, &DeviceFilter { band: Some(Band::Unknown), ..Default::default() }).await.len(), 3);
        assert!(all(&world, &DeviceFilter { band: Some(Band::Healthy), ..Default::default() }).await.is_empty());
        devices::retire(&world.engine, &world.owner, laptop, MONDAY).await.unwrap();
        assert_eq!(all(&world, &DeviceFilter::default()).await.len(), 2, "retired ones are hidden");
        let retired = all(&world, &DeviceFilter { life: Some(DeviceLife::Retired), ..Default::default() }).await;
        assert_eq!(retired[0].id, laptop);
    }

    async fn names_are_unique_where_they_are_used_and_say_so(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let device = world.device(acme, "fs-01").await;
        world.device(other, "fs-01").await;
        let double = devices::create(&world.engine, &world.owner, new_device(acme, " FS-01 "), MONDAY).await.unwrap_err();
        assert_eq!(double.public_code(), "name_taken");
        assert!(double.public_message().contains("already has a device named `FS-01`"), "{double}");
        let second = world.device(acme, "fs-02").await;
        let rename = |name: &str| DeviceChange { name: Some(name.into()), ..Default::default() };
        assert_eq!(devices::edit(&world.engine, &world.owner, second, rename("fs-01"), MONDAY).await.unwrap_err().public_code(), "name_taken");
        devices::edit(&world.engine, &world.owner, device, rename("FS-01"), MONDAY).await.unwrap();
        let long = "x".repeat(121);
        for (name, code) in [("", "empty_name"), ("  ", "empty_name"), (long.as_str(), "name_too_long"), ("a\nb", "invalid_name")] {
            let refused = devices::create(&world.engine, &world.owner, new_device(acme, name), MONDAY).await.unwrap_err();
            assert_eq!((refused.public_code(), refused.public_field()), (code, Some("name")));
        }
        let twice = NewOrganization { name: "ACME".into(), ..Default::default() };
        assert_eq!(organizations::create(world.store(), &world.owner, twice, MONDAY).await.unwrap_err().public_code(), "name_taken");
        let nowhere = NewOrganization { name: "X".into(), time_zone: Some("Berlin".into()), ..Default::default() };
        assert_eq!(organizations::create(world.store(), &world.owner, nowhere, MONDAY).await.unwrap_err().public_code(), "unknown_time_zone");
        let daily = NewPolicy { partner: None, name: "daily".into(), policy: Policy::default() };
        assert_eq!(policies::create(world.store(), &world.owner, daily, MONDAY).await.unwrap_err().public_code(), "name_taken");
        let cron = Schedule::Cron { cron: "61 * * * *".into(), time_zone: "UTC".into() };
        let broken = NewPolicy { partner: None, name: "Broken".into(), policy: Policy { schedule: cron, ..Policy::default() } };
        let refused = policies::create(world.store(), &world.owner, broken, MONDAY).await.unwrap_err();
        assert_eq!((refused.public_code(), refused.public_field()), ("invalid_schedule", Some("schedule")));
    }

    async fn organizations_are_paged_by_name_searched_and_counted(fresh) {
        let world = World::started(fresh).await;
        for n in 0..7 {
            world.organization(&format!("Client {n}")).await;
        }
        let acme = world.organization("Acme").await;
        world.device(acme, "fs-01").await;
        let mut filter = OrganizationFilter { limit: Some(3), ..Default::default() };
        let mut seen = Vec::new();
        loop {
            let page = organizations::list(world.store(), &world.owner, &filter).await.unwrap();
            seen.extend(page.items);
            let Some(cursor) = page.next_cursor else { break };
            filter.cursor = Some(cursor);
        }
        assert_eq!(seen.len(), 8);
        assert_eq!((seen[0].name.as_str(), seen[0].counts.unknown, seen[1].counts.unknown), ("Acme", 1, 0));
        assert_eq!(seen[0].time_zone, "Europe/Berlin", "the partner's");
        let off = OrganizationChange { status: Some(OrganizationStatus::Deactivated), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, acme, off, MONDAY).await.unwrap();
        let filter = OrganizationFilter { status: Some(OrganizationStatus::Deactivated), search: Some("cm".into()), ..Default::default() };
        let found = organizations::list(world.store(), &world.owner, &filter).await.unwrap().items;
        assert_eq!(found.iter().map(|o| o.id).collect::<Vec<_>>(), [acme]);
        assert_eq!((found[0].counts.unknown, found[0].counts.paused), (0, 1));
        let refused = devices::create(&world.engine, &world.owner, new_device(acme, "new"), MONDAY).await.unwrap_err();
        assert_eq!(refused.public_code(), "organization_deactivated");
    }
}
