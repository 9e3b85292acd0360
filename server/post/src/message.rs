//! A message as bytes: text and HTML as alternatives, pictures inside, files beside (`outgoing.md`'s mail): the same data gives the same bytes,
//! boundaries included. Signed with DKIM where a key is given; the signature bears the time at which it was made.

use domain::time::Time;
use lettre::{
    Address, Message,
    message::{
        Attachment, Body, Mailbox, MessageBuilder, MultiPart, SinglePart,
        dkim::{DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey},
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Not an address.
    #[error("\"{0}\" is no mail address")]
    Address(String),
    /// A key that can't sign.
    #[error("the key of {0} can't be used to sign")]
    Key(String),
    /// A fresh key can't be written.
    #[error("no key could be made: {0}")]
    NoKey(String),
    /// It can't be put together.
    #[error("the message can't be put together: {0}")]
    Message(String),
}

/// A picture that the HTML shows as `cid:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its name: letters, digits, `-`.
    pub cid: String,
    /// A PNG.
    pub png: Vec<u8>,
}

/// A file beside the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// A PDF.
    pub pdf: Vec<u8>,
}

/// A message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The sender's name and address.
    pub from: (String, String),
    /// The recipient's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Its date.
    pub at: Time,
    /// What stands between the angle brackets of its Message-ID.
    pub message_id: String,
    /// Plain text.
    pub text: String,
    /// HTML, a whole document; empty: text only.
    pub html: String,
    /// Shown in the HTML.
    pub pictures: Vec<Picture>,
    /// Beside the text.
    pub files: Vec<File>,
    /// Where a POST unsubscribes (RFC 8058); none: nothing to unsubscribe from.
    pub unsubscribe: Option<String>,
}

/// What signs (DKIM).
#[derive(Clone, PartialEq, Eq)]
pub struct Signer {
    /// Whose name it signs in.
    pub domain: String,
    /// Which key in DNS.
    pub selector: String,
    /// RSA, PKCS #1, PEM.
    pub key: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("domain", &self.domain).field("selector", &self.selector).finish_non_exhaustive()
    }
}

/// An address that mail can be handed over to: one, in ASCII on the left of the @.
///
/// # Errors
/// It isn't one.
pub fn address(text: &str) -> Result<Address, PostError> {
    let read = text.trim().parse::<Address>().ok().filter(|address| address.user().is_ascii());
    read.ok_or_else(|| PostError::Address(text.trim().to_owned()))
}

/// `Name <address>` or `address` taken apart.
///
/// # Errors
/// It isn't a mailbox.
pub fn mailbox(text: &str) -> Result<(String, String), PostError> {
    let read: Mailbox = text.trim().parse().map_err(|_| PostError::Address(text.trim().to_owned()))?;
    address(read.email.as_ref())?;
    Ok((read.name.unwrap_or_default(), read.email.to_string()))
}

/// The bytes that are handed over, lines ended by CRLF.
///
/// # Errors
/// As [`PostError`].
pub fn bytes(letter: &Letter, signer: Option<&Signer>) -> Result<Vec<u8>, PostError> {
    let (name, from) = &letter.from;
    let named = (!name.is_empty()).then(|| name.clone());
    let mut builder = Message::builder()
        .from(Mailbox::new(named, address(from)?))
        .to(Mailbox::new(None, address(&letter.to)?))
        .subject(letter.subject.clone())
        .date(moment(letter.at))
        .message_id(Some(format!("<{}>", letter.message_id)));
    builder = plain(builder, "Auto-Submitted", "auto-generated");
    // Answers of the kind "I am on holiday" go nowhere.
    builder = plain(builder, "X-Auto-Response-Suppress", "OOF, AutoReply");
    let mut signed = vec!["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted"];
    signed.extend(OF_THE_BODY);
    if let Some(url) = &letter.unsubscribe {
        builder = plain(builder, "List-Unsubscribe", &format!("<{url}>"));
        builder = plain(builder, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        // RFC 8058 asks that both are signed.
        signed.extend(["List-Unsubscribe", "List-Unsubscribe-Post"]);
    }
    let mut message = body(builder, letter).map_err(|e| PostError::Message(e.to_string()))?;
    if let Some(signer) = signer {
        let unusable = || PostError::Key(signer.domain.clone());
        let key = DkimSigningKey::new(&signer.key, DkimSigningAlgorithm::Rsa).map_err(|_| unusable())?;
        let heads = signed.into_iter().map(|name| HeaderName::new_from_ascii(name.to_owned())).collect::<Result<_, _>>();
        let relaxed = DkimCanonicalization { header: DkimCanonicalizationType::Relaxed, body: DkimCanonicalizationType::Relaxed };
        let heads = heads.map_err(|_| unusable())?;
        lend(&mut message);
        message.sign(&DkimConfig::new(signer.selector.clone(), signer.domain.clone(), key, heads, relaxed));
        for name in OF_THE_BODY {
            message.headers_mut().remove_raw(name);
        }
    }
    Ok(message.formatted())
}

/// Heads that stand with the body until the message is written: `sign` doesn't see them, names them all the same, and nobody could verify that.
const OF_THE_BODY: [&str; 2] = ["Content-Type", "Content-Transfer-Encoding"];

/// Gives them to the message while it is signed.
fn lend(message: &mut Message) {
    let whole = message.formatted();
    let heads = whole.windows(4).position(|four| four == b"\r\n\r\n").map_or(&whole[..], |end| &whole[..end]);
    let heads = String::from_utf8_lossy(heads).replace("\r\n ", "\u{0}").replace("\r\n\t", "\u{1}");
    for name in OF_THE_BODY {
        let line = heads.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        if let Some(value) = line {
            let value = value.replace('\u{0}', "\r\n ").replace('\u{1}', "\r\n\t");
            message.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(
                HeaderName::new_from_ascii_str(name),
                value.clone(),
                value,
            ));
        }
    }
}

