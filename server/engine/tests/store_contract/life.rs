//! A device's life: reports, bars, runs and logs, alerts and what people do about them, pauses, policies, the inbox, the future.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, KeyRights},
    alert::{AlertKind, Severity},
    health::Band,
    ids::KeyId,
    policy::{DeviceLife, Policy},
    run::{RunEvent, RunState},
    schedule::Schedule,
    time::Span,
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    live, on_both_stores,
    store::{
        alerts::{self, AlertFilter, AlertState},
        devices::{self, DayBar, DeviceFilter},
        inbox::{self, Assignment, InboxFilter},
        jobs,
        organizations::{self, OrganizationChange, Window},
        policies::{self, NewPolicy, PolicyChange},
        runs::{self, RunFilter},
    },
};

on_both_stores! {
    async fn a_new_device_is_pending_and_counted_as_unknown(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        let seen = devices::get(world.store(), &world.owner, device, MONDAY).await.unwrap();
        assert_eq!((seen.row.life, seen.row.band, seen.row.score.0), (DeviceLife::Pending, Band::Unknown, 0));
        assert_eq!(seen.row.policy.1, "Daily");
        assert_eq!(seen.row.due_at, Some(MONDAY + Span::hours(25)));
        assert_eq!(seen.ping_uuid.len(), 36);
        assert!(seen.row.next_change.is_some());
        assert_eq!(live::counts(world.store(), &world.owner).await.unwrap().unknown, 1);
    }

    async fn a_run_shows_in_its_row_its_bar_its_counts_and_its_log(fresh) {
        let world = World::started(fresh).await;
        let (store, owner) = (world.store(), &world.owner);
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        world.report(device, "r1", RunState::Running, MONDAY).await;
        let row = devices::list(store, owner, &DeviceFilter::default(), MONDAY).await.unwrap().items.remove(0);
        assert_eq!((row.life, row.running, row.latest_run.unwrap().state), (DeviceLife::Active, 1, RunState::Running));

        let end = RunEvent { bytes: Some(7_340_032), message: Some("snapshot saved".into()), ..RunEvent::new(RunState::Succeeded, MONDAY + Span::minutes(5)) };
        world.report_with(device, "r1", end, Some("line 1\nline 2\n")).await;
        let now = MONDAY + Span::HOUR;
        let row = devices::list(store, owner, &DeviceFilter::default(), now).await.unwrap().items.remove(0);
        assert_eq!((row.running, row.band, row.last_usable_at), (0, Band::Healthy, Some(MONDAY + Span::minutes(5))));
        assert_eq!(row.bars[27], Some(DayBar { succeeded: 1, ..Default::default() }));
        assert!(row.bars[..27].iter().all(Option::is_none));
        let latest = row.latest_run.unwrap();
        assert_eq!((latest.state, latest.job_name.as_str(), latest.bytes), (RunState::Succeeded, "nightly", Some(7_340_032)));

        let tomorrow = devices::list(store, owner, &DeviceFilter::default(), MONDAY + Span::DAY).await.unwrap().items.remove(0);
        assert_eq!((tomorrow.bars[26].is_some(), tomorrow.bars[27]), (true, None), "bars are days of the organization's zone, oldest first");

        let listed = runs::list(store, owner, &RunFilter { device: Some(device), ..Default::default() }).await.unwrap().items;
        assert_eq!((listed.len(), listed[0].device.1.as_str(), listed[0].message.as_deref()), (1, "fs-01", Some("snapshot saved")));
        let run = runs::get(store, owner, listed[0].id).await.unwrap();
        assert_eq!((run.run.started_at, run.row.ended_at), (MONDAY, Some(MONDAY + Span::minutes(5))));
        assert_eq!(runs::log(store, owner, run.row.id).await.unwrap().unwrap().trim_end(), "line 1\nline 2");
        let counts = organizations::counts(store, owner, acme, Window::Day, now).await.unwrap();
        assert_eq!((counts.success, counts.failed, counts.running, counts.seats), (1, 0, 0, 0));
        let old = organizations::counts(store, owner, acme, Window::Day, MONDAY + Span::days(2)).await.unwrap();
        assert_eq!(old.success, 0);
        assert_eq!(organizations::counts(store, owner, acme, Window::Week, MONDAY + Span::days(2)).await.unwrap().success, 1);
    }

    async fn an_organization_that_moves_to_another_zone_has_its_days_counted_anew(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let device = world.device(acme, "fs-01").await;
        for n in 0..40 {
            let end = MONDAY + Span::hours(5 * n);
            let state = if n % 7 == 0 { RunState::Failed } else { RunState::Succeeded };
            world.report(device, &format!("r{n}"), state, end).await;
        }
        let change = OrganizationChange { time_zone: Some("Pacific/Auckland".into()), ..Default::default() };
        organizations::edit(&world.engine, &world.owner, acme, change, MONDAY + Span::hours(210)).await.unwrap();
        assert_eq!(engine::check::recount(world.store()).await.unwrap(), []);
    }

    async fn runs_are_paged_latest_first_and_filtered(fresh) {
        let world = World::started(fresh).await;
        let device = world.device(world.organization("Acme").await, "fs-01").await;
        for n in 0..7 {
            let state = if n % 2 == 0 { RunState::Succeeded } else { RunState::Failed };
            world.report(device, &format!("r{n}"), state, MONDAY + Span::minutes(n)).await;
        }
        let mut filter = RunFilter { limit: Some(3), ..Default::default() };
        let mut keys = Vec::new();
        loop {
            let page = runs::list(world.store(), &world.owner, &filter).await.unwrap();
            keys.extend(page.items.into_iter().map(|r| r.key));
            let Some(cursor) = page.next_cursor else { break };
            filter.cursor = Some(cursor);
        }
        assert_eq!(keys, ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]);
        let failed = runs::list(world.store(), &world.owner, &RunFilter { state: Some(RunState::Failed), ..Default::default() }).await.unwrap();
        assert_eq!(failed.items.len(), 3);
        let job = failed.items[0].job.0;
        let of_job = runs::list(world.store(), &world.owner, &RunFilter { job: Some(job), ..Default::default() }).await.unwrap();
        assert_eq!(of_job.items.len(), 7);
    }

    async fn an_alert_is_acknowledged_snoozed_and_annotated_until_it_resolves(fresh) {
        let world = World::started(fresh).await;
        let (store, engine, owner) = (world.store(), &world.engine, &world.owner);
        let device = world.device(world.organization("Acme").await, "fs-01").await;
        for n in 0..3 {
            world.report(device, &format!("r{n}"), RunState::Failed, MONDAY + Span::minutes(n)).await;
        }
        let now = MONDAY + Span::minutes(10);
        let open = alerts::list(store, owner, &AlertFilter::default()).await.unwrap().items;
        assert_eq!(open.iter().map(|a| (a.kind, a.severity)).collect::<Vec<_>>(), [(AlertKind::JobFailed, Severity::Critical)]);
        let id = open[0].id;
        let mut stream = engine.live.subscribe();
        alerts::acknowledge(engine, owner, id, "new password set", now).await.unwrap();
        assert!(!stream.recv().await.unwrap().is_empty(), "the stream says so");
        alerts::snooze(engine, owner, id, now + Span::HOUR, now).await.unwrap();
        alerts::note(engine, owner, id, "waiting for tonight", now).await.unwrap();
        assert_eq!(alerts::snooze(engine, owner, id, now, now).await.unwrap_err().public_code(), "invalid_time");
        assert_eq!(alerts::note(engine, owner, id, "  ", now).await.unwrap_err().public_code(), "empty_text");
        world.report(device, "good", RunState::Succeeded, now + Span::MINUTE).await;
        let detail = alerts::get(store, owner, id).await.unwrap();
        let what: Vec<_> = detail.events.iter().map(|e| e.what.as_str()).collect();
        assert_eq!(what, ["opened", "raised", "acknowledged", "snoozed", "note", "resolved"]);
        assert_eq!(detail.row.acknowledged_by.as_deref(), Some("Ada"));
        assert_eq!((detail.events[2].who.as_str(), detail.events[2].note.as_str()), ("Ada", "new password set"));
        assert!(detail.row.resolved_at.is_some());
        assert!(alerts::list(store, owner, &AlertFilter::default()).await.unwrap().items.is_empty());
        let resolved = AlertFilter { state: AlertState::Resolved, kind: Some(AlertKind::JobFailed), ..Default::default() };
        assert_eq!(alerts::list(store, owner, &resolved).await.unwrap().items.len(), 1);
        assert_eq!(alerts::acknowledge(engine, owner, id, "late", now).await.unwrap_err().public_code(), "resolved");
    }

    async fn a_paused_device_is_counted_as_paused_and_resuming_forgives_the_slots_between(fresh) {
        let world = World::started(fresh).await;
        let (store, engine, owner) = (world.store(), &world.engine, &world.owner);
        let device = world.device(world.organization("Acme").await, "fs-01").await;
        world.report(device, "r1", RunState::Succeeded, MONDAY).await;
        devices::pause(engine, owner, device, MONDAY + Span::HOUR).await.unwrap();
        let counts = live::counts(store, owner).await.unwrap();
        assert_eq!((counts.paused, counts.healthy), (1, 0));
        let listed = async |band| {
            let filter = devices::DeviceFilter { band, ..Default::default() };
            devices::list(&engine.store, owner, &filter, MONDAY + Span::HOUR).await.unwrap().items.len()
        };
        assert_eq!((listed(Some(Band::Healthy)).await, listed(None).await), (0, 1), "a paused device is in no band, and in the list");
        let back = MONDAY + Span::days(20);
        devices::resume(engine, owner, device, back).await.unwrap();
        let row = devices::get(store, owner, device, back).await.unwrap();
        assert_eq!((row.row.life, row.assessment.missed.len()), (DeviceLife::Active, 0));
        devices::retire(engine, owner, device, back).await.unwrap();
        let counts = live::counts(store, owner).await.unwrap();
        assert_eq!((counts.paused, counts.healthy, counts.critical, counts.unknown), (0, 0, 0, 0));
        assert_eq!(devices::pause(engine, owner, device, back).await.unwrap_err().public_code(), "retired");
    }

    async fn a_changed_policy_settles_its_devices_and_no_others(fresh) {
        let world = World::started(fresh).await;
        let (store, engine, owner) = (world.store(), &world.engine, &world.owner);
        let acme = world.organization("Acme").await;
        let hourly = NewPolicy { partner: None, name: "Hourly".into(), policy: Policy { schedule: Schedule::Every { every_minutes: 60 }, ..Policy::default() } };
        let hourly = policies::create(store, owner, hourly, MONDAY).await.unwrap();
        let (touched, other) = (world.device(acme, "touched").await, world.device(acme, "other").await);
        let to_hourly = devices::DeviceChange { policy: Some(hourly), ..Default::default() };
        devices::edit(engine, owner, touched, to_hourly, MONDAY).await.unwrap();
        for device in [touched, other] {
            world.report(device, "r1", RunState::Succeeded, MONDAY).await;
        }
        let due = async |device| devices::get(store, owner, device, MONDAY).await.unwrap().row.due_at.unwrap() - MONDAY;
        assert_eq!((due(touched).await, due(other).await), (Span::hours(2), Span::hours(25)));
        let change = PolicyChange { schedule: Some(Schedule::Every { every_minutes: 120 }), grace_minutes: Some(0), ..Default::default() };
        policies::edit(engine, owner, hourly, change, MONDAY + Span::MINUTE).await.unwrap();
        assert_eq!((due(touched).await, due(other).await), (Span::hours(2), Span::hours(25)));
        let change = PolicyChange { grace_minutes: Some(30), is_default: Some(true), ..Default::default() };
        policies::edit(engine, owner, hourly, change, MONDAY + Span::MINUTE).await.unwrap();
        assert_eq!(due(touched).await, Span::minutes(150));
        let defaults: Vec<_> = policies::list(store, owner).await.unwrap().into_iter().filter(|p| p.is_default).map(|p| p.id).collect();
        assert_eq!(defaults, [hourly]);
        let bad = PolicyChange { schedule: Some(Schedule::Cron { cron: "nonsense".into(), time_zone: "UTC".into() }), ..Default::default() };
        assert_eq!(policies::edit(engine, owner, hourly, bad, MONDAY).await.unwrap_err().public_code(), "invalid_schedule");
    }

    async fn a_job_may_follow_its_own_schedule(fresh) {
        let world = World::started(fresh).await;
        let (store, engine, owner) = (world.store(), &world.engine, &world.owner);
        let device = world.device(world.organization("Acme").await, "fs-01").await;
        world.report(device, "r1", RunState::Succeeded, MONDAY).await;
        let job = jobs::list(store, owner, device).await.unwrap().remove(0);
        assert_eq!((job.name.as_str(), job.slug.as_str(), &job.own_schedule), ("nightly", "nightly", &None));
        assert_eq!(jobs::by_ping_uuid(store, &job.ping_uuid).await.unwrap().unwrap().job, Some(job.id));
        assert_eq!(jobs::by_slug(store, owner, "nightly").await.unwrap().len(), 1);
        let detail = devices::get(store, owner, device, MONDAY).await.unwrap();
        let target = jobs::by_ping_uuid(store, &detail.ping_uuid).await.unwrap().unwrap();
        assert_eq!((target.device, target.job), (device, None));
        let half_past_two = Schedule::Cron { cron: "30 2 * * *".into(), time_zone: "Europe/Berlin".into() };
        let change = jobs::JobChange { schedule: Some(Some(half_past_two.clone())), ..Default::default() };
        jobs::edit(engine, owner, job.id, change, MONDAY).await.unwrap();
        let job = jobs::get(store, owner, job.id).await.unwrap();
        // 02:30 in Berlin is 01:30 UTC in November: 17.5 h after 08:00, and an hour of grace.
        assert_eq!((job.schedule, job.due_at), (half_past_two, Some(MONDAY + Span::minutes(17 * 60 + 30 + 60))));
    }

    async fn the_future_comes_as_it_was_told(fresh) {
        let world = World::started(fresh).await;
        let (store, engine, owner) = (world.store(), &world.engine, &world.owner);
        let acme = world.organization("Acme").await;
        let cron = Schedule::Cron { cron: "15 */3 * * *".into(), time_zone: "Europe/Berlin".into() };
        let mut devices = Vec::new();
        for (name, schedule) in [("cron", cron), ("every", Schedule::Every { every_minutes: 360 }), ("learned", Schedule::Learned)] {
            let policy = NewPolicy { partner: None, name: name.into(), policy: Policy { schedule, ..Policy::default() } };
            let policy = policies::create(store, owner, policy, MONDAY).await.unwrap();
            let new = devices::NewDevice { policy: Some(policy), ..new_device(acme, name) };
            devices.push(devices::create(engine, owner, new, MONDAY).await.unwrap());
        }
        for device in &devices {
            world.report(*device, "r1", RunState::Succeeded, MONDAY + Span::MINUTE).await;
        }
        world.report(devices[1], "r2", RunState::Running, MONDAY + Span::minutes(2)).await;
        let now = MONDAY + Span::minutes(3);
        let times: Vec<_> = [1, 5, 13, 26, 49, 80, 200].map(|hours| MONDAY + Span::hours(hours)).into();
        let mut told = Vec::new();
        for at in &times {
            for device in &devices {
                told.push(devices::assessment(store, owner, *device, *at, now).await.unwrap());
            }
        }
        let mut told = told.into_iter();
        for at in &times {
            engine.reconciler.tick(*at).await.unwrap();
            for device in &devices {
                let came = devices::get(store, owner, *device, *at).await.unwrap().assessment;
                let told = told.next().unwrap();
                assert_eq!((told.score, told.band, &told.conditions), (came.score, came.band, &came.conditions), "{device} at {at:?}");
            }
        }
    }

    async fn unknown_sources_wait_and_their_reports_count_once_assigned(fresh) {
        let world = World::started(fresh).await;
        let (store, engine, owner) = (world.store(), &world.engine, &world.owner);
        let acme = world.organization("Acme").await;
        let rights = KeyRights { ingest: true, ..Default::default() };
        let sender = Actor { ground: Ground::Key(KeyId(1), rights), scope: domain::access::Scope::Organization(world.partner, acme) };
        let event = |device: &str, run: &str, at| IncomingEvent {
            subject: Subject::Named { device: Some(device.into()), organization: None },
            job: JobRef::Named("nightly".into()),
            run: RunRef::Key(run.into()),
            event: RunEvent::new(RunState::Succeeded, at),
            log: None,
        };
        let events = vec![event("new-pc", "a", MONDAY), event("new-pc", "b", MONDAY + Span::HOUR), event("junk", "a", MONDAY)];
        let receipt = engine.ingest.submit(&sender, events, MONDAY + Span::HOUR).await.unwrap();
        assert_eq!((receipt.accepted, receipt.waiting), (3, 3));
        let mut waiting = inbox::list(store, owner, &InboxFilter::default()).await.unwrap().items;
        waiting.sort_by_key(|w| std::cmp::Reverse(w.source.clone()));
        assert_eq!(waiting.iter().map(|i| (i.source.as_str(), i.organization)).collect::<Vec<_>>(), [("new-pc", Some(acme)), ("junk", Some(acme))]);
        let now = MONDAY + Span::hours(2);
        let assigned = inbox::assign(engine, owner, waiting[0].id, Assignment::New(new_device(acme, "new-pc")), now).await.unwrap();
        assert_eq!((assigned.receipt.accepted, assigned.receipt.waiting, assigned.receipt.rejected.len()), (2, 0, 0));
        let row = devices::get(store, owner, assigned.device, now).await.unwrap().row;
        assert_eq!((row.band, row.last_usable_at), (Band::Healthy, Some(MONDAY + Span::HOUR)));
        let again = inbox::assign(engine, owner, waiting[0].id, Assignment::Device(assigned.device), now).await.unwrap();
        assert_eq!(again.receipt.accepted, 0);
        inbox::dismiss(store, owner, waiting[1].id, now).await.unwrap();
        assert!(inbox::list(store, owner, &InboxFilter::default()).await.unwrap().items.is_empty());
        let other = world.device(world.organization("Other").await, "elsewhere").await;
        assert_eq!(inbox::assign(engine, owner, waiting[1].id, Assignment::Device(other), now).await.unwrap_err().public_code(), "wrong_organization");
    }
}
