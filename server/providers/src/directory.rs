//! Who there is at a provider: users of a Microsoft tenant (Graph) or of a Google customer (Directory API), page by page.
//!
//! Throttling is obeyed here: what is asked too often, or can't be answered just now, is asked again when the provider says, or ever
//! later. Dropping the future stops it. Nothing is written, and an access token goes nowhere but to the configured address.

mod google;
mod graph;

use crate::{Http, Secret, Unreachable};
use domain::saas::Service;
use http::{Request, Response, StatusCode, Uri, header};
use std::{collections::BTreeMap, time::Duration};

/// Where Microsoft's directory is.
pub const GRAPH: &str = "https://graph.microsoft.com/v1.0";
/// Where Google's is.
pub const GOOGLE: &str = "https://admin.googleapis.com/admin/directory/v1";

/// How long to bear with a provider that can't answer just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The first pause; each is twice the one before, and up to half longer, so that several don't come back together.
    pub first: Duration,
    /// The longest pause, also where the provider asks for more.
    pub longest: Duration,
    /// So often the same page is asked for.
    pub tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(300), tries: 8 }
    }
}

/// Why somebody in the directory is no account to back up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// Belongs to another organization.
    Guest,
    /// May not sign in: left, or a shared mailbox or room, which are imported as such.
    Blocked,
    /// Has no licence, and so no mailbox or drive.
    Unlicensed,
    /// Suspended by an administrator.
    Suspended,
    /// Archived: kept, not used.
    Archived,
    /// Has no address.
    NoAddress,
}

impl LeftOut {
    /// For people: completes "12 …".
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Guest => "guests",
            Self::Blocked => "blocked from signing in",
            Self::Unlicensed => "without a licence",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
            Self::NoAddress => "without an address",
        }
    }
}

/// Somebody in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The provider's id, which stays when the address changes.
    pub id: String,
    /// Mail address.
    pub address: String,
    /// Name for people; may be empty.
    pub name: String,
    /// Why it is no account to back up; none: it is one.
    pub left_out: Option<LeftOut>,
}

/// Why a directory can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The access token is not accepted: get another, or consent is gone.
    #[error("the access token was refused")]
    Unauthorized,
    /// The consent doesn't include reading users.
    #[error("reading users is not permitted ({code}): {detail}")]
    Forbidden {
        /// The provider's word.
        code: String,
        /// What it says, shortened.
        detail: String,
    },
    /// Still asked too often after all patience.
    #[error("the provider asks to be asked less often; it will be tried again later")]
    Throttled,
    /// No answer, or only faults of the provider, after all patience.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// It says no, in a way that waiting doesn't help.
    #[error("HTTP status {status} ({code}): {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The provider's word.
        code: String,
        /// What it says, shortened.
        detail: String,
    },
    /// The answer can't be read.
    #[error("the answer can't be read: {0}")]
    Unreadable(String),
    /// The next page is said to be at another host: the token is not taken there.
    #[error("the next page is said to be at `{0}`, which is not the provider")]
    Elsewhere(String),
}

/// What an answer means for whoever asked.
enum Meaning {
    /// Read it.
    Page,
    /// Ask again: because it was asked too often (true), or something is broken there.
    Later(bool),
    /// It is over.
    Over(Trouble),
}

/// One page: who is on it, and where the next one is.
struct Page {
    members: Vec<Member>,
    next: Option<String>,
}

/// A directory that is being read. Pages come one after the other.
#[derive(Clone, Debug)]
pub struct Directory {
    service: Service,
    base: String,
    http: Http,
    patience: Patience,
    next: Option<String>,
    begun: bool,
}

