//! Jumping by name, uses and effects of policies, the own password and memberships.

use crate::world::{EMAIL, MONDAY, PASSWORD, World, new_device};
use domain::{
    access::{Actor, Role, Scope},
    health::Band,
    policy::Policy,
    run::RunState,
    schedule::Schedule,
    time::Span,
};
use engine::{
    on_both_stores,
    store::{
        devices, partners,
        people::{self, NewMember},
        policies::{self, NewPolicy, PolicyChange},
        search,
        sessions::{self, SignInError},
    },
};

on_both_stores! {
    async fn a_typed_text_finds_beginnings_before_words_before_insides_and_eight_at_most(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme Files").await;
        world.organization("Northfield").await;
        for name in ["offset", "berlin-fs-01", "FS-02", "fs-01", "100%_done"] {
            world.device(acme, name).await;
        }
        let names = |hits: &search::Hits| hits.devices.iter().map(|d| d.name.clone()).collect::<Vec<_>>();
        let find = async |text: &str| search::by_name(world.store(), &world.owner, text).await.unwrap();
        let hits = find(" Fs").await;
        assert_eq!(names(&hits), ["fs-01", "FS-02", "berlin-fs-01", "offset"]);
        assert_eq!(hits.devices[0].organization, "Acme Files");
        assert_eq!(find("fi").await.organizations.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["Acme Files", "Northfield"]);
        assert_eq!(names(&find("%_").await), ["100%_done"], "what is typed is no pattern");
        let beta = world.organization("Beta & Söhne").await;
        world.device(beta, "fs-01").await;
        let of = |hits: &search::Hits| hits.devices.iter().map(|d| format!("{} of {}", d.name, d.organization)).collect::<Vec<_>>();
        for both in ["beta fs", "fs beta", "beta & söhne fs-01"] {
            assert_eq!(of(&find(both).await), ["fs-01 of Beta & Söhne"], "{both}");
        }
        assert!(find("  ").await.devices.is_empty() && find("zz").await.organizations.is_empty());
        for n in 0..20 {
            world.device(acme, &format!("ws-{n:02}")).await;
        }
        assert_eq!(names(&find("ws-").await), (0..8).map(|n| format!("ws-{n:02}")).collect::<Vec<_>>());
    }

    async fn a_search_and_a_look_up_stay_within_the_scope(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Ace").await);
        let (mine, theirs) = (world.device(acme, "fs-01").await, world.device(other, "fs-02").await);
        let sub = partners::create(world.store(), &world.owner, "Sub", "UTC", Some(world.partner), MONDAY).await.unwrap();
        let below = Actor::system(Scope::Partners([sub].into()));
        let beside = engine::store::organizations::NewOrganization { name: "Abel".into(), ..Default::default() };
        let abel = engine::store::organizations::create(world.store(), &below, beside, MONDAY).await.unwrap();
        devices::create(&world.engine, &below, new_device(abel, "fs-00"), MONDAY).await.unwrap();
        let whole = Actor::system(Scope::Partners([world.partner, sub].into()));
        let hits = search::by_name(world.store(), &whole, "a").await.unwrap();
        assert_eq!(hits.organizations.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["Abel", "Ace", "Acme"], "several partners, one order");
        let one = Actor::system(Scope::Organization(world.partner, acme));
        let hits = search::by_name(world.store(), &one, "fs").await.unwrap();
        assert_eq!(hits.devices.iter().map(|d| d.id).collect::<Vec<_>>(), [mine]);
        let hits = search::by_id(world.store(), &one, &[other, acme], &[theirs, mine], &[]).await.unwrap();
        assert_eq!((hits.organizations.len(), hits.organizations[0].id, hits.devices.len(), hits.devices[0].id), (1, acme, 1, mine));
        let device = Actor::system(Scope::Device(world.partner, acme, mine));
        let hits = search::by_name(world.store(), &device, "a").await.unwrap();
        assert!(hits.organizations.is_empty());
    }

    async fn policies_tell_who_follows_them_and_an_unused_one_can_be_deleted(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let store = world.store();
        let daily = policies::list(store, &world.owner).await.unwrap()[0].id;
        let new = NewPolicy { partner: None, name: "Hourly".into(), policy: Policy { schedule: Schedule::Every { every_minutes: 60 }, ..Policy::default() } };
        let hourly = policies::create(store, &world.owner, new, MONDAY).await.unwrap();
        world.device(acme, "fs-01").await;
        let gone = world.device(acme, "fs-02").await;
        devices::retire(&world.engine, &world.owner, gone, MONDAY).await.unwrap();
        let uses = policies::uses(store, &world.owner).await.unwrap();
        assert_eq!((uses[&daily].devices, uses[&daily].servers, uses[&daily].more, uses[&hourly].devices), (1, 1, false, 0));
        let code = async |id| policies::delete(store, &world.owner, id, MONDAY).await.unwrap_err().public_code();
        assert_eq!(code(daily).await, "default_needed");
        let change = PolicyChange { is_default: Some(true), ..Default::default() };
        policies::edit(&world.engine, &world.owner, hourly, change, MONDAY).await.unwrap();
        assert_eq!(code(daily).await, "policy_used");
        let new = NewPolicy { partner: None, name: "Spare".into(), policy: Policy::default() };
        let spare = policies::create(store, &world.owner, new, MONDAY).await.unwrap();
        policies::delete(store, &world.owner, spare, MONDAY).await.unwrap();
        assert_eq!(code(spare).await, "not_found");
    }

    async fn the_effect_of_a_change_is_what_saving_it_brings(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        world.device(acme, "fs-02").await;
        world.report(device, "1", RunState::Succeeded, MONDAY + Span::HOUR).await;
        let now = MONDAY + Span::hours(20);
        let policy = policies::list(world.store(), &world.owner).await.unwrap().remove(0);
        let tight = Policy { schedule: Schedule::Every { every_minutes: 60 }, grace_minutes: 0, ..policy.policy.clone() };
        let effect = policies::effect(world.store(), &world.owner, policy.id, &tight, now).await.unwrap();
        assert_eq!((effect.assessed, effect.cut, effect.worse, effect.better), (2, false, 1, 0));
        assert_eq!((effect.named[0].name.as_str(), effect.named[0].before, effect.named[0].after), ("fs-01", Band::Healthy, Band::Warning));
        let same = policies::effect(world.store(), &world.owner, policy.id, &policy.policy, now).await.unwrap();
        assert_eq!((same.worse, same.better), (0, 0));
        let change = PolicyChange { schedule: Some(tight.schedule), grace_minutes: Some(0), ..Default::default() };
        policies::edit(&world.engine, &world.owner, policy.id, change, now).await.unwrap();
        let after = devices::get(world.store(), &world.owner, device, now).await.unwrap();
        assert_eq!(after.row.band, Band::Warning);
    }

    async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let here = sessions::sign_in(store, EMAIL, PASSWORD, "here", MONDAY).await.unwrap();
        let there = sessions::sign_in(store, EMAIL, PASSWORD, "there", MONDAY).await.unwrap();
        let session = sessions::find(store, &here.token, MONDAY).await.unwrap().unwrap();
        let new = "another long word entirely";
        let wrong = sessions::change_password(store, &session, "not it", new, MONDAY).await.unwrap_err();
        assert!(matches!(wrong, SignInError::WrongCredentials));
        let short = sessions::change_password(store, &session, PASSWORD, "short", MONDAY).await.unwrap_err();
        assert!(matches!(short, SignInError::Failed(e) if e.public_field() == Some("new")));
        let ended = sessions::change_password(store, &session, PASSWORD, new, MONDAY).await.unwrap();
        assert_eq!(ended, 2, "the one of the world, and the other browser");
        assert!(sessions::find(store, &there.token, MONDAY).await.unwrap().is_none());
        assert!(sessions::find(store, &here.token, MONDAY).await.unwrap().is_some());
        assert!(sessions::sign_in(store, EMAIL, PASSWORD, "", MONDAY).await.is_err());
        sessions::sign_in(store, EMAIL, new, "", MONDAY).await.unwrap();
    }

    async fn guessing_the_old_password_locks_as_signing_in_does(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let here = sessions::sign_in(store, EMAIL, PASSWORD, "here", MONDAY).await.unwrap();
        let session = sessions::find(store, &here.token, MONDAY).await.unwrap().unwrap();
        let guess = async || sessions::change_password(store, &session, "guessed", "another long word entirely", MONDAY).await.unwrap_err();
        for _ in 0..5 {
            assert!(matches!(guess().await, SignInError::WrongCredentials));
        }
        assert!(matches!(guess().await, SignInError::LockedUntil(_)));
    }

    async fn a_session_is_switched_to_another_membership_of_its_person_and_to_no_other(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let acme = world.organization("Acme").await;
        let sub = partners::create(store, &world.owner, "Sub", "UTC", Some(world.partner), MONDAY).await.unwrap();
        let owner = Actor { scope: Scope::Partners([world.partner, sub].into()), ..world.owner.clone() };
        let new = |partner, organization, role| NewMember { partner, organization, email: EMAIL.into(), name: "Ada".into(), password: PASSWORD.into(), role };
        people::add_member(store, &owner, new(Some(sub), None, Role::Viewer), MONDAY).await.unwrap();
        people::add_member(store, &owner, new(None, Some(acme), Role::ClientAdmin), MONDAY).await.unwrap();
        let token = sessions::sign_in(store, EMAIL, PASSWORD, "", MONDAY).await.unwrap().token;
        let session = sessions::find(store, &token, MONDAY).await.unwrap().unwrap();
        let others: Vec<_> = session.others.iter().map(|m| (m.partner_name.as_str(), m.organization.as_ref().map(|o| o.1.as_str()), m.role)).collect();
        assert_eq!(others, [("Sub", None, Role::Viewer), ("Northwind", Some("Acme"), Role::ClientAdmin)]);
        sessions::switch(store, &session, world.partner, Some(acme), MONDAY).await.unwrap();
        let session = sessions::find(store, &token, MONDAY).await.unwrap().unwrap();
        assert_eq!((session.role, session.actor.scope.clone(), session.others.len()), (Role::ClientAdmin, Scope::Organization(world.partner, acme), 2));
        let nowhere = sessions::switch(store, &session, sub, Some(acme), MONDAY).await.unwrap_err();
        assert_eq!(nowhere.public_code(), "not_found");
    }
}
