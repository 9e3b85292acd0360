//! One HTTP client for all providers: a deadline on everything, a bound on answers, no redirects (a token never goes where
//! nobody sent it), connections kept.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{error::Error, fmt, time::Duration};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// Until an answer is read in full.
const ANSWER: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const MOST_BYTES: usize = 8 << 20;

/// There was no answer: name, network, TLS, time, or more bytes than anybody needs. Always a passing fault.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(String);

/// The client. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Http(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl Http {
    /// Trusts the authorities that browsers trust; plain `http` addresses are taken too, for providers on the same machine.
    pub fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(4)
            .build(connector);
        Self(client)
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// No answer within 30 s, or one of more than 8 MiB.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Unreachable> {
        let host = request.uri().host().unwrap_or("the provider").to_owned();
        let answer = async {
            let response = self.0.request(request.map(|body| Full::new(Bytes::from(body)))).await.map_err(|e| told(&e))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|e| e.to_string())?;
            Ok(Response::from_parts(parts, body.to_bytes().to_vec()))
        };
        match tokio::time::timeout(ANSWER, answer).await {
            Ok(answer) => answer.map_err(|why: String| Unreachable(format!("{host}: {why}"))),
            Err(_) => Err(Unreachable(format!("{host} gave no answer within {} s", ANSWER.as_secs()))),
        }
    }
}

/// The innermost cause: "client error (Connect)" helps nobody.
fn told(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
