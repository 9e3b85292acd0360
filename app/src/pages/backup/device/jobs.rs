//! The jobs of a device: state, schedule, last result, size, the last runs as bars; name, schedule and ping address in a dialog.

use crate::{
    api::backup::{DeviceView, JobEdit, JobLine, edit_job},
    components::{Button, ButtonKind, CopyLine, Dialog, Field, Later, RunBadge, Section, SelectField, TableFrame, TimeText, use_toasts},
    error::UiError,
    me,
    pages::backup::due::{Due, DueText},
};
use domain::{access::Action, live::DeviceNow, run::RunState, text};
use leptos::{prelude::*, task::spawn_local};

/// The table of jobs.
#[component]
pub fn Jobs(
    /// The page's data.
    view: RwSignal<DeviceView>,
    /// What moves.
    now: RwSignal<DeviceNow>,
    /// Called after something was changed.
    changed: Callback<()>,
) -> impl IntoView {
    view! {
        <div id="jobs" class="anchor">
            <Section title="Jobs">
                {move || {
                    let jobs = view.with(|v| v.jobs.clone());
                    if jobs.is_empty() {
                        return view! { <p class="faint">"A job appears by itself with its first run: send it a name, such as "<code>"nightly"</code>"."</p> }.into_any();
                    }
                    let policy = view.with(|v| (v.line.policy.1.clone(), v.schedule.clone()));
                    let may = me::may(Action::ManageDevices);
                    view! {
                        <TableFrame label="Jobs" cards=true>
                            <thead>
                                <tr>
                                    <th scope="col">"Job"</th>
                                    <th scope="col">"State"</th>
                                    <th scope="col">"Schedule"</th>
                                    <th scope="col">"Last usable"</th>
                                    <th scope="col">"Next due"</th>
                                    <th scope="col" class="number">"Size"</th>
                                    <th scope="col">"Last runs"</th>
                                    {may.then(|| view! { <th scope="col"><span class="hidden-words">"Change"</span></th> })}
                                </tr>
                            </thead>
                            <tbody>{jobs.into_iter().map(|job| row(job, now, &policy, may, changed)).collect_view()}</tbody>
                        </TableFrame>
                    }
                    .into_any()
                }}
            </Section>
        </div>
    }
}

fn row(job: JobLine, now: RwSignal<DeviceNow>, policy: &(String, String), may: bool, changed: Callback<()>) -> AnyView {
    let id = job.id;
    let facts = Memo::new(move |_| now.with(|n| n.facts.jobs.iter().find(|j| j.job == id).cloned()));
    let last = Signal::derive(move || facts.with(|f| f.as_ref().and_then(|f| f.history.last_usable_end)));
    let due = Memo::new(move |_| now.with(|n| Due::of_job(n, id)));
    let failures = Memo::new(move |_| facts.with(|f| f.as_ref().map_or(0, |f| f.history.consecutive_failures)));
    let last_known = job.runs.last().copied();
    // The stream's word before the page's.
    let state = Memo::new(move |_| {
        let open = facts.with(|f| f.as_ref().and_then(|f| f.history.open));
        let told = now.with(|n| n.runs.iter().rfind(|r| r.job == id).map(|r| (r.state, r.percent)));
        match (open, told) {
            (Some(open), told) if told.is_none_or(|(state, _)| !state.is_open()) => {
                Some((if open.retrying { RunState::Retrying } else { RunState::Running }, None))
            }
            (_, Some(told)) => Some(told),
            _ => last_known.map(|run| (run.state, None)),
        }
    });
    let size =
        Memo::new(move |_| facts.with(|f| f.as_ref().and_then(|f| f.history.recent.first()).map(|run| run.bytes).filter(|b| *b > 0)));
    let bars: Vec<charts::RunBar> = job.runs.iter().map(|run| charts::RunBar { state: run.state, title: run.words() }).collect();
    let drawn = charts::run_bars(&bars, "Last runs, oldest first");
    let link = last_known.map(|run| format!("/runs/{}", run.id));
    let name = job.name.clone();
    let editing = RwSignal::new(false);
    let policy = policy.clone();
    view! {
        <Later><tr>
            <th scope="row" class="cell-name">{match link {
                Some(href) => view! { <a class="row-link" href=href title="Its last run">{name.clone()}</a> }.into_any(),
                None => name.clone().into_any(),
            }}</th>
            <td data-label="State">
                {move || match state.get() {
                    Some((state, percent)) => view! { <RunBadge state detail=percent.map(|p| format!("{p} %")).unwrap_or_default()/> }.into_any(),
                    None => view! { <span class="faint">"No run yet"</span> }.into_any(),
                }}
                {move || (failures.get() > 1).then(|| view! { <span class="cell-sub">{format!("{} failures in a row", text::count(failures.get().into()))}</span> })}
            </td>
            <td data-label="Schedule">{job.schedule.clone()}<span class="cell-sub">{if job.is_own_schedule { "its own" } else { "the policy's" }}</span></td>
            <td data-label="Last usable"><TimeText at=last none="never"/></td>
            <td data-label="Next due"><DueText due/></td>
            <td data-label="Size" class="number">{move || size.get().map(text::bytes)}</td>
            <td data-label="Last runs" class="cell-bars"><div class="day-bars" inner_html=drawn></div></td>
            {may.then(|| view! {
                <td class="cell-action">
                    <button type="button" class="button" on:click=move |_| editing.set(true)>"Change"<span class="hidden-words">{format!(" {name}")}</span></button>
                    <Dialog open=editing title=format!("Job {}", job.name)>
                        <Form job=job.clone() policy=policy.clone() editing changed/>
                    </Dialog>
                </td>
            })}
        </tr></Later>
    }
    .into_any()
}

