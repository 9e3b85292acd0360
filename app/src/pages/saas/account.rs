//! One account: how it does now, each of its workloads, open alerts, how its size has moved, and its latest runs. States follow the
//! stream; what that doesn't carry is fetched again when a run of it has moved.

use super::row::ResultBadge;
use crate::{
    api::{
        backup::RunLine,
        saas::{AccountLine, AccountView, WorkloadLine, load_account},
    },
    browser,
    components::{
        DayBars, Marked, Page, RunBadge, Section, Sparkline, StateBadge, TableFrame, TilesSkeleton, TimeText, TrendChart, TrendPoint,
        TrendUnit, WorkloadIcon, icon, loaded_page_with,
    },
    live::{Live, use_now},
    me,
    pages::backup::{
        alerts::{AlertTable, all_of},
        state::took,
    },
    wire,
};
use domain::{
    access::Action,
    ids::DeviceId,
    run::RunState,
    saas::{AccountNow, AccountStatus, Consent, Workload, WorkloadNow},
    text,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

/// Changes come in bursts; what the stream doesn't carry is fetched so long after the last of them.
const SETTLE: u32 = 500;

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    let params = use_params_map();
    let data = wire::resource(move || params.read().get("id").unwrap_or_default(), load_account);
    loaded_page_with(data, || view! { <TilesSkeleton tiles=5/> }.into_any(), |view| view! { <Shown view/> }.into_any())
}

#[component]
fn Shown(view: AccountView) -> impl IntoView {
    let id = view.line.id;
    let now = Live::get().watch_account(view.line.now.clone());
    let view = RwSignal::new(view);
    let turn = StoredValue::new(0_u32);
    let fetch = Callback::new(move |()| {
        spawn_local(async move {
            if let Ok(fresh) = load_account(id.to_string()).await {
                let _ = view.try_set(fresh);
            }
        });
    });
    Effect::new(move |before: Option<()>| {
        now.track();
        if before.is_none() {
            return;
        }
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        browser::after(SETTLE, move || {
            if turn.try_get_value() == Some(mine) {
                fetch.run(());
            }
        });
    });
    let first = view.get_untracked();
    let organization = first.organization.clone();
    let may_manage = me::may(Action::ManageDevices);
    let (policy, schedule) = (first.policy.clone(), first.schedule.clone());
    let lead = view! {
        <p class="facts">
            <a href=format!("/organizations/{}/saas", organization.0)>{organization.1.clone()}</a>
            <StatusBadge status=Signal::derive(move || view.with(|v| v.line.status))/>
            <span>{first.line.kind.name()}</span>
            <span>{first.line.service.name()}</span>
            {Some(first.line.name.clone()).filter(|name| !name.is_empty() && *name != first.line.address).map(|name| view! { <span>{name}</span> })}
            <span>
                "Policy: "
                {if may_manage {
                    view! { <a href=format!("/settings/policies/{}", policy.0)>{policy.1}</a>", "{schedule} }.into_any()
                } else {
                    format!("{}, {schedule}", policy.1).into_any()
                }}
            </span>
        </p>
    };
    let above = vec![("/saas".to_owned(), "SaaS".to_owned()), (format!("/organizations/{}/saas", organization.0), organization.1)];
    view! {
        <Page title=first.line.address breadcrumbs=above lead=lead.into_any()>
            {move || notices(view, may_manage)}
            <Head view now/>
            <Workloads view now/>
            {move || {
                let (lines, at) = view.with(|v| (v.alerts.iter().filter(|a| a.resolved_at.is_none()).cloned().collect::<Vec<_>>(), v.at));
                (!lines.is_empty()).then(|| view! { <Section title="Open alerts"><AlertTable lines at changed=fetch of_device=true/></Section> })
            }}
            <Size view/>
            <Runs view/>
            <History view/>
        </Page>
    }
}

#[component]
fn StatusBadge(status: Signal<AccountStatus>) -> impl IntoView {
    let is_on = move || status.get() == AccountStatus::Activated;
    view! {
        <StateBadge
            state=Signal::derive(move || if is_on() { "healthy" } else { "paused" })
            shape=Signal::derive(move || if is_on() { icon::HEALTHY } else { icon::PAUSED })
            word=Signal::derive(move || if is_on() { "Activated" } else { "Unprotected" }.to_owned())
        />
    }
}

