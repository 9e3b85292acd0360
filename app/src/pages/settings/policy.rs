//! One policy: its terms, its schedule in words, and the next slots as they are typed.

use super::SettingsTabs;
use crate::{
    api::settings::policies::{PolicyInput, PolicyView, SavePolicy, SchedulePreview, SlotView, load_policy, preview_schedule},
    components::{Button, ButtonKind, Field, LinkButton, Page, Section, SelectField, SwitchField, TimeText, icon, icon::Icon, loaded},
    error::UiError,
    pages::start::form::{Faults, FormFault, follow, same_words},
};
use domain::ids::PolicyId;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::hooks::use_params_map;
use std::time::Duration;

const FIELDS: &[&str] = &[
    "name",
    "kind",
    "every",
    "unit",
    "cron",
    "time_zone",
    "schedule",
    "grace_minutes",
    "longest_run_minutes",
    "restore_test_days",
    "overdue_hours",
    "offline_allowance_hours",
    "silence_days",
];

/// The page; `/settings/policies/new` makes one.
#[component]
pub fn Policy() -> impl IntoView {
    let params = use_params_map();
    let asked = Memo::new(move |_| params.with(|p| p.get("id").unwrap_or_else(|| "new".to_owned())));
    let view = Resource::new_blocking(
        move || asked.get(),
        |asked| async move {
            match (asked.as_str(), asked.parse::<PolicyId>()) {
                ("new", _) => load_policy(None).await,
                (_, Ok(id)) => load_policy(Some(id)).await,
                (_, Err(_)) => Err(UiError::not_found("policy")),
            }
        },
    );
    loaded(view, |view: PolicyView| view! { <Terms view/> }.into_any())
}

