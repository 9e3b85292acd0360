//! A whole portal for tests: three tenants, a person for every role, keys for every scope, a clock that is told the time.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use domain::{
    access::{Actor, KeyRights, Role, Scope},
    ids::{DeviceId, OrganizationId, PartnerId},
    policy::DeviceClass,
    time::{Span, Time},
};
use engine::{
    Engine,
    store::{
        devices::{self, NewDevice},
        keys::{self, KeyScope, NewKey},
        organizations::{self, NewOrganization},
        partners,
        people::{self, FirstOwner, NewMember},
        sessions,
    },
    testing::{self, Fresh, Kind},
};
use serde_json::Value;
use server::{
    config::{Config, Flags},
    consent::Consents,
    http::router,
    mail::Post,
    portal::Portal,
    secrets::Secrets,
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// 2026-11-20T22:00:00Z
pub const START: Time = Time(1_795_212_000_000);
const PASSWORD: &str = "a long enough password";

/// Who calls: a header.
#[derive(Clone, Debug)]
pub struct Who(pub &'static str, pub Option<(&'static str, String)>);

impl Who {
    pub fn nobody() -> Self {
        Self("nobody", None)
    }

    /// The key itself.
    pub fn key(&self) -> &str {
        self.1.as_ref().unwrap().1.strip_prefix("Bearer ").unwrap()
    }
}

/// An organization with a device.
#[derive(Clone, Debug)]
pub struct Client {
    pub partner: PartnerId,
    pub organization: OrganizationId,
    pub device: DeviceId,
    pub ping_uuid: String,
    /// May send for the organization.
    pub ingest: Who,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    /// The body of an error, its request id replaced.
    pub fn error(&self) -> Value {
        let mut body = self.json();
        assert_eq!(body["error"]["request_id"].as_str(), self.headers.get("x-request-id").map(|h| h.to_str().unwrap()));
        body["error"]["request_id"] = "…".into();
        body
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        self
    }
}

/// The portal.
pub struct TestApp {
    pub router: Router,
    pub engine: Engine,
    pub now: Arc<AtomicI64>,
    pub stop: CancellationToken,
    pub owner: Who,
    pub partner: PartnerId,
    /// Own organization, a neighbour of the same partner, the sub-reseller's, a foreign partner's.
    pub own: Client,
    pub neighbour: Client,
    pub sub: Client,
    pub foreign: Client,
    pub foreign_owner: Who,
    pub consents: Consents,
    pub secrets: Secrets,
    pub config: Config,
    fresh: Fresh,
}

pub fn system(partner: PartnerId) -> Actor {
    Actor::system(Scope::Partners([partner].into()))
}

impl TestApp {
    /// On SQLite.
    pub async fn new() -> Self {
        Self::with(Kind::Sqlite, Flags::default()).await
    }

    /// On a store of a kind, with settings.
    pub async fn with(kind: Kind, flags: Flags) -> Self {
        let fresh = testing::fresh(kind).await;
        let now = Arc::new(AtomicI64::new(START.0));
        let stop = CancellationToken::new();
        let clock = {
            let now = now.clone();
            Arc::new(move || Time(now.load(Ordering::Relaxed)))
        };
        let engine = Engine::start_driven(fresh.store.clone(), clock, stop.clone());
        let mut config = Config::read(&flags).unwrap();
        config.database = fresh.url.clone();
        let secrets = Secrets::passing().unwrap();
        let consents = Consents::new(engine.clone(), &config, &secrets, &config.address()).unwrap();
        let post = Post::new(engine.clone(), &config, &secrets).unwrap();
        let portal = Portal::new(engine.clone(), config.clone(), consents.clone(), post, None, stop.clone());
        let router = router(&portal);
        let store = &fresh.store;
        let first = FirstOwner {
            email: "owner@a.test".into(),
            name: "Owner".into(),
            password: PASSWORD.into(),
            partner: "Partner A".into(),
            time_zone: "UTC".into(),
        };
        let (_, partner) = people::first_start(store, first, START).await.unwrap();
        let sub = partners::create(store, &system(partner), "Sub-reseller", "UTC", Some(partner), START).await.unwrap();
        let (_, foreign) = people::create_owner(store, "owner@c.test", PASSWORD.into(), "Partner C", "UTC", START).await.unwrap();
        let own = client(&engine, partner, "Own").await;
        let neighbour = client(&engine, partner, "Neighbour").await;
        let sub = client(&engine, sub, "Below").await;
        let foreign = client(&engine, foreign, "Foreign").await;
        let owner = signed_in(&engine, "owner", "owner@a.test").await;
        let foreign_owner = signed_in(&engine, "foreign owner", "owner@c.test").await;
        Self { router, engine, now, stop, owner, partner, own, neighbour, sub, foreign, foreign_owner, consents, secrets, config, fresh }
    }

