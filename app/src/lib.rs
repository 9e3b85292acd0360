//! The portal as people see it: pages, components, server functions.
//!
//! Built twice: with `ssr` into the server, which renders and answers, and with `hydrate` into the browser.
//! A page: route → page component → one server function → engine query with the actor's scope → view model.

#![recursion_limit = "512"]

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::nonce::use_nonce;
#[cfg(feature = "ssr")]
use leptos_meta::MetaTags;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
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
    let script = format!(
        "import init,{{hydrate}} from '/pkg/{}';init({{module_or_path:'/pkg/{}'}}).then(hydrate);",
        assets.js, assets.wasm
    );
    view! {
        <!DOCTYPE html>
        <html lang="en" data-build=assets.build.clone()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
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

/// The app: router and pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let (count, set_count) = signal(0);
    Effect::new(move |_| mark_hydrated());
    view! {
        <Title text="Holdfast"/>
        <Router>
            <Routes fallback=|| view! { <p>"Not found"</p> }>
                <Route path=path!("/") view=move || view! { <button on:click=move |_| set_count.update(|c| *c += 1)>{count}</button> }/>
            </Routes>
        </Router>
    }
}

/// Browser tests wait for this mark before they click.
fn mark_hydrated() {
    #[cfg(feature = "hydrate")]
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
