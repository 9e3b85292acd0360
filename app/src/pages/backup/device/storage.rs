//! Storage of a device by day with its quota, how fast it grows and when it is full; and the sizes of its last backups.

use crate::{
    api::backup::{DeviceView, JobLine},
    components::{Section, Sparkline, TrendChart, TrendPoint, TrendUnit, query_with},
};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Days that can be looked at.
const RANGES: [(&str, i32); 3] = [("28", 28), ("90", 90), ("400", 400)];
/// Fewer known days than this tell no trend.
const LEAST: usize = 5;
/// A quota that is reached later than in two years is no news.
const FARTHEST_WEEKS: f64 = 104.0;

/// How storage moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Bytes a week; may be negative.
    pub per_week: i64,
    /// Weeks until the quota is full, if it grows towards one.
    pub full_in_weeks: Option<f64>,
}

/// The straight line through the known days (least squares). None with too few of them.
pub fn growth(days: &[(i32, i64, Option<i64>)]) -> Option<Growth> {
    let (first, last) = (days.first()?, days.last()?);
    if days.len() < LEAST || last.0 - first.0 < 6 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "bytes of a destination, in a trend")]
    let (n, used) = (days.len() as f64, |bytes: i64| bytes as f64);
    let x = |day: i32| f64::from(day - first.0);
    let mean_x = days.iter().map(|d| x(d.0)).sum::<f64>() / n;
    let mean_y = days.iter().map(|d| used(d.1)).sum::<f64>() / n;
    let over: f64 = days.iter().map(|d| (x(d.0) - mean_x) * (used(d.1) - mean_y)).sum();
    let under: f64 = days.iter().map(|d| (x(d.0) - mean_x).powi(2)).sum();
    let per_week = 7.0 * over / under;
    let free = last.2.map(|quota| used(quota - last.1));
    // Less than a thousandth of what is used is standing still.
    let grows = per_week > used(last.1) / 1_000.0;
    let full_in_weeks = free.filter(|free| *free > 0.0 && grows).map(|free| free / per_week).filter(|weeks| *weeks <= FARTHEST_WEEKS);
    #[expect(clippy::cast_possible_truncation, reason = "bytes of a destination fit")]
    Some(Growth { per_week: per_week as i64, full_in_weeks })
}

/// The trend in words.
pub fn growth_words(days: &[(i32, i64, Option<i64>)]) -> String {
    let Some(last) = days.last() else { return "Nothing was said of its storage yet: the agent tells it with its check-ins.".to_owned() };
    let Some(growth) = growth(days) else { return "Too few days for a trend yet.".to_owned() };
    let pace = match growth.per_week {
        still if still.unsigned_abs() < last.1.unsigned_abs() / 1_000 => "It stands still".to_owned(),
        grown @ 0.. => format!("It grows by {} a week", text::bytes(grown)),
        shrunk => format!("It shrinks by {} a week", text::bytes(shrunk.saturating_neg())),
    };
    match (growth.full_in_weeks, last.2) {
        (Some(weeks), _) if weeks < 1.0 => format!("{pace}: full within a week."),
        (Some(weeks), _) => format!("{pace}: full in {weeks:.0} {}.", if weeks.round() < 2.0 { "week" } else { "weeks" }),
        (None, Some(quota)) if last.1 >= quota => format!("{pace}; the quota is full."),
        _ => format!("{pace}."),
    }
}

/// The section.
#[component]
pub fn StorageTrend(
    /// The page's data.
    view: RwSignal<DeviceView>,
) -> impl IntoView {
    let query = use_query_map();
    let days = Memo::new(move |_| {
        let asked = query.read().get("storage").unwrap_or_default();
        RANGES.iter().find(|(word, _)| *word == asked).map_or(90, |(_, days)| *days)
    });
    let today = move || view.with(|v| v.line.bars.today);
    let shown = Memo::new(move |_| {
        let first = today() - days.get() + 1;
        view.with(|v| v.storage.iter().copied().filter(|(day, ..)| *day >= first).collect::<Vec<_>>())
    });
    let points = Signal::derive(move || {
        let known = shown.get();
        // A line begins with what is known, not with months of nothing.
        let first = known.first().map_or_else(today, |(day, ..)| *day).max(today() - days.get() + 1);
        let mut known = known.into_iter().peekable();
        (first..=today())
            .map(|day| {
                #[expect(clippy::cast_precision_loss, reason = "bytes in a drawing")]
                let value = known.next_if(|(known, ..)| *known == day).map(|(_, used, _)| used as f64);
                TrendPoint { day, value }
            })
            .collect::<Vec<_>>()
    });
    #[expect(clippy::cast_precision_loss, reason = "bytes in a drawing")]
    let limit = Signal::derive(move || view.with(|v| v.line.quota_bytes).map(|quota| (quota as f64, "Quota")));
    let device = view.with_untracked(|v| v.line.id);
    let ranges = RANGES
        .iter()
        .map(|(word, of)| {
            let href = move || format!("/devices/{device}{}#storage", query_with(&query.read(), &[("storage", Some(word))]));
            view! { <a class="chip" data-noscroll="" href=href aria-current=move || (days.get() == *of).then_some("true")>{format!("{word} days")}</a> }
        })
        .collect_view();
    let has_storage = move || view.with(|v| !v.storage.is_empty());
    view! {
        <div id="storage" class="anchor">
            <Section title="Storage" aside=view! { <div class="chips storage-ranges" hidden=move || !has_storage()>{ranges}</div> }.into_any()>
                <p class="storage-words">{move || shown.with(|days| growth_words(days))}</p>
                {move || has_storage().then(|| view! { <TrendChart points unit=TrendUnit::Bytes limit label="Storage used"/> })}
                {move || sizes(view.with(|v| v.jobs.clone()))}
            </Section>
        </div>
    }
}

