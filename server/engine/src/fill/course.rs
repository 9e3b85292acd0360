//! The course of a device's life, from its enrolment to the end of the fleet's history: what happens to it and what time does to it,
//! each at its own time and settled before the next, as ingest and the reconciler do it when live.

use super::{
    Made,
    memory::Memory,
    mint::{DeviceMint, MOST},
    tables,
    tenants::{KnownPolicy, Tenants},
};
use crate::{
    error::Error,
    ingest::{CheckIn, batch, bulk::Rows, limits},
    reconcile::{
        work::{Mint, Stored, Subject, SubjectKind, Work, counted_life, no_slots},
        write::{self, Sums},
    },
    store::{devices::uuid, input},
};
use domain::{
    facts::{DeviceFacts, RestoreFacts},
    ids::{DeviceId, OrganizationId, PartnerId, PolicyId},
    policy::DeviceLife,
    run::RunEvent,
    time::Time,
    zones::Zone,
};
use fleet::{DevicePlan, Fleet, Happening, OrganizationPlan, PlanType, What};
use std::{
    collections::{BTreeMap, HashMap},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

/// An organization with all its devices.
pub(super) fn organization(tenants: &Tenants, fleet: &Fleet, plan: &OrganizationPlan, ordinals: &AtomicUsize) -> Result<Made, Error> {
    let tenant = tenants.partners.get(plan.partner).ok_or_else(|| Error::Internal("an organization of no partner".into()))?;
    let organization = OrganizationId(DeviceMint::of(plan.index).id(plan.created_at));
    let zone = Zone::named(&plan.time_zone).map_err(|e| Error::invalid("invalid_time_zone", "time_zone", e.to_string()))?;
    let mut rows = OrganizationRows::default();
    let deactivated = plan.deactivated_from.filter(|at| *at <= fleet.until);
    rows.organization
        .int(tenant.id.0)
        .int(organization.0)
        .text(plan.name.as_str())
        .text(plan.name.to_lowercase())
        .text(zone.name())
        .text(if deactivated.is_some() { "deactivated" } else { "activated" })
        .text(plan.region.as_str())
        .text(plan.plan_name.as_str())
        .text(match plan.plan_type {
            PlanType::Backup => "Backup",
            PlanType::Archiver => "Archiver",
        })
        .maybe_int(plan.seat_limit)
        .int(plan.created_at.0)
        .int(deactivated.unwrap_or(plan.created_at).0);
    for device in &plan.devices {
        let ordinal = ordinals.fetch_add(1, Ordering::Relaxed);
        if ordinal >= MOST {
            return Err(Error::invalid("too_many_devices", "devices", format!("A fill makes at most {MOST} devices.")));
        }
        let policy = tenant.policies.get(device.policy).ok_or_else(|| Error::Internal("a device without a policy".into()))?;
        let mint = DeviceMint::of(ordinal);
        let mut course = Course::begin(&mint, (tenant.id, organization), zone, policy, device);
        course.run(deactivated, fleet.until)?;
        course.end(policy.id, &mut rows)?;
    }
    Ok(rows.made(plan, organization))
}

/// Rows of an organization and all that belongs to it.
#[derive(Default)]
struct OrganizationRows {
    organization: Rows,
    /// Rows of its devices, by name of the table.
    of_devices: BTreeMap<&'static str, (Option<&'static crate::ingest::bulk::Table>, Rows)>,
    sums: Sums,
    runs: usize,
    alerts: usize,
}

impl OrganizationRows {
    fn add(&mut self, table: &'static crate::ingest::bulk::Table, rows: Rows) {
        if rows.len() == 0 {
            return;
        }
        let known = self.of_devices.entry(table.name).or_default();
        known.0 = Some(table);
        known.1.append(rows);
    }

    fn made(self, plan: &OrganizationPlan, organization: OrganizationId) -> Made {
        let mut tables = vec![(&tables::ORGANIZATIONS, self.organization)];
        tables.extend(self.of_devices.into_values().filter_map(|(table, rows)| table.map(|table| (table, rows))));
        tables.extend(self.sums.rows().map(|(rows, table)| (table, rows)));
        Made { index: plan.index, organization, devices: plan.devices.len(), runs: self.runs, alerts: self.alerts, tables }
    }
}

/// A device on its way.
struct Course<'a> {
    work: Work<'a>,
    memory: Memory,
    plan: &'a DevicePlan,
    /// Local day → (used, quota) as last said.
    storage: BTreeMap<i64, (i64, Option<i64>)>,
    restore_tests: Rows,
    updated_at: Time,
}

/// What is done to a device by hand.
#[derive(Clone, Copy)]
enum Edit {
    Life(DeviceLife),
    Deactivate,
}

