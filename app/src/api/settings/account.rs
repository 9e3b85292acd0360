//! The signed-in person: browsers, password.

use crate::error::UiError;
use domain::{ids::SessionId, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A browser that is signed in as the same person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Which session.
    pub id: SessionId,
    /// This browser.
    pub own: bool,
    /// What the browser says of itself, short.
    pub browser: String,
    /// Since when.
    pub created_at: Time,
    /// Last seen.
    pub seen_at: Time,
}

/// Another membership of the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipLine {
    /// `partner` or `partner/organization`, ids as text.
    pub value: String,
    /// Where it is.
    pub place: String,
    /// Role there, in words.
    pub role: String,
}

/// A change of password, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordInput {
    /// The password so far.
    pub old: String,
    /// The new one.
    pub new: String,
    /// The new one again.
    pub again: String,
}

/// The person's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Role in words.
    pub role: String,
    /// Where the person acts: the partner, or the organization of it.
    pub place: String,
    /// The person's other memberships.
    pub others: Vec<MembershipLine>,
    /// Signed-in browsers, this one first.
    pub sessions: Vec<SessionLine>,
}

/// The signed-in person.
///
/// # Errors
/// Nobody is signed in; the store fails.
#[server(prefix = "/sf", endpoint = "settings/account", output = crate::wire::Wire)]
pub async fn load_account() -> Result<AccountView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let session = crate::context::session().ok_or_else(|| UiError::not_found("session"))?;
    let rows = engine::store::sessions::list(&engine.store, &actor, (engine.clock)()).await?;
    let line = |row: engine::store::sessions::SessionRow| SessionLine {
        own: row.id == session.id,
        id: row.id,
        browser: browser_name(&row.user_agent),
        created_at: row.created_at,
        seen_at: row.seen_at,
    };
    let mut sessions: Vec<SessionLine> = rows.into_iter().map(line).collect();
    sessions.sort_by_key(|s| !s.own);
    let line = |m: &engine::store::sessions::Membership| MembershipLine {
        value: membership_value(m),
        place: membership_place(m),
        role: role_words(m.role).to_owned(),
    };
    let place = session
        .organization
        .as_ref()
        .map_or_else(|| session.partner_name.clone(), |(_, name)| format!("{name} ({})", session.partner_name));
    Ok(AccountView {
        others: session.others.iter().map(line).collect(),
        role: role_words(session.role).to_owned(),
        name: session.name,
        email: session.email,
        place,
        sessions,
    })
}

#[cfg(feature = "ssr")]
const fn role_words(role: domain::access::Role) -> &'static str {
    use domain::access::Role;
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Technician => "Technician",
        Role::Finance => "Finance",
        Role::Viewer => "Viewer",
        Role::ClientAdmin => "Client admin",
        Role::ClientViewer => "Client viewer",
    }
}

/// A membership in a form.
#[cfg(feature = "ssr")]
pub(crate) fn membership_value(m: &engine::store::sessions::Membership) -> String {
    m.organization.as_ref().map_or_else(|| m.partner.to_string(), |(id, _)| format!("{}/{id}", m.partner))
}

/// Where a membership is, in words.
#[cfg(feature = "ssr")]
pub(crate) fn membership_place(m: &engine::store::sessions::Membership) -> String {
    m.organization.as_ref().map_or_else(|| m.partner_name.clone(), |(_, name)| format!("{name} ({})", m.partner_name))
}

/// Changes the person's password and ends all other sessions; how many.
///
/// # Errors
/// At a field: what is wrong with it. `locked` after too many wrong guesses.
#[server(prefix = "/sf", endpoint = "settings/change_password", output = crate::wire::Wire)]
pub async fn change_password(
    /// As typed.
    form: PasswordInput,
) -> Result<u64, UiError> {
    use engine::store::sessions::{self, SignInError};
    let (engine, _) = crate::context::actor()?;
    let session = crate::context::session().ok_or_else(|| UiError::not_found("session"))?;
    if form.new != form.again {
        return Err(UiError::field("passwords_differ", "again", "The two new passwords differ. Type the same one twice."));
    }
    let now = (engine.clock)();
    match sessions::change_password(&engine.store, &session, &form.old, &form.new, now).await {
        Ok(ended) => {
            crate::api::start::go_on("/settings/account");
            Ok(ended)
        }
        Err(SignInError::WrongCredentials) => {
            Err(UiError::field("wrong_password", "old", "That isn't your password. Nothing was changed."))
        }
        Err(SignInError::LockedUntil(until)) => {
            Err(UiError::new(429, "locked", format!("Too many wrong passwords. Try again in {}.", domain::text::span(until - now))))
        }
        Err(SignInError::Failed(error)) => Err(error.into()),
    }
}

/// From now on this browser acts in another of the person's memberships.
///
/// # Errors
/// `not_found`: there is no such membership.
#[server(prefix = "/sf", endpoint = "settings/switch_membership", output = crate::wire::Wire)]
pub async fn switch_membership(
    /// `partner` or `partner/organization`, ids as text.
    to: String,
) -> Result<crate::api::start::GoOn, UiError> {
    let (engine, _) = crate::context::actor()?;
    let session = crate::context::session().ok_or_else(|| UiError::not_found("session"))?;
    let (partner, organization) = to.split_once('/').map_or((to.as_str(), None), |(p, o)| (p, Some(o)));
    let no_such = |_| UiError::not_found("membership");
    let partner = partner.parse().map_err(no_such)?;
    let organization = organization.map(str::parse).transpose().map_err(no_such)?;
    engine::store::sessions::switch(&engine.store, &session, partner, organization, (engine.clock)()).await?;
    Ok(crate::api::start::go_on("/"))
}

/// Ends one of the person's own sessions.
///
/// # Errors
/// `not_found` when it isn't one of them.
#[server(prefix = "/sf", endpoint = "settings/end_session", output = crate::wire::Wire)]
pub async fn end_session(
    /// Which one.
    id: SessionId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::sessions::end(&engine.store, &actor, id, (engine.clock)()).await?;
    Ok(())
}

/// Ends all of the person's sessions but this one; how many.
///
/// # Errors
/// The store fails.
#[server(prefix = "/sf", endpoint = "settings/end_other_sessions", output = crate::wire::Wire)]
pub async fn end_other_sessions() -> Result<u64, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let session = crate::context::session().ok_or_else(|| UiError::not_found("session"))?;
    Ok(engine::store::sessions::end_others(&engine.store, &actor, session.id, (engine.clock)()).await?)
}

/// A browser and its system, as far as a user agent tells.
#[cfg(any(feature = "ssr", test))]
fn browser_name(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl")];
    const SYSTEMS: [(&str, &str); 6] =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")];
    let first = |known: &[(&str, &'static str)]| known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser_name;

    #[test]
    fn browsers_are_told_by_their_own_sign_and_not_by_those_they_imitate() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(browser_name(edge), "Edge on Windows");
        assert_eq!(browser_name("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"), "Firefox on Linux");
        assert_eq!(browser_name(""), "Unknown browser");
    }
}
