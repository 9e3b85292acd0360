//! The browser's half of [`super::Live`]: the event stream, its reconnection, the clock and the ageing.

use super::{Live, Pulse};
use crate::components::Turn;
use domain::{
    ids::{AccountId, DeviceId, OrganizationId},
    live::{CountsNow, DeviceNow, OrganizationNow, Snapshot},
    saas::{AccountNow, SaasNow},
    time::{Span, Time},
};
use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use std::{cell::RefCell, collections::VecDeque, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// The server says `ping` every 15 s; two of them missing is stale.
const SILENCE: Span = Span(35_000);
const TICK: u32 = 10_000;
const FIRST_WAIT: u32 = 500;
const LONGEST_WAIT: u32 = 30_000;
/// Most devices, most organizations and most accounts that the server lets a stream watch.
const MOST_WATCHED: usize = 300;

/// Devices of the scope that changed and are not watched.
#[derive(serde::Deserialize)]
struct Others {
    devices: Vec<DeviceId>,
}

/// The server is there, and what time it is there.
#[derive(serde::Deserialize)]
struct Ping {
    at: Time,
}

/// What is on screen.
type Asked = (Vec<DeviceId>, Vec<OrganizationId>, Vec<AccountId>);

struct Stream {
    live: Live,
    source: Option<EventSource>,
    handlers: Vec<Closure<dyn FnMut(MessageEvent)>>,
    on_error: Option<Closure<dyn FnMut()>>,
    asked: Asked,
    failures: u32,
    heard_at: Time,
    reconnect: Option<Timeout>,
    rewatch: Option<Timeout>,
    ageing: Option<Timeout>,
}

thread_local! {
    /// Devices that were told and are still to be read: those of a whole page would take a phone a fifth of a second in one task.
    static UNREAD: RefCell<VecDeque<JsValue>> = const { RefCell::new(VecDeque::new()) };
    static STREAM: RefCell<Option<Rc<RefCell<Stream>>>> = const { RefCell::new(None) };
}

fn stream() -> Option<Rc<RefCell<Stream>>> {
    STREAM.with(|s| s.borrow().clone())
}

fn server_now(live: Live) -> Time {
    live.server.get_value().now(crate::browser::clock())
}

/// The server has said what time it is.
fn server_is_at(live: Live, told: Time) {
    let before = live.server.get_value();
    let server = before.heard(told, crate::browser::clock());
    if server != before {
        live.server.set_value(server);
        live.now.set(Some(server_now(live)));
    }
}

/// Begins; once, for somebody who is signed in, when hydration is done. Gives what tells it that other things are on screen now.
pub(super) fn start(live: Live) -> fn() {
    let stream = Rc::new(RefCell::new(Stream {
        live,
        source: None,
        handlers: Vec::new(),
        on_error: None,
        asked: Asked::default(),
        failures: 0,
        heard_at: crate::browser::clock(),
        reconnect: None,
        rewatch: None,
        ageing: None,
    }));
    STREAM.with(|s| *s.borrow_mut() = Some(stream));
    live.now.set(Some(server_now(live)));
    Interval::new(TICK, move || tick(live)).forget();
    let visibility = Closure::<dyn FnMut()>::new(move || {
        if crate::browser::is_visible() {
            live.now.set(Some(server_now(live)));
            open();
            age();
        } else {
            close();
        }
    });
    let _ = document().add_event_listener_with_callback("visibilitychange", visibility.as_ref().unchecked_ref());
    visibility.forget();
    if crate::browser::is_visible() {
        open();
    }
    age();
    watch_changed
}

fn tick(live: Live) {
    if !crate::browser::is_visible() {
        return;
    }
    live.now.set(Some(server_now(live)));
    let Some(stream) = stream() else { return };
    let heard_at = stream.borrow().heard_at;
    if crate::browser::clock() - heard_at > SILENCE {
        stale(live, heard_at);
        // The connection may hang without an error: begin anew.
        if live.pulse.get_untracked() != Pulse::Live && stream.borrow().reconnect.is_none() {
            failed();
        }
    }
}

fn stale(live: Live, since: Time) {
    if !matches!(live.pulse.get_untracked(), Pulse::Stale(_)) {
        live.pulse.set(Pulse::Stale(since));
    }
}

/// The devices on screen are others now: asks for them soon, so that a page that makes many signals asks once.
fn watch_changed() {
    let Some(stream) = stream() else { return };
    let timeout = Timeout::new(150, || {
        if let Some(stream) = self::stream() {
            stream.borrow_mut().rewatch = None;
            let live = stream.borrow().live;
            if stream.borrow().source.is_some() && stream.borrow().asked != watched(live) {
                open();
            }
        }
        age();
    });
    stream.borrow_mut().rewatch = Some(timeout);
}

fn watched(live: Live) -> Asked {
    let mut devices = live.devices.ids(MOST_WATCHED);
    devices.extend(live.rows.ids(MOST_WATCHED));
    devices.extend(live.runs.ids(MOST_WATCHED));
    devices.sort_unstable();
    devices.dedup();
    devices.truncate(MOST_WATCHED);
    (devices, live.organizations.ids(MOST_WATCHED), live.accounts.ids(MOST_WATCHED))
}

fn list<I: ToString>(ids: &[I]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

fn close() {
    let Some(stream) = stream() else { return };
    let mut s = stream.borrow_mut();
    if let Some(source) = s.source.take() {
        source.close();
    }
    s.handlers.clear();
    s.on_error = None;
    s.reconnect = None;
}

fn open() {
    close();
    let Some(stream) = stream() else { return };
    let live = stream.borrow().live;
    if !crate::browser::is_visible() {
        return;
    }
    let asked = watched(live);
    let address = format!("/live?devices={}&organizations={}&accounts={}", list(&asked.0), list(&asked.1), list(&asked.2));
    let Ok(source) = EventSource::new(&address) else {
        failed();
        return;
    };
    let mut s = stream.borrow_mut();
    s.asked = asked;
    for name in ["snapshot", "device", "organization", "account", "counts", "saas", "new", "ping"] {
        let handler = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            heard();
            if name == "device" {
                later(live, event.data());
            } else if let Some(data) = event.data().as_string() {
                take(live, name, &data);
            }
        });
        let _ = source.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
        s.handlers.push(handler);
    }
    let on_error = Closure::<dyn FnMut()>::new(|| crate::browser::after(0, failed));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    s.on_error = Some(on_error);
    s.source = Some(source);
}

