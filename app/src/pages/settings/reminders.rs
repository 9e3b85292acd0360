//! When alerts that nobody mends are brought back to mind.

use super::Settings;
use crate::{
    api::settings::maintenance::{RemindersView, SaveReminders, load_reminders},
    components::{Button, ButtonKind, Field, Page, SwitchField, loaded, use_toasts},
    pages::start::form::{Faults, FormFault, worked},
    wire,
};
use leptos::prelude::*;

/// Hours that the form begins with.
const USUAL: &str = "24";

/// The page.
#[component]
pub fn AlertSettings() -> impl IntoView {
    let save = ServerAction::<SaveReminders>::new();
    let saved = worked(save);
    let view = wire::resource_blocking(move || saved.get(), |_| load_reminders());
    let toasts = use_toasts();
    Effect::new(move |_| {
        if let Some(Ok(saved)) = save.value().get() {
            toasts.say(match saved.hours {
                Some(1) => "Saved. Open alerts come back to mind every hour.".to_owned(),
                Some(hours) => format!("Saved. Open alerts come back to mind every {hours} hours."),
                None => "Saved. Nothing is brought back to mind.".to_owned(),
            });
        }
    });
    let lead = view! { <p>"What happens to alerts that stay open."</p> };
    view! {
        <Page title="Alerts" lead=lead.into_any()>
            <Settings here="/settings/alerts">
                {loaded(view, move |view: RemindersView| view! { <Form view save/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn Form(view: RemindersView, save: ServerAction<SaveReminders>) -> impl IntoView {
    let faults = Faults::of(save);
    let on = RwSignal::new(view.hours.is_some());
    let hours = RwSignal::new(view.hours.map_or_else(|| USUAL.to_owned(), |hours| hours.to_string()));
    let may = view.may_manage;
    let from = match (view.hours, view.own) {
        (Some(_), false) => Some("Set by the partner above you; saving here makes your own."),
        _ => None,
    };
    view! {
        <ActionForm action=save attr:class="stack reminders">
            <FormFault faults fields=&["hours"]/>
            <fieldset class="stack card" disabled=!may>
                <legend>"Reminders"</legend>
                <SwitchField label="Remind until it is fixed" name="on" value=on
                    hint="An acknowledged or untouched alert that stays open is said again: its acknowledgement lapses, and it stands among the untended. A snoozed one waits for its time."/>
                <div class="reminder-hours">
                    <Field label="Every (hours)" name="hours" kind="number" value=hours plain=true autocomplete="off" error=faults.about("hours")/>
                </div>
                {from.map(|words| view! { <p class="field-hint">{words}</p> })}
            </fieldset>
            {may.then(|| view! { <div class="form-actions"><Button kind=ButtonKind::Primary submit=true busy=save.pending()>"Save"</Button></div> })}
        </ActionForm>
    }
}
