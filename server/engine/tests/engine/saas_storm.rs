//! A storm: 30,000 events (`HOLDFAST_STORM_EVENTS`: more) of accounts of several organizations, in any order and many of them twice, while
//! accounts and organizations are activated and deactivated. Afterwards every count is what a recount from the runs says.

use domain::{
    access::{Actor, Scope},
    ids::{AccountId, OrganizationId, PartnerId},
    run::{RunEvent, RunState},
    saas::{AccountStatus, AccountType, Ended, SaasNow, Service, Workload},
    time::{Span, Time},
};
use engine::{
    Engine, check,
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    on_both_stores,
    store::{Store, accounts, connections, organizations, partners, saas},
    testing::Fresh,
};
use sea_orm::{ConnectionTrait, Statement, Value};
use std::{collections::HashSet, sync::Arc, time::Instant};
use tokio_util::sync::CancellationToken;

/// 2026-11-02T00:00:00Z.
const BEGIN: Time = Time(1_793_577_600_000);

const EVENTS: usize = 30_000;
const BATCHES: usize = 20;
/// Time between two batches.
const STEP: Span = Span::hours(9);
const ORGANIZATIONS: usize = 5;
const ACCOUNTS: usize = 100;

/// Chance that is the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as usize % n
    }

    fn in_100(&mut self, n: usize) -> bool {
        self.below(100) < n
    }
}

struct World {
    engine: Engine,
    actor: Actor,
    partner: PartnerId,
    organizations: Vec<OrganizationId>,
    /// (organization's place, address, service).
    accounts: Vec<(usize, String, Service, AccountId)>,
}

/// One number.
async fn number(store: &Store, sql: &str, values: Vec<Value>) -> i64 {
    let row = store.reads().query_one_raw(Statement::from_sql_and_values(store.backend(), sql, values)).await.unwrap().unwrap();
    row.try_get_by_index::<Option<i64>>(0).unwrap().unwrap_or(0)
}

async fn world(store: &Store, cancel: &CancellationToken) -> World {
    let everybody = Actor::system(Scope::Partners(Vec::new().into()));
    let partner = partners::create(store, &everybody, "Nordlicht", "Europe/Berlin", None, BEGIN).await.unwrap();
    let actor = Actor::system(Scope::Partners([partner].into()));
    let engine = Engine::start_driven(store.clone(), Arc::new(|| BEGIN), cancel.clone());
    let mut world = World { engine, actor, partner, organizations: Vec::new(), accounts: Vec::new() };
    for place in 0..ORGANIZATIONS {
        let new = organizations::NewOrganization {
            partner: Some(partner),
            name: format!("Client {place}"),
            time_zone: Some("Europe/Berlin".into()),
            region: "eu-central".into(),
            plan_name: "Business".into(),
            plan_type: organizations::PlanType::Backup,
            seat_limit: Some(ACCOUNTS as i64 / 2),
        };
        let id = organizations::create(store, &world.actor, new, BEGIN).await.unwrap();
        world.organizations.push(id);
        for (number, service) in [Service::Microsoft365, Service::GoogleWorkspace].into_iter().enumerate() {
            let new = connections::NewConnection { organization: id, service, policy: None };
            let connection = connections::create(&world.engine, &world.actor, new, BEGIN).await.unwrap();
            let new: Vec<_> = (0..ACCOUNTS / 2)
                .map(|n| accounts::NewAccount {
                    address: format!("person{n}.{number}@client{place}.example.com"),
                    name: format!("Person {n}"),
                    kind: if n % 7 == 3 { AccountType::Group } else { AccountType::User },
                    // A part of them is reported on without ever having a seat.
                    activated: n % 5 != 0,
                    external_id: None,
                })
                .collect();
            let wanted = new.iter().map(|account| account.address.clone()).collect::<Vec<_>>();
            accounts::put(&world.engine, &world.actor, connection, new, BEGIN).await.unwrap();
            for address in wanted {
                let sql = "SELECT id FROM accounts WHERE partner_id = $1 AND connection_id = $2 AND address_lower = $3";
                let known = self::number(store, sql, vec![partner.0.into(), connection.0.into(), address.clone().into()]).await;
                world.accounts.push((place, address, service, AccountId(known)));
            }
        }
    }
    world
}

