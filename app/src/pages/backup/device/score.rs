//! The score taken apart: why it is what it is, what raises it and to what, each factor with what it takes away, and when it changes
//! next (D3). All of it is decided here, by the same function as on the server.

use crate::{
    api::backup::{DeviceView, Glance},
    components::{BandBadge, Later, ScorePill, TimeText},
    live::use_now,
};
use domain::{
    health::{Advice, Assessment, Band, Factor, Reason, advice, assess, failures_leave, first_change, raise},
    ids::JobId,
    live::DeviceNow,
    run::RunState,
    text,
    time::Time,
};
use leptos::prelude::*;

/// Name, and what it is.
const fn words(factor: Factor) -> (&'static str, &'static str) {
    match factor {
        Factor::Recency => ("Recency", "Full until the backup is due, then falls to nothing over 48 h."),
        Factor::Success => ("Success", "Usable runs among all runs of the last 7 days."),
        Factor::Restore => ("Restore test", "Full with a passed test, half when there is none or it is stale, nothing after a failed one."),
        Factor::Storage => ("Storage", "Full up to 80 % of the quota, then falls to nothing at 100 %."),
    }
}

/// The name of a job of this device.
pub(super) fn job_name(now: RwSignal<DeviceNow>, job: JobId) -> String {
    now.with(|n| n.facts.jobs.iter().find(|j| j.job == job).map_or_else(|| "the backup".to_owned(), |j| j.name.clone()))
}

/// A reason in words, its times as clocks show them where the device stands.
pub(super) fn told(view: RwSignal<DeviceView>, now: RwSignal<DeviceNow>, reason: &Reason, time: Time) -> String {
    view.with(|v| text::reason_in(reason, v.local.as_ref(), time, |job| job_name(now, job)))
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
    let at = move || clock.get_untracked().unwrap_or(seen_at);
    let decided = Memo::new(move |_| now.with(|n| assess(&n.facts, at())));
    let plan = Memo::new(move |_| now.with(|n| advice(&n.facts, at())));
    let next = Memo::new(move |_| now.with(|n| first_change(&n.facts, at())));
    let reasons = move || decided.with(|d| d.reasons.iter().map(|r| (told(view, now, r, time()), link(view, r))).collect::<Vec<_>>());
    view! {
        <section class="card apart anchor" id="score" aria-labelledby="apart-title">
            <div class="apart-words">
                <h2 id="apart-title">"Why this score"</h2>
                <Later><ul class="reasons">
                    {move || {
                        reasons()
                            .into_iter()
                            .map(|(words, link)| view! { <li>{words}{link.map(|(href, what)| view! { " "<a href=href>{what}</a> })}</li> })
                            .collect_view()
                    }}
                </ul></Later>
                {move || plan.with(|plan| raised(plan, now, decided))}
                <p class="faint">{move || decided.with(sum)}</p>
                <Later><p class="next-change">
                    {move || match next.get() {
                        Some((at, score, band)) => view! {
                            <span>"If nothing happens, it changes "<TimeText at=at focusable=true/>" to "<strong>{score.0}</strong>" "<BandBadge band/></span>
                        }
                        .into_any(),
                        None if decided.with(|d| d.band == Band::Unknown) => view! { <span class="faint">"By itself nothing changes."</span> }.into_any(),
                        // Set times are known for a while only.
                        None => ().into_any(),
                    }}
                </p></Later>
            </div>
            <Later><table class="factors">
                <caption class="hidden-words">"The four factors of the score"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Factor"</th>
                        <th scope="col" class="number">"Now"</th>
                        <th scope="col"><span class="hidden-words">"Drawn"</span></th>
                        <th scope="col" class="number">"Weight"</th>
                        <th scope="col" class="number" title="Points that it takes away inside the band">"Costs"</th>
                        <th scope="col">"By itself it rises with"</th>
                    </tr>
                </thead>
                <tbody>
                    {Factor::ALL.map(|factor| row(factor, decided, now, at)).into_iter().collect_view()}
                </tbody>
            </table></Later>
        </section>
    }
}

/// Where the fact can be looked at: address, and words.
fn link(view: RwSignal<DeviceView>, reason: &Reason) -> Option<(String, &'static str)> {
    let last = |job: JobId, wanted: fn(&Glance) -> bool| {
        view.with(|v| v.jobs.iter().find(|j| j.id == job)?.runs.iter().rfind(|run| wanted(run)).map(|run| format!("/runs/{}", run.id)))
    };
    match *reason {
        Reason::Failing { job, .. } | Reason::Stuck { job, .. } => {
            last(job, |run| run.state == RunState::Failed).map(|href| (href, "See the run"))
        }
        Reason::PastDue { job, .. } | Reason::FarLess { job, .. } | Reason::NoFiles { job, .. } | Reason::HourOff { job, .. } => {
            last(job, |run| run.state.is_usable()).map(|href| (href, "See the last backup"))
        }
        Reason::RestoreFailed { .. } | Reason::RestoreMissing { .. } | Reason::RestoreStale { .. } => {
            Some(("#restore-tests".to_owned(), "See the restore tests"))
        }
        Reason::StorageFull { .. } => Some(("#storage".to_owned(), "See its storage")),
        Reason::LowSuccess { .. } => Some(("#runs".to_owned(), "See the runs")),
        Reason::NeverReported { .. } => Some(("#connect".to_owned(), "How to connect")),
        Reason::Silent { .. } | Reason::Offline { .. } | Reason::ConsentGone { .. } | Reason::AllWell { .. } => None,
    }
}

