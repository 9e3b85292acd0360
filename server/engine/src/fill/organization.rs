//! An organization with all that belongs to it, as rows.

use super::{
    Expired, Made,
    course::Course,
    mint::{MOST, SubjectMint},
    seat::{Home, Seat},
    tables,
    tenants::{Tenant, Tenants},
};
use crate::{
    error::Error,
    ingest::bulk::{Rows, Table},
    reconcile::{work::Mint, write::Sums},
    store::exclusions::EXCLUSIONS,
};
use domain::{
    ids::{ConnectionId, OrganizationId},
    policy::DeviceClass,
    saas::Consent,
    sla::Cause,
    time::{Span, Time},
    zones::Zone,
};
use fleet::{ConnectionPlan, Fleet, OrganizationPlan, PlanType};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Tokens are refreshed so often.
const REFRESHED: Span = Span::days(7);

/// Two refusals so far apart say that consent is gone.
const REFUSED_BEFORE: Span = Span(90_000);

/// What a provider says of a consent that was revoked.
const REVOKED: (&str, &str) = ("AADSTS50173", "invalid_grant: The provided grant has expired due to it being revoked.");

/// An organization with all its devices and accounts.
pub(super) fn organization(tenants: &Tenants, fleet: &Fleet, plan: &OrganizationPlan, ordinals: &AtomicUsize) -> Result<Made, Error> {
    let tenant = tenants.partners.get(plan.partner).ok_or_else(|| Error::Internal("an organization of no partner".into()))?;
    let organization = OrganizationId(SubjectMint::of(plan.index).id(plan.created_at));
    let zone = Zone::named(&plan.time_zone).map_err(|e| Error::invalid("invalid_time_zone", "time_zone", e.to_string()))?;
    let mut rows = OrganizationRows::default();
    let deactivated = plan.deactivated_from.filter(|at| *at <= fleet.until);
    rows.own(tenant, organization, zone, plan, deactivated);
    let next = || match ordinals.fetch_add(1, Ordering::Relaxed) {
        ordinal if ordinal >= MOST => {
            Err(Error::invalid("too_many", "devices", format!("A fill makes at most {MOST} devices and accounts.")))
        }
        ordinal => Ok(SubjectMint::of(ordinal)),
    };
    let policy_of = |place: usize| tenant.policies.get(place).ok_or_else(|| Error::Internal("a policy that is not there".into()));
    for device in &plan.devices {
        let policy = policy_of(device.policy)?;
        let mint = next()?;
        let hours = tenant.hours(device.class);
        let mut course = Course::begin(&mint, (tenant.id, organization), zone, (policy, hours), device)?;
        course.run(deactivated, fleet.until)?;
        course.end(policy.id, &mut rows)?;
    }
    let owner = fleet.partners.get(plan.partner).and_then(|partner| partner.people.first());
    let by = owner.map_or("system", |person| person.name.as_str());
    for connection in &plan.connections {
        let policy = policy_of(connection.policy)?;
        let id = ConnectionId(next()?.id(connection.made_at));
        rows.connection(tenant, (organization, id), connection, policy.id.0, by, fleet.until);
        let home = Home { partner: tenant.id, organization, connection: id, service: connection.service, zone, policy, deactivated };
        for account in &connection.accounts {
            let mint = next()?;
            let mut seat = Seat::begin(&mint, home, account)?;
            seat.run(fleet.until, &mut rows)?;
            seat.end(&mut rows)?;
            rows.accounts += 1;
        }
    }
    Ok(rows.made(plan, organization))
}

/// Rows of an organization and all that belongs to it.
#[derive(Default)]
pub(super) struct OrganizationRows {
    /// By name of the table.
    tables: BTreeMap<&'static str, (Option<&'static Table>, Rows)>,
    pub(super) sums: Sums,
    pub(super) runs: usize,
    pub(super) alerts: usize,
    accounts: usize,
    expired: Vec<Expired>,
}

impl OrganizationRows {
    pub(super) fn add(&mut self, table: &'static Table, rows: Rows) {
        if rows.len() == 0 {
            return;
        }
        let known = self.tables.entry(table.name).or_default();
        known.0 = Some(table);
        known.1.append(rows);
    }

