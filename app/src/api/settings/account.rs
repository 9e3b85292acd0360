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

/// The person's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Role in words.
    pub role: String,
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
    let role = match session.role.as_str() {
        "client_admin" => "Client admin".to_owned(),
        "client_viewer" => "Client viewer".to_owned(),
        word => word[..1].to_uppercase() + &word[1..],
    };
    Ok(AccountView { name: session.name, email: session.email, role, sessions })
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
pub async fn end_other_sessions() -> Result<usize, UiError> {
    use engine::store::sessions;
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let own = crate::context::session().map(|s| s.id);
    let mut ended = 0;
    for row in sessions::list(&engine.store, &actor, now).await?.into_iter().filter(|row| Some(row.id) != own) {
        sessions::end(&engine.store, &actor, row.id, now).await?;
        ended += 1;
    }
    Ok(ended)
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
