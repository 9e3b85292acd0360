//! What a period came to: figures of all, of each client, of each device with its breaches and what is left out.

use super::Figure;
use crate::{
    api::backup::compliance::{BreachLine, ClientPeriod, DevicePeriod, LeftOutLine, MakeReport, Moment, PeriodView, SumView},
    components::{
        Button, ButtonKind, Column, Columns, CsvButton, CsvRow, Empty, Later, Pager, PassBadge, SortHead, TableFrame, TimeText, icon,
        icon::Icon, query_with,
    },
    pages::{
        backup::row::class_word,
        start::form::{Faults, FormFault, follow},
    },
};
use domain::{
    policy::DeviceLife,
    sla::Cause,
    text::{self, rfc3339, share},
    time::{Span, Time},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

const CLIENTS: [Column; 9] = [
    Column::fixed("client", "Client"),
    Column::new("devices", "Devices"),
    Column::new("share", "In compliance"),
    Column::new("in_breach", "Time in breach"),
    Column::new("breaches", "Breaches"),
    Column::new("gap", "RPO achieved"),
    Column::new("left_out", "Left out"),
    Column::new("tests", "Restore tests"),
    Column::new("rto", "RTO achieved"),
];
const DEVICES: [Column; 9] = [
    Column::fixed("device", "Device"),
    Column::new("rule", "Rule (hours)"),
    Column::new("share", "In compliance"),
    Column::new("in_breach", "Time in breach"),
    Column::new("breaches", "Breaches"),
    Column::new("gap", "RPO achieved"),
    Column::new("left_out", "Left out"),
    Column::new("tests", "Restore tests"),
    Column::new("rto", "RTO achieved"),
];

/// The part of the page.
#[component]
pub(super) fn Period(view: PeriodView, organization: String, may_report: bool, made: Option<Callback<()>>) -> impl IntoView {
    let PeriodView { from, to, words, zone, going_on, until, sum, left_out, rules, clients, devices, next_cursor, total, export } = view;
    let is_one = !organization.is_empty();
    let nothing = clients.is_empty() && devices.is_empty();
    let (shown, total) = (clients.len().max(devices.len()), Some(total));
    let of_clients = Columns::of("compliance_clients", &CLIENTS);
    let of_devices = Columns::of("compliance_devices", &DEVICES);
    let (columns, noun) = if is_one { (of_devices, "device") } else { (of_clients, "client") };
    let kept = StoredValue::new((clients.clone(), devices.clone()));
    let rows = Callback::new(move |()| {
        kept.with_value(|(clients, devices)| clients.iter().map(client_csv).chain(devices.iter().map(device_csv)).collect())
    });
    let name = format!("compliance-{from}-{to}.csv");
    view! {
        <header class="compliance-head">
            <h2>{words}</h2>
            <p class="faint">
                {format!("Days of {zone}. ")}
                {if going_on { view! { "Judged up to "<TimeText at=Some(until) exact=true/>"." }.into_any() } else { ().into_any() }}
                {rules.join(" · ")}
            </p>
            <Exports export organization=organization.clone() from=from.clone() to=to.clone() may_report made/>
        </header>
        {if nothing {
            view! { <Empty title="Nothing was covered"><p>"No device was enrolled and in use in this period. Choose later days."</p></Empty> }.into_any()
        } else {
            view! {
                <Figures sum left_out/>
                {if is_one {
                    view! {
                        <TableFrame label="Devices over the period" cards=true columns=columns>
                            <DeviceHead/>
                            <tbody>{devices.into_iter().map(|line| view! { <Later><DeviceRow line until/></Later> }).collect_view()}</tbody>
                        </TableFrame>
                    }.into_any()
                } else {
                    view! {
                        <TableFrame label="Clients over the period" cards=true columns=columns>
                            <ClientHead/>
                            <tbody>{clients.into_iter().map(|line| view! { <Later><ClientRow line/></Later> }).collect_view()}</tbody>
                        </TableFrame>
                    }.into_any()
                }}
                <div class="table-foot">
                    <Pager next_cursor shown total noun/>
                    <CsvButton name columns rows/>
                </div>
            }.into_any()
        }}
        <Definitions/>
    }
}

/// The same as documents; `made`: told when a report was made.
#[component]
fn Exports(export: String, organization: String, from: String, to: String, may_report: bool, made: Option<Callback<()>>) -> impl IntoView {
    let make = ServerAction::<MakeReport>::new();
    let faults = Faults::of(make);
    follow(make, false);
    Effect::new(move |_| {
        if make.value().with(|v| matches!(v, Some(Ok(_))))
            && let Some(made) = made
        {
            made.run(());
        }
    });
    let of = if organization.is_empty() { String::new() } else { format!("&organization={organization}") };
    view! {
        <div class="compliance-exports">
            <a class="button" href=format!("/backups/compliance.csv?{export}{of}") rel="external" download=""><Icon shape=icon::DOWNLOAD/>"Export CSV"</a>
            {may_report.then(|| view! {
                <ActionForm action=make>
                    <input type="hidden" name="organization" value=organization/>
                    <input type="hidden" name="from" value=from/>
                    <input type="hidden" name="to" value=to/>
                    <Button kind=ButtonKind::Primary submit=true busy=make.pending()>"Make PDF report"</Button>
                </ActionForm>
                <FormFault faults/>
            })}
        </div>
    }
}

/// A time in the zone of the report.
#[component]
fn At(moment: Moment) -> impl IntoView {
    view! { <time datetime=rfc3339(moment.at) title=text::utc(moment.at)>{moment.words}</time> }
}

/// Time of many devices: `1,422 device-days`.
fn device_time(span: Span) -> String {
    let days = span.0 / Span::DAY.0;
    if days < 3 { text::span(span) } else { format!("{} device-days", text::count(days)) }
}

fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Paused => "paused",
        Cause::Retired => "retired",
        Cause::Deactivated => "client deactivated",
        Cause::Maintenance => "maintenance",
    }
}

