//! What the log asks for.

use domain::{ids::OrganizationId, run::RunState, time::Time};

/// Which results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogResult {
    /// All.
    #[default]
    Any,
    /// Failed, missed, or usable with issues.
    Troubled,
    /// Only this one.
    Is(RunState),
}

/// What the log asks for. Latest start first.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Which results.
    pub result: LogResult,
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
    /// Part of the device's name or the account's address.
    pub device: Option<String>,
    /// How the tool's name begins.
    pub tool: Option<String>,
    /// Only what started then or later.
    pub since: Option<Time>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

impl LogFilter {
    /// Part of the name of a device or account, if there is one.
    pub(super) fn name(&self) -> Option<&str> {
        self.device.as_deref().map(str::trim).filter(|n| !n.is_empty())
    }

    /// How the tool's name begins, if that was asked.
    pub(super) fn tool(&self) -> Option<&str> {
        self.tool.as_deref().map(str::trim).filter(|n| !n.is_empty())
    }

    /// Whether each run of the partner, or each troubled one, is wanted.
    pub(super) fn is_served(&self) -> bool {
        self.tool().is_none() && (self.result == LogResult::Any || self.is_troubled())
    }

    /// Only runs that are open now.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.result, LogResult::Is(state) if state.is_open())
    }

    /// Only runs that stand among the troubled ones.
    pub(super) fn is_troubled(&self) -> bool {
        match self.result {
            LogResult::Troubled => true,
            LogResult::Is(state) => matches!(state, RunState::Failed | RunState::Missed | RunState::Warning),
            LogResult::Any => false,
        }
    }
}
