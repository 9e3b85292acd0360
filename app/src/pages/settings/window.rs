//! One maintenance window: whom it concerns and when it occurs, as a sentence, with the next occurrences as they are typed.
//!
//! Which fields are shown follows the choices by style alone, so that the form works without scripts, too.

use super::{Settings, followed};
use crate::{
    api::settings::maintenance::{
        OccurrenceView, SaveWindow, Standing, WindowInput, WindowPreview, WindowView, load_window, preview_window,
    },
    components::{Button, ButtonKind, Field, LinkButton, Page, SelectField, TimeText, icon, icon::Icon, loaded_page},
    error::UiError,
    pages::start::form::{Faults, FormFault, follow, same_words},
    wire,
};
use domain::ids::MaintenanceId;
use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

const FIELDS: &[&str] = &[
    "name",
    "note",
    "reach",
    "organization",
    "device",
    "tag",
    "kind",
    "from",
    "until",
    "clock",
    "days",
    "month_day",
    "cron",
    "lasts",
    "except",
    "time_zone",
];

const DAYS: [(&str, &str); 7] =
    [("mon", "Mon"), ("tue", "Tue"), ("wed", "Wed"), ("thu", "Thu"), ("fri", "Fri"), ("sat", "Sat"), ("sun", "Sun")];

/// The page; `/settings/maintenance/new` plans one, and keys of the form in the address fill it in.
#[component]
pub fn MaintenanceWindow() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let id = params.with(|p| p.get("id").unwrap_or_else(|| "new".to_owned()));
        (id, query.with(filled))
    });
    let view = wire::resource_blocking(
        move || asked.get(),
        |(asked, filled)| async move {
            match (asked.as_str(), asked.parse::<MaintenanceId>()) {
                ("new", _) => load_window(None, filled).await,
                (_, Ok(id)) => load_window(Some(id), filled).await,
                (_, Err(_)) => Err(UiError::not_found("maintenance window")),
            }
        },
    );
    loaded_page(view, move |view: WindowView| view! { <Window view/> }.into_any())
}

/// What the address says of the form, as JSON; empty: nothing.
fn filled(query: &ParamsMap) -> String {
    let said = |name: &str| query.get(name).or_else(|| query.get(&format!("form[{name}]"))).unwrap_or_default();
    let days = query.get_all("form[days][]").unwrap_or_default();
    let form = WindowInput {
        id: String::new(),
        name: said("name"),
        note: said("note"),
        reach: said("reach"),
        organization: said("organization"),
        device: said("device"),
        tag: said("tag"),
        kind: said("kind"),
        from: said("from"),
        until: said("until"),
        clock: said("clock"),
        days,
        month_day: said("month_day"),
        cron: said("cron"),
        lasts: said("lasts"),
        unit: said("unit"),
        except: said("except"),
        time_zone: said("time_zone"),
    };
    if form == WindowInput::default() { String::new() } else { serde_json::to_string(&form).unwrap_or_default() }
}

