//! A row of the list of alerts. It changes in place when the alert does, and unfolds to what is known of it.

use super::{details::Details, remedy::brief, table::tended};
use crate::{
    api::backup::AlertLine,
    components::{Address, Menu, MenuButton, SelectRow, Selection, SeverityBadge, TimeText, icon::MORE, toast::ToastList},
    live::use_now,
    pages::backup::{
        row::{alert_href, class_word},
        tend::{Whom, Wish, at_once},
    },
};
use domain::{alert::AlertKind, ids::AlertId, text, time::Time};
use leptos::prelude::*;

/// An alert on the page.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which alert.
    pub id: AlertId,
    /// As it is now.
    pub line: ArcRwSignal<AlertLine>,
    /// It came while the page was open.
    pub is_new: bool,
}

impl Row {
    /// Of a line.
    pub fn of(line: AlertLine, is_new: bool) -> Self {
        Self { id: line.id, line: ArcRwSignal::new(line), is_new }
    }
}

/// What all rows share.
#[derive(Clone, Copy, Debug)]
pub struct Shared {
    /// The server's time when the page was made.
    pub at: Time,
    /// Which rows are chosen.
    pub selection: Selection,
    /// What the dialog is open for.
    pub wish: RwSignal<Option<Wish>>,
    /// Rows that are unfolded.
    pub unfolded: RwSignal<u32>,
    /// Alerts may be tended; without it rows can't be chosen either.
    pub may_tend: bool,
    /// Says what was done.
    pub toasts: ToastList,
    /// Called after alerts were tended.
    pub changed: Callback<()>,
}

/// The row.
#[component]
pub fn AlertRow(
    /// The alert.
    row: Row,
    /// What all rows share.
    shared: Shared,
) -> impl IntoView {
    let Row { id, line, is_new } = row;
    let Shared { at, selection, wish, unfolded, may_tend, toasts, changed } = shared;
    let now = use_now();
    // What never changes of an alert.
    let seen = line.get_untracked();
    let (device, organization) = (seen.device.clone(), seen.organization.clone());
    let kind = text::kind_label(seen.kind);
    let name = format!("{}, {kind}", device.1);
    let title = StoredValue::new(name.clone());
    let line = RwSignal::from(line);
    let is_open = Memo::new(move |_| line.with(|l| l.resolved_at.is_none()));
    let is_unfolded = RwSignal::new(false);
    on_cleanup(move || {
        if is_unfolded.try_get_untracked() == Some(true) {
            let _ = unfolded.try_update(|n| *n = n.saturating_sub(1));
        }
    });
    let unfold = move |_| {
        is_unfolded.update(|u| *u = !*u);
        let grows = is_unfolded.get_untracked();
        unfolded.update(|n| *n = if grows { *n + 1 } else { n.saturating_sub(1) });
    };
    let ask = move |what: &'static str| {
        Callback::new(move |()| wish.set(Some(Wish { whom: Whom::Alerts(vec![id]), what, title: title.get_value() })))
    };
    let is_acknowledged = Memo::new(move |_| line.with(|l| l.acknowledged.is_some()));
    let is_quiet = Memo::new(move |_| line.with(|l| l.quiet_until(now.get().unwrap_or(at)).is_some()));
    let back = move |what: &'static str| Callback::new(move |()| at_once(vec![id], what, toasts, changed));
    view! {
        <tr data-resolved=move || (!is_open.get()).then_some("") data-new=is_new.then_some("")>
            {may_tend.then(|| view! { <SelectRow selection id=id.to_string() label=name/> })}
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/alerts/{id}")>{kind}</a></th>
            <td data-label="Severity"><SeverityBadge severity=Signal::derive(move || line.with(|l| l.severity))/></td>
            <td data-label="Device" class="cell-subject">
                <a class="quiet-link" href=alert_href(&seen)><Address text=device.1/></a>
                <span class="cell-aside">{match seen.kind { AlertKind::ConsentExpired => "Connection", _ if seen.is_account => "Account", _ => class_word(seen.class) }}</span>
                <a class="cell-sub quiet-link" href=format!("/organizations/{}", organization.0)>{organization.1}</a>
            </td>
            <td data-label="Since"><TimeText at=seen.opened_at/></td>
            <td data-label="Why" class="cell-words">
                <p>{move || line.with(|l| l.why(now.get().unwrap_or(at)))}</p>
                {move || line.with(|l| l.message.clone()).filter(|m| !m.is_empty()).map(|said| view! { <p class="said">{said}</p> })}
                <button type="button" class="unfold" aria-expanded=move || if is_unfolded.get() { "true" } else { "false" } on:click=unfold>
                    {move || if is_unfolded.get() { "Less" } else { "Files, log, history" }}
                </button>
                {move || is_unfolded.get().then(|| view! { <Details id/> })}
            </td>
            <td data-label="Recommended action" class="cell-words">{move || is_open.get().then(|| line.with(|l| brief(&l.remedy)))}</td>
            <td data-label="Done" class="cell-state">{move || line.with(tended)}</td>
            {may_tend.then(|| view! { <td class="cell-more">
                {move || is_open.get().then(|| view! {
                    <Menu label=format!("Tend {}", title.get_value()) icon=MORE compact=true end=true>
                        <MenuButton on_press=ask("acknowledge")>"Acknowledge"</MenuButton>
                        <MenuButton on_press=ask("snooze")>"Snooze"</MenuButton>
                        <MenuButton on_press=ask("note")>"Write a note"</MenuButton>
                        {move || is_acknowledged.get().then(|| view! { <MenuButton on_press=back("take_back")>"Take it back"</MenuButton> })}
                        {move || is_quiet.get().then(|| view! { <MenuButton on_press=back("end_snooze")>"End the snooze"</MenuButton> })}
                    </Menu>
                })}
            </td> })}
        </tr>
    }
}
