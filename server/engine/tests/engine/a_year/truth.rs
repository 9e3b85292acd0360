//! What is wrong with whom and when, from the plan and the rules of D2 and D4 alone: deadlines of the last usable run, failures that
//! nothing has made good, runs that hang. Nothing here is the engine's; knowledge counts from the moment the portal hears of it.

use crate::a_year::{
    calendar::{Slots, written},
    fleet::QUOTA,
    plan::{Act, Cause, Plan, Run, Subject, Wrong},
};
use domain::{
    alert::AlertKind,
    run::RunState,
    time::{Span, Time},
};
use std::collections::BTreeMap;

pub const FAR: Time = Time(i64::MAX);

/// After it was away itself, the portal waits so long for what agents have kept for it, before it believes in silence.
pub const CATCH_UP: Span = Span::minutes(15);

/// D2: *missed* and *overdue* after a usable run that ended at `since` and was of the slot `slot`; of an account only *overdue*.
/// For uneven cron the half interval is half of the smaller gap beside the due slot (docs/decisions/0002-uneven-cron.md).
pub fn deadlines(subject: &Subject, slots: &Slots, since: Time, slot: Time) -> (Option<Time>, Time) {
    let (before, due, next) = slots.around(since.max(slot));
    if subject.is_account() {
        return (None, due + Span::hours(36));
    }
    let due = match slots.rhythm {
        // An interval counts from the end itself, also where the machine's clock is behind.
        crate::a_year::calendar::Rhythm::Every(minutes) => since + Span::minutes(minutes),
        crate::a_year::calendar::Rhythm::Clock(..) => due,
    };
    let interval = match slots.rhythm {
        crate::a_year::calendar::Rhythm::Every(minutes) => Span::minutes(minutes),
        crate::a_year::calendar::Rhythm::Clock(..) => due - before,
    };
    let slack = interval.min(next - due) / 2;
    let slack = if matches!(slots.rhythm, crate::a_year::calendar::Rhythm::Every(_)) { interval / 2 } else { slack };
    let missed = since + interval + slack + subject.terms.grace;
    (Some(missed), (since + subject.overdue_after()).max(due + subject.terms.grace))
}

/// A stretch of something wrong, of one job.
#[derive(Clone, Copy, Debug)]
struct Piece {
    kind: AlertKind,
    from: Time,
    until: Time,
}

/// What is known of the subject beside its runs.
struct Around<'p> {
    subject: &'p Subject,
    slots: &'p Slots,
    outages: &'p [(Time, Time)],
    /// Signs of life: (known, the latest by then).
    signs: Vec<(Time, Time)>,
}

/// A run that is going, as the portal knows: (known, until, its start).
type Going = (Time, Time, Time);

impl Around<'_> {
    /// When a deadline is believed: not while a run that began before it is going (D2), not while the machine is off and its allowance lasts
    /// (D2), not before the portal has caught up after it was away.
    fn believed(&self, deadline: Time, going: &[Going]) -> Time {
        let mut at = deadline;
        loop {
            let caught_up = self.caught_up(at);
            if caught_up != at {
                at = caught_up;
                continue;
            }
            if let Some(hold) = going.iter().find(|(known, until, start)| *known <= at && at < *until && *start <= deadline) {
                at = hold.1;
                continue;
            }
            if self.subject.agent && self.subject.terms.allowance > Span::ZERO {
                let heard = self.signs.partition_point(|(known, _)| *known <= at);
                if heard > 0 {
                    let last = self.signs[heard - 1].1;
                    // A machine of which nothing was heard since the deadline may be off: the next sign of life or the end of the allowance tells.
                    if deadline > last && at < last + self.subject.terms.allowance {
                        let next = self.signs.get(heard).map_or(FAR, |(known, _)| *known);
                        at = next.min(last + self.subject.terms.allowance);
                        continue;
                    }
                }
            }
            return at;
        }
    }
}

impl Around<'_> {
    /// When silence that would be noticed at this time is believed, if the portal was away then.
    fn caught_up(&self, at: Time) -> Time {
        let away = self.outages.iter().find(|(from, until)| *from <= at && at < *until + CATCH_UP);
        away.map_or(at, |(_, until)| *until + CATCH_UP)
    }
}

