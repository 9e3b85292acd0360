//! The filter by client: looked up as one types, among any number of them.

use crate::{
    api::backup::find_organizations,
    components::{Ask, Choice, Combobox, use_filter},
};
use leptos::prelude::*;

/// Narrows a list to one client, by the key `organization` of the URL.
#[component]
pub fn ClientFilter(
    /// The one that is chosen: (id, name).
    chosen: Option<(String, String)>,
) -> impl IntoView {
    let go = use_filter();
    let (id, name) = chosen.unwrap_or_default();
    let ask = Ask::new(|typed: String| async move {
        Ok(find_organizations(typed).await?.into_iter().map(|(id, name)| Choice::new(id, name)).collect())
    });
    let on_choose = Callback::new(move |choice: Choice| go.run(("organization", choice.value, false)));
    view! { <Combobox label="Client" name="organization" value=RwSignal::new(id) text=name ask on_choose placeholder="All clients" bare=true/> }
}
