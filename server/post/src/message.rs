//! A message as bytes: text and HTML as alternatives, pictures inside, files beside (`outgoing.md`'s mail): the same data gives the same bytes,
//! boundaries included. Signed with DKIM where a key is given; the signature bears the time at which it was made.

use domain::time::Time;
use lettre::{
    Address, Message,
    message::{
        Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart,
        dkim::{DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey},
        header::{ContentType, HeaderName, HeaderValue},
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
    let mut signed = vec!["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted"];
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
        message.sign(&DkimConfig::new(signer.selector.clone(), signer.domain.clone(), key, heads, relaxed));
    }
    Ok(message.formatted())
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
        mixed = mixed.singlepart(Attachment::new(file.name.clone()).body(file.pdf.clone(), kind("application/pdf")));
    }
    builder.multipart(mixed)
}

fn kind(name: &'static str) -> ContentType {
    ContentType::parse(name).unwrap_or(ContentType::TEXT_PLAIN)
}
