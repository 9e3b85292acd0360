//! A started portal on a fresh store, with a clock that tests set.

use domain::{
    access::Actor,
    ids::{DeviceId, OrganizationId, PartnerId, UserId},
    policy::DeviceClass,
    run::{RunEvent, RunState},
    time::{Span, Time},
};
use engine::{
    Engine,
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    store::{
        Store,
        devices::{self, NewDevice},
        organizations::{self, NewOrganization},
        people::{self, FirstOwner},
        sessions,
    },
    testing::Fresh,
};
use std::sync::Arc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Monday 2026-11-16 08:00 UTC.
pub const MONDAY: Time = Time(1_794_816_000_000);
pub const PASSWORD: &str = "correct horse battery";
pub const EMAIL: &str = "Ada@example.org";

pub struct World {
    pub engine: Engine,
    pub owner: Actor,
    pub user: UserId,
    pub partner: PartnerId,
    _ends: DropGuard,
    _fresh: Fresh,
}

impl World {
    /// A portal whose first owner has signed in; days are counted in Berlin.
    pub async fn started(fresh: Fresh) -> Self {
        let first = FirstOwner {
            email: EMAIL.into(),
            name: "Ada".into(),
            password: PASSWORD.into(),
            partner: "Northwind".into(),
            time_zone: "Europe/Berlin".into(),
        };
        let (user, partner) = people::first_start(&fresh.store, first, MONDAY).await.unwrap();
        let token = sessions::sign_in(&fresh.store, EMAIL, PASSWORD, "test", MONDAY).await.unwrap().token;
        let owner = sessions::find(&fresh.store, &token, MONDAY).await.unwrap().unwrap().actor;
        let cancel = CancellationToken::new();
        let engine = Engine::start_driven(fresh.store.clone(), Arc::new(|| MONDAY), cancel.clone());
        Self { engine, owner, user, partner, _ends: cancel.drop_guard(), _fresh: fresh }
    }

    pub fn store(&self) -> &Store {
        &self.engine.store
    }

    pub async fn organization(&self, name: &str) -> OrganizationId {
        let new = NewOrganization { name: name.into(), ..Default::default() };
        organizations::create(self.store(), &self.owner, new, MONDAY).await.unwrap()
    }

    pub async fn device(&self, organization: OrganizationId, name: &str) -> DeviceId {
        devices::create(&self.engine, &self.owner, new_device(organization, name), MONDAY).await.unwrap()
    }

    pub async fn report(&self, device: DeviceId, run: &str, state: RunState, at: Time) {
        self.report_with(device, run, RunEvent::new(state, at), None).await;
    }

    pub async fn report_with(&self, device: DeviceId, run: &str, event: RunEvent, log: Option<&str>) {
        self.report_as(&Actor::system(self.owner.scope.clone()), device, run, event, log).await;
    }

    pub async fn report_as(&self, sender: &Actor, device: DeviceId, run: &str, event: RunEvent, log: Option<&str>) {
        let at = event.at;
        let event = IncomingEvent {
            subject: Subject::Device(device),
            job: JobRef::Named("nightly".into()),
            run: RunRef::Key(run.into()),
            event,
            log: log.map(Into::into),
        };
        let receipt = self.engine.ingest.submit(sender, vec![event], at + Span::SECOND).await.unwrap();
        assert_eq!((receipt.accepted, receipt.rejected.len()), (1, 0), "{receipt:?}");
    }
}

pub fn new_device(organization: OrganizationId, name: &str) -> NewDevice {
    NewDevice { organization, name: name.into(), class: DeviceClass::Server, policy: None, quota_bytes: None, tags: Vec::new() }
}
