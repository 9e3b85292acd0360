//! borg `create`: the archive of `--json`, the statistics of `--stats`, the messages of `--log-json` or plain text.
//! Its times are local without a zone and believed only when the report tells the zone.

use crate::{
    FormatError, Parsed, Progress, Report,
    lines::{Piece, number, pieces, seconds, size, text},
    verdict::{FailedItems, Finding, common_fault, last_text, signalled},
};
use chrono::NaiveDateTime;
use domain::{run::RunState, time::Time};
use serde_json::Value;

/// What an output of borg, or of borgmatic around it, says.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) archives: Vec<Finding>,
    plain: Option<Finding>,
    pub(crate) failed: FailedItems,
    pub(crate) warnings: Vec<String>,
    pub(crate) errors: Vec<(Option<String>, String)>,
    /// The code of `--show-rc`.
    pub(crate) told_code: Option<i32>,
    pub(crate) list: bool,
    pub(crate) anything: bool,
}

pub(crate) fn gather(report: &Report<'_>) -> Output {
    let mut output = Output::default();
    for piece in pieces(report.stdout, report.stderr) {
        output.anything = true;
        match piece {
            Piece::Json(Value::Array(values)) => values.iter().for_each(|value| output.json(value, report)),
            Piece::Json(value) => output.json(&value, report),
            Piece::Text(line) => output.line(line),
        }
    }
    if let Some(plain) = output.plain.take() {
        output.archives.push(plain);
    }
    output
}

impl Output {
    fn json(&mut self, value: &Value, report: &Report<'_>) {
        if let Some(archive) = value.get("archive").filter(|a| a.get("stats").is_some()) {
            self.archives.push(finding(archive, value.get("repository"), report));
            return;
        }
        match text(value, "type") {
            Some("log_message") => self.message(value),
            Some("file_status") if text(value, "status") == Some("E") => self.failed.add(text(value, "path").unwrap_or_default()),
            Some(_) => {}
            None => self.list |= value.get("archives").is_some() || value.get("repository").is_some(),
        }
    }

    fn message(&mut self, value: &Value) {
        let words = text(value, "message").unwrap_or_default();
        if self.return_code(words) {
            return;
        }
        match text(value, "levelname") {
            Some("WARNING") => self.warning(words),
            Some("ERROR" | "CRITICAL") => self.errors.push((text(value, "msgid").map(str::to_owned), words.to_owned())),
            _ => {}
        }
    }

    fn return_code(&mut self, words: &str) -> bool {
        let told = words.starts_with("terminating with ").then(|| words.rsplit_once("rc ")).flatten();
        if let Some((_, code)) = told {
            self.told_code = code.trim().parse().ok();
        }
        told.is_some()
    }

    fn warning(&mut self, words: &str) {
        match failing_path(words) {
            Some(path) => self.failed.add(path),
            None if self.warnings.len() < 20 && !words.trim().is_empty() => self.warnings.push(words.trim().to_owned()),
            None => {}
        }
    }

    fn line(&mut self, line: &str) {
        // borgmatic puts a place or a level before borg's words; they mean the same.
        if self.return_code(line) {
            return;
        }
        if let Some(path) = line.strip_prefix("E ") {
            self.failed.add(path);
        } else if failing_path(line).is_some() || (line.starts_with("Include pattern ") && line.ends_with("never matched.")) {
            self.warning(line);
        } else if line.starts_with("Archive name: ") {
            self.archives.extend(self.plain.take());
            self.plain = Some(Finding::default());
        } else if let Some(plain) = &mut self.plain {
            plain_statistic(plain, line);
        } else if let Some(msgid) = known_text(line) {
            self.errors.push((Some(msgid.to_owned()), line.to_owned()));
        }
    }

    /// What to do about the first error, by its msgid where there is one.
    pub(crate) fn fault(&self) -> Option<String> {
        let (msgid, words) = self.errors.iter().find(|(id, _)| id.as_deref().and_then(advice).is_some()).or_else(|| self.errors.first())?;
        let known = msgid.as_deref().and_then(advice).map(str::to_owned);
        known.or_else(|| common_fault(&words.to_lowercase()).map(|f| format!("borg: {f}"))).or_else(|| Some(format!("borg: {words}")))
    }

    /// Why the run is a warning, if the output says so.
    pub(crate) fn issues(&self) -> Option<String> {
        match (self.failed.is_empty(), self.warnings.first()) {
            (false, _) => Some(self.failed.sentence()),
            (true, Some(first)) => Some(format!("borg: {first}")),
            (true, None) => None,
        }
    }
}

/// The archive of a `--json` object.
fn finding(archive: &Value, repository: Option<&Value>, report: &Report<'_>) -> Finding {
    let stats = archive.get("stats").unwrap_or(&Value::Null);
    let local = |key| text(archive, key).and_then(|t| instant(t, report.zone_offset_minutes?));
    Finding {
        job_hint: repository.and_then(|r| text(r, "label")).filter(|l| !l.trim().is_empty()).map(|l| l.chars().take(200).collect()),
        run_key: text(archive, "id").filter(|id| !id.is_empty()).map(|id| id.chars().take(64).collect()),
        started_at: local("start"),
        ended_at: local("end"),
        duration_ms: seconds(archive, "duration"),
        items: number(stats, "nfiles"),
        bytes: number(stats, "original_size"),
        bytes_added: number(stats, "deduplicated_size"),
        destination: repository.and_then(|r| text(r, "location")).map(str::to_owned),
    }
}

