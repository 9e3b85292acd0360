//! What if the policy were different: decided here, in the browser, by the same function as on the server. Nothing is saved.

mod typed;

use super::score::{job_name, told};
use crate::{
    api::{
        backup::{DeviceView, resolve_slots},
        settings::policies::PolicyInput,
    },
    browser,
    components::{BandBadge, Button, ButtonKind, Field, ScorePill, SelectField, TimeText, when_whole},
    live::use_now,
    me,
    pages::backup::due::{Due, DueText},
};
use domain::{
    access::Action,
    health::{Assessment, NewSlots, Outlook, WhatIf as Change, assess, outlook, what_if},
    ids::JobId,
    live::DeviceNow,
    schedule::Schedule,
    text,
    time::{Span, Time},
};
use leptos::{html, prelude::*, task::spawn_local};
use typed::Typed;

/// How far the scores to come are drawn.
const AHEAD: Span = Span::hours(72);
/// Typing pauses so long before set times are asked for.
const SETTLE: u32 = 300;

/// What stands in one column.
#[derive(Clone, PartialEq)]
struct Seen {
    decided: Assessment,
    outlook: Outlook,
    due: Due,
}

/// Slots of set times, as the portal resolves them, and for what they were asked.
type Resolved = Option<(PolicyInput, Result<NewSlots, String>)>;

/// The card, folded at first. What is in it is made when it is first unfolded: it needs scripts, and few visits need it.
#[component]
pub fn WhatIf(
    /// The page's data.
    view: RwSignal<DeviceView>,
    /// What moves.
    now: RwSignal<DeviceNow>,
) -> impl IntoView {
    let node = NodeRef::<html::Details>::new();
    let is_needed = RwSignal::new(false);
    // It may have been unfolded before scripts ran.
    Effect::new(move |_| {
        when_whole(move || {
            if node.try_get_untracked().flatten().is_some_and(|details| details.has_attribute("open")) {
                is_needed.set(true);
            }
        });
    });
    view! {
        <details class="card what-if" id="what-if" node_ref=node on:toggle=move |_| is_needed.set(true)>
            <summary><h2>"What if the policy were different?"</h2></summary>
            <p class="faint what-if-lead">"Try other terms: score, band and what follows are computed here, by the function that decides on the server. Nothing is saved."</p>
            <noscript><p class="notice">"This needs scripts: it is computed in the browser."</p></noscript>
            {move || is_needed.get().then(|| view! { <Parts view now/> })}
        </details>
    }
}

