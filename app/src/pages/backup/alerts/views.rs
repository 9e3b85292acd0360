//! Saved views: filters of the list under a name, for oneself or for everybody of the partner. Works before the scripts come.

use super::filters::canonical;
use crate::{
    api::backup::{DeleteView, SaveView, ViewLine, Views},
    components::{Button, ButtonKind, icon, icon::Icon, use_toasts},
    pages::start::form::{Faults, FormFault},
};
use domain::ids::SavedViewId;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

/// The menu of views and the form that keeps the filters in force.
#[component]
pub fn SavedViews(
    /// As they were when the page was made.
    views: Views,
) -> impl IntoView {
    let may_share = views.may_share;
    let lines = RwSignal::new(views.lines);
    let query = use_query_map();
    let here = Memo::new(move |_| canonical(&query.read()));
    let save = ServerAction::<SaveView>::new();
    let delete = ServerAction::<DeleteView>::new();
    let toasts = use_toasts();
    Effect::new(move |_| {
        if let Some(Ok(views)) = save.value().get() {
            lines.set(views.lines);
            toasts.say("View kept.".to_owned());
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(views)) = delete.value().get() {
            lines.set(views.lines);
            toasts.say("View deleted.".to_owned());
        }
    });
    let faults = Faults::of(save);
    let of_delete = Faults::of(delete);
    let current = move || {
        let address = format!("/backups/alerts{}", here.get());
        lines.with(|lines| lines.iter().find(|v| v.query == address && !here.with(String::is_empty)).map(|v| v.name.clone()))
    };
    let label = move || current().map_or_else(|| "Views".to_owned(), |name| format!("View: {name}"));
    view! {
        <details class="menu saved-views">
            <summary class="button"><Icon shape=icon::BOOKMARK/><span class="menu-words">{label}</span><Icon shape=icon::DOWN/></summary>
            <div class="menu-list">
                <ul role="list" aria-label="Saved views">
                    {move || lines.get().into_iter().map(|view| one(view, here, delete)).collect_view()}
                    {move || lines.with(Vec::is_empty).then(|| view! { <li class="menu-part">"No views are saved yet."</li> })}
                </ul>
                <FormFault faults=of_delete/>
                <ActionForm action=save attr:class="stack view-form">
                    <input type="hidden" name="query" value=move || here.get() prop:value=move || here.get()/>
                    <label class="stack" for="view-name">
                        <span>{move || if here.with(String::is_empty) { "Keep this list, without filters, as" } else { "Keep these filters as" }}</span>
                    </label>
                    <input class="input" id="view-name" name="name" required=true maxlength="120" autocomplete="off"/>
                    {may_share.then(|| view! {
                        <label class="menu-item"><input class="check" type="checkbox" name="shared" value="true"/>"For everybody here"</label>
                    })}
                    <FormFault faults/>
                    <Button kind=ButtonKind::Primary submit=true busy=save.pending()>"Save view"</Button>
                </ActionForm>
            </div>
        </details>
    }
}

fn one(view: ViewLine, here: Memo<String>, delete: ServerAction<DeleteView>) -> AnyView {
    let address = view.query.clone();
    let is_here = move || (format!("/backups/alerts{}", here.get()) == address && !here.with(String::is_empty)).then_some("true");
    let id: SavedViewId = view.id;
    let what = format!("Delete view {}", view.name);
    view! {
        <li class="view-row">
            <a class="menu-item" href=view.query.clone() aria-current=is_here>
                <span>{view.name}</span>
                {view.shared.then(|| view! { <span class="faint" title=format!("Shared by {}", view.made_by)>"shared"</span> })}
            </a>
            {view.may_delete.then(|| view! {
                <ActionForm action=delete>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button class="button button-quiet" type="submit" aria-label=what.clone() title=what><Icon shape=icon::CLOSE/></button>
                </ActionForm>
            })}
        </li>
    }
    .into_any()
}
