//! Writes a sample of each document: `cargo run -p paper --example sample -- folder`.
#![expect(clippy::unwrap_used, reason = "an example that may stop")]

#[path = "../tests/paper/accounts.rs"]
mod accounts;
#[path = "../tests/paper/samples.rs"]
mod samples;
#[path = "../tests/paper/summary.rs"]
mod summary;

use paper::{Fonts, Limits, render};

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for (name, document) in samples::all() {
        let file = render(document.clone(), Fonts::embedded(), Limits::default(), &|| false).unwrap();
        std::fs::write(format!("{folder}/{name}.pdf"), file).unwrap();
    }
}
