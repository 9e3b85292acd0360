//! Discovery, from a directory to the accounts: what is new, who is gone, and that nobody is activated, deactivated or deleted by it.

#![expect(clippy::unwrap_used, reason = "tests")]

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use domain::{
    access::{Actor, Scope},
    ids::ConnectionId,
    saas::{AccountStatus, AccountType, Service},
    time::{Span, Time},
};
use engine::{
    Engine,
    store::{
        accounts::{self, AccountFilter, AccountRow, NewAccount, discovery},
        connections::{self, NewConnection},
        organizations::{self, NewOrganization},
        people::{self, FirstOwner},
    },
    testing::{Kind, fresh},
};
use providers::{
    Http, Secret,
    directory::{Directory, Patience},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::{
    consent::NoToken,
    discovery::{Access, discover},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Monday 2026-11-16 08:00 UTC.
const MONDAY: Time = Time(1_794_816_000_000);

struct Anybody;

impl Access for Anybody {
    async fn token(&self, _turn: &discovery::Turn, anew: bool) -> Result<Secret, NoToken> {
        Ok(Secret::new(if anew { "new" } else { "old" }))
    }
}

#[derive(Clone, Default)]
struct Tenant(Arc<Mutex<(Vec<Value>, Option<u16>)>>);

impl Tenant {
    fn has(&self, users: &[(&str, &str)]) {
        let user = |(id, mail): &(&str, &str)| json!({ "id": id, "displayName": format!("Name of {id}"), "mail": mail, "userType": if mail.contains("guest") { "Guest" } else { "Member" }, "accountEnabled": !mail.contains("blocked") });
        *self.0.lock().unwrap() = (users.iter().map(user).collect(), None);
    }

    fn fails(&self, status: u16) {
        self.0.lock().unwrap().1 = Some(status);
    }
}

async fn tenant() -> (Tenant, String) {
    let tenant = Tenant::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let users = async |State(tenant): State<Tenant>, headers: axum::http::HeaderMap| {
        let script = tenant.0.lock().unwrap();
        match script.1 {
            Some(401) if headers["authorization"] == "Bearer new" => {}
            Some(status) => {
                return (StatusCode::from_u16(status).unwrap(), Json(json!({ "error": { "code": "Authorization_RequestDenied" } })))
                    .into_response();
            }
            None => {}
        }
        Json(json!({ "value": script.0 })).into_response()
    };
    let router = Router::new().route("/users", get(users)).with_state(tenant.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (tenant, base)
}

struct World {
    engine: Engine,
    owner: Actor,
    connection: ConnectionId,
    now: Arc<Mutex<Time>>,
    tenant: Tenant,
    base: String,
    _fresh: engine::testing::Fresh,
}

impl World {
    async fn started(kind: Kind) -> Self {
        let fresh = fresh(kind).await;
        let first = FirstOwner {
            email: "ada@example.org".into(),
            name: "Ada".into(),
            password: "correct horse battery".into(),
            partner: "Northwind".into(),
            time_zone: "UTC".into(),
        };
        let (_, partner) = people::first_start(&fresh.store, first, MONDAY).await.unwrap();
        let owner = Actor::system(Scope::Partners([partner].into()));
        let now = Arc::new(Mutex::new(MONDAY));
        let clock = now.clone();
        let engine = Engine::start_driven(fresh.store.clone(), Arc::new(move || *clock.lock().unwrap()), CancellationToken::new());
        let new = NewOrganization { name: "Acme".into(), ..Default::default() };
        let organization = organizations::create(&fresh.store, &owner, new, MONDAY).await.unwrap();
        let new = NewConnection { organization, service: Service::Microsoft365, policy: None };
        let connection = connections::create(&engine, &owner, new, MONDAY).await.unwrap();
        let (tenant, base) = tenant().await;
        Self { engine, owner, connection, now, tenant, base, _fresh: fresh }
    }

    async fn authorize(&self) {
        let tx = self.engine.store.begin().await.unwrap();
        tx.execute_unprepared(&format!("UPDATE connections SET consent = 'connected', next_discovery_at = {}", MONDAY.0)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What the next turn does; the connection, afterwards.
    async fn discover(&self) -> connections::ConnectionRow {
        let now = *self.now.lock().unwrap();
        let mut turn = discovery::next(&self.engine.store, now).await.unwrap().unwrap();
        assert_eq!(discovery::next(&self.engine.store, now).await.unwrap(), None, "a turn is taken once");
        self.go_on(&mut turn).await;
        self.connection().await
    }

    async fn go_on(&self, turn: &mut discovery::Turn) {
        let patience = Patience { first: Duration::from_millis(1), longest: Duration::from_millis(5), tries: 2 };
        let directory = Directory::new(turn.service, &self.base, Http::new(), patience);
        discover(&self.engine, turn, directory, &Anybody, &CancellationToken::new()).await.unwrap();
    }

    async fn connection(&self) -> connections::ConnectionRow {
        connections::get(&self.engine.store, &self.owner, self.connection).await.unwrap()
    }

    async fn no_drift(&self) {
        assert_eq!(engine::check::recount(&self.engine.store).await.unwrap(), Vec::new());
    }

    async fn accounts(&self) -> Vec<AccountRow> {
        let filter = AccountFilter { connection: Some(self.connection), ..Default::default() };
        accounts::list(&self.engine.store, &self.owner, &filter).await.unwrap().items
    }

    fn later(&self, by: Span) -> Time {
        let mut now = self.now.lock().unwrap();
        *now += by;
        *now
    }
}

async fn new_ones_are_unprotected_and_who_is_gone_is_marked(kind: Kind) {
    let world = World::started(kind).await;
    world.tenant.has(&[("1", "ada@acme.example"), ("2", "bob@acme.example"), ("3", "guest@else.example"), ("4", "blocked@acme.example")]);
    let refused = discovery::discover(&world.engine, &world.owner, world.connection, MONDAY).await.unwrap_err();
    assert_eq!(refused.public_code(), "not_connected");
    world.authorize().await;
    let connection = world.discover().await;
    assert_eq!(connection.discovery_detail, "4 people met, 2 new; left out: 1 guest, 1 blocked from signing in");
    assert_eq!((connection.discovered_at, connection.next_discovery_at), (Some(MONDAY), Some(MONDAY + Span::DAY)));
    let found = world.accounts().await;
    assert_eq!(found.iter().map(|a| a.address.as_str()).collect::<Vec<_>>(), ["ada@acme.example", "bob@acme.example"]);
    assert!(found.iter().all(|a| a.status == AccountStatus::Deactivated && a.kind == AccountType::User && a.name.starts_with("Name of")));

    // Ada is activated; Bob goes, a site was imported, Carol comes, Ada has another address.
    accounts::set_status(&world.engine, &world.owner, &[found[0].id, found[1].id], AccountStatus::Activated, MONDAY).await.unwrap();
    let site = NewAccount { address: "https://acme.example/hr".into(), kind: AccountType::Site, ..NewAccount::default() };
    accounts::put(&world.engine, &world.owner, world.connection, vec![site], MONDAY).await.unwrap();
    world.tenant.has(&[("1", "ada.byron@acme.example"), ("5", "carol@acme.example")]);
    let now = world.later(Span::DAY);
    let connection = world.discover().await;
    assert_eq!(connection.discovery_detail, "2 people met, 1 new, 1 not met any more");
    let told: Vec<_> = world.accounts().await.into_iter().map(|a| (a.address, a.status, a.gone_at)).collect();
    assert_eq!(
        told,
        [
            ("ada.byron@acme.example".to_owned(), AccountStatus::Activated, None),
            ("bob@acme.example".to_owned(), AccountStatus::Activated, Some(now)),
            ("carol@acme.example".to_owned(), AccountStatus::Deactivated, None),
            ("https://acme.example/hr".to_owned(), AccountStatus::Deactivated, None),
        ]
    );
    world.no_drift().await;

    // Bob is back, without a licence to sign in: he is there again.
    world.tenant.has(&[("1", "ada.byron@acme.example"), ("2", "bob@acme.example"), ("5", "carol@acme.example")]);
    world.later(Span::DAY);
    world.discover().await;
    assert!(world.accounts().await.iter().all(|a| a.gone_at.is_none()));
    world.no_drift().await;
}

async fn a_turn_that_was_taken_away_puts_nobody_in_and_leaves_the_next_one_as_asked(kind: Kind) {
    let world = World::started(kind).await;
    world.authorize().await;
    world.tenant.has(&[("1", "ada@acme.example")]);
    let store = &world.engine.store;
    let mut turn = discovery::next(store, MONDAY).await.unwrap().unwrap();
    let asked = world.later(Span::SECOND);
    discovery::discover(&world.engine, &world.owner, world.connection, asked).await.unwrap();
    world.go_on(&mut turn).await;
    assert!(world.accounts().await.is_empty());
    assert!(!discovery::told(store, &mut turn, "late", asked).await.unwrap());
    assert!(!discovery::failed(store, &turn, "late", asked + Span::DAY).await.unwrap());
    let gone = discovery::finished(&world.engine, &turn, &discovery::Met::default(), |_| "late".into(), asked).await.unwrap();
    assert_eq!((gone, world.connection().await.next_discovery_at), (None, Some(asked)));
    assert_eq!(world.discover().await.discovery_detail, "1 person met, 1 new");
    world.no_drift().await;
}

async fn a_directory_that_is_not_read_to_its_end_marks_nobody(kind: Kind) {
    let world = World::started(kind).await;
    world.authorize().await;
    world.tenant.has(&[("1", "ada@acme.example")]);
    world.discover().await;
    for (status, words, again) in [
        (503, "asked less often", Span::minutes(15)),
        (500, "can't be reached", Span::minutes(15)),
        (403, "doesn't permit reading users (Authorization_RequestDenied)", Span::DAY),
    ] {
        world.tenant.has(&[]);
        world.tenant.fails(status);
        let now = world.later(Span::DAY);
        let connection = world.discover().await;
        assert!(connection.discovery_detail.contains(words), "{status}: {}", connection.discovery_detail);
        assert_eq!(connection.next_discovery_at, Some(now + again), "{status}");
        assert!(world.accounts().await[0].gone_at.is_none());
    }
    // A token that has run out is renewed once, and reading goes on.
    world.tenant.has(&[("1", "ada@acme.example")]);
    world.tenant.fails(401);
    world.later(Span::DAY);
    assert_eq!(world.discover().await.discovery_detail, "1 person met, 0 new");
    // Somebody who presses the button is served at once.
    let now = world.later(Span::SECOND);
    assert_eq!(discovery::next(&world.engine.store, now).await.unwrap(), None);
    discovery::discover(&world.engine, &world.owner, world.connection, now).await.unwrap();
    assert_eq!(discovery::earliest(&world.engine.store).await.unwrap(), Some(now));
    assert!(discovery::next(&world.engine.store, now).await.unwrap().is_some());
    world.no_drift().await;
}

#[tokio::test]
async fn a_turn_that_was_taken_away_puts_nobody_in_and_leaves_the_next_one_as_asked_on_sqlite() {
    a_turn_that_was_taken_away_puts_nobody_in_and_leaves_the_next_one_as_asked(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_turn_that_was_taken_away_puts_nobody_in_and_leaves_the_next_one_as_asked_on_postgres() {
    a_turn_that_was_taken_away_puts_nobody_in_and_leaves_the_next_one_as_asked(Kind::Postgres).await;
}

#[tokio::test]
async fn new_ones_are_unprotected_and_who_is_gone_is_marked_on_sqlite() {
    new_ones_are_unprotected_and_who_is_gone_is_marked(Kind::Sqlite).await;
}

#[tokio::test]
async fn new_ones_are_unprotected_and_who_is_gone_is_marked_on_postgres() {
    new_ones_are_unprotected_and_who_is_gone_is_marked(Kind::Postgres).await;
}

#[tokio::test]
async fn a_directory_that_is_not_read_to_its_end_marks_nobody_on_sqlite() {
    a_directory_that_is_not_read_to_its_end_marks_nobody(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_directory_that_is_not_read_to_its_end_marks_nobody_on_postgres() {
    a_directory_that_is_not_read_to_its_end_marks_nobody(Kind::Postgres).await;
}
