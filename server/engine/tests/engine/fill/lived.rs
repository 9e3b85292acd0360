//! A fleet lived: set up by commands, told to ingest one event at a time, with a reconciler that ticks at each change.

#[path = "lived_saas.rs"]
mod saas;

use domain::{
    access::{Actor, Scope},
    ids::{DeviceId, OrganizationId, PolicyId},
    policy::DeviceLife,
    time::Time,
};
use engine::{
    Engine,
    ingest::{CheckIn, IncomingEvent, JobRef, RestoreTestReport, RunRef, Subject},
    store::{
        Store, devices, jobs, organizations, partners, people, policies,
        sla::{self, Proposal, RuleScope},
    },
};
use fleet::{DevicePlan, Fleet, Happening, OrganizationPlan, PlanType, What};
use saas::{Known, Link, SaasAct};
use sea_orm::{ConnectionTrait, Statement};
use std::{collections::HashSet, sync::Arc};
use tokio_util::sync::CancellationToken;

/// What is to be done, in this order where it is at the same time.
enum Act {
    Deactivate(OrganizationId),
    Enrol(usize),
    Life(usize),
    Happen(usize, Box<Happening>),
    Saas(SaasAct),
}

struct Lived<'f> {
    engine: Engine,
    actor: Actor,
    plans: Vec<(OrganizationId, PolicyId, DevicePlan)>,
    devices: Vec<Option<DeviceId>>,
    jobs: HashSet<(usize, usize)>,
    links: Vec<Link>,
    /// Of each link, its partner's place in the fleet.
    partners_of_links: Vec<usize>,
    accounts: Vec<Known>,
    fleet: &'f Fleet,
}

pub async fn live(store: &Store, fleet: &Fleet) {
    let mut above = Vec::new();
    let mut policies_of = Vec::new();
    for plan in &fleet.partners {
        let actor = Actor::system(Scope::Partners(Vec::new().into()));
        let actor = plan.parent.map_or(actor, |place| Actor::system(Scope::Partners([above[place]].into())));
        let parent = plan.parent.map(|place| above[place]);
        let id = partners::create(store, &actor, &plan.name, &plan.time_zone, parent, fleet.from).await.unwrap();
        above.push(id);
        policies_of.push(Vec::<PolicyId>::new());
    }
    let actor = Actor::system(Scope::Partners(above.clone().into()));
    let cancel = CancellationToken::new();
    let engine = Engine::start_driven(store.clone(), Arc::new(|| Time(0)), cancel.clone());
    for (place, plan) in fleet.partners.iter().enumerate() {
        for (number, new) in plan.policies.iter().enumerate() {
            let id = if number == 0 {
                let known = policies::list(store, &actor).await.unwrap();
                let begun = known.into_iter().find(|p| p.partner == above[place] && p.is_default).unwrap();
                let policy = &new.policy;
                let change = policies::PolicyChange {
                    name: Some(new.name.clone()),
                    schedule: Some(policy.schedule.clone()),
                    grace_minutes: Some(policy.grace_minutes),
                    longest_run_minutes: Some(policy.longest_run_minutes),
                    restore_test_days: Some(policy.restore_test_days),
                    overdue_hours: Some(policy.overdue_hours),
                    offline_allowance_hours: Some(policy.offline_allowance_hours),
                    silence_days: Some(policy.silence_days),
                    is_default: None,
                };
                policies::edit(&engine, &actor, begun.id, change, fleet.from).await.unwrap();
                begun.id
            } else {
                let new = policies::NewPolicy { partner: Some(above[place]), name: new.name.clone(), policy: new.policy.clone() };
                policies::create(store, &actor, new, fleet.from).await.unwrap()
            };
            policies_of[place].push(id);
        }
        for (class, hours) in plan.service_levels.iter().copied() {
            let rule = Proposal { scope: RuleScope::Partner(above[place]), class, hours };
            sla::set(&engine, &actor, rule, fleet.from).await.unwrap();
        }
    }
    let mut acts = Vec::new();
    let mut lived = Lived {
        engine,
        actor,
        plans: Vec::new(),
        devices: Vec::new(),
        jobs: HashSet::new(),
        links: Vec::new(),
        partners_of_links: Vec::new(),
        accounts: Vec::new(),
        fleet,
    };
    let mut known = Vec::new();
    for plan in fleet.organizations() {
        let organization = lived.organization(&plan, above[plan.partner]).await;
        known.push(organization);
        acts.extend(plan.deactivated_from.filter(|at| *at <= fleet.until).map(|at| (at, Act::Deactivate(organization))));
        for device in &plan.devices {
            let place = lived.plans.len();
            acts.push((device.enrolled_at, Act::Enrol(place)));
            acts.extend(device.life_from.filter(|at| *at <= fleet.until).map(|at| (at, Act::Life(place))));
            acts.extend(device.happenings(device.enrolled_at, fleet.until).map(|h| (h.at, Act::Happen(place, Box::new(h)))));
            lived.plans.push((organization, policies_of[plan.partner][device.policy], device.clone()));
            lived.devices.push(None);
        }
        let saas = lived.plan_saas(&plan, (above[plan.partner], organization), &policies_of[plan.partner]);
        acts.extend(saas.into_iter().map(|(at, act)| (at, Act::Saas(act))));
    }
    // Of the same time: edits first, then what happens, as they were listed.
    acts.sort_by_key(|(at, act)| (*at, matches!(act, Act::Happen(..) | Act::Saas(SaasAct::Happen(..)))));
    for (at, act) in acts {
        lived.let_time_pass(at).await;
        lived.act(at, act).await;
    }
    lived.let_time_pass(fleet.until).await;
    lived.forget_tokens().await;
    for (place, plan) in fleet.partners.iter().enumerate() {
        for person in &plan.people {
            let new = people::NewMember {
                partner: Some(above[place]),
                organization: person.organization.map(|place| known[place]),
                email: person.email.clone(),
                name: person.name.clone(),
                password: "correct horse battery".into(),
                role: person.role,
            };
            people::add_member(store, &lived.actor, new, fleet.from).await.unwrap();
        }
    }
    cancel.cancel();
}

