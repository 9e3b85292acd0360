//! Rules of service level: made, ended, inherited, previewed, and who may.

use crate::world::{MONDAY, World};
use domain::{
    access::{Actor, Ground, KeyRights, Role, Scope},
    ids::{DeviceId, KeyId, OrganizationId, PartnerId},
    policy::DeviceClass,
    run::RunState,
    time::{Span, Time},
};
use engine::{
    check, live, on_both_stores,
    store::{
        audit, devices,
        organizations::{self, NewOrganization},
        partners,
        sla::{self, Proposal, RuleScope, Source},
    },
};

const SERVERS: DeviceClass = DeviceClass::Server;

impl World {
    fn of_partner(&self, hours: i64) -> Proposal {
        Proposal { scope: RuleScope::Partner(self.partner), class: SERVERS, hours }
    }

    async fn standing_now(&self) -> (i64, i64) {
        let counts = live::counts(self.store(), &self.owner).await.unwrap();
        (counts.covered, counts.in_breach)
    }

    async fn set(&self, new: Proposal, now: Time) {
        sla::set(&self.engine, &self.owner, new, now).await.unwrap();
    }

    /// An actor for all there is, a partner below the first, an organization of it.
    async fn below(&self, name: &str, above: PartnerId) -> (Actor, PartnerId, OrganizationId) {
        let system = Actor::system(partners::everything(self.store()).await.unwrap());
        let partner = partners::create(self.store(), &system, name, "UTC", Some(above), MONDAY).await.unwrap();
        let system = Actor::system(partners::everything(self.store()).await.unwrap());
        let new = NewOrganization { partner: Some(partner), name: format!("Client of {name}"), ..Default::default() };
        let organization = organizations::create(self.store(), &system, new, MONDAY).await.unwrap();
        (system, partner, organization)
    }

    async fn hours(&self, actor: &Actor, organization: OrganizationId) -> (i64, Source) {
        let [servers, _] = sla::of_organization(self.store(), actor, organization).await.unwrap();
        (servers.hours, servers.source)
    }

    async fn no_drift(&self) {
        assert_eq!(check::recount(self.store()).await.unwrap(), []);
    }
}

/// Three servers: backed up 2, 7 and 20 hours before `now`.
async fn three(world: &World, organization: OrganizationId, now: Time) -> [DeviceId; 3] {
    let mut made = Vec::new();
    for (name, ago) in [("fs-02", 2), ("fs-07", 7), ("fs-20", 20)] {
        let device = world.device(organization, name).await;
        world.report(device, "r1", RunState::Succeeded, now - Span::hours(ago)).await;
        made.push(device);
    }
    world.engine.reconciler.tick(now).await.unwrap();
    made.try_into().unwrap()
}

