//! Incidents: many alerts of one cause, as one line, and one in full.

use super::{AlertLine, Tend, TendedView};
use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    alert::{AlertKind, Severity},
    ids::{IncidentId, OrganizationId},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An incident in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentLine {
    /// Which incident.
    pub id: IncidentId,
    /// What its members have in common, in words that can begin a sentence: "The Microsoft 365 connection of Acme".
    pub cause: String,
    /// Whose, where all members belong to one organization.
    pub organization: Option<(OrganizationId, String)>,
    /// The worst of its members'.
    pub severity: Severity,
    /// Its place among alerts by worth.
    pub worth: i64,
    /// When the first alert of it was opened.
    pub opened_at: Time,
    /// When the last alert joined.
    pub joined_at: Time,
    /// When the last member resolved.
    pub resolved_at: Option<Time>,
    /// Alerts that belong to it.
    pub members: i64,
    /// Of them, those that are open.
    pub open_members: i64,
    /// Open members that nobody tends.
    pub untended: i64,
    /// Names of a few members.
    pub names: Vec<String>,
    /// The kind of trouble of those.
    pub kind: Option<AlertKind>,
    /// What to do about all of them.
    pub advice: String,
    /// What one of them said of the cause.
    pub told: Option<String>,
}

impl IncidentLine {
    /// How many there are, in words: "14 alerts, 9 of them open".
    pub fn counted(&self) -> String {
        use domain::text::count;
        match (self.members, self.open_members) {
            (all, open) if all == open => format!("{} alerts, all open", count(all)),
            (all, 0) => format!("{} alerts, all resolved", count(all)),
            (all, open) => format!("{} alerts, {} of them open", count(all), count(open)),
        }
    }
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentView {
    /// As in lists.
    pub line: IncidentLine,
    /// Kind, open ones, all.
    pub kinds: Vec<(AlertKind, i64, i64)>,
    /// Its members: the open ones by worth, or, once all are resolved, the latest first.
    pub lines: Vec<AlertLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// The server's time.
    pub at: Time,
}

/// One incident with a page of its members.
///
/// # Errors
/// Signed out, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/incident", input = Wire, output = Wire)]
pub async fn load_incident(id: String, cursor: String) -> Result<IncidentView, UiError> {
    ssr::one(&id, cursor).await
}

/// Tends the open members of an incident, 500 at most.
///
/// # Errors
/// Signed out, not allowed, not within the scope, or words that can't be taken.
#[server(prefix = "/sf", endpoint = "backup/tend_incident", input = Wire, output = Wire)]
pub async fn tend_incident(id: IncidentId, tend: Tend) -> Result<TendedView, UiError> {
    ssr::tend(id, tend).await
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr {
    use super::{IncidentLine, IncidentView};
    use crate::{
        api::backup::{Tend, TendedView, alerts::ssr as of_alerts},
        context,
        error::UiError,
    };
    use domain::{
        ids::IncidentId,
        remedy::{Common, for_all},
    };
    use engine::store::alerts::{self, IncidentCause, IncidentRow};

    pub(in crate::api) fn line(row: IncidentRow) -> IncidentLine {
        let whose = row.organization.as_ref().map_or_else(|| "one client".to_owned(), |(_, name)| name.clone());
        let (cause, common) = match &row.cause {
            IncidentCause::Connection(Some(service)) => (format!("The {} connection of {whose}", service.name()), Common::Connection),
            IncidentCause::Connection(None) => (format!("A SaaS connection of {whose}"), Common::Connection),
            IncidentCause::Destination(place) => (format!("The destination {place}"), Common::Destination),
            IncidentCause::Organization => (whose, Common::Organization),
        };
        let mut names: Vec<String> = row.some.iter().map(|a| a.device.1.clone()).collect();
        names.dedup();
        let told = most_told(&row);
        IncidentLine {
            id: row.id,
            worth: row.worth(),
            cause,
            organization: row.organization,
            severity: row.severity,
            opened_at: row.opened_at,
            joined_at: row.joined_at,
            resolved_at: row.resolved_at,
            members: row.members,
            open_members: row.open_members,
            untended: row.untended,
            names,
            kind: row.some.first().map(|a| a.kind),
            advice: for_all(common).to_owned(),
            told,
        }
    }

    /// The cause that most of its named members tell.
    fn most_told(row: &IncidentRow) -> Option<String> {
        let causes: Vec<String> = row.some.iter().filter_map(|a| a.remedy(None).cause).collect();
        let told = |cause: &String| causes.iter().filter(|other| *other == cause).count();
        causes.iter().rev().max_by_key(|cause| told(cause)).cloned()
    }

    pub(super) async fn one(id: &str, cursor: String) -> Result<IncidentView, UiError> {
        let (engine, actor) = context::actor()?;
        let now = context::now(&engine);
        let id: IncidentId = id.parse().map_err(|_| UiError::not_found("incident"))?;
        let detail = alerts::incident(&engine.store, &actor, id, Some(cursor).filter(|c| !c.is_empty()), now).await?;
        Ok(IncidentView {
            line: line(detail.row),
            kinds: detail.kinds,
            lines: detail.members.items.into_iter().map(of_alerts::line).collect(),
            next_cursor: detail.members.next_cursor,
            at: now,
        })
    }

    pub(super) async fn tend(id: IncidentId, tend: Tend) -> Result<TendedView, UiError> {
        let (engine, actor) = context::actor()?;
        let ids = alerts::open_members(&engine.store, &actor, id).await?;
        let mut view = TendedView::default();
        // A transaction for each part: a big storm doesn't hold up those who report meanwhile.
        for part in ids.chunks(alerts::MOST_AT_ONCE) {
            let tended = of_alerts::tend_these(&engine, &actor, part, tend.clone()).await?;
            view.done += tended.done;
            view.fresh.extend(tended.fresh);
            view.resolved += tended.resolved;
            view.refused = match (view.refused, tended.refused) {
                (Some((n, first)), Some((more, _))) => Some((n + more, first)),
                (known, fresh) => known.or(fresh),
            };
        }
        if view.fresh.len() > alerts::MOST_AT_ONCE {
            view.fresh.clear();
        }
        Ok(view)
    }
}
