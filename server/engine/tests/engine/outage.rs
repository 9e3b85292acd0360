//! The portal itself was away: what it could not hear is not missing, and what was really missing is alerted once agents have caught up.

use crate::portal::{self, Portal, hours};
use domain::{run::RunState, time::Span};
use engine::{on_both_stores, reconcile::away::CATCH_UP};

on_both_stores! {
    async fn what_an_outage_hid_is_not_alerted_and_what_was_missing_is_after_agents_have_caught_up(fresh) {
        let portal = Portal::new(fresh).await;
        for device in ["fs-01", "fs-02", "fs-03"] {
            portal.device(device).await;
            portal.say(device, "r1", RunState::Succeeded, hours(1)).await;
        }
        portal.say("fs-03", "r2", RunState::Running, hours(20)).await;
        // Away from 22 h to 34 h: all are due at 26 h, and the run is stuck at 32 h.
        portal.pass(hours(1), hours(22), Span::HOUR).await;
        let back = hours(34);
        portal.engine.reconciler.returned(back).await.unwrap();
        portal.engine.reconciler.tick(back).await.unwrap();
        assert_eq!(portal.alerts().await, Vec::<String>::new());
        assert!(portal.runs().await.iter().all(|run| !run.contains("missed") && !run.contains("failed")), "{:?}", portal.runs().await);
        portal.no_drift().await;
        // What agents have kept comes now, the start after the end.
        let told = [("fs-01", "r2", RunState::Succeeded, 25), ("fs-01", "r2", RunState::Running, 24), ("fs-03", "r2", RunState::Succeeded, 31)];
        for (device, run, state, at) in told {
            let event = portal::event(device, "nightly", run, state, hours(at));
            portal.send(vec![event], back + Span::MINUTE).await;
        }
        portal.engine.reconciler.tick(back + CATCH_UP - Span::SECOND).await.unwrap();
        assert_eq!(portal.alerts().await, Vec::<String>::new());
        portal.no_drift().await;
        portal.engine.reconciler.tick(back + CATCH_UP).await.unwrap();
        assert_eq!(portal.alerts().await, ["backup_overdue|critical|open|0|heard"], "fs-02 really has none");
        portal.no_drift().await;
    }

    async fn what_was_alerted_before_an_outage_stays_so(fresh) {
        let portal = Portal::new(fresh).await;
        portal.device("fs-01").await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        portal.pass(hours(1), hours(28), Span::HOUR).await;
        assert_eq!(portal.alerts().await, ["backup_overdue|critical|open|0|heard"]);
        portal.engine.reconciler.returned(hours(40)).await.unwrap();
        portal.engine.reconciler.tick(hours(40)).await.unwrap();
        assert_eq!(portal.alerts().await, ["backup_overdue|critical|open|0|heard"]);
        assert_eq!(portal.alert_events().await, ["backup_overdue|opened"]);
        portal.no_drift().await;
    }

    async fn a_short_break_is_none(fresh) {
        let portal = Portal::new(fresh).await;
        portal.device("fs-01").await;
        portal.say("fs-01", "r1", RunState::Succeeded, hours(1)).await;
        portal.pass(hours(1), hours(25), Span::HOUR).await;
        let back = hours(26) + Span::MINUTE;
        portal.engine.reconciler.returned(back).await.unwrap();
        portal.engine.reconciler.tick(back).await.unwrap();
        assert_eq!(portal.alerts().await, ["backup_overdue|critical|open|0|heard"]);
    }
}
