//! The portal as people see it: pages, components, server functions.
//!
//! Built twice: with `ssr` into the server, which renders and answers, and with `hydrate` into the browser.
//! A page: route → page component → one server function → engine query with the actor's scope → view model.

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
pub mod wire;

#[cfg(feature = "ssr")]
pub use context::{CookieRules, PublicUrl, SetupCode, SignedIn};
pub use error::UiError;

use components::frame::Frame;
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
}

/// The document around the app.
#[cfg(feature = "ssr")]
pub fn shell() -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let nonce = use_nonce();
    let script =
        format!("import init,{{hydrate}} from '/pkg/{}';init({{module_or_path:'/pkg/{}'}}).then(hydrate);", assets.js, assets.wasm);
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
                <link rel="modulepreload" href=format!("/pkg/{}", assets.js)/>
                <link rel="preload" href=format!("/pkg/{}", assets.wasm) r#as="fetch" r#type="application/wasm" crossorigin=""/>
                <script type="module" nonce=nonce>{script}</script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The app: frame, router and pages.
#[component]
pub fn App() -> impl IntoView {
    use pages::{backup, home, not_found, organizations, settings, start};
    provide_meta_context();
    let looking = me::Looking::now();
    let is_signed_in = looking.0.is_some();
    provide_context(looking);
    live::Live::provide(is_signed_in);
    Effect::new(move |_| mark_hydrated());
    // Every page may redirect to the sign-in page or be a 404: the answer begins when its one query is done.
    let whole = SsrMode::Async;
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Holdfast".to_owned() } else { format!("{title} · Holdfast") }/>
        <Router>
            <Frame>
                <Routes fallback=|| view! { <not_found::NotFound/> }>
                    <Route path=path!("/") view=home::Home ssr=whole.clone()/>
                    <Route path=path!("/setup") view=start::first_start::FirstStart ssr=whole.clone()/>
                    <Route path=path!("/setup/organization") view=start::first_start::SetupOrganizationPage ssr=whole.clone()/>
                    <Route path=path!("/setup/device") view=start::add_device::SetupDevicePage ssr=whole.clone()/>
                    <Route path=path!("/sign-in") view=start::sign_in::SignIn ssr=whole.clone()/>
                    <Route path=path!("/backups") view=|| view! { <Redirect path="/backups/devices"/> }/>
                    <Route path=path!("/backups/devices") view=backup::devices::Devices ssr=whole.clone()/>
                    <Route path=path!("/backups/alerts") view=backup::alerts::Alerts ssr=whole.clone()/>
                    <Route path=path!("/devices/new") view=start::add_device::AddDevicePage ssr=whole.clone()/>
                    <Route path=path!("/devices/:id/connect") view=start::connect::Connect ssr=whole.clone()/>
                    <Route path=path!("/devices/:id") view=backup::device::Device ssr=whole.clone()/>
                    <Route path=path!("/runs/:id") view=backup::run::RunPage ssr=whole.clone()/>
                    <Route path=path!("/organizations") view=organizations::list::Organizations ssr=whole.clone()/>
                    <Route path=path!("/organizations/new") view=organizations::add::AddOrganizationPage ssr=whole.clone()/>
                    <Route path=path!("/organizations/:id") view=organizations::organization::Organization ssr=whole.clone()/>
                    <Route path=path!("/settings") view=|| view! { <Redirect path="/settings/policies"/> }/>
                    <Route path=path!("/settings/policies") view=settings::policies::Policies ssr=whole.clone()/>
                    <Route path=path!("/settings/policies/:id") view=settings::policy::Policy ssr=whole.clone()/>
                    <Route path=path!("/settings/account") view=settings::account::Account ssr=whole.clone()/>
                    <Route path=path!("/settings/keys") view=settings::keys::Keys ssr=whole.clone()/>
                    <Route path=path!("/settings/inbox") view=settings::inbox::Inbox ssr=whole.clone()/>
                    <Route path=path!("/settings/audit") view=settings::audit::Audit ssr=whole/>
                </Routes>
            </Frame>
        </Router>
    }
}

/// Browser tests wait for this mark before they click.
fn mark_hydrated() {
    browser::set_root_attribute("data-hydrated", Some(""));
}
