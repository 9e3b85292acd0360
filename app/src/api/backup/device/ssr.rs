//! From the engine's device to its page's.

use super::{DeviceView, JobEdit, JobLine, Paused, RestoreLine};
use crate::{
    api::backup::{
        Glance, alerts,
        devices::ssr::{device_now, line},
        runs,
    },
    context,
    error::UiError,
};
use domain::{
    access::Action,
    ids::DeviceId,
    live::AlertNow,
    schedule::Schedule,
    text::{self, Local},
    time::{Span, Time},
};
use engine::store::{
    devices::{self, MOST_SHARING},
    jobs::{self, JobRow},
    policies, restore_tests,
    runs::RunGlance,
};
use leptos::prelude::use_context;

/// Runs on a page of the table.
const RUNS: u64 = 12;
const ALERTS: u64 = 50;
/// Latest runs of the device that bars and sizes are taken from …
const GLANCES: u64 = 240;
/// … and so many of each job at most.
const BARS: usize = 30;

fn job_form(job: &JobRow, own_zone: &str) -> JobEdit {
    let (minutes, cron, zone) = match &job.schedule {
        Schedule::Every { every_minutes } => (*every_minutes, String::new(), own_zone),
        Schedule::Cron { cron, time_zone } => (1_440, cron.clone(), time_zone.as_str()),
        Schedule::Learned => (1_440, String::new(), own_zone),
    };
    let (every, unit) = match minutes {
        m if m % 1_440 == 0 => (m / 1_440, "days"),
        m if m % 60 == 0 => (m / 60, "hours"),
        m => (m, "minutes"),
    };
    let kind = match &job.own_schedule {
        None => "policy",
        Some(Schedule::Every { .. }) => "every",
        Some(Schedule::Cron { .. }) => "cron",
        Some(Schedule::Learned) => "learned",
    };
    JobEdit {
        name: job.name.clone(),
        kind: kind.to_owned(),
        every: every.to_string(),
        unit: unit.to_owned(),
        cron,
        time_zone: zone.to_owned(),
    }
}

fn job_line(job: JobRow, glances: &[RunGlance], url: &str, own_zone: &str, may_manage: bool) -> JobLine {
    let mut runs: Vec<Glance> = glances.iter().filter(|run| run.job == job.id).take(BARS).map(|run| Glance::from(*run)).collect();
    runs.reverse();
    JobLine {
        form: job_form(&job, own_zone),
        id: job.id,
        name: job.name,
        schedule: text::schedule(&job.schedule),
        is_own_schedule: job.own_schedule.is_some(),
        ping_url: may_manage.then(|| format!("{url}/ping/{}", job.ping_uuid)),
        runs,
    }
}

