//! Seats: how many are used, how much of what is known they cover, and when they were switched.

use crate::{
    api::organizations::features::{ActivationLine, DiscoverAccounts, SeatsView, ServiceLine},
    components::{Button, LinkButton, Progress, StatTile, StatTiles, TableFrame, TimeText, use_toasts},
    pages::start::form::{Faults, FormFault},
};
use domain::text;
use leptos::prelude::*;

/// Share in whole percent; everything only when it is everything.
pub(super) fn share(part: i64, whole: i64) -> i64 {
    if whole == 0 { 0 } else { part * 100 / whole }
}

/// "112 of 100 seats", "112 seats".
pub(super) fn of_seats(used: i64, limit: Option<i64>) -> String {
    match limit {
        Some(limit) => format!("{} of {} seats", text::count(used), text::count(limit)),
        None if used == 1 => "1 seat".to_owned(),
        None => format!("{} seats", text::count(used)),
    }
}

/// The numbers on top.
#[component]
pub fn SeatTiles(
    /// Seats.
    seats: SeatsView,
    /// The organization's address.
    address: String,
    /// Backups are activated.
    activated: bool,
) -> impl IntoView {
    let SeatsView { used, limit, accounts, .. } = seats;
    let above = limit.map_or(0, |limit| (used - limit).max(0));
    let note = match limit {
        Some(limit) if above > 0 => format!("{} above the {} bought", text::count(above), text::count(limit)),
        Some(limit) => format!("of {} bought", text::count(limit)),
        None => "no limit".to_owned(),
    };
    let features = format!("{address}/features");
    let list = format!("{features}?status=deactivated");
    let unprotected = if activated {
        view! { <StatTile value=accounts - used label="Unprotected" note="not backed up" state="warning" href=list/> }.into_any()
    } else {
        view! { <StatTile value=accounts label="Unprotected" note="while backups are off" state="warning"/> }.into_any()
    };
    let tile = if above > 0 {
        view! { <StatTile value=used label="Seats in use" note state="warning"/> }.into_any()
    } else {
        view! { <StatTile value=used label="Seats in use" note/> }.into_any()
    };
    view! {
        <StatTiles>
            {tile}
            <StatTile value=accounts label="Accounts" note="known" href=features/>
            {unprotected}
            <StatTile value=share(used, accounts) unit="%" label="Coverage" note="protected of all"/>
        </StatTiles>
        {(above > 0).then(|| view! {
            <p class="notice" data-state="warning">
                {format!("{} above the {} that were bought. ", if above == 1 { "One seat is used".to_owned() } else { format!("{} seats are used", text::count(above)) }, text::count(limit.unwrap_or(0)))}
                "Everybody stays backed up all the same: raise the limit, or deactivate accounts that need no backup."
            </p>
        })}
    }
}

/// A line for each service.
#[component]
pub fn Services(
    /// Of which organization.
    id: String,
    /// Those with a connection.
    services: Vec<ServiceLine>,
    /// May import and discover.
    may_manage: bool,
) -> impl IntoView {
    let discover = ServerAction::<DiscoverAccounts>::new();
    let faults = Faults::of(discover);
    let toasts = use_toasts();
    Effect::new(move |_| {
        if discover.value().with(|v| matches!(v, Some(Ok(())))) {
            toasts.say("The provider is asked who there is. New accounts appear here, unprotected.");
        }
    });
    if services.is_empty() {
        return ().into_any();
    }
    let import = format!("/organizations/{id}/accounts/import");
    view! {
        <div class="features-services">
        <FormFault faults/>
        <TableFrame label="Services" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Service"</th>
                    <th scope="col" class="number">"Accounts"</th>
                    <th scope="col" class="number">"Seats in use"</th>
                    <th scope="col">"Coverage"</th>
                    {may_manage.then(|| view! { <th scope="col"><span class="hidden-words">"Actions"</span></th> })}
                </tr>
            </thead>
            <tbody>
                {services
                    .into_iter()
                    .map(|line| {
                        let covered = u8::try_from(share(line.used, line.accounts)).unwrap_or(100);
                        let import = format!("{import}?connection={}", line.connection);
                        view! {
                            <tr>
                                <th scope="row" class="cell-name" data-label="Service">{line.service.name()}</th>
                                <td class="number" data-label="Accounts">{text::count(line.accounts)}</td>
                                <td class="number" data-label="Seats in use">{text::count(line.used)}</td>
                                <td data-label="Coverage">
                                    <span class="features-coverage">
                                        <Progress label=format!("{} covered", line.service.name()) percent=Some(covered) bare=true/>
                                        <span>{format!("{covered} %")}</span>
                                    </span>
                                </td>
                                {may_manage.then(|| view! {
                                    <td data-label="">
                                        <div class="row-actions">
                                            <LinkButton href=import>"Import accounts"</LinkButton>
                                            <ActionForm action=discover>
                                                <input type="hidden" name="connection" value=line.connection.to_string()/>
                                                <Button submit=true busy=discover.pending()>"Discover now"</Button>
                                            </ActionForm>
                                        </div>
                                    </td>
                                })}
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </TableFrame>
        </div>
    }
    .into_any()
}

/// The last changes of activation.
#[component]
pub fn History(
    /// Newest first.
    lines: Vec<ActivationLine>,
) -> impl IntoView {
    if lines.is_empty() {
        return view! { <p class="card">"Nothing was switched yet."</p> }.into_any();
    }
    view! {
        <ol class="card features-history">
            {lines
                .into_iter()
                .map(|line| {
                    let what = if line.activated { "activated" } else { "deactivated" };
                    let more = line.accounts.saturating_sub(1);
                    let words = match (line.accounts, more) {
                        (0, _) => format!("Backups of the organization {what}"),
                        (_, 0) => format!("{} {what}", line.address),
                        (_, 1) => format!("{} and one more {what}", line.address),
                        (_, more) => format!("{} and {} more {what}", line.address, text::count(i64::try_from(more).unwrap_or(i64::MAX))),
                    };
                    view! {
                        <li>
                            <span class="features-what">{words}{(!line.who.is_empty()).then(|| view! { <span class="faint">{format!(" by {}", line.who)}</span> })}</span>
                            <TimeText at=line.at/>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
    .into_any()
}
