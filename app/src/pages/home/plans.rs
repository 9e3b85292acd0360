//! Home of finance: plans and seats, nothing of backups (D11).

use crate::{
    api::backup::{PlanLine, PlansHome},
    components::{Empty, Section, StatTile, StatTiles, TableFrame},
};
use domain::text;
use leptos::prelude::*;

/// The page's body.
#[component]
pub fn Plans(
    /// What it shows.
    view: PlansHome,
) -> impl IntoView {
    let PlansHome { plans, is_more } = view;
    if plans.is_empty() {
        return view! { <Empty title="No organization yet"><p>"Plans and seats of each organization are listed here."</p></Empty> }
            .into_any();
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(0);
    let (all, active) = (count(plans.len()), count(plans.iter().filter(|p| p.status == "activated").count()));
    let seats: i64 = plans.iter().filter_map(|p| p.seat_limit).sum();
    view! {
        <StatTiles>
            <StatTile value=all label="Organizations" href="/organizations"/>
            <StatTile value=active label="Activated"/>
            <StatTile value=seats label="Seats sold"/>
        </StatTiles>
        <Section title="Plans and seats">
            <TableFrame label="Plans and seats" cards=true>
                <thead>
                    <tr>
                        <th scope="col">"Organization"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col">"Plan"</th>
                        <th scope="col">"Plan type"</th>
                        <th scope="col" class="number">"Seat limit"</th>
                    </tr>
                </thead>
                <tbody>{plans.into_iter().map(row).collect_view()}</tbody>
            </TableFrame>
            {is_more.then(|| view! { <p class="faint">"The first 500 are shown. "<a href="/organizations">"All organizations"</a></p> })}
        </Section>
    }
    .into_any()
}

fn row(plan: PlanLine) -> AnyView {
    view! {
        <tr>
            <th scope="row" class="cell-name"><a class="row-link" href=format!("/organizations/{}", plan.id)>{plan.name}</a></th>
            <td data-label="Status">{if plan.status == "activated" { "Activated" } else { "Deactivated" }}</td>
            <td data-label="Plan">{plan.plan_name}</td>
            <td data-label="Plan type">{plan.plan_type}</td>
            <td data-label="Seat limit" class="number">{plan.seat_limit.map_or_else(|| "none".to_owned(), text::count)}</td>
        </tr>
    }
    .into_any()
}
