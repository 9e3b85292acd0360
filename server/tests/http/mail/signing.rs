//! Signatures (DKIM): a key is made on the page, used once its record is in DNS, and somebody else's code finds what was received to be whole
//! and ours; a letter changed, and it does not.

use super::{FROM, queue, server::MailServer};
use crate::{
    domains::{Zone, call, listed},
    portal::{TestApp, system},
};
use ::server::{config::Flags, mail::Post, secrets::Secrets};
use axum::http::StatusCode;
use domain::time::Span;
use engine::{
    store::{
        mail_domains::Looked,
        mail_keys,
        mails::{self, Content},
    },
    testing::Kind,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const DOMAIN: &str = "backup.example.com";

/// A portal whose own domain is proved, its mail server that verifies by the same names, and the way in between.
struct Place {
    zone: Zone,
    app: TestApp,
    mail: MailServer,
    post: Post,
    domain: String,
}

impl Place {
    async fn new() -> Self {
        let zone = Zone::default();
        let names = zone.serve().await;
        let mail = MailServer::that(&json!({ "names": names.to_string() }));
        let mut flags = Flags { dns: Some(names.to_string()), ..Flags::default() };
        flags.mail.smtp_url = Some(format!("smtp://127.0.0.1:{}", mail.port));
        flags.mail.mail_from = Some(FROM.into());
        let app = TestApp::with(Kind::Sqlite, flags).await;
        call(&app, &app.owner, "settings/add_domain", format!("form[domain]={DOMAIN}")).await.ok();
        let row = listed(&app).await["rows"][0].clone();
        let domain = row["id"].as_str().unwrap().to_owned();
        let refused = call(&app, &app.owner, "settings/make_mail_key", format!("id={domain}")).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.text().contains("not_verified"), "{}", refused.text());
        zone.write(row["record"].as_str().unwrap(), &[row["value"].as_str().unwrap()]);
        call(&app, &app.owner, "settings/check_domain", format!("id={domain}")).await.ok();
        let post = Post::new(app.engine.clone(), &app.config, &app.secrets).unwrap();
        Self { zone, app, mail, post, domain }
    }

    async fn make(&self) -> Value {
        call(&self.app, &self.app.owner, "settings/make_mail_key", format!("id={}", self.domain)).await.ok();
        self.keys().await["waits"].clone()
    }

    async fn keys(&self) -> Value {
        listed(&self.app).await["signing"].clone()
    }

    async fn check(&self, key: &Value) -> bool {
        let form = format!("selector={}", key["selector"].as_str().unwrap());
        call(&self.app, &self.app.owner, "settings/check_mail_key", form).await.ok().json() == true
    }

    fn publish(&self, key: &Value) {
        let value = key["value"].as_str().unwrap();
        self.zone.write(key["record"].as_str().unwrap(), &[&value[..255], &value[255..]]);
    }

    /// Sends a mail, and gives what the mail server says of it.
    async fn sent(&mut self, to: &str) -> Value {
        let whom = (self.app.own.partner, self.app.own.organization);
        queue(&self.app.engine.store, whom, to, 200, self.app.time()).await;
        assert_eq!(self.post.tick(&CancellationToken::new()).await.unwrap(), 1);
        tokio::task::block_in_place(|| self.mail.taken().last().unwrap().clone())
    }
}

