//! The command palette: Ctrl or ⌘ K, or the button in the frame. Jumps to organizations, devices, places and actions by name.
//!
//! Only the button and the key are in what every page loads; the dialog comes with the part that follows what happens (`live`).
//! Before the scripts come the button is a link to `/search`, which shows the same.

mod panel;

use super::icon::{Icon, SEARCH};
use crate::browser;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::hooks::use_location;

/// Under which name the browser keeps the addresses looked at last.
const RECENT: &str = "hf_recent";
/// How many it keeps.
const KEPT: usize = 8;
/// So long after the page has come to life the dialog is fetched, in milliseconds: it then opens at once.
const IDLE: u32 = 4_000;

#[wasm_split(live, wasm_split_path = ::leptos::wasm_split, preload(load_palette), fallible)]
fn palette_part(open: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(panel::Panel(panel::PanelProps { open }).into_any())
}

/// The button, the key, and the dialog once it is there.
#[component]
pub fn Palette() -> impl IntoView {
    let open = RwSignal::new(false);
    let there = RwSignal::new(false);
    let fetch = move || {
        if !there.get_untracked() {
            spawn_local(async move {
                if load_palette().await.is_ok() {
                    let _ = there.try_set(true);
                }
            });
        }
    };
    let show = move || {
        fetch();
        open.update(|open| *open = !*open);
    };
    Effect::new(move |_| {
        let key = window_event_listener(leptos::ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && !event.shift_key() && !event.alt_key() && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                show();
            }
        });
        on_cleanup(move || key.remove());
        browser::after(IDLE, fetch);
    });
    let path = use_location().pathname;
    Effect::new(move |_| {
        let path = path.get();
        if is_remembered(&path) {
            let mut kept = recent();
            kept.retain(|known| *known != path);
            kept.insert(0, path);
            kept.truncate(KEPT);
            browser::keep(RECENT, &kept.join("\n"));
        }
    });
    view! {
        <a
            class="search-button button button-quiet"
            href="/search"
            aria-keyshortcuts="Control+K Meta+K"
            title="Search (Ctrl or ⌘ K)"
            on:pointerenter=move |_| fetch()
            on:focus=move |_| fetch()
            on:click=move |event| {
                if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                    event.prevent_default();
                    show();
                }
            }
        >
            <Icon shape=SEARCH/>
            <span class="search-words">"Search"</span>
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </a>
        {move || there.get().then(|| Suspend::new(async move { palette_part(open).await.ok() }))}
    }
}

/// Pages that are looked at again: one organization, one device, one account.
fn is_remembered(path: &str) -> bool {
    let mut steps = path.trim_matches('/').split('/');
    matches!((steps.next(), steps.next(), steps.next()), (Some("organizations" | "devices" | "accounts"), Some(id), None) if id.len() == 13)
}

/// Addresses looked at last, latest first.
fn recent() -> Vec<String> {
    browser::kept(RECENT).map(|kept| kept.lines().map(str::to_owned).collect()).unwrap_or_default()
}
