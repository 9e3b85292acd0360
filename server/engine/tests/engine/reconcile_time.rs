//! Time passing, by a driven clock: missed, overdue, stuck, never reported, failures raised, resolved and reopened.

use crate::portal::{self, Portal, T0, every, hours, minutes};
use domain::{policy::Policy, run::RunState, time::Span};
use engine::{
    on_both_stores,
    store::{devices, organizations, policies},
};

fn policy() -> Policy {
    // Due after a day, grace one hour, overdue after 48 h: so that missed (37 h) comes first.
    Policy { overdue_hours: Some(48), silence_days: 30, ..every(1440) }
}

on_both_stores! {
    async fn missed_opens_at_its_deadline_and_folds_into_overdue(fresh) {
        let portal = Portal::new(fresh).await;
        let policy = portal.policy("48 h", policy()).await;
        let device = portal.device_with("fs-01", Some(policy)).await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        assert_eq!(portal.band(device).await, "healthy");
        portal.pass(hours(1), hours(37), Span::MINUTE * 30).await;
        assert_eq!(portal.alerts().await, Vec::<String>::new());
        // S = 1 h; missed = 1 + 24 + 12 + 1 = 38 h; overdue = 49 h.
        portal.engine.reconciler.tick(hours(38)).await.unwrap();
        assert_eq!(portal.alerts().await, ["missed_schedule|warning|open|0|heard"]);
        assert_eq!(portal.runs().await.len(), 2, "the slot is written as a missed run");
        portal.pass(hours(38), hours(49), Span::MINUTE * 30).await;
        let alerts = portal.alerts().await;
        assert!(alerts.contains(&"backup_overdue|critical|open|0|heard".into()) && alerts.contains(&"missed_schedule|warning|resolved|0|heard".into()), "{alerts:?}");
        portal.no_drift().await;
        portal.say("fs-01", "r2", RunState::Succeeded, hours(50)).await;
        assert!(portal.alerts().await.iter().all(|a| a.contains("|resolved|")), "a success resolves what was overdue");
        portal.no_drift().await;
    }

    async fn the_third_failure_raises_the_same_alert_and_a_success_resolves_it(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        portal.say("fs-01", "r0", RunState::Succeeded, hours(1)).await;
        portal.say("fs-01", "r1", RunState::Failed, hours(2)).await;
        portal.say("fs-01", "r2", RunState::Failed, hours(3)).await;
        assert_eq!(portal.alerts().await, ["job_failed|warning|open|0|heard"]);
        assert_eq!(portal.band(device).await, "warning");
        portal.say("fs-01", "r3", RunState::Failed, hours(4)).await;
        assert_eq!(portal.alerts().await, ["job_failed|critical|open|0|heard"]);
        assert_eq!(portal.band(device).await, "critical");
        portal.say("fs-01", "r4", RunState::Succeeded, hours(5)).await;
        assert_eq!(portal.alerts().await, ["job_failed|critical|resolved|0|heard"]);
        // Within 24 hours it is the same alert again; later it is another.
        portal.say("fs-01", "r5", RunState::Failed, hours(6)).await;
        assert_eq!(portal.alerts().await, ["job_failed|warning|open|1|heard"]);
        portal.say("fs-01", "r6", RunState::Succeeded, hours(7)).await;
        portal.say("fs-01", "r7", RunState::Succeeded, hours(30)).await;
        portal.say("fs-01", "r8", RunState::Failed, hours(32)).await;
        assert_eq!(portal.alerts().await.len(), 2);
        assert_eq!(
            portal.alert_events().await,
            ["job_failed|opened", "job_failed|raised", "job_failed|resolved", "job_failed|reopened", "job_failed|resolved", "job_failed|opened"]
        );
        let run = portal.rows("SELECT r.run_key FROM alerts a JOIN runs r ON r.id = a.run_id WHERE a.resolved_at IS NULL", 1).await;
        assert_eq!(run, ["r8"], "the alert names the failing run");
        portal.no_drift().await;
    }

    async fn a_run_past_its_longest_time_is_failed_and_a_late_success_corrects_it(fresh) {
        let portal = Portal::new(fresh).await;
        portal.device("fs-01").await;
        portal.say("fs-01", "r1", RunState::Running, hours(1)).await;
        assert_eq!(portal.rows("SELECT running FROM organization_counts", 1).await, ["1"]);
        portal.pass(hours(1), hours(12), Span::HOUR).await;
        assert_eq!(portal.runs().await, ["r1|running"]);
        portal.engine.reconciler.tick(hours(13)).await.unwrap();
        assert_eq!(portal.runs().await, ["r1|failed"]);
        assert_eq!(portal.rows("SELECT running FROM organization_counts", 1).await, ["0"]);
        assert!(portal.alerts().await.contains(&"run_stuck|warning|open|0|heard".into()), "{:?}", portal.alerts().await);
        portal.no_drift().await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(14)).await;
        assert_eq!(portal.runs().await, ["r1|succeeded"]);
        assert!(portal.alerts().await.iter().all(|a| a.contains("|resolved|")), "{:?}", portal.alerts().await);
        assert_eq!(portal.rows("SELECT succeeded, failed FROM job_days WHERE succeeded + failed > 0", 2).await, ["1|0"]);
        portal.no_drift().await;
    }

    async fn a_device_that_never_reports_is_said_so_and_the_first_run_resolves_it(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        assert_eq!(portal.rows("SELECT unknown, healthy FROM organization_counts", 2).await, ["1|0"]);
        portal.pass(T0, hours(36), Span::HOUR).await;
        assert_eq!(portal.alerts().await, Vec::<String>::new());
        portal.engine.reconciler.tick(hours(37)).await.unwrap();
        assert_eq!(portal.alerts().await, ["never_reported|warning|open|0|heard"]);
        assert_eq!(portal.rows("SELECT open_alerts FROM organization_counts", 1).await, ["1"]);
        portal.say("fs-01", "r1", RunState::Succeeded, hours(38)).await;
        assert_eq!(portal.alerts().await, ["never_reported|warning|resolved|0|heard"]);
        assert_eq!(portal.band(device).await, "healthy");
        assert_eq!(portal.rows("SELECT life FROM devices", 1).await, ["active"]);
        portal.no_drift().await;
    }

    async fn a_pause_mutes_and_a_resumed_device_is_heard_again(fresh) {
        let portal = Portal::new(fresh).await;
        let device = portal.device("fs-01").await;
        for (run, at) in [("r1", 1), ("r2", 2), ("r3", 3)] {
            portal.say("fs-01", run, RunState::Failed, hours(at)).await;
        }
        assert_eq!(portal.rows("SELECT critical + unknown, paused, open_alerts FROM organization_counts", 3).await, ["1|0|1"]);
        devices::pause(&portal.engine, &portal.actor, device, hours(4)).await.unwrap();
        assert_eq!(portal.rows("SELECT critical + unknown, paused, open_alerts FROM organization_counts", 3).await, ["0|1|0"]);
        assert_eq!(portal.alerts().await, ["job_failed|critical|open|0|muted"]);
        portal.no_drift().await;
        portal.pass(hours(4), hours(80), Span::HOUR).await;
        assert!(portal.runs().await.iter().all(|run| !run.contains("missed")), "a pause is no failure");
        devices::resume(&portal.engine, &portal.actor, device, hours(80)).await.unwrap();
        assert!(portal.alerts().await.contains(&"job_failed|critical|open|0|heard".into()));
        portal.no_drift().await;
        let off = organizations::OrganizationChange { status: Some(organizations::OrganizationStatus::Deactivated), ..Default::default() };
        organizations::edit(&portal.engine, &portal.actor, portal.organization, off, hours(81)).await.unwrap();
        assert_eq!(portal.rows("SELECT paused, open_alerts FROM organization_counts", 2).await, ["1|0"]);
        portal.no_drift().await;
        devices::retire(&portal.engine, &portal.actor, device, hours(82)).await.unwrap();
        assert_eq!(portal.rows("SELECT healthy + warning + critical + unknown + paused, open_alerts FROM organization_counts", 2).await, ["0|0"]);
        portal.no_drift().await;
    }

    async fn another_schedule_moves_the_deadlines_at_once(fresh) {
        let portal = Portal::new(fresh).await;
        let policy = portal.policy("own", policy()).await;
        let device = portal.device_with("fs-01", Some(policy)).await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        assert_eq!(portal.rows("SELECT due_at FROM device_state", 1).await, [hours(26).0.to_string()]);
        let change = policies::PolicyChange { schedule: Some(domain::schedule::Schedule::Every { every_minutes: 60 }), ..Default::default() };
        policies::edit(&portal.engine, &portal.actor, policy, change, minutes(90)).await.unwrap();
        assert_eq!(portal.rows("SELECT due_at FROM device_state", 1).await, [hours(3).0.to_string()]);
        portal.engine.reconciler.tick(hours(5)).await.unwrap();
        assert_ne!(portal.band(device).await, "healthy");
        portal.no_drift().await;
    }

    async fn a_long_stop_of_the_server_is_made_up_and_a_tick_settles_only_what_is_due(fresh) {
        let portal = Portal::new(fresh).await;
        let policy = portal.policy("hourly", Policy { grace_minutes: 0, silence_days: 60, ..every(60) }).await;
        portal.device_with("fs-01", Some(policy)).await;
        portal.device("fs-02").await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        portal.say("fs-02", "r1", RunState::Succeeded, hours(1)).await;
        assert_eq!(portal.engine.reconciler.tick(minutes(61)).await.unwrap(), 0);
        portal.engine.reconciler.tick(hours(24 * 5)).await.unwrap();
        let missed = portal.rows("SELECT COUNT(*) FROM runs r JOIN devices d ON d.id = r.device_id WHERE r.state = 'missed' AND d.name = 'fs-01'", 1).await;
        assert_eq!(missed, ["118"], "hourly slots from 2 h to 119 h");
        portal.no_drift().await;
    }

    async fn a_slot_is_not_missed_once_a_late_report_says_that_something_had_started_in_it(fresh) {
        let portal = Portal::new(fresh).await;
        let hourly = portal.policy("hourly", Policy { grace_minutes: 0, silence_days: 60, ..every(60) }).await;
        portal.device_with("fs-01", Some(hourly)).await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        portal.engine.reconciler.tick(hours(4)).await.unwrap();
        let key = |at: domain::time::Time| format!("missed-{}|missed", at.0);
        assert_eq!(portal.runs().await, ["r1|succeeded".to_owned(), key(hours(2)), key(hours(3))]);
        // The network was gone: a run of 3:05 is heard of at four.
        let late = portal::event("fs-01", "nightly", "r2", RunState::Succeeded, minutes(185));
        portal.send(vec![late], hours(4)).await;
        assert_eq!(portal.runs().await, ["r1|succeeded".to_owned(), key(hours(2)), "r2|succeeded".into()]);
        portal.no_drift().await;
        // Slots now count from its start; heard of in time, it would have been the same.
        portal.engine.reconciler.tick(hours(5)).await.unwrap();
        assert_eq!(portal.runs().await.last().unwrap(), &key(minutes(245)));
        // A start after its slot counted as missed takes nothing back.
        portal.say("fs-01", "r3", RunState::Succeeded, minutes(301)).await;
        assert_eq!(portal.runs().await.len(), 5);
        portal.no_drift().await;
    }

    async fn a_server_without_a_usable_backup_for_twelve_hours_is_counted_in_breach_until_the_next_one(fresh) {
        let portal = Portal::new(fresh).await;
        let policy = portal.policy("48 h", policy()).await;
        portal.device_with("fs-01", Some(policy)).await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        let counts = async || {
            let counts = engine::live::counts(&portal.fresh.store, &portal.actor).await.unwrap();
            (counts.covered, counts.in_breach)
        };
        assert_eq!(counts().await, (1, 0));
        // Nothing else happens at this time: the reconciler wakes for the service level alone.
        portal.engine.reconciler.tick(hours(13) - Span::SECOND).await.unwrap();
        assert_eq!(counts().await, (1, 0));
        portal.engine.reconciler.tick(hours(13)).await.unwrap();
        assert_eq!(counts().await, (1, 1));
        portal.no_drift().await;
        portal.say("fs-01", "r2", RunState::Succeeded, hours(14)).await;
        assert_eq!(counts().await, (1, 0));
        portal.no_drift().await;
    }
}
