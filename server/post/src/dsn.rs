//! What other mail servers tell later: delivery status notifications (RFC 3464), also those that come without the form of one.
//!
//! A notice counts only for a copy that it names by a stamp of ours, so that nobody stops an address by telling tales.

use crate::{
    reply::status,
    stamp::{Keys, LENGTH, Purpose},
};
use domain::ids::{MailId, PartnerId};
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

/// What was told of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It came back, and the address is to blame.
    Gone,
    /// It came back, for other reasons.
    Back,
    /// It is held on the way and tried again.
    Delayed,
    /// It has arrived.
    Delivered,
}

/// A notice about a copy of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whose copy.
    pub partner: PartnerId,
    /// Which copy.
    pub mail: MailId,
    /// What was told.
    pub told: Told,
    /// In the other side's words.
    pub said: String,
}

/// Why a message tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nothing {
    /// Not a message.
    #[error("this is no message")]
    NoMessage,
    /// It tells of nothing that happened to a delivery.
    #[error("this message is no notice about a delivery")]
    NoNotice,
    /// It names no copy of ours.
    #[error("this notice is about no mail of this portal")]
    Stranger,
}

/// Reads a notice. `to`: the address that it came to, where the mail server tells it (for example in a pipe's `${recipient}`).
///
/// # Errors
/// As [`Nothing`].
pub fn read(raw: &[u8], to: Option<&str>, keys: &Keys) -> Result<Notice, Nothing> {
    let message = MessageParser::default().parse(raw).ok_or(Nothing::NoMessage)?;
    let (told, said) = fate(&message).ok_or(Nothing::NoNotice)?;
    let (partner, mail) = copy(&message, raw, to, keys).ok_or(Nothing::Stranger)?;
    Ok(Notice { partner, mail, told, said })
}

/// The fields of the first recipient in the machine's part: each of our messages has one.
fn fate(message: &Message<'_>) -> Option<(Told, String)> {
    let part = message.parts.iter().find(|part| {
        part.content_type().is_some_and(|kind| {
            kind.c_type.eq_ignore_ascii_case("message")
                && kind
                    .c_subtype
                    .as_deref()
                    .is_some_and(|sub| sub.eq_ignore_ascii_case("delivery-status") || sub.eq_ignore_ascii_case("global-delivery-status"))
        })
    })?;
    let text = match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.to_string(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        PartType::Message(inner) => String::from_utf8_lossy(inner.raw_message()).into_owned(),
        PartType::Multipart(_) => return None,
    };
    let fields = fields(&text);
    let value = |name: &str| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let action = value("Action")?.split(|c: char| c == ';' || c.is_whitespace()).next().unwrap_or_default().to_ascii_lowercase();
    let code = value("Status").and_then(|text| status(text.split(|c: char| c == '(' || c.is_whitespace()).next().unwrap_or_default()));
    let diagnostic = value("Diagnostic-Code").map(|text| text.split_once(';').map_or(text, |(_, words)| words).trim());
    let mut said = diagnostic.or(value("Status")).unwrap_or_default().to_owned();
    if let Some(server) =
        value("Remote-MTA").map(|text| text.split_once(';').map_or(text, |(_, name)| name).trim()).filter(|s| !s.is_empty())
    {
        said = format!("{server} said: {said}");
    }
    let told = match action.as_str() {
        "failed" => match code {
            // Policy, and what is wrong with the message or with the way there, say nothing of the address.
            Some((5, 1 | 2, _) | (5, 0, 0)) => Told::Gone,
            _ => Told::Back,
        },
        "delayed" => Told::Delayed,
        "delivered" => Told::Delivered,
        // Handed on to somebody who tells nothing, or to a list.
        "relayed" | "expanded" => return None,
        _ => return None,
    };
    Some((told, said))
}

/// `Name: value`, with lines that go on put together.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            found.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}

/// The copy by the address that bounces go to, or by the Message-ID of what came back with the notice.
fn copy(message: &Message<'_>, raw: &[u8], to: Option<&str>, keys: &Keys) -> Option<(PartnerId, MailId)> {
    let heads = ["To", "Delivered-To", "X-Original-To", "Envelope-To"];
    let heads = message.headers_raw().filter(|(name, _)| heads.iter().any(|head| head.eq_ignore_ascii_case(name))).map(|(_, value)| value);
    let bounced = to.into_iter().chain(heads).find_map(|text| stamps(text, |word| keys.read(Purpose::Bounce, word)));
    bounced.or_else(|| {
        let text = String::from_utf8_lossy(raw);
        text.lines()
            .filter(|line| line.len() > 11 && line.is_char_boundary(11) && line[..11].eq_ignore_ascii_case("message-id:"))
            .find_map(|line| stamps(&line[11..], |word| keys.read(Purpose::Message, word)))
    })
}

