//! A page of a device's runs, latest first; the first page moves by itself. Where a page begins stands in the address.

use crate::{
    api::backup::{DeviceView, RunLine, load_runs},
    browser,
    components::{Later, RunBadge, Section, TableFrame, TimeText, query_with},
    live::use_now,
    pages::backup::state::took,
};
use domain::{live::DeviceNow, run::RunState, text};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;

/// The page's runs with what the stream says of them; new ones come first, on the first page.
fn joined(runs: &[RunLine], now: &DeviceNow, is_first: bool) -> Vec<RunLine> {
    let mut lines = runs.to_vec();
    for run in &now.runs {
        let fresh = RunLine::from(run.clone());
        match lines.iter_mut().find(|l| l.id == fresh.id) {
            Some(line) => *line = fresh,
            None if is_first => lines.push(fresh),
            None => {}
        }
    }
    lines.sort_by_key(|l| std::cmp::Reverse((l.started_at, l.id)));
    lines.dedup_by_key(|l| l.id);
    lines
}

/// The table of runs.
#[component]
pub fn Runs(
    /// The page's data.
    view: RwSignal<DeviceView>,
    /// What moves.
    now: RwSignal<DeviceNow>,
) -> impl IntoView {
    let query = use_query_map();
    let from = Memo::new(move |_| query.read().get("runs").filter(|c| !c.is_empty()));
    let device = view.with_untracked(|v| v.line.id);
    // Another page is fetched by itself: the rest stays as it is.
    let other = RwSignal::new(None::<(Option<String>, Vec<RunLine>, Option<String>)>);
    let drawn_from = view.with_untracked(|_| from.get_untracked());
    let busy = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        let wanted = from.get();
        if before.is_none() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            if let Ok(page) = load_runs(device, wanted.clone()).await
                && from.try_get_untracked() == Some(wanted.clone())
            {
                let _ = other.try_set(Some((wanted, page.runs, page.next_cursor)));
            }
            let _ = busy.try_set(false);
        });
    });
    let page = Memo::new(move |_| {
        let wanted = from.get();
        other.with(|other| match other {
            Some((of, runs, next)) if *of == wanted => (runs.clone(), next.clone()),
            // While another page is on its way, the one before stays.
            Some((_, runs, next)) if wanted != drawn_from => (runs.clone(), next.clone()),
            _ => view.with(|v| (v.runs.clone(), v.next_runs.clone())),
        })
    });
    let lines = Memo::new(move |_| page.with(|(runs, _)| now.with(|n| joined(runs, n, from.get().is_none()))));
    // The log knows devices by their names, which are one's own within a client.
    let log =
        move || view.with(|v| format!("/backups/log?organization={}&device={}", v.line.organization.0, browser::escape(&v.line.name)));
    let aside = view! { <a href=log>"All its runs in the job log"</a> }.into_any();
    view! {
        <div id="runs" class="anchor" aria-busy=move || busy.get().then_some("true")>
            <Section title="Runs" aside=aside>
                {move || {
                    let lines = lines.get();
                    if lines.is_empty() {
                        view! { <p class="faint">"No run yet."</p> }.into_any()
                    } else {
                        view! {
                            <TableFrame label="Runs" cards=true>
                                <thead>
                                    <tr>
                                        <th scope="col">"Started"</th>
                                        <th scope="col">"State"</th>
                                        <th scope="col">"Job"</th>
                                        <th scope="col" class="number">"Took"</th>
                                        <th scope="col" class="number">"Items"</th>
                                        <th scope="col" class="number">"Size"</th>
                                        <th scope="col" class="number">"Attempts"</th>
                                        <th scope="col">"Message"</th>
                                    </tr>
                                </thead>
                                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
                            </TableFrame>
                        }
                        .into_any()
                    }
                }}
                <Later><nav class="pager" aria-label="Pages of runs">
                    {move || from.get().is_some().then(|| view! {
                        <a class="button" data-noscroll="" href=move || format!("/devices/{device}{}#runs", query_with(&query.read(), &[("runs", None)]))>"Latest runs"</a>
                    })}
                    {move || page.with(|(_, next)| next.clone()).map(|cursor| view! {
                        <a class="button" rel="next" data-noscroll="" href=move || format!("/devices/{device}{}#runs", query_with(&query.read(), &[("runs", Some(&cursor))]))>"Older runs"</a>
                    })}
                </nav></Later>
            </Section>
        </div>
    }
}

fn row(line: RunLine) -> AnyView {
    let now = use_now();
    let (started, ended) = (line.started_at, line.ended_at);
    let detail = match line.state {
        RunState::Running => line.percent.map(|p| format!("{p} %")).unwrap_or_default(),
        _ => String::new(),
    };
    let length = move || if line.state == RunState::Missed { String::new() } else { took(started, ended.or_else(|| now.get())) };
    view! {
        <Later><tr>
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/runs/{}", line.id)><TimeText at=started/></a></th>
            <td data-label="State"><RunBadge state=line.state detail=detail/></td>
            <td data-label="Job">{line.job_name}</td>
            <td data-label="Took" class="number">{length}</td>
            <td data-label="Items" class="number">{line.items.map(text::count)}</td>
            <td data-label="Size" class="number">{line.bytes.map(text::bytes)}</td>
            <td data-label="Attempts" class="number">{(line.attempt > 1).then(|| line.attempt.to_string())}</td>
            <td data-label="Message" class="cell-words">{line.message}</td>
        </tr></Later>
    }
    .into_any()
}
