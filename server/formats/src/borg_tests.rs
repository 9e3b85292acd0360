//! borg's captures, and the cases between them. The clock stands at 2026-11-21T00:00:00Z.

use super::*;
use crate::{FormatError, ToolName, read};

const NOW: Time = Time(1_795_219_200_000);
const CREATED: &str = include_str!("captures/borg_create.json");
const WARNED: &str = include_str!("captures/borg_warn.json");
const WARNED_LOG: &str = include_str!("captures/borg_warn.jsonl");
const BAD_PASSPHRASE: &str = include_str!("captures/borg_badpw.jsonl");
const WRONG: &str = "borg: wrong passphrase: check BORG_PASSPHRASE, BORG_PASSCOMMAND or BORG_PASSPHRASE_FD";

fn one(stdout: &str, stderr: &str, exit_code: Option<i32>) -> Parsed {
    let report = Report { stdout, stderr, exit_code, received_at: NOW, ..Report::default() };
    let mut runs = read(ToolName::Borg, &report).unwrap_or_default();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

fn end(run: &Parsed) -> (RunState, &str) {
    (run.event.state, run.event.message.as_deref().unwrap_or_default())
}

#[test]
fn an_archive_succeeded_and_its_zoneless_times_are_not_believed() {
    for code in [Some(0), None] {
        let run = one(CREATED, "", code);
        assert_eq!(end(&run), (RunState::Succeeded, "archive made"));
        assert_eq!(run.run_key.as_deref(), Some("dd4b819d7e7699f993eeef83c2107fdf0d44f1bfffaa1e1aeee07e1e58923a79"));
        assert_eq!((run.event.items, run.event.bytes, run.event.bytes_added), (Some(2), Some(200_510), Some(200_608)));
        assert_eq!((run.event.at, run.started_at), (NOW, Some(Time(NOW.0 - 39))));
    }
}

#[test]
fn with_a_zone_the_times_are_believed() {
    let at = |minutes| {
        let report =
            Report { stdout: CREATED, exit_code: Some(0), received_at: NOW, zone_offset_minutes: Some(minutes), ..Report::default() };
        read(ToolName::Borg, &report).unwrap_or_default().first().map(|r| r.event.at)
    };
    assert_eq!(at(0), Some(Time(1_795_208_278_000)), "20:57:58Z");
    assert_eq!(at(60), Some(Time(1_795_204_678_000)), "an hour earlier");
    assert_eq!(at(-600), Some(NOW), "later than the report's arrival: not believed");
}

#[test]
fn a_missing_source_is_a_warning_that_names_it() {
    let mixed = format!("{WARNED_LOG}{WARNED}");
    for run in [
        one(WARNED, WARNED_LOG, Some(1)),
        one(&mixed, "", Some(1)),
        one(&mixed, "", None),
        one(&mixed, "", Some(0)),
        one(&mixed, "", Some(107)),
    ] {
        assert_eq!(end(&run), (RunState::Warning, "1 file could not be backed up: /nope"));
        assert_eq!(run.event.failed_items, ["/nope"]);
        assert_eq!((run.event.bytes, run.event.bytes_added), (Some(200_545), Some(542)));
    }
}

#[test]
fn a_wrong_passphrase_failed_with_advice() {
    for run in [
        one("", BAD_PASSPHRASE, Some(2)),
        one(BAD_PASSPHRASE, "", None),
        one("", "", Some(52)),
        one("", "passphrase supplied in BORG_PASSPHRASE, by BORG_PASSCOMMAND or via BORG_PASSPHRASE_FD is incorrect.", Some(2)),
    ] {
        assert_eq!(end(&run), (RunState::Failed, WRONG));
    }
}

#[test]
fn exit_codes_end_as_tabled() {
    let state = |code| one("", "", Some(code)).event.state;
    assert_eq!(state(0), RunState::Succeeded, "borg is silent when all is well");
    assert_eq!(state(1), RunState::Warning);
    assert_eq!(state(2), RunState::Failed);
    assert_eq!(state(99), RunState::Failed);
    assert_eq!(state(100), RunState::Warning);
    assert_eq!(state(127), RunState::Failed, "a shell's `not found`");
    assert_eq!(state(130), RunState::Cancelled);
    assert_eq!(state(143), RunState::Cancelled);
    assert_eq!(state(137), RunState::Failed);
    assert_eq!(end(&one("", "Repository /none does not exist.", Some(2))).1, advice("Repository.DoesNotExist").unwrap_or_default());
    assert_eq!(
        end(&one("", "Failed to create/acquire the lock /srv/br/lock.exclusive (timeout).", Some(2))).1,
        advice("LockTimeout").unwrap_or_default()
    );
    assert_eq!(end(&one("", "Traceback\nOSError: [Errno 28] No space left on device", Some(2))).0, RunState::Failed);
    assert!(end(&one("", "", None)).1.starts_with("unrecognised"));
}

#[test]
fn the_statistics_of_plain_text_are_read() {
    let run = one("", include_str!("captures/borg_plain_stats.txt"), Some(1));
    assert_eq!(end(&run), (RunState::Warning, "1 file could not be backed up: src/d/b.txt"));
    assert_eq!((run.event.items, run.event.bytes, run.event.bytes_added), (Some(1), Some(478), Some(487)));
    assert_eq!(run.run_key.as_deref(), Some("5d66120944751cd532fe61d7c560658103894772bccd2222e33e0a25e0c8a368"));
}

#[test]
fn lists_are_refused_with_what_they_are() {
    for list in [
        include_str!("captures/borg_info.json"),
        include_str!("captures/borg_list_paris.json"),
        include_str!("captures/borg_list_utc.json"),
    ] {
        let report = Report { stdout: list, exit_code: Some(0), received_at: NOW, ..Report::default() };
        assert_eq!(read(ToolName::Borg, &report), Err(FormatError::NoRun("borg's view of a repository (list or info)")));
    }
}

#[test]
fn progress_is_read() {
    let line = r#"{"original_size": 500, "compressed_size": 0, "deduplicated_size": 0, "nfiles": 7, "path": "src", "time": 1795219419.9, "type": "archive_progress", "finished": false}"#;
    assert_eq!(crate::progress(ToolName::Borg, line), Some(Progress { percent: None, items: Some(7), bytes: Some(500) }));
    assert_eq!(crate::progress(ToolName::Borg, r#"{"time": 1, "type": "archive_progress", "finished": true}"#), None);
    assert_eq!(crate::progress(ToolName::Borg, r#"{"type":"progress_percent","current":3,"total":4}"#).and_then(|p| p.percent), Some(75));
}