/// The first word in a text that is a stamp.
fn stamps<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() == LENGTH).find_map(read)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const COPY: (PartnerId, MailId) = (PartnerId(5 << 40), MailId(7 << 41));

    fn keys() -> Keys {
        Keys::new(vec![[3; 32]]).unwrap()
    }

    /// As postfix writes it.
    fn notice(to: &str, action: &str, status: &str, diagnostic: &str, id: &str) -> String {
        format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.example.net (Mail Delivery System)\r\nSubject: Undelivered Mail Returned to Sender\r\nTo: {to}\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"B1/mail.example.net\"\r\n\
             Message-Id: <20261005040010.9@mail.example.net>\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n--B1/mail.example.net\r\nContent-Description: Notification\r\n\
             Content-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry to have to inform you.\r\n\r\n--B1/mail.example.net\r\nContent-Description: Delivery report\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.net\r\nX-Postfix-Queue-ID: 9\r\nArrival-Date: Mon,  5 Oct 2026 04:00:00 +0000 (UTC)\r\n\r\n\
             Final-Recipient: rfc822; gone@example.com\r\nOriginal-Recipient: rfc822;gone@example.com\r\nAction: {action}\r\nStatus: {status}\r\n\
             Remote-MTA: dns; mx.example.com\r\nDiagnostic-Code: {diagnostic}\r\n\r\n--B1/mail.example.net\r\nContent-Description: Undelivered Message\r\n\
             Content-Type: message/rfc822\r\n\r\nFrom: Holdfast <no-reply@backup.example.com>\r\nTo: gone@example.com\r\nMessage-ID: <{id}@backup.example.com>\r\nSubject: Report\r\n\r\nHello\r\n\r\n\
             --B1/mail.example.net--\r\n"
        )
    }

    #[test]
    fn a_bounce_is_known_by_the_address_it_comes_to_or_by_what_it_brings_back() {
        let (bounce, id) = (keys().write(Purpose::Bounce, COPY.0, COPY.1), keys().write(Purpose::Message, COPY.0, COPY.1));
        let said = "smtp; 550 5.1.1 <gone@example.com>: Recipient\r\n    address rejected";
        let by_address = notice(&format!("b-{bounce}@bounces.example.com"), "failed", "5.1.1", said, "somebody-else");
        let by_message = notice("no-reply@backup.example.com", "failed", "5.1.1", said, &id);
        let wanted = Notice {
            partner: COPY.0,
            mail: COPY.1,
            told: Told::Gone,
            said: "mx.example.com said: 550 5.1.1 <gone@example.com>: Recipient address rejected".into(),
        };
        assert_eq!(read(by_address.as_bytes(), None, &keys()).as_ref(), Ok(&wanted));
        assert_eq!(read(by_message.as_bytes(), None, &keys()).as_ref(), Ok(&wanted));
        let to = format!("b-{}@bounces.example.com", bounce.to_uppercase());
        let by_pipe = notice("x@y.example", "failed", "5.1.1", said, "x");
        assert_eq!(read(by_pipe.as_bytes(), Some(&to), &keys()).as_ref(), Ok(&wanted));
    }

    #[test]
    fn nobody_stops_an_address_by_telling_tales() {
        let other = Keys::new(vec![[4; 32]]).unwrap();
        let (bounce, id) = (other.write(Purpose::Bounce, COPY.0, COPY.1), other.write(Purpose::Message, COPY.0, COPY.1));
        let text = notice(&format!("b-{bounce}@bounces.example.com"), "failed", "5.1.1", "smtp; 550 no", &id);
        assert_eq!(read(text.as_bytes(), None, &keys()), Err(Nothing::Stranger));
        // The link of the mail is no address for bounces.
        let link = keys().write(Purpose::Unsubscribe, COPY.0, COPY.1);
        let text = notice(&format!("b-{link}@bounces.example.com"), "failed", "5.1.1", "smtp; 550 no", "x");
        assert_eq!(read(text.as_bytes(), None, &keys()), Err(Nothing::Stranger));
    }

    #[test]
    fn the_table_of_fates() {
        let id = keys().write(Purpose::Message, COPY.0, COPY.1);
        for (action, status, wanted) in [
            ("failed", "5.1.1", Ok(Told::Gone)),
            ("Failed", "5.2.2 (mailbox full)", Ok(Told::Gone)),
            ("failed", "5.0.0", Ok(Told::Gone)),
            ("failed", "4.4.1", Ok(Told::Back)),
            ("failed", "5.7.1", Ok(Told::Back)),
            ("failed", "5.4.4", Ok(Told::Back)),
            ("failed", "nonsense", Ok(Told::Back)),
            ("delayed", "4.4.1", Ok(Told::Delayed)),
            ("delivered", "2.0.0", Ok(Told::Delivered)),
            ("relayed", "2.0.0", Err(Nothing::NoNotice)),
        ] {
            let text = notice("a@b.example", action, status, "smtp; words", &id);
            assert_eq!(read(text.as_bytes(), None, &keys()).map(|notice| notice.told), wanted, "{action} {status}");
        }
    }

    #[test]
    fn what_is_no_notice_tells_nothing() {
        let holiday = "From: a@b.example\r\nTo: no-reply@backup.example.com\r\nSubject: I am on holiday\r\n\r\nUntil Monday.\r\n";
        assert_eq!(read(holiday.as_bytes(), None, &keys()), Err(Nothing::NoNotice));
        for raw in [&b""[..], b"\0\xff\xfe", b"\r\n\r\n"] {
            assert!(read(raw, None, &keys()).is_err());
        }
    }
}
