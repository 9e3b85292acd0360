//! Compliance with the service level (D5), over a period and now.
//!
//! Over a period everything follows from evidence: ends of usable runs ([`crate::reconcile::recency`]), the rules of the time, what was left
//! out. Nothing of it is stored, so what comes late corrects it; a report ([`frozen`]) keeps what it was made of. Reading costs the weeks
//! and devices of the period; the lists of *now* cost their rows.

mod evidence;
mod frozen;
mod now;

pub(crate) use frozen::brand;
pub use frozen::{Brand, Frozen, MOST_ROWS, ReportRow, TOLD, freeze, frozen, reports};
pub use now::{Held, NowFilter, NowRow, Standing, now};

use super::{Store, organizations, partners, scope, sla::History};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    ids::{DeviceId, OrganizationId, PartnerId},
    policy::{DeviceClass, DeviceLife},
    sla::{Cause, Excluded, Figures, Judged, compliance, judge},
    time::{Span, Time},
};
use evidence::Evidence;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Longest period that is judged in one go.
pub const LONGEST: Span = Span::days(400);

/// Whom a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Everything of the actor's scope.
    All,
    /// One organization.
    Organization(OrganizationId),
    /// One device.
    Device(DeviceId),
}

/// Restore tests of a device, as known at the end of what is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tests {
    /// Tests within the period that passed.
    pub passed: i64,
    /// Tests within the period that failed.
    pub failed: i64,
    /// Longest RTO achieved by those that passed, seconds.
    pub longest_rto: Option<i64>,
    /// The last test, also one from before the period.
    pub last: Option<Test>,
}

/// A restore test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// When.
    pub at: Time,
    /// Whether it passed.
    pub passed: bool,
    /// RTO achieved, seconds.
    pub rto_seconds: Option<i64>,
    /// RPO achieved, seconds.
    pub rpo_seconds: Option<i64>,
}

/// A device over the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// Which device.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its class: today's, for the whole period.
    pub class: DeviceClass,
    /// Its life when the report was made.
    pub life: DeviceLife,
    /// When it was enrolled.
    pub enrolled_at: Time,
    /// Hours of the rule at the end of what is judged.
    pub hours: i64,
    /// Its figures.
    pub figures: Figures,
    /// Its restore tests.
    pub tests: Tests,
    /// Of each time of maintenance among what is left out, in their order: the names of the windows behind it, empty where they aren't told.
    /// Reports of earlier versions don't have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maintenance: Vec<String>,
}

impl DeviceReport {
    /// What is left out, each with the names of the maintenance windows behind it, where they are told.
    pub fn left_out(&self) -> impl Iterator<Item = (&Excluded, &str)> {
        let mut names = self.maintenance.iter();
        self.figures.excluded.iter().map(move |part| {
            let name = if part.cause == Cause::Maintenance { names.next() } else { None };
            (part, name.map_or("", String::as_str))
        })
    }
}

/// The longest gap among several devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongestGap {
    /// Of which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// How long, by the clock on the wall.
    pub length: Span,
    /// Where it began.
    pub from: Time,
    /// True when it was open still.
    pub open: bool,
}

/// Figures of several devices together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Devices with covered or left-out time.
    pub devices: i64,
    /// Of them with time in breach.
    pub broken: i64,
    /// Covered time of all.
    pub covered: Span,
    /// Of it in breach.
    pub in_breach: Span,
    /// Time left out.
    pub left_out: Span,
    /// Times in breach.
    pub breaches: i64,
    /// RPO achieved.
    pub longest_gap: Option<LongestGap>,
    /// Restore tests within the period that passed.
    pub tests_passed: i64,
    /// Restore tests within the period that failed.
    pub tests_failed: i64,
    /// Devices without a restore test up to the end of the period.
    pub untested: i64,
    /// Longest RTO achieved by a test of the period that passed, seconds.
    pub longest_rto: Option<i64>,
}

impl Sum {
    /// Share of the covered time in compliance, hundredths of a percent, rounded down. None: nothing was covered.
    pub fn share(&self) -> Option<u32> {
        compliance(self.covered.0, self.in_breach.0)
    }