/// For each usable run, in the order of ends: when the portal knows of it or of a later one.
fn made_good(usable: &[&Run]) -> Vec<Time> {
    let mut known: Vec<Time> = usable.iter().map(|run| run.end_known.unwrap_or(FAR)).collect();
    for place in (1..known.len()).rev() {
        known[place - 1] = known[place - 1].min(known[place]);
    }
    known.push(FAR);
    known
}

fn of_job(around: &Around<'_>, runs: &[Run], pieces: &mut Vec<Piece>) {
    let longest = around.subject.terms.longest;
    let mut usable: Vec<&Run> = runs.iter().filter(|run| run.is_usable() && run.end.is_some()).collect();
    usable.sort_by_key(|run| run.end);
    let good = made_good(&usable);
    let going: Vec<Going> = runs
        .iter()
        .filter_map(|run| run.start_known.map(|known| (known, run.end_known.unwrap_or(FAR).min(run.start + longest), run.start)))
        .filter(|(known, until, _)| known < until)
        .collect();
    // Silence: no usable run after this one.
    for (place, run) in usable.iter().enumerate() {
        let (since, until) = (run.end.unwrap_or(FAR), good[place + 1]);
        let (missed, overdue) = deadlines(around.subject, around.slots, since, run.slot);
        let known = run.end_known.unwrap_or(FAR);
        let overdue_kind = if around.subject.is_account() { AlertKind::SaasOverdue } else { AlertKind::BackupOverdue };
        for (kind, deadline) in [(Some(overdue), overdue_kind), (missed, AlertKind::MissedSchedule)].map(|(at, kind)| (kind, at)) {
            let Some(deadline) = deadline.filter(|deadline| *deadline < until) else { continue };
            pieces.push(Piece { kind, from: around.believed(deadline, &going).max(known), until });
        }
    }
    // Failures that no usable run has made good: one that ended as late or later, known.
    let mut failures: Vec<(Time, Time, Time)> = Vec::new();
    for run in runs {
        if run.state == RunState::Failed
            && let (Some(end), Some(known)) = (run.end, run.end_known)
        {
            let until = good[usable.partition_point(|good| good.end < Some(end))];
            failures.push((end, known, until));
        }
    }
    // A run that passes the longest run time has failed then; its own end, if it comes after all, is what counts (D1).
    let mut stuck = Vec::new();
    for run in runs {
        let limit = run.start + longest;
        if run.start_known.is_some() && limit < run.end_known.unwrap_or(FAR) {
            let told = run.end_known.unwrap_or(FAR);
            let until = good[usable.partition_point(|good| good.end < Some(limit))].min(told);
            let found = around.caught_up(limit);
            failures.push((limit, found, until));
            stuck.push((limit, found, until));
        }
    }
    for (end, known, until) in &failures {
        pieces.push(Piece { kind: AlertKind::JobFailed, from: *known, until: *until });
        if stuck.contains(&(*end, *known, *until)) {
            // Until the next run ends, however it does.
            let next = failures.iter().filter(|later| later.0 > *end).map(|later| later.1).min().unwrap_or(FAR);
            pieces.push(Piece { kind: AlertKind::RunStuck, from: *known, until: next.min(*until) });
        }
    }
    // Far less than usual: under a fifth of the median of the seven before it, or no files after many.
    for (place, run) in usable.iter().enumerate() {
        let mut sizes: Vec<i64> = usable[place.saturating_sub(7)..place].iter().map(|run| run.bytes).collect();
        if sizes.len() < 3 {
            continue;
        }
        sizes.sort_unstable();
        let median = (sizes[(sizes.len() - 1) / 2] + sizes[sizes.len() / 2]) / 2;
        if run.bytes * 5 < median || run.files == 0 {
            pieces.push(Piece { kind: AlertKind::SizeAnomaly, from: run.end_known.unwrap_or(FAR), until: good[place + 1] });
        }
    }
}

