//! Alerts that come and go are damped and say so; alerts that nobody mends are brought back to mind.

use crate::portal::{self, Portal, hours, minutes};
use domain::{
    access::{Actor, Scope},
    ids::AlertId,
    run::RunState,
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{alerts, partner_settings},
};

async fn events(portal: &Portal, what: &str) -> Vec<String> {
    portal.rows(&format!("SELECT (at - {}) / 60000 FROM alert_events WHERE what = '{what}' ORDER BY at, id", portal::T0.0), 1).await
}

/// Fails and succeeds in turn, each half an hour: the first failure at `from`.
async fn flap(portal: &Portal, from: i64, times: i64) {
    for n in 0..times {
        let at = from + n * 60;
        portal.say("fs-01", &format!("bad{at}"), RunState::Failed, minutes(at)).await;
        portal.say("fs-01", &format!("good{at}"), RunState::Succeeded, minutes(at + 30)).await;
    }
}

on_both_stores! {
    async fn the_third_reopening_within_a_day_is_called_flapping_and_holds_the_alert_open(fresh) {
        let portal = Portal::new(fresh).await;
        portal.device("fs-01").await;
        // Opened at 60, reopened at 120, 180, 240: from then on it flaps.
        flap(&portal, 60, 3).await;
        assert_eq!(portal.alerts().await, ["job_failed|warning|resolved|2|heard"]);
        flap(&portal, 240, 1).await;
        assert_eq!(portal.alerts().await, ["job_failed|warning|open|3|heard"], "it stays open");
        assert_eq!(events(&portal, "flapping").await, ["240"]);
        assert_eq!(portal.rows(&format!("SELECT (cleared_at - {}) / 60000 FROM alerts", portal::T0.0), 1).await, ["270"]);
        portal.no_drift().await;
        // It goes on coming and going, and says nothing of it.
        let said = portal.alert_events().await.len();
        flap(&portal, 300, 5).await;
        assert_eq!(portal.alert_events().await.len(), said);
        assert_eq!(portal.alerts().await, ["job_failed|warning|open|3|heard"]);
        portal.no_drift().await;
        // The last good run ended at 570: two hours later it resolves by itself.
        portal.engine.reconciler.tick(Time(minutes(690).0 - 1)).await.unwrap();
        assert_eq!(portal.alerts().await, ["job_failed|warning|open|3|heard"]);
        portal.engine.reconciler.tick(minutes(690)).await.unwrap();
        assert_eq!(portal.alerts().await, ["job_failed|warning|resolved|3|heard"]);
        assert_eq!(portal.rows("SELECT open_alerts FROM organization_counts", 1).await, ["0"]);
        let notes = portal.rows("SELECT note FROM alert_events WHERE what = 'resolved' ORDER BY at DESC, id DESC", 1).await;
        assert!(notes[0].ends_with("The condition has been gone for two hours."), "{notes:?}");
        portal.no_drift().await;
    }

    async fn an_alert_that_nobody_mends_is_brought_back_to_mind(fresh) {
        let portal = Portal::new(fresh).await;
        portal.device("fs-01").await;
        portal.say("fs-01", "good", RunState::Succeeded, minutes(30)).await;
        portal.say("fs-01", "bad", RunState::Failed, hours(1)).await;
        let id = AlertId(portal.rows("SELECT id FROM alerts", 1).await[0].parse().unwrap());
        alerts::acknowledge(&portal.engine, &portal.actor, id, "on it", hours(2)).await.unwrap();
        partner_settings::set_reminder(&portal.engine, &portal.actor, Some(4), hours(3)).await.unwrap();
        let told = partner_settings::reminder(&portal.fresh.store, &portal.actor, hours(3)).await.unwrap();
        assert_eq!(told, partner_settings::Reminder { hours: Some(4), own: true });
        portal.pass(hours(3), Time(hours(6).0 - 1), Span::MINUTE * 10).await;
        assert_eq!(events(&portal, "reminder").await, Vec::<String>::new());
        portal.engine.reconciler.tick(hours(6)).await.unwrap();
        assert_eq!(events(&portal, "reminder").await, ["360"]);
        assert_eq!(portal.rows("SELECT acknowledged_at, acknowledged_by FROM alerts", 2).await, ["-|-"]);
        portal.pass(hours(6), hours(13), Span::MINUTE * 10).await;
        assert_eq!(events(&portal, "reminder").await, ["360", "600"]);
        // Snoozed, it is quiet until then and for the same time after.
        alerts::snooze(&portal.engine, &portal.actor, id, hours(20), hours(13)).await.unwrap();
        portal.pass(hours(13), Time(hours(24).0 - 1), Span::MINUTE * 10).await;
        let of_failure = "SELECT (e.at - T0) / 60000 FROM alert_events e JOIN alerts a ON a.id = e.alert_id WHERE e.what = 'reminder' AND a.kind = 'job_failed' ORDER BY e.at";
        let of_failure = of_failure.replace("T0", &portal::T0.0.to_string());
        assert_eq!(portal.rows(&of_failure, 1).await, ["360", "600"]);
        portal.engine.reconciler.tick(hours(24)).await.unwrap();
        assert_eq!(portal.rows(&of_failure, 1).await, ["360", "600", "1440"]);
        // Off again.
        partner_settings::set_reminder(&portal.engine, &portal.actor, None, hours(25)).await.unwrap();
        portal.pass(hours(25), hours(40), Span::HOUR).await;
        assert_eq!(portal.rows(&of_failure, 1).await.len(), 3);
        portal.no_drift().await;
    }

    async fn a_reminder_that_is_set_beforehand_comes_for_an_alert_that_opens_later(fresh) {
        let portal = Portal::new(fresh).await;
        portal.device("fs-01").await;
        partner_settings::set_reminder(&portal.engine, &portal.actor, Some(2), hours(0)).await.unwrap();
        portal.say("fs-01", "good", RunState::Succeeded, minutes(30)).await;
        portal.say("fs-01", "bad", RunState::Failed, hours(1)).await;
        portal.pass(hours(1), hours(5), Span::MINUTE * 5).await;
        assert_eq!(events(&portal, "reminder").await, ["180", "300"]);
        // Below, it holds until somebody there says otherwise.
        let below = portal.sub_partner("Below").await;
        let theirs = Actor::system(Scope::Partners([below].into()));
        let told = |own, hours| partner_settings::Reminder { hours, own };
        let store = &portal.fresh.store;
        assert_eq!(partner_settings::reminder(store, &theirs, hours(5)).await.unwrap(), told(false, Some(2)));
        partner_settings::set_reminder(&portal.engine, &theirs, None, hours(5)).await.unwrap();
        assert_eq!(partner_settings::reminder(store, &theirs, hours(5)).await.unwrap(), told(true, None));
    }
}
