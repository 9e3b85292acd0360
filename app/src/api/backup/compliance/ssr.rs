//! From the engine's compliance to the page's, and the days of a period.

use super::{
    BreachLine, ClientPeriod, ComplianceQuery, ComplianceView, DevicePeriod, GapLine, LeftOutLine, Moment, NowLine, NowView, PeriodView,
    ReportLine, SumView, TOLD,
};
use crate::{api::start::GoOn, context, error::UiError};
use domain::{
    access::{Action, Actor, Scope},
    ids::{OrganizationId, PartnerId},
    maintenance::LocalDate,
    sla::{Breach, Excluded, Figures, Gap},
    text,
    time::{Span, Time},
    wall_clock::wall_clock,
    zones::Zone,
};
use engine::{
    Engine,
    store::{
        compliance::{self, DeviceReport, Held, NowFilter, Of, OrganizationReport, Report, ReportRow, Sum},
        organizations, partners,
    },
};

/// Rows of a page.
const ROWS: usize = 100;

/// Local days from one to another, not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    first: i32,
    after: i32,
}

fn wrong(field: &str) -> UiError {
    UiError::field("invalid_period", field, "Choose days as year, month and day, the first not after the last, and at most 400 of them.")
}

/// The first of a month, `0` being January 1970.
fn month_begins(month: i32) -> i32 {
    let (year, month) = (1970 + month.div_euclid(12), month.rem_euclid(12) + 1);
    format!("{year:04}-{month:02}-01").parse::<LocalDate>().map_or(0, |date| date.0)
}

fn month_of(day: i32) -> i32 {
    let text = LocalDate(day).to_string();
    let mut parts = text.split('-').map(|part| part.parse::<i32>().unwrap_or(0));
    let (year, month) = (parts.next().unwrap_or(1970), parts.next().unwrap_or(1));
    (year - 1970) * 12 + month - 1
}

impl Days {
    /// Of a word of the address, or of two days, both included.
    pub fn of(period: &str, from: &str, to: &str, today: i32) -> Result<Self, UiError> {
        let month = month_of(today);
        Ok(match period {
            "30d" => Self { first: today - 30, after: today },
            "month" => Self { first: month_begins(month - 1), after: month_begins(month) },
            "quarter" => {
                let begins = month - month.rem_euclid(3);
                Self { first: month_begins(begins - 3), after: month_begins(begins) }
            }
            _ => {
                let first = from.parse::<LocalDate>().map_err(|_| wrong("from"))?.0;
                let after = to.parse::<LocalDate>().map_err(|_| wrong("to"))?.0.saturating_add(1);
                if first >= after || after - first > 400 {
                    return Err(wrong("from"));
                }
                Self { first, after }
            }
        })
    }

    /// Its bounds in a zone.
    pub fn bounds(self, zone: Zone) -> (Time, Time) {
        (zone.day_bounds(self.first).0, zone.day_bounds(self.after).0)
    }
}

/// `1 Jul – 30 Sep 2026`.
pub fn period_words(first: i32, last: i32) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let told = |day: i32, year: bool| {
        let text = LocalDate(day).to_string();
        let parts: Vec<&str> = text.split('-').collect();
        let number = |place: usize| parts.get(place).and_then(|part| part.parse::<usize>().ok()).unwrap_or(1);
        let month = MONTHS.get(number(1).saturating_sub(1)).copied().unwrap_or("Jan");
        if year { format!("{} {month} {}", number(2), number(0)) } else { format!("{} {month}", number(2)) }
    };
    let same_year = LocalDate(first).to_string().get(..4) == LocalDate(last).to_string().get(..4);
    if first == last { told(first, true) } else { format!("{} – {}", told(first, !same_year), told(last, true)) }
}

/// Whom a query is about, and the zone of its days.
pub async fn about(engine: &Engine, actor: &Actor, organization: &str) -> Result<(Of, Option<(OrganizationId, String)>, Zone), UiError> {
    let id = match (&actor.scope, organization) {
        (Scope::Organization(_, id) | Scope::Device(_, id, _), "") => Some(*id),
        (_, "") => None,
        (_, id) => Some(id.parse().map_err(|_| UiError::not_found("organization"))?),
    };
    let (of, named, zone) = match id {
        Some(id) => {
            let row = organizations::get(&engine.store, actor, id).await?;
            (Of::Organization(id), Some((id, row.name)), row.time_zone)
        }
        None => {
            let own = actor.scope.partner().ok_or_else(|| UiError::not_found("partner"))?;
            (Of::All, None, partners::get(&engine.store, actor, own).await?.time_zone)
        }
    };
    let zone = Zone::named(&zone).or_else(|_| Zone::named("UTC")).map_err(|e| UiError::new(500, "internal", e.to_string()))?;
    Ok((of, named, zone))
}

