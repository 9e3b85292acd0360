//! The one shape of an error answer: `{"error": {code, message, field?, request_id}}` with the fitting status.
//!
//! Handlers return [`ApiError`]; the outermost layer, which knows the request's id, writes the body. Nothing internal
//! reaches the caller: what the engine calls internal is logged with the request id and answered in general words.

use axum::{
    extract::{
        Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{
    borrow::Cow,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Header that carries the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An error as the caller sees it.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable word for programs.
    pub code: Cow<'static, str>,
    /// What is wrong and what to do.
    pub message: String,
    /// The field it is about.
    pub field: Option<Cow<'static, str>>,
    /// Seconds after which to try again.
    pub retry_after: Option<u64>,
    /// For the log only.
    internal: Option<String>,
}

/// The result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with a code and words.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: Cow::Borrowed(code), message: message.into(), field: None, retry_after: None, internal: None }
    }

    /// Names the field the error is about.
    #[must_use]
    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(Cow::Borrowed(field));
        self
    }

    /// 404 for a kind of object.
    pub fn not_found(noun: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("no such {noun}: check the id; what lies outside of your scope is not found either"),
        )
    }

    /// 401: neither a key nor a session.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "sign in, or send a valid key as `Authorization: Bearer hf_…`")
    }

    /// 403 for an action.
    pub fn forbidden(what: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", format!("this role or key may not {what}"))
    }

    /// 400: the request can't be read.
    pub fn malformed(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 422: the request can be read, and a value can't be taken.
    pub fn invalid(code: &'static str, field: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message).field(field)
    }

    /// 413 with the limit in words.
    pub fn too_large(limit: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the body is larger than {limit}: send it in parts"))
    }

    /// 429 with a waiting time.
    pub fn rate_limited(wait: Duration) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "too many requests: wait as long as `Retry-After` says");
        error.retry_after = Some(wait.as_secs().max(1));
        error
    }

    /// 500: logged, and answered in general words.
    pub fn internal(detail: impl Into<String>) -> Self {
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong on our side; quote the request id when you report it",
        );
        error.internal = Some(detail.into());
        error
    }
}

impl From<engine::Error> for ApiError {
    fn from(error: engine::Error) -> Self {
        use engine::Error as E;
        match error {
            E::NotFound(noun) => Self::not_found(noun),
            E::Forbidden(what) => Self::forbidden(what),
            E::Invalid { code, field, message } => {
                let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
                error.field = field.map(Cow::Borrowed);
                error
            }
            E::Conflict { code, message } => Self::new(StatusCode::CONFLICT, code, message),
            E::Busy(why) => {
                let mut error = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "busy",
                    "the server is busy: try again shortly; nothing of this request was stored",
                );
                error.retry_after = Some(1);
                error.internal = Some(why);
                error
            }
            other => Self::internal(other.to_string()),
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match &rejection {
            JsonRejection::JsonDataError(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", tidy(&rejection.body_text())),
            JsonRejection::JsonSyntaxError(_) => Self::malformed("bad_json", tidy(&rejection.body_text())),
            JsonRejection::MissingJsonContentType(_) => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as JSON with `Content-Type: application/json`")
            }
            _ if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::too_large("this route allows"),
            _ => Self::malformed("bad_body", tidy(&rejection.body_text())),
        }
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed("bad_query", tidy(&rejection.body_text()))
    }
}

impl From<PathRejection> for ApiError {
    /// An id that is no id names nothing.
    fn from(_: PathRejection) -> Self {
        Self::not_found("object")
    }
}

/// Serde's words without the place in Rust or the framework's preamble.
fn tidy(text: &str) -> String {
    let text = text.rsplit_once("target type: ").map_or(text, |(_, rest)| rest);
    let text = text.rsplit_once("as JSON: ").map_or(text, |(_, rest)| rest);
    let text = text.rsplit_once("query string: ").map_or(text, |(_, rest)| rest);
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[derive(Serialize)]
struct Body<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    request_id: &'a str,
}

impl IntoResponse for ApiError {
    /// Carries itself in the extensions; [`with_request_id`] writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The id of a request, in its extensions.
#[derive(Clone, Debug)]
pub struct RequestId(pub HeaderValue);

/// Makes request ids: unlike between starts, counted within one.
#[derive(Debug)]
pub struct RequestIds {
    start: u32,
    next: AtomicU32,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self { start: rand::random(), next: AtomicU32::new(0) }
    }
}

impl RequestIds {
    fn make(&self) -> HeaderValue {
        let mut text = [0u8; 16];
        let value = (u64::from(self.start) << 32) | u64::from(self.next.fetch_add(1, Ordering::Relaxed));
        for (place, digit) in text.iter_mut().enumerate() {
            let nibble = (value >> ((15 - place) * 4)) & 15;
            *digit = b"0123456789abcdef"[nibble as usize];
        }
        HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    }
}

/// The outermost layer: gives each request an id and writes the bodies of errors.
pub async fn with_request_id(ids: &RequestIds, mut request: Request, next: Next) -> Response {
    let id = ids.make();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let request_id = id.to_str().unwrap_or_default();
        if let Some(detail) = &error.internal {
            tracing::error!(request_id, status = error.status.as_u16(), detail, "request failed");
        }
        let body = Body { error: Inner { code: &error.code, message: &error.message, field: error.field.as_deref(), request_id } };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = serde_json::to_vec(&body).unwrap_or_default().into();
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}
