//! Template rules of the inbox: which unknown names become devices by themselves.

use super::{Settings, asked_for_new, followed};
use crate::{
    api::settings::rules::{
        AppliedView, ApplyRule, DeleteRule, RuleInput, RuleLine, RulePreview, RulesView, SaveRule, list_rules, preview_rule,
    },
    components::{
        Button, ButtonKind, Confirm, Dialog, Empty, Field, Page, SelectField, SwitchField, TableFrame, TimeText, loaded, use_toasts,
    },
    pages::start::{
        add_device::options,
        form::{Faults, FormFault, worked},
    },
    wire,
};
use domain::{ids::InboxRuleId, policy::DeviceClass, text};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

/// The page; `?new` opens the form, `?new&pattern=ws-*&organization=…` fills it in.
#[component]
pub fn InboxRules() -> impl IntoView {
    let save = ServerAction::<SaveRule>::new();
    let apply = ServerAction::<ApplyRule>::new();
    let delete = ServerAction::<DeleteRule>::new();
    let changes = (worked(save), worked(apply), worked(delete));
    let view = wire::resource_blocking(move || (changes.0.get(), changes.1.get(), changes.2.get()), |_| list_rules());
    let open = RwSignal::new(false);
    let form = RwSignal::new(RuleInput::default());
    let toasts = use_toasts();
    Effect::new(move |_| {
        if let Some(Ok(applied)) = save.value().get() {
            open.set(false);
            toasts.say(if applied == AppliedView::default() { "Saved.".to_owned() } else { format!("Saved. {}", words(applied)) });
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(applied)) = apply.value().get() {
            toasts.say(words(applied));
        }
    });
    let (query, navigate) = (use_query_map(), use_navigate());
    Effect::new(move |before: Option<()>| {
        let query = query.get();
        if before.is_none() && asked_for_new(navigate.clone(), &query, "/settings/inbox/rules") {
            let said = |key| query.get(key).unwrap_or_default();
            form.set(RuleInput { pattern: said("pattern"), organization: said("organization"), ..RuleInput::default() });
            open.set(true);
        }
    });
    let begin = Callback::new(move |()| {
        form.set(RuleInput::default());
        open.set(true);
    });
    let actions = view! { <Button kind=ButtonKind::Primary on_press=begin>"Make a rule"</Button> };
    let lead = view! { <p>"A name that no device answers to becomes a device by itself where a rule fits it: with its report, and with what has waited."</p> };
    let faults = Faults::of(apply);
    view! {
        <Page title="Inbox rules" lead=lead.into_any() actions=actions.into_any()>
            <Settings here="/settings/inbox/rules">
                <FormFault faults/>
                {loaded(view, move |view: RulesView| view! { <List view save apply delete open form/> }.into_any())}
            </Settings>
        </Page>
    }
}

/// What became of waiting names.
fn words(applied: AppliedView) -> String {
    let many = |n: i64, one: &str, more: &str| format!("{} {}", text::count(n), if n == 1 { one } else { more });
    let mut words = format!(
        "{} taken in, with {}.",
        many(applied.devices, "name", "names"),
        many(applied.reports, "waiting report", "waiting reports")
    );
    if applied.refused > 0 {
        words += &format!(" {} can't be a device's and still wait.", many(applied.refused, "name", "names"));
    }
    if applied.left > 0 {
        words += &format!(" {} left: press again.", many(applied.left, "name is", "names are"));
    }
    words
}

