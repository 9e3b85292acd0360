//! Service levels: what holds for whom, a sentence to change it, what that would mean before it is saved, and what held before.
//!
//! The sentence is a plain form that asks the address: so its preview comes without scripts too.

use super::{Settings, followed};
use crate::{
    api::settings::sla::{
        HoursLine, PartnerLine, RuleLine, SaveSla, SlaInput, SlaPreview, SlaView, TouchedLine, class_words, load_sla, preview_sla,
    },
    components::{Button, ButtonKind, LinkButton, Page, Section, TableFrame, TimeText, icon, icon::Icon, loaded},
    pages::start::form::{Faults, FormFault, follow, worked},
    wire,
};
use domain::{policy::DeviceClass, text};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

fn asked(query: &ParamsMap) -> SlaInput {
    let text = |key| query.get(key).unwrap_or_default();
    SlaInput { scope: text("scope"), class: text("class"), hours: text("hours"), end: text("end") }
}

/// The page; `?scope=…&class=…&hours=…` previews a rule, `?end=…` the end of one.
#[component]
pub fn Sla() -> impl IntoView {
    let query = use_query_map();
    let save = ServerAction::<SaveSla>::new();
    follow(save, false);
    let saved = worked(save);
    let view = wire::resource_blocking(move || (asked(&query.read()), saved.get()), |(asked, _)| load_sla(asked));
    let lead = view! { <p>"How old the last usable backup of a device may be. The narrowest rule holds: a client's own, its partner's, that of the partner above, else the default."</p> };
    view! {
        <Page title="Service levels" lead=lead.into_any()>
            <Settings here="/settings/sla">
                {loaded(view, move |view: SlaView| view! { <Levels view save/> }.into_any())}
            </Settings>
        </Page>
    }
}

#[component]
fn Levels(view: SlaView, save: ServerAction<SaveSla>) -> impl IntoView {
    let SlaView { partners, exceptions, past, scopes, form, preview, may_manage } = view;
    let several = partners.len() > 1;
    let mut partners = partners.into_iter();
    let own = partners.next();
    let below: Vec<PartnerLine> = partners.collect();
    view! {
        <section class="sla-now" aria-label="In force">
            {own.map(|line| view! { <Partner line several may_manage/> })}
        </section>
        {may_manage.then(|| view! { <Sentence form scopes preview save/> })}
        {several.then(|| view! {
            <Section title="Partners below">
                <div class="sla-now">{below.into_iter().map(|line| view! { <Partner line several may_manage/> }).collect_view()}</div>
            </Section>
        })}
        <Section title="Exceptions">
            {if exceptions.is_empty() {
                view! { <p class="faint">"No client has a rule of its own."</p> }.into_any()
            } else {
                view! { <Rules rules=exceptions may_manage is_past=false/> }.into_any()
            }}
        </Section>
        <Section title="History">
            {if past.is_empty() {
                view! { <p class="faint">"No rule has ended yet. A past month is judged by the rules of its time."</p> }.into_any()
            } else {
                view! { <Rules rules=past may_manage=false is_past=true/> }.into_any()
            }}
        </Section>
    }
}

/// What holds for a partner, as sentences.
#[component]
fn Partner(line: PartnerLine, several: bool, may_manage: bool) -> impl IntoView {
    let PartnerLine { scope, name, hours } = line;
    view! {
        <div class="card sla-partner">
            {several.then(|| view! { <h2>{name}</h2> })}
            <ul role="list">
                {hours.into_iter().map(|line| {
                    let HoursLine { class, hours, source, since, rule } = line;
                    let change = format!("?scope={scope}&class={}&hours={hours}#change", class.as_str());
                    let label = format!("Change the rule for {}", class_words(class));
                    let has_rule = !rule.is_empty();
                    view! {
                        <li>
                            <p class="sla-sentence">"All "<b>{class_words(class)}</b>" must have a successful backup within "<b>{text::hours(hours)}</b>"."</p>
                            <p class="faint sla-source">
                                {(!source.is_empty()).then_some(source)}
                                {since.map(|at| view! { "in force since "<TimeText at=Some(at) exact=true/> })}
                            </p>
                            {may_manage.then(|| view! {
                                <span class="row-actions">
                                    <a class="button button-quiet" href=change aria-label=label>"Change"</a>
                                    {has_rule.then(|| view! { <a class="button button-quiet" href=format!("?end={rule}#change") aria-label=format!("End the rule for {}", class_words(class))>"End…"</a> })}
                                </span>
                            })}
                        </li>
                    }
                }).collect_view()}
            </ul>
        </div>
    }
}