pub(super) async fn page(query: ComplianceQuery) -> Result<ComplianceView, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let (of, organization, zone) = about(&engine, &actor, &query.organization).await?;
    let filter = NowFilter {
        held: query.held.parse().unwrap_or(Held::Broken),
        organization: organization.as_ref().map(|(id, _)| *id),
        class: query.class.parse().ok(),
        shortest_first: query.sort == "-since",
        cursor: Some(query.cursor.clone()).filter(|c| !c.is_empty() && query.period.is_empty()),
        limit: Some(if query.period.is_empty() { 50 } else { 1 }),
    };
    let (rows, standing) = compliance::now(&engine.store, &actor, &filter).await?;
    let (now_view, period) = if query.period.is_empty() {
        let lines = rows.items.into_iter().map(now_line).collect();
        (Some(NowView { lines, next_cursor: rows.next_cursor, at: now }), None)
    } else {
        let days = Days::of(&query.period, &query.from, &query.to, zone.day_of(now))?;
        let (from, until) = days.bounds(zone);
        let report = compliance::report(&engine.store, &actor, of, from, until, now).await?;
        (None, Some(period_view(&query, days, zone, report)))
    };
    let reports = compliance::reports(&engine.store, &actor, filter.organization).await?;
    Ok(ComplianceView {
        organization: organization.map(|(id, name)| (id.to_string(), name)),
        standing: (standing.covered, standing.in_breach),
        now: now_view,
        period,
        reports: reports.into_iter().map(|row| report_line(row, actor.scope.partner(), zone)).collect(),
        may_report: actor.may(Action::ManageDelivery),
        may_manage: actor.may(Action::ManageSettings),
    })
}

fn now_line(row: compliance::NowRow) -> NowLine {
    NowLine {
        device: row.device,
        name: row.name,
        class: row.class,
        organization: row.organization,
        hours: row.hours,
        last_usable_at: row.last_usable_at,
        breach_at: row.breach_at,
        why: row.why,
        job: row.job,
    }
}

fn sum_view(sum: &Sum) -> SumView {
    SumView {
        devices: sum.devices,
        broken: sum.broken,
        share: sum.share(),
        covered: sum.covered,
        in_breach: sum.in_breach,
        left_out: sum.left_out,
        breaches: sum.breaches,
        gap: sum.longest_gap.as_ref().map(|gap| (gap.length, gap.device, gap.name.clone())),
        tests: (sum.tests_passed, sum.tests_failed),
        untested: sum.untested,
        rto: sum.longest_rto,
    }
}

fn last_of<T>(all: &[T]) -> &[T] {
    all.get(all.len().saturating_sub(TOLD)..).unwrap_or_default()
}

fn counted<T>(all: &[T]) -> i64 {
    i64::try_from(all.len()).unwrap_or(i64::MAX)
}

fn moment(at: Time, zone: Zone) -> Moment {
    // `Fri 16 Oct 2026, 10:43 CEST`: the day of the week and the zone stand elsewhere.
    let told = wall_clock(at, zone.name()).unwrap_or_else(|_| text::utc(at));
    let words: Vec<&str> = told.split(' ').collect();
    let words = words.get(1..words.len().saturating_sub(1)).map(|words| words.join(" ")).unwrap_or_default();
    Moment { at, words }
}

fn device_view(device: &DeviceReport, until: Time, zone: Zone) -> DevicePeriod {
    let Figures { breaches, longest_gap, excluded, in_breach, left_out, .. } = &device.figures;
    let breach = |b: &Breach| BreachLine {
        from: moment(b.from, zone),
        until: moment(b.until, zone),
        began_before: b.began_before,
        ongoing: b.ongoing,
        hours: b.hours,
        counted: b.counted,
    };
    let left_out_parts: Vec<_> = device.left_out().collect();
    let out = |(e, name): &(&Excluded, &str)| LeftOutLine {
        from: moment(e.from, zone),
        until: moment(e.until.unwrap_or(until), zone),
        cause: e.cause,
        name: (*name).to_owned(),
    };
    let gap = |g: Gap| GapLine { length: g.length(), from: moment(g.from, zone), open: g.open, excluded: g.excluded };
    DevicePeriod {
        id: device.id,
        name: device.name.clone(),
        class: device.class,
        life: device.life,
        hours: device.hours,
        share: device.figures.share(),
        in_breach: *in_breach,
        left_out: *left_out,
        breaches: last_of(breaches).iter().map(breach).collect(),
        breach_count: counted(breaches),
        gap: longest_gap.map(gap),
        excluded: last_of(&left_out_parts).iter().map(out).collect(),
        excluded_count: counted(excluded),
        tests: (device.tests.passed, device.tests.failed),
        last_test: device.tests.last.map(|test| (test.at, test.passed, test.rto_seconds.filter(|_| test.passed))),
    }
}

