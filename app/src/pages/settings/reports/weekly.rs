//! Weekly Health Summary: the switch, to whom, on which day and at which hour; what comes next and what went last; a look at it, and a test.

use crate::{
    api::settings::weekly::{ResumeWeekly, SaveWeekly, TestWeekly, WeeklyView, load_weekly},
    browser,
    components::{Button, ButtonKind, MailBadge, Pair, Pairs, Section, SelectField, SwitchField, TextField, TimeText, loaded, use_toasts},
    pages::{
        hindered::Hindered,
        start::form::{Faults, FormFault, worked},
    },
    wire,
};
use domain::{report::weekly::WEEKDAYS, text, time::Time};
use leptos::prelude::*;

/// How long a mail usually takes to the mail server, in milliseconds: then it is asked again what became of it.
const SENT_BY_THEN: u32 = 7_000;
/// Fields that tell their own faults.
const FIELDS: [&str; 3] = ["addresses", "weekday", "hour"];

/// What is done here.
#[derive(Clone, Copy)]
struct Acts {
    save: ServerAction<SaveWeekly>,
    test: ServerAction<TestWeekly>,
    resume: ServerAction<ResumeWeekly>,
}

/// What the form holds. It outlives what is fetched, and follows it only where the saved settings are others.
#[derive(Clone, Copy)]
struct Typed {
    on: RwSignal<bool>,
    addresses: RwSignal<String>,
    weekday: RwSignal<String>,
    hour: RwSignal<String>,
    saved: StoredValue<Option<Saved>>,
}

/// Settings as they are saved: on or off, to whom, day and hour.
type Saved = (bool, Vec<String>, u8, u8);

impl Typed {
    fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self { on: RwSignal::new(false), addresses: empty(), weekday: empty(), hour: empty(), saved: StoredValue::new(None) }
    }

    fn follow(self, now: Saved) {
        if self.saved.with_value(|saved| saved.as_ref() == Some(&now)) {
            return;
        }
        self.on.set(now.0);
        self.addresses.set(now.1.join("\n"));
        self.weekday.set(now.2.to_string());
        self.hour.set(now.3.to_string());
        self.saved.set_value(Some(now));
    }
}

/// The section.
#[component]
pub(super) fn Weekly() -> impl IntoView {
    let acts = Acts { save: ServerAction::new(), test: ServerAction::new(), resume: ServerAction::new() };
    let typed = Typed::new();
    let later = RwSignal::new(0_u32);
    let done = [worked(acts.save), worked(acts.resume)];
    let view = wire::resource_blocking(move || (done.map(|n| n.get()), later.get()), |_| load_weekly());
    let toasts = use_toasts();
    Effect::new(move |_| {
        if acts.save.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("Weekly health summary saved.");
        }
    });
    Effect::new(move |_| {
        if acts.test.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("A test is on its way to you.");
            browser::after(SENT_BY_THEN, move || {
                let _ = later.try_update(|n| *n += 1);
            });
        }
    });
    view! {
        <Section title="Weekly Health Summary">
            <p class="faint weekly-lead">"How all devices stand, the week's job success rate, new critical alerts, the five lowest scores and the trend of storage, once a week by mail."</p>
            {loaded(view, move |view: WeeklyView| view! { <Body view acts typed/> }.into_any())}
        </Section>
    }
}

#[component]
fn Body(view: WeeklyView, acts: Acts, typed: Typed) -> impl IntoView {
    let addresses = view.recipients.clone();
    let resume = move |address: String| {
        view! {
            <ActionForm action=acts.resume>
                <input type="hidden" name="address" value=address/>
                <Button submit=true busy=acts.resume.pending()>"Mail to it again"</Button>
            </ActionForm>
        }
        .into_any()
    };
    let (next, last, changed, own_address) = (view.next.clone(), view.last.clone(), view.changed.clone(), view.own_address.clone());
    let test = Faults::of(acts.test);
    view! {
        <Hindered addresses domains=Some("/settings/domains".to_owned()) resume faults=Faults::of(acts.resume)/>
        <Form view acts typed/>
        <Standing next last changed/>
        <div class="weekly-look">
            <a class="button" href="/weekly-summary/preview.html" rel="external" target="_blank">"Preview"</a>
            {(!own_address.is_empty()).then(|| view! {
                <ActionForm action=acts.test>
                    <Button submit=true busy=acts.test.pending()>"Send me a test"</Button>
                </ActionForm>
                <span class="faint">{format!("As it would be mailed now; a test goes to {own_address} only.")}</span>
            })}
            <FormFault faults=test/>
        </div>
    }
}

