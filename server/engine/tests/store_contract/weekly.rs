//! The weekly health summary: what it says, to whom it may go, that it goes once, and that only the latest of the weeks that were missed is told.

use crate::world::{EMAIL, MONDAY, World};
use domain::{
    access::{Actor, Ground, Role, Scope},
    health::Band,
    ids::{PartnerId, UserId},
    mail::{MailKind, MailState},
    run::RunState,
    time::{Span, Time},
};
use engine::{
    error::Error,
    ingest::CheckIn,
    on_both_stores,
    store::{
        audit::{self, AuditFilter},
        mail_domains::{self, Looked, NewDomain},
        mails::{self, MailFilter, MailRow, Written},
        partners::{self, PartnerChange},
        weekly::{self, Bands, Due, Hindered, NewWeekly, Runs},
    },
};

/// Monday, 23 November 2026, 07:00 in Berlin: the first that is due after [`MONDAY`].
const DUE: Time = Time(MONDAY.0 + 7 * 86_400_000 - 2 * 3_600_000);
/// That day.
const DAY: i32 = 20_780;
const WEEK: Span = Span::days(7);

fn new(enabled: bool, addresses: &[&str]) -> NewWeekly {
    NewWeekly { enabled, addresses: addresses.iter().map(|a| (*a).to_owned()).collect(), weekday: 1, hour: 7 }
}

/// A domain of the partner's own, proved.
async fn proved(world: &World, domain: &str) -> domain::ids::MailDomainId {
    let (store, owner) = (world.store(), &world.owner);
    let id = mail_domains::add(store, owner, NewDomain { organization: None, domain: domain.into() }, MONDAY).await.unwrap();
    let value = mail_domains::get(store, owner, id).await.unwrap().value;
    assert!(mail_domains::looked_up(store, owner, id, &Looked::Texts(vec![value]), MONDAY).await.unwrap());
    id
}

async fn switched_on(fresh: engine::testing::Fresh, addresses: &[&str]) -> World {
    let world = World::started(fresh).await;
    proved(&world, "northwind.example").await;
    weekly::set(world.store(), &world.owner, new(true, addresses), MONDAY).await.unwrap();
    world
}

async fn send(world: &World, due: &Due, now: Time) -> Option<usize> {
    let system = Actor::system(Scope::Partners([due.partner].into()));
    let figures = weekly::figures(world.store(), &system, due.partner, due.day, now).await.unwrap();
    let written = Written { text: "How it stands".into(), ..Written::default() };
    weekly::send(world.store(), due, figures, ("Weekly", &written), now).await.unwrap()
}

/// Sends what is due; gives the days.
async fn tick(world: &World, now: Time) -> Vec<i32> {
    let mut days = Vec::new();
    for due in weekly::due(world.store(), now).await.unwrap() {
        assert!(send(world, &due, now).await.is_some());
        days.push(due.day);
    }
    days
}

async fn copies(world: &World) -> Vec<MailRow> {
    let mut rows = mails::list(world.store(), &world.owner, &MailFilter::default()).await.unwrap().items;
    rows.retain(|row| row.kind == MailKind::Summary);
    rows
}

fn refusal(result: Result<(), Error>) -> (&'static str, Option<&'static str>, String) {
    let error = result.unwrap_err();
    (error.public_code(), error.public_field(), error.public_message())
}

