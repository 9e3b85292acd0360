//! The portal over HTTP, whole: in-process for most, the real binary where it is killed. One binary, so that it is linked once.

#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod accounts;
mod branding;
mod consent;
mod demo;
mod demo_apart;
mod domains;
mod expiry;
mod killed;
mod live_stream;
mod mail;
mod memory;
mod monthly;
mod news;
mod portal;
mod refusals;
mod ways_in;
mod weekly;
mod wire;
