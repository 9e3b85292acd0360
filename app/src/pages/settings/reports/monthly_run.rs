//! The monthly run of reports: how far it is, what could not be made, stopping it and taking it up again, a past month for all.
//!
//! What stands here is fetched again every few seconds while reports are made, and now and then otherwise; nothing but what has changed is
//! drawn anew, so that buttons and choices stay where they are.

use crate::{
    api::settings::monthly_run::{
        AskMonthlyRun, Course, FaultLine, MonthlyRun as Look, RetryMonthlyRun, RunView, StopMonthlyRun, StoppedView, TakeUpMonthlyRun,
        monthly_run,
    },
    browser,
    components::{Button, ButtonKind, Dialog, Progress, Section, SelectField, TableFrame, TimeText, loaded, use_toasts},
    error::UiError,
    pages::start::form::{Faults, FormFault},
    wire,
};
use domain::{report::Month, text, time::Time};
use leptos::{prelude::*, server_fn::ServerFn};

/// Milliseconds from one look to the next while something moves …
const SOON: u32 = 3_000;
/// … and otherwise.
const SELDOM: u32 = 30_000;
/// So many looks after something was done are soon, too: servers follow after some seconds.
const EAGER: u32 = 6;

/// What is done here.
#[derive(Clone, Copy)]
struct Acts {
    stop: ServerAction<StopMonthlyRun>,
    take_up: ServerAction<TakeUpMonthlyRun>,
    again: ServerAction<RetryMonthlyRun>,
    ask: ServerAction<AskMonthlyRun>,
}

/// What is shown, and how it is kept fresh.
#[derive(Clone, Copy)]
struct Shown {
    view: RwSignal<RunView>,
    look: ServerAction<Look>,
    eager: StoredValue<u32>,
    /// Only the look that was planned last is taken.
    plan: StoredValue<u32>,
}

impl Shown {
    fn new(view: RunView) -> Self {
        Self { view: RwSignal::new(view), look: ServerAction::new(), eager: StoredValue::new(0), plan: StoredValue::new(0) }
    }

    fn show(self, new: RunView) {
        if self.view.with_untracked(|old| *old != new) {
            self.view.set(new);
        }
    }

    /// Shows what an action answers, and looks more often for a while.
    fn follow<S>(self, action: ServerAction<S>)
    where
        S: ServerFn<Output = RunView, Error = UiError> + Clone + Send + Sync + 'static,
    {
        Effect::new(move |_| {
            if let Some(Ok(view)) = action.value().get() {
                self.show(view);
                self.eager.set_value(EAGER);
                self.plan_next();
            }
        });
    }

    fn plan_next(self) {
        let eager = self.eager.get_value();
        self.eager.set_value(eager.saturating_sub(1));
        // Without anything to come the servers have yet to work out when.
        let moves = eager > 0 || self.view.with_untracked(|view| view.course == Course::Running || view.next.is_none());
        let plan = self.plan.get_value().wrapping_add(1);
        self.plan.set_value(plan);
        browser::after(if moves { SOON } else { SELDOM }, move || {
            // The page may be gone by then.
            if self.plan.try_get_value() == Some(plan) {
                self.look.dispatch(Look {});
            }
        });
    }

    /// Looks again and again.
    fn keep_fresh(self) {
        let toasts = use_toasts();
        Effect::new(move |_| {
            let _ = self.look.version().get();
            if let Some(Ok(view)) = self.look.value().get_untracked() {
                let was = self.view.with_untracked(|view| view.course);
                if let (Course::Running, Course::Done, Some(month)) = (was, view.course, view.month) {
                    toasts.say(format!("The reports of {} are made.", month.name()));
                }
                self.show(view);
            }
            self.plan_next();
        });
    }
}

/// The section.
#[component]
pub(super) fn MonthlyRun() -> impl IntoView {
    let first = wire::resource_blocking(|| (), |()| monthly_run());
    view! {
        <Section title="Monthly run">
            <p class="faint">"Backup Summary Reports are made on the 5th of the next month at 06:00, in each organization's own time zone."</p>
            {loaded(first, |view: RunView| view! { <Run view/> }.into_any())}
        </Section>
    }
}

