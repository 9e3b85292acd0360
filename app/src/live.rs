//! Follows what happens: one event stream per tab, closed while the tab is hidden.
//!
//! The stream carries states, never increments, so that a message twice or a snapshot after a gap does no harm.
//! Between messages scores age here: at each `next_change` the shared `assess` decides again, without a request (D4).

pub use brief::{DeviceBrief, Doing};
use clock::ServerClock;
use domain::{
    health::assess,
    ids::{AccountId, DeviceId, OrganizationId},
    live::{CountsNow, DeviceNow, OrganizationNow, RunNow},
    saas::{AccountNow, SaasNow},
    time::Time,
};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use std::collections::HashMap;
use watched::Watched;

mod brief;
mod clock;
#[cfg(feature = "hydrate")]
mod stream;
mod watched;

#[cfg(feature = "hydrate")]
thread_local! {
    /// Tells the stream, once it is there, that other things are on screen now.
    static WAKE: std::cell::Cell<Option<fn()>> = const { std::cell::Cell::new(None) };
}

/// The stream and the ageing are a part of the program of their own: who is not signed in needs neither, and does not wait for them.
#[wasm_split(live, wasm_split_path = ::leptos::wasm_split, preload(_load_live), fallible)]
fn stream_part(live: Live) -> Result<(), SplitLoaderError> {
    #[cfg(feature = "hydrate")]
    WAKE.set(Some(stream::start(live)));
    let _ = live;
    Ok(())
}

/// Fetches the stream's part and starts it; asks again while it can't be had.
#[cfg(feature = "hydrate")]
fn begin(live: Live) {
    leptos::task::spawn_local(async move {
        if stream_part(live).await.is_err() {
            crate::browser::after(AGAIN, move || begin(live));
        }
    });
}

#[cfg(feature = "hydrate")]
const AGAIN: u32 = 5_000;

/// How the page hears of what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// Not yet connected.
    Starting,
    /// Connected, and heard of within half a minute.
    Live,
    /// Nothing heard since then.
    Stale(Time),
}

/// Context: everything that moves by itself. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Live {
    /// How the page hears of what happens.
    pub pulse: RwSignal<Pulse>,
    /// The server has another build than this page.
    pub is_outdated: RwSignal<bool>,
    /// Counts of the scope; none before the first message.
    pub counts: RwSignal<Option<CountsNow>>,
    /// Counts of the scope's SaaS accounts; none before the first message, and where there is no connection.
    pub saas: RwSignal<Option<SaasNow>>,
    /// The server's time as far as known, every ten seconds; none on the server and until hydration is done.
    pub now: RwSignal<Option<Time>>,
    /// The last device that changed, whether on screen or not: lists may want to offer new rows.
    pub last_change: RwSignal<Option<DeviceId>>,
    devices: Watched<DeviceId, DeviceNow>,
    rows: Watched<DeviceId, DeviceBrief>,
    /// What the stream told last of the devices that have a row: it ages here.
    told: StoredValue<HashMap<DeviceId, DeviceNow>>,
    organizations: Watched<OrganizationId, OrganizationNow>,
    runs: Watched<DeviceId, Vec<RunNow>>,
    accounts: Watched<AccountId, AccountNow>,
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server never asks"))]
    server: StoredValue<ServerClock>,
}

/// The time of [`Live`], for relative times. None on the server and until hydration is done, so that both write the same HTML.
pub fn use_now() -> RwSignal<Option<Time>> {
    Live::get().now
}

impl Live {
    fn new() -> Self {
        Self {
            pulse: RwSignal::new(Pulse::Starting),
            is_outdated: RwSignal::new(false),
            counts: RwSignal::new(None),
            saas: RwSignal::new(None),
            now: RwSignal::new(None),
            last_change: RwSignal::new(None),
            devices: Watched::new(),
            rows: Watched::new(),
            told: StoredValue::new(HashMap::new()),
            organizations: Watched::new(),
            runs: Watched::new(),
            accounts: Watched::new(),
            server: StoredValue::new(ServerClock::default()),
        }
    }

