//! Connections: made once per service, authorized once by one person, renewed by one server at a time; what refusals do to consent,
//! to alerts and to counts.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, Role, Scope},
    alert::{AlertKind, Severity},
    consent::Cause,
    health::Reason,
    ids::{ConnectionId, OrganizationId, UserId},
    maintenance::{Occurs, Reach},
    saas::{Consent, Service},
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{
        alerts::{self, AlertFilter, AlertState},
        connections::{self, Claim, Claimed, ConnectionRow, NewConnection, Tokens},
        devices, maintenance, organizations,
        organizations::{OrganizationChange, OrganizationStatus},
        partner_settings,
        platform::{self, Fault},
        policies,
    },
    vault::Vault,
};

const SERVICES: &[Service] = &[Service::Microsoft365, Service::GoogleWorkspace];

fn vault() -> Vault {
    Vault::new([("k1".to_owned(), [7; 32])]).unwrap()
}

fn tokens(n: u32, now: Time) -> Tokens {
    Tokens { access: format!("a{n}"), access_until: now + Span::HOUR, refresh: format!("r{n}") }
}

async fn connect(world: &World, organization: OrganizationId) -> ConnectionId {
    let new = NewConnection { organization, service: Service::Microsoft365, policy: None };
    let id = connections::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
    let granted = (tokens(1, MONDAY), Some("contoso".to_owned()));
    connections::granted(&world.engine, &world.owner, &vault(), id, granted, MONDAY).await.unwrap();
    id
}

