//! Drawings.

use super::{Part, Piece};
use crate::components::{BandsBar, DayBars, ScoreRing, Sparkline, TrendChart, TrendPoint, TrendUnit, picture::DayBar};
use charts::{DayState, RunBar, Stretch};
use domain::{
    health::{Band, Score},
    run::RunState,
    text,
    time::{Span, Time},
};
use leptos::prelude::*;

/// 12 Nov 2026.
const DAY: i32 = 20_769;
const GIB: f64 = 1_073_741_824.0;
/// 12 Nov 2026, 01:00 UTC.
const AT: Time = Time(1_794_445_200_000);

fn month() -> Vec<DayBar> {
    (DAY - 27..=DAY)
        .enumerate()
        .map(|(place, day)| match place {
            0 | 1 => DayBar::no_data(day),
            2 | 3 => DayBar { state: DayState::Deactivated, ..DayBar::no_data(day) },
            9 => DayBar::of(day, 1, 1, 0, 0),
            14 => DayBar::of(day, 0, 0, 0, 1),
            21 => DayBar::of(day, 0, 0, 2, 0),
            _ => DayBar::of(day, 1, 0, 0, 0),
        })
        .collect()
}

fn filling() -> Vec<TrendPoint> {
    (0..60_i32)
        .map(|n| {
            let used = 612.0 + f64::from(n) * 4.6 - if n > 40 { 96.0 } else { 0.0 } + f64::from(n * 7 % 5);
            TrendPoint { day: DAY - 59 + n, value: (!(22..25).contains(&n)).then_some(used * GIB) }
        })
        .collect()
}

fn compliance() -> Vec<TrendPoint> {
    (0..30_i32).map(|n| TrendPoint { day: DAY - 29 + n, value: Some(99.0 - f64::from(n * n % 13)) }).collect()
}

/// Runs before one: all ended, one a night, with a failure, a warning and a missed one among them.
fn nights() -> Vec<RunBar> {
    (0..14_i64)
        .map(|n| {
            let state = match n {
                4 => RunState::Failed,
                5 => RunState::Missed,
                9 => RunState::Warning,
                _ => RunState::Succeeded,
            };
            RunBar { state, title: format!("{}: {}", text::utc(AT + Span::days(n - 14)), text::state_label(state)) }
        })
        .collect()
}

/// A run that failed after 20 minutes, waited for 10, and was done 25 minutes later.
fn attempts() -> [Stretch; 3] {
    let stretch = |state, attempt, from, to| Stretch { state, attempt, from: AT + Span::minutes(from), to: AT + Span::minutes(to) };
    [stretch(RunState::Running, 1, 0, 20), stretch(RunState::Retrying, 2, 20, 30), stretch(RunState::Running, 2, 30, 55)]
}

/// Scores to come, as they are and under other terms, over three days.
fn outlook() -> String {
    let at = |hours, score, band| (AT + Span::hours(hours), Score(score), band);
    let now = [at(0, 98, Band::Healthy), at(25, 89, Band::Warning), at(49, 79, Band::Warning), at(72, 61, Band::Critical)];
    let other = [at(0, 98, Band::Healthy), at(49, 89, Band::Warning)];
    charts::outlook(&now, Some(&other), Span::hours(72), AT + Span::hours(72))
}

#[component]
pub fn Pictures() -> impl IntoView {
    let line: Vec<Option<f64>> = compliance().into_iter().map(|p| p.value).collect();
    view! {
        <Part id="pictures">
            <Piece name="DayBars"><DayBars bars=month()/></Piece>
            <Piece name="BandsBar"><BandsBar counts=[(Band::Critical, 11), (Band::Warning, 4), (Band::Unknown, 4), (Band::Healthy, 129)]/></Piece>
            <Piece name="ScoreRing">
                <div class="guide-row">
                    <ScoreRing score=Score(98) band=Band::Healthy/>
                    <ScoreRing score=Score(84) band=Band::Warning/>
                    <ScoreRing score=Score(53) band=Band::Critical/>
                    <ScoreRing score=Score(0) band=Band::Unknown/>
                </div>
            </Piece>
            <Piece name="charts::run_bars"><div inner_html=charts::run_bars(&nights(), "Last runs, oldest first")></div></Piece>
            <Piece name="charts::run_line"><div class="run-line" inner_html=charts::run_line(&attempts(), Some(Span::minutes(48)))></div></Piece>
            <Piece name="charts::outlook"><div class="outlook" inner_html=outlook()></div></Piece>
            <Piece name="Sparkline"><Sparkline values=line label="Compliance, 30 days: 99 % to 90 %".to_owned()/></Piece>
            <Piece name="TrendChart: bytes, with a limit"><div class="card"><TrendChart points=filling() unit=TrendUnit::Bytes limit=Some((1_000.0 * GIB, "Quota")) label="Storage used"/></div></Piece>
            <Piece name="TrendChart: percent"><div class="card"><TrendChart points=compliance() unit=TrendUnit::Percent label="Compliance"/></div></Piece>
        </Part>
    }
}
