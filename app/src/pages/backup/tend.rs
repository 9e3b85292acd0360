//! Tending alerts: acknowledge them with a reason, keep them quiet for a while, write a note. One dialog for one or many. What was done
//! can be taken back: at once, where it is said that it was done, or later.

use crate::{
    api::backup::{AlertEvent, AlertLine, Tend, TendedView, tend_alerts, tend_incident},
    components::{Button, ButtonKind, Dialog, SelectField, TextField, TimeText, toast::ToastList, use_toasts},
    error::UiError,
};
use domain::{
    ids::{AlertId, IncidentId},
    text,
    time::Time,
};
use leptos::{prelude::*, task::spawn_local};

/// What is tended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// These alerts.
    Alerts(Vec<AlertId>),
    /// The open members of an incident, of which there are so many.
    Incident(IncidentId, usize),
}

impl Whom {
    const fn many(&self) -> usize {
        match self {
            Self::Alerts(ids) => ids.len(),
            Self::Incident(_, many) => *many,
        }
    }
}

/// What can be taken back of what was done about an alert: (what, words).
pub fn taken_back(line: &AlertLine, now: Time) -> Vec<(&'static str, &'static str)> {
    let is_open = line.resolved_at.is_none();
    let acknowledged = (is_open && line.acknowledged.is_some()).then_some(("take_back", "Take it back: nobody is on it"));
    let quiet = line.quiet_until(now).map(|_| ("end_snooze", "End the snooze"));
    acknowledged.into_iter().chain(quiet).collect()
}

/// Says what was done. What was not so before can be undone as long as it is said.
fn say(toasts: ToastList, tended: &TendedView, what: &str, changed: Callback<()>) {
    let words = told(tended, what);
    let back = match what {
        "acknowledge" => Some("take_back"),
        "snooze" => Some("end_snooze"),
        _ => None,
    };
    match back.filter(|_| !tended.fresh.is_empty()) {
        Some(back) => {
            let ids = tended.fresh.clone();
            toasts.offer(words, "Undo", move || at_once(ids.clone(), back, toasts, changed));
        }
        None => toasts.say(words),
    }
}

/// Does what wants no words: `take_back`, `end_snooze`.
pub fn at_once(ids: Vec<AlertId>, what: &'static str, toasts: ToastList, changed: Callback<()>) {
    spawn_local(async move {
        match tend_alerts(ids, Tend { what: what.to_owned(), hours: 0, words: String::new() }).await {
            Ok(tended) => toasts.say(told(&tended, what)),
            Err(wrong) => toasts.fail(wrong.message),
        }
        // The page may be gone by now.
        let _ = changed.try_run(());
    });
}

/// What the dialog is open for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What is tended.
    pub whom: Whom,
    /// `acknowledge`, `snooze` or `note`.
    pub what: &'static str,
    /// The dialog's heading.
    pub title: String,
}

/// The dialog of a page: opens when a wish is set.
#[component]
pub fn TendDialog(
    /// What is wished; none: closed.
    wish: RwSignal<Option<Wish>>,
    /// Called after alerts were tended.
    changed: Callback<()>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(wish.with(Option::is_some)));
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        if before == Some(true) && !now {
            wish.set(None);
        }
        now
    });
    let title = Signal::derive(move || wish.with(|w| w.as_ref().map(|w| w.title.clone()).unwrap_or_default()));
    view! {
        <Dialog open title>
            {move || wish.get_untracked().map(|wish| view! { <Form whom=wish.whom what=wish.what open changed/> })}
        </Dialog>
    }
}

/// A button and its dialog, for one alert.
#[component]
pub fn TendAlert(
    /// The alert.
    line: AlertLine,
    /// The server's time when it was read.
    at: Time,
    /// Called after it was tended.
    changed: Callback<()>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let also = StoredValue::new(taken_back(&line, at));
    let title = format!("{}: {}", line.device.1, text::kind_label(line.kind));
    let id = line.id;
    let events = StoredValue::new(line.events);
    view! {
        <Button on_press=Callback::new(move |()| open.set(true))>"Tend"</Button>
        <Dialog open title=title>
            {move || {
                let events = events.get_value();
                view! { <Form whom=Whom::Alerts(vec![id]) what="acknowledge" also=also.get_value() open changed/> {(!events.is_empty()).then(|| view! { <h3>"What happened"</h3>{history(events)} })} }
            }}
        </Dialog>
    }
}

