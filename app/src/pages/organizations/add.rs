//! Adding an organization.

use super::change::OrganizationFields;
use crate::{
    api::organizations::{AddOrganization, AddOrganizationView, OrganizationInput, load_add_organization},
    components::{Button, ButtonKind, Empty, LinkButton, Page, loaded},
    pages::start::form::{Faults, FormFault, follow},
    wire,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn AddOrganizationPage() -> impl IntoView {
    let view = wire::resource_blocking(|| (), |()| load_add_organization());
    view! {
        <div class="narrow-page">
            <Page title="Add an organization" breadcrumbs=vec![("/organizations".to_owned(), "Organizations".to_owned())]
                lead=view! { <p>"A client whose machines you protect."</p> }.into_any()>
                {loaded(view, |view: AddOrganizationView| {
                    if view.may {
                        view! { <AddForm view/> }.into_any()
                    } else {
                        view! { <Empty title="You can't add organizations"><p>"Ask an owner, an admin or the finance role."</p></Empty> }.into_any()
                    }
                })}
            </Page>
        </div>
    }
}

#[component]
fn AddForm(view: AddOrganizationView) -> impl IntoView {
    let action = ServerAction::<AddOrganization>::new();
    let faults = Faults::of(action);
    follow(action, false);
    let start = OrganizationInput { time_zone: view.zone, plan_type: "Backup".to_owned(), ..OrganizationInput::default() };
    view! {
        <ActionForm action attr:class="stack card">
            <FormFault faults fields=super::change::FIELDS/>
            <OrganizationFields start zones=view.zones faults/>
            <div class="form-actions">
                <LinkButton href="/organizations">"Cancel"</LinkButton>
                <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Add it"</Button>
            </div>
        </ActionForm>
    }
}
