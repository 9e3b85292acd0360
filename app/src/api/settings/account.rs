//! The signed-in person: browsers, password.

use crate::error::UiError;
use domain::{ids::SessionId, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A browser that is signed in as the same person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Which session.
    pub id: SessionId,
    /// This browser.
    pub own: bool,
    /// What the browser says of itself, short.
    pub browser: String,
    /// Since when.
    pub created_at: Time,
    /// Last seen.
    pub seen_at: Time,
}

/// The person's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Role in words.
    pub role: String,
    /// Signed-in browsers, this one first.
    pub sessions: Vec<SessionLine>,
}
