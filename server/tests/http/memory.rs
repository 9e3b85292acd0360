//! What the allocator of a running server was told (docs/decisions/0015-memory-given-back.md).

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

/// The environment and the state of a server that was started with some settings of the allocator.
fn started_with(settings: &[(&str, &str)]) -> (Vec<String>, String) {
    let data = tempfile::tempdir().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("HOLDFAST_DATA", data.path())
        .env_remove("HOLDFAST_DATABASE")
        .env_remove("MIMALLOC_PURGE_DELAY")
        .env_remove("MIMALLOC_ALLOW_THP")
        .envs(settings.iter().copied())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let is_ready = lines.any(|line| line.unwrap().contains("is ready"));
    // The process that was started is the one that serves.
    let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", server.id())).unwrap();
    let environment = read("environ").split('\0').filter(|line| line.starts_with("MIMALLOC_")).map(str::to_owned).collect();
    let state = read("status");
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(is_ready);
    (environment, state)
}

#[test]
fn a_server_gives_memory_back_soon_and_takes_no_huge_pages() {
    let (mut environment, state) = started_with(&[]);
    environment.sort();
    assert_eq!(environment, ["MIMALLOC_ALLOW_THP=0", "MIMALLOC_PURGE_DELAY=10"]);
    assert!(state.contains("THP_enabled:\t0"), "the allocator read it before the server began: {state}");
}

#[test]
fn what_somebody_set_for_the_allocator_stays() {
    let (mut environment, _) = started_with(&[("MIMALLOC_PURGE_DELAY", "1000")]);
    environment.sort();
    assert_eq!(environment, ["MIMALLOC_ALLOW_THP=0", "MIMALLOC_PURGE_DELAY=1000"]);
}
