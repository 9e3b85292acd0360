//! The command line, as people type it.

use clap::{Args, Parser, Subcommand};
use formats::ToolName;
use std::{path::PathBuf, time::Duration};

/// Tells Holdfast how the backups of this machine go, without ever standing in their way.
#[derive(Debug, Parser)]
#[command(name = "holdfast-agent", version, about)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Run a backup and report it: holdfast-agent run --job nightly -- restic backup --json /srv
    Run(Run),
    /// Run a restore or check command and report it as a restore test
    Verify(Verify),
    /// Tell the portal that this machine is alive, and deliver what waits
    CheckIn(CheckIn),
    /// Connect this machine to a portal: holdfast-agent enroll https://portal.example hf_…
    Enroll(Enroll),
    /// Deliver what waits in the spool
    Flush,
    /// Show settings, spool and whether the portal answers
    Status,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Name of the job, the same in every run
    #[arg(long)]
    pub(crate) job: String,
    /// How often to try again after a failure, whatever its cause
    #[arg(long, default_value_t = 0)]
    pub(crate) retries: u16,
    /// Wait before the first retry; doubles each time, up to 15 min (30s, 5m, 1h)
    #[arg(long, default_value = "30s", value_parser = length_of_time)]
    pub(crate) retry_wait: Duration,
    /// The tool whose output to read, where the command doesn't show it: restic, borg, borgmatic, rclone
    #[arg(long, value_parser = tool)]
    pub(crate) tool: Option<ToolName>,
    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// What is tested, in words: "mail store, last snapshot"
    #[arg(long, default_value = "")]
    pub(crate) scope: String,
    /// A file or folder that must be there and not be empty afterwards; may be repeated
    #[arg(long)]
    pub(crate) expect_file: Vec<PathBuf>,
    /// The tool whose output to read, where the command doesn't show it
    #[arg(long, value_parser = tool)]
    pub(crate) tool: Option<ToolName>,
    /// The restore or check command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckIn {
    /// The backup destination: its disk's use is reported; with --quota the size of what lies in it
    #[arg(long, conflicts_with = "storage_used")]
    pub(crate) storage_path: Option<PathBuf>,
    /// Bytes used at the destination
    #[arg(long)]
    pub(crate) storage_used: Option<u64>,
    /// Bytes allowed at the destination
    #[arg(long)]
    pub(crate) quota: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct Enroll {
    /// Address of the portal
    pub(crate) url: String,
    /// The device's key, hf_…; - reads it from standard input
    pub(crate) token: String,
    /// Name of the device, for a key that is not bound to one
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Where to write the settings
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// Certificates (PEM) to trust instead of the public ones
    #[arg(long)]
    pub(crate) ca_file: Option<PathBuf>,
}

fn tool(name: &str) -> Result<ToolName, String> {
    name.parse().map_err(|e: formats::FormatError| e.to_string())
}

fn length_of_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "write a number and s, m or h, such as 30s".to_owned())?;
    let factor = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m" | "min") => 60,
        Some("h") => 3600,
        _ => return Err("write a number and s, m or h, such as 30s".to_owned()),
    };
    number.checked_mul(factor).filter(|s| *s <= 86_400).map(Duration::from_secs).ok_or_else(|| "at most a day".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
        assert_eq!(length_of_time("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(length_of_time("5m"), Ok(Duration::from_secs(300)));
        assert!(length_of_time("5 parsecs").is_err());
        assert!(length_of_time("99999999999999999999h").is_err());
    }
}
