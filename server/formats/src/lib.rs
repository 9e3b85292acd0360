//! What backup tools print, turned into events (D1, *Run states*). Pure: no clock, no files, no network.
//!
//! One file per tool; each takes output and exit code as they came, on two streams or mixed in one.
//! Kept rules: an unknown state is a warning, never a success; partial is not failed; failing files are named;
//! times without a zone are not believed; secrets leave neither in a message nor in a log; no input panics.

mod borg;
mod borgmatic;
mod lines;
mod log;
mod rclone;
mod redact;
mod restic;
mod restore;
mod tool;
mod verdict;

pub use log::{HEAD_LIMIT, TAIL_LIMIT, excerpt};
pub use redact::redact;
pub use restore::{RestoreOutcome, restore_test};
pub use tool::{ToolName, detect, detect_program};
pub use verdict::{MAX_FAILED_ITEMS, MAX_MESSAGE, destination, signal_of};

use domain::{
    run::{RunEvent, RunState},
    time::Time,
};
use std::fmt;

/// A tool's output as it came. With one mixed body, put it into `stdout` and leave `stderr` empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report<'a> {
    /// Standard output, or everything.
    pub stdout: &'a str,
    /// Standard error, if it was kept apart.
    pub stderr: &'a str,
    /// Exit code (128 + N for signal N), if known. Without it the content decides.
    pub exit_code: Option<i32>,
    /// When the command was started, if known.
    pub started_at: Option<Time>,
    /// When the report arrived, or the command ended.
    pub received_at: Time,
    /// Minutes east of UTC of the machine's zone; without it local times are not believed.
    pub zone_offset_minutes: Option<i32>,
}

/// One finished run found in an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What tells several jobs in one output apart: a borgmatic repository's label.
    pub job_hint: Option<String>,
    /// The tool's own id of the run: 8 characters of a restic snapshot id, a borg archive id.
    pub run_key: Option<String>,
    /// When the run began, as far as known.
    pub started_at: Option<Time>,
    /// The end of the run; attempt 1, never `timed_out`.
    pub event: RunEvent,
    /// Head and tail of the output, without progress lines and secrets.
    pub log: String,
}

/// How far an open run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100, if the tool knows.
    pub percent: Option<u8>,
    /// Files done.
    pub items: Option<i64>,
    /// Bytes done.
    pub bytes: Option<i64>,
}

/// Why an output gives no run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// A tool whose output is not read yet; its name.
    Unsupported(String),
    /// A well-understood output that describes no run; what it is.
    NoRun(&'static str),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(name) => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                write!(f, "not supported yet: {name}; supported are ")?;
                for (place, tool) in ToolName::ALL.iter().enumerate() {
                    write!(f, "{}{tool}", if place == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::NoRun(what) => write!(f, "this is {what}, not the output of a backup: send what the backup command itself prints"),
        }
    }
}

impl std::error::Error for FormatError {}

/// Every run in an output, in the order of the output; at least one. `NoRun` for lists of archives and the like.
pub fn read(tool: ToolName, report: &Report<'_>) -> Result<Vec<Parsed>, FormatError> {
    match tool {
        ToolName::Restic => restic::read(report),
        ToolName::Borg => borg::read(report),
        ToolName::Borgmatic => borgmatic::read(report),
        ToolName::Rclone => rclone::read(report),
    }
}

/// One run out of several, for a command that made several archives: the worst state, figures added up.
/// `None` for none.
pub fn join(runs: Vec<Parsed>) -> Option<Parsed> {
    verdict::join(runs)
}

/// What a command of an unknown tool came to: exit code 0 succeeded, signals 2 and 15 cancelled, otherwise failed.
pub fn generic(report: &Report<'_>) -> Parsed {
    verdict::generic(report)
}

/// Reads one line of a running tool's output.
pub fn progress(tool: ToolName, line: &str) -> Option<Progress> {
    let line = line.trim();
    if !line.starts_with('{') || line.len() > 64 * 1024 {
        return None;
    }
    match tool {
        ToolName::Restic => restic::progress(line),
        ToolName::Borg | ToolName::Borgmatic => borg::progress(line),
        ToolName::Rclone => rclone::progress(line),
    }
}

/// Whether a line only tells how far the tool is, and is worth nothing once the run has ended.
pub fn is_progress_line(line: &str) -> bool {
    lines::is_progress(line)
}

/// Whether a usable backup exists after this exit code alone: succeeded or warning.
pub fn ends_usable(tool: ToolName, exit_code: i32) -> bool {
    match tool {
        ToolName::Restic => matches!(exit_code, 0 | 3),
        ToolName::Borg => matches!(exit_code, 0 | 1 | 100..=125),
        ToolName::Borgmatic => exit_code == 0,
        ToolName::Rclone => matches!(exit_code, 0 | 9),
    }
}

/// Whether a state is an end with a usable backup.
pub const fn usable(state: RunState) -> bool {
    matches!(state, RunState::Succeeded | RunState::Warning)
}

#[cfg(test)]
mod any_input;
