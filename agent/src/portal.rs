//! The portal over HTTP: short time-outs, no redirects, and an answer counts only when it is the portal's own.

use crate::settings::Settings;
use serde::Deserialize;
use std::{fs, time::Duration};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

pub(crate) struct Portal {
    agent: ureq::Agent,
    url: String,
    key: String,
}

/// An event that the portal will never take.
#[derive(Debug, Deserialize)]
pub(crate) struct Rejected {
    pub(crate) index: usize,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
}

#[derive(Deserialize)]
struct Receipt {
    #[serde(rename = "accepted")]
    _accepted: u64,
    #[serde(default)]
    rejected: Vec<Rejected>,
}

/// Why something was not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Not now: the network, a busy or broken server. Try again later.
    Later(String),
    /// The key or the address is wrong: somebody has to do something.
    Closed(String),
    /// Exactly this body is not acceptable.
    Never(String),
}

impl Refusal {
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Later(words) | Self::Closed(words) | Self::Never(words) => words,
        }
    }
}

impl Portal {
    /// `None` without an address and a key.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, String> {
        if !settings.complete() {
            return Ok(None);
        }
        let mut tls = TlsConfig::builder();
        if let Some(file) = &settings.ca_file {
            let pem = fs::read(file).map_err(|e| format!("the certificates {} can't be read: {e}", file.display()))?;
            let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(format!("{} holds no certificate", file.display()));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(15)))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("holdfast-agent/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        Ok(Some(Self { agent: config.into(), url: settings.url.clone(), key: settings.key.clone() }))
    }

    /// Sends events, one JSON object a line. Those rejected are listed; all others are stored for good.
    pub(crate) fn events(&self, lines: &[u8]) -> Result<Vec<Rejected>, Refusal> {
        let body = self.post("/api/v1/events", "application/x-ndjson", lines)?;
        // A proxy's sign-in page answers 200 as well.
        let receipt: Receipt = serde_json::from_str(&body)
            .map_err(|_| Refusal::Later(format!("{} answered, but not as a portal does: check the address and proxies", self.url)))?;
        Ok(receipt.rejected)
    }

    /// Sends a check-in or a restore test.
    pub(crate) fn object(&self, path: &str, object: &[u8]) -> Result<(), Refusal> {
        let body = self.post(path, "application/json", object)?;
        let answer: Result<serde_json::Value, _> = serde_json::from_str(&body);
        match answer {
            Ok(value) if value.is_object() => Ok(()),
            _ => Err(Refusal::Later(format!("{} answered, but not as a portal does: check the address and proxies", self.url))),
        }
    }

    /// Whether the portal answers at all.
    pub(crate) fn reachable(&self) -> Result<u16, String> {
        match self.agent.get(format!("{}/healthz", self.url)).call() {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn post(&self, path: &str, kind: &str, body: &[u8]) -> Result<String, Refusal> {
        let request =
            self.agent.post(format!("{}{path}", self.url)).header("Authorization", format!("Bearer {}", self.key)).content_type(kind);
        let mut answer = request.send(body).map_err(|error| Refusal::Later(format!("{} can't be reached: {error}", self.url)))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(4 << 20).lossy_utf8(true).read_to_string();
        let told = || {
            let said = text.as_ref().ok().and_then(|t| serde_json::from_str::<serde_json::Value>(t).ok());
            let said = said.as_ref().and_then(|v| v.pointer("/error/message")).and_then(|m| m.as_str()).unwrap_or_default();
            format!("{} answered {status}: {}", self.url, said.chars().take(300).collect::<String>())
        };
        match status {
            200 => text.map_err(|error| Refusal::Later(format!("{} broke off its answer: {error}", self.url))),
            401 | 403 => {
                Err(Refusal::Closed(format!("the portal refuses this machine's key: make a new one and enrol again ({})", told())))
            }
            404 | 405 | 301 | 302 | 303 | 307 | 308 => Err(Refusal::Closed(format!(
                "there is no portal, or no such device, at that address: check it and enrol again ({})",
                told()
            ))),
            400 | 413 | 415 | 422 => Err(Refusal::Never(told())),
            _ => Err(Refusal::Later(told())),
        }
    }
}