#[component]
fn List(
    view: RulesView,
    save: ServerAction<SaveRule>,
    apply: ServerAction<ApplyRule>,
    delete: ServerAction<DeleteRule>,
    open: RwSignal<bool>,
    form: RwSignal<RuleInput>,
) -> impl IntoView {
    let asked: RwSignal<Option<(InboxRuleId, String)>> = RwSignal::new(None);
    let asking = RwSignal::new(false);
    Effect::new(move |before: Option<()>| {
        let worked = delete.value().with(|v| matches!(v, Some(Ok(()))));
        if before.is_some() && worked {
            asking.set(false);
        }
    });
    let word = Signal::derive(move || asked.with(|a| a.as_ref().map(|(_, pattern)| pattern.clone()).unwrap_or_default()));
    let confirmed = Callback::new(move |()| {
        if let Some((id, _)) = asked.get_untracked() {
            delete.dispatch(DeleteRule { id });
        }
    });
    let deletion = Faults::of(delete);
    let rows = view.rows.clone();
    let several = rows.len() > 1;
    let choices = StoredValue::new(view);
    let title = Signal::derive(move || form.with(|f| if f.id.is_empty() { "Make a rule" } else { "Change the rule" }).to_owned());
    view! {
        {if rows.is_empty() {
            view! { <Empty title="No rules yet"><p>"Without rules every unknown name waits in the inbox until somebody assigns it. A rule like “WS-*” does it for all workstations of an organization."</p></Empty> }.into_any()
        } else {
            view! {
                {several.then(|| view! { <p class="table-note">"The first rule that fits a name is used. The more specific one comes first; of equals the older one."</p> })}
                <TableFrame label="Inbox rules" cards=true>
                    <thead>
                        <tr>
                            <th scope="col">"Names"</th>
                            <th scope="col">"Become"</th>
                            <th scope="col">"Policy"</th>
                            <th scope="col">"Tags"</th>
                            <th scope="col" class="number">"Used"</th>
                            <th scope="col" class="number">"Waiting now"</th>
                            <th scope="col">"Made"</th>
                            <th scope="col"><span class="hidden-words">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows.into_iter().map(|line| view! { <Row line apply open form asked asking/> }).collect_view()}</tbody>
                </TableFrame>
            }
            .into_any()
        }}
        <Confirm open=asking title=Signal::derive(move || format!("Delete the rule “{}”?", word.get()))
            body="Devices it has made stay. New names that it would have fitted wait in the inbox again."
            word action="Delete" busy=delete.pending() error=deletion.any() on_confirm=confirmed/>
        <Dialog open title>
            {move || view! { <RuleForm first=form.get() view=choices.get_value() save open/> }}
        </Dialog>
    }
}

#[component]
fn Row(
    line: RuleLine,
    apply: ServerAction<ApplyRule>,
    open: RwSignal<bool>,
    form: RwSignal<RuleInput>,
    asked: RwSignal<Option<(InboxRuleId, String)>>,
    asking: RwSignal<bool>,
) -> impl IntoView {
    let class = match line.class {
        DeviceClass::Server => "server",
        DeviceClass::Workstation => "workstation",
    };
    let (id, pattern) = (line.id, line.pattern.clone());
    let own = RuleInput {
        id: id.to_string(),
        pattern: line.pattern.clone(),
        organization: line.organization.0.clone(),
        class: class.to_owned(),
        policy: line.policy.0.clone(),
        tags: line.tags.join(", "),
        apply: false,
    };
    let change = Callback::new(move |()| {
        form.set(own.clone());
        open.set(true);
    });
    let remove = Callback::new(move |()| {
        asked.set(Some((id, pattern.clone())));
        asking.set(true);
    });
    view! {
        <tr>
            <th scope="row" class="cell-name" data-label="Names"><code>{line.pattern}</code></th>
            <td data-label="Become">{format!("{class}s of ")}<a href=format!("/organizations/{}", line.organization.0)>{line.organization.1}</a></td>
            <td data-label="Policy">{line.policy.1}</td>
            <td data-label="Tags">{if line.tags.is_empty() { "–".to_owned() } else { line.tags.join(", ") }}</td>
            <td data-label="Used" class="number">{text::count(line.used)}</td>
            <td data-label="Waiting now" class="number">{text::count(line.waiting)}</td>
            <td data-label="Made"><TimeText at=Some(line.created_at)/></td>
            <td data-label="">
                <div class="row-actions">
                    {(line.waiting > 0).then(|| view! {
                        <ActionForm action=apply>
                            <input type="hidden" name="id" value=id.to_string()/>
                            <Button submit=true busy=apply.pending()>{format!("Take in {}", text::count(line.waiting))}</Button>
                        </ActionForm>
                    })}
                    <Button kind=ButtonKind::Quiet on_press=change>"Change…"</Button>
                    <Button kind=ButtonKind::Quiet on_press=remove>"Delete…"</Button>
                </div>
            </td>
        </tr>
    }
}

