//! A portal for tests: a listener on a port of its own that remembers what it was sent and answers as it is told.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// How the portal answers.
#[derive(Clone, Debug)]
pub enum Mode {
    /// As it should.
    Well,
    /// With this status and text.
    Status(u16, &'static str),
    /// As it should, after a while.
    Slow(Duration),
    /// Takes the request, then hangs up without an answer.
    HangUp,
    /// Rejects events of this job.
    Rejects(&'static str),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub authorization: String,
    pub body: String,
}

pub struct Portal {
    pub url: String,
    mode: Arc<Mutex<Mode>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Portal {
    pub fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (mode, requests) = (Arc::new(Mutex::new(mode)), Arc::default());
        let (m, r) = (Arc::clone(&mode), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (m, r) = (Arc::clone(&m), Arc::clone(&r));
                thread::spawn(move || answer(stream, &m, &r));
            }
        });
        Self { url, mode, requests }
    }

    pub fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// All events that were taken, in the order of arrival.
    pub fn events(&self) -> Vec<Value> {
        let requests = self.requests();
        requests
            .iter()
            .filter(|r| r.path == "/api/v1/events")
            .flat_map(|r| r.body.lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<_>>())
            .collect()
    }

    /// (state, attempt) of all events but progress.
    pub fn states(&self) -> Vec<(String, u64)> {
        let states =
            self.events().into_iter().filter(|e| e.get("percent").is_none() && !(e["state"] == "running" && e.get("items").is_some()));
        states.map(|e| (e["state"].as_str().unwrap().to_owned(), e["attempt"].as_u64().unwrap())).collect()
    }
}

fn answer(stream: TcpStream, mode: &Mutex<Mode>, requests: &Mutex<Vec<Request>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let (mut length, mut authorization) = (0usize, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request = Request { path, authorization, body: String::from_utf8(body).ok()? };
    let now = mode.lock().unwrap().clone();
    let count = request.body.lines().count();
    let well = format!("{{\"accepted\":{count},\"duplicates\":0,\"rejected\":[]}}");
    let (status, text, taken) = match now {
        Mode::Well => (200, well, true),
        Mode::Status(status, text) => (status, text.to_owned(), false),
        Mode::Slow(length) => {
            thread::sleep(length);
            (200, well, true)
        }
        Mode::HangUp => {
            requests.lock().unwrap().push(request);
            return None;
        }
        Mode::Rejects(job) => {
            let rejected: Vec<Value> = request
                .body
                .lines()
                .enumerate()
                .filter(|(_, l)| l.contains(job))
                .map(|(i, _)| serde_json::json!({"index": i, "code": "bad", "message": "no"}))
                .collect();
            (200, serde_json::json!({"accepted": count - rejected.len(), "duplicates": 0, "rejected": rejected}).to_string(), true)
        }
    };
    if taken {
        requests.lock().unwrap().push(request);
    }
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
    .ok()
}

/// The agent with its own home, spool and settings.
pub fn agent(home: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-agent"));
    command
        .args(arguments)
        .env("HOME", home)
        .env("HOLDFAST_AGENT_CONFIG", home.join("agent.json"))
        .env("HOLDFAST_SPOOL", home.join("spool"))
        .env("HOLDFAST_URL", url)
        .env("HOLDFAST_KEY", "hf_test")
        .env_remove("STATE_DIRECTORY")
        .stdin(Stdio::null());
    command
}

pub fn run(home: &Path, url: &str, arguments: &[&str]) -> Output {
    agent(home, url, arguments).output().unwrap()
}

/// An address where nobody listens.
pub const NOBODY: &str = "http://127.0.0.1:9";

/// Names of the messages that wait.
pub fn waiting(home: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(home.join("spool/queue"));
    let mut names: Vec<String> = entries
        .map(|e| e.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).filter(|n| !n.starts_with('.')).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// Waits until something is so; panics after 10 s.
pub fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..500 {
        if so() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("not within 10 s: {what}");
}