/// The events of one run, as its tool tells them: some tell of retries, some of two ends, some of none.
fn run(begin: Time, dice: &mut Dice) -> Vec<RunEvent> {
    let at = |minutes: usize| begin + Span::SECOND * (minutes as i64 * 60);
    let mut events = vec![RunEvent::new(RunState::Running, at(0))];
    let mut minute = 1 + dice.below(20);
    let attempts = 1 + if dice.in_100(30) { 1 + dice.below(3) } else { 0 };
    for attempt in 2..=attempts as u16 {
        events.push(RunEvent { attempt, ..RunEvent::new(RunState::Retrying, at(minute)) });
        minute += 1 + dice.below(30);
        events.push(RunEvent { attempt, ..RunEvent::new(RunState::Running, at(minute)) });
        minute += 1 + dice.below(30);
    }
    if dice.in_100(8) {
        // Nobody hears of its end; of some nothing is heard since they tried again.
        let waits = attempts > 1 && dice.in_100(60);
        events.truncate(events.len() - usize::from(waits));
        return events;
    }
    let ends = [RunState::Succeeded, RunState::Succeeded, RunState::Warning, RunState::Failed, RunState::Cancelled, RunState::Skipped];
    for _ in 0..if dice.in_100(8) { 2 } else { 1 } {
        let state = ends[dice.below(ends.len())];
        let bytes = Some(1_000 + dice.below(9_000) as i64);
        events.push(RunEvent { attempt: attempts as u16, bytes, items: Some(7), ..RunEvent::new(state, at(minute)) });
        minute += 1 + dice.below(10);
    }
    events
}

/// So many events, in the order in which they arrive: mixed, a tenth of them twice or more, some days late.
fn events(world: &World, size: usize, dice: &mut Dice) -> Vec<(usize, IncomingEvent)> {
    let steps = BATCHES;
    let mut all = Vec::with_capacity(size + 20);
    let mut number = 0_usize;
    while all.len() < size {
        let (place, address, service, _) = &world.accounts[dice.below(world.accounts.len())];
        let workloads = service.workloads();
        let workload: Workload = workloads[dice.below(workloads.len())];
        let step = dice.below(steps);
        let begin = BEGIN + STEP * step as i64 + Span::SECOND * dice.below(STEP.0 as usize / 1_000) as i64;
        number += 1;
        for event in run(begin, dice) {
            let incoming = IncomingEvent {
                subject: Subject::Account {
                    account: address.clone(),
                    organization: Some(format!("Client {place}")),
                    service: Some(*service),
                },
                job: JobRef::Named(workload.as_str().into()),
                run: RunRef::Key(format!("r{number}")),
                event,
                log: None,
            };
            for _ in 0..1 + usize::from(dice.in_100(10)) + usize::from(dice.in_100(2)) {
                let late = if dice.in_100(12) { 1 + dice.below(6) } else { usize::from(dice.in_100(30)) };
                all.push(((step + 1 + late).min(steps), incoming.clone()));
            }
        }
    }
    all.truncate(size);
    for last in (1..all.len()).rev() {
        all.swap(last, dice.below(last + 1));
    }
    all.sort_by_key(|(step, _)| *step);
    all
}

/// What totals should be, from accounts, organizations and runs themselves.
async fn recounted(store: &Store, of: &[OrganizationId], now: Time) -> SaasNow {
    let list = of.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(", ");
    let seats = format!(
        "SELECT COUNT(*) FROM accounts a JOIN organizations o ON o.partner_id = a.partner_id AND o.id = a.organization_id \
         WHERE a.status = 'activated' AND o.status = 'activated' AND a.organization_id IN ({list})"
    );
    let state = |state: &str| format!("SELECT COUNT(*) FROM runs WHERE organization_id IN ({list}) AND state = '{state}'");
    let ended = async |states: &str, days: i64| {
        // Hours of which a part lies in the window.
        let from = ((now - Span::days(days)).hour() + 1) * Span::HOUR.0;
        let sql = format!(
            "SELECT COUNT(*) FROM runs WHERE organization_id IN ({list}) AND state IN ({states}) AND ended_at >= {from} AND ended_at < {}",
            (now.hour() + 1) * Span::HOUR.0
        );
        number(store, &sql, Vec::new()).await
    };
    let window = async |days: i64| Ended {
        success: ended("'succeeded', 'warning'", days).await,
        warning: ended("'warning'", days).await,
        failed: ended("'failed', 'missed'", days).await,
    };
    SaasNow {
        accounts: number(store, &format!("SELECT COUNT(*) FROM accounts WHERE organization_id IN ({list})"), Vec::new()).await,
        seats: number(store, &seats, Vec::new()).await,
        running: number(store, &state("running"), Vec::new()).await,
        retrying: number(store, &state("retrying"), Vec::new()).await,
        day: window(1).await,
        week: window(7).await,
        month: window(30).await,
    }
}

