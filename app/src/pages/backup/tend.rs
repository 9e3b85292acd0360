//! Tending an alert: acknowledge it with a reason, keep it quiet for a while, write a note.

use crate::{
    api::backup::{AlertLine, acknowledge_alert, note_alert, snooze_alert},
    components::{Button, ButtonKind, Dialog, SelectField, TextField, use_toasts},
    error::UiError,
};
use domain::text;
use leptos::{prelude::*, task::spawn_local};

/// A button and its dialog.
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
                view! { <Form id open changed/> {(!events.is_empty()).then(|| history(events))} }
            }}
        </Dialog>
    }
}

fn history(events: Vec<crate::api::backup::AlertEvent>) -> AnyView {
    view! {
        <h3>"What happened"</h3>
        <ol class="events">
            {events
                .into_iter()
                .map(|e| view! { <li><time datetime=text::rfc3339(e.at)>{text::utc(e.at)}</time>" "{e.what}" by "{e.who}{(!e.note.is_empty()).then(|| format!(": {}", e.note))}</li> })
                .collect_view()}
        </ol>
    }
    .into_any()
}

/// How long an alert may be kept quiet: (hours, words).
fn spans() -> Vec<(String, String)> {
    [("1", "1 hour"), ("4", "4 hours"), ("24", "1 day"), ("72", "3 days"), ("168", "1 week")]
        .map(|(hours, words)| (hours.to_owned(), words.to_owned()))
        .into()
}

#[component]
fn Form(id: domain::ids::AlertId, open: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    let what = RwSignal::new("acknowledge".to_owned());
    let hours = RwSignal::new("24".to_owned());
    let words = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<UiError>);
    let toasts = use_toasts();
    let send = move || {
        busy.set(true);
        let (what, hours, words) = (what.get_untracked(), hours.get_untracked(), words.get_untracked());
        spawn_local(async move {
            let done = match what.as_str() {
                "snooze" => snooze_alert(id, hours.parse().unwrap_or(24), words).await.map(|()| "The alert is quiet for now."),
                "note" => note_alert(id, words).await.map(|()| "The note is kept."),
                _ => acknowledge_alert(id, words).await.map(|()| "Acknowledged."),
            };
            busy.set(false);
            match done {
                Ok(said) => {
                    toasts.say(said);
                    open.set(false);
                    changed.run(());
                }
                Err(wrong) => error.set(Some(wrong)),
            }
        });
    };
    let choice = |value: &'static str, label: &'static str| {
        view! {
            <label class="radio">
                <input type="radio" name="what" value=value checked=value == "acknowledge" on:change=move |_| what.set(value.to_owned())/>
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
            <fieldset class="radios">
                <legend>"What to do"</legend>
                {choice("acknowledge", "Acknowledge: somebody takes care of it")}
                {choice("snooze", "Snooze: keep it quiet for a while")}
                {choice("note", "Note only")}
            </fieldset>
            {move || (what.get() == "snooze").then(|| view! {
                <SelectField
                    label="For"
                    name="hours"
                    value=hours
                    options=spans()
                />
            })}
            <TextField label="Reason or note" name="words" value=words error=Signal::derive(move || error.get().map(|e| e.message))/>
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy>"Save"</Button>
            </div>
        </form>
    }
}