/// Why nothing is backed up, or alerted, if that is so.
fn notices(view: RwSignal<AccountView>, may_manage: bool) -> AnyView {
    view.with(|v| {
        let features = format!("/organizations/{}/features", v.organization.0);
        let service = v.line.service.name();
        let (state, words, link) = if !v.organization_activated {
            ("warning", "Backups of its organization are deactivated: nothing is backed up, and nothing is alerted.".to_owned(), "")
        } else if v.line.status == AccountStatus::Deactivated {
            ("warning", "Unprotected: it uses no seat and nothing of it is backed up.".to_owned(), "Activate it under Features")
        } else if v.consent == Consent::Expired {
            ("critical", format!("{service} refuses our access: the consent has expired."), "Authorize it again under Features")
        } else if v.consent == Consent::Unknown {
            ("warning", format!("{service} was never authorized."), "Authorize it under Features")
        } else {
            return ().into_any();
        };
        view! {
            <p class="notice" data-state=state>
                {words}
                {(may_manage && !link.is_empty()).then(|| view! { " "<a href=features>{link}</a>"." })}
                {v.line.is_gone.then_some(" The provider lists it no longer.")}
            </p>
        }
        .into_any()
    })
}

#[component]
fn Head(view: RwSignal<AccountView>, now: RwSignal<AccountNow>) -> impl IntoView {
    let number = move |of: fn(&AccountLine) -> Option<i64>, shown: fn(i64) -> String| {
        let n = Memo::new(move |_| view.with(|v| of(&v.line)));
        view! { <Marked of=Signal::derive(move || n.get())>{move || n.get().map_or_else(|| "–".to_owned(), shown)}</Marked> }
    };
    view! {
        <section class="card figures" aria-label="Now">
            <dl class="tiles">
                <div><dt>"Last backup result"</dt><dd><span role="status"><ResultBadge now/></span></dd></div>
                <div><dt>"Last backup date"</dt><dd><TimeText at=Signal::derive(move || now.with(|n| n.last_at)) none="never" focusable=true/></dd></div>
                <div><dt>"Next due"</dt><dd><TimeText at=Signal::derive(move || view.with(|v| v.line.due_at)) focusable=true/></dd></div>
                <div><dt>"Objects"</dt><dd>{number(|l| l.objects, text::count)}</dd></div>
                <div><dt>"Size"</dt><dd>{number(|l| l.bytes, text::bytes)}</dd></div>
                <div class="saas-head-bars">
                    <dt>{move || format!("31 days, in {}", view.with(|v| v.time_zone.replace('_', " ")))}</dt>
                    <dd><DayBars bars=Signal::derive(move || view.with(|v| v.line.days.as_ref().map(|d| d.drawn()).unwrap_or_default()))/></dd>
                </div>
            </dl>
            <p class="faint">"Objects and size are those of the last successful backup of each workload, together."</p>
        </section>
    }
}

/// A workload as it is now: the stream's word, or what the page was made with.
fn state_of(view: RwSignal<AccountView>, now: RwSignal<AccountNow>, workload: Workload) -> Memo<Option<WorkloadNow>> {
    Memo::new(move |_| {
        now.with(|n| n.workloads.iter().find(|w| w.workload == workload).copied()).or_else(|| {
            view.with(|v| {
                let line = v.workloads.iter().find(|w| w.workload == workload)?;
                line.active.then_some(WorkloadNow { workload, state: line.state, at: line.at })
            })
        })
    })
}

