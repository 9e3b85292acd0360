//! Restore tests of a device: when the next is wanted, the list, and a form for one made by hand.

use crate::{
    api::backup::{DeviceView, RestoreEdit, RestoreLine, record_restore_test},
    browser,
    components::{Button, ButtonKind, Dialog, Field, PassBadge, Section, TableFrame, TextField, TimeText, use_toasts},
    error::UiError,
    me,
};
use domain::{access::Action, ids::DeviceId, live::DeviceNow, text, time::Span};
use leptos::{prelude::*, task::spawn_local};

/// A device that is asked for restore tests has so long for its first.
const FIRST: Span = Span::days(30);

/// So many are shown at first.
const SHOWN: usize = 5;

/// The section.
#[component]
pub fn RestoreTests(
    /// The page's data.
    view: RwSignal<DeviceView>,
    /// What moves.
    now: RwSignal<DeviceNow>,
    /// Called after one was recorded.
    changed: Callback<()>,
) -> impl IntoView {
    let recording = RwSignal::new(false);
    let device = view.with_untracked(|v| v.line.id);
    let aside = me::may(Action::ManageDevices)
        .then(|| view! { <Button on_press=Callback::new(move |()| recording.set(true))>"Record a restore test"</Button> }.into_any());
    let asked = move || {
        let (every, last, enrolled) = now.with(|n| (n.facts.terms.restore_test_every, n.facts.restore.last, n.facts.enrolled_at));
        match (every, last) {
            (None, _) => view! { <p class="faint">"The policy asks for none. One that is made counts all the same: a failed one is critical."</p> }.into_any(),
            (Some(every), Some((at, true))) => view! {
                <p class="faint">{format!("One is asked for every {}. The last passed; the next is wanted ", text::span(every))}<TimeText at=at + every focusable=true/>"."</p>
            }
            .into_any(),
            (Some(every), Some((_, false))) => view! {
                <p class="faint">{format!("One is asked for every {}. The last failed: repair the cause and test again now.", text::span(every))}</p>
            }
            .into_any(),
            (Some(every), None) => view! {
                <p class="faint">{format!("One is asked for every {}. The first is wanted ", text::span(every))}<TimeText at=enrolled + FIRST focusable=true/>"."</p>
            }
            .into_any(),
        }
    };
    view! {
        <div id="restore-tests" class="anchor">
            <Section title="Restore tests" aside=aside.unwrap_or_else(|| ().into_any())>
                {asked}
                {move || list(view.with(|v| v.restore_tests.clone()))}
                <Dialog open=recording title="Record a restore test"><Form device recording changed/></Dialog>
            </Section>
        </div>
    }
}

fn list(mut tests: Vec<RestoreLine>) -> AnyView {
    if tests.is_empty() {
        return view! {
            <p class="faint">"None yet. Restore something and record it here, or let the agent do both: "<code class="unbroken">"holdfast-agent verify -- <restore command>"</code></p>
        }
        .into_any();
    }
    let older = tests.split_off(tests.len().min(SHOWN));
    let more = older.len();
    view! {
        {table(tests)}
        {(more > 0).then(|| view! { <details class="older"><summary>{format!("{more} older")}</summary>{table(older)}</details> })}
    }
    .into_any()
}

