//! Reads everything that a report of an organization and month says: accounts and devices in pieces, each in a fixed number of queries,
//! with what each day was from the same code as the bars on screen.

use super::{
    Settings,
    evidence::{away, jobs, last},
    summary::{AccountLine, ClassLine, DeviceLine, Last, OfAccounts, OfDevices, Summary, WorkloadLine},
    zone,
};
use crate::{
    error::Error,
    store::{
        Store, compliance,
        entity::{account, device, organization},
        facts::parse,
        partners,
        saas::days::{Days, Period, Whose, switched},
    },
};
use domain::{
    ids::{JobId, PartnerId},
    policy::DeviceClass,
    report::{Month, days::Tally},
    saas::{
        AccountType, Service, Workload,
        days::{AccountDay, Switch},
    },
    time::Time,
};
use sea_orm::{EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;

/// Accounts or devices that are read at once.
const PIECE: usize = 250;

/// What is read, and of when.
#[derive(Clone, Copy)]
struct About<'a> {
    store: &'a Store,
    organization: &'a organization::Model,
    period: Period,
    from: Time,
    until: Time,
}

/// What several subjects come to together.
struct Together {
    active: u64,
    last: Last,
    days: Vec<Tally>,
}

impl Together {
    fn new(days: usize) -> Self {
        Self { active: 0, last: Last::default(), days: vec![Tally::default(); days] }
    }

    fn add(&mut self, active: bool, last: Option<&Last>, days: &[(AccountDay, bool)]) {
        self.active += u64::from(active);
        if let Some(last) = last {
            self.last.add(last);
        }
        for (tally, (day, clean)) in self.days.iter_mut().zip(days) {
            tally.add(*day, *clean);
        }
    }

    fn letters(&self) -> String {
        self.days.iter().map(|tally| tally.state().letter()).collect()
    }
}

fn letters(days: &[(AccountDay, bool)]) -> String {
    days.iter().map(|(day, _)| day.letter()).collect()
}

/// The report of an organization and month as of `now`.
pub(super) async fn gather(
    store: &Store,
    settings: &Settings,
    organization: &organization::Model,
    month: Month,
    now: Time,
) -> Result<Summary, Error> {
    let zone = zone(organization)?;
    let (from, until) = month.bounds(zone);
    let period = Period { zone, first: month.first_day(), count: month.length(), until: until.min(now) };
    let about = About { store, organization, period, from, until };
    let partner = partners::find(store.reads(), PartnerId(organization.partner_id)).await?;
    let (of_organization, _) = switched(store.reads(), organization, &[]).await?;
    let verify_at = if settings.public_url.is_empty() { String::new() } else { format!("{}/verify", settings.public_url) };
    Ok(Summary {
        brand: compliance::brand(store, PartnerId(partner.id), &partner.name).await?,
        partner: partner.name,
        organization: organization.name.clone(),
        time_zone: zone.name().to_owned(),
        month,
        from,
        until,
        generated_at: now,
        verify_at,
        accounts: accounts(about).await?,
        devices: devices(about, &of_organization).await?,
    })
}

