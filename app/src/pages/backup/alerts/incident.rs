//! An incident: many alerts of one cause. What they share and what to do about it first, then the members.

use super::{incident_row::names, remedy::coded, table::AlertTable};
use crate::{
    api::backup::{IncidentView, load_incident},
    components::{Button, Page, Pager, Section, SeverityBadge, TimeText, loaded_page},
    live::Live,
    me,
    pages::backup::{
        soon::Soon,
        tend::{TendDialog, Whom, Wish},
    },
    wire,
};
use domain::{access::Action, text};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::{use_params_map, use_query_map};

/// Something in the scope moved: ask again after so many milliseconds.
const LATER: u32 = 2_000;

/// The page.
#[component]
pub fn IncidentPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = move || (params.read().get("id").unwrap_or_default(), query.read().get("cursor").unwrap_or_default());
    let data = wire::resource(asked, |(id, cursor)| load_incident(id, cursor));
    loaded_page(data, move |view| {
        let cursor = query.read_untracked().get("cursor").unwrap_or_default();
        view! { <Shown view cursor/> }.into_any()
    })
}

#[component]
fn Shown(view: IncidentView, cursor: String) -> impl IntoView {
    let id = view.line.id;
    let at = view.at;
    let organization = view.line.organization.clone();
    let view = RwSignal::new(view);
    let cursor = StoredValue::new(cursor);
    let refresh = Callback::new(move |()| {
        spawn_local(async move {
            let Some(cursor) = cursor.try_get_value() else { return };
            if let Ok(fresh) = load_incident(id.to_string(), cursor).await {
                let _ = view.try_set(fresh);
            }
        });
    });
    let live = Live::get();
    let later = Soon::new();
    Effect::new(move |before: Option<()>| {
        live.last_change.track();
        live.counts.track();
        if before.is_some() {
            later.wish(LATER, move || refresh.run(()));
        }
    });
    let line = Memo::new(move |_| view.with(|v| v.line.clone()));
    let lines = Memo::new(move |_| view.with(|v| v.lines.clone()));
    let kinds = Memo::new(move |_| view.with(|v| v.kinds.clone()));
    let wish = RwSignal::new(None::<Wish>);
    let may_tend = me::may(Action::TendAlerts);
    let tend = move |what: &'static str| {
        Callback::new(move |()| {
            // Those of the other pages too.
            let open = line.with_untracked(|l| l.open_members);
            let title = if open == 1 { "1 alert".to_owned() } else { format!("{} alerts of this incident", text::count(open)) };
            wish.set(Some(Wish { whom: Whom::Incident(id, usize::try_from(open).unwrap_or(0)), what, title }));
        })
    };
    let actions = may_tend.then(|| {
        view! {
            {move || (line.read().open_members > 0).then(|| view! {
                <Button on_press=tend("acknowledge")>"Acknowledge all"</Button>
                <Button on_press=tend("snooze")>"Snooze all"</Button>
            })}
        }
        .into_any()
    });
    let breadcrumbs = vec![("/backups/alerts".to_owned(), "Alerts".to_owned())];
    let title = Signal::derive(move || format!("Incident: {}", line.read().cause));
    let lead = view! {
        <p class="facts">
            <SeverityBadge severity=Signal::derive(move || line.read().severity)/>
            {organization.map(|(id, name)| view! { <a href=format!("/organizations/{id}")>{name}</a> })}
            <span>"since "<TimeText at=Signal::derive(move || Some(line.read().opened_at)) focusable=true/></span>
            <span role="status">{move || line.read().counted()}</span>
            {move || line.read().resolved_at.map(|at| view! { <span>"resolved "<TimeText at=at/></span> })}
        </p>
    };
    let next_cursor = Memo::new(move |_| view.with(|v| v.next_cursor.clone()));
    view! {
        <Page title breadcrumbs lead=lead.into_any() actions=actions.into_any()>
            <div class="card incident-card">
                <p>
                    {move || {
                        let line = line.read();
                        format!(
                            "{} alerts opened within minutes of each other, and have one thing in common: {}. {}",
                            text::count(line.members), lower_first(&line.cause), names(&line)
                        )
                    }}
                </p>
                {move || line.read().told.clone().map(|told| view! { <p class="remedy-cause">{coded(&told)}</p> })}
                <p class="remedy-do">{move || coded(&line.read().advice)}</p>
                <p class="faint">"The incident resolves by itself with the last of its alerts. The last one joined "<TimeText at=Signal::derive(move || Some(line.read().joined_at))/>"."</p>
                <ul class="incident-kinds" role="list" aria-label="Alerts by type">
                    {move || kinds.get().into_iter().map(|(kind, open, all)| view! {
                        <li><strong>{text::count(all)}</strong>" "{text::inside(text::kind_label(kind))}{(open != all).then(|| format!(" ({} open)", text::count(open)))}</li>
                    }).collect_view()}
                </ul>
            </div>
            <Section title="Its alerts">
                {move || view! { <AlertTable lines=lines.get() at changed=refresh/> }}
                {move || view! { <div class="table-foot"><Pager next_cursor=next_cursor.get() shown=lines.with(Vec::len) noun="alert"/></div> }}
            </Section>
            {may_tend.then(|| view! { <TendDialog wish changed=refresh/> })}
        </Page>
    }
}

/// "The destination x" as it stands inside a sentence; a name stays as it is.
fn lower_first(cause: &str) -> String {
    match cause.strip_prefix("The ") {
        Some(rest) => format!("the {rest}"),
        None => cause.to_owned(),
    }
}