#[component]
fn Run(view: RunView) -> impl IntoView {
    let may = view.may_steer;
    let shown = Shown::new(view);
    let acts = Acts { stop: ServerAction::new(), take_up: ServerAction::new(), again: ServerAction::new(), ask: ServerAction::new() };
    shown.follow(acts.stop);
    shown.follow(acts.take_up);
    shown.follow(acts.again);
    shown.follow(acts.ask);
    shown.keep_fresh();
    let view = shown.view;
    let course = Memo::new(move |_| view.with(|view| view.course));
    let asked = Memo::new(move |_| view.with(|view| view.asked.clone()));
    let stopped = Memo::new(move |_| view.with(|view| view.stopped.clone().map(|stopped| (stopped, view.left))));
    let goes_on_at = Memo::new(move |_| view.with(|view| view.goes_on_at.filter(|_| view.course == Course::Waiting)));
    // While some are left, their next one isn't worked out yet: the count would be of the others only.
    let next = Memo::new(move |_| view.with(|view| view.next.filter(|_| matches!(view.course, Course::Done | Course::NotYet))));
    let faults = Memo::new(move |_| view.with(|view| view.faults.clone()));
    let past = Memo::new(move |_| view.with(|view| view.past.clone()));
    let (stop_faults, take_up_faults) = (Faults::of(acts.stop), Faults::of(acts.take_up));
    view! {
        <div class="monthly-run">
            <Bar view course/>
            {move || asked.get().map(|(at, by)| view! { <p class="faint">{format!("Asked for by {by}, ")}<TimeText at=Some(at)/>"."</p> })}
            {move || goes_on_at.get().map(|at| view! {
                <p class="faint">"The next are made when it is 06:00 there: "<TimeText at=Some(at) focusable=true/>"."</p>
            })}
            {move || stopped.get().map(|(stopped, left)| view! { <Halt stopped left/> })}
            <FormFault faults=stop_faults/>
            <FormFault faults=take_up_faults/>
            {move || (may && matches!(course.get(), Course::Running | Course::Waiting)).then(|| view! {
                <ActionForm action=acts.stop attr:class="chain">
                    <Button submit=true busy=acts.stop.pending()>"Stop"</Button>
                    <span class="faint">"What is left is not made then; it can be taken up again."</span>
                </ActionForm>
            })}
            {move || (may && stopped.with(Option::is_some)).then(|| view! {
                <ActionForm action=acts.take_up attr:class="chain">
                    <Button kind=ButtonKind::Primary submit=true busy=acts.take_up.pending()>"Take it up again"</Button>
                </ActionForm>
            })}
            {move || next.get().map(|(month, at, organizations)| view! { <NextRun month at organizations/> })}
            {move || {
                let lines = faults.get();
                (!lines.is_empty()).then(|| view! { <Failures lines may=may && stopped.with(Option::is_none) acts/> })
            }}
            {move || {
                let months = past.get();
                (may && !months.is_empty()).then(|| view! { <PastMonth months acts/> })
            }}
        </div>
    }
}

fn organizations(n: u64) -> String {
    let counted = text::count(i64::try_from(n).unwrap_or(i64::MAX));
    if n == 1 { "1 organization".to_owned() } else { format!("{counted} organizations") }
}

fn number(n: u64) -> String {
    text::count(i64::try_from(n).unwrap_or(i64::MAX))
}

/// How far it is, in words.
fn told(view: &RunView) -> String {
    let all = view.made + view.left + view.failed;
    let mut words = format!("{} of {}", number(view.made), organizations(all));
    if view.left > 0 {
        words += &format!(", {} left", number(view.left));
    }
    if view.failed > 0 {
        words += &format!(", {} could not be made", number(view.failed));
    }
    words
}

/// A bar while something is left, else a sentence.
#[component]
fn Bar(view: RwSignal<RunView>, course: Memo<Course>) -> impl IntoView {
    let month = move |view: &RunView| view.month.map(Month::name).unwrap_or_default();
    let label = Signal::derive(move || {
        view.with(|view| match view.course {
            Course::Running => format!("Making the reports of {}", month(view)),
            Course::Stopped => format!("Reports of {}, stopped", month(view)),
            _ => format!("Reports of {}", month(view)),
        })
    });
    let percent =
        Signal::derive(move || view.with(|view| u8::try_from(view.made * 100 / (view.made + view.left + view.failed).max(1)).ok()));
    let detail = Signal::derive(move || view.with(told));
    let done = Memo::new(move |_| {
        view.with(|view| match (view.made, view.failed) {
            (0, 0) => format!("{}: no organization had anything to report.", month(view)),
            (made, 0) => format!("{}: the reports of {} are made.", month(view), organizations(made)),
            _ => format!("{}: {}.", month(view), told(view)),
        })
    });
    move || match course.get() {
        Course::NotYet => view! { <p>"No report has been due yet."</p> }.into_any(),
        Course::Done => view! { <p role="status">{move || done.get()}</p> }.into_any(),
        Course::Running | Course::Waiting | Course::Stopped => view! { <Progress label percent detail/> }.into_any(),
    }
}