async fn storm(fresh: &Fresh) {
    let store = &fresh.store;
    let cancel = CancellationToken::new();
    let world = world(store, &cancel).await;
    let mut dice = Dice(42);
    let size = std::env::var("HOLDFAST_STORM_EVENTS").map_or(EVENTS, |size| size.parse().unwrap());
    let all = events(&world, size, &mut dice);
    let distinct: HashSet<_> = all.iter().map(|(_, e)| format!("{:?}{:?}{:?}{:?}", e.subject, e.job, e.run, e.event)).collect();
    assert!(all.len() == size && distinct.len() < size * 19 / 20, "{} different ones", distinct.len());
    let begun = Instant::now();
    let mut now = BEGIN;
    let (mut accepted, mut duplicates, mut settled) = (0, 0, 0);
    for (batch, part) in all.chunks(size.div_ceil(BATCHES)).enumerate() {
        // No event comes before its time.
        let latest = part.iter().map(|(_, incoming)| incoming.event.at).max().unwrap();
        now = (BEGIN + STEP * (batch as i64 + 1)).max(latest).max(now);
        // Time passes: slots are missed, runs time out.
        settled += world.engine.reconciler.tick(now).await.unwrap();
        let events: Vec<_> = part.iter().map(|(_, incoming)| incoming.clone()).collect();
        let receipt = world.engine.ingest.submit(&world.actor, events, now).await.unwrap();
        assert_eq!(receipt.rejected, Vec::new());
        accepted += receipt.accepted;
        duplicates += receipt.duplicates;
        // Meanwhile seats come and go,
        for status in [AccountStatus::Deactivated, AccountStatus::Activated] {
            let some: Vec<AccountId> = (0..12).map(|_| world.accounts[dice.below(world.accounts.len())].3).collect();
            accounts::set_status(&world.engine, &world.actor, &some, status, now).await.unwrap();
        }
        // and an organization is served no longer, and again.
        let status = match batch % 6 {
            1 => Some((1, organizations::OrganizationStatus::Deactivated)),
            3 => Some((2, organizations::OrganizationStatus::Deactivated)),
            4 => Some((1, organizations::OrganizationStatus::Activated)),
            _ => None,
        };
        if let Some((place, status)) = status {
            let change = organizations::OrganizationChange { status: Some(status), ..Default::default() };
            organizations::edit(&world.engine, &world.actor, world.organizations[place], change, now).await.unwrap();
        }
    }
    let took = begun.elapsed();
    assert_eq!(accepted, size);
    assert!(duplicates > size / 25 && settled > 100, "{duplicates} duplicates, {settled} settled by time");

    assert_eq!(check::recount(store).await.unwrap(), Vec::new());
    let runs = number(store, "SELECT COUNT(*) FROM runs", Vec::new()).await;
    let all = saas::totals(store, &world.actor, None, now).await.unwrap();
    assert_eq!(all, recounted(store, &world.organizations, now).await);
    assert!(all.seats < all.accounts && all.running > 0 && all.retrying > 0 && all.month.warning > 100, "{all:?}");
    assert!(all.month.failed > all.week.failed && all.week.success > all.day.success && all.day.success > 0, "{all:?}");
    for organization in &world.organizations {
        let one = saas::totals(store, &world.actor, Some(*organization), now).await.unwrap();
        assert_eq!(one, recounted(store, &[*organization], now).await);
        let own = Actor::system(Scope::Organization(world.partner, *organization));
        assert_eq!(saas::totals(store, &own, None, now).await.unwrap(), one);
    }
    println!("{:?}: {size} events in {took:.1?}, recounted after {:.1?}; {runs} runs, {all:?}", fresh.kind, begun.elapsed());
    cancel.cancel();
}

on_both_stores! {
    async fn after_a_storm_of_events_every_count_is_what_a_recount_says(fresh) {
        storm(&fresh).await;
    }
}
