//! `holdfast-agent`: wraps a backup, tells the portal how it goes, checks in, sends restore tests.
//!
//! Kept rule: it never makes a backup fail. The network, the spool and the settings are used beside the command; a fault
//! of ours is one line on standard error, and the command's output and exit code are its own.

mod capture;
mod check_in;
mod child;
mod clock;
mod command_line;
mod courier;
mod enroll;
mod marker;
mod message;
mod portal;
mod run;
mod settings;
mod spool;
mod status;
mod verify;

use clap::Parser;
use command_line::{Action, CommandLine};
use std::process::ExitCode;

/// One line about a fault of ours; never fails, even with standard error closed.
fn complain(words: &str) {
    use std::io::Write;
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(std::io::stderr(), "holdfast-agent: {line}");
}

/// The exit code as the system takes it.
fn exit(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(1))
}

fn main() -> ExitCode {
    exit(match CommandLine::parse().action {
        Action::Run(order) => run::run(&order),
        Action::Verify(order) => verify::verify(&order),
        Action::CheckIn(order) => check_in::check_in(&order),
        Action::Enroll(order) => enroll::enroll(&order),
        Action::Flush => check_in::flush(),
        Action::Status => status::status(),
    })
}
