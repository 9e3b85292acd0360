//! Adding a device: within the first start and from everywhere else.

use super::{
    first_start::Steps,
    form::{Faults, FormFault, follow},
};
use crate::{
    api::start::{AddDevice, AddDeviceView, Choice, load_add_device},
    components::{Button, ButtonKind, Empty, Field, LinkButton, Page, SelectField, loaded},
    wire,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

fn asked() -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|q| q.get("organization")))
}

/// Third step of the first start.
#[component]
pub fn SetupDevicePage() -> impl IntoView {
    let organization = asked();
    let view = wire::resource_blocking(move || organization.get(), load_add_device);
    view! {
        <div class="narrow-page">
            <Page title="Your first device" lead=view! { <p>"A machine whose backups you want to watch."</p> }.into_any()>
                <Steps at=3/>
                {loaded(view, |view: AddDeviceView| view! { <DeviceForm view first=true/> }.into_any())}
            </Page>
        </div>
    }
}

/// Adds a device, for `?organization=` if it is given.
#[component]
pub fn AddDevicePage() -> impl IntoView {
    let organization = asked();
    let view = wire::resource_blocking(move || organization.get(), load_add_device);
    view! {
        <div class="narrow-page">
            <Page title="Add a device" breadcrumbs=vec![("/backups/devices".to_owned(), "Devices".to_owned())]>
                {loaded(view, |view: AddDeviceView| {
                    if !view.may {
                        view! { <Empty title="You can't add devices"><p>"Ask an owner, an admin or a technician."</p></Empty> }.into_any()
                    } else if view.organizations.is_empty() {
                        view! {
                            <Empty title="No organizations yet">
                                <p>"A device belongs to an organization. Add that first."</p>
                                <LinkButton href="/organizations/new" kind=ButtonKind::Primary>"Add an organization"</LinkButton>
                            </Empty>
                        }
                        .into_any()
                    } else {
                        view! { <DeviceForm view/> }.into_any()
                    }
                })}
            </Page>
        </div>
    }
}

/// (value, label) of choices.
pub fn options(choices: &[Choice]) -> Vec<(String, String)> {
    choices.iter().map(|c| (c.value.clone(), c.label.clone())).collect()
}

/// The value chosen at first.
pub fn chosen(choices: &[Choice]) -> String {
    choices.iter().find(|c| c.chosen).or_else(|| choices.first()).map(|c| c.value.clone()).unwrap_or_default()
}

#[component]
fn DeviceForm(
    view: AddDeviceView,
    /// Within the first start.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let action = ServerAction::<AddDevice>::new();
    let faults = Faults::of(action);
    follow(action, false);
    let name = RwSignal::new(String::new());
    // None is taken for being first by name: the one that the address names, or whom the reader chooses.
    let named = view.organizations.iter().find(|o| o.chosen).map(|o| o.value.clone()).unwrap_or_default();
    let ask = named.is_empty().then(|| (String::new(), "Choose an organization".to_owned()));
    let organization = RwSignal::new(named);
    let class = RwSignal::new("server".to_owned());
    let policy = RwSignal::new(chosen(&view.policies));
    let only_one = (view.organizations.len() == 1).then(|| view.organizations[0].clone());
    let organizations: Vec<(String, String)> = ask.into_iter().chain(options(&view.organizations)).collect();
    let policies = options(&view.policies);
    let notes = view.policies;
    let note = move || {
        let asks = class.with(|c| c == "server");
        notes.iter().find(|p| policy.with(|v| *v == p.value)).filter(|_| asks).and_then(|p| p.server_note.clone())
    };
    view! {
        <ActionForm action attr:class="stack card">
            <FormFault faults fields=&["organization", "name", "class", "policy"]/>
            {first.then(|| view! { <input type="hidden" name="form[first]" value="true"/> })}
            {match only_one {
                Some(one) => view! {
                    <input type="hidden" name="form[organization]" value=one.value/>
                    <p>"Of " <strong>{one.label}</strong></p>
                }
                .into_any(),
                None => view! { <SelectField label="Organization" name="form[organization]" value=organization required=true options=organizations error=faults.about("organization")/> }.into_any(),
            }}
            <Field label="Name of the device" name="form[name]" value=name required=true autocomplete="off" placeholder="fs-01"
                hint="As your people call it; reports can name it by this." error=faults.about("name")/>
            <SelectField label="Class" name="form[class]" value=class
                options=vec![("server".to_owned(), "Server".to_owned()), ("workstation".to_owned(), "Workstation".to_owned())]
                hint="A server is overdue after 12 hours, a workstation after 24, unless its policy says otherwise."
                error=faults.about("class")/>
            <SelectField label="Backups run" name="form[policy]" value=policy options=policies hint="Can be changed at any time." error=faults.about("policy")/>
            <p class="field-hint" role="status">{note}</p>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Add it and connect it"</Button>
            </div>
        </ActionForm>
    }
}
