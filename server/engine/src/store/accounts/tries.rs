//! A piece of a long change that met another writer (a deadlock, a lock time-out): nothing of it was written, so it is tried again.

use crate::error::Error;
use std::time::Duration;

const MOST: u64 = 3;

#[derive(Default)]
pub(super) struct Tries(u64);

impl Tries {
    /// Waits a moment before the next try.
    ///
    /// # Errors
    /// The error itself, if trying again doesn't help, or was done often enough.
    pub(super) async fn again(&mut self, error: Error) -> Result<(), Error> {
        match error {
            Error::Busy(why) if self.0 < MOST => {
                self.0 += 1;
                tracing::info!(why, tries = self.0, "accounts: a transaction met another; trying again");
                tokio::time::sleep(Duration::from_millis(20 * self.0)).await;
                Ok(())
            }
            error => Err(error),
        }
    }
}