fn told(signatures: &Value) -> Vec<(String, String)> {
    let word = |of: &Value, name: &str| of[name].as_str().unwrap().to_owned();
    signatures.as_array().unwrap().iter().map(|of| (word(of, "selector"), word(of, "result"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_signs_once_its_record_is_there_and_others_find_the_mail_whole_until_a_letter_is_changed() {
    let mut place = Place::new().await;
    let key = place.make().await;
    let selector = key["selector"].as_str().unwrap().to_owned();
    assert_eq!(key["record"], format!("{selector}._domainkey.{DOMAIN}"));
    assert_eq!(key["aligned"], true);
    let page = place.app.get(&place.app.owner, "/settings/domains").await.ok().text();
    assert!(page.contains(key["value"].as_str().unwrap()) && page.contains("Waits for its record"), "{page}");
    assert!(!page.contains("PRIVATE KEY"));

    let unsigned = place.sent("first@example.com").await;
    assert_eq!(told(&unsigned["signatures"]), [(String::new(), "none".to_owned())], "nobody could look the key up: {unsigned}");
    assert!(!place.check(&key).await);
    assert!(place.keys().await["waits"]["checked"][2].as_str().unwrap().contains("There is no TXT record"));
    place.publish(&key);
    assert!(place.check(&key).await);
    let signed = place.sent("second@example.com").await;
    assert_eq!(told(&signed["signatures"]), [(selector.clone(), "pass".to_owned())], "{signed}");
    assert_eq!((&signed["signatures"][0]["domain"], &signed["signatures"][0]["aligned"]), (&json!(DOMAIN), &json!(true)));
    let forged = told(&signed["forged"]);
    assert!(forged.len() == 1 && !["pass", "none"].contains(&forged[0].1.as_str()), "{signed}");
    let heads = signed["heads"]["dkim-signature"].as_str().unwrap().to_lowercase();
    assert!(heads.contains("list-unsubscribe:list-unsubscribe-post"), "RFC 8058 asks for it: {heads}");

    // Another key: the old one signs until the record of the new one is seen, and is gone after that.
    let soon = call(&place.app, &place.app.owner, "settings/make_mail_key", format!("id={}", place.domain)).await;
    assert_eq!(soon.status, StatusCode::CONFLICT, "{}", soon.text());
    place.app.pass(Span::hours(1)).await;
    let next = place.make().await;
    assert!(!place.check(&next).await);
    assert_eq!(told(&place.sent("third@example.com").await["signatures"]), [(selector, "pass".to_owned())]);
    place.publish(&next);
    assert!(place.check(&next).await);
    let after = place.sent("fourth@example.com").await;
    assert_eq!(told(&after["signatures"]), [(next["selector"].as_str().unwrap().to_owned(), "pass".to_owned())]);
    let keys = place.keys().await;
    assert!(keys["waits"].is_null() && keys["signs"]["selector"] == next["selector"], "{keys}");

    // No secret in answers and log of changes; off means off.
    let log = place.app.get(&place.app.owner, "/settings/audit").await.ok().text();
    assert!(log.contains("Began to sign mail with a key"), "{log}");
    assert!(!log.contains("PRIVATE KEY") && !keys.to_string().contains("PRIVATE"));
    call(&place.app, &place.app.owner, "settings/remove_domain", format!("id={}", place.domain)).await.ok();
    assert!(place.keys().await["signs"].is_null(), "nobody signs for a domain that isn't proved any more");
    assert_eq!(told(&place.sent("fifth@example.com").await["signatures"])[0].1, "none");
}

#[tokio::test]
async fn a_key_is_sealed_in_the_store_and_belongs_to_its_partner() {
    let app = TestApp::new().await;
    let own = (app.own.partner, &app.engine.store);
    for (who, name) in [(&app.owner, "own.example"), (&app.foreign_owner, "foreign.example")] {
        call(&app, who, "settings/add_domain", format!("form[domain]={name}")).await.ok();
    }
    let id = listed(&app).await["rows"][0]["id"].as_str().unwrap().to_owned();
    let others = call(&app, &app.foreign_owner, "settings/make_mail_key", format!("id={id}")).await;
    assert_eq!(others.status, StatusCode::NOT_FOUND, "{}", others.text());
    // Proved by the code that waits in the outbox.
    call(&app, &app.owner, "settings/send_domain_code", format!("id={id}&mailbox=postmaster")).await.ok();
    let claim = mails::claim_due(own.1, "test", app.time()).await.unwrap().unwrap();
    let Content::Written(written) = claim.content else { panic!("a code is written") };
    let code = written.text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap();
    call(&app, &app.owner, "settings/enter_domain_code", format!("id={id}&code={code}")).await.ok();
    call(&app, &app.owner, "settings/make_mail_key", format!("id={id}")).await.ok();
    let waits = listed(&app).await["signing"]["waits"].clone();
    assert_eq!(waits["aligned"], false, "mail comes from another domain: {waits}");
    let page = app.get(&app.owner, "/settings/domains").await.ok().text();
    assert!(page.contains("DMARC looks at the sender"), "{page}");
    let selector = waits["selector"].as_str().unwrap();
    for function in ["settings/check_mail_key", "settings/remove_mail_key"] {
        let others = call(&app, &app.foreign_owner, function, format!("selector={selector}")).await;
        assert_eq!(others.status, StatusCode::NOT_FOUND, "{function}: {}", others.text());
    }
    let looked = Looked::Texts(vec![waits["value"].as_str().unwrap().to_owned()]);
    assert!(mail_keys::looked_up(own.1, &system(own.0), selector, &looked, app.time()).await.unwrap());
    let signer = mail_keys::signer(own.1, &app.secrets.vault, own.0).await.unwrap().unwrap();
    assert_eq!((signer.domain.as_str(), signer.selector.as_str()), ("own.example", selector));
    assert!(!format!("{signer:?}").contains("PRIVATE"));
    assert!(mail_keys::signer(own.1, &app.secrets.vault, app.foreign.partner).await.unwrap().is_none());
    let other = Secrets::passing().unwrap();
    assert!(mail_keys::signer(own.1, &other.vault, own.0).await.is_err(), "without the secrets file the store's copy is worth nothing");
}
