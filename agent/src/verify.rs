//! `verify`: runs a restore or check command, times it, and sends a restore test.

use crate::{
    capture::Worth,
    child::{self, Signals},
    clock,
    command_line::Verify,
    complain,
    courier::Courier,
    message::RestoreTest,
    settings,
    spool::Kind,
};
use formats::{Report, RestoreOutcome, redact, restore_test};
use std::{fs, path::Path};

/// Runs the command; its exit code, or 1 where it ended well but the test failed nevertheless.
pub(crate) fn verify(order: &Verify) -> i32 {
    let (settings, trouble) = settings::load();
    if let Some(trouble) = trouble {
        complain(&trouble);
    }
    let device = settings.device.clone();
    let courier = Courier::start(settings, settings::spool_path());
    let signals = Signals::listen();
    let ended = child::run(&order.command, &signals, |line| if formats::is_progress_line(line) { Worth::Nothing } else { Worth::Keep });
    let report = Report {
        stdout: &ended.stdout,
        stderr: &ended.stderr,
        exit_code: Some(ended.code),
        started_at: Some(ended.started_at),
        received_at: ended.ended_at,
        zone_offset_minutes: None,
    };
    let tool = order.tool.or_else(|| formats::detect_program(&order.command));
    let mut outcome = restore_test(tool, &report).unwrap_or_else(|error| RestoreOutcome {
        passed: false,
        files: None,
        bytes: None,
        note: error.to_string(),
    });
    if let Some(fault) = &ended.fault {
        outcome.note.clone_from(fault);
    }
    for path in &order.expect_file {
        if outcome.passed && !is_there(path) {
            outcome.passed = false;
            outcome.note = format!("{} is missing or empty after the restore", path.display());
            complain(&outcome.note);
        }
    }
    let milliseconds = u64::try_from((ended.ended_at - ended.started_at).0).unwrap_or(0);
    if let Some(signal) = signals.stopped().filter(|_| !outcome.passed) {
        // Stopped by somebody: that proves nothing, for or against.
        complain(&format!("stopped by signal {signal}: no restore test is sent"));
    } else {
        let scope = if order.scope.is_empty() { redact(&order.command.join(" ")) } else { order.scope.clone() };
        let test = RestoreTest {
            device,
            at: clock::text(ended.ended_at),
            result: if outcome.passed { "passed" } else { "failed" },
            scope: scope.chars().take(500).collect(),
            rto_seconds: milliseconds.div_ceil(1000),
            note: outcome.note.clone(),
        };
        courier.send(Kind::RestoreTest, &test);
    }
    courier.finish();
    if ended.code == 0 && !outcome.passed { 1 } else { ended.code }
}

/// A file with something in it, or a folder with something in it.
fn is_there(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => found.len() > 0,
    })
}
