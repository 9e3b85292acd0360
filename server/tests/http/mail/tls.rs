//! Encrypted ways to the mail server, and signing in to it: STARTTLS and TLS from the first byte with an authority of one's own, both ways to
//! say a password; what is said when the certificate or the password is refused, and that the password is said nowhere.

use super::{FROM, queue, server::MailServer};
use crate::portal::{TestApp, system};
use ::server::{
    config::{Config, Flags},
    mail::Post,
    secrets::Secrets,
};
use domain::{mail::MailState, time::Span};
use engine::{store::mails, testing::Kind};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

const PASSWORD: &str = "swordfish & tide";
const WRITTEN: &str = "swordfish%20%26%20tide";

/// An authority, and a certificate of it for this machine.
struct Papers {
    folder: TempDir,
}

impl Papers {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let papers = Self { folder };
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
        papers
            .openssl(&[&["req", "-x509", "-subj", "/CN=Authority of a test", "-keyout", "ca.key", "-out", "ca.pem"][..], &curve].concat());
        let own = ["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=mail", "-keyout", "mail.key", "-out", "mail.pem"];
        let names = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
        papers.openssl(&[&own[..], &names, &curve].concat());
        papers
    }

    fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A mail server with this certificate, for somebody who signs in.
    fn server(&self, tls: &str, ways: &[&str]) -> MailServer {
        let (key, cert) = (self.file("mail.key"), self.file("mail.pem"));
        MailServer::that(&json!({ "tls": tls, "key": key, "cert": cert, "users": { "portal": PASSWORD }, "ways": ways }))
    }
}

fn flags(url: String, ca: Option<&Path>) -> Flags {
    let mut flags = Flags::default();
    flags.mail.smtp_url = Some(url);
    flags.mail.mail_from = Some(FROM.into());
    flags.mail.smtp_ca = ca.map(|file| file.display().to_string());
    flags
}

/// Sends one mail from a portal of its own; gives where it stands, and the mail server's words.
async fn sent(flags: Flags) -> (TestApp, MailState, String) {
    let app = TestApp::with(Kind::Sqlite, flags).await;
    let post = Post::new(app.engine.clone(), &app.config, &app.secrets).unwrap();
    let id = queue(&app.engine.store, (app.own.partner, app.own.organization), "ops@example.com", 100, app.time()).await;
    assert_eq!(post.tick(&CancellationToken::new()).await.unwrap(), 1);
    let row = mails::get(&app.engine.store, &system(app.own.partner), id).await.unwrap().row;
    (app, row.state, row.said)
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_encrypted_and_signed_in_where_the_authority_is_named() {
    let papers = Papers::new();
    let ca = papers.file("ca.pem");
    let ways: [(&str, &str, &str, &[&str], &str); 4] = [
        ("smtps", "", "first", &["PLAIN", "LOGIN"], "portal by PLAIN"),
        ("smtp", "?tls=required", "wanted", &["PLAIN"], "portal by PLAIN"),
        ("smtp", "?tls=required", "wanted", &["LOGIN"], "portal by LOGIN"),
        // Offered on this machine: taken.
        ("smtp", "", "wanted", &["LOGIN"], "portal by LOGIN"),
    ];
    for (scheme, query, tls, ways, user) in ways {
        let mut mail = papers.server(tls, ways);
        let url = format!("{scheme}://portal:{WRITTEN}@127.0.0.1:{}{query}", mail.port);
        let (_, state, said) = sent(flags(url, Some(&ca))).await;
        assert_eq!(state, MailState::Sent, "{scheme} {query} {ways:?}: {said}");
        let taken: Vec<Value> = tokio::task::block_in_place(|| mail.taken().to_vec());
        assert_eq!((&taken[0]["secure"], &taken[0]["user"]), (&json!(true), &json!(user)), "{scheme} {query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_said_and_the_mail_waits() {
    let papers = Papers::new();
    for (scheme, tls, more) in [("smtps", "first", ""), ("smtp", "wanted", "?tls=none in HOLDFAST_SMTP_URL does without")] {
        let mut mail = papers.server(tls, &["PLAIN"]);
        let (app, state, said) = sent(flags(format!("{scheme}://portal:{WRITTEN}@127.0.0.1:{}", mail.port), None)).await;
        assert_eq!(state, MailState::Deferred, "{said}");
        assert!(said.contains("certificate is not trusted") && said.contains("HOLDFAST_SMTP_CA") && said.contains(more), "{said}");
        assert!(tokio::task::block_in_place(|| mail.taken().is_empty()), "not sent in the open instead");
        let page = app.get(&app.owner, "/settings/outbox").await.ok().text();
        assert!(page.contains("certificate is not trusted") && !page.contains("swordfish"), "{page}");
    }
    // A file that holds no certificates is a wrong setting, said at the start.
    let config = Config::read(&flags("smtps://127.0.0.1".into(), Some(&papers.file("none.pem")))).unwrap();
    let app = TestApp::new().await;
    let wrong = Post::new(app.engine.clone(), &config, &Secrets::passing().unwrap()).unwrap_err().to_string();
    assert!(wrong.contains("HOLDFAST_SMTP_CA") && wrong.contains("none.pem"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_encryption_means_no_mail_where_it_is_required() {
    let mut mail = MailServer::that(&json!({}));
    let (_, state, said) = sent(flags(format!("smtp://portal:{WRITTEN}@127.0.0.1:{}?tls=required", mail.port), None)).await;
    assert_eq!(state, MailState::Deferred);
    assert!(said.contains("offers no STARTTLS, and nothing is sent in the open"), "{said}");
    assert!(tokio::task::block_in_place(|| mail.taken().is_empty()));
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_wrong_password_keeps_the_mail_says_so_and_is_itself_said_nowhere() {
    let papers = Papers::new();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let ca = papers.file("ca.pem");
    for way in ["PLAIN", "LOGIN"] {
        // This one repeats the password in its answer.
        let mail = papers.server("first", &[way]);
        let (app, state, said) = sent(flags(format!("smtps://portal:swordfish%20wrong@127.0.0.1:{}", mail.port), Some(&ca))).await;
        assert_eq!(state, MailState::Deferred);
        assert!(said.starts_with("The mail server doesn't take the portal's name and password (setting HOLDFAST_SMTP_URL): 535"), "{said}");
        let page = app.get(&app.owner, "/settings/outbox").await.ok().text();
        assert!(page.contains("take the portal") && page.contains("Deferred"), "{page}");
        for text in [&said, &page] {
            assert!(!text.contains("swordfish") && !text.contains("c3dvcmRmaXNoIHdyb25n"), "{text}");
        }
        // Whoever mends the setting loses nothing.
        let mut config = app.config.clone();
        config.mail = Config::read(&flags(format!("smtps://portal:{WRITTEN}@127.0.0.1:{}", mail.port), Some(&ca))).unwrap().mail;
        let post = Post::new(app.engine.clone(), &config, &app.secrets).unwrap();
        app.pass(Span::minutes(2)).await;
        assert_eq!(post.tick(&CancellationToken::new()).await.unwrap(), 1);
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the mail server can't be used: mail waits"), "{log}");
    for secret in ["swordfish", "c3dvcmRmaXNo", "AHBvcnRhbABz"] {
        assert!(!log.contains(secret), "{secret}");
    }
}