/// What became of an alert, oldest first.
pub fn history(events: Vec<AlertEvent>) -> AnyView {
    let row = |e: AlertEvent| {
        let by = if e.who == "system" { String::new() } else { format!(" by {}", e.who) };
        let note = if e.note.is_empty() { String::new() } else { format!(": {}", e.note) };
        view! {
            <li>
                <span>{format!("{}{by}{note}", happened(&e.what))}</span>
                <span class="event-at"><TimeText at=e.at exact=true/></span>
            </li>
        }
    };
    view! { <ol class="events">{events.into_iter().map(row).collect_view()}</ol> }.into_any()
}

/// What happened, in words; a word that isn't known stays.
fn happened(what: &str) -> String {
    match what {
        "opened" => "Opened",
        "raised" => "Raised to critical",
        "lowered" => "Lowered to warning",
        "reopened" => "Came back",
        "resolved" => "Resolved by itself",
        "incident" => "Joined an incident",
        "unacknowledged" => "Acknowledgement taken back",
        "unsnoozed" => "Snooze ended",
        other => {
            let mut letters = other.chars();
            return letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        }
    }
    .to_owned()
}

/// How long alerts may be kept quiet: (hours, words).
pub fn spans() -> Vec<(String, String)> {
    [("1", "1 hour"), ("4", "4 hours"), ("24", "1 day"), ("72", "3 days"), ("168", "1 week")]
        .map(|(hours, words)| (hours.to_owned(), words.to_owned()))
        .into()
}

/// What was done, in words.
fn told(tended: &TendedView, what: &str) -> String {
    let alerts = |n: usize| if n == 1 { "1 alert".to_owned() } else { format!("{n} alerts") };
    let done = match what {
        "snooze" => format!("{} quiet for now.", alerts(tended.done)),
        "note" => format!("Note kept with {}.", alerts(tended.done)),
        "take_back" => format!("Acknowledgement of {} taken back.", alerts(tended.done)),
        "end_snooze" => format!("Snooze of {} ended.", alerts(tended.done)),
        _ => format!("{} acknowledged.", alerts(tended.done)),
    };
    let resolved = (tended.resolved > 0).then(|| format!(" {} had resolved meanwhile.", alerts(tended.resolved)));
    let refused = tended.refused.as_ref().map(|(n, why)| format!(" Not done for {}: {why}", alerts(*n)));
    [Some(done), resolved, refused].into_iter().flatten().collect()
}

#[component]
fn Form(
    whom: Whom,
    what: &'static str,
    /// What can be taken back: (what, words).
    #[prop(optional)]
    also: Vec<(&'static str, &'static str)>,
    open: RwSignal<bool>,
    changed: Callback<()>,
) -> impl IntoView {
    let many = whom.many();
    let whom = StoredValue::new(whom);
    let chosen = RwSignal::new(what.to_owned());
    let hours = RwSignal::new("24".to_owned());
    let words = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<UiError>);
    let toasts = use_toasts();
    let send = move || {
        busy.set(true);
        let what = chosen.get_untracked();
        let tend = Tend { what: what.clone(), hours: hours.get_untracked().parse().unwrap_or(24), words: words.get_untracked() };
        spawn_local(async move {
            let done = match whom.get_value() {
                Whom::Alerts(ids) => tend_alerts(ids, tend).await,
                Whom::Incident(id, _) => tend_incident(id, tend).await,
            };
            let _ = busy.try_set(false);
            match done {
                Ok(tended) => {
                    say(toasts, &tended, &what, changed);
                    let _ = open.try_set(false);
                    let _ = changed.try_run(());
                }
                Err(wrong) => {
                    let _ = error.try_set(Some(wrong));
                }
            }
        });
    };
    let choice = |value: &'static str, label: &'static str| {
        view! {
            <label class="radio">
                <input type="radio" name="what" value=value checked=value == what on:change=move |_| chosen.set(value.to_owned())/>
                {label}
            </label>
        }
    };
    view! {
        <form
            class="stack"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            {(many > 1).then(|| view! { <p>{format!("{many} alerts. One that has resolved meanwhile is left as it is.")}</p> })}
            <fieldset class="radios">
                <legend>"What to do"</legend>
                {choice("acknowledge", "Acknowledge: somebody takes care of it")}
                {choice("snooze", "Snooze: keep it quiet for a while")}
                {choice("note", "Note only")}
                {also.into_iter().map(|(what, words)| choice(what, words)).collect_view()}
            </fieldset>
            {move || (chosen.get() == "snooze").then(|| view! { <SelectField label="For" name="hours" value=hours options=spans()/> })}
            {move || (!matches!(chosen.get().as_str(), "take_back" | "end_snooze")).then(|| view! {
            <TextField label="Reason or note" name="words" value=words error=Signal::derive(move || error.get().map(|e| e.message))/>
            })}
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy>"Save"</Button>
            </div>
        </form>
    }
}
