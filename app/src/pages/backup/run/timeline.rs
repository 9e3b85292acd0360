//! What happened in a run: each state with its time and attempt, and the whole as a line beside the usual length.

use crate::{
    api::backup::RunView,
    components::{RunBadge, TimeText},
    live::use_now,
};
use charts::Stretch;
use domain::{
    run::{Run, RunState},
    text,
    time::{Span, Time},
};
use leptos::prelude::*;

/// The stretches of a run; one that is open goes on until `now`.
pub fn stretches(run: &Run, now: Option<Time>) -> Vec<Stretch> {
    let mut steps = run.transitions.clone();
    steps.sort_by_key(|t| (t.at, t.attempt, t.state));
    let end = run.ended_at.or(now).unwrap_or(run.started_at);
    let mut stretches: Vec<Stretch> = Vec::with_capacity(steps.len());
    for (place, step) in steps.iter().enumerate() {
        if !step.state.is_open() {
            continue;
        }
        let next = steps.get(place + 1);
        let to = next.map_or(end, |next| next.at).max(step.at);
        // An attempt is what came of it.
        let state = match next {
            Some(next) if next.state.is_end() => next.state,
            Some(next) if next.attempt > step.attempt && step.state == RunState::Running => RunState::Failed,
            Some(_) => step.state,
            None if run.state().is_end() => run.state(),
            None => step.state,
        };
        if to > step.at {
            stretches.push(Stretch { state, attempt: step.attempt, from: step.at, to });
        }
    }
    stretches
}

/// The section's content.
#[component]
pub fn Timeline(
    /// The page's data.
    view: RwSignal<RunView>,
) -> impl IntoView {
    let clock = use_now();
    let usual = Memo::new(move |_| view.with(|v| v.usual.took));
    let line = move || {
        let stretches = view.with(|v| stretches(&v.run, clock.get()));
        charts::run_line(&stretches, usual.get().filter(|usual| *usual > Span::ZERO))
    };
    let steps = Memo::new(move |_| {
        let mut steps = view.with(|v| v.run.transitions.clone());
        steps.sort_by_key(|t| (t.at, t.attempt, t.state));
        (view.with(|v| v.run.started_at), steps)
    });
    view! {
        <div class="run-line" inner_html=line></div>
        {move || usual.get().map(|usual| view! { <p class="faint run-line-key">{format!("The mark is the usual length: {}.", text::span(usual))}</p> })}
        <ol class="timeline">
            {move || {
                let (started, steps) = steps.get();
                let several = steps.iter().any(|step| step.attempt > 1);
                steps
                    .into_iter()
                    .map(|step| view! {
                        <li data-state=step.state.as_str()>
                            <span class="timeline-state">
                                <RunBadge state=step.state/>
                                {several.then(|| view! { <span class="faint">{format!("attempt {}", step.attempt)}</span> })}
                            </span>
                            <span class="timeline-time">
                                <TimeText at=step.at exact=true/>
                                {(step.at > started).then(|| view! { <span class="faint">{format!("after {}", text::span(step.at - started))}</span> })}
                            </span>
                            {step.message.map(|said| view! { <p class="timeline-said">{said}</p> })}
                        </li>
                    })
                    .collect_view()
            }}
        </ol>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::run::RunEvent;

    fn event(state: RunState, minute: i64, attempt: u16) -> RunEvent {
        RunEvent { attempt, ..RunEvent::new(state, Time(minute * 60_000)) }
    }

    fn of(events: &[RunEvent], now: Option<i64>) -> Vec<(RunState, u16, i64)> {
        let Some(run) = Run::from_events(events.iter().cloned()) else { return Vec::new() };
        let told = stretches(&run, now.map(|minute| Time(minute * 60_000)));
        told.into_iter().map(|s| (s.state, s.attempt, (s.to - s.from).0 / 60_000)).collect()
    }

    #[test]
    fn an_attempt_that_was_made_again_failed_and_the_last_is_what_the_run_came_to() {
        let events = [
            event(RunState::Running, 0, 1),
            event(RunState::Retrying, 5, 2),
            event(RunState::Running, 6, 2),
            event(RunState::Succeeded, 16, 2),
        ];
        assert_eq!(of(&events, None), [(RunState::Failed, 1, 5), (RunState::Retrying, 2, 1), (RunState::Succeeded, 2, 10)]);
    }

    #[test]
    fn an_open_run_goes_on_until_now_and_an_end_alone_has_no_length() {
        assert_eq!(of(&[event(RunState::Running, 0, 1)], Some(7)), [(RunState::Running, 1, 7)]);
        assert_eq!(of(&[event(RunState::Failed, 3, 1)], Some(7)), []);
    }
}
