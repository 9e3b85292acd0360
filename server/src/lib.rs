//! HTTP shell of Holdfast and its command line: routes, sessions, ingest endpoints, live stream, settings.
//!
//! Decides nothing about backups: that is `domain`, called by `engine`. The binary `holdfast` is a thin caller of [`cli`];
//! tests put the same parts together in-process.

#![recursion_limit = "512"]

pub mod cli;
pub mod config;
pub mod consent;
pub mod demo;
pub mod discovery;
pub mod dns;
pub mod expiry;
pub mod http;
pub mod logging;
pub mod mail;
pub mod monthly;
pub mod portal;
pub mod secrets;
pub mod security;
pub mod serve;
pub mod weekly;
