//! borgmatic `create --json`: an array of borg's objects, one per repository and told apart by the repository's label;
//! its log in plain text. It hides borg's warnings behind exit code 0, so the words decide between succeeded and warning.

use crate::{
    FormatError, Parsed, Report,
    borg::gather,
    lines::plain,
    verdict::{FailedItems, Finding, signalled},
};
use domain::run::RunState;

pub(crate) fn read(report: &Report<'_>) -> Result<Vec<Parsed>, FormatError> {
    let output = gather(report);
    if output.list && output.archives.is_empty() && output.errors.is_empty() && matches!(report.exit_code, None | Some(0)) {
        return Err(FormatError::NoRun("borgmatic's view of a repository (list or info)"));
    }
    let trouble = trouble(report);
    let made = !output.archives.is_empty();
    let whole = match report.exit_code {
        Some(0) | None if trouble.is_none() && output.errors.is_empty() => match output.issues() {
            Some(issues) => Some((RunState::Warning, issues)),
            None if made => None,
            // Silent by default when all is well.
            None if report.exit_code.is_some() => Some((RunState::Succeeded, "borgmatic ended with 0; add --json for sizes".to_owned())),
            None => Some((RunState::Warning, "unrecognised: neither an exit code nor an archive says how borgmatic ended".to_owned())),
        },
        code => {
            let stopped = code.and_then(signalled);
            Some(match stopped {
                Some((state, words)) => (state, format!("borgmatic: {words}")),
                None if output.errors.is_empty() && borg_only_warned(report) => {
                    let issues = output.issues().unwrap_or_else(|| "borg ended with a warning".to_owned());
                    (RunState::Warning, format!("{issues}; borgmatic stopped after it"))
                }
                None if code == Some(127) => {
                    (RunState::Failed, "borgmatic was not found (exit code 127): check that it is installed and in the PATH".to_owned())
                }
                None => {
                    let fallback = || format!("borgmatic failed (exit code {}): see the log's end", code.unwrap_or(1));
                    (RunState::Failed, output.fault().or(trouble).unwrap_or_else(fallback))
                }
            })
        }
    };
    let mut failed = Some(output.failed);
    let several = output.archives.len() > 1;
    // With one archive and issues, they are that archive's; with several nobody says whose, so each carries the warning.
    let warning = whole.as_ref().filter(|(state, _)| *state == RunState::Warning && made).map(|(_, words)| words.clone());
    let mut runs: Vec<Parsed> = Vec::new();
    for finding in output.archives {
        let (state, words) = match &warning {
            Some(words) if several => (RunState::Warning, format!("{words} (in one of several repositories)")),
            Some(words) => (RunState::Warning, words.clone()),
            None => (RunState::Succeeded, "archive made".to_owned()),
        };
        let items = if warning.is_some() { failed.take().unwrap_or_default() } else { FailedItems::default() };
        runs.push(finding.end(report, "borgmatic", state, &words, items));
    }
    if let Some((state, words)) = whole
        && warning.is_none()
    {
        runs.push(Finding::default().end(report, "borgmatic", state, &words, failed.take().unwrap_or_default()));
    }
    Ok(runs)
}

/// With `--json`, borgmatic 1.7 takes borg's warning (exit code 1) for an error, though the archive was made. True when every
/// command that it complains of is a `borg create` that ended so.
fn borg_only_warned(report: &Report<'_>) -> bool {
    let mut complaints = report
        .stdout
        .lines()
        .chain(report.stderr.lines())
        .map(plain)
        .filter(|line| line.contains("returned non-zero exit status"))
        .peekable();
    complaints.peek().is_some()
        && complaints.all(|line| {
            line.contains("borg")
                && (line.contains(" create ") || line.contains("'create'"))
                && line.trim_end_matches('.').ends_with("exit status 1")
        })
}

/// What borgmatic itself complains of.
fn trouble(report: &Report<'_>) -> Option<String> {
    let mut first = None;
    for line in report.stdout.lines().chain(report.stderr.lines()).map(plain) {
        let words = line.trim_start_matches("summary:").trim();
        let says = |part: &str| words.contains(part);
        if says("Error running actions for repository")
            || says("Error running configuration")
            || says("Error while ")
            || says("Error parsing configuration")
            || says("Error running ")
            || says("No valid configuration files found")
        {
            first.get_or_insert_with(|| format!("borgmatic: {words}"));
        } else if says("Command '") && says("returned non-zero exit status") {
            return Some(match first {
                Some(first) => format!(
                    "{first}; {}",
                    words
                        .rsplit_once(' ')
                        .map_or("", |(_, code)| code)
                        .trim_end_matches('.')
                        .parse::<i32>()
                        .map_or_else(|_| words.to_owned(), |code| format!("borg ended with exit code {code}"))
                ),
                None => format!("borgmatic: {words}"),
            });
        }
    }
    first
}

#[cfg(test)]
#[path = "borgmatic_tests.rs"]
mod tests;