/// Rows by the word of the address: the lowest share first unless it says otherwise; of equals by name.
fn sorted<T>(mut rows: Vec<T>, sort: &str, name: impl Fn(&T) -> String, figures: impl Fn(&T) -> (Option<u32>, Span, i64)) -> Vec<T> {
    let (turned, key) = sort.strip_prefix('-').map_or((false, sort), |key| (true, key));
    rows.sort_by_cached_key(|row| {
        let (share, gap, breaches) = figures(row);
        let first = match key {
            "name" => 0,
            "gap" => -gap.0,
            "breaches" => -breaches,
            // What wasn't covered comes last.
            _ => i64::from(share.unwrap_or(u32::MAX)),
        };
        (first, name(row).to_lowercase())
    });
    if turned {
        rows.reverse();
    }
    rows
}

fn period_view(query: &ComplianceQuery, days: Days, zone: Zone, report: Report) -> PeriodView {
    let skip: usize = query.cursor.parse().unwrap_or(0);
    let is_one = matches!(report.of, Of::Organization(_) | Of::Device(_));
    let (mut clients, mut devices, mut rules) = (Vec::new(), Vec::new(), Vec::new());
    let sum = sum_view(&report.sum);
    let (from, until) = (report.from, report.judged_until);
    let left_out = report.left_out.iter().map(|(cause, span)| (*cause, *span)).collect();
    let going_on = report.judged_until < report.until;
    let export = format!("from={}&to={}", LocalDate(days.first), LocalDate(days.after - 1));
    if is_one {
        let own: Vec<OrganizationReport> = report.organizations;
        rules = own.iter().flat_map(|o| &o.rules).map(|rule| rule_words(rule, from, until, zone)).collect();
        devices = own.iter().flat_map(|o| &o.devices).map(|d| device_view(d, until, zone)).collect();
        let gap = |d: &DevicePeriod| d.gap.as_ref().map_or(Span::ZERO, |gap| gap.length);
        devices = sorted(devices, &query.sort, |d| d.name.clone(), |d| (d.share, gap(d), d.breach_count));
    } else {
        clients = report.organizations.iter().map(|o| ClientPeriod { id: o.id, name: o.name.clone(), sum: sum_view(&o.sum) }).collect();
        let gap = |c: &ClientPeriod| c.sum.gap.as_ref().map_or(Span::ZERO, |gap| gap.0);
        clients = sorted(clients, &query.sort, |c| c.name.clone(), |c| (c.sum.share, gap(c), c.sum.breaches));
    }
    let total = clients.len().max(devices.len());
    let next_cursor = (total > skip + ROWS).then(|| (skip + ROWS).to_string());
    PeriodView {
        from: LocalDate(days.first).to_string(),
        to: LocalDate(days.after - 1).to_string(),
        words: period_words(days.first, days.after - 1),
        zone: zone.name().replace('_', " "),
        going_on,
        until,
        sum,
        left_out,
        rules,
        clients: clients.into_iter().skip(skip).take(ROWS).collect(),
        devices: devices.into_iter().skip(skip).take(ROWS).collect(),
        next_cursor,
        total: i64::try_from(total).unwrap_or(i64::MAX),
        export,
    }
}

/// `Servers within 12 hours`, with its days where it didn't hold for the whole period.
fn rule_words(rule: &compliance::Applied, from: Time, until: Time, zone: Zone) -> String {
    let class = if rule.servers { "Servers" } else { "Workstations" };
    let hours = text::hours(rule.hours);
    let day = |at: Time| LocalDate(zone.day_of(at)).to_string();
    match (rule.from > from, rule.until < until) {
        (false, false) => format!("{class} within {hours}"),
        (true, false) => format!("{class} within {hours} from {}", day(rule.from)),
        (false, true) => format!("{class} within {hours} until {}", day(rule.until)),
        (true, true) => format!("{class} within {hours} from {} until {}", day(rule.from), day(rule.until)),
    }
}

