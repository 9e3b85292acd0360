//! The first start: who owns this portal, the partner, the first organization, the first device.

use super::form::{Faults, FormFault, follow, same_words};
use crate::{
    api::{
        organizations::{AddOrganization, AddOrganizationView, load_add_organization},
        start::{SHORTEST_PASSWORD, SetUp, SetupView, load_setup},
    },
    components::{Button, ButtonKind, Field, Page, SelectField, loaded, loaded_page},
    wire,
};
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// The steps of the first start, the current one marked.
#[component]
pub fn Steps(
    /// From 1.
    at: usize,
) -> impl IntoView {
    const STEPS: [&str; 4] = ["You", "First client", "First device", "Connect it"];
    view! {
        <ol class="steps" aria-label="First start">
            {STEPS
                .into_iter()
                .enumerate()
                .map(|(place, words)| {
                    let place = place + 1;
                    view! {
                        <li class="step" data-step=if place < at { "done" } else if place == at { "here" } else { "later" } aria-current=(place == at).then_some("step")>
                            <span class="step-number" aria-hidden="true">{place}</span>
                            <span>{words}</span>
                            {(place < at).then(|| view! { <span class="hidden-words">" (done)"</span> })}
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}

/// Makes the owner and the partner. Only while there is nobody.
#[component]
pub fn FirstStart() -> impl IntoView {
    let view = wire::resource_blocking(|| (), |()| load_setup());
    view! {
        <div class="narrow-page">
            {loaded_page(view, |view: SetupView| {
                if view.needed {
                    view! { <OwnerForm view/> }.into_any()
                } else {
                    view! { <Redirect path="/sign-in"/> }.into_any()
                }
            })}
        </div>
    }
}

#[component]
fn OwnerForm(view: SetupView) -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    let faults = Faults::of(action);
    follow(action, true);
    let (name, email, password, again) = (text(), text(), text(), text());
    let (partner, code) = (text(), text());
    let zone = RwSignal::new("UTC".to_owned());
    let zones = same_words(&view.zones);
    browsers_zone(zone, view.zones);
    let strength = move || password.with(|p| strength(p, &email.read()));
    view! {
        <Page title="Welcome to Holdfast" lead=view! { <p>"Four short steps, and the first backup reports in. This portal has nobody yet: whoever does this first owns it."</p> }.into_any()>
            <Steps at=1/>
            <ActionForm action attr:class="stack card">
                <FormFault faults fields=&["name", "email", "password", "again", "partner", "time_zone", "code"]/>
                {view.asks_code.then(|| view! {
                    <Field label="Set-up code" name="form[code]" value=code required=true autocomplete="one-time-code" error=faults.about("code")
                        hint="Stands in the server's output at its start, because this portal can be reached from other machines."/>
                })}
                <fieldset class="stack">
                    <legend>"You, the owner"</legend>
                    <Field label="Your name" name="form[name]" value=name required=true autocomplete="name" error=faults.about("name")/>
                    <Field label="E-mail address" name="form[email]" kind="email" value=email required=true autocomplete="username" hint="You sign in with it." error=faults.about("email")/>
                    <Field label="Password" name="form[password]" kind="password" value=password required=true autocomplete="new-password"
                        hint=format!("At least {SHORTEST_PASSWORD} characters. A few words that belong to nobody else are better than one word with signs in it.")
                        error=faults.about("password")/>
                    <p class="strength" data-strength=move || strength().0 role="status">{move || Some(strength().1).filter(|words| !words.is_empty())}</p>
                    <Field label="Password again" name="form[again]" kind="password" value=again required=true autocomplete="new-password"
                        error=Signal::derive(move || faults.about("again").get().or_else(|| differs(&password.read(), &again.read())))/>
                </fieldset>
                <fieldset class="stack">
                    <legend>"Your company, the partner"</legend>
                    <Field label="Company name" name="form[partner]" value=partner required=true autocomplete="organization" error=faults.about("partner")/>
                    <SelectField label="Time zone" name="form[time_zone]" value=zone options=zones hint="Days and schedules of your clients count in it, unless they have their own." error=faults.about("time_zone")/>
                </fieldset>
                <div class="form-actions">
                    <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Make the account and go on"</Button>
                </div>
            </ActionForm>
            <section class="stack" aria-label="Or: the demo fleet">
                <h2>"Or: load the demo fleet"</h2>
                <p>"Only looking round? Stop this server and start "<code>"holdfast demo --data demo"</code>" ("<code>"make demo"</code>" in the sources): 60 clients, 1,500 devices and 400 days of history, \
                    made up, in a folder of its own. It prints who can sign in, and keeps moving."</p>
            </section>
        </Page>
    }
}

fn text() -> RwSignal<String> {
    RwSignal::new(String::new())
}

/// Chooses the browser's own zone, once the scripts are there.
fn browsers_zone(zone: RwSignal<String>, known: Vec<String>) {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        if let Some(own) = zone_of_browser().filter(|own| known.contains(own)) {
            zone.set(own);
        }
        let _ = (&zone, &known);
    });
}

#[cfg(feature = "hydrate")]
fn zone_of_browser() -> Option<String> {
    let options = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new()).resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// How good a password is, as (word for the style, words). Length is what counts; the rule itself is the engine's.
fn strength(password: &str, email: &str) -> (&'static str, String) {
    let length = password.chars().count();
    let mut seen: Vec<char> = password.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    match length {
        0 => ("none", String::new()),
        _ if length < SHORTEST_PASSWORD => ("short", format!("{} more characters needed.", SHORTEST_PASSWORD - length)),
        _ if password.to_lowercase() == email.to_lowercase() => ("short", "The password can't be the e-mail address.".into()),
        _ if seen.len() < 6 => ("weak", "Long enough, but it repeats itself.".into()),
        _ if length < 16 => ("fair", "Good enough.".into()),
        _ => ("strong", "Strong.".into()),
    }
}

/// Said only once as much has been typed as there is to compare.
fn differs(password: &str, again: &str) -> Option<String> {
    (!again.is_empty() && again.chars().count() >= password.chars().count() && password != again)
        .then(|| "The two passwords are not the same.".to_owned())
}

/// Second step: the first organization.
#[component]
pub fn SetupOrganizationPage() -> impl IntoView {
    let view = wire::resource_blocking(|| (), |()| load_add_organization());
    view! {
        <div class="narrow-page">
            <Page title="Your first client" lead=view! { <p>"An organization is a client whose machines you protect. Your own company can be one too."</p> }.into_any()>
                <Steps at=2/>
                {loaded(view, |view: AddOrganizationView| view! { <FirstOrganizationForm view/> }.into_any())}
            </Page>
        </div>
    }
}

#[component]
fn FirstOrganizationForm(view: AddOrganizationView) -> impl IntoView {
    let action = ServerAction::<AddOrganization>::new();
    let faults = Faults::of(action);
    follow(action, false);
    let name = text();
    let zone = RwSignal::new(view.zone);
    view! {
        <ActionForm action attr:class="stack card">
            <FormFault faults fields=&["name", "time_zone"]/>
            <input type="hidden" name="form[first]" value="true"/>
            <Field label="Name of the organization" name="form[name]" value=name required=true autocomplete="off" error=faults.about("name")/>
            <SelectField label="Time zone" name="form[time_zone]" value=zone options=same_words(&view.zones) hint="Its days begin at midnight there." error=faults.about("time_zone")/>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Add it and go on"</Button>
            </div>
        </ActionForm>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_short_until_the_rule_is_met_and_then_grows_stronger() {
        assert_eq!(strength("short", "a@b.c").0, "short");
        assert_eq!(strength("aaaaaaaaaaaaaaa", "a@b.c").0, "weak");
        assert_eq!(strength("some words 12", "a@b.c").0, "fair");
        assert_eq!(strength("four quiet words here", "a@b.c").0, "strong");
        assert_eq!(strength("someone@example.org", "Someone@example.org").0, "short");
    }

    #[test]
    fn passwords_are_compared_only_when_both_are_complete() {
        assert_eq!(differs("long password", "long"), None);
        assert!(differs("long password", "long passwort").is_some());
        assert_eq!(differs("long password", "long password"), None);
    }
}
