//! First start, signing in and out, keys, the audit chain.

use crate::world::{EMAIL, MONDAY, PASSWORD, World, new_device};
use domain::{
    access::{Action, KeyRights, Role, Scope},
    time::{Span, Time},
};
use engine::{
    Error, on_both_stores,
    store::{
        audit::{self, AuditFilter},
        devices,
        keys::{self, KeyScope, NewKey},
        people::{self, FirstOwner, NewMember},
        policies, sessions,
        sessions::SignInError,
    },
};
use sea_orm::{ConnectionTrait, Statement};

fn first() -> FirstOwner {
    FirstOwner {
        email: "eve@example.org".into(),
        name: "Eve".into(),
        password: "another long word".into(),
        partner: "Other".into(),
        time_zone: "UTC".into(),
    }
}

async fn wrong(world: &World, email: &str, now: Time) -> SignInError {
    sessions::sign_in(world.store(), email, "not the password", "", now).await.unwrap_err()
}

on_both_stores! {
    async fn ids_rise_are_positive_and_carry_their_time(fresh) {
        let mut last = 0;
        for step in 0..5_000 {
            let id = fresh.store.id(MONDAY + Span(step / 1_000));
            assert!(id > last);
            last = id;
        }
        let later = fresh.store.id(MONDAY + Span::MINUTE);
        assert!(later > last && later >> 21 == (MONDAY + Span::MINUTE).0 - 1_735_689_600_000);
        assert!(fresh.store.id(Time(0)) > later, "a clock that went back doesn't make ids fall");
    }

    async fn the_first_start_makes_an_owner_a_partner_and_its_daily_policy_once(fresh) {
        assert!(people::first_start_needed(&fresh.store).await.unwrap());
        let world = World::started(fresh).await;
        assert!(!people::first_start_needed(world.store()).await.unwrap());
        let policies = policies::list(world.store(), &world.owner).await.unwrap();
        assert_eq!(policies.iter().map(|p| (p.name.as_str(), p.is_default)).collect::<Vec<_>>(), [("Daily", true)]);
        let again = people::first_start(world.store(), first(), MONDAY).await.unwrap_err();
        assert_eq!(again.public_code(), "already_started");
    }

    async fn of_two_first_starts_at_once_one_wins(fresh) {
        let (a, b) = tokio::join!(
            people::first_start(&fresh.store, first(), MONDAY),
            people::first_start(&fresh.store, FirstOwner { email: "mallory@example.org".into(), ..first() }, MONDAY),
        );
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    }

    async fn a_short_password_or_the_address_itself_is_refused(fresh) {
        for (password, code) in [("elevenchars", "password_too_short"), ("EVE@example.org", "password_is_email")] {
            let refused = people::first_start(&fresh.store, FirstOwner { password: password.into(), ..first() }, MONDAY).await;
            assert_eq!(refused.unwrap_err().public_code(), code);
        }
        let refused = people::first_start(&fresh.store, FirstOwner { time_zone: "Mars/Olympus".into(), ..first() }, MONDAY).await;
        assert_eq!(refused.unwrap_err().public_code(), "unknown_time_zone");
        assert!(people::first_start_needed(&fresh.store).await.unwrap());
    }

    async fn a_session_ends_by_signing_out_after_twelve_idle_hours_and_after_thirty_days(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let signed_in = sessions::sign_in(store, " ADA@EXAMPLE.ORG ", PASSWORD, "Firefox", MONDAY).await.unwrap();
        let session = sessions::find(store, &signed_in.token, MONDAY + Span::hours(11)).await.unwrap().unwrap();
        assert_eq!((session.email.as_str(), session.role, session.partner_name.as_str()), (EMAIL, Role::Owner, "Northwind"));
        assert!(sessions::find(store, &signed_in.token, MONDAY + Span::hours(36)).await.unwrap().is_none(), "idle");
        assert!(sessions::find(store, "no such token", MONDAY).await.unwrap().is_none());

        sessions::sign_out(store, &signed_in.token, MONDAY + Span::hours(1)).await.unwrap();
        assert!(sessions::find(store, &signed_in.token, MONDAY + Span::hours(1)).await.unwrap().is_none());
        sessions::sign_out(store, &signed_in.token, MONDAY + Span::hours(1)).await.unwrap();

        let kept = sessions::sign_in(store, EMAIL, PASSWORD, "", MONDAY).await.unwrap();
        let mut now = MONDAY;
        while now - MONDAY < Span::days(30) {
            assert!(sessions::find(store, &kept.token, now).await.unwrap().is_some(), "used every eleven hours");
            // The mark is written off the request's path: wait for it.
            for _ in 0..200 {
                let seen = sessions::list(store, &world.owner, now).await.unwrap();
                if seen.iter().any(|s| s.id == kept.session && s.seen_at == now) { break }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            now += Span::hours(11);
        }
        assert!(sessions::find(store, &kept.token, now).await.unwrap().is_none(), "thirty days");
    }

    async fn sessions_that_are_over_are_purged_and_live_ones_stay(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        sessions::purge(store, MONDAY + Span::days(60)).await.unwrap();
        let rows = async || {
            let sql = Statement::from_string(store.backend(), "SELECT id FROM sessions ORDER BY id");
            let rows = store.reads().query_all_raw(sql).await.unwrap();
            rows.iter().map(|row| row.try_get_by_index::<i64>(0).unwrap()).collect::<Vec<_>>()
        };
        let sign_in = async |at: Time| sessions::sign_in(store, EMAIL, PASSWORD, "", at).await.unwrap();
        let idle = sign_in(MONDAY).await;
        let used = sign_in(MONDAY + Span::hours(1)).await;
        let noon = MONDAY + Span::hours(12);
        assert_eq!(sessions::purge(store, noon - Span(1)).await.unwrap(), 0, "twelve hours are not over");
        assert_eq!(sessions::purge(store, noon).await.unwrap(), 1);
        assert!(sessions::find(store, &idle.token, noon).await.unwrap().is_none());
        assert!(sessions::find(store, &used.token, noon).await.unwrap().is_some());
        assert_eq!(rows().await, [used.session.0]);
        // Used to the end, and thirty days old.
        let tx = store.begin().await.unwrap();
        tx.execute_unprepared(&format!("UPDATE sessions SET seen_at = {}", (used.expires_at - Span::MINUTE).0)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sessions::purge(store, used.expires_at - Span(1)).await.unwrap(), 0);
        assert_eq!(sessions::purge(store, used.expires_at).await.unwrap(), 1);
        assert!(rows().await.is_empty());
    }

    async fn an_address_is_locked_after_five_failures_known_or_not_and_longer_each_time(fresh) {
        let world = World::started(fresh).await;
        for email in [EMAIL, "nobody@example.org"] {
            for _ in 0..5 {
                assert!(matches!(wrong(&world, email, MONDAY).await, SignInError::WrongCredentials));
            }
            let SignInError::LockedUntil(until) = wrong(&world, email, MONDAY).await else { panic!("not locked") };
            assert_eq!(until, MONDAY + Span::MINUTE, "{email}");
            assert!(matches!(wrong(&world, email, until).await, SignInError::WrongCredentials));
            let SignInError::LockedUntil(again) = wrong(&world, email, until).await else { panic!("not locked") };
            assert_eq!(again, until + Span::minutes(2), "{email}");
        }
        let now = MONDAY + Span::hours(2);
        assert!(sessions::sign_in(world.store(), EMAIL, PASSWORD, "", MONDAY + Span::MINUTE).await.is_err(), "locked for the right password, too");
        sessions::sign_in(world.store(), EMAIL, PASSWORD, "", now).await.unwrap();
        assert!(matches!(wrong(&world, EMAIL, now).await, SignInError::WrongCredentials), "a success forgives");
    }

    async fn many_guesses_at_once_dont_outrun_the_lock(fresh) {
        let world = World::started(fresh).await;
        let guesses = (0..12).map(|_| wrong(&world, EMAIL, MONDAY));
        let mut tried = 0;
        let mut all: Vec<_> = guesses.map(Box::pin).collect();
        let answers = futures_join(&mut all).await;
        for answer in answers {
            tried += usize::from(matches!(answer, SignInError::WrongCredentials));
        }
        assert_eq!(tried, 5);
    }

    async fn tokens_and_keys_are_not_stored(fresh) {
        let world = World::started(fresh).await;
        let token = sessions::sign_in(world.store(), EMAIL, PASSWORD, "", MONDAY).await.unwrap().token;
        let key = NewKey { scope: KeyScope::Partner(world.partner), name: "script".into(), rights: KeyRights { read: true, ..Default::default() }, expires_at: None };
        let (_, plain) = keys::create(world.store(), &world.owner, key, MONDAY).await.unwrap();
        for (table, columns) in [("sessions", "token_hash || user_agent"), ("api_keys", "token_hash || token_start || name"), ("audit", "detail || subject")] {
            let sql = format!("SELECT {columns} AS held FROM {table}");
            let rows = world.store().reads().query_all_raw(sea_orm::Statement::from_string(world.store().backend(), sql)).await.unwrap();
            for row in rows {
                let held: String = row.try_get("", "held").unwrap();
                assert!(!held.contains(&token) && !held.contains(&plain), "{table}");
            }
        }
    }

    async fn a_key_works_until_it_ends_or_is_revoked(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let rights = KeyRights { ingest: true, ..Default::default() };
        let new = |name: &str, expires_at| NewKey { scope: KeyScope::Partner(world.partner), name: name.into(), rights, expires_at };
        let (_, ends) = keys::create(store, &world.owner, new("ends", Some(MONDAY + Span::HOUR)), MONDAY).await.unwrap();
        let (id, revoked) = keys::create(store, &world.owner, new("revoked", None), MONDAY).await.unwrap();
        assert!(ends.starts_with("hf_") && ends.len() == 43 && ends != revoked);
        assert!(keys::find(store, &ends, MONDAY).await.unwrap().is_some());
        assert!(keys::find(store, &ends, MONDAY + Span::HOUR).await.unwrap().is_none());
        let actor = keys::find(store, &revoked, MONDAY).await.unwrap().unwrap();
        assert!(actor.may(Action::Ingest) && !actor.may(Action::SeeDashboards));
        assert_eq!(actor.scope, Scope::Partners([world.partner].into()));
        keys::revoke(store, &world.owner, id, MONDAY).await.unwrap();
        assert!(keys::find(store, &revoked, MONDAY).await.unwrap().is_none());
        assert!(keys::find(store, "hf_0000000000000000000000000000000000000000", MONDAY).await.unwrap().is_none());
        let listed = keys::list(store, &world.owner).await.unwrap();
        assert_eq!(listed.iter().map(|k| (k.name.as_str(), k.revoked_at)).collect::<Vec<_>>(), [("revoked", Some(MONDAY)), ("ends", None)]);
        assert!(listed.iter().all(|k| k.token_start.len() == 8));
    }

    async fn a_key_of_a_device_only_sends(fresh) {
        let world = World::started(fresh).await;
        let organization = world.organization("Acme").await;
        let made = devices::create_with_key(&world.engine, &world.owner, new_device(organization, "fs-01"), MONDAY).await.unwrap();
        let (_, plain) = made.key.unwrap();
        let actor = keys::find(world.store(), &plain, MONDAY).await.unwrap().unwrap();
        assert_eq!(actor.scope, Scope::Device(world.partner, organization, made.device));
        assert!(actor.may(Action::Ingest) && !actor.may(Action::ManageDevices) && !actor.may(Action::SeeDashboards));
        let asked = NewKey { scope: KeyScope::Device(made.device), name: "more".into(), rights: KeyRights { ingest: true, read: true, manage: false }, expires_at: None };
        assert_eq!(keys::create(world.store(), &world.owner, asked, MONDAY).await.unwrap_err().public_code(), "invalid_rights");
    }

    async fn roles_decide_what_a_member_may(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let mut actors = Vec::new();
        for (role, organization) in [(Role::Technician, None), (Role::Viewer, None), (Role::Finance, None), (Role::ClientAdmin, Some(acme))] {
            let email = format!("{role}@example.org");
            let new = NewMember { partner: None, organization, email: email.clone(), name: role.to_string(), password: PASSWORD.into(), role };
            people::add_member(world.store(), &world.owner, new, MONDAY).await.unwrap();
            let token = sessions::sign_in(world.store(), &email, PASSWORD, "", MONDAY).await.unwrap().token;
            actors.push(sessions::find(world.store(), &token, MONDAY).await.unwrap().unwrap().actor);
        }
        let make = |actor: domain::access::Actor, name: &'static str| {
            let engine = world.engine.clone();
            async move { devices::create(&engine, &actor, new_device(acme, name), MONDAY).await.map_err(|e| e.public_code()).map(|_| ()) }
        };
        assert_eq!(make(actors[0].clone(), "a").await, Ok(()));
        for actor in &actors[1..] {
            assert_eq!(make(actor.clone(), "b").await, Err("forbidden"), "{actor:?}");
        }
        let seen = devices::list(world.store(), &actors[2], &devices::DeviceFilter::default(), MONDAY).await;
        assert!(matches!(seen, Err(Error::Forbidden(_))), "finance sees seats and plans only");
        let client = people::members(world.store(), &actors[3]).await.unwrap();
        assert_eq!(client.iter().map(|m| m.role).collect::<Vec<_>>(), [Role::ClientAdmin]);
        let upwards = NewMember { partner: Some(world.partner), organization: None, email: "up@example.org".into(), name: "Up".into(), password: PASSWORD.into(), role: Role::Owner };
        assert_eq!(people::add_member(world.store(), &actors[3], upwards, MONDAY).await.unwrap_err().public_code(), "not_found");
    }

    async fn the_audit_chain_shows_when_an_entry_was_changed_or_taken_out(fresh) {
        let world = World::started(fresh).await;
        world.organization("Acme").await;
        assert!(matches!(wrong(&world, EMAIL, MONDAY).await, SignInError::WrongCredentials));
        let (store, partner) = (world.store(), world.partner);
        let entries = audit::list(store, &world.owner, &AuditFilter::default()).await.unwrap().items;
        let what: Vec<_> = entries.iter().rev().map(|e| e.what.as_str()).collect();
        assert_eq!(what, ["partner.create", "member.create", "sign_in", "organization.create", "sign_in.failed"]);
        assert_eq!(audit::verify(store, &world.owner, partner).await.unwrap(), None);
        let tamper = async |sql: &str| {
            let tx = store.begin().await.unwrap();
            tx.execute_unprepared(sql).await.unwrap();
            tx.commit().await.unwrap();
        };
        tamper("UPDATE audit SET detail = '{\"role\":\"viewer\"}' WHERE seq = 2").await;
        assert_eq!(audit::verify(store, &world.owner, partner).await.unwrap(), Some(2));
        tamper("DELETE FROM audit WHERE seq = 2").await;
        assert_eq!(audit::verify(store, &world.owner, partner).await.unwrap(), Some(2));
    }

    async fn commands_at_once_keep_the_chain_whole(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let names: Vec<String> = (0..16).map(|n| format!("pc-{n}")).collect();
        let mut made: Vec<_> =
            names.iter().map(|name| Box::pin(devices::create(&world.engine, &world.owner, new_device(acme, name), MONDAY))).collect();
        assert!(futures_join(&mut made).await.into_iter().all(|m| m.is_ok()));
        assert_eq!(audit::verify(world.store(), &world.owner, world.partner).await.unwrap(), None);
    }

    async fn the_command_line_makes_an_owner_or_renews_the_password(fresh) {
        let (store, now) = (&fresh.store, MONDAY);
        let (user, partner) = people::create_owner(store, "cli@example.org", PASSWORD.into(), "Contoso", "UTC", now).await.unwrap();
        let again = people::create_owner(store, "CLI@example.org", "a new long password".into(), "contoso", "UTC", now).await.unwrap();
        assert_eq!(again, (user, partner));
        assert!(sessions::sign_in(store, "cli@example.org", PASSWORD, "", now).await.is_err());
        sessions::sign_in(store, "cli@example.org", "a new long password", "", now).await.unwrap();
    }
}

/// Polls all at once, gives all outcomes in order.
async fn futures_join<F: Future + Unpin>(all: &mut [F]) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (future, place) in all.iter_mut().zip(&mut done) {
            if place.is_none() {
                match std::pin::Pin::new(future).poll(cx) {
                    std::task::Poll::Ready(output) => *place = Some(output),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