async fn claim(world: &World, id: ConnectionId, now: Time) -> Claim {
    match connections::claim(world.store(), &vault(), world.partner, id, now).await.unwrap() {
        Claimed::Ours(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

async fn row(world: &World, id: ConnectionId) -> ConnectionRow {
    connections::get(world.store(), &world.owner, id).await.unwrap()
}

async fn refuse(world: &World, id: ConnectionId, code: &str, now: Time) -> bool {
    let claim = claim(world, id, now).await;
    connections::refused(&world.engine, &claim, (code, "The grant is gone."), now).await.unwrap()
}

async fn open_alerts(world: &World, organization: OrganizationId) -> i64 {
    organizations::get(world.store(), &world.owner, organization).await.unwrap().counts.open_alerts
}

async fn alert(world: &World, state: AlertState) -> Option<alerts::AlertRow> {
    let filter = AlertFilter { kind: Some(AlertKind::ConsentExpired), state, ..Default::default() };
    alerts::list(world.store(), &world.owner, &filter).await.unwrap().items.pop()
}

/// Somebody else of the same partner.
fn other_person(world: &World) -> Actor {
    Actor { ground: Ground::Member(UserId(world.user.0 + 1), Role::Admin), scope: world.owner.scope.clone() }
}

on_both_stores! {
    async fn an_organization_has_one_connection_to_a_service_and_is_counted_from_then_on(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let new = || NewConnection { organization: acme, service: Service::GoogleWorkspace, policy: None };
        let id = connections::create(&world.engine, &world.owner, new(), MONDAY).await.unwrap();
        let made = row(&world, id).await;
        assert_eq!((made.consent, made.service, made.accounts, made.seats), (Consent::Unknown, Service::GoogleWorkspace, 0, 0));
        assert!(!made.policy.1.is_empty(), "the partner's default");
        let again = connections::create(&world.engine, &world.owner, new(), MONDAY).await.unwrap_err();
        assert_eq!(again.public_code(), "connection_exists");
        assert_eq!(connections::list(world.store(), &world.owner, acme).await.unwrap().len(), 1);
        let off = OrganizationChange { status: Some(OrganizationStatus::Deactivated), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, acme, off, MONDAY).await.unwrap();
        let new = NewConnection { organization: acme, service: Service::Microsoft365, policy: None };
        let refused = connections::create(&world.engine, &world.owner, new, MONDAY).await.unwrap_err();
        assert_eq!(refused.public_code(), "organization_deactivated");
    }

    async fn outside_the_scope_there_is_no_connection_and_viewers_change_none(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let id = connect(&world, acme).await;
        let of = |scope: Scope, role: Role| Actor { ground: Ground::Member(world.user, role), scope };
        let stranger = of(Scope::Organization(world.partner, other), Role::ClientAdmin);
        assert_eq!(connections::get(world.store(), &stranger, id).await.unwrap_err().public_code(), "not_found");
        assert_eq!(connections::list(world.store(), &stranger, acme).await.unwrap_err().public_code(), "not_found");
        assert_eq!(connections::remove(&world.engine, &stranger, id, MONDAY).await.unwrap_err().public_code(), "not_found");
        let client = of(Scope::Organization(world.partner, acme), Role::ClientViewer);
        assert_eq!(connections::get(world.store(), &client, id).await.unwrap().id, id);
        for role in [Role::Viewer, Role::Finance] {
            let looking = of(world.owner.scope.clone(), role);
            assert_eq!(connections::get(world.store(), &looking, id).await.unwrap().id, id);
            assert_eq!(connections::remove(&world.engine, &looking, id, MONDAY).await.unwrap_err().public_code(), "forbidden");
            let begun = connections::begin(&world.engine, &looking, &vault(), id, ("s", "v"), MONDAY).await;
            assert_eq!(begun.unwrap_err().public_code(), "forbidden");
        }
    }

    async fn an_authorization_holds_once_for_ten_minutes_and_for_who_began_it(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let new = NewConnection { organization: acme, service: Service::Microsoft365, policy: None };
        let id = connections::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
        let begin = async |state: &str| connections::begin(&world.engine, &world.owner, &vault(), id, (state, "verify"), MONDAY).await.unwrap();
        let take = async |actor: &Actor, state: &str, now: Time| {
            let taken = connections::take(&world.engine, actor, &vault(), state, now).await;
            taken.map(|begun| (begun.connection, begun.verifier)).map_err(|e| e.public_code())
        };
        for state in ["one", "two", "three"] {
            begin(state).await;
        }
        let soon = MONDAY + Span::minutes(9);
        assert_eq!(take(&world.owner, "one", soon).await, Ok((id, "verify".to_owned())));
        assert_eq!(take(&world.owner, "one", soon).await, Err("authorization_over"), "used up");
        assert_eq!(take(&other_person(&world), "two", soon).await, Err("authorization_over"));
        assert_eq!(take(&world.owner, "three", MONDAY + Span::minutes(10)).await, Err("authorization_over"), "too late");
        assert_eq!(take(&world.owner, "never begun", soon).await, Err("authorization_over"));
        for state in ["four", "five"] {
            begin(state).await;
        }
        assert_eq!(connections::purge(world.store(), soon).await.unwrap(), 0, "somebody may still come back");
        assert_eq!(connections::purge(world.store(), MONDAY + Span::minutes(10)).await.unwrap(), 2);
        assert_eq!(take(&world.owner, "four", soon).await, Err("authorization_over"), "it is gone");
    }

    async fn tokens_are_renewed_weekly_and_the_new_refresh_token_takes_the_place_of_the_old(fresh) {
        let world = World::started(fresh).await;
        let id = connect(&world, world.organization("Acme").await).await;
        let connected = row(&world, id).await;
        assert_eq!((connected.consent, connected.tenant.as_str(), connected.granted_by.as_str()), (Consent::Connected, "contoso", "Ada"));
        let next = connected.next_refresh_at.unwrap();
        assert!(next > MONDAY + Span::days(6) && next <= MONDAY + Span::days(7));
        assert!(connections::claim_due(world.store(), &vault(), SERVICES, next - Span::SECOND).await.unwrap().is_none());
        assert!(connections::claim_due(world.store(), &vault(), &[Service::GoogleWorkspace], next).await.unwrap().is_none());
        assert_eq!(connections::earliest(world.store(), SERVICES).await.unwrap(), Some(next));
        let claim = connections::claim_due(world.store(), &vault(), SERVICES, next).await.unwrap().unwrap();
        assert_eq!(claim.tokens.refresh, "r1");
        assert!(connections::claim_due(world.store(), &vault(), SERVICES, next).await.unwrap().is_none(), "one at a time");
        assert!(matches!(connections::claim(world.store(), &vault(), world.partner, id, next).await.unwrap(), Claimed::Taken));
        assert!(connections::renewed(&world.engine, &vault(), &claim, &tokens(2, next), next).await.unwrap());
        let (consent, held) = connections::held(world.store(), &vault(), world.partner, id).await.unwrap();
        assert_eq!((consent, held.unwrap()), (Consent::Connected, tokens(2, next)));
        assert!(row(&world, id).await.next_refresh_at.unwrap() > next);
        let another = Vault::new([("k2".to_owned(), [8; 32])]).unwrap();
        assert!(connections::held(world.store(), &another, world.partner, id).await.is_err(), "without the key there is nothing to read");
    }

    async fn what_an_overtaken_renewal_brings_is_dropped(fresh) {
        let world = World::started(fresh).await;
        let id = connect(&world, world.organization("Acme").await).await;
        let stale = claim(&world, id, MONDAY).await;
        let later = MONDAY + Span::minutes(2);
        let fresh = claim(&world, id, later).await;
        assert!(connections::renewed(&world.engine, &vault(), &fresh, &tokens(2, later), later).await.unwrap());
        assert!(!connections::renewed(&world.engine, &vault(), &stale, &tokens(3, later), later).await.unwrap());
        // The old token was refused because a newer one is in use: that says nothing of the consent.
        connections::refused(&world.engine, &stale, ("invalid_grant", ""), later).await.unwrap();
        let after = row(&world, id).await;
        assert_eq!((after.consent, after.refused_at), (Consent::Connected, None));
        let (_, held) = connections::held(world.store(), &vault(), world.partner, id).await.unwrap();
        assert_eq!(held.unwrap().refresh, "r2");
    }

    async fn two_refusals_a_minute_apart_end_consent_and_a_new_authorization_brings_it_back(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = connect(&world, acme).await;
        assert!(!refuse(&world, id, "AADSTS50173", MONDAY).await);
        assert_eq!(row(&world, id).await.next_refresh_at, Some(MONDAY + Span::minutes(1)));
        assert!(!refuse(&world, id, "AADSTS50173", MONDAY + Span(59_999)).await, "too soon to be believed");
        assert_eq!((row(&world, id).await.consent, alert(&world, AlertState::Open).await), (Consent::Connected, None));
        let gone_at = MONDAY + Span::minutes(1);
        assert!(refuse(&world, id, "AADSTS50173", gone_at).await);
        let gone = row(&world, id).await;
        assert_eq!((gone.consent, gone.consent_at, gone.cause), (Consent::Expired, gone_at, Some(Cause::Revoked)));
        let opened = alert(&world, AlertState::Open).await.unwrap();
        assert_eq!((opened.severity, opened.since, opened.opened_at), (Severity::Critical, MONDAY, gone_at));
        assert_eq!(opened.reason, Reason::ConsentGone { service: Service::Microsoft365, cause: Cause::Revoked, since: MONDAY });
        let story = alerts::get(world.store(), &world.owner, opened.id).await.unwrap().events;
        assert_eq!(story[0].what, "opened");
        assert!(story[0].note.contains("revoked") && story[0].note.contains("AADSTS50173"), "{}", story[0].note);
        assert_eq!(open_alerts(&world, acme).await, 1);
        assert!(refuse(&world, id, "AADSTS50173", gone_at + Span::days(1)).await);
        assert_eq!(open_alerts(&world, acme).await, 1, "one alert, however often it is refused");
        alerts::acknowledge(&world.engine, &world.owner, opened.id, "asked them", gone_at + Span::HOUR).await.unwrap();
        assert_eq!(alert(&world, AlertState::Acknowledged).await.unwrap().acknowledged_by.as_deref(), Some("Ada"));

        let back = gone_at + Span::days(2);
        connections::granted(&world.engine, &world.owner, &vault(), id, (tokens(2, back), Some("contoso".into())), back).await.unwrap();
        let connected = row(&world, id).await;
        assert_eq!((connected.consent, connected.consent_at, connected.code.as_str(), connected.refused_at), (Consent::Connected, back, "", None));
        assert_eq!(alert(&world, AlertState::Resolved).await.unwrap().resolved_at, Some(back));
        assert_eq!((alert(&world, AlertState::Open).await, open_alerts(&world, acme).await), (None, 0));

        // Within 24 hours the same alert comes back.
        let again = back + Span::hours(3);
        refuse(&world, id, "invalid_grant", again).await;
        refuse(&world, id, "invalid_grant", again + Span::minutes(1)).await;
        let reopened = alert(&world, AlertState::Open).await.unwrap();
        assert_eq!((reopened.id, reopened.reopened, reopened.acknowledged_at), (opened.id, 1, None));
        assert_eq!(open_alerts(&world, acme).await, 1);
        // And a provider that takes the old token again resolves it, too.
        let healed = again + Span::hours(20);
        let claim = claim(&world, id, healed).await;
        connections::renewed(&world.engine, &vault(), &claim, &tokens(3, healed), healed).await.unwrap();
        assert_eq!((row(&world, id).await.consent, open_alerts(&world, acme).await), (Consent::Connected, 0));
    }

    async fn another_tenants_consent_is_not_taken(fresh) {
        let world = World::started(fresh).await;
        let id = connect(&world, world.organization("Acme").await).await;
        let other = (tokens(2, MONDAY), Some("fabrikam".to_owned()));
        let refused = connections::granted(&world.engine, &world.owner, &vault(), id, other, MONDAY).await.unwrap_err();
        assert_eq!(refused.public_code(), "other_tenant");
        let unnamed = (tokens(2, MONDAY), None);
        let refused = connections::granted(&world.engine, &world.owner, &vault(), id, unnamed, MONDAY).await.unwrap_err();
        assert_eq!(refused.public_code(), "other_tenant", "nobody knows whose those are");
    }

    async fn outages_are_waited_out_and_told_after_six_hours(fresh) {
        let world = World::started(fresh).await;
        let id = connect(&world, world.organization("Acme").await).await;
        let begin = row(&world, id).await.next_refresh_at.unwrap();
        let (mut now, mut tries) = (begin, 0);
        while now < begin + Span::hours(12) {
            let claim = connections::claim_due(world.store(), &vault(), SERVICES, now).await.unwrap().unwrap();
            connections::passing(&world.engine, &claim, ("http_503", "Service Unavailable"), now).await.unwrap();
            tries += 1;
            let stored = row(&world, id).await;
            assert_eq!((stored.consent, stored.troubled_since, stored.code.as_str()), (Consent::Connected, Some(begin), "http_503"));
            assert_eq!(stored.is_troubled(now), now - begin >= Span::hours(6));
            let next = stored.next_refresh_at.unwrap();
            assert!(next > now && next <= now + Span::HOUR);
            now = next;
        }
        assert!((15..=24).contains(&tries), "doubled pauses up to an hour: {tries} tries in twelve hours");
        let claim = claim(&world, id, now).await;
        connections::renewed(&world.engine, &vault(), &claim, &tokens(2, now), now).await.unwrap();
        let healed = row(&world, id).await;
        assert_eq!((healed.troubled_since, healed.code.as_str()), (None, ""));
        assert_eq!(alert(&world, AlertState::Any).await, None);
    }

    async fn our_own_secret_is_one_incident_and_nobodys_consent(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let ids = [connect(&world, acme).await, connect(&world, other).await];
        let now = MONDAY + Span::HOUR;
        for id in ids {
            let claim = claim(&world, id, now).await;
            connections::ours(&world.engine, &claim, Fault::ClientSecret, ("AADSTS7000222", "The client secret has expired."), now).await.unwrap();
        }
        let incidents = platform::incidents(world.store()).await.unwrap();
        assert_eq!(incidents.len(), 1);
        assert_eq!((incidents[0].fault, incidents[0].service, incidents[0].since), (Fault::ClientSecret, Service::Microsoft365, now));
        let told = row(&world, ids[0]).await;
        assert_eq!((told.consent, told.code.as_str(), told.troubled_since), (Consent::Connected, "AADSTS7000222", Some(now)));
        let incident = told.incident.unwrap();
        assert_eq!((incident.fault, incident.code.as_str()), (Fault::ClientSecret, "AADSTS7000222"), "the words stay with the connection");
        assert_eq!(alert(&world, AlertState::Any).await, None);
        let technician = Actor { ground: Ground::Member(world.user, Role::Technician), scope: world.owner.scope.clone() };
        assert_eq!(connections::get(world.store(), &technician, ids[0]).await.unwrap().incident, None);
        let claim = claim(&world, ids[1], now + Span::HOUR).await;
        connections::renewed(&world.engine, &vault(), &claim, &tokens(2, now), now + Span::HOUR).await.unwrap();
        assert!(platform::incidents(world.store()).await.unwrap().is_empty(), "over at the first success of the service");
    }

    async fn what_only_one_connection_is_refused_is_nobody_elses_incident(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let (id, fine) = (connect(&world, acme).await, connect(&world, other).await);
        let mut now = MONDAY + Span::hours(3);
        for _ in 0..2 {
            let working = claim(&world, fine, now).await;
            connections::renewed(&world.engine, &vault(), &working, &tokens(2, now), now).await.unwrap();
            now += Span::minutes(30);
            let failing = claim(&world, id, now).await;
            connections::ours(&world.engine, &failing, Fault::Request, ("invalid_scope", "Of Acme."), now).await.unwrap();
            assert!(platform::incidents(world.store()).await.unwrap().is_empty());
            now += Span::hours(2);
        }
        let told = row(&world, id).await;
        assert_eq!((told.code.as_str(), told.detail.as_str()), ("invalid_scope", "Of Acme."));
        assert_eq!((told.consent, told.troubled_since), (Consent::Connected, Some(MONDAY + Span(3 * 3_600_000 + 1_800_000))));
    }

    async fn a_claim_that_is_given_back_was_not_cut_short(fresh) {
        let world = World::started(fresh).await;
        let id = connect(&world, world.organization("Acme").await).await;
        let unused = claim(&world, id, MONDAY).await;
        connections::give_back(world.store(), &unused).await.unwrap();
        refuse(&world, id, "invalid_grant", MONDAY).await;
        assert!(refuse(&world, id, "invalid_grant", MONDAY + Span::minutes(1)).await);
        assert_eq!(row(&world, id).await.cause, Some(Cause::Refused));
    }

    async fn a_renewal_that_was_cut_short_is_named_when_the_provider_then_refuses(fresh) {
        let world = World::started(fresh).await;
        let id = connect(&world, world.organization("Acme").await).await;
        // This server dies between the provider's answer and the store.
        let lost = claim(&world, id, MONDAY).await;
        drop(lost);
        let later = MONDAY + Span::minutes(2);
        assert!(!refuse(&world, id, "invalid_grant", later).await);
        let between = claim(&world, id, later + Span(30_000)).await;
        connections::passing(&world.engine, &between, ("http_503", ""), later + Span(30_000)).await.unwrap();
        assert!(refuse(&world, id, "invalid_grant", later + Span::minutes(2)).await);
        assert_eq!(row(&world, id).await.cause, Some(Cause::CutShort));
        let told = alert(&world, AlertState::Open).await.unwrap();
        assert!(matches!(told.reason, Reason::ConsentGone { cause: Cause::CutShort, .. }));
    }

    async fn a_lost_key_is_an_incident_of_the_platform_and_holds_up_nobody_else(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let id = connect(&world, acme).await;
        let another = Vault::new([("k2".to_owned(), [8; 32])]).unwrap();
        let readable = connections::create(&world.engine, &world.owner, NewConnection { organization: other, service: Service::Microsoft365, policy: None }, MONDAY).await.unwrap();
        connections::granted(&world.engine, &world.owner, &another, readable, (tokens(1, MONDAY), None), MONDAY).await.unwrap();
        let due = MONDAY + Span::days(8);
        let claim = connections::claim_due(world.store(), &another, SERVICES, due).await.unwrap().unwrap();
        assert_eq!(claim.connection, readable);
        connections::renewed(&world.engine, &another, &claim, &tokens(2, due), due).await.unwrap();
        assert!(connections::claim_due(world.store(), &another, SERVICES, due).await.unwrap().is_none());
        let told = row(&world, id).await;
        assert_eq!((told.consent, told.code.as_str(), told.troubled_since), (Consent::Connected, "token_key", Some(due)));
        let fine = due + Span::minutes(5);
        let Claimed::Ours(claim) = connections::claim(world.store(), &another, world.partner, readable, fine).await.unwrap() else { panic!() };
        connections::renewed(&world.engine, &another, &claim, &tokens(3, fine), fine).await.unwrap();
        let open = platform::incidents(world.store()).await.unwrap();
        assert_eq!((open.len(), open[0].fault), (1, Fault::TokenKey), "another's success doesn't bring the key back");
        let back = due + Span::HOUR;
        let claim = connections::claim_due(world.store(), &vault(), SERVICES, back).await.unwrap().unwrap();
        connections::renewed(&world.engine, &vault(), &claim, &tokens(2, back), back).await.unwrap();
        assert!(platform::incidents(world.store()).await.unwrap().is_empty());
    }

    async fn a_deactivated_organizations_alert_is_muted_and_not_counted(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = connect(&world, acme).await;
        refuse(&world, id, "invalid_grant", MONDAY).await;
        refuse(&world, id, "invalid_grant", MONDAY + Span::minutes(1)).await;
        let now = MONDAY + Span::HOUR;
        for (status, open) in [(OrganizationStatus::Deactivated, 0), (OrganizationStatus::Activated, 1)] {
            let change = OrganizationChange { status: Some(status), ..Default::default() };
            organizations::edit(&world.engine, &world.owner, acme, change, now).await.unwrap();
            assert_eq!(open_alerts(&world, acme).await, open);
            assert_eq!(alert(&world, AlertState::Open).await.is_some(), open == 1);
        }
    }

    async fn a_connection_follows_the_policy_it_is_given_and_is_removed_with_its_alert(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = connect(&world, acme).await;
        let known = policies::list(world.store(), &world.owner).await.unwrap();
        let copy = policies::NewPolicy { partner: None, name: "SaaS".into(), policy: known[0].policy.clone() };
        let policy = policies::create(world.store(), &world.owner, copy, MONDAY).await.unwrap();
        connections::set_policy(&world.engine, &world.owner, id, policy, MONDAY).await.unwrap();
        assert_eq!(row(&world, id).await.policy, (policy, "SaaS".to_owned()));
        let used = policies::delete(world.store(), &world.owner, policy, MONDAY).await.unwrap_err();
        assert_eq!(used.public_code(), "policy_used");
        refuse(&world, id, "invalid_grant", MONDAY).await;
        refuse(&world, id, "invalid_grant", MONDAY + Span::minutes(1)).await;
        assert_eq!(open_alerts(&world, acme).await, 1);
        assert!(connections::remove(&world.engine, &world.owner, id, MONDAY + Span::HOUR).await.unwrap());
        assert_eq!(open_alerts(&world, acme).await, 0);
        assert!(connections::list(world.store(), &world.owner, acme).await.unwrap().is_empty());
    }

    async fn an_alert_of_a_connection_is_listed_by_its_service_beside_those_of_devices(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = connect(&world, acme).await;
        devices::create(&world.engine, &world.owner, new_device(acme, "srv-1"), MONDAY).await.unwrap();
        refuse(&world, id, "invalid_grant", MONDAY).await;
        refuse(&world, id, "invalid_grant", MONDAY + Span::minutes(1)).await;
        let found = |search: &str| {
            let (search, owner, store) = (search.to_owned(), world.owner.clone(), world.store().clone());
            async move {
                let filter = AlertFilter { search: Some(search), ..Default::default() };
                alerts::list(&store, &owner, &filter).await.unwrap().items
            }
        };
        let by_organization = found("acm").await;
        assert_eq!(by_organization.len(), 1);
        assert_eq!((by_organization[0].device.1.as_str(), by_organization[0].kind), ("Microsoft 365", AlertKind::ConsentExpired));
        assert_eq!(found("srv").await.len(), 0);
        for state in [AlertState::Open, AlertState::Any] {
            let filter = AlertFilter { organization: Some(acme), state, ..Default::default() };
            assert_eq!(alerts::list(world.store(), &world.owner, &filter).await.unwrap().items.len(), 1);
        }
    }

    async fn consent_that_is_gone_is_recorded_and_not_alerted_in_maintenance_and_brought_back_to_mind_after_it(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = connect(&world, acme).await;
        world.device(acme, "fs-01").await;
        let (noon, evening) = (MONDAY + Span::hours(12), MONDAY + Span::hours(18));
        let new = maintenance::NewWindow {
            partner: None,
            name: "Tenant moves".into(),
            note: String::new(),
            reach: Reach::Organization(acme),
            occurs: Occurs::Once { from: noon, until: evening },
        };
        maintenance::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
        world.engine.reconciler.tick(noon).await.unwrap();
        refuse(&world, id, "invalid_grant", noon).await;
        assert!(refuse(&world, id, "invalid_grant", noon + Span::minutes(2)).await);
        assert_eq!(open_alerts(&world, acme).await, 0);
        let recorded = alert(&world, AlertState::Any).await.unwrap();
        assert!(recorded.muted && recorded.resolved_at.is_none());
        // Its end is noticed where the organization's devices and accounts are settled.
        world.engine.reconciler.tick(evening).await.unwrap();
        assert!(!alert(&world, AlertState::Open).await.unwrap().muted);
        let said = alerts::get(world.store(), &world.owner, recorded.id).await.unwrap().events;
        let said: Vec<_> = said.iter().map(|event| event.what.as_str()).collect();
        assert_eq!(said, ["opened", "unmuted"]);
        // Brought back to mind when the provider is asked again, a day later.
        partner_settings::set_reminder(&world.engine, &world.owner, Some(4), evening).await.unwrap();
        alerts::acknowledge(&world.engine, &world.owner, recorded.id, "asked them", evening).await.unwrap();
        refuse(&world, id, "invalid_grant", evening + Span::hours(3)).await;
        assert!(alert(&world, AlertState::Open).await.unwrap().acknowledged_at.is_some());
        refuse(&world, id, "invalid_grant", evening + Span::hours(24)).await;
        assert!(alert(&world, AlertState::Open).await.unwrap().acknowledged_at.is_none());
        let drift = engine::check::recount(world.store()).await.unwrap();
        assert!(drift.is_empty(), "{drift:#?}");
    }
}
