//! The dialog: a field, and a list of what it may mean that the arrow keys walk.

use super::recent;
use crate::{
    api::settings::search::{FoundLine, SearchView, search},
    browser,
    components::{
        BandBadge,
        dialog::closed,
        icon::{Icon, SEARCH},
    },
};
use leptos::{ev::KeyboardEvent, html, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// Rest after a key before the server is asked, in milliseconds.
const TYPING: u32 = 110;

/// The dialog.
#[component]
pub(super) fn Panel(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(SearchView::default());
    // The text that `found` answers; none before the first answer.
    let answered: RwSignal<Option<String>> = RwSignal::new(None);
    let failed = RwSignal::new(false);
    let here = RwSignal::new(0_usize);
    // Enter was pressed before the answer to what is typed was there; true: for a new tab.
    let hasty: StoredValue<Option<bool>> = StoredValue::new(None);
    let turn = StoredValue::new(0_u32);
    let navigate = StoredValue::new_local(use_navigate());

    let lines = move || found.with(|found| found.groups.iter().flat_map(|group| group.lines.iter().cloned()).collect::<Vec<FoundLine>>());
    let go = move |line: FoundLine, apart: bool| {
        if let Some(theme) = line.href.strip_prefix("#theme-") {
            browser::set_root_attribute("data-theme", Some(theme).filter(|theme| *theme != "system"));
            browser::set_cookie("hf_theme", theme);
        } else if apart {
            browser::open_apart(&line.href);
        } else if line.href.starts_with("/api/") {
            browser::leave_for(&line.href);
        } else {
            navigate.with_value(|navigate| navigate(&line.href, NavigateOptions::default()));
        }
        open.set(false);
    };
    let ask = move |rest: u32| {
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        browser::after(rest, move || {
            if turn.try_get_value() != Some(mine) {
                return;
            }
            spawn_local(async move {
                let Some(asked) = text.try_get_untracked() else { return };
                let answer = search(asked.clone(), recent()).await;
                // A later question has overtaken this one.
                if turn.try_get_value() != Some(mine) {
                    return;
                }
                failed.set(answer.is_err());
                found.set(answer.unwrap_or_default());
                answered.set(Some(asked));
                here.set(0);
                if let Some(apart) = hasty.try_update_value(Option::take).flatten()
                    && let Some(line) = lines().into_iter().next()
                {
                    go(line, apart);
                }
            });
        });
    };
    Effect::new(move |_| {
        let is_open = open.get();
        #[cfg(feature = "hydrate")]
        if let Some(dialog) = dialog.get() {
            if is_open && !dialog.open() {
                let _ = dialog.show_modal();
                if let Some(field) = field.get_untracked() {
                    field.set_value("");
                    let _ = field.focus();
                }
                text.set(String::new());
                hasty.set_value(None);
                ask(0);
            } else if !is_open && dialog.open() {
                dialog.close();
            }
        }
        let _ = (is_open, field, dialog);
    });
    let walk = move |by: isize| {
        let many = lines().len();
        if many > 0 {
            here.update(|place| *place = place.saturating_add_signed(by + many.cast_signed()) % many);
            browser::show_within(&format!("#palette-{}", here.get_untracked()));
        }
    };
    let press = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            walk(1);
        }
        "ArrowUp" => {
            event.prevent_default();
            walk(-1);
        }
        "Enter" => {
            event.prevent_default();
            let apart = event.ctrl_key() || event.meta_key();
            if answered.get_untracked() == Some(text.get_untracked()) {
                if let Some(line) = lines().into_iter().nth(here.get_untracked()) {
                    go(line, apart);
                }
            } else {
                hasty.set_value(Some(apart));
            }
        }
        _ => {}
    };
    let said = move || {
        let asked = answered.get()?;
        Some(match (failed.get(), lines().len()) {
            (true, _) => "The portal can't be reached. Check the connection and type again.".to_owned(),
            (false, 0) => format!("Nothing is called “{asked}”."),
            (false, 1) => "1 result".to_owned(),
            (false, n) => format!("{n} results"),
        })
    };
    let is_bare = move || answered.get().is_some() && (failed.get() || lines().is_empty());
    view! {
        <dialog
            class="palette"
            aria-label="Search"
            node_ref=dialog
            on:close=move |_| closed(dialog, open)
            on:click=move |event| {
                // A press beside the box lands on the dialog itself.
                if browser::is_pressed_itself(&event) {
                    open.set(false);
                }
            }
        >
            <div class="palette-box">
                <div class="palette-field">
                    <Icon shape=SEARCH/>
                    <input
                        node_ref=field
                        type="text"
                        role="combobox"
                        aria-label="Search organizations, devices, accounts, places and actions"
                        aria-expanded="true"
                        aria-autocomplete="list"
                        aria-controls="palette-list"
                        aria-activedescendant=move || (!lines().is_empty()).then(|| format!("palette-{}", here.get()))
                        placeholder="Organization, device, account, place or action"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="go"
                        on:input=move |event| {
                            text.set(event_target_value(&event));
                            hasty.set_value(None);
                            ask(TYPING);
                        }
                        on:keydown=press
                    />
                    <button type="button" class="button button-quiet palette-close" on:click=move |_| open.set(false)>"Close"</button>
                </div>
                <div class="palette-list" id="palette-list" role="listbox" aria-label="Results">
                    {move || {
                        let mut place = 0;
                        found
                            .get()
                            .groups
                            .into_iter()
                            .enumerate()
                            .map(|(number, group)| {
                                let (id, own_id) = (format!("palette-group-{number}"), format!("palette-group-{number}"));
                                let options = group
                                    .lines
                                    .into_iter()
                                    .map(|line| {
                                        let own = place;
                                        place += 1;
                                        let target = line.clone();
                                        view! {
                                            <a
                                                role="option"
                                                id=format!("palette-{own}")
                                                class="palette-line"
                                                tabindex="-1"
                                                href=line.href
                                                aria-selected=move || if here.get() == own { "true" } else { "false" }
                                                on:pointermove=move |_| if here.get_untracked() != own { here.set(own) }
                                                on:click=move |event| {
                                                    if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                                                        event.prevent_default();
                                                        go(target.clone(), false);
                                                    }
                                                }
                                            >
                                                <span class="palette-name">{line.label}</span>
                                                <span class="palette-detail">{line.detail}</span>
                                                {line.band.map(|band| view! { <BandBadge band/> })}
                                            </a>
                                        }
                                    })
                                    .collect_view();
                                view! {
                                    <div role="group" aria-labelledby=id>
                                        <p class="palette-kind" id=own_id role="presentation">{group.title}</p>
                                        {options}
                                    </div>
                                }
                            })
                            .collect_view()
                    }}
                </div>
                <p class="palette-said" role="status" class:hidden-words=move || !is_bare()>{said}</p>
                <p class="palette-keys" aria-hidden="true">
                    <span><kbd>"↑"</kbd><kbd>"↓"</kbd>" choose"</span>
                    <span><kbd>"Enter"</kbd>" open"</span>
                    <span><kbd>"Ctrl"</kbd><kbd>"Enter"</kbd>" in a new tab"</span>
                    <span><kbd>"Esc"</kbd>" close"</span>
                </p>
            </div>
        </dialog>
    }
}
