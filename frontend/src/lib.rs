//! The browser's entry: hydrates the app that the server has rendered.

use app::{App, components::hydrate_body, pages::screen::Part};
use leptos::prelude::{location, set_timeout};
use std::time::Duration;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the WebAssembly is there. The part that holds the page is fetched first, so that hydration is
/// done in one go: no effect runs before the whole page is alive. Without the part the server's HTML stays as it is.
#[wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    let part = location().pathname().ok().as_deref().and_then(Part::of_path);
    let is_there = match part {
        Some(part) => part.fetch().await,
        None => true,
    };
    if is_there {
        // A task of its own: in between, a touch is answered.
        set_timeout(|| hydrate_body(App), Duration::ZERO);
    }
}
