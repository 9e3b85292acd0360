//! Directories as the providers document them, replayed by a local server: paging, throttling, faults in the middle.

#![expect(clippy::unwrap_used, reason = "tests")]

use axum::{
    Json, Router,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, Response, StatusCode},
    response::IntoResponse,
    routing::get,
};
use domain::saas::Service;
use providers::{
    Http, Secret,
    directory::{Directory, LeftOut, Member, Patience, Trouble},
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// A provider: what it says before the next real answer, and what it was asked.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    base: String,
    users: Vec<Value>,
    /// Before the page of this number (from 0), these answers come first.
    before: VecDeque<(usize, Answer)>,
    asked: Vec<(String, String)>,
    elsewhere: bool,
}

#[derive(Clone)]
struct Answer(u16, Option<&'static str>, Value);

fn answer(Answer(status, retry_after, body): Answer) -> Response<Body> {
    let mut response = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert("retry-after", seconds.parse().unwrap());
    }
    response
}

async fn users(State(provider): State<Provider>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response<Body> {
    let mut script = provider.0.lock().unwrap();
    let query = query.unwrap_or_default();
    let bearer = headers.get("authorization").unwrap().to_str().unwrap().to_owned();
    script.asked.push((query.clone(), bearer));
    let google = query.contains("my_customer");
    let (rows, word) = if google { (500, "pageToken=") } else { (999, "$skiptoken=") };
    let place: usize = query.split(word).nth(1).map_or(0, |t| t.trim_end_matches("%3D").parse().unwrap());
    if script.before.front().is_some_and(|(page, _)| *page == place / rows) {
        let (_, said) = script.before.pop_front().unwrap();
        return answer(said);
    }
    let part: Vec<Value> = script.users.iter().skip(place).take(rows).cloned().collect();
    let more = place + rows < script.users.len();
    let host = if script.elsewhere { "http://127.0.0.1:9".to_owned() } else { script.base.clone() };
    Json(match (google, more) {
        (true, true) => json!({ "kind": "admin#directory#users", "users": part, "nextPageToken": format!("{}=", place + rows) }),
        (true, false) if part.is_empty() => json!({ "kind": "admin#directory#users" }),
        (true, false) => json!({ "kind": "admin#directory#users", "users": part }),
        (false, true) => {
            json!({ "@odata.context": "…", "@odata.nextLink": format!("{host}/users?$skiptoken={}", place + rows), "value": part })
        }
        (false, false) => json!({ "@odata.context": "…", "value": part }),
    })
    .into_response()
}

async fn serve(users_: Vec<Value>, before: Vec<(usize, Answer)>) -> Provider {
    let provider = Provider::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    *provider.0.lock().unwrap() =
        Script { base: format!("http://{}", listener.local_addr().unwrap()), users: users_, before: before.into(), ..Script::default() };
    let router = Router::new().route("/users", get(users)).with_state(provider.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    provider
}

impl Provider {
    fn directory(&self, service: Service) -> Directory {
        let patience = Patience { first: Duration::from_millis(10), longest: Duration::from_secs(2), tries: 4 };
        Directory::new(service, &self.0.lock().unwrap().base, Http::new(), patience)
    }

    fn asked(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().asked.clone()
    }
}

async fn all(mut directory: Directory) -> Result<Vec<Vec<Member>>, Trouble> {
    let mut pages = Vec::new();
    while let Some(page) = directory.page(&Secret::new("token-1")).await? {
        pages.push(page);
    }
    Ok(pages)
}

fn graph_user(n: usize) -> Value {
    json!({
        "id": format!("id-{n}"), "displayName": format!("User {n}"), "mail": format!("u{n}@contoso.example"),
        "userPrincipalName": format!("u{n}@contoso.onmicrosoft.example"), "userType": "Member", "accountEnabled": true,
        "assignedLicenses": [{ "disabledPlans": [], "skuId": "c7df2760-2c81-4ef7-b578-5b5392b571df" }],
    })
}

fn google_user(n: usize) -> Value {
    json!({ "id": format!("10{n}"), "primaryEmail": format!("u{n}@fabrikam.example"), "name": { "fullName": format!("User {n}") }, "suspended": false, "archived": false })
}

fn google_refusal(reason: &str) -> Value {
    json!({ "error": { "code": 403, "message": "Not now", "errors": [{ "message": "Not now", "domain": "usageLimits", "reason": reason }] } })
}

#[tokio::test]
async fn two_thousand_five_hundred_users_come_in_pages_and_each_once() {
    let graph = serve((0..2_500).map(graph_user).collect(), vec![]).await;
    let pages = all(graph.directory(Service::Microsoft365)).await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [999, 999, 502]);
    assert_eq!(
        pages[2][501],
        Member { id: "id-2499".into(), address: "u2499@contoso.example".into(), name: "User 2499".into(), left_out: None }
    );
    let asked = graph.asked();
    assert!(asked[0].0.starts_with("$select=id,displayName,mail,userPrincipalName,userType,accountEnabled,assignedLicenses&$top=999"));
    assert_eq!((asked.len(), asked[2].1.as_str()), (3, "Bearer token-1"));

    let google = serve((0..2_500).map(google_user).collect(), vec![]).await;
    let pages = all(google.directory(Service::GoogleWorkspace)).await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [500; 5]);
    assert!(google.asked()[4].0.ends_with("&pageToken=2000%3D"), "a token is escaped");
}

