//! The fields of a schedule, as a sentence: "Backups run daily at 02:30 in Europe/Berlin".

use crate::{
    api::settings::policies::PolicyInput,
    components::{Field, SelectField},
    pages::start::form::{Faults, same_words},
};
use leptos::prelude::*;

/// Days in the order of a week, as the form names them.
const DAYS: [(&str, &str); 7] =
    [("mon", "Mon"), ("tue", "Tue"), ("wed", "Wed"), ("thu", "Thu"), ("fri", "Fri"), ("sat", "Sat"), ("sun", "Sun")];

/// What is typed of a schedule.
#[derive(Clone, Copy)]
pub(super) struct Typed {
    kind: RwSignal<String>,
    every: RwSignal<String>,
    unit: RwSignal<String>,
    clock: RwSignal<String>,
    days: RwSignal<[bool; 7]>,
    month_day: RwSignal<String>,
    cron: RwSignal<String>,
    zone: RwSignal<String>,
}

impl Typed {
    pub(super) fn new(form: &PolicyInput) -> Self {
        let text = |words: &String| RwSignal::new(words.clone());
        Self {
            kind: text(&form.kind),
            every: text(&form.every),
            unit: text(&form.unit),
            clock: text(&form.clock),
            days: RwSignal::new([form.mon, form.tue, form.wed, form.thu, form.fri, form.sat, form.sun]),
            month_day: text(&form.month_day),
            cron: text(&form.cron),
            zone: text(&form.time_zone),
        }
    }

    /// The form with these fields as they are typed now.
    pub(super) fn into_form(self, form: PolicyInput) -> PolicyInput {
        let mut form = PolicyInput {
            kind: self.kind.get(),
            every: self.every.get(),
            unit: self.unit.get(),
            clock: self.clock.get(),
            month_day: self.month_day.get(),
            cron: self.cron.get(),
            time_zone: self.zone.get(),
            ..form
        };
        for ((day, _), chosen) in DAYS.into_iter().zip(self.days.get()) {
            form.set_weekday(day, chosen);
        }
        form
    }
}

/// The fields.
#[component]
pub(super) fn ScheduleFields(typed: Typed, faults: Faults, zones: Vec<String>) -> impl IntoView {
    let Typed { kind, every, unit, clock, days, month_day, cron, zone } = typed;
    let at = move |field| {
        let (own, any) = (faults.about(field), faults.about("schedule"));
        Signal::derive(move || own.get().or_else(|| any.get()))
    };
    let is = move |word: &'static str| kind.with(|kind| kind == word);
    let is_clock = move || is("daily") || is("weekly") || is("monthly");
    let wrong_days = faults.about("weekdays");
    let month_days: Vec<(String, String)> =
        (1..=31).map(|day: u8| (day.to_string(), format!("day {day}"))).chain([("last".to_owned(), "the last day".to_owned())]).collect();
    view! {
        <SelectField label="Backups run" name="form[kind]" value=kind options=kinds() error=faults.about("kind")/>
        <div class="field-row" hidden=move || !is("every")>
            <Field label="Every" name="form[every]" kind="number" value=every plain=true autocomplete="off" error=at("every")/>
            <SelectField label="Unit" name="form[unit]" value=unit options=units() error=faults.about("unit")/>
        </div>
        <div class="field" role="group" aria-labelledby="weekdays-label" aria-describedby="weekdays-error" hidden=move || !is("weekly")>
            <span class="field-label" id="weekdays-label">"On"</span>
            <div class="weekday-row">
                {DAYS
                    .into_iter()
                    .enumerate()
                    .map(|(place, (day, words))| view! {
                        <label class="weekday">
                            <input type="checkbox" name=format!("form[{day}]") value="true" checked=days.get_untracked()[place] prop:checked=move || days.get()[place]
                                on:change=move |event| days.update(|days| days[place] = event_target_checked(&event))/>
                            <span>{words}</span>
                        </label>
                    })
                    .collect_view()}
            </div>
            <p class="field-error" id="weekdays-error" role="alert">{move || wrong_days.get()}</p>
        </div>
        <div class="field-row" hidden=move || !is_clock()>
            <div hidden=move || !is("monthly")>
                <SelectField label="On" name="form[month_day]" value=month_day options=month_days error=faults.about("month_day")/>
            </div>
            <Field label="At" name="form[clock]" kind="time" value=clock plain=true autocomplete="off" error=faults.about("clock")/>
        </div>
        <div hidden=move || !is("cron")>
            <Field label="Cron expression" name="form[cron]" value=cron plain=true autocomplete="off" placeholder="30 2 * * 1-5"
                hint="Minute, hour, day of month, month, day of week. “30 2 * * 1-5” is 02:30 from Monday to Friday." error=at("cron")/>
        </div>
        <div hidden=move || !(is_clock() || is("cron"))>
            <SelectField label="In the time zone" name="form[time_zone]" value=zone options=same_words(&zones) error=faults.about("time_zone")/>
        </div>
        <p class="field-hint" hidden=move || !is("learned")>
            "The gap between the last usable backups is learned: after three of them it holds, until then once a day. It is shown as learned and can be replaced by hand."
        </p>
    }
}

fn kinds() -> Vec<(String, String)> {
    [
        ("every", "Every so many minutes, hours or days"),
        ("daily", "Daily"),
        ("weekly", "Weekly"),
        ("monthly", "Monthly"),
        ("cron", "At other set times (cron)"),
        ("learned", "Learned from its own runs"),
    ]
    .into_iter()
    .map(|(value, label)| (value.to_owned(), label.to_owned()))
    .collect()
}

fn units() -> Vec<(String, String)> {
    ["minutes", "hours", "days"].into_iter().map(|word| (word.to_owned(), word.to_owned())).collect()
}
