//! Drawings of runs and of scores to come.

use charts::{RunBar, Stretch, outlook, outlook_text, run_bars, run_line};
use domain::{
    health::{Band, Score},
    run::RunState,
    time::{Span, Time},
};

const NOON: Time = Time(1_795_176_000_000);

#[test]
fn every_state_of_a_run_has_a_shape_of_its_own() {
    let states = [RunState::Succeeded, RunState::Warning, RunState::Failed, RunState::Missed, RunState::Running, RunState::Cancelled];
    let bars: Vec<RunBar> = states.map(|state| RunBar { state, title: format!("{state:?} & more") }).into();
    let svg = run_bars(&bars, "Last runs");
    assert!(svg.contains("aria-label=\"Last runs: 1 succeeded, 1 warning, 1 failed, 1 missed, 1 running, 1 cancelled\""), "{svg}");
    assert!(svg.contains("<title>Failed &amp; more</title>"));
    // The path of each, moved to the same place, is another one.
    let alone: std::collections::BTreeSet<String> = states
        .map(|state| run_bars(&[RunBar { state, title: String::new() }], "x"))
        .map(|svg| svg.split("fill-rule").nth(1).unwrap_or_default().to_owned())
        .into();
    assert_eq!(alone.len(), states.len());
    assert!(run_bars(&[], "Last runs").contains("Last runs: no runs"));
}

#[test]
fn scores_to_come_are_steps_and_told_where_the_band_changes() {
    let steps = [
        (NOON, Score(96), Band::Healthy),
        (NOON + Span::hours(5), Score(89), Band::Warning),
        (NOON + Span::hours(6), Score(88), Band::Warning),
        (NOON + Span::hours(53), Score(58), Band::Critical),
    ];
    assert_eq!(outlook_text(&steps, None), "Score 96 (Healthy) now, 89 (Warning) in 5 h, 58 (Critical) in 2 d 5 h");
    let svg = outlook(&steps, Some(&steps[..1]), Span::hours(72), NOON + Span::hours(72));
    assert_eq!(svg.matches("outlook-line").count(), 2);
    assert!(svg.contains("H50.0V"), "5 of 72 hours: {svg}");
    assert_eq!(outlook(&[], None, Span::hours(72), NOON), "");
}

#[test]
fn a_run_line_has_a_stretch_an_attempt_and_a_mark_where_it_usually_ends() {
    let stretches = [
        Stretch { state: RunState::Failed, attempt: 1, from: NOON, to: NOON + Span::minutes(30) },
        Stretch { state: RunState::Succeeded, attempt: 2, from: NOON + Span::minutes(30), to: NOON + Span::minutes(60) },
    ];
    let svg = run_line(&stretches, Some(Span::minutes(120)));
    assert!(svg.contains("aria-label=\"Attempt 1: failed for 30 min; Attempt 2: succeeded for 30 min; usually 2 h\""), "{svg}");
    assert_eq!(svg.matches("class=\"run-stretch\"").count(), 2);
    assert!(svg.contains("x=\"180.0\""), "a quarter of what is usual: {svg}");
    assert_eq!(run_line(&[], None), "");
}
