//! `next_change` is exact: until it the assessment stays what it is, and at it something is another. And what `assess`
//! says doesn't depend on whether the server has already written what it said.
#![cfg(feature = "zones")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod generated;

use domain::{
    facts::{DeviceFacts, RunSummary},
    health::{Assessment, Band, MAX_MISSED, assess},
    run::RunState,
    schedule::Pending,
    time::{Span, Time},
};
use generated::{BASE, device};
use proptest::prelude::*;

fn same(a: &Assessment, b: &Assessment) -> bool {
    Assessment { next_change: None, ..a.clone() } == Assessment { next_change: None, ..b.clone() }
}

/// A listed slot counts as missed at this time, and it is its list's last.
fn list_ends_at(facts: &DeviceFacts, time: Time) -> bool {
    facts.jobs.iter().any(|job| match &job.slots.pending {
        Pending::Listed(slots) => slots.last().is_some_and(|(slot, slack)| *slot + *slack + facts.terms.grace == time),
        Pending::Every { .. } => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changes_before_the_next_change_and_something_does_at_it(
        device in device(),
        start in 0..60i64 * 24 * 12,
        odd in 0..60_000i64,
        parts in proptest::collection::vec(0.0..1.0f64, 6),
    ) {
        let facts = &device.facts;
        let mut now = BASE + Span::minutes(start) + Span(odd);
        for _ in 0..6 {
            let decided = assess(facts, now);
            let Some(next) = decided.next_change else {
                for days in [1, 10, 100, 1_000] {
                    prop_assert_eq!(&assess(facts, now + Span::days(days)), &decided);
                }
                break;
            };
            prop_assert!(next > now);
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any instant between will do")]
            let between = parts.iter().map(|part| now + Span((*part * (next - now).0 as f64) as i64));
            for time in between.chain([next - Span(1)]).filter(|time| *time < next) {
                prop_assert_eq!(&assess(facts, time), &decided, "at {:?} of {:?}..{:?}", time, now, next);
            }
            let then = assess(facts, next);
            prop_assert!(!same(&then, &decided) || list_ends_at(facts, next), "nothing changes at {:?}: {:?}", next, decided);
            now = next;
        }
    }

    #[test]
    fn scores_lie_in_their_bands_and_never_between_1_and_39(device in device(), minutes in 0..60i64 * 24 * 60) {
        let decided = assess(&device.facts, BASE + Span::minutes(minutes));
        let (low, high) = match decided.band {
            Band::Unknown => (0, 0),
            Band::Critical => (40, 69),
            Band::Warning => (70, 89),
            Band::Healthy => (90, 100),
        };
        prop_assert!((low..=high).contains(&decided.score.0));
        prop_assert!(!decided.reasons.is_empty());
        let mut kinds: Vec<_> = decided.conditions.iter().map(|condition| condition.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        prop_assert_eq!(kinds.len(), decided.conditions.len(), "one condition of a kind");
        let factors = decided.factors;
        prop_assert!([factors.recency, factors.success, factors.restore, factors.storage].iter().all(|f| *f <= 1_000_000));
    }

    #[test]
    fn the_score_is_the_formula_of_its_factors(device in device(), minutes in 0..60i64 * 24 * 60) {
        let now = BASE + Span::minutes(minutes);
        let decided = assess(&device.facts, now);
        let (low, high) = decided.band.range();
        let place = |recency: f64| {
            let Assessment { factors, .. } = &decided;
            let c = 0.35 * recency + (0.30 * f64::from(factors.success) + 0.25 * f64::from(factors.restore) + 0.10 * f64::from(factors.storage)) / 1e6;
            f64::from(low) + c * f64::from(high - low)
        };
        // The shown recency is the exact one rounded up to a whole percent.
        let (most, least) = (place(f64::from(decided.factors.recency) / 1e6), place((f64::from(decided.factors.recency) / 1e6 - 0.01).max(0.0)));
        let score = f64::from(decided.score.0);
        prop_assert!(score <= most + 0.501 && score >= least - 0.501, "{score} not in {least}..{most}");
    }

    #[test]
    fn it_says_the_same_before_and_after_the_server_has_written_it(device in device(), minutes in 0..60i64 * 24 * 12) {
        let now = BASE + Span::minutes(minutes);
        let before = assess(&device.facts, now);
        let mut written = device.clone();
        for id in &before.stuck {
            let runs = &mut written.jobs[usize::try_from(id.0).unwrap() - 1].1;
            let open = runs.iter_mut().rfind(|run| run.state.is_open()).unwrap();
            open.state = RunState::Failed;
            open.timed_out = true;
            open.ended_at = Some(open.started_at + device.facts.terms.longest_run);
        }
        for (id, slot) in &before.missed {
            let place = usize::try_from(id.0).unwrap() - 1;
            let at = device.facts.jobs[place].slots.missed_at(*slot, device.facts.terms.grace);
            prop_assert!(at.is_some_and(|at| at <= now));
            written.jobs[place].1.push(RunSummary {
                started_at: *slot,
                ended_at: at,
                state: RunState::Missed,
                timed_out: false,
                attempt: 1,
                bytes: 0, items: None,
            });
        }
        written.resolve();
        let after = assess(&written.facts, now);
        // A list that is used up may have more behind it, and only so many are listed at once.
        let used_up = device.facts.jobs.iter().any(|job| match &job.slots.pending {
            Pending::Listed(slots) => slots.last().is_none_or(|(slot, slack)| *slot + *slack + device.facts.terms.grace <= now),
            Pending::Every { .. } => false,
        });
        if !used_up && before.missed.len() < MAX_MISSED {
            prop_assert!(after.missed.is_empty() && after.stuck.is_empty());
            prop_assert_eq!(
                Assessment { missed: Default::default(), stuck: Default::default(), next_change: None, ..before },
                Assessment { next_change: None, ..after }
            );
        }
    }
}
