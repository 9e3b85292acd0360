//! Home: what needs attention, what goes on, what is new, how it went; for finance seats and plans.

use super::{IncidentLine, LogLine};
use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    alert::{AlertKind, Severity},
    health::Reason,
    ids::{AlertId, DeviceId, JobId, OrganizationId, RunId},
    live::CountsNow,
    remedy::Remedy,
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One thing that needs attention: a device, or devices of one client with the same trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionLine {
    /// The alert that is worth most.
    pub alert: AlertId,
    /// What kind of trouble.
    pub kind: AlertKind,
    /// How bad.
    pub severity: Severity,
    /// Whose.
    pub organization: (OrganizationId, String),
    /// The first few devices or accounts.
    pub devices: Vec<(DeviceId, String)>,
    /// The first of them is an account.
    pub is_account: bool,
    /// How many there are.
    pub size: usize,
    /// The fact and its number, of the device that has had it longest.
    pub reason: Reason,
    /// The job behind it.
    pub job: Option<(JobId, String)>,
    /// The run behind it.
    pub run: Option<RunId>,
    /// What that run said.
    pub said: Option<String>,
    /// Cause and recommended action.
    pub remedy: Remedy,
    /// Since when.
    pub since: Time,
    /// What else is wrong with a device that stands alone.
    pub also: Vec<AlertKind>,
}

/// What is new since yesterday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLine {
    /// Alerts that were opened.
    pub opened: i64,
    /// Alerts that resolved.
    pub resolved: i64,
    /// Devices that were enrolled.
    pub devices: i64,
    /// Devices that reported for the first time.
    pub reported: i64,
    /// New names in the inbox.
    pub waiting: i64,
}

/// Runs that ended, by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedLine {
    /// Succeeded.
    pub succeeded: i64,
    /// Usable with issues.
    pub warning: i64,
    /// Failed.
    pub failed: i64,
    /// Missed.
    pub missed: i64,
}

impl EndedLine {
    /// Share of usable runs in hundredths of a percent, rounded down; none: no run ended.
    pub const fn success(self) -> Option<i64> {
        let usable = self.succeeded + self.warning;
        let all = usable + self.failed + self.missed;
        if all > 0 { Some(usable * 10_000 / all) } else { None }
    }
}

/// Home of those who look after backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetHome {
    /// Counts of the scope.
    pub counts: CountsNow,
    /// Devices that the default service level covers.
    pub covered: i64,
    /// Of them, those in breach now.
    pub in_breach: i64,
    /// Open incidents, the worst first.
    pub incidents: Vec<IncidentLine>,
    /// What else needs attention, by worth.
    pub attention: Vec<AttentionLine>,
    /// Alerts that nobody tends and that aren't among them.
    pub unshown: i64,
    /// There are more of those than were counted.
    pub is_more: bool,
    /// Open alerts that somebody tends.
    pub tended: i64,
    /// Open runs of SaaS accounts: running, retrying. Those of devices are among the counts.
    pub open_of_accounts: (i64, i64),
    /// Open runs of both, latest start first.
    pub open_runs: Vec<LogLine>,
    /// What is new since yesterday.
    pub new: NewLine,
    /// Runs of devices of the last 24 hours.
    pub day: EndedLine,
    /// The same of the last seven days.
    pub week: EndedLine,
    /// The server's time.
    pub at: Time,
}

/// Plan and seats of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    /// Which organization.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// `activated` or `deactivated`.
    pub status: String,
    /// Name of its plan.
    pub plan_name: String,
    /// What was sold.
    pub plan_type: String,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
}

/// Home of finance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlansHome {
    /// Organizations by name; the first 500.
    pub plans: Vec<PlanLine>,
    /// There are more.
    pub is_more: bool,
}

/// What Home shows, by who looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HomeView {
    /// Those who look after backups, or whose they are.
    Fleet(Box<FleetHome>),
    /// Finance: seats and plans only (D11).
    Plans(PlansHome),
}

/// Home.
///
/// # Errors
/// Signed out, or not allowed.
#[server(prefix = "/sf", endpoint = "backup/home", input = Wire, output = Wire)]
pub async fn load_home() -> Result<HomeView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let now = crate::context::now(&engine);
    if actor.may(domain::access::Action::SeeDashboards) {
        Ok(HomeView::Fleet(Box::new(ssr::fleet(&engine, &actor, now).await?)))
    } else {
        Ok(HomeView::Plans(ssr::plans(&engine, &actor).await?))
    }
}

#[cfg(feature = "ssr")]
mod ssr {
    use super::{AttentionLine, EndedLine, FleetHome, NewLine, PlanLine, PlansHome};
    use crate::{
        api::backup::{incidents, log},
        error::UiError,
    };
    use domain::{
        access::Actor,
        time::{Span, Time},
    };
    use engine::{
        Engine,
        store::{
            organizations::{self, OrganizationFilter},
            overview::{self, Attention, Ended},
        },
    };

    const MOST_PLANS: u64 = 500;

    fn attention(a: Attention) -> AttentionLine {
        AttentionLine {
            alert: a.alert,
            remedy: a.remedy,
            kind: a.kind,
            severity: a.severity,
            organization: a.organization,
            devices: a.devices,
            is_account: a.is_account,
            size: a.size,
            reason: a.reason,
            job: a.job,
            run: a.run,
            said: a.said,
            since: a.since,
            also: a.also,
        }
    }

    const fn ended(e: Ended) -> EndedLine {
        EndedLine { succeeded: e.succeeded, warning: e.warning, failed: e.failed, missed: e.missed }
    }

    pub(super) async fn fleet(engine: &Engine, actor: &Actor, now: Time) -> Result<FleetHome, UiError> {
        let o = overview::overview(&engine.store, actor, now - Span::DAY, now).await?;
        Ok(FleetHome {
            counts: o.counts,
            covered: o.covered,
            in_breach: o.in_breach,
            incidents: o.incidents.into_iter().map(incidents::ssr::line).collect(),
            attention: o.attention.into_iter().map(attention).collect(),
            unshown: o.unshown,
            is_more: o.is_more,
            tended: o.tended,
            open_of_accounts: o.open_of_accounts,
            open_runs: o.open_runs.into_iter().map(log::ssr::line).collect(),
            new: NewLine {
                opened: o.new.opened,
                resolved: o.new.resolved,
                devices: o.new.devices,
                reported: o.new.reported,
                waiting: o.new.waiting,
            },
            day: ended(o.day),
            week: ended(o.week),
            at: now,
        })
    }

    pub(super) async fn plans(engine: &Engine, actor: &Actor) -> Result<PlansHome, UiError> {
        let filter = OrganizationFilter { limit: Some(MOST_PLANS), ..OrganizationFilter::default() };
        let page = organizations::list(&engine.store, actor, &filter).await?;
        Ok(PlansHome {
            is_more: page.next_cursor.is_some(),
            plans: page
                .items
                .into_iter()
                .map(|o| PlanLine {
                    id: o.id,
                    name: o.name,
                    status: o.status.as_str().to_owned(),
                    plan_name: o.plan_name,
                    plan_type: o.plan_type.as_str().to_owned(),
                    seat_limit: o.seat_limit,
                })
                .collect(),
        })
    }
}
