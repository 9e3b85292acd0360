//! Makes the connections of a customer and their accounts.

use super::{
    course::AccountCourse,
    plan::{AccountPlan, ConnectionPlan},
    story::{AccountStory, CustomerStory},
};
use crate::{
    Fleet,
    course::NEVER,
    cultures::{ELSEWHERE, shown},
    dice::{Dice, seed},
    make::Client,
    policies,
};
use domain::{
    saas::{AccountType, Service},
    schedule::Schedule,
    time::{Span, Time},
};
use std::{collections::HashSet, sync::Arc};

const CONNECTION: u64 = 10 << 32;

/// So many accounts of a customer have been backed up for the longest time: those who tried it first.
const PILOT: usize = 10;

/// Days of the first ones' runs.
const LONGEST: i64 = 31;

/// Of the others, so many accounts × days: where there are many, they have joined lately.
const ROLLED_OUT: i64 = 600;

/// The connections of an organization with so many accounts.
pub(crate) fn connections(fleet: &Fleet, index: usize, client: &Client, accounts: usize) -> Vec<ConnectionPlan> {
    let story = fleet.customers.story(index);
    // An organization that was deactivated before anything began.
    if client.deactivated_from.is_some_and(|at| at < client.created_at + Span::days(1)) {
        return Vec::new();
    }
    let own = seed(fleet.seed, CONNECTION + index as u64);
    let mut dice = Dice::new(own, 1);
    let services: &[Service] = match (story, dice.below(20)) {
        _ if index == 0 => &[Service::Microsoft365, Service::GoogleWorkspace],
        (CustomerStory::Throttled | CustomerStory::ConsentExpired, _) | (_, 0..=12) => &[Service::Microsoft365],
        (_, 13..=17) => &[Service::GoogleWorkspace],
        _ => &[Service::Microsoft365, Service::GoogleWorkspace],
    };
    // Of two services, the first has two thirds.
    let shares = match services.len() {
        1 => [accounts, 0],
        _ => [accounts - accounts / 3, accounts / 3],
    };
    let mut made = Vec::new();
    for (place, (service, share)) in services.iter().zip(shares).enumerate() {
        made.push(connection(fleet, index, client, story, *service, share, seed(own, place as u64)));
    }
    made
}

fn connection(
    fleet: &Fleet,
    index: usize,
    client: &Client,
    story: CustomerStory,
    service: Service,
    share: usize,
    own: u64,
) -> ConnectionPlan {
    let mut dice = Dice::new(own, 1);
    // The end of what is told of it: the height, or where the organization's service ended.
    let end = client.deactivated_from.unwrap_or(fleet.until).min(fleet.until);
    let hours = (end - client.created_at).0 / Span::HOUR.0;
    let made_at = match story {
        CustomerStory::New => end - Span::MINUTE * dice.between(90, 220),
        _ => end - Span::MINUTE * (dice.between(33 * 24, 300 * 24) * 60).min((hours - 2).max(0) * 60),
    };
    let made_at = full_second(made_at.max(client.created_at + Span::HOUR));
    let granted_at = (story != CustomerStory::New).then(|| made_at + Span::SECOND * dice.between(70, 900));
    let expired_at = (story == CustomerStory::ConsentExpired).then(|| full_second(end - Span::MINUTE * dice.between(27 * 60, 30 * 60)));
    let policy = match story {
        CustomerStory::Throttled => policies::SAAS_OFTEN,
        _ if dice.in_10_000(3_000) => policies::SAAS_DAY,
        _ => policies::SAAS_NIGHT,
    };
    let follows =
        fleet.partners.get(client.partner).and_then(|partner| partner.policies.get(policy)).map(|plan| plan.policy.schedule.clone());
    let follows = Arc::new(follows.unwrap_or(Schedule::Learned));
    let tenant = match service {
        Service::Microsoft365 => guid(&mut dice),
        Service::GoogleWorkspace => client.place.domain(index),
    };
    let tenant_wide = Tenant {
        fleet,
        client,
        story,
        service,
        end,
        expired_at,
        follows,
        granted_at,
        domain: client.place.domain(index),
        luck: dice.of(&[30_u64, 60, 80, 100, 100, 160]),
    };
    let accounts = tenant_wide.accounts(index, share, own);
    ConnectionPlan { service, policy, tenant, made_at, granted_at, expired_at, story, accounts }
}