/// Its days are meant in the zone of whom it is about; `otherwise` where that one is not known.
fn report_line(row: ReportRow, own: Option<PartnerId>, otherwise: Zone) -> ReportLine {
    let zone = Zone::named(&row.time_zone).unwrap_or(otherwise);
    let about = match row.organization {
        Some((_, name)) => name,
        None if own == Some(row.partner) => "All clients".to_owned(),
        None => format!("All clients of {}", row.partner_name),
    };
    ReportLine {
        id: row.id.to_string(),
        about,
        words: period_words(zone.day_of(row.from), zone.day_of(row.until - Span(1))),
        made_at: row.made_at,
        made_by: row.made_by,
        hash: row.hash.chars().take(12).collect(),
    }
}

pub(super) async fn make(organization: String, from: String, to: String) -> Result<GoOn, UiError> {
    let (engine, actor) = context::actor()?;
    let now = context::now(&engine);
    let (of, named, zone) = about(&engine, &actor, &organization).await?;
    let days = Days::of("custom", &from, &to, zone.day_of(now))?;
    let (begins, ends) = days.bounds(zone);
    compliance::freeze(&engine, &actor, of, begins, ends, now).await?;
    let at = named.map_or_else(|| "/backups/compliance".to_owned(), |(id, _)| format!("/organizations/{id}/compliance"));
    let to = format!("{at}?period=custom&from={from}&to={to}#reports");
    if context::is_plain_form() {
        leptos_axum::redirect(&to);
    }
    Ok(GoOn { to })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn day(text: &str) -> i32 {
        text.parse::<LocalDate>().unwrap().0
    }

    #[test]
    fn periods_of_the_address_are_whole_days_that_are_over() {
        let of = |period, today| {
            let days = Days::of(period, "", "", day(today)).unwrap();
            (LocalDate(days.first).to_string(), LocalDate(days.after).to_string())
        };
        let told = |from: &str, after: &str| (from.to_owned(), after.to_owned());
        assert_eq!(of("30d", "2026-11-21"), told("2026-10-22", "2026-11-21"));
        assert_eq!(of("month", "2026-01-15"), told("2025-12-01", "2026-01-01"));
        assert_eq!(of("quarter", "2026-11-21"), told("2026-07-01", "2026-10-01"));
        assert_eq!(of("quarter", "2027-01-01"), told("2026-10-01", "2027-01-01"));
        assert_eq!(of("month", "2028-03-31"), told("2028-02-01", "2028-03-01"));
    }

    #[test]
    fn a_kept_report_is_listed_by_its_own_days_and_of_whom_it_is() {
        let about = |partner, organization: Option<&str>, zone: &str| {
            let berlin = Zone::named("Europe/Berlin").unwrap();
            let october = Days::of("custom", "2026-10-01", "2026-10-31", 0).unwrap();
            let (from, until) = october.bounds(Zone::named(zone).unwrap());
            let row = ReportRow {
                id: domain::ids::ReportId(1),
                partner: PartnerId(partner),
                partner_name: "Harbour IT".to_owned(),
                organization: organization.map(|name| (OrganizationId(2), name.to_owned())),
                time_zone: zone.to_owned(),
                from,
                until,
                made_at: until,
                made_by: String::new(),
                hash: String::new(),
            };
            let line = report_line(row, Some(PartnerId(1)), berlin);
            (line.about, line.words)
        };
        let october = || "1 Oct – 31 Oct 2026".to_owned();
        assert_eq!(about(1, None, "Europe/Berlin"), ("All clients".to_owned(), october()));
        assert_eq!(about(3, None, "America/New_York"), ("All clients of Harbour IT".to_owned(), october()));
        assert_eq!(about(3, Some("Acme"), "Pacific/Auckland"), ("Acme".to_owned(), october()));
    }

    #[test]
    fn own_days_are_both_included_and_checked() {
        let days = Days::of("custom", "2026-10-24", "2026-10-26", 0).unwrap();
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let (from, until) = days.bounds(berlin);
        assert_eq!(until - from, Span::hours(73), "a day of 25 hours is among them");
        assert_eq!(period_words(day("2026-10-24"), day("2026-10-26")), "24 Oct – 26 Oct 2026");
        assert_eq!(period_words(day("2025-12-31"), day("2026-01-01")), "31 Dec 2025 – 1 Jan 2026");
        for (from, to) in [("2026-10-26", "2026-10-24"), ("yesterday", "2026-10-24"), ("2020-01-01", "2026-01-01"), ("", "")] {
            assert_eq!(Days::of("custom", from, to, 0).unwrap_err().code, "invalid_period");
        }
    }
}
