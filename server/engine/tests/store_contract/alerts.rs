//! Lists of alerts: order by worth, pages without loss or doubles, filters, counts, scope; tending many in one go.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, Role, Scope},
    alert::{AlertKind, Severity},
    ids::{AlertId, OrganizationId},
    policy::DeviceClass,
    run::RunState,
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{
        alerts::{self, AlertFilter, AlertSort, AlertState, Tending},
        audit, devices,
    },
};

const NOW: Time = Time(MONDAY.0 + Span::HOUR.0);

/// Five devices with an open alert each: two servers with three failures, three workstations with one.
async fn troubled(world: &World) -> (OrganizationId, OrganizationId) {
    let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
    for (n, name) in ["srv-1", "srv-2", "pc-1", "pc-2", "pc-3"].into_iter().enumerate() {
        let is_server = name.starts_with("srv");
        let class = if is_server { DeviceClass::Server } else { DeviceClass::Workstation };
        let new = devices::NewDevice { class, ..new_device(if n == 4 { other } else { acme }, name) };
        let device = devices::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
        for run in 0..if is_server { 3 } else { 1 } {
            world.report(device, &format!("r{run}"), RunState::Failed, MONDAY + Span::minutes(run)).await;
        }
    }
    (acme, other)
}

async fn names(world: &World, actor: &Actor, mut filter: AlertFilter) -> Vec<String> {
    filter.now = NOW;
    let mut all = Vec::new();
    for _ in 0..50 {
        let page = alerts::list(world.store(), actor, &filter).await.unwrap();
        all.extend(page.items.into_iter().map(|a| a.device.1));
        match page.next_cursor {
            Some(cursor) => filter.cursor = Some(cursor),
            None => return all,
        }
    }
    panic!("the list has no end");
}

async fn ids(world: &World) -> Vec<AlertId> {
    let filter = AlertFilter { sort: AlertSort::Worth, ..Default::default() };
    alerts::list(world.store(), &world.owner, &filter).await.unwrap().items.into_iter().map(|a| a.id).collect()
}

