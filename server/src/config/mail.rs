//! Settings of mail that goes out. Without a mail server messages go to a folder: a first start needs none.

use super::{Text, WrongSetting, wrong};
use clap::Args;
use serde::Deserialize;
use std::{fmt, net::IpAddr, path::PathBuf};

/// Flags of mail. The address may hold a password: it is shown nowhere.
#[derive(Args, Clone, Default)]
pub struct MailFlags {
    /// Mail server: `smtp://USER:PASSWORD@HOST:587` (STARTTLS) or `smtps://USER:PASSWORD@HOST:465`; default: mail goes to the folder outbox in
    /// the data folder.
    #[arg(long, env = "HOLDFAST_SMTP_URL", global = true, hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// PEM file with certificates to believe besides the usual ones, for a mail server with one of its own.
    #[arg(long, env = "HOLDFAST_SMTP_CA", global = true)]
    pub smtp_ca: Option<String>,
    /// Sender of all mail, for example `Holdfast <no-reply@backup.example.com>`; default: no-reply at the public address.
    #[arg(long, env = "HOLDFAST_MAIL_FROM", global = true)]
    pub mail_from: Option<String>,
    /// Domain whose mail is piped to `holdfast mail bounce`; default: bounces go to the sender's address.
    #[arg(long, env = "HOLDFAST_BOUNCE_DOMAIN", global = true)]
    pub bounce_domain: Option<String>,
}

impl fmt::Debug for MailFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailFlags").field("mail_from", &self.mail_from).finish_non_exhaustive()
    }
}

/// `[mail]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailFile {
    smtp_url: Option<Text>,
    smtp_ca: Option<Text>,
    mail_from: Option<Text>,
    bounce_domain: Option<Text>,
}

/// Whether the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From its first byte (`smtps`).
    First,
    /// By STARTTLS, or not at all used.
    Wanted,
    /// By STARTTLS where it is offered: mail servers on this machine.
    Offered,
    /// Never (`?tls=none`).
    Never,
}

/// A mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is encrypted.
    pub tls: Tls,
    /// Name and password.
    pub sign_in: Option<(String, String)>,
    /// Certificates to believe besides the usual ones.
    pub ca: Option<PathBuf>,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {:?}", self.host, self.port, self.tls)
    }
}

/// Settings of mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The mail server; none: the folder.
    pub server: Option<SmtpServer>,
    /// The sender's name and address.
    pub from: (String, String),
    /// Where bounces go.
    pub bounce_domain: Option<String>,
}

impl Mail {
    /// `address`: where people reach the portal.
    pub(super) fn read(flags: &MailFlags, file: &MailFile, address: &str) -> Result<Self, WrongSetting> {
        let pick = |flag: &Option<String>, file: &Option<Text>| {
            flag.clone().or_else(|| file.as_ref().map(Text::to_string)).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
        };
        let ca = pick(&flags.smtp_ca, &file.smtp_ca).map(PathBuf::from);
        let server = match pick(&flags.smtp_url, &file.smtp_url) {
            Some(text) => Some(server(&text, ca).ok_or_else(|| {
                // The value may hold a password: it isn't repeated.
                WrongSetting::new(
                    "setting smtp_url (--smtp-url, HOLDFAST_SMTP_URL): wanted is smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465, what is special in them written as %40; without TLS on this machine, or with ?tls=none and no password",
                )
            })?),
            None => None,
        };
        let from = match pick(&flags.mail_from, &file.mail_from) {
            Some(text) => post::message::mailbox(&text)
                .map_err(|_| wrong("mail_from", &text, "an address, for example Holdfast <no-reply@backup.example.com>"))?,
            None => match (host_of(address), &server) {
                (Some(host), _) => ("Holdfast".to_owned(), format!("no-reply@{host}")),
                (None, None) => ("Holdfast".to_owned(), "no-reply@holdfast.invalid".to_owned()),
                (None, Some(_)) => {
                    let line = "setting mail_from (--mail-from, HOLDFAST_MAIL_FROM): mail by SMTP needs a sender, for example Holdfast <no-reply@backup.example.com>";
                    return Err(WrongSetting::new(line));
                }
            },
        };
        let bounce_domain = pick(&flags.bounce_domain, &file.bounce_domain);
        if let Some(domain) = &bounce_domain
            && post::message::address(&format!("bounce@{domain}")).is_err()
        {
            return Err(wrong("bounce_domain", domain, "a domain, for example bounces.example.com"));
        }
        Ok(Self { server, from, bounce_domain })
    }
}

