//! Accounts and seats: put in by address, activated in bulk, counted; organizations and policies reach them.

use crate::world::{MONDAY, World};
use domain::{
    access::{Action, Actor, Ground, Role, Scope},
    ids::{AccountId, ConnectionId, OrganizationId},
    saas::{AccountStatus, AccountType, Service},
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{
        accounts::{self, AccountFilter, NewAccount},
        organizations::{self, OrganizationChange, OrganizationStatus},
        policies::{self, PolicyChange},
    },
};
use sea_orm::ConnectionTrait;

/// A connection, as consent makes it.
async fn connection(world: &World, organization: OrganizationId, service: Service) -> ConnectionId {
    let id = ConnectionId(world.store().id(MONDAY));
    let policy = policies::list(world.store(), &world.owner).await.unwrap()[0].id;
    let tx = world.store().begin().await.unwrap();
    let (partner, at) = (world.partner.0, MONDAY.0);
    tx.execute_unprepared(&format!(
        "INSERT INTO connections (partner_id, id, organization_id, service, policy_id, consent, consent_at, created_at, updated_at) \
         VALUES ({partner}, {}, {}, '{service}', {}, 'unknown', {at}, {at}, {at})",
        id.0, organization.0, policy.0
    ))
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

fn user(address: &str, activated: bool) -> NewAccount {
    NewAccount { address: address.into(), activated, ..NewAccount::default() }
}

fn as_role(world: &World, role: Role) -> Actor {
    Actor { ground: Ground::Member(world.user, role), scope: world.owner.scope.clone() }
}

async fn count(world: &World, sql: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(world.store().backend(), sql.to_owned());
    world.store().reads().query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn all(world: &World, filter: AccountFilter) -> Vec<accounts::AccountRow> {
    let mut rows = Vec::new();
    let mut filter = AccountFilter { limit: Some(7), ..filter };
    loop {
        let page = accounts::list(world.store(), &world.owner, &filter).await.unwrap();
        rows.extend(page.items);
        match page.next_cursor {
            Some(cursor) => filter.cursor = Some(cursor),
            None => return rows,
        }
    }
}

const HOUR: Span = Span::HOUR;

on_both_stores! {
    async fn accounts_meet_on_their_address_capitals_apart_and_are_never_deactivated_by_a_list(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        let first = vec![user("Ada@example.org", true), user("bob@example.org", false), user("ada@EXAMPLE.org", true)];
        let put = accounts::put(&world.engine, &world.owner, connection, first, MONDAY).await.unwrap();
        assert_eq!((put.created, put.changed, put.unchanged, put.activated), (2, 0, 0, 1));
        let again = vec![
            user("ada@example.org", false),
            NewAccount { name: "Bob".into(), kind: AccountType::SharedMailbox, ..user("bob@example.org", false) },
            user("carol@example.org", false),
        ];
        let told = accounts::preview(world.store(), &world.owner, connection, again.clone(), MONDAY + HOUR).await.unwrap();
        let put = accounts::put(&world.engine, &world.owner, connection, again, MONDAY + HOUR).await.unwrap();
        assert_eq!((put.created, put.changed, put.unchanged, put.activated), (1, 1, 1, 0));
        assert_eq!(told, put, "the preview tells what comes of it");
        assert_eq!((put.seats.accounts, put.seats.used), (3, 1));
        let rows = all(&world, AccountFilter { organization: Some(organization), ..Default::default() }).await;
        let told: Vec<_> = rows.iter().map(|r| (r.address.as_str(), r.name.as_str(), r.kind, r.status)).collect();
        assert_eq!(
            told,
            [
                ("ada@EXAMPLE.org", "", AccountType::User, AccountStatus::Activated),
                ("bob@example.org", "Bob", AccountType::SharedMailbox, AccountStatus::Deactivated),
                ("carol@example.org", "", AccountType::User, AccountStatus::Deactivated),
            ]
        );
    }

    async fn activating_makes_a_job_for_each_workload_and_enrols_anew(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::GoogleWorkspace).await;
        accounts::put(&world.engine, &world.owner, connection, vec![user("ada@example.org", false)], MONDAY).await.unwrap();
        let ada = accounts::find_by_address(world.store(), &world.owner, connection, " ADA@example.org ").await.unwrap().unwrap();
        assert_eq!(count(&world, "SELECT COUNT(*) FROM jobs").await, 0);
        for (hours, status, changed) in [
            (1, AccountStatus::Activated, 1),
            (2, AccountStatus::Activated, 0),
            (3, AccountStatus::Deactivated, 1),
            (4, AccountStatus::Activated, 1),
        ] {
            let now = MONDAY + Span::hours(hours);
            let outcome = accounts::set_status(&world.engine, &world.owner, &[ada.id], status, now).await.unwrap();
            assert_eq!((outcome.changed, outcome.unchanged), (changed, 1 - changed));
            assert_eq!(outcome.seats[0].1.used, i64::from(status == AccountStatus::Activated));
            assert_eq!(count(&world, "SELECT COUNT(*) FROM jobs WHERE name_lower IN ('email', 'drive', 'contacts', 'calendar', 'tasks')").await, 5);
        }
        assert_eq!(accounts::get(world.store(), &world.owner, ada.id).await.unwrap().enrolled_at, MONDAY + Span::hours(4));
        let history = accounts::history(world.store(), &world.owner, organization, Some(ada.id), None).await.unwrap();
        let told: Vec<(Time, bool)> = history.iter().map(|h| (h.at, h.activated)).collect();
        assert_eq!(told, [(MONDAY + Span::hours(4), true), (MONDAY + Span::hours(3), false), (MONDAY + Span::hours(1), true)]);
        assert_eq!(history[0].who, format!("user:{}", world.user));
    }

    async fn another_type_of_an_activated_account_gains_its_workloads(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        let shared = NewAccount { kind: AccountType::SharedMailbox, ..user("info@example.org", true) };
        accounts::put(&world.engine, &world.owner, connection, vec![shared], MONDAY).await.unwrap();
        assert_eq!(count(&world, "SELECT COUNT(*) FROM jobs").await, 3);
        // A directory lists users: which of them is a shared mailbox, it doesn't say.
        let met = NewAccount { external_id: Some("7".into()), ..user("info@example.org", false) };
        accounts::put(&world.engine, &world.owner, connection, vec![met], MONDAY + HOUR).await.unwrap();
        assert_eq!(count(&world, "SELECT COUNT(*) FROM jobs").await, 3);
        accounts::put(&world.engine, &world.owner, connection, vec![user("info@example.org", false)], MONDAY + HOUR).await.unwrap();
        assert_eq!(count(&world, "SELECT COUNT(*) FROM jobs").await, 5);
    }

    async fn a_seat_limit_is_told_and_never_leaves_somebody_unprotected(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        let change = OrganizationChange { seat_limit: Some(Some(1)), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, organization, change, MONDAY).await.unwrap();
        let new = vec![user("a@example.org", true), user("b@example.org", true), user("c@example.org", false)];
        let put = accounts::put(&world.engine, &world.owner, connection, new, MONDAY).await.unwrap();
        assert_eq!((put.seats.used, put.seats.limit, put.seats.above()), (2, Some(1), 1));
        assert_eq!(put.seats.services[0].accounts, 3);
    }

    async fn a_deactivated_organization_uses_no_seats_and_its_history_says_since_when(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        accounts::put(&world.engine, &world.owner, connection, vec![user("a@example.org", true)], MONDAY).await.unwrap();
        let status = |status| OrganizationChange { status: Some(status), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, organization, status(OrganizationStatus::Deactivated), MONDAY + HOUR).await.unwrap();
        let seats = accounts::seats(world.store(), &world.owner, organization).await.unwrap();
        assert_eq!((seats.used, seats.accounts), (0, 1));
        let life = "SELECT COUNT(*) FROM account_state WHERE life = 'paused'";
        assert_eq!(count(&world, life).await, 1);
        let later = MONDAY + Span::days(3);
        organizations::edit(&world.engine, &world.owner, organization, status(OrganizationStatus::Activated), later).await.unwrap();
        assert_eq!(accounts::seats(world.store(), &world.owner, organization).await.unwrap().used, 1);
        assert_eq!(count(&world, life).await, 0);
        assert_eq!(count(&world, &format!("SELECT COUNT(*) FROM accounts WHERE watched_since = {}", later.0)).await, 1);
        let missed = "SELECT COUNT(*) FROM runs WHERE state = 'missed'";
        assert_eq!(count(&world, missed).await, 0, "slots that passed meanwhile were not promised");
        let history = accounts::history(world.store(), &world.owner, organization, None, None).await.unwrap();
        let own: Vec<bool> = history.iter().filter(|h| h.account.is_none()).map(|h| h.activated).collect();
        assert_eq!(own, [true, false, true], "newest first; the first is its making");
    }

    async fn a_policy_of_a_connection_reaches_its_accounts_and_cannot_be_deleted(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        accounts::put(&world.engine, &world.owner, connection, vec![user("a@example.org", true)], MONDAY).await.unwrap();
        let policy = policies::list(world.store(), &world.owner).await.unwrap().remove(0);
        let slots = "SELECT COUNT(DISTINCT slots) FROM job_state";
        assert_eq!(count(&world, slots).await, 1);
        let due_before = count(&world, "SELECT MIN(due_at) FROM account_state").await;
        let change = PolicyChange { grace_minutes: Some(180), ..Default::default() };
        policies::edit(&world.engine, &world.owner, policy.id, change, MONDAY + Span::MINUTE).await.unwrap();
        assert_eq!(count(&world, "SELECT MIN(due_at) FROM account_state").await, due_before + 2 * Span::HOUR.0);
    }

    async fn an_account_keeps_its_history_under_a_new_address(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        let met = |address: &str| NewAccount { external_id: Some("7".into()), ..user(address, false) };
        accounts::put(&world.engine, &world.owner, connection, vec![met("ada.byron@example.org")], MONDAY).await.unwrap();
        let before = all(&world, AccountFilter { connection: Some(connection), ..Default::default() }).await;
        let put = accounts::put(&world.engine, &world.owner, connection, vec![met("Ada.Lovelace@example.org")], MONDAY + HOUR).await.unwrap();
        assert_eq!((put.created, put.changed), (0, 1));
        let after = all(&world, AccountFilter { connection: Some(connection), ..Default::default() }).await;
        assert_eq!((after.len(), after[0].id, after[0].address.as_str()), (1, before[0].id, "Ada.Lovelace@example.org"));
    }

    async fn lists_page_by_address_and_narrow(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        let mut new: Vec<NewAccount> = (0..20).map(|n| user(&format!("u{n:02}@example.org"), n % 2 == 0)).collect();
        new.push(NewAccount { name: "Payroll 100%".into(), kind: AccountType::Team, ..user("payroll", false) });
        accounts::put(&world.engine, &world.owner, connection, new, MONDAY).await.unwrap();
        let of = |filter: AccountFilter| AccountFilter { organization: Some(organization), ..filter };
        let rows = all(&world, of(AccountFilter::default())).await;
        assert_eq!(rows.len(), 21);
        assert!(rows.is_sorted_by_key(|r| r.address.clone()));
        assert_eq!(all(&world, AccountFilter::default()).await.len(), 21, "a whole scope pages as well");
        assert_eq!(all(&world, of(AccountFilter { status: Some(AccountStatus::Activated), ..Default::default() })).await.len(), 10);
        assert_eq!(all(&world, of(AccountFilter { kind: Some(AccountType::Team), ..Default::default() })).await.len(), 1);
        assert_eq!(all(&world, of(AccountFilter { search: Some("ROLL 100%".into()), ..Default::default() })).await.len(), 1);
        let filter = of(AccountFilter { search: Some("u1".into()), ..Default::default() });
        assert_eq!(accounts::matching(world.store(), &world.owner, &filter).await.unwrap().len(), 10);
        let unbound = AccountFilter { search: Some("u1".into()), ..Default::default() };
        assert_eq!(accounts::list(world.store(), &world.owner, &unbound).await.unwrap_err().public_code(), "organization_needed");
    }

    async fn who_may_what_with_accounts(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        accounts::put(&world.engine, &world.owner, connection, vec![user("a@example.org", false)], MONDAY).await.unwrap();
        let id = all(&world, AccountFilter::default()).await[0].id;
        for (role, puts, activates) in [
            (Role::Owner, true, true),
            (Role::Admin, true, true),
            (Role::Technician, true, true),
            (Role::Finance, false, true),
            (Role::Viewer, false, false),
            (Role::ClientViewer, false, false),
        ] {
            let actor = as_role(&world, role);
            let put = accounts::put(&world.engine, &actor, connection, vec![user("a@example.org", false)], MONDAY).await;
            assert_eq!(put.is_ok(), puts, "{role:?} puts");
            let set = accounts::set_status(&world.engine, &actor, &[id], AccountStatus::Deactivated, MONDAY).await;
            assert_eq!(set.is_ok(), activates, "{role:?} activates");
            assert!(accounts::list(world.store(), &actor, &AccountFilter::default()).await.is_ok(), "{role:?} lists");
        }
        assert!(!as_role(&world, Role::Finance).may(Action::SeeDashboards));
        let elsewhere = Actor { scope: Scope::Organization(world.partner, OrganizationId(1)), ..world.owner.clone() };
        let put = accounts::put(&world.engine, &elsewhere, connection, vec![], MONDAY).await;
        assert_eq!(put.unwrap_err().public_code(), "not_found");
        let set = accounts::set_status(&world.engine, &elsewhere, &[id], AccountStatus::Activated, MONDAY).await;
        assert_eq!(set.unwrap_err().public_code(), "not_found");
        let partly = accounts::set_status(&world.engine, &world.owner, &[id, AccountId(5)], AccountStatus::Activated, MONDAY).await;
        assert_eq!(partly.unwrap_err().public_code(), "not_found");
        assert_eq!(accounts::get(world.store(), &world.owner, id).await.unwrap().status, AccountStatus::Deactivated, "nothing was done by half");
        assert!(accounts::get(world.store(), &elsewhere, id).await.is_err());
    }

    async fn a_file_with_bad_rows_is_taken_only_when_somebody_says_so(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let connection = connection(&world, organization, Service::Microsoft365).await;
        let mut file = String::from("address,name,status\n");
        for n in 0..1_200 {
            file.push_str(&if n % 100 == 7 { format!("broken {n},x,\n") } else { format!("u{n}@example.org,User {n},{}\n", if n < 600 { "activated" } else { "" }) });
        }
        let seen = accounts::preview_import(world.store(), &world.owner, connection, file.as_bytes(), MONDAY).await.unwrap();
        assert_eq!((seen.rows, seen.bad, seen.outcome.created, seen.outcome.activated), (1_200, 12, 1_188, 594));
        assert_eq!((seen.problems.len(), seen.problems[0].line), (12, 9));
        assert_eq!(count(&world, "SELECT COUNT(*) FROM accounts").await, 0, "looking stores nothing");
        let whole = accounts::import(&world.engine, &world.owner, connection, file.as_bytes(), false, MONDAY).await.unwrap_err();
        assert_eq!(whole.public_code(), "bad_rows");
        assert_eq!(count(&world, "SELECT COUNT(*) FROM accounts").await, 0);
        let done = accounts::import(&world.engine, &world.owner, connection, file.as_bytes(), true, MONDAY).await.unwrap();
        assert_eq!(done, seen, "what was told is what was done");
        let again = accounts::import(&world.engine, &world.owner, connection, file.as_bytes(), true, MONDAY).await.unwrap();
        assert_eq!((again.outcome.created, again.outcome.unchanged), (0, 1_188));
        assert_eq!(engine::check::recount(world.store()).await.unwrap(), []);
    }
}
