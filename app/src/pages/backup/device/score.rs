//! The score taken apart: band, factors, reasons, what to do, and when it changes next (D3). All of it is decided here, by the same
//! function as on the server.

use crate::{
    api::backup::DeviceView,
    components::{BandBadge, TimeText},
    live::use_now,
};
use domain::{
    health::{Assessment, Band, Factors, assess},
    ids::JobId,
    live::DeviceNow,
    text,
};
use leptos::prelude::*;

/// (name, weight in percent, what it is and how it rises).
const FACTORS: [(&str, u32, &str); 4] = [
    ("Recency", 35, "Full until the backup is due, then falls to nothing over 48 h. A usable backup fills it."),
    ("Success", 30, "Usable runs among all runs of the last 7 days. Each usable run raises it; old failures leave after 7 days."),
    ("Restore test", 25, "Full with a passed test, half when none was made or it is stale, nothing after a failed one."),
    ("Storage", 10, "Full up to 80 % of the quota, then falls to nothing at 100 %."),
];

const fn parts(factors: Factors) -> [u32; 4] {
    [factors.recency, factors.success, factors.restore, factors.storage]
}

const fn range(band: Band) -> (u32, u32) {
    match band {
        Band::Unknown => (0, 0),
        Band::Critical => (40, 69),
        Band::Warning => (70, 89),
        Band::Healthy => (90, 100),
    }
}

/// The explanation beside the ring.
#[component]
pub fn Apart(
    /// The page's data.
    view: RwSignal<DeviceView>,
    /// What moves.
    now: RwSignal<DeviceNow>,
) -> impl IntoView {
    let clock = use_now();
    let seen_at = view.with_untracked(|v| v.at);
    let time = move || clock.get().unwrap_or(seen_at);
    // Decided again when facts, score or the next change move, not with each tick of the clock.
    let decided = Memo::new(move |_| {
        now.with(|n| {
            let at = clock.get_untracked().unwrap_or(seen_at);
            assess(&n.facts, at)
        })
    });
    let next = Memo::new(move |_| {
        let at = decided.with(|d| d.next_change)?;
        let then = now.with(|n| assess(&n.facts, at));
        Some((at, then.score, then.band))
    });
    let name = move |job: JobId| {
        now.with(|n| n.facts.jobs.iter().find(|j| j.job == job).map_or_else(|| "the backup".to_owned(), |j| j.name.clone()))
    };
    let reasons = move || decided.with(|d| d.reasons.iter().map(|r| text::reason(r, time(), name)).collect::<Vec<_>>());
    view! {
        <section class="card apart" aria-labelledby="apart-title">
            <h2 id="apart-title">"Why this score"</h2>
            <ul class="reasons">{move || reasons().into_iter().map(|r| view! { <li>{r}</li> }).collect_view()}</ul>
            {move || decided.with(to_do)}
            <table class="factors">
                <caption class="hidden-words">"The four factors of the score"</caption>
                <thead>
                    <tr><th scope="col">"Factor"</th><th scope="col" class="number">"Now"</th><th scope="col"><span class="hidden-words">"Drawn"</span></th><th scope="col" class="number">"Weight"</th></tr>
                </thead>
                <tbody>
                    {(0..4).map(|place| factor(place, decided)).collect_view()}
                </tbody>
            </table>
            <p class="faint">{move || decided.with(sum)}</p>
            <p class="next-change">
                {move || match next.get() {
                    Some((at, score, band)) => view! {
                        <span>"If nothing happens, it changes "<TimeText at=at focusable=true/>" to "<strong>{score.0}</strong>" "<BandBadge band/></span>
                    }
                    .into_any(),
                    None => view! { <span class="faint">"It doesn't change by itself."</span> }.into_any(),
                }}
            </p>
        </section>
    }
}

fn to_do(decided: &Assessment) -> AnyView {
    if decided.conditions.is_empty() {
        return ().into_any();
    }
    let items = decided.conditions.iter().map(|c| {
        view! { <li><strong>{text::kind_label(c.kind)}": "</strong>{text::recommended_action(c.kind)}</li> }
    });
    view! { <h3>"What to do"</h3><ul class="to-do">{items.collect_view()}</ul> }.into_any()
}

fn factor(place: usize, decided: Memo<Assessment>) -> AnyView {
    let (name, weight, words) = FACTORS[place];
    let value = Memo::new(move |_| decided.with(|d| parts(d.factors)[place]));
    view! {
        <tr>
            <th scope="row" title=words>{name}<span class="factor-words">{words}</span></th>
            <td class="number">{move || format!("{} %", value.get() / 10_000)}</td>
            <td class="factor-bar">
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="factor-track" width="100" height="8"></rect>
                    <rect class="factor-value" width=move || (value.get() / 10_000).to_string() height="8"></rect>
                </svg>
            </td>
            <td class="number">{format!("{weight} %")}</td>
        </tr>
    }
    .into_any()
}

/// How band and factors make the score, in one line.
fn sum(decided: &Assessment) -> String {
    let (low, high) = range(decided.band);
    if decided.band == Band::Unknown {
        return "Unknown is always 0: there is nothing to score yet.".to_owned();
    }
    let total: u64 = parts(decided.factors).iter().zip(FACTORS).map(|(value, (_, weight, _))| u64::from(*value) * u64::from(weight)).sum();
    format!(
        "{} is {low}–{high}; the factors reach {} % of it: {low} + {} = {}.",
        text::band_label(decided.band),
        total / 1_000_000,
        u32::from(decided.score.0).saturating_sub(low),
        decided.score.0
    )
}