impl Directory {
    /// The directory of a service at this address ([`GRAPH`], [`GOOGLE`], or a stand-in).
    pub fn new(service: Service, base: &str, http: Http, patience: Patience) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { service, base, http, patience, next: None, begun: false }
    }

    /// The next page; none: that was the last. After an error the same page can be asked for again, with another token too.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn page(&mut self, access: &Secret) -> Result<Option<Vec<Member>>, Trouble> {
        let url = match (&self.next, self.begun) {
            (Some(next), _) => next.clone(),
            (None, true) => return Ok(None),
            (None, false) => match self.service {
                Service::Microsoft365 => graph::first(&self.base),
                Service::GoogleWorkspace => google::first(&self.base),
            },
        };
        let body = self.ask(&url, access).await?;
        let page = match self.service {
            Service::Microsoft365 => graph::read(&body)?,
            Service::GoogleWorkspace => google::read(&body, &self.base)?,
        };
        if let Some(next) = &page.next
            && !same_place(next, &self.base)
        {
            return Err(Trouble::Elsewhere(shortened(next)));
        }
        self.begun = true;
        self.next = page.next;
        Ok(Some(page.members))
    }

    async fn ask(&self, url: &str, access: &Secret) -> Result<Vec<u8>, Trouble> {
        let mut pause = self.patience.first;
        let mut last = Trouble::Throttled;
        for attempt in 1..=self.patience.tries.max(1) {
            let request = Request::get(url)
                .header(header::AUTHORIZATION, format!("Bearer {}", access.expose()))
                .header(header::ACCEPT, "application/json")
                .body(Vec::new())
                .map_err(|error| Trouble::Unreadable(error.to_string()))?;
            let wait = match self.http.send(request).await {
                Ok(answer) => {
                    let meaning = match self.service {
                        Service::Microsoft365 => graph::meaning(&answer),
                        Service::GoogleWorkspace => google::meaning(&answer),
                    };
                    match meaning {
                        Meaning::Page => return Ok(answer.into_body()),
                        Meaning::Over(trouble) => return Err(trouble),
                        Meaning::Later(true) => last = Trouble::Throttled,
                        Meaning::Later(false) => last = Trouble::Unreachable(format!("HTTP status {}", answer.status().as_u16())),
                    }
                    retry_after(&answer)
                }
                Err(unreachable) => {
                    last = of(&unreachable);
                    None
                }
            };
            if attempt < self.patience.tries {
                tracing::debug!(attempt, trouble = %last, "directory: asked again later");
                tokio::time::sleep(wait.unwrap_or_else(|| jittered(pause)).min(self.patience.longest)).await;
                pause = pause.saturating_mul(2).min(self.patience.longest);
            }
        }
        Err(last)
    }
}

fn of(unreachable: &Unreachable) -> Trouble {
    Trouble::Unreachable(shortened(&unreachable.to_string()))
}

/// Up to half longer, by the clock's last digits: enough to part those who were turned away together.
fn jittered(pause: Duration) -> Duration {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.subsec_nanos());
    pause + pause.mul_f64(f64::from(nanos % 1_000) / 2_000.0)
}

/// Seconds of `Retry-After`. A date is not believed: clocks differ.
fn retry_after(answer: &Response<Vec<u8>>) -> Option<Duration> {
    answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// What both providers mean by the same statuses; none: the status alone doesn't say.
fn common(status: StatusCode) -> Option<Meaning> {
    Some(match status {
        StatusCode::OK => Meaning::Page,
        StatusCode::UNAUTHORIZED => Meaning::Over(Trouble::Unauthorized),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Meaning::Later(true),
        StatusCode::REQUEST_TIMEOUT => Meaning::Later(false),
        other if other.is_server_error() => Meaning::Later(false),
        _ => return None,
    })
}

/// Same scheme, host and port: nowhere else the token goes.
fn same_place(url: &str, base: &str) -> bool {
    let place = |text: &str| {
        let uri: Uri = text.parse().ok()?;
        Some((uri.scheme_str()?.to_owned(), uri.authority()?.as_str().to_lowercase()))
    };
    place(url).is_some_and(|there| Some(there) == place(base))
}

fn shortened(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

/// How many were left out, by reason, as a text; empty: nobody.
pub fn told(left_out: &BTreeMap<LeftOut, u64>) -> String {
    let one = |reason: &LeftOut, count: u64| match (reason, count) {
        (LeftOut::Guest, 1) => "1 guest".to_owned(),
        (reason, count) => format!("{count} {}", reason.reason()),
    };
    left_out.iter().map(|(reason, count)| one(reason, *count)).collect::<Vec<_>>().join(", ")
}
