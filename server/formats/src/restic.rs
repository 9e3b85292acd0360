//! restic `backup`, with `--json` (0.14 and later) and in plain text. A run counts as succeeded only with a summary in
//! the output; exit code 3, and any file named as unreadable or missing, makes a warning.

use crate::{
    FormatError, Parsed, Progress, Report,
    lines::{Piece, number, pieces, seconds, size, text},
    verdict::{FailedItems, Finding, common_fault, signalled},
};
use chrono::DateTime;
use domain::{run::RunState, time::Time};
use serde_json::Value;

/// A snapshot that restic reported.
#[derive(Default)]
struct Summary {
    finding: Finding,
    dry_run: bool,
}

#[derive(Default)]
struct Output {
    summaries: Vec<Summary>,
    /// Of plain text: the sums stand before the line that names the snapshot.
    plain: Finding,
    dry_run: bool,
    failed: FailedItems,
    unreadable: bool,
    fatal: Option<String>,
    fatal_code: Option<i32>,
    interrupted: bool,
    list: Option<&'static str>,
    anything: bool,
}

pub(crate) fn read(report: &Report<'_>) -> Result<Vec<Parsed>, FormatError> {
    let mut output = Output::default();
    for piece in pieces(report.stdout, report.stderr) {
        output.anything = true;
        match piece {
            Piece::Json(value) => output.json(&value),
            Piece::Text(line) => output.line(line),
        }
    }
    if let Some(what) = output.list
        && output.summaries.is_empty()
        && output.fatal.is_none()
        && output.failed.is_empty()
        && matches!(report.exit_code, None | Some(0))
    {
        return Err(FormatError::NoRun(what));
    }
    Ok(output.runs(report))
}

impl Output {
    fn json(&mut self, value: &Value) {
        if let Some(items) = value.as_array() {
            let has = |key: &str| items.first().is_some_and(|i| i.get(key).is_some());
            if has("short_id") {
                self.list = Some("a list of restic snapshots");
            } else if has("keep") {
                self.list = Some("the output of restic forget");
            }
            return;
        }
        match text(value, "message_type") {
            Some("summary") if value.get("total_files_processed").is_some() || value.get("snapshot_id").is_some() => {
                self.summaries.push(summary(value))
            }
            Some("error") => self.item_error(value),
            Some("exit_error") => {
                self.fatal = text(value, "message").map(str::to_owned).or_else(|| self.fatal.take());
                self.fatal_code = value.get("code").and_then(Value::as_i64).and_then(|c| i32::try_from(c).ok());
            }
            None if value.get("snapshots_count").is_some() => self.list = Some("the output of restic stats"),
            _ => {}
        }
    }

