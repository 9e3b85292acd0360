//! What the readers of all tools share: gathering failing files and a message, exit codes of signals, and making the
//! event within its limits. Not for what a particular tool means by its words.

use crate::{Parsed, Report, lines, log, redact::redact};
use domain::{
    run::{RunEvent, RunState, Tool},
    time::{Span, Time},
};
use std::collections::HashSet;

/// How many failing files an event names; the message tells the true count.
pub const MAX_FAILED_ITEMS: usize = 100;
/// Characters of a message.
pub const MAX_MESSAGE: usize = 500;
/// Characters of a failing file's name.
const MAX_ITEM: usize = 1_000;
/// Failing files that are told apart; beyond, each mention counts.
const MAX_SEEN: usize = 20_000;

/// Files that could not be backed up: each once, the first hundred by name.
#[derive(Default)]
pub(crate) struct FailedItems {
    named: Vec<String>,
    seen: HashSet<String>,
    beyond: usize,
}

impl FailedItems {
    pub(crate) fn add(&mut self, item: &str) {
        let item = item.trim();
        if item.is_empty() {
            return;
        }
        if self.seen.len() >= MAX_SEEN {
            self.beyond += usize::from(!self.seen.contains(item));
            return;
        }
        if self.seen.insert(item.to_owned()) && self.named.len() < MAX_FAILED_ITEMS {
            let item: String = item.chars().filter(|c| !c.is_control()).take(MAX_ITEM).collect();
            self.named.push(redact(&item));
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.len() + self.beyond
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// "3 files could not be read: a, b, c".
    pub(crate) fn sentence(&self) -> String {
        let count = self.count();
        let noun = if count == 1 { "file" } else { "files" };
        let some: Vec<&str> = self.named.iter().take(3).map(String::as_str).collect();
        let more = if count > some.len() { format!(" and {} more", count - some.len()) } else { String::new() };
        let limit = if count > MAX_FAILED_ITEMS { format!("; the first {MAX_FAILED_ITEMS} are listed") } else { String::new() };
        format!("{count} {noun} could not be backed up: {}{more}{limit}", some.join(", "))
    }
}

/// One run as a reader found it, before limits are applied.
#[derive(Default)]
pub(crate) struct Finding {
    pub(crate) job_hint: Option<String>,
    pub(crate) run_key: Option<String>,
    pub(crate) started_at: Option<Time>,
    pub(crate) ended_at: Option<Time>,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) items: Option<i64>,
    pub(crate) bytes: Option<i64>,
    pub(crate) bytes_added: Option<i64>,
    /// Where it was stored, as the tool names it.
    pub(crate) destination: Option<String>,
}

impl Finding {
    /// The parsed run. Times later than the arrival of the report, and starts later than ends, are not believed.
    pub(crate) fn end(self, report: &Report<'_>, tool: &str, state: RunState, message: &str, failed: FailedItems) -> Parsed {
        let at = self.ended_at.filter(|end| *end <= report.received_at).unwrap_or(report.received_at);
        let started_at =
            report.started_at.or(self.started_at).or_else(|| self.duration_ms.map(|ms| at - Span(ms))).filter(|start| *start <= at);
        Parsed {
            job_hint: self.job_hint,
            run_key: self.run_key,
            started_at,
            event: RunEvent {
                state,
                at,
                attempt: 1,
                timed_out: false,
                percent: None,
                items: self.items,
                bytes: self.bytes,
                bytes_added: self.bytes_added,
                message: one_line(message),
                failed_items: failed.named,
                tool: (!tool.is_empty()).then(|| Tool { name: tool.to_owned(), version: String::new() }),
                destination: self.destination.as_deref().and_then(destination),
            },
            log: log::excerpt(report.stdout, report.stderr),
        }
    }
}

/// A message within its limits: one line, no secrets, no control characters; `None` when nothing is left.
pub(crate) fn one_line(message: &str) -> Option<String> {
    let message = redact(message);
    let mut line = String::new();
    for word in message.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > MAX_MESSAGE {
        line = line.chars().take(MAX_MESSAGE - 1).chain(['…']).collect();
    }
    (!line.is_empty()).then_some(line)
}

/// Longest destination, in characters.
const MAX_DESTINATION: usize = 200;

/// A place that backups go to, within its limits: no secrets, no control characters; `None` when nothing is left.
pub fn destination(place: &str) -> Option<String> {
    let place: String = redact(place).trim().chars().filter(|c| !c.is_control()).take(MAX_DESTINATION).collect();
    (!place.is_empty()).then_some(place)
}

/// The signal N of an exit code 128 + N.
pub const fn signal_of(exit_code: i32) -> Option<i32> {
    if exit_code > 128 && exit_code < 128 + 65 { Some(exit_code - 128) } else { None }
}

/// The end that a signal means, and words for it: somebody's Ctrl-C and a stop are cancelled, all else failed.
pub(crate) fn signalled(exit_code: i32) -> Option<(RunState, String)> {
    Some(match signal_of(exit_code)? {
        2 => (RunState::Cancelled, "stopped by an interrupt (Ctrl-C)".to_owned()),
        15 => (RunState::Cancelled, "stopped by a request to end (SIGTERM)".to_owned()),
        9 => (RunState::Failed, "killed (SIGKILL): perhaps the machine ran out of memory".to_owned()),
        13 => (RunState::Failed, "ended by a closed pipe (SIGPIPE)".to_owned()),
        n => (RunState::Failed, format!("ended by signal {n}")),
    })
}

/// Faults that every tool words alike, with what to do; from a message in lower case.
pub(crate) fn common_fault(lower: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    Some(if has(&["no space left on device", "disk quota exceeded", "insufficient free space"]) {
        "no space left: free space at the destination or in the cache folder"
    } else if has(&["no such host", "name or service not known", "temporary failure in name resolution", "could not resolve hostname"]) {
        "the destination's name can't be resolved: check the address and the machine's DNS"
    } else if has(&[
        "connection refused",
        "no route to host",
        "network is unreachable",
        "connection timed out",
        "i/o timeout",
        "connection reset",
    ]) {
        "the destination can't be reached: check that it is up, and the network and firewall between"
    } else if has(&["host key verification failed"]) {
        "the SSH host key is unknown or has changed: check the host and its key in known_hosts"
    } else if has(&["permission denied (publickey", "authentication failed", "unable to authenticate"]) {
        "the destination refused the sign-in: check the key or the credentials"
    } else if has(&["certificate has expired", "certificate signed by unknown authority", "x509:"]) {
        "the destination's certificate is not accepted: check its end date and issuer"
    } else if has(&["read-only file system"]) {
        "the destination is read-only: it may have been remounted after a disk fault"
    } else {
        return None;
    })
}

/// The last lines of text that tell something, for a failure nobody knows.
pub(crate) fn last_text<'a>(report: &Report<'a>) -> Option<&'a str> {
    let last = |stream: &'a str| {
        stream.lines().rev().take(200).map(lines::plain).find(|line| !line.is_empty() && !line.starts_with(['{', '[', '}', ']', '"']))
    };
    last(report.stderr).or_else(|| last(report.stdout))
}

