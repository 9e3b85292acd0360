//! The mail server of the tests: `smtp.mjs`, as a process.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(40);

/// A mail server that ends with its test.
pub struct MailServer {
    process: Child,
    says: ChildStdin,
    lines: Receiver<Value>,
    pub port: u16,
    /// What it has taken.
    pub mails: Vec<Value>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl MailServer {
    /// That stops once before `step` (`-`: never), and refuses by this script.
    pub fn start(port: u16, step: &str, refusals: Value) -> Self {
        Self::with(port, step, refusals, &json!({}))
    }

    /// That takes all mail, with TLS, people who sign in, a name server: as at the head of `smtp.mjs`.
    pub fn that(more: &Value) -> Self {
        Self::with(0, "-", json!({}), more)
    }

    fn with(port: u16, step: &str, refusals: Value, more: &Value) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/mail/smtp.mjs");
        let mut process = Command::new("node")
            .args([script, &port.to_string(), step, &refusals.to_string(), &more.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let out = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        let says = process.stdin.take().unwrap();
        let mut server = Self { process, says, lines, port: 0, mails: Vec::new() };
        server.port = u16::try_from(server.next()["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// The next line that is no mail.
    fn next(&mut self) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("the mail server says nothing: {error}"));
            match line.get("mail") {
                Some(mail) => self.mails.push(mail.clone()),
                None => return line,
            }
        }
    }

    /// Waits until it stops before its step.
    pub fn stopped(&mut self) {
        assert!(self.next()["at"].is_string());
    }

    /// Lets it go on.
    pub fn go(&mut self) {
        self.says.write_all(b"go\n").unwrap();
    }

    /// Waits until it has taken so many: on a busy machine it reads long messages slowly.
    pub fn wait_for(&mut self, mails: usize) {
        while self.mails.len() < mails {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{} mails of {mails}: {error}", self.mails.len()));
            if let Some(mail) = line.get("mail") {
                self.mails.push(mail.clone());
            }
        }
    }

    /// What it has taken until now.
    pub fn taken(&mut self) -> &[Value] {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(300)) {
            if let Some(mail) = line.get("mail") {
                self.mails.push(mail.clone());
            }
        }
        &self.mails
    }
}
