//! What the benches share: the release binary as a process of its own, and how much processor time it used.

use crate::wire::Wire;
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// A running server with devices `d0`, `d1`, ….
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    pub(crate) devices: Vec<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary() -> PathBuf {
    std::env::var_os("HOLDFAST_BINARY")
        .map_or_else(|| std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("holdfast"), PathBuf::from)
}

pub(crate) fn holdfast(url: &str, data: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env("HOLDFAST_DATABASE", url)
        .env("HOLDFAST_DATA", data)
        .env("HOLDFAST_KEY_RATE", "10000000")
        .env("HOLDFAST_KEY_BURST", "10000000");
    command
}

pub(crate) async fn start(url: &str, data: &str, count: usize) -> Server {
    let mut owner = holdfast(url, data, &["owner", "create", "--email", "bench@example.test", "--partner", "Bench"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    owner.stdin.take().unwrap().write_all(b"a long enough password\n").unwrap();
    assert!(owner.wait().unwrap().success());
    let made = holdfast(url, data, &["key", "create", "--scope", "partner", "--can", "ingest,read,manage"]).output().unwrap();
    let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let mut process = holdfast(url, data, &["serve", "--listen", &address.to_string()]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    lines.find(|line| line.as_ref().is_ok_and(|l| l.contains("is ready"))).unwrap().unwrap();
    std::thread::spawn(move || lines.for_each(|line| eprintln!("{}", line.unwrap_or_default())));
    let mut wire = Wire::connect(address).await.unwrap();
    let organization = made_id(&mut wire, &key, "/api/v1/organizations", &json!({ "name": "Bench" })).await;
    let mut devices = Vec::new();
    for n in 0..count {
        let body = json!({ "name": format!("d{n}"), "organization": organization, "class": "server" });
        devices.push(made_id(&mut wire, &key, "/api/v1/devices", &body).await);
    }
    Server { process, address, key, devices }
}

async fn made_id(wire: &mut Wire, key: &str, path: &str, body: &serde_json::Value) -> String {
    let (status, answer) = wire.post(path, key, "application/json", body.to_string().as_bytes()).await.unwrap();
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

/// CPU seconds used so far by a process, or by all of PostgreSQL's.
pub(crate) fn cpu(of: impl Fn(u32, &str) -> bool) -> f64 {
    let mut ticks = 0u64;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let (Some(open), Some(close)) = (stat.find('('), stat.rfind(')')) else { continue };
        if of(id, &stat[open + 1..close]) {
            let fields: Vec<&str> = stat[close + 2..].split(' ').collect();
            // Own time and that of children that have ended.
            ticks += fields[11..15].iter().filter_map(|f| f.parse::<u64>().ok()).sum::<u64>();
        }
    }
    ticks as f64 / 100.0
}
