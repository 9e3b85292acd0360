//! The signed-in person's own page: who, where, the password, and which browsers are signed in.

use super::Settings;
use crate::{
    api::settings::account::{
        AccountView, ChangePassword, EndOtherSessions, EndSession, MembershipLine, SessionLine, SwitchMembership, load_account,
    },
    components::{Button, ButtonKind, Field, Page, Section, TableFrame, TimeText, loaded, use_toasts},
    pages::start::form::{Faults, FormFault, follow, worked},
    wire,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Account() -> impl IntoView {
    let one = ServerAction::<EndSession>::new();
    let others = ServerAction::<EndOtherSessions>::new();
    let password = ServerAction::<ChangePassword>::new();
    let changes = (worked(one), worked(others), worked(password));
    let view = wire::resource_blocking(move || (changes.0.get(), changes.1.get(), changes.2.get()), |_| load_account());
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
            <Settings here="/settings/account">
                <FormFault faults=faults.0/>
                <FormFault faults=faults.1/>
                {loaded(view, move |view: AccountView| view! { <Person view one others/> }.into_any())}
                <Password action=password/>
            </Settings>
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
                <div><dt>"Role"</dt><dd>{view.role}" at "{view.place}</dd></div>
            </dl>
        </Section>
        {(!view.others.is_empty()).then(|| view! { <Others lines=view.others/> })}
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

/// Where else the person may act.
#[component]
fn Others(lines: Vec<MembershipLine>) -> impl IntoView {
    let action = ServerAction::<SwitchMembership>::new();
    let faults = Faults::of(action);
    follow(action, true);
    view! {
        <Section title="Your other memberships">
            <FormFault faults/>
            <ul class="memberships card" role="list">
                {lines.into_iter().map(|line| view! {
                    <li>
                        <span><strong>{line.place.clone()}</strong><span class="cell-sub">{line.role}</span></span>
                        <ActionForm action>
                            <input type="hidden" name="to" value=line.value/>
                            <Button submit=true busy=action.pending()>"Switch"<span class="hidden-words">{format!(" to {}", line.place)}</span></Button>
                        </ActionForm>
                    </li>
                }).collect_view()}
            </ul>
        </Section>
    }
}

#[component]
fn Password(action: ServerAction<ChangePassword>) -> impl IntoView {
    let faults = Faults::of(action);
    let (old, new, again) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let toasts = use_toasts();
    Effect::new(move |_| {
        if let Some(Ok(ended)) = action.value().get() {
            for field in [old, new, again] {
                field.set(String::new());
            }
            toasts.say(match ended {
                0 => "Your password is changed.".to_owned(),
                1 => "Your password is changed; one other browser was signed out.".to_owned(),
                n => format!("Your password is changed; {n} other browsers were signed out."),
            });
        }
    });
    view! {
        <Section title="Password">
            <div class="card" id="password">
                <ActionForm action attr:class="stack password-form">
                    <FormFault faults fields=&["old", "new", "again"]/>
                    <Field label="The password you have" name="form[old]" kind="password" value=old required=true autocomplete="current-password" error=faults.about("old")/>
                    <Field label="New password" name="form[new]" kind="password" value=new required=true autocomplete="new-password"
                        hint="At least 12 characters. All your other browsers are signed out." error=faults.about("new")/>
                    <Field label="New password again" name="form[again]" kind="password" value=again required=true autocomplete="new-password" error=faults.about("again")/>
                    <div class="form-actions"><Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Change the password"</Button></div>
                </ActionForm>
            </div>
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