/// The rule as a sentence to fill in, and what it would mean.
#[component]
fn Sentence(form: SlaInput, scopes: Vec<(String, String)>, preview: Option<SlaPreview>, save: ServerAction<SaveSla>) -> impl IntoView {
    let faults = Faults::of(save);
    if !form.end.is_empty() {
        let preview = RwSignal::new(preview);
        let typed = Signal::stored(form);
        return view! {
            <Section title="End a rule">
                <div id="change" class="card sla-change"><Meaning preview typed save faults/></div>
            </Section>
        }
        .into_any();
    }
    let (scope, class, hours) = (RwSignal::new(form.scope.clone()), RwSignal::new(form.class.clone()), RwSignal::new(form.hours.clone()));
    let typed = Memo::new(move |_| SlaInput { scope: scope.get(), class: class.get(), hours: hours.get(), end: String::new() });
    let preview = followed(typed, preview, false, |form: SlaInput| async move {
        if form.hours.trim().is_empty() { Ok(None) } else { preview_sla(form).await.map(Some) }
    });
    let classes = [DeviceClass::Server, DeviceClass::Workstation].map(|c| (c.as_str().to_owned(), class_words(c).to_owned())).to_vec();
    view! {
        <Section title="Change a rule, or make an exception">
            <div id="change" class="card sla-change">
                <form class="sla-form" method="get" action="/settings/sla" on:submit=|event| event.prevent_default()>
                    <span>"All"</span>
                    <Choice name="class" label="Which devices" value=class options=classes/>
                    <span>"of"</span>
                    <Choice name="scope" label="Whose devices" value=scope options=scopes/>
                    <span>"must have a successful backup within"</span>
                    <input class="input sla-hours" type="number" name="hours" min="1" max="8760" step="1" inputmode="numeric" aria-label="Hours"
                        placeholder="12" autocomplete="off" value=hours.get_untracked() prop:value=move || hours.get()
                        on:input=move |event| hours.set(event_target_value(&event))/>
                    <span>"hours."</span>
                    <noscript><button class="button" type="submit">"Preview"</button></noscript>
                </form>
                <Meaning preview typed=typed.into() save faults/>
            </div>
        </Section>
    }
    .into_any()
}

/// One of a few within a sentence.
#[component]
fn Choice(name: &'static str, label: &'static str, value: RwSignal<String>, options: Vec<(String, String)>) -> impl IntoView {
    view! {
        <select class="input" name=name aria-label=label on:change=move |event| value.set(event_target_value(&event))>
            {options
                .into_iter()
                .map(|(own, words)| {
                    let kept = StoredValue::new(own.clone());
                    let is_here = move || kept.with_value(|own| value.with(|v| v == own));
                    view! { <option value=own selected=is_here prop:selected=is_here>{words}</option> }
                })
                .collect_view()}
        </select>
    }
}

/// What would be, and the button that makes it so.
#[component]
fn Meaning(preview: RwSignal<Option<SlaPreview>>, typed: Signal<SlaInput>, save: ServerAction<SaveSla>, faults: Faults) -> impl IntoView {
    let field = move |of: fn(SlaInput) -> String| move || of(typed.get());
    let can = Memo::new(move |_| preview.with(|p| p.as_ref().is_some_and(|p| p.problem.is_none())));
    let ends = Memo::new(move |_| typed.with(|t| !t.end.is_empty()));
    view! {
        <div class="sla-meaning" role="status" aria-live="polite">
            {move || preview.get().map(|preview| match preview.problem {
                Some(problem) => view! { <p class="notice" data-state="critical">{problem}</p> }.into_any(),
                None => view! {
                    <p class="policy-words">{preview.sentence}</p>
                    <p>{preview.words}</p>
                    <Devices title="Would be in breach" lines=preview.newly more=preview.more state="critical"/>
                    <Devices title="Would be in compliance again" lines=preview.leaving more=preview.fewer state="healthy"/>
                }
                .into_any(),
            })}
        </div>
        <ActionForm action=save attr:class="sla-save">
            <FormFault faults/>
            <input type="hidden" name="form[scope]" value=field(|t| t.scope)/>
            <input type="hidden" name="form[class]" value=field(|t| t.class)/>
            <input type="hidden" name="form[hours]" value=field(|t| t.hours)/>
            <input type="hidden" name="form[end]" value=field(|t| t.end)/>
            {move || can.get().then(|| view! {
                <div class="form-actions">
                    <LinkButton href="/settings/sla">"Cancel"</LinkButton>
                    <Button kind=ButtonKind::Primary submit=true busy=save.pending()>{if ends.get() { "End this rule" } else { "Save this rule" }}</Button>
                </div>
            })}
        </ActionForm>
    }
}

