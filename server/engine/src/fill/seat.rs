//! The course of an account's life: seen at the provider, activated, backed up, and sometimes deactivated again.

use super::{life::Life, mint::SubjectMint, organization::OrganizationRows, tables, tenants::KnownPolicy};
use crate::{
    error::Error,
    ingest::bulk::Rows,
    reconcile::work::{AccountKind, Mint, Origin, Subject, SubjectKind},
};
use domain::{
    ids::{ConnectionId, DeviceId, OrganizationId, PartnerId},
    policy::DeviceLife,
    saas::{AccountStatus, Service},
    time::Time,
    zones::Zone,
};
use fleet::{AccountPlan, What};

/// To what an account belongs.
#[derive(Clone, Copy)]
pub(super) struct Home<'p> {
    pub(super) partner: PartnerId,
    pub(super) organization: OrganizationId,
    pub(super) connection: ConnectionId,
    pub(super) service: Service,
    pub(super) zone: Zone,
    pub(super) policy: &'p KnownPolicy,
    /// Since when its organization is deactivated.
    pub(super) deactivated: Option<Time>,
}

/// An account on its way.
pub(super) struct Seat<'a> {
    life: Life<'a>,
    plan: &'a AccountPlan,
    home: Home<'a>,
    updated_at: Time,
}

#[derive(Clone, Copy)]
enum Edit {
    Activate,
    Deactivate,
    DeactivateAll,
}

impl<'a> Seat<'a> {
    pub(super) fn begin(mint: &'a SubjectMint, home: Home<'a>, plan: &'a AccountPlan) -> Result<Self, Error> {
        let now = plan.seen_at;
        let subject = Subject::of(Origin {
            partner: home.partner,
            organization: home.organization,
            device: DeviceId(mint.id(now)),
            kind: SubjectKind::Account(AccountKind { service: home.service, gone: false }),
            zone: home.zone,
            schedule: home.policy.schedule.clone(),
            terms: home.policy.policy.account_terms(),
            enrolled_at: now,
            watched_since: now,
            life: DeviceLife::Paused,
            deactivated: false,
            sla_hours: 0,
        });
        Ok(Self { life: Life::begin(mint, subject)?, plan, home, updated_at: now })
    }

    /// From the day it was seen to the end; `rows` learn of its activation.
    pub(super) fn run(&mut self, until: Time, rows: &mut OrganizationRows) -> Result<(), Error> {
        let plan = self.plan;
        if plan.seen_at > until {
            return Err(Error::Internal("an account that is seen after the end".into()));
        }
        let edits =
            [(plan.activated_at, Edit::Activate), (plan.deactivated_at, Edit::Deactivate), (self.home.deactivated, Edit::DeactivateAll)];
        let mut edits: Vec<_> = edits.into_iter().filter_map(|(at, edit)| Some((at.filter(|at| *at <= until)?, edit))).collect();
        edits.sort_by_key(|(at, _)| *at);
        let mut edits = edits.into_iter().peekable();
        for happening in plan.happenings(plan.seen_at, until) {
            while let Some((at, edit)) = edits.next_if(|(at, _)| *at <= happening.at) {
                self.edit(at, edit, rows)?;
            }
            self.life.let_time_pass(happening.at)?;
            self.life.at(happening.at);
            let What::Run { job, key, event, log } = happening.what else {
                return Err(Error::Internal("something else than a run happened to an account".into()));
            };
            let workload = plan.workloads.get(job).ok_or_else(|| Error::Internal("a run of no workload".into()))?;
            self.life.hear(workload.name(), &key, event, log)?;
        }
        for (at, edit) in edits {
            self.edit(at, edit, rows)?;
        }
        self.life.let_time_pass(until)
    }

    fn edit(&mut self, at: Time, edit: Edit, rows: &mut OrganizationRows) -> Result<(), Error> {
        let plan = self.plan;
        self.life.edit(at, |work| match edit {
            Edit::Activate => {
                work.subjects[0].life = DeviceLife::Active;
                work.subjects[0].facts.enrolled_at = at;
                work.subjects[0].watched_since = at;
                for workload in &plan.workloads {
                    work.begin_job(0, workload.name(), workload.as_str().to_owned());
                }
            }
            Edit::Deactivate => work.subjects[0].life = DeviceLife::Paused,
            Edit::DeactivateAll => work.subjects[0].deactivated = true,
        })?;
        if matches!(edit, Edit::Activate | Edit::Deactivate) {
            self.updated_at = at;
            let subject = self.life.subject();
            let mut marked = Rows::default();
            marked
                .int(subject.partner.0)
                .int(subject.organization.0)
                .int(subject.device.0)
                .int(at.0)
                .flag(matches!(edit, Edit::Activate))
                .text("system");
            rows.add(&tables::ACTIVATIONS, marked);
        }
        Ok(())
    }

    /// Everything as rows, as it is in the end.
    pub(super) fn end(self, rows: &mut OrganizationRows) -> Result<(), Error> {
        let subject = self.life.subject();
        let status = if subject.life == DeviceLife::Active { AccountStatus::Activated } else { AccountStatus::Deactivated };
        let mut own = Rows::default();
        own.int(subject.partner.0)
            .int(subject.device.0)
            .int(subject.organization.0)
            .int(self.home.connection.0)
            .text(self.home.service.as_str())
            .text(self.plan.address.as_str())
            .text(self.plan.address.to_lowercase())
            .text(self.plan.name.as_str())
            .text(self.plan.kind.as_str())
            .text(status.as_str())
            .text(self.plan.external_id.as_str())
            .int(subject.facts.enrolled_at.0)
            .int(subject.watched_since.0)
            .int(self.plan.seen_at.0)
            .int(self.updated_at.0);
        rows.add(&tables::ACCOUNTS, own);
        self.life.end(rows)
    }
}