#[component]
fn Figures(sum: SumView, left_out: Vec<(Cause, Span)>) -> impl IntoView {
    let state = match sum.share {
        None => None,
        Some(10_000) => Some("healthy"),
        Some(9_900..) => Some("warning"),
        Some(_) => Some("critical"),
    };
    let (gap, of) = match &sum.gap {
        None => ("–".to_owned(), ().into_any()),
        Some((length, device, name)) => {
            (text::span(*length), view! { "of "<a href=format!("/devices/{device}")>{name.clone()}</a> }.into_any())
        }
    };
    let causes: Vec<String> = left_out.iter().map(|(cause, span)| format!("{} {}", cause_words(*cause), device_time(*span))).collect();
    let days_out = sum.left_out.0 / Span::DAY.0;
    let out = match days_out {
        _ if sum.left_out == Span::ZERO => "none".to_owned(),
        0..3 => text::span(sum.left_out),
        days => text::count(days),
    };
    let out_label = if days_out < 3 { "left out" } else { "device-days left out" };
    let tests = format!("{} passed, {} failed", text::count(sum.tests.0), text::count(sum.tests.1));
    let devices = if sum.devices == 1 { "1 device".to_owned() } else { format!("{} devices", text::count(sum.devices)) };
    let broken = format!("on {} of {devices}", text::count(sum.broken));
    let covered = format!("{} in breach of {}", device_time(sum.in_breach), device_time(sum.covered));
    view! {
        <div class="stats compliance-figures">
            <Figure value=share(sum.share) label="of the time in compliance" note=view! { {covered} }.into_any() state/>
            <Figure value=gap label="RPO achieved: longest gap" note=of/>
            <Figure value=text::count(sum.breaches) label=if sum.breaches == 1 { "breach" } else { "breaches" } note=view! { {broken} }.into_any() state=(sum.breaches > 0).then_some("warning")/>
            <Figure value=out label=out_label note=view! { {causes.join(", ")} }.into_any()/>
            <Figure value=text::count(sum.tests.0 + sum.tests.1) label="restore tests" note=view! { {tests}{(sum.untested > 0).then(|| format!("; {} never tested", text::count(sum.untested)))} }.into_any() state=(sum.tests.1 > 0).then_some("critical")/>
        </div>
    }
}

#[component]
fn ClientHead() -> impl IntoView {
    view! {
        <thead>
            <tr>
                <SortHead key="name" label="Client"/>
                <th scope="col" class="number">"Devices"</th>
                <FigureHeads numbers=true/>
            </tr>
        </thead>
    }
}

#[component]
fn DeviceHead() -> impl IntoView {
    view! {
        <thead>
            <tr>
                <SortHead key="name" label="Device"/>
                <th scope="col" class="number">"Rule"</th>
                <FigureHeads numbers=false/>
            </tr>
        </thead>
    }
}

/// The figures that both tables have; `numbers`: breaches and what is left out are numbers, not lists that open.
#[component]
fn FigureHeads(numbers: bool) -> impl IntoView {
    view! {
        <SortHead key="share" label="In compliance" default=true number=true/>
        <th scope="col" class="number">"Time in breach"</th>
        <SortHead key="breaches" label="Breaches" number=numbers/>
        <SortHead key="gap" label="RPO achieved" number=true/>
        <th scope="col" class=numbers.then_some("number")>"Left out"</th>
        <th scope="col">"Restore tests"</th>
        <th scope="col" class="number">"RTO achieved"</th>
    }
}