#[component]
fn Devices(title: &'static str, lines: Vec<TouchedLine>, more: i64, state: &'static str) -> impl IntoView {
    let shape = if state == "critical" { icon::CRITICAL } else { icon::HEALTHY };
    (!lines.is_empty()).then(|| {
        view! {
            <div class="sla-touched" data-state=state>
                <h3><Icon shape/>{title}</h3>
                <ul role="list">
                    {lines.into_iter().map(|line| view! {
                        <li>
                            <a href=format!("/devices/{}", line.device)>{line.name}</a>
                            <span class="faint">{line.organization}</span>
                            <span class="faint">"since "<TimeText at=Some(line.since)/></span>
                        </li>
                    }).collect_view()}
                    {(more > 0).then(|| view! { <li class="faint">{format!("and {} more", text::count(more))}</li> })}
                </ul>
            </div>
        }
    })
}

#[component]
fn Rules(rules: Vec<RuleLine>, may_manage: bool, is_past: bool) -> impl IntoView {
    let label = if is_past { "Rules that ended" } else { "Rules of single clients" };
    view! {
        <TableFrame label cards=true>
            <thead>
                <tr>
                    <th scope="col">"For"</th>
                    <th scope="col">"Devices"</th>
                    <th scope="col" class="number">"Within"</th>
                    <th scope="col">"From"</th>
                    {is_past.then(|| view! { <th scope="col">"Until"</th> })}
                    <th scope="col">"Made by"</th>
                    {is_past.then(|| view! { <th scope="col">"Ended by"</th> })}
                    {may_manage.then(|| view! { <th scope="col"><span class="hidden-words">"Actions"</span></th> })}
                </tr>
            </thead>
            <tbody>
                {rules.into_iter().map(|rule| {
                    let change = format!("?scope={}&class={}&hours={}#change", rule.scope, rule.class.as_str(), rule.hours);
                    let end = format!("?end={}#change", rule.id);
                    let whose = format!("{} of {}", class_words(rule.class), rule.name);
                    view! {
                        <tr>
                            <th scope="row" class="cell-name" data-label="For">
                                {match rule.organization {
                                    Some(id) => view! { <a class="row-link" href=format!("/organizations/{id}/compliance")>{rule.name}</a> }.into_any(),
                                    None => rule.name.into_any(),
                                }}
                            </th>
                            <td data-label="Devices">{if rule.class == DeviceClass::Server { "Servers" } else { "Workstations" }}</td>
                            <td data-label="Within" class="number">{format!("{} h", text::count(rule.hours))}</td>
                            <td data-label="From"><TimeText at=Some(rule.from) exact=true/></td>
                            {is_past.then(|| view! { <td data-label="Until"><TimeText at=rule.until exact=true/></td> })}
                            <td data-label="Made by">{rule.made_by}</td>
                            {is_past.then(|| view! { <td data-label="Ended by">{rule.ended_by.unwrap_or_default()}</td> })}
                            {may_manage.then(|| view! {
                                <td data-label="">
                                    <div class="row-actions">
                                        <a class="button button-quiet" href=change aria-label=format!("Change the rule for {whose}")>"Change"</a>
                                        <a class="button button-quiet" href=end aria-label=format!("End the rule for {whose}")>"End…"</a>
                                    </div>
                                </td>
                            })}
                        </tr>
                    }
                }).collect_view()}
            </tbody>
        </TableFrame>
    }
}
