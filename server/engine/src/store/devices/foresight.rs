//! What a device's facts will be if nothing more happens: slots pass and are missed, open runs time out. The same rules as the
//! reconciler's, in memory; nothing is written.

use crate::{
    error::Error,
    store::facts::{Loaded, resolve},
};
use domain::{
    facts::{Applied, JobFacts, RunSummary},
    health::assess,
    ids::JobId,
    policy::DeviceLife,
    run::RunState,
    schedule::Pending,
    time::{Span, Time},
};

/// Most changes that a look ahead goes through; what lies beyond is told from there.
const MOST_CHANGES: usize = 2_000;

/// Lets time pass from `now` to `at`.
pub(super) fn let_time_pass(loaded: &mut Loaded, now: Time, at: Time) -> Result<(), Error> {
    let mut time = now;
    for _ in 0..MOST_CHANGES {
        renew_slots(loaded, time)?;
        let assessment = assess(&loaded.facts, time);
        let is_watched = matches!(loaded.facts.life, DeviceLife::Pending | DeviceLife::Active);
        let mut changed = false;
        for job in &assessment.stuck {
            changed |= time_out(loaded, *job)?;
        }
        if is_watched {
            for (job, slot) in &assessment.missed {
                changed |= miss(loaded, *job, *slot, time)?;
            }
        }
        if changed {
            continue;
        }
        match assessment.next_change {
            Some(next) if next <= at => time = next.max(time + Span(1)),
            _ => break,
        }
    }
    renew_slots(loaded, at)
}

/// Lists of cron slots end: resolved again when the last has passed.
fn renew_slots(loaded: &mut Loaded, time: Time) -> Result<(), Error> {
    for place in 0..loaded.facts.jobs.len() {
        let passed = loaded.facts.jobs.get(place).is_some_and(
            |facts| matches!(&facts.slots.pending, Pending::Listed(listed) if listed.last().is_none_or(|(slot, _)| *slot <= time)),
        );
        if passed {
            resolve_again(loaded, place)?;
        }
    }
    Ok(())
}

fn resolve_again(loaded: &mut Loaded, place: usize) -> Result<(), Error> {
    let schedule = loaded.jobs.get(place).and_then(|job| job.schedule.as_ref()).unwrap_or(&loaded.policy.schedule);
    if let Some(facts) = loaded.facts.jobs.get_mut(place) {
        facts.slots = resolve(schedule, facts.enrolled_at, &facts.history, loaded.watched_since)?;
    }
    Ok(())
}

fn place_of(loaded: &Loaded, job: JobId) -> Option<usize> {
    loaded.facts.jobs.iter().position(|facts| facts.job == job)
}

/// An open run passes the longest run time.
fn time_out(loaded: &mut Loaded, job: JobId) -> Result<bool, Error> {
    let longest = loaded.facts.terms.longest_run;
    let Some(place) = place_of(loaded, job) else { return Ok(false) };
    let Some((history, open)) = loaded.facts.jobs.get_mut(place).and_then(|f| f.history.open.map(|open| (&mut f.history, open))) else {
        return Ok(false);
    };
    let running = RunSummary {
        started_at: open.started_at,
        ended_at: None,
        state: if open.retrying { RunState::Retrying } else { RunState::Running },
        timed_out: false,
        attempt: open.attempt,
        bytes: 0,
        items: None,
    };
    let ended = RunSummary { ended_at: Some(open.started_at + longest), state: RunState::Failed, timed_out: true, ..running };
    if history.apply(Some(&running), &ended) == Applied::NeedsRebuild {
        // Several are open at once, and only the last is known here: the time-out of that one is told as far as it goes.
        history.open = None;
        if history.apply(None, &ended) == Applied::NeedsRebuild {
            return Ok(true);
        }
    }
    resolve_again(loaded, place)?;
    Ok(true)
}

/// A slot passes with nothing started.
fn miss(loaded: &mut Loaded, job: JobId, slot: Time, time: Time) -> Result<bool, Error> {
    let grace = loaded.facts.terms.grace;
    let Some(place) = place_of(loaded, job) else { return Ok(false) };
    let Some(facts) = loaded.facts.jobs.get_mut(place) else { return Ok(false) };
    let missed = RunSummary {
        started_at: slot,
        ended_at: Some(counted_at(facts, grace, slot).min(time)),
        state: RunState::Missed,
        timed_out: false,
        attempt: 1,
        bytes: 0,
        items: None,
    };
    if facts.history.apply(None, &missed) == Applied::NeedsRebuild {
        return Ok(false);
    }
    resolve_again(loaded, place)?;
    Ok(true)
}

fn counted_at(facts: &JobFacts, grace: Span, slot: Time) -> Time {
    let slack = match &facts.slots.pending {
        Pending::Every { gap, .. } => *gap / 2,
        Pending::Listed(listed) => listed.iter().find(|(at, _)| *at == slot).map_or(facts.slots.slack, |(_, slack)| *slack),
    };
    slot + slack + grace
}
