//! An alert: what is wrong with its number, the cause as far as it is known, what to do, what the run left, and what was done about it.

use super::{remedy::whole, table::quiet};
use crate::{
    api::backup::{AlertLine, AlertView, RunBehind, TendAlert, load_alert},
    components::{Button, ButtonKind, Page, RunBadge, Section, SeverityBadge, TimeText, icon, icon::Icon, loaded_page, use_toasts},
    live::{Live, use_now},
    me,
    pages::{
        backup::{
            row::{alert_href, class_word},
            soon::Soon,
            state::took,
            tend::{history, spans, taken_back},
        },
        start::form::{Faults, FormFault},
    },
    wire,
};
use domain::{access::Action, alert::AlertKind, ids::AccountId, text, time::Time};
use leptos::{form::ActionForm, prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

/// The subject moved: ask soon. Something in the scope moved: ask later.
const SOON: u32 = 400;
const LATER: u32 = 4_000;
/// Files that are named before the rest is folded.
const FILES: usize = 12;

/// The page.
#[component]
pub fn AlertPage() -> impl IntoView {
    let params = use_params_map();
    let data = wire::resource(move || params.read().get("id").unwrap_or_default(), load_alert);
    loaded_page(data, |view| view! { <Shown view/> }.into_any())
}

#[component]
fn Shown(view: AlertView) -> impl IntoView {
    let seen = view.line.clone();
    let (id, at) = (seen.id, view.at);
    let kind = text::kind_label(seen.kind);
    let title = format!("{kind}: {}", seen.device.1);
    let breadcrumbs = vec![("/backups/alerts".to_owned(), "Alerts".to_owned())];
    let view = RwSignal::new(view);
    let (soon, later) = (Soon::new(), Soon::new());
    let refresh = Callback::new(move |()| {
        spawn_local(async move {
            if let Ok(fresh) = load_alert(id.to_string()).await {
                let _ = view.try_set(fresh);
            }
        });
    });
    let live = Live::get();
    let account = seen.is_account.then(|| live.follow_account(AccountId(seen.device.0.0)));
    let counts = Memo::new(move |_| live.counts.get().map(|c| (c.open_alerts, c.critical, c.warning)));
    Effect::new(move |before: Option<Option<(i64, i64, i64)>>| {
        let now = counts.get();
        if before.flatten().is_some_and(|b| Some(b) != now) {
            soon.wish(SOON, move || refresh.run(()));
        }
        now
    });
    Effect::new(move |before: Option<()>| {
        live.last_change.track();
        if let Some(account) = account {
            account.track();
        }
        if before.is_some() {
            later.wish(LATER, move || refresh.run(()));
        }
    });
    let line = Memo::new(move |_| view.with(|v| v.line.clone()));
    let lead = view! {
        <p class="facts">
            <a href=alert_href(&seen)>{seen.device.1.clone()}</a>
            <span>{match seen.kind { AlertKind::ConsentExpired => "Connection", _ if seen.is_account => "Account", _ => class_word(seen.class) }}</span>
            <a href=format!("/organizations/{}", seen.organization.0)>{seen.organization.1.clone()}</a>
            {seen.job.clone().map(|(_, name)| view! { <span>{if seen.is_account { "Workload: " } else { "Job: " }}{name}</span> })}
        </p>
    };
    let may_tend = me::may(Action::TendAlerts);
    view! {
        <Page title breadcrumbs lead=lead.into_any()>
            <Standing view/>
            <div class="alert-page">
                <div class="alert-main">
                    <Section title="What is wrong">
                        <Why line at/>
                    </Section>
                    <Section title="Recommended action">
                        <div class="card remedy">{move || line.with(|l| whole(&l.remedy, l.message.as_deref()))}</div>
                    </Section>
                    {move || files(view.with(|v| v.failed_items.clone()))}
                    <Left view/>
                </div>
                <div class="alert-side">
                    {move || (may_tend).then(|| view! { <Tending view changed=refresh/> })}
                    <Section title="What was done">
                        {move || done(&line.read())}
                        {move || history(line.read().events.clone())}
                    </Section>
                    {move || others(view)}
                </div>
            </div>
        </Page>
    }
}

/// What stands above all: severity, since when, and what is special about it.
#[component]
fn Standing(view: RwSignal<AlertView>) -> impl IntoView {
    let line = Memo::new(move |_| view.with(|v| v.line.clone()));
    let notice = |state: &'static str, shape: icon::Shape, words: AnyView| {
        view! { <p class="notice alert-notice" data-state=state><Icon shape/><span>{words}</span></p> }.into_any()
    };
    view! {
        <dl class="tiles alert-tiles">
            <div><dt>"Severity"</dt><dd><SeverityBadge severity=Signal::derive(move || line.read().severity)/></dd></div>
            <div><dt>"Opened"</dt><dd><TimeText at=Signal::derive(move || Some(line.read().opened_at)) focusable=true/></dd></div>
            {move || view.with(|v| v.raised_at).map(|at| view! { <div><dt>"Raised to critical"</dt><dd><TimeText at=at focusable=true/></dd></div> })}
            <div>
                <dt>"State"</dt>
                <dd><span role="status">{move || state(&line.read())}</span></dd>
            </div>
            {move || (line.read().reopened > 0).then(|| view! {
                <div><dt>"Came back"</dt><dd>{match line.read().reopened { 1 => "once".to_owned(), n => format!("{} times", text::count(n)) }}</dd></div>
            })}
        </dl>
        {move || line.read().resolved_at.is_none().then(|| line.read().flapping_since).flatten().map(|since| notice("warning", icon::RETRYING, view! {
            <strong>"Flapping"</strong>" since "<TimeText at=since exact=true/>": it comes and goes, so it stays open until it has been quiet for two hours."
            {line.read().cleared_at.map(|at| view! { " Quiet since "<TimeText at=at exact=true/>"." })}
        }.into_any()))}
        {move || view.with(|v| v.line.muted.then(|| v.quiet.clone())).map(|quiet| {
            let (why, until) = quiet.unwrap_or_else(|| ("its subject doesn't alert now".to_owned(), None));
            notice("unknown", icon::PAUSED, view! {
                "Recorded, not alerted: "{why}{until.map(|until| view! { " until "<TimeText at=until exact=true/> })}"."
            }.into_any())
        })}
        {move || view.with(|v| v.incident.clone()).map(|incident| notice("warning", icon::INFO, view! {
            "Part of an "<a href=format!("/incidents/{}", incident.id)>"incident"</a>" with "{incident.counted()}". One cause: "{incident.cause}"."
        }.into_any()))}
    }
}

