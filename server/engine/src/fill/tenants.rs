//! Partners, their policies, service levels and people: few, made through the store's own commands, each with its entry in the audit log.

use crate::{
    error::Error,
    password,
    store::{
        Store,
        audit::{self, Entry},
        partners, people, policies, sla,
        sql::Sql,
    },
};
use domain::{
    ids::{OrganizationId, PartnerId, PolicyId, UserId},
    policy::{DeviceClass, Policy},
    schedule::Schedule,
    sla::default_hours,
};
use fleet::{Fleet, PartnerPlan};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};

/// What organizations need of their partners.
pub(super) struct Tenants {
    pub(super) partners: Vec<Tenant>,
}

pub(super) struct Tenant {
    pub(super) id: PartnerId,
    pub(super) policies: Vec<KnownPolicy>,
    /// Its rules of service level, then those above it.
    service_levels: Vec<(DeviceClass, i64)>,
}

impl Tenant {
    /// Hours within which its devices of a class must have a usable backup: the nearest rule.
    pub(super) fn hours(&self, class: DeviceClass) -> i64 {
        self.service_levels.iter().find(|(of, _)| *of == class).map_or_else(|| default_hours(class), |(_, hours)| *hours)
    }
}

pub(super) struct KnownPolicy {
    pub(super) id: PolicyId,
    pub(super) policy: Policy,
    pub(super) schedule: Arc<Schedule>,
}

/// Makes the partners with their policies.
pub(super) async fn make(store: &Store, fleet: &Fleet) -> Result<Tenants, Error> {
    let tx = store.begin().await?;
    if tx.query_one_raw(Sql::new("SELECT id FROM partners LIMIT 1").build(store.backend())).await?.is_some() {
        return Err(Error::conflict("not_empty", "This store holds partners already. Fill an empty one."));
    }
    let mut tenants = Tenants { partners: Vec::new() };
    for plan in &fleet.partners {
        let above = match plan.parent {
            None => None,
            Some(place) => Some(tenants.partners.get(place).ok_or_else(|| Error::Internal("a partner below a later one".into()))?),
        };
        let mut service_levels = plan.service_levels.clone();
        service_levels.extend(above.into_iter().flat_map(|above| above.service_levels.iter().copied()));
        let id =
            partners::insert(store, &tx, "system".into(), &plan.name, &plan.time_zone, above.map(|above| above.id), fleet.from).await?;
        let policies = policies_of(store, &tx, id, plan, fleet).await?;
        for (class, hours) in plan.service_levels.iter().copied() {
            sla::insert(store, &tx, id, (class, hours), fleet.from).await?;
        }
        tenants.partners.push(Tenant { id, policies, service_levels });
    }
    tx.commit().await?;
    Ok(tenants)
}

async fn policies_of(
    store: &Store,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    plan: &PartnerPlan,
    fleet: &Fleet,
) -> Result<Vec<KnownPolicy>, Error> {
    // The default that each partner begins with makes way for the fleet's.
    let mut begun = Sql::new("DELETE FROM policies WHERE partner_id = ");
    begun.bind(partner.0);
    tx.execute_raw(begun.build(store.backend())).await?;
    let mut known = Vec::with_capacity(plan.policies.len());
    for (place, new) in plan.policies.iter().enumerate() {
        let id = policies::insert(store, tx, partner, new.name.clone(), &new.policy, place == 0, fleet.from).await?;
        let entry = Entry {
            partner,
            organization: None,
            what: "policy.create",
            subject: format!("policy:{id}"),
            detail: json!({ "name": new.name, "policy": new.policy }),
        };
        audit::append(tx, "system".into(), entry, fleet.from).await?;
        known.push(KnownPolicy { id, schedule: Arc::new(new.policy.schedule.clone()), policy: new.policy.clone() });
    }
    Ok(known)
}

/// Makes the people, after the organizations that some of them are bound to.
pub(super) async fn people(
    store: &Store,
    fleet: &Fleet,
    tenants: &Tenants,
    organizations: &HashMap<usize, OrganizationId>,
    password: &str,
) -> Result<Vec<UserId>, Error> {
    // One for all: each hash costs a noticeable time.
    let hash = password::hash(password.to_owned()).await?;
    let mut made = Vec::new();
    for (plan, tenant) in fleet.partners.iter().zip(&tenants.partners) {
        let tx = store.begin_for(tenant.id).await?;
        for person in &plan.people {
            let organization = match person.organization {
                None => None,
                Some(place) => Some(*organizations.get(&place).ok_or_else(|| Error::Internal("a person of no organization".into()))?),
            };
            let new = people::Filled {
                email: &person.email,
                name: &person.name,
                hash: &hash,
                partner: tenant.id,
                organization,
                role: person.role,
            };
            made.push(people::insert_member(store, &tx, new, fleet.from).await?);
        }
        tx.commit().await?;
    }
    Ok(made)
}
