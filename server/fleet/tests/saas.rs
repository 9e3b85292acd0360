//! SaaS customers of a fleet: as many as were asked for, believable, and each story as it is told.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    run::RunState,
    saas::{AccountType, Workload},
    time::{Span, Time},
};
use fleet::{AccountPlan, AccountStory, ConnectionPlan, CustomerStory, Fleet, Size, What, fleet};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// 2026-11-20T07:40:00Z, a Friday.
const UNTIL: Time = Time(1_795_160_400_000);

const SMALL: Size = Size { organizations: 5, devices: 10, days: 60, customers: 9, accounts: 90 };

fn connections(fleet: &Fleet) -> Vec<ConnectionPlan> {
    fleet.organizations().flat_map(|organization| organization.connections).collect()
}

fn accounts(fleet: &Fleet) -> Vec<AccountPlan> {
    connections(fleet).into_iter().flat_map(|connection| connection.accounts).collect()
}

/// The last state of each run that was heard of in a window.
fn states(account: &AccountPlan, from: Time, until: Time) -> HashMap<(usize, String), RunState> {
    let mut states = HashMap::new();
    for happening in account.happenings(from, until) {
        if let What::Run { job, key, event, .. } = happening.what {
            states.insert((job, key), event.state);
        }
    }
    states
}

#[test]
fn the_same_seed_gives_the_same_customers_and_devices_do_not_depend_on_them() {
    assert_eq!(accounts(&fleet(7, SMALL, UNTIL)), accounts(&fleet(7, SMALL, UNTIL)));
    assert_ne!(accounts(&fleet(7, SMALL, UNTIL)), accounts(&fleet(8, SMALL, UNTIL)));
    let (with, without) = (fleet(7, SMALL, UNTIL), fleet(7, Size { customers: 0, accounts: 0, ..SMALL }, UNTIL));
    assert_eq!((with.count(), without.count()), (10, 5));
    for (a, b) in with.organizations().zip(without.organizations()) {
        assert_eq!((a.name, a.devices), (b.name, b.devices));
        assert!(b.connections.is_empty());
    }
}

