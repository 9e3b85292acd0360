//! Runs of SaaS accounts: who is meant, seats and hours, deadlines, what the live stream says. Recounted after each.

use crate::portal::{Portal, T0, hours, minutes};
use domain::{
    access::{Actor, Scope},
    ids::{AccountId, ConnectionId},
    run::{RunEvent, RunState},
    saas::{AccountStatus, AccountType, Ended, SaasNow, Service},
    time::{Span, Time},
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    live, on_both_stores,
    store::{accounts, organizations},
};
use sea_orm::{ConnectionTrait, Statement};

fn event(account: &str, workload: &str, run: &str, state: RunState, at: Time) -> IncomingEvent {
    IncomingEvent {
        subject: Subject::Account { account: account.into(), organization: None, service: None },
        job: JobRef::Named(workload.into()),
        run: RunRef::Key(run.into()),
        event: RunEvent::new(state, at),
        log: None,
    }
}

/// A portal whose organization is connected, and the connection.
async fn connected(fresh: engine::testing::Fresh) -> (Portal, ConnectionId) {
    let portal = Portal::new(fresh).await;
    let connection = connect(&portal, Service::Microsoft365).await;
    (portal, connection)
}

async fn connect(portal: &Portal, service: Service) -> ConnectionId {
    let store = &portal.fresh.store;
    let connection = ConnectionId(store.id(T0));
    let sql = format!(
        "INSERT INTO connections (partner_id, id, organization_id, service, policy_id, consent, consent_at, created_at, updated_at) \
         SELECT {p}, {c}, {o}, '{service}', id, 'connected', {t}, {t}, {t} FROM policies WHERE partner_id = {p} AND is_default",
        p = portal.partner.0,
        c = connection.0,
        o = portal.organization.0,
        t = T0.0
    );
    let tx = store.begin().await.unwrap();
    tx.execute_raw(Statement::from_string(store.backend(), sql)).await.unwrap();
    tx.commit().await.unwrap();
    connection
}

async fn account(portal: &Portal, connection: ConnectionId, address: &str) -> AccountId {
    let new =
        accounts::NewAccount { address: address.into(), name: String::new(), kind: AccountType::User, activated: true, external_id: None };
    accounts::put(&portal.engine, &portal.actor, connection, vec![new], T0).await.unwrap();
    accounts::find_by_address(&portal.fresh.store, &portal.actor, connection, address).await.unwrap().unwrap().id
}

async fn saas(portal: &Portal, scope: Scope, now: Time) -> Option<SaasNow> {
    live::scope_now(&portal.fresh.store, &Actor::system(scope), now).await.unwrap().saas
}

async fn whole(portal: &Portal, now: Time) -> SaasNow {
    let of_organization = saas(portal, Scope::Organization(portal.partner, portal.organization), now).await;
    let of_partner = saas(portal, Scope::Partners([portal.partner].into()), now).await;
    assert_eq!(of_organization, of_partner, "the only organization is the whole");
    of_partner.unwrap_or_default()
}

