//! Microsoft Graph, `GET /users`: https://learn.microsoft.com/graph/api/user-list,
//! paging by `@odata.nextLink`, throttling by 429 and 503 with `Retry-After`: https://learn.microsoft.com/graph/throttling

use super::{LeftOut, Meaning, Member, Page, Trouble, common, shortened};
use http::{Response, StatusCode};
use serde::Deserialize;

/// The largest page Graph gives.
const ROWS: u32 = 999;

pub(super) fn first(base: &str) -> String {
    format!("{base}/users?$select=id,displayName,mail,userPrincipalName,userType,accountEnabled,assignedLicenses&$top={ROWS}")
}

#[derive(Deserialize)]
struct Users {
    value: Vec<User>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    display_name: Option<String>,
    mail: Option<String>,
    user_principal_name: Option<String>,
    user_type: Option<String>,
    account_enabled: Option<bool>,
    assigned_licenses: Option<Vec<serde::de::IgnoredAny>>,
}

pub(super) fn read(body: &[u8]) -> Result<Page, Trouble> {
    let users: Users = serde_json::from_slice(body).map_err(|error| Trouble::Unreadable(error.to_string()))?;
    Ok(Page { members: users.value.into_iter().map(member).collect(), next: users.next })
}

fn member(user: User) -> Member {
    let filled = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
    let address = filled(user.mail).or(filled(user.user_principal_name)).unwrap_or_default();
    // A property that the consent doesn't show is absent, and decides nothing.
    let left_out = if user.user_type.is_some_and(|kind| kind.eq_ignore_ascii_case("guest")) {
        Some(LeftOut::Guest)
    } else if address.is_empty() {
        Some(LeftOut::NoAddress)
    } else if user.account_enabled == Some(false) {
        Some(LeftOut::Blocked)
    } else if user.assigned_licenses.is_some_and(|licences| licences.is_empty()) {
        Some(LeftOut::Unlicensed)
    } else {
        None
    };
    Member { id: user.id, address, name: user.display_name.unwrap_or_default(), left_out }
}

#[derive(Default, Deserialize)]
struct Failed {
    #[serde(default)]
    error: Why,
}

#[derive(Default, Deserialize)]
struct Why {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

pub(super) fn meaning(answer: &Response<Vec<u8>>) -> Meaning {
    if let Some(meaning) = common(answer.status()) {
        return meaning;
    }
    let why = serde_json::from_slice::<Failed>(answer.body()).unwrap_or_default().error;
    let (code, detail) = (shortened(&why.code), shortened(&why.message));
    Meaning::Over(match answer.status() {
        StatusCode::FORBIDDEN => Trouble::Forbidden { code, detail },
        status => Trouble::Refused { status: status.as_u16(), code, detail },
    })
}
