//! The command line. Each command is one file; a fault is one line on standard error and a code other than 0.

mod apart;
mod backup;
mod check;
mod demo;
mod key;
mod mail;
mod memory;
mod migrate;
mod owner;
mod report;

use crate::{
    config::{Config, Flags},
    logging, serve,
};
use clap::{Parser, Subcommand};
use std::{future::Future, path::PathBuf, process::ExitCode};

/// A portal for backup operators: takes in what backup tools report, decides what it means, and shows it live.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version)]
struct Line {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the portal.
    Serve,
    /// Fills an empty database with a made-up fleet and 400 days of its history, serves it, and keeps it moving.
    Demo(demo::Options),
    /// Brings the database's schema up to date, and ends.
    Migrate,
    /// People.
    #[command(subcommand)]
    Owner(Owner),
    /// API keys.
    #[command(subcommand)]
    Key(Key),
    /// Backup Summary Reports.
    #[command(subcommand)]
    Report(Report),
    /// Mail.
    #[command(subcommand)]
    Mail(Mail),
    /// Recomputes counts and states from the runs; ends with 1 if anything differs.
    Check,
    /// Writes a whole copy of the database to a file, also while the server runs.
    Backup {
        /// The file; must not exist yet.
        file: PathBuf,
    },
    /// Checks a copy and puts it in the place of the database. The server must be stopped.
    Restore {
        /// The file that `backup` wrote.
        file: PathBuf,
        /// Replace a database that holds data.
        #[arg(long)]
        replace: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Owner {
    /// Makes a partner and its owner. The password is read from standard input (first line, at least 12 characters).
    Create {
        /// Address to sign in with.
        #[arg(long)]
        email: String,
        /// Name of the partner.
        #[arg(long)]
        partner: String,
        /// IANA zone of the partner.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
}

#[derive(Debug, Subcommand)]
enum Key {
    /// Makes a key and prints it, once.
    Create {
        /// partner, organization:ID or device:ID.
        #[arg(long)]
        scope: String,
        /// ingest, read, manage; separated by commas.
        #[arg(long)]
        can: String,
        /// For the scope partner: which one; default: the first.
        #[arg(long)]
        partner: Option<String>,
        /// What it is for.
        #[arg(long, default_value = "made on the command line")]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum Report {
    /// Makes the report of a past month that has none.
    Make {
        /// Id of the organization.
        #[arg(long)]
        organization: String,
        /// The month, for example 2026-10.
        #[arg(long)]
        month: String,
    },
}

#[derive(Debug, Subcommand)]
enum Mail {
    /// Takes in a notice about a delivery (a bounce) from standard input: for a pipe of the mail server.
    Bounce {
        /// The address that it came to, for example the pipe's `${original_recipient}`.
        #[arg(long)]
        to: Option<String>,
    },
}

/// What a command says when it fails.
type Fault = String;

/// Reads the command line and runs the command.
pub fn run() -> ExitCode {
    let line = Line::parse();
    if matches!(line.command, Command::Serve | Command::Demo(_)) {
        memory::keep_small();
    }
    let config = match Config::read(&line.flags) {
        Ok(config) => config,
        Err(error) => return failed(&error.to_string()),
    };
    logging::start(&config);
    let outcome = match line.command {
        Command::Serve => with_runtime(async { serve::serve(config).await.map(|()| ExitCode::SUCCESS).map_err(|error| error.to_string()) }),
        Command::Demo(options) => with_runtime(demo::demo(config, options)),
        Command::Migrate => with_runtime(migrate::migrate(config)),
        Command::Owner(Owner::Create { email, partner, time_zone }) => with_runtime(owner::create(config, email, partner, time_zone)),
        Command::Key(Key::Create { scope, can, partner, name }) => with_runtime(key::create(config, scope, can, partner, name)),
        Command::Report(Report::Make { organization, month }) => with_runtime(report::make(config, organization, month)),
        Command::Mail(Mail::Bounce { to }) => with_runtime(mail::bounce(config, to)),
        Command::Check => with_runtime(check::check(config)),
        Command::Backup { file } => with_runtime(backup::backup(config, file)),
        Command::Restore { file, replace } => with_runtime(backup::restore(config, file, replace)),
    };
    outcome.unwrap_or_else(|fault| failed(&fault))
}

fn with_runtime(command: impl Future<Output = Result<ExitCode, Fault>>) -> Result<ExitCode, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(command)
}

fn failed(fault: &str) -> ExitCode {
    eprintln!("holdfast: {fault}");
    ExitCode::FAILURE
}