impl Lived<'_> {
    async fn organization(&self, plan: &OrganizationPlan, partner: domain::ids::PartnerId) -> OrganizationId {
        let new = organizations::NewOrganization {
            partner: Some(partner),
            name: plan.name.clone(),
            time_zone: Some(plan.time_zone.clone()),
            region: plan.region.clone(),
            plan_name: plan.plan_name.clone(),
            plan_type: match plan.plan_type {
                PlanType::Backup => organizations::PlanType::Backup,
                PlanType::Archiver => organizations::PlanType::Archiver,
            },
            seat_limit: plan.seat_limit,
        };
        organizations::create(&self.engine.store, &self.actor, new, plan.created_at).await.unwrap()
    }

    /// Ticks at each change that time brings, at its own time.
    async fn let_time_pass(&self, until: Time) {
        let store = &self.engine.store;
        loop {
            let sql = "SELECT MIN(at) FROM (SELECT MIN(next_change_at) AS at FROM device_state UNION ALL SELECT MIN(next_change_at) FROM account_state) x";
            let row = store.reads().query_one_raw(Statement::from_string(store.backend(), sql)).await.unwrap().unwrap();
            match row.try_get_by_index::<Option<i64>>(0).unwrap() {
                Some(next) if next <= until.0 => self.engine.reconciler.tick(Time(next)).await.unwrap(),
                _ => return,
            };
        }
    }

    async fn act(&mut self, at: Time, act: Act) {
        match act {
            Act::Deactivate(organization) => {
                let status = Some(organizations::OrganizationStatus::Deactivated);
                let change = organizations::OrganizationChange { status, ..Default::default() };
                organizations::edit(&self.engine, &self.actor, organization, change, at).await.unwrap();
            }
            Act::Enrol(place) => {
                let (organization, policy, plan) = &self.plans[place];
                let new = devices::NewDevice {
                    organization: *organization,
                    name: plan.name.clone(),
                    class: plan.class,
                    policy: Some(*policy),
                    quota_bytes: plan.quota_bytes,
                    tags: plan.tags.clone(),
                };
                self.devices[place] = Some(devices::create(&self.engine, &self.actor, new, at).await.unwrap());
            }
            Act::Life(place) => {
                let device = self.devices[place].unwrap();
                match self.plans[place].2.life {
                    DeviceLife::Paused => devices::pause(&self.engine, &self.actor, device, at).await.unwrap(),
                    DeviceLife::Retired => devices::retire(&self.engine, &self.actor, device, at).await.unwrap(),
                    _ => {}
                }
            }
            Act::Happen(place, happening) => self.happen(place, *happening).await,
            Act::Saas(act) => self.act_saas(at, act).await,
        }
    }

    async fn happen(&mut self, place: usize, happening: Happening) {
        let (id, plan, now) = (self.devices[place].unwrap(), &self.plans[place].2, happening.at);
        assert!(now >= self.fleet.from && now <= self.fleet.until);
        match happening.what {
            What::Run { job, key, event, log } => {
                let own = &plan.jobs[job];
                let name = JobRef::Named(own.name.clone());
                let incoming = IncomingEvent { subject: Subject::Device(id), job: name, run: RunRef::Key(key), event, log };
                let receipt = self.engine.ingest.submit(&self.actor, vec![incoming], now).await.unwrap();
                assert_eq!((receipt.accepted, receipt.rejected), (1, Vec::new()));
                if self.jobs.insert((place, job))
                    && let Some(schedule) = &own.schedule
                {
                    let known = jobs::list(&self.engine.store, &self.actor, id).await.unwrap();
                    let made = known.into_iter().find(|j| j.name == own.name).unwrap();
                    let change = jobs::JobChange { schedule: Some(Some(schedule.clone())), ..Default::default() };
                    jobs::edit(&self.engine, &self.actor, made.id, change, now).await.unwrap();
                }
            }
            What::CheckIn { storage_used } => {
                let check_in = CheckIn {
                    device: Some(id.to_string()),
                    at: now,
                    agent_version: plan.agent_version.clone(),
                    hostname: Some(plan.hostname.clone()),
                    storage_used,
                    ..CheckIn::default()
                };
                self.engine.ingest.check_in(&self.actor, check_in, now).await.unwrap();
            }
            What::RestoreTest { passed, scope, rpo_seconds, rto_seconds, note } => {
                let device = Some(id.to_string());
                let report = RestoreTestReport { device, organization: None, at: now, passed, scope, rpo_seconds, rto_seconds, note };
                self.engine.ingest.restore_test(&self.actor, report, now).await.unwrap();
            }
        }
    }
}