/// Open or not, in a word.
fn state(line: &AlertLine) -> AnyView {
    match (line.resolved_at, &line.acknowledged, quiet(line)) {
        (Some(at), ..) => view! { "Resolved by itself "<TimeText at=at/> }.into_any(),
        (None, _, Some(until)) => view! { "Quiet until "<TimeText at=until exact=true/> }.into_any(),
        (None, Some(_), None) => "Acknowledged".into_any(),
        (None, None, None) => "Open, nobody on it".into_any(),
    }
}

#[component]
fn Why(line: Memo<AlertLine>, at: Time) -> impl IntoView {
    let now = use_now();
    view! {
        <p class="alert-why">{move || line.read().why(now.get().unwrap_or(at))}</p>
        {move || line.read().message.clone().filter(|m| !m.is_empty()).map(|said| view! { <blockquote class="said">{said}</blockquote> })}
    }
}

fn files(files: Vec<String>) -> AnyView {
    if files.is_empty() {
        return ().into_any();
    }
    let n = files.len();
    let title = if n == 1 { "1 file that failed".to_owned() } else { format!("{n} files that failed") };
    let mut first = files;
    let rest = first.split_off(n.min(FILES));
    let list = |files: Vec<String>| files.into_iter().map(|f| view! { <li><code>{f}</code></li> }).collect_view();
    let more = rest.len();
    view! {
        <Section title>
            <ul class="files">{list(first)}</ul>
            {(more > 0).then(|| view! { <details class="more"><summary>{format!("{more} more")}</summary><ul class="files">{list(rest)}</ul></details> })}
        </Section>
    }
    .into_any()
}

/// What the run left: its end, and the end of its log.
#[component]
fn Left(view: RwSignal<AlertView>) -> impl IntoView {
    let run = Memo::new(move |_| view.with(|v| v.run));
    let tail = Memo::new(move |_| view.with(|v| v.log_tail.clone()));
    let tool = Memo::new(move |_| view.with(|v| v.tool.clone()));
    move || {
        let Some(RunBehind { id, state, started_at, ended_at, attempt }) = run.get() else { return ().into_any() };
        let detail = if attempt > 1 { format!("attempt {attempt}") } else { String::new() };
        let aside = view! { <a href=format!("/runs/{id}")>"The run and its whole log"</a> }.into_any();
        view! {
            <Section title="The run behind it" aside>
                <p class="facts">
                    <RunBadge state detail/>
                    <span>"started "<TimeText at=started_at/></span>
                    {ended_at.map(|end| view! { <span>{format!("took {}", took(started_at, Some(end)))}</span> })}
                    {tool.get().map(|tool| view! { <span>{tool}</span> })}
                </p>
                {move || match tail.get() {
                    Some(tail) => view! {
                        <h3 class="small-head">"End of its log"</h3>
                        <pre class="log-tail" tabindex="0" role="region" aria-label="End of the log">{tail}</pre>
                    }.into_any(),
                    None => view! { <p class="faint">"No log was sent, or it is older than logs are kept."</p> }.into_any(),
                }}
            </Section>
        }
        .into_any()
    }
}

