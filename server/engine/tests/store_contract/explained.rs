//! Which failing run explains an alert: the same for the alert itself, lists and Home.

use crate::world::{MONDAY, World};
use domain::{
    access::Actor,
    alert::AlertKind,
    ids::DeviceId,
    run::{RunEvent, RunState},
    time::{Span, Time},
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    on_both_stores,
    store::{
        alerts::{self, AlertFilter, AlertRow},
        overview,
    },
};

const NOW: Time = Time(MONDAY.0 + 60 * Span::HOUR.0);
const DISK: &str = "read /srv/data/plans.dwg: input/output error";
const PASSWORD: &str = "Fatal: wrong password or no key found";

/// A run of a job that ended at this hour after Monday; with words, it failed.
async fn ran(world: &World, device: DeviceId, job: &str, hour: i64, failed: Option<&str>) {
    let at = MONDAY + Span::hours(hour);
    let state = if failed.is_some() { RunState::Failed } else { RunState::Succeeded };
    let event = RunEvent { message: failed.map(Into::into), ..RunEvent::new(state, at) };
    let (job, run) = (JobRef::Named(job.into()), RunRef::Key(format!("{job}-{hour}")));
    let event = IncomingEvent { subject: Subject::Device(device), job, run, event, log: None };
    let receipt = world.engine.ingest.submit(&Actor::system(world.owner.scope.clone()), vec![event], at + Span::SECOND).await.unwrap();
    assert_eq!((receipt.accepted, receipt.rejected.len()), (1, 0), "{receipt:?}");
}

/// A device whose job `nightly` is overdue longest while `daytime` fails most often: one alert is of this job, one of the other.
async fn two_failing(world: &World, nightly: &str, daytime: &str) -> (AlertRow, AlertRow) {
    let device = world.device(world.organization("Acme").await, "fs-01").await;
    ran(world, device, "nightly", 0, None).await;
    ran(world, device, "daytime", 2, None).await;
    ran(world, device, "nightly", 40, Some(nightly)).await;
    ran(world, device, "daytime", 41, Some(daytime)).await;
    ran(world, device, "daytime", 42, Some(daytime)).await;
    world.engine.reconciler.tick(NOW).await.unwrap();
    let (overdue, failed) = (of_kind(world, AlertKind::BackupOverdue).await, of_kind(world, AlertKind::JobFailed).await);
    let job = |alert: &AlertRow| alert.job.as_ref().map(|(_, name)| name.clone());
    assert_eq!((job(&overdue).as_deref(), job(&failed).as_deref()), (Some("nightly"), Some("daytime")));
    (overdue, failed)
}

async fn of_kind(world: &World, kind: AlertKind) -> AlertRow {
    let filter = AlertFilter { kind: Some(kind), now: NOW, ..AlertFilter::default() };
    let mut rows = alerts::list(world.store(), &world.owner, &filter).await.unwrap().items;
    assert_eq!(rows.len(), 1, "one alert of a kind and a device");
    rows.remove(0)
}

on_both_stores! {
    async fn a_late_job_is_explained_by_its_own_failing_run_while_the_alert_of_failing_jobs_is_anothers(fresh) {
        let world = World::started(fresh).await;
        let (overdue, failed) = two_failing(&world, DISK, DISK).await;
        assert_eq!(overdue.message.as_deref(), Some(DISK));
        assert!(overdue.behind.is_some() && overdue.behind != failed.behind, "by the run of its own job");
        let remedy = overdue.remedy(None);
        assert!(remedy.cause.as_deref().unwrap().contains("failing disk"), "{remedy:?}");
        assert!(!remedy.text().contains("Start a backup now"), "a backup would wear the disk further: {remedy:?}");
    }

    async fn the_alert_itself_its_list_and_home_name_the_same_cause_and_run(fresh) {
        let world = World::started(fresh).await;
        let (overdue, _) = two_failing(&world, DISK, DISK).await;
        let one = alerts::get(world.store(), &world.owner, overdue.id).await.unwrap().row;
        let home = overview::overview(world.store(), &world.owner, MONDAY, NOW).await.unwrap().attention;
        assert_eq!((home.len(), home[0].alert), (1, overdue.id), "the device stands there once, by its worst alert");
        assert_eq!((one.behind, home[0].run), (overdue.behind, overdue.behind));
        assert_eq!((one.remedy(None), &home[0].remedy), (overdue.remedy(None), &overdue.remedy(None)));
    }

    async fn a_run_that_tells_a_cause_goes_before_one_that_tells_none(fresh) {
        let world = World::started(fresh).await;
        let (overdue, failed) = two_failing(&world, "exit 1", PASSWORD).await;
        assert_eq!((overdue.behind, overdue.message.as_deref()), (failed.behind, Some(PASSWORD)));
        assert!(overdue.remedy(None).cause.unwrap().contains("password"));
    }

    async fn what_the_own_job_tells_goes_before_what_another_tells(fresh) {
        let world = World::started(fresh).await;
        let (overdue, failed) = two_failing(&world, PASSWORD, DISK).await;
        assert_eq!((overdue.message.as_deref(), failed.message.as_deref()), (Some(PASSWORD), Some(DISK)));
    }

    async fn a_late_job_that_does_not_fail_is_explained_by_another_of_its_device_and_never_by_another_devices(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let (device, stranger) = (world.device(acme, "fs-01").await, world.device(acme, "fs-02").await);
        ran(&world, stranger, "nightly", 0, None).await;
        ran(&world, device, "nightly", 0, None).await;
        ran(&world, device, "daytime", 2, None).await;
        ran(&world, device, "daytime", 41, Some(DISK)).await;
        world.engine.reconciler.tick(NOW).await.unwrap();
        let filter = AlertFilter { kind: Some(AlertKind::BackupOverdue), now: NOW, ..AlertFilter::default() };
        let rows = alerts::list(world.store(), &world.owner, &filter).await.unwrap().items;
        let said = |of| rows.iter().find(|a| a.device.0 == of).unwrap().message.clone();
        assert_eq!((said(device).as_deref(), said(stranger)), (Some(DISK), None));
    }

    async fn a_failure_that_was_overcome_explains_nothing(fresh) {
        let world = World::started(fresh).await;
        let device = world.device(world.organization("Acme").await, "fs-01").await;
        ran(&world, device, "nightly", 0, Some(DISK)).await;
        ran(&world, device, "nightly", 1, None).await;
        world.engine.reconciler.tick(NOW).await.unwrap();
        let overdue = of_kind(&world, AlertKind::BackupOverdue).await;
        assert_eq!((overdue.behind, overdue.message, overdue.run), (None, None, None));
    }
}
