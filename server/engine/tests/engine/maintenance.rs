//! Maintenance windows: recorded and not alerted, heard again at the end; for a device, an organization, a tag, a partner and all below it.

use crate::portal::{Portal, T0, hours, minutes};
use domain::{
    access::{Action, Actor, Scope},
    ids::{DeviceId, MaintenanceId, UserId},
    maintenance::{Occurs, Reach},
    run::RunState,
    time::{Span, Time},
};
use engine::{
    Error, on_both_stores,
    store::{
        devices,
        maintenance::{self, NewWindow, WindowChange, WindowState},
        organizations,
    },
};

fn once(from: Time, until: Time) -> Occurs {
    Occurs::Once { from, until }
}

fn nightly(minutes: u32) -> Occurs {
    Occurs::Recurring { cron: "0 2 * * *".into(), zone: "UTC".into(), minutes, except: Vec::new() }
}

async fn plan(portal: &Portal, reach: Reach, occurs: Occurs, now: Time) -> MaintenanceId {
    let new = NewWindow { partner: None, name: "Move to the new hall".into(), note: "power is off".into(), reach, occurs };
    maintenance::create(&portal.engine, &portal.actor, new, now).await.unwrap()
}

/// `quiet_until` of a device in hours after the beginning; `-`: it is not in maintenance.
async fn quiet(portal: &Portal, device: DeviceId) -> String {
    let sql = format!("SELECT (quiet_until - {}) / 3600000 FROM device_state WHERE device_id = {}", T0.0, device.0);
    portal.rows(&sql, 1).await.remove(0)
}

async fn fail_three_times(portal: &Portal, device: &str, from: i64) {
    for n in 0..3 {
        portal.say(device, &format!("f{from}-{n}"), RunState::Failed, minutes(from * 60 + n * 10)).await;
    }
}

