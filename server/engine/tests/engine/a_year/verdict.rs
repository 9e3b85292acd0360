//! What was alerted beside what was wrong.

use crate::a_year::{
    calendar::{weekly, written},
    drive::{Incident, Seen},
    plan::{Act, Class, Occurs, Plan, Reach, Wrong},
    truth::{FAR, without},
};
use domain::time::{Span, Time};
use std::collections::{BTreeMap, HashMap};

/// An alert has so long.
const IN_TIME: Span = Span::MINUTE;

/// The row of a seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row {
    pub incidents: usize,
    pub found: usize,
    pub late: usize,
    pub wrong: usize,
    pub doubled: usize,
    pub unresolved: usize,
}

/// From, until, Critical from, number of the alert that it belongs to.
type Expected = (Time, Time, Option<Time>, usize);

/// A stretch in which an alert was open and heard.
#[derive(Clone, Copy, Debug)]
struct Heard {
    alert: i64,
    from: Time,
    until: Option<Time>,
    critical: Option<Time>,
}

/// Stretches by (subject, kind), in time's order.
fn heard(seen: &[Seen]) -> BTreeMap<(usize, String), Vec<Heard>> {
    let mut all: BTreeMap<(usize, String), Vec<Heard>> = BTreeMap::new();
    let mut now: HashMap<i64, Heard> = HashMap::new();
    for seen in seen {
        let list = all.entry((seen.subject, seen.kind.clone())).or_default();
        let is_heard = seen.open && !seen.muted;
        if is_heard {
            let one = now.entry(seen.alert).or_insert(Heard { alert: seen.alert, from: seen.at, until: None, critical: None });
            if seen.critical {
                one.critical = one.critical.or(Some(seen.at));
            }
        } else if let Some(one) = now.remove(&seen.alert) {
            list.push(Heard { until: Some(seen.at), ..one });
        }
    }
    let subjects: HashMap<i64, (usize, String)> = seen.iter().map(|s| (s.alert, (s.subject, s.kind.clone()))).collect();
    for one in now.into_values() {
        all.entry(subjects[&one.alert].clone()).or_default().push(one);
    }
    for list in all.values_mut() {
        list.sort_by_key(|one| one.from);
    }
    all
}

/// When a subject's conditions are recorded and not alerted.
pub fn quiet(plan: &Plan, s: usize) -> Vec<(Time, Time)> {
    let mut quiet = Vec::new();
    let mut since = None;
    for (at, _, act) in plan.acts.iter().filter(|act| act.1 == s) {
        match act {
            Act::Pause => since = Some(*at),
            Act::Resume => quiet.extend(since.take().map(|from| (from, *at))),
            _ => {}
        }
    }
    quiet.extend(since.map(|from| (from, FAR)));
    let subject = &plan.subjects[s];
    for window in &plan.windows {
        let concerned = match window.reach {
            Reach::Device(device) => device == s,
            Reach::Organization(organization) => organization == subject.organization,
            Reach::Partner => true,
        };
        match &window.occurs {
            Occurs::Once(from, until) if concerned => quiet.push((*from, *until)),
            Occurs::Weekly(_, zone, weekday, at, minutes, except) if concerned => {
                let begins = weekly(*zone, *weekday, *at, except).into_iter().filter(|at| *at >= window.planned);
                quiet.extend(begins.map(|at| (at, at + Span::minutes(*minutes))));
            }
            _ => {}
        }
    }
    quiet.into_iter().map(|(from, until)| (noticed(plan, from), noticed(plan, until))).filter(|(from, until)| from < until).collect()
}

/// What begins or ends while the portal is away is noticed when it is there again.
fn noticed(plan: &Plan, at: Time) -> Time {
    plan.outages.iter().find(|(from, until)| *from <= at && at < *until).map_or(at, |(_, until)| *until)
}

/// What comes and goes is damped: after three reopenings within 24 hours an alert stays open until its cause has been gone for two hours.
/// With each the number of the alert that it belongs to: what recurs within 24 hours is the same again (D4), muted or not.
fn damped(wrongs: Vec<&Wrong>, quiet: &[(Time, Time)]) -> Vec<(Wrong, usize)> {
    let is_quiet = |at: Time| quiet.iter().any(|(from, until)| *from <= at && at < *until);
    let mut out: Vec<(Wrong, usize)> = Vec::new();
    let mut reopened: Vec<Time> = Vec::new();
    let mut flaps = false;
    for wrong in wrongs {
        let mut number = out.len();
        if let Some((last, of)) = out.last_mut() {
            let held = flaps && often_at(&reopened, last.until) && !is_quiet(last.until);
            if held && wrong.from <= last.until + Span::hours(2) {
                reopened.push(wrong.from);
                last.until = wrong.until;
                continue;
            }
            if held {
                last.until += Span::hours(2);
            }
            flaps = false;
            if wrong.from - last.until < Span::DAY {
                number = *of;
                reopened.push(wrong.from);
                flaps = often_at(&reopened, wrong.from) && !is_quiet(wrong.from);
            } else {
                reopened.clear();
            }
        }
        out.push((wrong.clone(), number));
    }
    if let Some((last, _)) = out.last_mut()
        && flaps
        && often_at(&reopened, last.until)
        && !is_quiet(last.until)
    {
        last.until += Span::hours(2);
    }
    out
}

