//! The list of maintenance windows: what goes on now, what comes, what is over.

use super::Settings;
use crate::{
    api::settings::maintenance::{EndWindow, OccurrenceView, RemoveWindow, Standing, WindowLine, WindowsView, list_windows},
    components::{
        Button, ButtonKind, Confirm, Empty, LinkButton, Page, Section, TableFrame, TimeText, icon, icon::Icon, loaded, use_toasts,
    },
    me::may,
    pages::start::form::{Faults, FormFault, worked},
    wire,
};
use domain::{access::Action, ids::MaintenanceId};
use leptos::prelude::*;

/// The page.
#[component]
pub fn MaintenanceWindows() -> impl IntoView {
    let (end, remove) = (ServerAction::<EndWindow>::new(), ServerAction::<RemoveWindow>::new());
    let (ended, removed) = (worked(end), worked(remove));
    let view = wire::resource_blocking(move || (ended.get(), removed.get()), |_| list_windows());
    let toasts = use_toasts();
    Effect::new(move |_| {
        if let Some(Ok(_)) = end.value().get() {
            toasts.say("Ended. What is still wrong is alerted from now on.".to_owned());
        }
    });
    let actions = may(Action::ManageDevices)
        .then(|| view! { <LinkButton href="/settings/maintenance/new" kind=ButtonKind::Primary>"Plan maintenance"</LinkButton> });
    let lead = view! { <p>"In a window, failures are recorded and not alerted, and the time is left out of service levels. What is still wrong at its end is alerted then."</p> };
    let faults = Faults::of(end);
    view! {
        <Page title="Maintenance windows" lead=lead.into_any() actions=actions.into_any()>
            <Settings here="/settings/maintenance">
                <FormFault faults/>
                {loaded(view, move |view: WindowsView| view! { <List view end remove/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn List(view: WindowsView, end: ServerAction<EndWindow>, remove: ServerAction<RemoveWindow>) -> impl IntoView {
    let asked: RwSignal<Option<(MaintenanceId, String)>> = RwSignal::new(None);
    let asking = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        let worked = remove.value().with(|v| matches!(v, Some(Ok(_))));
        if before.is_some() && worked {
            asking.set(false);
        }
    });
    let word = Signal::derive(move || asked.with(|a| a.as_ref().map(|(_, name)| name.clone()).unwrap_or_default()));
    let confirmed = Callback::new(move |()| {
        if let Some((id, _)) = asked.get_untracked() {
            remove.dispatch(RemoveWindow { id });
        }
    });
    let removal = Faults::of(remove);
    let may = view.may_manage;
    if view.rows.is_empty() {
        return view! {
            <Empty title="No maintenance is planned">
                <p>"Plan a window before a server moves or is updated: nobody is woken by what is expected, and the service level doesn't count it."</p>
            </Empty>
        }
        .into_any();
    }
    let of = |standing| view.rows.iter().filter(move |line| line.standing == standing).cloned().collect::<Vec<_>>();
    let parts = [("Going on now", of(Standing::InForce)), ("Coming", of(Standing::Coming)), ("Over", of(Standing::Over))];
    view! {
        {parts
            .into_iter()
            .filter(|(_, rows)| !rows.is_empty())
            .map(|(title, rows)| view! {
                <Section title>
                    <TableFrame label=title cards=true>
                        <thead>
                            <tr>
                                <th scope="col">"Window"</th>
                                <th scope="col">"For"</th>
                                <th scope="col">"When"</th>
                                <th scope="col">"Planned by"</th>
                                {may.then(|| view! { <th scope="col"><span class="hidden-words">"Actions"</span></th> })}
                            </tr>
                        </thead>
                        <tbody>{rows.into_iter().map(|line| view! { <Row line may end asked asking/> }).collect_view()}</tbody>
                    </TableFrame>
                </Section>
            })
            .collect_view()}
        <Confirm open=asking title=Signal::derive(move || format!("Remove “{}”?", word.get()))
            body="It doesn't come any more, and ends if it is going on. What it was until now stays left out of service levels."
            word action="Remove" busy=remove.pending() error=removal.any() on_confirm=confirmed/>
    }
    .into_any()
}

#[component]
fn Row(
    line: WindowLine,
    may: bool,
    end: ServerAction<EndWindow>,
    asked: RwSignal<Option<(MaintenanceId, String)>>,
    asking: RwSignal<bool>,
) -> impl IntoView {
    let (id, name) = (line.id, line.name.clone());
    let over = line.standing == Standing::Over;
    let going = line.standing == Standing::InForce;
    let remove = Callback::new(move |()| {
        asked.set(Some((id, name.clone())));
        asking.set(true);
    });
    let reach = match line.reach_href {
        Some(href) => view! { <a href=href>{line.reach}</a> }.into_any(),
        None => line.reach.into_any(),
    };
    let href = format!("/settings/maintenance/{id}");
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Window">
                {if may && !over {
                    view! { <a class="row-link" href=href>{line.name.clone()}</a> }.into_any()
                } else {
                    view! { <span>{line.name.clone()}</span> }.into_any()
                }}
                {(!line.note.is_empty()).then(|| view! { <span class="cell-sub">{line.note}</span> })}
            </th>
            <td data-label="For">{reach}{(!line.partner.is_empty()).then(|| view! { <span class="cell-sub">{line.partner}</span> })}</td>
            <td data-label="When">
                {(!line.words.is_empty()).then(|| view! { <span>{line.words}</span> })}
                {line.next.map(|next| view! { <When next standing=line.standing recurs=line.recurs/> })}
                {line.ended_at.map(|at| view! { <span class="cell-sub">"Ended "<TimeText at=Some(at)/>{line.ended_by.map(|who| format!(" by {who}"))}</span> })}
            </td>
            <td data-label="Planned by">{line.made_by}</td>
            {may.then(|| view! {
                <td data-label="">
                    <div class="row-actions">
                        {going.then(|| view! {
                            <ActionForm action=end>
                                <input type="hidden" name="id" value=id.to_string()/>
                                <Button submit=true busy=end.pending()>"End now"</Button>
                            </ActionForm>
                        })}
                        {(!over).then(|| view! { <Button kind=ButtonKind::Quiet on_press=remove>"Remove…"</Button> })}
                    </div>
                </td>
            })}
        </tr>
    }
}

/// The occurrence in force, or the next one.
#[component]
fn When(next: OccurrenceView, standing: Standing, recurs: bool) -> impl IntoView {
    let told = match standing {
        Standing::InForce => {
            view! { <span class="badge" data-state="maintenance"><Icon shape=icon::MAINTENANCE/><span>"Ends "<TimeText at=Some(next.until)/></span></span> }.into_any()
        }
        Standing::Coming => view! { <span>{if recurs { "Next " } else { "" }}<TimeText at=Some(next.from)/></span> }.into_any(),
        Standing::Over => ().into_any(),
    };
    let sub = recurs && standing == Standing::Coming;
    view! {
        <span class=if recurs { "cell-sub" } else { "cell-line" }>{next.wall_clock}</span>
        <span class=if sub { "cell-sub" } else { "cell-line" }>{told}</span>
        {next.note.map(|note| view! { <span class="cell-sub">{note}</span> })}
    }
}
