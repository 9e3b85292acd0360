//! A conversation with a mail server (RFC 5321), step by step.
//!
//! Our own, because of one moment: between a message's last byte and the line that ends it the store has to write down that the message is about
//! to go. The libraries at hand write both in one call ([decision](../../../docs/decisions/0013-mail.md)).

use crate::config::{SmtpServer, Tls, WrongSetting};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use post::reply::{Reply, Step};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(30);
/// Until a step is answered.
const ANSWER: Duration = Duration::from_secs(60);
/// Until a message's bytes are gone.
const BODY: Duration = Duration::from_secs(180);
/// Until the end of a message is answered: mail servers look for viruses before they do.
const LAST_ANSWER: Duration = Duration::from_secs(300);
/// Bytes that are written at once.
const PIECE: usize = 64 << 10;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Why a step wasn't answered with yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The mail server said no.
    No(Step, Reply),
    /// There is no answer: name, network, TLS, time.
    Lost(Step, String),
}

/// How mail servers are reached. Cheap to clone.
#[derive(Clone)]
pub struct Way {
    server: SmtpServer,
    tls: Arc<ClientConfig>,
    hello: String,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

impl Way {
    /// `hello`: what this portal calls itself.
    ///
    /// # Errors
    /// The file of certificates can't be used.
    pub fn new(server: SmtpServer, hello: &str) -> Result<Self, WrongSetting> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(file) = &server.ca {
            let unusable =
                |why: String| WrongSetting::new(format!("setting smtp_ca (--smtp-ca, HOLDFAST_SMTP_CA): {}: {why}", file.display()));
            for certificate in CertificateDer::pem_file_iter(file).map_err(|e| unusable(e.to_string()))? {
                let certificate = certificate.map_err(|e| unusable(e.to_string()))?;
                roots.add(certificate).map_err(|e| unusable(e.to_string()))?;
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| WrongSetting::new(format!("TLS can't be used: {e}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { server, tls: Arc::new(tls), hello: hello.to_owned() })
    }

    /// Its name and port, for people.
    pub fn place(&self) -> String {
        format!("{}:{}", self.server.host, self.server.port)
    }

    async fn secured(&self, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, String> {
        let name = ServerName::try_from(self.server.host.clone()).map_err(|e| e.to_string())?;
        let stream = timeout(CONNECT, TlsConnector::from(self.tls.clone()).connect(name, stream)).await;
        Ok(Box::new(stream.map_err(|_| "no TLS in time".to_owned())?.map_err(|e| self.unsecured(&e))?))
    }
}

impl Way {
    /// Why there is no encryption, and what to do where the certificate is to blame.
    fn unsecured(&self, error: &std::io::Error) -> String {
        let certificate = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).and_then(|inner| match inner {
            rustls::Error::InvalidCertificate(why) => Some(why),
            _ => None,
        });
        let Some(why) = certificate else { return error.to_string() };
        let here = if self.server.tls == Tls::Offered { "; on this machine ?tls=none in HOLDFAST_SMTP_URL does without" } else { "" };
        format!(
            "the mail server's certificate is not trusted ({why}). If it is one of your own, name the file of its authority in HOLDFAST_SMTP_CA{here}"
        )
    }
}

/// An open conversation, signed in, ready for messages.
pub struct Session {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
    offers: Vec<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("offers", &self.offers).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects, says hello, encrypts, signs in.
    ///
    /// # Errors
    /// As [`Stop`].
    pub async fn open(way: &Way) -> Result<Self, Stop> {
        let lost = |why: String| Stop::Lost(Step::Greeting, format!("{}: {why}", way.place()));
        let place = (way.server.host.as_str(), way.server.port);
        let stream = timeout(CONNECT, TcpStream::connect(place)).await;
        let stream = stream.map_err(|_| lost("no connection in time".into()))?.map_err(|e| lost(e.to_string()))?;
        let _ = stream.set_nodelay(true);
        let mut stream: Box<dyn Stream> = Box::new(stream);
        if way.server.tls == Tls::First {
            stream = way.secured(stream).await.map_err(lost)?;
        }
        let mut session = Self { stream, read: Vec::new(), offers: Vec::new() };
        session.answer(Step::Greeting, ANSWER).await?;
        session.hello(way).await?;
        let offered = session.offers("STARTTLS").is_some();
        if way.server.tls == Tls::Wanted || (way.server.tls == Tls::Offered && offered) {
            if !offered {
                return Err(Stop::Lost(Step::Secure, format!("{} offers no STARTTLS, and nothing is sent in the open", way.place())));
            }
            session.say(Step::Secure, "STARTTLS").await?;
            if !session.read.is_empty() {
                return Err(Stop::Lost(Step::Secure, "something was said before the encryption began".into()));
            }
            let stream = way.secured(session.stream).await.map_err(|why| Stop::Lost(Step::Secure, format!("{}: {why}", way.place())))?;
            session = Self { stream, read: Vec::new(), offers: Vec::new() };
            session.hello(way).await?;
        }
        if let Some((name, password)) = &way.server.sign_in {
            session.sign_in(name, password).await.map_err(|stop| unsaid(stop, name, password))?;
        }
        Ok(session)
    }

    /// Names sender and recipient, and gets leave to send.
    ///
    /// # Errors
    /// As [`Stop`].
    pub async fn begin(&mut self, from: &str, to: &str, bytes: usize) -> Result<(), Stop> {
        let size = if self.offers("SIZE").is_some() { format!(" SIZE={bytes}") } else { String::new() };
        self.say(Step::Sender, &format!("MAIL FROM:<{from}>{size}")).await?;
        self.say(Step::Recipient, &format!("RCPT TO:<{to}>")).await?;
        self.say(Step::Data, "DATA").await?;
        Ok(())
    }

    /// Sends all of a message but the line that ends it: without that the mail server throws away what it has.
    ///
    /// # Errors
    /// As [`Stop`].
    pub async fn body(&mut self, message: &[u8]) -> Result<(), Stop> {
        let stuffed = stuffed(message);
        let all = async {
            for piece in stuffed.chunks(PIECE) {
                self.stream.write_all(piece).await?;
            }
            self.stream.flush().await
        };
        match timeout(BODY, all).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Stop::Lost(Step::Data, error.to_string())),
            Err(_) => Err(Stop::Lost(Step::Data, "the message was not taken in time".into())),
        }
    }

    /// Ends the message, and waits for the answer. Without an answer nobody knows whether the mail server has it.
    ///
    /// # Errors
    /// As [`Stop`].
    pub async fn end(&mut self) -> Result<Reply, Stop> {
        self.write(Step::End, b".\r\n").await?;
        self.answer(Step::End, LAST_ANSWER).await
    }

    /// Forgets what was begun. False: the conversation is over.
    pub async fn reset(&mut self) -> bool {
        self.say(Step::Hello, "RSET").await.is_ok()
    }

    /// Says goodbye, without waiting long for an answer.
    pub async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(2), self.say(Step::Hello, "QUIT")).await;
    }

