//! What is sent to the portal, in the words of its API.

use crate::clock;
use domain::run::{RunEvent, RunState};
use domain::time::Time;
use serde::Serialize;

/// One event of one run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Event {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
    pub(crate) job: String,
    pub(crate) run: String,
    pub(crate) state: RunState,
    pub(crate) at: String,
    pub(crate) attempt: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_added: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed_items: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tool: Option<Tool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) destination: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tool {
    pub(crate) name: String,
}

impl Event {
    /// An event that tells a state and nothing else.
    pub(crate) fn plain(job: &str, run: &str, state: RunState, at: Time, attempt: u16) -> Self {
        Self {
            device: None,
            job: job.to_owned(),
            run: run.to_owned(),
            state,
            at: clock::text(at),
            attempt,
            percent: None,
            items: None,
            bytes: None,
            bytes_added: None,
            message: None,
            failed_items: Vec::new(),
            log: None,
            tool: None,
            destination: None,
        }
    }

    /// Takes over what a tool's output said.
    pub(crate) fn with(mut self, parsed: RunEvent) -> Self {
        self.items = parsed.items;
        self.bytes = parsed.bytes;
        self.bytes_added = parsed.bytes_added;
        self.message = parsed.message;
        self.failed_items = parsed.failed_items;
        self.destination = parsed.destination.or(self.destination);
        if let Some(tool) = parsed.tool {
            self.tool = Some(Tool { name: tool.name });
        }
        self
    }
}

/// A sign of life.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckIn {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
    pub(crate) at: String,
    pub(crate) agent_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_used_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_quota_bytes: Option<u64>,
}

impl CheckIn {
    pub(crate) fn now(device: Option<String>) -> Self {
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self {
            device,
            at: clock::text(clock::now()),
            agent_version: env!("CARGO_PKG_VERSION"),
            hostname: (!name.is_empty()).then_some(name),
            storage_used_bytes: None,
            storage_quota_bytes: None,
        }
    }
}

/// A restore test.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RestoreTest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
    pub(crate) at: String,
    pub(crate) result: &'static str,
    pub(crate) scope: String,
    pub(crate) rto_seconds: u64,
    pub(crate) note: String,
}
