//! The browser's entry: hydrates the app that the server has rendered.

use app::App;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the WebAssembly is there.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
