//! The server killed with -9 while events come in over several connections: nothing acknowledged is lost, nothing counted twice.

use crate::wire::Wire;
use domain::time::Time;
use engine::{
    store::StoreUrl,
    testing::{self, Kind},
};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const EVENTS: usize = 10_000;
const CONNECTIONS: usize = 8;
const BATCH: usize = 10;
const KILLS: usize = 6;

struct Holdfast {
    url: String,
    data: tempfile::TempDir,
}

impl Holdfast {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command
            .args(arguments)
            .env("HOLDFAST_DATABASE", &self.url)
            .env("HOLDFAST_DATA", self.data.path())
            .env("HOLDFAST_KEY_BURST", "1000000");
        command
    }

    fn serve(&self, address: SocketAddr) -> Running {
        let mut process = self.command(&["serve", "--listen", &address.to_string()]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("is ready")), "the server starts again after a kill");
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("{line}")
            }
        });
        Running(process)
    }
}

/// A server that doesn't outlive its test.
struct Running(Child);

impl Running {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The n-th piece: ten events of five runs of one device.
/// The same piece has the same times whenever it is sent: else a second copy would be news.
fn piece(n: usize) -> String {
    static START: LazyLock<i64> =
        LazyLock::new(|| i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap() - 3_600_000);
    let first = n * BATCH;
    (first..first + BATCH)
        .map(|e| {
            let state = if e.is_multiple_of(2) {
                "running"
            } else if e % 10 == 9 {
                "failed"
            } else {
                "succeeded"
            };
            format!(
                "{{\"device\":\"d{}\",\"job\":\"nightly\",\"run\":\"{}\",\"state\":\"{state}\",\"at\":\"{}\"}}\n",
                n % 20,
                e / 2,
                domain::text::rfc3339(Time(*START + i64::try_from(e).unwrap() * 10))
            )
        })
        .collect()
}

async fn prove(kind: Kind) {
    let data = tempfile::tempdir().unwrap();
    let url = match kind {
        Kind::Sqlite => format!("sqlite:{}", data.path().join("holdfast.db").display()),
        Kind::Postgres => {
            let (StoreUrl::Postgres(url), _) = testing::empty(kind).await else { panic!("no address") };
            url
        }
    };
    let holdfast = Holdfast { url, data };
    let mut owner =
        holdfast.command(&["owner", "create", "--email", "o@example.test", "--partner", "P"]).stdin(Stdio::piped()).spawn().unwrap();
    owner.stdin.take().unwrap().write_all(b"a long enough password\n").unwrap();
    assert!(owner.wait().unwrap().success());
    let key = String::from_utf8(
        holdfast.command(&["key", "create", "--scope", "partner", "--can", "ingest,read,manage"]).output().unwrap().stdout,
    )
    .unwrap()
    .trim()
    .to_owned();
    assert!(key.starts_with("hf_"));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let mut server = holdfast.serve(address);
    let mut wire = Wire::connect(address).await.unwrap();
    let made = wire.post("/api/v1/organizations", &key, "application/json", br#"{"name":"O"}"#).await.unwrap().1;
    let organization: Value = serde_json::from_slice(&made).unwrap();
    for n in 0..20 {
        let body = json!({ "name": format!("d{n}"), "organization": organization["id"], "class": "server" });
        assert_eq!(wire.post("/api/v1/devices", &key, "application/json", body.to_string().as_bytes()).await.unwrap().0, 201);
    }
    let left: Arc<Mutex<HashSet<usize>>> = Arc::new(Mutex::new((0..EVENTS / BATCH).collect()));
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let (left, key) = (left.clone(), key.clone());
            tokio::spawn(async move {
                loop {
                    let mine = left.lock().unwrap().iter().copied().filter(|n| n % CONNECTIONS == connection).min();
                    let Some(n) = mine else { return };
                    // Whatever is not acknowledged is sent again.
                    let Ok(mut wire) = Wire::connect(address).await else {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        continue;
                    };
                    let mut n = Some(n);
                    while let Some(piece_number) = n {
                        match wire.post("/api/v1/events", &key, "application/x-ndjson", piece(piece_number).as_bytes()).await {
                            Ok((200, answer)) => {
                                let answer: Value = serde_json::from_slice(&answer).unwrap();
                                assert_eq!(answer["accepted"], BATCH, "{answer}");
                                left.lock().unwrap().remove(&piece_number);
                                n = left.lock().unwrap().iter().copied().filter(|n| n % CONNECTIONS == connection).min();
                            }
                            Ok((503, _)) => tokio::time::sleep(Duration::from_millis(50)).await,
                            Ok((status, answer)) => panic!("{status} {}", String::from_utf8_lossy(&answer)),
                            Err(_) => break,
                        }
                    }
                }
            })
        })
        .collect();
    for kill in 0..KILLS {
        // At a share of the work, not at a time: a fast machine must not be done before.
        let until = EVENTS / BATCH * (KILLS - kill) / (KILLS + 1) + usize::from(rand::random::<u8>()) / 8;
        while left.lock().unwrap().len() > until {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        server.kill();
        server = holdfast.serve(address);
    }
    for sender in senders {
        sender.await.unwrap();
    }
    let mut wire = Wire::connect(address).await.unwrap();
    for n in 0..EVENTS / BATCH {
        let (status, answer) = wire.post("/api/v1/events", &key, "application/x-ndjson", piece(n).as_bytes()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(
            (status, answer["duplicates"].as_u64()),
            (200, Some(BATCH as u64)),
            "piece {n} was acknowledged and is not all there: {answer}"
        );
    }
    server.kill();
    let checked = holdfast.command(&["check"]).output().unwrap();
    assert!(checked.status.success(), "{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    prove(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_postgresql() {
    prove(Kind::Postgres).await;
}
