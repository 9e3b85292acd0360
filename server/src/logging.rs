//! Log lines of the server. Neither secrets nor people's addresses are written.

use crate::config::Config;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error.
pub fn start(config: &Config) {
    // The filter was checked with the settings. Statements of the database aren't logged whatever it says: they hold data.
    let filter = EnvFilter::try_new(format!("{},sqlx=warn", config.log)).unwrap_or_default();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // Who reads the log may have gone: that must not end a task.
        .log_internal_errors(false);
    // A second start within one process (tests) keeps the first.
    let _ = if config.log_json { lines.json().try_init() } else { lines.with_target(false).try_init() };
}
