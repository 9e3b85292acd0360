//! OAuth 2.0 authorization code flow with PKCE (S256): the address to send a person to, the code for tokens, the refresh token
//! for new ones.
//!
//! Requests are built and answers read by `oauth2`; the answer of an error is read by [`Refusal`], which wants its status and all of
//! its body.

use crate::{Http, Refusal, Secret};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::saas::Service;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType},
};
use serde::{Deserialize, Serialize};
use std::{pin::Pin, time::Duration};

/// How long an access token is believed when the provider doesn't say.
const LIFETIME: Duration = Duration::from_secs(3_600);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Extra {
    #[serde(default)]
    id_token: Option<String>,
}

impl ExtraTokenFields for Extra {}

type Answer = StandardTokenResponse<Extra, BasicTokenType>;
type Inner = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// This portal as a client of one service.
#[derive(Clone, Debug)]
pub struct Client {
    service: Service,
    inner: Inner,
    scopes: Vec<Scope>,
    http: Http,
}

/// Where a person is sent, and what is to be kept until they come back.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// The provider's page.
    pub url: String,
    /// Comes back with the answer: by its hash it is known which connection it is for.
    pub state: Secret,
    /// Proves at the exchange that it was us who asked.
    pub verifier: Secret,
}

/// Tokens.
#[derive(Clone, Debug)]
pub struct Granted {
    /// For requests.
    pub access: Secret,
    /// How long it holds.
    pub lifetime: Duration,
    /// For new ones; at a refresh only if the provider gave another.
    pub refresh: Option<Secret>,
    /// The organization at the provider, where it says so: Microsoft's tenant id, Google's domain.
    pub tenant: Option<String>,
}

/// What an address in the settings isn't.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a usable address: {1}")]
pub struct WrongAddress(String, String);

impl Client {
    /// A client of `service` at these addresses; people come back to `redirect`.
    ///
    /// # Errors
    /// An address can't be read.
    #[expect(clippy::too_many_arguments, reason = "what a client of OAuth is made of")]
    pub fn new(
        service: Service,
        authorize_url: &str,
        token_url: &str,
        client_id: &str,
        client_secret: &Secret,
        scopes: &str,
        redirect: &str,
        http: Http,
    ) -> Result<Self, WrongAddress> {
        let wrong = |address: &str| {
            let address = address.to_owned();
            move |error: oauth2::url::ParseError| WrongAddress(address, error.to_string())
        };
        let inner = oauth2::Client::new(ClientId::new(client_id.to_owned()))
            .set_auth_uri(AuthUrl::new(authorize_url.to_owned()).map_err(wrong(authorize_url))?)
            .set_token_uri(TokenUrl::new(token_url.to_owned()).map_err(wrong(token_url))?)
            .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(wrong(redirect))?)
            // Microsoft and Google both document the secret in the form.
            .set_auth_type(AuthType::RequestBody);
        let secret = client_secret.expose();
        let inner = if secret.is_empty() { inner } else { inner.set_client_secret(ClientSecret::new(secret.to_owned())) };
        Ok(Self { service, inner, scopes: scopes.split_whitespace().map(|s| Scope::new(s.to_owned())).collect(), http })
    }

    /// Which service.
    pub fn service(&self) -> Service {
        self.service
    }

    /// Where to send a person who is to consent.
    pub fn authorize_url(&self) -> Authorization {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = self.inner.authorize_url(CsrfToken::new_random).add_scopes(self.scopes.iter().cloned()).set_pkce_challenge(challenge);
        let request = match self.service {
            // Whoever authorizes picks the administrator's account, not the one that happens to be signed in.
            Service::Microsoft365 => request.add_extra_param("prompt", "select_account"),
            // Without asking again Google gives no refresh token a second time.
            Service::GoogleWorkspace => request.add_extra_param("access_type", "offline").add_extra_param("prompt", "consent"),
        };
        let (url, state) = request.url();
        Authorization { url: url.into(), state: Secret::new(state.secret()), verifier: Secret::new(verifier.secret()) }
    }

    /// Tokens for the code that came back.
    ///
    /// # Errors
    /// The provider gives none.
    pub async fn exchange(&self, code: &str, verifier: &Secret) -> Result<Granted, Refusal> {
        let request = self
            .inner
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
        granted(request.request_async(&Asker(self.http.clone())).await)
    }

    /// New tokens for a refresh token.
    ///
    /// # Errors
    /// The provider gives none.
    pub async fn refresh(&self, token: &Secret) -> Result<Granted, Refusal> {
        let token = RefreshToken::new(token.expose().to_owned());
        granted(self.inner.exchange_refresh_token(&token).request_async(&Asker(self.http.clone())).await)
    }
}

/// Sends what `oauth2` has built. Errors are read here, where status and body are known; only an answer of success is read further.
struct Asker(Http);

impl<'c> AsyncHttpClient<'c> for Asker {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Refused>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.send(request).await.map_err(|e| Refused(Refusal::unreachable(&e)))?;
            if answer.status().is_success() {
                Ok(answer)
            } else {
                Err(Refused(Refusal::of_answer(answer.status().as_u16(), answer.body())))
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Refused(Refusal);

fn granted(answer: Result<Answer, RequestTokenError<Refused, BasicErrorResponse>>) -> Result<Granted, Refusal> {
    let answer = answer.map_err(|error| match error {
        RequestTokenError::Request(Refused(refusal)) => refusal,
        _ => Refusal::unreadable(),
    })?;
    Ok(Granted {
        access: Secret::new(answer.access_token().secret()),
        lifetime: answer.expires_in().unwrap_or(LIFETIME),
        refresh: answer.refresh_token().map(|token| Secret::new(token.secret())),
        tenant: answer.extra_fields().id_token.as_deref().and_then(tenant),
    })
}

/// The organization that an id token speaks of. It came from the token endpoint itself, so its signature needn't be proved
/// (OpenID Connect Core 3.1.3.7), and nothing is permitted by it.
fn tenant(id_token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        tid: Option<String>,
        hd: Option<String>,
    }
    let payload = BASE64_URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    claims.tid.or(claims.hd).filter(|tenant| tenant.len() <= 255)
}
