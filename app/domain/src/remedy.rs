//! What to do about an alert (D4): from its kind, its fact and what the tool said, the cause in a sentence and the steps of a technician.
//!
//! Known texts of tools are recognised by the table in `marks`; `words` says what they mean. Nothing is made certain that isn't: a text
//! that nobody knows is shown as it is, with the steps for its kind. Commands stand between backticks.

mod kinds;
mod marks;
mod words;

pub use kinds::{Common, for_all};
use marks::at_provider;
pub use marks::{Fault, recognise};

use crate::{alert::AlertKind, health::Reason};
use serde::{Deserialize, Serialize};

/// Lines of a log's end that are read for a known text.
const READ: usize = 60;
/// Characters of a text that are repeated in an advice.
const QUOTED: usize = 240;

/// What is known of an alert.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Its kind.
    pub kind: AlertKind,
    /// The fact and its number.
    pub reason: &'a Reason,
    /// Name of the device or address of the account.
    pub subject: &'a str,
    /// It is an account's.
    pub is_account: bool,
    /// The tool of the run behind it, as it names itself.
    pub tool: Option<&'a str>,
    /// What that run said at its end.
    pub message: Option<&'a str>,
    /// The end of that run's log, where it is at hand.
    pub log: Option<&'a str>,
    /// That run named items that it could not read.
    pub has_failed_items: bool,
}

/// Cause and steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What is behind it, in a sentence, as far as it is known.
    pub cause: Option<String>,
    /// What to do, in order; never empty.
    pub steps: Vec<String>,
    /// The words of the tool by which the cause was recognised.
    pub told_by: Option<String>,
}

impl Remedy {
    /// Cause and steps as one text: for the REST interface, lists as CSV, tickets.
    pub fn text(&self) -> String {
        self.cause.iter().chain(&self.steps).map(String::as_str).collect::<Vec<_>>().join(" ").replace('`', "")
    }
}

/// Kinds that what a run said explains.
const fn is_explained_by_a_run(kind: AlertKind) -> bool {
    matches!(
        kind,
        AlertKind::JobFailed | AlertKind::BackupOverdue | AlertKind::MissedSchedule | AlertKind::SaasOverdue | AlertKind::RunStuck
    )
}

/// What to do about an alert.
pub fn remedy(case: &Case<'_>) -> Remedy {
    if let Reason::ConsentGone { cause, .. } = case.reason {
        return Remedy {
            cause: Some(cause.told().to_owned()),
            steps: vec![
                cause.advice().to_owned(),
                "Backups of all its accounts wait until then; they go on by themselves afterwards.".to_owned(),
            ],
            told_by: None,
        };
    }
    match if is_explained_by_a_run(case.kind) { known(case) } else { None } {
        Some((fault, line)) => {
            let fault = if case.is_account { at_provider(fault) } else { fault };
            Remedy { cause: Some(words::cause(fault, case)), steps: words::steps(fault, case), told_by: Some(quoted(line)) }
        }
        None => Remedy { cause: None, steps: kinds::steps(case), told_by: None },
    }
}

/// The fault that the run's message tells, else the one that the end of its log tells, with the line it stands in.
fn known<'a>(case: &Case<'a>) -> Option<(Fault, &'a str)> {
    let of = |line: &'a str| Some((recognise(line, case.has_failed_items)?, line));
    let told = case.message.filter(|m| !m.trim().is_empty()).and_then(of);
    if told.is_some_and(|(fault, _)| fault != Fault::Unreadable) {
        return told;
    }
    // The last of its lines that tells something: what came before may have been overcome. "Could not be read" may be told more closely.
    let mut lines = case.log.unwrap_or_default().lines().rev().take(READ).filter(|line| line.len() < 2_000);
    lines.find_map(of).filter(|(fault, _)| told.is_none() || is_of_sources(*fault)).or(told)
}

/// Faults that say why a source could not be read.
const fn is_of_sources(fault: Fault) -> bool {
    matches!(fault, Fault::SourceGone | Fault::InUse | Fault::DiskFault | Fault::Unreadable | Fault::RsyncVanished)
}

/// A text as it is repeated: its first line, not too long.
fn quoted(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= QUOTED { line.to_owned() } else { line.chars().take(QUOTED - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests;
