//! rclone `sync`, `copy` and their like, with `--use-json-log --stats 1s` or in plain text. rclone tells what it moved,
//! not how large the whole is: so `bytes_added` is filled and `bytes` is not (D4, *size anomaly*, would misfire on it).

use crate::{
    FormatError, Parsed, Progress, Report,
    lines::{Piece, number, pieces, seconds, size, text},
    verdict::{FailedItems, Finding, common_fault, last_text, signalled},
};
use domain::run::RunState;
use serde_json::Value;

#[derive(Default)]
struct Output {
    finding: Finding,
    told: bool,
    errors: i64,
    fatal: bool,
    moved: i64,
    last_error: Option<String>,
    /// Files of the source that could not be read.
    unread: FailedItems,
    /// Anything else that went wrong with a file.
    unwritten: FailedItems,
    ended: Option<String>,
}

pub(crate) fn read(report: &Report<'_>) -> Result<Vec<Parsed>, FormatError> {
    let mut output = Output::default();
    for piece in pieces(report.stdout, report.stderr) {
        match piece {
            Piece::Json(value) => output.json(&value),
            Piece::Text(line) => output.line(line),
        }
    }
    let (state, message) = output.verdict(report);
    let failed = if output.unwritten.is_empty() { output.unread } else { output.unwritten };
    Ok(vec![output.finding.end(report, "rclone", state, &message, failed)])
}

impl Output {
    fn json(&mut self, value: &Value) {
        if let Some(stats) = value.get("stats").filter(|s| s.is_object()) {
            self.told = true;
            self.errors = number(stats, "errors").unwrap_or(0);
            self.fatal = stats.get("fatalError").and_then(Value::as_bool).unwrap_or(false);
            self.moved = number(stats, "transfers").unwrap_or(0);
            self.finding.items = Some(self.moved.saturating_add(number(stats, "checks").unwrap_or(0)));
            self.finding.bytes_added = number(stats, "bytes");
            self.finding.duration_ms = seconds(stats, "elapsedTime");
            if let Some(error) = text(stats, "lastError") {
                self.last_error = Some(error.to_owned());
            }
        } else if matches!(text(value, "level"), Some("error" | "critical" | "fatal")) {
            self.error(
                text(value, "object").filter(|_| !text(value, "objectType").unwrap_or_default().ends_with(".Fs")),
                text(value, "msg").unwrap_or_default(),
            );
        }
    }

    fn line(&mut self, line: &str) {
        // `2026/11/20 20:58:01 ERROR : d/b.txt: Failed to copy: …`
        let words = line.split_once("ERROR : ").map(|(_, words)| words);
        if let Some(words) = words {
            match words.find(": Failed to ").or_else(|| words.find(": failed to ")) {
                Some(end) => self.error(words.get(..end), words.get(end + 2..).unwrap_or_default()),
                None => self.error(None, words),
            }
        } else if let Some(place) = line.find("Failed to ") {
            self.ended = line.get(place..).map(str::to_owned);
        } else if let Some(sums) = line.strip_prefix("Transferred:") {
            self.plain_sums(sums);
        } else if let Some(sums) = line.strip_prefix("Checks:") {
            let checks: i64 = sums.split('/').next().and_then(|n| n.trim().parse().ok()).unwrap_or(0);
            self.finding.items = Some(checks);
        } else if let Some(count) = line.strip_prefix("Errors:") {
            self.errors = count.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(1);
        }
    }

    fn plain_sums(&mut self, sums: &str) {
        let done = sums.split('/').next().unwrap_or_default();
        self.told = true;
        match (size(done), done.trim().parse::<i64>()) {
            (Some(bytes), _) => {
                // The first line of a new block of figures.
                self.finding.bytes_added = Some(bytes);
                self.finding.items = Some(0);
                self.moved = 0;
            }
            (None, Ok(count)) => {
                self.moved = count;
                self.finding.items = Some(self.finding.items.unwrap_or(0).saturating_add(count));
            }
            (None, Err(_)) => {}
        }
    }

