//! Passwords: argon2id with the library's defaults (19 MiB, 2 passes, 1 lane), off the async threads and at most two at a time.

use crate::error::Error;
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Each takes 19 MiB and a core; more at once would only slow everything else.
static TURNS: Semaphore = Semaphore::const_new(2);

/// A hash that no password fits, so that an unknown address costs what a known one costs.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let mut secret = [0u8; 32];
    rand::fill(&mut secret);
    hash_now(&secret).unwrap_or_default()
});

fn hash_now(password: &[u8]) -> Result<String, Error> {
    let mut salt = [0u8; 16];
    rand::fill(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(|e| Error::Internal(e.to_string()))?;
    let hash = Argon2::default().hash_password(password, &salt).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(hash.to_string())
}

/// The hash to store.
pub(crate) async fn hash(password: String) -> Result<String, Error> {
    apart(move || hash_now(password.as_bytes())).await?
}

/// Whether the password fits the hash. Without a hash the same work is done, and nothing fits.
pub(crate) async fn fits(password: String, hash: Option<String>) -> Result<bool, Error> {
    apart(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let fits = PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        fits && known
    })
    .await
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let _turn = TURNS.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))
}