fn rto(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), |seconds| text::span(Span(seconds.saturating_mul(1_000))))
}

fn tests(passed: i64, failed: i64) -> String {
    match (passed, failed) {
        (0, 0) => "none".to_owned(),
        (passed, 0) => format!("{} passed", text::count(passed)),
        (passed, failed) => format!("{} passed, {} failed", text::count(passed), text::count(failed)),
    }
}

#[component]
fn ClientRow(line: ClientPeriod) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    let ClientPeriod { id, name, sum } = line;
    let href = {
        let id = id.to_string();
        move || format!("{}{}", path.get(), query_with(&query.read(), &[("organization", Some(&id)), ("sort", None)]))
    };
    let broken = sum.share.is_some_and(|share| share < 10_000);
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Client"><a class="row-link" href=href>{name}</a></th>
            <td data-label="Devices" class="number">{text::count(sum.devices)}</td>
            <td data-label="In compliance" class="number compliance-share" data-broken=broken.then_some("")>{share(sum.share)}</td>
            <td data-label="Time in breach" class="number">{if broken { text::span(sum.in_breach) } else { "–".to_owned() }}</td>
            <td data-label="Breaches" class="number">{text::count(sum.breaches)}</td>
            <td data-label="RPO achieved" class="number">
                {match sum.gap {
                    None => "–".into_any(),
                    Some((length, device, name)) => view! { {text::span(length)}<a class="cell-sub quiet-link" href=format!("/devices/{device}")>{name}</a> }.into_any(),
                }}
            </td>
            <td data-label="Left out" class="number">{if sum.left_out > Span::ZERO { text::span(sum.left_out) } else { "–".to_owned() }}</td>
            <td data-label="Restore tests">
                {tests(sum.tests.0, sum.tests.1)}
                {(sum.untested > 0).then(|| view! { <span class="cell-sub">{format!("{} never tested", text::count(sum.untested))}</span> })}
            </td>
            <td data-label="RTO achieved" class="number">{rto(sum.rto)}</td>
        </tr>
    }
}

#[component]
fn DeviceRow(line: DevicePeriod, until: Time) -> impl IntoView {
    let DevicePeriod { id, name, class, life, hours, share: own, in_breach, left_out, breaches, breach_count, gap, excluded, .. } = line;
    let broken = own.is_some_and(|share| share < 10_000);
    let more = line.excluded_count - i64::try_from(excluded.len()).unwrap_or(0);
    let aside = match life {
        DeviceLife::Paused => Some("Paused"),
        DeviceLife::Retired => Some("Retired"),
        DeviceLife::Pending | DeviceLife::Active => None,
    };
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Device">
                <a class="row-link" href=format!("/devices/{id}")>{name}</a>
                <span class="cell-sub">{class_word(class)}{aside.map(|words| format!(" · {words}"))}</span>
            </th>
            <td data-label="Rule" class="number">{format!("{} h", text::count(hours))}</td>
            <td data-label="In compliance" class="number compliance-share" data-broken=broken.then_some("")>{share(own)}</td>
            <td data-label="Time in breach" class="number">{if broken { text::span(in_breach) } else { "–".to_owned() }}</td>
            <td data-label="Breaches"><Breaches breaches count=breach_count/></td>
            <td data-label="RPO achieved" class="number">
                {match gap {
                    None => "–".into_any(),
                    Some(gap) => view! {
                        {text::span(gap.length)}
                        <span class="cell-sub">{if gap.open { "open, since " } else { "from " }}<At moment=gap.from/></span>
                        {(gap.excluded > Span::ZERO).then(|| view! { <span class="cell-sub">{format!("{} of it left out", text::span(gap.excluded))}</span> })}
                    }.into_any(),
                }}
            </td>
            <td data-label="Left out"><LeftOut excluded span=left_out more/></td>
            <td data-label="Restore tests">
                {match line.last_test {
                    None => view! { <span class="faint">"never tested"</span> }.into_any(),
                    Some((at, passed, _)) => view! {
                        <PassBadge passed/>
                        <span class="cell-sub">{format!("{} old at the end", text::span(until - at))}</span>
                        {(line.tests.0 + line.tests.1 > 0).then(|| view! { <span class="cell-sub">{tests(line.tests.0, line.tests.1)}</span> })}
                    }.into_any(),
                }}
            </td>
            <td data-label="RTO achieved" class="number">{rto(line.last_test.and_then(|(.., rto)| rto))}</td>
        </tr>
    }
}

