//! The course of a device's life.

use super::{life::Life, mint::SubjectMint, organization::OrganizationRows, tables, tenants::KnownPolicy};
use crate::{
    error::Error,
    ingest::{CheckIn, batch, bulk::Rows, limits},
    reconcile::{
        work::{Mint, Origin, Subject, SubjectKind},
        write,
    },
    store::{devices::uuid, exclusions, input},
};
use domain::{
    ids::{DeviceId, OrganizationId, PartnerId, PolicyId},
    policy::DeviceLife,
    time::Time,
    zones::Zone,
};
use fleet::{DevicePlan, Happening, What};
use std::{collections::BTreeMap, sync::Arc};

/// A device on its way.
pub(super) struct Course<'a> {
    life: Life<'a>,
    plan: &'a DevicePlan,
    /// Local day → (used, quota) as last said.
    storage: BTreeMap<i64, (i64, Option<i64>)>,
    restore_tests: Rows,
    exclusions: Rows,
    updated_at: Time,
}

/// What is done to a device by hand.
#[derive(Clone, Copy)]
enum Edit {
    Life(DeviceLife),
    Deactivate,
}

impl<'a> Course<'a> {
    pub(super) fn begin(
        mint: &'a SubjectMint,
        (partner, organization): (PartnerId, OrganizationId),
        zone: Zone,
        (policy, hours): (&KnownPolicy, i64),
        plan: &'a DevicePlan,
    ) -> Result<Self, Error> {
        let now = plan.enrolled_at;
        let device = DeviceId(mint.id(now));
        let mut subject = Subject::of(Origin {
            partner,
            organization,
            device,
            kind: SubjectKind::Device(plan.class),
            zone,
            schedule: policy.schedule.clone(),
            terms: policy.policy.terms(plan.class),
            enrolled_at: now,
            watched_since: now,
            life: DeviceLife::Pending,
            deactivated: false,
            sla_hours: hours,
        });
        subject.quota = plan.quota_bytes;
        Ok(Self {
            life: Life::begin(mint, subject)?,
            plan,
            storage: BTreeMap::new(),
            restore_tests: Rows::default(),
            exclusions: Rows::default(),
            updated_at: now,
        })
    }

    /// From the enrolment to the end.
    pub(super) fn run(&mut self, deactivated: Option<Time>, until: Time) -> Result<(), Error> {
        if self.plan.enrolled_at > until {
            return Err(Error::Internal("a device that is enrolled after the end".into()));
        }
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
            self.life.let_time_pass(happening.at)?;
            self.happen(happening)?;
        }
        for (at, edit) in edits {
            self.edit(at, edit)?;
        }
        self.life.let_time_pass(until)
    }

    fn edit(&mut self, at: Time, edit: Edit) -> Result<(), Error> {
        if let Edit::Life(life) = edit {
            self.updated_at = at;
            if let Some(cause) = exclusions::cause_of(life) {
                let id = self.life.work.mint.id(at);
                let subject = self.life.subject();
                self.exclusions.int(subject.partner.0).int(id).int(subject.organization.0).int(subject.device.0);
                self.exclusions.text(cause.as_str()).int(at.0).maybe_int(None).text("system");
            }
        }
        self.life.edit(at, |work| match edit {
            Edit::Life(life) => work.subjects[0].life = life,
            Edit::Deactivate => work.subjects[0].deactivated = true,
        })
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Error> {
        let now = happening.at;
        self.life.at(now);
        match happening.what {
            What::Run { job, key, event, log } => {
                let plan = self.plan.jobs.get(job).ok_or_else(|| Error::Internal("a run of no job".into()))?;
                let (job, is_new) = self.life.hear(&plan.name, &key, event, log)?;
                return match &plan.schedule {
                    Some(own) if is_new => {
                        self.life.at(now);
                        let subject = self.life.subject_mut();
                        subject.jobs[job].schedule = Some(Arc::new(own.clone()));
                        // Slots of the new schedule that lie in the past were never promised.
                        subject.watched_since = now;
                        self.life.work.resolve_all();
                        self.life.settle()
                    }
                    _ => Ok(()),
                };
            }
            What::CheckIn { storage_used } => {
                let check_in = CheckIn {
                    at: now,
                    agent_version: self.plan.agent_version.clone(),
                    hostname: Some(self.plan.hostname.clone()),
                    storage_used,
                    ..CheckIn::default()
                };
                batch::take_check_in(&mut self.life.work, 0, &limits::check_in(check_in, now)?);
                let subject = self.life.subject();
                if let (Some(at), Some(space)) = (subject.storage_said, subject.facts.storage) {
                    self.storage.insert(subject.zone.day_of(at).into(), (space.used, space.quota));
                }
            }
            What::RestoreTest { passed, scope, rpo_seconds, rto_seconds, note } => {
                let id = self.life.work.mint.id(now);
                batch::take_restore_test(&mut self.life.work, 0, now, passed);
                let subject = self.life.subject();
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
        self.life.settle()
    }

    /// Everything as rows, as it is in the end.
    pub(super) fn end(self, policy: PolicyId, rows: &mut OrganizationRows) -> Result<(), Error> {
        let subject = self.life.subject();
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
        rows.add(&exclusions::EXCLUSIONS, self.exclusions);
        let mut storage = Rows::default();
        for (day, (used, quota)) in self.storage {
            storage.int(subject.partner.0).int(subject.device.0).int(day).int(used).maybe_int(quota);
        }
        rows.add(&write::STORAGE, storage);
        self.life.end(rows)
    }
}
