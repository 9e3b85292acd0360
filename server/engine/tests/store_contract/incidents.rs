//! Incidents as they are read: they stand for their members in lists and at Home, are found by whom they concern only, and explain.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, Role, Scope},
    alert::{AlertKind, Severity},
    ids::{DeviceId, IncidentId, OrganizationId, UserId},
    policy::DeviceClass,
    run::{RunEvent, RunState},
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{
        alerts::{self, AlertFilter, AlertSort, AlertState, IncidentCause, Tending},
        devices, overview,
    },
};

const NOW: Time = Time(MONDAY.0 + Span::HOUR.0);

/// Twelve workstations of Acme whose backups fail within minutes, and one server elsewhere that fails three times.
async fn storm(world: &World) -> (OrganizationId, OrganizationId, Vec<DeviceId>) {
    let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
    let mut stormed = Vec::new();
    for n in 0..12 {
        let new = devices::NewDevice { class: DeviceClass::Workstation, ..new_device(acme, &format!("pc-{n:02}")) };
        let device = devices::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
        let event = RunEvent { message: Some("restic failed: no space left on device".into()), ..failed(MONDAY + Span::SECOND * n) };
        world.report_with(device, "r1", event, None).await;
        stormed.push(device);
    }
    let new = devices::NewDevice { class: DeviceClass::Server, ..new_device(other, "srv-1") };
    let server = devices::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
    for run in 0..3 {
        world.report_with(server, &format!("r{run}"), failed(MONDAY + Span::minutes(run)), None).await;
    }
    (acme, other, stormed)
}

fn failed(at: Time) -> RunEvent {
    RunEvent::new(RunState::Failed, at)
}

fn folded() -> AlertFilter {
    AlertFilter { sort: AlertSort::Worth, folded: true, now: NOW, ..AlertFilter::default() }
}

async fn shown(world: &World, actor: &Actor, filter: &AlertFilter) -> (Vec<String>, Vec<i64>) {
    let rows = alerts::list(world.store(), actor, filter).await.unwrap().items;
    let incidents = alerts::open_incidents(world.store(), actor, filter).await.unwrap();
    (rows.into_iter().map(|a| a.device.1).collect(), incidents.into_iter().map(|i| i.open_members).collect())
}

