//! Restore tests (D1): whether a restore or check command proved that the backup can be read back.

use crate::{
    FormatError, Report, ToolName,
    lines::{self, Piece, number, pieces},
    verdict::{last_text, one_line, signalled},
};

/// What a restore test came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreOutcome {
    /// Whether everything that was asked for could be read back.
    pub passed: bool,
    /// Files read back, if told.
    pub files: Option<i64>,
    /// Bytes read back, if told.
    pub bytes: Option<i64>,
    /// One line for a person.
    pub note: String,
}

/// Reads the output of a restore, extract or check command. `None`: some other command, judged by its exit code.
/// A warning is not a pass: what could not be read back is not proved.
pub fn restore_test(tool: Option<ToolName>, report: &Report<'_>) -> Result<RestoreOutcome, FormatError> {
    let mut outcome = RestoreOutcome { passed: report.exit_code == Some(0), files: None, bytes: None, note: String::new() };
    if report.exit_code.is_none() && tool != Some(ToolName::Restic) {
        return Err(FormatError::NoRun("an output without an exit code"));
    }
    if tool == Some(ToolName::Restic) {
        restic(report, &mut outcome);
    }
    if outcome.note.is_empty() {
        outcome.note = match report.exit_code {
            Some(0) => "the command ended without errors".to_owned(),
            Some(code) => {
                let words = signalled(code).map_or_else(|| format!("exit code {code}"), |(_, words)| words);
                last_text(report).map_or_else(|| words.clone(), |line| format!("{words}: {line}"))
            }
            None => "unrecognised: the output does not say how it ended".to_owned(),
        };
    }
    outcome.note = one_line(&outcome.note).unwrap_or_default();
    Ok(outcome)
}

fn restic(report: &Report<'_>, outcome: &mut RestoreOutcome) {
    let mut clean = false;
    let mut faults = 0i64;
    let mut first_fault: Option<String> = None;
    let mut fault = |text: &str| {
        faults += 1;
        first_fault.get_or_insert_with(|| text.to_owned());
    };
    for piece in pieces(report.stdout, report.stderr) {
        match piece {
            Piece::Json(value) => match lines::text(&value, "message_type") {
                Some("summary") if value.get("num_errors").is_some() => {
                    let errors = number(&value, "num_errors").unwrap_or(1);
                    let broken = value.get("broken_packs").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
                    if errors > 0 || broken > 0 {
                        fault(&format!("{errors} errors, {broken} broken packs"));
                    } else {
                        clean = true;
                    }
                }
                Some("summary") => {
                    clean = true;
                    outcome.files = number(&value, "files_restored");
                    outcome.bytes = number(&value, "bytes_restored").or_else(|| number(&value, "total_bytes"));
                    if number(&value, "total_files") == Some(0) {
                        fault("nothing was restored");
                    }
                }
                Some("error") => {
                    let item = lines::text(&value, "item").unwrap_or_default();
                    let words = value
                        .get("error")
                        .and_then(|e| lines::text(e, "message"))
                        .or_else(|| lines::text(&value, "message"))
                        .unwrap_or("error");
                    fault(&format!("{item}: {words}"));
                }
                Some("exit_error") => fault(lines::text(&value, "message").unwrap_or("error")),
                _ => {}
            },
            Piece::Text(line) => {
                if line.starts_with("no errors were found") {
                    clean = true;
                } else if let Some(summary) = line.strip_prefix("Summary: Restored ") {
                    clean = true;
                    outcome.files = summary.split([' ', '/']).next().and_then(|n| n.parse().ok());
                    outcome.bytes = summary.split_once('(').and_then(|(_, s)| lines::size(s));
                } else if line.starts_with("Fatal: ")
                    || line.starts_with("ignoring error for ")
                    || line.starts_with("error: ")
                    || line.starts_with("error for tree")
                {
                    fault(line);
                }
            }
        }
    }
    outcome.passed = faults == 0
        && match report.exit_code {
            Some(code) => code == 0,
            None => clean,
        };
    if let Some(text) = first_fault {
        outcome.note = if faults > 1 { format!("{text} (and {} more)", faults - 1) } else { text };
    } else if outcome.passed && clean {
        outcome.note = match (outcome.files, outcome.bytes) {
            (Some(files), Some(bytes)) => format!("{files} files, {bytes} bytes restored"),
            _ => "no errors were found".to_owned(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tool: Option<ToolName>, stdout: &str, stderr: &str, exit_code: Option<i32>) -> RestoreOutcome {
        restore_test(tool, &Report { stdout, stderr, exit_code, ..Report::default() }).unwrap_or_else(|e| RestoreOutcome {
            passed: false,
            files: None,
            bytes: None,
            note: e.to_string(),
        })
    }
    const RESTIC: Option<ToolName> = Some(ToolName::Restic);

    #[test]
    fn restic_check_and_restore_of_0_14_pass_by_text_or_exit_code() {
        let check = include_str!("captures/restic_check.out");
        let pass = RestoreOutcome { passed: true, files: None, bytes: None, note: "no errors were found".into() };
        assert_eq!(of(RESTIC, check, "", Some(0)), pass);
        assert_eq!(of(RESTIC, check, "", None), pass);
        let restore = include_str!("captures/restic_restore.out");
        assert_eq!(of(RESTIC, restore, "", Some(0)), RestoreOutcome { note: "the command ended without errors".into(), ..pass });
        assert!(!of(RESTIC, restore, "", None).passed, "a restore that only began proves nothing");
    }

    #[test]
    fn restic_json_summaries_are_read() {
        let restored =
            r#"{"message_type":"summary","seconds_elapsed":3,"total_files":5,"files_restored":5,"total_bytes":900,"bytes_restored":900}"#;
        assert_eq!(
            of(RESTIC, restored, "", Some(0)),
            RestoreOutcome { passed: true, files: Some(5), bytes: Some(900), note: "5 files, 900 bytes restored".into() }
        );
        let broken =
            r#"{"message_type":"summary","num_errors":2,"broken_packs":["ab"],"suggest_repair_index":false,"suggest_prune":false}"#;
        assert_eq!(
            of(RESTIC, broken, "", None),
            RestoreOutcome { passed: false, files: None, bytes: None, note: "2 errors, 1 broken packs".into() }
        );
        let empty = r#"{"message_type":"summary","total_files":0,"files_restored":0,"bytes_restored":0}"#;
        assert_eq!(of(RESTIC, empty, "", Some(0)).note, "nothing was restored");
        assert!(!of(RESTIC, "", "Fatal: unable to open config file", Some(1)).passed);
        let plain = of(RESTIC, "Summary: Restored 5 files/dirs (1.000 KiB) in 0:00\n", "", Some(0));
        assert_eq!((plain.files, plain.bytes), (Some(5), Some(1024)));
    }

    #[test]
    fn borg_and_others_pass_by_exit_code_zero_only() {
        assert!(of(Some(ToolName::Borg), "", "", Some(0)).passed);
        let missing = of(Some(ToolName::Borg), "", "Include pattern 'nosuch' never matched.", Some(1));
        assert_eq!((missing.passed, missing.note.as_str()), (false, "exit code 1: Include pattern 'nosuch' never matched."));
        assert!(of(None, "", "", Some(0)).passed);
        assert!(!of(None, "", "", Some(143)).passed);
        assert!(restore_test(None, &Report::default()).is_err());
    }
}
