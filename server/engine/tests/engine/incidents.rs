//! Storms: alerts of ten or more subjects with one cause within ten minutes are one incident, whoever writes them.

use crate::portal::{self, Portal, event, hours, minutes};
use domain::{
    alert::Severity,
    ids::DeviceId,
    maintenance::{Occurs, Reach},
    run::{RunEvent, RunState},
    time::{Span, Time},
};
use engine::{
    Engine,
    ingest::IncomingEvent,
    on_both_stores,
    store::{
        alerts::{self, AlertFilter, AlertState},
        maintenance::{self, NewWindow},
    },
};
use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;

/// Devices `d00`, `d01`, … that have backed up in the first hour.
async fn fleet(portal: &Portal, count: usize) -> Vec<DeviceId> {
    let mut devices = Vec::new();
    for n in 0..count {
        devices.push(portal.device(&format!("d{n:02}")).await);
    }
    let good = (0..count).map(|n| event(&format!("d{n:02}"), "nightly", "good", RunState::Succeeded, minutes(30))).collect();
    portal.send(good, minutes(30)).await;
    devices
}

/// These devices fail, one every `apart`.
async fn fail(portal: &Portal, which: std::ops::Range<usize>, run: &str, from: Time, apart: Span) {
    for (place, n) in which.enumerate() {
        let at = from + apart * place as i64;
        portal.send(vec![event(&format!("d{n:02}"), "nightly", run, RunState::Failed, at)], at).await;
    }
}

async fn mend(portal: &Portal, which: std::ops::Range<usize>, run: &str, at: Time) {
    let good = which.map(|n| event(&format!("d{n:02}"), "nightly", run, RunState::Succeeded, at)).collect();
    portal.send(good, at).await;
}

/// Cause, members, open members, severity, whether it is resolved: oldest first.
async fn incidents(portal: &Portal) -> Vec<String> {
    let sql = "SELECT cause, members, open_members, severity, CASE WHEN resolved_at IS NULL THEN 'open' ELSE 'resolved' END \
               FROM incidents ORDER BY opened_at, id";
    let told = portal.rows(sql, 5).await;
    told.into_iter()
        .map(|row| {
            row.split_once(':')
                .map_or(row.clone(), |(kind, rest)| format!("{kind}:{}", rest.replacen(&portal.organization.to_string(), "ours", 1)))
        })
        .collect()
}

