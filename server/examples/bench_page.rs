//! Pages as the server renders them, whole, at a steady rate of requests: the list of devices in a fleet of any size.
//!
//! `cargo run --release -p server --example bench_page -- sqlite|postgres DEVICES ORGANIZATIONS DAYS [seconds] [path …]` fills a fleet with the
//! release binary (`target/release/holdfast` beside it, or `HOLDFAST_BINARY`), serves it and asks for each path, 20 times a second. One JSON line
//! a path. `HOLDFAST_BENCH_STORE` (`sqlite:…`, `postgres://…`) names a store that is kept: an empty one is filled, a filled one asked as it is.

#![expect(clippy::unwrap_used, reason = "a measurement that can't be made should stop")]

#[path = "measured/pages.rs"]
mod pages;

#[tokio::main]
async fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [kind, devices, organizations, days, ..] = &said[..] else {
        panic!("sqlite|postgres DEVICES ORGANIZATIONS DAYS [seconds] [path …]")
    };
    let seconds: u64 = said.get(4).and_then(|s| s.parse().ok()).unwrap_or(30);
    let mut paths: Vec<(&str, &str)> = said.iter().skip(5).map(|path| (path.as_str(), "")).collect();
    if paths.is_empty() {
        paths.push(("/backups/devices", ""));
    }
    let measured = pages::Measured::open(kind).await;
    let size = ["--devices", devices, "--organizations", organizations, "--days", days, "--customers", "0", "--accounts", "0"];
    measured.fill(&size).await;
    measured.ask(&paths, seconds).await;
}
