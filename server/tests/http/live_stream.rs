//! The live stream over a real connection: snapshot first, then small states, coalesced, within the scope, until it must end.

use crate::{
    portal::{TestApp, Who},
    wire::Wire,
};
use domain::{
    access::KeyRights,
    ids::OrganizationId,
    live::{CountsNow, DeviceNow, OrganizationNow, Snapshot},
};
use engine::store::keys::KeyScope;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::timeout;

async fn reader(app: &TestApp) -> Who {
    app.key("reader", KeyScope::Partner(app.partner), KeyRights { read: true, ..KeyRights::default() }).await
}

async fn open(app: &TestApp, who: &Who, devices: &str) -> Wire {
    let address = app.listen().await;
    Wire::connect(address).await.unwrap().open(&format!("/live?devices={devices}"), who.key()).await.unwrap()
}

async fn next(wire: &mut Wire) -> (String, String) {
    timeout(Duration::from_secs(5), wire.event()).await.unwrap().unwrap()
}

async fn send(app: &TestApp, who: &Who, run: &str, state: &str) {
    app.post(who, "/api/v1/events", json!({ "device": "fs-01", "job": "nightly", "run": run, "state": state })).await.ok();
}

#[tokio::test]
async fn a_stream_begins_with_a_snapshot_and_tells_changes_as_states() {
    let app = TestApp::new().await;
    let who = reader(&app).await;
    let mut wire = open(&app, &who, &app.own.device.to_string()).await;
    let (name, data) = next(&mut wire).await;
    assert_eq!(name, "snapshot");
    let snapshot: Snapshot = serde_json::from_str(&data).unwrap();
    assert_eq!(snapshot.counts.unknown, 3);
    let (name, data) = next(&mut wire).await;
    assert_eq!(name, "device", "each watched device follows");
    let begun: DeviceNow = serde_json::from_str(&data).unwrap();
    assert_eq!((begun.device, begun.running), (app.own.device, 0));
    send(&app, &app.own.ingest, "1", "running").await;
    let (mut device, mut counts) = (None, None);
    while device.is_none() || counts.is_none() {
        let (name, data) = next(&mut wire).await;
        match name.as_str() {
            "device" => device = Some(serde_json::from_str::<DeviceNow>(&data).unwrap()),
            "counts" => counts = Some(serde_json::from_str::<CountsNow>(&data).unwrap()),
            other => panic!("{other}"),
        }
    }
    assert_eq!(device.unwrap().running, 1);
    assert_eq!(counts.unwrap().running, 1);
    send(&app, &app.neighbour.ingest, "1", "running").await;
    loop {
        let (name, data) = next(&mut wire).await;
        if name == "new" {
            let data: Value = serde_json::from_str(&data).unwrap();
            assert_eq!(data["devices"], json!([app.neighbour.device]));
            break;
        }
    }
}

#[tokio::test]
async fn watched_organizations_tell_their_counts_and_worst_device_as_states() {
    let app = TestApp::new().await;
    let who = reader(&app).await;
    let address = app.listen().await;
    let asked = format!("/live?organizations={},{}", app.own.organization, app.foreign.organization);
    let mut wire = Wire::connect(address).await.unwrap().open(&asked, who.key()).await.unwrap();
    let snapshot: Snapshot = serde_json::from_str(&next(&mut wire).await.1).unwrap();
    assert_eq!(snapshot.organizations.iter().map(|o| o.organization).collect::<Vec<_>>(), [app.own.organization], "not the foreign one");
    assert_eq!((snapshot.organizations[0].counts.unknown, snapshot.organizations[0].counts.running), (1, 0));
    send(&app, &app.foreign.ingest, "1", "running").await;
    send(&app, &app.neighbour.ingest, "1", "running").await;
    send(&app, &app.own.ingest, "1", "running").await;
    let mut told = 0;
    loop {
        let (name, data) = next(&mut wire).await;
        if name == "organization" {
            let now: OrganizationNow = serde_json::from_str(&data).unwrap();
            assert_eq!(now.organization, app.own.organization);
            assert_eq!((now.counts.running, now.worst.map(|w| w.device)), (1, Some(app.own.device)));
            // A progress report changes nothing of the organization, so nothing is said of it.
            send(&app, &app.own.ingest, "1", "running").await;
            told += 1;
        }
        if name == "device" || (name == "new" && told > 0) {
            break;
        }
    }
    send(&app, &app.own.ingest, "1", "failed").await;
    loop {
        let (name, data) = next(&mut wire).await;
        if name == "organization" {
            let now: OrganizationNow = serde_json::from_str(&data).unwrap();
            assert_eq!((now.counts.running, now.counts.warning), (0, 1));
            break;
        }
    }
}

#[tokio::test]
async fn nothing_of_another_partner_is_ever_told() {
    let app = TestApp::new().await;
    let who = reader(&app).await;
    let mut wire = open(&app, &who, &format!("{},{}", app.own.device, app.foreign.device)).await;
    assert_eq!(next(&mut wire).await.0, "snapshot");
    let (name, data) = next(&mut wire).await;
    assert!(name == "device" && data.contains(&app.own.device.to_string()), "{name} {data}");
    send(&app, &app.foreign.ingest, "1", "running").await;
    send(&app, &app.own.ingest, "1", "running").await;
    let (name, data) = next(&mut wire).await;
    assert!(name == "counts" || (name == "device" && data.contains(&app.own.device.to_string())), "{name} {data}");
}

#[tokio::test]
async fn many_changes_of_a_device_become_four_a_second() {
    let app = TestApp::new().await;
    let who = reader(&app).await;
    let mut wire = open(&app, &who, &app.own.device.to_string()).await;
    assert_eq!([next(&mut wire).await.0, next(&mut wire).await.0], ["snapshot", "device"]);
    let begun = Instant::now();
    let sending = async {
        while begun.elapsed() < Duration::from_millis(1_500) {
            send(&app, &app.own.ingest, "1", "running").await;
            for run in ["2", "3"] {
                send(&app, &app.own.ingest, run, "running").await;
                send(&app, &app.own.ingest, &format!("{run}-{:?}", begun.elapsed()), "succeeded").await;
            }
        }
        send(&app, &app.own.ingest, "last", "failed").await;
    };
    let mut told = 0u128;
    let reading = async {
        loop {
            let (name, data) = next(&mut wire).await;
            if name == "device" {
                told += 1;
                if data.contains("\"failed\"") {
                    return;
                }
            }
        }
    };
    tokio::join!(sending, reading);
    let beats = begun.elapsed().as_millis() / 250 + 2;
    assert!(told <= beats, "{told} states in {beats} beats");
    assert!(told >= 3, "{told}");
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let app = TestApp::new().await;
    let who = reader(&app).await;
    let mut wire = open(&app, &who, "").await;
    next(&mut wire).await;
    app.stop.cancel();
    assert!(timeout(Duration::from_secs(2), wire.event()).await.unwrap().is_err());
}

#[tokio::test]
async fn a_key_that_may_not_read_gets_no_stream() {
    let app = TestApp::new().await;
    let address = app.listen().await;
    let refused = Wire::connect(address).await.unwrap().open("/live", app.own.ingest.key()).await;
    assert!(refused.unwrap_err().to_string().contains("403"));
    let id = OrganizationId(1);
    assert!(
        Wire::connect(address)
            .await
            .unwrap()
            .open(&format!("/live?devices={id}x"), reader(&app).await.key())
            .await
            .unwrap_err()
            .to_string()
            .contains("400")
    );
}
