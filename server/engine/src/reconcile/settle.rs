//! From changed runs and a time to the assessment: histories, slots, missed slots, time-outs, until nothing more follows.

use super::{
    alerts::AlertChanges,
    shelf::{KeptSummary, MissedAround, RunsSince, Shelf},
    sums::Sums,
    work::{Done, OpenRef, Work, no_slots},
};
use crate::{error::Error, ingest::PING, store::facts::resolve};
use domain::{
    facts::{Applied, JobHistory, RunSummary},
    health::assess,
    ids::{JobId, RunId},
    policy::DeviceLife,
    run::{Run, RunEvent, RunState, Transition},
    schedule::{Pending, Schedule, Slots},
    text,
    time::{Span, Time},
};
use sea_orm::DatabaseTransaction;
use std::collections::HashMap;

/// Rounds of one settling. Each writes at most `MAX_MISSED` slots a device, so this is two thousand; what is left comes a second later.
const ROUNDS: usize = 64;

/// A start so shortly before its slot is one in it (as `zones` has it).
const EARLY: Span = Span::minutes(5);

/// How far back the runs of a rebuild are read, if that already holds all recent usable runs.
const REBUILD: Span = Span::days(10);

impl Work<'_> {
    /// Brings all subjects to where nothing more follows from facts and time, then writes the difference.
    pub(crate) async fn settle(&mut self, tx: &DatabaseTransaction) -> Result<(), Error> {
        let alerts = self.reach(tx).await?;
        self.write(tx, alerts, None).await
    }

    /// As [`Work::settle`]; what is added to counts, hours and days waits in `later`.
    pub(super) async fn settle_counting(&mut self, tx: &DatabaseTransaction, later: &mut Sums) -> Result<(), Error> {
        let alerts = self.reach(tx).await?;
        self.write(tx, alerts, Some(later)).await
    }

    /// Brings all subjects to where nothing more follows from facts and time. What became of alerts is the answer; the rest
    /// stands in the work.
    pub(crate) async fn reach(&mut self, shelf: &impl Shelf) -> Result<AlertChanges, Error> {
        self.withdraw(shelf).await?;
        for round in 0.. {
            self.apply();
            self.rebuild(shelf).await?;
            self.resolve()?;
            if !self.assess_all(shelf).await? {
                break;
            }
            if round >= ROUNDS {
                tracing::info!("many slots were missed; the rest comes with the next change");
                break;
            }
        }
        self.follow_alerts(shelf).await
    }

    /// Resolves every schedule anew, for edits.
    pub(crate) fn resolve_all(&mut self) {
        for job in self.subjects.iter_mut().flat_map(|s| &mut s.jobs) {
            job.resolve = true;
        }
    }

    /// Assesses what is stored, and writes nothing.
    pub(crate) fn assess_only(&mut self) -> Result<(), Error> {
        self.resolve()?;
        for subject in &mut self.subjects {
            let assessment = assess(&subject.facts, self.now);
            subject.next_change = assessment.next_change;
            subject.assessment = Some(assessment);
        }
        Ok(())
    }

    /// Takes back `missed` runs of slots in which something had started after all, and is only heard of now: so the order in which
    /// reports arrive doesn't matter. A start after its slot counted as missed takes nothing back.
    async fn withdraw(&mut self, shelf: &impl Shelf) -> Result<(), Error> {
        let mut wanted = Vec::new();
        let mut owners = HashMap::new();
        for work in self.runs.iter().filter(|w| w.changed && w.run.state() != RunState::Missed) {
            let start = work.run.started_at;
            if work.applied.is_some_and(|applied| applied.started_at == start) {
                continue;
            }
            let subject = &self.subjects[work.subject];
            let facts = &subject.facts.jobs[work.job];
            let late = facts.slots.interval + facts.slots.slack + subject.facts.terms.grace;
            // In order nothing is looked for: only a start before the last known start or the last missed slot can be news.
            let is_news = latest(&facts.history).is_some_and(|latest| {
                start < latest + late && (Some(start) < facts.history.last_start || facts.history.last_missed_slot.is_some())
            });
            if is_news {
                owners.insert(facts.job, (work.subject, work.job));
                // Slots of an interval count from the last start: if this is it, those after it are counted anew.
                let schedule = subject.jobs[work.job].schedule.as_ref().unwrap_or(&subject.schedule);
                let counts_anew = Some(start) > facts.history.last_start && !matches!(**schedule, Schedule::Cron { .. });
                let until = if counts_anew { start + Span::days(800) } else { start + EARLY.min(facts.slots.slack / 2) };
                let from = start - late * 4 - Span::DAY;
                wanted.push(MissedAround { partner: subject.partner, device: subject.device, job: facts.job, start, from, until });
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let kept = shelf.missed_runs(&wanted).await?;
        let first = self.runs.len();
        self.take_in(kept, &owners);
        for work in &mut self.runs[first..] {
            work.withdrawn = true;
            work.applied = None;
            self.subjects[work.subject].jobs[work.job].rebuild = true;
            self.subjects[work.subject].jobs[work.job].keys.remove(&work.key);
        }
        Ok(())
    }

    /// Takes changed runs into the histories of their jobs.
    fn apply(&mut self) {
        for work in &mut self.runs {
            if !work.changed {
                continue;
            }
            work.changed = false;
            let summary = work.run.summary();
            if work.applied == Some(summary) {
                continue;
            }
            let subject = &mut self.subjects[work.subject];
            let job = &mut subject.jobs[work.job];
            job.changed = true;
            let history = &mut subject.facts.jobs[work.job].history;
            if work.run.head.destination.is_some() && Some(summary.started_at) >= history.last_start {
                job.destination.clone_from(&work.run.head.destination);
            }
            let (latest_before, grid_before) = (latest(history), grid(history));
            if !job.rebuild && history.apply(work.applied.as_ref(), &summary) == Applied::NeedsRebuild {
                job.rebuild = true;
            }
            job.resolve |= job.rebuild
                || grid(history) != grid_before
                || matches!(**job.schedule.as_ref().unwrap_or(&subject.schedule), Schedule::Learned);
            job.open.retain(|open| open.0 != work.id.0);
            if summary.state.is_open() {
                job.open.push(OpenRef(work.id.0, summary.started_at, summary.state == RunState::Retrying, work.key.starts_with(PING)));
            }
            let done = Done::of(work.id, &summary);
            if job.last_done.is_some_and(|known| known.2 == work.id.0 && Some(known) != done) {
                // The last backup was corrected: which one is the last now has to be looked for.
                job.rebuild = true;
            } else if let Some(done) = done.filter(|done| done.is_after(job.last_done)) {
                job.last_done = Some(done);
            }
            if !job.rebuild {
                let is_last = job.last_run.is_some_and(|(id, _)| id == work.id);
                let latest = latest(history);
                if is_last && work.applied.is_some_and(|a| a.started_at == summary.started_at)
                    || latest_before < latest && latest == Some(summary.started_at)
                {
                    job.last_run = Some((work.id, summary.state));
                    job.last_at = Some(said_at(&summary));
                } else if is_last || latest == Some(summary.started_at) {
                    // It moved, or two began at the same time: look.
                    job.rebuild = true;
                }
            }
            work.applied = Some(summary);
        }
    }

    /// Reads the runs of jobs whose history can't be known from what is stored of it.
    async fn rebuild(&mut self, shelf: &impl Shelf) -> Result<(), Error> {
        for whole in [false, true] {
            let mut wanted = Vec::new();
            let mut owners = HashMap::new();
            for (s, subject) in self.subjects.iter().enumerate() {
                for (j, job) in subject.jobs.iter().enumerate().filter(|(_, job)| job.rebuild) {
                    let latest = latest(&subject.facts.jobs[j].history).unwrap_or(self.now).min(self.now);
                    let from = if whole { Time(i64::MIN) } else { latest - REBUILD };
                    owners.insert(job.job, (s, j));
                    let from = from.max(Time(-1_000_000_000_000));
                    wanted.push(RunsSince { partner: subject.partner, device: subject.device, job: job.job, from });
                }
            }
            if wanted.is_empty() {
                break;
            }
            let mut runs: HashMap<JobId, Vec<KeptSummary>> = owners.keys().map(|job| (*job, Vec::new())).collect();
            for kept in shelf.summaries(&wanted).await? {
                // Those at work are as they stand here.
                if !self.run_ids.contains_key(&kept.id)
                    && let Some(list) = runs.get_mut(&kept.job)
                {
                    list.push(kept);
                }
            }
            for work in self.runs.iter().filter(|w| !w.withdrawn) {
                let job = self.subjects[work.subject].jobs[work.job].job;
                if let Some(list) = runs.get_mut(&job) {
                    list.push(KeptSummary { job, id: work.id, key: work.key.clone(), run: work.run.summary() });
                }
            }
            for (job, list) in runs {
                let Some(&(s, j)) = owners.get(&job) else { continue };
                let usable = list.iter().filter(|kept| matches!(kept.run.state, RunState::Succeeded | RunState::Warning)).count();
                if !whole && usable < domain::facts::RECENT {
                    continue;
                }
                self.take_history(s, j, &list);
            }
        }
        Ok(())
    }

    fn take_history(&mut self, s: usize, j: usize, runs: &[KeptSummary]) {
        let subject = &mut self.subjects[s];
        let job = &mut subject.jobs[j];
        job.rebuild = false;
        job.changed = true;
        job.resolve = true;
        subject.facts.jobs[j].history = JobHistory::rebuild(runs.iter().map(|kept| &kept.run));
        let known: std::collections::HashSet<i64> = runs.iter().map(|kept| kept.id.0).collect();
        // Open runs from before the read stay as they are known.
        job.open.retain(|open| !known.contains(&open.0));
        job.open.extend(
            runs.iter()
                .filter(|kept| kept.run.state.is_open())
                .map(|kept| OpenRef(kept.id.0, kept.run.started_at, kept.run.state == RunState::Retrying, kept.key.starts_with(PING))),
        );
        let last = runs.iter().max_by(|a, b| (a.run.started_at, &a.key).cmp(&(b.run.started_at, &b.key)));
        job.last_run = last.map(|kept| (kept.id, kept.run.state));
        let done = runs.iter().filter_map(|kept| Done::of(kept.id, &kept.run));
        job.last_done = done.max_by_key(|done| (done.1, done.2));
        job.last_at = last.map(|kept| said_at(&kept.run));
    }

    /// Slots of jobs whose history changed, and of devices without jobs.
    fn resolve(&mut self) -> Result<(), Error> {
        for subject in &mut self.subjects {
            if subject.jobs.is_empty() {
                subject.facts.expected =
                    resolve(&subject.schedule, subject.facts.enrolled_at, &JobHistory::default(), subject.watched_since)?;
                continue;
            }
            subject.facts.expected = no_slots(subject.facts.enrolled_at);
            for (job, facts) in subject.jobs.iter_mut().zip(&mut subject.facts.jobs) {
                let listed_to_the_end =
                    matches!(&facts.slots.pending, Pending::Listed(slots) if slots.last().is_none_or(|(slot, _)| *slot <= self.now));
                if !job.resolve && !listed_to_the_end {
                    continue;
                }
                job.resolve = false;
                let schedule = job.schedule.as_ref().unwrap_or(&subject.schedule);
                let slots = resolve(schedule, facts.enrolled_at, &facts.history, subject.watched_since)?;
                if slots != facts.slots {
                    facts.slots = slots;
                    job.changed = true;
                }
            }
        }
        Ok(())
    }

    /// Assesses; true when that wrote missed runs or time-outs, which change the facts again.
    async fn assess_all(&mut self, shelf: &impl Shelf) -> Result<bool, Error> {
        let now = self.now;
        let mut missed = Vec::new();
        let mut stuck = Vec::new();
        for (s, subject) in self.subjects.iter_mut().enumerate() {
            if subject.assessment.is_some() && !subject.jobs.iter().any(|j| j.changed) && subject.touched.is_empty() {
                continue;
            }
            let assessment = assess(&subject.facts, now);
            let longest = subject.facts.terms.longest_run;
            for (j, job) in subject.jobs.iter().enumerate() {
                let over = job.open.iter().filter(|open| subject.facts.believed(open.1 + longest) <= now);
                stuck.extend(over.map(|open| (s, j, RunId(open.0))));
            }
            // A pause is no failure: its slots pass unwritten (D2).
            if matches!(subject.facts.life, DeviceLife::Pending | DeviceLife::Active) {
                for (job, slot) in &assessment.missed {
                    if let Some(j) = subject.jobs.iter().position(|w| w.job == *job) {
                        let counted = counted_at(&subject.facts.jobs[j].slots, subject.facts.terms.grace, *slot);
                        missed.push((s, j, format!("{}{}", crate::ingest::MISSED, slot.0), *slot, counted.min(now)));
                    }
                }
            }
            let timed_out = subject.jobs.iter().flat_map(|job| &job.open).map(|open| subject.facts.believed(open.1 + longest)).min();
            subject.next_change = match subject.life {
                DeviceLife::Retired => None,
                _ => [assessment.next_change, timed_out, subject.breach_at().filter(|at| *at > now)]
                    .into_iter()
                    .flatten()
                    .min()
                    .map(|t| t.max(now + Span::SECOND)),
            };
            subject.assessment = Some(assessment);
        }
        if missed.is_empty() && stuck.is_empty() {
            return Ok(false);
        }
        self.load_runs(shelf, missed.iter().map(|(s, j, key, ..)| (*s, *j, key.clone()))).await?;
        self.load_runs_by_id(shelf, &stuck).await?;
        let mut more = false;
        for (s, j, key, slot, counted) in missed {
            if !self.subjects[s].jobs[j].keys.contains_key(&key) {
                self.begin(s, j, &key, missed_run(slot, counted));
                more = true;
            }
        }
        for (s, j, id) in stuck {
            let Some(work) = self.run_ids.get(&id).map(|place| &self.runs[*place]) else {
                tracing::error!(run = id.0, "an open run is not stored");
                self.subjects[s].jobs[j].rebuild = true;
                self.subjects[s].jobs[j].open.retain(|open| open.0 != id.0);
                more = true;
                continue;
            };
            let longest = self.subjects[s].facts.terms.longest_run;
            let event = RunEvent {
                attempt: work.run.head.attempt,
                timed_out: true,
                message: Some(format!("timed out: no end was reported within {}", text::span(longest))),
                ..RunEvent::new(RunState::Failed, work.run.started_at + longest)
            };
            let key = work.key.clone();
            more |= self.merge(s, j, &key, &event).1;
        }
        Ok(more)
    }
}

fn missed_run(slot: Time, counted: Time) -> Run {
    let mut head = RunEvent::new(RunState::Missed, counted);
    head.message = Some("nothing started in this slot".into());
    let transition = Transition { attempt: 1, state: RunState::Missed, at: counted, message: None };
    Run { started_at: slot, ended_at: Some(counted), head, transitions: vec![transition] }
}

/// When a slot counts as missed: half a gap and the grace after it.
fn counted_at(slots: &Slots, grace: Span, slot: Time) -> Time {
    let slack = match &slots.pending {
        Pending::Every { gap, .. } => *gap / 2,
        Pending::Listed(listed) => listed.iter().find(|(at, _)| *at == slot).map_or(slots.slack, |(_, slack)| *slack),
    };
    slot + slack + grace
}

/// What slots depend on; unless the schedule is learned, nothing else of the history does.
const fn grid(history: &JobHistory) -> [Option<Time>; 4] {
    [history.last_usable_end, history.last_start, history.last_end, history.last_missed_slot]
}

/// Start of the run that started last, `missed` ones included.
fn latest(history: &JobHistory) -> Option<Time> {
    history.last_start.max(history.last_missed_slot)
}

fn said_at(run: &RunSummary) -> Time {
    run.ended_at.unwrap_or(run.started_at)
}
