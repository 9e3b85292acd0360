//! Rows of a period: a client, and a device with its breaches and what is left out.

use super::cause_words;
use crate::{
    api::backup::compliance::{BreachLine, ClientPeriod, DevicePeriod, LeftOutLine, Moment},
    components::{CsvRow, PassBadge, query_with},
    pages::backup::row::class_word,
};
use domain::{
    policy::DeviceLife,
    text::{self, rfc3339, share},
    time::{Span, Time},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

/// A time in the zone of the report.
#[component]
fn At(moment: Moment) -> impl IntoView {
    view! { <time datetime=rfc3339(moment.at) title=text::utc(moment.at)>{moment.words}</time> }
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

/// A client over the period.
#[component]
pub(super) fn ClientRow(line: ClientPeriod) -> impl IntoView {
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

/// A device over the period; `until`: its end.
#[component]
pub(super) fn DeviceRow(line: DevicePeriod, until: Time) -> impl IntoView {
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

/// A client in the CSV of what is shown.
pub(super) fn client_csv(line: &ClientPeriod) -> CsvRow {
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

/// A device in the CSV of what is shown.
pub(super) fn device_csv(line: &DevicePeriod) -> CsvRow {
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