    fn own(&mut self, tenant: &Tenant, id: OrganizationId, zone: Zone, plan: &OrganizationPlan, deactivated: Option<Time>) {
        let mut own = Rows::default();
        own.int(tenant.id.0)
            .int(id.0)
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
            .int(deactivated.unwrap_or(plan.created_at).0)
            .int(tenant.hours(DeviceClass::Workstation))
            .int(tenant.hours(DeviceClass::Server));
        self.add(&tables::ORGANIZATIONS, own);
        let mut marked = Rows::default();
        for (at, activated) in [(Some(plan.created_at), true), (deactivated, false)] {
            if let Some(at) = at {
                marked.int(tenant.id.0).int(id.0).int(0).int(at.0).flag(activated).text("system");
            }
        }
        self.add(&tables::ACTIVATIONS, marked);
        if let Some(at) = deactivated {
            let mut excluded = Rows::default();
            excluded.int(tenant.id.0).int(id.0).int(id.0).int(0).text(Cause::Deactivated.as_str()).int(at.0).maybe_int(None).text("system");
            self.add(&EXCLUSIONS, excluded);
        }
    }

    fn connection(
        &mut self,
        tenant: &Tenant,
        (organization, id): (OrganizationId, ConnectionId),
        plan: &ConnectionPlan,
        policy: i64,
        by: &str,
        until: Time,
    ) {
        let granted_at = plan.granted_at.filter(|at| *at <= until);
        let expired_at = plan.expired_at.filter(|at| *at <= until);
        let (consent, consent_at) = match (granted_at, expired_at) {
            (None, _) => (Consent::Unknown, plan.made_at),
            (Some(at), None) => (Consent::Connected, at),
            (Some(_), Some(at)) => (Consent::Expired, at),
        };
        let (code, detail) = if expired_at.is_some() { REVOKED } else { ("", "") };
        let refreshed_at = granted_at.map(|granted| {
            let last = expired_at.unwrap_or(until);
            granted + REFRESHED * (last - granted).0.div_euclid(REFRESHED.0)
        });
        // No token is there to be refreshed, nor a provider to be asked: neither is due.
        let mut own = Rows::default();
        own.int(tenant.id.0)
            .int(id.0)
            .int(organization.0)
            .text(plan.service.as_str())
            .int(policy)
            .text(if granted_at.is_some() { plan.tenant.as_str() } else { "" })
            .text(consent.as_str())
            .int(consent_at.0)
            .text(code)
            .text(detail)
            .maybe_int(granted_at.map(|at| at.0))
            .text(if granted_at.is_some() { by } else { "" })
            .maybe_int(refreshed_at.map(|at| at.0))
            .maybe_int(expired_at.map(|at| (at - REFUSED_BEFORE).0))
            .maybe_int(granted_at.map(|at| (at + Span::SECOND * 45).0))
            .int(plan.made_at.0)
            .int(consent_at.max(plan.made_at).0);
        self.add(&tables::CONNECTIONS, own);
        // An organization with a connection is listed, also without an account.
        let mut counts = Rows::default();
        for service in ["", plan.service.as_str()] {
            counts.int(tenant.id.0).int(organization.0).text(service).int(0).int(0).int(0).int(0);
        }
        self.add(&tables::ZERO_COUNTS, counts);
        self.expired.extend(expired_at.map(|at| Expired { partner: tenant.id, connection: id, at }));
    }

    fn made(self, plan: &OrganizationPlan, organization: OrganizationId) -> Made {
        let mut tables: Vec<_> = self.tables.into_values().filter_map(|(table, rows)| table.map(|table| (table, rows))).collect();
        tables.extend(self.sums.rows().map(|(rows, table)| (table, rows)));
        Made {
            index: plan.index,
            organization,
            devices: plan.devices.len(),
            accounts: self.accounts,
            runs: self.runs,
            alerts: self.alerts,
            expired: self.expired,
            tables,
        }
    }
}
