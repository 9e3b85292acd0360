//! Is consent gone, or is it a passing fault? Decided on the HTTP status and `error`; codes only word the advice, except those
//! few by which Microsoft says that the fault is its own.

use domain::{consent::Cause, saas::Service};
use serde::Deserialize;

/// Microsoft's codes for faults of its own: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
const PASSING_CODES: [u32; 7] = [50033, 50087, 80005, 90006, 90012, 90024, 90033];
/// Longest text of a provider that is kept.
const LONGEST: usize = 300;

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It will pass: consent stays, try again later.
    Passing,
    /// Consent is gone, if a second refusal says the same.
    Gone,
    /// Our own secret is wrong or has run out: it concerns every connection of the service, and no client.
    OurSecret,
    /// We ask for the wrong thing, or the answer is unknown: for whoever runs the portal.
    OurBug,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it means.
    pub kind: Kind,
    /// For support: `AADSTS50173`, or else the provider's `error`, or `http_503`, `unreachable`.
    pub code: String,
    /// What the provider says, shortened; never a token.
    pub detail: String,
}

/// An error as RFC 6749 has it, and Microsoft's numbers.
#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    error_subtype: String,
}

impl Refusal {
    /// Of an answer of the token endpoint that holds no token.
    pub fn of_answer(status: u16, body: &[u8]) -> Self {
        let read = serde_json::from_slice::<Body>(body).unwrap_or_default();
        let number = read.error_codes.first().copied().or_else(|| number_in(&read.error_description));
        let passes = matches!(status, 408 | 429 | 500..=599) || number.is_some_and(|n| PASSING_CODES.contains(&n));
        let kind = if passes { Kind::Passing } else { kind_of(&read.error) };
        let code = match number {
            Some(number) => format!("AADSTS{number}"),
            None if read.error.is_empty() => format!("http_{status}"),
            None if read.error_subtype.is_empty() => word(&read.error),
            None => format!("{}/{}", word(&read.error), word(&read.error_subtype)),
        };
        let detail = if read.error_description.is_empty() { format!("HTTP status {status}") } else { shortened(&read.error_description) };
        Self { kind, code, detail }
    }

    /// Of what a browser brings back from the provider instead of a code.
    pub fn of_callback(error: &str, description: &str) -> Self {
        let number = number_in(description);
        let kind = match error {
            // Somebody pressed Cancel, or may not consent: nothing that was there before is lost.
            "access_denied" => Kind::Gone,
            _ if number.is_some_and(|n| PASSING_CODES.contains(&n)) => Kind::Passing,
            other => kind_of(other),
        };
        Self { kind, code: number.map_or_else(|| word(error), |n| format!("AADSTS{n}")), detail: shortened(description) }
    }

    /// There was no answer.
    pub fn unreachable(why: &impl std::fmt::Display) -> Self {
        Self { kind: Kind::Passing, code: "unreachable".into(), detail: shortened(&why.to_string()) }
    }

    /// An answer of success that can't be read: something in between answers for the provider.
    pub fn unreadable() -> Self {
        Self { kind: Kind::Passing, code: "unreadable".into(), detail: "The answer is not one of an OAuth token endpoint.".into() }
    }

    /// What to do about it, as one text.
    pub fn advice(&self, service: Service) -> String {
        let name = service.name();
        match self.kind {
            Kind::Passing => format!("{name} can't be reached or has a fault of its own. Nothing has to be done: it is tried again."),
            Kind::Gone => Cause::of(&self.code).advice().to_owned(),
            Kind::OurSecret => format!(
                "{name} refuses this portal's own client secret. Whoever runs the portal has to make a new one at the provider and put it \
                 into the secrets file; no client has to do anything."
            ),
            Kind::OurBug => format!(
                "{name} doesn't take what this portal asks for. Whoever runs the portal should check the client id, the scopes and the \
                 addresses of the service in the settings."
            ),
        }
    }
}

fn kind_of(error: &str) -> Kind {
    match error {
        "temporarily_unavailable" | "server_error" => Kind::Passing,
        "invalid_grant" | "consent_required" | "interaction_required" => Kind::Gone,
        "invalid_client" => Kind::OurSecret,
        _ => Kind::OurBug,
    }
}

/// The number in `AADSTS50173: The provided grant …`.
fn number_in(description: &str) -> Option<u32> {
    let (_, rest) = description.split_once("AADSTS")?;
    let digits: &str = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// A provider's word, as far as it is one.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).take(60).collect()
}

/// The first line, without Microsoft's trailers.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let end = line.find(" Trace ID:").unwrap_or(line.len());
    line[..end].chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>().trim().to_owned()
}
