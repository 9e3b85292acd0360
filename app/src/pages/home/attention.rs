//! What needs attention, by worth: one line for an incident, for a device, or for devices of a client with the same cause. What is
//! wrong with its number, since when, what to do, and where.

use crate::{
    api::backup::{AttentionLine, IncidentLine},
    components::{SeverityBadge, TimeText},
    live::use_now,
    pages::backup::{
        alerts::{
            names_of_incident,
            remedy::{brief_words, cause, coded},
        },
        row::subject_href,
    },
};
use domain::{alert::AlertKind, health::Reason, text, time::Time};
use leptos::prelude::*;

/// A number of percent, rounded down.
fn percent(part: i64, whole: i64) -> i64 {
    (i128::from(part) * 100 / i128::from(whole.max(1))).try_into().unwrap_or(i64::MAX)
}

/// What is wrong, in a few words with its number.
pub fn what(line: &AttentionLine, now: Time) -> String {
    let job = line.job.as_ref().map(|(_, name)| name.clone()).unwrap_or_else(|| "backup".to_owned());
    let words = match line.reason {
        Reason::NeverReported { since } => format!("no backup yet, waiting for {}", text::span(now - since)),
        Reason::Silent { since } => format!("nothing heard for {}", text::span(now - since)),
        Reason::Failing { failures: 1, .. } => format!("{job}: the last run failed"),
        Reason::Failing { failures, .. } => format!("{job}: {failures} failures in a row"),
        Reason::PastDue { due, last: Some(last), .. } => {
            format!("{job}: {} past due, last backup {} ago", text::span(now - due), text::span(now - last))
        }
        Reason::PastDue { due, last: None, .. } => format!("{job}: {} past due, never backed up", text::span(now - due)),
        Reason::Offline { since } => format!("offline for {}", text::span(now - since)),
        Reason::RestoreFailed { .. } => "the last restore test failed".to_owned(),
        Reason::RestoreMissing { .. } => "no restore test yet".to_owned(),
        Reason::RestoreStale { at } => format!("last restore test {} ago", text::span(now - at)),
        Reason::LowSuccess { usable, of } => format!("only {usable} of {of} runs usable in 7 days"),
        Reason::StorageFull { used, quota } => format!("{} % of its quota used", percent(used, quota)),
        Reason::Stuck { since, .. } => format!("{job}: ran for {} and was given up", text::span(now - since)),
        Reason::FarLess { bytes, usual, .. } => {
            format!("{job}: holds {}, {} % of the usual size", text::bytes(bytes), percent(bytes, usual))
        }
        Reason::NoFiles { usual, .. } => format!("{job}: holds no files, usually {}", text::count(usual)),
        Reason::ConsentGone { cause, .. } => cause.told().to_owned(),
        Reason::HourOff { .. } | Reason::AllWell { .. } => text::kind_label(line.kind).to_owned(),
    };
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a folded line says: what was said where runs failed, else the kind; with the number of the device that has had it longest.
fn folded(line: &AttentionLine, now: Time) -> String {
    let kind = text::kind_label(line.kind);
    let said = line.said.as_deref().and_then(|said| said.lines().next()).filter(|said| !said.is_empty());
    let number = match line.reason {
        Reason::PastDue { due, .. } => Some(format!("the longest {} past due", text::span(now - due))),
        Reason::Failing { failures, .. } if failures > 1 => Some(format!("{failures} failures in a row")),
        Reason::StorageFull { used, quota } => Some(format!("up to {} % of quota", percent(used, quota))),
        Reason::NeverReported { since } => Some(format!("waiting for up to {}", text::span(now - since))),
        _ => None,
    };
    match (line.kind, said, number) {
        (AlertKind::JobFailed, Some(said), _) => said.to_owned(),
        (_, Some(said), Some(number)) => format!("{kind}, {number}: {said}"),
        (_, Some(said), None) => format!("{kind}: {said}"),
        (_, None, Some(number)) => format!("{kind}, {number}"),
        (_, None, None) => kind.to_owned(),
    }
}

fn target(line: &AttentionLine) -> String {
    match (line.size, line.devices.first()) {
        _ if line.kind == AlertKind::ConsentExpired => format!("/organizations/{}/features", line.organization.0),
        (1, Some((device, _))) => subject_href(*device, line.is_account),
        _ => format!("/backups/alerts?organization={}&kind={}", line.organization.0, line.kind),
    }
}

/// Severity first; of one severity incidents, which stand for many, then the rest by worth as the server has sorted it.
pub fn in_order(incidents: Vec<IncidentLine>, lines: Vec<AttentionLine>) -> Vec<Need> {
    let mut needs: Vec<Need> = incidents.into_iter().map(Need::Incident).chain(lines.into_iter().map(Need::Line)).collect();
    needs.sort_by_key(|need| {
        std::cmp::Reverse(match need {
            Need::Incident(incident) => incident.severity,
            Need::Line(line) => line.severity,
        })
    });
    needs
}

/// One thing that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Many alerts of one cause.
    Incident(IncidentLine),
    /// One device, or several of a client.
    Line(AttentionLine),
}

