//! Who meets the service level now, and who doesn't: since when, why, and by which rule.

use super::Figure;
use crate::{
    api::backup::compliance::{ComplianceQuery, NowLine, NowView},
    components::{
        Chips, Column, Columns, CsvButton, CsvRow, Empty, FilterBar, Later, Pager, SelectFilter, SortHead, TableFrame, TimeText, icon,
        icon::Icon, query_with,
    },
    pages::backup::row::class_word,
};
use domain::{
    sla,
    text::{self, rfc3339},
    time::Time,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

const COLUMNS: [Column; 7] = [
    Column::fixed("device", "Device"),
    Column::new("client", "Client"),
    Column::new("class", "Class"),
    Column::new("rule", "Rule (hours)"),
    Column::new("last", "Last usable backup"),
    Column::new("since", "Past the limit since"),
    Column::new("why", "Why"),
];
const MEETING: [Column; 7] = {
    let mut columns = COLUMNS;
    columns[5] = Column::new("since", "Limit");
    columns
};

/// The part of the page.
#[component]
pub(super) fn Now(view: NowView, standing: (i64, i64), asked: ComplianceQuery, of_organization: bool, may_manage: bool) -> impl IntoView {
    let NowView { lines, next_cursor, at } = view;
    let (covered, in_breach) = standing;
    let meets = asked.held == "meeting";
    let columns = if meets { Columns::of("compliance_meeting", &MEETING) } else { Columns::of("compliance_now", &COLUMNS) };
    let shown = lines.len();
    let kept = StoredValue::new(lines.clone());
    let rows = Callback::new(move |()| kept.with_value(|lines| lines.iter().map(|line| csv_row(line, at)).collect()));
    let classes = vec![("server".to_owned(), "Servers".to_owned()), ("workstation".to_owned(), "Workstations".to_owned())];
    let kept_words = format!("{} of {} devices", text::count(covered - in_breach), text::count(covered));
    let percent = match sla::compliance(covered, in_breach) {
        None => "–".to_owned(),
        some => text::share(some),
    };
    view! {
        <div class="compliance-standing">
            <Figure value=percent label="of devices within their service level now" note=view! { {kept_words} }.into_any() state=Some(if in_breach > 0 { "warning" } else { "healthy" })/>
            <Chips label="Standing">
                <HeldChip value="" words="In breach" shape=icon::CRITICAL state="critical" count=in_breach/>
                <HeldChip value="meeting" words="Meeting it" shape=icon::HEALTHY state="healthy" count=covered - in_breach/>
            </Chips>
            <FilterBar label="Filter devices" keep=vec!["held", "sort", "organization"]>
                <SelectFilter name="class" label="Class" all="All classes" options=classes/>
            </FilterBar>
        </div>
        {if shown == 0 {
            nothing(meets, covered, in_breach)
        } else {
            view! {
                <TableFrame label=if meets { "Devices within their service level" } else { "Devices in breach" } cards=true columns=columns>
                    <thead>
                        <tr>
                            <th scope="col">"Device"</th>
                            <th scope="col">"Client"</th>
                            <th scope="col">"Class"</th>
                            <th scope="col" class="number">"Rule"</th>
                            <th scope="col">"Last usable backup"</th>
                            <SortHead key="since" label=if meets { "Limit" } else { "Past the limit" } default=true/>
                            <th scope="col">"Why"</th>
                        </tr>
                    </thead>
                    <tbody>{lines.into_iter().map(|line| view! { <Later><Row line at of_organization meets/></Later> }).collect_view()}</tbody>
                </TableFrame>
                <div class="table-foot">
                    <Pager next_cursor shown noun="device" total=None/>
                    <CsvButton name="compliance-now.csv" columns rows/>
                </div>
            }
            .into_any()
        }}
        <section class="definitions">
            <h2>"What this means"</h2>
            <dl>
                <dt>"In breach"</dt>
                <dd>"The last usable backup (or the enrolment, if there has been none) is older than the rule allows. A backup with warnings is usable. Any backup of a device counts, of whichever of its jobs."</dd>
                <dt>"Left out"</dt>
                <dd>"Paused and retired devices, those of deactivated clients, and, while it lasts, those in maintenance: these are never in breach."</dd>
            </dl>
            {may_manage.then(|| view! { <p><a href="/settings/sla">"Change service levels"</a></p> })}
        </section>
    }
}

fn nothing(meets: bool, covered: i64, in_breach: i64) -> AnyView {
    match (meets, covered) {
        (_, 0) => view! { <Empty title="Nothing is covered yet"><p>"Devices in use are covered by a service level from their enrolment on."</p></Empty> }.into_any(),
        (false, _) if in_breach == 0 => view! { <Empty title="No device is in breach"><p>"All covered devices have a usable backup within their rule."</p></Empty> }.into_any(),
        _ => view! { <Empty title="No device fits"><p>"Take a filter away."</p></Empty> }.into_any(),
    }
}

/// One of the two standings, as a link.
#[component]
fn HeldChip(value: &'static str, words: &'static str, shape: icon::Shape, state: &'static str, count: i64) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    let on = Memo::new(move |_| query.read().get("held").unwrap_or_default() == value);
    let href = move || format!("{}{}", path.get(), query_with(&query.read(), &[("held", Some(value)), ("sort", None)]));
    view! {
        <a class="chip" data-state=state href=href data-noscroll="" aria-current=move || on.get().then_some("true")>
            <Icon shape/><span>{words}</span><span>{text::count(count)}</span>
        </a>
    }
}

fn why(line: &NowLine, at: Time) -> String {
    let Some(reason) = &line.why else { return String::new() };
    text::reason(reason, at, |_| line.job.clone().unwrap_or_else(|| "the backup".to_owned()))
}

#[component]
fn Row(line: NowLine, at: Time, of_organization: bool, meets: bool) -> impl IntoView {
    let why = why(&line, at);
    let client = if of_organization {
        format!("/organizations/{}", line.organization.0)
    } else {
        format!("/organizations/{}/compliance", line.organization.0)
    };
    let past = (at - line.breach_at).max(domain::time::Span::ZERO);
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Device"><a class="row-link" href=format!("/devices/{}", line.device)>{line.name}</a></th>
            <td data-label="Client"><a class="quiet-link" href=client>{line.organization.1}</a></td>
            <td data-label="Class">{class_word(line.class)}</td>
            <td data-label="Rule" class="number">{format!("{} h", text::count(line.hours))}</td>
            <td data-label="Last usable backup"><TimeText at=line.last_usable_at none="never"/></td>
            <td data-label=if meets { "Limit" } else { "Past the limit" }>
                {if meets {
                    view! { <TimeText at=Some(line.breach_at)/> }.into_any()
                } else {
                    view! { <time class="compliance-past" datetime=rfc3339(line.breach_at) title=text::utc(line.breach_at)>{text::span(past)}</time> }.into_any()
                }}
            </td>
            <td data-label="Why" class="compliance-why cell-wide">{why}</td>
        </tr>
    }
}

fn csv_row(line: &NowLine, at: Time) -> CsvRow {
    vec![
        ("device", line.name.clone()),
        ("client", line.organization.1.clone()),
        ("class", class_word(line.class).to_owned()),
        ("rule", line.hours.to_string()),
        ("last", line.last_usable_at.map(rfc3339).unwrap_or_default()),
        ("since", rfc3339(line.breach_at)),
        ("why", why(line, at)),
    ]
}