    fn item_error(&mut self, value: &Value) {
        let error = value.get("error");
        let item = text(value, "item").filter(|i| !i.is_empty()).or_else(|| error.and_then(|e| text(e, "Path")));
        match item {
            Some(item) => self.failed.add(item),
            None => self.unreadable = true,
        }
    }

    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("Fatal: ") {
            self.fatal.get_or_insert_with(|| rest.to_owned());
        } else if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
            self.fatal.get_or_insert_with(|| line.to_owned());
        } else if let Some(rest) = line.strip_prefix("error: ").or_else(|| line.strip_prefix("Error: ")) {
            self.failed.add(plain_error_item(rest));
        } else if let Some(item) = line.strip_suffix(" does not exist, skipping") {
            self.failed.add(item);
        } else if line.starts_with("Warning: at least one source file could not be read")
            || line.starts_with("Warning: failed to read all source data")
        {
            self.unreadable = true;
        } else if line.starts_with("signal interrupt received") || line.starts_with("context canceled") {
            self.interrupted = true;
        } else if line.starts_with("Would add to the repo") {
            self.dry_run = true;
            self.plain.bytes_added = None;
        } else if let Some(rest) = line.strip_prefix("Added to the repository: ").or_else(|| line.strip_prefix("Added to the repo: ")) {
            let stored = rest.split_once('(').and_then(|(_, s)| size(s));
            self.plain.bytes_added = stored.or_else(|| size(rest));
        } else if let Some(rest) = line.strip_prefix("processed ") {
            self.plain_sums(rest);
        } else if let Some(id) = line.strip_prefix("snapshot ").and_then(|rest| rest.strip_suffix(" saved")) {
            let mut finding = std::mem::take(&mut self.plain);
            finding.run_key = short_id(id);
            self.summaries.push(Summary { finding, dry_run: false });
        }
    }

    /// `2 files, 195.318 KiB in 0:00`
    fn plain_sums(&mut self, rest: &str) {
        self.plain.items = rest.split(' ').next().and_then(|n| n.parse().ok());
        if let Some((_, sums)) = rest.split_once(", ") {
            self.plain.bytes = size(sums);
            self.plain.duration_ms = sums.rsplit_once(" in ").and_then(|(_, t)| clock_ms(t));
        }
        if self.dry_run {
            let finding = std::mem::take(&mut self.plain);
            self.summaries.push(Summary { finding, dry_run: true });
        }
    }

    fn runs(mut self, report: &Report<'_>) -> Vec<Parsed> {
        let code = report.exit_code.or(self.fatal_code);
        let (state, message) = self.verdict(code);
        let last = self.summaries.pop();
        // Several snapshots in one output: the earlier ones were finished, whatever befell the last.
        let mut runs: Vec<Parsed> = self
            .summaries
            .into_iter()
            .map(|s| {
                let (state, words) = snapshot_words(&s);
                s.finding.end(report, "restic", state, &words, FailedItems::default())
            })
            .collect();
        runs.push(last.unwrap_or_default().finding.end(report, "restic", state, &message, self.failed));
        runs
    }

    fn verdict(&self, code: Option<i32>) -> (RunState, String) {
        let last = self.summaries.last();
        let advice = self.fatal.as_deref().map(advice);
        match code {
            Some(0) | None => self.content(last, code.is_some(), advice),
            Some(3) => (RunState::Warning, self.partial()),
            Some(130) => (RunState::Cancelled, "restic was stopped by an interrupt (Ctrl-C)".to_owned()),
            Some(code) => {
                if let Some((state, words)) = signalled(code) {
                    return (state, format!("restic: {words}"));
                }
                let known = match code {
                    10 => Some(NO_REPOSITORY.to_owned()),
                    11 => Some(LOCKED.to_owned()),
                    12 => Some(WRONG_PASSWORD.to_owned()),
                    _ => None,
                };
                let words = known.or(advice).unwrap_or_else(|| match code {
                    2 => "restic crashed (exit code 2): see the log's end".to_owned(),
                    126 => "restic could not be executed (exit code 126): check its permissions".to_owned(),
                    127 => "restic was not found (exit code 127): check that it is installed and in the PATH".to_owned(),
                    1 if !self.failed.is_empty() => format!("restic failed (exit code 1); {}", self.failed.sentence()),
                    _ => format!("restic failed (exit code {code}): see the log's end"),
                });
                match last.and_then(|s| s.finding.run_key.as_deref()) {
                    Some(id) => (RunState::Failed, format!("{words}; snapshot {id} was saved before")),
                    None => (RunState::Failed, words),
                }
            }
        }
    }

    /// Exit code 0 or none: the content decides.
    fn content(&self, last: Option<&Summary>, has_code: bool, advice: Option<String>) -> (RunState, String) {
        match (last, advice) {
            (None, Some(advice)) => (RunState::Failed, advice),
            _ if self.interrupted && !has_code => (RunState::Cancelled, "restic was stopped by an interrupt (Ctrl-C)".to_owned()),
            (Some(s), _) if s.dry_run => snapshot_words(s),
            (Some(_), Some(advice)) => (RunState::Warning, format!("a snapshot was saved, but: {advice}")),
            (Some(_), None) if !self.failed.is_empty() || self.unreadable => (RunState::Warning, self.partial()),
            (Some(s), None) => snapshot_words(s),
            (None, None) if has_code && self.anything => (
                RunState::Warning,
                "unrecognised: restic ended with 0, but its output holds no summary: add --json, and leave out --quiet".to_owned(),
            ),
            (None, None) if has_code => {
                (RunState::Warning, "unrecognised: restic ended with 0 but printed nothing: add --json, and leave out --quiet".to_owned())
            }
            (None, None) => (RunState::Warning, "unrecognised: neither an exit code nor a summary says how restic ended".to_owned()),
        }
    }

    fn partial(&self) -> String {
        if self.failed.is_empty() {
            "some source files could not be read; the output does not name them".to_owned()
        } else {
            self.failed.sentence()
        }
    }
}

