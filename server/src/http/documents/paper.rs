//! From a kept report to the document that `paper` sets.

use ::paper::{
    Fonts, PaperError,
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
use engine::store::compliance::{DeviceReport, Frozen, OrganizationReport, Report, Sum};

/// The file. The same report gives the same bytes.
pub(super) fn render(frozen: &Frozen, stop: &dyn Fn() -> bool) -> Result<Vec<u8>, PaperError> {
    let brand = Brand {
        name: frozen.brand.name.clone(),
        colour: Colour::parse(&frozen.brand.colour).unwrap_or(Colour::ACCENT),
        logo: STANDARD.decode(&frozen.brand.logo).ok().and_then(|file| Logo::read(&file).ok()),
        footer: frozen.brand.footer.clone(),
    };
    set(document(&compliance(frozen), &brand), Fonts::embedded(), ::paper::Limits::default(), stop)
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
    Compliance {
        partner: report.partner_name.clone(),
        client: row.organization.as_ref().map_or_else(|| "All clients".to_owned(), |(_, name)| name.clone()),
        period: period_words(clock.day(report.from), clock.day(report.until - Span(1))),
        zone: report.time_zone.clone(),
        generated: clock.at(row.made_at),
        made_at: row.made_at.0,
        inputs_hash: row.hash.clone(),
        verify_at: String::new(),
        rules: rules(report, &clock),
        total: totals(&report.sum, report.devices().map(|(_, device)| device)),
        clients: report.organizations.iter().map(|organization| client(organization, report, &clock)).collect(),
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

/// In breach at the end of what is judged.
fn broken_since(device: &DeviceReport) -> Option<Time> {
    device.figures.breaches.last().filter(|breach| breach.ongoing).map(|breach| breach.from)
}

fn totals<'a>(sum: &Sum, devices: impl Iterator<Item = &'a DeviceReport>) -> Totals {
    let (mut meeting, mut in_breach, mut covered) = (0, 0, 0);
    for device in devices.filter(|device| device.figures.covered > Span::ZERO) {
        covered += 1;
        *(if broken_since(device).is_some() { &mut in_breach } else { &mut meeting }) += 1;
    }
    Totals {
        share: sum.share(),
        devices: covered,
        meeting,
        in_breach,
        breaches: whole(sum.breaches),
        longest_gap: sum.longest_gap.as_ref().map(|gap| gap.length.0),
        tests_passed: whole(sum.tests_passed),
        tests_failed: whole(sum.tests_failed),
    }
}

fn client(organization: &OrganizationReport, report: &Report, clock: &Clock) -> Client {
    Client {
        name: organization.name.clone(),
        total: totals(&organization.sum, organization.devices.iter()),
        devices: organization.devices.iter().map(|found| device(found, report, clock)).collect(),
    }
}

fn device(device: &DeviceReport, report: &Report, clock: &Clock) -> Device {
    let figures = &device.figures;
    let breach = |breach: &domain::sla::Breach| Breach {
        from: clock.at(breach.from),
        until: clock.at(breach.until),
        began_before: breach.began_before,
        ongoing: breach.ongoing,
        hours: breach.hours,
        counted: breach.counted.0,
    };
    let left_out = |part: &domain::sla::Excluded| {
        let until = part.until.unwrap_or(report.judged_until);
        LeftOut {
            cause: cause_name(part.cause).to_owned(),
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
        age: (report.judged_until - test.at).0,
        passed: test.passed,
        rpo_seconds: test.rpo_seconds,
        rto_seconds: test.rto_seconds,
    };
    Device {
        name: device.name.clone(),
        class: class_name(device.class).to_owned(),
        hours: device.hours,
        share: figures.share(),
        breach_since: broken_since(device).map(|at| clock.at(at)),
        longest_gap: figures.longest_gap.map(gap),
        breaches: figures.breaches.iter().map(breach).collect(),
        left_out: figures.excluded.iter().map(left_out).collect(),
        tests: Tests { passed: whole(device.tests.passed), failed: whole(device.tests.failed), last: device.tests.last.map(test) },
    }
}
