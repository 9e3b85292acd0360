//! One policy: its terms, its schedule in words, the next slots and what saving would change, as they are typed.

use super::{
    Settings, followed,
    schedule::{ScheduleFields, Typed},
};
use crate::{
    api::settings::policies::{
        DeletePolicy, EffectView, PolicyInput, PolicyView, SavePolicy, SchedulePreview, SlotView, load_policy, preview_schedule,
    },
    components::{BandBadge, Button, ButtonKind, Confirm, Field, LinkButton, Page, SwitchField, TimeText, icon, icon::Icon, loaded_page},
    error::UiError,
    pages::start::form::{Faults, FormFault, follow},
    wire,
};
use domain::ids::PolicyId;
use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

const FIELDS: &[&str] = &[
    "name",
    "kind",
    "every",
    "unit",
    "weekdays",
    "month_day",
    "clock",
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

/// The page; `/settings/policies/new` makes one, `?copy=` begins as a copy, other keys of the form fill it in.
#[component]
pub fn Policy() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let id = params.with(|p| p.get("id").unwrap_or_else(|| "new".to_owned()));
        (id, query.with(|q| q.get("copy")))
    });
    let view = wire::resource_blocking(
        move || asked.get(),
        |(asked, copy)| async move {
            match (asked.as_str(), asked.parse::<PolicyId>()) {
                ("new", _) => load_policy(None, copy.and_then(|copy| copy.parse().ok())).await,
                (_, Ok(id)) => load_policy(Some(id), None).await,
                (_, Err(_)) => Err(UiError::not_found("policy")),
            }
        },
    );
    loaded_page(view, move |view: PolicyView| view! { <Terms view query=query.get_untracked()/> }.into_any())
}

/// The form with what the address says of it: the device page's "what if" leads here.
fn filled(mut form: PolicyInput, query: &ParamsMap) -> PolicyInput {
    let fields: [(&str, &mut String); 13] = [
        ("kind", &mut form.kind),
        ("every", &mut form.every),
        ("unit", &mut form.unit),
        ("clock", &mut form.clock),
        ("month_day", &mut form.month_day),
        ("cron", &mut form.cron),
        ("time_zone", &mut form.time_zone),
        ("grace_minutes", &mut form.grace_minutes),
        ("longest_run_minutes", &mut form.longest_run_minutes),
        ("restore_test_days", &mut form.restore_test_days),
        ("overdue_hours", &mut form.overdue_hours),
        ("offline_allowance_hours", &mut form.offline_allowance_hours),
        ("silence_days", &mut form.silence_days),
    ];
    for (name, field) in fields {
        if let Some(said) = query.get(name) {
            *field = said;
        }
    }
    form
}

#[component]
fn Terms(view: PolicyView, query: ParamsMap) -> impl IntoView {
    let is_new = view.form.id.is_empty();
    let title = if is_new { "New policy".to_owned() } else { view.form.name.clone() };
    let crumbs = vec![("/settings/policies".to_owned(), "Policies".to_owned())];
    let action = ServerAction::<SavePolicy>::new();
    let faults = Faults::of(action);
    follow(action, false);
    let form = filled(view.form.clone(), &query);
    let is_filled = form != view.form;
    let text = |words: &String| RwSignal::new(words.clone());
    let schedule = Typed::new(&form);
    let (name, grace, longest) = (text(&form.name), text(&form.grace_minutes), text(&form.longest_run_minutes));
    let (restore, overdue) = (text(&form.restore_test_days), text(&form.overdue_hours));
    let (offline, silence) = (text(&form.offline_allowance_hours), text(&form.silence_days));
    let is_default = RwSignal::new(view.is_default);
    let start = form.clone();
    let typed = Memo::new(move |_| {
        schedule.into_form(PolicyInput {
            grace_minutes: grace.get(),
            longest_run_minutes: longest.get(),
            restore_test_days: restore.get(),
            overdue_hours: overdue.get(),
            offline_allowance_hours: offline.get(),
            silence_days: silence.get(),
            ..start.clone()
        })
    });
    let preview = followed(typed, view.preview, is_filled, preview_schedule);
    let may = view.may_manage;
    let lead = (!is_new).then(|| view! { <p>{format!("Followed by {}.", view.devices)}</p> });
    let id = form.id.clone();
    let actions = (may && !is_new).then(|| {
        view! {
            <LinkButton href=format!("/settings/policies/new?copy={id}")>"Duplicate"</LinkButton>
            {view.may_delete.then(|| view! { <Delete id=id.clone() name=form.name.clone()/> })}
        }
    });
    view! {
        <Page title breadcrumbs=crumbs lead=lead.into_any() actions=actions.into_any()>
            <Settings here="/settings/policies">
                {is_filled.then(|| view! { <p class="notice">"Filled in from what was tried out. Nothing is saved yet."</p> })}
                <div class="policy">
                    <ActionForm action attr:class="stack policy-form">
                        <FormFault faults fields=FIELDS/>
                        <input type="hidden" name="form[id]" value=form.id.clone()/>
                        <fieldset class="stack card" disabled=!may>
                            <legend>"Schedule"</legend>
                            <Field label="Name" name="form[name]" value=name required=true autocomplete="off" error=faults.about("name")/>
                            <ScheduleFields typed=schedule faults zones=view.zones/>
                        </fieldset>
                        <fieldset class="stack card" disabled=!may>
                            <legend>"How late is too late"</legend>
                            <div class="field-row">
                                <Field label="Grace (minutes)" name="form[grace_minutes]" kind="number" value=grace required=true autocomplete="off"
                                    hint="After a slot, before it counts as late. 0 is allowed." error=faults.about("grace_minutes")/>
                                <Field label="Longest run (minutes)" name="form[longest_run_minutes]" kind="number" value=longest required=true autocomplete="off"
                                    hint="A run that takes longer is stuck, and failed." error=faults.about("longest_run_minutes")/>
                            </div>
                            <div class="field-row">
                                <Field label="Overdue after (hours)" name="form[overdue_hours]" kind="number" value=overdue autocomplete="off"
                                    hint="Since the last usable backup. Empty: 12 for servers, 24 for workstations." error=faults.about("overdue_hours")/>
                                <Field label="Restore test every (days)" name="form[restore_test_days]" kind="number" value=restore autocomplete="off"
                                    hint="Empty: none is asked for." error=faults.about("restore_test_days")/>
                            </div>
                            <div class="field-row">
                                <Field label="Offline allowance (hours)" name="form[offline_allowance_hours]" kind="number" value=offline required=true
                                    autocomplete="off" hint="A workstation that is switched off is offline, not missed, for so long." error=faults.about("offline_allowance_hours")/>
                                <Field label="Silence (days)" name="form[silence_days]" kind="number" value=silence required=true autocomplete="off"
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
                    <Preview preview devices=format!("/backups/devices?policy={}", view.form.id)/>
                </div>
            </Settings>
        </Page>
    }
}

