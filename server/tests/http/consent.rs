//! Consent against a provider on this machine that answers as the documents say, and rotates refresh tokens: each is taken once, and one
//! that was used before ends the whole grant.

use crate::portal::{START, TestApp, Who, system};
use axum::{
    Form, Json, Router,
    body::Body,
    extract::State,
    http::{Method, Request, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::{
    access::{Actor, Role},
    alert::AlertKind,
    consent::Cause,
    ids::ConnectionId,
    saas::{Consent, Service},
    time::Span,
};
use engine::{
    store::{
        alerts::{self, AlertFilter},
        connections::{self, ConnectionRow},
        platform::{self, Fault},
    },
    testing::Kind,
};
use serde_json::json;
use server::{
    config::{Flags, SaasFlags},
    consent::{Consents, NoToken, Renewal},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Fine,
    Down,
    Revoked,
    WrongSecret,
    /// Gives tokens, and the answer never arrives.
    Lost,
}

#[derive(Default)]
struct Provider {
    mood: Mutex<Mood>,
    /// Newest refresh token; all others are used up.
    newest: AtomicU32,
    refreshes: AtomicU32,
    reused: AtomicU32,
    lifetime: AtomicU32,
}

impl Provider {
    fn tokens(&self) -> Response {
        let n = self.newest.fetch_add(1, Ordering::SeqCst) + 1;
        let lifetime = self.lifetime.load(Ordering::SeqCst);
        Json(json!({ "token_type": "Bearer", "expires_in": lifetime, "access_token": format!("a{n}"), "refresh_token": format!("r{n}") }))
            .into_response()
    }
}

fn error(status: u16, error: &str, description: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(json!({ "error": error, "error_description": description }))).into_response()
}

async fn token(State(provider): State<Arc<Provider>>, Form(form): Form<HashMap<String, String>>) -> Response {
    let mood = *provider.mood.lock().unwrap();
    match mood {
        Mood::Down => return (StatusCode::SERVICE_UNAVAILABLE, "down for maintenance").into_response(),
        Mood::WrongSecret => return error(401, "invalid_client", "AADSTS7000222: The provided client secret keys are expired."),
        Mood::Revoked => return error(400, "invalid_grant", "AADSTS50173: The provided grant has expired due to it being revoked."),
        Mood::Fine | Mood::Lost => {}
    }
    if form["grant_type"] == "authorization_code" {
        assert!(form["code_verifier"].len() >= 43);
        return match form["code"].as_str() {
            "good" => provider.tokens(),
            "malformed" => error(400, "invalid_request", "AADSTS9002313: Invalid request."),
            _ => error(400, "invalid_grant", "Bad Request"),
        };
    }
    provider.refreshes.fetch_add(1, Ordering::SeqCst);
    if form["refresh_token"] != format!("r{}", provider.newest.load(Ordering::SeqCst)) {
        provider.reused.fetch_add(1, Ordering::SeqCst);
        return error(400, "invalid_grant", "This refresh token was used before.");
    }
    let answer = provider.tokens();
    // Long enough for two to meet, or for a server to die.
    tokio::time::sleep(Duration::from_millis(150)).await;
    if mood == Mood::Lost { (StatusCode::BAD_GATEWAY, "").into_response() } else { answer }
}

struct Place {
    app: TestApp,
    provider: Arc<Provider>,
    actor: Actor,
}

impl Place {
    async fn new(kind: Kind) -> Self {
        let provider = Arc::new(Provider { lifetime: 3_600.into(), ..Provider::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/token", post(token)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let saas = SaasFlags {
            microsoft_client_id: Some("portal".into()),
            microsoft_client_secret: Some("shh".into()),
            microsoft_authorize_url: Some(format!("http://{address}/authorize")),
            microsoft_token_url: Some(format!("http://{address}/token")),
            ..SaasFlags::default()
        };
        let app = TestApp::with(kind, Flags { saas, ..Flags::default() }).await;
        let actor = system(app.partner);
        Self { app, provider, actor }
    }

    fn mood(&self, mood: Mood) {
        *self.provider.mood.lock().unwrap() = mood;
    }

    async fn post(&self, who: &Who, path: &str, form: String) -> crate::portal::Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.app.raw(who, request, Body::from(form)).await
    }

    /// Leaves for the provider; the state that goes along.
    async fn leave(&self, who: &Who) -> String {
        let form = format!("organization={}&service=microsoft_365", self.app.own.organization);
        let answer = self.post(who, "/consent/begin", form).await.ok();
        let refresh = answer.headers["refresh"].to_str().unwrap();
        assert!(refresh.contains("/authorize?") && refresh.contains("code_challenge_method=S256"), "{refresh}");
        let (_, rest) = refresh.split_once("state=").unwrap();
        rest.split('&').next().unwrap().to_owned()
    }

    async fn connect(&self) -> ConnectionId {
        let state = self.leave(&self.app.owner).await;
        let back = self.app.get(&self.app.owner, &format!("/consent/callback?state={state}&code=good")).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
        self.row().await.id
    }

    async fn row(&self) -> ConnectionRow {
        connections::list(&self.app.engine.store, &self.actor, self.app.own.organization).await.unwrap().remove(0)
    }

    async fn tick(&self) -> usize {
        self.app.consents.tick(&CancellationToken::new()).await.unwrap()
    }

    fn refreshes(&self) -> u32 {
        self.provider.refreshes.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_person_leaves_for_the_provider_and_comes_back_connected() {
    let place = Place::new(Kind::Sqlite).await;
    let (app, owner) = (&place.app, &place.app.owner);
    let state = place.leave(owner).await;
    let admin = app.member("admin", Role::Admin).await;
    let other = app.get(&admin, &format!("/consent/callback?state={state}&code=good")).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "begun by somebody else");
    let state = place.leave(owner).await;
    let back = app.get(owner, &format!("/consent/callback?state={state}&code=good")).await;
    let features = format!("/organizations/{}/features?connected=microsoft_365", app.own.organization);
    assert_eq!((back.status, back.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, features.as_str()));
    assert_eq!((place.row().await.consent, place.row().await.granted_by), (Consent::Connected, "Owner".to_owned()));
    let again = app.get(owner, &format!("/consent/callback?state={state}&code=good")).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "an answer counts once");
    let nobody = app.get(&Who::nobody(), &format!("/consent/callback?state={state}&code=good")).await;
    assert!(nobody.headers["location"].to_str().unwrap().starts_with("/sign-in?next=/consent/callback"));
}

#[tokio::test]
async fn a_refusal_is_a_page_that_says_what_to_do_and_changes_nothing() {
    let place = Place::new(Kind::Sqlite).await;
    place.connect().await;
    let state = place.leave(&place.app.owner).await;
    let declined = format!("/consent/callback?state={state}&error=access_denied&error_description=AADSTS65004:+User+declined+%3Cb%3E.");
    let told = place.app.get(&place.app.owner, &declined).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text().contains("global administrator") && told.text().contains("&lt;b&gt;"), "{}", told.text());
    assert!(told.text().contains(&format!("/organizations/{}/features", place.app.own.organization)));
    let state = place.leave(&place.app.owner).await;
    let spent = place.app.get(&place.app.owner, &format!("/consent/callback?state={state}&code=spent")).await;
    assert_eq!(spent.status, StatusCode::CONFLICT);
    assert_eq!(place.row().await.consent, Consent::Connected, "what was there before holds");
    let google = format!("organization={}&service=google_workspace", place.app.own.organization);
    let not_set_up = place.post(&place.app.owner, "/consent/begin", google).await;
    assert!(not_set_up.status == StatusCode::CONFLICT && not_set_up.text().contains("HOLDFAST_GOOGLE_CLIENT_ID"), "{}", not_set_up.text());
}