#[test]
fn it_is_the_same_on_every_machine() {
    let mut sum = 0_u64;
    for account in accounts(&fleet(1, SMALL, UNTIL)) {
        for happening in account.happenings(UNTIL - Span::days(9), UNTIL + Span::days(1)) {
            for byte in format!("{}{}{happening:?}", account.address, account.name).bytes() {
                sum = (sum.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
            }
        }
    }
    assert_eq!(format!("{sum:016x}"), "f087d6ef31e88fbf");
}

#[test]
fn windows_put_together_give_the_whole() {
    let fleet = fleet(3, SMALL, UNTIL);
    for account in accounts(&fleet) {
        let (a, c) = (UNTIL - Span::days(20), UNTIL + Span::hours(30));
        let whole: Vec<_> = account.happenings(a, c).collect();
        for b in [a + Span(1), a + Span::hours(77), UNTIL - Span::minutes(3), UNTIL, UNTIL + Span::SECOND] {
            let parts: Vec<_> = account.happenings(a, b).chain(account.happenings(b, c)).collect();
            assert!(parts == whole, "{}", account.address);
        }
        assert!(whole.is_sorted_by_key(|happening| happening.at));
        let steps = (0..40).flat_map(|n| account.happenings(UNTIL + Span::minutes(n * 10), UNTIL + Span::minutes((n + 1) * 10)));
        assert!(steps.eq(account.happenings(UNTIL, UNTIL + Span::minutes(400))));
    }
}

#[test]
fn runs_begin_while_the_account_is_activated_and_consent_holds() {
    let fleet = fleet(4, SMALL, UNTIL);
    let mut begun = 0;
    for organization in fleet.organizations() {
        for connection in &organization.connections {
            assert!(connection.made_at > organization.created_at);
            assert!(connection.granted_at.is_none_or(|at| at > connection.made_at));
            for account in &connection.accounts {
                assert!(Some(account.seen_at) > connection.granted_at && account.seen_at < UNTIL);
                assert!(account.activated_at.is_none_or(|at| at > account.seen_at && at < UNTIL));
                let mut started = HashSet::new();
                for happening in account.happenings(fleet.from, UNTIL + Span::days(2)) {
                    let What::Run { job, key, event, .. } = happening.what else { panic!("only runs happen to accounts") };
                    assert!(job < account.workloads.len());
                    assert_eq!(event.at, happening.at);
                    if started.insert((job, key)) {
                        begun += 1;
                        assert_eq!((event.state, event.attempt), (RunState::Running, 1));
                        assert!(account.activated_at.is_some_and(|at| event.at >= at));
                        let ends = [account.deactivated_at, connection.expired_at, organization.deactivated_from];
                        assert!(ends.into_iter().flatten().all(|end| event.at < end));
                    }
                }
            }
        }
    }
    assert!(begun > 1_000, "{begun}");
}

#[test]
fn addresses_are_unique_and_nobody_can_own_their_domains() {
    let fleet = fleet(1, Size { organizations: 100, devices: 100, days: 90, customers: 300, accounts: 9_000 }, UNTIL);
    let mut domains: HashMap<String, usize> = HashMap::new();
    let mut scripts = BTreeSet::new();
    for organization in fleet.organizations() {
        for connection in &organization.connections {
            let mut seen = HashSet::new();
            for account in &connection.accounts {
                assert!(seen.insert(account.address.to_lowercase()), "{}", account.address);
                assert!(account.address.is_ascii() && !account.address.contains(' '), "{}", account.address);
                let domain = match account.kind {
                    AccountType::Site => account.address.strip_prefix("https://").unwrap().split('/').next().unwrap(),
                    _ => account.address.split_once('@').unwrap().1,
                };
                assert!([".example.com", ".example.org", ".example.net"].iter().any(|end| domain.ends_with(end)), "{domain}");
                assert_eq!(*domains.entry(domain.to_owned()).or_insert(organization.index), organization.index, "{domain}");
                assert!(!account.address.starts_with('@') && !account.name.trim().is_empty());
                for (name, letters) in [("greek", 'α'..='ω'), ("kanji", '一'..='龥'), ("hangul", '가'..='힣'), ("arabic", 'ا'..='ي')]
                {
                    if account.name.chars().any(|letter| letters.contains(&letter)) {
                        scripts.insert(name);
                    }
                }
            }
        }
    }
    assert_eq!(scripts.len(), 4, "{scripts:?}");
}

#[test]
fn the_demo_has_its_customers_accounts_workloads_and_stories() {
    let begun = std::time::Instant::now();
    let fleet = fleet(1, Size::DEMO, UNTIL);
    let organizations: Vec<_> = fleet.organizations().collect();
    let made = begun.elapsed();
    let customers = organizations.iter().filter(|organization| !organization.connections.is_empty()).count();
    let known = accounts(&fleet);
    assert_eq!((customers, known.len(), fleet.count()), (120, 20_000, 135));
    let workloads: BTreeSet<_> = known.iter().flat_map(|account| account.workloads.clone()).collect();
    assert_eq!(workloads.len(), Workload::ALL.len());
    let mut kinds: BTreeMap<_, usize> = BTreeMap::new();
    for account in &known {
        *kinds.entry(account.kind.as_str()).or_default() += 1;
    }
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    let seats = known.iter().filter(|account| account.is_activated(UNTIL)).count();
    let begun = std::time::Instant::now();
    let mut runs = 0;
    for account in &known {
        runs += account
            .happenings(fleet.from, UNTIL)
            .filter(
                |happening| matches!(&happening.what, What::Run { event, .. } if event.state == RunState::Running && event.attempt == 1),
            )
            .count();
    }
    println!(
        "{customers} customers, {} accounts {kinds:?}, {seats} seats, {runs} runs; made in {made:?}, told in {:?}",
        known.len(),
        begun.elapsed()
    );
    assert!((450_000..1_000_000).contains(&runs), "{runs}");
    for story in CustomerStory::SPECIAL {
        let (organization, connection) = organizations
            .iter()
            .find_map(|organization| {
                organization.connections.iter().find(|c| c.story == *story).map(|connection| (organization, connection))
            })
            .unwrap();
        assert_eq!(organization.partner, 0, "{story:?} is told where the demo begins");
        let all = connection.accounts.len();
        let seats = organization.connections.iter().flat_map(|c| &c.accounts).filter(|account| account.is_activated(UNTIL)).count();
        match story {
            CustomerStory::ConsentExpired => {
                assert!(connection.expired_at.is_some_and(|at| at < UNTIL - Span::DAY));
                assert!(connection.accounts.iter().all(|a| states(a, UNTIL - Span::hours(12), UNTIL).is_empty()));
            }
            CustomerStory::Uncovered => assert!((22..38).contains(&((all - seats) * 100 / all)), "{seats} of {all}"),
            CustomerStory::OverLimit => assert!(organization.seat_limit.is_some_and(|limit| limit < seats as i64 && limit > 0)),
            CustomerStory::New => assert!(connection.granted_at.is_none() && all == 0),
            CustomerStory::Throttled => {
                for hour in 0..24 {
                    let now = UNTIL - Span::hours(hour);
                    let mut open: HashMap<RunState, usize> = HashMap::new();
                    for state in connection.accounts.iter().flat_map(|a| states(a, now - Span::hours(9), now).into_values()) {
                        *open.entry(state).or_default() += 1;
                    }
                    let retrying = open.get(&RunState::Retrying).copied().unwrap_or(0);
                    assert!(retrying > all / 2, "{hour} h before: {open:?} of {all} accounts");
                }
            }
            CustomerStory::Steady => {}
        }
    }
    for story in [AccountStory::FailingMailbox, AccountStory::Overdue] {
        let account = organizations[0].connections[0].accounts.iter().find(|account| account.story == story).unwrap();
        let first: Vec<_> = states(account, UNTIL - Span::days(4), UNTIL).into_iter().filter(|((job, _), _)| *job == 0).collect();
        match story {
            AccountStory::Overdue => assert!(first.len() < 3, "{first:?}"),
            _ => assert!(first.len() >= 3 && first.iter().all(|(_, state)| *state == RunState::Failed), "{first:?}"),
        }
    }
    let partners: BTreeSet<_> = organizations.iter().filter(|o| !o.connections.is_empty()).map(|o| o.partner).collect();
    assert_eq!(partners.len(), 4);
    assert!(organizations.iter().any(|o| !o.connections.is_empty() && o.deactivated_from.is_some()));
}