/// From the smallest size to the largest, where that can be told apart.
fn range(least: i64, most: i64) -> String {
    let (least, most) = (text::bytes(least), text::bytes(most));
    if least == most { format!("about {least} all along") } else { format!("{least} to {most}") }
}

/// The sizes of the last usable runs of each job that tells them.
fn sizes(jobs: Vec<JobLine>) -> AnyView {
    let told: Vec<_> = jobs
        .into_iter()
        .filter_map(|job| {
            let sizes: Vec<i64> = job.runs.iter().filter(|run| run.state.is_usable()).filter_map(|run| run.bytes).collect();
            (sizes.len() >= 3).then_some((job.name, sizes))
        })
        .collect();
    if told.is_empty() {
        return ().into_any();
    }
    view! {
        <h3>"Size of the last backups"</h3>
        <ul class="sizes">
            {told
                .into_iter()
                .map(|(name, sizes)| {
                    let (least, most) = (sizes.iter().min().copied().unwrap_or(0), sizes.iter().max().copied().unwrap_or(0));
                    let last = sizes.last().copied().unwrap_or(0);
                    let range = range(least, most);
                    let words = format!("{}, {} runs: {range}", name, sizes.len());
                    #[expect(clippy::cast_precision_loss, reason = "bytes in a drawing")]
                    let values: Vec<Option<f64>> = sizes.iter().map(|size| Some(*size as f64)).collect();
                    view! {
                        <li>
                            <span class="sizes-name">{name}</span>
                            <Sparkline values=values label=words/>
                            <span>{text::bytes(last)}</span>
                            <span class="faint">{format!("{range} in {} runs", sizes.len())}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: i64 = 1 << 30;

    fn line(days: i32, start: i64, a_day: i64, quota: Option<i64>) -> Vec<(i32, i64, Option<i64>)> {
        (0..days).map(|day| (20_000 + day, start + a_day * i64::from(day), quota)).collect()
    }

    #[test]
    fn a_steady_line_tells_its_growth_and_when_the_quota_is_full() {
        let days = line(28, 100 * GIB, GIB, Some(141 * GIB));
        assert_eq!(growth(&days).map(|g| g.per_week), Some(7 * GIB));
        assert_eq!(growth_words(&days), "It grows by 7.0 GiB a week: full in 2 weeks.");
        assert_eq!(growth_words(&line(28, 100 * GIB, -GIB, None)), "It shrinks by 7.0 GiB a week.");
        assert_eq!(growth_words(&line(28, 100 * GIB, 0, Some(200 * GIB))), "It stands still.");
        assert_eq!(growth_words(&line(28, 100 * GIB, GIB, Some(127 * GIB))), "It grows by 7.0 GiB a week; the quota is full.");
    }

    #[test]
    fn a_few_days_tell_no_trend() {
        assert_eq!(growth(&line(4, GIB, GIB, None)), None);
        assert_eq!(growth_words(&line(4, GIB, GIB, None)), "Too few days for a trend yet.");
        assert!(growth_words(&[]).starts_with("Nothing was said"));
    }

    #[test]
    fn sizes_that_read_the_same_are_told_once() {
        assert_eq!(range(GIB, 3 * GIB), "1.0 GiB to 3.0 GiB");
        assert_eq!(range(2 * GIB, 2 * GIB + GIB / 100), "about 2.0 GiB all along");
    }

    #[test]
    fn a_far_quota_is_no_news() {
        assert_eq!(growth_words(&line(28, 100 * GIB, GIB / 7, Some(10_000 * GIB))), "It grows by 1.0 GiB a week.");
    }
}