/// The host of the public address, where that is a name that mail can come from.
fn host_of(address: &str) -> Option<String> {
    let host = address.split_once("://")?.1.split(['/', ':']).next()?;
    (host.contains('.') && host.parse::<IpAddr>().is_err()).then(|| host.to_owned())
}

fn server(text: &str, ca: Option<PathBuf>) -> Option<SmtpServer> {
    let (scheme, rest) = text.split_once("://")?;
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (sign_in, place) = match rest.trim_end_matches('/').rsplit_once('@') {
        Some((who, place)) => {
            let (name, password) = who.split_once(':')?;
            (Some((decoded(name)?, decoded(password)?)), place)
        }
        None => (None, rest.trim_end_matches('/')),
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && (host.ends_with(']') || !host.contains(':')) => {
            (host, Some(port.parse::<u16>().ok()?))
        }
        _ => (place, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        return None;
    }
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let tls = match (scheme, query) {
        ("smtps", None) => Tls::First,
        ("smtp", None) if here => Tls::Offered,
        ("smtp", None | Some("tls=required")) => Tls::Wanted,
        // A password goes over no wire in the open.
        ("smtp", Some("tls=none")) if here || sign_in.is_none() => Tls::Never,
        _ => return None,
    };
    let port = port.unwrap_or(if tls == Tls::First { 465 } else { 587 });
    Some(SmtpServer { host: host.to_owned(), port, tls, sign_in, ca })
}

/// `%40` and the like.
fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn read(smtp_url: &str, mail_from: Option<&str>, address: &str) -> Result<Mail, WrongSetting> {
        let flags = MailFlags {
            smtp_url: Some(smtp_url.to_owned()).filter(|t| !t.is_empty()),
            mail_from: mail_from.map(str::to_owned),
            ..MailFlags::default()
        };
        Mail::read(&flags, &MailFile::default(), address)
    }

    #[test]
    fn without_settings_mail_goes_to_the_folder_from_the_portals_own_name() {
        let mail = read("", None, "https://backup.example.com").unwrap();
        assert!(mail.server.is_none());
        assert_eq!(mail.from.1, "no-reply@backup.example.com");
        assert_eq!(read("", None, "http://127.0.0.1:3000").unwrap().from.1, "no-reply@holdfast.invalid");
    }

    #[test]
    fn mail_servers_are_encrypted_unless_they_are_here_or_it_is_said_and_no_password_goes_in_the_open() {
        let from = Some("Portal <a@b.example>");
        let tls = |url: &str| read(url, from, "").ok().and_then(|mail| mail.server).map(|s| (s.host, s.port, s.tls));
        for (url, wanted) in [
            ("smtps://mail.example.com", Some(("mail.example.com", 465, Tls::First))),
            ("smtp://u:p%40ss@mail.example.com", Some(("mail.example.com", 587, Tls::Wanted))),
            ("smtp://localhost:25", Some(("localhost", 25, Tls::Offered))),
            ("smtp://[::1]:2525", Some(("::1", 2525, Tls::Offered))),
            ("smtp://relay.lan:25?tls=none", Some(("relay.lan", 25, Tls::Never))),
            ("smtp://u:p@relay.lan:25?tls=none", None),
            ("smtp://mail.example.com?tls=maybe", None),
            ("mail.example.com:25", None),
            ("smtp://", None),
            ("smtp://host:port", None),
        ] {
            let wanted = wanted.map(|(host, port, tls)| (host.to_owned(), port, tls));
            assert_eq!(tls(url), wanted, "{url}");
        }
        let mail = read("smtp://u:p%40ss@mail.example.com", from, "").unwrap();
        assert_eq!(mail.server.as_ref().unwrap().sign_in, Some(("u".to_owned(), "p@ss".to_owned())));
        assert!(!format!("{mail:?}").contains("p@ss"));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        let told = read("smpt://user:hunter2@mail.example.com", None, "").unwrap_err().to_string();
        assert!(told.contains("HOLDFAST_SMTP_URL") && !told.contains("hunter2") && !told.contains('\n'), "{told}");
        let told = read("smtp://localhost", None, "http://127.0.0.1:3000").unwrap_err().to_string();
        assert!(told.contains("HOLDFAST_MAIL_FROM"), "{told}");
        assert!(read("", Some("not an address"), "").is_err());
    }
}
