//! Keyset paging: a cursor is the sort key and id of the last row, opaque outside.

use crate::error::Error;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ColumnTrait, Condition, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Rows a page has when nobody asks for a number.
pub const DEFAULT_LIMIT: u64 = 50;
/// Most rows of a page.
pub const MAX_LIMIT: u64 = 500;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; none: this is the last.
    pub next_cursor: Option<String>,
    /// All rows of the list, where a stored count knows it.
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// Makes a page of up to `limit` + 1 rows.
    pub(crate) fn cut<K: Serialize>(mut rows: Vec<T>, limit: u64, key: impl Fn(&T) -> K) -> Result<Self, Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if more => Some(write(&key(last))?),
            _ => None,
        };
        Ok(Self { items: rows, next_cursor, total: None })
    }

    /// The same page of other rows.
    pub(crate) fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(make).collect(), next_cursor: self.next_cursor, total: self.total }
    }

    /// The same page of other rows, each of which may fail.
    pub(crate) fn try_map<U>(self, make: impl FnMut(T) -> Result<U, Error>) -> Result<Page<U>, Error> {
        Ok(Page { items: self.items.into_iter().map(make).collect::<Result<_, _>>()?, next_cursor: self.next_cursor, total: self.total })
    }
}

/// How many rows to give: 50 unless asked, at most 500.
pub(crate) fn limit(asked: Option<u64>) -> Result<u64, Error> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n @ 1..=MAX_LIMIT) => Ok(n),
        Some(_) => Err(Error::invalid("invalid_limit", "limit", "`limit` must be between 1 and 500.")),
    }
}

pub(crate) fn write<K: Serialize>(key: &K) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(key)?))
}

pub(crate) fn read<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>, Error> {
    let Some(cursor) = cursor.filter(|c| !c.is_empty()) else { return Ok(None) };
    URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).map(Some).ok_or_else(foreign)
}

/// A cursor that doesn't belong here.
pub(crate) fn foreign() -> Error {
    Error::invalid("invalid_cursor", "cursor", "This `cursor` isn't one of ours, or belongs to another sort order. Begin again without it.")
}

/// Rows before (key, id) in descending order of both.
pub(crate) fn before<K: ColumnTrait, I: ColumnTrait>(key: K, last: impl Into<Value>, id: I, last_id: i64) -> Condition {
    let last = last.into();
    Condition::any().add(key.lt(last.clone())).add(Condition::all().add(key.eq(last)).add(id.lt(last_id)))
}
