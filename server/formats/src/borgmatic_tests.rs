//! borgmatic's captures. The clock stands at 2026-11-21T00:00:00Z.

use super::*;
use crate::{ToolName, read};
use domain::time::Time;

const CREATED: &str = include_str!("captures/borgmatic_create.json");
/// The log that its Healthchecks hook sent for a missing repository.
const NO_REPOSITORY: &str = "Creating archive\nRepository /srv/demo/br-none does not exist.\nError running actions for repository\nCommand '/usr/bin/borg create --log-json --info /srv/demo/br-none::{hostname}' returned non-zero exit status 2.\n";

fn all(stdout: &str, stderr: &str, exit_code: Option<i32>) -> Vec<Parsed> {
    read(ToolName::Borgmatic, &Report { stdout, stderr, exit_code, received_at: Time(1_795_219_200_000), ..Report::default() })
        .unwrap_or_default()
}

fn ends(runs: &[Parsed]) -> Vec<(RunState, Option<&str>, &str)> {
    runs.iter().map(|r| (r.event.state, r.job_hint.as_deref(), r.event.message.as_deref().unwrap_or_default())).collect()
}

#[test]
fn an_archive_per_repository_hinted_by_its_label() {
    for code in [Some(0), None] {
        let runs = all(CREATED, "Creating archive\n", code);
        assert_eq!(ends(&runs), [(RunState::Succeeded, Some("local"), "archive made")]);
        assert_eq!(runs.first().map(|r| (r.event.items, r.event.bytes, r.event.bytes_added)), Some((Some(4), Some(201_175), Some(1_120))));
    }
    let two = format!("[{0},{0}]", CREATED.trim_start_matches('[').trim_end_matches(']'));
    assert_eq!(all(&two, "", Some(0)).len(), 2);
}

#[test]
fn a_missing_repository_failed_beside_the_one_that_was_made() {
    let missing =
        (RunState::Failed, None, "borg: the repository does not exist: check BORG_REPO and whether it is mounted, or run `borg init` once");
    assert_eq!(ends(&all(NO_REPOSITORY, "", Some(1))), [missing]);
    assert_eq!(ends(&all("", NO_REPOSITORY, None)), [missing]);
    let both = all(CREATED, NO_REPOSITORY, Some(1));
    assert_eq!(ends(&both), [(RunState::Succeeded, Some("local"), "archive made"), missing]);
    assert_eq!(crate::join(both).map(|r| r.event.state), Some(RunState::Failed));
}

#[test]
fn a_warning_of_borg_is_seen_through_exit_code_0() {
    let runs = all(CREATED, "/nope: [Errno 2] No such file or directory: 'nope'\n", Some(0));
    assert_eq!(ends(&runs), [(RunState::Warning, Some("local"), "1 file could not be backed up: /nope")]);
    assert_eq!(runs.first().map(|r| r.event.failed_items.clone()), Some(vec!["/nope".to_owned()]));
}

#[test]
fn silence_is_judged_by_the_exit_code() {
    assert_eq!(ends(&all("", "", Some(0))).first().map(|e| e.0), Some(RunState::Succeeded));
    assert_eq!(ends(&all("", "", Some(1))), [(RunState::Failed, None, "borgmatic failed (exit code 1): see the log's end")]);
    assert_eq!(ends(&all("", "", Some(143))).first().map(|e| e.0), Some(RunState::Cancelled));
    assert_eq!(ends(&all("", "", None)).first().map(|e| e.0), Some(RunState::Warning));
}

#[test]
fn a_traceback_names_no_files() {
    let log = "c.yaml: No valid configuration files found\nTraceback (most recent call last):\nOSError: [Errno 9] Bad file descriptor\nConnectionRefusedError: [Errno 111] Connection refused\n";
    let runs = all("", log, Some(1));
    assert_eq!(ends(&runs), [(RunState::Failed, None, "borgmatic: c.yaml: No valid configuration files found")]);
    assert_eq!(runs.first().map(|r| r.event.failed_items.len()), Some(0));
}

#[test]
fn a_warning_that_borgmatic_takes_for_an_error_is_a_warning() {
    let log = |action: &str, code: u8| {
        format!(
            "/nope: [Errno 2] No such file or directory: 'nope'\n/srv/br: Error running actions for repository\nCommand '/usr/bin/borg {action} /srv/br::{{hostname}} /nope --json' returned non-zero exit status {code}.\n"
        )
    };
    let runs = all("", &log("create", 1), Some(1));
    assert_eq!(ends(&runs), [(RunState::Warning, None, "1 file could not be backed up: /nope; borgmatic stopped after it")]);
    let tuple = log("create", 1).replace(
        "'/usr/bin/borg create /srv/br::{hostname} /nope --json'",
        "'('borg', 'create', '/srv/br::{hostname}', '/nope', '--json')'",
    );
    assert_eq!(all("", &tuple, Some(1)).first().map(|r| r.event.state), Some(RunState::Warning));
    assert_eq!(all("", &log("create", 2), Some(1)).first().map(|r| r.event.state), Some(RunState::Failed));
    assert_eq!(all("", &log("check", 1), Some(1)).first().map(|r| r.event.state), Some(RunState::Failed));
}
