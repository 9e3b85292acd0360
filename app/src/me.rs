//! Who looks, and how: written into the document by the server, read from it by the browser, so that no page waits for it.

use domain::access::{Action, Role};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The signed-in person, as much as every page shows. After signing in or out, load the next page from the server
/// (`browser::leave_for`, or a plain form), so that it is written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Name of the partner.
    pub partner: String,
    /// Role there.
    pub role: Role,
    /// Client roles: id of the one organization there is for them.
    #[serde(default)]
    pub organization: Option<String>,
    /// Other memberships to switch to: value for `/sf/settings/switch_membership`, and where it is.
    #[serde(default)]
    pub others: Vec<(String, String)>,
}

/// Context: who is signed in, if anybody. Read it with [`me`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looking(pub Option<Me>);

/// Who is signed in.
pub fn me() -> Option<Me> {
    use_context::<Looking>().and_then(|l| l.0)
}

/// Whether the signed-in person is of a client, who has one organization and nothing that a partner sets for all its clients.
pub fn is_client() -> bool {
    me().is_some_and(|me| me.role.is_client())
}

/// Whether the signed-in person may do this: only to hide what would be refused. The engine decides.
pub fn may(action: Action) -> bool {
    me().is_some_and(|me| me.role.may(action))
}

impl Looking {
    /// On the server from the session, in the browser from the document.
    #[cfg(feature = "ssr")]
    pub fn now() -> Self {
        let session = crate::context::session();
        Self(session.and_then(|s| {
            let role = crate::context::role(&s.actor)?;
            use crate::api::settings::account::{membership_place, membership_value};
            let others = s.others.iter().map(|m| (membership_value(m), membership_place(m))).collect();
            let organization = s.organization.map(|(id, _)| id.to_string());
            Some(Me { name: s.name, email: s.email, partner: s.partner_name, role, organization, others })
        }))
    }

    /// On the server from the session, in the browser from the document.
    #[cfg(not(feature = "ssr"))]
    pub fn now() -> Self {
        Self(crate::browser::root_attribute("data-me").and_then(|json| crate::wire::read(&json).ok()))
    }

    /// For the document.
    pub fn json(&self) -> Option<String> {
        self.0.as_ref().and_then(|me| serde_json::to_string(me).ok())
    }
}