#[component]
fn Window(view: WindowView) -> impl IntoView {
    let form = view.form.clone();
    let is_new = form.id.is_empty();
    let here = format!("/settings/maintenance/{}", if is_new { "new" } else { form.id.as_str() });
    let title = if is_new { "Plan maintenance".to_owned() } else { form.name.clone() };
    let crumbs = vec![("/settings/maintenance".to_owned(), "Maintenance windows".to_owned())];
    let action = ServerAction::<SaveWindow>::new();
    let faults = Faults::of(action);
    follow(action, false);
    let text = |words: &String| RwSignal::new(words.clone());
    let (name, note) = (text(&form.name), text(&form.note));
    let (reach, organization, device, tag) = (text(&form.reach), text(&form.organization), text(&form.device), text(&form.tag));
    let (kind, from, until, clock) = (text(&form.kind), text(&form.from), text(&form.until), text(&form.clock));
    let (month_day, cron, lasts, unit) = (text(&form.month_day), text(&form.cron), text(&form.lasts), text(&form.unit));
    let (except, zone) = (text(&form.except), text(&form.time_zone));
    let days = RwSignal::new(form.days.clone());
    let id = form.id.clone();
    let typed = Memo::new(move |_| WindowInput {
        id: id.clone(),
        // What they say changes nothing of when and whom.
        name: String::new(),
        note: String::new(),
        reach: reach.get(),
        organization: organization.get(),
        device: device.get(),
        tag: tag.get(),
        kind: kind.get(),
        from: from.get(),
        until: until.get(),
        clock: clock.get(),
        days: days.get(),
        month_day: month_day.get(),
        cron: cron.get(),
        lasts: lasts.get(),
        unit: unit.get(),
        except: except.get(),
        time_zone: zone.get(),
    });
    let preview = followed(typed, view.preview, false, preview_window);
    let may = view.may_manage && view.standing != Some(Standing::Over);
    let lead = match view.standing {
        Some(Standing::InForce) => Some("It is going on. A change holds from now on; what it was until now stays."),
        Some(Standing::Over) => Some("It is over."),
        Some(Standing::Coming) | None => None,
    };
    let mut organizations = view.organizations;
    organizations.insert(0, (String::new(), "Choose one".to_owned()));
    let month_days: Vec<(String, String)> =
        (1..=31).map(|day: u8| (day.to_string(), format!("day {day}"))).chain([("last".to_owned(), "the last day".to_owned())]).collect();
    let units = ["minutes", "hours"].map(|word| (word.to_owned(), word.to_owned())).to_vec();
    let device_name = view.device_name;
    let wrong_days = faults.about("days");
    view! {
        <Page title breadcrumbs=crumbs lead=lead.map(|words| view! { <p>{words}</p> }).into_any()>
            <Settings here="/settings/maintenance">
                <div class="policy">
                    <ActionForm action attr:class="stack policy-form window-form">
                        <FormFault faults fields=FIELDS/>
                        <input type="hidden" name="form[id]" value=form.id/>
                        <fieldset class="stack card" disabled=!may>
                            <legend>"Whom it concerns"</legend>
                            <SelectField label="For" name="form[reach]" value=reach options=reaches(view.has_below) error=faults.about("reach")/>
                            <div data-reach="organization">
                                <SelectField label="Organization" name="form[organization]" value=organization options=organizations error=faults.about("organization")/>
                            </div>
                            <div data-reach="device">
                                {match device_name {
                                    Some(device_name) => view! {
                                        <input type="hidden" name="form[device]" value=device.get_untracked()/>
                                        <p class="window-device">"Device: "<a href=format!("/devices/{}", device.get_untracked())>{device_name}</a></p>
                                    }
                                    .into_any(),
                                    None => view! {
                                        <Field label="Device" name="form[device]" value=device plain=true autocomplete="off"
                                            hint="Its name. Where several devices share it, plan from the device's page." error=faults.about("device")/>
                                    }
                                    .into_any(),
                                }}
                            </div>
                            <div data-reach="tag">
                                <Field label="Tag" name="form[tag]" value=tag plain=true autocomplete="off" hint="Devices of your own organizations that carry it, now or later." error=faults.about("tag")/>
                            </div>
                        </fieldset>
                        <fieldset class="stack card" disabled=!may>
                            <legend>"When"</legend>
                            <SelectField label="It happens" name="form[kind]" value=kind options=kinds() error=faults.about("kind")/>
                            <div class="field-row" data-kind="once">
                                <Field label="From" name="form[from]" kind="datetime-local" value=from plain=true error=faults.about("from")/>
                                <Field label="Until" name="form[until]" kind="datetime-local" value=until plain=true error=faults.about("until")/>
                            </div>
                            <div class="field" data-kind="weekly" role="group" aria-labelledby="weekdays-label" aria-describedby="weekdays-error">
                                <span class="field-label" id="weekdays-label">"On"</span>
                                <div class="weekday-row">
                                    {DAYS
                                        .into_iter()
                                        .map(|(day, words)| view! {
                                            <label class="weekday">
                                                <input type="checkbox" name="form[days][]" value=day
                                                    checked=days.with_untracked(|days| days.iter().any(|d| d == day))
                                                    prop:checked=move || days.with(|days| days.iter().any(|d| d == day))
                                                    on:change=move |event| {
                                                        let on = event_target_checked(&event);
                                                        days.update(|days| {
                                                            days.retain(|d| d != day);
                                                            if on {
                                                                days.push(day.to_owned());
                                                            }
                                                        });
                                                    }/>
                                                <span>{words}</span>
                                            </label>
                                        })
                                        .collect_view()}
                                </div>
                                <p class="field-error" id="weekdays-error" role="alert">{move || wrong_days.get()}</p>
                            </div>
                            <div data-kind="monthly">
                                <SelectField label="On" name="form[month_day]" value=month_day options=month_days error=faults.about("month_day")/>
                            </div>
                            <div data-kind="daily weekly monthly">
                                <Field label="Begins at" name="form[clock]" kind="time" value=clock plain=true autocomplete="off" error=faults.about("clock")/>
                            </div>
                            <div data-kind="cron">
                                <Field label="Begins at (cron)" name="form[cron]" value=cron plain=true autocomplete="off" placeholder="0 20 * * 2#2"
                                    hint="Minute, hour, day of month, month, day of week. “0 20 * * 2#2” is the second Tuesday of each month at 20:00." error=faults.about("cron")/>
                            </div>
                            <div class="field-row" data-kind="daily weekly monthly cron">
                                <Field label="Lasts" name="form[lasts]" kind="number" value=lasts plain=true autocomplete="off" error=faults.about("lasts")/>
                                <SelectField label="Unit" name="form[unit]" value=unit options=units/>
                            </div>
                            <div data-kind="daily weekly monthly cron">
                                <Field label="Not on" name="form[except]" value=except autocomplete="off" placeholder="2026-12-27, 2027-01-03"
                                    hint="Dates on which it doesn't begin, parted by commas." error=faults.about("except")/>
                            </div>
                            <SelectField label="By the clock of" name="form[time_zone]" value=zone options=same_words(&view.zones) error=faults.about("time_zone")/>
                        </fieldset>
                        <fieldset class="stack card" disabled=!may>
                            <legend>"What for"</legend>
                            <Field label="Name" name="form[name]" value=name required=true autocomplete="off" placeholder="Server room moves" error=faults.about("name")/>
                            <Field label="Why" name="form[note]" value=note autocomplete="off" hint="Shown in the list." error=faults.about("note")/>
                        </fieldset>
                        <div class="form-actions">
                            <LinkButton href="/settings/maintenance">"Cancel"</LinkButton>
                            <noscript><button class="button" type="submit" formmethod="get" formaction=here formnovalidate="">"Look first"</button></noscript>
                            {may.then(|| view! { <Button kind=ButtonKind::Primary submit=true busy=action.pending()>{if is_new { "Plan it" } else { "Save" }}</Button> })}
                        </div>
                    </ActionForm>
                    <Preview preview/>
                </div>
            </Settings>
        </Page>
    }
}

