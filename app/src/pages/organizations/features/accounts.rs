//! Accounts of an organization: found by filters, activated and deactivated one by one or in bulk.

use super::seats::of_seats;
use crate::{
    api::organizations::features::{AccountsChange, ChangeAccounts, FeaturesQuery, FeaturesView, SeatLine},
    components::{
        BulkBar, Button, ButtonKind, ClearFilters, Dialog, Empty, FilterBar, LinkButton, Pager, SearchFilter, Section, SelectAll,
        SelectFilter, SelectRow, Selection, StateBadge, TableFrame, TimeText, icon, use_toasts,
    },
    pages::start::form::{Faults, FormFault},
};
use domain::{
    saas::{AccountStatus, AccountType},
    text,
};
use leptos::prelude::*;

const FILTERS: [&str; 4] = ["search", "status", "type", "service"];

/// Asks about these, activated or not.
type AskIds = Callback<(Vec<String>, bool)>;

/// What is about to happen to accounts: asked in a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    change: AccountsChange,
    /// Accounts that would change.
    count: i64,
    /// Seats in use and bought, now; none in use while the organization is deactivated.
    used: i64,
    limit: Option<i64>,
    organization_activated: bool,
}

/// What stays while the list is fetched again: the choice, the dialog, the command.
#[derive(Clone, Copy)]
pub struct Desk {
    selection: Selection,
    query: Memo<FeaturesQuery>,
    open: RwSignal<bool>,
    asked: RwSignal<Option<Asked>>,
    action: ServerAction<ChangeAccounts>,
    faults: Faults,
}

impl Desk {
    /// Make it once a page.
    pub fn new(query: Memo<FeaturesQuery>, again: Callback<()>) -> Self {
        let action = ServerAction::<ChangeAccounts>::new();
        let desk = Self {
            selection: Selection::new(),
            query,
            open: RwSignal::new(false),
            asked: RwSignal::new(None),
            action,
            faults: Faults::of(action),
        };
        let toasts = use_toasts();
        Effect::new(move |_| {
            if let Some(Ok(done)) = action.value().get() {
                desk.open.set(false);
                desk.selection.clear();
                let what = if done.activated { "activated" } else { "deactivated" };
                toasts.say(format!("{} {what}. {} in use.", accounts(count_of(done.changed)), of_seats(done.used, done.limit)));
                again.run(());
            }
        });
        desk
    }

    fn ask(self, asked: Asked) {
        self.action.clear();
        self.asked.set(Some(asked));
        self.open.set(true);
    }
}