    /// Makes the context; once, at the top of the app. The stream runs only for somebody who is signed in.
    pub fn provide(is_signed_in: bool) {
        let live = Self::new();
        provide_context(live);
        // Not before hydration is done: the server knows no time.
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| {
            crate::components::when_whole(move || {
                live.now.set(Some(crate::browser::clock()));
                if is_signed_in {
                    begin(live);
                }
            });
        });
        let _ = is_signed_in;
    }

    /// The context.
    pub fn get() -> Self {
        use_context::<Self>().unwrap_or_else(Self::new)
    }

    /// A device that a page shows: from now on, until the page is gone, its signal follows the stream and ages by itself.
    /// `seen` is what the page's own data says; a newer state that is known already is kept.
    pub fn watch(&self, seen: DeviceNow) -> RwSignal<DeviceNow> {
        let live = *self;
        let signal = self.devices.begin(seen.device, seen, move || live.watch_changed());
        self.watch_changed();
        signal
    }

    /// A device in a row: its signal follows the stream until the page is gone, and ages once the stream has told what decides its health.
    pub fn watch_row(&self, seen: DeviceBrief) -> RwSignal<DeviceBrief> {
        let live = *self;
        let signal = self.rows.begin(seen.device, seen, move || live.watch_changed());
        self.watch_changed();
        signal
    }

    /// A device in a row as it is shown now; none: no row shows it.
    pub fn row(&self, device: DeviceId) -> Option<DeviceBrief> {
        self.rows.now(device)
    }

    /// A device of which a page shows only runs: those that the stream told of last, until the page is gone; none at first.
    pub fn follow_runs(&self, device: DeviceId) -> RwSignal<Vec<RunNow>> {
        let live = *self;
        let signal = self.runs.begin(device, Vec::new(), move || live.watch_changed());
        self.watch_changed();
        signal
    }

    /// An organization that a page shows: its counts and worst device follow the stream until the page is gone.
    pub fn watch_organization(&self, seen: OrganizationNow) -> RwSignal<OrganizationNow> {
        let live = *self;
        let signal = self.organizations.begin(seen.organization, seen, move || live.watch_changed());
        self.watch_changed();
        signal
    }

    /// A SaaS account that a page shows: its results and open runs follow the stream until the page is gone.
    pub fn watch_account(&self, seen: AccountNow) -> RwSignal<AccountNow> {
        let live = *self;
        let signal = self.accounts.begin(seen.account, seen, move || live.watch_changed());
        self.watch_changed();
        signal
    }

    /// An account of which a page only wants to hear that it moved; nothing is known of it at first.
    pub fn follow_account(&self, account: AccountId) -> RwSignal<AccountNow> {
        self.watch_account(AccountNow {
            account,
            organization: OrganizationId(0),
            running: 0,
            retrying: 0,
            last_result: None,
            last_at: None,
            workloads: Vec::new(),
        })
    }

    fn watch_changed(&self) {
        #[cfg(feature = "hydrate")]
        if let Some(wake) = WAKE.get() {
            wake();
        }
    }

    /// What the server says of a device.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server hears nothing"))]
    fn take(&self, device: DeviceNow) {
        let id = device.device;
        self.devices.take(id, &device);
        self.runs.take(id, &device.runs);
        if self.rows.has(id) {
            self.rows.take(id, &DeviceBrief::from(&device));
            self.told.update_value(|told| {
                told.insert(id, device);
            });
        }
        self.last_change.set(Some(id));
    }

    /// Decides again for each watched device whose time has come. Gives the earliest time that is still to come.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server has the reconciler"))]
    fn age(&self, now: Time) -> Option<Time> {
        let mut next: Vec<Time> = Vec::new();
        for signal in self.devices.signals() {
            if signal.try_with_untracked(|device| is_due(device, now)) == Some(true) {
                let _ = signal.try_update(|device| decide(device, now));
            }
            next.extend(signal.try_with_untracked(|d| d.next_change).flatten());
        }
        let mut aged = Vec::new();
        self.told.update_value(|told| {
            told.retain(|id, _| self.rows.has(*id));
            for device in told.values_mut() {
                if is_due(device, now) {
                    decide(device, now);
                    aged.push(DeviceBrief::from(&*device));
                }
                next.extend(device.next_change);
            }
        });
        for brief in aged {
            self.rows.take(brief.device, &brief);
        }
        next.into_iter().min()
    }
}

fn is_due(device: &DeviceNow, now: Time) -> bool {
    device.next_change.is_some_and(|due| due <= now)
}

fn decide(device: &mut DeviceNow, now: Time) {
    let decided = assess(&device.facts, now);
    device.score = decided.score;
    device.band = decided.band;
    device.next_change = decided.next_change.filter(|n| *n > now);
}
