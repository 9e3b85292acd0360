//! What a ping says: the signal at the end of its address, made an event together with the output that came with it.

use crate::http::report::start_of;
use domain::{
    run::{RunEvent, RunState},
    time::Time,
};
use formats::{Report, ToolName};

/// What a ping says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Start,
    Success,
    Fail,
    Log,
    Exit(u8),
}

impl Signal {
    /// The last part of the address; `None`: no such signal.
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "start" => Self::Start,
            "fail" => Self::Fail,
            "log" => Self::Log,
            digits if !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()) => {
                Self::Exit(digits.parse().ok()?)
            }
            _ => return None,
        })
    }
}

/// The event a signal means, a start found in the output, and what is kept of the output.
pub(super) fn event_of(signal: Signal, text: &str, now: Time) -> (RunEvent, Option<Time>, Option<String>) {
    let plain = |state, message: Option<String>| {
        let mut event = start_of(&RunEvent::new(state, now), now);
        event.state = state;
        event.message = message;
        event
    };
    if signal == Signal::Start {
        return (plain(RunState::Running, None), None, log_of(text));
    }
    let exit_code = match signal {
        Signal::Exit(code) => Some(i32::from(code)),
        _ => None,
    };
    let good = matches!(signal, Signal::Success | Signal::Exit(0));
    if let Some(tool) = recognise(text) {
        let report = Report { stdout: text, exit_code, received_at: now, ..Report::default() };
        if let Some(parsed) = formats::read(tool, &report).ok().and_then(formats::join) {
            let mut event = parsed.event;
            event.at = now;
            // The signal decides between usable and not; the output may only add that there are issues.
            event.state = match (good, event.state) {
                (true, RunState::Succeeded) => RunState::Succeeded,
                (true, _) => RunState::Warning,
                (false, RunState::Warning) if exit_code.is_some_and(|code| formats::ends_usable(tool, code)) => RunState::Warning,
                (false, RunState::Cancelled) => RunState::Cancelled,
                (false, _) => RunState::Failed,
            };
            return (event, parsed.started_at, (!parsed.log.trim().is_empty()).then_some(parsed.log));
        }
    }
    let message = match signal {
        Signal::Exit(code) if code != 0 => Some(format!("exit status {code}")),
        _ if good => None,
        _ => last_line(text),
    };
    (plain(if good { RunState::Succeeded } else { RunState::Failed }, message), None, log_of(text))
}

/// Which tool printed this, by words that no other prints.
fn recognise(text: &str) -> Option<ToolName> {
    let start = text.trim_start();
    if start.contains("\"message_type\":\"summary\"")
        || start.contains("\"message_type\":\"status\"")
        || start.contains("\"message_type\":\"exit_error\"")
    {
        Some(ToolName::Restic)
    } else if start.contains("\"archive\"") && start.contains("\"repository\"") && start.contains("\"stats\"") {
        Some(if start.starts_with('[') { ToolName::Borgmatic } else { ToolName::Borg })
    } else if start.contains("\"type\": \"log_message\"") || start.contains("\"type\": \"archive_progress\"") {
        Some(ToolName::Borg)
    } else if start.contains("\"stats\":{") && start.contains("\"totalTransfers\"") {
        Some(ToolName::Rclone)
    } else {
        None
    }
}

pub(super) fn log_of(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| formats::excerpt(&formats::redact(text), ""))
}

fn last_line(text: &str) -> Option<String> {
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(formats::redact(line.trim()).chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const NOW: Time = Time(1_795_215_600_000);

    #[test]
    fn the_end_of_an_address_is_a_signal_or_nothing() {
        assert_eq!(Signal::read("start"), Some(Signal::Start));
        assert_eq!(Signal::read("0"), Some(Signal::Exit(0)));
        assert_eq!(Signal::read("255"), Some(Signal::Exit(255)));
        for wrong in ["256", "-1", "stop", "1000", "+1"] {
            assert_eq!(Signal::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_exit_status_other_than_zero_is_a_failure() {
        assert_eq!(event_of(Signal::Exit(0), "", NOW).0.state, RunState::Succeeded);
        assert_eq!(event_of(Signal::Exit(3), "", NOW).0.state, RunState::Failed);
        let (event, _, log) = event_of(Signal::Fail, "doing\nno space left\n", NOW);
        assert_eq!(event.message.as_deref(), Some("no space left"));
        assert!(log.unwrap().contains("doing"));
    }

    #[test]
    fn a_recognised_output_gives_figures_and_may_add_a_warning() {
        let summary = r#"{"message_type":"summary","files_new":2,"files_changed":0,"files_unmodified":5,"data_added":77,"total_files_processed":7,"total_bytes_processed":900,"total_duration":1.5,"snapshot_id":"abcdef0123"}"#;
        let (event, _, _) = event_of(Signal::Success, summary, NOW);
        assert_eq!((event.state, event.items, event.bytes), (RunState::Succeeded, Some(7), Some(900)));
        assert_eq!(event_of(Signal::Exit(3), summary, NOW).0.state, RunState::Warning);
        assert_eq!(event_of(Signal::Fail, summary, NOW).0.state, RunState::Failed);
    }
}