fn count_of(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// "1 account", "12 accounts".
fn accounts(count: i64) -> String {
    if count == 1 { "1 account".to_owned() } else { format!("{} accounts", text::count(count)) }
}

/// The section.
#[component]
pub fn Accounts(
    /// The page.
    view: FeaturesView,
    /// What stays.
    desk: Desk,
) -> impl IntoView {
    let FeaturesView { organization, seats, accounts: lines, next_cursor, matching, may_plan, may_manage, .. } = view;
    let id = organization.line.id.to_string();
    let query = desk.query.get_untracked();
    let may = may_plan || may_manage;
    let is_all = query.is_all();
    let shown = lines.len();
    let statuses = StoredValue::new(lines.iter().map(|l| (l.id.to_string(), l.status)).collect::<Vec<_>>());
    let (used, limit, organization_activated) = (seats.used, seats.limit, organization.line.activated);
    let base = StoredValue::new(Asked {
        change: AccountsChange { organization: id.clone(), ..AccountsChange::default() },
        count: 0,
        used,
        limit,
        organization_activated,
    });
    let ask_ids: AskIds = Callback::new(move |(ids, activate): (Vec<String>, bool)| {
        let differs = |status: AccountStatus| (status == AccountStatus::Activated) != activate;
        let count = statuses.with_value(|all| all.iter().filter(|(id, status)| ids.contains(id) && differs(*status)).count());
        let mut asked = base.get_value();
        asked.change.ids = ids;
        asked.change.activate = activate;
        asked.count = i64::try_from(count).unwrap_or(0);
        desk.ask(asked);
    });
    // All that the filter holds, where it tells what they are now.
    let whole = match query.status.as_str() {
        "deactivated" => Some(true),
        "activated" => Some(false),
        _ => None,
    };
    let all = whole.filter(|_| may && matching > 1).map(|activate| {
        let mut asked = base.get_value();
        asked.change.query = FeaturesQuery { cursor: String::new(), ..query.clone() };
        asked.change.activate = activate;
        asked.count = matching;
        let asked = StoredValue::new(asked);
        let press = Callback::new(move |()| desk.ask(asked.get_value()));
        let word = if activate { "Activate" } else { "Deactivate" };
        view! { <Button on_press=press>{format!("{word} all {}…", text::count(matching))}</Button> }
    });
    let options = |words: &[(&str, &str)]| words.iter().map(|(v, l)| ((*v).to_owned(), (*l).to_owned())).collect::<Vec<_>>();
    let kinds: Vec<_> = AccountType::ALL.iter().map(|k| (k.as_str().to_owned(), k.name().to_owned())).collect();
    let services: Vec<_> = seats.services.iter().map(|s| (s.service.as_str().to_owned(), s.service.name().to_owned())).collect();
    let statuses_words = options(&[("deactivated", "Unprotected"), ("activated", "Activated"), ("gone", "Not at the provider any more")]);
    let import = format!("/organizations/{id}/accounts/import");
    let import_link = import.clone();
    let has_connection = !seats.services.is_empty();
    let aside = view! {
        <div class="row-actions">
            {all}
            {(may_manage && has_connection).then(|| view! { <LinkButton href=import_link>"Import accounts"</LinkButton> })}
        </div>
    };
    view! {
        <Section title="Accounts" aside=aside.into_any()>
            <FilterBar label="Filter accounts" keep=vec![]>
                <SearchFilter label="Search accounts"/>
                <SelectFilter name="status" label="Status" all="Any status" options=statuses_words/>
                <SelectFilter name="type" label="Type" all="All types" options=kinds/>
                {(services.len() > 1).then(|| view! { <SelectFilter name="service" label="Service" all="All services" options=services/> })}
                <ClearFilters keys=FILTERS.to_vec()/>
            </FilterBar>
            {if shown == 0 {
                nothing(is_all, has_connection, may_manage, import)
            } else {
                view! {
                    <div class="features-accounts"><TableFrame label="Accounts" cards=true>
                        <thead>
                            <tr>
                                {may.then(|| view! { <SelectAll selection=desk.selection what="accounts"/> })}
                                <th scope="col">"Account"</th>
                                <th scope="col">"Type"</th>
                                <th scope="col">"Service"</th>
                                <th scope="col">"Status"</th>
                                <th scope="col">"Activated"</th>
                                {may.then(|| view! { <th scope="col"><span class="hidden-words">"Actions"</span></th> })}
                            </tr>
                        </thead>
                        <tbody>
                            {lines
                                .into_iter()
                                .map(|line| row(line, (organization.sees_health, organization_activated), may.then_some((desk.selection, ask_ids))))
                                .collect_view()}
                        </tbody>
                    </TableFrame></div>
                    <Pager next_cursor shown total=Some(matching) noun="account"/>
                }
                .into_any()
            }}
            {may.then(|| view! {
                <BulkBar selection=desk.selection noun="account">
                    <Button kind=ButtonKind::Primary on_press=Callback::new(move |()| ask_ids.run((desk.selection.ids(), true)))>"Activate…"</Button>
                    <Button on_press=Callback::new(move |()| ask_ids.run((desk.selection.ids(), false)))>"Deactivate…"</Button>
                </BulkBar>
            })}
            <Ask desk/>
        </Section>
    }
}

fn nothing(is_all: bool, has_connection: bool, may_manage: bool, import: String) -> AnyView {
    match (is_all, has_connection) {
        (true, true) => view! {
            <Empty title="No accounts yet">
                <p>"They come by discovery once the connection is authorized, from a list that you import, or with their first backup report. New ones are unprotected until somebody activates them."</p>
                {may_manage.then(|| view! { <p><LinkButton kind=ButtonKind::Primary href=import>"Import accounts"</LinkButton></p> })}
            </Empty>
        }
        .into_any(),
        (true, false) => view! {
            <Empty title="No accounts yet"><p>"Accounts belong to a connection. Connect Microsoft 365 or Google Workspace first."</p></Empty>
        }
        .into_any(),
        (false, _) => view! { <Empty title="No account matches"><p>"Take a filter away."</p></Empty> }.into_any(),
    }
}

fn row(line: SeatLine, (sees_health, served): (bool, bool), may: Option<(Selection, AskIds)>) -> AnyView {
    let SeatLine { id, address, name, kind, service, status, gone_at, since } = line;
    let id = id.to_string();
    let activated = status == AccountStatus::Activated;
    let (state, shape, word) = match (activated, served) {
        (true, true) => ("healthy", icon::HEALTHY, "Activated"),
        // Activated by itself; its organization is not.
        (true, false) => ("paused", icon::PAUSED, "Paused"),
        (false, _) => ("unknown", icon::UNKNOWN, "Unprotected"),
    };
    let named = if sees_health {
        view! { <a class="row-link" href=format!("/accounts/{id}")>{address.clone()}</a> }.into_any()
    } else {
        view! { <span>{address.clone()}</span> }.into_any()
    };
    let act = may.map(|(_, ask)| {
        let own = id.clone();
        let press = Callback::new(move |()| ask.run((vec![own.clone()], !activated)));
        view! { <td data-label="" class="cell-act"><Button kind=ButtonKind::Quiet on_press=press>{if activated { "Deactivate…" } else { "Activate…" }}</Button></td> }
    });
    view! {
        <tr>
            {may.map(|(selection, _)| view! { <SelectRow selection id=id.clone() label=address.clone()/> })}
            <th scope="row" class="cell-name" data-label="Account">{named}{(!name.is_empty()).then(|| view! { <span class="cell-sub">{name}</span> })}</th>
            <td data-label="Type">{kind.name()}</td>
            <td data-label="Service">{service.name()}</td>
            <td data-label="Status">
                <StateBadge state shape=Signal::derive(move || shape) word=word.to_owned()/>
                {gone_at.map(|at| view! { <span class="cell-sub">"Not at the provider since "<TimeText at/></span> })}
            </td>
            <td data-label="Activated">{if activated { view! { <TimeText at=since/> }.into_any() } else { view! { <span class="faint">"–"</span> }.into_any() }}</td>
            {act}
        </tr>
    }
    .into_any()
}

/// Says what will happen, seats included, before it does.
#[component]
fn Ask(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.asked.with(|asked| {
            asked.as_ref().map_or_else(String::new, |a| {
                format!("{} {}?", if a.change.activate { "Activate" } else { "Deactivate" }, accounts(a.count))
            })
        })
    });
    view! {
        <Dialog open=desk.open title>
            {move || desk.asked.get().map(|asked| told(asked, desk))}
        </Dialog>
    }
}

