//! What is set of an organization: the fields of a new one, its name and zone, turning its backups off and on.

use crate::{
    api::organizations::{ChangeOrganization, OrganizationInput, OrganizationView, SetActivation},
    components::{Button, ButtonKind, Confirm, Field, Section, SelectField, use_toasts},
    me::may,
    pages::start::form::{Faults, FormFault, same_words},
};
use domain::access::Action;
use leptos::prelude::*;

/// Fields that tell their own faults.
pub const FIELDS: &[&str] = &["name", "time_zone", "region", "plan_name", "plan_type", "seat_limit"];

/// The fields.
#[component]
pub fn OrganizationFields(
    /// What they begin with.
    start: OrganizationInput,
    /// Zones to choose from.
    zones: Vec<String>,
    /// The form's answer.
    faults: Faults,
) -> impl IntoView {
    let mut zones = zones;
    if !start.time_zone.is_empty() && !zones.contains(&start.time_zone) {
        zones.insert(0, start.time_zone.clone());
    }
    let kinds = vec![("Backup".to_owned(), "Backup".to_owned()), ("Archiver".to_owned(), "Archiver".to_owned())];
    view! {
        <Field label="Name" name="form[name]" value=RwSignal::new(start.name) required=true autocomplete="off" error=faults.about("name")/>
        <SelectField label="Time zone" name="form[time_zone]" value=RwSignal::new(start.time_zone) options=same_words(&zones)
            hint="Its days begin at midnight there." error=faults.about("time_zone")/>
        <div class="field-row">
            <Field label="Plan" name="form[plan_name]" value=RwSignal::new(start.plan_name) autocomplete="off" error=faults.about("plan_name")/>
            <SelectField label="Plan type" name="form[plan_type]" value=RwSignal::new(start.plan_type) options=kinds error=faults.about("plan_type")/>
        </div>
        <div class="field-row">
            <Field label="Seats" name="form[seat_limit]" value=RwSignal::new(start.seat_limit) kind="number" autocomplete="off"
                hint="Empty: no limit." error=faults.about("seat_limit")/>
            <Field label="Region" name="form[region]" value=RwSignal::new(start.region) autocomplete="off"
                hint="Where its backup data lives." error=faults.about("region")/>
        </div>
    }
}

/// The tab.
#[component]
pub fn Settings(
    /// The organization.
    view: OrganizationView,
    /// Called when something was changed.
    on_change: Callback<()>,
) -> impl IntoView {
    let action = ServerAction::<ChangeOrganization>::new();
    let faults = Faults::of(action);
    let toasts = use_toasts();
    Effect::new(move |_| {
        if action.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("Saved.");
            on_change.run(());
        }
    });
    let line = view.line;
    let mut zones = view.zones;
    if !zones.contains(&line.time_zone) {
        zones.insert(0, line.time_zone.clone());
    }
    let features = format!("/organizations/{}/features", line.id);
    view! {
        <div class="narrow-page">
            <Section title="Details">
                <ActionForm action attr:class="stack card">
                    <FormFault faults fields=FIELDS/>
                    <input type="hidden" name="id" value=line.id.to_string()/>
                    <Field label="Name" name="form[name]" value=RwSignal::new(line.name.clone()) required=true autocomplete="off" error=faults.about("name")/>
                    <SelectField label="Time zone" name="form[time_zone]" value=RwSignal::new(line.time_zone.clone()) options=same_words(&zones)
                        hint="Its days begin at midnight there." error=faults.about("time_zone")/>
                    <p class="field-hint">"Plan, seats, and whether backups are on, are among its "<a href=features>"Features"</a>"."</p>
                    <div class="form-actions">
                        <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Save"</Button>
                    </div>
                </ActionForm>
            </Section>
            {may(Action::ManageSettings).then(|| view! {
                <Section title="API keys">
                    <p class="card">"Keys that send or read for this organization alone are made and revoked under "<a href="/settings/keys">"Settings, API keys"</a>"."</p>
                </Section>
            })}
        </div>
    }
}

/// Turns backups of the organization on and off.
#[component]
pub fn Activation(
    /// Which organization.
    id: String,
    /// Its name.
    name: String,
    /// Whether they are on.
    activated: bool,
    /// Called when it was changed.
    on_change: Callback<()>,
) -> impl IntoView {
    let action = ServerAction::<SetActivation>::new();
    let faults = Faults::of(action);
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if action.value().with(|v| matches!(v, Some(Ok(())))) {
            open.set(false);
            toasts.say(if activated { "Deactivated." } else { "Activated." });
            on_change.run(());
        }
    });
    let organization = id.parse().ok();
    let send = Callback::new(move |()| {
        if let Some(id) = organization {
            action.dispatch(SetActivation { id, activated: !activated });
        }
    });
    if activated {
        view! {
            <Section title="Backups are activated">
                <div class="stack card">
                    <p>"Deactivating ends backups for the whole organization: its accounts use no seats, nothing of it raises alerts, and no devices can be added. Reports keep coming in and its history is kept. It can be activated again at any time; what was due meanwhile is then not held against it."</p>
                    <div><Button kind=ButtonKind::Danger on_press=Callback::new(move |()| open.set(true))>"Deactivate…"</Button></div>
                </div>
                <Confirm open title=format!("Deactivate {name}?") body="Its accounts use no seats and nothing of it raises alerts until it is activated again. Reports keep coming in, and its history is kept." word=name.clone()
                    action="Deactivate" busy=action.pending() error=faults.any() on_confirm=send/>
            </Section>
        }
        .into_any()
    } else {
        view! {
            <Section title="Backups are deactivated">
                <div class="stack card">
                    <FormFault faults/>
                    <p>"Nothing of this organization raises alerts, and its accounts use no seats. Activating counts from now on: accounts that were activated use their seats again, and what was due meanwhile is not held against anybody."</p>
                    <div><Button kind=ButtonKind::Primary busy=action.pending() on_press=send>"Activate"</Button></div>
                </div>
            </Section>
        }
        .into_any()
    }
}
