//! Google Directory API, `users.list`: https://developers.google.com/admin-sdk/directory/reference/rest/v1/users/list,
//! paging by `pageToken`, throttling by 403 (`quotaExceeded`, `rateLimitExceeded`, `userRateLimitExceeded`) and 429:
//! https://developers.google.com/workspace/admin/directory/v1/limits

use super::{LeftOut, Meaning, Member, Page, Trouble, common, shortened};
use http::{Response, StatusCode};
use serde::Deserialize;

/// The largest page Google gives.
const ROWS: u32 = 500;

pub(super) fn first(base: &str) -> String {
    format!(
        "{base}/users?customer=my_customer&maxResults={ROWS}&orderBy=email\
         &fields=nextPageToken,users(id,primaryEmail,name/fullName,suspended,archived)"
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Users {
    /// Absent where there is nobody.
    #[serde(default)]
    users: Vec<User>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    #[serde(default)]
    primary_email: String,
    #[serde(default)]
    name: Name,
    #[serde(default)]
    suspended: bool,
    #[serde(default)]
    archived: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    #[serde(default)]
    full_name: String,
}

pub(super) fn read(body: &[u8], base: &str) -> Result<Page, Trouble> {
    let users: Users = serde_json::from_slice(body).map_err(|error| Trouble::Unreadable(error.to_string()))?;
    let next =
        users.next_page_token.filter(|token| !token.is_empty()).map(|token| format!("{}&pageToken={}", first(base), encoded(&token)));
    Ok(Page { members: users.users.into_iter().map(member).collect(), next })
}

/// A token as a value of a query.
fn encoded(token: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(token.len() + 16);
    for byte in token.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn member(user: User) -> Member {
    let left_out = if user.primary_email.trim().is_empty() {
        Some(LeftOut::NoAddress)
    } else if user.archived {
        Some(LeftOut::Archived)
    } else if user.suspended {
        Some(LeftOut::Suspended)
    } else {
        None
    };
    Member { id: user.id, address: user.primary_email, name: user.name.full_name, left_out }
}

#[derive(Default, Deserialize)]
struct Failed {
    #[serde(default)]
    error: Why,
}

#[derive(Default, Deserialize)]
struct Why {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

pub(super) fn meaning(answer: &Response<Vec<u8>>) -> Meaning {
    if let Some(meaning) = common(answer.status()) {
        return meaning;
    }
    let why = serde_json::from_slice::<Failed>(answer.body()).unwrap_or_default().error;
    let reason = why.errors.into_iter().map(|e| e.reason).find(|r| !r.is_empty()).unwrap_or(why.status);
    let detail = shortened(&why.message);
    match answer.status() {
        StatusCode::FORBIDDEN if matches!(reason.as_str(), "quotaExceeded" | "rateLimitExceeded" | "userRateLimitExceeded") => {
            Meaning::Later(true)
        }
        StatusCode::FORBIDDEN => Meaning::Over(Trouble::Forbidden { code: shortened(&reason), detail }),
        status => Meaning::Over(Trouble::Refused { status: status.as_u16(), code: shortened(&reason), detail }),
    }
}