#[component]
fn Terms(view: PolicyView) -> impl IntoView {
    let title = if view.form.id.is_empty() { "New policy".to_owned() } else { view.form.name.clone() };
    let crumbs = vec![("/settings/policies".to_owned(), "Policies".to_owned())];
    let action = ServerAction::<SavePolicy>::new();
    let faults = Faults::of(action);
    follow(action, false);
    let text = RwSignal::<String>::new;
    let PolicyInput { id, name, kind, every, unit, cron, time_zone, grace_minutes, longest_run_minutes, .. } = view.form.clone();
    let (kind, every, unit, cron, zone) = (text(kind), text(every), text(unit), text(cron), text(time_zone));
    let overdue = text(view.form.overdue_hours.clone());
    let is_default = RwSignal::new(view.is_default);
    let start = view.form.clone();
    let typed = Memo::new(move |_| PolicyInput {
        kind: kind.get(),
        every: every.get(),
        unit: unit.get(),
        cron: cron.get(),
        time_zone: zone.get(),
        overdue_hours: overdue.get(),
        ..start.clone()
    });
    let preview = followed(typed, view.preview);
    let may = view.may_manage;
    let fault_of_schedule = move |field| {
        let (own, any) = (faults.about(field), faults.about("schedule"));
        Signal::derive(move || own.get().or_else(|| any.get()))
    };
    view! {
        <Page title breadcrumbs=crumbs>
            <SettingsTabs here="/settings/policies"/>
            <div class="policy">
                <ActionForm action attr:class="stack policy-form">
                    <FormFault faults fields=FIELDS/>
                    <input type="hidden" name="form[id]" value=id/>
                    <fieldset class="stack card" disabled=!may>
                        <legend>"Schedule"</legend>
                        <Field label="Name" name="form[name]" value=text(name) required=true autocomplete="off" error=faults.about("name")/>
                        <SelectField label="Backups run" name="form[kind]" value=kind options=kinds() error=faults.about("kind")/>
                        <div class="field-row" hidden=move || kind.get() != "every">
                            <Field label="Every" name="form[every]" kind="number" value=every plain=true autocomplete="off" error=fault_of_schedule("every")/>
                            <SelectField label="Unit" name="form[unit]" value=unit options=units() error=faults.about("unit")/>
                        </div>
                        <div class="stack" hidden=move || kind.get() != "cron">
                            <Field label="Cron expression" name="form[cron]" value=cron plain=true autocomplete="off" placeholder="30 2 * * 1-5"
                                hint="Minute, hour, day of month, month, day of week. “30 2 * * 1-5” is 02:30 from Monday to Friday." error=fault_of_schedule("cron")/>
                            <SelectField label="In the time zone" name="form[time_zone]" value=zone options=same_words(&view.zones) error=faults.about("time_zone")/>
                        </div>
                        <p class="field-hint" hidden=move || kind.get() != "learned">
                            "The gap between the last usable backups is learned: after three of them it holds, until then once a day. It is shown as learned and can be replaced by hand."
                        </p>
                    </fieldset>
                    <fieldset class="stack card" disabled=!may>
                        <legend>"How late is too late"</legend>
                        <div class="field-row">
                            <Field label="Grace (minutes)" name="form[grace_minutes]" kind="number" value=text(grace_minutes) required=true autocomplete="off"
                                hint="After a slot, before it counts as late. 0 is allowed." error=faults.about("grace_minutes")/>
                            <Field label="Longest run (minutes)" name="form[longest_run_minutes]" kind="number" value=text(longest_run_minutes) required=true autocomplete="off"
                                hint="A run that takes longer is stuck, and failed." error=faults.about("longest_run_minutes")/>
                        </div>
                        <div class="field-row">
                            <Field label="Overdue after (hours)" name="form[overdue_hours]" kind="number" value=overdue autocomplete="off"
                                hint="Since the last usable backup. Empty: 12 for servers, 24 for workstations." error=faults.about("overdue_hours")/>
                            <Field label="Restore test every (days)" name="form[restore_test_days]" kind="number" value=text(view.form.restore_test_days) autocomplete="off"
                                hint="Empty: none is asked for." error=faults.about("restore_test_days")/>
                        </div>
                        <div class="field-row">
                            <Field label="Offline allowance (hours)" name="form[offline_allowance_hours]" kind="number" value=text(view.form.offline_allowance_hours) required=true
                                autocomplete="off" hint="A workstation that is switched off is offline, not missed, for so long." error=faults.about("offline_allowance_hours")/>
                            <Field label="Silence (days)" name="form[silence_days]" kind="number" value=text(view.form.silence_days) required=true autocomplete="off"
                                hint="Without any report for so long, nothing is known any more." error=faults.about("silence_days")/>
                        </div>
                        {if view.is_default {
                            view! { <p class="field-hint">"This is the default policy: new devices get it unless another is chosen."</p> }.into_any()
                        } else {
                            view! { <SwitchField label="Make it the default" name="form[is_default]" value=is_default hint="New devices get it unless another is chosen."/> }.into_any()
                        }}
                    </fieldset>
                    <div class="form-actions">
                        <LinkButton href="/settings/policies">"Cancel"</LinkButton>
                        {may.then(|| view! { <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Save"</Button> })}
                    </div>
                </ActionForm>
                <Preview preview/>
            </div>
        </Page>
    }
}

fn kinds() -> Vec<(String, String)> {
    [("every", "Every so many minutes, hours or days"), ("cron", "At set times (cron)"), ("learned", "Learned from its own runs")]
        .into_iter()
        .map(|(value, label)| (value.to_owned(), label.to_owned()))
        .collect()
}

fn units() -> Vec<(String, String)> {
    ["minutes", "hours", "days"].into_iter().map(|word| (word.to_owned(), word.to_owned())).collect()
}

/// The preview of what is typed, asked for once typing pauses.
fn followed(typed: Memo<PolicyInput>, first: SchedulePreview) -> RwSignal<SchedulePreview> {
    let preview = RwSignal::new(first);
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let ask = Action::new_local(move |form: &PolicyInput| {
        let form = form.clone();
        async move {
            let answer = preview_schedule(form.clone()).await;
            // A slower answer to something typed earlier is not shown.
            if typed.try_get_untracked() == Some(form)
                && let Ok(answer) = answer
            {
                let _ = preview.try_set(answer);
            }
        }
    });
    on_cleanup(move || {
        if let Some(Some(waits)) = waiting.try_get_value() {
            waits.clear();
        }
    });
    Effect::new(move |before: Option<()>| {
        let form = typed.get();
        if before.is_none() {
            return;
        }
        if let Some(earlier) = waiting.get_value() {
            earlier.clear();
        }
        let later = set_timeout_with_handle(
            move || {
                ask.dispatch(form);
            },
            Duration::from_millis(250),
        );
        waiting.set_value(later.ok());
    });
    preview
}

/// What the schedule means.
#[component]
fn Preview(preview: RwSignal<SchedulePreview>) -> impl IntoView {
    view! {
        <aside class="policy-preview card" aria-label="What this schedule means">
            <Section title="What this means">
                <div role="status" aria-live="polite" class="stack">
                    {move || {
                        let preview = preview.get();
                        match preview.problem {
                            Some(problem) => view! { <p class="notice" data-state="critical">{problem}</p> }.into_any(),
                            None => view! {
                                <p class="policy-words">{preview.words}</p>
                                {preview.warnings.into_iter().map(|words| view! { <p class="notice policy-warning" data-state="warning"><Icon shape=icon::WARNING/><span>{words}</span></p> }).collect_view()}
                            }
                            .into_any(),
                        }
                    }}
                </div>
                {move || {
                    let preview = preview.get();
                    let slots = (!preview.slots.is_empty()).then(|| view! { <h3>"The next five"</h3> <Slots slots=preview.slots/> });
                    let change = (!preview.clock_change.is_empty()).then(|| view! {
                        <h3>"Around the next change of the clocks"</h3>
                        <Slots slots=preview.clock_change/>
                    });
                    view! { {slots} {change} }
                }}
            </Section>
        </aside>
    }
}

#[component]
fn Slots(slots: Vec<SlotView>) -> impl IntoView {
    view! {
        <ol class="slots">
            {slots.into_iter().map(|slot| view! { <li><span>{slot.wall_clock}</span> <span class="faint"><TimeText at=Some(slot.at)/></span></li> }).collect_view()}
        </ol>
    }
}