on_both_stores! {
    async fn what_is_worth_most_comes_first_and_pages_lose_nothing(fresh) {
        let world = World::started(fresh).await;
        troubled(&world).await;
        for limit in [1, 2, 3, 50] {
            let by_worth = AlertFilter { sort: AlertSort::Worth, limit: Some(limit), ..Default::default() };
            assert_eq!(names(&world, &world.owner, by_worth).await, ["srv-1", "srv-2", "pc-1", "pc-2", "pc-3"], "{limit} a page");
            let by_time = AlertFilter { limit: Some(limit), ..Default::default() };
            let mut seen = names(&world, &world.owner, by_time).await;
            seen.sort();
            assert_eq!(seen, ["pc-1", "pc-2", "pc-3", "srv-1", "srv-2"]);
        }
        let first = alerts::list(world.store(), &world.owner, &AlertFilter { sort: AlertSort::Worth, ..Default::default() }).await.unwrap();
        assert!(first.items.is_sorted_by_key(|a| std::cmp::Reverse(a.worth)));
        assert_eq!((first.items[0].class, first.items[4].class), (DeviceClass::Server, DeviceClass::Workstation));
    }

    async fn alerts_are_narrowed_by_what_the_filter_says(fresh) {
        let world = World::started(fresh).await;
        let (_, other) = troubled(&world).await;
        let many = async |filter: AlertFilter| names(&world, &world.owner, filter).await.len();
        assert_eq!(many(AlertFilter { severity: Some(Severity::Critical), ..Default::default() }).await, 2);
        assert_eq!(many(AlertFilter { class: Some(DeviceClass::Workstation), sort: AlertSort::Worth, limit: Some(1), ..Default::default() }).await, 3);
        assert_eq!(many(AlertFilter { organization: Some(other), ..Default::default() }).await, 1);
        assert_eq!(many(AlertFilter { kind: Some(AlertKind::StorageQuota), ..Default::default() }).await, 0);
        assert_eq!(many(AlertFilter { search: Some("PC-".into()), limit: Some(2), ..Default::default() }).await, 3);
        assert_eq!(many(AlertFilter { search: Some("othe".into()), ..Default::default() }).await, 1, "also by the client's name");
        assert_eq!(many(AlertFilter { opened_since: Some(MONDAY + Span::DAY), ..Default::default() }).await, 0);
        for state in [AlertState::Resolved, AlertState::Acknowledged, AlertState::Snoozed] {
            assert_eq!(many(AlertFilter { state, ..Default::default() }).await, 0);
        }
    }

    async fn counts_say_what_the_lists_hold_in_each_state(fresh) {
        let world = World::started(fresh).await;
        troubled(&world).await;
        let all = ids(&world).await;
        alerts::acknowledge(&world.engine, &world.owner, all[0], "on it", NOW).await.unwrap();
        alerts::snooze(&world.engine, &world.owner, all[2], NOW + Span::HOUR, NOW).await.unwrap();
        let filter = AlertFilter { now: NOW, ..Default::default() };
        let tally = alerts::tally(world.store(), &world.owner, &filter).await.unwrap();
        for state in [AlertState::Open, AlertState::Untended, AlertState::Acknowledged, AlertState::Snoozed] {
            for severity in [None, Some(Severity::Critical), Some(Severity::Warning)] {
                let listed = names(&world, &world.owner, AlertFilter { state, severity, ..Default::default() }).await.len();
                assert_eq!(tally.of(state, severity), i64::try_from(listed).unwrap(), "{state:?} {severity:?}");
            }
        }
        let later = AlertFilter { now: NOW + Span::hours(2), ..Default::default() };
        assert_eq!(alerts::tally(world.store(), &world.owner, &later).await.unwrap().of(AlertState::Snoozed, None), 0, "a snooze ends by itself");
        let workstations = AlertFilter { class: Some(DeviceClass::Workstation), ..filter };
        assert_eq!(alerts::tally(world.store(), &world.owner, &workstations).await.unwrap().of(AlertState::Open, None), 3);
    }

    async fn many_are_tended_in_one_go_and_one_refusal_holds_up_no_other(fresh) {
        let world = World::started(fresh).await;
        let (engine, owner) = (&world.engine, &world.owner);
        troubled(&world).await;
        let all = ids(&world).await;
        let gone = alerts::list(world.store(), owner, &AlertFilter { search: Some("pc-1".into()), ..Default::default() }).await.unwrap().items.remove(0);
        world.report(gone.device.0, "good", RunState::Succeeded, MONDAY + Span::minutes(20)).await;
        let asked: Vec<AlertId> = all.iter().copied().chain([AlertId(1)]).collect();
        let tended = alerts::tend_all(engine, owner, &asked, &Tending::Acknowledge { reason: "new password".into() }, NOW).await.unwrap();
        assert_eq!(tended.done.len(), 4);
        let mut refused: Vec<_> = tended.refused.iter().map(|(_, error)| error.public_code()).collect();
        refused.sort_unstable();
        assert_eq!(refused, ["not_found", "resolved"]);
        let snooze = Tending::Snooze { until: NOW + Span::HOUR, reason: "waiting for a disk".into() };
        alerts::tend_all(engine, owner, &all[..2], &snooze, NOW).await.unwrap();
        let detail = alerts::get(world.store(), owner, all[0]).await.unwrap();
        let said: Vec<_> = detail.events.iter().map(|e| (e.what.as_str(), e.who.as_str(), e.note.contains("disk") || e.note.contains("password"))).collect();
        assert_eq!(&said[said.len() - 2..], [("acknowledged", "Ada", true), ("snoozed", "Ada", true)]);
        let past = Tending::Snooze { until: NOW, reason: String::new() };
        assert_eq!(alerts::tend_all(engine, owner, &all, &past, NOW).await.unwrap_err().public_code(), "invalid_time");
        assert_eq!(engine::store::audit::verify(world.store(), owner, world.partner).await.map(|_| ()).map_err(|e| e.public_code()), Ok(()));
    }

    async fn what_was_acknowledged_or_snoozed_is_taken_back_once_and_it_is_recorded(fresh) {
        let world = World::started(fresh).await;
        let (engine, owner) = (&world.engine, &world.owner);
        troubled(&world).await;
        let id = ids(&world).await[0];
        let events = async || alerts::get(world.store(), owner, id).await.unwrap().events.into_iter().map(|e| (e.what, e.who)).collect::<Vec<_>>();
        let before = events().await.len();
        alerts::acknowledge(engine, owner, id, "on it", NOW).await.unwrap();
        alerts::snooze(engine, owner, id, NOW + Span::HOUR, NOW).await.unwrap();
        let mut stream = engine.live.subscribe();
        for again in [false, true] {
            alerts::take_back(engine, owner, id, NOW).await.unwrap();
            alerts::end_snooze(engine, owner, id, NOW).await.unwrap();
            let row = alerts::get(world.store(), owner, id).await.unwrap().row;
            assert_eq!((row.acknowledged_at, row.acknowledged_by, row.snoozed_until), (None, None, None), "again: {again}");
        }
        assert!(!stream.recv().await.unwrap().is_empty(), "other tabs are told");
        let told: Vec<_> = events().await.split_off(before);
        let ada = |what: &str| (what.to_owned(), "Ada".to_owned());
        assert_eq!(told, ["acknowledged", "snoozed", "unacknowledged", "unsnoozed"].map(ada), "nothing is said of what changed nothing");
        let filter = AlertFilter { now: NOW, ..Default::default() };
        assert_eq!(alerts::tally(world.store(), owner, &filter).await.unwrap().of(AlertState::Untended, None), 5);
        let entries = audit::list(world.store(), owner, &audit::AuditFilter::default()).await.unwrap().items;
        let audited: Vec<_> = entries.iter().rev().filter(|e| e.subject == format!("alert:{id}")).map(|e| e.what.as_str()).collect();
        assert_eq!(audited, ["alert.acknowledge", "alert.snooze", "alert.take_back", "alert.end_snooze"]);
    }

    async fn only_what_was_not_so_before_can_be_undone(fresh) {
        let world = World::started(fresh).await;
        let (engine, owner) = (&world.engine, &world.owner);
        troubled(&world).await;
        let all = ids(&world).await;
        alerts::acknowledge(engine, owner, all[0], "mine", NOW).await.unwrap();
        let tended = alerts::tend_all(engine, owner, &all, &Tending::Acknowledge { reason: String::new() }, NOW).await.unwrap();
        let sorted = |mut ids: Vec<AlertId>| {
            ids.sort_unstable();
            ids
        };
        assert_eq!((tended.done.len(), sorted(tended.fresh)), (5, sorted(all[1..].to_vec())));
        let snooze = Tending::Snooze { until: NOW + Span::HOUR, reason: String::new() };
        assert_eq!(alerts::tend_all(engine, owner, &all[..1], &snooze, NOW).await.unwrap().fresh, all[..1]);
        assert!(alerts::tend_all(engine, owner, &all[..1], &snooze, NOW).await.unwrap().fresh.is_empty(), "it was quiet already");
        let later = NOW + Span::hours(2);
        let over = alerts::tend_all(engine, owner, &all[..1], &Tending::EndSnooze, later).await.unwrap();
        assert_eq!((over.done, over.fresh), (all[..1].to_vec(), vec![]), "it has ended by itself");
    }

    async fn nothing_is_taken_back_of_an_alert_that_is_over_nor_by_who_may_not_tend(fresh) {
        let world = World::started(fresh).await;
        let (acme, _) = troubled(&world).await;
        let filter = AlertFilter { search: Some("pc-1".into()), ..Default::default() };
        let alert = alerts::list(world.store(), &world.owner, &filter).await.unwrap().items.remove(0);
        alerts::acknowledge(&world.engine, &world.owner, alert.id, "on it", NOW).await.unwrap();
        let client = Actor { ground: Ground::Member(world.user, Role::ClientAdmin), scope: Scope::Organization(world.partner, acme) };
        let viewer = Actor { ground: Ground::Member(world.user, Role::Viewer), ..world.owner.clone() };
        for actor in [client, viewer] {
            assert_eq!(alerts::take_back(&world.engine, &actor, alert.id, NOW).await.unwrap_err().public_code(), "forbidden");
            assert_eq!(alerts::end_snooze(&world.engine, &actor, alert.id, NOW).await.unwrap_err().public_code(), "forbidden");
        }
        world.report(alert.device.0, "good", RunState::Succeeded, MONDAY + Span::minutes(20)).await;
        assert_eq!(alerts::take_back(&world.engine, &world.owner, alert.id, NOW).await.unwrap_err().public_code(), "resolved");
    }

    async fn alerts_of_another_client_are_neither_listed_nor_counted_nor_tended(fresh) {
        let world = World::started(fresh).await;
        let (_, other) = troubled(&world).await;
        let client = Actor { ground: Ground::Member(world.user, Role::ClientAdmin), scope: Scope::Organization(world.partner, other) };
        assert_eq!(names(&world, &client, AlertFilter { sort: AlertSort::Worth, ..Default::default() }).await, ["pc-3"]);
        assert!(names(&world, &client, AlertFilter { search: Some("acme".into()), ..Default::default() }).await.is_empty());
        assert_eq!(alerts::tally(world.store(), &client, &AlertFilter::default()).await.unwrap().of(AlertState::Open, None), 1);
        let all = ids(&world).await;
        assert_eq!(alerts::of_ids(world.store(), &client, &all).await.unwrap().len(), 1);
        let note = Tending::Note { text: "seen".into() };
        assert_eq!(alerts::tend_all(&world.engine, &client, &all, &note, NOW).await.unwrap_err().public_code(), "forbidden");
        let foreign: Vec<AlertId> = all.into_iter().take(2).collect();
        assert_eq!(alerts::tend_all(&world.engine, &client, &foreign, &note, NOW).await.unwrap_err().public_code(), "not_found");
    }
}