#[component]
fn Workloads(view: RwSignal<AccountView>, now: RwSignal<AccountNow>) -> impl IntoView {
    let all = Memo::new(move |_| view.with(|v| v.workloads.iter().map(|w| w.workload).collect::<Vec<_>>()));
    view! {
        <div id="workloads" class="anchor">
            <Section title="Workloads">
                <TableFrame label="Workloads" cards=true>
                    <thead>
                        <tr>
                            <th scope="col">"Workload"</th>
                            <th scope="col">"Last run"</th>
                            <th scope="col">"When"</th>
                            <th scope="col">"Last successful backup"</th>
                            <th scope="col" class="number">"Objects"</th>
                            <th scope="col" class="number">"Size"</th>
                            <th scope="col">"Next due"</th>
                            <th scope="col">"Size, last backups"</th>
                            <th scope="col">"31 days"</th>
                        </tr>
                    </thead>
                    <tbody>{move || all.get().into_iter().map(|workload| view! { <WorkloadRow workload view now/> }).collect_view()}</tbody>
                </TableFrame>
            </Section>
        </div>
    }
}

#[component]
fn WorkloadRow(workload: Workload, view: RwSignal<AccountView>, now: RwSignal<AccountNow>) -> impl IntoView {
    let state = state_of(view, now, workload);
    let line = Memo::new(move |_| view.with(|v| v.workloads.iter().find(|w| w.workload == workload).cloned()));
    let of = move |part: fn(&WorkloadLine) -> Option<String>| move || line.with(|l| l.as_ref().and_then(part));
    let run = Memo::new(move |_| line.with(|l| l.as_ref().and_then(|l| l.run)));
    let badge = move || match state.get() {
        None => view! { <span class="faint">"Not backed up"</span> }.into_any(),
        Some(WorkloadNow { state: None, .. }) => view! { <span class="faint">"No run yet"</span> }.into_any(),
        Some(WorkloadNow { state: Some(state), .. }) => match run.get() {
            Some(run) => view! { <a class="quiet-link" href=format!("/runs/{run}")><RunBadge state/></a> }.into_any(),
            None => view! { <RunBadge state/> }.into_any(),
        },
    };
    view! {
        <tr>
            <th scope="row" class="cell-name"><span class="saas-workload"><WorkloadIcon workload now=state/>{workload.name()}</span></th>
            <td data-label="Last run"><Marked of=Signal::derive(move || state.get().and_then(|s| s.state))>{badge}</Marked></td>
            <td data-label="When"><TimeText at=Signal::derive(move || state.get().and_then(|s| s.at))/></td>
            <td data-label="Last successful backup">
                {move || line.with(|l| l.as_ref().and_then(|l| l.good)).map_or_else(
                    || view! { <span class="faint">"–"</span> }.into_any(),
                    |good| match good.run {
                        Some(run) => view! { <a class="quiet-link" href=format!("/runs/{run}")><TimeText at=good.at/></a> }.into_any(),
                        None => view! { <TimeText at=good.at/> }.into_any(),
                    },
                )}
            </td>
            <td data-label="Objects" class="number">{of(|l| l.good.and_then(|g| g.items).map(text::count))}</td>
            <td data-label="Size" class="number">{of(|l| l.good.and_then(|g| g.bytes).map(text::bytes))}</td>
            <td data-label="Next due"><TimeText at=Signal::derive(move || line.with(|l| l.as_ref().and_then(|l| l.due_at)))/></td>
            <td data-label="Size, last backups">
                {move || line.with(|l| l.as_ref().map(|l| l.sizes.clone()).filter(|sizes| sizes.iter().filter(|s| **s > 0).count() > 2)).map(|sizes| {
                    let (least, most) = (sizes.iter().min().copied().unwrap_or(0), sizes.iter().max().copied().unwrap_or(0));
                    let words = format!("{} backups: {} to {}", sizes.len(), text::bytes(least), text::bytes(most));
                    #[expect(clippy::cast_precision_loss, reason = "bytes in a drawing")]
                    let values: Vec<Option<f64>> = sizes.iter().map(|size| Some(*size as f64)).collect();
                    view! { <Sparkline values=values label=words/> }
                })}
            </td>
            <td data-label="31 days" class="cell-bars saas-bars">
                <DayBars bars=Signal::derive(move || line.with(|l| l.as_ref().map(|l| l.days.drawn()).unwrap_or_default()))/>
            </td>
        </tr>
    }
}