fn instant(text: &str, offset_minutes: i32) -> Option<Time> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    let offset = i64::from(offset_minutes).clamp(-1_440, 1_440) * 60_000;
    Some(Time(local.and_utc().timestamp_millis().checked_sub(offset)?))
}

fn plain_statistic(plain: &mut Finding, line: &str) {
    if let Some(id) = line.strip_prefix("Archive fingerprint: ") {
        plain.run_key = Some(id.trim().chars().take(64).collect());
    } else if let Some(count) = line.strip_prefix("Number of files: ") {
        plain.items = count.trim().parse().ok();
    } else if let Some(length) = line.strip_prefix("Duration: ").and_then(|l| l.strip_suffix(" seconds")) {
        plain.duration_ms = length.trim().parse::<f64>().ok().filter(|s| (0.0..=31_536_000.0).contains(s)).map(|s| {
            #[expect(clippy::cast_possible_truncation, reason = "bounded by the filter")]
            let ms = (s * 1000.0) as i64;
            ms
        });
    } else if let Some(sizes) = line.strip_prefix("This archive:") {
        let words: Vec<&str> = sizes.split_whitespace().collect();
        let nth = |n: usize| size(&format!("{} {}", words.get(2 * n)?, words.get(2 * n + 1)?));
        plain.bytes = nth(0);
        plain.bytes_added = nth(2);
    }
}

/// The path in `src/b.txt: open: [Errno 13] Permission denied: 'b.txt'` and `x: file changed while we backed it up`.
fn failing_path(words: &str) -> Option<&str> {
    let before = |mark: &str| words.find(mark).and_then(|end| words.get(..end));
    let path = before(": [Errno ").or_else(|| before(": file changed while we backed it up"))?;
    let path = ["open", "read", "stat", "dir_open", "scandir", "readlink", "fstat", "lstat", "listxattr", "getxattr"]
        .iter()
        .find_map(|call| path.strip_suffix(call)?.strip_suffix(": "))
        .unwrap_or(path);
    // `ConnectionRefusedError: [Errno 111] …` ends a traceback of Python; it names no file.
    let exception = path.ends_with("Error") && path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
    (!path.is_empty() && path.len() < 5_000 && !exception).then_some(path)
}

/// The msgid of words that come without one.
fn known_text(line: &str) -> Option<&'static str> {
    let has = |words: &str| line.contains(words);
    Some(if has("passphrase supplied in ") && has(" is incorrect") {
        "PassphraseWrong"
    } else if has("Repository ") && has(" does not exist") {
        "Repository.DoesNotExist"
    } else if has("Archive ") && line.ends_with(" already exists") {
        "Archive.AlreadyExists"
    } else if has("Failed to create/acquire the lock") {
        "LockTimeout"
    } else if has("Connection closed by remote host") {
        "ConnectionClosed"
    } else if has("is not a valid repository") {
        "Repository.InvalidRepository"
    } else {
        return None;
    })
}

/// What to do about an error of borg, by its msgid.
fn advice(msgid: &str) -> Option<&'static str> {
    Some(match msgid {
        "PassphraseWrong" | "PasswordRetriesExceeded" => {
            "borg: wrong passphrase: check BORG_PASSPHRASE, BORG_PASSCOMMAND or BORG_PASSPHRASE_FD"
        }
        "NoPassphraseFailure" | "PasscommandFailure" => "borg: no passphrase is given: set BORG_PASSPHRASE or BORG_PASSCOMMAND",
        "Repository.DoesNotExist" | "Repository.ParentPathDoesNotExist" => {
            "borg: the repository does not exist: check BORG_REPO and whether it is mounted, or run `borg init` once"
        }
        "Repository.InvalidRepository" | "Repository.InvalidRepositoryConfig" => {
            "borg: that place holds no valid repository: check BORG_REPO"
        }
        "Repository.InsufficientFreeSpaceError" => "borg: too little free space in the repository: free space or run `borg compact`",
        "Repository.StorageQuotaExceeded" => "borg: the repository's storage quota is used up: prune, compact or raise it",
        "Repository.CheckNeeded" | "IntegrityError" | "FileIntegrityError" => "borg: the repository is damaged: run `borg check`",
        "Repository.PathPermissionDenied" => "borg: no permission to write the repository: check its owner",
        "Archive.AlreadyExists" => "borg: an archive of that name already exists: put {now} into the archive's name",
        "LockTimeout" | "LockError" | "LockFailed" | "LockErrorT" => {
            "borg: the repository is locked: run `borg break-lock` if no other backup is running"
        }
        "ConnectionClosed" | "ConnectionClosedWithHint" | "ConnectionBrokenWithHint" => {
            "borg: the connection to the repository's host was closed: check SSH and that borg is installed there"
        }
        "RepositoryAccessAborted" | "Cache.RepositoryAccessAborted" => {
            "borg: access to a moved or unknown repository was not confirmed: run borg once by hand, or set BORG_RELOCATED_REPO_ACCESS_IS_OK"
        }
        "CancelledByUser" => "borg: cancelled by the user",
        _ => return None,
    })
}

