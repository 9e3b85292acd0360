//! Who asks: a key in `Authorization`, or the session cookie. Either becomes an [`Actor`]; without one it is 401.

use super::error::{ApiError, ApiResult};
use crate::portal::Portal;
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use domain::access::Actor;
use engine::store::{keys, sessions, sessions::Session};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The cookie that carries a session's token: `__Host-holdfast` over https, else `holdfast`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// For the address people use.
    pub fn for_address(public_url: &str) -> Self {
        Self { secure: public_url.starts_with("https://") }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        if self.secure { "__Host-holdfast" } else { "holdfast" }
    }

    /// True when it is sent over https only.
    pub const fn secure(self) -> bool {
        self.secure
    }

    /// The token a request carries.
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, token)| (name == self.name() && !token.is_empty()).then_some(token))
    }
}

/// By what a caller is known; kept to ask again whether it still holds.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The token of a key.
    Key(String),
    /// The token of a session.
    Session(String),
}

/// A caller that is known.
#[derive(Clone, Debug)]
pub struct Caller {
    /// With what rights and scope.
    pub actor: Actor,
    /// By what.
    pub proof: Proof,
}

impl Caller {
    /// Finds out who asks.
    ///
    /// # Errors
    /// 401 without a valid key or session, 429 for a key or stranger that asks too often.
    pub async fn find(portal: &Portal, headers: &HeaderMap, address: IpAddr) -> ApiResult<Self> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = bearer(value).ok_or_else(ApiError::unauthorized)?;
            return Self::of_key(portal, token, address).await;
        }
        let token = portal.cookie().read(headers).ok_or_else(ApiError::unauthorized)?;
        let session = sessions::find(portal.store(), token, portal.now()).await?.ok_or_else(ApiError::unauthorized)?;
        Ok(Self { actor: session.actor, proof: Proof::Session(token.to_owned()) })
    }

    /// The owner of a key's token.
    ///
    /// # Errors
    /// As of [`Caller::find`].
    pub async fn of_key(portal: &Portal, token: &str, address: IpAddr) -> ApiResult<Self> {
        match keys::find(portal.store(), token, portal.now()).await? {
            Some(actor) => {
                portal.limits().key(token)?;
                Ok(Self { actor, proof: Proof::Key(token.to_owned()) })
            }
            None => {
                portal.limits().stranger(address)?;
                Err(ApiError::unauthorized())
            }
        }
    }

    /// The actor, if what proved it still holds.
    pub async fn again(&self, portal: &Portal) -> Option<Actor> {
        let now = portal.now();
        match &self.proof {
            Proof::Key(token) => keys::find(portal.store(), token, now).await.ok().flatten(),
            Proof::Session(token) => sessions::find(portal.store(), token, now).await.ok().flatten().map(|s| s.actor),
        }
    }
}

impl FromRequestParts<Portal> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, ApiError> {
        let address = address_of(&parts.headers, &parts.extensions, portal);
        Self::find(portal, &parts.headers, address).await
    }
}

/// The key in an `Authorization` header.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with("hf_") && token.len() <= 200).then_some(token)
}

/// Where a request comes from: the peer, or what the one trusted proxy says.
pub fn address_of(headers: &HeaderMap, extensions: &Extensions, portal: &Portal) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    if !portal.config().behind_proxy {
        return peer;
    }
    headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .and_then(|last| last.trim().parse().ok())
        .unwrap_or(peer)
}

/// Session of a request for a page or server function, in its extensions.
#[derive(Clone, Debug)]
pub struct Visitor(pub Option<Session>);

/// Layer of pages and server functions: puts the [`Visitor`] into the request's extensions.
pub async fn with_session(State(portal): State<Portal>, mut request: Request, next: Next) -> Response {
    let session = match portal.cookie().read(request.headers()) {
        Some(token) => match sessions::find(portal.store(), token, portal.now()).await {
            Ok(session) => session,
            Err(error) => return axum::response::IntoResponse::into_response(ApiError::from(error)),
        },
        None => None,
    };
    request.extensions_mut().insert(Visitor(session));
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_bound_to_the_host_over_https() {
        let cookie = SessionCookie::for_address("https://backup.example.com");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("theme=dark; __Host-holdfast=abc"));
        assert_eq!(cookie.read(&headers), Some("abc"));
        assert_eq!(SessionCookie::for_address("http://127.0.0.1:3000").read(&headers), None);
    }

    #[test]
    fn only_a_key_of_ours_counts_as_a_key() {
        assert_eq!(bearer(&HeaderValue::from_static("Bearer hf_x")), Some("hf_x"));
        assert_eq!(bearer(&HeaderValue::from_static("bearer  hf_x")), Some("hf_x"));
        assert_eq!(bearer(&HeaderValue::from_static("Basic hf_x")), None);
        assert_eq!(bearer(&HeaderValue::from_static("Bearer ghp_x")), None);
    }
}
