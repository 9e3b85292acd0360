//! The outbox: queued once, sent by one, in doubt when nobody knows, never twice.

use crate::world::{EMAIL, MONDAY, World};
use domain::{
    access::{Actor, KeyRights, Role, Scope},
    ids::{MailId, OrganizationId, UserId},
    mail::{MailEventKind, MailKind, MailState},
    time::{Span, Time},
};
use engine::{
    Error, on_both_stores,
    store::mails::{self, Content, Emptied, Fate, MailFilter, New, Outcome, Queued, Written},
};

const TEN: Span = Span::minutes(10);

fn new(world: &World, organization: OrganizationId, to: &str) -> New {
    New {
        partner: world.partner,
        organization: Some(organization),
        kind: MailKind::Report,
        report: None,
        once: format!("report:1:{to}"),
        recipient: to.into(),
        subject: "Report".into(),
        content: Content::Written(Written { text: "Hello".into(), ..Written::default() }),
    }
}

async fn queue(world: &World, organization: OrganizationId, to: &str, now: Time) -> Queued {
    let tx = world.store().begin().await.unwrap();
    let queued = mails::queue(world.store(), &tx, new(world, organization, to), now).await.unwrap();
    tx.commit().await.unwrap();
    queued
}

async fn queued(world: &World, organization: OrganizationId, to: &str) -> MailId {
    match queue(world, organization, to, MONDAY).await {
        Queued::New(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn state(world: &World, id: MailId) -> (MailState, Vec<MailEventKind>) {
    let delivery = mails::get(world.store(), &world.owner, id).await.unwrap();
    (delivery.row.state, delivery.events.iter().map(|event| event.kind).collect())
}

on_both_stores! {
    async fn a_copy_is_queued_once_claimed_by_one_and_sent(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = queued(&world, acme, "a@x.test").await;
        assert_eq!(queue(&world, acme, "a@x.test", MONDAY).await, Queued::Known);
        assert_eq!(mails::earliest(world.store()).await.unwrap(), Some(MONDAY));
        let claim = mails::claim_due(world.store(), "one", MONDAY).await.unwrap().unwrap();
        assert_eq!((claim.id, claim.tries, claim.recipient.as_str()), (id, 1, "a@x.test"));
        assert!(mails::claim_due(world.store(), "two", MONDAY).await.unwrap().is_none(), "one server holds it");
        assert!(mails::hand_over(world.store(), &claim, MONDAY).await.unwrap());
        assert_eq!(state(&world, id).await.0, MailState::HandingOver);
        mails::finish(world.store(), &claim, Outcome::Sent("250 2.0.0 Ok".into()), MONDAY).await.unwrap();
        assert_eq!(state(&world, id).await, (MailState::Sent, vec![MailEventKind::Queued, MailEventKind::Sent]));
        assert_eq!(mails::earliest(world.store()).await.unwrap(), None);
        let again = mails::send_again(&world.engine, &world.owner, id, MONDAY).await;
        assert!(matches!(again, Err(Error::Conflict { code: "not_over", .. })), "{again:?}");
    }

    async fn what_was_cut_short_before_the_hand_over_is_tried_again_and_after_it_is_in_doubt(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = queued(&world, acme, "a@x.test").await;
        let first = mails::claim_due(world.store(), "one", MONDAY).await.unwrap().unwrap();
        let later = MONDAY + TEN;
        // The first server is gone: its lease has run out.
        let second = mails::claim_due(world.store(), "two", later).await.unwrap().unwrap();
        assert_eq!((second.id, second.tries), (id, 2));
        // It comes back from a long sleep, and must not send.
        assert!(!mails::hand_over(world.store(), &first, later).await.unwrap());
        mails::finish(world.store(), &first, Outcome::Failed("late".into()), later).await.unwrap();
        assert_eq!(state(&world, id).await.0, MailState::Queued, "what the one says that came too late counts for nothing");
        assert!(mails::hand_over(world.store(), &second, later).await.unwrap());
        let much_later = later + TEN;
        assert!(mails::claim_due(world.store(), "three", much_later).await.unwrap().is_none());
        let (now, events) = state(&world, id).await;
        assert_eq!((now, events.last()), (MailState::InDoubt, Some(&MailEventKind::InDoubt)));
        assert_eq!(mails::earliest(world.store()).await.unwrap(), None, "nobody sends it again by itself");
        // Who held it knows after all.
        mails::finish(world.store(), &second, Outcome::Sent("250 Ok".into()), much_later).await.unwrap();
        assert_eq!(state(&world, id).await.0, MailState::Sent);
    }

    async fn a_person_may_send_again_what_is_in_doubt_and_only_that_copy_goes(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = queued(&world, acme, "a@x.test").await;
        let lost = mails::claim_due(world.store(), "one", MONDAY).await.unwrap().unwrap();
        assert!(mails::hand_over(world.store(), &lost, MONDAY).await.unwrap());
        let later = MONDAY + TEN;
        assert!(mails::claim_due(world.store(), "two", later).await.unwrap().is_none());
        mails::send_again(&world.engine, &world.owner, id, later).await.unwrap();
        let claim = mails::claim_due(world.store(), "two", later).await.unwrap().unwrap();
        mails::finish(world.store(), &lost, Outcome::Deferred("late".into()), later).await.unwrap();
        assert!(mails::hand_over(world.store(), &claim, later).await.unwrap(), "what the first server says changes nothing any more");
        mails::finish(world.store(), &claim, Outcome::Sent("250 Ok".into()), later).await.unwrap();
        let (now, events) = state(&world, id).await;
        assert_eq!(now, MailState::Sent);
        assert_eq!(events, [MailEventKind::Queued, MailEventKind::InDoubt, MailEventKind::Again, MailEventKind::Sent]);
    }

    async fn a_mail_server_that_is_away_for_hours_costs_no_copy_and_one_that_stays_away_for_days_is_said(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = queued(&world, acme, "a@x.test").await;
        let (mut now, mut tries) = (MONDAY, 0);
        while now < MONDAY + Span::hours(9) {
            let claim = mails::claim_due(world.store(), "one", now).await.unwrap().unwrap();
            mails::finish(world.store(), &claim, Outcome::Deferred("no connection".into()), now).await.unwrap();
            let next = mails::earliest(world.store()).await.unwrap().unwrap();
            assert!(next > now, "waits");
            assert!(mails::claim_due(world.store(), "one", Time(next.0 - 1)).await.unwrap().is_none());
            (now, tries) = (next, tries + 1);
        }
        assert!((7..14).contains(&tries), "{tries} tries in nine hours");
        assert_eq!(state(&world, id).await.0, MailState::Deferred);
        let at = MONDAY + Span::days(3);
        let claim = mails::claim_due(world.store(), "one", at).await.unwrap().unwrap();
        mails::finish(world.store(), &claim, Outcome::Deferred("no connection".into()), at).await.unwrap();
        let row = mails::get(world.store(), &world.owner, id).await.unwrap().row;
        assert_eq!((row.state, row.said.as_str()), (MailState::Failed, "Given up after three days of tries. no connection"));
        // Sent again by hand, it has three days anew.
        mails::send_again(&world.engine, &world.owner, id, at).await.unwrap();
        let claim = mails::claim_due(world.store(), "one", at).await.unwrap().unwrap();
        mails::finish(world.store(), &claim, Outcome::Deferred("no connection".into()), at).await.unwrap();
        assert_eq!(state(&world, id).await.0, MailState::Deferred);
    }

    async fn an_address_that_bounces_or_unsubscribes_gets_no_more_until_somebody_lifts_it(fresh) {
        let world = World::started(fresh).await;
        let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
        let id = queued(&world, acme, "Gone@x.test").await;
        let claim = mails::claim_due(world.store(), "one", MONDAY).await.unwrap().unwrap();
        mails::finish(world.store(), &claim, Outcome::Bounced("550 5.1.1 no such user".into()), MONDAY).await.unwrap();
        assert_eq!(state(&world, id).await.0, MailState::Bounced);
        let addresses = ["gone@X.test".to_owned(), "fine@x.test".to_owned()];
        let stops = mails::stops(world.store(), &world.owner, beta, &addresses).await.unwrap();
        assert_eq!(stops.iter().map(|s| (s.address.as_str(), s.cause.as_str())).collect::<Vec<_>>(), [("gone@x.test", "bounced")]);
        let tx = world.store().begin().await.unwrap();
        let next = New { once: "report:2:gone".into(), ..new(&world, beta, "gone@x.test") };
        let Queued::Stopped(held) = mails::queue(world.store(), &tx, next, MONDAY).await.unwrap() else { panic!("sent") };
        tx.commit().await.unwrap();
        let row = mails::get(world.store(), &world.owner, held).await.unwrap().row;
        assert_eq!(row.state, MailState::Cancelled);
        assert!(row.said.contains("came back. 550 5.1.1"), "{}", row.said);
        let again = mails::send_again(&world.engine, &world.owner, held, MONDAY).await;
        assert!(matches!(again, Err(Error::Conflict { code: "address_stopped", .. })));
        mails::lift_stop(&world.engine, &world.owner, beta, " GONE@x.test", MONDAY).await.unwrap();
        mails::send_again(&world.engine, &world.owner, held, MONDAY).await.unwrap();
        // A reader of Beta's report unsubscribes: Acme's go on.
        assert_eq!(mails::unsubscribe(world.store(), world.partner, held, false, MONDAY).await.unwrap().unwrap().recipient, "gone@x.test");
        assert!(mails::stops(world.store(), &world.owner, beta, &addresses).await.unwrap().is_empty(), "a look unsubscribes nobody");
        mails::unsubscribe(world.store(), world.partner, held, true, MONDAY).await.unwrap();
        mails::unsubscribe(world.store(), world.partner, held, true, MONDAY).await.unwrap();
        assert_eq!(mails::stops(world.store(), &world.owner, beta, &addresses).await.unwrap()[0].cause, "unsubscribed");
        assert!(mails::stops(world.store(), &world.owner, acme, &addresses).await.unwrap().is_empty());
    }

    async fn what_mail_servers_tell_later_changes_the_copy_and_stops_an_address_only_when_that_is_to_blame(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let mut copies = Vec::new();
        for to in ["a@x.test", "b@x.test", "c@x.test"] {
            copies.push(queued(&world, acme, to).await);
            let claim = mails::claim_due(world.store(), "one", MONDAY).await.unwrap().unwrap();
            assert!(mails::hand_over(world.store(), &claim, MONDAY).await.unwrap());
            mails::finish(world.store(), &claim, Outcome::Sent("250 Ok".into()), MONDAY).await.unwrap();
        }
        let later = MONDAY + Span::HOUR;
        for (copy, fate, said) in [(0, Fate::Delayed, "4.4.1"), (0, Fate::Gone, "5.1.1"), (0, Fate::Gone, "5.1.1"), (1, Fate::Back, "4.4.7"), (2, Fate::Delivered, "2.0.0")] {
            assert!(mails::told(world.store(), world.partner, copies[copy], fate, said, later).await.unwrap());
        }
        assert_eq!(state(&world, copies[0]).await, (MailState::Bounced, vec![MailEventKind::Queued, MailEventKind::Sent, MailEventKind::Delayed, MailEventKind::Bounced]));
        assert_eq!(state(&world, copies[1]).await.0, MailState::Bounced);
        assert_eq!(state(&world, copies[2]).await.0, MailState::Sent);
        let addresses = ["a@x.test", "b@x.test", "c@x.test"].map(str::to_owned);
        let stops = mails::stops(world.store(), &world.owner, acme, &addresses).await.unwrap();
        assert_eq!(stops.iter().map(|stop| stop.address.as_str()).collect::<Vec<_>>(), ["a@x.test"]);
        assert!(!mails::told(world.store(), world.partner, MailId(1), Fate::Gone, "", later).await.unwrap());
    }

    async fn a_copy_that_is_cancelled_doesnt_go_even_if_a_server_holds_it(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = queued(&world, acme, "a@x.test").await;
        let claim = mails::claim_due(world.store(), "one", MONDAY).await.unwrap().unwrap();
        mails::cancel(&world.engine, &world.owner, id, MONDAY).await.unwrap();
        assert!(!mails::hand_over(world.store(), &claim, MONDAY).await.unwrap());
        mails::finish(world.store(), &claim, Outcome::Sent("250 Ok".into()), MONDAY).await.unwrap();
        assert_eq!(state(&world, id).await.0, MailState::Cancelled);
        let twice = mails::cancel(&world.engine, &world.owner, id, MONDAY).await;
        assert!(matches!(twice, Err(Error::Conflict { code: "not_waiting", .. })));
    }

    async fn a_test_goes_to_the_person_who_asks_once_a_minute(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = mails::send_test(&world.engine, &world.owner, acme, MONDAY).await.unwrap();
        let row = mails::get(world.store(), &world.owner, id).await.unwrap().row;
        assert_eq!((row.kind, row.recipient.as_str()), (MailKind::Test, EMAIL));
        let soon = mails::send_test(&world.engine, &world.owner, acme, MONDAY).await;
        assert!(matches!(soon, Err(Error::Conflict { code: "too_soon", .. })));
        mails::send_test(&world.engine, &world.owner, acme, MONDAY + Span::minutes(1)).await.unwrap();
        let system = Actor::system(Scope::Partners([world.partner].into()));
        assert!(matches!(mails::send_test(&world.engine, &system, acme, MONDAY).await, Err(Error::Forbidden(_))));
    }

    async fn the_outbox_is_for_those_who_manage_delivery_and_ends_at_the_scope(fresh) {
        let world = World::started(fresh).await;
        let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
        for n in 0..5 {
            let id = queue(&world, if n == 0 { beta } else { acme }, &format!("{n}@x.test"), MONDAY + Span(n)).await;
            assert!(matches!(id, Queued::New(_)));
        }
        let page = mails::list(world.store(), &world.owner, &MailFilter { limit: Some(2), ..MailFilter::default() }).await.unwrap();
        assert_eq!(page.items.iter().map(|row| row.recipient.as_str()).collect::<Vec<_>>(), ["4@x.test", "3@x.test"]);
        assert_eq!(page.items[0].organization.as_ref().unwrap().1, "Acme");
        let rest = MailFilter { cursor: page.next_cursor, ..MailFilter::default() };
        assert_eq!(mails::list(world.store(), &world.owner, &rest).await.unwrap().items.len(), 3);
        let of_beta = MailFilter { organization: Some(beta), states: vec![MailState::Queued], ..MailFilter::default() };
        let one = mails::list(world.store(), &world.owner, &of_beta).await.unwrap().items.remove(0);
        let member = |role, scope| Actor { ground: domain::access::Ground::Member(UserId(1), role), scope };
        let all = Scope::Partners([world.partner].into());
        for (role, may_list, may_see) in [(Role::Technician, true, true), (Role::Viewer, false, true), (Role::Finance, false, false)] {
            let actor = member(role, all.clone());
            assert_eq!(mails::list(world.store(), &actor, &MailFilter::default()).await.is_ok(), may_list, "{role:?}");
            assert_eq!(mails::of_organization(world.store(), &actor, acme, 10).await.is_ok(), may_see, "{role:?}");
        }
        let client = member(Role::ClientAdmin, Scope::Organization(world.partner, acme));
        assert!(matches!(mails::of_organization(world.store(), &client, acme, 10).await, Err(Error::Forbidden(_))));
        assert!(matches!(mails::of_organization(world.store(), &client, beta, 10).await, Err(Error::NotFound(_))));
        assert!(matches!(mails::get(world.store(), &client, one.id).await, Err(Error::NotFound(_))));
        let rights = KeyRights { ingest: false, read: true, manage: true };
        let key = Actor { ground: domain::access::Ground::Key(domain::ids::KeyId(1), rights), scope: Scope::Organization(world.partner, acme) };
        assert_eq!(mails::list(world.store(), &key, &MailFilter::default()).await.unwrap().items.len(), 4);
        assert_eq!(mails::of_organization(world.store(), &world.owner, acme, 2).await.unwrap().len(), 2);
    }

    async fn the_outbox_is_emptied_of_what_was_said_after_thirty_days_and_of_the_rows_after_six_months(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let note = mails::send_test(&world.engine, &world.owner, acme, MONDAY).await.unwrap();
        let report = queued(&world, acme, "a@x.test").await;
        for _ in 0..2 {
            let claim = mails::claim_due(world.store(), "one", MONDAY).await.unwrap().unwrap();
            mails::finish(world.store(), &claim, Outcome::Failed("552 too big".into()), MONDAY).await.unwrap();
        }
        let waits = queued(&world, acme, "b@x.test").await;
        assert_eq!(mails::empty(world.store(), MONDAY + Span::days(29)).await.unwrap(), Emptied::default());
        let month = MONDAY + Span::days(31);
        assert_eq!(mails::empty(world.store(), month).await.unwrap(), Emptied { contents: 1, rows: 0 });
        assert_eq!(mails::empty(world.store(), month).await.unwrap(), Emptied::default(), "once");
        let (row, content) = mails::content_of(world.store(), &world.owner, note).await.unwrap();
        assert!(row.gone && content == Content::Gone && row.said == "552 too big");
        let again = mails::send_again(&world.engine, &world.owner, note, month).await;
        assert!(matches!(again, Err(Error::Conflict { code: "contents_gone", .. })), "{again:?}");
        assert!(!mails::get(world.store(), &world.owner, report).await.unwrap().row.gone, "it follows from its report");
        // Somebody asks for it again: it counts from then on.
        mails::send_again(&world.engine, &world.owner, report, month).await.unwrap();
        let claim = mails::claim_due(world.store(), "one", month).await.unwrap().unwrap();
        let claim = if claim.id == waits { mails::claim_due(world.store(), "one", month).await.unwrap().unwrap() } else { claim };
        assert_eq!(claim.id, report);
        mails::finish(world.store(), &claim, Outcome::Sent("250 Ok".into()), month).await.unwrap();
        let half = MONDAY + mails::ROWS_KEPT + Span::days(1);
        assert_eq!(mails::empty(world.store(), half).await.unwrap(), Emptied { contents: 0, rows: 1 });
        assert!(matches!(mails::get(world.store(), &world.owner, note).await, Err(Error::NotFound(_))));
        assert_eq!(state(&world, report).await.1.len(), 4, "its story with it");
        assert_eq!(mails::empty(world.store(), half + Span::days(31)).await.unwrap(), Emptied { contents: 0, rows: 1 });
        assert_eq!(state(&world, waits).await.0, MailState::Queued, "what waits is never taken away");
        let log = engine::store::audit::list(world.store(), &world.owner, &Default::default()).await.unwrap();
        assert!(log.items.iter().any(|row| row.what == "mail.expire"));
    }
}
