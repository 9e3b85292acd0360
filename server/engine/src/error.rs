//! What can go wrong behind HTTP, with a public half (code, message) and an internal half that never leaves the log.
//!
//! Another scope's object is [`Error::NotFound`], never `Forbidden` (D11).

use sea_orm::DbErr;

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing within the actor's scope. Holds the noun.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The actor sees it, but may not do this. Holds what may not be done.
    #[error("may not {0}")]
    Forbidden(&'static str),
    /// Input that can't be taken.
    #[error("{message}")]
    Invalid {
        /// Stable word for scripts.
        code: &'static str,
        /// Which field of the input.
        field: Option<&'static str>,
        /// What is wrong and what to do.
        message: String,
    },
    /// Input that contradicts what is stored.
    #[error("{message}")]
    Conflict {
        /// Stable word for scripts.
        code: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// Too much at once; the same request may succeed later.
    #[error("busy: {0}")]
    Busy(String),
    /// The database failed.
    #[error("database: {0}")]
    Database(DbErr),
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Input of `field` that can't be taken.
    pub fn invalid(code: &'static str, field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { code, field: Some(field), message: message.into() }
    }

    /// Input that contradicts what is stored.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }

    /// A stable word for scripts.
    pub fn public_code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::Forbidden(_) => "forbidden",
            Self::Invalid { code, .. } | Self::Conflict { code, .. } => code,
            Self::Busy(_) => "busy",
            Self::Database(_) | Self::Internal(_) => "internal",
        }
    }

    /// What is wrong and what to do; nothing of what is inside.
    pub fn public_message(&self) -> String {
        match self {
            Self::NotFound(noun) => format!("There is no such {noun} here. Check the id, and whether the key or account reaches it."),
            Self::Forbidden(what) => format!("You may not {what}. Ask an owner or admin for a role or key that may."),
            Self::Invalid { message, .. } | Self::Conflict { message, .. } => message.clone(),
            Self::Busy(_) => "Too busy right now. Try again in a few seconds.".into(),
            Self::Database(_) | Self::Internal(_) => {
                "Something went wrong on our side. Try again; if it stays, give the request id to whoever runs this portal.".into()
            }
        }
    }

    /// The field of the input that is wrong.
    pub fn public_field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } => *field,
            _ => None,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if matches!(error, DbErr::ConnectionAcquire(_)) || is_contention(&error) {
            return Self::Busy(error.to_string());
        }
        if matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))) {
            // Commands look for duplicates first and say which; this is the race between two of them.
            return Self::conflict("duplicate", "Somebody has just made the same thing. Reload and look.");
        }
        Self::Database(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("stored JSON: {error}"))
    }
}

/// Deadlock, serialisation failure, lock time-out (PostgreSQL); locked (SQLite).
fn is_contention(error: &DbErr) -> bool {
    let (DbErr::Exec(sea_orm::RuntimeErr::SqlxError(inner))
    | DbErr::Query(sea_orm::RuntimeErr::SqlxError(inner))
    | DbErr::Conn(sea_orm::RuntimeErr::SqlxError(inner))) = error
    else {
        return false;
    };
    match inner.as_ref() {
        sqlx::Error::Database(e) => matches!(e.code().as_deref(), Some("40P01" | "40001" | "55P03" | "5" | "6" | "517" | "261")),
        sqlx::Error::PoolTimedOut => true,
        _ => false,
    }
}
