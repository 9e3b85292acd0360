//! What a person is told when something goes wrong: a stable code, words that say what to do, and nothing of what is inside.

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The error of every server function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UiError {
    /// Stable word: `signed_out`, `not_found`, `forbidden`, `offline`, `internal`, or a command's own.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// HTTP status.
    pub status: u16,
    /// The field of the form that is wrong.
    pub field: Option<String>,
}

impl UiError {
    /// An error that a server function makes itself; sets the answer's status on the server.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        let error = Self { code: code.to_owned(), message: message.into(), status, field: None };
        error.tell_status();
        error
    }

    /// Input of `field` that can't be taken.
    pub fn field(code: &str, field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(422, code, message) }
    }

    /// There is no such thing within the scope.
    pub fn not_found(noun: &str) -> Self {
        Self::new(404, "not_found", format!("There is no such {noun} here."))
    }

    /// The message, if it is about this field.
    pub fn about(&self, field: &str) -> Option<String> {
        (self.field.as_deref() == Some(field)).then(|| self.message.clone())
    }

    #[cfg(feature = "ssr")]
    fn tell_status(&self) {
        // A form sent without scripts is answered by a redirect back to its page, which says what was wrong.
        if crate::context::is_plain_form() {
            return;
        }
        if let (Some(options), Ok(status)) =
            (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(self.status))
        {
            options.set_status(status);
        }
    }

    #[cfg(not(feature = "ssr"))]
    const fn tell_status(&self) {}
}

impl fmt::Display for UiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UiError {}

impl FromServerFnError for UiError {
    type Encoder = crate::wire::JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::new(
                503,
                "offline",
                "The portal can't be reached. Check the connection; what you entered is still here, so try again.",
            ),
            // In the browser it is an answer that can't be read: not ours, as a proxy gives one while the portal is down.
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => {
                Self::new(400, "invalid", "Something in this form can't be read. Check it and try again.")
            }
            _ => Self::new(500, "internal", "Something went wrong on our side. Try again; if it stays, tell whoever runs this portal."),
        }
    }
}

#[cfg(feature = "ssr")]
impl From<engine::error::Error> for UiError {
    fn from(error: engine::error::Error) -> Self {
        use engine::error::Error;
        let status = match &error {
            Error::NotFound(_) => 404,
            Error::Forbidden(_) => 403,
            Error::Invalid { .. } => 422,
            Error::Conflict { .. } => 409,
            Error::Busy(_) => 503,
            Error::Database(_) | Error::Internal(_) => 500,
        };
        if status >= 500 {
            tracing::error!(%error, "server function");
        }
        let told = Self::new(status, error.public_code(), error.public_message());
        Self { field: error.public_field().map(str::to_owned), ..told }
    }
}
