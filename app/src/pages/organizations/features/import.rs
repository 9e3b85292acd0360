//! Accounts from a list: choose a file or paste it, look at what it would do, then say so.

use super::super::organization::{Frame, which};
use super::seats::of_seats;
use crate::{
    api::organizations::features::{
        ImportAccounts, ImportAnswer, ImportFile, ImportProblem, ImportView, PreviewImport, ServiceLine, load_import,
    },
    browser,
    components::{Button, ButtonKind, Empty, LinkButton, Section, SelectField, StatTile, StatTiles, TableFrame, TextField, loaded_page},
    pages::start::form::{Faults, FormFault},
    wire,
};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Most bytes of a file.
const MOST: f64 = 10_485_760.0;
const INPUT: &str = "import-file";
const EXAMPLE: &str = "address,name,type,status\nada@example.org,Ada Lovelace,user,activated\ninfo@example.org,Front desk,shared mailbox,";

/// `/organizations/{id}/accounts/import`
#[component]
pub fn ImportPage() -> impl IntoView {
    let id = which();
    let data = wire::resource(move || id.get(), load_import);
    loaded_page(data, move |view: ImportView| {
        view! { <Frame view=view.organization.clone() here="/features"><Import view/></Frame> }.into_any()
    })
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[component]
fn Import(view: ImportView) -> impl IntoView {
    let ImportView { organization, connections } = view;
    let features = format!("/organizations/{}/features", organization.line.id);
    if connections.is_empty() {
        return view! {
            <Empty title="Nothing is connected yet">
                <p>"Accounts belong to a connection. Connect Microsoft 365 or Google Workspace first."</p>
                <p><LinkButton kind=ButtonKind::Primary href=features>"To the connections"</LinkButton></p>
            </Empty>
        }
        .into_any();
    }
    let asked = use_query_map().with_untracked(|q| q.get("connection")).unwrap_or_default();
    let first = connections.iter().find(|c| c.connection.to_string() == asked).or(connections.first());
    let connection = RwSignal::new(first.map(|c| c.connection.to_string()).unwrap_or_default());
    let file: RwSignal<Option<ImportFile>> = RwSignal::new(None);
    let name = RwSignal::new(String::new());
    let preview = ServerAction::<PreviewImport>::new();
    let import = ServerAction::<ImportAccounts>::new();
    let look = Callback::new(move |mut chosen: ImportFile| {
        chosen.connection = connection.get_untracked();
        import.clear();
        file.set(Some(chosen.clone()));
        preview.dispatch(PreviewImport { file: chosen });
    });
    let take = Callback::new(move |()| {
        if let Some(file) = file.get_untracked() {
            import.dispatch(ImportAccounts { file: ImportFile { partly: true, ..file } });
        }
    });
    let done = move || import.value().get().and_then(Result::ok);
    let seen = move || preview.value().get().and_then(Result::ok).filter(|_| !preview.pending().get());
    view! {
        <div class="import">
            <Chooser connections connection name look preview/>
            {move || match (done(), seen()) {
                (Some(done), _) => view! { <Done done features=features.clone()/> }.into_any(),
                (None, Some(seen)) => view! { <Seen seen take import/> }.into_any(),
                (None, None) => ().into_any(),
            }}
        </div>
    }
    .into_any()
}

#[component]
fn Chooser(
    connections: Vec<ServiceLine>,
    connection: RwSignal<String>,
    name: RwSignal<String>,
    look: Callback<ImportFile>,
    preview: ServerAction<PreviewImport>,
) -> impl IntoView {
    let faults = Faults::of(preview);
    let local: RwSignal<Option<&'static str>> = RwSignal::new(None);
    let pasted = RwSignal::new(String::new());
    let several = connections.len() > 1;
    let options: Vec<_> = connections.iter().map(|c| (c.connection.to_string(), c.service.name().to_owned())).collect();
    let service = connections.first().map(|c| c.service.name()).unwrap_or_default();
    let choose = move || {
        local.set(None);
        browser::read_file(INPUT, MOST, move |read| match read {
            Ok((file, content)) => {
                name.set(file);
                look.run(ImportFile { encoded: true, content, ..ImportFile::default() });
            }
            Err(why) => local.set(Some(why)),
        });
    };
    let paste = Callback::new(move |()| {
        name.set("What was pasted".to_owned());
        look.run(ImportFile { content: pasted.get_untracked(), ..ImportFile::default() });
    });
    view! {
        <Section title="Import accounts">
            <div class="card stack">
                <p>{if several { "Accounts are added to the connection that you choose.".to_owned() } else { format!("Accounts are added to {service}.") }}
                    " Known ones are brought up to date by their address; nobody is deactivated, and nobody takes a seat who isn't marked as activated."</p>
                <FormFault faults/>
                {several.then(|| view! { <SelectField label="Connection" name="connection" value=connection options=options/> })}
                <div class="field" data-invalid=move || local.get().is_some().then_some("")>
                    <label for=INPUT>"CSV file"</label>
                    <input class="input" type="file" id=INPUT accept=".csv,.tsv,.txt,text/csv,text/plain" aria-describedby="import-file-hint import-file-error" on:change=move |_| choose()/>
                    <p class="field-hint" id="import-file-hint">"One account a line, with a header: address (or email, user principal name), and if you like name, type, status. Commas, semicolons or tabs; UTF-8; up to 10 MiB and 50,000 rows."</p>
                    <p class="field-error" id="import-file-error" role="alert">{move || local.get()}</p>
                </div>
                <details class="import-paste">
                    <summary>"Or paste it"</summary>
                    <div class="stack">
                        <TextField label="Lines" name="lines" value=pasted hint="Addresses alone will do, one a line." required=true/>
                        <div class="form-actions">
                            <Button on_press=paste busy=preview.pending() disabled=Signal::derive(move || pasted.with(|p| p.trim().is_empty()))>"Look at it"</Button>
                        </div>
                    </div>
                </details>
                <details class="import-paste">
                    <summary>"An example"</summary>
                    <pre class="import-example">{EXAMPLE}</pre>
                </details>
                {move || preview.pending().get().then(|| view! { <p role="status">"Reading …"</p> })}
                <noscript><p class="notice">"Choosing a file needs scripts. Without them, send it to the API: POST /api/v1/accounts/import."</p></noscript>
            </div>
        </Section>
    }
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{} rows", text::count(whole(count))) }
}

#[component]
fn Seen(seen: ImportAnswer, take: Callback<()>, import: ServerAction<ImportAccounts>) -> impl IntoView {
    let faults = Faults::of(import);
    let ImportAnswer { rows: all, bad, created, changed, unchanged, activated, used, limit, problems, ignored } = seen;
    let good = all - bad;
    let news = created + changed;
    let above = limit.map_or(0, |limit| used - limit);
    let seats = match activated {
        0 => "No seat is taken: nobody in it is newly marked as activated.".to_owned(),
        1 => format!("One account is activated; afterwards {} are in use.", of_seats(used, limit)),
        n => format!("{} accounts are activated; afterwards {} are in use.", text::count(whole(n)), of_seats(used, limit)),
    };
    let word = match (bad, news) {
        (_, 0) => String::new(),
        (0, _) => format!("Import {}", rows(all)),
        _ => format!("Import {} of {}", text::count(whole(good)), rows(all)),
    };
    view! {
        <Section title="What will happen">
            <div class="stack">
                <StatTiles>
                    <StatTile value=whole(created) label="New" note="unprotected unless marked"/>
                    <StatTile value=whole(changed) label="Changed" note="known under that address"/>
                    <StatTile value=whole(unchanged) label="Unchanged" note="nothing to do"/>
                    <StatTile value=whole(bad) label="Can't be taken" note=if bad == 0 { "every row is fine" } else { "see below" } state="critical"/>
                </StatTiles>
                <p>{seats}</p>
                {(above > 0 && activated > 0).then(|| view! {
                    <p class="notice" data-state="warning">{format!("That is {} more than was bought. They are backed up all the same; it is marked until the limit is raised.", text::count(above))}</p>
                })}
                {(!ignored.is_empty()).then(|| view! { <p class="faint">{format!("Columns that mean nothing here: {}.", ignored.join(", "))}</p> })}
                <FormFault faults/>
                {if word.is_empty() {
                    let why = if good == 0 { "No row can be taken. Correct the file and choose it again." } else { "Everything in it is known already: there is nothing to import." };
                    view! { <p class="notice">{why}</p> }.into_any()
                } else {
                    view! {
                        <div class="form-actions">
                            {(bad > 0).then(|| view! { <span class="faint">{format!("{} are left out.", rows(bad))}</span> })}
                            <Button kind=ButtonKind::Primary on_press=take busy=import.pending()>{word}</Button>
                        </div>
                    }
                    .into_any()
                }}
                {(bad > 0).then(|| view! { <Problems problems bad/> })}
            </div>
        </Section>
    }
}

#[component]
fn Problems(problems: Vec<ImportProblem>, bad: u64) -> impl IntoView {
    let named = problems.len() as u64;
    view! {
        <TableFrame label="Rows that can't be taken" cards=true>
            <thead>
                <tr>
                    <th scope="col" class="number">"Line"</th>
                    <th scope="col">"Column"</th>
                    <th scope="col">"There stands"</th>
                    <th scope="col">"What to do"</th>
                </tr>
            </thead>
            <tbody>
                {problems
                    .into_iter()
                    .map(|problem| view! {
                        <tr>
                            <td class="number" data-label="Line">{text::count(whole(problem.line))}</td>
                            <td data-label="Column">{if problem.column.is_empty() { "the row".to_owned() } else { problem.column }}</td>
                            <td class="cell-clip" data-label="There stands">{if problem.value.is_empty() { "nothing".to_owned() } else { problem.value }}</td>
                            <td class="cell-words" data-label="What to do">{problem.message}</td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </TableFrame>
        {(bad > named).then(|| view! { <p class="faint">{format!("The first {} of {}.", text::count(whole(named)), text::count(whole(bad)))}</p> })}
    }
}

#[component]
fn Done(done: ImportAnswer, features: String) -> impl IntoView {
    let unprotected = format!("{features}?status=deactivated");
    let words = format!(
        "Imported: {} new, {} changed, {} unchanged{}. {} are in use.",
        text::count(whole(done.created)),
        text::count(whole(done.changed)),
        text::count(whole(done.unchanged)),
        if done.bad > 0 { format!(", {} left out", rows(done.bad)) } else { String::new() },
        of_seats(done.used, done.limit)
    );
    view! {
        <Section title="Done">
            <div class="stack">
                <p class="notice" data-state="succeeded" role="status">{words}</p>
                <div class="row-actions">
                    <LinkButton kind=ButtonKind::Primary href=features>"To the accounts"</LinkButton>
                    <LinkButton href=unprotected>"Who is unprotected"</LinkButton>
                </div>
            </div>
        </Section>
    }
}
