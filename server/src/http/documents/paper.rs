//! From a kept report to the document that `paper` sets.

use ::paper::{
    Fonts, Limits, PaperError,
    brand::{Brand, Colour, Logo},
    compliance::{Breach, Client, Compliance, Device, Gap, LeftOut, Rule, Test, Tests, Totals, document},
    render as set,
};
use app::api::backup::compliance::ssr::period_words;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    policy::DeviceClass,
    sla::Cause,
    text::utc,
    time::{Span, Time},
    wall_clock::wall_clock,
    zones::Zone,
};
use engine::store::compliance::{DeviceReport, Frozen, MOST_ROWS, OrganizationReport, Report, Sum};

/// The file. The same report gives the same bytes.
pub(super) fn render(frozen: &Frozen, stop: &dyn Fn() -> bool) -> Result<Vec<u8>, PaperError> {
    let brand = Brand {
        name: frozen.brand.name.clone(),
        colour: Colour::parse(&frozen.brand.colour).unwrap_or(Colour::ACCENT),
        logo: STANDARD.decode(&frozen.brand.logo).ok().and_then(|file| Logo::read(&file).ok()),
        footer: frozen.brand.footer.clone(),
    };
    set(document(&compliance(frozen), &brand), Fonts::embedded(), Limits { rows: MOST_ROWS }, stop)
}

/// Times as they are to be read, in the zone of the report.
struct Clock(String);

impl Clock {
    fn at(&self, time: Time) -> String {
        wall_clock(time, &self.0).unwrap_or_else(|_| utc(time))
    }

    fn day(&self, time: Time) -> i32 {
        Zone::named(&self.0).map(|zone| zone.day_of(time)).unwrap_or_default()
    }
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn class_name(class: DeviceClass) -> &'static str {
    if class == DeviceClass::Server { "Server" } else { "Workstation" }
}

const fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Paused => "Paused",
        Cause::Retired => "Retired",
        Cause::Deactivated => "Client deactivated",
        Cause::Maintenance => "Maintenance",
    }
}

fn compliance(frozen: &Frozen) -> Compliance {
    let (report, row) = (&frozen.report, &frozen.row);
    let clock = Clock(report.time_zone.clone());
    let (until, told) = (report.judged_until, frozen.told());
    Compliance {
        partner: if frozen.brand.name.is_empty() { report.partner_name.clone() } else { frozen.brand.name.clone() },
        client: frozen.client.clone().unwrap_or_else(|| "All clients".to_owned()),
        period: period_words(clock.day(report.from), clock.day(report.until - Span(1))),
        zone: report.time_zone.clone(),
        generated: clock.at(row.made_at),
        made_at: row.made_at.0,
        so_far: until < report.until,
        inputs_hash: row.hash.clone(),
        verify_at: String::new(),
        rules: rules(report, &clock),
        total: totals(&report.sum, report.devices().map(|(_, device)| device), until),
        clients: report.organizations.iter().map(|organization| client(organization, report, told, &clock)).collect(),
    }
}

/// Rules that all clients share are told once.
fn rules(report: &Report, clock: &Clock) -> Vec<Rule> {
    let told = |scope: &str, organization: &OrganizationReport| -> Vec<Rule> {
        let rule = |rule: &engine::store::compliance::Applied| Rule {
            scope: scope.to_owned(),
            class: if rule.servers { "Servers".to_owned() } else { "Workstations".to_owned() },
            hours: rule.hours,
            from: if rule.from > report.from { clock.at(rule.from) } else { String::new() },
            until: if rule.until < report.judged_until { clock.at(rule.until) } else { String::new() },
        };
        organization.rules.iter().map(rule).collect()
    };
    let of_class = |organization: &OrganizationReport, servers| -> Vec<_> {
        organization.rules.iter().filter(|rule| rule.servers == servers).copied().collect()
    };
    let mut rules = Vec::new();
    for servers in [true, false] {
        let with: Vec<&OrganizationReport> = report.organizations.iter().filter(|o| o.rules.iter().any(|r| r.servers == servers)).collect();
        let Some(first) = with.first() else { continue };
        let class = if servers { "Servers" } else { "Workstations" };
        if with.len() > 1 && with.iter().all(|o| of_class(o, servers) == of_class(first, servers)) {
            rules.extend(told("All clients", first).into_iter().filter(|rule| rule.class == class));
        } else {
            rules.extend(with.iter().flat_map(|o| told(&o.name, o)).filter(|rule| rule.class == class));
        }
    }
    rules
}

/// The breach that it is in at the end of what is judged.
fn broken(device: &DeviceReport, until: Time) -> Option<&domain::sla::Breach> {
    device.figures.breaches.last().filter(|breach| breach.ongoing && breach.until >= until)
}

/// Why it is left out at that end.
fn out(device: &DeviceReport, until: Time) -> Option<Cause> {
    device.figures.excluded.iter().rev().find(|part| part.until.is_none_or(|end| end >= until)).map(|part| part.cause)
}