#[component]
fn Form(job: JobLine, policy: (String, String), editing: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let JobEdit { name, kind, every, unit, cron, time_zone } = job.form;
    let text = RwSignal::<String>::new;
    let (name, kind, every, unit, cron, zone) = (text(name), text(kind), text(every), text(unit), text(cron), text(time_zone));
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<UiError>);
    let about = move |fields: &'static [&'static str]| {
        Signal::derive(move || error.with(|e| e.as_ref().and_then(|e| fields.iter().find_map(|f| e.about(f)))))
    };
    let id = job.id;
    let save = move || {
        let edit = JobEdit {
            name: name.get_untracked().trim().to_owned(),
            kind: kind.get_untracked(),
            every: every.get_untracked(),
            unit: unit.get_untracked(),
            cron: cron.get_untracked(),
            time_zone: zone.get_untracked(),
        };
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = edit_job(id, edit).await;
            busy.set(false);
            match result {
                Ok(()) => {
                    toasts.say("Saved.");
                    editing.set(false);
                    changed.run(());
                }
                Err(wrong) => error.set(Some(wrong)),
            }
        });
    };
    let kinds: Vec<(String, String)> = [
        ("policy", format!("As its policy {} asks: {}", policy.0, policy.1)),
        ("every", "Every so many minutes, hours or days".to_owned()),
        ("cron", "At set times (cron)".to_owned()),
        ("learned", "Learned from its own runs".to_owned()),
    ]
    .map(|(value, label)| (value.to_owned(), label))
    .into();
    let units: Vec<(String, String)> = ["minutes", "hours", "days"].map(|word| (word.to_owned(), word.to_owned())).into();
    view! {
        <form
            class="stack"
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            <Field label="Name" name="job-name" value=name required=true autocomplete="off" error=about(&["name"])/>
            <SelectField label="Backups run" name="job-kind" value=kind options=kinds error=about(&["kind"])/>
            <div class="field-row" hidden=move || kind.get() != "every">
                <Field label="Every" name="job-every" kind="number" value=every plain=true autocomplete="off" error=about(&["every", "schedule"])/>
                <SelectField label="Unit" name="job-unit" value=unit options=units error=about(&["unit"])/>
            </div>
            <div class="stack" hidden=move || kind.get() != "cron">
                <Field label="Cron expression" name="job-cron" value=cron plain=true autocomplete="off" placeholder="30 2 * * 1-5"
                    hint="Minute, hour, day of month, month, day of week. “30 2 * * 1-5” is 02:30 from Monday to Friday." error=about(&["cron", "schedule"])/>
                <Field label="Time zone" name="job-zone" value=zone plain=true autocomplete="off" hint="For example Europe/Berlin." error=about(&["time_zone"])/>
            </div>
            {move || error.get().filter(|e| e.field.is_none()).map(|e| view! { <p class="form-error" role="alert">{e.message}</p> })}
            {job.ping_url.clone().map(|url| view! {
                <div class="stack">
                    <p class="field-label">"Ping address"</p>
                    <CopyLine text=url label="ping address"/>
                    <p class="field-hint">"Call it at the end of the backup; /start before, /fail or the exit code on failure. Whoever has it can report for this job."</p>
                </div>
            })}
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| editing.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy>"Save"</Button>
            </div>
        </form>
    }
}
