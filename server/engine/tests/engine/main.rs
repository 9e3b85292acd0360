//! The engine from outside: what is taken in, what time does to it, what a fill makes, and what survives being killed. One program for all
//! of it, so that long tests run beside short ones.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

// The longest: the first in the alphabet is started first.
mod a_year;
mod faults_kill;
mod fill;
mod flapping;
mod inbox_rules;
mod incidents;
mod ingest_accepts;
mod ingest_order;
mod maintenance;
mod outage;
mod portal;
mod reconcile_time;
mod saas_runs;
mod saas_storm;
mod upgrade;