pub(crate) fn generic(report: &Report<'_>) -> Parsed {
    let end = |state, message: &str| Finding::default().end(report, "", state, message, FailedItems::default());
    match report.exit_code {
        Some(0) => end(RunState::Succeeded, ""),
        Some(code) => {
            let (state, words) = signalled(code).unwrap_or_else(|| (RunState::Failed, format!("the command ended with exit code {code}")));
            let words = match (state, last_text(report)) {
                (RunState::Failed, Some(line)) => format!("{words}: {line}"),
                _ => words,
            };
            end(state, &words)
        }
        None => end(RunState::Warning, "unrecognised: neither an exit code nor a known tool says how it ended"),
    }
}

/// Which of two ends says more about the whole: failed before warning before cancelled before skipped before succeeded.
const fn weight(state: RunState) -> u8 {
    match state {
        RunState::Failed | RunState::Missed => 5,
        RunState::Warning => 4,
        RunState::Cancelled => 3,
        RunState::Skipped => 1,
        _ => 2,
    }
}

pub(crate) fn join(runs: Vec<Parsed>) -> Option<Parsed> {
    let count = runs.len();
    let mut runs = runs.into_iter();
    let mut whole = runs.next()?;
    if count == 1 {
        return Some(whole);
    }
    let mut messages: Vec<String> = Vec::new();
    let mut note = |run: &Parsed| {
        if let Some(message) = &run.event.message {
            messages.push(match &run.job_hint {
                Some(hint) => format!("{hint}: {message}"),
                None => message.clone(),
            });
        }
    };
    note(&whole);
    for run in runs {
        note(&run);
        let add = |a: Option<i64>, b: Option<i64>| a.map_or(b, |a| Some(a.saturating_add(b.unwrap_or(0))));
        whole.event.items = add(whole.event.items, run.event.items);
        whole.event.bytes = add(whole.event.bytes, run.event.bytes);
        whole.event.bytes_added = add(whole.event.bytes_added, run.event.bytes_added);
        if weight(run.event.state) > weight(whole.event.state) {
            whole.event.state = run.event.state;
        }
        whole.event.at = whole.event.at.max(run.event.at);
        whole.started_at = whole.started_at.into_iter().chain(run.started_at).min();
        for item in run.event.failed_items {
            if whole.event.failed_items.len() < MAX_FAILED_ITEMS && !whole.event.failed_items.contains(&item) {
                whole.event.failed_items.push(item);
            }
        }
    }
    whole.job_hint = None;
    whole.run_key = None;
    messages.dedup();
    whole.event.message = one_line(&messages.join("; "));
    Some(whole)
}