/// Everything that is wrong with everybody, in the order of subjects and times.
pub fn wrongs(plan: &Plan) -> Vec<Wrong> {
    let mut all = Vec::new();
    for (s, subject) in plan.subjects.iter().enumerate() {
        let acts: Vec<(Time, &Act)> = plan.acts.iter().filter(|act| act.1 == s).map(|act| (act.0, &act.2)).collect();
        let around = Around { subject, slots: &plan.slots[subject.rhythm], outages: &plan.outages, signs: signs(plan, s, &acts) };
        let mut pieces = Vec::new();
        let mut first = FAR;
        for (_, runs) in plan.runs.range((s, 0)..(s + 1, 0)) {
            first = runs.iter().flat_map(|run| [run.start_known, run.end_known]).flatten().min().unwrap_or(FAR).min(first);
            of_job(&around, runs, &mut pieces);
        }
        of_acts(&acts, &mut pieces);
        if let crate::a_year::plan::Class::Connection(_) = subject.class {
            all.extend(together(s, pieces));
            continue;
        }
        let (before, due, next) = around.slots.around(subject.enrolled);
        let never = subject.enrolled + (due - before) + (due - before).min(next - due) / 2 + subject.terms.grace;
        if never < first {
            pieces.push(Piece { kind: AlertKind::NeverReported, from: around.believed(never, &[]), until: first });
        }
        pieces.retain(|piece| piece.from < piece.until && piece.from < plan.until);
        all.extend(together(s, pieces));
    }
    all
}

fn signs(plan: &Plan, s: usize, acts: &[(Time, &Act)]) -> Vec<(Time, Time)> {
    let mut signs: Vec<(Time, Time)> = Vec::new();
    if !plan.subjects[s].agent {
        return signs;
    }
    for (_, runs) in plan.runs.range((s, 0)..(s + 1, 0)) {
        for run in runs {
            signs.extend(run.start_known.map(|known| (known, run.start.min(known))));
            signs.extend(run.end_known.zip(run.end).map(|(known, end)| (known, end.min(known))));
        }
    }
    signs.extend(acts.iter().filter(|(_, act)| matches!(act, Act::CheckIn(_) | Act::Restore(_))).map(|(at, _)| (*at, *at)));
    signs.sort_unstable();
    for place in 1..signs.len() {
        signs[place].1 = signs[place].1.max(signs[place - 1].1);
    }
    signs
}

/// Space and restore tests: what was said last. Consent is gone at the second refusal, a minute or more after the first.
fn of_acts(acts: &[(Time, &Act)], pieces: &mut Vec<Piece>) {
    let (mut full, mut broken, mut gone) = (None, None, None);
    let mut refused: Option<Time> = None;
    for (at, act) in acts {
        if **act == Act::Refuse {
            refused = refused.or(Some(*at));
        } else if **act == Act::Grant {
            refused = None;
        }
        let (since, kind, wrong) = match act {
            Act::Refuse if refused.is_none_or(|first| *at - first < Span::MINUTE) => continue,
            Act::Refuse => (&mut gone, AlertKind::ConsentExpired, true),
            Act::Grant => (&mut gone, AlertKind::ConsentExpired, false),
            Act::CheckIn(Some(used)) => (&mut full, AlertKind::StorageQuota, used * 100 > QUOTA * 95),
            Act::Restore(passed) => (&mut broken, AlertKind::RestoreTestFailed, !passed),
            _ => continue,
        };
        match (*since, wrong) {
            (None, true) => *since = Some(*at),
            (Some(from), false) => {
                pieces.push(Piece { kind, from, until: *at });
                *since = None;
            }
            _ => {}
        }
    }
    for (since, kind) in [(full, AlertKind::StorageQuota), (broken, AlertKind::RestoreTestFailed), (gone, AlertKind::ConsentExpired)] {
        pieces.extend(since.map(|from| Piece { kind, from, until: FAR }));
    }
}

/// What hangs together of one kind, with the most at the same time.
fn joined(pieces: &[Piece], kind: AlertKind) -> Vec<(Time, Time, Option<Time>)> {
    let mut of: Vec<Piece> = pieces.iter().filter(|piece| piece.kind == kind).copied().collect();
    of.sort_by_key(|piece| piece.from);
    let mut out: Vec<(Time, Time, Option<Time>)> = Vec::new();
    for piece in &of {
        match out.last_mut() {
            Some(last) if piece.from <= last.1 => last.1 = last.1.max(piece.until),
            _ => out.push((piece.from, piece.until, None)),
        }
    }
    out
}