#[tokio::test]
async fn what_a_browser_makes_up_is_no_fault_of_the_platform() {
    let place = Place::new(Kind::Sqlite).await;
    let state = place.leave(&place.app.owner).await;
    let made_up = format!("/consent/callback?state={state}&error=invalid_scope&error_description=Call+this+number");
    assert_eq!(place.app.get(&place.app.owner, &made_up).await.status, StatusCode::CONFLICT);
    let state = place.leave(&place.app.owner).await;
    let malformed = format!("/consent/callback?state={state}&code=malformed");
    assert_eq!(place.app.get(&place.app.owner, &malformed).await.status, StatusCode::CONFLICT);
    assert!(platform::incidents(&place.app.engine.store).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_that_can_not_consent_makes_no_connection() {
    let place = Place::new(Kind::Sqlite).await;
    let refused = place.app.consents.begin(&place.actor, place.app.own.organization, Service::Microsoft365).await.unwrap_err();
    assert_eq!(refused.public_code(), "forbidden");
    assert!(connections::list(&place.app.engine.store, &place.actor, place.app.own.organization).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_renewal_goes_on_when_nobody_waits_for_it_any_more() {
    let place = Place::new(Kind::Sqlite).await;
    let id = place.connect().await;
    place.app.pass(Span::hours(2)).await;
    let (partner, actor) = (place.app.partner, place.actor.clone());
    for n in 1..=2 {
        let (consents, actor) = (place.app.consents.clone(), actor.clone());
        let asked = tokio::spawn(async move {
            if n == 1 { consents.check(&actor, id).await.is_ok() } else { consents.access_token(partner, id).await.is_ok() }
        });
        while place.refreshes() < n {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        asked.abort();
        place.app.consents.finish().await;
        assert_eq!(place.row().await.refreshed_at, Some(place.app.time()));
        place.app.pass(Span::hours(2)).await;
    }
    place.app.consents.access_token(partner, id).await.unwrap();
    assert_eq!((place.refreshes(), place.provider.reused.load(Ordering::SeqCst)), (3, 0));
}

#[tokio::test]
async fn a_service_that_is_not_set_up_any_more_leaves_no_claim_behind() {
    let place = Place::new(Kind::Sqlite).await;
    let id = place.connect().await;
    place.app.pass(Span::hours(2)).await;
    let mut config = place.app.config.clone();
    config.saas = server::config::Config::read(&Flags::default()).unwrap().saas;
    let bare = Consents::new(place.app.engine.clone(), &config, &place.app.secrets, &config.address()).unwrap();
    assert!(bare.access_token(place.app.partner, id).await.is_err());
    let (_, renewal) = place.app.consents.check(&place.actor, id).await.unwrap();
    assert_eq!(renewal, Renewal::Renewed);
}

#[tokio::test]
async fn each_renewal_takes_the_newest_refresh_token() {
    let place = Place::new(Kind::Sqlite).await;
    place.connect().await;
    for n in 1..=4 {
        place.app.pass(Span::days(7)).await;
        assert_eq!((place.tick().await, place.tick().await), (1, 0));
        assert_eq!((place.refreshes(), place.provider.reused.load(Ordering::SeqCst)), (n, 0));
    }
    assert_eq!(place.row().await.refreshed_at, Some(START + Span::days(28)));
}

#[tokio::test]
async fn two_servers_on_one_database_renew_once() {
    let place = Place::new(Kind::Postgres).await;
    let id = place.connect().await;
    let other = place.app.beside().await;
    for round in 1..=5 {
        place.app.pass(Span::days(7)).await;
        let stop = CancellationToken::new();
        let (own, theirs) = tokio::join!(place.app.consents.tick(&stop), other.tick(&stop));
        assert_eq!(own.unwrap() + theirs.unwrap(), 1);
        assert_eq!((place.refreshes(), place.provider.reused.load(Ordering::SeqCst)), (round, 0));
    }
    // Wanted by both at once, when the token that is held has run out.
    place.app.pass(Span::hours(2)).await;
    let partner = place.app.partner;
    let wants = [&place.app.consents, &other, &place.app.consents, &other].map(|server| server.access_token(partner, id));
    let given = futures_util::future::join_all(wants).await;
    let newest = format!("a{}", place.provider.newest.load(Ordering::SeqCst));
    for token in given {
        assert_eq!(token.unwrap().expose(), newest);
    }
    assert_eq!((place.refreshes(), place.provider.reused.load(Ordering::SeqCst)), (6, 0));
    assert_eq!(place.app.consents.access_token(partner, id).await.unwrap().expose(), newest);
    assert_eq!(place.refreshes(), 6, "one that holds is used again");
}

#[tokio::test]
async fn an_outage_of_ten_hours_costs_nothing_but_a_warning() {
    let place = Place::new(Kind::Sqlite).await;
    place.connect().await;
    place.mood(Mood::Down);
    place.app.pass(Span::days(7)).await;
    for _ in 0..10 * 60 {
        place.tick().await;
        place.app.pass(Span::minutes(1)).await;
    }
    let troubled = place.row().await;
    assert_eq!((troubled.consent, troubled.code.as_str(), troubled.is_troubled(place.app.time())), (Consent::Connected, "http_503", true));
    assert!(place.refreshes() == 0);
    place.mood(Mood::Fine);
    place.app.pass(Span::HOUR).await;
    place.tick().await;
    assert_eq!((place.row().await.troubled_since, place.row().await.code.as_str()), (None, ""));
    let any = AlertFilter { state: alerts::AlertState::Any, kind: Some(AlertKind::ConsentExpired), ..Default::default() };
    assert!(alerts::list(&place.app.engine.store, &place.actor, &any).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn revoked_consent_is_believed_the_second_time_and_authorizing_again_heals_it() {
    let place = Place::new(Kind::Sqlite).await;
    let id = place.connect().await;
    place.mood(Mood::Revoked);
    let checked = place.post(&place.app.owner, "/consent/check", format!("connection={id}")).await;
    assert!(checked.headers["location"].to_str().unwrap().ends_with("?checked=doubted"), "{}", checked.text());
    assert_eq!((place.tick().await, place.row().await.consent), (0, Consent::Connected));
    place.app.pass(Span::minutes(1)).await;
    assert_eq!((place.tick().await, place.row().await.consent), (1, Consent::Expired));
    assert_eq!(place.row().await.cause, Some(Cause::Revoked));
    let open = AlertFilter { kind: Some(AlertKind::ConsentExpired), ..Default::default() };
    assert_eq!(alerts::list(&place.app.engine.store, &place.actor, &open).await.unwrap().items.len(), 1);
    assert!(matches!(place.app.consents.access_token(place.app.partner, id).await, Err(NoToken::Gone)));
    place.mood(Mood::Fine);
    place.connect().await;
    assert_eq!(place.row().await.consent, Consent::Connected);
    assert!(alerts::list(&place.app.engine.store, &place.actor, &open).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn an_answer_that_never_arrived_is_named_when_the_old_token_is_refused() {
    let place = Place::new(Kind::Sqlite).await;
    place.connect().await;
    // The server dies between the provider's answer and the store: its claim is never given back.
    place.app.pass(Span::days(7)).await;
    let tick = {
        let consents = place.app.consents.clone();
        tokio::spawn(async move { consents.tick(&CancellationToken::new()).await })
    };
    tokio::time::sleep(Duration::from_millis(75)).await;
    tick.abort();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(place.refreshes(), 1);
    assert_eq!(place.tick().await, 0, "still claimed");
    for _ in 0..2 {
        place.app.pass(Span::minutes(2)).await;
        assert_eq!(place.tick().await, 1);
    }
    assert_eq!((place.row().await.consent, place.row().await.cause), (Consent::Expired, Some(Cause::CutShort)));
}

#[tokio::test]
async fn a_lost_answer_of_a_provider_that_keeps_old_tokens_alive_is_only_a_fault() {
    let place = Place::new(Kind::Sqlite).await;
    place.connect().await;
    place.mood(Mood::Lost);
    place.app.pass(Span::days(7)).await;
    place.tick().await;
    assert_eq!((place.row().await.consent, place.row().await.code), (Consent::Connected, "http_502".to_owned()));
}

#[tokio::test]
async fn our_own_wrong_secret_is_told_once_and_to_nobody_elses_alerts() {
    let place = Place::new(Kind::Sqlite).await;
    let id = place.connect().await;
    place.mood(Mood::WrongSecret);
    place.app.pass(Span::hours(2)).await;
    let (_, renewal) = place.app.consents.check(&place.actor, id).await.unwrap();
    assert!(matches!(renewal, Renewal::Ours(_)), "{renewal:?}");
    let state = place.leave(&place.app.owner).await;
    place.app.get(&place.app.owner, &format!("/consent/callback?state={state}&code=good")).await;
    let incidents = platform::incidents(&place.app.engine.store).await.unwrap();
    assert_eq!((incidents.len(), incidents[0].fault, incidents[0].service), (1, Fault::ClientSecret, Service::Microsoft365));
    assert_eq!(place.row().await.consent, Consent::Connected);
    place.mood(Mood::Fine);
    place.app.pass(Span::HOUR).await;
    place.tick().await;
    assert!(platform::incidents(&place.app.engine.store).await.unwrap().is_empty());
}
