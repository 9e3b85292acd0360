//! The rooms import one way. Read from `cargo metadata`, so that a new dependency line can't slip past.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, collections::BTreeSet, process::Command};

/// Room → the rooms of ours that it may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("charts", &["domain"]),
    ("formats", &["domain"]),
    ("migrations", &[]),
    ("paper", &["domain"]),
    ("post", &["domain"]),
    ("providers", &["domain"]),
    ("fleet", &["domain"]),
    ("engine", &["domain", "charts", "fleet", "formats", "migrations"]),
    ("app", &["domain", "charts", "engine"]),
    ("frontend", &["app"]),
    ("server", &["domain", "charts", "fleet", "formats", "paper", "post", "providers", "engine", "app"]),
    ("agent", &["domain", "formats"]),
];

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rooms() -> BTreeMap<String, Vec<serde_json::Value>> {
    let packages = metadata()["packages"].as_array().unwrap().clone();
    packages.into_iter().map(|p| (p["name"].as_str().unwrap().to_owned(), p["dependencies"].as_array().unwrap().clone())).collect()
}

#[test]
fn every_room_imports_only_the_rooms_it_may() {
    let rooms = rooms();
    let names: BTreeSet<&String> = rooms.keys().collect();
    let known: BTreeSet<String> = ALLOWED.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(names, known.iter().collect(), "a room is not in the list of this test");
    for (room, allowed) in ALLOWED {
        for dependency in &rooms[*room] {
            let name = dependency["name"].as_str().unwrap();
            let ours = names.iter().any(|n| n.as_str() == name);
            let for_tests = dependency["kind"].as_str() == Some("dev");
            assert!(!ours || for_tests || allowed.contains(&name), "{room} must not import {name}");
        }
    }
}

#[test]
fn the_browser_build_never_sees_the_engine() {
    let rooms = rooms();
    let engine = rooms["app"].iter().find(|d| d["name"] == "engine").unwrap();
    assert_eq!(engine["optional"], true, "app imports engine on the server side only");
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "frontend", "--target", "wasm32-unknown-unknown", "--edges", "normal", "--prefix", "none", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("app v"), "{tree}");
    // leptos_config names regex; nothing of it is left in the file that is sent.
    for banned in ["engine v", "sea-orm v", "tokio v", "chrono-tz v", "croner v"] {
        assert!(!tree.contains(banned), "{banned} reaches the browser");
    }
}
