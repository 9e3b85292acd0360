//! Compression of what is made per request: pages, answers of server functions and of the API. Fast levels: a page is made for one
//! reader. Files of the browser's half are compressed when they are built; the event stream stays plain.
//!
//! An answer to a request that another site has caused goes out plain: whoever can make a browser ask, and see the length of what
//! comes, could guess secrets of a compressed page letter by letter.

use axum::{
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use tower_http::{CompressionLevel, compression::CompressionLayer};

/// The layer itself; gzip for those who know nothing newer than zstd.
pub fn layer() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Fastest)
}

/// Layer outside of it: takes the wish for compression off requests from other sites.
pub async fn plain_for_other_sites(mut request: Request, next: Next) -> Response {
    if is_from_another_site(request.headers()) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}

fn is_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
