//! What mail is signed with (DKIM): the key that signs, the one that waits for its record, and what to do about them. A part of the page of
//! domains.

use crate::{
    api::settings::{
        domains::DomainLine,
        mail_keys::{CheckMailKey, KeyLine, MakeMailKey, RemoveMailKey, SigningView},
    },
    components::{Button, ButtonKind, Confirm, CopyLine, Section, StateBadge, TimeText, icon, use_toasts},
    pages::start::form::{Faults, FormFault, worked},
};
use domain::ids::MailDomainId;
use leptos::prelude::*;

/// What is done about keys.
#[derive(Clone, Copy)]
pub struct KeyActs {
    make: ServerAction<MakeMailKey>,
    check: ServerAction<CheckMailKey>,
    remove: ServerAction<RemoveMailKey>,
}

impl KeyActs {
    /// Called once on a page.
    pub fn new() -> Self {
        let acts = Self { make: ServerAction::new(), check: ServerAction::new(), remove: ServerAction::new() };
        let toasts = use_toasts();
        Effect::new(move |_| {
            if acts.check.value().with(|v| matches!(v, Some(Ok(true)))) {
                toasts.say("The record is there: mail is signed with this key.");
            }
        });
        Effect::new(move |_| {
            if acts.remove.value().with(|v| matches!(v, Some(Ok(())))) {
                toasts.say("The key is gone.");
            }
        });
        acts
    }

    /// What the page asks again after.
    pub fn done(self) -> [Memo<usize>; 3] {
        [worked(self.make), worked(self.check), worked(self.remove)]
    }
}

/// Makes a key for a domain.
fn make(acts: KeyActs, id: MailDomainId, words: &'static str) -> impl IntoView {
    let busy =
        Signal::derive(move || acts.make.pending().get() && acts.make.input().with(|input| input.as_ref().is_some_and(|i| i.id == id)));
    view! {
        <ActionForm action=acts.make>
            <input type="hidden" name="id" value=id.to_string()/>
            <Button submit=true busy>{words}</Button>
        </ActionForm>
    }
}

/// Looks for the record of a key.
fn check(acts: KeyActs, selector: String, words: &'static str) -> impl IntoView {
    let own = selector.clone();
    let busy = Signal::derive(move || {
        acts.check.pending().get() && acts.check.input().with(|input| input.as_ref().is_some_and(|i| i.selector == own))
    });
    view! {
        <ActionForm action=acts.check>
            <input type="hidden" name="selector" value=selector/>
            <Button submit=true busy>{words}</Button>
        </ActionForm>
    }
}

/// The section. Empty where there is neither a key nor a domain of one's own that could have one.
#[component]
pub fn Signing(
    /// The keys.
    view: SigningView,
    /// All domains of the page.
    lines: Vec<DomainLine>,
    /// What is done.
    acts: KeyActs,
) -> impl IntoView {
    let SigningView { sender, signs, waits } = view;
    let may: Vec<(MailDomainId, String)> = lines.into_iter().filter(|line| line.may_sign).map(|line| (line.id, line.domain)).collect();
    if signs.is_none() && waits.is_none() && may.is_empty() {
        return ().into_any();
    }
    let off = RwSignal::new(false);
    let (making, checking, removal) = (Faults::of(acts.make), Faults::of(acts.check), Faults::of(acts.remove));
    Effect::new(move |before: Option<()>| {
        let worked = acts.remove.value().with(|v| matches!(v, Some(Ok(()))));
        if before.is_some() && worked {
            off.set(false);
        }
    });
    let (word, selector) = signs.as_ref().map(|key| (key.domain.clone(), key.selector.clone())).unwrap_or_default();
    let confirmed = Callback::new(move |()| {
        acts.remove.dispatch(RemoveMailKey { selector: selector.clone() });
    });
    let nothing = signs.is_none() && waits.is_none();
    let replaces = signs.is_some();
    view! {
        <Section title="Signed mail (DKIM)">
            <div class="stack">
                <p>"A signature tells mail servers that a mail about backups is sent in the name of your company, and that nobody has changed it on the way."
                    {nothing.then_some(" Mail isn't signed yet by this portal.")}</p>
                <FormFault faults=making/>
                <FormFault faults=checking/>
                {signs.map(|key| view! { <Signs key_line=key sender=sender.clone() acts off may_replace=waits.is_none()/> })}
                {waits.map(|key| view! { <Waits key_line=key sender=sender.clone() acts replaces/> })}
                {may.into_iter().map(|(id, domain)| view! {
                    <div class="domain-sign"><span class="domain-name">{domain}</span>{make(acts, id, "Sign mail for this domain (DKIM)")}</div>
                }).collect_view()}
            </div>
        </Section>
        <Confirm open=off title="Send mail without a signature?"
            body="Nothing is signed with this key from now on, and its secret is deleted. To sign again a new key and a new record are needed."
            word action="Switch off" busy=acts.remove.pending() error=removal.any() on_confirm=confirmed/>
    }
    .into_any()
}