fn reaches(has_below: bool) -> Vec<(String, String)> {
    let mut reaches = vec![
        ("organization", "One organization"),
        ("device", "One device"),
        ("tag", "Devices with a tag"),
        ("partner", "All your own organizations"),
    ];
    if has_below {
        reaches.push(("all", "Everything, with sub-resellers"));
    }
    reaches.into_iter().map(|(value, label)| (value.to_owned(), label.to_owned())).collect()
}

fn kinds() -> Vec<(String, String)> {
    [("once", "Once"), ("daily", "Every day"), ("weekly", "Every week"), ("monthly", "Every month"), ("cron", "At other set times (cron)")]
        .into_iter()
        .map(|(value, label)| (value.to_owned(), label.to_owned()))
        .collect()
}

/// What is typed means.
#[component]
fn Preview(preview: RwSignal<WindowPreview>) -> impl IntoView {
    view! {
        <aside class="policy-preview card" aria-label="What this means">
            <h2>"What this means"</h2>
            <div role="status" aria-live="polite" class="stack">
                {move || {
                    let preview = preview.get();
                    match preview.problem {
                        Some((problem, _)) => view! { <p class="notice" data-state="critical">{problem}</p> }.into_any(),
                        None => view! {
                            <p class="policy-words">{preview.words}</p>
                            <p>"Alerts of "<strong>{preview.concerned}</strong>" are recorded and not alerted meanwhile."</p>
                        }
                        .into_any(),
                    }
                }}
            </div>
            {move || {
                let next = preview.get().next;
                let title = if next.len() > 1 { "The next five" } else { "When" };
                (!next.is_empty()).then(|| view! { <h3>{title}</h3> <Occurrences next/> })
            }}
        </aside>
    }
}

#[component]
fn Occurrences(next: Vec<OccurrenceView>) -> impl IntoView {
    view! {
        <ol class="slots" role="list">
            {next.into_iter().map(|next| {
                let is_odd = next.note.is_some();
                view! {
                    <li data-odd=is_odd.then_some("")>
                        <span>{next.wall_clock}</span>
                        <span class="faint"><TimeText at=Some(next.from)/></span>
                        {next.note.map(|note| view! { <span class="slot-note"><Icon shape=icon::WARNING/>{note}</span> })}
                    </li>
                }
            }).collect_view()}
        </ol>
    }
}