on_both_stores! {
    async fn what_fails_in_a_window_is_recorded_and_alerts_at_its_end(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        portal.say("fs-01", "r0", RunState::Succeeded, hours(1)).await;
        plan(&portal, Reach::Device(device), once(hours(2), hours(6)), hours(1)).await;
        assert_eq!(quiet(&portal, device).await, "-");
        portal.engine.reconciler.tick(hours(2)).await.unwrap();
        assert_eq!(quiet(&portal, device).await, "6");
        fail_three_times(&portal, "fs-01", 3).await;
        assert_eq!(portal.alerts().await, ["job_failed|critical|open|0|muted"]);
        assert_eq!(portal.rows("SELECT open_alerts FROM organization_counts", 1).await, ["0"]);
        assert_eq!(portal.runs().await.len(), 4, "runs are recorded as always");
        portal.no_drift().await;
        portal.engine.reconciler.tick(Time(hours(6).0 - 1)).await.unwrap();
        assert_eq!(portal.alerts().await, ["job_failed|critical|open|0|muted"]);
        portal.engine.reconciler.tick(hours(6)).await.unwrap();
        assert_eq!(portal.alerts().await, ["job_failed|critical|open|0|heard"]);
        assert_eq!(quiet(&portal, device).await, "-");
        assert_eq!(portal.alert_events().await, ["job_failed|opened", "job_failed|raised", "job_failed|unmuted"]);
        let notes = portal.rows("SELECT note FROM alert_events ORDER BY at, id", 1).await;
        assert!(notes[0].ends_with("In maintenance until 2026-06-01 06:00 UTC: recorded, not alerted."), "{notes:?}");
        portal.no_drift().await;
    }

    async fn what_is_mended_within_the_window_never_alerts(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        plan(&portal, Reach::Device(device), once(hours(2), hours(6)), hours(1)).await;
        portal.engine.reconciler.tick(hours(2)).await.unwrap();
        fail_three_times(&portal, "fs-01", 3).await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(5)).await;
        portal.pass(hours(5), hours(7), Span::MINUTE * 30).await;
        assert_eq!(portal.alerts().await, ["job_failed|critical|resolved|0|muted"]);
        portal.no_drift().await;
    }

    async fn an_alert_that_is_open_falls_silent_and_is_heard_again(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        fail_three_times(&portal, "fs-01", 1).await;
        let window = plan(&portal, Reach::Device(device), once(hours(2), hours(6)), hours(2)).await;
        assert_eq!(portal.alerts().await, ["job_failed|critical|open|0|muted"], "a window that is in force holds at once");
        maintenance::end_now(&portal.engine, &portal.actor, window, hours(3)).await.unwrap();
        assert_eq!(portal.alerts().await, ["job_failed|critical|open|0|heard"]);
        assert_eq!(portal.rows("SELECT until_at - from_at, ended_by FROM maintenance_windows", 2).await, ["3600000|system"]);
        portal.no_drift().await;
    }

    async fn slots_missed_in_a_window_are_recorded_as_missed(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        plan(&portal, Reach::Device(device), once(hours(20), hours(100)), hours(2)).await;
        portal.pass(hours(2), hours(99), Span::HOUR).await;
        assert!(portal.runs().await.iter().any(|run| run.contains("|missed")), "{:?}", portal.runs().await);
        assert!(portal.alerts().await.iter().all(|alert| alert.ends_with("|muted")), "{:?}", portal.alerts().await);
        assert!(!portal.alerts().await.is_empty());
        assert_eq!(portal.rows("SELECT in_breach, covered FROM organization_counts WHERE covered > 0", 2).await, ["0|1"]);
        portal.no_drift().await;
        portal.engine.reconciler.tick(hours(100)).await.unwrap();
        assert_eq!(portal.rows("SELECT in_breach, covered FROM organization_counts WHERE covered > 0", 2).await, ["1|1"]);
        assert!(portal.alerts().await.contains(&"backup_overdue|critical|open|0|heard".into()), "{:?}", portal.alerts().await);
        portal.no_drift().await;
    }

    async fn a_recurring_window_comes_again_and_an_ended_occurrence_does_not_end_the_others(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        // 02:00 to 06:00 each day.
        let window = plan(&portal, Reach::Organization(portal.organization), nightly(240), hours(1)).await;
        let mut seen = Vec::new();
        for hour in [1, 2, 5, 6, 25, 26, 29, 30] {
            portal.engine.reconciler.tick(hours(hour)).await.unwrap();
            seen.push(quiet(&portal, device).await);
        }
        assert_eq!(seen, ["-", "6", "6", "-", "-", "30", "30", "-"]);
        portal.engine.reconciler.tick(hours(51)).await.unwrap();
        assert_eq!(quiet(&portal, device).await, "54");
        maintenance::end_now(&portal.engine, &portal.actor, window, hours(52)).await.unwrap();
        assert_eq!(quiet(&portal, device).await, "-");
        portal.engine.reconciler.tick(hours(53)).await.unwrap();
        assert_eq!(quiet(&portal, device).await, "-", "the rest of the occurrence is over");
        let note = WindowChange { note: Some("until the hall is dry".into()), ..Default::default() };
        maintenance::change(&portal.engine, &portal.actor, window, note, hours(53)).await.unwrap();
        assert_eq!(quiet(&portal, device).await, "-", "and a word about it doesn't bring it back");
        portal.engine.reconciler.tick(hours(75)).await.unwrap();
        assert_eq!(quiet(&portal, device).await, "78", "the next one comes");
        maintenance::remove(&portal.engine, &portal.actor, window, hours(76)).await.unwrap();
        portal.pass(hours(76), hours(99), Span::HOUR).await;
        assert_eq!(quiet(&portal, device).await, "-");
        let refused = maintenance::remove(&portal.engine, &portal.actor, window, hours(99)).await.unwrap_err();
        assert_eq!(refused.public_code(), "window_over");
        portal.no_drift().await;
    }

    async fn windows_reach_whom_they_name(fresh) {
        let portal = Portal::new(fresh).await;
        let (one, lab) = (portal.device("fs-01").await, portal.device("fs-02").await);
        let tagged = devices::DeviceChange { tags: Some(vec!["Lab".into()]), ..Default::default() };
        devices::edit(&portal.engine, &portal.actor, lab, tagged, T0).await.unwrap();
        let below = portal.sub_partner("Below").await;
        let actor = Actor::system(Scope::Partners([portal.partner, below].into()));
        let new = organizations::NewOrganization { partner: Some(below), name: "Client of below".into(), ..Default::default() };
        let organization = organizations::create(&portal.fresh.store, &actor, new, T0).await.unwrap();
        let new = devices::NewDevice {
            organization,
            name: "fs-03".into(),
            class: domain::policy::DeviceClass::Server,
            policy: None,
            quota_bytes: None,
            tags: vec!["lab".into()],
        };
        let theirs = devices::create(&portal.engine, &actor, new, T0).await.unwrap();
        let table = [
            (Reach::Device(one), [true, false, false]),
            (Reach::Organization(portal.organization), [true, true, false]),
            (Reach::Organization(organization), [false, false, true]),
            (Reach::Partner, [true, true, false]),
            (Reach::Tag("lab".into()), [false, true, false]),
            (Reach::All, [true, true, true]),
        ];
        for (reach, concerned) in table {
            let new = NewWindow { partner: None, name: "w".into(), note: String::new(), reach: reach.clone(), occurs: once(hours(1), hours(2)) };
            let told = maintenance::concerned(&portal.fresh.store, &actor, None, &reach).await.unwrap();
            assert_eq!(told.devices, concerned.iter().filter(|c| **c).count() as i64, "{reach:?}");
            let window = maintenance::create(&portal.engine, &actor, new, hours(1)).await.unwrap();
            for (device, is_quiet) in [one, lab, theirs].into_iter().zip(concerned) {
                assert_eq!(quiet(&portal, device).await != "-", is_quiet, "{reach:?}");
            }
            maintenance::end_now(&portal.engine, &actor, window, hours(1)).await.unwrap();
        }
        // A tag that is given later brings the device in.
        let window = plan(&portal, Reach::Tag("lab".into()), once(hours(1), hours(9)), hours(1)).await;
        assert_eq!(quiet(&portal, one).await, "-");
        let tagged = devices::DeviceChange { tags: Some(vec!["lab".into()]), ..Default::default() };
        devices::edit(&portal.engine, &portal.actor, one, tagged, hours(2)).await.unwrap();
        assert_eq!(quiet(&portal, one).await, "9");
        // And a device that is made later is in it from the beginning.
        let other = plan(&portal, Reach::Partner, once(hours(2), hours(5)), hours(2)).await;
        let new = devices::NewDevice {
            organization: portal.organization,
            name: "fs-04".into(),
            class: domain::policy::DeviceClass::Server,
            policy: None,
            quota_bytes: None,
            tags: Vec::new(),
        };
        let late = devices::create(&portal.engine, &portal.actor, new, hours(3)).await.unwrap();
        assert_eq!(quiet(&portal, late).await, "5");
        portal.no_drift().await;
        let rows = maintenance::list(&portal.fresh.store, &actor, hours(3)).await.unwrap();
        let in_force: Vec<_> = rows.iter().filter(|row| row.state == WindowState::InForce).map(|row| row.id).collect();
        assert_eq!(in_force.len(), 2);
        assert!(in_force.contains(&window) && in_force.contains(&other));
        assert_eq!(rows.iter().filter(|row| row.state == WindowState::Over).count(), 6);
    }

    async fn a_change_holds_from_now_on_and_leaves_what_was(fresh) {
        let portal = Portal::new(fresh).await;
        let (one, two) = (portal.device("fs-01").await, portal.device("fs-02").await);
        let window = plan(&portal, Reach::Device(one), once(hours(1), hours(8)), hours(1)).await;
        let change = WindowChange { reach: Some(Reach::Device(two)), occurs: Some(once(hours(1), hours(5))), ..Default::default() };
        maintenance::change(&portal.engine, &portal.actor, window, change, hours(2)).await.unwrap();
        assert_eq!((quiet(&portal, one).await.as_str(), quiet(&portal, two).await.as_str()), ("-", "5"));
        let versions = portal.rows(&format!("SELECT device_id, (from_at - {0}) / 3600000, (until_at - {0}) / 3600000, series_id FROM maintenance_windows ORDER BY id", T0.0), 4).await;
        assert_eq!(versions, [format!("{}|1|2|{}", one.0, window.0), format!("{}|2|-|{}", two.0, window.0)]);
        let row = maintenance::get(&portal.fresh.store, &portal.actor, window, hours(2)).await.unwrap();
        assert_eq!((row.reach, row.reach_name.as_str(), row.note.as_str()), (Reach::Device(two), "fs-02", "power is off"));
        portal.no_drift().await;
    }

    async fn a_window_that_took_place_is_over_without_anybody_ending_it(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        let window = plan(&portal, Reach::Device(device), once(hours(1), hours(2)), hours(1)).await;
        let weekly = plan(&portal, Reach::Device(device), nightly(60), hours(1)).await;
        let listed = maintenance::list(&portal.fresh.store, &portal.actor, hours(3)).await.unwrap();
        let told: Vec<_> = listed.iter().map(|row| (row.id, row.state)).collect();
        assert_eq!(told, [(weekly, WindowState::Coming), (window, WindowState::Over)]);
    }

    async fn windows_are_planned_within_the_scope_and_by_those_who_may(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        let new = |reach| NewWindow { partner: None, name: "w".into(), note: String::new(), reach, occurs: once(hours(2), hours(3)) };
        let stranger = portal.sub_partner("Below").await;
        let elsewhere = Actor::system(Scope::Partners([stranger].into()));
        let error = maintenance::create(&portal.engine, &elsewhere, new(Reach::Device(device)), hours(1)).await.unwrap_err();
        assert!(matches!(error, Error::NotFound(_)), "{error:?}");
        let window = plan(&portal, Reach::Device(device), once(hours(2), hours(3)), hours(1)).await;
        for outcome in [
            maintenance::end_now(&portal.engine, &elsewhere, window, hours(2)).await,
            maintenance::remove(&portal.engine, &elsewhere, window, hours(2)).await,
            maintenance::change(&portal.engine, &elsewhere, window, WindowChange::default(), hours(2)).await,
            maintenance::get(&portal.fresh.store, &elsewhere, window, hours(2)).await.map(|_| ()),
        ] {
            assert!(matches!(outcome, Err(Error::NotFound(_))), "{outcome:?}");
        }
        let viewer = Actor { ground: domain::access::Ground::Member(UserId(7), domain::access::Role::Viewer), scope: portal.actor.scope.clone() };
        assert!(!viewer.may(Action::ManageDevices));
        let error = maintenance::create(&portal.engine, &viewer, new(Reach::All), hours(1)).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
        let over = NewWindow { occurs: once(hours(0), hours(1)), ..new(Reach::All) };
        assert_eq!(maintenance::create(&portal.engine, &portal.actor, over, hours(2)).await.unwrap_err().public_code(), "window_over");
        let not_yet = maintenance::end_now(&portal.engine, &portal.actor, window, hours(1)).await.unwrap_err();
        assert_eq!(not_yet.public_code(), "not_in_force");
    }
}
