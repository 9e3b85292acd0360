//! What was sold: plan, region, seats.

use crate::{
    api::organizations::{
        OrganizationLine,
        features::{ChangePlan, PlanInput},
    },
    components::{Button, ButtonKind, Field, Pair, Pairs, SelectField, use_toasts},
    pages::start::form::{Faults, FormFault},
};
use domain::text;
use leptos::prelude::*;

const FIELDS: &[&str] = &["plan_name", "plan_type", "region", "seat_limit"];

/// The plan; a form for those who may change it.
#[component]
pub fn Plan(
    /// The organization.
    line: OrganizationLine,
    /// May change it.
    may_plan: bool,
    /// Called when it was changed.
    on_change: Callback<()>,
) -> impl IntoView {
    if !may_plan {
        let said = |words: String| if words.is_empty() { "not set".to_owned() } else { words };
        let seats = line.seat_limit.map_or_else(|| "no limit".to_owned(), text::count);
        return view! {
            <div class="card">
                <Pairs>
                    <Pair label="Plan">{said(line.plan_name)}</Pair>
                    <Pair label="Plan type">{line.plan_type}</Pair>
                    <Pair label="Region">{said(line.region)}</Pair>
                    <Pair label="Seats bought">{seats}</Pair>
                </Pairs>
            </div>
        }
        .into_any();
    }
    let action = ServerAction::<ChangePlan>::new();
    let faults = Faults::of(action);
    let toasts = use_toasts();
    Effect::new(move |_| {
        if action.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("Plan saved.");
            on_change.run(());
        }
    });
    let start = PlanInput {
        plan_name: line.plan_name,
        plan_type: line.plan_type,
        region: line.region,
        seat_limit: line.seat_limit.map(|n| n.to_string()).unwrap_or_default(),
    };
    let kinds = vec![("Backup".to_owned(), "Backup".to_owned()), ("Archiver".to_owned(), "Archiver".to_owned())];
    view! {
        <ActionForm action attr:class="stack card">
            <FormFault faults fields=FIELDS/>
            <input type="hidden" name="id" value=line.id.to_string()/>
            <div class="field-row">
                <Field label="Plan name" name="form[plan_name]" value=RwSignal::new(start.plan_name) autocomplete="off" error=faults.about("plan_name")/>
                <SelectField label="Plan type" name="form[plan_type]" value=RwSignal::new(start.plan_type) options=kinds error=faults.about("plan_type")/>
            </div>
            <div class="field-row">
                <Field label="Seats bought" name="form[seat_limit]" value=RwSignal::new(start.seat_limit) kind="number" autocomplete="off"
                    hint="Empty: no limit. More may be used; that is marked, and nobody loses a backup." error=faults.about("seat_limit")/>
                <Field label="Region" name="form[region]" value=RwSignal::new(start.region) autocomplete="off"
                    hint="Where the backup data lives." error=faults.about("region")/>
            </div>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Save plan"</Button>
            </div>
        </ActionForm>
    }
    .into_any()
}
