//! The job log: all runs of the scope, and what has come since.

use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    ids::{DeviceId, OrganizationId, RunId},
    run::RunState,
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A run in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Which run.
    pub id: RunId,
    /// Its device or account, and that one's name.
    pub device: (DeviceId, String),
    /// It is an account's: `device` holds that one's id.
    pub is_account: bool,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// Its job's name.
    pub job: String,
    /// Its state.
    pub state: RunState,
    /// Its start.
    pub started_at: Time,
    /// Its end.
    pub ended_at: Option<Time>,
    /// Attempt, from 1.
    pub attempt: u16,
    /// True when the server ended it.
    pub timed_out: bool,
    /// How far it is.
    pub percent: Option<u8>,
    /// Files handled.
    pub items: Option<i64>,
    /// Bytes handled.
    pub bytes: Option<i64>,
    /// Name and version of the tool; may be empty.
    pub tool: String,
    /// One line for a person.
    pub message: Option<String>,
}

/// What the log asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    /// `troubled`, or the word of a state.
    pub result: String,
    /// Id of an organization.
    pub organization: String,
    /// Part of a device's name.
    pub device: String,
    /// How the tool's name begins.
    pub tool: String,
    /// `24h`, `7d`, `30d`.
    pub window: String,
    /// Where to go on.
    pub cursor: String,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogView {
    /// What was asked.
    pub query: LogQuery,
    /// Latest start first.
    pub lines: Vec<LogLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Set when the page isn't full because enough was looked through: nothing older than this was.
    pub searched_to: Option<Time>,
    /// The organization that the log is narrowed to: (id, name).
    pub organization: Option<(String, String)>,
    /// The server's time.
    pub at: Time,
}

/// A page of the log.
///
/// # Errors
/// Signed out, not allowed, or a cursor that isn't one.
#[server(prefix = "/sf", endpoint = "backup/job_log", input = Wire, output = Wire)]
pub async fn load_job_log(query: LogQuery) -> Result<LogView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let now = crate::context::now(&engine);
    let page = ssr::page(&engine, &actor, &query, None, now).await?;
    Ok(LogView {
        lines: page.items.into_iter().map(ssr::line).collect(),
        next_cursor: page.next_cursor,
        searched_to: page.searched_to,
        organization: super::alerts::ssr::chosen(&engine, &actor, &query.organization).await,
        at: now,
        query,
    })
}

/// Runs that began after the newest on the page (its start and id), latest first; at most 100.
///
/// # Errors
/// Signed out, or not allowed.
#[server(prefix = "/sf", endpoint = "backup/job_log_news", input = Wire, output = Wire)]
pub async fn load_job_log_news(query: LogQuery, after: Option<(Time, RunId)>) -> Result<Vec<LogLine>, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let now = crate::context::now(&engine);
    let query = LogQuery { cursor: String::new(), ..query };
    let page = ssr::page(&engine, &actor, &query, after.map(|(at, _)| at), now).await?;
    Ok(page.items.into_iter().filter(|r| after.is_none_or(|after| (r.started_at, r.id) > after)).map(ssr::line).collect())
}

#[cfg(feature = "ssr")]
pub(in crate::api::backup) mod ssr {
    use super::{LogLine, LogQuery};
    use crate::error::UiError;
    use domain::{
        access::Actor,
        time::{Span, Time},
    };
    use engine::{
        Engine,
        store::job_log::{self, LogFilter, LogPage, LogResult, LogRow},
    };

    const PAGE: u64 = 50;
    const NEWS: u64 = 100;

    pub(in crate::api::backup) fn line(row: LogRow) -> LogLine {
        LogLine {
            id: row.id,
            device: row.device,
            is_account: row.is_account,
            organization: row.organization,
            job: row.job.1,
            state: row.state,
            started_at: row.started_at,
            ended_at: row.ended_at,
            attempt: row.attempt,
            timed_out: row.timed_out,
            percent: row.percent,
            items: row.items,
            bytes: row.bytes,
            tool: row.tool.map(|t| if t.version.is_empty() { t.name } else { format!("{} {}", t.name, t.version) }).unwrap_or_default(),
            message: row.message,
        }
    }

    /// `since`: for news, what began then or later.
    pub(super) async fn page(engine: &Engine, actor: &Actor, query: &LogQuery, since: Option<Time>, now: Time) -> Result<LogPage, UiError> {
        let window = match query.window.as_str() {
            "24h" => Some(now - Span::DAY),
            "7d" => Some(now - Span::days(7)),
            "30d" => Some(now - Span::days(30)),
            _ => None,
        };
        let filter = LogFilter {
            result: match query.result.as_str() {
                "troubled" => LogResult::Troubled,
                word => word.parse().map_or(LogResult::Any, LogResult::Is),
            },
            organization: query.organization.parse().ok(),
            device: Some(query.device.clone()),
            tool: Some(query.tool.clone()),
            since: window.max(since),
            cursor: Some(query.cursor.clone()).filter(|c| !c.is_empty()),
            limit: Some(if since.is_some() { NEWS } else { PAGE }),
        };
        Ok(job_log::list(&engine.store, actor, &filter, now).await?)
    }
}
