//! A run in the log. An open one follows its device's stream until it has ended.

use crate::{
    api::backup::{LogLine, load_run},
    components::{Address, RunBadge, TimeText},
    live::{Live, use_now},
    pages::backup::{row::subject_href, state::took},
};
use domain::{
    ids::{AccountId, RunId},
    live::RunNow,
    run::{Run, RunState},
    saas::AccountNow,
    text,
};
use leptos::{prelude::*, task::spawn_local};
use std::collections::HashMap;

/// The line with what the stream says of its run.
pub fn moved(mut line: LogLine, now: &RunNow) -> LogLine {
    line.state = now.state;
    line.started_at = now.started_at;
    line.ended_at = now.ended_at;
    line.attempt = now.attempt;
    line.percent = now.percent;
    line.items = now.items.or(line.items);
    line.bytes = now.bytes.or(line.bytes);
    line.message = now.message.clone().or(line.message);
    line
}

/// The line as it is: if it is open, it follows the stream.
pub fn follow(line: LogLine) -> Memo<LogLine> {
    if !line.state.is_open() {
        return Memo::new(move |_| line.clone());
    }
    if line.is_account {
        return follow_account(line);
    }
    let heard = Live::get().follow_runs(line.device.0);
    // Kept: the stream's next word of the device may be of another run.
    Memo::new(move |before: Option<&LogLine>| {
        let line = before.unwrap_or(&line).clone();
        heard.with(|runs| match runs.iter().find(|r| r.run == line.id) {
            Some(now) => moved(line, now),
            None => line,
        })
    })
}

/// An account's stream tells no runs, only that one of them moved: the run is asked for then.
fn follow_account(line: LogLine) -> Memo<LogLine> {
    let heard = Live::get().follow_account(AccountId(line.device.0.0));
    let fresh = RwSignal::new(line);
    Effect::new(move |before: Option<bool>| {
        let (id, is_open) = fresh.with_untracked(|l| (l.id, l.state.is_open()));
        // The first word is of what the page knows already, mostly.
        let is_known = heard.with(|now| fresh.with_untracked(|l| is_as_shown(l, now)));
        let is_first = !before.unwrap_or(false);
        let has_heard = heard.with_untracked(|now| !now.workloads.is_empty());
        if has_heard && is_open && !(is_first && is_known) {
            ask(id, fresh);
        }
        has_heard
    });
    Memo::new(move |_| fresh.get())
}

/// The run is the last of its workload, in the same state.
fn is_as_shown(line: &LogLine, now: &AccountNow) -> bool {
    now.workloads.iter().any(|w| w.workload.name() == line.job && w.state == Some(line.state))
}

fn ask(id: RunId, fresh: RwSignal<LogLine>) {
    spawn_local(async move {
        if let Ok(view) = load_run(id.to_string()).await {
            let _ = fresh.try_update(|line| read(line, &view.run));
        }
    });
}

fn read(line: &mut LogLine, run: &Run) {
    line.state = run.state();
    line.ended_at = run.ended_at;
    line.attempt = run.head.attempt;
    line.timed_out = run.head.timed_out;
    line.percent = run.head.percent;
    line.items = run.head.items.or(line.items);
    line.bytes = run.head.bytes.or(line.bytes);
    line.message = run.head.message.clone().or(line.message.take());
}

/// Runs as their rows show them: those that are open move.
#[derive(Clone, Copy, Default)]
pub struct Shown(StoredValue<HashMap<RunId, Memo<LogLine>>>);

impl Shown {
    /// The line as its row shows it now.
    pub fn now(self, line: &LogLine) -> LogLine {
        self.0.with_value(|rows| rows.get(&line.id).and_then(|row| row.try_get_untracked())).unwrap_or_else(|| line.clone())
    }
}

/// What stands behind a state: how far, which attempt, why it ended.
pub fn detail(line: &LogLine) -> String {
    match line.state {
        RunState::Running => line.percent.map(|p| format!("{p} %")).unwrap_or_default(),
        RunState::Retrying => format!("attempt {}", line.attempt),
        RunState::Failed if line.timed_out => "timed out".to_owned(),
        _ => String::new(),
    }
}

/// The row.
#[component]
pub fn LogRow(
    /// The run.
    line: LogLine,
    /// Where it says how it is shown.
    shown: Shown,
) -> impl IntoView {
    let now = use_now();
    let line = follow(line);
    let seen = line.get_untracked();
    shown.0.update_value(|rows| {
        rows.insert(seen.id, line);
    });
    // What never began took no time.
    let lasted = move || {
        line.with(|l| match l.state {
            RunState::Missed | RunState::Skipped => String::new(),
            _ => took(l.started_at, l.ended_at.or_else(|| now.get())),
        })
    };
    view! {
        <tr>
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/runs/{}", seen.id)><TimeText at=seen.started_at/></a></th>
            <td data-label="Result"><RunBadge state=Signal::derive(move || line.with(|l| l.state)) detail=Signal::derive(move || line.with(detail))/></td>
            <td data-label="Device or account" class="cell-short cell-title"><a class="quiet-link" href=subject_href(seen.device.0, seen.is_account)><Address text=seen.device.1/></a></td>
            <td data-label="Client"><a class="quiet-link" href=format!("/organizations/{}", seen.organization.0)>{seen.organization.1}</a></td>
            <td data-label="Job">{seen.job}</td>
            <td data-label="Took" class="number">{lasted}</td>
            <td data-label="Size" class="number">{move || line.with(|l| l.bytes.map(text::bytes))}</td>
            <td data-label="Attempts" class="number">{move || line.with(|l| l.attempt)}</td>
            <td data-label="Tool">{seen.tool}</td>
            <td data-label="Message" class="cell-words">{move || line.with(|l| l.message.clone())}</td>
        </tr>
    }
}
