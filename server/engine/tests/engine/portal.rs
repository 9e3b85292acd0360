//! A small portal for tests of the engine: a partner, an organization, devices, and a clock that is an argument.

use domain::{
    access::{Actor, Scope},
    ids::{DeviceId, OrganizationId, PartnerId, PolicyId},
    policy::{DeviceClass, Policy},
    run::{RunEvent, RunState},
    schedule::Schedule,
    time::{Span, Time},
};
use engine::{
    Engine,
    ingest::{IncomingEvent, JobRef, Receipt, RunRef, Subject},
    store::{devices, organizations, partners, people, policies},
    testing::Fresh,
};
use sea_orm::{ConnectionTrait, Statement};
use tokio_util::sync::CancellationToken;

/// 2026-06-01T00:00:00Z, a Monday.
pub const T0: Time = Time(1_780_272_000_000);

pub struct Portal {
    pub engine: Engine,
    pub fresh: Fresh,
    pub actor: Actor,
    pub partner: PartnerId,
    pub organization: OrganizationId,
    pub cancel: CancellationToken,
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

pub const fn minutes(n: i64) -> Time {
    Time(T0.0 + n * 60_000)
}

pub const fn hours(n: i64) -> Time {
    minutes(n * 60)
}

impl Portal {
    /// A new portal; everything in it begins at `T0`.
    pub async fn new(fresh: Fresh) -> Self {
        let first = people::FirstOwner {
            email: "owner@example.org".into(),
            name: "Owner".into(),
            password: "correct horse battery".into(),
            partner: "Partner".into(),
            time_zone: "Europe/Berlin".into(),
        };
        let (_, partner) = people::first_start(&fresh.store, first, T0).await.unwrap();
        Self::of(fresh, partner).await
    }

    async fn of(fresh: Fresh, partner: PartnerId) -> Self {
        let actor = Actor::system(Scope::Partners([partner].into()));
        let new = organizations::NewOrganization { name: "Client".into(), ..Default::default() };
        let organization = organizations::create(&fresh.store, &actor, new, T0).await.unwrap();
        let cancel = CancellationToken::new();
        let engine = Engine::start_driven(fresh.store.clone(), std::sync::Arc::new(|| T0), cancel.clone());
        Self { engine, fresh, actor, partner, organization, cancel }
    }

    pub async fn sub_partner(&self, name: &str) -> PartnerId {
        partners::create(&self.fresh.store, &self.actor, name, "UTC", Some(self.partner), T0).await.unwrap()
    }

    pub fn key(&self) -> Actor {
        Actor::system(Scope::Organization(self.partner, self.organization))
    }

    pub async fn policy(&self, name: &str, policy: Policy) -> PolicyId {
        let new = policies::NewPolicy { partner: None, name: name.into(), policy };
        policies::create(&self.fresh.store, &self.actor, new, T0).await.unwrap()
    }

    pub async fn device(&self, name: &str) -> DeviceId {
        self.device_with(name, None).await
    }

    pub async fn device_with(&self, name: &str, policy: Option<PolicyId>) -> DeviceId {
        let new = devices::NewDevice {
            organization: self.organization,
            name: name.into(),
            class: DeviceClass::Server,
            policy,
            quota_bytes: None,
            tags: Vec::new(),
        };
        devices::create(&self.engine, &self.actor, new, T0).await.unwrap()
    }

    pub async fn send(&self, events: Vec<IncomingEvent>, now: Time) -> Receipt {
        self.engine.ingest.submit(&self.key(), events, now).await.unwrap()
    }

    /// One event of the job `nightly` that is refused by nobody.
    pub async fn say(&self, device: &str, run: &str, state: RunState, at: Time) {
        let receipt = self.send(vec![event(device, "nightly", run, state, at)], at).await;
        assert_eq!((receipt.accepted, receipt.rejected), (1, Vec::new()));
    }

    /// Lets time pass in steps, so that everything happens at its own time.
    pub async fn pass(&self, from: Time, to: Time, step: Span) {
        let mut now = from;
        while now <= to {
            self.engine.reconciler.tick(now).await.unwrap();
            now += step;
        }
    }

    /// Rows of a query, as text, one line each, columns parted by `|`.
    pub async fn rows(&self, sql: &str, columns: usize) -> Vec<String> {
        let store = &self.fresh.store;
        let rows = store.reads().query_all_raw(Statement::from_string(store.backend(), sql)).await.unwrap();
        rows.iter()
            .map(|row| {
                (0..columns)
                    .map(|place| {
                        row.try_get_by_index::<Option<String>>(place)
                            .map(|v| v.unwrap_or_else(|| "-".into()))
                            .or_else(|_| {
                                row.try_get_by_index::<Option<i64>>(place).map(|v| v.map_or_else(|| "-".into(), |v| v.to_string()))
                            })
                            .or_else(|_| row.try_get_by_index::<bool>(place).map(|v| v.to_string()))
                            .unwrap()
                    })
                    .collect::<Vec<_>>()
                    .join("|")
            })
            .collect()
    }

    /// Kind, severity, whether it is resolved, times reopened, muted: of all alerts, oldest first.
    pub async fn alerts(&self) -> Vec<String> {
        self.rows(
            "SELECT kind, severity, CASE WHEN resolved_at IS NULL THEN 'open' ELSE 'resolved' END, reopened, \
             CASE WHEN muted THEN 'muted' ELSE 'heard' END FROM alerts ORDER BY opened_at, kind",
            5,
        )
        .await
    }

    pub async fn alert_events(&self) -> Vec<String> {
        self.rows("SELECT a.kind, e.what FROM alert_events e JOIN alerts a ON a.partner_id = e.partner_id AND a.id = e.alert_id ORDER BY e.at, e.id", 2).await
    }

    pub async fn runs(&self) -> Vec<String> {
        self.rows("SELECT run_key, state FROM runs ORDER BY started_at, run_key", 2).await
    }

    pub async fn band(&self, device: DeviceId) -> String {
        self.rows(&format!("SELECT band FROM device_state WHERE device_id = {}", device.0), 1).await.remove(0)
    }

    pub async fn no_drift(&self) {
        let drifts = engine::check::recount(&self.fresh.store).await.unwrap();
        assert!(drifts.is_empty(), "{drifts:#?}");
    }
}

pub fn event(device: &str, job: &str, run: &str, state: RunState, at: Time) -> IncomingEvent {
    IncomingEvent {
        subject: Subject::Named { device: Some(device.into()), organization: None },
        job: JobRef::Named(job.into()),
        run: RunRef::Key(run.into()),
        event: RunEvent::new(state, at),
        log: None,
    }
}

pub fn every(minutes: u32) -> Policy {
    Policy { schedule: Schedule::Every { every_minutes: minutes }, ..Policy::default() }
}