    fn add(&mut self, device: &DeviceReport) {
        let figures = &device.figures;
        self.devices += 1;
        self.broken += i64::from(figures.in_breach > Span::ZERO);
        self.covered = self.covered + figures.covered;
        self.in_breach = self.in_breach + figures.in_breach;
        self.left_out = self.left_out + figures.left_out;
        self.breaches += i64::try_from(figures.breaches.len()).unwrap_or(i64::MAX);
        if let Some(gap) = figures.longest_gap.filter(|gap| self.longest_gap.as_ref().is_none_or(|known| gap.length() > known.length)) {
            let (device, name) = (device.id, device.name.clone());
            self.longest_gap = Some(LongestGap { device, name, length: gap.length(), from: gap.from, open: gap.open });
        }
        self.tests_passed += device.tests.passed;
        self.tests_failed += device.tests.failed;
        self.untested += i64::from(device.tests.last.is_none());
        self.longest_rto = self.longest_rto.max(device.tests.longest_rto);
    }

    fn join(&mut self, other: &Self) {
        self.devices += other.devices;
        self.broken += other.broken;
        self.covered = self.covered + other.covered;
        self.in_breach = self.in_breach + other.in_breach;
        self.left_out = self.left_out + other.left_out;
        self.breaches += other.breaches;
        if let Some(gap) = &other.longest_gap
            && self.longest_gap.as_ref().is_none_or(|known| gap.length > known.length)
        {
            self.longest_gap = Some(gap.clone());
        }
        self.tests_passed += other.tests_passed;
        self.tests_failed += other.tests_failed;
        self.untested += other.untested;
        self.longest_rto = self.longest_rto.max(other.longest_rto);
    }
}

/// A rule that was applied: hours of a class, from one time to another within the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Applied {
    /// True: servers; false: workstations.
    pub servers: bool,
    /// From here.
    pub from: Time,
    /// Up to here.
    pub until: Time,
    /// H.
    pub hours: i64,
}

impl Applied {
    /// The class it was for.
    pub const fn class(&self) -> DeviceClass {
        if self.servers { DeviceClass::Server } else { DeviceClass::Workstation }
    }
}

/// An organization over the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationReport {
    /// Which organization.
    pub id: OrganizationId,
    /// Its partner.
    pub partner: PartnerId,
    /// Its name.
    pub name: String,
    /// All its devices together.
    pub sum: Sum,
    /// Rules that were applied, servers first.
    pub rules: Vec<Applied>,
    /// Its devices, by name.
    pub devices: Vec<DeviceReport>,
}

/// Compliance over a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Of which partner, or of whose client.
    pub partner: PartnerId,
    /// That partner's name.
    pub partner_name: String,
    /// Whom it is about.
    pub of: Of,
    /// Beginning of the period.
    pub from: Time,
    /// End of the period, not included.
    pub until: Time,
    /// Up to when it is judged: the end of the period, or when it was asked for.
    pub judged_until: Time,
    /// Zone in which the reader's dates are meant.
    pub time_zone: String,
    /// All together.
    pub sum: Sum,
    /// Time left out by cause, of all devices together; where causes overlap each is told.
    pub left_out: BTreeMap<Cause, Span>,
    /// Organizations, by name.
    pub organizations: Vec<OrganizationReport>,
}

impl Report {
    /// All devices, organization by organization.
    pub fn devices(&self) -> impl Iterator<Item = (&OrganizationReport, &DeviceReport)> {
        self.organizations.iter().flat_map(|organization| organization.devices.iter().map(move |device| (organization, device)))
    }
}

/// Judges a period.
///
/// # Errors
/// `NotFound` (organization, device), `Forbidden` without the right to read, `Invalid` (period).
pub async fn report(store: &Store, actor: &Actor, of: Of, from: Time, until: Time, now: Time) -> Result<Report, Error> {
    scope::require(actor, Action::SeeDashboards, "see compliance")?;
    if from >= until || until - from > LONGEST {
        let message = "A period begins before it ends, and is at most 400 days long. Choose other days.";
        return Err(Error::invalid("invalid_period", "from", message));
    }
    let part = part_of(store, actor, of).await?;
    let partner = partners::find(store.reads(), part.partners[0]).await?;
    let mut report = Report {
        partner: part.partners[0],
        partner_name: partner.name,
        of: part.of,
        from,
        until,
        judged_until: until.min(now),
        time_zone: part.time_zone.unwrap_or(partner.time_zone),
        sum: Sum::default(),
        left_out: BTreeMap::new(),
        organizations: Vec::new(),
    };
    for partner in &part.partners {
        of_partner(store, *partner, part.organization, part.device, &mut report, now).await?;
    }
    report.organizations.sort_by_cached_key(|organization| (organization.name.to_lowercase(), organization.id));
    for organization in &report.organizations {
        report.sum.join(&organization.sum);
    }
    Ok(report)
}

