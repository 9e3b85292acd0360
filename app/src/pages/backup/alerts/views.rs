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

/// What the menu knows. It belongs to the page, not to the list in it: that is made anew with each address, while the old one is still
/// on screen and follows the address, too.
#[derive(Clone, Copy)]
pub struct Saved {
    views: RwSignal<Views>,
    /// Filters and order of the address.
    here: Memo<String>,
    save: ServerAction<SaveView>,
    delete: ServerAction<DeleteView>,
    busy: Signal<bool>,
    faults: Faults,
    faults_of_delete: Faults,
}

impl Saved {
    /// Of a page.
    pub fn of_page() -> Self {
        let query = use_query_map();
        let (save, delete) = (ServerAction::<SaveView>::new(), ServerAction::<DeleteView>::new());
        let views = RwSignal::new(Views::default());
        let toasts = use_toasts();
        let follow = move |answer: Option<Result<Views, crate::UiError>>, said: &str| {
            if let Some(Ok(fresh)) = answer {
                views.set(fresh);
                toasts.say(said.to_owned());
            }
        };
        Effect::new(move |_| follow(save.value().get(), "View kept."));
        Effect::new(move |_| follow(delete.value().get(), "View deleted."));
        let pending = save.pending();
        Self {
            views,
            here: Memo::new(move |_| canonical(&query.read())),
            save,
            delete,
            busy: Signal::derive(move || pending.get()),
            faults: Faults::of(save),
            faults_of_delete: Faults::of(delete),
        }
    }

    /// Takes in the views that came with a list.
    pub fn take(self, views: Views) {
        if self.views.with_untracked(|known| *known != views) {
            self.views.set(views);
        }
    }

    fn address(self) -> String {
        format!("/backups/alerts{}", self.here.get())
    }

    /// The name of the view whose filters are in force.
    fn name(self) -> Option<String> {
        let address = self.address();
        self.views.with(|views| views.lines.iter().find(|v| v.query == address && v.query.contains('?')).map(|v| v.name.clone()))
    }
}

/// The menu of views and the form that keeps the filters in force.
#[component]
pub fn SavedViews(
    /// What it knows.
    saved: Saved,
) -> impl IntoView {
    let Saved { views, here, save, busy, faults, faults_of_delete, .. } = saved;
    let label = move || saved.name().map_or_else(|| "Views".to_owned(), |name| format!("View: {name}"));
    view! {
        <details class="menu saved-views">
            <summary class="button"><Icon shape=icon::BOOKMARK/><span class="menu-words">{label}</span><Icon shape=icon::DOWN/></summary>
            <div class="menu-list">
                <ul role="list" aria-label="Saved views">
                    {move || views.with(|v| v.lines.clone()).into_iter().map(|view| one(view, saved)).collect_view()}
                    {move || views.with(|v| v.lines.is_empty()).then(|| view! { <li class="menu-part">"No views are saved yet."</li> })}
                </ul>
                <FormFault faults=faults_of_delete/>
                <ActionForm action=save attr:class="stack view-form">
                    <input type="hidden" name="query" value=move || here.get() prop:value=move || here.get()/>
                    <label for="view-name">{move || if here.with(String::is_empty) { "Keep this list, without filters, as" } else { "Keep these filters as" }}</label>
                    <input class="input" id="view-name" name="name" required=true maxlength="120" autocomplete="off"/>
                    {move || views.with(|v| v.may_share).then(|| view! {
                        <label class="menu-item"><input class="check" type="checkbox" name="shared" value="true"/>"For everybody here"</label>
                    })}
                    <FormFault faults/>
                    <Button kind=ButtonKind::Primary submit=true busy>"Save view"</Button>
                </ActionForm>
            </div>
        </details>
    }
}

fn one(view: ViewLine, saved: Saved) -> AnyView {
    let address = view.query.clone();
    let is_here = move || (saved.address() == address && address.contains('?')).then_some("true");
    let id: SavedViewId = view.id;
    let what = format!("Delete view {}", view.name);
    view! {
        <li class="view-row">
            <a class="menu-item" href=view.query.clone() aria-current=is_here>
                <span>{view.name}</span>
                {view.shared.then(|| view! { <span class="faint" title=format!("Shared by {}", view.made_by)>"shared"</span> })}
            </a>
            {view.may_delete.then(|| view! {
                <ActionForm action=saved.delete>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button class="button button-quiet" type="submit" aria-label=what.clone() title=what><Icon shape=icon::CLOSE/></button>
                </ActionForm>
            })}
        </li>
    }
    .into_any()
}