/// What raises the score, in the order in which it helps most.
fn raised(plan: &[Advice], now: RwSignal<DeviceNow>, decided: Memo<Assessment>) -> AnyView {
    if decided.with(|d| d.score.0 == 100) {
        return ().into_any();
    }
    let storage = now.with(|n| n.facts.storage);
    let last = plan.last().map_or_else(|| decided.with(|d| d.score.0), |advice| advice.score.0);
    let at = now.with(|n| n.facts.last_seen.unwrap_or(n.facts.enrolled_at));
    let leave = (last < 100).then(|| now.with(|n| failures_leave(&n.facts, at))).flatten();
    if plan.is_empty() && leave.is_none() {
        return ().into_any();
    }
    let several = plan.len() > 1;
    view! {
        <div class="raise">
            <h3>{if several { "What raises it, in this order" } else { "What raises it" }}</h3>
            <ol class="plan" data-one=(!several).then_some("")>
                {plan
                    .iter()
                    .map(|advice| {
                        let words = text::step(&advice.step, storage, |job| job_name(now, job));
                        view! {
                            <li>
                                <span class="plan-words">{words}</span>
                                <span class="plan-to">
                                    <span class="hidden-words">"leads to"</span>
                                    <span aria-hidden="true">"→ "</span>
                                    <ScorePill score=advice.score band=advice.band/>
                                    {(advice.gain > 0).then(|| view! { <span class="plan-gain">{format!("+{}", advice.gain)}</span> })}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
            {leave.map(|leave| waiting(last, leave))}
        </div>
    }
    .into_any()
}

fn waiting(last: u8, leave: Time) -> AnyView {
    view! {
        <p class="faint">{match 100 - last {
            1 => "The point that is left comes by waiting: bad runs count for 7 days, the last of them leaves ".to_owned(),
            left => format!("The {left} points that are left come by waiting: bad runs count for 7 days, the last of them leaves "),
        }}<TimeText at=leave focusable=true/>"."</p>
    }
    .into_any()
}

fn row(
    factor: Factor,
    decided: Memo<Assessment>,
    now: RwSignal<DeviceNow>,
    at: impl Fn() -> Time + Copy + Send + Sync + 'static,
) -> AnyView {
    let (name, what) = words(factor);
    let value = Memo::new(move |_| decided.with(|d| factor.of(&d.factors)));
    let costs = Memo::new(move |_| decided.with(|d| factor.lost_tenths(d)));
    let rises = Memo::new(move |_| {
        // Facts that move may raise it otherwise.
        now.with(|n| {
            raise(&n.facts, factor, at()).map(|advice| (text::step(&advice.step, n.facts.storage, |job| job_name(now, job)), advice))
        })
    });
    view! {
        <tr>
            <th scope="row">{name}<span class="factor-words">{what}</span></th>
            <td class="number">{move || format!("{} %", value.get() / 10_000)}</td>
            <td class="factor-bar">
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="factor-track" width="100" height="8"></rect>
                    <rect class="factor-value" width=move || (value.get() / 10_000).to_string() height="8"></rect>
                </svg>
            </td>
            <td class="number">{format!("{} %", factor.weight())}</td>
            <td class="number">{move || match costs.get() {
                0 => view! { <span class="faint">"–"</span> }.into_any(),
                tenths => format!("−{}.{}", tenths / 10, tenths % 10).into_any(),
            }}</td>
            <td class="factor-raise">{move || match rises.get() {
                Some((words, advice)) => view! { {words}" → "<strong>{advice.score.0}</strong>{(advice.gain == 0).then_some(" (other things weigh more)")} }.into_any(),
                None if value.get() == 1_000_000 => view! { <span class="faint">"Full"</span> }.into_any(),
                None => view! { <span class="faint">{decided.with(first)}</span> }.into_any(),
            }}</td>
        </tr>
    }
    .into_any()
}

/// What has to come before anything else helps.
fn first(decided: &Assessment) -> &'static str {
    match decided.reasons.first() {
        Some(Reason::NeverReported { .. }) => "Counts from its first report on",
        Some(Reason::Silent { .. }) => "Counts once it is heard of again",
        _ => "Waiting",
    }
}

/// How band and factors make the score, in one line.
fn sum(decided: &Assessment) -> String {
    let (low, high) = decided.band.range();
    if decided.band == Band::Unknown {
        let why = match decided.reasons.first() {
            Some(Reason::Silent { .. }) => "what is known of it is too old to be scored. Its next report brings the score back.",
            _ => "there is nothing to score before its first report.",
        };
        return format!("Unknown is always 0: {why}");
    }
    let total: u64 = Factor::ALL.iter().map(|f| u64::from(f.of(&decided.factors)) * u64::from(f.weight())).sum();
    format!(
        "{} is {low}–{high}: the worst reason decides the band. The factors reach {} % of it: {low} + {} = {}.",
        text::band_label(decided.band),
        total / 1_000_000,
        decided.score.0.saturating_sub(low),
        decided.score.0
    )
}
