//! From a frozen report to the documents that `paper` sets.

use super::Level;
use ::paper::{
    Fonts, Limits, PaperError,
    backup_summary::{BackupSummary, Row, document},
    brand::{Brand, Colour, Logo},
    document::{Day, Workload as Icon},
    render,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    policy::DeviceClass,
    report::days::OrganizationDay,
    saas::{Workload, days::AccountDay},
    text::utc,
    time::Time,
    wall_clock::typed,
};
use engine::store::reports::{AccountLine, ClassLine, DeviceLine, Last, Monthly, Summary, WorkloadLine};
use std::collections::BTreeSet;

/// The file. The same report gives the same bytes. `stop` is asked at each page.
///
/// # Errors
/// `Stopped`; too many rows.
pub fn pdf(monthly: &Monthly, level: Level, stop: &dyn Fn() -> bool) -> Result<Vec<u8>, PaperError> {
    let brand = &monthly.summary.brand;
    let brand = Brand {
        name: brand.name.clone(),
        colour: Colour::parse(&brand.colour).unwrap_or(Colour::ACCENT),
        logo: STANDARD.decode(&brand.logo).ok().and_then(|file| Logo::read(&file).ok()),
        footer: brand.footer.clone(),
    };
    render(document(summary(monthly, level), &brand), Fonts::embedded(), Limits::default(), stop)
}

/// The name of a class of devices.
pub(super) const fn class_name(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Server => "Server",
        DeviceClass::Workstation => "Workstation",
    }
}

/// A time as it is to be read, in the zone of the report: `2026-10-31 22:14`.
pub(super) fn read(time: Time, zone: &str) -> String {
    typed(time, zone).map_or_else(|_| utc(time), |text| text.replace('T', " "))
}

const fn account_day(letter: char) -> Day {
    match AccountDay::of_letter(letter) {
        AccountDay::NoData => Day::NoData,
        AccountDay::Deactivated => Day::Deactivated,
        AccountDay::Healthy => Day::Healthy,
        AccountDay::Unhealthy => Day::Unhealthy,
    }
}

const fn organization_day(letter: char) -> Day {
    match OrganizationDay::of_letter(letter) {
        OrganizationDay::NoData => Day::NoData,
        OrganizationDay::Deactivated => Day::Deactivated,
        OrganizationDay::VeryHealthy => Day::VeryHealthy,
        OrganizationDay::Healthy => Day::Healthy,
        OrganizationDay::Unhealthy => Day::Unhealthy,
    }
}

/// The letter in a workload's icon.
const fn letter(workload: Workload) -> char {
    match workload {
        Workload::Email => 'E',
        Workload::Drive => 'D',
        Workload::Contacts => 'C',
        Workload::Calendar => 'K',
        Workload::Tasks => 'T',
        Workload::SharePoint => 'S',
    }
}

fn icon(workload: Workload, active: bool) -> Icon {
    Icon { letter: letter(workload), name: workload.name().to_owned(), active }
}

fn row(name: String, last: &Last, zone: &str) -> Row {
    Row { name, last: last.at.map(|at| read(at, zone)).unwrap_or_default(), objects: last.objects, bytes: last.bytes, ..Row::default() }
}

fn account(line: &AccountLine, zone: &str) -> Row {
    let note = match (line.activated, line.name.is_empty()) {
        (true, _) => line.name.clone(),
        (false, true) => "Deactivated".to_owned(),
        (false, false) => format!("{} · deactivated", line.name),
    };
    Row {
        note,
        workloads: line.workloads.iter().map(|(workload, active)| icon(*workload, *active)).collect(),
        days: line.days.chars().map(account_day).collect(),
        ..row(line.address.clone(), &line.last, zone)
    }
}

fn device(line: &DeviceLine, zone: &str) -> Row {
    let class = class_name(line.class);
    Row {
        note: if line.active { class.to_owned() } else { format!("{class} · paused or retired") },
        jobs: line.jobs,
        days: line.days.chars().map(account_day).collect(),
        ..row(line.name.clone(), &line.last, zone)
    }
}

fn workload(line: &WorkloadLine, zone: &str) -> Row {
    Row {
        note: counted(line.accounts, "account"),
        workloads: vec![icon(line.workload, line.accounts > 0)],
        days: line.days.chars().map(organization_day).collect(),
        ..row(line.workload.name().to_owned(), &line.last, zone)
    }
}

fn class(line: &ClassLine, zone: &str) -> Row {
    Row {
        note: counted(line.devices, "device"),
        days: line.days.chars().map(organization_day).collect(),
        ..row(format!("{}s", class_name(line.class)), &line.last, zone)
    }
}

fn counted(n: u64, noun: &str) -> String {
    let number = domain::text::count(i64::try_from(n).unwrap_or(i64::MAX));
    if n == 1 { format!("1 active {noun}") } else { format!("{number} active {noun}s") }
}

/// Workloads that any account has, or that were asked about: those of the services.
fn asked(summary: &Summary) -> Vec<String> {
    let all: BTreeSet<Workload> = summary.accounts.workloads.iter().map(|line| line.workload).collect();
    all.into_iter().map(|workload| workload.name().to_owned()).collect()
}

fn summary(monthly: &Monthly, level: Level) -> BackupSummary {
    let Monthly { row, summary } = monthly;
    let zone = summary.time_zone.as_str();
    let (of_accounts, of_devices) = match level {
        Level::Account => (
            summary.accounts.rows.iter().map(|line| account(line, zone)).collect(),
            summary.devices.rows.iter().map(|line| device(line, zone)).collect(),
        ),
        Level::Organization => (
            summary.accounts.workloads.iter().map(|line| workload(line, zone)).collect(),
            summary.devices.classes.iter().map(|line| class(line, zone)).collect(),
        ),
    };
    BackupSummary {
        level,
        partner: summary.partner.clone(),
        client: summary.organization.clone(),
        month: summary.month.name(),
        range: summary.month.range(),
        days: summary.month.length(),
        zone: zone.to_owned(),
        generated: read(summary.generated_at, zone),
        made_at: summary.generated_at.0,
        inputs_hash: row.hash.clone(),
        verify_at: summary.verify_at.clone(),
        activated: summary.accounts.activated,
        deactivated: summary.accounts.deactivated,
        devices: summary.devices.active,
        paused: summary.devices.inactive,
        workloads: asked(summary),
        of_accounts,
        of_devices,
    }
}
