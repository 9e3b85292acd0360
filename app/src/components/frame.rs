//! The frame around every page: product, navigation, live indicator, theme, account, skip link, announcements.

use super::{
    Later, Palette, Toasts,
    icon::{Icon, PERSON, THEME},
    menu::{self, Menu, MenuLink, MenuPart},
    time,
    toast::ToastList,
};
use crate::{
    browser,
    live::{Live, Pulse},
    me::{self, Looking, Me},
    pages::settings,
};
use domain::access::{Action, Role};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Context: reads a page's title out and moves the focus to its heading, once per address.
#[derive(Clone, Copy, Debug)]
pub struct Announcer {
    words: RwSignal<String>,
    last: StoredValue<Option<String>>,
}

impl Default for Announcer {
    fn default() -> Self {
        Self { words: RwSignal::new(String::new()), last: StoredValue::new(None) }
    }
}

impl Announcer {
    /// A page of this address has appeared. The first one of a tab was loaded by the browser, which does all this itself.
    pub fn arrived(&self, path: &str, title: &str) {
        let before = self.last.get_value();
        if before.as_deref() == Some(path) {
            return;
        }
        self.last.set_value(Some(path.to_owned()));
        #[cfg(feature = "hydrate")]
        crate::scroll::arrived(path);
        if before.is_some() {
            self.words.set(title.to_owned());
            browser::after(0, || browser::focus("#main h1"));
        }
    }
}

/// The frame. Signed out it is only the product's name and the theme.
#[component]
pub fn Frame(
    /// The page.
    children: Children,
) -> impl IntoView {
    let announcer = Announcer::default();
    provide_context(announcer);
    provide_context(ToastList::default());
    let me = use_context::<Looking>().unwrap_or_default().0;
    Effect::new(|_| {
        menu::mind();
        time::mind();
        #[cfg(feature = "hydrate")]
        crate::scroll::mind();
    });
    view! {
        <a class="skip-link" href="#main" rel="external" on:click=|event| { event.prevent_default(); browser::focus("#main"); }>"Skip to the page"</a>
        <Later><header class="top-bar">
            <a class="product" href="/"><Mark/><span>"Holdfast"</span></a>
            {me.as_ref().map(|_| view! { <MainNav/> })}
            <Later><div class="top-bar-end">
                {me.as_ref().map(|me| view! { {me.role.may(Action::SeeDashboards).then(|| view! { <LiveIndicator/> })} <Palette/> })}
                <ThemeSwitch/>
                {me.map(|me| view! { <Account me/> })}
            </div></Later>
        </header></Later>
        <Later><main id="main" tabindex="-1">{children()}</main></Later>
        <div class="hidden-words" aria-live="polite" role="status">{move || announcer.words.get()}</div>
        <Toasts/>
    }
}

#[component]
fn Mark() -> impl IntoView {
    // A bollard with a rope around it: what holds a ship in a storm.
    view! {
        <svg class="product-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d="M5 3.5h14v3.6h-3v3.4h-8V7.1H5ZM8 13.5h8v3.4h4v3.6H4v-3.6h4Z"></path>
            <path class="product-rope" d="M5.5 11.2h13v1.6h-13Z"></path>
        </svg>
    }
}

#[component]
fn MainNav() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move || {
        path.track();
        request_animation_frame(browser::show_current_tab);
    });
    let link = move |href: &str, words: &'static str, below: &'static [&'static str]| {
        let (href, own) = (href.to_owned(), href.to_owned());
        let is_here = move || path.with(|path| *path == own || below.iter().any(|b| path.starts_with(b)));
        view! { <a href=href aria-current=move || is_here().then_some("true")>{words}</a> }
    };
    let organizations = match me::me().and_then(|me| me.organization) {
        Some(own) => link(&format!("/organizations/{own}"), "Your organization", &["/organizations"]),
        None => link("/organizations", "Organizations", &["/organizations"]),
    };
    view! {
        <nav class="main-nav" aria-label="Main">
            {link("/", "Home", &[])}
            {link("/backups/devices", "Backups", &["/backups", "/devices/", "/runs/"])}
            {link("/saas", "SaaS", &["/saas", "/accounts/"])}
            {organizations}
            {link(settings::first(), "Settings", &["/settings"])}
        </nav>
    }
}

#[component]
fn LiveIndicator() -> impl IntoView {
    let live = Live::get();
    view! {
        <LiveWords pulse=live.pulse/>
        {move || live.is_outdated.get().then(|| view! {
            <button type="button" class="button button-primary" on:click=|_| browser::reload()>"New version: load it"</button>
        })}
    }
}

/// Whether the page follows what happens: a dot and words.
#[component]
pub fn LiveWords(
    /// What is known of the stream.
    #[prop(into)]
    pulse: Signal<Pulse>,
) -> impl IntoView {
    let state = move || match pulse.get() {
        Pulse::Starting => ("starting", "Connecting".to_owned()),
        Pulse::Live => ("live", "Live".to_owned()),
        Pulse::Stale(since) => ("stale", format!("Stale since {}", browser::local_clock(since))),
    };
    view! {
        <span class="live-indicator" data-pulse=move || state().0 title="Whether this page follows what happens without a reload">
            <span class="live-dot" aria-hidden="true"></span>
            <span role="status">{move || state().1}</span>
        </span>
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    // Three steps: as the system says, light, dark.
    let press = move |_| {
        let next = match browser::root_attribute("data-theme").as_deref() {
            Some("light") => Some("dark"),
            Some("dark") => None,
            _ => Some("light"),
        };
        browser::set_root_attribute("data-theme", next);
        browser::set_cookie("hf_theme", next.unwrap_or("system"));
    };
    view! {
        <button type="button" class="button button-quiet theme-switch" on:click=press title="Change the theme: as the system, light, dark">
            <Icon shape=THEME/>
            <span class="hidden-words">"Theme: "</span>
            <span class="theme-word theme-system">"Auto"</span>
            <span class="theme-word theme-light">"Light"</span>
            <span class="theme-word theme-dark">"Dark"</span>
        </button>
    }
}

#[component]
fn Account(me: Me) -> impl IntoView {
    view! {
        <div class="account">
            <Menu label=me.name icon=PERSON quiet=true end=true>
                <li class="account-who"><strong>{me.partner}</strong><span class="faint">{me.email}</span></li>
                <MenuPart/>
                <MenuLink href="/settings/account">"Your account"</MenuLink>
                {(me.role == Role::Owner).then(|| view! { <MenuLink href="/styleguide">"Style guide"</MenuLink> })}
                <MenuPart/>
                {me.others
                    .into_iter()
                    .map(|(to, place)| view! {
                        <li>
                            <form method="post" action="/sf/settings/switch_membership">
                                <input type="hidden" name="to" value=to/>
                                <button type="submit" class="menu-item">{format!("Switch to {place}")}</button>
                            </form>
                        </li>
                    })
                    .collect_view()}
                // A plain form: the next page comes from the server and knows that nobody is signed in.
                <li><form method="post" action="/sf/sign_out"><button type="submit" class="menu-item">"Sign out"</button></form></li>
            </Menu>
        </div>
    }
}
