//! `run`: a backup with its beginning, progress, retries and end told to the portal.

use crate::{
    capture::Worth,
    child::{self, Ended, Signals},
    clock,
    command_line::Run,
    complain,
    courier::Courier,
    message::{Event, Tool},
    settings,
    spool::Kind,
};
use domain::run::{RunEvent, RunState};
use formats::{Parsed, Report, ToolName};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Progress is told at most this often.
const PROGRESS: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Runs the backup; the exit code of its last attempt.
pub(crate) fn run(order: &Run) -> i32 {
    let (settings, trouble) = settings::load();
    if let Some(trouble) = trouble {
        complain(&trouble);
    }
    let tool = order.tool.or_else(|| formats::detect(&order.command));
    let device = settings.device.clone();
    let courier = Courier::start(settings, settings::spool_path());
    let signals = Signals::listen();
    let started_at = clock::now();
    let run = clock::run_id(started_at);
    let event = |state: RunState, attempt: u16| {
        let mut event = Event::plain(&order.job, &run, state, clock::now(), attempt);
        event.device.clone_from(&device);
        event.tool = tool.map(|t| Tool { name: t.as_str().to_owned() });
        event
    };
    courier.begin(&order.job, &run);
    let mut attempt: u16 = 1;
    let (code, end) = loop {
        let mut beginning = event(RunState::Running, attempt);
        if attempt == 1 {
            beginning.at = clock::text(started_at);
        }
        courier.send(Kind::Open, &beginning);
        let ended = child::run(&order.command, &signals, watch(tool, &courier, event(RunState::Running, attempt)));
        let parsed = judge(tool, &ended, signals.stopped());
        if parsed.event.state != RunState::Failed || attempt > order.retries || signals.stopped().is_some() {
            break (ended.code, event(parsed.event.state, attempt).with(parsed.event).logged(parsed.log));
        }
        courier.send(Kind::Open, &event(RunState::Retrying, attempt).with(RunEvent { failed_items: Vec::new(), ..parsed.event.clone() }));
        if !signals.sleep(wait_before(order.retry_wait, attempt)) {
            let signal = signals.stopped().unwrap_or(15);
            let mut end = event(RunState::Cancelled, attempt).with(parsed.event).logged(parsed.log);
            end.message = Some(format!("stopped while waiting to try again; before that: {}", end.message.unwrap_or_default()));
            break (128 + signal, end);
        }
        attempt = attempt.saturating_add(1);
        courier.attempt(attempt);
    };
    courier.send(Kind::End, &end);
    courier.ended();
    courier.finish();
    code
}

impl Event {
    fn logged(mut self, log: String) -> Self {
        self.log = (!log.is_empty()).then_some(log);
        self
    }
}

/// Doubles from attempt to attempt, up to 15 min, with a jitter of a fifth either way so that a fleet doesn't retry at once.
fn wait_before(first: Duration, attempt: u16) -> Duration {
    let doubled = first.saturating_mul(1 << u32::from(attempt.saturating_sub(1)).min(20)).min(LONGEST_WAIT.max(first));
    let jitter = 80 + u32::try_from(clock::random() % 41).unwrap_or(20);
    doubled / 100 * jitter
}

/// Sees every line: progress goes to the portal, everything else is kept.
fn watch(tool: Option<ToolName>, courier: &Courier, open: Event) -> impl Fn(&str) -> Worth + Send + Sync + 'static {
    let send = Mutex::new(courier.progress());
    let last = Mutex::new(None::<Instant>);
    move |line| {
        let worthless = if formats::is_progress_line(line) { Worth::Nothing } else { Worth::Keep };
        let Some(tool) = tool else { return worthless };
        let Some(progress) = formats::progress(tool, line) else { return worthless };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|at| at.elapsed() >= PROGRESS) {
            *last = Some(Instant::now());
            let mut event = open.clone();
            event.at = clock::text(clock::now());
            event.percent = progress.percent;
            event.items = progress.items;
            event.bytes = progress.bytes;
            send.lock().unwrap_or_else(PoisonError::into_inner)(&event);
        }
        // The statistics of rclone are progress, and the last of them the result.
        if tool == ToolName::Rclone { Worth::Last } else { Worth::Nothing }
    }
}

/// What the command came to.
fn judge(tool: Option<ToolName>, ended: &Ended, stopped: Option<i32>) -> Parsed {
    let report = Report {
        stdout: &ended.stdout,
        stderr: &ended.stderr,
        exit_code: Some(ended.code),
        started_at: Some(ended.started_at),
        received_at: ended.ended_at,
        zone_offset_minutes: None,
    };
    let read = tool.and_then(|tool| formats::read(tool, &report).ok()).and_then(formats::join);
    let mut parsed = read.unwrap_or_else(|| formats::generic(&report));
    if let Some(fault) = &ended.fault {
        parsed.event.message = Some(fault.clone());
    }
    if let Some(signal) = stopped
        && parsed.event.state == RunState::Failed
    {
        parsed.event.state = RunState::Cancelled;
        parsed.event.message = Some(format!("stopped by signal {signal} to the agent; {}", parsed.event.message.unwrap_or_default()));
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        for (attempt, seconds) in [(1, 30), (2, 60), (3, 120), (10, 900), (60_000, 900)] {
            let wait = wait_before(Duration::from_secs(30), attempt).as_secs_f64();
            assert!((f64::from(seconds) * 0.79..f64::from(seconds) * 1.21).contains(&wait), "attempt {attempt}: {wait}");
        }
        assert_eq!(wait_before(Duration::ZERO, 3), Duration::ZERO);
    }
}
