//! rclone's captures. The clock stands at 1,000,000 ms.

use super::*;
use crate::{ToolName, read};
use domain::time::Time;

const SYNC: &str = include_str!("captures/rclone_sync.jsonl");
const UNREADABLE: &str = include_str!("captures/rclone_unreadable.jsonl");

fn one(stdout: &str, stderr: &str, exit_code: Option<i32>) -> Parsed {
    let mut runs = read(ToolName::Rclone, &Report { stdout, stderr, exit_code, received_at: Time(1_000_000), ..Report::default() })
        .unwrap_or_default();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

fn end(run: &Parsed) -> (RunState, &str) {
    (run.event.state, run.event.message.as_deref().unwrap_or_default())
}

#[test]
fn a_sync_succeeded_with_its_statistics() {
    for run in [one("", SYNC, Some(0)), one(SYNC, "", None)] {
        assert_eq!(end(&run), (RunState::Succeeded, "copied"));
        assert_eq!((run.event.items, run.event.bytes, run.event.bytes_added), (Some(2), None, Some(200_006)));
        assert_eq!((run.started_at, run.run_key), (Some(Time(999_922)), None));
    }
}

#[test]
fn an_unreadable_source_file_is_a_warning_that_names_it() {
    for code in [Some(1), None] {
        let run = one("", UNREADABLE, code);
        assert_eq!(end(&run), (RunState::Warning, "1 file could not be backed up: d/b.txt"));
        assert_eq!(run.event.failed_items, ["d/b.txt"]);
    }
    let text = "2026/11/21 00:03:42 ERROR : d/b.txt: Failed to copy: failed to open source object: open /src/d/b.txt: permission denied\n2026/11/21 00:03:42 ERROR : Attempt 3/3 failed with 1 errors and: x\n2026/11/21 00:03:42 Failed to sync: x\n";
    assert_eq!(end(&one("", text, Some(1))), (RunState::Warning, "1 file could not be backed up: d/b.txt"));
}

#[test]
fn a_fault_at_the_destination_failed() {
    let run = one(
        "",
        &UNREADABLE.replace("failed to open source object: open /srv/demo/src/d/b.txt: permission denied", "googleapi: Error 403: quota"),
        Some(1),
    );
    assert_eq!(
        end(&run),
        (RunState::Failed, "rclone: 1 file could not be backed up: d/b.txt; Failed to sync: googleapi: Error 403: quota")
    );
}

#[test]
fn plain_text_statistics_are_read() {
    let run = one("", include_str!("captures/rclone_plain.txt"), Some(0));
    assert_eq!((run.event.state, run.event.items, run.event.bytes_added), (RunState::Succeeded, Some(2), Some(3)));
}

#[test]
fn exit_codes_end_as_tabled() {
    let state = |code| one("", "", Some(code)).event.state;
    assert_eq!(state(0), RunState::Succeeded);
    assert_eq!(state(9), RunState::Succeeded);
    for code in [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 127, 137] {
        assert_eq!(state(code), RunState::Failed, "{code}");
    }
    assert_eq!(state(130), RunState::Cancelled);
    assert_eq!(
        end(&one("", "2026/11/21 00:03:42 Failed to sync: directory not found\n", Some(3))).1,
        "rclone: a folder was not found (exit code 3): Failed to sync: directory not found"
    );
    assert_eq!(one("", "", None).event.state, RunState::Warning);
}

#[test]
fn progress_is_read_from_statistics() {
    let line = SYNC.lines().last().unwrap_or_default();
    assert_eq!(crate::progress(ToolName::Rclone, line), Some(Progress { percent: Some(100), items: Some(2), bytes: Some(200_006) }));
}
