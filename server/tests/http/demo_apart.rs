//! `holdfast demo` as a command: another process fills, the one that was started serves, and half a fleet is served by nobody.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const TINY: &[&str] = &["--organizations", "4", "--devices", "40", "--days", "12", "--customers", "6", "--accounts", "60"];

fn holdfast(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(arguments).env("HOLDFAST_DATA", data).env("HOLDFAST_LISTEN", "127.0.0.1:0").env_remove("HOLDFAST_DATABASE");
    command.stderr(Stdio::piped());
    command
}

fn demo(data: &Path, options: &[&str]) -> Running {
    Running(holdfast(data, &["demo"]).args(options).spawn().unwrap())
}

/// A demo that doesn't outlive its test.
struct Running(Child);

impl Running {
    /// What it says until it is ready; all, when it ends before.
    fn until_ready(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for line in BufReader::new(self.0.stderr.take().unwrap()).lines() {
            said.push(line.unwrap());
            if said.last().is_some_and(|line| line.contains("is ready")) {
                break;
            }
        }
        said
    }

    /// Page faults of processes that it has started and waited for.
    fn faults_of_others(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        // After the name, which may hold anything: state is the first.
        stat.rsplit_once(") ").unwrap().1.split(' ').nth(8).unwrap().parse().unwrap()
    }

    fn ask_to_stop(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn another_process_fills_and_the_one_that_was_started_serves() {
    let data = tempfile::tempdir().unwrap();
    let mut first = demo(data.path(), TINY);
    let said = first.until_ready();
    let times = |word: &str| said.iter().filter(|line| line.contains(word)).count();
    assert_eq!((times("Filled in"), times("Sign in with the password holdfast-demo"), times("is ready")), (1, 1, 1), "{said:#?}");
    assert!(first.faults_of_others() > 0, "it has started another process and waited for it");
    drop(first);
    let mut second = demo(data.path(), &[]);
    let said = second.until_ready();
    assert!(said.iter().any(|line| line.contains("is ready")) && !said.iter().any(|line| line.contains("Filled in")), "{said:#?}");
    assert_eq!(second.faults_of_others(), 0, "a demo that is filled needs nobody");
    second.ask_to_stop();
    assert!(second.0.wait().unwrap().success());
}

#[test]
fn a_demo_that_cant_be_filled_says_why_once_and_ends_with_the_code() {
    let data = tempfile::tempdir().unwrap();
    let mut owner = holdfast(data.path(), &["owner", "create", "--email", "o@example.test", "--partner", "P"]);
    let mut owner = owner.stdin(Stdio::piped()).spawn().unwrap();
    owner.stdin.take().unwrap().write_all(b"a long enough password\n").unwrap();
    assert!(owner.wait().unwrap().success());
    let ended = holdfast(data.path(), &["demo"]).args(TINY).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert_eq!(said.matches("the database holds data that no demo made").count(), 1, "{said}");
    assert!(!said.contains("is ready"), "{said}");
}

#[test]
fn half_a_fleet_is_served_by_nobody_and_the_next_start_begins_anew() {
    let data = tempfile::tempdir().unwrap();
    let note = data.path().join("demo.json");
    // Large enough to be in the midst of it when it is stopped.
    let mut stopped = demo(data.path(), &[]);
    let patience = Instant::now() + Duration::from_secs(60);
    while !note.exists() {
        assert!(Instant::now() < patience, "filling doesn't begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    stopped.ask_to_stop();
    let said = stopped.until_ready();
    assert_eq!(stopped.0.wait().unwrap().code(), Some(130), "{said:#?}");
    assert!(said.iter().any(|line| line.contains("filling was stopped")), "{said:#?}");
    assert!(fs::read_to_string(&note).unwrap().contains("\"partners\": null"), "it was in the midst of it");

    let refused = holdfast(data.path(), &["serve"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && said.contains("is not whole"),
        "the process that filled has ended, too, and half is not served: {said}"
    );

    let mut again = demo(data.path(), TINY);
    let said = again.until_ready();
    assert!(said.iter().any(|line| line.contains("Filled in")) && said.iter().any(|line| line.contains("is ready")), "{said:#?}");
}
