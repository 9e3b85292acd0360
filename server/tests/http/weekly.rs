//! The weekly summary over HTTP: the preview is the mail that goes, nothing runs in it, and it goes from the server's own task.

use crate::portal::{START, TestApp, system};
use axum::http::StatusCode;
use domain::{
    access::{KeyRights, Role},
    mail::MailKind,
    run::RunState,
    time::Span,
};
use engine::store::{
    keys::KeyScope,
    mail_domains::{self, Looked, NewDomain},
    mails::{self, MailFilter},
    weekly::{self, NewWeekly},
};
use serde_json::json;
use server::weekly::{Tick, tick};

#[tokio::test]
async fn the_preview_is_the_mail_that_goes_and_nothing_runs_in_it() {
    let app = TestApp::new().await;
    let (store, actor) = (&app.engine.store, system(app.partner));
    let domain = mail_domains::add(store, &actor, NewDomain { organization: None, domain: "a.test".into() }, START).await.unwrap();
    let value = mail_domains::get(store, &actor, domain).await.unwrap().value;
    mail_domains::looked_up(store, &actor, domain, &Looked::Texts(vec![value]), START).await.unwrap();
    let new = NewWeekly { enabled: true, addresses: vec!["ops@a.test".into(), "boss@a.test".into()], weekday: 1, hour: 7 };
    weekly::set(store, &actor, new, START).await.unwrap();
    let failed = json!({ "device": "fs-01", "state": RunState::Failed });
    app.post(&app.own.ingest, "/api/v1/events", failed).await.ok();

    let page = app.get(&app.owner, "/weekly-summary/preview.html").await.ok();
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script-src"), "{policy}");
    let shown = page.text();
    assert!(shown.contains("Total devices protected: 3") && shown.contains("/settings/reports"), "those of sub-resellers, too: {shown}");
    assert!(!shown.contains("UNSUBSCRIBE-LINK") && !shown.contains("cid:"));
    let plain = app.get(&app.owner, "/weekly-summary/preview.txt").await.ok();
    assert!(plain.text().starts_with("Weekly Health Summary of Partner A\n=="), "{}", plain.text());
    let technician = app.member("technician", Role::Technician).await;
    assert_eq!(app.get(&technician, "/weekly-summary/preview.html").await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.get(&app.owner, "/weekly-summary/other.html").await.status, StatusCode::NOT_FOUND);

    // Friday evening; then Monday, 07:00.
    assert_eq!(tick(&app.engine, "https://x.test", app.time(), &|| false).await.unwrap(), Tick::default());
    app.pass(Span::hours(57)).await;
    assert_eq!(tick(&app.engine, "https://x.test", app.time(), &|| false).await.unwrap(), Tick { sent: 1, failed: 0 });
    assert_eq!(tick(&app.engine, "https://x.test", app.time(), &|| false).await.unwrap(), Tick::default());
    let sent = mails::list(store, &actor, &MailFilter::default()).await.unwrap().items;
    assert_eq!(sent.iter().map(|row| row.kind).collect::<Vec<_>>(), [MailKind::Summary; 2]);
    assert!(sent[0].subject.starts_with("Weekly health summary, 16 – 22 November 2026: "), "{}", sent[0].subject);
    // Whoever was signed in on Friday is not any more.
    let rights = KeyRights { manage: true, ..KeyRights::default() };
    let key = app.key("key", KeyScope::Partner(app.partner), rights).await;
    let whole = app.get(&key, &format!("/outbox/{}.eml", sent[0].id)).await.ok().text();
    for head in ["List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Auto-Submitted: auto-generated", "multipart/alternative"] {
        assert!(whole.contains(head), "{head}: {whole}");
    }
    let seen = app.get(&key, &format!("/outbox/{}.html", sent[0].id)).await.ok().text();
    assert!(seen.contains("https://x.test/backups/devices?band=critical") && seen.contains("/unsubscribe/"));
}
