//! API keys: list, make (shown once), revoke.

use super::{Settings, asked_for_new};
use crate::{
    api::settings::keys::{FreshKey, KeyLine, KeysView, MakeKey, RevokeKey, list_keys},
    components::{
        Button, ButtonKind, Confirm, CopyLine, Dialog, Empty, Field, Page, Section, SelectField, SwitchField, TableFrame, TimeText, loaded,
        use_toasts,
    },
    me::may,
    pages::start::{
        add_device::options,
        form::{Faults, FormFault, worked},
    },
    wire,
};
use domain::{
    access::{Action as Right, KeyRights},
    ids::KeyId,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

/// The page.
#[component]
pub fn Keys() -> impl IntoView {
    let make = ServerAction::<MakeKey>::new();
    let revoke = ServerAction::<RevokeKey>::new();
    let (made, revoked) = (worked(make), worked(revoke));
    let view = wire::resource_blocking(move || (made.get(), revoked.get()), |_| list_keys());
    let making = RwSignal::new(false);
    let fresh: RwSignal<Option<FreshKey>> = RwSignal::new(None);
    Effect::new(move |_| {
        if let Some(Ok(key)) = make.value().get() {
            making.set(false);
            fresh.set(Some(key));
        }
    });
    let (query, navigate) = (use_query_map(), use_navigate());
    Effect::new(move |before: Option<()>| {
        if before.is_none() && query.with(|q| asked_for_new(navigate.clone(), q, "/settings/keys")) && may(Right::ManageSettings) {
            making.set(true);
        }
    });
    let actions = may(Right::ManageSettings)
        .then(|| view! { <Button kind=ButtonKind::Primary on_press=Callback::new(move |()| making.set(true))>"Make a key"</Button> });
    let lead = view! { <p>"For scripts, agents and other systems. A key is shown once, when it is made; only its hash is kept."</p> };
    view! {
        <Page title="API keys" lead=lead.into_any() actions=actions.into_any()>
            <Settings here="/settings/keys">
                <div role="status">
                    {move || fresh.get().map(|key| view! {
                        <div class="card fresh-key">
                            <h2>{format!("The key “{}”", key.name)}</h2>
                            <p>"Copy it now: it is shown this once."</p>
                            <CopyLine text=key.token label="key"/>
                            <Uses lines=key.lines/>
                        </div>
                    })}
                </div>
                {loaded(view, move |view: KeysView| view! { <List view make making revoke/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn List(view: KeysView, make: ServerAction<MakeKey>, making: RwSignal<bool>, revoke: ServerAction<RevokeKey>) -> impl IntoView {
    let asked: RwSignal<Option<(KeyId, String)>> = RwSignal::new(None);
    let asking = RwSignal::new(false);
    let toasts = use_toasts();
    Effect::new(move |before: Option<()>| {
        let worked = revoke.value().with(|v| matches!(v, Some(Ok(()))));
        if before.is_some() && worked && asking.get_untracked() {
            asking.set(false);
            toasts.say("Revoked.");
        }
    });
    let name = Signal::derive(move || asked.with(|a| a.as_ref().map(|(_, name)| name.clone()).unwrap_or_default()));
    let confirmed = Callback::new(move |()| {
        if let Some((id, _)) = asked.get_untracked() {
            revoke.dispatch(RevokeKey { id });
        }
    });
    let faults = Faults::of(revoke);
    let form = StoredValue::new(view.clone());
    let (rows, hidden, may_manage, lines) = (view.rows, view.hidden, view.may_manage, view.lines);
    view! {
        {if rows.is_empty() {
            view! { <Empty title="No keys yet"><p>"A device gets its own key when it is added. Make one here for scripts that read, manage, or send for many devices."</p></Empty> }.into_any()
        } else {
            view! {
                <TableFrame label="API keys" cards=true>
                    <thead>
                        <tr>
                            <th scope="col">"Key"</th>
                            <th scope="col">"Reaches"</th>
                            <th scope="col">"May"</th>
                            <th scope="col">"Made"</th>
                            <th scope="col">"Last used"</th>
                            <th scope="col">"Ends"</th>
                            <th scope="col"><span class="hidden-words">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|line| view! { <Row line may_manage asked asking/> }).collect_view()}</tbody>
                </TableFrame>
                {(hidden > 0).then(|| view! { <p class="faint">{format!("{hidden} older keys are not shown.")}</p> })}
            }
            .into_any()
        }}
        <Section title="How a key is used">
            <Uses lines/>
            <p class="faint">"All that can be read and changed this way: "<a href="/api/docs" rel="external">"API documentation"</a>"."</p>
        </Section>
        <Confirm open=asking title=Signal::derive(move || format!("Revoke “{}”?", name.get()))
            body="Whatever uses this key is refused from now on. That can't be undone; a new key can be made at any time."
            word=name action="Revoke" busy=revoke.pending() error=faults.any() on_confirm=confirmed/>
        <Dialog open=making title="Make a key">
            <MakeForm view=form.get_value() make making/>
        </Dialog>
    }
}

/// Lines that use a key.
#[component]
fn Uses(lines: Vec<(String, String)>) -> impl IntoView {
    lines
        .into_iter()
        .map(|(what, line)| view! { <div class="key-use"><p class="faint">{what.clone()}</p><CopyLine text=line label="line"/></div> })
        .collect_view()
}

fn rights(rights: KeyRights) -> String {
    let words: Vec<&str> = [(rights.ingest, "send"), (rights.read, "read"), (rights.manage, "manage")]
        .into_iter()
        .filter(|(has, _)| *has)
        .map(|(_, w)| w)
        .collect();
    words.join(", ")
}

#[component]
fn Row(line: KeyLine, may_manage: bool, asked: RwSignal<Option<(KeyId, String)>>, asking: RwSignal<bool>) -> impl IntoView {
    let is_over = line.revoked_at.is_some() || line.ended;
    let own = (line.id, line.name.clone());
    let press = Callback::new(move |()| {
        asked.set(Some(own.clone()));
        asking.set(true);
    });
    let scope = match line.link {
        Some(href) => view! { <a href=href>{line.scope}</a> }.into_any(),
        None => line.scope.into_any(),
    };
    view! {
        <tr data-over=is_over.then_some("")>
            <th scope="row" class="cell-name" data-label="Key">{line.name}<span class="cell-sub"><code>{line.start}"…"</code></span></th>
            <td data-label="Reaches">{scope}</td>
            <td data-label="May">{rights(line.rights)}</td>
            <td data-label="Made"><TimeText at=Some(line.created_at)/></td>
            <td data-label="Last used"><TimeText at=line.last_used_at none="never"/></td>
            <td data-label="Ends">
                {match line.revoked_at {
                    Some(at) => view! { <span>"Revoked "<TimeText at=Some(at)/></span> }.into_any(),
                    None => view! { <TimeText at=line.expires_at none="never"/> }.into_any(),
                }}
            </td>
            <td data-label="">
                {(may_manage && !is_over).then(|| view! { <Button kind=ButtonKind::Quiet on_press=press>"Revoke…"</Button> })}
            </td>
        </tr>
    }
}

#[component]
fn MakeForm(view: KeysView, make: ServerAction<MakeKey>, making: RwSignal<bool>) -> impl IntoView {
    let faults = Faults::of(make);
    let mut scopes = Vec::new();
    if view.whole {
        scopes.push(("partner".to_owned(), "Everything of the partner".to_owned()));
    }
    scopes.extend(options(&view.organizations));
    let scope = RwSignal::new(scopes.first().map(|(value, _)| value.clone()).unwrap_or_default());
    let wrong = faults.about("can");
    view! {
        <ActionForm action=make attr:class="stack">
            <FormFault faults fields=&["name", "scope", "can", "days"]/>
            <Field label="What it is for" name="form[name]" value=RwSignal::new(String::new()) required=true autocomplete="off" error=faults.about("name")/>
            <SelectField label="Reaches" name="form[scope]" value=scope options=scopes error=faults.about("scope")/>
            <fieldset class="stack" aria-describedby="key-rights-error">
                <legend>"May"</legend>
                <SwitchField label="Send reports" name="form[ingest]" value=RwSignal::new(true) hint="Events, raw output, check-ins, restore tests."/>
                <SwitchField label="Read" name="form[read]" value=RwSignal::new(false) hint="What a viewer sees."/>
                <SwitchField label="Manage" name="form[manage]" value=RwSignal::new(false) hint="What an admin changes. Never users or the audit log."/>
                <p class="field-error" id="key-rights-error" role="alert">{move || wrong.get()}</p>
            </fieldset>
            <Field label="Ends after (days)" name="form[days]" kind="number" value=RwSignal::new(String::new()) autocomplete="off" hint="Empty: never." error=faults.about("days")/>
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| making.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=make.pending()>"Make the key"</Button>
            </div>
        </ActionForm>
    }
}