impl<'a> Course<'a> {
    fn begin(
        mint: &'a DeviceMint,
        (partner, organization): (PartnerId, OrganizationId),
        zone: Zone,
        policy: &KnownPolicy,
        plan: &'a DevicePlan,
    ) -> Self {
        let now = plan.enrolled_at;
        let device = DeviceId(mint.id(now));
        let subject = Subject {
            partner,
            organization,
            device,
            kind: SubjectKind::Device(plan.class),
            zone,
            schedule: policy.schedule.clone(),
            watched_since: now,
            life: DeviceLife::Pending,
            deactivated: false,
            facts: DeviceFacts {
                life: DeviceLife::Pending,
                enrolled_at: now,
                last_seen: None,
                checked_in_at: None,
                storage: None,
                restore: RestoreFacts::default(),
                terms: policy.policy.terms(plan.class),
                expected: no_slots(now),
                jobs: Default::default(),
            },
            quota: plan.quota_bytes,
            storage_said: None,
            jobs: Vec::new(),
            job_names: HashMap::new(),
            stored: None,
            assessment: None,
            next_change: None,
            alerts: Vec::new(),
            open_alerts: 0,
            touched: Vec::new(),
            row_changed: false,
            agent_version: None,
            hostname: None,
        };
        let work = Work {
            mint,
            now,
            subjects: vec![subject],
            places: HashMap::from([((partner, device), 0)]),
            runs: Vec::new(),
            run_ids: HashMap::new(),
        };
        Self { work, memory: Memory::default(), plan, storage: BTreeMap::new(), restore_tests: Rows::default(), updated_at: now }
    }

    /// From the enrolment to the end.
    fn run(&mut self, deactivated: Option<Time>, until: Time) -> Result<(), Error> {
        if self.plan.enrolled_at > until {
            return Err(Error::Internal("a device that is enrolled after the end".into()));
        }
        self.work.resolve_all();
        self.settle()?;
        let mut edits = Vec::new();
        if matches!(self.plan.life, DeviceLife::Paused | DeviceLife::Retired) {
            edits.extend(self.plan.life_from.map(|at| (at, Edit::Life(self.plan.life))));
        }
        edits.extend(deactivated.map(|at| (at, Edit::Deactivate)));
        edits.retain(|(at, _)| *at <= until);
        edits.sort_by_key(|(at, _)| *at);
        let mut edits = edits.into_iter().peekable();
        let plan = self.plan;
        for happening in plan.happenings(plan.enrolled_at, until) {
            while let Some((at, edit)) = edits.next_if(|(at, _)| *at <= happening.at) {
                self.edit(at, edit)?;
            }
            self.let_time_pass(happening.at)?;
            self.happen(happening)?;
        }
        for (at, edit) in edits {
            self.edit(at, edit)?;
        }
        self.let_time_pass(until)
    }

    /// Settles at each change that time brings, as the reconciler does.
    fn let_time_pass(&mut self, until: Time) -> Result<(), Error> {
        while let Some(at) = self.work.subjects[0].next_change.filter(|at| *at <= until) {
            self.at(at);
            self.settle()?;
        }
        Ok(())
    }

    /// The work as it would be loaded at this time.
    fn at(&mut self, now: Time) {
        let before = self.work.now;
        self.work.now = now.max(before);
        let subject = &mut self.work.subjects[0];
        let (running, retrying) = subject.open_runs();
        let (service, counted) = (subject.service(before), subject.counted());
        if let Some(assessment) = subject.assessment.take() {
            subject.stored = Some(Stored {
                organization: subject.organization,
                life: subject.facts.life,
                band: assessment.band,
                score: assessment.score,
                running,
                retrying,
                open_alerts: subject.open_alerts,
                service,
                counted,
                had_conditions: !assessment.conditions.is_empty(),
                assessed_at: before,
            });
        }
        subject.touched.clear();
        subject.alerts.clear();
        subject.open_alerts = 0;
        subject.storage_said = None;
        subject.row_changed = false;
        for job in &mut subject.jobs {
            job.is_new = false;
            job.changed = false;
            job.resolve = false;
            job.keys.clear();
        }
    }

    fn settle(&mut self) -> Result<(), Error> {
        let changes = at_once(self.work.reach(&self.memory))?;
        self.memory.put(&mut self.work, changes);
        Ok(())
    }

