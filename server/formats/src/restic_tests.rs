//! restic's captures, and the cases between them. The clock stands at 1,000,000 ms.

use super::*;
use crate::{FormatError, ToolName, read};

const NOW: Time = Time(1_000_000);
const BACKUP: &str = include_str!("captures/restic_backup1.jsonl");
const EXIT3_OUT: &str = include_str!("captures/restic_exit3.jsonl");
const EXIT3_ERR: &str = include_str!("captures/restic_exit3.err");
const BAD_PASSWORD: &str = include_str!("captures/restic_badpw.err");

fn one(stdout: &str, stderr: &str, exit_code: Option<i32>) -> Parsed {
    let report = Report { stdout, stderr, exit_code, received_at: NOW, ..Report::default() };
    let mut runs = read(ToolName::Restic, &report).unwrap_or_default();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

fn end(run: &Parsed) -> (RunState, &str) {
    (run.event.state, run.event.message.as_deref().unwrap_or_default())
}

#[test]
fn a_backup_with_a_summary_succeeded() {
    let run = one(BACKUP, "", Some(0));
    assert_eq!(end(&run), (RunState::Succeeded, "snapshot ea5b3d0c saved"));
    assert_eq!(run.run_key.as_deref(), Some("ea5b3d0c"));
    assert_eq!((run.event.items, run.event.bytes, run.event.bytes_added), (Some(2), Some(200_006), Some(201_413)));
    assert_eq!((run.event.at, run.started_at), (NOW, Some(Time(1_000_000 - 230))));
    assert_eq!((run.event.attempt, run.event.timed_out, run.event.failed_items.len()), (1, false, 0));
    assert_eq!(run.event.tool.map(|t| t.name).as_deref(), Some("restic"));
    assert!(run.log.starts_with("{\"message_type\":\"summary\""), "progress is not kept: {}", run.log);
    assert_eq!(end(&one(BACKUP, "", None)).0, RunState::Succeeded);
}

#[test]
fn exit_3_is_a_warning_that_names_the_file() {
    let mixed = format!("{EXIT3_ERR}{EXIT3_OUT}");
    for run in [one(EXIT3_OUT, EXIT3_ERR, Some(3)), one(&mixed, "", Some(3)), one(&mixed, "", None), one(&mixed, "", Some(0))] {
        assert_eq!(end(&run), (RunState::Warning, "1 file could not be backed up: /srv/demo/src/d/b.txt"));
        assert_eq!(run.event.failed_items, ["/srv/demo/src/d/b.txt"]);
        assert_eq!((run.event.items, run.event.bytes, run.run_key.as_deref()), (Some(1), Some(200_000), Some("e7132dda")));
    }
    assert_eq!(end(&one("", "", Some(3))), (RunState::Warning, "some source files could not be read; the output does not name them"));
}

#[test]
fn a_wrong_password_failed_with_advice() {
    let code: i32 = include_str!("captures/restic_badpw.rc").trim().parse().unwrap_or_default();
    for run in [one("", BAD_PASSWORD, Some(code)), one(BAD_PASSWORD, "", None), one("", "", Some(12)), one(BAD_PASSWORD, "", Some(0))] {
        assert_eq!(end(&run), (RunState::Failed, WRONG_PASSWORD));
    }
    let newer = r#"{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}"#;
    assert_eq!(end(&one("", newer, None)), (RunState::Failed, WRONG_PASSWORD));
}

#[test]
fn known_and_unknown_exit_codes_end_as_tabled() {
    assert_eq!(end(&one("", "", Some(10))), (RunState::Failed, NO_REPOSITORY));
    assert_eq!(end(&one("", "", Some(11))), (RunState::Failed, LOCKED));
    assert_eq!(end(&one("", "", Some(130))).0, RunState::Cancelled);
    assert_eq!(end(&one("", "", Some(143))).0, RunState::Cancelled);
    assert_eq!(end(&one("", "", Some(137))).0, RunState::Failed);
    assert_eq!(end(&one("", "panic: oops", Some(2))), (RunState::Failed, "restic: panic: oops"));
    assert_eq!(
        end(&one(BACKUP, "", Some(77))),
        (RunState::Failed, "restic failed (exit code 77): see the log's end; snapshot ea5b3d0c was saved before")
    );
    assert_eq!(
        end(&one("", "Fatal: unable to create lock in backend: repository is already locked exclusively by PID 7", Some(1))),
        (RunState::Failed, LOCKED)
    );
    assert_eq!(
        end(&one(
            "",
            "Fatal: unable to open config file: stat norepo/config: no such file or directory\nIs there a repository at the following location?\nnorepo",
            Some(1)
        )),
        (RunState::Failed, NO_REPOSITORY)
    );
}

#[test]
fn zero_without_a_summary_is_unrecognised() {
    for (stdout, code) in [("", Some(0)), ("done", Some(0)), ("", None)] {
        let run = one(stdout, "", code);
        assert_eq!(run.event.state, RunState::Warning);
        assert!(end(&run).1.starts_with("unrecognised: "), "{:?}", run.event.message);
    }
}

#[test]
fn plain_text_is_read_with_its_sums() {
    let run = one(include_str!("captures/restic_plain_exit3.txt"), "", Some(3));
    assert_eq!(end(&run), (RunState::Warning, "1 file could not be backed up: src/d/b.txt"));
    assert_eq!(
        (run.event.items, run.event.bytes, run.event.bytes_added, run.run_key.as_deref()),
        (Some(1), Some(3), Some(880), Some("10558c4f"))
    );
    let run = one("processed 12 files, 1.500 KiB in 1:02\nsnapshot a16efe12 saved\n", "", Some(0));
    assert_eq!(end(&run), (RunState::Succeeded, "snapshot a16efe12 saved"));
    assert_eq!((run.event.items, run.event.bytes, run.started_at), (Some(12), Some(1536), Some(NOW - domain::time::Span(62_000))));
}

#[test]
fn a_missing_source_is_not_passed_over_though_restic_ends_with_0() {
    let run = one(BACKUP, "nope does not exist, skipping\n", Some(0));
    assert_eq!(end(&run), (RunState::Warning, "1 file could not be backed up: nope"));
    let run = one("", "nope does not exist, skipping\nFatal: all target directories/files do not exist", Some(1));
    assert_eq!(end(&run).1, "restic: none of the folders to back up exists: check the paths and whether they are mounted");
}

#[test]
fn a_dry_run_is_no_backup() {
    let json = r#"{"message_type":"summary","files_new":0,"total_files_processed":2,"total_bytes_processed":6,"total_duration":0.2,"snapshot_id":"795c6a48","dry_run":true}"#;
    assert_eq!(end(&one(json, "", Some(0))).0, RunState::Skipped);
    assert_eq!(
        end(&one("Would add to the repository: 0 B   (0 B   stored)\n\nprocessed 2 files, 6 B in 0:00\n", "", Some(0))).0,
        RunState::Skipped
    );
}

#[test]
fn newer_releases_tell_times_and_packed_sizes() {
    let json = r#"{"message_type":"summary","files_new":1,"data_added":900,"data_added_packed":400,"total_files_processed":1,"total_bytes_processed":9,"total_duration":1,"backup_start":"1970-01-01T01:10:00+01:00","backup_end":"1970-01-01T00:10:01.5Z","snapshot_id":"795c6a48b21d2bf7a1ba3ff3b36b3b0e3a2fcd7aa1d4bb4b3b3ad4ad4a0f6f5b"}"#;
    let run = one(json, "", Some(0));
    assert_eq!(
        (run.started_at, run.event.at, run.event.bytes_added, run.run_key.as_deref()),
        (Some(Time(600_000)), Time(601_500), Some(400), Some("795c6a48"))
    );
    let late = json.replace("1970-01-01T00:10:01.5Z", "2099-01-01T00:00:00Z");
    assert_eq!(one(&late, "", Some(0)).event.at, NOW, "a machine's clock may be wrong");
    let unchanged = r#"{"message_type":"summary","total_files_processed":1,"total_bytes_processed":9}"#;
    assert_eq!(end(&one(unchanged, "", Some(0))), (RunState::Succeeded, "nothing has changed: no new snapshot"));
}

#[test]
fn several_snapshots_are_several_runs() {
    let both = format!("{BACKUP}{EXIT3_OUT}");
    let report = Report { stdout: &both, exit_code: Some(0), received_at: NOW, ..Report::default() };
    let runs = read(ToolName::Restic, &report).unwrap_or_default();
    assert_eq!(runs.iter().map(|r| r.run_key.as_deref().unwrap_or_default()).collect::<Vec<_>>(), ["ea5b3d0c", "e7132dda"]);
    let whole = crate::join(runs);
    assert_eq!(whole.map(|w| (w.event.bytes, w.event.state)), Some((Some(400_006), RunState::Succeeded)));
}

#[test]
fn lists_are_refused_with_what_they_are() {
    for list in [
        include_str!("captures/restic_snapshots.json"),
        include_str!("captures/restic_forget.json"),
        include_str!("captures/restic_stats.json"),
    ] {
        let report = Report { stdout: list, exit_code: Some(0), received_at: NOW, ..Report::default() };
        assert!(matches!(read(ToolName::Restic, &report), Err(FormatError::NoRun(_))));
    }
    let backup_then_forget = format!("{BACKUP}{}", include_str!("captures/restic_forget.json"));
    assert_eq!(end(&one(&backup_then_forget, "", Some(0))).0, RunState::Succeeded);
}

#[test]
fn a_thousand_failing_files_are_counted_and_a_hundred_named() {
    let errors: String = (0..1000)
        .map(|n| format!("{{\"message_type\":\"error\",\"error\":{{\"message\":\"x\"}},\"during\":\"scan\",\"item\":\"/f{n}\"}}\n"))
        .collect();
    let run = one(BACKUP, &format!("{errors}{errors}"), Some(3));
    assert_eq!(run.event.failed_items.len(), 100);
    assert_eq!(end(&run).1, "1000 files could not be backed up: /f0, /f1, /f2 and 997 more; the first 100 are listed");
}

#[test]
fn progress_is_read_from_status_lines_only() {
    let line = r#"{"message_type":"status","seconds_elapsed":3,"percent_done":0.426,"total_files":9,"files_done":4,"total_bytes":100,"bytes_done":42,"current_files":["/x"]}"#;
    assert_eq!(crate::progress(ToolName::Restic, line), Some(Progress { percent: Some(42), items: Some(4), bytes: Some(42) }));
    assert_eq!(crate::progress(ToolName::Restic, BACKUP.lines().nth(1).unwrap_or_default()), None);
    assert_eq!(crate::progress(ToolName::Restic, "snapshot"), None);
}
