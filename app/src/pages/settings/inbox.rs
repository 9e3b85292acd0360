//! The inbox: sources that no device answers to. Each is assigned once and remembered, or dismissed.

use super::Settings;
use crate::{
    api::settings::inbox::{AssignSource, DismissSource, InboxLine, InboxView, list_inbox},
    components::{
        Button, ButtonKind, Dialog, Empty, Field, LinkButton, Page, Pager, SelectField, TableFrame, TimeText, loaded, use_toasts,
    },
    pages::start::{
        add_device::{chosen, options},
        form::{Faults, FormFault},
    },
    wire,
};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn Inbox() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.with(|q| q.get("cursor")));
    let assign = ServerAction::<AssignSource>::new();
    let dismiss = ServerAction::<DismissSource>::new();
    let done = Memo::new(move |before: Option<&u32>| {
        let worked = assign.value().with(|v| matches!(v, Some(Ok(_)))) || dismiss.value().with(|v| matches!(v, Some(Ok(()))));
        before.copied().unwrap_or(0) + u32::from(worked)
    });
    let view = wire::resource_blocking(move || (cursor.get(), done.get()), |(cursor, _)| list_inbox(cursor));
    let open: RwSignal<bool> = RwSignal::new(false);
    let line: RwSignal<Option<InboxLine>> = RwSignal::new(None);
    let unwanted: RwSignal<Option<InboxLine>> = RwSignal::new(None);
    let toasts = use_toasts();
    Effect::new(move |_| {
        if let Some(Ok(assigned)) = assign.value().get() {
            open.set(false);
            let rejected =
                if assigned.rejected > 0 { format!(", {} could not be read", text::count(assigned.rejected)) } else { String::new() };
            let reports = if assigned.taken == 1 { "report" } else { "reports" };
            toasts.say(format!("Assigned: {} waiting {reports} taken in{rejected}.", text::count(assigned.taken)));
        }
    });
    Effect::new(move |_| {
        if dismiss.value().with(|v| matches!(v, Some(Ok(())))) {
            unwanted.set(None);
            toasts.say("Dismissed. Later reports under this name are refused.");
        }
    });
    let dismissal = Faults::of(dismiss);
    let lead = view! { <p>"Reports whose sender is no known device wait here; none is lost. Assign a source once: its waiting reports are taken in, later ones follow by themselves."</p> };
    view! {
        <Page title="Inbox" lead=lead.into_any() actions=view! { <LinkButton href="/settings/inbox/rules">"Rules"</LinkButton> }.into_any()>
            <Settings here="/settings/inbox">
                <FormFault faults=dismissal/>
                {loaded(view, move |view: InboxView| view! { <List view assign dismiss open line unwanted/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn List(
    view: InboxView,
    assign: ServerAction<AssignSource>,
    dismiss: ServerAction<DismissSource>,
    open: RwSignal<bool>,
    line: RwSignal<Option<InboxLine>>,
    unwanted: RwSignal<Option<InboxLine>>,
) -> impl IntoView {
    if view.rows.is_empty() {
        return view! {
            <Empty title="Nothing waits here"><p>"Every report that came in belongs to a device."</p></Empty>
        }
        .into_any();
    }
    let rows = view.rows.clone();
    let (shown, next_cursor) = (rows.len(), view.next_cursor.clone());
    let view = StoredValue::new(view);
    let title = Signal::derive(move || line.with(|l| l.as_ref().map_or_else(String::new, |l| format!("Assign “{}”", l.source))));
    view! {
        <TableFrame label="Unknown sources" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Source"</th>
                    <th scope="col">"Organization"</th>
                    <th scope="col">"First report"</th>
                    <th scope="col">"Last report"</th>
                    <th scope="col" class="number">"Reports"</th>
                    <th scope="col"><span class="hidden-words">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>
                {rows
                    .into_iter()
                    .map(|row| {
                        let own = row.clone();
                        let rule = rule_for(&row);
                        let doomed = row.clone();
                        let ask = Callback::new(move |()| unwanted.set(Some(doomed.clone())));
                        let press = Callback::new(move |()| {
                            line.set(Some(own.clone()));
                            open.set(true);
                        });
                        view! {
                            <tr>
                                <th scope="row" class="cell-name" data-label="Source">{row.source}</th>
                                <td data-label="Organization">{if row.organization_name.is_empty() { "any".to_owned() } else { row.organization_name }}</td>
                                <td data-label="First report"><TimeText at=Some(row.first_seen_at)/></td>
                                <td data-label="Last report"><TimeText at=Some(row.last_seen_at)/></td>
                                <td data-label="Reports" class="number">{text::count(row.events)}</td>
                                <td data-label="">
                                    <div class="row-actions">
                                        <Button kind=ButtonKind::Primary on_press=press>"Assign…"</Button>
                                        <a class="button" href=rule>"Rule…"</a>
                                        <Button on_press=ask>"Dismiss…"</Button>
                                    </div>
                                </td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </TableFrame>
        <Pager next_cursor shown noun="source"/>
        <Dialog open title>
            {move || line.get().map(|line| view! { <AssignForm line view=view.get_value() assign open/> })}
        </Dialog>
        <DismissDialog unwanted dismiss/>
    }
    .into_any()
}

/// What is thrown away for good is asked about first.
#[component]
fn DismissDialog(unwanted: RwSignal<Option<InboxLine>>, dismiss: ServerAction<DismissSource>) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(unwanted.with(Option::is_some)));
    Effect::new(move |before: Option<bool>| {
        let is_open = open.get();
        if before == Some(true) && !is_open {
            unwanted.set(None);
        }
        is_open
    });
    let title = Signal::derive(move || unwanted.with(|l| l.as_ref().map_or_else(String::new, |l| format!("Dismiss “{}”", l.source))));
    view! {
        <Dialog open title>
            {move || unwanted.get().map(|line| {
                let reports = if line.events == 1 { "report that waits is" } else { "reports that wait are" };
                view! {
                    <ActionForm action=dismiss attr:class="stack">
                        <input type="hidden" name="id" value=line.id.to_string()/>
                        <p>{format!("The {} {reports} thrown away, and later ones under this name are refused. This can't be taken back.", text::count(line.events))}</p>
                        <div class="form-actions">
                            <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                            <Button kind=ButtonKind::Danger submit=true busy=dismiss.pending()>"Dismiss"</Button>
                        </div>
                    </ActionForm>
                }
            })}
        </Dialog>
    }
}

/// Where a rule is made for names like this one: its last number stands for any.
fn rule_for(row: &InboxLine) -> String {
    let stem = row.source.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let pattern = if stem.is_empty() || stem.len() == row.source.len() { row.source.clone() } else { format!("{stem}*") };
    let organization = row.organization.as_ref().map(|id| format!("&organization={id}")).unwrap_or_default();
    format!("/settings/inbox/rules?new&pattern={}{organization}", crate::browser::escape(&pattern))
}

#[component]
fn AssignForm(line: InboxLine, view: InboxView, assign: ServerAction<AssignSource>, open: RwSignal<bool>) -> impl IntoView {
    let faults = Faults::of(assign);
    let fits = |organization: &str| line.organization.as_deref().is_none_or(|own| own == organization);
    let mut devices = vec![("new".to_owned(), "A new device…".to_owned())];
    devices.extend(view.devices.iter().filter(|(o, _)| fits(o)).map(|(_, c)| (c.value.clone(), c.label.clone())));
    let organizations: Vec<_> = view.organizations.into_iter().filter(|o| fits(&o.value)).collect();
    // A device of the same name is most likely meant.
    let same = view
        .devices
        .iter()
        .filter(|(o, _)| fits(o))
        .find(|(_, c)| c.label.to_lowercase().starts_with(&format!("{} (", line.source.to_lowercase())));
    let device = RwSignal::new(same.map_or_else(|| "new".to_owned(), |(_, c)| c.value.clone()));
    let name = RwSignal::new(line.source.clone());
    let class = RwSignal::new("server".to_owned());
    let organization = RwSignal::new(chosen(&organizations));
    let policy = RwSignal::new(chosen(&view.policies));
    let is_new = move || device.with(|d| d == "new");
    let classes = vec![("server".to_owned(), "Server".to_owned()), ("workstation".to_owned(), "Workstation".to_owned())];
    view! {
        <ActionForm action=assign attr:class="stack">
            <FormFault faults fields=&["device", "name", "class", "organization", "policy"]/>
            <input type="hidden" name="form[inbox]" value=line.id.to_string()/>
            <SelectField label="Its reports are those of" name="form[device]" value=device options=devices error=faults.about("device")/>
            <div class="stack" hidden=move || !is_new()>
                <Field label="Name of the device" name="form[name]" value=name plain=true autocomplete="off" error=faults.about("name")/>
                <SelectField label="Organization" name="form[organization]" value=organization options=options(&organizations) error=faults.about("organization")/>
                <SelectField label="Class" name="form[class]" value=class options=classes error=faults.about("class")/>
                <SelectField label="Backups run" name="form[policy]" value=policy options=options(&view.policies) error=faults.about("policy")/>
            </div>
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=assign.pending()>"Assign"</Button>
            </div>
        </ActionForm>
    }
}