fn totals<'a>(sum: &Sum, devices: impl Iterator<Item = &'a DeviceReport>, until: Time) -> Totals {
    let (mut meeting, mut in_breach, mut left_out) = (0, 0, 0);
    for device in devices {
        let standing = match (out(device, until), broken(device, until)) {
            (Some(_), _) => &mut left_out,
            (None, Some(_)) => &mut in_breach,
            (None, None) => &mut meeting,
        };
        *standing += 1;
    }
    Totals {
        share: sum.share(),
        devices: whole(sum.devices),
        meeting,
        in_breach,
        out: left_out,
        breaches: whole(sum.breaches),
        longest_gap: sum.longest_gap.as_ref().map(|gap| gap.length.0),
        tests_passed: whole(sum.tests_passed),
        tests_failed: whole(sum.tests_failed),
    }
}

fn client(organization: &OrganizationReport, report: &Report, told: usize, clock: &Clock) -> Client {
    Client {
        name: organization.name.clone(),
        total: totals(&organization.sum, organization.devices.iter(), report.judged_until),
        devices: organization.devices.iter().map(|found| device(found, report, told, clock)).collect(),
    }
}

/// The latest of them, and how many came before.
fn latest<T>(all: &[T], told: usize) -> (&[T], u64) {
    let (before, latest) = all.split_at(all.len().saturating_sub(told));
    (latest, before.len() as u64)
}