on_both_stores! {
    async fn what_a_preview_says_is_what_happens_after_saving(fresh) {
        let world = World::started(fresh).await;
        let now = MONDAY + Span::hours(30);
        let [_, seven, twenty] = three(&world, world.organization("Acme").await, now).await;
        assert_eq!(world.standing_now().await, (3, 1), "twelve hours by default");
        for (hours, would_be) in [(6, 2), (1, 3), (24, 0), (13, 1)] {
            let preview = sla::preview(world.store(), &world.owner, world.of_partner(hours), now).await.unwrap();
            assert_eq!((preview.covered, preview.would_be), (3, would_be), "{hours} hours");
        }
        let preview = sla::preview(world.store(), &world.owner, world.of_partner(6), now).await.unwrap();
        assert_eq!((preview.in_breach, preview.more, preview.fewer), (1, 1, 0));
        let newly: Vec<_> = preview.newly.iter().map(|t| (t.device, t.since, t.organization.1.as_str())).collect();
        assert_eq!(newly, [(seven, now - Span::HOUR, "Acme")]);
        assert_eq!(world.standing_now().await, (3, 1), "a preview changes nothing");
        world.set(world.of_partner(6), now).await;
        assert_eq!(world.standing_now().await, (3, 2));
        world.no_drift().await;

        let preview = sla::preview(world.store(), &world.owner, world.of_partner(48), now).await.unwrap();
        assert_eq!(preview.leaving.iter().map(|t| t.device).collect::<Vec<_>>(), [twenty, seven]);
        world.set(world.of_partner(48), now + Span::HOUR).await;
        assert_eq!(world.standing_now().await, (3, 0));
        world.no_drift().await;
    }

    async fn a_rule_settles_its_devices_for_the_times_to_come(fresh) {
        let world = World::started(fresh).await;
        let now = MONDAY + Span::hours(30);
        three(&world, world.organization("Acme").await, now).await;
        world.set(world.of_partner(9), now).await;
        assert_eq!(world.standing_now().await, (3, 1));
        // The one of seven hours ago breaks two hours later, and nothing else happens then.
        world.engine.reconciler.tick(now + Span::hours(2)).await.unwrap();
        assert_eq!(world.standing_now().await, (3, 2));
    }

    async fn the_narrowest_rule_holds_and_what_is_above_when_it_ends(fresh) {
        let world = World::started(fresh).await;
        let now = MONDAY + Span::hours(30);
        let (acme, globex) = (world.organization("Acme").await, world.organization("Globex").await);
        three(&world, acme, now).await;
        let device = world.device(globex, "other").await;
        world.report(device, "r1", RunState::Succeeded, now - Span::hours(20)).await;
        let exception = Proposal { scope: RuleScope::Organization(acme), class: SERVERS, hours: 24 };
        world.set(exception, now).await;
        assert_eq!(world.standing_now().await, (4, 1), "only Globex's");
        world.set(world.of_partner(6), now).await;
        assert_eq!((world.hours(&world.owner, acme).await, world.hours(&world.owner, globex).await), ((24, Source::Organization), (6, Source::Partner)));
        assert_eq!(world.standing_now().await, (4, 1), "the exception stands before the partner's rule");
        let standing = sla::standing(world.store(), &world.owner).await.unwrap();
        assert_eq!(standing.exceptions.len(), 1);
        let without = sla::preview_end(world.store(), &world.owner, standing.exceptions[0].id, now).await.unwrap();
        assert_eq!((without.hours, without.more, without.would_be), (6, 2, 2));
        sla::end(&world.engine, &world.owner, standing.exceptions[0].id, now).await.unwrap();
        assert_eq!(world.standing_now().await, (4, 3));
        assert_eq!(world.hours(&world.owner, acme).await, (6, Source::Partner));
        world.no_drift().await;
    }

    async fn a_partner_below_follows_the_nearest_rule_above_until_it_has_its_own(fresh) {
        let world = World::started(fresh).await;
        let (_, middle, client) = world.below("Middle", world.partner).await;
        let (system, lower, lowest) = world.below("Lower", middle).await;
        assert_eq!(world.hours(&system, lowest).await, (12, Source::Default));
        let set = async |scope, hours| {
            sla::set(&world.engine, &system, Proposal { scope, class: SERVERS, hours }, MONDAY).await.unwrap()
        };
        set(RuleScope::Partner(world.partner), 8).await;
        assert_eq!((world.hours(&system, client).await, world.hours(&system, lowest).await), ((8, Source::Above), (8, Source::Above)));
        let own = set(RuleScope::Partner(middle), 4).await;
        assert_eq!((world.hours(&system, client).await, world.hours(&system, lowest).await), ((4, Source::Partner), (4, Source::Above)));
        set(RuleScope::Partner(world.partner), 10).await;
        assert_eq!(world.hours(&system, lowest).await, (4, Source::Above), "the nearer rule stands before it");
        // Organizations and partners that are made later follow too.
        let new = NewOrganization { partner: Some(lower), name: "Late".into(), ..Default::default() };
        let late = organizations::create(world.store(), &system, new, MONDAY).await.unwrap();
        let device = devices::create(&world.engine, &system, crate::world::new_device(late, "srv"), MONDAY).await.unwrap();
        world.engine.reconciler.tick(MONDAY + Span::hours(4)).await.unwrap();
        assert_eq!(live::counts(world.store(), &system).await.unwrap().in_breach, 1);
        sla::end(&world.engine, &system, own, MONDAY + Span::hours(5)).await.unwrap();
        assert_eq!(live::counts(world.store(), &system).await.unwrap().in_breach, 0, "ten hours hold again for {device}");
        assert_eq!(world.hours(&system, lowest).await, (10, Source::Above));
        world.no_drift().await;
    }

    async fn rules_keep_their_history_and_are_in_the_audit_log(fresh) {
        let world = World::started(fresh).await;
        world.set(world.of_partner(6), MONDAY + Span::HOUR).await;
        world.set(world.of_partner(8), MONDAY + Span::hours(2)).await;
        let standing = sla::standing(world.store(), &world.owner).await.unwrap();
        let [ended] = &standing.past[..] else { panic!("one: {standing:?}") };
        let told = (ended.hours, ended.from, ended.until, ended.made_by.as_str(), ended.ended_by.as_deref());
        assert_eq!(told, (6, MONDAY + Span::HOUR, Some(MONDAY + Span::hours(2)), "Ada", Some("Ada")));
        assert_eq!((standing.partners[0].servers.hours, standing.partners[0].workstations.hours), (8, 24));
        let log = audit::list(world.store(), &world.owner, &audit::AuditFilter::default()).await.unwrap().items;
        assert_eq!(log.iter().filter(|entry| entry.what == "sla.set").count(), 2);
        let error = sla::set(&world.engine, &world.owner, world.of_partner(8), MONDAY + Span::hours(3)).await.unwrap_err();
        assert_eq!(error.public_code(), "unchanged");
        for hours in [0, -5, 8_761] {
            let error = sla::set(&world.engine, &world.owner, world.of_partner(hours), MONDAY).await.unwrap_err();
            assert_eq!((error.public_code(), error.public_field()), ("out_of_range", Some("hours")));
        }
    }

    async fn owners_and_admins_set_rules_and_nobody_sets_those_of_others(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let (_, below, _) = world.below("Below", world.partner).await;
        let new = world.of_partner(6);
        let asked = async |actor: &Actor, new| {
            let preview = sla::preview(world.store(), actor, new, MONDAY).await.map(|_| ()).map_err(|e| e.public_code());
            let set = sla::set(&world.engine, actor, new, MONDAY).await.map(|_| ()).map_err(|e| e.public_code());
            assert_eq!(preview.is_ok(), set.is_ok());
            set.err().unwrap_or("done")
        };
        let member = |role, scope: &Scope| Actor { ground: Ground::Member(world.user, role), scope: scope.clone() };
        for (role, told) in [
            (Role::Technician, "forbidden"),
            (Role::Finance, "forbidden"),
            (Role::Viewer, "forbidden"),
            (Role::Admin, "done"),
        ] {
            assert_eq!(asked(&member(role, &world.owner.scope), new).await, told, "{role:?}");
        }
        let client = member(Role::ClientAdmin, &Scope::Organization(world.partner, acme));
        assert_eq!(asked(&client, Proposal { scope: RuleScope::Organization(acme), ..new }).await, "forbidden");
        assert_eq!(asked(&client, new).await, "not_found");
        assert_eq!(world.hours(&client, acme).await, (6, Source::Partner), "a client sees what holds for it");
        assert!(sla::standing(world.store(), &client).await.unwrap().partners.is_empty());
        let stranger = member(Role::Owner, &Scope::Partners([below].into()));
        assert_eq!(asked(&stranger, new).await, "not_found");
        assert_eq!(asked(&stranger, Proposal { scope: RuleScope::Organization(acme), ..new }).await, "not_found");
        let standing = sla::standing(world.store(), &stranger).await.unwrap();
        let line = &standing.partners[0];
        assert_eq!((line.servers.hours, line.servers.source, line.servers.since), (6, Source::Above, None), "the hours, not whose they are");
        let reader = Actor { ground: Ground::Key(KeyId(1), KeyRights { read: true, ..Default::default() }), scope: world.owner.scope.clone() };
        assert_eq!(asked(&reader, Proposal { hours: 9, ..new }).await, "forbidden");
    }
}