fn moment(at: Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0))
}

/// A head whose value is ASCII and ours: never folded or encoded.
fn plain(builder: MessageBuilder, name: &'static str, value: &str) -> MessageBuilder {
    let value: String = value.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).collect();
    builder.raw_header(HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value))
}

fn body(builder: MessageBuilder, letter: &Letter) -> Result<Message, lettre::error::Error> {
    let seam = |part: &str| format!("{part}.{}", letter.message_id.split('@').next().unwrap_or_default());
    let text = SinglePart::plain(letter.text.clone());
    let read = if letter.html.is_empty() {
        None
    } else {
        let html = SinglePart::html(letter.html.clone());
        let alternative = MultiPart::alternative().boundary(seam("alternative")).singlepart(text.clone());
        Some(if letter.pictures.is_empty() {
            alternative.singlepart(html)
        } else {
            let mut related = MultiPart::related().boundary(seam("related")).singlepart(html);
            for picture in &letter.pictures {
                related = related.singlepart(Attachment::new_inline(picture.cid.clone()).body(picture.png.clone(), kind("image/png")));
            }
            alternative.multipart(related)
        })
    };
    if letter.files.is_empty() {
        return match read {
            Some(read) => builder.multipart(read),
            None => builder.singlepart(text),
        };
    }
    let mixed = MultiPart::mixed().boundary(seam("mixed"));
    let mut mixed = match read {
        Some(read) => mixed.multipart(read),
        None => mixed.singlepart(text),
    };
    for file in &letter.files {
        // Never as it is, even if it could be: its line ends are no business of mail servers.
        let pdf = Body::new_with_encoding(file.pdf.clone(), ContentTransferEncoding::Base64).unwrap_or_else(Body::new);
        mixed = mixed.singlepart(Attachment::new(file.name.clone()).body(pdf, named(&file.name)));
    }
    builder.multipart(mixed)
}

/// With the name as a parameter, too: some mail programs don't read the long form that long names have in the disposition.
fn named(name: &str) -> ContentType {
    let simple = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let full = simple.then(|| ContentType::parse(&format!("application/pdf; name=\"{name}\"")).ok()).flatten();
    full.unwrap_or_else(|| kind("application/pdf"))
}