async fn accounts(about: About<'_>) -> Result<OfAccounts, Error> {
    let About { store, organization, period, from, until } = about;
    let mut told = OfAccounts::default();
    let mut together: BTreeMap<Workload, Together> = BTreeMap::new();
    let mut after: Option<(String, i64)> = None;
    loop {
        let mut found = account::Entity::find()
            .filter(account::COLUMN.partner_id.eq(organization.partner_id))
            .filter(account::COLUMN.organization_id.eq(organization.id))
            .filter(account::COLUMN.created_at.lt(until.0));
        if let Some((address, id)) = &after {
            let same = account::COLUMN.address_lower.eq(address.as_str()).and(account::COLUMN.id.gt(*id));
            found = found.filter(account::COLUMN.address_lower.gt(address.as_str()).or(same));
        }
        let found = found
            .order_by_asc(account::Column::AddressLower)
            .order_by_asc(account::Column::Id)
            .limit(PIECE as u64)
            .all(store.reads())
            .await?;
        let Some(end) = found.last() else { break };
        after = Some((end.address_lower.clone(), end.id));
        let (of_organization, mut whose) = switched(store.reads(), organization, &found).await?;
        // Those that a directory lists and nobody has ever protected are no part of a report.
        whose.retain(|account| account.switch.was_ever_on(until));
        let ids: Vec<i64> = whose.iter().map(|account| account.id).collect();
        let days = Days::load(store.reads(), organization.partner_id, period, &whose, &of_organization, true).await?;
        let jobs = jobs(store.reads(), organization.partner_id, &ids, until).await?;
        let last = last(store.reads(), organization.partner_id, &jobs, (from, until)).await?;
        let switches: BTreeMap<i64, &Switch> = whose.iter().map(|account| (account.id, &account.switch)).collect();
        for model in found {
            let Some(switch) = switches.get(&model.id) else { continue };
            let activated = switch.was_on(Time(until.0 - 1));
            told.activated += u64::from(activated);
            told.deactivated += u64::from(!activated);
            let (kind, service): (AccountType, Service) = (parse(&model.r#type)?, parse(&model.service)?);
            let mut workloads: BTreeMap<Workload, bool> = kind.workloads(service).map(|workload| (workload, false)).collect();
            let mut whole = Last::default();
            for job in jobs.get(&model.id).into_iter().flatten() {
                // A job that an event brought along under another name is no workload.
                let Ok(workload) = job.name.parse::<Workload>() else { continue };
                workloads.insert(workload, activated);
                if let Some(last) = last.get(&job.id) {
                    whole.add(last);
                }
                let days = days.states_of_job(model.id, JobId(job.id));
                together.entry(workload).or_insert_with(|| Together::new(period.count)).add(activated, last.get(&job.id), &days);
            }
            for workload in workloads.keys() {
                together.entry(*workload).or_insert_with(|| Together::new(period.count));
            }
            told.rows.push(AccountLine {
                kind,
                service,
                activated,
                last: whole,
                workloads: workloads.into_iter().collect(),
                days: letters(&days.states(model.id)),
                address: model.address,
                name: model.name,
            });
        }
    }
    let line = |(workload, of): (Workload, Together)| WorkloadLine { workload, accounts: of.active, last: of.last, days: of.letters() };
    told.workloads = together.into_iter().map(line).collect();
    Ok(told)
}

/// As much of a device as is needed here: id, name, its lower case, class, when it was enrolled.
type Found = (i64, String, String, String, i64);

async fn devices(about: About<'_>, of_organization: &Switch) -> Result<OfDevices, Error> {
    let About { store, organization, period, from, until } = about;
    let mut told = OfDevices::default();
    let mut together: BTreeMap<&str, (DeviceClass, Together)> = BTreeMap::new();
    let mut after: Option<(String, i64)> = None;
    loop {
        let mut found = device::Entity::find()
            .select_only()
            .columns([
                device::Column::Id,
                device::Column::Name,
                device::Column::NameLower,
                device::Column::Class,
                device::Column::EnrolledAt,
            ])
            .filter(device::COLUMN.partner_id.eq(organization.partner_id))
            .filter(device::COLUMN.organization_id.eq(organization.id))
            .filter(device::COLUMN.enrolled_at.lt(until.0));
        if let Some((name, id)) = &after {
            let same = device::COLUMN.name_lower.eq(name.as_str()).and(device::COLUMN.id.gt(*id));
            found = found.filter(device::COLUMN.name_lower.gt(name.as_str()).or(same));
        }
        let found: Vec<Found> = found
            .order_by_asc(device::Column::NameLower)
            .order_by_asc(device::Column::Id)
            .limit(PIECE as u64)
            .into_tuple()
            .all(store.reads())
            .await?;
        let Some(end) = found.last() else { break };
        after = Some((end.2.clone(), end.0));
        let ids: Vec<i64> = found.iter().map(|device| device.0).collect();
        let mut away = away(store.reads(), (organization.partner_id, organization.id), &ids, (from, until)).await?;
        let mut kept: Vec<(Found, Whose)> = Vec::with_capacity(found.len());
        for device in found {
            let of = away.remove(&device.0);
            // Retired before the month began: it is no part of it.
            if of.as_ref().is_some_and(|away| away.retired) {
                continue;
            }
            let switch = of.map_or_else(|| Switch { turns: Vec::new(), is_on: true }, |away| away.switch);
            let whose = Whose { id: device.0, since: Time(device.4), switch };
            kept.push((device, whose));
        }
        let whose: Vec<Whose> = kept.iter().map(|(_, whose)| whose.clone()).collect();
        let ids: Vec<i64> = whose.iter().map(|device| device.id).collect();
        let days = Days::load(store.reads(), organization.partner_id, period, &whose, of_organization, false).await?;
        let jobs = jobs(store.reads(), organization.partner_id, &ids, until).await?;
        let last = last(store.reads(), organization.partner_id, &jobs, (from, until)).await?;
        for ((id, name, _, class, _), whose) in kept {
            let class: DeviceClass = parse(&class)?;
            let end = Time(until.0 - 1);
            let active = whose.switch.was_on(end) && of_organization.was_on(end);
            told.active += u64::from(active);
            told.inactive += u64::from(!active);
            let own = jobs.get(&id).map(Vec::as_slice).unwrap_or_default();
            let mut whole = Last::default();
            for last in own.iter().filter_map(|job| last.get(&job.id)) {
                whole.add(last);
            }
            let states = days.states(id);
            let of_class = together.entry(class.as_str()).or_insert_with(|| (class, Together::new(period.count)));
            of_class.1.add(active, Some(&whole), &states);
            let jobs = u64::try_from(own.len()).unwrap_or(0);
            told.rows.push(DeviceLine { name, class, active, last: whole, jobs, days: letters(&states) });
        }
    }
    let line = |(class, of): (DeviceClass, Together)| ClassLine { class, devices: of.active, last: of.last, days: of.letters() };
    told.classes = together.into_values().map(line).collect();
    Ok(told)
}
