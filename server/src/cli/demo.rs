//! `holdfast demo`.

use super::{
    Fault,
    apart::{self, Apart},
};
use crate::{
    config::Config,
    demo::{Demo, Mover, PASSWORD, Wanted, clear, demo_clock, is_filled},
    serve::{self, Hold},
};
use clap::Args;
use domain::{
    access::Role,
    text,
    time::{Span, Time},
};
use engine::{fill::Progress, store::Store};
use std::{
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

/// How the demo is made and moved.
#[derive(Debug, Args)]
pub struct Options {
    /// Fill the store in this process, and end.
    #[arg(long)]
    fill_only: bool,
    /// What the fleet is made from: the same number gives the same fleet; default 1.
    #[arg(long)]
    seed: Option<u64>,
    /// Organizations with devices; default 60.
    #[arg(long)]
    organizations: Option<u32>,
    /// Devices of all organizations; default 1500.
    #[arg(long)]
    devices: Option<u32>,
    /// Days of history; default 400.
    #[arg(long)]
    days: Option<u32>,
    /// SaaS customers: three of four of those organizations, then further ones; default 120.
    #[arg(long)]
    customers: Option<u32>,
    /// SaaS accounts of all customers; default 20000.
    #[arg(long)]
    accounts: Option<u32>,
    /// How many times as fast as the wall's the demo's clock runs from its start.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    speed: u32,
    /// Password of all its people, set when the store is filled.
    #[arg(long, default_value = PASSWORD)]
    password: String,
}

/// Fills an empty store with a made-up fleet, or goes on with the one it filled, and serves it.
pub async fn demo(config: Config, options: Options) -> Result<ExitCode, Fault> {
    let mut filled = false;
    if !options.fill_only && !is_filled(&config.database, &config.data) {
        match apart::fill().await? {
            Apart::Filled => filled = true,
            Apart::Ended(code) => return Ok(code),
            Apart::None => {}
        }
    }
    let Ready { hold, store, demo, now } = tokio::select! {
        ready = ready(&config, &options, filled) => match ready? {
            Some(ready) => ready,
            None => return Ok(ExitCode::SUCCESS),
        },
        // After waiting for the other process signals don't end this one by themselves.
        () = serve::asked_to_stop(), if filled => return Ok(apart::INTERRUPTED.into()),
    };
    let clock = demo_clock(now, options.speed);
    let mover = Mover::new(demo, now, Span::minutes(10).max(Span::MINUTE * i64::from(options.speed)));
    serve::serve_store(config, hold, store, clock, |engine, stop| {
        tokio::spawn(mover.run(engine, stop));
    })
    .await
    .map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// A demo that has come to a time, to be served from then on.
struct Ready {
    hold: Hold,
    store: Store,
    demo: Demo,
    now: Time,
}

/// Opens the store, fills it where nobody has, and makes up for the time since. None: only filling was asked for.
/// `filled`: another process has just filled it, and has said who can sign in.
async fn ready(config: &Config, options: &Options, mut filled: bool) -> Result<Option<Ready>, Fault> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let hold = serve::hold(&config.database).map_err(|error| words(&error))?;
    clear(&config.database, &config.data).map_err(|error| words(&error))?;
    let store = serve::open(&config.database).await.map_err(|error| words(&error))?;
    let wall = serve::wall_clock();
    let &Options { seed, organizations, devices, days, customers, accounts, .. } = options;
    let wanted = Wanted { seed, organizations, devices, days, customers, accounts };
    let begun = Instant::now();
    let (demo, filled_here) =
        Demo::open(&store, &config.data, wanted, &options.password, wall(), telling()).await.map_err(|error| words(&error))?;
    if filled_here {
        serve::say(&format!("Filled in {:.1} s.", begun.elapsed().as_secs_f64()));
    }
    if !filled {
        say_who(&demo, filled_here.then_some(options.password.as_str()));
    }
    filled |= filled_here;
    if options.fill_only {
        return Ok(None);
    }
    if !config.listen.ip().is_loopback() && filled && options.password == PASSWORD {
        serve::say("Others can reach this address, and the password is known to everybody: fill a demo with --password to choose one.");
    }
    let now = demo.goes_on_at(wall());
    let told = Mutex::new(Instant::now());
    let came = |at: Time| {
        if is_time(&told) {
            serve::say(&format!("Making up for the time since it was served last: {} to go", text::span(now - at)));
        }
    };
    demo.catch_up(&store, now, came).await.map_err(|error| words(&error))?;
    Ok(Some(Ready { hold, store, demo, now }))
}

/// Says how far filling has come.
fn telling() -> impl Fn(Progress) + Send {
    let last = Mutex::new(Instant::now());
    move |Progress { organizations, made, devices, accounts, runs }| {
        if is_time(&last) {
            let runs = text::count(runs as i64);
            serve::say(&format!("Filling: {made} of {organizations} organizations, {devices} devices, {accounts} accounts, {runs} runs"));
        }
    }
}

/// True every three seconds.
fn is_time(last: &Mutex<Instant>) -> bool {
    last.lock().is_ok_and(|mut last| {
        let is_time = last.elapsed() >= Duration::from_secs(3);
        if is_time {
            *last = Instant::now();
        }
        is_time
    })
}

/// Says how to sign in.
fn say_who(demo: &Demo, password: Option<&str>) {
    match password {
        Some(password) => serve::say(&format!("Sign in with the password {password} as")),
        None => serve::say(&format!("Sign in with the password it was filled with ({PASSWORD}, unless another was chosen) as")),
    }
    for (place, partner) in demo.fleet().partners.iter().enumerate() {
        for person in &partner.people {
            let role = match person.role {
                Role::Owner => "owner",
                Role::Admin => "admin",
                Role::Technician => "technician",
                Role::Finance => "finance",
                Role::Viewer => "viewer",
                Role::ClientAdmin => "client admin",
                Role::ClientViewer => "client viewer",
            };
            let start = if place == 0 && person.role == Role::Owner { "  ← start here" } else { "" };
            serve::say(&format!("  {:<32} {role}, {}{start}", person.email, partner.name));
        }
    }
}