fn snapshot_words(summary: &Summary) -> (RunState, String) {
    if summary.dry_run {
        return (RunState::Skipped, "a dry run: nothing was stored".to_owned());
    }
    match &summary.finding.run_key {
        Some(id) => (RunState::Succeeded, format!("snapshot {id} saved")),
        None => (RunState::Succeeded, "nothing has changed: no new snapshot".to_owned()),
    }
}

fn summary(value: &Value) -> Summary {
    Summary {
        dry_run: value.get("dry_run").and_then(Value::as_bool).unwrap_or(false),
        finding: Finding {
            job_hint: None,
            run_key: text(value, "snapshot_id").and_then(short_id),
            started_at: text(value, "backup_start").and_then(instant),
            ended_at: text(value, "backup_end").and_then(instant),
            duration_ms: seconds(value, "total_duration"),
            items: number(value, "total_files_processed"),
            bytes: number(value, "total_bytes_processed"),
            bytes_added: number(value, "data_added_packed").or_else(|| number(value, "data_added")),
            destination: None,
        },
    }
}

/// 0.14 prints 8 characters, later releases 64: the first 8 name the same snapshot.
fn short_id(id: &str) -> Option<String> {
    (id.len() >= 8 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| id.chars().take(8).collect())
}

fn instant(text: &str) -> Option<Time> {
    DateTime::parse_from_rfc3339(text).ok().map(|t| Time(t.timestamp_millis()))
}

/// `1:02:03` or `0:07`
fn clock_ms(text: &str) -> Option<i64> {
    let mut seconds = 0i64;
    for part in text.trim().split(':').take(3) {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse::<i64>().ok().filter(|n| (0..100_000).contains(n))?)?;
    }
    Some(seconds * 1000)
}

/// The path in `open src/b.txt: permission denied`.
fn plain_error_item(rest: &str) -> &str {
    let path = rest.split_once(": ").map_or(rest, |(path, _)| path);
    ["open ", "lstat ", "read ", "readdirent ", "stat ", "Lstat ", "Open ", "Readdir ", "fdopendir ", "NodeFromFileInfo "]
        .iter()
        .find_map(|call| path.strip_prefix(call))
        .unwrap_or(path)
}

const NO_REPOSITORY: &str = "restic: no repository at that place: check its address, or run `restic init` once";
const LOCKED: &str = "restic: the repository is locked: run `restic unlock` if no other backup is running";
const WRONG_PASSWORD: &str = "restic: wrong password: check RESTIC_PASSWORD, RESTIC_PASSWORD_FILE or --password-file";

/// What a technician should read instead of restic's own words; those words where nothing better is known.
fn advice(fatal: &str) -> String {
    let lower = fatal.to_lowercase();
    let has = |words: &str| lower.contains(words);
    if has("wrong password") {
        WRONG_PASSWORD.to_owned()
    } else if has("already locked") || has("unable to create lock") {
        LOCKED.to_owned()
    } else if let Some(fault) = common_fault(&lower) {
        format!("restic: {fault} ({fatal})")
    } else if has("unable to open config file") || has("repository does not exist") {
        NO_REPOSITORY.to_owned()
    } else if has("directories/files do not exist") {
        "restic: none of the folders to back up exists: check the paths and whether they are mounted".to_owned()
    } else if has("please specify repository location") {
        "restic: no repository is named: set RESTIC_REPOSITORY or -r".to_owned()
    } else if has("empty password") || has("unable to resolve password") {
        "restic: no password is given: set RESTIC_PASSWORD_FILE or --password-file".to_owned()
    } else {
        format!("restic: {fatal}")
    }
}

pub(crate) fn progress(line: &str) -> Option<Progress> {
    if !line.contains("\"status\"") {
        return None;
    }
    let value: Value = serde_json::from_str(line).ok()?;
    if text(&value, "message_type") != Some("status") {
        return None;
    }
    let percent = value.get("percent_done").and_then(Value::as_f64).map(|p| (p * 100.0).clamp(0.0, 100.0));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
    let percent = percent.map(|p| p as u8);
    Some(Progress { percent, items: number(&value, "files_done").or(Some(0)), bytes: number(&value, "bytes_done").or(Some(0)) })
}

#[cfg(test)]
#[path = "restic_tests.rs"]
mod tests;
