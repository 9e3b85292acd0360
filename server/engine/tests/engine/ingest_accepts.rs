//! What comes in: limits, partial refusal, scopes, the inbox, pings, check-ins, restore tests, logs.

use crate::portal::{Portal, event, hours, minutes};
use domain::{
    access::{Actor, Scope},
    run::RunState,
    time::{Span, Time},
};
use engine::{
    Error,
    ingest::{CheckIn, CheckedIn, JobRef, RestoreTestReport, RunRef, Subject},
    on_both_stores,
    store::{devices, inbox},
};

on_both_stores! {
    async fn one_bad_event_never_costs_the_good_ones(fresh) {
        let portal = Portal::new(fresh).await;
        let gone = portal.device("gone").await;
        portal.device("fs-01").await;
        devices::retire(&portal.engine, &portal.actor, gone, hours(1)).await.unwrap();
        let now = hours(2);
        let good = event("fs-01", "nightly", "r1", RunState::Succeeded, now);
        let mut long = good.clone();
        long.job = JobRef::Named("x".repeat(121));
        let mut unnamed = good.clone();
        unnamed.subject = Subject::Named { device: None, organization: None };
        let events = vec![
            good.clone(),
            event("fs-01", "nightly", "r2", RunState::Succeeded, now + Span::days(2)),
            event("fs-01", "nightly", "r3", RunState::Succeeded, now - Span::days(401)),
            event("gone", "nightly", "r4", RunState::Succeeded, now),
            long,
            unnamed,
            event("fs-01", "nightly", "r5", RunState::Missed, now),
            event("fs-01", "nightly", "", RunState::Failed, now),
            good.clone(),
            event("FS-01", "Nightly", "r6", RunState::Failed, now),
        ];
        let receipt = portal.send(events, now).await;
        assert_eq!((receipt.accepted, receipt.duplicates, receipt.waiting), (3, 1, 0));
        let codes: Vec<_> = receipt.rejected.iter().map(|r| (r.index, r.code.as_str())).collect();
        assert_eq!(
            codes,
            [(1, "at_in_future"), (2, "at_too_old"), (3, "retired"), (4, "too_long"), (5, "missing_field"), (6, "state_not_allowed"), (7, "missing_field")]
        );
        assert_eq!(portal.runs().await, ["r1|succeeded", "r6|failed"]);
        assert_eq!(portal.rows("SELECT name FROM jobs", 1).await, ["nightly"]);
        portal.no_drift().await;
    }

    async fn a_key_reaches_its_own_scope_and_nothing_beside_it(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        portal.device("fs-02").await;
        let ingest = &portal.engine.ingest;
        let of_device = Actor::system(Scope::Device(portal.partner, portal.organization, device));
        let mut own = event("fs-01", "nightly", "r1", RunState::Succeeded, hours(1));
        own.subject = Subject::Named { device: None, organization: None };
        let other = event("fs-02", "nightly", "r1", RunState::Succeeded, hours(1));
        let by_id = event(&device.to_string(), "nightly", "r2", RunState::Succeeded, hours(1));
        let receipt = ingest.submit(&of_device, vec![own, other, by_id], hours(1)).await.unwrap();
        assert_eq!(receipt.accepted, 2);
        assert_eq!((receipt.rejected[0].index, receipt.rejected[0].code.as_str()), (1, "not_found"));

        let stranger = portal.sub_partner("Other").await;
        let stranger = Actor::system(Scope::Partners([stranger].into()));
        let mut known = event("fs-01", "nightly", "r1", RunState::Succeeded, hours(1));
        known.subject = Subject::Device(device);
        let receipt = ingest.submit(&stranger, vec![known], hours(1)).await.unwrap();
        assert_eq!(receipt.rejected[0].code, "not_found", "another tenant's id is not found");
        let named = event("fs-01", "nightly", "r1", RunState::Succeeded, hours(1));
        let receipt = ingest.submit(&stranger, vec![named], hours(1)).await.unwrap();
        assert_eq!((receipt.accepted, receipt.waiting), (1, 1), "another tenant's name is a stranger");
        let mut elsewhere = event("fs-01", "nightly", "r3", RunState::Succeeded, hours(1));
        elsewhere.subject = Subject::Named { device: Some("fs-01".into()), organization: Some("client".into()) };
        let receipt = ingest.submit(&portal.actor, vec![elsewhere], hours(1)).await.unwrap();
        assert_eq!((receipt.accepted, receipt.waiting), (1, 0), "a partner's key names the organization");
        portal.no_drift().await;
    }

    async fn an_unknown_source_waits_and_is_taken_in_when_it_is_assigned(fresh) {
        let portal = Portal::new(fresh).await;
        let mut with_log = event("nas", "photos", "r1", RunState::Succeeded, hours(1));
        with_log.log = Some("all well".into());
        let events = vec![event("nas", "photos", "r1", RunState::Running, minutes(30)), with_log];
        for _ in 0..2 {
            let receipt = portal.send(events.clone(), hours(1)).await;
            assert_eq!((receipt.accepted, receipt.waiting), (2, 2));
        }
        assert_eq!(portal.rows("SELECT source, events FROM inbox", 2).await, ["nas|2"], "copies wait once");
        assert_eq!(portal.runs().await, Vec::<String>::new());
        let device = portal.device("fs-09").await;
        let list = inbox::list(&portal.fresh.store, &portal.actor, &Default::default()).await.unwrap();
        let assigned = inbox::assign(&portal.engine, &portal.actor, list.items[0].id, inbox::Assignment::Device(device), hours(2)).await.unwrap();
        assert_eq!(assigned.receipt.accepted, 2);
        assert_eq!(portal.runs().await, ["r1|succeeded"]);
        assert_eq!(portal.rows("SELECT bytes FROM run_logs", 1).await, ["8"]);
        // Remembered: the same name is that device from now on.
        let receipt = portal.send(vec![event("NAS", "photos", "r2", RunState::Failed, hours(3))], hours(3)).await;
        assert_eq!((receipt.accepted, receipt.waiting), (1, 0));
        assert_eq!(portal.runs().await.len(), 2);
        portal.no_drift().await;
    }

    async fn a_full_source_is_refused_and_never_dropped_in_silence(fresh) {
        let portal = Portal::new(fresh).await;
        let events: Vec<_> = (0..1_003).map(|n| event("nas", "photos", &format!("r{n}"), RunState::Succeeded, hours(1))).collect();
        let receipt = portal.send(events, hours(1)).await;
        assert_eq!((receipt.waiting, receipt.rejected.len()), (1_000, 3));
        assert!(receipt.rejected.iter().all(|r| r.code == "inbox_full"));
    }

    async fn pings_close_the_run_they_began(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        portal.say("fs-01", "r0", RunState::Succeeded, minutes(1)).await;
        let ping = |state, at: Time| {
            let mut event = event("fs-01", "nightly", "", state, at);
            event.subject = Subject::Device(device);
            event.run = RunRef::Open;
            event
        };
        for (state, at) in [(RunState::Running, 10), (RunState::Succeeded, 20), (RunState::Failed, 30), (RunState::Running, 40), (RunState::Running, 50), (RunState::Succeeded, 60)] {
            let receipt = portal.send(vec![ping(state, minutes(at))], minutes(at)).await;
            assert_eq!((receipt.accepted, receipt.duplicates), (1, 0));
        }
        let again = portal.send(vec![ping(RunState::Running, minutes(40) + Span(500))], minutes(61)).await;
        assert_eq!(again.accepted, 1, "a start within a second belongs to the same run");
        let key = |at| format!("ping-{}", minutes(at).0);
        assert_eq!(
            portal.runs().await,
            ["r0|succeeded".to_owned(), format!("{}|succeeded", key(10)), format!("{}|failed", key(30)), format!("{}|running", key(40)), format!("{}|succeeded", key(50))]
        );
        // A start and its end in one submission.
        portal.send(vec![ping(RunState::Running, minutes(70)), ping(RunState::Succeeded, minutes(71))], minutes(71)).await;
        assert_eq!(portal.runs().await.last().unwrap(), &format!("{}|succeeded", key(70)));
        portal.no_drift().await;
    }

    async fn check_ins_and_restore_tests_change_state_at_once(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        portal.say("fs-01", "r0", RunState::Succeeded, minutes(1)).await;
        let ingest = &portal.engine.ingest;
        let check_in = CheckIn {
            device: Some("fs-01".into()),
            at: hours(1),
            agent_version: Some("0.1.0".into()),
            hostname: Some("fs-01.lan".into()),
            storage_used: Some(960),
            storage_quota: Some(1_000),
            ..CheckIn::default()
        };
        assert_eq!(ingest.check_in(&portal.key(), check_in.clone(), hours(1)).await.unwrap(), CheckedIn::Device(device));
        assert_eq!(portal.alerts().await, ["storage_quota|warning|open|0|heard"]);
        assert_eq!(portal.rows("SELECT d.agent_version, d.hostname, d.quota_bytes, s.storage_used FROM devices d JOIN device_state s ON s.device_id = d.id", 4).await, ["0.1.0|fs-01.lan|1000|960"]);
        let unknown = CheckIn { device: Some("nas".into()), ..check_in.clone() };
        assert_eq!(ingest.check_in(&portal.key(), unknown, hours(1)).await.unwrap(), CheckedIn::Waiting);
        assert_eq!(portal.rows("SELECT source FROM inbox", 1).await, ["nas"]);
        let less = CheckIn { at: hours(2), storage_used: Some(100), storage_quota: None, ..check_in };
        ingest.check_in(&portal.key(), less, hours(2)).await.unwrap();
        assert_eq!(portal.alerts().await, ["storage_quota|warning|resolved|0|heard"]);

        let report = |at, passed| RestoreTestReport {
            device: Some("fs-01".into()),
            organization: None,
            at,
            passed,
            scope: "files".into(),
            rpo_seconds: Some(60),
            rto_seconds: None,
            note: String::new(),
        };
        let first = ingest.restore_test(&portal.key(), report(hours(3), false), hours(3)).await.unwrap();
        assert_eq!(ingest.restore_test(&portal.key(), report(hours(3), false), hours(3)).await.unwrap(), first, "a copy is the same test");
        assert_eq!(portal.band(device).await, "critical");
        ingest.restore_test(&portal.key(), report(hours(4), true), hours(4)).await.unwrap();
        assert_eq!(portal.band(device).await, "healthy");
        let missing = RestoreTestReport { device: Some("nobody".into()), ..report(hours(4), true) };
        assert!(matches!(ingest.restore_test(&portal.key(), missing, hours(4)).await, Err(Error::NotFound("device"))));
        portal.no_drift().await;
    }

    async fn a_change_reaches_subscribers_with_its_runs_and_counts(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        let mut changes = portal.engine.live.subscribe();
        portal.say("fs-01", "r1", RunState::Running, hours(1)).await;
        let change = changes.recv().await.unwrap();
        assert_eq!((change.len(), change[0].device, change[0].organization), (1, device, portal.organization));
        let now: domain::live::DeviceNow = serde_json::from_str(&change[0].json).unwrap();
        assert_eq!((now.running, now.runs.len(), now.runs[0].state), (1, 1, RunState::Running));
        let watch = engine::live::watch(&portal.fresh.store, &portal.engine.live, &portal.actor, &[portal.organization]).await.unwrap();
        let (snapshot, devices) = engine::live::snapshot(&portal.fresh.store, &portal.actor, &engine::live::Watched { devices: &[device], accounts: &[] }, &watch, "b1", hours(1)).await.unwrap();
        assert_eq!(snapshot.organizations[0].worst.as_ref().map(|w| w.device), Some(device));
        assert_eq!((snapshot.counts.running, devices.len()), (1, 1));
        assert_eq!(devices[0], now);
    }
}
