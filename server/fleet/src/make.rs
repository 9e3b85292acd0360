//! Makes organizations and their devices.

mod device;
mod trouble;

pub(crate) use trouble::Specials;

use crate::{
    Fleet,
    dice::Dice,
    people::PARTNERS_OF_A_FLEET,
    places,
    plan::{OrganizationPlan, PlanType},
    saas::story::CustomerStory,
    story::Story,
};
use domain::{
    time::{Span, Time},
    zones::Zone,
};

// What is drawn for an organization; each thing from a seed of its own, so that one more does not change the others.
const PLACE: u64 = 1 << 32;
const AGE: u64 = 2 << 32;
const WEIGHT: u64 = 3 << 32;
const ORDER: u64 = 4 << 32;
const OUTAGE: u64 = 5 << 32;

/// The share of each partner: places in a row of twenty.
const SHARES: [usize; 20] = [0, 1, 2, 3, 0, 0, 1, 0, 2, 0, 0, 3, 0, 1, 0, 2, 0, 0, 1, 0];

/// How many devices organizations have, relative to each other: a few large ones, many small.
pub(crate) const SIZES: [u64; 16] = [2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 11, 13, 17, 23, 34, 60];

/// The partner of an organization.
pub(crate) const fn partner_of(index: usize) -> usize {
    let partner = SHARES[index % SHARES.len()];
    if partner < PARTNERS_OF_A_FLEET { partner } else { 0 }
}

/// Served no longer.
pub(crate) fn is_deactivated(index: usize) -> bool {
    index % 31 == 24
}

/// Where the devices of each organization begin, in one row of all; one more than there are organizations.
pub(crate) fn starts(seed: u64, organizations: u32, devices: u32) -> Vec<u32> {
    let weights: Vec<u64> = (0..u64::from(organizations)).map(|index| Dice::new(seed, WEIGHT + index).of(&SIZES)).collect();
    let all: u64 = weights.iter().sum::<u64>().max(1);
    // Each has one; the rest by weight, rounded at the sums so that none is lost.
    let rest = u64::from(devices - organizations);
    let mut sum = 0;
    let mut starts = Vec::with_capacity(weights.len() + 1);
    starts.push(0);
    for (place, weight) in weights.iter().enumerate() {
        sum += weight;
        starts.push((place as u64 + 1 + rest * sum / all) as u32);
    }
    starts
}

/// What the devices of an organization have in common.
pub(crate) struct Client {
    pub(crate) partner: usize,
    pub(crate) place: &'static places::Place,
    pub(crate) zone: Zone,
    /// The partner's zone is its own: its devices follow the policies' clocks.
    pub(crate) at_home: bool,
    /// Its own hour for nightly backups, where it has one.
    pub(crate) own_night: bool,
    pub(crate) tool: (&'static str, &'static str),
    pub(crate) created_at: Time,
    pub(crate) deactivated_from: Option<Time>,
    pub(crate) outage: (Time, Time),
}

pub(crate) fn organization(fleet: &Fleet, index: usize) -> Option<OrganizationPlan> {
    if index >= fleet.count() {
        return None;
    }
    // Beyond those with devices there are SaaS customers only.
    let at = |place: usize| fleet.starts.get(place).or(fleet.starts.last()).copied().unwrap_or(0);
    let (first, end) = (at(index), at(index + 1));
    let number = index as u64;
    let partner = partner_of(index);
    let mut dice = Dice::new(fleet.seed, PLACE + number);
    let place = places::place(partner, &mut dice);
    let zone = Zone::named(place.zone).or_else(|_| Zone::named("UTC")).ok()?;
    let home = fleet.partners.get(partner)?;
    let tool = dice.of(&[("restic", "0.17.3"), ("restic", "0.17.3"), ("restic", "0.16.4"), ("borg", "1.4.0"), ("borg", "1.2.8")]);
    let stories = stories(fleet, index, (end - first) as usize);
    let days = i64::from(fleet.size.days);
    let mut aged = Dice::new(fleet.seed, AGE + number);
    // Two thirds were there when history begins; trouble takes time to grow.
    let old = stories.iter().any(|story| story.band().is_some() && *story != Story::NewDevice) || aged.in_10_000(6_500);
    let created_at = if old { fleet.from } else { fleet.from + Span::HOUR * aged.between(0, days * 17) };
    let deactivated_from = is_deactivated(index).then(|| fleet.until - Span::HOUR * aged.between(24 * 9, (days * 12).max(24 * 10)));
    let mut lines = Dice::new(fleet.seed, OUTAGE + number);
    let outage = if lines.in_10_000(2_500) {
        let from = fleet.until - Span::HOUR * lines.between(24 * 12, (days * 23).max(24 * 13));
        (from, from + Span::HOUR * lines.between(7, 30))
    } else {
        (fleet.until, fleet.until)
    };
    let client = Client {
        partner,
        place,
        zone,
        at_home: home.time_zone == place.zone,
        own_night: dice.in_10_000(4_000),
        tool,
        created_at,
        deactivated_from,
        outage,
    };
    let devices = device::devices(fleet, index, &client, &stories);
    let customer = fleet.customers.accounts(index);
    let connections = customer.map_or_else(Vec::new, |accounts| crate::saas::connections(fleet, index, &client, accounts));
    // A mailbox weighs less than a machine.
    let (plan_name, plan_type) = match devices.len() + customer.unwrap_or(0) / 8 {
        _ if dice.in_10_000(700) => ("Archive", PlanType::Archiver),
        0..=9 => ("Essential", PlanType::Backup),
        10..=29 => ("Business", PlanType::Backup),
        30..=59 => ("Business Plus", PlanType::Backup),
        _ => ("Enterprise", PlanType::Backup),
    };
    let mut limit = dice.in_10_000(8_000).then(|| (devices.len() as i64 + 4) / 5 * 5 + dice.between(0, 2) * 5);
    if customer.is_some() {
        let accounts = || connections.iter().flat_map(|connection| &connection.accounts);
        let seats = accounts().filter(|account| account.is_activated(fleet.until)).count() as i64;
        limit = match fleet.customers.story(index) {
            CustomerStory::OverLimit => Some(seats * 19 / 20 / 5 * 5),
            _ => limit.map(|_| seats / 5 * 5 + dice.between(1, 4) * 5),
        };
    }
    Some(OrganizationPlan {
        index,
        partner,
        name: place.company(index),
        time_zone: place.zone.to_owned(),
        region: place.region.to_owned(),
        plan_name: plan_name.to_owned(),
        plan_type,
        seat_limit: limit,
        deactivated_from,
        created_at,
        devices,
        connections,
    })
}

/// The stories of an organization's devices, in their order.
fn stories(fleet: &Fleet, index: usize, devices: usize) -> Vec<Story> {
    let mut stories: Vec<Story> = fleet.specials.of(index).collect();
    stories.resize(devices, Story::Steady);
    let mut dice = Dice::new(fleet.seed, ORDER + index as u64);
    for last in (1..stories.len()).rev() {
        stories.swap(last, dice.below(last as u64 + 1) as usize);
    }
    stories
}