/// Other terms, and what would come of them.
#[component]
fn Parts(view: RwSignal<DeviceView>, now: RwSignal<DeviceNow>) -> impl IntoView {
    let clock = use_now();
    let seen_at = view.with_untracked(|v| v.at);
    let at = move || clock.get_untracked().unwrap_or(seen_at);
    let typed = Typed::of(&view.with_untracked(|v| (v.policy.clone(), v.time_zone.clone())));
    let class = move || view.with(|v| v.line.class);
    let policy = Memo::new(move |_| typed.read(&view.with(|v| v.policy.clone())));
    let resolved = RwSignal::new(Resolved::None);
    let device = view.with_untracked(|v| v.line.id);
    ask_for_set_times(typed, policy, resolved, device);
    let own = move || view.with(|v| v.jobs.iter().filter(|j| j.is_own_schedule).map(|j| j.id).collect::<Vec<JobId>>());
    let change = Memo::new(move |_| {
        let typed_policy = policy.get().ok()?;
        let schedule = match &typed_policy.schedule {
            same if *same == view.with(|v| v.policy.schedule.clone()) => None,
            Schedule::Cron { .. } => match resolved.get() {
                Some((asked, Ok(slots))) if asked == typed.schedule_input() => Some(slots),
                _ => return None,
            },
            even => Some(NewSlots::Even(even.clone())),
        };
        Some(Change { terms: typed_policy.terms(class()), schedule })
    });
    let looked = move |facts: &domain::facts::DeviceFacts| {
        let at = at();
        Seen { decided: assess(facts, at), outlook: outlook(facts, at, at + AHEAD), due: Due::of_facts(facts) }
    };
    let before = Memo::new(move |_| now.with(|n| looked(&n.facts)));
    let after = Memo::new(move |_| {
        let change = change.get()?;
        Some(now.with(|n| looked(&what_if(&n.facts, &change, &own(), at()))))
    });
    let is_changed = Memo::new(move |_| policy.get().ok().is_none_or(|p| p != view.with(|v| v.policy.clone())));
    let kept = move || {
        let own = own();
        let names: Vec<String> = own.iter().map(|job| job_name(now, *job)).collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} keeps its own schedule.")),
            several => Some(format!("{} keep their own schedules.", several.join(", "))),
        }
    };
    let waits = move || matches!(policy.get().map(|p| p.schedule), Ok(Schedule::Cron { .. })) && change.with(Option::is_none);
    let fault_of_times = move || match resolved.get() {
        Some((asked, Err(words))) if asked == typed.schedule_input() => Some(words),
        _ => None,
    };
    view! {
        <div class="what-if-parts">
            <div class="stack what-if-form" role="group" aria-label="Other terms">
                <SelectField label="Backups run" name="what-kind" value=typed.kind options=kinds(view)/>
                <div class="field-row" hidden=move || typed.kind.get() != "every">
                    <Field label="Every" name="what-every" kind="number" value=typed.every plain=true autocomplete="off" error=typed.fault(policy, "every")/>
                    <SelectField label="Unit" name="what-unit" value=typed.unit options=units()/>
                </div>
                <div class="stack" hidden=move || typed.kind.get() != "cron">
                    <div class="field-row">
                        <Field label="Cron expression" name="what-cron" value=typed.cron plain=true autocomplete="off" placeholder="30 2 * * 1-5" error=Signal::derive(fault_of_times)/>
                        <Field label="Time zone" name="what-zone" value=typed.zone plain=true autocomplete="off"/>
                    </div>
                    <p class="field-hint">"Set times are resolved by the portal, because the browser has no database of time zones; the rest is computed here."</p>
                </div>
                <div class="field-row">
                    <Field label="Grace (minutes)" name="what-grace" kind="number" value=typed.grace plain=true autocomplete="off" error=typed.fault(policy, "grace")/>
                    <Field label="Longest run (minutes)" name="what-longest" kind="number" value=typed.longest plain=true autocomplete="off" error=typed.fault(policy, "longest")/>
                </div>
                <div class="field-row">
                    <Field label="Overdue after (hours)" name="what-overdue" kind="number" value=typed.overdue plain=true autocomplete="off" hint="Empty: 12 for servers, 24 for workstations." error=typed.fault(policy, "overdue")/>
                    <Field label="Restore test every (days)" name="what-restore" kind="number" value=typed.restore plain=true autocomplete="off" hint="Empty: none is asked for." error=typed.fault(policy, "restore")/>
                </div>
                <div class="field-row">
                    <Field label="Offline allowance (hours)" name="what-offline" kind="number" value=typed.offline plain=true autocomplete="off" hint="For workstations." error=typed.fault(policy, "offline")/>
                    <Field label="Silence (days)" name="what-silence" kind="number" value=typed.silence plain=true autocomplete="off" error=typed.fault(policy, "silence")/>
                </div>
                <div class="form-actions">
                    <Button kind=ButtonKind::Quiet disabled=Signal::derive(move || !is_changed.get()) on_press=Callback::new(move |()| typed.reset(&view.with_untracked(|v| (v.policy.clone(), v.time_zone.clone()))))>
                        "Reset"
                    </Button>
                </div>
            </div>
            <div class="what-if-result">
                <p class="what-if-words" role="status" aria-live="polite">
                    {move || {
                        if !is_changed.get() {
                            return "Change something: what would come of it stands here, beside what is.".to_owned();
                        }
                        match (before.get(), after.get()) {
                            (before, Some(after)) => said(&before, &after),
                            _ if waits() && fault_of_times().is_none() => "Asking the portal for the set times …".to_owned(),
                            _ => "Something above can't be used yet.".to_owned(),
                        }
                    }}
                </p>
                <table class="what-if-table">
                    <caption class="hidden-words">"As it is, and as it would be"</caption>
                    <thead><tr><th scope="col"><span class="hidden-words">"What"</span></th><th scope="col">"As it is"</th><th scope="col">"What if"</th></tr></thead>
                    <tbody>{move || rows(&before.get(), after.get().as_ref().filter(|_| is_changed.get()), at(), view, now)}</tbody>
                </table>
                <figure class="what-if-ahead">
                    <figcaption>"The next 72 hours, if no backup comes"</figcaption>
                    <div class="outlook" inner_html=move || {
                        let other = after.get().filter(|_| is_changed.get());
                        before.with(|b| charts::outlook(&b.outlook.points, other.as_ref().map(|o| o.outlook.points.as_slice()), AHEAD, b.outlook.until))
                    }></div>
                    <div class="outlook-axis" aria-hidden="true"><span>"now"</span><span>"24 h"</span><span>"48 h"</span><span>"72 h"</span></div>
                    <ul class="outlook-key">
                        <li data-line="now">"As it is"</li>
                        {move || is_changed.get().then(|| view! { <li data-line="other">"What if"</li> })}
                    </ul>
                </figure>
                {move || kept().map(|words| view! { <p class="faint">{words}</p> })}
                <p class="what-if-foot">
                    {move || shared(view)}
                    {me::may(Action::ManageDevices).then(|| view! {
                        " "
                        <a href=move || policy_link(view, typed, is_changed.get())>"Open the policy to make it so"</a>
                    })}
                </p>
            </div>
        </div>
    }
}

fn kinds(view: RwSignal<DeviceView>) -> Vec<(String, String)> {
    let now = view.with_untracked(|v| v.schedule.clone());
    [
        ("same", format!("As now: {now}")),
        ("every", "Every so many minutes, hours or days".into()),
        ("cron", "At set times (cron)".into()),
        ("learned", "Learned from its own runs".into()),
    ]
    .map(|(value, label)| (value.to_owned(), label))
    .into()
}

