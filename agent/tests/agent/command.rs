//! The command stays what it is: its output byte for byte, its exit code, its signals; whatever is wrong with us.

use crate::double::{Mode, NOBODY, Portal, agent, run, until, waiting};
use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const NOISY: &str = r"printf '\000\001\377\r\nno end'; printf '\033[31merr\377' >&2; exit 7";

#[test]
fn output_and_exit_code_are_the_commands_own_whatever_is_broken() {
    let plain = Command::new("sh").args(["-c", NOISY]).output().unwrap();
    let home = tempfile::tempdir().unwrap();
    let works = Portal::start(Mode::Well);
    let fails = Portal::start(Mode::Status(500, "oops"));
    let lies = Portal::start(Mode::Status(200, "<html>sign in</html>"));
    let refuses = Portal::start(Mode::Status(401, "{}"));
    for url in [NOBODY, &works.url, &fails.url, &lies.url, &refuses.url, "", "not an address", "http://no such host/"] {
        let out = run(home.path(), url, &["run", "--job", "j", "--", "sh", "-c", NOISY]);
        assert_eq!(out.status.code(), Some(7), "{url}");
        assert_eq!(out.stdout, plain.stdout, "{url}");
        assert!(out.stderr.starts_with(&plain.stderr) || out.stderr.windows(plain.stderr.len()).any(|w| w == plain.stderr), "{url}");
        let rest = String::from_utf8_lossy(&out.stderr).replace(&*String::from_utf8_lossy(&plain.stderr), "\n");
        assert!(rest.lines().all(|l| l.is_empty() || l.starts_with("holdfast-agent: ")), "{url}: {rest}");
    }
    // What could not be delivered before went with the run at the working portal, the rest waits.
    assert!(!waiting(home.path()).is_empty());
}

#[test]
fn broken_settings_and_an_impossible_spool_leave_the_command_to_run() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("agent.json"), "{ not json").unwrap();
    for (spool, url) in [("/dev/null/spool", ""), ("/proc/spool", NOBODY), ("/dev/full", NOBODY)] {
        let out = agent(home.path(), url, &["run", "--job", "j", "--", "sh", "-c", NOISY]).env("HOLDFAST_SPOOL", spool).output().unwrap();
        assert_eq!((out.status.code(), out.stdout.len()), (Some(7), 11), "{spool}");
        assert!(String::from_utf8_lossy(&out.stderr).contains("holdfast-agent: "));
    }
    // Without a spool the messages still reach a portal that is there.
    let portal = Portal::start(Mode::Well);
    let out =
        agent(home.path(), &portal.url, &["run", "--job", "j", "--", "true"]).env("HOLDFAST_SPOOL", "/dev/null/spool").output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(portal.states(), [("running".to_owned(), 1), ("succeeded".to_owned(), 1)]);
}

#[test]
fn a_slow_portal_delays_nothing_but_our_own_end() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Slow(Duration::from_secs(2)));
    let stamp = home.path().join("stamp");
    let begun = Instant::now();
    let mut child = agent(home.path(), &portal.url, &["run", "--job", "j", "--", "touch", stamp.to_str().unwrap()]).spawn().unwrap();
    until("the command has run", || stamp.exists());
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(portal.states().len(), 2);
}

#[test]
fn a_command_that_is_not_there_is_a_failure_with_a_shells_exit_code() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    let out = run(home.path(), &portal.url, &["run", "--job", "j", "--", "/no/such/tool"]);
    assert_eq!(out.status.code(), Some(127));
    assert_eq!(portal.states(), [("running".to_owned(), 1), ("failed".to_owned(), 1)]);
    assert!(portal.events()[1]["message"].as_str().unwrap().contains("could not be started"));
}

#[test]
fn standard_input_is_the_commands() {
    use std::io::Write;
    let home = tempfile::tempdir().unwrap();
    let mut child = agent(home.path(), NOBODY, &["run", "--job", "j", "--", "cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"through").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"through");
}

#[test]
fn a_closed_output_does_not_stop_the_backup() {
    let home = tempfile::tempdir().unwrap();
    let stamp = home.path().join("stamp");
    let script = format!("for i in $(seq 2000); do echo line $i; done; touch {}", stamp.display());
    let mut child = agent(home.path(), NOBODY, &["run", "--job", "j", "--", "sh", "-c", &script])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(stamp.exists());
}

#[test]
fn a_request_to_end_goes_on_to_the_command_and_cancels_the_run() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    let script = "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    // Where the tests themselves run in the background, SIGINT is ignored and inherited so: the command takes it back.
    let sleep = ["env", "--default-signal=INT", "sleep", "30"];
    for (signal, code, arguments) in [("-TERM", 9, &["sh", "-c", script][..]), ("-INT", 130, &sleep[..])] {
        let mut command = vec!["run", "--job", "j", "--retries", "3", "--retry-wait", "0s", "--"];
        command.extend(arguments);
        let mut child = agent(home.path(), &portal.url, &command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
    let states = portal.states();
    assert_eq!(states.iter().map(|(s, _)| s.as_str()).collect::<Vec<_>>(), ["running", "cancelled", "running", "cancelled"]);
}

#[test]
fn a_request_to_end_also_ends_the_wait_for_a_retry() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    let mut child =
        agent(home.path(), &portal.url, &["run", "--job", "j", "--retries", "3", "--retry-wait", "10m", "--", "false"]).spawn().unwrap();
    until("it waits", || portal.states().len() == 2);
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(portal.states().last().unwrap().0, "cancelled");
}
