//! A server built before the browser's files must not stay without them.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../site");
    // A debug build reads the folder while it runs, but only if it was there while it was built.
    fs::create_dir_all(&site)?;
    // A release build holds the files: it is built anew with each new set.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed={}", site.join("manifest.json").display());
    }
    Ok(())
}
