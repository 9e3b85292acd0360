//! Back and forward bring a page back to where it was scrolled to.
//!
//! The browser would do so at once, when the data of the page is not yet there; so it is told not to, and the place is taken again
//! as soon as the page is long enough, unless the reader has moved meanwhile. Places are kept by address, for this tab's visit.

use leptos::prelude::window;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, ScrollRestoration};

/// Between two looks, in milliseconds.
const STEP: u32 = 50;
/// Looks until a page that never gets long enough is left alone: half a minute, because a slow line is when a reader needs it most.
/// Who moves ends it at once.
const MOST: u32 = 600;
/// Looks in a row that must find the page in its place.
const SETTLED: u32 = 10;

thread_local! {
    static PLACES: RefCell<HashMap<String, f64>> = RefCell::new(HashMap::new());
    /// Changes with every press and every step back: an older wish ends.
    static TURN: Cell<u32> = const { Cell::new(0) };
    /// Path of the page on screen.
    static ON_SCREEN: RefCell<String> = const { RefCell::new(String::new()) };
    static IS_NOTING: Cell<bool> = const { Cell::new(false) };
}

fn address() -> String {
    window().location().href().unwrap_or_default()
}

fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

fn now() -> f64 {
    window().scroll_y().unwrap_or(0.0)
}

fn note() {
    PLACES.with_borrow_mut(|places| places.insert(address(), now()));
}

fn turn() -> u32 {
    let next = TURN.get().wrapping_add(1);
    TURN.set(next);
    next
}

/// A page of this path is on screen.
pub fn arrived(path: &str) {
    ON_SCREEN.with_borrow_mut(|here| path.clone_into(here));
}

/// Begins to listen; once.
pub fn mind() {
    let Ok(history) = window().history() else { return };
    let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
    arrived(&path());
    let window: EventTarget = window().into();
    listen(&window, "scroll", |_| {
        // Not at once: a page that is being taken away shrinks, and that is no place to come back to.
        if IS_NOTING.replace(true) {
            return;
        }
        let seen = address();
        crate::browser::after(120, move || {
            IS_NOTING.set(false);
            // A page that is not on screen yet, or no longer, has no place.
            if address() == seen && ON_SCREEN.with_borrow(|here| *here == path()) {
                note();
            }
        });
    });
    listen(&window, "click", |_| {
        note();
        turn();
    });
    for moved in ["wheel", "touchstart", "keydown"] {
        listen(&window, moved, |_| {
            turn();
        });
    }
    listen(&window, "popstate", |_| {
        let wanted = PLACES.with_borrow(|places| places.get(&address()).copied()).unwrap_or(0.0);
        take(turn(), address(), wanted, MOST, 0);
    });
    // Another document, or this one loaded anew: the browser does it, from the server's HTML.
    listen(&window, "pagehide", |_| restore(ScrollRestoration::Auto));
    listen(&window, "pageshow", |_| restore(ScrollRestoration::Manual));
}

fn restore(by: ScrollRestoration) {
    if let Ok(history) = window().history() {
        let _ = history.set_scroll_restoration(by);
    }
}

fn listen(target: &EventTarget, name: &str, act: impl Fn(Event) + 'static) {
    let act = Closure::<dyn Fn(Event)>::new(act);
    let _ = target.add_event_listener_with_callback_and_bool(name, act.as_ref().unchecked_ref(), true);
    act.forget();
}

fn take(mine: u32, wanted_at: String, wanted: f64, left: u32, settled: u32) {
    if TURN.get() != mine || address() != wanted_at || left == 0 || settled >= SETTLED {
        return;
    }
    let is_here = ON_SCREEN.with_borrow(|here| *here == path());
    let mut settled = settled;
    if is_here {
        let most =
            leptos::prelude::document().document_element().map_or(0.0, |root| f64::from(root.scroll_height() - root.client_height()));
        if (now() - wanted).abs() < 1.0 {
            settled += 1;
        } else {
            settled = 0;
            if most + 1.0 >= wanted {
                window().scroll_to_with_x_and_y(0.0, wanted);
            }
        }
    }
    crate::browser::after(STEP, move || take(mine, wanted_at, wanted, left - 1, settled));
}
