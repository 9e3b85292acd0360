//! Everything behind HTTP: store, ingest, reconcile, live.
//!
//! Every query and command takes an [`domain::access::Actor`]: outside its scope nothing is found. Time is an argument;
//! nothing here reads the clock.

pub mod store;
