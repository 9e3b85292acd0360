//! The monthly run of reports: how far it is, what could not be made, and steering it.

use crate::error::UiError;
use domain::{ids::OrganizationId, report::Month, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// No report has been due yet.
    #[default]
    NotYet,
    /// Reports are being made.
    Running,
    /// The rest is made when its morning comes.
    Waiting,
    /// Somebody has stopped it.
    Stopped,
    /// All are made that can be.
    Done,
}

/// A report that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultLine {
    /// Whose.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// What went wrong.
    pub words: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried again; none: when the run is taken up again.
    pub next_at: Option<Time>,
}

/// Who stopped the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedView {
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// When it goes on by itself.
    pub until: Time,
    /// Only for some of the partners.
    pub partly: bool,
}

/// How the run stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// What is going on.
    pub course: Course,
    /// The month that is being made, or was made last.
    pub month: Option<Month>,
    /// Somebody asked for this past month: when, and who.
    pub asked: Option<(Time, String)>,
    /// Organizations that have their report.
    pub made: u64,
    /// Those whose turn has yet to come.
    pub left: u64,
    /// Those that have none because it could not be made.
    pub failed: u64,
    /// When the first of those left is made, unless now.
    pub goes_on_at: Option<Time>,
    /// What could not be made, at most 50.
    pub faults: Vec<FaultLine>,
    /// Who stopped it.
    pub stopped: Option<StoppedView>,
    /// What comes next: month, when, for how many organizations.
    pub next: Option<(Month, Time, u64)>,
    /// Past months that may be asked for, latest first, with how many organizations lack each.
    pub past: Vec<(Month, u64)>,
    /// The reader may steer it.
    pub may_steer: bool,
}

#[cfg(feature = "ssr")]
async fn view(engine: &engine::Engine, actor: &domain::access::Actor) -> Result<RunView, UiError> {
    use engine::store::reports::monthly_run::{self, Standing};
    let now = crate::context::now(engine);
    let Standing { month, asked, made, left, goes_on_at, failed, faults, stopped, next, past } =
        monthly_run::standing(&engine.store, &engine.reports, actor, now).await?;
    // A server that makes a report holds it for a while: what is due within that is being made.
    let soon = now + domain::time::Span::minutes(15);
    let course = match (&month, &stopped) {
        (_, Some(_)) if goes_on_at.is_none() => Course::Stopped,
        (None, _) => Course::NotYet,
        _ if left == 0 => Course::Done,
        _ if goes_on_at.is_some_and(|at| at > soon) => Course::Waiting,
        _ => Course::Running,
    };
    let all_stand = stopped.as_ref().is_some_and(|stopped| !stopped.partly);
    let fault = |fault: monthly_run::Fault| FaultLine {
        organization: fault.organization,
        name: fault.name,
        words: fault.words,
        tries: fault.tries,
        next_at: (!all_stand).then_some(fault.next_at),
    };
    Ok(RunView {
        course,
        month,
        asked,
        made,
        left,
        failed,
        goes_on_at: goes_on_at.filter(|at| *at > soon),
        faults: faults.into_iter().map(fault).collect(),
        stopped: stopped.map(|stopped| StoppedView { at: stopped.at, by: stopped.by, until: stopped.until, partly: stopped.partly }),
        next: next.map(|next| (next.month, next.at, next.organizations)),
        past: past.into_iter().map(|past| (past.month, past.organizations)).collect(),
        may_steer: actor.may(domain::access::Action::ManageSettings),
    })
}

/// How the run stands.
///
/// # Errors
/// `forbidden` to finance, and to clients' own people.
#[server(prefix = "/sf", endpoint = "settings/monthly_run", input = crate::wire::Wire, output = crate::wire::Wire)]
pub async fn monthly_run() -> Result<RunView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    view(&engine, &actor).await
}

/// Stops the run.
///
/// # Errors
/// `forbidden`, `nothing_left`.
#[server(prefix = "/sf", endpoint = "settings/stop_monthly_run", output = crate::wire::Wire)]
pub async fn stop_monthly_run() -> Result<RunView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::reports::monthly_run::stop(&engine.store, &engine.reports, &actor, (engine.clock)()).await?;
    view(&engine, &actor).await
}

/// Takes up a run that was stopped.
///
/// # Errors
/// `forbidden`.
#[server(prefix = "/sf", endpoint = "settings/take_up_monthly_run", output = crate::wire::Wire)]
pub async fn take_up_monthly_run() -> Result<RunView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::reports::monthly_run::take_up(&engine.store, &actor, (engine.clock)()).await?;
    view(&engine, &actor).await
}

/// Tries now what could not be made.
///
/// # Errors
/// `forbidden`, `stopped`, `nothing_failed`.
#[server(prefix = "/sf", endpoint = "settings/retry_monthly_run", output = crate::wire::Wire)]
pub async fn retry_monthly_run() -> Result<RunView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::reports::monthly_run::again(&engine.store, &engine.reports, &actor, (engine.clock)()).await?;
    view(&engine, &actor).await
}

/// Has the reports of a past month made, for all organizations that lack it.
///
/// # Errors
/// `forbidden`, `stopped`, `running`; at `month`: why there can be none.
#[server(prefix = "/sf", endpoint = "settings/ask_monthly_run", output = crate::wire::Wire)]
pub async fn ask_monthly_run(
    /// Which month, `2026-10`.
    month: String,
) -> Result<RunView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let month = month.parse().map_err(|_| UiError::field("invalid_month", "month", "Choose a month."))?;
    engine::store::reports::monthly_run::ask(&engine.store, &engine.reports, &actor, month, (engine.clock)()).await?;
    view(&engine, &actor).await
}
