//! The SaaS dashboards: totals, organizations and accounts page by page, one account – on both stores.

use crate::world::{MONDAY, World};
use domain::{
    access::{Actor, Ground, Role, Scope},
    ids::{AccountId, DeviceId, OrganizationId, PartnerId},
    run::{RunEvent, RunState},
    saas::{AccountStatus, AccountType, Consent, Service, Workload, days::AccountDay},
    time::{Span, Time},
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    on_both_stores,
    store::{
        accounts::{self, NewAccount},
        alerts::{self, AlertFilter, AlertState},
        connections::{self, NewConnection},
        job_log::{self, LogFilter, LogResult},
        organizations::{self, NewOrganization, OrganizationChange, OrganizationStatus, PlanType},
        partners, runs,
        saas::{self, AccountResult, AccountsFilter, AccountsRow, AccountsSort, SaasFilter, SaasSort},
        search,
    },
};

/// A customer with so many users; every third is unprotected.
pub async fn customer(world: &World, new: NewOrganization, users: usize) -> OrganizationId {
    let domain = new.name.to_lowercase().replace(' ', "-");
    let id = organizations::create(world.store(), &world.owner, new, MONDAY).await.unwrap();
    connect(world, &world.owner, id, Service::Microsoft365, &domain, users).await;
    id
}

async fn connect(world: &World, actor: &Actor, organization: OrganizationId, service: Service, domain: &str, users: usize) {
    let new = NewConnection { organization, service, policy: None };
    let connection = connections::create(&world.engine, actor, new, MONDAY).await.unwrap();
    let new = (0..users).map(|n| NewAccount {
        address: format!("user{n:03}@{domain}.example"),
        name: format!("User {n}"),
        kind: if n % 5 == 4 { AccountType::SharedMailbox } else { AccountType::User },
        activated: n % 3 != 2,
        external_id: None,
    });
    accounts::put(&world.engine, actor, connection, new.collect(), MONDAY).await.unwrap();
}

pub async fn report(world: &World, account: &str, workload: Workload, run: &str, event: RunEvent) {
    let at = event.at;
    let event = IncomingEvent {
        subject: Subject::Account { account: account.into(), organization: None, service: None },
        job: JobRef::Named(workload.as_str().into()),
        run: RunRef::Key(run.into()),
        event,
        log: None,
    };
    let sender = Actor::system(world.owner.scope.clone());
    let receipt = world.engine.ingest.submit(&sender, vec![event], at + Span::SECOND).await.unwrap();
    assert_eq!((receipt.accepted, receipt.rejected.len()), (1, 0), "{receipt:?}");
}

pub fn ended(state: RunState, at: Time, items: i64, bytes: i64) -> RunEvent {
    RunEvent { items: Some(items), bytes: Some(bytes), ..RunEvent::new(state, at) }
}

pub fn named(name: &str) -> NewOrganization {
    NewOrganization { name: name.into(), ..Default::default() }
}

/// Seven customers of the partner's own and two of a partner below; one organization that is no customer.
async fn customers(world: &World) -> (Actor, PartnerId) {
    for (n, (name, region, plan, kind, users)) in [
        ("Harbour", "eu-central", "Gold", PlanType::Backup, 9),
        ("Lantern", "us-east", "Silver", PlanType::Archiver, 3),
        ("Anchor", "eu-central", "Gold", PlanType::Archiver, 6),
        ("Mooring", "ap-south", "Bronze", PlanType::Backup, 0),
        ("Keel", "us-east", "Gold", PlanType::Backup, 6),
        ("Rudder", "eu-central", "Silver", PlanType::Backup, 12),
        ("Bollard", "ap-south", "Bronze", PlanType::Archiver, 3),
    ]
    .into_iter()
    .enumerate()
    {
        let new = NewOrganization { region: region.into(), plan_name: plan.into(), plan_type: kind, seat_limit: Some(5), ..named(name) };
        let id = customer(world, new, users).await;
        if n == 1 {
            connect(world, &world.owner, id, Service::GoogleWorkspace, "lantern-too", 3).await;
        }
        if n == 4 {
            let off = OrganizationChange { status: Some(OrganizationStatus::Deactivated), ..Default::default() };
            organizations::edit(&world.engine, &world.owner, id, off, MONDAY + Span::HOUR).await.unwrap();
        }
    }
    world.organization("No customer").await;
    let below = partners::create(world.store(), &world.owner, "South", "UTC", None, MONDAY).await.unwrap();
    let wide = Actor { scope: Scope::Partners([world.partner, below].into()), ..world.owner.clone() };
    for name in ["Anchor", "Zenith"] {
        let new = NewOrganization { partner: Some(below), region: "eu-central".into(), ..named(name) };
        let id = organizations::create(world.store(), &wide, new, MONDAY).await.unwrap();
        connect(world, &wide, id, Service::GoogleWorkspace, &format!("{}-south", name.to_lowercase()), 3).await;
    }
    (wide, below)
}

