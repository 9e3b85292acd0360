//! A state: its shape, its word, its colour.

use super::icon::{self, Shape, picture};
use domain::{alert::Severity, health::Band, mail::MailState, policy::DeviceLife, run::RunState};
use leptos::prelude::*;

fn badge(kind: Signal<&'static str>, shape: Signal<Shape>, word: Signal<String>) -> AnyView {
    (move || plain(kind.get(), shape.get(), word.get())).into_any()
}

/// A badge as it is now. Made anew in one effect when any of it changes: its elements stay, and lists hold hundreds of them.
fn plain(kind: &'static str, shape: Shape, word: String) -> AnyView {
    view! { <span class="badge" data-state=kind>{picture(shape)}<span>{word}</span></span> }.into_any()
}

/// A run's state as it is now, for what moves as a whole.
pub fn run_badge(state: RunState, detail: &str) -> AnyView {
    let label = domain::text::state_label(state);
    let word = if detail.is_empty() { label.to_owned() } else { format!("{label} {detail}") };
    plain(state.as_str(), run_shape(state), word)
}

/// A device's life as it is now.
pub fn life_badge(life: DeviceLife) -> AnyView {
    let shape = match life {
        DeviceLife::Pending => icon::PENDING,
        DeviceLife::Active => icon::HEALTHY,
        DeviceLife::Paused => icon::PAUSED,
        DeviceLife::Retired => icon::RETIRED,
    };
    plain(life.as_str(), shape, life_words(life).to_owned())
}

/// The words of that badge.
pub const fn life_words(life: DeviceLife) -> &'static str {
    match life {
        DeviceLife::Pending => "Waiting for its first run",
        DeviceLife::Active => "Active",
        DeviceLife::Paused => "Paused",
        DeviceLife::Retired => "Retired",
    }
}

/// The picture of a band.
pub const fn band_shape(band: Band) -> Shape {
    match band {
        Band::Unknown => icon::UNKNOWN,
        Band::Critical => icon::CRITICAL,
        Band::Warning => icon::WARNING,
        Band::Healthy => icon::HEALTHY,
    }
}

/// The picture of a run's state.
pub const fn run_shape(state: RunState) -> Shape {
    match state {
        RunState::Running => icon::RUNNING,
        RunState::Retrying => icon::RETRYING,
        RunState::Missed => icon::MISSED,
        RunState::Skipped => icon::SKIPPED,
        RunState::Cancelled => icon::CANCELLED,
        RunState::Failed => icon::CRITICAL,
        RunState::Warning => icon::WARNING,
        RunState::Succeeded => icon::HEALTHY,
    }
}

/// A band: Healthy, Warning, Critical, Unknown.
#[component]
pub fn BandBadge(
    /// Which band.
    #[prop(into)]
    band: Signal<Band>,
) -> impl IntoView {
    badge(
        Signal::derive(move || band.get().as_str()),
        Signal::derive(move || band_shape(band.get())),
        Signal::derive(move || domain::text::band_label(band.get()).to_owned()),
    )
}

/// A run's state, with a few words behind it if there are any: "Running 42 %", "Retrying, attempt 2".
#[component]
pub fn RunBadge(
    /// Which state.
    #[prop(into)]
    state: Signal<RunState>,
    /// Words behind the label.
    #[prop(into, optional)]
    detail: Signal<String>,
) -> impl IntoView {
    move || detail.with(|detail| run_badge(state.get(), detail))
}

/// A device's life, where it is not simply active.
#[component]
pub fn LifeBadge(
    /// Which life.
    #[prop(into)]
    life: Signal<DeviceLife>,
) -> impl IntoView {
    move || life_badge(life.get())
}

/// How bad an alert is.
#[component]
pub fn SeverityBadge(
    /// Which severity.
    #[prop(into)]
    severity: Signal<Severity>,
) -> impl IntoView {
    badge(
        Signal::derive(move || severity.get().as_str()),
        Signal::derive(move || match severity.get() {
            Severity::Warning => icon::WARNING,
            Severity::Critical => icon::CRITICAL,
        }),
        Signal::derive(move || {
            match severity.get() {
                Severity::Warning => "Warning",
                Severity::Critical => "Critical",
            }
            .to_owned()
        }),
    )
}

/// The result of a restore test.
#[component]
pub fn PassBadge(
    /// Whether it passed.
    passed: bool,
) -> impl IntoView {
    let (state, shape, word) = if passed { ("healthy", icon::HEALTHY, "Passed") } else { ("critical", icon::CRITICAL, "Failed") };
    badge(Signal::from(state), Signal::derive(move || shape), Signal::derive(move || word.to_owned()))
}

/// Any other state: its word for the colour (`healthy`, `warning`, `critical`, `unknown`, `running`, `retrying`, `paused` …), shape and word.
#[component]
pub fn StateBadge(
    /// The word that gives the colour.
    #[prop(into)]
    state: Signal<&'static str>,
    /// Its shape: one of its own, so that colour is never alone.
    #[prop(into)]
    shape: Signal<Shape>,
    /// What is read.
    #[prop(into)]
    word: Signal<String>,
) -> impl IntoView {
    badge(state, shape, word)
}

/// Where a mail stands.
#[component]
pub fn MailBadge(
    /// Its state.
    state: MailState,
) -> impl IntoView {
    let (kind, shape) = match state {
        MailState::Queued => ("pending", icon::PENDING),
        MailState::HandingOver => ("running", icon::RUNNING),
        MailState::InDoubt => ("warning", icon::WARNING),
        MailState::Sent => ("healthy", icon::HEALTHY),
        MailState::Deferred => ("retrying", icon::RETRYING),
        MailState::Bounced | MailState::Failed => ("critical", icon::CRITICAL),
        MailState::Cancelled => ("cancelled", icon::CANCELLED),
    };
    plain(kind, shape, state.words().to_owned())
}
