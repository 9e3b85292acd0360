//! The flow against a provider on this machine that answers as the documents say.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::{
    Form, Json, Router,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::saas::Service;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use providers::{Client, Http, Kind, Secret};
use serde_json::json;
use std::{collections::HashMap, time::Duration};

async fn token(Form(form): Form<HashMap<String, String>>) -> Response {
    let said = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!((said("client_id"), said("client_secret")), ("portal", "shh"));
    match (said("grant_type"), said("code"), said("refresh_token")) {
        ("authorization_code", "good", _) => {
            assert_eq!(said("redirect_uri"), "http://127.0.0.1:3000/consent/callback");
            let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({ "tid": "contoso", "sub": "1" }).to_string());
            let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(said("code_verifier").to_owned()));
            Json(json!({
                "token_type": "Bearer", "expires_in": 3599, "access_token": challenge.as_str(), "refresh_token": "first",
                "scope": "openid", "ext_expires_in": 3599, "id_token": format!("e30.{claims}.c2ln"),
            }))
            .into_response()
        }
        ("refresh_token", _, "first") => Json(json!({ "token_type": "Bearer", "access_token": "a2" })).into_response(),
        ("refresh_token", _, "portal") => ([("content-type", "text/html")], "<html>Sign in to the network</html>").into_response(),
        ("refresh_token", _, "elsewhere") => Redirect::to("https://example.org/").into_response(),
        _ => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant", "error_description": "Bad Request" }))).into_response(),
    }
}

async fn client() -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/token", post(token))).await.unwrap() });
    of(Service::Microsoft365, &format!("http://{address}/token"))
}

fn of(service: Service, token_url: &str) -> Client {
    let authorize = "https://login.example.org/authorize";
    let callback = "http://127.0.0.1:3000/consent/callback";
    Client::new(service, authorize, token_url, "portal", &Secret::new("shh"), "openid offline_access", callback, Http::new()).unwrap()
}

fn asked(url: &str) -> HashMap<String, String> {
    oauth2::url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_code_is_exchanged_with_the_verifier_whose_hash_went_ahead() {
    let client = client().await;
    let authorization = client.authorize_url();
    let asked = asked(&authorization.url);
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!(asked["state"], authorization.state.expose());
    assert_eq!(asked["scope"], "openid offline_access");
    let granted = client.exchange("good", &authorization.verifier).await.unwrap();
    assert_eq!(granted.access.expose(), asked["code_challenge"]);
    assert_eq!(granted.refresh.unwrap().expose(), "first");
    assert_eq!((granted.tenant.as_deref(), granted.lifetime), (Some("contoso"), Duration::from_secs(3_599)));
    assert_eq!(client.exchange("stolen", &authorization.verifier).await.unwrap_err().kind, Kind::Gone);
}

#[tokio::test]
async fn google_is_asked_for_a_token_that_lasts() {
    let asked = asked(&of(Service::GoogleWorkspace, "http://127.0.0.1:1/token").authorize_url().url);
    assert_eq!((asked["access_type"].as_str(), asked["prompt"].as_str()), ("offline", "consent"));
}

#[tokio::test]
async fn a_refresh_token_that_stays_is_not_given_again() {
    let granted = client().await.refresh(&Secret::new("first")).await.unwrap();
    assert_eq!((granted.access.expose(), granted.refresh), ("a2", None));
}

#[tokio::test]
async fn no_answer_and_answers_of_something_in_between_pass_and_redirects_are_not_followed() {
    let client = client().await;
    assert_eq!(client.refresh(&Secret::new("portal")).await.unwrap_err().code, "unreadable");
    assert_eq!(client.refresh(&Secret::new("elsewhere")).await.unwrap_err().code, "http_303");
    let nobody = of(Service::Microsoft365, "http://127.0.0.1:1/token").refresh(&Secret::new("first")).await.unwrap_err();
    assert_eq!((nobody.kind, nobody.code.as_str()), (Kind::Passing, "unreachable"));
}

#[test]
fn secrets_show_in_no_log() {
    assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret");
}
