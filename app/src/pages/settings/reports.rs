//! Reports of the partner, a section each in a file of its own: what goes out by itself, to whom, and when.

mod monthly_run;
mod weekly;

use super::Settings;
use crate::components::Page;
use leptos::prelude::*;

/// The page.
#[component]
pub fn ReportSettings() -> impl IntoView {
    let lead = view! { <p>"What is made and mailed by itself."</p> };
    view! {
        <Page title="Reports" lead=lead.into_any()>
            <Settings here="/settings/reports">
                <weekly::Weekly/>
                <monthly_run::MonthlyRun/>
            </Settings>
        </Page>
    }
}
