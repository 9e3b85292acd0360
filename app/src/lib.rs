//! The portal as people see it: pages, components, server functions.
//!
//! Built twice: with `ssr` into the server, which renders and answers, and with `hydrate` into the browser.
//! A page: route → page component → a server function → engine query with the actor's scope → view model.

#![recursion_limit = "512"]

pub mod api;
pub mod browser;
pub mod components;
#[cfg(feature = "ssr")]
pub mod context;
pub mod error;
pub mod live;
pub mod me;
pub mod pages;
#[cfg(feature = "hydrate")]
mod scroll;
pub mod wire;

#[cfg(feature = "ssr")]
pub use context::{CookieRules, PublicUrl, SetupCode, SignedIn};
pub use error::UiError;

use components::{frame::Frame, when_whole};
#[cfg(feature = "ssr")]
use leptos::nonce::use_nonce;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos_meta::MetaTags;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Redirect, Route, Router, Routes},
    path,
};
use std::collections::BTreeMap;

/// Names of the built browser files, from `site/manifest.json`. Given by the server as context.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Assets {
    /// File name of the script below `/pkg/`.
    pub js: String,
    /// File name of the WebAssembly below `/pkg/`.
    pub wasm: String,
    /// File name of the style sheet below `/pkg/`.
    pub css: String,
    /// File name of the font below `/pkg/`.
    pub font: String,
    /// Build id: changes with any of them.
    pub build: String,
    /// Part of the program → file names of its WebAssembly below `/pkg/`.
    #[serde(default)]
    pub parts: BTreeMap<String, Vec<String>>,
}

/// The document around the app.
#[cfg(feature = "ssr")]
pub fn shell() -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let nonce = use_nonce();
    let part = use_context::<http::request::Parts>().and_then(|request| pages::screen::Part::of_path(request.uri.path()));
    let live = context::session().is_some().then_some("live");
    let mut part: Vec<String> =
        part.map(pages::screen::Part::name).into_iter().chain(live).filter_map(|part| assets.parts.get(part).cloned()).flatten().collect();
    part.sort_unstable();
    part.dedup();
    let script = loader(&assets, &part);
    let theme = context::cookie("hf_theme").filter(|t| matches!(t.as_str(), "light" | "dark"));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-build=assets.build.clone() data-theme=theme data-me=me::Looking::now().json()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="preload" href=format!("/pkg/{}", assets.font) r#as="font" r#type="font/woff2" crossorigin=""/>
                <link rel="stylesheet" href=format!("/pkg/{}", assets.css)/>
                <script type="module" nonce=nonce>{script}</script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Fetches script and WebAssembly once the page is on screen: what people read comes first, also on a slow line. All files are asked
/// for at once (each in a task of its own: two dozen take a phone 50 ms), the part of the program that the address leads to beside the
/// rest. Between asking, its making and its first run the browser may answer to whoever already scrolls. A page that nobody looks at yet
/// is never painted: it begins three seconds later. A button that is pressed before is marked, and pressed once the page is whole
/// (`components::hydrate_body`).
#[cfg(feature = "ssr")]
fn loader(assets: &Assets, part: &[String]) -> String {
    let parts: Vec<String> = part.iter().map(|file| format!("'/pkg/{file}'")).collect();
    format!(
        "onclick=e=>{{let b=e.target.closest('button[type=button]');\
         if(b){{document.querySelector('[data-pressed]')?.removeAttribute('data-pressed');b.dataset.pressed=''}}}};\
         let begin=()=>{{begin=()=>{{}};\
         for(const href of ['/pkg/{wasm}',{parts}])setTimeout(()=>document.head.append(Object.assign(document.createElement('link'),{{rel:'preload',as:'fetch',type:'application/wasm',crossOrigin:'',href}})));\
         setTimeout(()=>import('/pkg/{js}').then(m=>m.default({{module_or_path:'/pkg/{wasm}'}}).then(()=>setTimeout(m.hydrate))))}};\
         new PerformanceObserver(()=>begin()).observe({{type:'paint',buffered:true}});setTimeout(()=>begin(),3e3)",
        wasm = assets.wasm,
        js = assets.js,
        parts = parts.join(","),
    )
}

