//! A button with a list below it. It is a `<details>` of links and buttons, so it works before the scripts come; with them the
//! arrow keys walk it, Escape closes it, and so does a press elsewhere. The listening is done once for all menus (see [`mind`]).

use super::icon::{DOWN, Icon, Shape};
use leptos::prelude::*;

/// A button that opens a list of [`MenuLink`], [`MenuButton`], [`MenuCheck`].
#[component]
pub fn Menu(
    /// The button's words.
    #[prop(into)]
    label: String,
    /// A picture before them.
    #[prop(optional)]
    icon: Option<Shape>,
    /// Only the picture is seen; the words are for screen readers. For menus of rows.
    #[prop(optional)]
    compact: bool,
    /// No box around the button.
    #[prop(optional)]
    quiet: bool,
    /// The list ends where the button ends, rather than beginning where it begins.
    #[prop(optional)]
    end: bool,
    /// What can be chosen.
    children: Children,
) -> impl IntoView {
    let class = if quiet || compact { "button button-quiet" } else { "button" };
    let words = if compact { "hidden-words" } else { "menu-words" };
    view! {
        <details class="menu" data-end=end.then_some("") data-compact=compact.then_some("")>
            <summary class=class>{icon.map(|shape| view! { <Icon shape/> })}<span class=words>{label}</span>{(!compact).then(|| view! { <Icon shape=DOWN/> })}</summary>
            <ul class="menu-list" role="list">{children()}</ul>
        </details>
    }
}

/// A link of a menu.
#[component]
pub fn MenuLink(
    /// Where it goes.
    #[prop(into)]
    href: String,
    /// Where one is already.
    #[prop(optional)]
    here: bool,
    /// Its words.
    children: Children,
) -> impl IntoView {
    view! { <li><a class="menu-item" href=href aria-current=here.then_some("true")>{children()}</a></li> }
}

/// Something a menu does. The menu closes.
#[component]
pub fn MenuButton(
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// Takes something away.
    #[prop(optional)]
    danger: bool,
    /// Can't be pressed.
    #[prop(into, optional)]
    disabled: Signal<bool>,
    /// Its words.
    children: Children,
) -> impl IntoView {
    view! {
        <li>
            <button type="button" class="menu-item" data-danger=danger.then_some("") disabled=move || disabled.get() on:click=move |_| on_press.run(())>
                {children()}
            </button>
        </li>
    }
}

/// Something in a menu that is on or off. The menu stays open.
#[component]
pub fn MenuCheck(
    /// Its words.
    #[prop(into)]
    label: String,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Called with what it shall be.
    #[prop(into)]
    on_change: Callback<bool>,
) -> impl IntoView {
    view! {
        <li>
            <label class="menu-item">
                <input type="checkbox" class="check" checked=on.get_untracked() prop:checked=move || on.get() on:change=move |event| on_change.run(event_target_checked(&event))/>
                {label}
            </label>
        </li>
    }
}

/// A line, and words if any, between parts of a menu.
#[component]
pub fn MenuPart(
    /// What stands below it.
    #[prop(into, optional)]
    label: String,
) -> impl IntoView {
    view! { <li class="menu-part">{label}</li> }
}