#[component]
fn RuleForm(first: RuleInput, view: RulesView, save: ServerAction<SaveRule>, open: RwSignal<bool>) -> impl IntoView {
    let faults = Faults::of(save);
    let pattern = RwSignal::new(first.pattern);
    let organization = RwSignal::new(if first.organization.is_empty() {
        view.organizations.first().map(|o| o.value.clone()).unwrap_or_default()
    } else {
        first.organization
    });
    let class = RwSignal::new(if first.class.is_empty() { "workstation".to_owned() } else { first.class });
    let policy = RwSignal::new(first.policy);
    let tags = RwSignal::new(first.tags);
    let takes = RwSignal::new(true);
    let classes = vec![("workstation".to_owned(), "Workstations".to_owned()), ("server".to_owned(), "Servers".to_owned())];
    let mut policies = vec![(String::new(), "The partner's default".to_owned())];
    policies.extend(options(&view.policies));
    let preview = looked(pattern, organization);
    view! {
        <ActionForm action=save attr:class="stack">
            <FormFault faults fields=&["pattern", "organization", "class", "policy", "tags"]/>
            <input type="hidden" name="form[id]" value=first.id/>
            <Field label="Names" name="form[pattern]" value=pattern required=true autocomplete="off" placeholder="WS-*" autofocus=true
                hint="* stands for any text; letters count in either case." error=faults.about("pattern")/>
            <SelectField label="Become devices of" name="form[organization]" value=organization options=options(&view.organizations)
                hint="A sender whose key belongs to another organization is left alone." error=faults.about("organization")/>
            <div class="field-row">
                <SelectField label="As" name="form[class]" value=class options=classes error=faults.about("class")/>
                <SelectField label="Backups run" name="form[policy]" value=policy options=policies error=faults.about("policy")/>
            </div>
            <Field label="Tags" name="form[tags]" value=tags autocomplete="off" hint="Parted by commas." error=faults.about("tags")/>
            <div class="rule-preview" role="status" aria-live="polite">
                {move || preview.get().map(|preview| view! { <Fits preview/> })}
            </div>
            <SwitchField label="Take in the names that wait already" name="form[apply]" value=takes hint="Those for which no more specific rule counts."/>
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=save.pending()>"Save"</Button>
            </div>
        </ActionForm>
    }
}

/// Waiting names that fit what is typed, asked for once typing pauses.
fn looked(pattern: RwSignal<String>, organization: RwSignal<String>) -> RwSignal<Option<RulePreview>> {
    let typed = Memo::new(move |_| (pattern.get(), organization.get()));
    followed(typed, None, true, |(pattern, organization): (String, String)| async move {
        if pattern.trim().is_empty() || organization.is_empty() {
            return Ok(None);
        }
        preview_rule(RuleInput { pattern, organization, ..RuleInput::default() }).await.map(Some)
    })
}

#[component]
fn Fits(preview: RulePreview) -> impl IntoView {
    if let Some(problem) = preview.problem {
        return view! { <p class="field-error">{problem}</p> }.into_any();
    }
    let words = match preview.total {
        0 => "No name that waits now fits.".to_owned(),
        1 => "Fits 1 name that waits now:".to_owned(),
        n => format!("Fits {} names that wait now:", text::count(n)),
    };
    let shown = i64::try_from(preview.names.len()).unwrap_or_default();
    view! {
        <p>{words}{preview.cut.then_some(" (the 2,000 heard of last were looked at)")}</p>
        <ul class="name-list" role="list">{preview.names.into_iter().map(|name| view! { <li><code>{name}</code></li> }).collect_view()}</ul>
        {(preview.total > shown).then(|| view! { <p class="faint">{format!("… and {} more", text::count(preview.total - shown))}</p> })}
    }
    .into_any()
}
