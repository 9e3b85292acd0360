//! The monthly run as people steer it: stopped it stays stopped, also for other servers and after a restart; taken up it goes on; what fails
//! is named, and the rest goes on – on both stores.

use crate::{
    saas::named,
    world::{MONDAY, World},
};
use domain::{
    access::{Actor, Ground, Role, Scope},
    ids::{OrganizationId, UserId},
    report::Month,
    text::parse_rfc3339,
    time::{Span, Time},
};
use engine::{
    Error, on_both_stores,
    store::{
        audit::{self, AuditFilter},
        organizations::{self, NewOrganization},
        reports::{
            self, Settings, due,
            monthly_run::{self, Next, Past, Standing},
        },
    },
};
use sea_orm::ConnectionTrait;
use std::sync::atomic::{AtomicU64, Ordering};

/// The 5th of December, 06:00 in Berlin.
const DUE: Time = Time(MONDAY.0 + 18 * 86_400_000 + 21 * 3_600_000);

fn at(text: &str) -> Time {
    parse_rfc3339(text).unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn settings() -> Settings {
    Settings::default()
}

/// Organizations with a device each, in Berlin.
async fn clients(world: &World, names: &[&str]) -> Vec<OrganizationId> {
    let mut made = Vec::new();
    for name in names {
        let organization = world.organization(name).await;
        world.device(organization, "fs-01").await;
        made.push(organization);
    }
    made
}

async fn tick(world: &World, now: Time) -> (u64, u64) {
    let done = due::tick(world.store(), &settings(), now, &|| false).await.unwrap();
    (done.made, done.failed)
}

/// A server that ends after one organization.
async fn tick_once(world: &World, now: Time) -> u64 {
    let asked = AtomicU64::new(0);
    // Before the portion, before its first organization, before its second.
    due::tick(world.store(), &settings(), now, &|| asked.fetch_add(1, Ordering::Relaxed) >= 2).await.unwrap().made
}

async fn standing(world: &World, now: Time) -> Standing {
    monthly_run::standing(world.store(), &settings(), &world.owner, now).await.unwrap()
}

async fn counts(world: &World, now: Time) -> (u64, u64, u64) {
    let standing = standing(world, now).await;
    (standing.made, standing.left, standing.failed)
}

async fn months_of(world: &World, organization: OrganizationId) -> Vec<String> {
    reports::list(world.store(), &world.owner, organization).await.unwrap().iter().map(|row| row.month.to_string()).collect()
}

/// Nothing can be worked out for this organization until it is mended.
async fn set_zone(world: &World, organization: OrganizationId, zone: &str) {
    let tx = world.store().begin().await.unwrap();
    tx.execute_unprepared(&format!("UPDATE organizations SET time_zone = '{zone}' WHERE id = {}", organization.0)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn said_in_the_log(world: &World) -> Vec<(String, String)> {
    let log = audit::list(world.store(), &world.owner, &AuditFilter::default()).await.unwrap().items;
    let mut said: Vec<(String, String)> = log
        .into_iter()
        .filter(|row| row.what.starts_with("report.") && row.what != "report.create")
        .map(|row| (row.what, row.who))
        .collect();
    said.reverse();
    said
}

on_both_stores! {
    async fn a_stopped_run_makes_nothing_more_until_it_is_taken_up_again(fresh) {
        let world = World::started(fresh).await;
        clients(&world, &["Ash", "Birch", "Cedar"]).await;
        tick(&world, MONDAY).await;
        let before = standing(&world, MONDAY).await;
        assert_eq!((before.month, before.next), (None, Some(Next { month: month("2026-11"), at: DUE, organizations: 3 })));

        assert_eq!(tick_once(&world, DUE).await, 1);
        assert_eq!(counts(&world, DUE).await, (1, 2, 0));
        monthly_run::stop(world.store(), &settings(), &world.owner, DUE).await.unwrap();
        monthly_run::stop(world.store(), &settings(), &world.owner, DUE + Span::SECOND).await.unwrap();
        // Whatever server asks, now or after a restart: what was said stands in the store.
        for now in [DUE, DUE + Span::HOUR, DUE + Span::days(9)] {
            assert_eq!(tick(&world, now).await, (0, 0));
        }
        let stopped = standing(&world, DUE + Span::DAY).await;
        assert_eq!((stopped.month, stopped.made, stopped.left, stopped.goes_on_at), (Some(month("2026-11")), 1, 2, None));
        let by = stopped.stopped.unwrap();
        assert_eq!((by.at, by.by.as_str(), by.partly), (DUE, "Ada", false));
        assert_eq!(by.until, at("2027-01-05T05:00:00Z"), "the next month's run");
        assert_eq!(due::earliest(world.store()).await.unwrap(), Some(by.until), "nobody asks in vain until then");

        monthly_run::take_up(world.store(), &world.owner, DUE + Span::DAY).await.unwrap();
        assert_eq!(tick(&world, DUE + Span::DAY).await, (2, 0));
        let done = standing(&world, DUE + Span::DAY).await;
        assert_eq!((done.made, done.left, done.goes_on_at, done.stopped), (3, 0, None, None));
        assert_eq!(done.next.map(|next| (next.month, next.organizations)), Some((month("2026-12"), 3)));
        let refused = monthly_run::stop(world.store(), &settings(), &world.owner, DUE + Span::DAY).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "nothing_left", .. })), "{refused:?}");
        let who = format!("user:{}", world.user);
        assert_eq!(said_in_the_log(&world).await, [("report.stop".to_owned(), who.clone()), ("report.resume".to_owned(), who)]);
    }

    async fn what_was_left_is_made_up_with_the_next_month_if_nobody_takes_it_up(fresh) {
        let world = World::started(fresh).await;
        let ash = clients(&world, &["Ash"]).await.remove(0);
        tick(&world, MONDAY).await;
        monthly_run::stop(world.store(), &settings(), &world.owner, DUE).await.unwrap();
        let january = at("2027-01-05T05:00:00Z");
        assert_eq!(tick(&world, Time(january.0 - 1)).await, (0, 0));
        assert_eq!(tick(&world, january).await, (2, 0));
        assert_eq!(months_of(&world, ash).await, ["2026-12", "2026-11"]);
        assert_eq!(said_in_the_log(&world).await[1], ("report.resume".to_owned(), "system".to_owned()));
    }

    async fn one_failure_is_named_with_its_reason_and_the_rest_goes_on(fresh) {
        let world = World::started(fresh).await;
        let [_, birch, _] = clients(&world, &["Ash", "Birch", "Cedar"]).await[..] else { panic!() };
        tick(&world, MONDAY).await;
        set_zone(&world, birch, "Nowhere/Land").await;
        assert_eq!(tick(&world, DUE).await, (2, 1));
        let now = standing(&world, DUE).await;
        assert_eq!((now.made, now.left, now.failed), (2, 0, 1));
        let [fault] = &now.faults[..] else { panic!("{:?}", now.faults) };
        assert_eq!((fault.organization, fault.name.as_str(), fault.tries), (birch, "Birch", 1));
        assert!(fault.words.contains("time zone") && fault.next_at > DUE, "{fault:?}");

        // Mended, and made again without waiting; while it is stopped, not.
        set_zone(&world, birch, "Europe/Berlin").await;
        let later = DUE + Span::MINUTE;
        monthly_run::stop(world.store(), &settings(), &world.owner, later).await.unwrap();
        let refused = monthly_run::again(world.store(), &settings(), &world.owner, later).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "stopped", .. })), "{refused:?}");
        monthly_run::take_up(world.store(), &world.owner, later).await.unwrap();
        assert_eq!(tick(&world, later).await, (0, 0), "its wait isn't over");
        assert_eq!(monthly_run::again(world.store(), &settings(), &world.owner, later).await.unwrap(), 1);
        assert_eq!(tick(&world, later).await, (1, 0));
        let mended = standing(&world, later).await;
        assert_eq!((mended.made, mended.failed, mended.faults.len()), (3, 0, 0));
    }

    async fn two_servers_and_a_stop_in_between_make_each_report_once(fresh) {
        let world = World::started(fresh).await;
        let names: Vec<String> = (0..8).map(|n| format!("Client {n}")).collect();
        let all = clients(&world, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        tick(&world, MONDAY).await;
        let settings = settings();
        let stop = monthly_run::stop(world.store(), &settings, &world.owner, DUE);
        let (one, other, stopped) = tokio::join!(tick(&world, DUE), tick(&world, DUE), stop);
        let made = one.0 + other.0;
        // Whoever is faster: either nothing was left to stop, or nothing more is made.
        if stopped.is_ok() {
            assert_eq!(tick(&world, DUE + Span::hours(1)).await, (0, 0));
            assert_eq!(counts(&world, DUE + Span::hours(1)).await, (made, 8 - made, 0));
            monthly_run::take_up(world.store(), &world.owner, DUE + Span::hours(1)).await.unwrap();
        }
        let (one, other) = tokio::join!(tick(&world, DUE + Span::hours(1)), tick(&world, DUE + Span::hours(1)));
        assert_eq!(made + one.0 + other.0, 8);
        for organization in all {
            assert_eq!(months_of(&world, organization).await, ["2026-11"]);
        }
    }

    async fn an_owner_has_a_past_month_made_for_all_who_lack_it(fresh) {
        let world = World::started(fresh).await;
        let ash = clients(&world, &["Ash", "Birch"]).await.remove(0);
        world.organization("Empty").await;
        // Reports began later, and then earlier after all.
        let late = Settings { from: Some(month("2026-12")), ..settings() };
        let now = at("2027-02-10T12:00:00Z");
        assert_eq!(due::tick(world.store(), &late, now, &|| false).await.unwrap().made, 4);
        let offered = monthly_run::standing(world.store(), &late, &world.owner, now).await.unwrap();
        assert_eq!((offered.month, offered.made, offered.past.len()), (Some(month("2027-01")), 2, 0));
        let offered = standing(&world, now).await;
        assert_eq!(offered.past, [Past { month: month("2026-11"), organizations: 2 }], "who has nothing to report lacks nothing");
        assert_eq!(offered.next.map(|next| (next.month, next.organizations)), Some((month("2027-02"), 2)));
        let refused = monthly_run::ask(world.store(), &settings(), &world.owner, month("2026-10"), now).await;
        assert_eq!(refused.unwrap_err().public_field(), Some("month"));
        assert_eq!(monthly_run::ask(world.store(), &settings(), &world.owner, month("2026-11"), now).await.unwrap(), 2);
        let asked = standing(&world, now).await;
        assert_eq!((asked.month, asked.made, asked.left), (Some(month("2026-11")), 0, 2));
        assert_eq!((asked.asked, asked.past.len()), (Some((now, "Ada".to_owned())), 0));
        let refused = monthly_run::ask(world.store(), &settings(), &world.owner, month("2026-11"), now).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "running", .. })), "{refused:?}");
        assert_eq!(tick(&world, now).await, (2, 0));
        assert_eq!(counts(&world, now).await, (2, 0, 0));
        assert_eq!(months_of(&world, ash).await, ["2027-01", "2026-12", "2026-11"]);
        assert_eq!(said_in_the_log(&world).await, [("report.ask".to_owned(), format!("user:{}", world.user))]);
        assert_eq!(standing(&world, at("2027-03-05T05:00:00Z")).await.month, Some(month("2027-02")), "then it is the next month's turn");
    }

    async fn those_whose_morning_has_not_come_are_left_and_may_be_stopped_too(fresh) {
        let world = World::started(fresh).await;
        clients(&world, &["Ash"]).await;
        let new = NewOrganization { time_zone: Some("America/New_York".into()), ..named("Hudson") };
        let hudson = organizations::create(world.store(), &world.owner, new, MONDAY).await.unwrap();
        world.device(hudson, "fs-01").await;
        tick(&world, MONDAY).await;
        assert_eq!(tick(&world, DUE).await, (1, 0));
        let waits = standing(&world, DUE).await;
        assert_eq!((waits.made, waits.left, waits.goes_on_at), (1, 1, Some(DUE + Span::hours(6))));
        monthly_run::stop(world.store(), &settings(), &world.owner, DUE).await.unwrap();
        assert_eq!(tick(&world, DUE + Span::hours(7)).await, (0, 0));
        monthly_run::take_up(world.store(), &world.owner, DUE + Span::hours(7)).await.unwrap();
        assert_eq!(tick(&world, DUE + Span::hours(7)).await, (1, 0));
    }

    async fn viewers_see_how_it_stands_owners_and_admins_steer_it_and_clients_see_nothing(fresh) {
        let world = World::started(fresh).await;
        let ash = clients(&world, &["Ash"]).await.remove(0);
        tick(&world, MONDAY).await;
        let member = |role, scope: &Scope| Actor { ground: Ground::Member(UserId(41), role), scope: scope.clone() };
        let (whole, inside) = (world.owner.scope.clone(), Scope::Organization(world.partner, ash));
        for (role, scope, sees, steers) in [
            (Role::Admin, &whole, true, true),
            (Role::Technician, &whole, true, false),
            (Role::Viewer, &whole, true, false),
            (Role::Finance, &whole, false, false),
            (Role::ClientAdmin, &inside, false, false),
        ] {
            let actor = member(role, scope);
            assert_eq!(monthly_run::standing(world.store(), &settings(), &actor, DUE).await.is_ok(), sees, "{role:?}");
            let stopped = monthly_run::stop(world.store(), &settings(), &actor, DUE).await;
            let taken_up = monthly_run::take_up(world.store(), &actor, DUE).await;
            let asked = monthly_run::ask(world.store(), &settings(), &actor, month("2026-11"), DUE).await;
            let again = monthly_run::again(world.store(), &settings(), &actor, DUE).await;
            assert_eq!((stopped.is_ok(), taken_up.is_ok()), (steers, steers), "{role:?}");
            for refused in [asked, again] {
                assert_eq!(refused.unwrap_err().public_code() == "forbidden", !steers, "{role:?}");
            }
        }
    }
}