/// Listens for all menus of the document, once.
#[cfg(feature = "hydrate")]
pub fn mind() {
    use leptos::prelude::document;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

    fn target(event: &Event) -> Option<Element> {
        event.target().and_then(|t| t.dyn_into::<Element>().ok())
    }
    fn closest(element: &Element, selector: &str) -> Option<Element> {
        element.closest(selector).ok().flatten()
    }
    /// Closes every open menu that doesn't hold `inside`.
    fn close_others(inside: Option<&Element>) {
        let Ok(open) = document().query_selector_all("details.menu[open]") else { return };
        for place in 0..open.length() {
            let Some(menu) = open.item(place).and_then(|n| n.dyn_into::<Element>().ok()) else { continue };
            if !menu.contains(inside.map(AsRef::as_ref)) {
                let _ = menu.remove_attribute("open");
            }
        }
    }
    fn focus(element: Option<Element>) {
        if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }
    /// Steps among the items: from the one that has the focus, or to an end.
    fn step(menu: &Element, key: &str) {
        let Ok(items) = menu.query_selector_all(".menu-list :is(a[href], button:not(:disabled), input:not(:disabled))") else { return };
        let active = document().active_element();
        let item = |place: u32| items.item(place).and_then(|n| n.dyn_into::<Element>().ok());
        let here = (0..items.length()).find(|place| item(*place) == active);
        let last = items.length().saturating_sub(1);
        let next = match (key, here) {
            ("Home", _) | ("ArrowDown", None) => 0,
            ("End", _) | ("ArrowUp", None) => last,
            ("ArrowDown", Some(place)) => {
                if place == last {
                    0
                } else {
                    place + 1
                }
            }
            (_, Some(place)) => {
                if place == 0 {
                    last
                } else {
                    place - 1
                }
            }
            _ => 0,
        };
        focus(item(next));
    }
    fn pressed(event: &KeyboardEvent) {
        let Some(target) = target(event) else { return };
        let Some(menu) = closest(&target, "details.menu") else { return };
        let is_open = menu.has_attribute("open");
        match event.key().as_str() {
            "Escape" if is_open => {
                event.prevent_default();
                event.stop_propagation();
                let _ = menu.remove_attribute("open");
                focus(menu.query_selector("summary").ok().flatten());
            }
            key @ ("ArrowDown" | "ArrowUp" | "Home" | "End") if is_open || key == "ArrowDown" => {
                event.prevent_default();
                event.stop_propagation();
                if !is_open {
                    let _ = menu.set_attribute("open", "");
                }
                step(&menu, key);
            }
            _ => {}
        }
    }
    /// An open list must not stick out of the window, nor be cut off by a table that scrolls.
    fn place(menu: &Element) {
        let (Ok(Some(summary)), Ok(Some(list))) = (menu.query_selector("summary"), menu.query_selector(".menu-list")) else { return };
        let Ok(list) = list.dyn_into::<HtmlElement>() else { return };
        let _ = menu.remove_attribute("data-over");
        let wide = window_size("innerWidth");
        let high = window_size("innerHeight");
        let button = summary.get_bounding_client_rect();
        let size = list.get_bounding_client_rect();
        if button.bottom() + size.height() + 8.0 > high && button.top() > size.height() + 8.0 {
            let _ = menu.set_attribute("data-over", "");
        }
        if closest(menu, ".table-frame").is_some() {
            let left = if menu.has_attribute("data-end") { button.right() - size.width() } else { button.left() };
            let left = left.min(wide - size.width() - 8.0).max(8.0);
            let top = if menu.has_attribute("data-over") { button.top() - size.height() - 4.0 } else { button.bottom() + 4.0 };
            let _ = menu.set_attribute("data-fixed", "");
            let style = list.style();
            let _ = style.set_property("inset-inline-start", &format!("{left:.0}px"));
            let _ = style.set_property("inset-block-start", &format!("{top:.0}px"));
        } else if size.right() > wide - 8.0 {
            let _ = menu.set_attribute("data-end", "");
        } else if size.left() < 8.0 {
            let _ = menu.remove_attribute("data-end");
        }
    }
    fn window_size(name: &str) -> f64 {
        js_sys::Reflect::get(&window(), &name.into()).ok().and_then(|v| v.as_f64()).unwrap_or(0.0)
    }
    fn listen(name: &str, act: impl Fn(Event) + 'static) {
        let act = Closure::<dyn Fn(Event)>::new(act);
        let _ = document().add_event_listener_with_callback_and_bool(name, act.as_ref().unchecked_ref(), true);
        act.forget();
    }

    listen("keydown", |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            pressed(event);
        }
    });
    listen("pointerdown", |event| close_others(target(&event).as_ref()));
    listen("focusin", |event| close_others(target(&event).as_ref()));
    listen("click", |event| {
        if target(&event).is_some_and(|t| closest(&t, ".menu-list :is(a, button)").is_some()) {
            // After what was pressed has heard of it.
            crate::browser::after(0, || close_others(None));
        }
    });
    listen("toggle", |event| {
        if let Some(menu) = target(&event).filter(|t| t.matches("details.menu[open]").unwrap_or(false)) {
            place(&menu);
        }
    });
    listen("scroll", |_| {
        if let Ok(Some(menu)) = document().query_selector("details.menu[open][data-fixed]") {
            let _ = menu.remove_attribute("open");
        }
    });
}

/// Listens for all menus of the document: nothing to do on the server.
#[cfg(not(feature = "hydrate"))]
pub const fn mind() {}
