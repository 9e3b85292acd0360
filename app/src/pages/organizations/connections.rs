//! Cards of an organization's connections: what the provider says of its consent, and what can be done about it. Everything works by plain
//! forms, too.

use crate::{
    api::organizations::connections::{ConnectionView, KnownConnection, RemoveConnection, SetConnectionPolicy},
    components::{Button, ButtonKind, Field, Pair, Pairs, SelectField, StateBadge, TimeText, icon, use_toasts},
    pages::start::form::{Faults, FormFault},
};
use domain::{
    consent::how_to_set_up,
    saas::{Consent, Service},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The cards of all services, with what the last visit to the provider came to. `on_change` is called when something was changed.
#[component]
pub fn Connections(
    /// One for each service.
    views: Vec<ConnectionView>,
    /// Called when something was changed.
    on_change: Callback<()>,
) -> impl IntoView {
    view! {
        <Came/>
        <div class="connections">{views.into_iter().map(|view| view! { <ConnectionCard view on_change/> }).collect_view()}</div>
    }
}

/// What the last visit to the provider came to: it stands in the address.
#[component]
fn Came() -> impl IntoView {
    let query = use_query_map();
    let said = move || {
        let query = query.read();
        let connected = query.get("connected").and_then(|word| word.parse::<Service>().ok());
        match (connected, query.get("checked").as_deref()) {
            (Some(service), _) => Some(("succeeded", format!("{} is connected.", service.name()))),
            (None, Some("accepted")) => Some(("succeeded", "The provider accepts the connection.".to_owned())),
            (None, Some("doubted")) => {
                Some(("warning", "The provider refuses. It is asked once more in a minute before the consent counts as gone.".to_owned()))
            }
            (None, Some("refused")) => Some(("failed", "The provider refuses: consent is gone.".to_owned())),
            (None, Some("passing")) => Some(("warning", "The provider can't be asked right now. It is tried again.".to_owned())),
            (None, Some("ours")) => Some(("failed", "The portal's own settings for this service are wrong.".to_owned())),
            (None, Some("taken")) => Some(("running", "The connection is being renewed this very moment. Look again.".to_owned())),
            _ => None,
        }
    };
    move || said().map(|(state, words)| view! { <p class="notice" role="status" data-state=state>{words}</p> })
}

/// One service.
#[component]
pub fn ConnectionCard(
    /// What is known.
    view: ConnectionView,
    /// Called when something was changed.
    on_change: Callback<()>,
) -> impl IntoView {
    let ConnectionView { organization, service, is_set_up, known, policies, may_manage } = view;
    let name = service.name();
    let heading = format!("connection-{}", service.as_str());
    let consent = known.as_ref().map_or(Consent::Unknown, |k| k.consent);
    let since = known.as_ref().filter(|k| k.consent != Consent::Unknown).map(|k| k.consent_at);
    let verb = match consent {
        Consent::Connected | Consent::Expired => "Re-authorize",
        Consent::Unknown => "Connect",
    };
    let is_first = consent != Consent::Connected;
    let leave = (may_manage && is_set_up).then(|| {
        view! {
            <form method="post" action="/consent/begin">
                <input type="hidden" name="organization" value=organization.to_string()/>
                <input type="hidden" name="service" value=service.as_str()/>
                <Button kind=if is_first { ButtonKind::Primary } else { ButtonKind::Plain } submit=true>
                    {verb}<span class="hidden-words">" "{name}</span>
                </Button>
            </form>
        }
    });
    let ask = known.as_ref().filter(|k| may_manage && is_set_up && k.consent != Consent::Unknown).map(|k| {
        view! {
            <form method="post" action="/consent/check">
                <input type="hidden" name="connection" value=k.id.to_string()/>
                <Button submit=true>"Check now"<span class="hidden-words">" "{name}</span></Button>
            </form>
        }
    });
    let not_set_up = (!is_set_up).then(|| {
        let words = format!("This portal is not set up for {name}.");
        view! { <p class="notice" data-state="unknown">{words}{may_manage.then(|| format!(" {}", how_to_set_up(service)))}</p> }
    });
    view! {
        <section class="card connection" aria-labelledby=heading.clone() data-service=service.as_str()>
            <div class="connection-head">
                <h3 id=heading.clone()>{name}</h3>
                {badge(consent)}
                {since.map(|at| view! { <span class="faint">"since "<TimeText at/></span> })}
            </div>
            {not_set_up}
            {known.as_ref().map(|known| notices(known, name))}
            {known.as_ref().map(facts)}
            {(leave.is_some() || ask.is_some()).then(|| view! { <div class="connection-acts">{leave}{ask}</div> })}
            {known.filter(|_| may_manage).map(|known| view! { <Change known service policies on_change/> })}
        </section>
    }
}

fn badge(consent: Consent) -> AnyView {
    let (state, shape, word) = match consent {
        Consent::Connected => ("healthy", icon::HEALTHY, "Connected"),
        Consent::Expired => ("critical", icon::CRITICAL, "Consent expired"),
        Consent::Unknown => ("unknown", icon::UNKNOWN, "Not connected"),
    };
    view! { <StateBadge state shape=Signal::stored(shape) word=Signal::stored(word.to_owned())/> }.into_any()
}

/// What is wrong and what to do, worst first.
fn notices(known: &KnownConnection, name: &'static str) -> AnyView {
    let code = || (!known.code.is_empty()).then(|| view! { " "<code title=known.detail.clone()>{known.code.clone()}</code> });
    let gone = known.cause.map(|cause| {
        view! { <p class="notice" data-state="failed"><strong>{cause.told()}</strong>" "{cause.advice()}{code()}</p> }
    });
    let doubted = known.doubted_since.map(|at| {
        view! {
            <p class="notice" data-state="warning">
                {name}" refused a renewal "<TimeText at/>". It is asked once more before the consent counts as gone."{code()}
            </p>
        }
    });
    let troubled = known.troubled.map(|(at, is_long)| {
        let state = if is_long { "warning" } else { "unknown" };
        view! {
            <p class="notice" data-state=state>
                {name}" has given no new token since "<TimeText at/>". Consent stays; it is tried again at least once an hour."{code()}
            </p>
        }
    });
    let platform = known.platform.clone().map(|words| view! { <p class="notice" data-state="failed">{words}</p> });
    view! { {platform}{gone}{doubted}{troubled} }.into_any()
}

fn facts(known: &KnownConnection) -> AnyView {
    let (tenant, policy) = (known.tenant.clone(), known.policy.1.clone());
    let tenant = (!tenant.is_empty()).then(|| view! { <Pair label="Tenant">{tenant}</Pair> });
    let granted = known.granted.clone().map(|(at, who)| view! { <Pair label="Authorized"><TimeText at/>" by "{who}</Pair> });
    let renewed = known.renewed_at.map(|at| view! { <Pair label="Tokens renewed"><TimeText at/></Pair> });
    let discovered = known.discovered_at.map(|at| {
        let said = Some(known.discovery_detail.clone()).filter(|said| !said.is_empty()).map(|said| format!(": {said}"));
        view! { <Pair label="Last discovery"><TimeText at/>{said}</Pair> }
    });
    let accounts = format!("{} known, {} protected", domain::text::count(known.accounts), domain::text::count(known.seats));
    view! {
        <Pairs wide=true>
            {tenant}{granted}{renewed}{discovered}
            <Pair label="Accounts">{accounts}</Pair>
            <Pair label="Policy">{policy}</Pair>
        </Pairs>
    }
    .into_any()
}

/// Another policy, or an end to it.
#[component]
fn Change(known: KnownConnection, service: Service, policies: Vec<(String, String)>, on_change: Callback<()>) -> impl IntoView {
    let (give, remove) = (ServerAction::<SetConnectionPolicy>::new(), ServerAction::<RemoveConnection>::new());
    let (given, removed) = (Faults::of(give), Faults::of(remove));
    let toasts = use_toasts();
    Effect::new(move |_| {
        if give.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("Saved.");
            on_change.run(());
        }
    });
    Effect::new(move |_| {
        if remove.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("Removed.");
            on_change.run(());
        }
    });
    let name = service.name();
    let (given_to, removed_id) = (known.id.to_string(), known.id.to_string());
    let policy = RwSignal::new(known.policy.0.to_string());
    let ends = if known.seats > 0 {
        "Deactivate its accounts first: without the connection they would be overdue."
    } else {
        "The portal forgets its tokens and asks the provider no more. Accounts that are known stay, with their history."
    };
    view! {
        <details class="more">
            <summary>"Policy and removal"<span class="hidden-words">" of "{name}</span></summary>
            <ActionForm action=give attr:class="stack">
                <FormFault faults=given/>
                <input type="hidden" name="connection" value=given_to.clone()/>
                <SelectField label="Policy" name="policy" value=policy options=policies hint="Its schedule holds for every account of this connection."/>
                <div class="form-actions"><Button submit=true busy=give.pending()>"Save"</Button></div>
            </ActionForm>
            <ActionForm action=remove attr:class="stack">
                <FormFault faults=removed fields=&["word"]/>
                <p>{ends}</p>
                <input type="hidden" name="connection" value=removed_id.clone()/>
                <Field label=format!("Type “{name}” to remove the connection") name="word" value=RwSignal::new(String::new()) required=true autocomplete="off"
                    error=removed.about("word")/>
                <div class="form-actions"><Button kind=ButtonKind::Danger submit=true busy=remove.pending()>"Remove"</Button></div>
            </ActionForm>
        </details>
    }
}
