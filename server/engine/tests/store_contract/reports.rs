//! Backup Summary Reports: what they say, when they are made, that each is made once, and who may have them – on both stores.

use crate::{
    saas::{address_of, customer, ended, named, report},
    world::{MONDAY, World},
};
use domain::{
    access::{Actor, Ground, Role, Scope},
    ids::{OrganizationId, UserId},
    report::Month,
    run::RunState,
    saas::{AccountStatus, Workload},
    schedule::Schedule,
    text::parse_rfc3339,
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{
        accounts,
        mail_domains::{self, Looked, NewDomain},
        mails, organizations,
        policies::{self, PolicyChange},
        report_delivery::{self, NewDelivery},
        reports::{self, Settings, due},
        saas::{self, AccountsFilter},
    },
};

/// The 5th of December, 06:00 in Berlin.
const DUE: Time = Time(MONDAY.0 + 18 * 86_400_000 + 21 * 3_600_000);

fn hours(hours: i64) -> Time {
    MONDAY + Span::hours(hours)
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn at(text: &str) -> Time {
    parse_rfc3339(text).unwrap()
}

fn settings() -> Settings {
    Settings { public_url: "https://backup.example.org".into(), from: None }
}

async fn tick(world: &World, now: Time) -> due::Tick {
    due::tick(world.store(), &settings(), now, &|| false).await.unwrap()
}

async fn listed(world: &World, organization: OrganizationId) -> Vec<String> {
    reports::list(world.store(), &world.owner, organization).await.unwrap().iter().map(|row| row.month.to_string()).collect()
}

/// A customer whose November holds something of everything; its clock is Berlin's, where the runs begin on the 16th, 09:00.
async fn november(world: &World) -> OrganizationId {
    // Once in sixty days: no slot passes that these runs don't tell of.
    let seldom = PolicyChange { schedule: Some(Schedule::Every { every_minutes: 60 * 1_440 }), ..Default::default() };
    let policy = policies::list(world.store(), &world.owner).await.unwrap().remove(0).id;
    policies::edit(&world.engine, &world.owner, policy, seldom, MONDAY).await.unwrap();
    let harbour = customer(world, named("Harbour"), 3).await;
    let (first, second) = ("user000@harbour.example", "user001@harbour.example");
    report(world, first, Workload::Email, "e1", ended(RunState::Succeeded, hours(1), 40, 4_000)).await;
    report(world, first, Workload::Drive, "d1", ended(RunState::Warning, hours(2), 7, 900)).await;
    // Fails on the 17th, and is made good on the 18th, 19 hours later.
    report(world, first, Workload::Email, "e2", ended(RunState::Failed, hours(25), 0, 0)).await;
    report(world, first, Workload::Email, "e3", ended(RunState::Succeeded, hours(44), 41, 4_100)).await;
    // Fails on the 19th, and nothing comes for 45 hours.
    report(world, first, Workload::Email, "e4", ended(RunState::Failed, hours(70), 0, 0)).await;
    report(world, first, Workload::Email, "e5", ended(RunState::Succeeded, hours(115), 42, 4_200)).await;
    for n in 0..4 {
        report(world, second, Workload::Email, &format!("s{n}"), ended(RunState::Succeeded, hours(3 + 24 * n), 10, 100)).await;
    }
    // Turned off on the 20th.
    let second = address_of(world, harbour, second).await;
    accounts::set_status(&world.engine, &world.owner, &[second], AccountStatus::Deactivated, hours(100)).await.unwrap();
    let device = world.device(harbour, "fs-01").await;
    world.report(device, "n1", RunState::Succeeded, hours(1)).await;
    harbour
}

on_both_stores! {
    async fn a_report_says_what_each_day_was_for_each_account_and_for_all_of_them(fresh) {
        let world = World::started(fresh).await;
        let harbour = november(&world).await;
        assert_eq!(tick(&world, DUE).await.made, 1);
        let monthly = reports::get(world.store(), &world.owner, harbour, month("2026-11")).await.unwrap();
        let summary = &monthly.summary;
        assert_eq!((summary.partner.as_str(), summary.organization.as_str(), summary.time_zone.as_str()), ("Northwind", "Harbour", "Europe/Berlin"));
        assert_eq!((summary.generated_at, summary.from, summary.until), (DUE, at("2026-10-31T23:00:00Z"), at("2026-11-30T23:00:00Z")));
        assert_eq!((summary.accounts.activated, summary.accounts.deactivated), (1, 1), "who was never protected is no part of it");
        let rows: Vec<(&str, &str)> = summary.accounts.rows.iter().map(|row| (row.address.as_str(), row.days.as_str())).collect();
        assert_eq!(
            rows,
            [
                ("user000@harbour.example", "nnnnnnnnnnnnnnnhhhunhnnnnnnnnn"),
                ("user001@harbour.example", "nnnnnnnnnnnnnnnhhhhddddddddddd"),
            ]
        );
        let last = summary.accounts.rows[0].last;
        assert_eq!((last.at, last.objects, last.bytes), (Some(hours(115)), Some(49), Some(5_100)), "of each workload the last, together");
        assert!(summary.accounts.rows[0].workloads.iter().all(|(_, active)| *active));
        assert!(summary.accounts.rows[1].workloads.iter().all(|(_, active)| !active));
        let of = |workload: Workload| summary.accounts.workloads.iter().find(|line| line.workload == workload).unwrap();
        let email = of(Workload::Email);
        assert_eq!(email.days, "nnnnnnnnnnnnnnnvhvudvddddddddd", "all succeeded; made good; all succeeded; one of two failed; off; the only one succeeded");
        assert_eq!((email.accounts, email.last.objects), (1, Some(52)));
        assert_eq!(&of(Workload::Drive).days[15..20], "hnnnd", "a warning is healthy, not very healthy");
        assert_eq!((summary.devices.active, summary.devices.rows.len()), (1, 1));
        assert_eq!(&summary.devices.rows[0].days[15..17], "hn");
        assert_eq!(&summary.devices.classes[0].days[15..16], "v");
    }

    async fn bars_on_screen_and_on_paper_are_the_same(fresh) {
        let world = World::started(fresh).await;
        let harbour = november(&world).await;
        tick(&world, DUE).await;
        let paper = reports::get(world.store(), &world.owner, harbour, month("2026-11")).await.unwrap().summary;
        let shown = saas::accounts(world.store(), &world.owner, &AccountsFilter::of(harbour), at("2026-11-30T22:30:00Z")).await.unwrap();
        for row in &paper.accounts.rows {
            let bars = shown.items.iter().find(|shown| shown.address == row.address).unwrap().days.as_ref().unwrap();
            let letters: String = bars.days.iter().skip(1).map(|(day, _)| day.letter()).collect();
            assert_eq!(letters, row.days, "{}", row.address);
        }
        let id = address_of(&world, harbour, "user000@harbour.example").await;
        let detail = saas::account(world.store(), &world.owner, id, at("2026-11-30T22:30:00Z")).await.unwrap();
        let email: String = detail.workload_days[0].days.iter().skip(1).map(|(day, _)| day.letter()).collect();
        assert_eq!(email, "nnnnnnnnnnnnnnnhhhunhnnnnnnnnn");
    }

    async fn what_is_frozen_stays_whatever_comes_later(fresh) {
        let world = World::started(fresh).await;
        let harbour = november(&world).await;
        tick(&world, DUE).await;
        let before = reports::get(world.store(), &world.owner, harbour, month("2026-11")).await.unwrap();
        report(&world, "user000@harbour.example", Workload::Tasks, "late", ended(RunState::Failed, hours(200), 0, 0)).await;
        let renamed = organizations::OrganizationChange { name: Some("Port".into()), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, harbour, renamed, DUE).await.unwrap();
        let again = reports::make(world.store(), &settings(), &world.owner, harbour, month("2026-11"), DUE + Span::DAY).await.unwrap();
        assert!(!again.new && again.row == before.row);
        assert_eq!(reports::get(world.store(), &world.owner, harbour, month("2026-11")).await.unwrap(), before);
        let verified = reports::by_hash(world.store(), &before.row.hash).await.unwrap().unwrap();
        assert_eq!((verified.kind.as_str(), verified.month, verified.made_at), ("backup_summary", Some(month("2026-11")), DUE));
        assert_eq!(reports::by_hash(world.store(), &"0".repeat(64)).await.unwrap(), None);
        assert_eq!(reports::by_hash(world.store(), "%").await.unwrap(), None);
    }

    async fn it_is_made_on_the_5th_at_six_where_the_organization_is_and_once_by_two_servers(fresh) {
        let world = World::started(fresh).await;
        let harbour = november(&world).await;
        assert_eq!(tick(&world, Time(DUE.0 - 1)).await, due::Tick::default());
        assert_eq!(listed(&world, harbour).await, [""; 0]);
        assert_eq!(due::earliest(world.store()).await.unwrap(), Some(DUE));
        let (one, other) = tokio::join!(tick(&world, DUE), tick(&world, DUE));
        assert_eq!((one.made + other.made, one.failed + other.failed), (1, 0));
        assert_eq!(listed(&world, harbour).await, ["2026-11"]);
        assert_eq!(due::earliest(world.store()).await.unwrap(), Some(at("2027-01-05T05:00:00Z")));
        // It moves to Kiritimati, where the 5th begins earlier.
        let moved = organizations::OrganizationChange { time_zone: Some("Pacific/Kiritimati".into()), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, harbour, moved, DUE + Span::DAY).await.unwrap();
        assert_eq!(tick(&world, DUE + Span::DAY).await.made, 0);
        assert_eq!(due::earliest(world.store()).await.unwrap(), Some(at("2027-01-04T16:00:00Z")));
    }

    async fn after_an_absence_every_month_that_is_kept_is_made_up_and_older_ones_go(fresh) {
        let world = World::started(fresh).await;
        let harbour = november(&world).await;
        let back = at("2027-06-20T12:00:00Z");
        assert_eq!(tick(&world, back).await.made, 6);
        assert_eq!(listed(&world, harbour).await, ["2027-05", "2027-04", "2027-03", "2027-02", "2027-01", "2026-12"]);
        let done = tick(&world, at("2027-07-05T04:00:00Z")).await;
        assert_eq!((done.made, done.deleted), (1, 1));
        assert_eq!(listed(&world, harbour).await, ["2027-06", "2027-05", "2027-04", "2027-03", "2027-02", "2027-01"]);
    }

    async fn nothing_is_made_of_months_before_the_start_date_or_without_anything_in_them(fresh) {
        let world = World::started(fresh).await;
        let harbour = november(&world).await;
        let empty = world.organization("Empty").await;
        let late = Settings { from: Some(month("2027-01")), ..settings() };
        let now = at("2027-03-01T12:00:00Z");
        assert_eq!(due::tick(world.store(), &late, now, &|| false).await.unwrap().made, 1);
        assert_eq!(listed(&world, harbour).await, ["2027-01"]);
        assert_eq!(listed(&world, empty).await, [""; 0]);
        let make = async |organization, of: &str| {
            let made = reports::make(world.store(), &late, &world.owner, organization, month(of), now).await;
            made.map(|made| made.new).map_err(|error| error.public_message())
        };
        assert_eq!(make(harbour, "2026-12").await, Err("Reports of Harbour begin with January 2027.".into()));
        assert_eq!(
            make(harbour, "2027-02").await,
            Err("The report of February 2027 is made on the 5th of the next month, 06:00 (Europe/Berlin).".into())
        );
        assert_eq!(make(harbour, "2026-07").await, Err("Reports are kept for six months; July 2026 is older.".into()));
        assert_eq!(make(empty, "2027-01").await, Err("Empty had neither accounts nor devices in January 2027.".into()));
        // The owner makes what is missing since the start was moved back.
        let prospect = reports::prospect(world.store(), &settings(), &world.owner, harbour, now).await.unwrap();
        assert_eq!(prospect.missing, [month("2026-12"), month("2026-11")]);
        assert_eq!(prospect.next_at, at("2027-03-05T05:00:00Z"));
        let made = reports::make(world.store(), &settings(), &world.owner, harbour, month("2026-11"), now).await.unwrap();
        assert!(made.new && made.row.made_by.starts_with("user:"));
    }

    async fn who_has_opted_in_before_it_is_due_gets_a_copy_in_the_same_transaction(fresh) {
        let world = World::started(fresh).await;
        let (store, owner) = (world.store(), &world.owner);
        let harbour = november(&world).await;
        let new = NewDomain { organization: None, domain: "northwind.example".into() };
        let domain = mail_domains::add(store, owner, new, MONDAY).await.unwrap();
        let wanted = mail_domains::get(store, owner, domain).await.unwrap().value;
        mail_domains::looked_up(store, owner, domain, &Looked::Texts(vec![wanted]), MONDAY).await.unwrap();
        let to = |enabled| NewDelivery { enabled, addresses: vec!["a@northwind.example".into(), "b@northwind.example".into()] };
        let mailed = async || {
            let mut to: Vec<(String, String)> =
                mails::of_organization(store, owner, harbour, 50).await.unwrap().into_iter().map(|row| (row.subject, row.recipient)).collect();
            to.sort();
            to
        };
        report_delivery::set_delivery(store, owner, harbour, to(true), hours(200)).await.unwrap();
        tick(&world, DUE).await;
        let subject = "Backup Summary Report for Harbour, November 2026".to_owned();
        assert_eq!(mailed().await, ["a@northwind.example", "b@northwind.example"].map(|to| (subject.clone(), to.to_owned())));
        // Switched off: reports are made all the same. Switched on again after the next one was due, but not made: it is not mailed.
        report_delivery::set_delivery(store, owner, harbour, to(false), DUE + Span::DAY).await.unwrap();
        let january = at("2027-01-05T05:00:00Z");
        report_delivery::set_delivery(store, owner, harbour, to(true), january + Span::HOUR).await.unwrap();
        assert_eq!(tick(&world, january + Span::hours(2)).await.made, 1);
        assert_eq!(mailed().await.len(), 2);
    }

    async fn clients_have_reports_that_are_shared_and_finance_has_none(fresh) {
        let world = World::started(fresh).await;
        let harbour = november(&world).await;
        tick(&world, DUE).await;
        let member = |role, scope: Scope| Actor { ground: Ground::Member(UserId(41), role), scope };
        let inside = Scope::Organization(world.partner, harbour);
        let word = async |actor: &Actor| {
            let got = reports::get(world.store(), actor, harbour, month("2026-11")).await;
            let list = reports::list(world.store(), actor, harbour).await;
            assert_eq!(got.is_ok(), list.is_ok());
            got.map_or_else(|error| error.public_code(), |_| "yes")
        };
        let whole = world.owner.scope.clone();
        for (role, scope, expected) in [
            (Role::Viewer, &whole, "yes"),
            (Role::Finance, &whole, "forbidden"),
            (Role::ClientAdmin, &inside, "forbidden"),
            (Role::ClientViewer, &inside, "forbidden"),
        ] {
            assert_eq!(word(&member(role, scope.clone())).await, expected, "{role:?}");
        }
        report_delivery::share(world.store(), &world.owner, harbour, true, DUE).await.unwrap();
        let client = member(Role::ClientViewer, inside);
        assert_eq!(word(&client).await, "yes");
        let elsewhere = world.organization("Elsewhere").await;
        assert_eq!(word(&member(Role::ClientAdmin, Scope::Organization(world.partner, elsewhere))).await, "not_found");
        let made = reports::make(world.store(), &settings(), &member(Role::Technician, whole), harbour, month("2026-11"), DUE).await;
        assert_eq!(made.unwrap_err().public_code(), "forbidden", "owners and admins make them");
    }
}
