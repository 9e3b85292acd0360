//! Who is there: 300 devices of 15 organizations, 200 accounts of 8 connections, with policies of every kind.

use crate::a_year::{
    calendar::{RHYTHMS, Rhythm, Slots},
    chance::Dice,
    plan::{Class, Plan, Subject, Terms, begin},
};
use domain::time::{Span, Time};
use std::collections::BTreeMap;

pub const ORGANIZATIONS: usize = 15;
pub const DEVICES: usize = 300;
pub const ACCOUNTS: usize = 200;

/// The organization whose machines all follow one schedule, so that they can fail together; nothing else is planned for it.
pub const STORMY: usize = 14;
const IN_STEP: usize = 40;

/// The connection whose accounts fall silent together.
pub const STORMY_CONNECTION: usize = 3;

/// Bytes a device may use.
pub const QUOTA: i64 = 1_000_000_000_000;

const DAILY: &[usize] = &[0, 1, 2, 3, 4, 5, 15];

/// Rhythm, class and terms of the n-th device.
fn kind(n: usize, dice: &mut Dice) -> (usize, Class, Terms) {
    let terms = Terms { grace: Span::HOUR, longest: Span::hours(12), overdue: None, allowance: Span::ZERO };
    let two_days = Terms { overdue: Some(48), ..terms };
    match n % 30 {
        0..7 => (dice.one_of(DAILY), Class::Server, terms),
        7 => (dice.one_of(DAILY), Class::Server, Terms { grace: Span::ZERO, ..two_days }),
        8..13 => (dice.one_of(DAILY), Class::Workstation, terms),
        13..16 => (dice.one_of(DAILY), Class::Workstation, Terms { longest: Span::hours(3), grace: Span::hours(2), ..two_days }),
        16..18 => (7, Class::Workstation, Terms { allowance: Span::hours(72), ..terms }),
        18..20 => (5, Class::Workstation, Terms { allowance: Span::hours(96), ..two_days }),
        20..22 => (6, Class::Server, terms),
        22 | 23 => (8, Class::Server, terms),
        24 => (dice.one_of(&[9, 10, 11]), Class::Server, terms),
        25 => (dice.one_of(&[9, 10, 11]), Class::Workstation, Terms { grace: Span::hours(6), ..terms }),
        26 => (14, Class::Server, terms),
        27 => (dice.one_of(&[14, 17]), Class::Workstation, terms),
        28 => (dice.one_of(&[12, 16]), Class::Server, terms),
        _ if n < 60 => (13, Class::Server, Terms { longest: Span::hours(2), grace: Span::minutes(30), ..terms }),
        _ => (dice.one_of(&[12, 16, 17]), Class::Server, Terms { grace: Span::minutes(30), longest: Span::hours(6), ..terms }),
    }
}

/// Failures of a night make one alert each, for these are overdue only after two days.
fn in_step_kind() -> (usize, Class, Terms) {
    (0, Class::Workstation, Terms { grace: Span::HOUR, longest: Span::hours(12), overdue: Some(48), allowance: Span::ZERO })
}

pub fn fleet(seed: u64, until: Time) -> (Plan, Dice) {
    let mut dice = Dice::new(seed);
    let mut subjects = Vec::new();
    for n in 0..DEVICES {
        let in_step = n >= DEVICES - IN_STEP;
        let (rhythm, class, terms) = if in_step { in_step_kind() } else { kind(n, &mut dice) };
        // A tenth comes in the course of the year.
        let enrolled = if !in_step && dice.in_1000(100) { begin() + Span::minutes(dice.between(1_440 * 10, 1_440 * 250)) } else { begin() };
        let skew = if dice.in_1000(200) { Span::SECOND * dice.between(-240, 240) } else { Span::ZERO };
        let several = !matches!(RHYTHMS[rhythm], Rhythm::Every(_)) && dice.in_1000(80);
        subjects.push(Subject {
            name: format!("machine-{n:03}"),
            class,
            organization: if in_step { STORMY } else { n % STORMY },
            rhythm,
            terms,
            enrolled: if enrolled < until - Span::days(20) { enrolled } else { begin() },
            jobs: if several { vec!["system", "database"] } else { vec!["nightly"] },
            skew,
            agent: terms.allowance > Span::ZERO,
        });
    }
    // Sites have one workload, groups at Google two, people five.
    let connections: Vec<(usize, usize)> = (0..8).map(|n| (n, [0, 1, 4, 5, 6, 8, 15, 2][n])).collect();
    for n in 0..ACCOUNTS {
        let connection = if n < 196 { n % 7 } else { 7 };
        let (organization, rhythm) = connections[connection];
        let jobs = match connection {
            7 => vec!["email", "drive", "contacts", "calendar", "tasks"],
            6 => vec!["email", "calendar"],
            _ => vec!["sharepoint"],
        };
        subjects.push(Subject {
            name: format!("account{n:03}@client{organization}.example.com"),
            class: Class::Account(connection),
            organization,
            rhythm,
            terms: Terms { grace: Span::HOUR, longest: Span::hours(12), overdue: None, allowance: Span::ZERO },
            enrolled: begin(),
            jobs,
            skew: Span::ZERO,
            agent: false,
        });
    }
    for (place, (organization, rhythm)) in connections.iter().enumerate() {
        subjects.push(Subject {
            name: format!("connection {place}"),
            class: Class::Connection(place),
            organization: *organization,
            rhythm: *rhythm,
            terms: Terms { grace: Span::HOUR, longest: Span::hours(12), overdue: None, allowance: Span::ZERO },
            enrolled: begin(),
            jobs: Vec::new(),
            skew: Span::ZERO,
            agent: false,
        });
    }
    let plan = Plan {
        until,
        slots: RHYTHMS.iter().map(|rhythm| Slots::of(*rhythm)).collect(),
        organizations: ORGANIZATIONS,
        connections,
        subjects,
        runs: BTreeMap::new(),
        acts: Vec::new(),
        troubles: Vec::new(),
        windows: Vec::new(),
        storms: Vec::new(),
        outages: Vec::new(),
        harmless: BTreeMap::new(),
    };
    (plan, dice)
}
