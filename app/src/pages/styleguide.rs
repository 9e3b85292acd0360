//! `/styleguide`: every component in each of its states, for those who build screens and for the browser tests that take its
//! pictures. Owners only; for others there is nothing at this address. It asks for no data but where a component itself asks.

mod forms;
mod pictures;
mod tables;
mod values;

use super::not_found::NotFound;
use crate::{
    components::{Button, ButtonKind, LinkButton, Page},
    me::me,
};
use domain::access::Role;
use leptos::prelude::*;

/// The page.
#[component]
pub fn StyleGuide() -> impl IntoView {
    if me().is_some_and(|me| me.role == Role::Owner) { view! { <Guide/> }.into_any() } else { view! { <NotFound/> }.into_any() }
}

const PARTS: [(&str, &str); 14] = [
    ("colours", "Colours and type"),
    ("buttons", "Buttons"),
    ("badges", "States"),
    ("numbers", "Numbers"),
    ("words", "Words about a thing"),
    ("pictures", "Pictures"),
    ("menus", "Menus and tabs"),
    ("fields", "Fields"),
    ("switches", "Switches and progress"),
    ("dialogs", "Dialogs and toasts"),
    ("tables", "Tables"),
    ("choosing", "Choosing rows"),
    ("waiting", "Nothing, waiting, wrong"),
    ("logs", "Logs"),
];

#[component]
fn Guide() -> impl IntoView {
    let lead = view! { <p>"Each piece in each state. Change the theme above to see both; how to use and add one is told in docs/design-system.md."</p> };
    let actions = view! { <Button>"An action"</Button><LinkButton href="/" kind=ButtonKind::Primary>"The action"</LinkButton> };
    view! {
        <Page title="Style guide" breadcrumbs=vec![("/".into(), "Home".into())] lead=lead.into_any() actions=actions.into_any()>
            <div class="guide">
                <nav class="guide-nav" aria-label="Parts of the guide">
                    <ul>{PARTS.map(|(id, words)| view! { <li><a href=format!("#{id}")>{words}</a></li> }).collect_view()}</ul>
                </nav>
                <div class="guide-parts">
                    <values::Colours/>
                    <values::Buttons/>
                    <values::Badges/>
                    <values::Numbers/>
                    <values::Words/>
                    <pictures::Pictures/>
                    <forms::Menus/>
                    <forms::Fields/>
                    <forms::Switches/>
                    <forms::Dialogs/>
                    <tables::Tables/>
                    <tables::Choosing/>
                    <tables::Waiting/>
                    <tables::Logs/>
                </div>
            </div>
        </Page>
    }
}

/// A part of the guide: its name, and pieces.
#[component]
fn Part(
    /// Its place in [`PARTS`], by id.
    id: &'static str,
    /// Pieces.
    children: Children,
) -> impl IntoView {
    let words = PARTS.iter().find(|(part, _)| *part == id).map_or("", |(_, words)| words);
    view! { <section class="guide-part" id=id aria-labelledby=format!("{id}-title")><h2 id=format!("{id}-title")>{words}</h2>{children()}</section> }
}

/// A piece and its name in the code.
#[component]
fn Piece(
    /// The component's name.
    name: &'static str,
    /// The piece, in its states.
    children: Children,
) -> impl IntoView {
    view! { <div class="guide-piece" data-piece=name><p class="guide-name"><code>{name}</code></p><div class="guide-show">{children()}</div></div> }
}
