//! Tending alerts: acknowledge them with a reason, keep them quiet for a while, write a note. One dialog for one or many.

use crate::{
    api::backup::{AlertEvent, AlertLine, Tend, TendedView, tend_alerts, tend_incident},
    components::{Button, ButtonKind, Dialog, SelectField, TextField, TimeText, use_toasts},
    error::UiError,
};
use domain::{
    ids::{AlertId, IncidentId},
    text,
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
    /// Called after it was tended.
    changed: Callback<()>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let title = format!("{}: {}", line.device.1, text::kind_label(line.kind));
    let id = line.id;
    let events = StoredValue::new(line.events);
    view! {
        <Button kind=ButtonKind::Quiet on_press=Callback::new(move |()| open.set(true))>"Tend"</Button>
        <Dialog open title=title>
            {move || {
                let events = events.get_value();
                view! { <Form whom=Whom::Alerts(vec![id]) what="acknowledge" open changed/> {(!events.is_empty()).then(|| view! { <h3>"What happened"</h3>{history(events)} })} }
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
        _ => format!("{} acknowledged.", alerts(tended.done)),
    };
    let resolved = (tended.resolved > 0).then(|| format!(" {} had resolved meanwhile.", alerts(tended.resolved)));
    let refused = tended.refused.as_ref().map(|(n, why)| format!(" Not done for {}: {why}", alerts(*n)));
    [Some(done), resolved, refused].into_iter().flatten().collect()
}

#[component]
fn Form(whom: Whom, what: &'static str, open: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
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
                    toasts.say(told(&tended, &what));
                    let _ = open.try_set(false);
                    changed.run(());
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
            </fieldset>
            {move || (chosen.get() == "snooze").then(|| view! { <SelectField label="For" name="hours" value=hours options=spans()/> })}
            <TextField label="Reason or note" name="words" value=words error=Signal::derive(move || error.get().map(|e| e.message))/>
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy>"Save"</Button>
            </div>
        </form>
    }
}