/// The app: frame, router and pages.
#[component]
pub fn App() -> impl IntoView {
    use pages::{not_found, screen::Screen};
    provide_meta_context();
    let looking = me::Looking::now();
    // Finance sees seats and plans only: nothing of that is in the stream.
    let follows = looking.0.as_ref().is_some_and(|me| me.role.may(domain::access::Action::SeeDashboards));
    provide_context(looking);
    live::Live::provide(follows);
    Effect::new(move |_| when_whole(mark_hydrated));
    // Every page may redirect to the sign-in page or be a 404: the answer begins when its one query is done.
    let whole = SsrMode::Async;
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Holdfast".to_owned() } else { format!("{title} · Holdfast") }/>
        <Router>
            <Frame>
                <Routes fallback=|| view! { <not_found::NotFound/> }>
                    <Route path=path!("/") view=Screen::Home ssr=whole.clone()/>
                    <Route path=path!("/setup") view=Screen::FirstStart ssr=whole.clone()/>
                    <Route path=path!("/setup/organization") view=Screen::SetupOrganization ssr=whole.clone()/>
                    <Route path=path!("/setup/device") view=Screen::SetupDevice ssr=whole.clone()/>
                    <Route path=path!("/sign-in") view=Screen::SignIn ssr=whole.clone()/>
                    <Route path=path!("/backups") view=|| view! { <Redirect path="/backups/devices"/> }/>
                    <Route path=path!("/backups/devices") view=Screen::Devices ssr=whole.clone()/>
                    <Route path=path!("/backups/clients") view=Screen::Clients ssr=whole.clone()/>
                    <Route path=path!("/backups/alerts") view=Screen::Alerts ssr=whole.clone()/>
                    <Route path=path!("/alerts/:id") view=Screen::Alert ssr=whole.clone()/>
                    <Route path=path!("/incidents/:id") view=Screen::Incident ssr=whole.clone()/>
                    <Route path=path!("/backups/log") view=Screen::JobLog ssr=whole.clone()/>
                    <Route path=path!("/backups/compliance") view=Screen::Compliance ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/compliance") view=Screen::OrganizationCompliance ssr=whole.clone()/>
                    <Route path=path!("/devices/new") view=Screen::AddDevice ssr=whole.clone()/>
                    <Route path=path!("/devices/:id/connect") view=Screen::Connect ssr=whole.clone()/>
                    <Route path=path!("/devices/:id") view=Screen::Device ssr=whole.clone()/>
                    <Route path=path!("/runs/:id") view=Screen::Run ssr=whole.clone()/>
                    <Route path=path!("/organizations") view=Screen::Organizations ssr=whole.clone()/>
                    <Route path=path!("/organizations/new") view=Screen::AddOrganization ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id") view=Screen::Organization ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/devices") view=Screen::OrganizationDevices ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/saas") view=Screen::OrganizationSaas ssr=whole.clone()/>
                    <Route path=path!("/saas") view=Screen::SaasOverview ssr=whole.clone()/>
                    <Route path=path!("/accounts/:id") view=Screen::SaasAccount ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/alerts") view=Screen::OrganizationAlerts ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/log") view=Screen::OrganizationLog ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/reports") view=Screen::OrganizationReports ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/features") view=Screen::OrganizationFeatures ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/accounts/import") view=Screen::ImportAccounts ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id/settings") view=Screen::OrganizationSettings ssr=whole.clone()/>
                    <Route path=path!("/settings") view=|| view! { <Redirect path=pages::settings::first()/> }/>
                    <Route path=path!("/settings/policies") view=Screen::Policies ssr=whole.clone()/>
                    <Route path=path!("/settings/policies/:id") view=Screen::Policy ssr=whole.clone()/>
                    <Route path=path!("/settings/sla") view=Screen::Sla ssr=whole.clone()/>
                    <Route path=path!("/settings/maintenance") view=Screen::MaintenanceWindows ssr=whole.clone()/>
                    <Route path=path!("/settings/maintenance/:id") view=Screen::MaintenanceWindow ssr=whole.clone()/>
                    <Route path=path!("/settings/alerts") view=Screen::AlertSettings ssr=whole.clone()/>
                    <Route path=path!("/settings/branding") view=Screen::Branding ssr=whole.clone()/>
                    <Route path=path!("/settings/domains") view=Screen::Domains ssr=whole.clone()/>
                    <Route path=path!("/settings/reports") view=Screen::ReportSettings ssr=whole.clone()/>
                    <Route path=path!("/settings/account") view=Screen::Account ssr=whole.clone()/>
                    <Route path=path!("/settings/keys") view=Screen::Keys ssr=whole.clone()/>
                    <Route path=path!("/settings/outbox") view=Screen::Outbox ssr=whole.clone()/>
                    <Route path=path!("/settings/outbox/:id") view=Screen::OutboxMail ssr=whole.clone()/>
                    <Route path=path!("/settings/inbox") view=Screen::Inbox ssr=whole.clone()/>
                    <Route path=path!("/styleguide") view=Screen::StyleGuide ssr=whole.clone()/>
                    <Route path=path!("/settings/inbox/rules") view=Screen::InboxRules ssr=whole.clone()/>
                    <Route path=path!("/search") view=Screen::Search ssr=whole.clone()/>
                    <Route path=path!("/settings/audit") view=Screen::Audit ssr=whole/>
                </Routes>
            </Frame>
        </Router>
    }
}

/// Browser tests wait for this mark before they click.
fn mark_hydrated() {
    browser::set_root_attribute("data-hydrated", Some(""));
}
