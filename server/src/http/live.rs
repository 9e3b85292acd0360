//! `GET /live`: one event stream per open tab (D6, live counts).
//!
//! First a snapshot of the scope and a `device` for each watched one, then small idempotent states: `device` and `account` of those watched, `organization` of the watched
//! organizations, `counts` of devices, `saas` of accounts, `new` for devices of the scope that are not watched. At most four a second of a topic: the first at once, the rest as one at the end of the beat.
//! A real `ping` every 15 s. After a lag: a new snapshot. It ends with the server, the session, or the scope.

use super::{
    auth::Caller,
    error::{ApiError, ApiResult},
    read::Search,
};
use crate::portal::Portal;
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use domain::{
    access::{Action, Actor},
    ids::{AccountId, DeviceId, OrganizationId},
};
use engine::live::{self, BEAT, Change, ChangeOf, OrganizationState, OrganizationWatch, ScopeNow, Watched};
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    fmt::Display,
    str::FromStr,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Most devices, and most organizations, a tab may watch.
const MAX_WATCHED: usize = 300;
/// A real event, so that the page can tell a quiet stream from a dead one.
const PING: Duration = Duration::from_secs(15);
/// How often it is asked whether the session and scope still hold.
const RECHECK: Duration = Duration::from_secs(30);
/// Messages that may wait for a slow reader; then it lags and gets a snapshot.
const QUEUE: usize = 64;

/// What a tab watches.
#[derive(Debug, Default, Deserialize)]
pub struct Watch {
    /// Ids of devices, separated by commas.
    #[serde(default)]
    devices: String,
    /// Ids of SaaS accounts, separated by commas.
    #[serde(default)]
    accounts: String,
    /// Ids of organizations, separated by commas.
    #[serde(default)]
    organizations: String,
}

fn ids<T: FromStr>(name: &str, too_many: &'static str, text: &str) -> ApiResult<Vec<T>>
where
    T::Err: Display,
{
    let ids: Result<Vec<T>, _> = text.split(',').filter(|id| !id.is_empty()).map(str::parse).collect();
    let ids = ids.map_err(|error| ApiError::malformed("bad_query", format!("{name}: {error}")))?;
    if ids.len() > MAX_WATCHED {
        return Err(ApiError::malformed(too_many, format!("a stream watches at most {MAX_WATCHED} {name}")));
    }
    Ok(ids)
}

/// Opens a stream.
pub async fn stream(State(portal): State<Portal>, caller: Caller, Search(watch): Search<Watch>) -> ApiResult<Response> {
    if !caller.actor.may(Action::SeeDashboards) {
        return Err(ApiError::forbidden("see dashboards"));
    }
    let watched = ids("devices", "too_many_devices", &watch.devices)?;
    let accounts: Vec<AccountId> = ids("accounts", "too_many_accounts", &watch.accounts)?;
    let organizations: Vec<OrganizationId> = ids("organizations", "too_many_organizations", &watch.organizations)?;
    let (sender, receiver) = mpsc::channel(QUEUE);
    let counts = portal.feeds().join(&portal, &caller.actor).await?;
    let organizations = live::watch(portal.store(), &portal.engine().live, &caller.actor, &organizations).await?;
    let mut tab = Tab {
        actor: caller.actor.clone(),
        portal: portal.clone(),
        caller,
        watched,
        accounts,
        organizations,
        sent_organizations: HashMap::new(),
        topics: HashMap::new(),
        fresh: HashSet::new(),
        fresh_at: None,
        counts,
        counts_at: None,
        sent_counts: None,
        sender,
    };
    // A fault here is still an answer with a status.
    let changes = portal.engine().live.subscribe();
    let snapshot = tab.snapshot().await?;
    portal.metrics().streams.inc();
    tokio::spawn(async move {
        let metrics = tab.portal.clone();
        if tab.send_all(snapshot).await.is_ok() {
            tab.run(changes).await;
        }
        metrics.metrics().streams.dec();
    });
    let events = futures_util::stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|event| (event, receiver)));
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// A topic's last state: when it was sent, and what waits for the end of the beat.
#[derive(Debug)]
struct Topic {
    of: ChangeOf,
    sent: Instant,
    waiting: Option<Arc<str>>,
}

struct Tab {
    portal: Portal,
    caller: Caller,
    actor: Actor,
    watched: Vec<DeviceId>,
    accounts: Vec<AccountId>,
    organizations: OrganizationWatch,
    /// What was said last of each: most changes of a device change nothing of its organization.
    sent_organizations: HashMap<OrganizationId, Arc<str>>,
    topics: HashMap<DeviceId, Topic>,
    /// Unwatched devices that changed.
    fresh: HashSet<DeviceId>,
    fresh_at: Option<Instant>,
    counts: watch::Receiver<ScopeNow>,
    counts_at: Option<Instant>,
    sent_counts: Option<ScopeNow>,
    sender: mpsc::Sender<Result<Event, Infallible>>,
}

/// The tab is gone, or must go.
struct Over;

impl Tab {
    /// The scope as it is, then each watched device.
    async fn snapshot(&mut self) -> ApiResult<Vec<Event>> {
        let build = self.portal.site().build().to_owned();
        let watched = Watched { devices: &self.watched, accounts: &self.accounts };
        let (snapshot, devices) =
            live::snapshot(self.portal.store(), &self.actor, &watched, &self.organizations, &build, self.portal.now()).await?;
        self.sent_counts = Some(ScopeNow { counts: snapshot.counts, saas: snapshot.saas });
        self.topics.clear();
        self.fresh.clear();
        self.sent_organizations.clear();
        let fault = |error: serde_json::Error| ApiError::internal(error.to_string());
        let scope = Event::default().event("snapshot").data(serde_json::to_string(&snapshot).map_err(fault)?);
        let devices = devices.iter().map(|device| Ok(Event::default().event("device").data(serde_json::to_string(device).map_err(fault)?)));
        std::iter::once(Ok(scope)).chain(devices).collect()
    }