/// Who stopped it, and what that means.
#[component]
fn Halt(stopped: StoppedView, left: u64) -> impl IntoView {
    let whom = if stopped.partly { " for some of your partners" } else { "" };
    let left = match left {
        0 => "Nothing is tried again until it is taken up.".to_owned(),
        1 => "1 organization is left. Its report is made when the run is taken up again.".to_owned(),
        n => format!("{} are left. Their reports are made when the run is taken up again.", organizations(n)),
    };
    view! {
        <p class="notice" data-state="warning">
            {format!("Stopped by {}{whom} ", stopped.by)}<TimeText at=Some(stopped.at) focusable=true/>". "{left}
            " It goes on by itself with the next month's run, "<TimeText at=Some(stopped.until) focusable=true/>"."
        </p>
    }
}

#[component]
fn NextRun(month: Month, at: Time, organizations: u64) -> impl IntoView {
    let for_whom = self::organizations(organizations);
    view! { <p class="faint">{format!("Next: {}, for {for_whom}, beginning ", month.name())}<TimeText at=Some(at) focusable=true/>"."</p> }
}

/// What could not be made, by organization.
#[component]
fn Failures(lines: Vec<FaultLine>, may: bool, acts: Acts) -> impl IntoView {
    let faults = Faults::of(acts.again);
    let row = |line: FaultLine| {
        view! {
            <tr>
                <th scope="row" class="cell-name" data-label="Organization">
                    <a href=format!("/organizations/{}/reports", line.organization)>{line.name}</a>
                </th>
                <td data-label="Why" class="report-said">{line.words}</td>
                <td data-label="Tried">{if line.tries == 1 { "once".to_owned() } else { format!("{} times", line.tries) }}</td>
                <td data-label="Next try">
                    {match line.next_at {
                        Some(at) => view! { <TimeText at=Some(at)/> }.into_any(),
                        None => "when it is taken up again".into_any(),
                    }}
                </td>
            </tr>
        }
    };
    view! {
        <h3>"Could not be made"</h3>
        <TableFrame label="Reports that could not be made" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Organization"</th>
                    <th scope="col">"Why"</th>
                    <th scope="col">"Tried"</th>
                    <th scope="col">"Next try"</th>
                </tr>
            </thead>
            <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
        </TableFrame>
        <FormFault faults/>
        {may.then(|| view! {
            <ActionForm action=acts.again attr:class="chain">
                <Button submit=true busy=acts.again.pending()>"Make them again now"</Button>
            </ActionForm>
        })}
    }
}

/// A past month for all who lack it. Without scripts the form asks no more; the choice says for how many.
#[component]
fn PastMonth(months: Vec<(Month, u64)>, acts: Acts) -> impl IntoView {
    let faults = Faults::of(acts.ask);
    let confirming = RwSignal::new(false);
    let month = RwSignal::new(months.first().map(|(month, _)| month.to_string()).unwrap_or_default());
    let options: Vec<(String, String)> =
        months.iter().map(|(month, n)| (month.to_string(), format!("{}: missing for {}", month.name(), organizations(*n)))).collect();
    let chosen = Memo::new(move |_| {
        let month = month.get();
        months.iter().find(|(of, _)| of.to_string() == month).copied()
    });
    Effect::new(move |_| {
        if acts.ask.value().with(Option::is_some) {
            confirming.set(false);
        }
    });
    let words = move || {
        chosen.get().map(|(month, n)| {
            format!(
                "Makes the report of {} for {} without one, as far as they had accounts or devices in that month. Where e-mail delivery was on \
                 when it was due, it is mailed.",
                month.name(),
                organizations(n)
            )
        })
    };
    let title = Signal::derive(move || chosen.get().map(|(month, _)| format!("Make the reports of {}?", month.name())).unwrap_or_default());
    view! {
        <ActionForm action=acts.ask attr:class="report-make">
            <SelectField label="Make the reports of a past month for all organizations" name="month" value=month options error=faults.about("month")/>
            <div class="form-actions">
                <button
                    type="submit"
                    class="button"
                    on:click=move |event| {
                        event.prevent_default();
                        confirming.set(true);
                    }
                >
                    "Make them"
                </button>
            </div>
            <FormFault faults fields=&["month"]/>
        </ActionForm>
        <Dialog open=confirming title>
            <ActionForm action=acts.ask attr:class="stack">
                <input type="hidden" name="month" value=move || month.get()/>
                <p>{words}</p>
                <div class="form-actions">
                    <Button on_press=Callback::new(move |()| confirming.set(false))>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=acts.ask.pending()>
                        {move || chosen.get().map(|(_, n)| format!("Make them for {}", organizations(n)))}
                    </Button>
                </div>
            </ActionForm>
        </Dialog>
    }
}
