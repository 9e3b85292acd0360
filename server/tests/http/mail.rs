//! Mail, through a real mail server: one copy each through kill -9 at every step, through an outage of hours, and with two servers; refusals,
//! bounces, and the click that unsubscribes.

#[path = "mail/postfix.rs"]
mod postfix;
#[path = "mail/server.rs"]
pub mod server;
#[path = "mail/signing.rs"]
mod signing;
#[path = "mail/tls.rs"]
mod tls;

use crate::portal::{START, TestApp, Who, system};
use ::server::{
    config::{Config, Flags},
    mail::Post,
    secrets::Secrets,
};
use axum::{body::Body, http::Request};
use domain::{
    ids::{MailId, OrganizationId, PartnerId},
    mail::{MailKind, MailState},
    time::{Span, Time},
};
use engine::{
    Engine,
    store::{
        Store, StoreUrl,
        mails::{self, Content, New, Picture, Queued, Written},
        organizations::{self, NewOrganization},
        people::{self, FirstOwner},
    },
    testing::{self, Kind},
};
use post::stamp::Purpose;
use serde_json::json;
use server::MailServer;
use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const FROM: &str = "Holdfast <no-reply@backup.example.com>";

async fn place(store: &Store) -> (PartnerId, OrganizationId) {
    let first = FirstOwner {
        email: "o@example.test".into(),
        name: "O".into(),
        password: "a long enough password".into(),
        partner: "P".into(),
        time_zone: "UTC".into(),
    };
    let (_, partner) = people::first_start(store, first, START).await.unwrap();
    let new = NewOrganization { name: "Acme".into(), ..NewOrganization::default() };
    (partner, organizations::create(store, &system(partner), new, START).await.unwrap())
}

async fn queue(store: &Store, (partner, organization): (PartnerId, OrganizationId), to: &str, bytes: usize, now: Time) -> MailId {
    let note = Written {
        text: format!("Hello {to}\n.\n{}", "A line of the report.\n".repeat(bytes / 22)),
        html: "<p>Hello <img src=\"cid:logo\"></p>".into(),
        pictures: vec![Picture { cid: "logo".into(), png: "iVBORw0KGgo=".into() }],
    };
    let new = New {
        partner,
        organization: Some(organization),
        kind: MailKind::Report,
        report: None,
        once: format!("report:1:{to}"),
        recipient: to.into(),
        subject: "Backup Summary Report of Müller & Söhne".into(),
        content: Content::Written(note),
    };
    let tx = store.begin().await.unwrap();
    let Queued::New(id) = mails::queue(store, &tx, new, now).await.unwrap() else { panic!("queued before") };
    tx.commit().await.unwrap();
    id
}

async fn state(store: &Store, partner: PartnerId, id: MailId) -> MailState {
    mails::get(store, &system(partner), id).await.unwrap().row.state
}

/// The real binary, killed with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn holdfast(data: &Path, port: u16, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command
        .args(arguments)
        .env("HOLDFAST_DATA", data)
        .env("HOLDFAST_LISTEN", "127.0.0.1:0")
        .env("HOLDFAST_MAIL_FROM", FROM)
        .env("HOLDFAST_BOUNCE_DOMAIN", "bounces.example.com")
        .env("HOLDFAST_SMTP_URL", format!("smtp://127.0.0.1:{port}"));
    command
}

fn serve(data: &Path, port: u16) -> Running {
    let mut process = holdfast(data, port, &["serve"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("is ready")), "the server starts again after a kill");
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
    Running(process)
}