on_both_stores! {
    async fn an_incident_stands_for_its_members_and_who_looks_for_them_finds_them(fresh) {
        let world = World::started(fresh).await;
        let (acme, other, _) = storm(&world).await;
        assert_eq!(shown(&world, &world.owner, &folded()).await, (vec!["srv-1".into()], vec![12]));
        let unfolded = AlertFilter { folded: false, ..folded() };
        assert_eq!(alerts::list(world.store(), &world.owner, &unfolded).await.unwrap().items.len(), 13);
        let of = |organization| AlertFilter { organization: Some(organization), ..folded() };
        assert_eq!(shown(&world, &world.owner, &of(acme)).await, (vec![], vec![12]));
        assert_eq!(shown(&world, &world.owner, &of(other)).await, (vec!["srv-1".into()], vec![]));
        let critical = AlertFilter { severity: Some(Severity::Critical), ..folded() };
        assert_eq!(shown(&world, &world.owner, &critical).await, (vec!["srv-1".into()], vec![]));
    }

    async fn an_incident_names_its_cause_its_kinds_and_what_its_members_say(fresh) {
        let world = World::started(fresh).await;
        storm(&world).await;
        let incident = alerts::open_incidents(world.store(), &world.owner, &folded()).await.unwrap().remove(0);
        assert_eq!((incident.cause.clone(), incident.members, incident.untended), (IncidentCause::Organization, 12, 12));
        assert_eq!(incident.organization.as_ref().map(|(_, name)| name.as_str()), Some("Acme"));
        assert!(incident.some[0].remedy(None).cause.unwrap().starts_with("No space is left"));
        let detail = alerts::incident(world.store(), &world.owner, incident.id, None, NOW).await.unwrap();
        assert_eq!(detail.kinds, [(AlertKind::JobFailed, 12, 12)]);
        assert_eq!(detail.members.items.len(), 12);
        assert!(detail.members.items.iter().all(|a| a.incident == Some(incident.id)));
    }

    async fn an_incident_within_one_organization_is_told_to_its_people_and_to_nobody_elses(fresh) {
        let world = World::started(fresh).await;
        let (acme, other, _) = storm(&world).await;
        let id = alerts::open_incidents(world.store(), &world.owner, &folded()).await.unwrap()[0].id;
        let client = |of| Actor { ground: Ground::Member(UserId(9), Role::ClientAdmin), scope: Scope::Organization(world.partner, of) };
        assert_eq!(shown(&world, &client(acme), &folded()).await, (vec![], vec![12]));
        assert!(alerts::incident_row(world.store(), &client(acme), id, NOW).await.is_ok());
        assert_eq!(shown(&world, &client(other), &folded()).await, (vec!["srv-1".into()], vec![]));
        assert_eq!(alerts::incident_row(world.store(), &client(other), id, NOW).await.unwrap_err().public_code(), "not_found");
        let nowhere = alerts::incident(world.store(), &world.owner, IncidentId(5), None, NOW).await.unwrap_err();
        assert_eq!(nowhere.public_code(), "not_found");
    }

    async fn home_says_an_incident_in_one_line_and_counts_its_alerts_once(fresh) {
        let world = World::started(fresh).await;
        storm(&world).await;
        let home = overview::overview(world.store(), &world.owner, MONDAY, NOW).await.unwrap();
        assert_eq!((home.incidents.len(), home.incidents[0].untended), (1, 12));
        assert_eq!((home.attention.len(), home.attention[0].devices[0].1.as_str()), (1, "srv-1"));
        assert_eq!((home.unshown, home.tended), (0, 0));
    }

    async fn members_are_tended_together_and_a_tended_incident_is_not_among_the_untended(fresh) {
        let world = World::started(fresh).await;
        storm(&world).await;
        let id = alerts::open_incidents(world.store(), &world.owner, &folded()).await.unwrap()[0].id;
        let members = alerts::open_members(world.store(), &world.owner, id).await.unwrap();
        let tending = Tending::Acknowledge { reason: "the line is down".into() };
        alerts::tend_all(&world.engine, &world.owner, &members, &tending, NOW).await.unwrap();
        let untended = AlertFilter { state: AlertState::Untended, ..folded() };
        assert_eq!(shown(&world, &world.owner, &untended).await, (vec!["srv-1".into()], vec![]));
        assert_eq!(shown(&world, &world.owner, &folded()).await.1, [12]);
    }

    async fn a_late_backup_whose_runs_fail_is_explained_by_the_failing_run(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let new = devices::NewDevice { class: DeviceClass::Server, ..new_device(acme, "srv-1") };
        let server = devices::create(&world.engine, &world.owner, new, MONDAY).await.unwrap();
        world.report(server, "good", RunState::Succeeded, MONDAY).await;
        let said = RunEvent { message: Some("Fatal: wrong password or no key found".into()), ..failed(MONDAY + Span::hours(40)) };
        world.report_with(server, "bad", said, None).await;
        let now = MONDAY + Span::hours(60);
        world.engine.reconciler.tick(now).await.unwrap();
        let rows = alerts::list(world.store(), &world.owner, &AlertFilter { now, ..AlertFilter::default() }).await.unwrap().items;
        let of = |kind| rows.iter().find(|a| a.kind == kind).unwrap();
        let (overdue, failed) = (of(AlertKind::BackupOverdue), of(AlertKind::JobFailed));
        assert_eq!((overdue.run, overdue.behind), (None, failed.run));
        assert!(overdue.remedy(None).cause.unwrap().contains("password"));
    }
}
