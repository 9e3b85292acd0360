//! Template rules of the inbox, with real ingest: who is taken in, where, with what waited, and who is not.

use crate::portal::{Portal, T0, event, every, hours};
use domain::{
    access::{Actor, Scope},
    ids::{InboxRuleId, OrganizationId},
    policy::DeviceClass,
    run::RunState,
    time::Span,
};
use engine::{
    ingest::{CheckIn, CheckedIn, IncomingEvent, Subject},
    on_both_stores,
    store::{
        audit::{self, AuditFilter},
        devices::{self, DeviceFilter},
        inbox::{self, InboxFilter},
        inbox_rules::{self, NewRule, RuleChange},
        organizations::{self, NewOrganization, OrganizationChange, OrganizationStatus},
    },
};

async fn rule(portal: &Portal, pattern: &str, organization: OrganizationId) -> InboxRuleId {
    let new = NewRule { pattern: pattern.into(), organization, class: DeviceClass::Workstation, policy: None, tags: vec!["new".into()] };
    inbox_rules::create(&portal.fresh.store, &portal.actor, new, T0).await.unwrap()
}

async fn other(portal: &Portal) -> OrganizationId {
    let new = NewOrganization { name: "Other".into(), ..Default::default() };
    organizations::create(&portal.fresh.store, &portal.actor, new, T0).await.unwrap()
}

fn ran(device: &str, key: &str) -> IncomingEvent {
    event(device, "nightly", key, RunState::Succeeded, hours(1))
}

async fn names(portal: &Portal) -> Vec<String> {
    let page = devices::list(&portal.fresh.store, &portal.actor, &DeviceFilter::default(), hours(2)).await.unwrap();
    let mut names: Vec<_> = page.items.iter().map(|d| format!("{} of {}", d.name, d.organization.1)).collect();
    names.sort();
    names
}

async fn waiting(portal: &Portal) -> Vec<String> {
    let page = inbox::list(&portal.fresh.store, &portal.actor, &InboxFilter::default()).await.unwrap();
    page.items.into_iter().map(|row| format!("{} {}", row.source, row.events)).collect()
}

async fn used(portal: &Portal, id: InboxRuleId) -> i64 {
    inbox_rules::get(&portal.fresh.store, &portal.actor, id).await.unwrap().used
}