async fn settled(store: &Store, partner: PartnerId, id: MailId) -> MailState {
    let patience = Instant::now() + Duration::from_secs(40);
    loop {
        let now = state(store, partner, id).await;
        if now.is_over() {
            return now;
        }
        assert!(Instant::now() < patience, "still {}", now.as_str());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_copy_arrives_wherever_the_server_is_killed() {
    for step in ["greeting", "sender", "recipient", "body", "midst", "end", "answered"] {
        let data = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(data.path().join("holdfast.db"));
        let store = Store::open(&url).await.unwrap();
        let place = place(&store).await;
        let id = queue(&store, place, "ops@example.com", 3 << 20, START).await;
        let mut mail = MailServer::start(0, step, json!({}));
        let mut running = serve(data.path(), mail.port);
        tokio::task::block_in_place(|| mail.stopped());
        running.0.kill().unwrap();
        running.0.wait().unwrap();
        mail.go();
        let again = serve(data.path(), mail.port);
        let end = settled(&store, place.0, id).await;
        drop(again);
        if matches!(step, "end" | "answered") {
            // A third server brings no second copy either.
            let _third = serve(data.path(), mail.port);
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        let copies = tokio::task::block_in_place(|| {
            mail.wait_for(1);
            mail.taken().len()
        });
        assert_eq!(copies, 1, "killed at {step}: {} copies, {}", copies, end.as_str());
        match step {
            // The mail server had it whole, and nobody has told us: said, and not sent again.
            "end" => assert_eq!(end, MailState::InDoubt),
            "answered" => assert!(matches!(end, MailState::InDoubt | MailState::Sent)),
            step => assert_eq!(end, MailState::Sent, "{step}"),
        }
    }
}

/// A server's mail in this process, on a driven clock.
async fn post(store: Store, secrets: &Secrets, port: u16, now: &Arc<AtomicI64>) -> (Post, CancellationToken) {
    let stop = CancellationToken::new();
    let now = now.clone();
    let engine = Engine::start_driven(store, Arc::new(move || Time(now.load(Ordering::Relaxed))), stop.clone());
    let mut flags = Flags::default();
    flags.mail.smtp_url = Some(format!("smtp://127.0.0.1:{port}"));
    flags.mail.mail_from = Some(FROM.into());
    flags.mail.bounce_domain = Some("bounces.example.com".into());
    (Post::new(engine, &Config::read(&flags).unwrap(), secrets).unwrap(), stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_database_send_one_copy_each() {
    let fresh = testing::fresh(Kind::Postgres).await;
    let place = place(&fresh.store).await;
    for n in 0..40 {
        queue(&fresh.store, place, &format!("person-{n}@example.com"), 100, START).await;
    }
    let secrets = Secrets::passing().unwrap();
    let now = Arc::new(AtomicI64::new(START.0));
    let mut mail = MailServer::start(0, "-", json!({}));
    let (one, _one) = post(fresh.store.clone(), &secrets, mail.port, &now).await;
    let (two, _two) = post(Store::open(&fresh.url).await.unwrap(), &secrets, mail.port, &now).await;
    let stop = CancellationToken::new();
    let (first, second) = tokio::join!(one.tick(&stop), two.tick(&stop));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first + second, 40);
    let taken = tokio::task::block_in_place(|| mail.taken().to_vec());
    let people: HashSet<&str> = taken.iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    assert_eq!((taken.len(), people.len()), (40, 40), "{first} by the one, {second} by the other");
    // Each copy is its own message.
    assert_eq!(taken.iter().map(|mail| mail["id"].as_str().unwrap()).collect::<HashSet<_>>().len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_for_hours_gets_every_copy_once_when_it_is_back() {
    let fresh = testing::fresh(Kind::Sqlite).await;
    let place = place(&fresh.store).await;
    let secrets = Secrets::passing().unwrap();
    let now = Arc::new(AtomicI64::new(START.0));
    let port = MailServer::start(0, "-", json!({})).port;
    let (post, _stop) = post(fresh.store.clone(), &secrets, port, &now).await;
    let mut copies = Vec::new();
    for n in 0..10 {
        copies.push(queue(&fresh.store, place, &format!("person-{n}@example.com"), 100, START).await);
    }
    let (stop, mut tries) = (CancellationToken::new(), 0);
    while now.load(Ordering::Relaxed) < (START + Span::hours(7)).0 {
        tries += post.tick(&stop).await.unwrap();
        now.fetch_add(Span::minutes(5).0, Ordering::Relaxed);
    }
    assert!((7..150).contains(&tries), "{tries} tries in seven hours");
    let row = mails::get(&fresh.store, &system(place.0), copies[0]).await.unwrap().row;
    assert!(row.said.contains("127.0.0.1"), "says why: {}", row.said);
    let mut mail = MailServer::start(port, "-", json!({}));
    for _ in 0..60 {
        now.fetch_add(Span::minutes(5).0, Ordering::Relaxed);
        post.tick(&stop).await.unwrap();
    }
    assert_eq!(tokio::task::block_in_place(|| mail.taken().len()), 10);
    for id in copies {
        assert_eq!(state(&fresh.store, place.0, id).await, MailState::Sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_in_the_other_sides_words_and_a_message_arrives_as_it_was_made() {
    let fresh = testing::fresh(Kind::Sqlite).await;
    let place = place(&fresh.store).await;
    let secrets = Secrets::passing().unwrap();
    let now = Arc::new(AtomicI64::new(START.0));
    let refusals = json!({
        "gone@example.com": [["recipient", 550, "5.1.1 no such user"]],
        "later@example.com": [["recipient", 450, "4.2.1 try again"]],
        "big@example.com": [["end", 552, "5.3.4 too big"]],
        "policy@example.com": [["recipient", 554, "5.7.1 relay access denied"]],
    });
    let mut mail = MailServer::start(0, "-", refusals);
    let (post, _stop) = post(fresh.store.clone(), &secrets, mail.port, &now).await;
    let mut copies = Vec::new();
    for to in ["gone", "later", "big", "policy", "fine"] {
        copies.push(queue(&fresh.store, place, &format!("{to}@example.com"), 100, START).await);
    }
    let stop = CancellationToken::new();
    assert_eq!(post.tick(&stop).await.unwrap(), 5);
    let mut found = Vec::new();
    for id in &copies {
        let row = mails::get(&fresh.store, &system(place.0), *id).await.unwrap().row;
        found.push((row.state.as_str(), row.said));
    }
    let wanted = [
        ("bounced", "550 5.1.1 no such user"),
        ("deferred", "RCPT TO: 450 4.2.1 try again"),
        ("failed", "end of the message: 552 5.3.4 too big"),
        ("deferred", "RCPT TO: 554 5.7.1 relay access denied"),
    ];
    for ((state, said), (wanted, words)) in found.iter().zip(wanted) {
        assert_eq!((*state, said.as_str()), (wanted, words));
    }
    assert_eq!(found[4].0, "sent");
    let stops = ["gone", "later", "big", "policy"].map(|name| format!("{name}@example.com"));
    let stops = mails::stops(&fresh.store, &system(place.0), place.1, &stops).await.unwrap();
    assert_eq!(stops.iter().map(|stop| stop.address.as_str()).collect::<Vec<_>>(), ["gone@example.com"]);
    let taken = tokio::task::block_in_place(|| mail.taken().to_vec());
    assert_eq!(taken.len(), 1);
    let (heads, stamp) = (&taken[0]["heads"], secrets.stamps.write(Purpose::Bounce, place.0, copies[4]));
    assert_eq!(taken[0]["from"], format!("b-{stamp}@bounces.example.com"));
    assert_eq!(taken[0]["subject"], "Backup Summary Report of Müller & Söhne");
    assert!(taken[0]["text"].as_str().unwrap().starts_with("Hello fine@example.com\n.\nA line"), "a dot by itself ends nothing");
    assert_eq!(taken[0]["files"][0]["name"], "logo");
    assert_eq!(heads["auto-submitted"], "auto-generated");
    assert_eq!(heads["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    // What waits goes when its time has come; the mail server doesn't mind any more.
    now.fetch_add(Span::minutes(2).0, Ordering::Relaxed);
    assert_eq!(post.tick(&stop).await.unwrap(), 2);
    assert_eq!(tokio::task::block_in_place(|| mail.taken().len()), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_that_is_piped_in_stops_the_address_and_is_said() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreUrl::Sqlite(data.path().join("holdfast.db"))).await.unwrap();
    let place = place(&store).await;
    let id = queue(&store, place, "gone@example.com", 100, START).await;
    let mut mail = MailServer::start(0, "-", json!({}));
    let _running = serve(data.path(), mail.port);
    assert_eq!(settled(&store, place.0, id).await, MailState::Sent);
    let to = tokio::task::block_in_place(|| mail.taken()[0]["from"].as_str().unwrap().to_owned());
    let notice = format!(
        "From: MAILER-DAEMON@mx.example.com\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; gone@example.com\r\n\
         Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--\r\n"
    );
    // Not ours, and no notice at all: taken without a fault, so that the mail server doesn't try again.
    for text in [notice.replace(&to, "somebody@example.com"), "Subject: Hello\r\n\r\nHi\r\n".to_owned(), notice] {
        let mut pipe = holdfast(data.path(), mail.port, &["mail", "bounce"]).stdin(Stdio::piped()).spawn().unwrap();
        pipe.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(pipe.wait().unwrap().success());
    }
    let delivery = mails::get(&store, &system(place.0), id).await.unwrap();
    assert_eq!((delivery.row.state, delivery.row.said.as_str()), (MailState::Bounced, "550 5.1.1 no such user"));
    let stops = mails::stops(&store, &system(place.0), place.1, &["gone@example.com".to_owned()]).await.unwrap();
    assert_eq!(stops[0].cause, "bounced");
}

#[tokio::test]
async fn a_reader_unsubscribes_with_one_click_and_following_the_link_alone_does_nothing() {
    let app = TestApp::new().await;
    let place = (app.own.partner, app.own.organization);
    let id = queue(&app.engine.store, place, "reader@example.com", 100, START).await;
    let stamp = app.secrets.stamps.write(Purpose::Unsubscribe, place.0, id);
    let path = format!("/unsubscribe/{stamp}");
    let stopped = async || {
        let addresses = ["reader@example.com".to_owned()];
        !mails::stops(&app.engine.store, &system(place.0), place.1, &addresses).await.unwrap().is_empty()
    };
    let page = app.raw(&Who::nobody(), Request::builder().uri(&path), Body::empty()).await.ok().text();
    assert!(page.contains("reader@example.com") && page.contains("method=\"post\""), "{page}");
    assert!(!stopped().await);
    // As a mail program does it: no cookie, no page of ours.
    let click = || Request::builder().method("POST").uri(&path).header("content-type", "application/x-www-form-urlencoded");
    let answer = app.raw(&Who::nobody(), click(), Body::from("List-Unsubscribe=One-Click")).await.ok().text();
    assert!(answer.contains("no more mail"), "{answer}");
    assert!(stopped().await);
    app.raw(&Who::nobody(), click(), Body::from("List-Unsubscribe=One-Click")).await.ok();
    for wrong in [app.secrets.stamps.write(Purpose::Bounce, place.0, id), "x".to_owned(), stamp.replace(&stamp[30..], "000000000")] {
        let answer = app.raw(&Who::nobody(), Request::builder().uri(format!("/unsubscribe/{wrong}")), Body::empty()).await;
        assert_eq!(answer.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn a_mail_is_looked_at_without_anything_running_in_it() {
    let app = TestApp::new().await;
    let id = queue(&app.engine.store, (app.own.partner, app.own.organization), "reader@example.com", 100, START).await;
    let get = async |form: &str| app.raw(&app.owner, Request::builder().uri(format!("/outbox/{id}.{form}")), Body::empty()).await.ok();
    let page = get("html").await;
    assert!(page.text().contains("data:image/png;base64,iVBORw0KGgo="), "{}", page.text());
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script-src"), "{policy}");
    assert!(get("txt").await.text().starts_with("Hello reader@example.com"));
    let whole = get("eml").await;
    assert_eq!(whole.headers["content-disposition"], format!("attachment; filename=\"{id}.eml\""));
    assert!(whole.text().contains("\r\nMessage-ID: <"));
}

#[tokio::test]
async fn the_folder_of_the_outbox_is_emptied_after_thirty_days() {
    let fresh = testing::fresh(Kind::Sqlite).await;
    let place = place(&fresh.store).await;
    let data = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicI64::new(START.0));
    let clock = now.clone();
    let engine = Engine::start_driven(fresh.store.clone(), Arc::new(move || Time(clock.load(Ordering::Relaxed))), CancellationToken::new());
    let flags = Flags { data: Some(data.path().display().to_string()), ..Flags::default() };
    let post = Post::new(engine, &Config::read(&flags).unwrap(), &Secrets::passing().unwrap()).unwrap();
    let id = queue(&fresh.store, place, "ops@example.com", 100, START).await;
    assert_eq!(post.tick(&CancellationToken::new()).await.unwrap(), 1);
    let file = data.path().join("outbox").join(format!("{id}.eml"));
    post.empty().await.unwrap();
    assert!(file.exists(), "not yet");
    // Files bear the machine's time, whatever the test's clock says.
    let wall = ::server::serve::wall_clock()();
    now.store((wall.max(START) + Span::days(31)).0, Ordering::Relaxed);
    post.empty().await.unwrap();
    assert!(!file.exists());
}