pub(super) async fn device(id: &str, runs_from: Option<String>) -> Result<DeviceView, UiError> {
    let (engine, actor) = context::actor()?;
    let id: DeviceId = id.parse().map_err(|_| UiError::not_found("device"))?;
    let store = &engine.store;
    let now = context::now(&engine);
    let may_manage = actor.may(Action::ManageDevices);
    let url = use_context::<context::PublicUrl>().unwrap_or_default().0;
    let detail = devices::get(store, &actor, id, now).await?;
    let jobs = jobs::list(store, &actor, id).await?;
    let glances = engine::store::runs::recent(store, &actor, id, GLANCES).await?;
    let page = runs::ssr::of_device(&engine, &actor, id, runs_from, RUNS).await?;
    let tests = restore_tests::list(store, &actor, id).await?;
    let alerts = alerts::ssr::of_device(&engine, &actor, id, ALERTS).await?;
    let storage = devices::storage(store, &actor, id).await?;
    let policies = if may_manage { policies::list(store, &actor).await? } else { Vec::new() };
    let mut moving = device_now(&detail.row);
    // Those that the stream tells: a page that begins with others would be fetched anew at once.
    moving.alerts = alerts
        .iter()
        .filter(|a| a.resolved_at.is_none() && !a.muted)
        .map(|a| AlertNow {
            alert: a.id,
            kind: a.kind,
            severity: a.severity,
            opened_at: a.opened_at,
            acknowledged: a.acknowledged.is_some(),
        })
        .collect();
    let local = local(zone_of(jobs.iter().map(|job| &job.schedule), &detail.schedule, &detail.time_zone), now);
    Ok(DeviceView {
        local,
        line: line(detail.row),
        now: moving,
        at: now,
        hostname: detail.hostname,
        agent_version: detail.agent_version,
        schedule: text::schedule(&detail.schedule),
        policy: detail.terms,
        sharing: detail.sharing.min(MOST_SHARING),
        sharing_is_least: detail.sharing > MOST_SHARING,
        organization_deactivated: detail.organization_deactivated,
        paused: detail.paused.map(|p| Paused { at: p.at, who: p.name.unwrap_or_else(|| named(&p.who)), reason: p.reason }),
        jobs: jobs.into_iter().map(|job| job_line(job, &glances, &url, &detail.time_zone, may_manage)).collect(),
        time_zone: detail.time_zone,
        next_runs: page.next_cursor,
        runs: page.runs,
        restore_tests: tests
            .into_iter()
            .map(|t| RestoreLine {
                id: t.id,
                at: t.at,
                passed: t.passed,
                scope: t.scope,
                rpo_seconds: t.rpo_seconds,
                rto_seconds: t.rto_seconds,
                note: t.note,
                made_by: t.name.unwrap_or_else(|| named(&t.made_by)),
            })
            .collect(),
        alerts,
        storage: storage.into_iter().map(|s| (i32::try_from(s.day).unwrap_or(0), s.used, s.quota)).collect(),
        policies: policies.into_iter().map(|p| (p.id.to_string(), p.name)).collect(),
        ping_uuid: if may_manage { detail.ping_uuid } else { String::new() },
        url,
    })
}

/// The zone of the set times, where all of them are of one; else the organization's. Without a job the policy's schedule counts.
fn zone_of<'a>(jobs: impl Iterator<Item = &'a Schedule>, policy: &'a Schedule, own: &'a str) -> &'a str {
    let zone = |schedule: &'a Schedule| if let Schedule::Cron { time_zone, .. } = schedule { Some(time_zone.as_str()) } else { None };
    let mut jobs = jobs.peekable();
    let mut zones: Vec<&str> = if jobs.peek().is_none() { zone(policy).into_iter().collect() } else { jobs.filter_map(zone).collect() };
    zones.dedup();
    if let [one] = zones[..] { one } else { own }
}

/// What the clocks of a zone show in the years that pages tell of; none for a zone that is none.
pub(in crate::api::backup) fn local(zone: &str, now: Time) -> Option<Local> {
    domain::wall_clock::local(zone, now - Span::days(800), now + Span::days(400)).ok()
}

/// Somebody whose name isn't known.
fn named(who: &str) -> String {
    match who.split_once(':') {
        Some(("user", _)) => "a person".to_owned(),
        Some(("key", _)) => "a key".to_owned(),
        _ if who == "system" => "the portal".to_owned(),
        _ => who.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_times_in_the_zone_of_its_set_times_where_there_is_one() {
        let cron = |zone: &str| Schedule::Cron { cron: "0 12 * * *".into(), time_zone: zone.into() };
        let zone = |jobs: &[Schedule], policy: &Schedule| zone_of(jobs.iter(), policy, "Europe/Paris").to_owned();
        let (berlin, new_york) = (cron("Europe/Berlin"), cron("America/New_York"));
        assert_eq!(zone(std::slice::from_ref(&new_york), &berlin), "America/New_York");
        assert_eq!(zone(&[new_york.clone(), new_york.clone()], &berlin), "America/New_York");
        assert_eq!(zone(&[new_york, berlin.clone()], &berlin), "Europe/Paris");
        assert_eq!(zone(&[Schedule::Learned], &berlin), "Europe/Paris");
        assert_eq!(zone(&[], &berlin), "Europe/Berlin");
    }
}