/// What the accounts of a connection have in common.
struct Tenant<'a> {
    fleet: &'a Fleet,
    client: &'a Client,
    story: CustomerStory,
    service: Service,
    end: Time,
    expired_at: Option<Time>,
    follows: Arc<Schedule>,
    granted_at: Option<Time>,
    domain: String,
    luck: u64,
}

impl Tenant<'_> {
    fn accounts(&self, index: usize, share: usize, own: u64) -> Vec<AccountPlan> {
        let Some(granted_at) = self.granted_at else { return Vec::new() };
        let discovered_at = full_second(granted_at + Span::SECOND * 45);
        let days = self.rolled_out_days(share);
        let mut taken = HashSet::new();
        let mut counts = [0; 5];
        let mut out = Vec::with_capacity(share);
        let address_style = Dice::new(own, 3).below(3);
        for place in 0..share {
            let mut dice = Dice::new(own, 1 << 20 | place as u64);
            let kind = self.kind(place, &mut dice);
            let number = counts[kind as usize];
            counts[kind as usize] += 1;
            let (name, address) = self.words(kind, number, address_style, own, &mut dice, &mut taken);
            // Some came to the company only after it became a customer.
            let after = (self.end - discovered_at).0 / Span::MINUTE.0;
            let joined = dice.in_10_000(600) && after > 4 * 1_440;
            let seen_at = if joined { discovered_at + Span::MINUTE * dice.between(1_440, after - 1_440) } else { discovered_at };
            let story = match (index, place) {
                (0, 1) if self.service == Service::Microsoft365 => AccountStory::FailingMailbox,
                (0, 2) if self.service == Service::Microsoft365 => AccountStory::Overdue,
                _ if place > 3 && dice.in_10_000(150) => AccountStory::Left,
                _ => AccountStory::Steady,
            };
            let told = matches!(story, AccountStory::FailingMailbox | AccountStory::Overdue);
            let unprotected = match self.story {
                CustomerStory::Uncovered => 3_000,
                _ => 420,
            };
            let days = if place < PILOT { LONGEST } else { days };
            let activated_at = (told || place < 2 || !dice.in_10_000(unprotected)).then(|| {
                let joining = self.end - Span::DAY * days + Span::SECOND * (place as i64 * 3 % 3_600);
                full_second(joining).max(seen_at + Span::SECOND * (90 + place as i64 % 1_800))
            });
            let activated_at = activated_at.filter(|at| *at < self.end);
            let deactivated_at = activated_at.filter(|_| story == AccountStory::Left).and_then(|at| {
                let minutes = (self.end - at).0 / Span::MINUTE.0;
                (minutes > 3 * 1_440).then(|| at + Span::MINUTE * dice.between(1_440, minutes - 1_440))
            });
            let story = if story == AccountStory::Left && deactivated_at.is_none() { AccountStory::Steady } else { story };
            let ends = [deactivated_at, self.expired_at, self.client.deactivated_from].into_iter().flatten().min().unwrap_or(NEVER);
            let spread = match *self.follows {
                Schedule::Every { .. } => 28_000,
                _ => 26_000,
            };
            let course = AccountCourse {
                seed: seed(own, 1 << 21 | place as u64),
                service: self.service,
                until: self.fleet.until,
                starts: activated_at.unwrap_or(NEVER),
                ends,
                follows: self.follows.clone(),
                offset: dice.between(0, spread),
                throttled: self.story == CustomerStory::Throttled,
                luck: self.luck,
                daily: dice.between(150, 2_600),
            };
            let external_id = match self.service {
                Service::Microsoft365 => guid(&mut dice),
                Service::GoogleWorkspace => format!("1{:020}", dice.below(100_000_000_000_000)),
            };
            let workloads = kind.workloads(self.service).collect();
            out.push(AccountPlan { address, name, kind, external_id, seen_at, activated_at, deactivated_at, workloads, story, course });
        }
        out
    }

    /// Days of runs of those who joined with everybody.
    fn rolled_out_days(&self, share: usize) -> i64 {
        match self.story {
            CustomerStory::Steady => (ROLLED_OUT / (share as i64).max(1)).clamp(3, LONGEST),
            _ => LONGEST,
        }
    }

    fn kind(&self, place: usize, dice: &mut Dice) -> AccountType {
        let drawn = dice.below(100);
        match self.service {
            // Each kind is there also where there are few.
            Service::Microsoft365 => match (place, drawn) {
                (4, _) => AccountType::SharedMailbox,
                (6, _) => AccountType::Site,
                (8, _) => AccountType::Team,
                (10, _) => AccountType::Group,
                (0..=3, _) | (_, 0..=77) => AccountType::User,
                (_, 78..=86) => AccountType::SharedMailbox,
                (_, 87..=91) => AccountType::Group,
                (_, 92..=95) => AccountType::Site,
                _ => AccountType::Team,
            },
            Service::GoogleWorkspace if place == 5 || drawn >= 90 => AccountType::Group,
            Service::GoogleWorkspace => AccountType::User,
        }
    }

    /// Name and address of the so-manieth of its kind; each address once.
    fn words(
        &self,
        kind: AccountType,
        number: usize,
        style: u64,
        own: u64,
        dice: &mut Dice,
        taken: &mut HashSet<String>,
    ) -> (String, String) {
        let staff = self.client.place.staff();
        let domain = &self.domain;
        let (name, local) = match kind {
            AccountType::User if dice.in_10_000(700) => {
                let (name, local) = shown(dice.of(ELSEWHERE));
                (name.to_owned(), local)
            }
            AccountType::User => {
                // All of them before one comes twice: a step without a factor in common.
                let all = staff.people();
                let step = (1..).map(|n| all * 382 / 1_000 + n).find(|step| common(*step, all) == 1).unwrap_or(1);
                let (name, given, family) = staff.person((number * step + (own % all as u64) as usize) % all);
                let local = match style {
                    0 => format!("{given}.{family}"),
                    1 => format!("{}.{family}", given.get(..1).unwrap_or(&given)),
                    _ => format!("{given}{}", family.get(..1).unwrap_or(&family)),
                };
                (name, local)
            }
            AccountType::SharedMailbox => staff.department(number),
            AccountType::Group => {
                let (name, local) = staff.department(number);
                (name, format!("{local}-all"))
            }
            AccountType::Team => {
                let (name, local) = staff.department(number + 5);
                (format!("{name} (Team)"), format!("team-{local}"))
            }
            AccountType::Site => staff.department(number + 3),
        };
        let address = |n: usize| {
            let more = if n > 1 { n.to_string() } else { String::new() };
            match kind {
                AccountType::Site => format!("https://{domain}/sites/{local}{more}"),
                _ => format!("{local}{more}@{domain}"),
            }
        };
        let address = (1..).map(address).find(|address| taken.insert(address.clone())).unwrap_or_default();
        (name, address)
    }
}

fn common(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common(b, a % b) }
}

fn full_second(time: Time) -> Time {
    Time(time.0 - time.0.rem_euclid(1_000))
}

fn guid(dice: &mut Dice) -> String {
    let (a, b) = (dice.number(), dice.number());
    format!("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 48 & 0xfff, b & 0xffff_ffff_ffff)
}