/// The button that takes the policy away, and its question.
#[component]
fn Delete(id: String, name: String) -> impl IntoView {
    let action = ServerAction::<DeletePolicy>::new();
    let faults = Faults::of(action);
    follow(action, false);
    let asking = RwSignal::new(false);
    let word = name.clone();
    let confirmed = Callback::new(move |()| {
        if let Ok(id) = id.parse() {
            action.dispatch(DeletePolicy { id });
        }
    });
    view! {
        <Button on_press=Callback::new(move |()| asking.set(true))>"Delete…"</Button>
        <Confirm open=asking title=format!("Delete “{name}”?") body="No device follows this policy, so nothing changes for any. It can't be brought back."
            word action="Delete" busy=action.pending() error=faults.any() on_confirm=confirmed/>
    }
}

/// What is typed means.
#[component]
fn Preview(
    preview: RwSignal<SchedulePreview>,
    /// Address of the devices that follow the policy.
    devices: String,
) -> impl IntoView {
    let devices = StoredValue::new(devices);
    view! {
        <aside class="policy-preview card" aria-label="What this means">
            <h2>"What this means"</h2>
            <div role="status" aria-live="polite" class="stack">
                {move || {
                    let preview = preview.get();
                    match preview.problem {
                        Some(problem) => view! { <p class="notice" data-state="critical">{problem}</p> }.into_any(),
                        None => view! {
                            <p class="policy-words">{preview.words}</p>
                            {preview.warnings.into_iter().map(|words| view! { <p class="notice policy-warning" data-state="warning"><Icon shape=icon::WARNING/><span>{words}</span></p> }).collect_view()}
                            {(!preview.concerned.named.is_empty()).then(|| view! {
                                <p class="policy-concerned">
                                    {preview.concerned.named.into_iter().map(|(id, name)| view! { <a href=format!("/organizations/{id}")>{name}</a>" " }).collect_view()}
                                    {(preview.concerned.more > 0).then(|| view! { <a href=devices.get_value()>{format!("and {} more", preview.concerned.more)}</a> })}
                                </p>
                                <p class="faint">"Said once, here: their devices become overdue when a backup is late, not every day. Let the policy back up more often, or give them a "<a href="/settings/sla">"longer service level"</a>"."</p>
                            })}
                            {preview.effect.map(|effect| view! { <Effects effect/> })}
                        }
                        .into_any(),
                    }
                }}
            </div>
            {move || {
                let preview = preview.get();
                let zone = preview.zone;
                let slots = (!preview.slots.is_empty()).then(|| view! { <h3>"The next five " <span class="faint">{format!("({zone})")}</span></h3> <Slots slots=preview.slots/> });
                let odd = (!preview.odd.is_empty()).then(|| view! { <h3>"When the clocks change"</h3> <Slots slots=preview.odd/> });
                let retries = (!preview.retries.is_empty()).then(|| view! {
                    <h3>"If a backup doesn't come"</h3>
                    <ol class="policy-plan">{preview.retries.into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ol>
                });
                view! { {slots} {odd} {retries} }
            }}
        </aside>
    }
}

/// Who would be affected by saving.
#[component]
fn Effects(effect: EffectView) -> impl IntoView {
    view! {
        <div class="policy-effect">
            <h3>"If it is saved"</h3>
            <p>{format!("It holds for {} at once. ", effect.devices)}{effect.words}</p>
            {(!effect.named.is_empty()).then(|| view! {
                <ul role="list">
                    {effect.named.into_iter().map(|(device, name, before, after)| view! {
                        <li>
                            <a href=format!("/devices/{device}")>{name}</a>
                            <span class="policy-bands"><BandBadge band=before/><span aria-label="becomes">" → "</span><BandBadge band=after/></span>
                        </li>
                    }).collect_view()}
                </ul>
            })}
        </div>
    }
}

#[component]
fn Slots(slots: Vec<SlotView>) -> impl IntoView {
    view! {
        <ol class="slots" role="list">
            {slots.into_iter().map(|slot| {
                let is_odd = slot.note.is_some();
                view! {
                    <li data-odd=is_odd.then_some("")>
                        <span>{slot.wall_clock}</span>
                        <span class="faint">{slot.utc}" · "<TimeText at=Some(slot.at)/></span>
                        {slot.note.map(|note| view! { <span class="slot-note"><Icon shape=icon::WARNING/>{note}</span> })}
                    </li>
                }
            }).collect_view()}
        </ol>
    }
}