fn heard() {
    let Some(stream) = stream() else { return };
    let mut s = stream.borrow_mut();
    s.heard_at = crate::browser::clock();
    s.failures = 0;
    let live = s.live;
    drop(s);
    if live.pulse.get_untracked() != Pulse::Live {
        live.pulse.set(Pulse::Live);
    }
}

/// Tries again, later each time up to half a minute, never gives up. The wait is spread so that many tabs don't come at once.
fn failed() {
    close();
    let Some(stream) = stream() else { return };
    let mut s = stream.borrow_mut();
    let (live, heard_at) = (s.live, s.heard_at);
    let wait = FIRST_WAIT.saturating_mul(1 << s.failures.min(6)).min(LONGEST_WAIT);
    s.failures = s.failures.saturating_add(1);
    let failures = s.failures;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between half and whole of at most 30,000")]
    let spread = (f64::from(wait) * (0.5 + js_sys::Math::random() / 2.0)) as u32;
    s.reconnect = Some(Timeout::new(spread, || {
        if let Some(stream) = self::stream() {
            stream.borrow_mut().reconnect = None;
        }
        open();
    }));
    drop(s);
    if failures > 1 {
        stale(live, heard_at);
    }
}

/// Keeps what is told of a device, to be read after what came before it. A few dozen may come in one task of the browser.
fn later(live: Live, told: JsValue) {
    let is_first = UNREAD.with_borrow_mut(|unread| {
        unread.push_back(told);
        unread.len() == 1
    });
    if is_first {
        crate::browser::after(0, move || read_on(live));
    }
}

/// Reads what was told of devices, for a turn.
fn read_on(live: Live) {
    let turn = Turn::begin();
    while let Some(told) = UNREAD.with_borrow_mut(VecDeque::pop_front) {
        if let Some(Ok(device)) = told.as_string().map(|text| crate::wire::read::<DeviceNow>(&text)) {
            live.take(device);
        }
        if turn.is_over() && UNREAD.with_borrow(|unread| !unread.is_empty()) {
            crate::browser::after(0, move || read_on(live));
            return;
        }
    }
    age();
}

fn take(live: Live, name: &str, data: &str) {
    match name {
        "snapshot" => {
            let Ok(snapshot) = crate::wire::read::<Snapshot>(data) else { return };
            server_is_at(live, snapshot.at);
            if crate::browser::root_attribute("data-build").is_some_and(|b| !b.is_empty() && b != snapshot.build) {
                live.is_outdated.set(true);
            }
            live.counts.set(Some(snapshot.counts));
            if live.saas.get_untracked() != snapshot.saas {
                live.saas.set(snapshot.saas);
            }
            for account in snapshot.accounts {
                live.accounts.take(account.account, &account);
            }
            for organization in snapshot.organizations {
                live.organizations.take(organization.organization, &organization);
            }
        }
        "organization" => {
            if let Ok(now) = crate::wire::read::<OrganizationNow>(data) {
                live.organizations.take(now.organization, &now);
            }
        }
        "account" => {
            if let Ok(now) = crate::wire::read::<AccountNow>(data) {
                live.accounts.take(now.account, &now);
            }
        }
        "saas" => {
            if let Ok(now) = crate::wire::read::<SaasNow>(data)
                && live.saas.get_untracked() != Some(now)
            {
                live.saas.set(Some(now));
            }
        }
        "new" => {
            if let Ok(Others { devices }) = crate::wire::read::<Others>(data)
                && let Some(device) = devices.last()
            {
                live.last_change.set(Some(*device));
            }
        }
        "counts" => {
            if let Ok(counts) = crate::wire::read::<CountsNow>(data)
                && live.counts.get_untracked() != Some(counts)
            {
                live.counts.set(Some(counts));
            }
        }
        "ping" => {
            if let Ok(Ping { at }) = crate::wire::read::<Ping>(data) {
                server_is_at(live, at);
                // It may be later than was thought.
                age();
            }
        }
        _ => {}
    }
}

/// Lets scores age, and comes again when the next of them changes.
fn age() {
    let Some(stream) = stream() else { return };
    let live = stream.borrow().live;
    let now = server_now(live);
    let next = live.age(now);
    let timer = next.map(|next| {
        // A browser's timer holds at most 24 days; a long sleep is checked again anyway.
        let wait = (next - now).0.clamp(20, 3_600_000);
        Timeout::new(u32::try_from(wait).unwrap_or(3_600_000) + 5, age)
    });
    stream.borrow_mut().ageing = timer;
}