#[tokio::test]
async fn guests_and_blocked_and_unlicensed_users_are_left_out_with_a_reason() {
    let with = |n, key: &str, value: Value| {
        let mut user = graph_user(n);
        user[key] = value;
        user
    };
    let mut no_address = graph_user(5);
    no_address["mail"] = Value::Null;
    no_address["userPrincipalName"] = json!("");
    let graph = serve(
        vec![
            with(0, "mail", Value::Null),
            with(1, "userType", json!("Guest")),
            with(2, "accountEnabled", json!(false)),
            with(3, "assignedLicenses", json!([])),
            json!({ "id": "id-4", "displayName": null, "mail": "u4@contoso.example" }),
            no_address,
        ],
        vec![],
    )
    .await;
    let page = all(graph.directory(Service::Microsoft365)).await.unwrap().remove(0);
    let told: Vec<_> = page.iter().map(|m| (m.address.as_str(), m.left_out)).collect();
    assert_eq!(
        told,
        [
            ("u0@contoso.onmicrosoft.example", None),
            ("u1@contoso.example", Some(LeftOut::Guest)),
            ("u2@contoso.example", Some(LeftOut::Blocked)),
            ("u3@contoso.example", Some(LeftOut::Unlicensed)),
            ("u4@contoso.example", None),
            ("", Some(LeftOut::NoAddress)),
        ]
    );
    let mut suspended = google_user(1);
    suspended["suspended"] = json!(true);
    let mut archived = google_user(2);
    archived["archived"] = json!(true);
    let google = serve(vec![google_user(0), suspended, archived], vec![]).await;
    let page = all(google.directory(Service::GoogleWorkspace)).await.unwrap().remove(0);
    assert_eq!(page.iter().map(|m| m.left_out).collect::<Vec<_>>(), [None, Some(LeftOut::Suspended), Some(LeftOut::Archived)]);
}

#[tokio::test]
async fn throttling_in_the_middle_is_waited_out_as_long_as_the_provider_says() {
    let too_many = json!({ "error": { "code": "TooManyRequests", "message": "slow down" } });
    let graph = serve(
        (0..2_500).map(graph_user).collect(),
        vec![(1, Answer(429, Some("1"), too_many)), (1, Answer(503, None, json!({}))), (2, Answer(504, None, json!("no JSON of theirs")))],
    )
    .await;
    let began = Instant::now();
    let pages = all(graph.directory(Service::Microsoft365)).await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), 2_500);
    assert!(began.elapsed() >= Duration::from_secs(1), "Retry-After is kept");
    assert_eq!(graph.asked().len(), 6);

    let google = serve(
        (0..700).map(google_user).collect(),
        ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"].map(|r| (1, Answer(403, None, google_refusal(r)))).to_vec(),
    )
    .await;
    assert_eq!(all(google.directory(Service::GoogleWorkspace)).await.unwrap().len(), 2);
    assert_eq!(google.asked().len(), 5);
}