fn table(tests: Vec<RestoreLine>) -> AnyView {
    let seconds = |s: Option<i64>| s.map(|s| text::span(Span(s.saturating_mul(1_000))));
    view! {
        <TableFrame label="Restore tests" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Result"</th>
                    <th scope="col">"When"</th>
                    <th scope="col">"What"</th>
                    <th scope="col" class="number"><abbr title="Recovery point: how old the restored data was">"RPO"</abbr></th>
                    <th scope="col" class="number"><abbr title="Recovery time: how long the restore took">"RTO"</abbr></th>
                    <th scope="col">"By"</th>
                    <th scope="col">"Note"</th>
                </tr>
            </thead>
            <tbody>
                {tests
                    .into_iter()
                    .map(|t| view! {
                        <tr>
                            <th scope="row"><PassBadge passed=t.passed/></th>
                            <td data-label="When"><TimeText at=t.at/></td>
                            <td data-label="What">{t.scope}</td>
                            <td data-label="RPO" class="number">{seconds(t.rpo_seconds)}</td>
                            <td data-label="RTO" class="number">{seconds(t.rto_seconds)}</td>
                            <td data-label="By">{t.made_by}</td>
                            <td data-label="Note" class="cell-words">{t.note}</td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </TableFrame>
    }
    .into_any()
}

#[component]
fn Form(device: DeviceId, recording: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let at = RwSignal::new(browser::local_input(browser::clock()));
    let passed = RwSignal::new(true);
    let text = || RwSignal::new(String::new());
    let (scope, rpo, rto, note) = (text(), text(), text(), text());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<UiError>);
    let about = move |field: &'static str| Signal::derive(move || error.with(|e| e.as_ref().and_then(|e| e.about(field))));
    let save = move || {
        let test = match read(&at.get_untracked(), &rpo.get_untracked(), &rto.get_untracked()) {
            Ok((at, rpo_seconds, rto_seconds)) => RestoreEdit {
                at,
                passed: passed.get_untracked(),
                scope: scope.get_untracked(),
                rpo_seconds,
                rto_seconds,
                note: note.get_untracked(),
            },
            Err((field, words)) => {
                error.set(Some(UiError::field("invalid", field, words)));
                return;
            }
        };
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = record_restore_test(device, test).await;
            busy.set(false);
            match result {
                Ok(()) => {
                    toasts.say("Recorded.");
                    recording.set(false);
                    changed.run(());
                }
                Err(wrong) => error.set(Some(wrong)),
            }
        });
    };
    let choice = move |value: bool, label: &'static str| {
        view! {
            <label class="radio"><input type="radio" name="restore-result" checked=value on:change=move |_| passed.set(value)/>{label}</label>
        }
    };
    view! {
        <form
            class="stack"
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            <Field label="When" name="restore-at" kind="datetime-local" value=at required=true hint="In your own time zone." error=about("at")/>
            <fieldset class="radios"><legend>"Result"</legend>{choice(true, "Passed: the data came back and is right")}{choice(false, "Failed")}</fieldset>
            <Field label="What was restored" name="restore-scope" value=scope required=true autocomplete="off" placeholder="One mailbox, a folder, the whole machine" error=about("scope")/>
            <div class="field-row">
                <Field label="RPO (minutes)" name="restore-rpo" kind="number" value=rpo autocomplete="off" hint="How old the data was." error=about("rpo_seconds")/>
                <Field label="RTO (minutes)" name="restore-rto" kind="number" value=rto autocomplete="off" hint="How long it took." error=about("rto_seconds")/>
            </div>
            <TextField label="Note" name="restore-note" value=note error=about("note")/>
            {move || error.get().filter(|e| e.field.is_none()).map(|e| view! { <p class="form-error" role="alert">{e.message}</p> })}
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| recording.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy>"Record it"</Button>
            </div>
        </form>
    }
}

type Figures = (domain::time::Time, Option<i64>, Option<i64>);

fn read(at: &str, rpo: &str, rto: &str) -> Result<Figures, (&'static str, &'static str)> {
    let at = browser::from_local_input(at).ok_or(("at", "Give a date and a time."))?;
    let minutes = |typed: &str, field: &'static str| match typed.trim() {
        "" => Ok(None),
        typed => typed.parse::<u32>().map(|m| Some(i64::from(m) * 60)).map_err(|_| (field, "Give whole minutes, or leave it empty.")),
    };
    Ok((at, minutes(rpo, "rpo_seconds")?, minutes(rto, "rto_seconds")?))
}