impl Need {
    /// A line of the list. `of_client`: it is one client's own Home.
    pub fn item(self, at: Time, of_client: bool) -> AnyView {
        match self {
            Self::Incident(incident) => incident_item(incident, of_client),
            Self::Line(line) => item(line, at, of_client),
        }
    }
}

fn incident_item(line: IncidentLine, of_client: bool) -> AnyView {
    let names = names_of_incident(&line);
    let told = line.told.clone();
    view! {
        <li class="need" data-state=line.severity.as_str()>
            <div class="need-head">
                <SeverityBadge severity=line.severity/>
                <a class="need-subject row-link" href=format!("/incidents/{}", line.id)>{format!("Incident: {}", line.counted())}</a>
                {line.organization.clone().filter(|_| !of_client).map(|(id, name)| view! { <a class="need-client quiet-link" href=format!("/organizations/{id}")>{name}</a> })}
                <span class="need-since"><span class="hidden-words">"since "</span><TimeText at=line.opened_at/></span>
            </div>
            <p class="need-what"><span>{format!("One cause: {}.", line.cause)}</span>" "<span class="need-do">{coded(&line.advice)}</span></p>
            {told.map(|told| view! { <p class="need-more">{coded(&told)}</p> })}
            <p class="need-more">{names}</p>
        </li>
    }
    .into_any()
}

fn subject(line: &AttentionLine) -> String {
    match (line.size, line.devices.first()) {
        (1, Some((_, name))) => name.clone(),
        (n, _) if line.is_account => format!("{n} accounts"),
        (n, _) => format!("{n} devices"),
    }
}

/// The names of some devices of a group, each a link.
fn names(line: &AttentionLine) -> Option<AnyView> {
    let more = line.size.saturating_sub(line.devices.len());
    let more = (more > 0).then(|| format!(" and {more} more"));
    let named = line.devices.iter().enumerate().map(|(place, (id, name))| {
        let href = subject_href(*id, line.is_account);
        view! { {(place > 0).then_some(", ")}<a class="quiet-link" href=href>{name.clone()}</a> }
    });
    (line.size > 1).then(|| view! { {named.collect_view()}{more} }.into_any())
}

/// A line of the list. `of_client`: it is one client's own Home, so whose it is goes without saying.
fn item(line: AttentionLine, at: Time, of_client: bool) -> AnyView {
    let now = use_now();
    let (href, subject, names) = (target(&line), subject(&line), names(&line));
    let said = line.said.clone().filter(|s| line.size == 1 && !s.is_empty());
    let also: Vec<String> = line.also.iter().map(|kind| text::inside(text::kind_label(*kind))).collect();
    let also = (line.size == 1 && !also.is_empty()).then(|| format!("Also: {}", also.join(", ")));
    let (severity, since, size) = (line.severity, line.since, line.size);
    let organization = line.organization.clone();
    let cause = cause(&line.remedy).map(ToOwned::to_owned);
    let steps = brief_words(&line.remedy);
    let (run, alert) = (line.run.filter(|_| size == 1), (size == 1).then_some(line.alert));
    view! {
        <li class="need" data-state=severity.as_str()>
            <div class="need-head">
                <SeverityBadge severity/>
                <a class="need-subject row-link" href=href>{subject}</a>
                {(!of_client).then(|| view! { <a class="need-client quiet-link" href=format!("/organizations/{}", organization.0)>{organization.1.clone()}</a> })}
                <span class="need-since"><span class="hidden-words">"since "</span><TimeText at=since/></span>
            </div>
            <p class="need-what">
                <span>{move || if size > 1 { folded(&line, now.get().unwrap_or(at)) } else { what(&line, now.get().unwrap_or(at)) }}</span>
                " "
                <span class="need-do">{cause.map(|cause| view! { <span>{coded(&cause)}</span>" " })}{coded(&steps)}</span>
                {run.map(|run| view! { " "<a class="need-link" href=format!("/runs/{run}")>"See the log"</a> })}
                {alert.map(|alert| view! { " "<a class="need-link" href=format!("/alerts/{alert}")>"Open the alert"</a> })}
            </p>
            {names.map(|names| view! { <p class="need-more">{names}</p> })}
            {said.map(|said| view! { <p class="need-more">{said}</p> })}
            {also.map(|also| view! { <p class="need-more">{also}</p> })}
        </li>
    }
    .into_any()
}