on_both_stores! {
    async fn thirty_devices_of_one_organization_are_one_incident_that_resolves_with_its_last_member(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 30).await;
        // All overdue in the same minute.
        portal.pass(hours(12), hours(48), Span::HOUR).await;
        portal.no_drift().await;
        assert_eq!(incidents(&portal).await, ["organization:ours|30|30|critical|open"]);
        let said = portal.rows("SELECT COUNT(*) FROM alert_events WHERE what = 'incident'", 1).await;
        assert_eq!(said, ["30"], "each member says so");
        mend(&portal, 0..29, "again", hours(49)).await;
        assert_eq!(incidents(&portal).await, ["organization:ours|30|1|critical|open"]);
        portal.no_drift().await;
        mend(&portal, 29..30, "again", hours(50)).await;
        assert_eq!(incidents(&portal).await, ["organization:ours|30|0|critical|resolved"]);
        portal.no_drift().await;
    }

    async fn nine_are_none_and_the_tenth_brings_in_the_nine_before_it(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 12).await;
        fail(&portal, 0..9, "bad", hours(1), Span::MINUTE).await;
        assert_eq!(incidents(&portal).await, Vec::<String>::new());
        fail(&portal, 9..10, "bad", minutes(69), Span::MINUTE).await;
        assert_eq!(incidents(&portal).await, ["organization:ours|10|10|warning|open"]);
        // Another joins within ten minutes; one later doesn't.
        fail(&portal, 10..11, "bad", minutes(79), Span::MINUTE).await;
        fail(&portal, 11..12, "bad", minutes(90), Span::MINUTE).await;
        assert_eq!(incidents(&portal).await, ["organization:ours|11|11|warning|open"]);
        portal.no_drift().await;
    }

    async fn an_alert_that_no_shown_incident_stands_for_stands_by_itself(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 12).await;
        fail(&portal, 0..10, "bad", hours(1), Span::MINUTE).await;
        let listed = async |severity| {
            let filter = AlertFilter { state: AlertState::Open, folded: true, severity, now: hours(2), ..AlertFilter::default() };
            let store = &portal.fresh.store;
            let incidents = alerts::open_incidents(store, &portal.actor, &filter).await.unwrap();
            (incidents.len(), alerts::list(store, &portal.actor, &filter).await.unwrap().items.len())
        };
        assert_eq!(listed(None).await, (1, 0));
        assert_eq!(listed(Some(Severity::Warning)).await, (1, 0));
        assert_eq!(listed(Some(Severity::Critical)).await, (0, 0));
        // One of them turns worse: the incident is critical, and its warnings are found under Warning all the same.
        fail(&portal, 0..1, "bad2", minutes(80), Span::MINUTE).await;
        fail(&portal, 0..1, "bad3", minutes(81), Span::MINUTE).await;
        assert_eq!(incidents(&portal).await, ["organization:ours|10|10|critical|open"]);
        assert_eq!(listed(Some(Severity::Critical)).await, (1, 0));
        assert_eq!(listed(Some(Severity::Warning)).await, (0, 9));
        // An incident that isn't shown stands for nobody: more than twenty of them are.
        let more = "INSERT INTO incidents (partner_id, id, organization_id, cause, severity, opened_at, joined_at, members, open_members) \
             SELECT partner_id, id + n.i, 0, 'destination:x' || n.i, 'critical', opened_at + n.i, joined_at, 1, 1 \
             FROM incidents, (WITH RECURSIVE m(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i < 20) SELECT i FROM m) n";
        let tx = portal.fresh.store.begin().await.unwrap();
        tx.execute_unprepared(more).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(listed(None).await, (20, 10));
    }

    async fn ten_in_more_than_ten_minutes_are_none(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 12).await;
        fail(&portal, 0..12, "bad", hours(1), Span::MINUTE * 2).await;
        assert_eq!(incidents(&portal).await, Vec::<String>::new());
    }

    async fn a_second_storm_after_the_first_is_over_is_another_incident(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 12).await;
        fail(&portal, 0..12, "bad", hours(1), Span::SECOND).await;
        mend(&portal, 0..12, "good again", hours(2)).await;
        fail(&portal, 0..11, "worse", hours(3), Span::SECOND).await;
        assert_eq!(incidents(&portal).await, ["organization:ours|12|0|warning|resolved", "organization:ours|11|11|warning|open"]);
        portal.no_drift().await;
    }

    async fn a_destination_that_they_share_is_the_cause(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 14).await;
        let to = |n: usize, state, destination: &str, at| IncomingEvent {
            event: RunEvent { destination: Some(destination.into()), ..RunEvent::new(state, at) },
            ..event(&format!("d{n:02}"), "nightly", &format!("r{}", at.0), state, at)
        };
        // What a run that failed doesn't say is known from the one before.
        let good = (0..14).map(|n| to(n, RunState::Succeeded, if n < 12 { "ssh://nas/backups" } else { "s3:other" }, hours(1))).collect();
        portal.send(good, hours(1)).await;
        fail(&portal, 0..14, "bad", hours(2), Span::SECOND).await;
        assert_eq!(incidents(&portal).await, ["destination:ssh://nas/backups|12|12|warning|open"]);
        portal.no_drift().await;
    }

    async fn a_window_over_the_storm_makes_it_one_incident_at_its_end(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 12).await;
        let occurs = Occurs::Once { from: hours(1), until: hours(5) };
        let new = NewWindow { partner: None, name: "w".into(), note: String::new(), reach: Reach::Partner, occurs };
        maintenance::create(&portal.engine, &portal.actor, new, hours(1)).await.unwrap();
        fail(&portal, 0..12, "bad", hours(2), Span::SECOND).await;
        assert_eq!(incidents(&portal).await, Vec::<String>::new());
        portal.engine.reconciler.tick(hours(5)).await.unwrap();
        assert_eq!(incidents(&portal).await, ["organization:ours|12|12|warning|open"]);
        portal.no_drift().await;
    }

    async fn servers_that_share_a_store_make_one_incident_of_what_each_sees_a_part_of(fresh) {
        let portal = Portal::new(fresh).await;
        fleet(&portal, 40).await;
        let cancel = CancellationToken::new();
        let servers: Vec<Engine> =
            (0..4).map(|_| Engine::start_driven(portal.fresh.store.clone(), std::sync::Arc::new(|| portal::T0), cancel.clone())).collect();
        let mut tasks = Vec::new();
        for (place, server) in servers.iter().enumerate() {
            let (server, key) = (server.clone(), portal.key());
            tasks.push(tokio::spawn(async move {
                for n in 0..10 {
                    let bad = event(&format!("d{:02}", place * 10 + n), "nightly", "bad", RunState::Failed, hours(1));
                    server.ingest.submit(&key, vec![bad], hours(1)).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(incidents(&portal).await, ["organization:ours|40|40|warning|open"]);
        portal.no_drift().await;
        cancel.cancel();
    }
}