/// How many, and each of them when asked for.
#[component]
fn Breaches(breaches: Vec<BreachLine>, count: i64) -> impl IntoView {
    if count == 0 {
        return view! { <span class="faint">"none"</span> }.into_any();
    }
    let words = if count == 1 { "1 breach".to_owned() } else { format!("{} breaches", text::count(count)) };
    let more = count - i64::try_from(breaches.len()).unwrap_or(0);
    view! {
        <details class="compliance-parts">
            <summary>{words}</summary>
            <ol role="list">
                {(more > 0).then(|| view! { <li class="faint">{format!("{} earlier ones are in the CSV", text::count(more))}</li> })}
                {breaches.into_iter().map(|breach| view! {
                    <li>
                        {breach.began_before.then_some("before ")}
                        <At moment=breach.from/>
                        " – "
                        <At moment=breach.until/>
                        {breach.ongoing.then_some(" and on")}
                        <span class="cell-sub">{format!("{} in breach of {} h", text::span(breach.counted), text::count(breach.hours))}</span>
                    </li>
                }).collect_view()}
            </ol>
        </details>
    }
    .into_any()
}

#[component]
fn LeftOut(excluded: Vec<LeftOutLine>, span: Span, more: i64) -> impl IntoView {
    if excluded.is_empty() {
        return view! { <span class="faint">"–"</span> }.into_any();
    }
    view! {
        <details class="compliance-parts">
            <summary>{text::span(span)}</summary>
            <ol role="list">
                {(more > 0).then(|| view! { <li class="faint">{format!("{} earlier ones", text::count(more))}</li> })}
                {excluded.into_iter().map(|part| view! {
                    <li>
                        <At moment=part.from/>" – "<At moment=part.until/>
                        <span class="cell-sub">
                            {cause_words(part.cause)}{(!part.name.is_empty()).then(|| format!(": {}", part.name))}
                        </span>
                    </li>
                }).collect_view()}
            </ol>
        </details>
    }
    .into_any()
}

#[component]
fn Definitions() -> impl IntoView {
    view! {
        <section class="definitions">
            <h2>"How this is counted"</h2>
            <dl>
                <dt>"In compliance"</dt>
                <dd>"Share of the covered time in which the last usable backup was no older than the rule of that time allowed. Each time is judged by the rule that was in force then. Rounded down."</dd>
                <dt>"Covered"</dt>
                <dd>"From a device's enrolment on, without pauses, retirement, deactivated clients and maintenance: these are left out and shown. They don't move the limit."</dd>
                <dt>"RPO achieved"</dt>
                <dd>"The longest time between two usable backups that touches the period, by the clock on the wall. The one that is open at the end counts up to there. One that lies wholly in times left out doesn't count."</dd>
                <dt>"RTO achieved"</dt>
                <dd>"How long a restore took in a restore test that passed: of a device its last one, of a client the longest."</dd>
                <dt>"What comes late"</dt>
                <dd>"Backups that are heard of late count at the time they ended, so these figures may become better. A report that is made keeps its own."</dd>
            </dl>
        </section>
    }
}

fn client_csv(line: &ClientPeriod) -> CsvRow {
    let sum = &line.sum;
    vec![
        ("client", line.name.clone()),
        ("devices", sum.devices.to_string()),
        ("share", share(sum.share)),
        ("in_breach", text::span(sum.in_breach)),
        ("breaches", sum.breaches.to_string()),
        ("gap", sum.gap.as_ref().map(|(length, _, name)| format!("{} ({name})", text::span(*length))).unwrap_or_default()),
        ("left_out", text::span(sum.left_out)),
        ("tests", tests(sum.tests.0, sum.tests.1)),
        ("rto", rto(sum.rto)),
    ]
}

fn device_csv(line: &DevicePeriod) -> CsvRow {
    let breaches: Vec<String> = line.breaches.iter().map(|b| format!("{}/{}", rfc3339(b.from.at), rfc3339(b.until.at))).collect();
    vec![
        ("device", line.name.clone()),
        ("rule", line.hours.to_string()),
        ("share", share(line.share)),
        ("in_breach", text::span(line.in_breach)),
        ("breaches", if breaches.is_empty() { "0".to_owned() } else { format!("{}: {}", line.breach_count, breaches.join(" ")) }),
        ("gap", line.gap.as_ref().map(|gap| text::span(gap.length)).unwrap_or_default()),
        ("left_out", text::span(line.left_out)),
        (
            "tests",
            line.last_test.map_or_else(
                || "never tested".to_owned(),
                |(at, passed, _)| format!("{} {}", rfc3339(at), if passed { "passed" } else { "failed" }),
            ),
        ),
        ("rto", rto(line.last_test.and_then(|(.., rto)| rto))),
    ]
}