fn told(asked: Asked, desk: Desk) -> AnyView {
    let Asked { change, count, used, limit, organization_activated } = asked;
    let activate = change.activate;
    let (all, one) = (accounts(count), count == 1);
    if count == 0 {
        let words = if activate { "All of them are activated already." } else { "None of them is activated." };
        return view! {
            <p>{words}</p>
            <div class="form-actions"><Button on_press=Callback::new(move |()| desk.open.set(false))>"Close"</Button></div>
        }
        .into_any();
    }
    let what = match (activate, one) {
        (true, true) => {
            "It is backed up from now on, each workload of its type by itself. Until the first backup is done it is not at fault."
                .to_owned()
        }
        (true, false) => format!(
            "{all} are backed up from now on, each workload of their type by itself. Until the first backup is done they are not at fault."
        ),
        (false, true) => "It is no longer backed up and raises no alerts. What was backed up so far, and its history, stays.".to_owned(),
        (false, false) => {
            format!("{all} are no longer backed up and raise no alerts. What was backed up so far, and their history, stays.")
        }
    };
    let after = if activate { used + count } else { (used - count).max(0) };
    let seats = if organization_activated {
        format!("Afterwards {} are in use; now it is {}.", of_seats(after, limit), text::count(used))
    } else {
        "The organization is deactivated: no seat is used until its backups are activated again.".to_owned()
    };
    let above = limit.filter(|_| organization_activated && activate).map_or(0, |limit| after - limit);
    let warning = (above > 0).then(|| {
        view! { <p class="notice" data-state="warning">{format!("That is {} more than was bought. They are backed up all the same; it is marked until the limit is raised.", text::count(above))}</p> }
    });
    let change = StoredValue::new(change);
    let send = Callback::new(move |()| {
        desk.action.dispatch(ChangeAccounts { change: change.get_value() });
    });
    let word = match (activate, one) {
        (true, true) => "Activate".to_owned(),
        (true, false) => format!("Activate {}", text::count(count)),
        (false, true) => "Deactivate".to_owned(),
        (false, false) => format!("Deactivate {}", text::count(count)),
    };
    let kind = if activate { ButtonKind::Primary } else { ButtonKind::Danger };
    view! {
        <div class="stack">
            <FormFault faults=desk.faults/>
            <p>{what}</p>
            <p>{seats}</p>
            {warning}
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| desk.open.set(false))>"Cancel"</Button>
                <Button kind on_press=send busy=desk.action.pending()>{word}</Button>
            </div>
        </div>
    }
    .into_any()
}
