//! No input panics, and what comes out keeps its limits: random text, random pieces of real captures, cut captures.

use crate::*;
use proptest::prelude::*;

const CAPTURES: &[&str] = &[
    include_str!("captures/restic_backup1.jsonl"),
    include_str!("captures/restic_exit3.err"),
    include_str!("captures/restic_exit3.jsonl"),
    include_str!("captures/restic_badpw.err"),
    include_str!("captures/restic_check.out"),
    include_str!("captures/restic_restore.out"),
    include_str!("captures/restic_plain_exit3.txt"),
    include_str!("captures/restic_forget.json"),
    include_str!("captures/borg_create.json"),
    include_str!("captures/borg_warn.json"),
    include_str!("captures/borg_warn.jsonl"),
    include_str!("captures/borg_badpw.jsonl"),
    include_str!("captures/borg_list_paris.json"),
    include_str!("captures/borg_plain_stats.txt"),
    include_str!("captures/borgmatic_create.json"),
    include_str!("captures/rclone_sync.jsonl"),
    include_str!("captures/rclone_unreadable.jsonl"),
    include_str!("captures/rclone_plain.txt"),
];

fn check(stdout: &str, stderr: &str, exit_code: Option<i32>, offset: Option<i32>) {
    let report = Report { stdout, stderr, exit_code, started_at: None, received_at: Time(1_795_219_200_000), zone_offset_minutes: offset };
    for tool in ToolName::ALL {
        if let Ok(runs) = read(tool, &report) {
            assert!(!runs.is_empty(), "an output has at least one run");
            for run in &runs {
                assert!(run.event.message.as_ref().is_none_or(|m| m.chars().count() <= MAX_MESSAGE && !m.contains('\n')));
                assert!(run.event.failed_items.len() <= MAX_FAILED_ITEMS);
                assert!(run.log.len() <= HEAD_LIMIT + TAIL_LIMIT + 100);
                assert!(run.event.at <= report.received_at);
                assert!(!matches!(run.event.state, RunState::Running | RunState::Retrying | RunState::Missed));
            }
            if exit_code.is_some_and(|code| !ends_usable(tool, code)) && tool == ToolName::Restic {
                assert!(runs.last().is_some_and(|run| !usable(run.event.state)), "a bad exit code is never usable");
            }
            let _ = join(runs);
        }
        let _ = restore_test(Some(tool), &report);
        for line in stdout.lines() {
            let _ = (progress(tool, line), is_progress_line(line));
        }
    }
    let _ = generic(&report);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600), code in proptest::option::of(any::<i32>()), offset in proptest::option::of(any::<i32>())) {
        check(&String::from_utf8_lossy(&bytes), "", code, offset);
    }

    #[test]
    fn cut_and_shuffled_captures(parts in proptest::collection::vec((0..CAPTURES.len(), 0usize..2000, 0usize..2000), 1..5), code in proptest::option::of(0..140i32)) {
        let mut mixed = String::new();
        for (which, from, length) in parts {
            mixed.extend(CAPTURES.get(which).into_iter().flat_map(|c| c.chars()).skip(from % 700).take(length));
        }
        check(&mixed, "", code, Some(60));
        check("", &mixed, code, None);
    }

    #[test]
    fn words_of_the_tools_in_any_order(words in proptest::collection::vec(prop::sample::select(vec![
        "Fatal: ", "error: ", "snapshot ", " saved", "\n", "{", "}", "[", "\"message_type\":\"summary\"", ":", "processed ", "99999999999999999999", " files, ", "1e999 KiB", " in ", ":::", "Transferred:", "/", "This archive:", "Archive name: ", "Duration: ", " seconds", "https://a:b@", "password=", "'", "-----BEGIN PRIVATE KEY", ": [Errno ", "open: ", "\r", "ä", "\u{0}", "terminating with rc ", "ERROR : ", ": Failed to ", "E ", "\"", "--token ",
    ]), 0..40), code in proptest::option::of(-300..300i32)) {
        check(&words.concat(), "", code, Some(i32::MAX));
    }
}

#[test]
fn every_capture_cut_anywhere() {
    for capture in CAPTURES {
        for (end, _) in capture.char_indices().step_by(7) {
            check(capture.get(..end).unwrap_or_default(), "", None, None);
        }
    }
}