/// D4: at most one of a kind; *missed* stands within *overdue* while that is there; Critical as the table says.
fn together(subject: usize, pieces: Vec<Piece>) -> Vec<Wrong> {
    let mut out = Vec::new();
    let mut kinds: BTreeMap<AlertKind, ()> = BTreeMap::new();
    kinds.extend(pieces.iter().map(|piece| (piece.kind, ())));
    let overdue = joined(&pieces, AlertKind::BackupOverdue);
    for kind in kinds.into_keys() {
        for (from, until, _) in joined(&pieces, kind) {
            if kind == AlertKind::MissedSchedule {
                for (from, until) in without(vec![(from, until)], &overdue.iter().map(|o| (o.0, o.1)).collect::<Vec<_>>()) {
                    out.push(Wrong { subject, kind, from, until, critical: None });
                }
                continue;
            }
            let critical = match kind {
                AlertKind::BackupOverdue | AlertKind::RestoreTestFailed | AlertKind::ConsentExpired => Some(from),
                AlertKind::JobFailed => third(&pieces, from, until),
                _ => None,
            };
            out.push(Wrong { subject, kind, from, until, critical });
        }
    }
    out.sort_by_key(|wrong| (wrong.from, wrong.kind));
    out
}

/// When three failures stand side by side. (Troubles of one subject's jobs are planned apart.)
fn third(pieces: &[Piece], from: Time, until: Time) -> Option<Time> {
    let of = || pieces.iter().filter(|piece| piece.kind == AlertKind::JobFailed && from <= piece.from && piece.from < until);
    of().map(|piece| piece.from).filter(|at| of().filter(|other| other.from <= *at && *at < other.until).count() >= 3).min()
}

/// Stretches less other stretches.
pub fn without(stretches: Vec<(Time, Time)>, holes: &[(Time, Time)]) -> Vec<(Time, Time)> {
    let mut left = stretches;
    for (from, until) in holes {
        left = left.into_iter().flat_map(|(a, b)| [(a, b.min(*from)), (a.max(*until), b)]).filter(|(a, b)| a < b).collect();
    }
    left.sort_unstable();
    left
}

/// Every condition must come from a trouble that was planned; else the plan makes trouble by mistake, and proves nothing.
pub fn unexplained(plan: &Plan, wrongs: &[Wrong]) -> Vec<String> {
    let known = |wrong: &&Wrong| {
        let fitting = |trouble: &&crate::a_year::plan::Trouble| trouble.subject == wrong.subject && fits(trouble.cause, wrong.kind);
        plan.troubles.iter().filter(fitting).any(|trouble| trouble.from <= wrong.from && wrong.from <= trouble.until + Span::HOUR)
    };
    let said = |wrong: &Wrong| {
        let subject = &plan.subjects[wrong.subject];
        let (from, until) = (written(wrong.from), written(wrong.until));
        format!("nobody planned this: {} {:?} {from} – {until} (rhythm {})", subject.name, wrong.kind, subject.rhythm)
    };
    wrongs.iter().filter(|wrong| !known(wrong)).map(said).collect()
}

fn fits(cause: Cause, kind: AlertKind) -> bool {
    use AlertKind::{
        BackupOverdue, JobFailed, MissedSchedule, NeverReported, RestoreTestFailed, RunStuck, SaasOverdue, SizeAnomaly, StorageQuota,
    };
    let silence = matches!(kind, MissedSchedule | BackupOverdue | SaasOverdue);
    match cause {
        Cause::Silent | Cause::Off => silence,
        Cause::Failing => silence || kind == JobFailed,
        Cause::Hanging => silence || matches!(kind, JobFailed | RunStuck),
        Cause::FarLess => kind == SizeAnomaly,
        Cause::NeverReported => kind == NeverReported,
        Cause::Quota => kind == StorageQuota,
        Cause::Restore => kind == RestoreTestFailed,
        Cause::Consent => kind == AlertKind::ConsentExpired,
    }
}
