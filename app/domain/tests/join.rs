//! Any order and any repetition of events gives the same run; any order of runs the same history; and the fast path
//! gives what a rebuild gives.

use domain::{
    facts::{Applied, JobHistory, RunSummary},
    run::{MAX_TRANSITIONS, Run, RunEvent, RunState},
    time::Time,
};
use proptest::prelude::*;

fn state() -> impl Strategy<Value = RunState> {
    proptest::sample::select(RunState::ALL)
}

fn event() -> impl Strategy<Value = RunEvent> {
    let words = proptest::option::of("[ab]{0,1}");
    (state(), 0..6i64, 1..4u16, any::<bool>(), proptest::option::of(0..3u8), proptest::option::of(0..3i64), words).prop_map(
        |(state, at, attempt, timed_out, percent, bytes, message)| RunEvent {
            attempt,
            timed_out: timed_out && state == RunState::Failed,
            percent,
            bytes,
            message,
            ..RunEvent::new(state, Time(at))
        },
    )
}

/// Events, and the same ones shuffled with some of them twice.
fn twice() -> impl Strategy<Value = (Vec<RunEvent>, Vec<RunEvent>)> {
    proptest::collection::vec(event(), 1..10).prop_flat_map(|events| {
        let mut doubled = events.clone();
        doubled.extend(events.iter().step_by(2).cloned());
        (Just(events), Just(doubled).prop_shuffle())
    })
}

/// Times in units of about seven hours, so that windows, ties and orders all occur.
fn summary() -> impl Strategy<Value = RunSummary> {
    (0..60i64, 0..4i64, state(), any::<bool>(), 1..3u16, 0..3i64).prop_map(|(start, length, state, timed_out, attempt, bytes)| {
        const UNIT: i64 = 25_000_000;
        RunSummary {
            started_at: Time(start * UNIT),
            ended_at: state.is_end().then_some(Time((start + length) * UNIT)),
            state,
            timed_out: timed_out && state == RunState::Failed,
            attempt,
            bytes,
            items: None,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_repetition_of_events_gives_the_same_run((events, shuffled) in twice()) {
        let run = Run::from_events(events.clone());
        let other = Run::from_events(shuffled);
        prop_assert_eq!(&run, &other);
        let mut again = run.clone();
        for event in &events {
            prop_assert!(!again.as_mut().is_some_and(|run| run.merge(event)), "a copy changes nothing");
        }
        prop_assert_eq!(run, again);
    }

    #[test]
    fn a_merge_says_whether_it_changed_the_run(events in proptest::collection::vec(event(), 2..10)) {
        let mut run = Run::first(events[0].clone());
        for event in &events[1..] {
            let before = run.clone();
            prop_assert_eq!(run.merge(event), run != before);
        }
    }

    #[test]
    fn any_order_of_runs_gives_the_same_history(
        (runs, shuffled) in proptest::collection::vec(summary(), 0..40).prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))
    ) {
        prop_assert_eq!(JobHistory::rebuild(&runs), JobHistory::rebuild(&shuffled));
    }

    #[test]
    fn the_fast_path_gives_what_a_rebuild_gives(
        first in proptest::collection::vec(summary(), 0..20),
        changes in proptest::collection::vec((0..30usize, summary(), any::<bool>()), 1..30),
    ) {
        let mut runs = first;
        let mut history = JobHistory::rebuild(&runs);
        for (place, mut new, same_start) in changes {
            let old = runs.get(place).copied();
            if let Some(old) = old && same_start {
                new.started_at = old.started_at;
                new.ended_at = new.ended_at.map(|end| end.max(old.started_at));
            }
            match old {
                Some(_) => runs[place] = new,
                None => runs.push(new),
            }
            let rebuilt = JobHistory::rebuild(&runs);
            let before = history.clone();
            match history.apply(old.as_ref(), &new) {
                Applied::Done => prop_assert_eq!(&history, &rebuilt, "from {:?} by {:?} -> {:?}", before, old, new),
                Applied::NeedsRebuild => {
                    prop_assert_eq!(&history, &before);
                    history = rebuilt;
                }
            }
        }
    }

    #[test]
    fn of_very_many_attempts_the_latest_are_kept_in_any_order(order in Just((1..200u16).collect::<Vec<_>>()).prop_shuffle()) {
        let events = |attempts: &[u16]| {
            Run::from_events(attempts.iter().map(|n| RunEvent { attempt: *n, ..RunEvent::new(RunState::Retrying, Time(i64::from(*n))) }))
        };
        let run = events(&order);
        prop_assert_eq!(run.as_ref().map(|run| run.transitions.len()), Some(MAX_TRANSITIONS));
        prop_assert_eq!(run, events(&(1..200).collect::<Vec<_>>()));
    }
}

fn ended(start: i64, end: i64, state: RunState) -> RunSummary {
    let hour = 3_600_000;
    RunSummary {
        started_at: Time(start * hour),
        ended_at: Some(Time(end * hour)),
        state,
        timed_out: false,
        attempt: 1,
        bytes: 0,
        items: None,
    }
}

#[test]
fn the_ordinary_day_never_needs_a_rebuild() {
    let mut history = JobHistory::default();
    for day in 0..30 {
        let done = ended(day * 24, day * 24 + 1, if day % 7 == 3 { RunState::Failed } else { RunState::Succeeded });
        let open = RunSummary { ended_at: None, state: RunState::Running, ..done };
        assert_eq!(history.apply(None, &open), Applied::Done);
        assert_eq!(history.apply(Some(&open), &done), Applied::Done);
    }
    assert_eq!(history.week.len(), 8);
    assert_eq!(history.open, None);
}

#[test]
fn a_success_that_arrives_after_a_time_out_corrects_the_run_and_a_late_start_changes_nothing() {
    let at = |n: i64| Time(n * 3_600_000);
    let timed_out = RunEvent { timed_out: true, ..RunEvent::new(RunState::Failed, at(12)) };
    let mut run = Run::first(RunEvent::new(RunState::Running, at(0)));
    assert!(run.merge(&timed_out));
    assert_eq!((run.state(), run.ended_at), (RunState::Failed, Some(at(12))));
    assert!(run.merge(&RunEvent::new(RunState::Succeeded, at(11))));
    assert_eq!((run.state(), run.ended_at), (RunState::Succeeded, Some(at(11))));
    assert!(!run.merge(&RunEvent::new(RunState::Running, at(5))));
    assert!(!run.merge(&timed_out));
}

#[test]
fn a_run_tells_its_progress_until_it_ends() {
    let mut run = Run::first(RunEvent::new(RunState::Running, Time(0)));
    assert!(run.merge(&RunEvent { percent: Some(40), ..RunEvent::new(RunState::Running, Time(60)) }));
    assert!(!run.merge(&RunEvent { percent: Some(20), ..RunEvent::new(RunState::Running, Time(30)) }));
    assert_eq!((run.head.percent, run.started_at, run.ended_at), (Some(40), Time(0), None));
}

#[test]
fn an_event_that_says_nothing_but_its_state_is_the_first_attempt_and_reported() {
    let event = RunEvent::new(RunState::Succeeded, Time(1));
    assert_eq!((event.attempt, event.timed_out, event.failed_items.len()), (1, false, 0));
}