    /// What renews tokens in another server on the same data.
    pub async fn beside(&self) -> Consents {
        let store = engine::store::Store::open(&self.fresh.url).await.unwrap();
        let engine = Engine::start_driven(store, self.engine.clock.clone(), self.stop.clone());
        Consents::new(engine, &self.config, &self.secrets, &self.config.address()).unwrap()
    }

    pub fn time(&self) -> Time {
        Time(self.now.load(Ordering::Relaxed))
    }

    /// Lets time pass.
    pub async fn pass(&self, span: Span) {
        self.now.fetch_add(span.0, Ordering::Relaxed);
        self.engine.reconciler.tick(self.time()).await.unwrap();
    }

    /// A member of partner A; client roles belong to its own organization.
    pub async fn member(&self, name: &'static str, role: Role) -> Who {
        let email = format!("{}@a.test", name.replace(' ', "-"));
        let new = NewMember {
            partner: Some(self.partner),
            organization: role.is_client().then_some(self.own.organization),
            email: email.clone(),
            name: name.into(),
            password: PASSWORD.into(),
            role,
        };
        people::add_member(&self.engine.store, &system(self.partner), new, START).await.unwrap();
        signed_in(&self.engine, name, &email).await
    }

    /// A key of partner A.
    pub async fn key(&self, name: &'static str, scope: KeyScope, rights: KeyRights) -> Who {
        key(&self.engine, self.partner, name, scope, rights).await
    }

    pub async fn send(&self, who: &Who, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.raw(who, request, body.map_or_else(Body::empty, |b| Body::from(b.to_string()))).await
    }

    pub async fn raw(&self, who: &Who, mut request: axum::http::request::Builder, body: Body) -> Answer {
        if let Some((name, value)) = &who.1 {
            request = request.header(*name, value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer { status: parts.status, headers: parts.headers, body: to_bytes(body, 64 << 20).await.unwrap().to_vec() }
    }

    pub async fn get(&self, who: &Who, path: &str) -> Answer {
        self.send(who, Method::GET, path, None).await
    }

    pub async fn post(&self, who: &Who, path: &str, body: Value) -> Answer {
        self.send(who, Method::POST, path, Some(body)).await
    }

    /// A listener on a port of its own.
    pub async fn listen(&self) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(server::serve::accept(listener, self.router.clone(), self.stop.clone()));
        address
    }
}

async fn client(engine: &Engine, partner: PartnerId, name: &'static str) -> Client {
    let actor = system(partner);
    let new = NewOrganization { partner: Some(partner), name: name.into(), ..NewOrganization::default() };
    let organization = organizations::create(&engine.store, &actor, new, START).await.unwrap();
    let new = NewDevice { organization, name: "fs-01".into(), class: DeviceClass::Server, policy: None, quota_bytes: None, tags: vec![] };
    let device = devices::create(engine, &actor, new, START).await.unwrap();
    let ping_uuid = devices::get(&engine.store, &actor, device, START).await.unwrap().ping_uuid;
    let ingest = key(engine, partner, name, KeyScope::Organization(organization), KeyRights { ingest: true, ..KeyRights::default() }).await;
    Client { partner, organization, device, ping_uuid, ingest }
}

async fn key(engine: &Engine, partner: PartnerId, name: &'static str, scope: KeyScope, rights: KeyRights) -> Who {
    let new = NewKey { scope, name: name.into(), rights, expires_at: None };
    let (_, key) = keys::create(&engine.store, &system(partner), new, START).await.unwrap();
    Who(name, Some(("authorization", format!("Bearer {key}"))))
}

async fn signed_in(engine: &Engine, name: &'static str, email: &str) -> Who {
    let session = sessions::sign_in(&engine.store, email, PASSWORD, "test", START).await.unwrap();
    Who(name, Some(("cookie", format!("holdfast={}", session.token))))
}
