//! Domains that mail may go to, over HTTP, with a name server of our own: proved by a record, and what is said when there is none.

use crate::portal::{Answer, TestApp, Who};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use engine::{store::mail_domains::Looked, testing::Kind};
use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::TXT},
};
use server::{config::Flags, dns};
use std::{
    collections::HashMap,
    net::SocketAddr,
    str::FromStr,
    sync::{Arc, Mutex},
};
use tokio::net::UdpSocket;

/// A name server for what is written down here: TXT records by name, as their parts.
#[derive(Clone, Default)]
pub struct Zone(Arc<Mutex<HashMap<String, Vec<Vec<String>>>>>);

impl Zone {
    pub fn write(&self, name: &str, parts: &[&str]) {
        let record = parts.iter().map(|part| (*part).to_owned()).collect();
        self.0.lock().unwrap().entry(format!("{name}.")).or_default().push(record);
    }

    pub fn wipe(&self, name: &str) {
        self.0.lock().unwrap().remove(&format!("{name}."));
    }

    /// Answers until the test ends.
    pub async fn serve(&self) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone = self.clone();
        tokio::spawn(async move {
            let mut packet = [0; 4_096];
            loop {
                let (length, from) = socket.recv_from(&mut packet).await.unwrap();
                let asked = Message::from_vec(&packet[..length]).unwrap();
                socket.send_to(&zone.answer(&asked).to_vec().unwrap(), from).await.unwrap();
            }
        });
        address
    }

    fn answer(&self, asked: &Message) -> Message {
        let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
        let query = asked.queries[0].clone();
        let name = query.name().to_lowercase().to_string();
        answer.metadata.recursion_available = true;
        if name.starts_with("_holdfast.broken.") {
            answer.metadata.response_code = ResponseCode::ServFail;
        } else if query.query_type() == RecordType::TXT {
            match self.0.lock().unwrap().get(&name) {
                Some(records) => {
                    let owner = Name::from_str(&name).unwrap();
                    answer.add_answers(
                        records.iter().map(|parts| Record::from_rdata(owner.clone(), 60, RData::TXT(TXT::new(parts.clone())))),
                    );
                }
                None => answer.metadata.response_code = ResponseCode::NXDomain,
            }
        }
        answer.add_query(query);
        answer
    }
}

pub async fn call(app: &TestApp, who: &Who, function: &str, form: String) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/sf/{function}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    app.raw(who, request, Body::from(form)).await
}

pub async fn listed(app: &TestApp) -> serde_json::Value {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/sf/settings/domains")
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin");
    app.raw(&app.owner, request, Body::from(r#"{"organization":""}"#)).await.ok().json()
}

#[tokio::test]
async fn a_domain_is_proved_by_a_record_that_a_real_name_server_gives() {
    let zone = Zone::default();
    let server = zone.serve().await;
    let app = TestApp::with(Kind::Sqlite, Flags { dns: Some(server.to_string()), ..Flags::default() }).await;
    call(&app, &app.owner, "settings/add_domain", "form[domain]=Northwind.Example".into()).await.ok();
    let rows = listed(&app).await["rows"].clone();
    let (id, record, value) = (rows[0]["id"].as_str().unwrap(), rows[0]["record"].as_str().unwrap(), rows[0]["value"].as_str().unwrap());
    assert_eq!(record, "_holdfast.northwind.example");
    let check = async || call(&app, &app.owner, "settings/check_domain", format!("id={id}")).await.ok().json();
    let said = async || listed(&app).await["rows"][0]["checked"][1].as_str().unwrap().to_owned();

    assert_eq!(check().await, false);
    assert!(said().await.contains("There is no TXT record _holdfast.northwind.example yet"), "{}", said().await);
    zone.write(record, &["something else"]);
    assert_eq!(check().await, false);
    assert!(said().await.contains("none that begins with"), "{}", said().await);
    // Long texts come in parts.
    zone.write(record, &[&value[..20], &value[20..]]);
    assert_eq!(check().await, true);
    zone.wipe(record);
    assert_eq!(check().await, true, "proved once");

    let page = app.get(&app.owner, "/settings/domains").await.ok().text();
    assert!(page.contains("northwind.example") && page.contains("by its TXT record"), "{page}");
}

#[tokio::test]
async fn a_name_server_that_fails_or_is_not_there_is_no_proof_and_says_so() {
    let zone = Zone::default();
    let server = zone.serve().await;
    zone.write("_holdfast.whole.example", &["one", " text"]);
    assert_eq!(dns::texts(&[server], "_holdfast.whole.example").await, Looked::Texts(vec!["one text".into()]));
    assert_eq!(dns::texts(&[server], "_holdfast.none.example").await, Looked::Texts(vec![]));
    let fault = dns::texts(&[server], "_holdfast.broken.example").await;
    assert!(matches!(fault, Looked::Fault(_)), "{fault:?}");
    // Bound, and silent.
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let fault = dns::texts(&[silent.local_addr().unwrap()], "_holdfast.whole.example").await;
    assert!(matches!(fault, Looked::Fault(_)), "{fault:?}");
}

#[tokio::test]
async fn a_code_reaches_the_mailbox_and_proves_the_domain() {
    let app = TestApp::new().await;
    call(&app, &app.owner, "settings/add_domain", "form[domain]=northwind.example".into()).await.ok();
    let id = listed(&app).await["rows"][0]["id"].as_str().unwrap().to_owned();
    let refused = call(&app, &app.owner, "settings/send_domain_code", format!("id={id}&mailbox=ada")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    let sent = call(&app, &app.owner, "settings/send_domain_code", format!("id={id}&mailbox=postmaster")).await.ok();
    assert_eq!(sent.json(), "postmaster@northwind.example");
    let again = call(&app, &app.owner, "settings/send_domain_code", format!("id={id}&mailbox=postmaster")).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());
    let wrong = call(&app, &app.owner, "settings/enter_domain_code", format!("id={id}&code=x")).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text().contains("tries left: 4"), "{}", wrong.text());
    let claim = engine::store::mails::claim_due(&app.engine.store, "test", app.time()).await.unwrap().unwrap();
    assert_eq!(claim.recipient, "postmaster@northwind.example");
    let engine::store::mails::Content::Written(written) = claim.content else { panic!("a code is written") };
    let code: String =
        written.text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().into();
    assert!(!claim.subject.contains(&code), "subjects are listed");
    // Nobody who asks for a proof can read it in the outbox.
    for end in ["txt", "html", "eml"] {
        let looked_at = app.get(&app.owner, &format!("/outbox/{}.{end}", claim.id)).await;
        assert!(looked_at.status == StatusCode::FORBIDDEN && !looked_at.text().contains(&code), "{end}: {}", looked_at.text());
    }
    call(&app, &app.owner, "settings/enter_domain_code", format!("id={id}&code={code}")).await.ok();
    assert_eq!(listed(&app).await["rows"][0]["proved"][1], false);
}