/// The msgid behind borg's own exit codes (1.4 and later, `BORG_EXIT_CODES=modern`).
fn msgid_of(code: i32) -> Option<&'static str> {
    Some(match code {
        3 => "CancelledByUser",
        13 => "Repository.DoesNotExist",
        14 => "Repository.InsufficientFreeSpaceError",
        15 => "Repository.InvalidRepository",
        20 => "Repository.StorageQuotaExceeded",
        30 => "Archive.AlreadyExists",
        50 => "NoPassphraseFailure",
        51 => "PasscommandFailure",
        52 => "PassphraseWrong",
        70 => "LockError",
        73 => "LockTimeout",
        80..=81 => "ConnectionClosed",
        90 => "IntegrityError",
        _ => return None,
    })
}

pub(crate) fn read(report: &Report<'_>) -> Result<Vec<Parsed>, FormatError> {
    let mut output = gather(report);
    if output.list && output.archives.is_empty() && output.errors.is_empty() && matches!(report.exit_code, None | Some(0)) {
        return Err(FormatError::NoRun("borg's view of a repository (list or info)"));
    }
    let (state, message) = verdict(&output, report);
    let last = output.archives.pop();
    let mut runs: Vec<Parsed> = output
        .archives
        .into_iter()
        .map(|finding| finding.end(report, "borg", RunState::Succeeded, "archive made", FailedItems::default()))
        .collect();
    runs.push(last.unwrap_or_default().end(report, "borg", state, &message, output.failed));
    Ok(runs)
}

fn verdict(output: &Output, report: &Report<'_>) -> (RunState, String) {
    let made = !output.archives.is_empty();
    let warning = |otherwise: &str| (RunState::Warning, output.issues().unwrap_or_else(|| otherwise.to_owned()));
    let failed = |code: i32| {
        let words = output.fault().or_else(|| msgid_of(code).and_then(advice).map(str::to_owned));
        let told = || {
            last_text(report)
                .map_or_else(|| format!("borg failed (exit code {code})"), |line| format!("borg failed (exit code {code}): {line}"))
        };
        (RunState::Failed, words.unwrap_or_else(told))
    };
    match report.exit_code.or(output.told_code) {
        Some(0) => match (output.fault(), made) {
            (Some(fault), false) => (RunState::Failed, fault),
            (Some(fault), true) => (RunState::Warning, fault),
            _ if output.issues().is_some() => warning(""),
            (None, true) => (RunState::Succeeded, "archive made".to_owned()),
            // borg is silent when all is well.
            (None, false) => (RunState::Succeeded, "borg ended with 0; add --json for sizes".to_owned()),
        },
        Some(1) if output.errors.is_empty() || made => warning("borg ended with a warning that it did not word (exit code 1)"),
        Some(3) => (RunState::Cancelled, "borg: cancelled by the user".to_owned()),
        // A shell's own codes for "can't execute" and "not found" lie inside borg's range of warnings.
        Some(126) if !made => (RunState::Failed, "borg could not be executed (exit code 126): check its permissions".to_owned()),
        Some(127) if !made => {
            (RunState::Failed, "borg was not found (exit code 127): check that it is installed and in the PATH".to_owned())
        }
        Some(code @ 100..=127) => warning(&format!("borg ended with a warning (exit code {code})")),
        Some(code) => match signalled(code) {
            Some((state, words)) => (state, format!("borg: {words}")),
            None => failed(code),
        },
        None if made && output.errors.is_empty() && output.issues().is_none() => (RunState::Succeeded, "archive made".to_owned()),
        None if made => (RunState::Warning, output.issues().or_else(|| output.fault()).unwrap_or_default()),
        None if !output.errors.is_empty() => failed(2),
        None => (RunState::Warning, "unrecognised: neither an exit code nor an archive says how borg ended".to_owned()),
    }
}

pub(crate) fn progress(line: &str) -> Option<Progress> {
    if !line.contains("progress") {
        return None;
    }
    let value: Value = serde_json::from_str(line).ok()?;
    match text(&value, "type")? {
        "archive_progress" if value.get("nfiles").is_some() => {
            Some(Progress { percent: None, items: number(&value, "nfiles"), bytes: number(&value, "original_size") })
        }
        "progress_percent" => {
            let (current, total) = (number(&value, "current")?, number(&value, "total").filter(|t| *t > 0)?);
            let percent = u8::try_from(current.saturating_mul(100) / total).unwrap_or(100).min(100);
            Some(Progress { percent: Some(percent), items: None, bytes: None })
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "borg_tests.rs"]
mod tests;
