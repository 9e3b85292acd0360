//! Events in any order, with any repetition, in any grouping, give the same rows.

use crate::portal::{Portal, T0, event, hours};
use domain::{run::RunState, time::Time};
use engine::{ingest::IncomingEvent, on_both_stores};
use rand::{
    Rng, SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};

/// Runs of the last six hours: started, in progress, retried, ended, in all mixtures.
fn history(rng: &mut StdRng, now: Time) -> Vec<IncomingEvent> {
    let mut events = Vec::new();
    for device in ["fs-01", "fs-02", "db-01"] {
        for job in ["nightly", "hourly"] {
            for run in 0..rng.random_range(3..12) {
                let key = format!("{job}-{run}");
                let start = Time(now.0 - rng.random_range(60..360) * 60_000);
                let push = |events: &mut Vec<IncomingEvent>, state, minutes: i64, attempt| {
                    let mut event = event(device, job, &key, state, Time(start.0 + minutes * 60_000));
                    event.event.attempt = attempt;
                    event.event.bytes = Some(minutes * 1_000);
                    events.push(event);
                };
                push(&mut events, RunState::Running, 0, 1);
                if rng.random_bool(0.3) {
                    push(&mut events, RunState::Retrying, 5, 2);
                }
                if rng.random_bool(0.5) {
                    push(&mut events, RunState::Running, 7, 2);
                }
                if rng.random_bool(0.85) {
                    let ends = [
                        RunState::Succeeded,
                        RunState::Succeeded,
                        RunState::Warning,
                        RunState::Failed,
                        RunState::Cancelled,
                        RunState::Skipped,
                    ];
                    push(&mut events, *ends.choose(rng).unwrap(), rng.random_range(8..55), 2);
                }
            }
        }
    }
    events
}

async fn told(portal: &Portal) -> Vec<String> {
    let mut told = Vec::new();
    for (sql, columns) in [
        (
            "SELECT d.name, j.name, r.run_key, r.state, r.started_at, r.ended_at, r.attempt, r.bytes, r.body FROM runs r JOIN devices d ON d.id = r.device_id JOIN jobs j ON j.id = r.job_id ORDER BY 1, 2, 3",
            9,
        ),
        (
            "SELECT d.name, j.name, s.slots, s.last_state, s.last_at, s.last_usable_at, s.due_at FROM job_state s JOIN devices d ON d.id = s.device_id JOIN jobs j ON j.id = s.job_id ORDER BY 1, 2",
            7,
        ),
        (
            "SELECT d.name, j.name, y.day, y.succeeded, y.warning, y.failed, y.missed, y.other FROM job_days y JOIN devices d ON d.id = y.device_id JOIN jobs j ON j.id = y.job_id \
          WHERE y.succeeded + y.warning + y.failed + y.missed + y.other <> 0 ORDER BY 1, 2, 3",
            8,
        ),
        (
            "SELECT hour, succeeded, warning, failed, missed FROM organization_hours WHERE succeeded + warning + failed + missed <> 0 ORDER BY 1",
            5,
        ),
        ("SELECT healthy, warning, critical, unknown, paused, running, retrying, open_alerts FROM organization_counts", 8),
        (
            "SELECT d.name, s.life, s.score, s.band, s.next_change_at, s.last_seen_at, s.last_usable_at, s.due_at, s.running, s.retrying, s.open_alerts \
          FROM device_state s JOIN devices d ON d.id = s.device_id ORDER BY 1",
            11,
        ),
        (
            "SELECT d.name, a.kind, a.severity, a.since FROM alerts a JOIN devices d ON d.id = a.device_id WHERE a.resolved_at IS NULL ORDER BY 1, 2",
            4,
        ),
    ] {
        told.extend(portal.rows(sql, columns).await);
    }
    told
}

async fn portal_with(fresh: engine::testing::Fresh) -> Portal {
    let portal = Portal::new(fresh).await;
    for device in ["fs-01", "fs-02", "db-01"] {
        portal.device(device).await;
    }
    portal
}

on_both_stores! {
    async fn any_order_and_repetition_gives_equal_tables(fresh) {
        let kind = fresh.kind;
        let now = hours(8);
        let first = portal_with(fresh).await;
        let mut rng = StdRng::seed_from_u64(7);
        let events = history(&mut rng, now);
        for event in &events {
            assert_eq!(first.send(vec![event.clone()], now).await.accepted, 1);
        }
        first.no_drift().await;
        let expected = told(&first).await;
        for seed in 0..4 {
            let mut rng = StdRng::seed_from_u64(100 + seed);
            let other = portal_with(engine::testing::fresh(kind).await).await;
            let mut shuffled = events.clone();
            for _ in 0..events.len() / 3 {
                shuffled.push(events.choose(&mut rng).unwrap().clone());
            }
            shuffled.shuffle(&mut rng);
            let mut rest = &shuffled[..];
            while !rest.is_empty() {
                let (part, left) = rest.split_at(rng.random_range(1..=40).min(rest.len()));
                let receipt = other.send(part.to_vec(), now).await;
                assert_eq!((receipt.accepted, receipt.rejected.len()), (part.len(), 0));
                rest = left;
            }
            other.no_drift().await;
            let got = told(&other).await;
            for (expected, got) in expected.iter().zip(&got) {
                assert_eq!(expected, got, "seed {seed}");
            }
            assert_eq!(expected.len(), got.len());
        }
    }

    async fn a_storm_from_many_sides_leaves_no_drift(fresh) {
        let portal = std::sync::Arc::new(portal_with(fresh).await);
        let now = hours(8);
        let mut senders = Vec::new();
        for seed in 0..8 {
            let portal = portal.clone();
            senders.push(tokio::spawn(async move {
                let mut rng = StdRng::seed_from_u64(seed % 4);
                let mut events = history(&mut rng, now);
                events.shuffle(&mut StdRng::seed_from_u64(1_000 + seed));
                for part in events.chunks(7) {
                    assert_eq!(portal.send(part.to_vec(), now).await.accepted, part.len());
                }
            }));
        }
        let ticking = portal.clone();
        senders.push(tokio::spawn(async move {
            for minute in 0..20 {
                ticking.engine.reconciler.tick(Time(now.0 + minute * 60_000)).await.unwrap();
            }
        }));
        for sender in senders {
            sender.await.unwrap();
        }
        portal.no_drift().await;
        portal.pass(now, Time(now.0 + 72 * 3_600_000), domain::time::Span::HOUR).await;
        portal.no_drift().await;
        assert!(T0 < now);
    }
}
