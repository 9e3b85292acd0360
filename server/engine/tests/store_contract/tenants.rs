//! Whose objects exist for whom: outside the scope nothing is found.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, KeyRights, Role, Scope},
    ids::KeyId,
    run::RunState,
};
use engine::{
    on_both_stores,
    store::{
        alerts, audit,
        devices::{self, DeviceChange, DeviceFilter},
        inbox, jobs,
        keys::{self, KeyScope, NewKey},
        organizations::{self, NewOrganization, OrganizationChange, OrganizationFilter, Window},
        partners,
        policies::{self, NewPolicy, PolicyChange},
        restore_tests, runs,
    },
};

fn as_owner(world: &World, scope: Scope) -> Actor {
    Actor { ground: Ground::Member(world.user, Role::Owner), scope }
}

on_both_stores! {
    async fn another_partners_objects_are_not_found_whatever_is_asked(fresh) {
        let world = World::started(fresh).await;
        let (store, engine, now) = (world.store(), &world.engine, MONDAY);
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        world.report(device, "r1", RunState::Failed, now).await;
        let owner = &world.owner;
        let run = runs::list(store, owner, &runs::RunFilter::default()).await.unwrap().items[0].id;
        let job = jobs::list(store, owner, device).await.unwrap()[0].id;
        let alert = alerts::list(store, owner, &alerts::AlertFilter::default()).await.unwrap().items[0].id;
        let policy = policies::list(store, owner).await.unwrap()[0].id;
        let rights = KeyRights { ingest: true, ..Default::default() };
        let key = NewKey { scope: KeyScope::Organization(acme), name: "k".into(), rights, expires_at: None };
        let (key_id, _) = keys::create(store, owner, key.clone(), now).await.unwrap();

        let system = Actor::system(partners::everything(store).await.unwrap());
        let stranger = partners::create(store, &system, "Contoso", "UTC", Some(world.partner), now).await.unwrap();
        let their_scope = Scope::Partners([stranger].into());
        for their in [as_owner(&world, their_scope.clone()), Actor { ground: Ground::Key(KeyId(1), KeyRights { ingest: true, read: true, manage: true }), scope: their_scope }] {
            let t = &their;
            macro_rules! hidden { ($($call:expr),* $(,)?) => {$( assert_eq!($call.await.map(|_| ()).map_err(|e| e.public_code()), Err("not_found"), "{}", stringify!($call)); )*} }
            hidden!(
                partners::get(store, t, world.partner),
                partners::edit(store, t, world.partner, partners::PartnerChange::default(), now),
                organizations::get(store, t, acme),
                organizations::counts(store, t, acme, Window::Day, now),
                organizations::edit(engine, t, acme, OrganizationChange::default(), now),
                organizations::create(store, t, NewOrganization { partner: Some(world.partner), name: "x".into(), ..Default::default() }, now),
                policies::get(store, t, policy),
                policies::edit(engine, t, policy, PolicyChange::default(), now),
                policies::create(store, t, NewPolicy { partner: Some(world.partner), name: "x".into(), policy: Default::default() }, now),
                devices::get(store, t, device, now),
                devices::loaded(store, t, device),
                devices::assessment(store, t, device, now, now),
                devices::create(engine, t, new_device(acme, "x"), now),
                devices::edit(engine, t, device, DeviceChange::default(), now),
                devices::pause(engine, t, device, now),
                devices::resume(engine, t, device, now),
                devices::retire(engine, t, device, now),
                jobs::list(store, t, device),
                jobs::get(store, t, job),
                jobs::edit(engine, t, job, jobs::JobChange::default(), now),
                runs::get(store, t, run),
                runs::log(store, t, run),
                alerts::get(store, t, alert),
                alerts::acknowledge(engine, t, alert, "x", now),
                alerts::take_back(engine, t, alert, now),
                alerts::end_snooze(engine, t, alert, now),
                alerts::note(engine, t, alert, "x", now),
                restore_tests::list(store, t, device),
                keys::create(store, t, key.clone(), now),
                keys::revoke(store, t, key_id, now),
                inbox::dismiss(store, t, domain::ids::InboxId(1), now),
            );
            assert!(organizations::list(store, t, &OrganizationFilter::default()).await.unwrap().items.is_empty());
            assert!(devices::list(store, t, &DeviceFilter { organization: Some(acme), ..Default::default() }, now).await.unwrap().items.is_empty());
            assert!(runs::list(store, t, &runs::RunFilter { device: Some(device), ..Default::default() }).await.unwrap().items.is_empty());
            assert!(alerts::list(store, t, &alerts::AlertFilter { device: Some(device), ..Default::default() }).await.unwrap().items.is_empty());
        }
        let theirs = as_owner(&world, Scope::Partners([stranger].into()));
        assert_eq!(audit::verify(store, &theirs, world.partner).await.unwrap_err().public_code(), "not_found");
        assert!(keys::list(store, &theirs).await.unwrap().is_empty());
    }

    async fn a_partner_sees_its_sub_resellers_and_they_dont_see_it(fresh) {
        let world = World::started(fresh).await;
        let (store, now) = (world.store(), MONDAY);
        let below = partners::create(store, &world.owner, "South", "UTC", None, now).await.unwrap();
        let mut top = as_owner(&world, Scope::Partners([world.partner].into()));
        let key = |partner| NewKey { scope: KeyScope::Partner(partner), name: "k".into(), rights: KeyRights { ingest: false, read: true, manage: true }, expires_at: None };
        assert_eq!(keys::create(store, &top, key(below), now).await.unwrap_err().public_code(), "not_found", "a scope is resolved once, at the start of a request");
        let (_, plain) = keys::create(store, &top, key(world.partner), now).await.unwrap();
        top = keys::find(store, &plain, now).await.unwrap().unwrap();
        assert_eq!(top.scope, Scope::Partners([world.partner, below].into()));
        let (_, plain) = keys::create(store, &top, key(below), now).await.unwrap();
        let bottom = keys::find(store, &plain, now).await.unwrap().unwrap();
        let new = NewOrganization { partner: Some(below), name: "Harbour".into(), ..Default::default() };
        let harbour = organizations::create(store, &top, new, now).await.unwrap();
        world.organization("Acme").await;
        let names = async |actor: &Actor| -> Vec<String> {
            organizations::list(store, actor, &OrganizationFilter::default()).await.unwrap().items.into_iter().map(|o| o.name).collect()
        };
        assert_eq!(names(&top).await, ["Acme", "Harbour"]);
        assert_eq!(names(&bottom).await, ["Harbour"]);
        assert_eq!(organizations::get(store, &bottom, harbour).await.unwrap().time_zone, "UTC", "its partner's zone");
        let seen: Vec<_> = partners::list(store, &bottom).await.unwrap().into_iter().map(|p| p.id).collect();
        assert_eq!(seen, [below]);
    }

    async fn an_organizations_actor_sees_its_own_organization_only(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let (own, hidden) = (world.device(acme, "own").await, world.device(other, "hidden").await);
        let client = Actor { ground: Ground::Member(world.user, Role::ClientViewer), scope: Scope::Organization(world.partner, acme) };
        let (store, now) = (world.store(), MONDAY);
        let list = devices::list(store, &client, &DeviceFilter::default(), now).await.unwrap();
        assert_eq!(list.items.iter().map(|d| d.id).collect::<Vec<_>>(), [own]);
        assert_eq!(devices::get(store, &client, hidden, now).await.unwrap_err().public_code(), "not_found");
        assert_eq!(organizations::get(store, &client, other).await.unwrap_err().public_code(), "not_found");
        assert!(policies::list(store, &client).await.unwrap().is_empty() && partners::list(store, &client).await.unwrap().is_empty());
    }
}
