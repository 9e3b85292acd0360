//! A year on a driven clock: a seeded fleet of 300 devices and 200 accounts, lived through the real engine, against a truth that the plan
//! knows by construction.
//!
//! The plan decides what goes wrong with whom and when, and what only looks odd: late, doubled and disordered events, clocks that are off,
//! machines that are off, pauses, maintenance, outages of the portal itself. `truth` derives from it, by the rules of D2 and D4 and with schedules of its own, when each
//! alert must be open and when resolved. `HOLDFAST_YEAR_SEEDS`: how many years; `HOLDFAST_YEAR_DAYS`: shorter ones, for looking.

mod beside;
mod calendar;
mod chance;
mod course;
mod drive;
mod fleet;
mod plan;
mod truth;
mod verdict;

use calendar::at;
use domain::time::Span;
use engine::store::{Store, StoreUrl};
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use verdict::Row;

/// One lives beside the other tests; who has time asks for more.
const SEEDS: u64 = 1;

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |value| value.parse().expect("a number"))
}

/// One year: its row, what is wrong with it, and how it went.
fn year(seed: u64) -> (Row, Vec<String>, String) {
    let until = plan::begin() + Span::days(setting("HOLDFAST_YEAR_DAYS", 366) as i64);
    assert!(until <= at(2029, 1, 1, 0, 0));
    let (mut plan, mut dice) = fleet::fleet(seed, until);
    beside::storms(&mut plan, &mut dice);
    course::all(&mut plan, &mut dice);
    beside::all(&mut plan, &mut dice);
    beside::outages(&mut plan, &mut dice);
    let wrongs = truth::wrongs(&plan);
    let unplanned = truth::unexplained(&plan, &wrongs);
    if !unplanned.is_empty() {
        return (Row::default(), unplanned, format!("seed {seed}"));
    }
    if let Ok(name) = std::env::var("HOLDFAST_YEAR_SHOW") {
        plan.show(&name);
    }
    let begun = Instant::now();
    // A year of commits: in memory, where there is some.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lived = runtime.block_on(async {
        let store = Store::open(&StoreUrl::Sqlite(folder.path().join("holdfast.db"))).await.unwrap();
        let cancel = CancellationToken::new();
        let lived = drive::World::new(&plan, &store, &cancel).await.live().await;
        cancel.cancel();
        lived
    });
    let (row, mut said) = verdict::judge(&plan, &wrongs, &lived.seen, &lived.incidents);
    said.extend(lived.drifts.iter().map(|drift| format!("drift: {drift}")));
    let harmless: usize = plan.harmless.values().sum();
    let how = format!(
        "seed {seed}: {} events, {} steps, {} ticks, {} troubles; {} storms; harmless: {harmless} {:?}; {:.0?}",
        lived.events,
        lived.steps,
        lived.ticks,
        plan.troubles.len(),
        plan.storms.len(),
        plan.harmless,
        begun.elapsed()
    );
    (row, said, how)
}

#[test]
fn every_incident_of_a_year_is_alerted_in_time_once_and_resolved_and_nothing_else_is() {
    let first = setting("HOLDFAST_YEAR_FIRST", 1);
    let years: Vec<_> =
        (first..first + setting("HOLDFAST_YEAR_SEEDS", SEEDS)).map(|seed| (seed, std::thread::spawn(move || year(seed)))).collect();
    let years: Vec<_> = years.into_iter().map(|(seed, year)| (seed, year.join().expect("a year"))).collect();
    println!("{:>6} {:>10} {:>7} {:>6} {:>7} {:>8} {:>11}", "seed", "incidents", "found", "late", "false", "doubled", "unresolved");
    for (seed, (row, ..)) in &years {
        let Row { incidents, found, late, wrong, doubled, unresolved } = row;
        println!("{seed:>6} {incidents:>10} {found:>7} {late:>6} {wrong:>7} {doubled:>8} {unresolved:>11}");
    }
    for (_, (_, said, how)) in &years {
        println!("{how}");
        said.iter().take(setting("HOLDFAST_YEAR_LINES", 40) as usize).for_each(|line| println!("  {line}"));
    }
    for (seed, (row, said, _)) in &years {
        assert!(row.incidents > 0 && row.found == row.incidents && said.is_empty(), "seed {seed}: {} differences", said.len());
    }
}
