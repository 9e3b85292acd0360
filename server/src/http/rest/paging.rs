//! Pages of lists, and answers to what was made.

use super::super::error::{ApiError, ApiResult};
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Paged<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; null: this is the last.
    pub next_cursor: Option<String>,
}

impl<T> Paged<T> {
    /// A page of the engine's in our words.
    pub fn of<R>(page: engine::store::page::Page<R>, make: impl FnMut(R) -> T) -> Json<Self> {
        Json(Self { items: page.items.into_iter().map(make).collect(), next_cursor: page.next_cursor })
    }

    /// A list that needs no pages.
    pub fn whole<R>(rows: Vec<R>, make: impl FnMut(R) -> T) -> Json<Self> {
        Json(Self { items: rows.into_iter().map(make).collect(), next_cursor: None })
    }
}

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Rows, at most 500; default 50.
    pub limit: Option<u64>,
}

/// 201 with the object and where it is.
pub fn created<T: Serialize>(path: &str, id: impl std::fmt::Display, body: T) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, format!("{path}/{id}"))], Json(body)).into_response()
}

/// An id from an address; a text that is none names nothing.
///
/// # Errors
/// 404.
pub fn id<T: FromStr>(noun: &str, text: &str) -> ApiResult<T> {
    text.parse().map_err(|_| ApiError::not_found(noun))
}

/// An id or word from a query.
///
/// # Errors
/// 400 naming the parameter.
pub fn word<T: FromStr>(name: &'static str, text: Option<&str>) -> ApiResult<Option<T>>
where
    T::Err: std::fmt::Display,
{
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|error: T::Err| ApiError::malformed("bad_query", error.to_string()).field(name))
}

/// For fields that may be set to null: outer `None` where the field is not there.
///
/// # Errors
/// The value is of another kind.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