#[tokio::test]
async fn patience_has_an_end_and_the_page_can_be_asked_for_again() {
    let busy = || (1, Answer(429, None, json!({})));
    let graph = serve((0..1_000).map(graph_user).collect(), vec![busy(), busy(), busy(), busy()]).await;
    let mut directory = graph.directory(Service::Microsoft365);
    assert_eq!(directory.page(&Secret::new("t")).await.unwrap().unwrap().len(), 999);
    assert_eq!(directory.page(&Secret::new("t")).await, Err(Trouble::Throttled));
    assert_eq!(directory.page(&Secret::new("t")).await.unwrap().unwrap().len(), 1);
    assert_eq!(directory.page(&Secret::new("t")).await, Ok(None));
}

#[tokio::test]
async fn what_waiting_does_not_help_is_told_at_once() {
    let denied =
        json!({ "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation." } });
    let expired = json!({ "error": { "code": "InvalidAuthenticationToken", "message": "Access token has expired." } });
    let graph = serve(
        (0..1_000).map(graph_user).collect(),
        vec![
            (0, Answer(403, None, denied)),
            (0, Answer(401, None, expired)),
            (1, Answer(400, None, json!({ "error": { "code": "Directory_ExpiredPageToken" } }))),
        ],
    )
    .await;
    let mut directory = graph.directory(Service::Microsoft365);
    let denied = directory.page(&Secret::new("t")).await.unwrap_err();
    assert!(matches!(denied, Trouble::Forbidden { ref code, .. } if code == "Authorization_RequestDenied"));
    assert_eq!(directory.page(&Secret::new("old")).await, Err(Trouble::Unauthorized));
    assert!(directory.page(&Secret::new("new")).await.unwrap().is_some(), "another token goes on where it stopped");
    assert!(matches!(directory.page(&Secret::new("new")).await, Err(Trouble::Refused { status: 400, .. })));
    let google = serve(vec![], vec![(0, Answer(403, None, google_refusal("forbidden")))]).await;
    let mut directory = google.directory(Service::GoogleWorkspace);
    assert!(matches!(directory.page(&Secret::new("t")).await, Err(Trouble::Forbidden { ref code, .. }) if code == "forbidden"));
    assert_eq!(directory.page(&Secret::new("t")).await, Ok(Some(vec![])), "a customer without users is no fault");
}

#[tokio::test]
async fn a_token_is_never_taken_to_another_host() {
    let graph = serve((0..1_000).map(graph_user).collect(), vec![]).await;
    graph.0.lock().unwrap().elsewhere = true;
    let mut directory = graph.directory(Service::Microsoft365);
    assert!(matches!(directory.page(&Secret::new("t")).await, Err(Trouble::Elsewhere(_))));
}

#[tokio::test]
async fn nobody_at_the_address_is_a_passing_fault_and_nonsense_is_told() {
    let patience = Patience { first: Duration::from_millis(1), longest: Duration::from_millis(5), tries: 2 };
    let mut nobody = Directory::new(Service::Microsoft365, "http://127.0.0.1:9", Http::new(), patience);
    assert!(matches!(nobody.page(&Secret::new("t")).await, Err(Trouble::Unreachable(_))));
    let graph = serve(vec![], vec![(0, Answer(200, None, json!({ "value": "what?" })))]).await;
    let mut directory = graph.directory(Service::Microsoft365);
    assert!(matches!(directory.page(&Secret::new("t")).await, Err(Trouble::Unreadable(_))));
}