    fn edit(&mut self, at: Time, edit: Edit) -> Result<(), Error> {
        self.let_time_pass(at)?;
        self.at(at);
        let subject = &mut self.work.subjects[0];
        match edit {
            Edit::Life(life) => {
                subject.life = life;
                self.updated_at = at;
            }
            Edit::Deactivate => subject.deactivated = true,
        }
        subject.facts.life = counted_life(subject.life, subject.deactivated);
        self.work.resolve_all();
        self.settle()
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Error> {
        let now = happening.at;
        self.at(now);
        match happening.what {
            What::Run { job, key, event, log } => return self.hear(job, key, event, log),
            What::CheckIn { storage_used } => {
                let check_in = CheckIn {
                    at: now,
                    agent_version: self.plan.agent_version.clone(),
                    hostname: Some(self.plan.hostname.clone()),
                    storage_used,
                    ..CheckIn::default()
                };
                batch::take_check_in(&mut self.work, 0, &limits::check_in(check_in, now)?);
                let subject = &self.work.subjects[0];
                if let (Some(at), Some(space)) = (subject.storage_said, subject.facts.storage) {
                    self.storage.insert(subject.zone.day_of(at).into(), (space.used, space.quota));
                }
            }
            What::RestoreTest { passed, scope, rpo_seconds, rto_seconds, note } => {
                let id = self.work.mint.id(now);
                batch::take_restore_test(&mut self.work, 0, now, passed);
                let subject = &self.work.subjects[0];
                self.restore_tests
                    .int(subject.partner.0)
                    .int(id)
                    .int(subject.organization.0)
                    .int(subject.device.0)
                    .int(now.0)
                    .flag(passed)
                    .text(scope)
                    .maybe_int(rpo_seconds)
                    .maybe_int(rto_seconds)
                    .text(note)
                    .text("system");
            }
        }
        self.settle()
    }

    fn hear(&mut self, job: usize, key: String, mut event: RunEvent, log: Option<String>) -> Result<(), Error> {
        let plan = self.plan.jobs.get(job).ok_or_else(|| Error::Internal("a run of no job".into()))?;
        limits::event(&mut event, self.work.now).map_err(|(code, message)| Error::invalid(code, "event", message))?;
        let log = log.filter(|log| !log.is_empty()).and_then(|log| limits::compress(&log));
        let lower = plan.name.to_lowercase();
        let known = self.work.subjects[0].job_names.get(&lower).copied();
        let job = known.unwrap_or_else(|| self.work.begin_job(0, &plan.name, lower));
        if known.is_some() {
            at_once(self.work.load_runs(&self.memory, [(0, job, key.clone())]))?;
        }
        batch::take_event(&mut self.work, 0, job, &key, &event, log.as_ref());
        self.settle()?;
        match &plan.schedule {
            Some(own) if known.is_none() => {
                self.at(self.work.now);
                let subject = &mut self.work.subjects[0];
                subject.jobs[job].schedule = Some(Arc::new(own.clone()));
                // Slots of the new schedule that lie in the past were never promised.
                subject.watched_since = self.work.now;
                self.work.resolve_all();
                self.settle()
            }
            _ => Ok(()),
        }
    }

    /// Everything as rows, as it is in the end.
    fn end(mut self, policy: PolicyId, rows: &mut OrganizationRows) -> Result<(), Error> {
        let subject = &mut self.work.subjects[0];
        subject.storage_said = None;
        subject.row_changed = false;
        for job in &mut subject.jobs {
            job.is_new = true;
            job.changed = true;
        }
        let mut own = Rows::default();
        own.int(subject.partner.0)
            .int(subject.device.0)
            .int(subject.organization.0)
            .text(self.plan.name.as_str())
            .text(self.plan.name.to_lowercase())
            .text(subject.kind.class().as_str())
            .text(subject.life.as_str())
            .int(policy.0)
            .maybe_int(subject.quota)
            .text(serde_json::to_string(&input::tags(&self.plan.tags)?)?)
            .text(uuid())
            .maybe_text(subject.agent_version.clone())
            .maybe_text(subject.hostname.clone())
            .int(subject.facts.enrolled_at.0)
            .int(subject.watched_since.0)
            .int(self.updated_at.0);
        rows.add(&tables::DEVICES, own);
        rows.add(&tables::RESTORE_TESTS, self.restore_tests);
        rows.add(&write::JOBS, self.work.job_rows()?);
        for (state, table) in self.work.state_rows()? {
            rows.add(table, state);
        }
        let subject = &self.work.subjects[0];
        let mut storage = Rows::default();
        for (day, (used, quota)) in self.storage {
            storage.int(subject.partner.0).int(subject.device.0).int(day).int(used).maybe_int(quota);
        }
        rows.add(&write::STORAGE, storage);
        rows.sums.subject(subject, self.work.now);
        let (runs, alerts) = self.memory.into_parts();
        let (mut run_rows, mut troubled, mut log_rows) = (Rows::default(), Rows::default(), Rows::default());
        for kept in runs {
            let job = subject.jobs[kept.job].job;
            write::run_row(&mut run_rows, subject, job, (kept.id, &kept.key), &kept.run)?;
            write::troubled_row(&mut troubled, subject, kept.id, &kept.run);
            rows.sums.run(subject, job, write::counted_run(&kept.run), 1);
            if let Some((log, at)) = kept.log {
                write::log_row(&mut log_rows, subject.partner, kept.id, log, at);
            }
            rows.runs += 1;
        }
        rows.alerts += alerts.alerts.len();
        rows.add(&write::RUNS, run_rows);
        rows.add(&write::TROUBLED, troubled);
        rows.add(&write::LOGS, log_rows);
        for (alerts, table) in alerts.rows(&self.work.subjects) {
            rows.add(table, alerts);
        }
        Ok(())
    }
}

/// The result of a future that waits for nothing: memory answers at once.
fn at_once<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Internal("memory did not answer at once".into())),
    }
}