#[component]
fn Form(view: WeeklyView, acts: Acts, typed: Typed) -> impl IntoView {
    let WeeklyView { enabled, recipients, most, weekday, hour, time_zone, domains, sender, .. } = view;
    let faults = Faults::of(acts.save);
    typed.follow((enabled, recipients.into_iter().map(|recipient| recipient.address).collect(), weekday, hour));
    let days: Vec<(String, String)> = (1..).zip(WEEKDAYS).map(|(n, name): (u8, &str)| (n.to_string(), name.to_owned())).collect();
    let hours: Vec<(String, String)> = (0..24).map(|hour: u8| (hour.to_string(), format!("{hour:02}:00"))).collect();
    let zone = format!("In the zone {}.", time_zone.replace('_', " "));
    let rule = if domains.is_empty() {
        view! {
            <p class="notice" data-state="warning">
                "No domain of yours is verified yet, so no address can be entered. "<a href="/settings/domains">"Verify a domain"</a>
            </p>
        }
        .into_any()
    } else {
        view! { <p class="faint">{format!("Addresses at {}. ", domains.join(", "))}<a href="/settings/domains">"Domains"</a></p> }
            .into_any()
    };
    view! {
        <ActionForm action=acts.save attr:class="card stack weekly">
            <FormFault faults fields=&FIELDS/>
            <SwitchField label="Mail the weekly summary" name="form[enabled]" value=typed.on/>
            <div class="weekly-addresses">
                <TextField label="Recipients" name="form[addresses]" value=typed.addresses plain=true error=faults.about("addresses")
                    hint=format!("One address a line, {most} at most.")/>
            </div>
            {rule}
            <div class="weekly-when">
                <SelectField label="Day" name="form[weekday]" value=typed.weekday options=days error=faults.about("weekday")/>
                <SelectField label="Hour" name="form[hour]" value=typed.hour options=hours error=faults.about("hour")/>
            </div>
            <p class="faint">{zone}{(!sender.is_empty()).then(|| view! { " From "<strong>{sender}</strong>"." })}</p>
            <div class="form-actions"><Button kind=ButtonKind::Primary submit=true busy=acts.save.pending()>"Save"</Button></div>
        </ActionForm>
    }
}

/// When it goes next, and what became of the last one.
#[component]
fn Standing(
    next: Option<(Time, String)>,
    last: Option<(String, Time, Vec<crate::api::settings::weekly::CopyView>)>,
    changed: Option<(Time, String)>,
) -> impl IntoView {
    let next = match next {
        Some((at, words)) => view! { <time datetime=text::rfc3339(at) title=text::utc(at)>{words}</time> }.into_any(),
        None => "Not sent: it is switched off.".into_any(),
    };
    let last = match last {
        None => "None yet.".into_any(),
        Some((week, at, copies)) => {
            let nobody = copies.is_empty().then(|| view! { <p class="faint">"No copy is kept, or none was sent."</p> });
            let copies = copies.into_iter().map(|copy| {
                view! {
                    <li>
                        <a href=format!("/settings/outbox/{}", copy.id)>{copy.recipient}</a>
                        <MailBadge state=copy.state/>
                    </li>
                }
            });
            view! {
                <span>{format!("{week}, made ")}<TimeText at=Some(at)/></span>
                {nobody}
                <ul class="weekly-copies" role="list">{copies.collect_view()}</ul>
            }
            .into_any()
        }
    };
    view! {
        <div class="weekly-standing">
            <Pairs>
                <Pair label="Next">{next}</Pair>
                <Pair label="Sent last">{last}</Pair>
                {changed.map(|(at, who)| view! { <Pair label="Changed"><TimeText at=Some(at)/>" by "{who}</Pair> })}
            </Pairs>
        </div>
    }
}
