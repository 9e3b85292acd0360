//! The browser's files, inside the binary: hashed names live for ever, the rest is asked for again by ETag.
//! Sent as they were compressed at build time.

use crate::portal::Portal;
use app::Assets;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

/// What the build leaves in `site/`; may be empty while only the server is worked on (`build.rs` makes the folder).
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../site"]
#[allow_missing = true]
struct Files;

/// The built browser files and their names.
#[derive(Clone, Debug)]
pub struct Site {
    assets: Assets,
}

impl Default for Site {
    fn default() -> Self {
        let manifest = Files::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok());
        Self { assets: manifest.unwrap_or_default() }
    }
}

impl Site {
    /// Names of the built files, for the page's head.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Changes with any built file.
    pub fn build(&self) -> &str {
        &self.assets.build
    }
}

/// `/pkg/{file}`: names that change with their content.
pub async fn package(Path(file): Path<String>, State(portal): State<Portal>, headers: HeaderMap) -> Response {
    let hashed = !portal.site().build().is_empty();
    serve(&format!("pkg/{file}"), &headers, hashed)
}

/// `/favicon.ico` and `/favicon.svg`.
pub async fn favicon(headers: HeaderMap) -> Response {
    serve("favicon.svg", &headers, false)
}

/// `/robots.txt`: nothing here is for search engines.
pub async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

fn serve(path: &str, headers: &HeaderMap, immutable: bool) -> Response {
    if path.contains("..") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (file, brotli) = match accepts_brotli(headers).then(|| Files::get(&format!("{path}.br"))).flatten() {
        Some(file) => (Some(file), true),
        None => (Files::get(path), false),
    };
    let Some(file) = file else { return StatusCode::NOT_FOUND.into_response() };
    let tag = etag(&file, brotli);
    let mut response = if tag.is_some() && headers.get(header::IF_NONE_MATCH) == tag.as_ref() {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        body.into_response()
    };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let caching = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if brotli {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    if let Some(tag) = tag {
        answer.insert(header::ETAG, tag);
    }
    response
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value
            .split(',')
            .any(|coding| coding.trim().split(';').next() == Some("br") && !coding.contains("q=0.0") && !coding.ends_with("q=0"))
    })
}

fn etag(file: &EmbeddedFile, brotli: bool) -> Option<HeaderValue> {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hex}{}\"", if brotli { "-br" } else { "" })).ok()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