    fn error(&mut self, object: Option<&str>, words: &str) {
        if words.contains("there were IO errors") {
            return;
        }
        if !words.starts_with("Attempt ") {
            self.last_error = Some(words.to_owned());
        }
        let Some(object) = object else { return };
        let unread = words.contains("open source object")
            || words.contains("source file is being updated")
            || words.contains("failed to open directory")
            || words.contains("failed to read directory");
        if unread { self.unread.add(object) } else { self.unwritten.add(object) }
    }

    fn verdict(&self, report: &Report<'_>) -> (RunState, String) {
        let words = || {
            let words = self.ended.as_deref().or(self.last_error.as_deref()).or_else(|| last_text(report)).unwrap_or("see the log's end");
            common_fault(&words.to_lowercase()).map_or_else(|| words.to_owned(), |advice| format!("{advice} ({words})"))
        };
        // Nothing but unreadable sources: the rest was copied.
        let partial = !self.unread.is_empty() && self.unwritten.is_empty() && !self.fatal;
        let faults = || {
            if partial {
                (RunState::Warning, self.unread.sentence())
            } else if self.unwritten.is_empty() {
                (RunState::Failed, format!("rclone: {}", words()))
            } else {
                (RunState::Failed, format!("rclone: {}; {}", self.unwritten.sentence(), words()))
            }
        };
        let failed = |what: &str| (RunState::Failed, format!("rclone: {what}: {}", words()));
        match report.exit_code {
            Some(0) if self.errors > 0 => (RunState::Warning, format!("rclone ended with 0 after {} errors: {}", self.errors, words())),
            Some(0) => (
                RunState::Succeeded,
                if self.told { "copied".to_owned() } else { "rclone ended with 0; add --use-json-log --stats 1s for figures".to_owned() },
            ),
            Some(9) => (RunState::Succeeded, "nothing had to be transferred".to_owned()),
            Some(1) => faults(),
            Some(2) => failed("wrong usage (exit code 2)"),
            Some(3) => failed("a folder was not found (exit code 3)"),
            Some(4) => failed("a file was not found (exit code 4)"),
            Some(5) => failed("a passing error, more retries might help (exit code 5)"),
            Some(6) if partial => faults(),
            Some(6) => failed("errors that retries don't help against (exit code 6)"),
            Some(7) => failed("a fatal error (exit code 7)"),
            Some(8) => failed("the transfer limit was reached (--max-transfer, exit code 8)"),
            Some(10) => failed("the time limit was reached (--max-duration, exit code 10)"),
            Some(127) => (RunState::Failed, "rclone was not found (exit code 127): check that it is installed and in the PATH".to_owned()),
            Some(code) => match signalled(code) {
                Some((state, words)) => (state, format!("rclone: {words}")),
                None => failed(&format!("exit code {code}")),
            },
            None if self.errors > 0 || self.fatal || self.ended.is_some() => faults(),
            None if self.told => (RunState::Succeeded, "copied".to_owned()),
            None => (RunState::Warning, "unrecognised: neither an exit code nor statistics say how rclone ended".to_owned()),
        }
    }
}

pub(crate) fn progress(line: &str) -> Option<Progress> {
    if !line.contains("\"stats\"") {
        return None;
    }
    let value: Value = serde_json::from_str(line).ok()?;
    let stats = value.get("stats")?;
    let (bytes, total) = (number(stats, "bytes")?, number(stats, "totalBytes").filter(|t| *t > 0));
    let percent = total.map(|total| u8::try_from(bytes.saturating_mul(100) / total).unwrap_or(100).min(100));
    let items = number(stats, "transfers").map(|t| t.saturating_add(number(stats, "checks").unwrap_or(0)));
    Some(Progress { percent, items, bytes: Some(bytes) })
}

#[cfg(test)]
#[path = "rclone_tests.rs"]
mod tests;
