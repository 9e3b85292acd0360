//! What happens beside runs: space, restore tests, consent, pauses, maintenance, storms, and the portal's own outages.

use crate::a_year::{
    calendar::at,
    chance::Dice,
    fleet::{QUOTA, STORMY, STORMY_CONNECTION},
    plan::{Act, Cause, Class, Occurs, Plan, Reach, Storm, Trouble, Window, begin},
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{
    alert::AlertKind,
    run::RunState,
    time::{Span, Time},
};

/// A time in the year that is well away from its ends.
fn sometime(plan: &Plan, s: usize, dice: &mut Dice, lasts: Span) -> Option<Time> {
    let from = plan.subjects[s].enrolled.max(begin()) + Span::days(2);
    let room = (plan.until - Span::days(4) - lasts - from).0 / 60_000;
    (room > 0).then(|| from + Span::minutes(dice.below(room)))
}

/// Nights in which many fail together. Planned before courses, which keep other troubles away from them.
pub fn storms(plan: &mut Plan, dice: &mut Dice) {
    let days = (plan.until - begin()).0 / Span::DAY.0;
    let of = |plan: &Plan, fits: &dyn Fn(&Class, usize) -> bool| -> Vec<usize> {
        (0..plan.subjects.len()).filter(|s| fits(&plan.subjects[*s].class, plan.subjects[*s].organization)).collect()
    };
    let machines = of(plan, &|class, organization| *class == Class::Workstation && organization == STORMY);
    let accounts = of(plan, &|class, _| *class == Class::Account(STORMY_CONNECTION));
    for quarter in 0..4 {
        let mut day = || begin() + Span::days(days * quarter / 4 + dice.between(days / 12, days / 6));
        let (first, second) = (day(), day());
        if first < begin() + Span::days(12) || second + Span::days(24) > plan.until {
            continue;
        }
        let slot = plan.slots[plan.subjects[machines[0]].rhythm].after(first);
        let mut members = machines.clone();
        while members.len() > 30 {
            members.remove(dice.below(members.len() as i64) as usize);
        }
        plan.storms.push(Storm { members, kind: AlertKind::JobFailed, slot });
        let slot = plan.slots[plan.subjects[accounts[0]].rhythm].after(second);
        plan.storms.push(Storm { members: accounts.clone(), kind: AlertKind::SaasOverdue, slot });
    }
}

/// Everything else; after courses.
pub fn all(plan: &mut Plan, dice: &mut Dice) {
    for s in 0..plan.subjects.len() {
        match plan.subjects[s].class {
            Class::Account(_) => {}
            Class::Connection(_) => consent(plan, s, dice),
            Class::Workstation | Class::Server => {
                plan.acts.push((plan.subjects[s].enrolled, s, Act::Enrol));
                // Machines that check in for their allowance say nothing else out of turn: it would tell that they are on.
                if !plan.subjects[s].agent && plan.subjects[s].organization != STORMY {
                    machine(plan, s, dice);
                }
            }
        }
    }
    windows(plan, dice);
    plan.acts.sort_by_key(|act| (act.0, act.1));
}

fn machine(plan: &mut Plan, s: usize, dice: &mut Dice) {
    let full = Act::CheckIn(Some(QUOTA / 1_000 * 951));
    let enough = Act::CheckIn(Some(QUOTA / 100 * 95));
    let lasts = Span::minutes(dice.between(30, 60 * 24 * 9));
    if dice.in_1000(300)
        && let Some(from) = sometime(plan, s, dice, lasts)
    {
        plan.acts.push((from - Span::days(1), s, enough.clone()));
        plan.acts.push((from, s, full.clone()));
        let mut until = from + lasts;
        plan.acts.push((until, s, Act::CheckIn(Some(QUOTA / 100 * 80))));
        if dice.in_1000(250) {
            // Something fills it again and again.
            for _ in 0..dice.between(2, 6) {
                plan.acts.push((until + Span::minutes(dice.between(20, 100)), s, full.clone()));
                until += Span::minutes(dice.between(120, 200));
                plan.acts.push((until, s, enough.clone()));
            }
            *plan.harmless.entry("flapping").or_default() += 1;
        }
        plan.troubles.push(Trouble { subject: s, cause: Cause::Quota, from, until });
    }
    let lasts = Span::minutes(dice.between(30, 60 * 24 * 20));
    if dice.in_1000(300)
        && let Some(from) = sometime(plan, s, dice, lasts)
    {
        plan.acts.push((from - Span::days(1), s, Act::Restore(true)));
        plan.acts.push((from, s, Act::Restore(false)));
        plan.acts.push((from + lasts, s, Act::Restore(true)));
        plan.troubles.push(Trouble { subject: s, cause: Cause::Restore, from, until: from + lasts });
    }
    let lasts = Span::minutes(dice.between(60, 60 * 24 * 12));
    if dice.in_1000(200)
        && let Some(from) = sometime(plan, s, dice, lasts)
    {
        plan.acts.push((from, s, Act::Pause));
        plan.acts.push((from + lasts, s, Act::Resume));
        *plan.harmless.entry("pause").or_default() += 1;
    }
}

/// Consent goes twice a year, and comes back; in between the provider can't be asked for a while, which is no matter of consent.
fn consent(plan: &mut Plan, s: usize, dice: &mut Dice) {
    plan.acts.push((begin(), s, Act::Grant));
    for half in 0..2 {
        let days = (plan.until - begin()).0 / Span::DAY.0;
        let from = begin() + Span::days(days * half / 2) + Span::minutes(dice.between(1_440 * days / 16, 1_440 * days / 4));
        let until = from + Span::minutes(dice.between(20, 1_440 * days / 60));
        let stumble = until + Span::minutes(dice.between(1_440 * days / 20, 1_440 * days / 10));
        plan.acts.extend((0..4).map(|n| (stumble + Span::hours(n), s, Act::Stumble)));
        plan.acts.push((stumble + Span::hours(5), s, Act::Grant));
        *plan.harmless.entry("provider away").or_default() += 1;
        // Refused once is not believed, refused twice is.
        plan.acts.push((from, s, Act::Refuse));
        plan.acts.push((from + Span::minutes(2), s, Act::Refuse));
        plan.acts.push((until, s, Act::Grant));
        plan.troubles.push(Trouble { subject: s, cause: Cause::Consent, from, until });
    }
}

fn windows(plan: &mut Plan, dice: &mut Dice) {
    let weekly = |line, zone, weekday, at, minutes, except: &[(u32, u32)]| {
        let except = except.iter().map(|(month, day)| NaiveDate::from_ymd_opt(2028, *month, *day).unwrap()).collect();
        Occurs::Weekly(line, zone, weekday, at, minutes, except)
    };
    let recurring = [
        (Reach::Organization(1), weekly("0 2 * * 7", Tz::Europe__Berlin, 6, (2, 0), 240, &[(3, 26), (10, 29)])),
        (Reach::Organization(2), weekly("30 1 * * 7", Tz::America__New_York, 6, (1, 30), 300, &[(5, 7)])),
        (Reach::Organization(5), weekly("0 22 * * 3", Tz::Australia__Sydney, 2, (22, 0), 600, &[])),
        (Reach::Device(7), weekly("0 0 * * 1", Tz::Africa__Cairo, 0, (0, 0), 1_440, &[])),
    ];
    for (reach, occurs) in recurring {
        let there = if let Reach::Device(s) = reach { plan.subjects[s].enrolled } else { begin() };
        plan.windows.push(Window { reach, occurs, planned: there + Span::hours(1) });
    }
    let stormy = plan.connections[STORMY_CONNECTION].0;
    for _ in 0..60 {
        let lasts = Span::minutes(dice.between(30, 60 * 40));
        let Some(from) = sometime(plan, 0, dice, lasts) else { continue };
        let reach = match dice.below(10) {
            0..7 => Reach::Device(dice.below(200) as usize),
            _ => Reach::Organization(dice.below(STORMY as i64) as usize),
        };
        if reach != Reach::Organization(stormy) && is_there(plan, reach, from) {
            let planned = from - Span::minutes(dice.between(60, 60 * 40));
            plan.windows.push(Window { reach, occurs: Occurs::Once(from, from + lasts), planned });
        }
    }
    for (month, day) in [(2, 28), (8, 12)] {
        let from = at(2028, month, day, 20, 0);
        let window = Window { reach: Reach::Partner, occurs: Occurs::Once(from, from + Span::hours(7)), planned: from - Span::days(3) };
        let storm = plan.storms.iter().any(|storm| (storm.slot - from).0.abs() < Span::days(5).0);
        if !storm && from < plan.until {
            plan.windows.push(window);
        }
    }
    let planned: Vec<_> = plan.windows.iter().enumerate().map(|(place, window)| (window.planned, 0, Act::Window(place))).collect();
    *plan.harmless.entry("maintenance window").or_default() += planned.len();
    plan.acts.extend(planned);
}

fn is_there(plan: &Plan, reach: Reach, from: Time) -> bool {
    let Reach::Device(s) = reach else { return true };
    plan.subjects[s].enrolled < from - Span::days(2)
}

/// The portal is away three times a year, for hours: what agents would have told waits with them, and comes within ten minutes of its
/// return, in order or not.
pub fn outages(plan: &mut Plan, dice: &mut Dice) {
    let days = (plan.until - begin()).0 / Span::DAY.0;
    for third in 0..3 {
        let from = begin() + Span::days(days * third / 3) + Span::minutes(dice.between(1_440 * days / 12, 1_440 * days / 4));
        let until = from + Span::minutes(dice.between(45, 60 * 11));
        let storm = plan.storms.iter().any(|storm| storm.slot - Span::days(1) < until && from < storm.slot + Span::days(5));
        // A window can't be planned while nobody is there to ask, and not after it.
        let window = plan.windows.iter().any(|window| from <= window.planned && window.planned < until);
        if storm || window {
            continue;
        }
        plan.outages.push((from, until));
        plan.acts.push((until, 0, Act::Return));
        let in_order = dice.in_1000(500);
        let subjects = &plan.subjects;
        for (s, run) in plan.runs.iter_mut().flat_map(|((s, _), runs)| runs.iter_mut().map(|run| (*s, run))) {
            let wait = match (subjects[s].agent, in_order, run.state) {
                // An agent tells what it has kept oldest first, before it checks in again (`agent/src/courier.rs`).
                (true, ..) => 1,
                (_, true, _) => 2,
                // What failed and was made good meanwhile is told of last, so that nothing of it has to be alerted.
                (_, false, RunState::Failed) => 9,
                (_, false, _) => dice.between(2, 8),
            };
            for at in [&mut run.start_known, &mut run.end_known].into_iter().flatten().filter(|at| from <= **at && **at < until) {
                *at = until + Span::minutes(wait);
            }
        }
        for act in &mut plan.acts {
            // People and agents come back later, in the order in which they wanted to.
            if from <= act.0 && act.0 < until && act.2 != Act::Return {
                act.0 = until + Span::MINUTE;
            }
        }
        *plan.harmless.entry("outage of the portal").or_default() += 1;
    }
    plan.acts.sort_by_key(|act| act.0);
}