fn units() -> Vec<(String, String)> {
    ["minutes", "hours", "days"].map(|word| (word.to_owned(), word.to_owned())).into()
}

/// Asks the portal for the slots of set times, once typing pauses.
fn ask_for_set_times(typed: Typed, policy: Memo<typed::Read>, resolved: RwSignal<Resolved>, device: domain::ids::DeviceId) {
    let turn = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let wanted = typed.kind.get() == "cron" && policy.with(Result::is_ok);
        let input = typed.schedule_input();
        if !wanted || resolved.with_untracked(|r| r.as_ref().is_some_and(|(asked, _)| *asked == input)) {
            return;
        }
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        browser::after(SETTLE, move || {
            if turn.try_get_value() != Some(mine) {
                return;
            }
            spawn_local(async move {
                let answer = resolve_slots(device, input.clone()).await.map_err(|error| error.message);
                if turn.try_get_value() == Some(mine) {
                    let _ = resolved.try_set(Some((input, answer)));
                }
            });
        });
    });
}

/// The difference in one sentence.
fn said(before: &Seen, after: &Seen) -> String {
    let (was, is) = (before.decided.score.0, after.decided.score.0);
    if before == after {
        return "Nothing would be different.".to_owned();
    }
    let band = text::band_label(after.decided.band);
    let opened = after.decided.conditions.iter().filter(|c| before.decided.conditions.iter().all(|b| b.kind != c.kind)).count();
    let closed = before.decided.conditions.iter().filter(|b| after.decided.conditions.iter().all(|c| c.kind != b.kind)).count();
    let mut words = match is.cmp(&was) {
        std::cmp::Ordering::Equal => format!("The score would stay {is} ({band})"),
        std::cmp::Ordering::Greater => format!("It would be {is} ({band}) instead of {was}"),
        std::cmp::Ordering::Less => format!("It would fall to {is} ({band}) from {was}"),
    };
    if opened > 0 {
        words = format!("{words}; {opened} more to alert");
    }
    if closed > 0 {
        words = format!("{words}; {closed} fewer to alert");
    }
    if is == was && opened + closed == 0 {
        words.push_str("; later it would differ");
    }
    words + "."
}

fn rows(before: &Seen, after: Option<&Seen>, at: Time, view: RwSignal<DeviceView>, now: RwSignal<DeviceNow>) -> AnyView {
    let after = after.cloned();
    let both = move |label: &'static str, cell: &dyn Fn(&Seen) -> AnyView| {
        let then = after.as_ref().map_or_else(|| view! { <span class="faint">"–"</span> }.into_any(), cell);
        view! { <tr><th scope="row">{label}</th><td>{cell(before)}</td><td>{then}</td></tr> }.into_any()
    };
    let score = both("Score", &|seen| view! { <ScorePill score=seen.decided.score band=seen.decided.band/> }.into_any());
    let band = both("Band", &|seen| view! { <BandBadge band=seen.decided.band/> }.into_any());
    let why = both("Because", &|seen| {
        let words = seen.decided.reasons.first().map(|reason| told(view, now, reason, at)).unwrap_or_default();
        view! { <span class="what-if-why">{words}</span> }.into_any()
    });
    let wrong = both("To alert", &|seen| {
        if seen.decided.conditions.is_empty() {
            return view! { <span class="faint">"nothing"</span> }.into_any();
        }
        let kinds: Vec<&str> = seen.decided.conditions.iter().map(|c| text::kind_label(c.kind)).collect();
        kinds.join(", ").into_any()
    });
    let due = both("Next due", &|seen| {
        let due = seen.due;
        view! { <DueText due=Signal::derive(move || due) focusable=true/> }.into_any()
    });
    let next = both("Next change", &|seen| match (seen.decided.next_change, seen.outlook.points.get(1)) {
        (Some(_), Some((time, score, band))) => {
            view! { <TimeText at=*time focusable=true/>" to "<ScorePill score=*score band=*band/> }.into_any()
        }
        _ => view! { <span class="faint">"none in 72 h"</span> }.into_any(),
    });
    vec![score, band, why, wrong, due, next].into_any()
}

fn shared(view: RwSignal<DeviceView>) -> String {
    let (name, sharing, least) = view.with(|v| (v.line.policy.1.clone(), v.sharing, v.sharing_is_least));
    match sharing {
        _ if least => format!("More than {} devices share the policy {name}: all of them would change.", text::count(sharing)),
        ..=1 => format!("Only this device has the policy {name}."),
        _ => format!("{} devices share the policy {name}: all of them would change.", text::count(sharing)),
    }
}

fn policy_link(view: RwSignal<DeviceView>, typed: Typed, is_changed: bool) -> String {
    let id = view.with(|v| v.line.policy.0);
    if !is_changed {
        return format!("/settings/policies/{id}");
    }
    let query: Vec<String> = typed.query().into_iter().map(|(key, value)| format!("{key}={}", browser::escape(&value))).collect();
    format!("/settings/policies/{id}?{}", query.join("&"))
}