fn kind(name: &'static str) -> ContentType {
    ContentType::parse(name).unwrap_or(ContentType::TEXT_PLAIN)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders};

    fn letter() -> Letter {
        Letter {
            from: ("Northwind – IT".into(), "no-reply@backup.example.com".into()),
            to: "ops@example.com".into(),
            subject: "Backup Summary Report of Müller & Söhne, September 2026".into(),
            at: Time(1_791_176_400_000),
            message_id: "0000000000001@backup.example.com".into(),
            text: "Hello\n.\nGrüße\n".into(),
            html: "<p>Hello <img src=\"cid:logo\"></p>".into(),
            pictures: vec![Picture { cid: "logo".into(), png: vec![0x89, b'P', b'N', b'G'] }],
            files: vec![File { name: "backup-summary-2026-09.pdf".into(), pdf: b"%PDF-1.7\n".to_vec() }],
            unsubscribe: Some("https://backup.example.com/unsubscribe/0123456789012345678901234567890123456789".into()),
        }
    }

    /// Kinds of all parts, as they lie in one another.
    fn kinds(raw: &[u8]) -> Vec<String> {
        let message = MessageParser::default().parse(raw).unwrap();
        let kind = |part: &mail_parser::MessagePart<'_>| {
            part.content_type().map(|k| format!("{}/{}", k.c_type, k.c_subtype.clone().unwrap_or_default())).unwrap_or_default()
        };
        message.parts.iter().map(kind).collect()
    }

    #[test]
    fn a_message_is_text_or_html_with_its_pictures_and_files_beside() {
        let raw = bytes(&letter(), None).unwrap();
        let wanted =
            ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "application/pdf"];
        assert_eq!(kinds(&raw), wanted);
        let plain = Letter { html: String::new(), pictures: vec![], files: vec![], ..letter() };
        assert_eq!(kinds(&bytes(&plain, None).unwrap()), ["text/plain"]);
        let read = MessageParser::default().parse(&raw).unwrap();
        assert_eq!(read.subject(), Some("Backup Summary Report of Müller & Söhne, September 2026"));
        assert_eq!(read.message_id(), Some("0000000000001@backup.example.com"));
        assert_eq!(read.body_text(0).unwrap().trim_end(), "Hello\r\n.\r\nGrüße");
        assert_eq!(read.attachment(1).unwrap().attachment_name(), Some("backup-summary-2026-09.pdf"));
    }

    #[test]
    fn the_heads_say_that_nobody_wrote_it_and_where_one_click_ends_it() {
        let text = String::from_utf8(bytes(&letter(), None).unwrap()).unwrap();
        let (heads, _) = text.split_once("\r\n\r\n").unwrap();
        for wanted in [
            "Auto-Submitted: auto-generated\r\n",
            "List-Unsubscribe: <https://backup.example.com/unsubscribe/0123456789012345678901234567890123456789>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Message-ID: <0000000000001@backup.example.com>\r\n",
        ] {
            assert!(heads.contains(wanted), "{wanted}\n{heads}");
        }
        assert!(text.contains("Content-Type: application/pdf; name=\"backup-summary-2026-09.pdf\""), "{text}");
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998));
        let code = Letter { unsubscribe: None, ..letter() };
        assert!(!String::from_utf8(bytes(&code, None).unwrap()).unwrap().contains("List-Unsubscribe"));
    }

    #[test]
    fn the_same_data_gives_the_same_bytes() {
        assert_eq!(bytes(&letter(), None).unwrap(), bytes(&letter(), None).unwrap());
    }

    #[test]
    fn heads_cannot_be_added_by_what_somebody_typed() {
        let typed =
            Letter { subject: "Hello\r\nBcc: all@example.com".into(), unsubscribe: Some("https://x\r\nBcc: a@b".into()), ..letter() };
        let text = String::from_utf8(bytes(&typed, None).unwrap()).unwrap();
        assert!(!text.contains("\r\nBcc:"), "{text}");
        for wrong in ["a@b\r\nRCPT TO:<c@d>", "no address", "Ä@example.com", ""] {
            assert!(bytes(&Letter { to: wrong.into(), ..letter() }, None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mailbox_is_a_name_with_an_address_or_an_address() {
        assert_eq!(mailbox("Holdfast <no-reply@example.com>").unwrap(), ("Holdfast".into(), "no-reply@example.com".into()));
        assert_eq!(mailbox("no-reply@example.com").unwrap().1, "no-reply@example.com");
        assert!(mailbox("Holdfast").is_err());
    }

    #[test]
    fn a_signed_message_is_the_same_but_for_its_signature() {
        let pair = crate::key::pair().unwrap();
        let signer = Signer { domain: "backup.example.com".into(), selector: "s".into(), key: pair.secret };
        let code = Letter { html: String::new(), pictures: vec![], files: vec![], unsubscribe: None, ..letter() };
        for letter in [letter(), code] {
            let signed = String::from_utf8(bytes(&letter, Some(&signer)).unwrap()).unwrap();
            let begins = signed.find("DKIM-Signature: ").unwrap();
            let ends = begins + signed[begins..].find("\r\nContent-Type: ").unwrap() + 2;
            let without = format!("{}{}", &signed[..begins], &signed[ends..]);
            assert_eq!(without.into_bytes(), bytes(&letter, None).unwrap());
            assert!(signed[begins..ends].contains(":content-type:content-transfer-encoding"), "{signed}");
        }
    }

    #[test]
    fn a_key_that_is_none_signs_nothing() {
        let signer = Signer { domain: "example.com".into(), selector: "s".into(), key: "no key".into() };
        assert!(matches!(bytes(&letter(), Some(&signer)), Err(PostError::Key(_))));
    }
}