#[component]
fn Size(view: RwSignal<AccountView>) -> impl IntoView {
    let points = Signal::derive(move || {
        view.with(|v| {
            let (Some(first), Some(last)) = (v.sizes.first(), v.sizes.last()) else { return Vec::new() };
            let mut known = v.sizes.iter().peekable();
            (first.0..=last.0)
                .map(|day| {
                    #[expect(clippy::cast_precision_loss, reason = "bytes in a drawing")]
                    let value = known.next_if(|(known, _)| *known == day).map(|(_, bytes)| *bytes as f64);
                    TrendPoint { day, value }
                })
                .collect::<Vec<_>>()
        })
    });
    move || {
        (points.with(Vec::len) > 2).then(|| {
            view! {
                <Section title="Size of the backups">
                    <TrendChart points unit=TrendUnit::Bytes label="Size of the last successful backups of all workloads"/>
                </Section>
            }
        })
    }
}

#[component]
fn Runs(view: RwSignal<AccountView>) -> impl IntoView {
    let address = view.with_untracked(|v| v.line.address.clone());
    let all = view! {
        <a href=format!("/backups/log?device={}", browser::escape(&address))>"All its runs in the job log"</a>
    }
    .into_any();
    let runs = Memo::new(move |_| view.with(|v| v.runs.clone()));
    view! {
        <div id="runs" class="anchor">
            <Section title="Latest runs" aside=all>
                {move || {
                    let lines = runs.get();
                    if lines.is_empty() {
                        return view! { <p class="faint">"No run yet. The first one is listed here as soon as it begins."</p> }.into_any();
                    }
                    view! {
                        <TableFrame label="Latest runs" cards=true>
                            <thead>
                                <tr>
                                    <th scope="col">"Started"</th>
                                    <th scope="col">"State"</th>
                                    <th scope="col">"Workload"</th>
                                    <th scope="col" class="number">"Took"</th>
                                    <th scope="col" class="number">"Objects"</th>
                                    <th scope="col" class="number">"Size"</th>
                                    <th scope="col" class="number">"Attempts"</th>
                                    <th scope="col">"Message"</th>
                                </tr>
                            </thead>
                            <tbody>{lines.into_iter().map(run_row).collect_view()}</tbody>
                        </TableFrame>
                    }
                    .into_any()
                }}
            </Section>
        </div>
    }
}

fn run_row(line: RunLine) -> AnyView {
    let now = use_now();
    let (started, ended) = (line.started_at, line.ended_at);
    let detail = line.percent.filter(|_| line.state == RunState::Running).map(|p| format!("{p} %")).unwrap_or_default();
    let length = move || if line.state == RunState::Missed { String::new() } else { took(started, ended.or_else(|| now.get())) };
    view! {
        <tr>
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/runs/{}", line.id)><TimeText at=started/></a></th>
            <td data-label="State"><RunBadge state=line.state detail=detail/></td>
            <td data-label="Workload">{line.job_name}</td>
            <td data-label="Took" class="number">{length}</td>
            <td data-label="Objects" class="number">{line.items.map(text::count)}</td>
            <td data-label="Size" class="number">{line.bytes.map(text::bytes)}</td>
            <td data-label="Attempts" class="number">{(line.attempt > 1).then(|| line.attempt.to_string())}</td>
            <td data-label="Message" class="cell-words">{line.message}</td>
        </tr>
    }
    .into_any()
}

/// Alerts that are over.
#[component]
fn History(view: RwSignal<AccountView>) -> impl IntoView {
    let account = view.with_untracked(|v| v.line.id);
    let lines = Memo::new(move |_| view.with(|v| v.alerts.iter().filter(|a| a.resolved_at.is_some()).cloned().collect::<Vec<_>>()));
    view! {
        <div id="alerts" class="anchor">
            {move || {
                let (lines, at) = (lines.get(), view.with_untracked(|v| v.at));
                (!lines.is_empty()).then(|| view! {
                    <Section title="Alert history" aside=all_of(DeviceId(account.0))><AlertTable lines at changed=Callback::new(|()| ()) of_device=true/></Section>
                })
            }}
        </div>
    }
}
