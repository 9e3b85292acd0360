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
