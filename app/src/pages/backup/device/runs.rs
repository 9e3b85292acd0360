//! The latest runs of a device, moving by themselves, and older ones on demand.

use crate::{
    api::backup::{DeviceView, RunLine, load_runs},
    components::{Button, ButtonKind, RunBadge, Section, TableFrame, TimeText},
    live::use_now,
    pages::backup::state::took,
};
use domain::{live::DeviceNow, run::RunState, text};
use leptos::{prelude::*, task::spawn_local};

/// The page's runs with what the stream says of them; new ones come first.
fn joined(view: &DeviceView, now: &DeviceNow, older: &[RunLine]) -> Vec<RunLine> {
    let mut lines: Vec<RunLine> = view.runs.iter().chain(older).cloned().collect();
    for run in &now.runs {
        let fresh = RunLine::from(run.clone());
        match lines.iter_mut().find(|l| l.id == fresh.id) {
            Some(line) => *line = fresh,
            None => lines.push(fresh),
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
    let older = RwSignal::new(Vec::<RunLine>::new());
    let cursor = RwSignal::new(None::<String>);
    let has_more = RwSignal::new(view.with_untracked(|v| v.has_more_runs));
    let busy = RwSignal::new(false);
    let more = Callback::new(move |()| {
        busy.set(true);
        let device = view.with_untracked(|v| v.line.id);
        spawn_local(async move {
            if let Ok(page) = load_runs(device, cursor.get_untracked()).await {
                has_more.set(page.next_cursor.is_some());
                cursor.set(page.next_cursor);
                older.update(|list| list.extend(page.runs));
            }
            busy.set(false);
        });
    });
    let lines = Memo::new(move |_| view.with(|v| now.with(|n| older.with(|o| joined(v, n, o)))));
    view! {
        <Section title="Runs">
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
                                    <th scope="col" class="number">"Size"</th>
                                    <th scope="col">"Message"</th>
                                </tr>
                            </thead>
                            <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
                        </TableFrame>
                    }
                    .into_any()
                }
            }}
            {move || has_more.get().then(|| view! { <Button kind=ButtonKind::Quiet busy on_press=more>"Older runs"</Button> })}
        </Section>
    }
}

fn row(line: RunLine) -> AnyView {
    let now = use_now();
    let (started, ended) = (line.started_at, line.ended_at);
    let detail = match line.state {
        RunState::Running => line.percent.map(|p| format!("{p} %")).unwrap_or_default(),
        RunState::Retrying => format!("attempt {}", line.attempt),
        _ if line.attempt > 1 => format!("at attempt {}", line.attempt),
        _ => String::new(),
    };
    view! {
        <tr>
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/runs/{}", line.id)><TimeText at=started/></a></th>
            <td data-label="State"><RunBadge state=line.state detail=detail/></td>
            <td data-label="Job">{line.job_name}</td>
            <td data-label="Took" class="number">{move || took(started, ended.or_else(|| now.get()))}</td>
            <td data-label="Size" class="number">{line.bytes.map(text::bytes)}</td>
            <td data-label="Message" class="cell-words">{line.message}</td>
        </tr>
    }
    .into_any()
}
