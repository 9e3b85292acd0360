//! Drawings of `charts` inside of pages, and the score.

use super::{badge::band_shape, icon};
use domain::health::{Band, Score};
use leptos::prelude::*;

pub use charts::{DayBar, TrendPoint, TrendUnit};

/// A score with its band's shape: for tables. The word of the band is there for screen readers.
#[component]
pub fn ScorePill(
    /// The score.
    #[prop(into)]
    score: Signal<Score>,
    /// Its band.
    #[prop(into)]
    band: Signal<Band>,
) -> impl IntoView {
    // One effect for all of it: lists hold a pill a row.
    move || {
        let band = band.get();
        view! {
            <span class="score-pill" data-state=band.as_str()>
                {icon::picture(band_shape(band))}
                <span class="score-number">{score.get().0}</span>
                <span class="score-word">{domain::text::band_label(band)}</span>
            </span>
        }
    }
}

/// A large score in a ring.
#[component]
pub fn ScoreRing(
    /// The score.
    #[prop(into)]
    score: Signal<Score>,
    /// Its band.
    #[prop(into)]
    band: Signal<Band>,
) -> impl IntoView {
    view! { <div class="score-ring" data-state=move || band.get().as_str() inner_html=move || charts::score_ring(score.get(), band.get())></div> }
}

/// One bar a day.
#[component]
pub fn DayBars(
    /// Oldest first.
    #[prop(into)]
    bars: Signal<Vec<DayBar>>,
) -> impl IntoView {
    view! { <div class="day-bars" inner_html=move || bars.with(|bars| charts::day_bars(bars))></div> }
}

/// How many in each band, as one bar with its numbers.
#[component]
pub fn BandsBar(
    /// (band, how many).
    #[prop(into)]
    counts: Signal<[(Band, i64); 4]>,
) -> impl IntoView {
    view! { <div class="bands-bar" inner_html=move || charts::bands_bar(&counts.get())></div> }
}

/// A small line of numbers over time.
#[component]
pub fn Sparkline(
    /// Oldest first; gaps where nothing is known.
    #[prop(into)]
    values: Signal<Vec<Option<f64>>>,
    /// The text alternative: "Compliance, 30 days: 98 % to 91 %".
    #[prop(into)]
    label: Signal<String>,
    /// The values are shares, up to 1, which is at the top; the foot is this share or less. Left out: the least and the greatest value
    /// are foot and top.
    #[prop(optional)]
    from: Option<f64>,
) -> impl IntoView {
    let drawn = move |values: &Vec<Option<f64>>| {
        let label = label.get();
        from.map_or_else(|| charts::sparkline(values, &label), |from| charts::sparkline_between(values, from, 1.0, &label))
    };
    view! { <div class="spark" inner_html=move || values.with(drawn)></div> }
}

/// Numbers over days as a line with an axis; as wide as its place.
#[component]
pub fn TrendChart(
    /// Oldest first, a day each.
    #[prop(into)]
    points: Signal<Vec<TrendPoint>>,
    /// What the numbers are.
    unit: TrendUnit,
    /// A line that must not be passed, with its word: `(quota, "Quota")`.
    #[prop(into, optional)]
    limit: Signal<Option<(f64, &'static str)>>,
    /// Begins the text alternative: "Storage used".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! { <div class="trend" inner_html=move || points.with(|points| charts::trend(points, unit, limit.get(), &label))></div> }
}