async fn listed(world: &World, actor: &Actor, filter: &SaasFilter) -> Vec<String> {
    saas::list(world.store(), actor, filter).await.unwrap().items.into_iter().map(|row| row.name).collect()
}

async fn rows(world: &World, actor: &Actor, filter: &AccountsFilter, now: Time) -> Vec<AccountsRow> {
    saas::accounts(world.store(), actor, filter, now).await.unwrap().items
}

pub async fn address_of(world: &World, organization: OrganizationId, address: &str) -> AccountId {
    let filter = AccountsFilter { search: Some(address.into()), ..AccountsFilter::of(organization) };
    rows(world, &world.owner, &filter, MONDAY).await[0].id
}

on_both_stores! {
    async fn every_order_of_customers_pages_without_loss_or_doubles(fresh) {
        let world = World::started(fresh).await;
        let (wide, _) = customers(&world).await;
        use SaasSort::{Organization, PlanName, PlanType, Region, Seats, Status};
        for sort in [Organization, Status, Region, PlanName, PlanType, Seats] {
            for descending in [false, true] {
                let all = SaasFilter { sort, descending, ..Default::default() };
                let whole = saas::list(world.store(), &wide, &all).await.unwrap();
                assert_eq!((whole.items.len(), whole.total, whole.next_cursor), (9, Some(9), None));
                let key = |row: &saas::SaasRow| match sort {
                    Organization => row.name.to_lowercase(),
                    Status => row.status.as_str().to_owned(),
                    Region => row.region.clone(),
                    PlanName => row.plan_name.clone(),
                    PlanType => row.plan_type.as_str().to_owned(),
                    Seats => format!("{:05}", row.seats),
                };
                let keys: Vec<String> = whole.items.iter().map(key).collect();
                assert!(keys.is_sorted_by(|a, b| if descending { a >= b } else { a <= b }), "{sort:?} {descending}: {keys:?}");
                let mut filter = SaasFilter { limit: Some(2), ..all };
                let mut paged = Vec::new();
                loop {
                    let page = saas::list(world.store(), &wide, &filter).await.unwrap();
                    assert_eq!(page.total, Some(9));
                    paged.extend(page.items);
                    let Some(cursor) = page.next_cursor else { break };
                    filter.cursor = Some(cursor);
                }
                assert_eq!(paged, whole.items, "{sort:?} {descending}");
                filter.descending = !descending;
                assert_eq!(saas::list(world.store(), &wide, &filter).await.unwrap_err().public_code(), "invalid_cursor");
            }
        }
    }

    async fn customers_are_found_by_name_status_region_plan_service_and_partner(fresh) {
        let world = World::started(fresh).await;
        let (wide, below) = customers(&world).await;
        let all = SaasFilter::default();
        let find = async |filter: SaasFilter| {
            let page = saas::list(world.store(), &wide, &filter).await.unwrap();
            assert_eq!(page.total, Some(page.items.len() as i64));
            page.items.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        assert_eq!(find(SaasFilter { search: Some(" oO".into()), ..all.clone() }).await, ["Mooring"]);
        assert_eq!(find(SaasFilter { search: Some("100%".into()), ..all.clone() }).await, [""; 0]);
        assert_eq!(find(SaasFilter { status: Some(OrganizationStatus::Deactivated), ..all.clone() }).await, ["Keel"]);
        assert_eq!(find(SaasFilter { region: Some("ap-south".into()), ..all.clone() }).await, ["Bollard", "Mooring"]);
        assert_eq!(find(SaasFilter { plan_type: Some(PlanType::Archiver), ..all.clone() }).await, ["Anchor", "Bollard", "Lantern"]);
        assert_eq!(find(SaasFilter { service: Some(Service::GoogleWorkspace), ..all.clone() }).await, ["Anchor", "Lantern", "Zenith"]);
        assert_eq!(find(SaasFilter { partner: Some(below), ..all.clone() }).await, ["Anchor", "Zenith"]);
        assert!(!listed(&world, &wide, &all).await.contains(&"No customer".to_owned()));
        assert_eq!(saas::regions(world.store(), &wide).await.unwrap(), ["ap-south", "eu-central", "us-east"]);
    }

    async fn a_customer_shows_its_seats_its_limit_and_its_connections(fresh) {
        let world = World::started(fresh).await;
        customers(&world).await;
        let page = saas::list(world.store(), &world.owner, &SaasFilter::default()).await.unwrap();
        let row = |name: &str| page.items.iter().find(|row| row.name == name).unwrap();
        let harbour = row("Harbour");
        assert_eq!((harbour.accounts, harbour.seats, harbour.seat_limit), (9, 6, Some(5)), "above its limit");
        assert_eq!((row("Keel").accounts, row("Keel").seats), (6, 0), "a deactivated organization uses no seat");
        let lantern: Vec<_> = row("Lantern").services.iter().map(|s| (s.service, s.seats, s.consent)).collect();
        assert_eq!(lantern, [
            (Service::GoogleWorkspace, 2, Some(Consent::Unknown)),
            (Service::Microsoft365, 2, Some(Consent::Unknown)),
        ]);
        assert_eq!(row("Lantern").seats, 4);
        let one = saas::get(world.store(), &world.owner, harbour.organization).await.unwrap().unwrap();
        assert_eq!(one, *harbour);
        let none = world.organization("Fresh").await;
        assert_eq!(saas::get(world.store(), &world.owner, none).await.unwrap(), None);
        assert!(!saas::has_connection(world.store(), &world.owner, none).await.unwrap());
        assert!(saas::has_connection(world.store(), &world.owner, harbour.organization).await.unwrap());
    }

    async fn totals_count_what_runs_now_and_what_ended_in_each_window(fresh) {
        let world = World::started(fresh).await;
        let harbour = customer(&world, named("Harbour"), 6).await;
        let keel = customer(&world, named("Keel"), 3).await;
        let now = MONDAY + Span::days(9);
        report(&world, "user000@harbour.example", Workload::Email, "a", ended(RunState::Succeeded, MONDAY + Span::HOUR, 1, 1)).await;
        report(&world, "user001@harbour.example", Workload::Email, "b", ended(RunState::Warning, now - Span::days(2), 1, 1)).await;
        report(&world, "user000@harbour.example", Workload::Drive, "c", ended(RunState::Failed, now - Span::HOUR, 0, 0)).await;
        report(&world, "user000@keel.example", Workload::Email, "d", RunEvent::new(RunState::Retrying, now - Span::minutes(5))).await;
        report(&world, "user001@keel.example", Workload::Tasks, "e", RunEvent::new(RunState::Running, now - Span::minutes(5))).await;
        let all = saas::totals(world.store(), &world.owner, None, now).await.unwrap();
        assert_eq!((all.accounts, all.seats, all.running, all.retrying), (9, 6, 1, 1));
        assert_eq!((all.day.success, all.week.success, all.week.warning, all.month.success), (0, 1, 1, 2));
        assert!(all.day.failed >= 1);
        let one = saas::totals(world.store(), &world.owner, Some(harbour), now).await.unwrap();
        assert_eq!((one.accounts, one.seats, one.running, one.month.success), (6, 4, 0, 2));
        let other = saas::totals(world.store(), &world.owner, Some(keel), now).await.unwrap();
        assert_eq!((other.seats, other.running, other.retrying, other.month.success), (2, 1, 1, 0));
        let sum = |of: fn(&domain::saas::SaasNow) -> i64| of(&one) + of(&other);
        assert_eq!(sum(|n| n.month.failed), all.month.failed);
        assert_eq!(sum(|n| n.seats), all.seats);
    }

    async fn accounts_page_by_address_and_by_last_backup_without_loss_or_doubles(fresh) {
        let world = World::started(fresh).await;
        let harbour = customer(&world, named("Harbour"), 14).await;
        let now = MONDAY + Span::hours(4);
        for n in [3, 0, 7] {
            let at = MONDAY + Span::minutes(n);
            report(&world, &format!("user{n:03}@harbour.example"), Workload::Email, "r", ended(RunState::Succeeded, at, 1, 1)).await;
        }
        for sort in [AccountsSort::Account, AccountsSort::LastBackup] {
            for descending in [false, true] {
                let all = AccountsFilter { sort, descending, ..AccountsFilter::of(harbour) };
                let whole = saas::accounts(world.store(), &world.owner, &all, now).await.unwrap();
                assert_eq!((whole.items.len(), whole.total), (14, Some(14)));
                let mut filter = AccountsFilter { limit: Some(5), ..all };
                let mut paged = Vec::new();
                loop {
                    let page = saas::accounts(world.store(), &world.owner, &filter, now).await.unwrap();
                    paged.extend(page.items);
                    let Some(cursor) = page.next_cursor else { break };
                    filter.cursor = Some(cursor);
                }
                assert_eq!(paged, whole.items, "{sort:?} {descending}");
                filter.descending = !descending;
                let refused = saas::accounts(world.store(), &world.owner, &filter, now).await.unwrap_err();
                assert_eq!(refused.public_code(), "invalid_cursor");
            }
        }
        let latest = AccountsFilter { sort: AccountsSort::LastBackup, descending: true, ..AccountsFilter::of(harbour) };
        let first: Vec<String> = rows(&world, &world.owner, &latest, now).await.into_iter().take(3).map(|row| row.name).collect();
        assert_eq!(first, ["User 7", "User 3", "User 0"]);
    }

    async fn accounts_are_found_by_name_type_result_and_status(fresh) {
        let world = World::started(fresh).await;
        let harbour = customer(&world, named("Harbour"), 9).await;
        let now = MONDAY + Span::hours(2);
        report(&world, "user000@harbour.example", Workload::Email, "a", ended(RunState::Failed, MONDAY + Span::minutes(1), 0, 0)).await;
        report(&world, "user001@harbour.example", Workload::Email, "b", ended(RunState::Succeeded, MONDAY + Span::minutes(1), 5, 50)).await;
        report(&world, "user001@harbour.example", Workload::Drive, "c", RunEvent::new(RunState::Running, MONDAY + Span::minutes(2))).await;
        let all = AccountsFilter::of(harbour);
        let find = async |filter: AccountsFilter| {
            let page = saas::accounts(world.store(), &world.owner, &filter, now).await.unwrap();
            assert_eq!(page.total, Some(page.items.len() as i64), "{filter:?}");
            page.items.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        assert_eq!(find(AccountsFilter { search: Some("USER 3".into()), ..all.clone() }).await, ["User 3"]);
        assert_eq!(find(AccountsFilter { kind: Some(AccountType::SharedMailbox), ..all.clone() }).await, ["User 4"]);
        assert_eq!(find(AccountsFilter { status: Some(AccountStatus::Deactivated), ..all.clone() }).await, ["User 2", "User 5", "User 8"]);
        let result = |result| AccountsFilter { result: Some(result), ..all.clone() };
        assert_eq!(find(result(AccountResult::Is(RunState::Failed))).await, ["User 0"]);
        assert_eq!(find(result(AccountResult::Is(RunState::Succeeded))).await, ["User 1"]);
        assert_eq!(find(result(AccountResult::Is(RunState::Running))).await, ["User 1"]);
        assert_eq!(find(result(AccountResult::Is(RunState::Retrying))).await, [""; 0]);
        assert_eq!(find(result(AccountResult::Never)).await.len(), 7);
        assert_eq!(find(AccountsFilter { service: Some(Service::GoogleWorkspace), ..all.clone() }).await, [""; 0]);
    }

    async fn an_account_shows_its_workloads_and_what_its_last_successful_backup_held(fresh) {
        let world = World::started(fresh).await;
        let harbour = customer(&world, named("Harbour"), 3).await;
        let user = "user000@harbour.example";
        let id = address_of(&world, harbour, user).await;
        let at = |hours: i64| MONDAY + Span::hours(hours);
        report(&world, user, Workload::Email, "e1", ended(RunState::Succeeded, at(1), 40, 4_000)).await;
        report(&world, user, Workload::Email, "e2", ended(RunState::Failed, at(25), 0, 0)).await;
        report(&world, user, Workload::Drive, "d1", ended(RunState::Warning, at(2), 7, 900)).await;
        report(&world, user, Workload::Drive, "d2", RunEvent::new(RunState::Retrying, at(26))).await;
        let now = at(27);
        let row = rows(&world, &world.owner, &AccountsFilter::of(harbour), now).await.remove(0);
        assert_eq!((row.id, row.last_result, row.last_at), (id, Some(RunState::Failed), Some(at(25))));
        assert_eq!((row.running, row.retrying), (0, 1));
        let workloads: Vec<Workload> = row.workloads.iter().map(|w| w.workload).collect();
        assert_eq!(workloads, AccountType::User.workloads(Service::Microsoft365).collect::<Vec<_>>());
        let email = &row.workloads[0];
        let good = email.last_good.unwrap();
        assert_eq!((email.state, good.at, good.items, good.bytes), (Some(RunState::Failed), at(1), Some(40), Some(4_000)));
        assert!(good.run.is_some() && email.job.is_some());
        let now_of = row.now();
        assert_eq!(now_of.workloads.len(), 5, "all five are active");
        assert_eq!(now_of.workloads[1].state, Some(RunState::Retrying));

        // The 17th in Berlin is today: Email has failed there, and on the 16th everything that ran was usable.
        let days = row.days.clone().unwrap();
        let last: Vec<AccountDay> = days.days.iter().rev().take(3).map(|(state, _)| *state).collect();
        assert_eq!(last, [AccountDay::Unhealthy, AccountDay::Healthy, AccountDay::NoData]);

        let detail = saas::account(world.store(), &world.owner, id, now).await.unwrap();
        assert_eq!(detail.row, row);
        assert_eq!((detail.organization.1.as_str(), detail.time_zone.as_str(), detail.consent), ("Harbour", "Europe/Berlin", Consent::Unknown));
        assert_eq!(detail.workload_days.len(), 5);
        assert_eq!(detail.workload_days[1].days[29].0, AccountDay::Healthy);
        assert_eq!(detail.workload_days[2].days[29].0, AccountDay::NoData, "contacts never ran");
        assert_eq!(detail.sizes.iter().map(|day| day.bytes).collect::<Vec<_>>(), [4_900]);

        // Unprotected from now on: no active workload is told, and the day says that it was off.
        accounts::set_status(&world.engine, &world.owner, &[id], AccountStatus::Deactivated, now).await.unwrap();
        let later = now + Span::days(1);
        let row = rows(&world, &world.owner, &AccountsFilter::of(harbour), later).await.remove(0);
        let last: Vec<AccountDay> = row.days.unwrap().days.iter().rev().take(2).map(|(state, _)| *state).collect();
        assert_eq!(last, [AccountDay::Deactivated, AccountDay::Deactivated]);
        assert_eq!(row.status, AccountStatus::Deactivated);
    }

    async fn runs_alerts_log_and_search_know_an_account_by_its_address(fresh) {
        let world = World::started(fresh).await;
        let harbour = customer(&world, named("Harbour"), 3).await;
        let device = world.device(harbour, "fs-01").await;
        let user = "user000@harbour.example";
        let id = address_of(&world, harbour, user).await;
        let at = |minutes: i64| MONDAY + Span::minutes(minutes);
        world.report(device, "n1", RunState::Succeeded, at(1)).await;
        report(&world, user, Workload::Email, "e1", ended(RunState::Failed, at(2), 0, 0)).await;
        report(&world, user, Workload::Drive, "d1", RunEvent::new(RunState::Running, at(3))).await;
        let now = at(10);
        let log = async |filter: LogFilter| {
            let page = job_log::list(world.store(), &world.owner, &filter, now).await.unwrap();
            page.items.into_iter().map(|row| (row.device.1, row.is_account)).collect::<Vec<_>>()
        };
        let (account, machine) = ((user.to_owned(), true), ("fs-01".to_owned(), false));
        assert_eq!(log(LogFilter::default()).await, [account.clone(), account.clone(), machine.clone()]);
        assert_eq!(log(LogFilter { organization: Some(harbour), ..Default::default() }).await.len(), 3);
        assert_eq!(log(LogFilter { device: Some("USER000".into()), ..Default::default() }).await, [account.clone(), account.clone()]);
        assert_eq!(log(LogFilter { result: LogResult::Is(RunState::Running), ..Default::default() }).await, std::slice::from_ref(&account));
        let open = LogFilter { result: LogResult::Is(RunState::Running), device: Some("user000".into()), ..Default::default() };
        assert_eq!(log(open).await, std::slice::from_ref(&account));
        assert_eq!(log(LogFilter { result: LogResult::Troubled, ..Default::default() }).await, std::slice::from_ref(&account));
        assert_eq!(log(LogFilter { tool: Some("none".into()), device: Some("harbour".into()), ..Default::default() }).await, []);

        let of_account = runs::RunFilter { device: Some(DeviceId(id.0)), ..Default::default() };
        let page = runs::list(world.store(), &world.owner, &of_account).await.unwrap();
        assert_eq!(page.items.iter().map(|run| (run.device.1.as_str(), run.is_account)).collect::<Vec<_>>(), [(user, true); 2]);
        let run = runs::get(world.store(), &world.owner, page.items[0].id).await.unwrap();
        assert_eq!((run.row.device.1.as_str(), run.row.job.1.as_str()), (user, "Drive"));

        let filter = AlertFilter { state: AlertState::Open, now, ..Default::default() };
        let found = alerts::list(world.store(), &world.owner, &filter).await.unwrap().items;
        assert!(found.iter().any(|alert| alert.is_account && alert.device == (DeviceId(id.0), user.to_owned())), "{found:?}");

        let hits = search::by_name(world.store(), &world.owner, "user000").await.unwrap();
        assert_eq!(hits.accounts.iter().map(|hit| (hit.id, hit.organization.as_str())).collect::<Vec<_>>(), [(id, "Harbour")]);
        let hits = search::by_name(world.store(), &world.owner, "harbour.exa").await.unwrap();
        assert_eq!(hits.accounts.len(), 3, "also inside of an address");
        let again = search::by_id(world.store(), &world.owner, &[], &[], &[id, AccountId(5)]).await.unwrap();
        assert_eq!(again.accounts.len(), 1);
    }

    async fn finance_sees_seats_and_no_results_and_a_client_its_own_organization(fresh) {
        let world = World::started(fresh).await;
        customers(&world).await;
        report(&world, "user000@harbour.example", Workload::Email, "e", RunEvent::new(RunState::Running, MONDAY)).await;
        report(&world, "user001@harbour.example", Workload::Email, "s", ended(RunState::Succeeded, MONDAY, 1, 1)).await;
        let page = saas::list(world.store(), &world.owner, &SaasFilter::default()).await.unwrap();
        let harbour = page.items.iter().find(|row| row.name == "Harbour").unwrap().organization;
        let now = MONDAY + Span::minutes(5);
        let as_role = |role, scope| Actor { ground: Ground::Member(world.user, role), scope };

        let finance = as_role(Role::Finance, world.owner.scope.clone());
        let seen = saas::list(world.store(), &finance, &SaasFilter::default()).await.unwrap().items;
        assert!(seen.iter().any(|row| row.seats > 0));
        assert!(seen.iter().all(|row| row.running == 0 && row.services.iter().all(|s| s.consent.is_none())));
        let totals = saas::totals(world.store(), &finance, None, now).await.unwrap();
        assert!(totals.seats > 0);
        assert_eq!((totals.running, totals.day.success), (0, 0));
        let table = rows(&world, &finance, &AccountsFilter::of(harbour), now).await;
        assert!(table.iter().all(|row| row.last_result.is_none() && row.workloads.is_empty() && row.days.is_none() && row.running == 0));
        for filter in [
            AccountsFilter { sort: AccountsSort::LastBackup, ..AccountsFilter::of(harbour) },
            AccountsFilter { result: Some(AccountResult::Never), ..AccountsFilter::of(harbour) },
        ] {
            let refused = saas::accounts(world.store(), &finance, &filter, now).await.unwrap_err();
            assert_eq!(refused.public_code(), "forbidden");
        }
        let id = table[0].id;
        assert_eq!(saas::account(world.store(), &finance, id, now).await.unwrap_err().public_code(), "forbidden");

        let client = as_role(Role::ClientViewer, Scope::Organization(world.partner, harbour));
        let own = saas::list(world.store(), &client, &SaasFilter::default()).await.unwrap();
        assert_eq!((own.items.len(), own.total), (1, Some(1)));
        assert_eq!(saas::totals(world.store(), &client, None, now).await.unwrap().running, 1);
        assert_eq!(rows(&world, &client, &AccountsFilter::of(harbour), now).await.len(), 9);
        saas::account(world.store(), &client, id, now).await.unwrap();
        let other = page.items.iter().find(|row| row.name == "Rudder").unwrap().organization;
        let refused = saas::accounts(world.store(), &client, &AccountsFilter::of(other), now).await.unwrap_err();
        assert_eq!(refused.public_code(), "not_found");
        let theirs = address_of(&world, other, "user000").await;
        assert_eq!(saas::account(world.store(), &client, theirs, now).await.unwrap_err().public_code(), "not_found");
        assert!(search::by_name(world.store(), &client, "rudder").await.unwrap().accounts.is_empty());
        let foreign = as_role(Role::Owner, Scope::Partners([PartnerId(9)].into()));
        assert!(saas::list(world.store(), &foreign, &SaasFilter::default()).await.unwrap().items.is_empty());
        assert_eq!(saas::account(world.store(), &foreign, id, now).await.unwrap_err().public_code(), "not_found");
    }
}