    async fn run(&mut self, mut changes: tokio::sync::broadcast::Receiver<Arc<Vec<Change>>>) {
        let stop: CancellationToken = self.portal.stop().clone();
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut recheck = interval_at(Instant::now() + RECHECK, RECHECK);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.next_due();
            let sender = self.sender.clone();
            let done = tokio::select! {
                () = stop.cancelled() => Err(Over),
                () = sender.closed() => Err(Over),
                change = changes.recv() => match change {
                    Ok(batch) if !batch.is_empty() => self.take(&batch).await,
                    // Something may have been missed.
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        changes = changes.resubscribe();
                        self.begin_anew().await
                    }
                    Err(RecvError::Closed) => Err(Over),
                },
                states = self.organizations.next() => match states {
                    Some(states) => self.tell_organizations(states).await,
                    None => self.begin_anew().await,
                },
                Ok(()) = self.counts.changed() => {
                    self.counts_at.get_or_insert_with(Instant::now);
                    self.flush().await
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.flush().await,
                _ = ping.tick() => {
                    let at = json!({ "at": self.portal.now() });
                    self.send(Event::default().event("ping").data(at.to_string())).await
                }
                _ = recheck.tick() => self.recheck().await,
            };
            if done.is_err() {
                return;
            }
        }
    }

    async fn begin_anew(&mut self) -> Result<(), Over> {
        match self.snapshot().await {
            Ok(events) => self.send_all(events).await,
            Err(_) => Err(Over),
        }
    }

    /// They come at most four times a second each.
    async fn tell_organizations(&mut self, states: Vec<OrganizationState>) -> Result<(), Over> {
        for OrganizationState { organization, json } in states {
            if self.sent_organizations.get(&organization) != Some(&json) {
                self.send(Event::default().event("organization").data(&*json)).await?;
                self.sent_organizations.insert(organization, json);
            }
        }
        Ok(())
    }

    /// The session may have ended, or its scope been changed.
    async fn recheck(&mut self) -> Result<(), Over> {
        match self.caller.again(&self.portal).await {
            Some(actor) if actor == self.actor => Ok(()),
            // The page reconnects, and learns then what it may still see.
            _ => Err(Over),
        }
    }

    async fn take(&mut self, batch: &[Change]) -> Result<(), Over> {
        let now = Instant::now();
        for change in batch {
            if !self.actor.scope.contains(change.partner, Some(change.organization), Some(change.device)) {
                continue;
            }
            let watched = match change.of {
                ChangeOf::Device => self.watched.contains(&change.device),
                ChangeOf::Account => self.accounts.contains(&AccountId(change.device.0)),
            };
            if !watched {
                if change.of == ChangeOf::Device {
                    self.fresh.insert(change.device);
                }
                continue;
            }
            let topic = self.topics.entry(change.device).or_insert_with(|| Topic {
                of: change.of,
                sent: now.checked_sub(BEAT).unwrap_or(now),
                waiting: None,
            });
            topic.waiting = Some(change.json.clone());
        }
        self.flush().await
    }

    fn next_due(&self) -> Option<Instant> {
        let devices = self.topics.values().filter(|topic| topic.waiting.is_some()).map(|topic| topic.sent + BEAT).min();
        let fresh = (!self.fresh.is_empty()).then(|| self.fresh_at.map_or_else(Instant::now, |at| at + BEAT));
        [devices, fresh, self.counts_at].into_iter().flatten().min()
    }

    /// Sends what is due.
    async fn flush(&mut self) -> Result<(), Over> {
        let now = Instant::now();
        let mut due = Vec::new();
        for topic in self.topics.values_mut() {
            if topic.sent + BEAT <= now
                && let Some(json) = topic.waiting.take()
            {
                topic.sent = now;
                due.push((topic.of, json));
            }
        }
        for (of, json) in due {
            let name = match of {
                ChangeOf::Device => "device",
                ChangeOf::Account => "account",
            };
            self.send(Event::default().event(name).data(&*json)).await?;
        }
        if self.counts_at.is_some_and(|at| at <= now) {
            self.counts_at = None;
            let now = *self.counts.borrow_and_update();
            let sent = self.sent_counts.replace(now);
            if sent.is_none_or(|sent| sent.counts != now.counts) {
                let json = serde_json::to_string(&now.counts).map_err(|_| Over)?;
                self.send(Event::default().event("counts").data(json)).await?;
            }
            if let Some(saas) = now.saas.filter(|saas| sent.is_none_or(|sent| sent.saas != Some(*saas))) {
                let json = serde_json::to_string(&saas).map_err(|_| Over)?;
                self.send(Event::default().event("saas").data(json)).await?;
            }
        }
        if !self.fresh.is_empty() && self.fresh_at.is_none_or(|at| at + BEAT <= now) {
            self.fresh_at = Some(now);
            let json = json!({ "devices": self.fresh.iter().take(MAX_WATCHED).collect::<Vec<_>>() });
            self.fresh.clear();
            self.send(Event::default().event("new").data(json.to_string())).await?;
        }
        Ok(())
    }

    async fn send_all(&self, events: Vec<Event>) -> Result<(), Over> {
        for event in events {
            self.send(event).await?;
        }
        Ok(())
    }

    async fn send(&self, event: Event) -> Result<(), Over> {
        self.sender.send(Ok(event)).await.map_err(|_| Over)
    }
}
