//! The browser's own interfaces, behind plain functions. On the server each does nothing.

/// Percent-escapes a text for use as the value of a query.
pub fn escape(text: &str) -> String {
    use std::fmt::Write;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => escaped.push(char::from(byte)),
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

#[cfg(not(feature = "hydrate"))]
pub use none::*;
#[cfg(feature = "hydrate")]
pub use real::*;

#[cfg(feature = "hydrate")]
mod real {
    use domain::time::Time;
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue};

    /// Loads another page from the server, so that who is signed in is known anew.
    pub fn leave_for(url: &str) {
        let _ = window().location().set_href(url);
    }

    /// Loads this page again.
    pub fn reload() {
        let _ = window().location().reload();
    }

    /// The attribute of the document's root.
    pub fn root_attribute(name: &str) -> Option<String> {
        document().document_element().and_then(|root| root.get_attribute(name))
    }

    /// Sets an attribute of the document's root; none removes it.
    pub fn set_root_attribute(name: &str, value: Option<&str>) {
        if let Some(root) = document().document_element() {
            let _ = match value {
                Some(value) => root.set_attribute(name, value),
                None => root.remove_attribute(name),
            };
        }
    }

    /// Keeps a setting of the looks for a year.
    pub fn set_cookie(name: &str, value: &str) {
        if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
            let secure = if window().location().protocol().is_ok_and(|p| p == "https:") { "; Secure" } else { "" };
            let _ = document.set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax{secure}"));
        }
    }

    /// A cookie that scripts may read.
    pub fn cookie(name: &str) -> Option<String> {
        let document = document().dyn_into::<web_sys::HtmlDocument>().ok()?;
        let all = document.cookie().ok()?;
        all.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.to_owned())
        })
    }

    /// Scrolls the first element that matches into its list's view, if it is out of it.
    pub fn show_nearest(selector: &str) {
        if let Ok(Some(element)) = document().query_selector(selector) {
            let options = js_sys::Object::new();
            let _ = js_sys::Reflect::set(&options, &"block".into(), &"nearest".into());
            if let Ok(scroll) = js_sys::Reflect::get(&element, &"scrollIntoView".into())
                && let Some(scroll) = scroll.dyn_ref::<js_sys::Function>()
            {
                let _ = scroll.call1(&element, &options);
            }
        }
    }

    /// The browser's clock.
    pub fn clock() -> Time {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
        Time(js_sys::Date::now() as i64)
    }

    /// An instant in the reader's own zone, the zone named, as `text::day_time` writes it: `12 Nov 2026 03:00 CET`.
    pub fn local_time(time: Time) -> String {
        thread_local! {
            // Made once: a list has some hundred times, and making one costs far more than using it.
            static FORMAT: js_sys::Function = {
                let options = js_sys::Object::new();
                let parts = [
                    ("day", "numeric"),
                    ("month", "short"),
                    ("year", "numeric"),
                    ("hour", "2-digit"),
                    ("minute", "2-digit"),
                    ("timeZoneName", "short"),
                ];
                for (key, value) in parts {
                    let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
                }
                js_sys::Intl::DateTimeFormat::new(&js_sys::Array::of1(&"en-GB".into()), &options).format()
            };
        }
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        let date = JsValue::from_f64(time.0 as f64);
        let words = FORMAT.with(|format| format.call1(&JsValue::UNDEFINED, &date)).ok().and_then(|words| words.as_string());
        words.unwrap_or_default().replacen(", ", " ", 1)
    }

    /// `10:42` in the reader's zone.
    pub fn local_clock(time: Time) -> String {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        let date = js_sys::Date::new(&JsValue::from_f64(time.0 as f64));
        format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
    }

    /// An instant as a `datetime-local` input has it, in the reader's zone: `2026-11-20T22:00`.
    pub fn local_input(time: Time) -> String {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        let date = js_sys::Date::new(&JsValue::from_f64(time.0 as f64));
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}",
            date.get_full_year(),
            date.get_month() + 1,
            date.get_date(),
            date.get_hours(),
            date.get_minutes()
        )
    }

    /// The instant that a `datetime-local` input means; none if it isn't one.
    pub fn from_local_input(typed: &str) -> Option<Time> {
        let time = js_sys::Date::parse(typed);
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
        time.is_finite().then_some(Time(time as i64))
    }

    /// Puts the focus on the first element that matches, without scrolling to it.
    pub fn focus(selector: &str) {
        if let Ok(Some(element)) = document().query_selector(selector)
            && let Ok(element) = element.dyn_into::<web_sys::HtmlElement>()
        {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = element.focus_with_options(&options);
        }
    }

    /// Brings the current link of rows that are wider than the screen into sight, without moving the page.
    pub fn show_current_tab() {
        let Ok(tabs) = document().query_selector_all(":is(.main-nav, .tabs) > [aria-current]") else { return };
        for place in 0..tabs.length() {
            if let Some(tab) = tabs.item(place).and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok())
                && let Some(row) = tab.parent_element()
            {
                row.set_scroll_left(tab.offset_left() - (row.client_width() - tab.offset_width()) / 2);
            }
        }
    }

    /// Puts a text into the clipboard. False where the browser has none (plain HTTP).
    pub fn copy(text: &str) -> bool {
        let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
        if clipboard.is_undefined() {
            return false;
        }
        let _ = window().navigator().clipboard().write_text(text);
        true
    }

    /// Selects what an element holds, so that it can be copied by hand.
    pub fn select(element: &web_sys::Element) {
        if let Ok(selection) = js_sys::Reflect::get(&window(), &"getSelection".into())
            && let Some(get) = selection.dyn_ref::<js_sys::Function>()
            && let Ok(selection) = get.call0(&window())
            && let Ok(choose) = js_sys::Reflect::get(&selection, &"selectAllChildren".into())
            && let Some(choose) = choose.dyn_ref::<js_sys::Function>()
        {
            let _ = choose.call1(&selection, element);
        }
    }

    /// Saves a text as a file.
    pub fn download(name: &str, mime: &str, text: &str) {
        let options = web_sys::BlobPropertyBag::new();
        options.set_type(mime);
        let parts = js_sys::Array::of1(&text.into());
        let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else { return };
        let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
        if let Ok(link) = document().create_element("a")
            && let Ok(link) = link.dyn_into::<web_sys::HtmlAnchorElement>()
        {
            link.set_href(&url);
            link.set_download(name);
            link.click();
        }
        let _ = web_sys::Url::revoke_object_url(&url);
    }

    /// Reads the file that is chosen in the input of this id, as it is, in Base64: its name and content. What is wrong with it, else.
    pub fn read_file(input: &str, most_bytes: f64, done: impl FnOnce(Result<(String, String), &'static str>) + 'static) {
        let input = document().get_element_by_id(input).and_then(|e| e.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) else { return };
        if file.size() > most_bytes {
            return done(Err("This file is too large. Split it, or leave out columns that aren't needed."));
        }
        let Ok(reader) = web_sys::FileReader::new() else { return };
        let (name, own) = (file.name(), reader.clone());
        let ended = wasm_bindgen::closure::Closure::once_into_js(move || {
            let text = own.result().ok().and_then(|result| result.as_string());
            let content = text.map(|text| text.split_once(',').map_or_else(String::new, |(_, content)| content.to_owned()));
            done(content.map(|content| (name, content)).ok_or("The file could not be read. Choose it again."));
        });
        reader.set_onloadend(Some(ended.unchecked_ref()));
        let _ = reader.read_as_data_url(&file);
    }

    /// Calls once after so many milliseconds.
    pub fn after(milliseconds: u32, call: impl FnOnce() + 'static) {
        gloo_timers::callback::Timeout::new(milliseconds, call).forget();
    }

    /// How far the page is scrolled down, in pixels.
    pub fn scrolled() -> f64 {
        window().scroll_y().unwrap_or(0.0)
    }

    /// Keeps a text in this browser under a name.
    pub fn keep(name: &str, text: &str) {
        if let Ok(Some(storage)) = window().local_storage() {
            let _ = storage.set_item(name, text);
        }
    }

    /// What was kept under a name.
    pub fn kept(name: &str) -> Option<String> {
        window().local_storage().ok().flatten().and_then(|storage| storage.get_item(name).ok().flatten())
    }

    /// Opens an address in a new tab.
    pub fn open_apart(url: &str) {
        let _ = window().open_with_url_and_target(url, "_blank");
    }

    /// Scrolls what holds the first element that matches, only as far as is needed to see it.
    pub fn show_within(selector: &str) {
        if let Ok(Some(element)) = document().query_selector(selector) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    /// True when an element was pressed itself, not something within it.
    pub fn is_pressed_itself(event: &web_sys::MouseEvent) -> bool {
        event.target().is_some() && event.target() == event.current_target()
    }

    /// True while the tab can be seen.
    pub fn is_visible() -> bool {
        document().visibility_state() == web_sys::VisibilityState::Visible
    }
}

#[cfg(not(feature = "hydrate"))]
mod none {
    use domain::time::Time;

    /// Loads another page from the server.
    pub const fn leave_for(_url: &str) {}
    /// Loads this page again.
    pub const fn reload() {}
    /// The attribute of the document's root.
    pub const fn root_attribute(_name: &str) -> Option<String> {
        None
    }
    /// Sets an attribute of the document's root.
    pub const fn set_root_attribute(_name: &str, _value: Option<&str>) {}
    /// Keeps a setting of the looks.
    pub const fn set_cookie(_name: &str, _value: &str) {}
    /// A cookie of the request.
    #[cfg(feature = "ssr")]
    pub fn cookie(name: &str) -> Option<String> {
        crate::context::cookie(name)
    }
    /// A cookie of the request.
    #[cfg(not(feature = "ssr"))]
    pub const fn cookie(_name: &str) -> Option<String> {
        None
    }
    /// Scrolls an element into its list's view.
    pub const fn show_nearest(_selector: &str) {}
    /// The browser's clock.
    pub const fn clock() -> Time {
        Time(0)
    }
    /// An instant in the reader's own language and zone.
    pub const fn local_time(_time: Time) -> String {
        String::new()
    }
    /// `10:42` in the reader's zone.
    pub const fn local_clock(_time: Time) -> String {
        String::new()
    }
    /// An instant as a `datetime-local` input has it.
    pub const fn local_input(_time: Time) -> String {
        String::new()
    }
    /// The instant that a `datetime-local` input means.
    pub const fn from_local_input(_typed: &str) -> Option<Time> {
        None
    }
    /// Puts the focus on the first element that matches.
    pub const fn focus(_selector: &str) {}
    /// Brings the current tab into sight.
    pub const fn show_current_tab() {}
    /// Puts a text into the clipboard.
    pub const fn copy(_text: &str) -> bool {
        false
    }
    /// Saves a text as a file.
    pub const fn download(_name: &str, _mime: &str, _text: &str) {}
    /// Reads the file that is chosen in an input.
    pub fn read_file(_input: &str, _most_bytes: f64, _done: impl FnOnce(Result<(String, String), &'static str>) + 'static) {}
    /// Calls once after so many milliseconds.
    pub fn after(_milliseconds: u32, _call: impl FnOnce() + 'static) {}
    /// How far the page is scrolled down, in pixels.
    pub const fn scrolled() -> f64 {
        0.0
    }
    /// Keeps a text in this browser under a name.
    pub const fn keep(_name: &str, _text: &str) {}
    /// What was kept under a name.
    pub const fn kept(_name: &str) -> Option<String> {
        None
    }
    /// Opens an address in a new tab.
    pub const fn open_apart(_url: &str) {}
    /// Scrolls to the first element that matches.
    pub const fn show_within(_selector: &str) {}
    /// True when an element was pressed itself.
    pub const fn is_pressed_itself(_event: &leptos::ev::MouseEvent) -> bool {
        false
    }
    /// True while the tab can be seen.
    pub const fn is_visible() -> bool {
        false
    }
}