on_both_stores! {
    async fn a_run_of_a_workload_is_counted_as_it_goes_on_and_in_the_hour_of_its_end(fresh) {
        let (portal, connection) = connected(fresh).await;
        account(&portal, connection, "Ada@example.com").await;
        assert_eq!(whole(&portal, hours(1)).await, SaasNow { accounts: 1, seats: 1, ..SaasNow::default() });
        for (state, at, running, retrying) in
            [(RunState::Running, 60, 1, 0), (RunState::Retrying, 70, 0, 1), (RunState::Running, 75, 1, 0)]
        {
            let mut said = event("ada@EXAMPLE.com", "Email", "r1", state, minutes(at));
            said.event.attempt = if at > 70 { 2 } else { 1 };
            let receipt = portal.send(vec![said.clone(), said], minutes(at)).await;
            assert_eq!((receipt.accepted, receipt.duplicates), (2, 1));
            let now = whole(&portal, minutes(at)).await;
            assert_eq!((now.running, now.retrying), (running, retrying));
        }
        let mut done = event("ada@example.com", "email", "r1", RunState::Warning, minutes(80));
        done.event.attempt = 2;
        portal.send(vec![done, event("ada@example.com", "drive", "r1", RunState::Failed, minutes(81))], minutes(81)).await;
        let now = whole(&portal, minutes(82)).await;
        let ended = Ended { success: 1, warning: 1, failed: 1 };
        assert_eq!((now.running, now.day, now.week, now.month), (0, ended, ended, ended));
        let later = whole(&portal, hours(26)).await;
        assert_eq!((later.day, later.week), (Ended::default(), ended));
        assert_eq!(portal.rows("SELECT last_result, last_at FROM account_state", 2).await, [format!("failed|{}", minutes(81).0)]);
        assert_eq!(portal.rows("SELECT * FROM organization_hours", 1).await.len(), 0, "hours of devices are of devices");
        portal.no_drift().await;
    }

    async fn the_result_of_an_account_is_that_of_the_backup_that_ended_last_whatever_the_order_of_reports(fresh) {
        let (portal, connection) = connected(fresh).await;
        account(&portal, connection, "ada@example.com").await;
        portal.send(vec![event("ada@example.com", "email", "r2", RunState::Succeeded, hours(30))], hours(30)).await;
        portal.send(vec![event("ada@example.com", "email", "r1", RunState::Failed, hours(6))], hours(31)).await;
        portal.send(vec![event("ada@example.com", "drive", "r2", RunState::Running, hours(32))], hours(32)).await;
        assert_eq!(portal.rows("SELECT last_result, last_at FROM account_state", 2).await, [format!("succeeded|{}", hours(30).0)]);
        portal.no_drift().await;
        // A time-out that is corrected by a late success.
        portal.pass(hours(33), hours(45), Span::hours(1)).await;
        assert_eq!(portal.rows("SELECT last_result FROM account_state", 1).await, ["failed"]);
        portal.send(vec![event("ada@example.com", "drive", "r2", RunState::Succeeded, hours(33))], hours(46)).await;
        assert_eq!(portal.rows("SELECT last_result, last_at FROM account_state", 2).await, [format!("succeeded|{}", hours(33).0)]);
        portal.no_drift().await;
    }

    async fn an_address_that_nobody_knows_is_taken_in_without_a_seat(fresh) {
        let (portal, connection) = connected(fresh).await;
        let events = vec![
            event("new@example.com", "email", "r1", RunState::Succeeded, hours(1)),
            event("New@example.com", "drive", "r1", RunState::Succeeded, hours(1)),
            event("site@example.com", "sharepoint", "r1", RunState::Succeeded, hours(1)),
            event("new@example.com", "fax", "r1", RunState::Succeeded, hours(1)),
        ];
        let receipt = portal.send(events, hours(1)).await;
        assert_eq!(receipt.accepted, 3);
        let refused: Vec<_> = receipt.rejected.iter().map(|r| (r.index, r.code.as_str())).collect();
        assert_eq!(refused, [(3, "unknown_workload")]);
        let known = portal.rows("SELECT address, type, status FROM accounts ORDER BY address", 3).await;
        assert_eq!(known, ["new@example.com|user|deactivated", "site@example.com|site|deactivated"]);
        let now = whole(&portal, hours(1)).await;
        assert_eq!((now.accounts, now.seats, now.day.success), (2, 0, 3));
        portal.no_drift().await;
        // What is not activated is recorded, not alerted.
        portal.pass(hours(2), hours(72), Span::hours(2)).await;
        assert!(portal.alerts().await.iter().all(|alert| alert.ends_with("muted")));
        let id = accounts::find_by_address(&portal.fresh.store, &portal.actor, connection, "new@example.com").await.unwrap().unwrap().id;
        accounts::set_status(&portal.engine, &portal.actor, &[id], AccountStatus::Activated, hours(72)).await.unwrap();
        assert_eq!(whole(&portal, hours(72)).await.seats, 1);
        portal.no_drift().await;
    }

    async fn what_is_no_address_is_not_taken_in(fresh) {
        let (portal, connection) = connected(fresh).await;
        let sent = ["no address", "ada", "ada@example.com ada", &AccountId(connection.0).to_string(), &"a".repeat(200)]
            .map(|address| event(address, "email", "r1", RunState::Succeeded, hours(1)));
        let receipt = portal.send(sent.to_vec(), hours(1)).await;
        let refused: Vec<_> = receipt.rejected.iter().map(|r| r.code.as_str()).collect();
        assert_eq!(refused, ["invalid_address", "invalid_address", "invalid_address", "unknown_account", "invalid_address"]);
        assert!(portal.rows("SELECT address FROM accounts", 1).await.is_empty());
    }

    async fn reports_make_at_most_ten_thousand_unprotected_accounts(fresh) {
        let (portal, connection) = connected(fresh).await;
        let store = &portal.fresh.store;
        let sql = format!(
            "INSERT INTO accounts (partner_id, id, organization_id, connection_id, service, address, address_lower, name, type, status, \
             enrolled_at, watched_since, created_at, updated_at) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) \
             SELECT {}, i, {}, {}, 'microsoft_365', 'made' || i, 'made' || i, '', 'site', 'deactivated', 0, 0, 0, 0 FROM n",
            portal.partner.0, portal.organization.0, connection.0
        );
        let tx = store.begin().await.unwrap();
        tx.execute_raw(Statement::from_string(store.backend(), sql)).await.unwrap();
        tx.commit().await.unwrap();
        let sent = ["ada@example.com", "bob@example.com", "made7", "BOB@example.com"]
            .map(|address| event(address, "email", "r1", RunState::Succeeded, hours(1)));
        let receipt = portal.send(sent.to_vec(), hours(1)).await;
        let refused: Vec<_> = receipt.rejected.iter().map(|r| (r.index, r.code.as_str())).collect();
        assert_eq!(refused, [(1, "too_many_accounts"), (3, "too_many_accounts")]);
        // Whoever a directory names is not counted.
        let known = accounts::NewAccount { address: "ada@example.com".into(), external_id: Some("7".into()), ..Default::default() };
        accounts::put(&portal.engine, &portal.actor, connection, vec![known], hours(1)).await.unwrap();
        assert_eq!(portal.send(sent[1..2].to_vec(), hours(1)).await.accepted, 1);
    }

    async fn who_is_meant_is_told_by_scope_organization_and_service(fresh) {
        let (portal, connection) = connected(fresh).await;
        let known = account(&portal, connection, "ada@example.com").await;
        let ingest = &portal.engine.ingest;
        let code = |receipt: engine::ingest::Receipt| receipt.rejected.first().map_or("accepted".into(), |r| r.code.clone());
        let by_id = event(&known.to_string(), "email", "r1", RunState::Succeeded, hours(1));
        assert_eq!(code(portal.send(vec![by_id.clone()], hours(1)).await), "accepted");
        let other = portal.sub_partner("Other").await;
        let stranger = Actor::system(Scope::Partners([other].into()));
        assert_eq!(code(ingest.submit(&stranger, vec![by_id], hours(1)).await.unwrap()), "unknown_account");
        let mut named = event("bob@example.com", "email", "r1", RunState::Succeeded, hours(1));
        assert_eq!(code(ingest.submit(&portal.actor, vec![named.clone()], hours(1)).await.unwrap()), "unknown_account");
        named.subject = Subject::Account { account: "bob@example.com".into(), organization: Some("client".into()), service: None };
        assert_eq!(code(ingest.submit(&portal.actor, vec![named.clone()], hours(1)).await.unwrap()), "accepted");
        connect(&portal, Service::GoogleWorkspace).await;
        named.subject = Subject::Account { account: "eve@example.com".into(), organization: Some("client".into()), service: None };
        assert_eq!(code(ingest.submit(&portal.actor, vec![named.clone()], hours(1)).await.unwrap()), "ambiguous_account");
        let service = Some(Service::GoogleWorkspace);
        named.subject = Subject::Account { account: "eve@example.com".into(), organization: Some("client".into()), service };
        assert_eq!(code(ingest.submit(&portal.actor, vec![named.clone()], hours(1)).await.unwrap()), "accepted");
        named.job = JobRef::Named("sharepoint".into());
        assert_eq!(code(ingest.submit(&portal.actor, vec![named], hours(1)).await.unwrap()), "unknown_workload");
        let nowhere = organizations::NewOrganization { name: "Nowhere".into(), ..Default::default() };
        let nowhere = organizations::create(&portal.fresh.store, &portal.actor, nowhere, T0).await.unwrap();
        let actor = Actor::system(Scope::Organization(portal.partner, nowhere));
        let sent = event("x@example.com", "email", "r1", RunState::Succeeded, hours(1));
        assert_eq!(code(ingest.submit(&actor, vec![sent], hours(1)).await.unwrap()), "no_connection");
        portal.no_drift().await;
    }

    async fn an_account_is_saas_overdue_36_hours_after_its_scheduled_time_and_never_missed_or_overdue(fresh) {
        let (portal, connection) = connected(fresh).await;
        account(&portal, connection, "ada@example.com").await;
        // Once a day (the default policy): due a day after the last one, overdue 36 hours later.
        for workload in ["email", "drive", "contacts", "calendar", "tasks"] {
            portal.send(vec![event("ada@example.com", workload, "r1", RunState::Succeeded, hours(10))], hours(10)).await;
        }
        portal.pass(hours(11), hours(10 + 24 + 36) - Span::MINUTE, Span::minutes(59)).await;
        assert_eq!(portal.alerts().await, Vec::<String>::new());
        portal.pass(hours(10 + 24 + 36), hours(10 + 24 + 36), Span::HOUR).await;
        assert_eq!(portal.alerts().await, ["saas_overdue|warning|open|0|heard"]);
        for workload in ["email", "drive", "contacts", "calendar", "tasks"] {
            portal.send(vec![event("ada@example.com", workload, "r2", RunState::Succeeded, hours(71))], hours(71)).await;
        }
        assert_eq!(portal.alerts().await, ["saas_overdue|warning|resolved|0|heard"]);
        portal.no_drift().await;
    }

    async fn a_deactivated_organization_uses_no_seats_and_its_accounts_are_muted(fresh) {
        let (portal, connection) = connected(fresh).await;
        let id = account(&portal, connection, "ada@example.com").await;
        portal.send(vec![event("ada@example.com", "email", "r1", RunState::Failed, hours(1))], hours(1)).await;
        let status = |status| organizations::OrganizationChange { status: Some(status), ..Default::default() };
        let off = status(organizations::OrganizationStatus::Deactivated);
        organizations::edit(&portal.engine, &portal.actor, portal.organization, off, hours(2)).await.unwrap();
        let now = whole(&portal, hours(2)).await;
        assert_eq!((now.accounts, now.seats), (1, 0));
        assert!(portal.alerts().await.iter().all(|alert| alert.ends_with("muted")));
        portal.no_drift().await;
        let on = status(organizations::OrganizationStatus::Activated);
        organizations::edit(&portal.engine, &portal.actor, portal.organization, on, hours(3)).await.unwrap();
        assert_eq!(whole(&portal, hours(3)).await.seats, 1);
        accounts::set_status(&portal.engine, &portal.actor, &[id], AccountStatus::Deactivated, hours(4)).await.unwrap();
        assert_eq!(whole(&portal, hours(4)).await.seats, 0);
        portal.no_drift().await;
    }

    async fn a_change_is_told_as_an_account(fresh) {
        let (portal, connection) = connected(fresh).await;
        let id = account(&portal, connection, "ada@example.com").await;
        let mut changes = portal.engine.live.subscribe();
        portal.send(vec![event("ada@example.com", "email", "r1", RunState::Running, hours(1))], hours(1)).await;
        let batch = changes.recv().await.unwrap();
        let now: domain::saas::AccountNow = serde_json::from_str(&batch[0].json).unwrap();
        assert_eq!((batch[0].of, now.account, now.running), (live::ChangeOf::Account, id, 1));
        assert_eq!(now.workloads.len(), 5);
        let actor = Actor::system(Scope::Organization(portal.partner, portal.organization));
        let organizations = live::watch(&portal.fresh.store, &portal.engine.live, &actor, &[portal.organization]).await.unwrap();
        let watched = live::Watched { devices: &[], accounts: &[id] };
        let (snapshot, _) = live::snapshot(&portal.fresh.store, &actor, &watched, &organizations, "b", hours(1)).await.unwrap();
        assert_eq!(snapshot.accounts, [now]);
        assert_eq!(snapshot.saas, snapshot.organizations[0].saas);
        assert_eq!(snapshot.saas.map(|saas| saas.running), Some(1));
    }
}