on_both_stores! {
    async fn an_unknown_name_that_a_rule_fits_is_a_device_at_once_and_its_report_counts(fresh) {
        let portal = Portal::new(fresh).await;
        let policy = portal.policy("Hourly", every(60)).await;
        let new = NewRule { pattern: "WS-*".into(), organization: portal.organization, class: DeviceClass::Workstation, policy: Some(policy), tags: vec!["laptop".into()] };
        let id = inbox_rules::create(&portal.fresh.store, &portal.actor, new, T0).await.unwrap();
        let receipt = portal.engine.ingest.submit(&portal.actor, vec![ran("ws-07", "1"), ran("db-01", "1"), ran("ws-07", "2")], hours(1)).await.unwrap();
        assert_eq!((receipt.accepted, receipt.waiting, receipt.rejected.len()), (3, 1, 0));
        assert_eq!(names(&portal).await, ["ws-07 of Client"]);
        assert_eq!(waiting(&portal).await, ["db-01 1"]);
        assert_eq!(portal.runs().await, ["1|succeeded", "2|succeeded"]);
        let made = devices::list(&portal.fresh.store, &portal.actor, &DeviceFilter::default(), hours(1)).await.unwrap().items.remove(0);
        assert_eq!((made.class, made.policy.0, made.tags), (DeviceClass::Workstation, policy, vec!["laptop".to_owned()]));
        assert_eq!(used(&portal, id).await, 1);
        // Remembered: the next report costs no rule, and doesn't count as a use.
        portal.engine.ingest.submit(&portal.actor, vec![ran("WS-07", "3")], hours(2)).await.unwrap();
        assert_eq!((names(&portal).await.len(), used(&portal, id).await), (1, 1));
        let log = audit::list(&portal.fresh.store, &portal.actor, &AuditFilter::default()).await.unwrap().items;
        let made: Vec<_> = log.iter().filter(|e| e.who == "system" && e.what != "partner.create").map(|e| e.what.as_str()).collect();
        assert!(made.contains(&"inbox.assign") && made.contains(&"device.create"), "{made:?}");
        assert_eq!(audit::verify(&portal.fresh.store, &portal.actor, portal.partner).await.unwrap(), None);
        portal.no_drift().await;
    }

    async fn what_waited_is_taken_in_with_the_report_that_brings_the_device(fresh) {
        let portal = Portal::new(fresh).await;
        portal.engine.ingest.submit(&portal.actor, vec![ran("ws-1", "a"), ran("ws-1", "b")], hours(1)).await.unwrap();
        assert_eq!(waiting(&portal).await, ["ws-1 2"]);
        rule(&portal, "ws-*", portal.organization).await;
        assert_eq!(waiting(&portal).await, ["ws-1 2"], "a new rule alone takes nothing in");
        let receipt = portal.engine.ingest.submit(&portal.actor, vec![ran("ws-1", "c"), ran("ws-1", "a")], hours(1)).await.unwrap();
        assert_eq!((receipt.accepted, receipt.waiting, receipt.rejected.len()), (2, 0, 0));
        assert_eq!(portal.runs().await, ["a|succeeded", "b|succeeded", "c|succeeded"]);
        assert!(waiting(&portal).await.is_empty());
        portal.no_drift().await;
    }

    async fn the_most_specific_rule_counts_and_a_dismissed_source_stays_dismissed(fresh) {
        let portal = Portal::new(fresh).await;
        let elsewhere = other(&portal).await;
        portal.engine.ingest.submit(&portal.actor, vec![ran("ws-spam", "1")], hours(1)).await.unwrap();
        let unwanted = inbox::list(&portal.fresh.store, &portal.actor, &InboxFilter::default()).await.unwrap().items.remove(0);
        inbox::dismiss(&portal.fresh.store, &portal.actor, unwanted.id, hours(1)).await.unwrap();
        let all = rule(&portal, "*", portal.organization).await;
        let few = rule(&portal, "ws-*", elsewhere).await;
        let receipt = portal.engine.ingest.submit(&portal.actor, vec![ran("ws-1", "1"), ran("fs-1", "1"), ran("ws-spam", "2")], hours(1)).await.unwrap();
        assert_eq!((receipt.accepted, receipt.rejected.len()), (2, 1));
        assert_eq!(receipt.rejected[0].code, "source_dismissed");
        assert_eq!(names(&portal).await, ["fs-1 of Client", "ws-1 of Other"]);
        assert_eq!((used(&portal, all).await, used(&portal, few).await), (1, 1));
    }

    async fn the_key_of_an_organization_meets_that_organizations_rules_only(fresh) {
        let portal = Portal::new(fresh).await;
        let elsewhere = other(&portal).await;
        rule(&portal, "*", elsewhere).await;
        let receipt = portal.send(vec![ran("ws-1", "1")], hours(1)).await;
        assert_eq!((receipt.accepted, receipt.waiting), (1, 1));
        assert!(names(&portal).await.is_empty());
        rule(&portal, "*", portal.organization).await;
        portal.send(vec![ran("ws-1", "2")], hours(1)).await;
        assert_eq!(names(&portal).await, ["ws-1 of Client"]);
        assert_eq!(portal.runs().await.len(), 2);
    }

    async fn check_ins_make_devices_too_and_a_deactivated_organization_gets_none(fresh) {
        let portal = Portal::new(fresh).await;
        rule(&portal, "*", portal.organization).await;
        let check_in = |name: &str| CheckIn { device: Some(name.into()), at: hours(1), storage_used: Some(5), ..Default::default() };
        let first = portal.engine.ingest.check_in(&portal.actor, check_in("ws-1"), hours(1)).await.unwrap();
        assert!(matches!(first, CheckedIn::Device(_)));
        let change = OrganizationChange { status: Some(OrganizationStatus::Deactivated), ..Default::default() };
        organizations::edit(&portal.engine, &portal.actor, portal.organization, change, hours(1)).await.unwrap();
        assert_eq!(portal.engine.ingest.check_in(&portal.actor, check_in("ws-2"), hours(1)).await.unwrap(), CheckedIn::Waiting);
        assert_eq!(names(&portal).await.len(), 1);
    }

    async fn a_name_that_no_device_can_have_goes_on_waiting_and_costs_the_others_nothing(fresh) {
        let portal = Portal::new(fresh).await;
        rule(&portal, "*", portal.organization).await;
        let long = "x".repeat(150);
        let receipt = portal.engine.ingest.submit(&portal.actor, vec![ran(&long, "1"), ran("ws-1", "1")], hours(1)).await.unwrap();
        assert_eq!((receipt.accepted, receipt.waiting, receipt.rejected.len()), (2, 1, 0));
        assert_eq!(names(&portal).await, ["ws-1 of Client"]);
    }

    async fn two_senders_of_one_name_at_once_make_one_device(fresh) {
        let portal = Portal::new(fresh).await;
        rule(&portal, "*", portal.organization).await;
        let (key, whole) = (portal.key(), portal.actor.clone());
        let (a, b) = tokio::join!(
            portal.engine.ingest.submit(&key, vec![ran("ws-1", "1")], hours(1)),
            portal.engine.ingest.submit(&whole, vec![ran("WS-1", "2")], hours(1)),
        );
        assert_eq!((a.unwrap().accepted, b.unwrap().accepted), (1, 1));
        assert_eq!(names(&portal).await.len(), 1);
        assert_eq!(portal.runs().await.len(), 2);
    }

    async fn names_that_wait_are_shown_beforehand_and_taken_in_when_asked(fresh) {
        let portal = Portal::new(fresh).await;
        let elsewhere = other(&portal).await;
        let store = portal.fresh.store.clone();
        portal.engine.ingest.submit(&portal.actor, vec![ran("ws-1", "1"), ran("ws-2", "1"), ran("db-1", "1")], hours(1)).await.unwrap();
        let preview = inbox_rules::preview(&store, &portal.actor, "WS-*", elsewhere).await.unwrap();
        assert_eq!((preview.total, preview.cut), (2, false));
        let id = rule(&portal, "ws-*", elsewhere).await;
        // A more specific rule of another organization has ws-2.
        let special = rule(&portal, "ws-2", portal.organization).await;
        let applied = inbox_rules::apply(&portal.engine, &portal.actor, id, hours(1)).await.unwrap();
        assert_eq!((applied.devices, applied.reports, applied.refused, applied.left), (1, 1, 0, 0));
        assert_eq!(names(&portal).await, ["ws-1 of Other"]);
        inbox_rules::apply(&portal.engine, &portal.actor, special, hours(1)).await.unwrap();
        assert_eq!(names(&portal).await, ["ws-1 of Other", "ws-2 of Client"]);
        assert_eq!(waiting(&portal).await, ["db-1 1"]);
        assert_eq!(used(&portal, id).await, 1);
    }

    async fn rules_are_changed_deleted_and_seen_by_their_own_tenant_only(fresh) {
        let portal = Portal::new(fresh).await;
        let store = &portal.fresh.store;
        let elsewhere = other(&portal).await;
        let id = rule(&portal, "ws-*", portal.organization).await;
        let again = NewRule { pattern: " WS-** ".into(), organization: portal.organization, class: DeviceClass::Server, policy: None, tags: vec![] };
        assert_eq!(inbox_rules::create(store, &portal.actor, again.clone(), T0).await.unwrap_err().public_code(), "rule_exists");
        inbox_rules::create(store, &portal.actor, NewRule { organization: elsewhere, ..again }, T0).await.unwrap();
        let change = RuleChange { pattern: Some("lap-*".into()), class: Some(DeviceClass::Server), ..Default::default() };
        inbox_rules::edit(store, &portal.actor, id, change, T0 + Span::HOUR).await.unwrap();
        let changed = inbox_rules::get(store, &portal.actor, id).await.unwrap();
        assert_eq!((changed.pattern.as_str(), changed.class), ("lap-*", DeviceClass::Server));
        let client = Actor::system(Scope::Organization(portal.partner, portal.organization));
        assert_eq!(inbox_rules::list(store, &client).await.unwrap().len(), 1);
        assert_eq!(inbox_rules::list(store, &portal.actor).await.unwrap().len(), 2);
        let stranger = Actor::system(Scope::Organization(portal.partner, elsewhere));
        for refused in [
            inbox_rules::get(store, &stranger, id).await.err(),
            inbox_rules::delete(store, &stranger, id, T0).await.err(),
            inbox_rules::edit(store, &stranger, id, RuleChange::default(), T0).await.err(),
            inbox_rules::apply(&portal.engine, &stranger, id, T0).await.err(),
            inbox_rules::preview(store, &stranger, "*", portal.organization).await.err(),
        ] {
            assert_eq!(refused.unwrap().public_code(), "not_found");
        }
        inbox_rules::delete(store, &portal.actor, id, T0).await.unwrap();
        assert_eq!(inbox_rules::list(store, &portal.actor).await.unwrap().len(), 1);
    }

    async fn a_ping_of_a_known_device_is_no_affair_of_rules(fresh) {
        let portal = Portal::new(fresh).await;
        rule(&portal, "*", portal.organization).await;
        let device = portal.device("fs-01").await;
        let mut event = ran("fs-01", "1");
        event.subject = Subject::Device(device);
        portal.engine.ingest.submit(&portal.actor, vec![event], hours(1)).await.unwrap();
        assert_eq!(names(&portal).await, ["fs-01 of Client"]);
    }
}
