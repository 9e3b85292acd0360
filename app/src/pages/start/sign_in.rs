//! Signing in. One message for every mismatch; works without scripts.

use super::form::{Faults, FormFault, follow};
use crate::{
    api::start::{SignInView, load_sign_in, local_path},
    components::{Button, ButtonKind, Field, Later, Page, loaded_page},
    wire,
};
use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_query_map};

/// Asks for address and password, then goes on to `next`.
#[component]
pub fn SignIn() -> impl IntoView {
    view! { <Later><Asked/></Later> }
}

#[component]
fn Asked() -> impl IntoView {
    let view = wire::resource_blocking(|| (), |()| load_sign_in());
    let query = use_query_map();
    let next = move || query.with(|q| q.get("next").map_or_else(|| "/".to_owned(), |n| local_path(&n).to_owned()));
    let shown = move || {
        loaded_page(view, move |view: SignInView| match view {
            SignInView { setup_needed: true, .. } => view! { <Redirect path="/setup"/> }.into_any(),
            SignInView { signed_in: true, .. } => view! { <Redirect path=next()/> }.into_any(),
            SignInView { .. } => view! { <SignInForm next=next()/> }.into_any(),
        })
    };
    view! { <div class="narrow-page"><Later><div class="piece">{shown()}</div></Later></div> }
}

#[component]
fn SignInForm(next: String) -> impl IntoView {
    let action = ServerAction::<crate::api::start::SignIn>::new();
    let faults = Faults::of(action);
    follow(action, true);
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // A wrong password is typed anew; the address stays.
    Effect::new(move |_| {
        if action.value().with(|v| matches!(v, Some(Err(e)) if e.code == "wrong_credentials")) {
            password.set(String::new());
        }
    });
    view! {
        <Page title="Sign in">
            <Later><ActionForm action attr:class="stack card">
                <FormFault faults/>
                <input type="hidden" name="next" value=next/>
                <Field label="E-mail address" name="email" kind="email" value=email required=true autocomplete="username" autofocus=true/>
                <Field label="Password" name="password" kind="password" value=password required=true autocomplete="current-password"/>
                <div class="form-actions">
                    <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Sign in"</Button>
                </div>
            </ActionForm></Later>
            <p class="faint">"Forgotten the password? Ask whoever runs this portal for you to set a new one."</p>
        </Page>
    }
}