/// What of the actor's scope is judged.
struct Part {
    of: Of,
    partners: Vec<PartnerId>,
    organization: Option<OrganizationId>,
    device: Option<DeviceId>,
    time_zone: Option<String>,
}

async fn part_of(store: &Store, actor: &Actor, of: Of) -> Result<Part, Error> {
    let of = match (of, &actor.scope) {
        (Of::All, Scope::Partners(partners)) => {
            return Ok(Part { of, partners: partners.to_vec(), organization: None, device: None, time_zone: None });
        }
        (Of::All, Scope::Organization(_, organization)) => Of::Organization(*organization),
        (Of::All, Scope::Device(_, _, device)) => Of::Device(*device),
        (of, _) => of,
    };
    let (partner, organization, device) = match of {
        Of::Device(id) => {
            let device = super::devices::find(store.reads(), actor, id).await?;
            (device.partner_id, device.organization_id, Some(id))
        }
        Of::Organization(id) => (organizations::find(store.reads(), actor, id).await?.partner_id, id.0, None),
        Of::All => return Err(Error::NotFound("partner")),
    };
    let key = (partner, organization);
    let zone = super::entity::organization::Entity::find_by_id(key).one(store.reads()).await?.map(|o| o.time_zone);
    Ok(Part { of, partners: vec![PartnerId(partner)], organization: Some(OrganizationId(organization)), device, time_zone: zone })
}

async fn of_partner(
    store: &Store,
    partner: PartnerId,
    organization: Option<OrganizationId>,
    device: Option<DeviceId>,
    report: &mut Report,
    now: Time,
) -> Result<(), Error> {
    let conn = store.reads();
    let until = report.judged_until;
    let history = History::load(conn, partner).await?;
    let evidence = Evidence::load(store, (partner, organization, device), report.from, until).await?;
    let mut rules = HashMap::new();
    let mut organizations: BTreeMap<OrganizationId, OrganizationReport> = BTreeMap::new();
    let mut used: BTreeMap<OrganizationId, BTreeSet<Applied>> = BTreeMap::new();
    let Evidence { devices, mut ends, exclusions, windows, mut tests, names } = evidence;
    for found in devices {
        let key = (found.organization, found.class);
        let rules = rules.entry(key).or_insert_with(|| history.of(found.organization, found.class));
        let excluded = exclusions.of(&found).chain(windows.of(&found)).collect::<Vec<_>>();
        let own = ends.remove(&found.id).unwrap_or_default();
        let figures = judge(&Judged {
            ends: &own,
            enrolled_at: found.enrolled_at,
            rules,
            excluded: &excluded,
            from: report.from,
            until: report.until,
            now,
        });
        let wholly_retired = figures.covered == Span::ZERO && found.life == DeviceLife::Retired;
        if figures.covered + figures.left_out == Span::ZERO || (wholly_retired && device.is_none()) {
            continue;
        }
        for part in &figures.excluded {
            let sum = report.left_out.entry(part.cause).or_default();
            *sum = *sum + (part.until.unwrap_or(until) - part.from);
        }
        let applied = used.entry(found.organization).or_default();
        applied.extend(rules.pieces(report.from.min(until), until).map(|(from, until, hours)| Applied {
            servers: found.class == DeviceClass::Server,
            from,
            until,
            hours,
        }));
        let entry = organizations.entry(found.organization).or_insert_with(|| OrganizationReport {
            id: found.organization,
            partner,
            name: names.get(&found.organization).cloned().unwrap_or_default(),
            sum: Sum::default(),
            rules: Vec::new(),
            devices: Vec::new(),
        });
        let maintenance = windows.names(&found, &figures.excluded);
        let device = DeviceReport {
            maintenance,
            id: found.id,
            name: found.name,
            class: found.class,
            life: found.life,
            enrolled_at: found.enrolled_at,
            hours: rules.at(until - Span(1)),
            figures,
            tests: tests.remove(&found.id).unwrap_or_default(),
        };
        entry.sum.add(&device);
        entry.devices.push(device);
    }
    for (id, mut organization) in organizations {
        organization.devices.sort_by_cached_key(|device| (device.name.to_lowercase(), device.id));
        organization.rules = used.remove(&id).unwrap_or_default().into_iter().collect();
        organization.rules.sort_by_key(|rule| (!rule.servers, rule.from));
        report.organizations.push(organization);
    }
    Ok(())
}