/// What was done, in sentences.
fn done(line: &AlertLine) -> AnyView {
    let reason = |what: &str| line.events.iter().rev().find(|e| e.what == what).map(|e| e.note.clone()).filter(|n| !n.is_empty());
    let because = reason("acknowledged").map(|why| format!(" because “{why}”")).unwrap_or_default();
    let until = quiet(line);
    let nothing = line.acknowledged.is_none() && until.is_none() && line.resolved_at.is_none();
    view! {
        {line.acknowledged.clone().map(|(at, who)| view! { <p>"Acknowledged by "<strong>{who}</strong>" "<TimeText at=at/>{because}"."</p> })}
        {until.map(|until| view! { <p>"Snoozed until "<TimeText at=until exact=true/>"."</p> })}
        {line.resolved_at.map(|at| view! { <p>"Resolved by itself "<TimeText at=at/>": its condition is gone."</p> })}
        {nothing.then(|| view! { <p class="faint">"Nobody has taken it up yet."</p> })}
    }
    .into_any()
}

/// Other open alerts of the same subject.
fn others(view: RwSignal<AlertView>) -> AnyView {
    let others = view.with(|v| v.others.clone());
    if others.is_empty() {
        return ().into_any();
    }
    let title = if view.with(|v| v.line.is_account) { "Also open on this account" } else { "Also open on this device" };
    view! {
        <Section title>
            <ul class="alert-others" role="list">
                {others.into_iter().map(|(id, kind, severity)| view! {
                    <li><SeverityBadge severity/>" "<a href=format!("/alerts/{id}")>{text::kind_label(kind)}</a></li>
                }).collect_view()}
            </ul>
        </Section>
    }
    .into_any()
}

/// Acknowledge, snooze, annotate: a plain form.
#[component]
fn Tending(view: RwSignal<AlertView>, changed: Callback<()>) -> impl IntoView {
    let (id, is_open) = view.with_untracked(|v| (v.line.id, v.line.resolved_at.is_none()));
    let action = ServerAction::<TendAlert>::new();
    let faults = Faults::of(action);
    let toasts = use_toasts();
    let words = NodeRef::<leptos::html::Textarea>::new();
    Effect::new(move |_| {
        if let Some(Ok(_)) = action.value().get() {
            toasts.say("Kept.".to_owned());
            #[cfg(feature = "hydrate")]
            if let Some(words) = words.get_untracked() {
                words.set_value("");
            }
            changed.run(());
        }
    });
    let choice = move |value: &'static str, label: &'static str, checked: bool| {
        view! { <label class="radio"><input type="radio" name="what" value=value checked=checked/>{label}</label> }
    };
    let now = use_now();
    let back = Memo::new(move |_| view.with(|v| taken_back(&v.line, now.get().unwrap_or(v.at))));
    // Forms of their own, so that they want no words; before the scripts come, too.
    let take_back = move |(what, words): (&'static str, &'static str)| {
        view! {
            <ActionForm action>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="what" value=what/>
                <Button submit=true busy=action.pending()>{words}</Button>
            </ActionForm>
        }
    };
    view! {
        <Section title="Tend">
            {move || (!back.read().is_empty()).then(|| view! { <div class="tend-back">{back.get().into_iter().map(take_back).collect_view()}</div> })}
            <ActionForm action attr:class="stack card tend-form">
                <FormFault faults/>
                <input type="hidden" name="id" value=id.to_string()/>
                <fieldset class="radios" aria-label="What to do">
                    {is_open.then(|| choice("acknowledge", "Acknowledge: somebody takes care of it", true))}
                    {is_open.then(|| choice("snooze", "Snooze: keep it quiet for a while", false))}
                    {choice("note", "Note only", !is_open)}
                </fieldset>
                <label class="field tend-hours" for="tend-hours">
                    <span>"For"</span>
                    <select class="input" id="tend-hours" name="hours">
                        {spans().into_iter().map(|(value, label)| { let day = value == "24"; view! { <option value=value selected=day>{label}</option> } }).collect_view()}
                    </select>
                </label>
                <label class="field" for="tend-words">
                    <span>"Reason or note"</span>
                    <textarea class="input" id="tend-words" name="words" rows="3" maxlength="2000" node_ref=words></textarea>
                </label>
                <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Save"</Button>
            </ActionForm>
        </Section>
    }
}