fn often_at(reopened: &[Time], at: Time) -> bool {
    reopened.iter().filter(|known| **known > at - Span::DAY).count() >= 3
}

/// Compares, and says of each difference what it is.
pub fn judge(plan: &Plan, wrongs: &[Wrong], seen: &[Seen], incidents: &[Incident]) -> (Row, Vec<String>) {
    let mut row = Row::default();
    let mut said = Vec::new();
    let mut heard = heard(seen);
    let mut expected: BTreeMap<(usize, String), Vec<Expected>> = BTreeMap::new();
    let mut by_kind: BTreeMap<(usize, &str), Vec<&Wrong>> = BTreeMap::new();
    for wrong in wrongs {
        by_kind.entry((wrong.subject, wrong.kind.as_str())).or_default().push(wrong);
    }
    let wrongs: Vec<(Wrong, usize)> = by_kind.into_iter().flat_map(|((s, _), of)| damped(of, &quiet(plan, s))).collect();
    for (wrong, number) in &wrongs {
        for (from, until) in without(vec![(wrong.from, noticed(plan, wrong.until))], &quiet(plan, wrong.subject)) {
            let critical = wrong.critical.filter(|at| *at < until).map(|at| at.max(from));
            expected.entry((wrong.subject, wrong.kind.as_str().to_owned())).or_default().push((from, until, critical, *number));
        }
    }
    for ((s, kind), list) in expected {
        let mut of = heard.remove(&(s, kind.clone())).unwrap_or_default();
        let name = &plan.subjects[s].name;
        let mut last: Option<(usize, i64)> = None;
        for (from, until, critical, number) in list {
            row.incidents += 1;
            let what = format!("{name} {kind} {} – {}", written(from), written(until));
            let mut matching = Vec::new();
            of.retain(|one| {
                let matches = from <= one.from && one.from < until;
                if matches {
                    matching.push(*one);
                }
                !matches
            });
            let Some(first) = matching.first() else {
                said.push(format!("not found: {what}"));
                continue;
            };
            row.found += 1;
            if first.from > from + IN_TIME {
                row.late += 1;
                said.push(format!("late: {what}: {}", written(first.from)));
            } else if critical.is_some_and(|at| first.critical.is_none_or(|raised| raised > at + IN_TIME || raised < at))
                || critical.is_none() && first.critical.is_some()
            {
                row.late += 1;
                said.push(format!(
                    "not Critical when it should be: {what}: {:?}, {:?}",
                    critical.map(written),
                    first.critical.map(written)
                ));
            }
            if matching.len() > 1 {
                row.doubled += matching.len() - 1;
                said.push(format!("doubled: {what}: {:?}", matching.iter().map(|one| (one.alert, written(one.from))).collect::<Vec<_>>()));
            }
            match matching.last().and_then(|one| one.until) {
                Some(closed) if until <= closed && closed <= until + IN_TIME => {}
                Some(closed) => {
                    row.unresolved += 1;
                    said.push(format!("resolved at another time: {what}: {}", written(closed)));
                }
                None => {
                    row.unresolved += 1;
                    said.push(format!("unresolved: {what}"));
                }
            }
            if let Some((before, alert)) = last.replace((number, first.alert))
                && (before == number) != (alert == first.alert)
            {
                row.doubled += 1;
                said.push(format!("reopened or not: {what}"));
            }
        }
        report_false(&mut row, &mut said, name, &kind, &of);
    }
    for ((s, kind), of) in &heard {
        report_false(&mut row, &mut said, &plan.subjects[*s].name, kind, of);
    }
    storms(plan, incidents, &mut said);
    (row, said)
}

/// Each storm is one incident with all its members, open within a minute and resolved in the end; nothing else is one.
fn storms(plan: &Plan, incidents: &[Incident], said: &mut Vec<String>) {
    let told = |incident: &Incident| {
        let (opened, resolved) = (written(incident.opened), incident.resolved.map(written));
        format!("{} {opened} – {resolved:?}, {} members", incident.cause, incident.members.len())
    };
    let mut left: Vec<&Incident> = incidents.iter().collect();
    for storm in &plan.storms {
        let near = |incident: &&Incident| {
            let subject = &plan.subjects[storm.members[0]];
            let cause = if let Class::Account(_) = subject.class { "connection:" } else { "organization:" };
            incident.cause.starts_with(cause)
                && storm.slot <= incident.opened
                && incident.opened < storm.slot + Span::days(4)
                && storm.members.iter().all(|member| incident.members.contains(member))
        };
        match left.iter().position(near) {
            Some(place) if left[place].resolved.is_some() => {
                left.remove(place);
            }
            _ => said.push(format!("no incident for the storm of {} at {}", storm.members.len(), written(storm.slot))),
        }
    }
    said.extend(left.into_iter().map(|incident| format!("an incident without a storm: {}", told(incident))));
}

fn report_false(row: &mut Row, said: &mut Vec<String>, name: &str, kind: &str, of: &[Heard]) {
    for one in of {
        row.wrong += 1;
        said.push(format!("without a cause: {name} {kind} {} – {:?}", written(one.from), one.until.map(written)));
    }
}
