//! The same as the command palette, as a page: for browsers without scripts, and to share what was found.

use crate::{
    api::settings::search::{FoundGroup, FoundLine, SearchView, search},
    components::{BandBadge, Button, ButtonKind, Empty, Page, Section, loaded},
    wire,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn Search() -> impl IntoView {
    let query = use_query_map();
    let text = Memo::new(move |_| query.with(|q| q.get("q").unwrap_or_default()));
    let view = wire::resource_blocking(move || text.get(), |text| search(text, Vec::new()));
    view! {
        <Page title="Search">
            <form method="get" action="/search" class="search-form" role="search">
                <label for="search-q">"Organizations, devices, accounts, places, actions"</label>
                <div class="search-row">
                    <input class="input" id="search-q" type="search" name="q" autocomplete="off" value=text.get_untracked() prop:value=move || text.get()/>
                    <Button kind=ButtonKind::Primary submit=true>"Search"</Button>
                </div>
            </form>
            {loaded(view, move |view: SearchView| view! { <Found view text=text.get_untracked()/> }.into_any())}
        </Page>
    }
}

#[component]
fn Found(view: SearchView, text: String) -> impl IntoView {
    if view.groups.is_empty() {
        return view! {
            <Empty title=format!("Nothing is called “{text}”")><p>"Names are found by any part of them. Try fewer letters."</p></Empty>
        }
        .into_any();
    }
    view.groups
        .into_iter()
        .map(|FoundGroup { title, lines }| {
            // What is done on the spot needs scripts, and with them there is the palette.
            let lines: Vec<FoundLine> = lines.into_iter().filter(|line| !line.href.starts_with('#')).collect();
            (!lines.is_empty()).then(|| {
                view! {
                    <Section title>
                        <ul class="found card" role="list">
                            {lines.into_iter().map(|line| view! {
                                <li>
                                    <a href=line.href>{line.label}</a>
                                    <span class="faint">{line.detail}</span>
                                    {line.band.map(|band| view! { <BandBadge band/> })}
                                </li>
                            }).collect_view()}
                        </ul>
                    </Section>
                }
            })
        })
        .collect_view()
        .into_any()
}
