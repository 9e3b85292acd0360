//! Cookies of signed-in browsers, and of a key that is shown once. Server side only.

use super::GoOn;
use crate::{
    context::{self, CookieRules},
    error::UiError,
};
use domain::{ids::DeviceId, text, time::Time};
use engine::{
    Engine,
    store::sessions::{self, SignInError},
};
use http::{HeaderValue, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// How long a fresh key waits for the page that shows it, seconds.
const SHOWN_WITHIN: u32 = 120;

/// Compares without telling by its duration how much of it was right.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Signs in and gives the browser its cookie.
pub(super) async fn begin(engine: &Engine, email: &str, password: &str, now: Time) -> Result<(), UiError> {
    let agent = header_text(&header::USER_AGENT).unwrap_or_default();
    match sessions::sign_in(&engine.store, email, password, &agent, now).await {
        Ok(session) => {
            set_session(&session.token);
            Ok(())
        }
        Err(SignInError::LockedUntil(until)) => Err(UiError::new(
            429,
            "locked",
            format!(
                "Too many failed attempts. Signing in with this address is locked until {}, for another {}. Then try again, or ask an owner for help.",
                text::utc(until),
                text::span(until - now)
            ),
        )),
        Err(SignInError::WrongCredentials) => {
            Err(UiError::new(401, "wrong_credentials", "That address and password don't fit together. Check both and try again."))
        }
        Err(SignInError::Failed(error)) => Err(error.into()),
    }
}

/// Ends the session of this browser and takes its cookie back.
pub(super) async fn end(engine: &Engine, now: Time) -> Result<(), UiError> {
    if let Some(rules) = use_context::<CookieRules>()
        && let Some(token) = context::cookie(rules.name)
    {
        sessions::sign_out(&engine.store, &token, now).await?;
        set_cookie(rules.name, "", 0, rules.secure);
    }
    Ok(())
}

fn set_session(token: &str) {
    if let Some(rules) = use_context::<CookieRules>() {
        set_cookie(rules.name, token, SESSION_COOKIE_SECONDS, rules.secure);
    }
}

/// The browser keeps the cookie as long as the longest session; the store decides when it ends.
const SESSION_COOKIE_SECONDS: u32 = 30 * 86_400;

/// Where to go on; a form sent without scripts is redirected there.
pub(in crate::api) fn go_on(to: &str) -> GoOn {
    if context::is_plain_form() {
        leptos_axum::redirect(to);
    }
    GoOn { to: to.to_owned() }
}

fn key_cookie(device: DeviceId) -> String {
    format!("holdfast_key_{device}")
}

/// Lets the next page of this device show its fresh key.
pub(super) fn show_once(device: DeviceId, key: &str) {
    let secure = use_context::<CookieRules>().is_some_and(|rules| rules.secure);
    set_cookie(&key_cookie(device), key, SHOWN_WITHIN, secure);
}

/// The fresh key of a device, if it waits to be shown; it is not shown again.
pub(super) fn shown_now(device: DeviceId) -> Option<String> {
    let name = key_cookie(device);
    let key = context::cookie(&name).filter(|key| key.starts_with("hf_"))?;
    set_cookie(&name, "", 0, use_context::<CookieRules>().is_some_and(|rules| rules.secure));
    Some(key)
}

fn set_cookie(name: &str, value: &str, seconds: u32, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

fn header_text(name: &header::HeaderName) -> Option<String> {
    let parts = use_context::<Parts>()?;
    parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
}