/// What the signature is worth, by the sender's address.
fn worth(key: &KeyLine, sender: &str) -> impl IntoView + use<> {
    let (sender, domain) = (sender.to_owned(), key.domain.clone());
    if key.aligned {
        view! { <p>"Mail comes from "<strong>{sender}</strong>", an address of this domain: the signature counts for DMARC, too."</p> }
            .into_any()
    } else {
        view! {
            <p>"Mail comes from "<strong>{sender}</strong>", which is no address of "{domain}". Mail servers check the signature all the same and see whose mail it is; but \
             DMARC looks at the sender's domain only, so whoever runs this portal has to sign for that one, too, usually in the mail server."</p>
        }
        .into_any()
    }
}

fn head(key: &KeyLine, state: &'static str, shape: icon::Shape, word: &str) -> impl IntoView + use<> {
    let (id, domain, selector) = (format!("key-{}", key.selector), key.domain.clone(), key.selector.clone());
    let word = word.to_owned();
    view! {
        <div class="domain-head">
            <h3 id=id>{domain}</h3>
            <StateBadge state shape=Signal::stored(shape) word=Signal::stored(word)/>
            <span class="faint">"selector "{selector}</span>
        </div>
    }
}

fn record(key: &KeyLine) -> impl IntoView + use<> {
    let (name, value, split) = (key.record.clone(), key.value.clone(), key.split.clone());
    view! {
        <div class="domain-record">
            <div><p class="faint">"Name"</p><CopyLine text=name label="name of the record"/></div>
            <div><p class="faint">"Value"</p><CopyLine text=value label="value of the record"/></div>
        </div>
        <details class="more">
            <summary>"If at most 255 characters can be entered"</summary>
            <p class="faint">"Enter the value as two texts of the one record, in quotes:"</p>
            <CopyLine text=split label="value in two texts"/>
        </details>
    }
}

#[component]
fn Signs(key_line: KeyLine, sender: String, acts: KeyActs, off: RwSignal<bool>, may_replace: bool) -> impl IntoView {
    let key = key_line;
    let heading = format!("key-{}", key.selector);
    let gone = key.checked.clone().filter(|(_, right, _)| !right).map(|(at, _, said)| {
        view! { <p class="notice" data-state="critical">{said}" Mail is signed all the same, but nobody can check it. Looked for "<TimeText at=Some(at)/>"."</p> }
    });
    let since = key.signs_since;
    let replace = key.domain_id.filter(|_| may_replace).map(|id| make(acts, id, "Make a new key"));
    view! {
        <section class="card domain" aria-labelledby=heading>
            {head(&key, "healthy", icon::HEALTHY, "Signs")}
            <p>"Mail of your company is signed with this key since "<TimeText at=since/>". Its record has to stay."</p>
            {worth(&key, &sender)}
            <div role="status">{gone}</div>
            <details class="more"><summary>"Its record"</summary>{record(&key)}</details>
            <div class="domain-acts">
                {check(acts, key.selector.clone(), "Check the record")}
                {replace}
                <Button kind=ButtonKind::Quiet on_press=Callback::new(move |()| off.set(true))>"Switch off…"</Button>
            </div>
        </section>
    }
}

#[component]
fn Waits(key_line: KeyLine, sender: String, acts: KeyActs, replaces: bool) -> impl IntoView {
    let key = key_line;
    let heading = format!("key-{}", key.selector);
    let checked = key
        .checked
        .clone()
        .map(|(at, _, said)| view! { <p class="notice" data-state="warning">{said}" Looked for "<TimeText at=Some(at)/>"."</p> });
    let discarding = acts.remove.pending();
    view! {
        <section class="card domain" aria-labelledby=heading>
            {head(&key, "warning", icon::WARNING, "Waits for its record")}
            <p>"Make this TXT record where the names of "{key.domain.clone()}" are managed, then have it checked. Nothing is signed with this key before."
                {replaces.then_some(" Until then the key in use signs; leave its record for a week after that, for mail on its way.")}</p>
            {worth(&key, &sender)}
            {record(&key)}
            <div role="status">{checked}</div>
            <div class="domain-acts">
                {check(acts, key.selector.clone(), "Check and sign")}
                <ActionForm action=acts.remove>
                    <input type="hidden" name="selector" value=key.selector.clone()/>
                    <Button kind=ButtonKind::Quiet submit=true busy=discarding>"Discard"</Button>
                </ActionForm>
            </div>
        </section>
    }
}
