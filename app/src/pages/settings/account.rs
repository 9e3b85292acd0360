//! The signed-in person's own page: who, and which browsers are signed in.

use super::SettingsTabs;
use crate::{
    api::settings::account::{AccountView, EndOtherSessions, EndSession, SessionLine, load_account},
    components::{Button, Page, Section, TableFrame, TimeText, loaded, use_toasts},
    pages::start::form::{Faults, FormFault},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Account() -> impl IntoView {
    let one = ServerAction::<EndSession>::new();
    let others = ServerAction::<EndOtherSessions>::new();
    let view = Resource::new_blocking(move || (one.version().get(), others.version().get()), |_| load_account());
    let toasts = use_toasts();
    Effect::new(move |_| {
        if one.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("That browser is signed out.");
        }
    });
    Effect::new(move |_| {
        if others.value().with(|v| matches!(v, Some(Ok(_)))) {
            toasts.say("All other browsers are signed out.");
        }
    });
    let faults = (Faults::of(one), Faults::of(others));
    view! {
        <Page title="Your account">
            <SettingsTabs here="/settings/account"/>
            <FormFault faults=faults.0/>
            <FormFault faults=faults.1/>
            {loaded(view, move |view: AccountView| view! { <Person view one others/> }.into_any())}
        </Page>
    }
}

#[component]
fn Person(view: AccountView, one: ServerAction<EndSession>, others: ServerAction<EndOtherSessions>) -> impl IntoView {
    let has_others = view.sessions.iter().any(|s| !s.own);
    let end_all = has_others.then(|| {
        view! { <ActionForm action=others><Button submit=true busy=others.pending()>"Sign out all others"</Button></ActionForm> }
    });
    view! {
        <Section title="You">
            <dl class="about card">
                <div><dt>"Name"</dt><dd>{view.name}</dd></div>
                <div><dt>"E-mail address"</dt><dd>{view.email}</dd></div>
                <div><dt>"Role"</dt><dd>{view.role}</dd></div>
            </dl>
        </Section>
        <Section title="Signed-in browsers" aside=end_all.into_any()>
            <TableFrame label="Signed-in browsers" cards=true>
                <thead>
                    <tr><th scope="col">"Browser"</th><th scope="col">"Signed in"</th><th scope="col">"Last seen"</th><th scope="col"><span class="hidden-words">"Actions"</span></th></tr>
                </thead>
                <tbody>{view.sessions.into_iter().map(|line| view! { <Row line one/> }).collect_view()}</tbody>
            </TableFrame>
        </Section>
    }
}

#[component]
fn Row(line: SessionLine, one: ServerAction<EndSession>) -> impl IntoView {
    let end = if line.own {
        view! { <span class="tag">"This browser"</span> }.into_any()
    } else {
        view! {
            <ActionForm action=one>
                <input type="hidden" name="id" value=line.id.to_string()/>
                <Button submit=true busy=one.pending()>"Sign out"</Button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Browser">{line.browser}</th>
            <td data-label="Signed in"><TimeText at=Some(line.created_at)/></td>
            <td data-label="Last seen"><TimeText at=Some(line.seen_at)/></td>
            <td data-label="">{end}</td>
        </tr>
    }
}
