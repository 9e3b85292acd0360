//! What SaaS providers are asked: consent by OAuth 2.0, and who there is by their directories.
//!
//! Knows neither the store nor HTTP servers: endpoints, secrets and tokens are arguments, answers are values. What a refusal
//! means is decided here ([`Refusal`]); what follows from it is not.

pub mod directory;
pub mod http;
pub mod oauth;
pub mod refusal;

pub use http::{Http, Unreachable};
pub use oauth::{Authorization, Client, Granted};
pub use refusal::{Kind, Refusal};

use std::fmt;

/// A token, secret or verifier: shown in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the request it belongs in, and for sealing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
