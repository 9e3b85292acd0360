//! The process that takes events in is killed with SIGKILL at random moments, many times over, on both stores. Afterwards: nothing that
//! was acknowledged is lost, nothing is counted twice, and a recount finds no drift.

use crate::portal::{Portal, event, hours};
use domain::{
    access::{Actor, Scope},
    ids::{OrganizationId, PartnerId},
    run::{Run, RunEvent, RunState},
    time::Time,
};
use engine::{
    Engine,
    ingest::IncomingEvent,
    store::{Store, StoreUrl},
    testing::{Kind, fresh},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::{
    collections::{BTreeMap, HashSet},
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const EVENTS: usize = 10_000;
const DEVICES: usize = 25;
const NOW: Time = hours(8);

/// The n-th event: runs of 40 jobs, a start and an end each.
fn nth(n: usize) -> (String, String, IncomingEvent) {
    let mut rng = StdRng::seed_from_u64(n as u64 / 2);
    let device = format!("fs-{:02}", rng.random_range(0..DEVICES));
    let job = ["nightly", "hourly"][rng.random_range(0..2)].to_owned();
    let key = format!("run-{}", n / 2);
    let start = Time(NOW.0 - rng.random_range(60..360) * 60_000);
    let end = Time(start.0 + rng.random_range(1..50) * 60_000);
    let ends = [RunState::Succeeded, RunState::Succeeded, RunState::Succeeded, RunState::Warning, RunState::Failed];
    let last = ends[rng.random_range(0..ends.len())];
    let (state, at) = if n.is_multiple_of(2) { (RunState::Running, start) } else { (last, end) };
    let event = event(&device, &job, &key, state, at);
    (device, key, event)
}

/// The child's half: takes numbers from standard input, sends their events, and says which are acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(url) = std::env::var("HOLDFAST_FAULTS_URL") else { return };
    let ids: Vec<i64> = std::env::var("HOLDFAST_FAULTS_SCOPE").unwrap().split(',').map(|id| id.parse().unwrap()).collect();
    let url = if url.starts_with("postgres") { StoreUrl::Postgres(url) } else { StoreUrl::Sqlite(url.into()) };
    let store = Store::open(&url).await.unwrap();
    let engine = Engine::start(store, Arc::new(|| NOW), CancellationToken::new());
    let actor = Actor::system(Scope::Organization(PartnerId(ids[0]), OrganizationId(ids[1])));
    let numbers: Vec<usize> = std::io::stdin().lines().map_while(|line| line.unwrap().parse().ok()).collect();
    let mut rng = StdRng::seed_from_u64(numbers.len() as u64);
    let (parts, queue) = tokio::sync::mpsc::channel::<Vec<usize>>(1);
    let queue = Arc::new(tokio::sync::Mutex::new(queue));
    let mut senders = Vec::new();
    for _ in 0..32 {
        let (queue, engine, actor) = (queue.clone(), engine.clone(), actor.clone());
        senders.push(tokio::spawn(async move {
            loop {
                let Some(part) = queue.lock().await.recv().await else { return };
                let events = part.iter().map(|n| nth(*n).2).collect();
                let Ok(receipt) = engine.ingest.submit(&actor, events, NOW).await else { continue };
                assert_eq!((receipt.accepted, receipt.waiting), (part.len(), 0));
                let said: String = part.iter().map(|n| format!("ack {n}\n")).collect();
                std::io::stderr().lock().write_all(said.as_bytes()).unwrap();
            }
        }));
    }
    let mut rest = &numbers[..];
    while !rest.is_empty() {
        let (part, left) = rest.split_at(rng.random_range(1..=12).min(rest.len()));
        parts.send(part.to_vec()).await.unwrap();
        rest = left;
    }
    drop(parts);
    for sender in senders {
        sender.await.unwrap();
    }
}

async fn killed_again_and_again(kind: Kind, seed: u64) {
    let portal = Portal::new(fresh(kind).await).await;
    for n in 0..DEVICES {
        portal.device(&format!("fs-{n:02}")).await;
    }
    let url = match &portal.fresh.url {
        StoreUrl::Sqlite(path) => path.display().to_string(),
        StoreUrl::Postgres(url) => url.clone(),
    };
    let scope = format!("{},{}", portal.partner.0, portal.organization.0);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut acknowledged: HashSet<usize> = HashSet::new();
    let mut kills = 0;
    let mut starts: u64 = 0;
    while acknowledged.len() < EVENTS {
        starts += 1;
        assert!(starts < 400, "no progress: {} acknowledged", acknowledged.len());
        let mut numbers: Vec<usize> = (0..EVENTS).filter(|n| !acknowledged.contains(n) || rng.random_bool(0.03)).collect();
        numbers.shuffle(&mut rng);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults_kill::child", "--nocapture"])
            .env("HOLDFAST_FAULTS_URL", &url)
            .env("HOLDFAST_FAULTS_SCOPE", &scope)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let text: String = numbers.iter().map(|n| format!("{n}\n")).collect();
        let feeder = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
        let output = child.stderr.take().unwrap();
        let (first, begun) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut heard = Vec::new();
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                match line.strip_prefix("ack ").and_then(|n| n.parse::<usize>().ok()) {
                    Some(n) => heard.push(n),
                    None => eprintln!("child: {line}"),
                }
                let _ = first.send(());
            }
            heard
        });
        // Most lives are short; some end before the first acknowledgement.
        if rng.random_bool(0.9) {
            let _ = begun.recv_timeout(Duration::from_secs(30));
        }
        // Longer ones with time: a busy machine gets nothing done in a short life.
        std::thread::sleep(Duration::from_millis(rng.random_range(0..250 + 10 * starts)));
        kills += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        feeder.join().unwrap();
        acknowledged.extend(reader.join().unwrap());
    }
    println!("{kind:?}: {kills} kills in {starts} lives");
    assert!(kills >= 10, "{kills} kills are too few to say anything");

    let mut expected: BTreeMap<String, Vec<RunEvent>> = BTreeMap::new();
    for n in 0..EVENTS {
        let (device, key, event) = nth(n);
        expected.entry(format!("{device}|{key}")).or_default().push(event.event);
    }
    let mut expected: Vec<String> = expected
        .into_iter()
        .map(|(name, events)| {
            let run = Run::from_events(events).unwrap();
            format!("{name}|{}|{}|{}", run.state(), run.started_at.0, run.ended_at.unwrap().0)
        })
        .collect();
    let mut stored = portal
        .rows("SELECT d.name, r.run_key, r.state, r.started_at, r.ended_at FROM runs r JOIN devices d ON d.id = r.device_id", 5)
        .await;
    expected.sort_unstable();
    stored.sort_unstable();
    assert_eq!(stored.len(), expected.len());
    for (stored, expected) in stored.iter().zip(&expected) {
        assert_eq!(stored, expected);
    }
    let counted = portal.rows("SELECT CAST(SUM(succeeded + warning + failed + missed + other) AS BIGINT) FROM job_days", 1).await;
    assert_eq!(counted, [(EVENTS / 2).to_string()], "each run is counted once");
    portal.no_drift().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_counted_twice_on_sqlite() {
    if std::env::var("HOLDFAST_FAULTS_URL").is_err() {
        killed_again_and_again(Kind::Sqlite, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_counted_twice_on_postgres() {
    if std::env::var("HOLDFAST_FAULTS_URL").is_err() {
        killed_again_and_again(Kind::Postgres, 2).await;
    }
}