fn device(device: &DeviceReport, report: &Report, told: usize, clock: &Clock) -> Device {
    let (figures, end) = (&device.figures, report.judged_until);
    let breach = |breach: &domain::sla::Breach| Breach {
        from: clock.at(breach.from),
        until: clock.at(breach.until),
        began_before: breach.began_before,
        ongoing: breach.ongoing,
        hours: breach.hours,
        counted: breach.counted.0,
    };
    let left_out = |(part, name): &(&domain::sla::Excluded, &str)| {
        let until = part.until.unwrap_or(end);
        let cause = cause_name(part.cause);
        LeftOut {
            cause: if name.is_empty() { cause.to_owned() } else { format!("{cause}: {name}") },
            from: clock.at(part.from),
            until: clock.at(until),
            length: (until - part.from).0,
        }
    };
    let gap = |gap: domain::sla::Gap| Gap {
        length: gap.length().0,
        from: clock.at(gap.from),
        until: if gap.open { String::new() } else { clock.at(gap.until) },
    };
    let test = |test: engine::store::compliance::Test| Test {
        at: clock.at(test.at),
        age: (end - test.at).0,
        passed: test.passed,
        rpo_seconds: test.rpo_seconds,
        // How long a restore took that didn't work says nothing.
        rto_seconds: test.rto_seconds.filter(|_| test.passed),
    };
    let since = |breach: &domain::sla::Breach| if breach.began_before { "before the period".to_owned() } else { clock.at(breach.from) };
    let (breaches, earlier_breaches) = latest(&figures.breaches, told);
    let excluded: Vec<_> = device.left_out().collect();
    let (excluded, earlier_left_out) = latest(&excluded, told);
    Device {
        name: device.name.clone(),
        class: class_name(device.class).to_owned(),
        hours: device.hours,
        share: figures.share(),
        breach_since: broken(device, end).map(since),
        out: out(device, end).map(|cause| cause_name(cause).to_owned()),
        longest_gap: figures.longest_gap.map(gap),
        breaches: breaches.iter().map(breach).collect(),
        earlier_breaches,
        left_out: excluded.iter().map(left_out).collect(),
        earlier_left_out,
        tests: Tests { passed: whole(device.tests.passed), failed: whole(device.tests.failed), last: device.tests.last.map(test) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        ids::{DeviceId, OrganizationId, PartnerId, ReportId},
        policy::DeviceLife,
        sla::{Excluded, Figures},
    };
    use engine::store::compliance::{self as kept_of, Of, ReportRow};
    use std::collections::BTreeMap;

    const END: Time = Time(1_790_812_800_000);

    fn before(hours: i64) -> Time {
        END - Span::hours(hours)
    }

    fn breach(from: Time, until: Time) -> domain::sla::Breach {
        domain::sla::Breach { from, until, began_before: false, ongoing: false, hours: 12, counted: until - from }
    }

    fn found(name: &str, breaches: Vec<domain::sla::Breach>, excluded: Vec<Excluded>) -> DeviceReport {
        let figures = Figures { covered: Span::days(30), breaches, excluded, ..Figures::default() };
        DeviceReport {
            id: DeviceId(1),
            name: name.to_owned(),
            class: DeviceClass::Server,
            life: DeviceLife::Active,
            enrolled_at: before(9_000),
            hours: 12,
            figures,
            tests: kept_of::Tests::default(),
            maintenance: Vec::new(),
        }
    }

    fn kept(devices: Vec<DeviceReport>) -> Frozen {
        let sum = Sum { devices: 1, covered: Span::days(30), ..Sum::default() };
        let organization = OrganizationReport {
            id: OrganizationId(7),
            partner: PartnerId(1),
            name: "Acme".to_owned(),
            sum: sum.clone(),
            rules: Vec::new(),
            devices,
        };
        let report = Report {
            partner: PartnerId(1),
            partner_name: "Northwind".to_owned(),
            of: Of::Organization(OrganizationId(7)),
            from: before(720),
            until: END,
            judged_until: END,
            time_zone: "Europe/Berlin".to_owned(),
            sum,
            left_out: BTreeMap::new(),
            organizations: vec![organization],
        };
        let row = ReportRow {
            id: ReportId(1),
            partner: PartnerId(1),
            partner_name: "Northwind".to_owned(),
            organization: Some((OrganizationId(7), "Acme Holding".to_owned())),
            time_zone: "Europe/Berlin".to_owned(),
            from: report.from,
            until: report.until,
            made_at: END,
            made_by: "system".to_owned(),
            hash: "0".repeat(64),
        };
        let brand = kept_of::Brand { name: "Northwind Managed Backup".to_owned(), ..Default::default() };
        Frozen { row, report, brand, client: Some("Acme".to_owned()) }
    }

    #[test]
    fn a_time_of_maintenance_is_told_with_the_names_of_its_windows() {
        let maintenance = |hours| Excluded { from: before(hours), until: Some(before(hours - 2)), cause: Cause::Maintenance };
        let paused = Excluded { from: before(90), until: Some(before(80)), cause: Cause::Paused };
        let mut device = found("one", Vec::new(), vec![maintenance(100), paused, maintenance(50)]);
        device.maintenance = vec!["patch night".to_owned(), String::new()];
        let told = compliance(&kept(vec![device]));
        let causes: Vec<_> = told.clients[0].devices[0].left_out.iter().map(|part| part.cause.as_str()).collect();
        assert_eq!(causes, ["Maintenance: patch night", "Paused", "Maintenance"]);
    }

    #[test]
    fn a_device_that_is_left_out_at_the_end_neither_meets_its_rule_nor_breaks_it() {
        let going_on = domain::sla::Breach { ongoing: true, ..breach(before(200), before(100)) };
        let paused = Excluded { from: before(100), until: Some(END), cause: Cause::Paused };
        let until_the_end = domain::sla::Breach { ongoing: true, began_before: true, ..breach(before(720), END) };
        let devices = vec![
            found("paused", vec![going_on], vec![paused]),
            found("broken", vec![until_the_end], Vec::new()),
            found("mended", vec![breach(before(50), before(40))], vec![Excluded { until: Some(before(80)), ..paused }]),
        ];
        let told = compliance(&kept(devices));
        assert_eq!((told.total.meeting, told.total.in_breach, told.total.out), (1, 1, 1));
        let states: Vec<_> = told.clients[0].devices.iter().map(|d| (d.out.as_deref(), d.breach_since.as_deref())).collect();
        assert_eq!(states, [(Some("Paused"), None), (None, Some("before the period")), (None, None)]);
    }

    #[test]
    fn a_kept_report_has_the_names_of_its_time_and_of_its_brand() {
        let told = compliance(&kept(Vec::new()));
        assert_eq!((told.partner.as_str(), told.client.as_str()), ("Northwind Managed Backup", "Acme"));
        assert!(!told.so_far);
    }

    #[test]
    fn a_period_that_is_not_over_says_so() {
        let mut frozen = kept(vec![found("good", Vec::new(), Vec::new())]);
        frozen.report.until = END + Span::DAY;
        assert!(compliance(&frozen).so_far);
    }

    #[test]
    fn where_all_would_be_too_much_the_latest_of_each_device_are_told() {
        let breaches: Vec<_> = (0..90).rev().map(|n| breach(before(3 * n + 2), before(3 * n + 1))).collect();
        let small = compliance(&kept(vec![found("one", breaches.clone(), Vec::new())]));
        assert_eq!((small.clients[0].devices[0].breaches.len(), small.clients[0].devices[0].earlier_breaches), (90, 0));
        let many = |n: usize| kept(vec![found("many", breaches.clone(), Vec::new()); n]);
        assert_eq!([1_000, 4_000, 20_000].map(|n| many(n).told()), [12, 3, 0], "the larger the fleet, the fewer of each device");
        let device = compliance(&many(1_000)).clients[0].devices[0].clone();
        assert_eq!((device.breaches.len(), device.earlier_breaches), (12, 78));
        assert_eq!(device.breaches.last().map(|b| b.until.clone()), Some(Clock("Europe/Berlin".to_owned()).at(before(1))));
    }

    #[test]
    fn a_restore_that_failed_has_no_time_of_its_own() {
        let last = kept_of::Test { at: before(9), passed: false, rto_seconds: Some(60), rpo_seconds: None };
        let tests = kept_of::Tests { failed: 1, last: Some(last), ..Default::default() };
        let device = DeviceReport { tests, ..found("one", Vec::new(), Vec::new()) };
        let told = compliance(&kept(vec![device]));
        assert_eq!(told.clients[0].devices[0].tests.last.as_ref().and_then(|test| test.rto_seconds), None);
    }
}