on_both_stores! {
    async fn a_summary_tells_of_devices_runs_alerts_scores_and_storage(fresh) {
        let world = World::started(fresh).await;
        let (store, owner) = (world.store(), &world.owner);
        let acme = world.organization("Acme").await;
        let (bad, good) = (world.device(acme, "bad").await, world.device(acme, "good").await);
        world.device(acme, "silent").await;
        for n in 0..3 {
            world.report(bad, &format!("b{n}"), RunState::Failed, MONDAY + Span::hours(n)).await;
        }
        world.report(good, "g1", RunState::Succeeded, MONDAY + Span::HOUR).await;
        world.report(good, "g2", RunState::Warning, MONDAY + Span::hours(25)).await;
        for (hours, used) in [(0, 500), (26, 700)] {
            let check_in = CheckIn {
                device: Some(good.to_string()),
                organization: None,
                at: MONDAY + Span::hours(hours),
                agent_version: None,
                hostname: None,
                storage_used: Some(used),
                storage_quota: None,
            };
            let at = check_in.at + Span::SECOND;
            world.engine.ingest.check_in(&Actor::system(owner.scope.clone()), check_in, at).await.unwrap();
        }
        let figures = weekly::figures(store, owner, world.partner, DAY, DUE).await.unwrap();
        assert_eq!((figures.partner.as_str(), figures.time_zone.as_str(), figures.week()), ("Northwind", "Europe/Berlin", (DAY - 7, DAY - 1)));
        assert_eq!(figures.devices, Bands { healthy: 1, critical: 1, unknown: 1, ..Bands::default() });
        assert_eq!((figures.devices.protected(), figures.before), (3, None));
        assert_eq!(figures.jobs, Runs { succeeded: 1, warning: 1, failed: 3, missed: 0 });
        assert_eq!((figures.jobs.share(), figures.jobs_before.share(), figures.saas), (Some(4_000), None, Runs::default()));
        assert_eq!((figures.critical, figures.critical_is_more, figures.critical_before), (1, false, 0));
        let alert = &figures.alerts[0];
        assert_eq!((alert.subject.as_str(), alert.organization.as_str(), alert.resolved), ("bad", "Acme", false));
        assert!(!alert.why.is_empty());
        let lowest: Vec<_> = figures.lowest.iter().map(|low| (low.name.as_str(), low.band)).collect();
        assert_eq!(lowest, [("bad", Band::Critical), ("good", Band::Healthy)], "of whom nothing is known has no score");
        assert!(figures.lowest[0].score < figures.lowest[1].score && !figures.lowest[0].why.is_empty());
        assert_eq!(figures.storage.len(), 9);
        assert_eq!(figures.storage[7..], [(DAY - 8, None), (DAY - 1, Some(700))], "what a device said last, it holds");

        let later = weekly::figures(store, owner, world.partner, DAY + 7, DUE + WEEK).await.unwrap();
        assert_eq!((later.jobs, later.jobs_before.failed, later.critical, later.critical_before), (Runs::default(), 3, 0, 1));
        assert_eq!(later.storage[7..], [(DAY - 1, Some(700)), (DAY + 6, Some(700))]);
    }

    async fn one_that_is_mended_or_was_raised_before_is_counted_in_its_own_week(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "db-01").await;
        // A warning on Sunday evening, critical on Monday morning, mended on Tuesday.
        let sunday = DUE - Span::hours(12);
        world.report(device, "before", RunState::Succeeded, sunday - Span::HOUR).await;
        for (n, at) in [sunday, DUE - Span::hours(6), DUE - Span::hours(3)].into_iter().enumerate() {
            world.report(device, &format!("f{n}"), RunState::Failed, at).await;
        }
        world.report(device, "ok", RunState::Succeeded, DUE + Span::DAY).await;
        let count = async |day| {
            let figures = weekly::figures(world.store(), &world.owner, world.partner, day, DUE + Span::days(2)).await.unwrap();
            (figures.critical, figures.alerts.first().map(|alert| alert.resolved))
        };
        assert_eq!(count(DAY).await, (0, None), "on Sunday it was a warning");
        assert_eq!(count(DAY + 7).await, (1, Some(true)));
    }

    async fn a_summary_goes_once_to_each_address_also_with_two_servers(fresh) {
        let world = switched_on(fresh, &["ops@northwind.example", "Boss@northwind.example"]).await;
        let (store, owner) = (world.store(), &world.owner);
        let set = weekly::settings(store, owner, MONDAY).await.unwrap();
        assert_eq!((set.enabled, set.next_at, set.last), (true, Some(DUE), None));
        assert_eq!(weekly::earliest(store).await.unwrap(), Some(DUE));
        assert_eq!(weekly::due(store, DUE - Span::SECOND).await.unwrap(), []);
        let (one, two) = (weekly::due(store, DUE).await.unwrap(), weekly::due(store, DUE).await.unwrap());
        assert_eq!((one.len(), one[0].day, &one), (1, DAY, &two));
        assert_eq!(send(&world, &one[0], DUE).await, Some(2));
        assert_eq!(send(&world, &two[0], DUE + Span::SECOND).await, None, "the other server was first");
        assert_eq!(weekly::due(store, DUE + Span::HOUR).await.unwrap(), []);
        assert_eq!(weekly::earliest(store).await.unwrap(), Some(DUE + WEEK));
        let to: Vec<_> = copies(&world).await.into_iter().map(|row| (row.recipient, row.state, row.organization)).collect();
        assert_eq!(to.len(), 2);
        assert!(to.contains(&("Boss@northwind.example".to_owned(), MailState::Queued, None)));
        let last = weekly::settings(store, owner, DUE).await.unwrap().last.unwrap();
        assert_eq!((last.day, last.at, last.copies.len()), (DAY, DUE, 2));

        // Moved to a later hour of the same day, it doesn't come again that day.
        weekly::set(store, owner, NewWeekly { hour: 9, ..new(true, &["ops@northwind.example"]) }, DUE + Span::HOUR).await.unwrap();
        assert_eq!(weekly::earliest(store).await.unwrap(), Some(DUE + WEEK + Span::hours(2)));
    }

    async fn after_an_absence_only_the_latest_week_is_told_and_the_next_one_tells_what_changed(fresh) {
        let world = switched_on(fresh, &["ops@northwind.example"]).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "db-01").await;
        let back = DUE + WEEK * 2 + Span::days(3);
        assert_eq!(tick(&world, back).await, [DAY + 14], "not a pile");
        assert_eq!(copies(&world).await.len(), 1);
        world.report(device, "1", RunState::Succeeded, back).await;
        let next = DUE + WEEK * 3;
        assert_eq!(tick(&world, next).await, [DAY + 21]);
        let figures = weekly::figures(world.store(), &world.owner, world.partner, DAY + 28, next + WEEK).await.unwrap();
        assert_eq!(figures.before, Some((DAY + 21, Bands { healthy: 1, ..Bands::default() })));
        let other_day = weekly::figures(world.store(), &world.owner, world.partner, DAY + 20, next).await.unwrap();
        assert_eq!(other_day.before.map(|(day, _)| day), Some(DAY + 14), "neither of the same week nor of long ago");
        assert_eq!(weekly::figures(world.store(), &world.owner, world.partner, DAY + 50, next).await.unwrap().before, None);
    }

    async fn it_follows_the_partner_to_another_zone(fresh) {
        let world = switched_on(fresh, &["ops@northwind.example"]).await;
        let change = PartnerChange { time_zone: Some("America/New_York".into()), ..Default::default() };
        partners::edit(world.store(), &world.owner, world.partner, change, MONDAY + Span::DAY).await.unwrap();
        let there = DUE + Span::hours(6);
        assert_eq!(weekly::settings(world.store(), &world.owner, MONDAY + Span::DAY).await.unwrap().next_at, Some(there));
        assert_eq!(tick(&world, MONDAY + Span::DAY).await, [0; 0], "it is only worked out");
        assert_eq!(weekly::earliest(world.store()).await.unwrap(), Some(there));
        assert_eq!(tick(&world, DUE).await, [0; 0]);
        assert_eq!(tick(&world, there).await, [DAY]);
    }

    async fn addresses_are_on_a_proved_domain_of_the_partner_and_nothing_else(fresh) {
        let world = World::started(fresh).await;
        let (store, owner) = (world.store(), &world.owner);
        let set = async |new| weekly::set(store, owner, new, MONDAY).await;
        let (code, field, words) = refusal(set(new(true, &["ada@northwind.example"])).await);
        assert_eq!((code, field), ("unverified_domain", Some("addresses")));
        assert!(words.contains("northwind.example is no verified domain of Northwind. ") && words.contains("None is verified"), "{words}");
        proved(&world, "northwind.example").await;
        let many: Vec<String> = (0..11).map(|n| format!("a{n}@northwind.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (addresses, code) in [
            (&["ada@northwind.example", "x@gmail.example"][..], "unverified_domain"),
            (&["ada@northwind.example", "ADA@northwind.example"], "double_address"),
            (&["ada"], "invalid_email"),
            (&["", " "], "no_address"),
            (&many, "too_many_addresses"),
        ] {
            let (is, field, words) = refusal(set(new(true, addresses)).await);
            assert_eq!((is, field), (code, Some("addresses")), "{words}");
        }
        for (weekday, hour, at) in [(0, 7, "weekday"), (8, 7, "weekday"), (1, 24, "hour")] {
            let wrong = NewWeekly { weekday, hour, ..new(true, &["ada@northwind.example"]) };
            assert_eq!(refusal(set(wrong).await).1, Some(at));
        }
        assert_eq!(weekly::settings(store, owner, MONDAY).await.unwrap().changed, None, "nothing was saved");
        set(new(true, &["ada@northwind.example"])).await.unwrap();
        let held = weekly::settings(store, owner, MONDAY).await.unwrap();
        assert_eq!((held.recipients[0].address.as_str(), held.changed), ("ada@northwind.example", Some((MONDAY, "Ada".to_owned()))));
        let log = audit::list(store, owner, &AuditFilter::default()).await.unwrap().items;
        assert_eq!(log.iter().filter(|entry| entry.what == "report.weekly").count(), 1);
    }

    async fn nothing_goes_to_an_address_whose_domain_is_gone_or_whose_reader_has_unsubscribed(fresh) {
        let world = switched_on(fresh, &["ops@northwind.example"]).await;
        let (store, owner) = (world.store(), &world.owner);
        let other = proved(&world, "other.example").await;
        weekly::set(store, owner, new(true, &["ops@northwind.example", "boss@other.example"]), MONDAY).await.unwrap();
        mail_domains::remove(store, owner, other, MONDAY).await.unwrap();
        assert_eq!(tick(&world, DUE).await, [DAY]);
        let sent = copies(&world).await;
        assert_eq!((sent.len(), sent[0].recipient.as_str()), (1, "ops@northwind.example"));
        mails::unsubscribe(store, world.partner, sent[0].id, true, DUE + Span::HOUR).await.unwrap();
        let held = weekly::settings(store, owner, DUE + Span::HOUR).await.unwrap();
        let why: Vec<_> = held.recipients.iter().map(|recipient| recipient.hindered.clone()).collect();
        assert_eq!(why, [Some(Hindered::Unsubscribed(DUE + Span::HOUR)), Some(Hindered::Unproved)]);
        assert_eq!(tick(&world, DUE + WEEK).await, [DAY + 7]);
        assert_eq!(copies(&world).await[0].state, MailState::Cancelled, "it is said, and not sent");
        weekly::resume(&world.engine, owner, "Ops@northwind.example", DUE + WEEK).await.unwrap();
        assert_eq!(weekly::resume(&world.engine, owner, "ops@northwind.example", DUE + WEEK).await.unwrap_err().public_code(), "not_found");
        tick(&world, DUE + WEEK * 2).await;
        assert_eq!(copies(&world).await[0].state, MailState::Queued);
    }

    async fn switched_off_nothing_goes_and_what_waits_is_kept_back(fresh) {
        let world = switched_on(fresh, &["ops@northwind.example", "boss@northwind.example"]).await;
        let (store, owner) = (world.store(), &world.owner);
        tick(&world, DUE).await;
        weekly::set(store, owner, new(true, &["boss@northwind.example"]), DUE + Span::SECOND).await.unwrap();
        let states = async || copies(&world).await.into_iter().map(|row| (row.recipient, row.state)).collect::<Vec<_>>();
        assert!(states().await.contains(&("ops@northwind.example".to_owned(), MailState::Cancelled)), "who is taken out gets nothing");
        weekly::set(store, owner, new(false, &["boss@northwind.example"]), DUE + Span::SECOND).await.unwrap();
        assert!(states().await.iter().all(|(_, state)| *state == MailState::Cancelled));
        assert_eq!(weekly::settings(store, owner, DUE).await.unwrap().next_at, None);
        assert_eq!((weekly::earliest(store).await.unwrap(), tick(&world, DUE + WEEK * 2).await), (None, vec![]));
    }

    async fn settings_and_figures_are_for_who_may_change_settings_of_the_own_partner(fresh) {
        let world = switched_on(fresh, &["ops@northwind.example"]).await;
        let store = world.store();
        for role in [Role::Technician, Role::Finance, Role::Viewer] {
            let actor = Actor { ground: Ground::Member(world.user, role), scope: world.owner.scope.clone() };
            assert_eq!(weekly::settings(store, &actor, MONDAY).await.unwrap_err().public_code(), "forbidden", "{role:?}");
            assert_eq!(weekly::set(store, &actor, new(false, &[]), MONDAY).await.unwrap_err().public_code(), "forbidden");
            assert_eq!(weekly::as_of_now(store, &actor, MONDAY).await.unwrap_err().public_code(), "forbidden");
            let test = weekly::send_test(&world.engine, &actor, "Test", Written::default(), MONDAY).await;
            assert_eq!(test.unwrap_err().public_code(), "forbidden");
        }
        let acme = world.organization("Acme").await;
        let client = Actor { ground: Ground::Member(UserId(9), Role::ClientAdmin), scope: Scope::Organization(world.partner, acme) };
        assert_eq!(weekly::settings(store, &client, MONDAY).await.unwrap_err().public_code(), "not_found");
        let stranger = Actor { ground: Ground::Member(UserId(9), Role::Owner), scope: Scope::Partners([PartnerId(99)].into()) };
        assert_eq!(weekly::figures(store, &stranger, world.partner, DAY, DUE).await.unwrap_err().public_code(), "not_found");

        let test = Written { text: "How it stands".into(), ..Written::default() };
        let id = weekly::send_test(&world.engine, &world.owner, "Test", test.clone(), MONDAY).await.unwrap();
        let copy = mails::get(store, &world.owner, id).await.unwrap().row;
        assert!(copy.recipient.eq_ignore_ascii_case(EMAIL) && copy.kind == MailKind::Test);
        let again = weekly::send_test(&world.engine, &world.owner, "Test", test, MONDAY + Span::SECOND).await;
        assert_eq!(again.unwrap_err().public_code(), "too_soon");
    }
}