    fn offers(&self, word: &str) -> Option<&str> {
        self.offers.iter().find_map(|line| {
            let (first, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            first.eq_ignore_ascii_case(word).then_some(rest)
        })
    }

    async fn hello(&mut self, way: &Way) -> Result<(), Stop> {
        let reply = self.say(Step::Hello, &format!("EHLO {}", way.hello)).await?;
        self.offers = reply.lines.into_iter().skip(1).collect();
        Ok(())
    }

    async fn sign_in(&mut self, name: &str, password: &str) -> Result<(), Stop> {
        let ways = self.offers("AUTH").unwrap_or_default().to_ascii_uppercase();
        let knows = |way: &str| ways.split_whitespace().any(|known| known == way);
        if knows("PLAIN") {
            let both = STANDARD.encode(format!("\0{name}\0{password}"));
            self.say(Step::SignIn, &format!("AUTH PLAIN {both}")).await?;
        } else if knows("LOGIN") {
            self.say(Step::SignIn, "AUTH LOGIN").await?;
            self.say(Step::SignIn, &STANDARD.encode(name)).await?;
            self.say(Step::SignIn, &STANDARD.encode(password)).await?;
        } else {
            return Err(Stop::Lost(Step::SignIn, "the mail server offers neither AUTH PLAIN nor AUTH LOGIN".into()));
        }
        Ok(())
    }

    async fn say(&mut self, step: Step, line: &str) -> Result<Reply, Stop> {
        // What would be a second command is no address.
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        self.write(step, format!("{line}\r\n").as_bytes()).await?;
        self.answer(step, ANSWER).await
    }

    async fn write(&mut self, step: Step, bytes: &[u8]) -> Result<(), Stop> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(ANSWER, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Stop::Lost(step, error.to_string())),
            Err(_) => Err(Stop::Lost(step, "nothing could be sent".into())),
        }
    }

    async fn answer(&mut self, step: Step, patience: Duration) -> Result<Reply, Stop> {
        let lost = |why: String| Stop::Lost(step, format!("{}: {why}", step.name()));
        let read = async {
            loop {
                match Reply::read(&self.read).map_err(|e| lost(e.to_string()))? {
                    Some((reply, taken)) => {
                        self.read.drain(..taken);
                        return Ok(reply);
                    }
                    None => {
                        let mut piece = [0u8; 2 << 10];
                        let length = self.stream.read(&mut piece).await.map_err(|e| lost(e.to_string()))?;
                        if length == 0 {
                            return Err(lost("the connection was closed".into()));
                        }
                        self.read.extend_from_slice(&piece[..length]);
                    }
                }
            }
        };
        let reply = timeout(patience, read).await.map_err(|_| lost("no answer in time".into()))??;
        if reply.is_yes() { Ok(reply) } else { Err(Stop::No(step, reply)) }
    }
}

/// A mail server that repeats what it was told must not bring a password into log and outbox.
fn unsaid(stop: Stop, name: &str, password: &str) -> Stop {
    let Stop::No(step, reply) = stop else { return stop };
    let secrets = [STANDARD.encode(format!("\0{name}\0{password}")), STANDARD.encode(password), password.to_owned()];
    let clean =
        |line: String| secrets.iter().filter(|secret| !secret.is_empty()).fold(line, |line, secret| line.replace(secret.as_str(), "…"));
    Stop::No(step, Reply { code: reply.code, lines: reply.lines.into_iter().map(clean).collect() })
}

/// Lines that begin with a dot get another; the last line is ended.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 64 + 2);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_a_mail_server_repeats_is_not_kept() {
        let lines = ["no AHBvcnRhbABodW50ZXIy", "nor hunter2", "nor aHVudGVyMg=="].map(str::to_owned).to_vec();
        let stop = unsaid(Stop::No(Step::SignIn, Reply { code: 535, lines }), "portal", "hunter2");
        let lines = ["no …", "nor …", "nor …"].map(str::to_owned).to_vec();
        assert_eq!(stop, Stop::No(Step::SignIn, Reply { code: 535, lines }));
    }

    #[test]
    fn no_line_of_a_message_can_end_it() {
        assert_eq!(stuffed(b".\r\na\r\n..b"), b"..\r\na\r\n...b\r\n");
        assert_eq!(stuffed(b"a\r\n"), b"a\r\n");
        assert_eq!(stuffed(b""), b"\r\n");
    }
}
