//! Incidents (D1, D4): ten or more subjects whose alerts opened within ten minutes with one cause are one incident. Who belongs to it is
//! decided here, purely; `engine::reconcile::incidents` writes it.

use crate::{
    ids::{AlertId, ConnectionId, DeviceId, IncidentId, OrganizationId},
    time::{Span, Time},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// So many subjects make an incident.
pub const SUBJECTS: usize = 10;
/// Their alerts opened within this time; after so long without another, nothing joins any more.
pub const WITHIN: Span = Span::minutes(10);

/// What alerts have in common. Words in the store: `connection:…`, `destination:…`, `organization:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The SaaS connection of accounts.
    Connection(ConnectionId),
    /// Where failing runs wanted to store.
    Destination(String),
    /// Nothing narrower than the organization.
    Organization(OrganizationId),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(id) => write!(f, "connection:{id}"),
            Self::Destination(name) => write!(f, "destination:{name}"),
            Self::Organization(id) => write!(f, "organization:{id}"),
        }
    }
}

/// A text that is no cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACause;

impl FromStr for Cause {
    type Err = NotACause;

    fn from_str(text: &str) -> Result<Self, NotACause> {
        match text.split_once(':').ok_or(NotACause)? {
            ("connection", id) => id.parse().map(Self::Connection).map_err(|_| NotACause),
            ("destination", name) => Ok(Self::Destination(name.to_owned())),
            ("organization", id) => id.parse().map(Self::Organization).map_err(|_| NotACause),
            _ => Err(NotACause),
        }
    }
}

/// The cause of an alert: its connection, else the destination of its run, else its organization.
pub fn cause(connection: Option<ConnectionId>, destination: Option<&str>, organization: OrganizationId) -> Cause {
    match (connection, destination) {
        (Some(connection), _) => Cause::Connection(connection),
        (None, Some(destination)) => Cause::Destination(destination.to_owned()),
        (None, None) => Cause::Organization(organization),
    }
}

/// An open alert, not muted, that was opened or reopened lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Which alert.
    pub alert: AlertId,
    /// Of which subject: a device, an account, or a connection in their clothes.
    pub subject: DeviceId,
    /// Its cause.
    pub cause: Cause,
    /// When it was opened or reopened.
    pub at: Time,
    /// It belongs to this incident already.
    pub incident: Option<IncidentId>,
}

/// An incident that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ongoing {
    /// Which incident.
    pub incident: IncidentId,
    /// Its cause.
    pub cause: Cause,
    /// When an alert joined last.
    pub joined_at: Time,
}

/// Alerts that become members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// Their cause.
    pub cause: Cause,
    /// Of this incident; none: of a new one.
    pub incident: Option<IncidentId>,
    /// Which alerts.
    pub alerts: Vec<AlertId>,
}

/// Which alerts become members of which incidents at `now`, by cause. There is one open incident of a cause at most: a second storm
/// joins it while it is open. Alerts may be younger than `now`: whoever waited for the others' alerts took its time before.
pub fn gather(recent: &[Recent], ongoing: &[Ongoing], now: Time) -> Vec<Gathered> {
    let mut by_cause: BTreeMap<&Cause, Vec<&Recent>> = BTreeMap::new();
    for alert in recent.iter().filter(|alert| alert.incident.is_none() && alert.at > now - WITHIN) {
        by_cause.entry(&alert.cause).or_default().push(alert);
    }
    let mut gathered = Vec::new();
    for (cause, alerts) in by_cause {
        let open = ongoing.iter().find(|incident| incident.cause == *cause);
        let joins = |alert: &&&Recent| open.is_some_and(|incident| alert.at <= incident.joined_at + WITHIN);
        let subjects: BTreeSet<DeviceId> = alerts.iter().map(|alert| alert.subject).collect();
        let mut members: Vec<AlertId> = if subjects.len() >= SUBJECTS {
            alerts.iter().map(|alert| alert.alert).collect()
        } else {
            alerts.iter().filter(joins).map(|alert| alert.alert).collect()
        };
        if !members.is_empty() {
            members.sort_unstable();
            gathered.push(Gathered { cause: cause.clone(), incident: open.map(|incident| incident.incident), alerts: members });
        }
    }
    gathered
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const NOW: Time = Time(1_795_132_800_000);
    const OF: Cause = Cause::Organization(OrganizationId(7));

    fn alert(n: i64, minutes_ago: i64) -> Recent {
        Recent { alert: AlertId(n), subject: DeviceId(n), cause: OF, at: NOW - Span::minutes(minutes_ago), incident: None }
    }

    #[test]
    fn ten_subjects_are_an_incident_and_nine_are_none() {
        let nine: Vec<_> = (1..=9).map(|n| alert(n, n)).collect();
        assert!(gather(&nine, &[], NOW).is_empty());
        let ten: Vec<_> = (0..=9).map(|n| alert(n, n)).collect();
        let found = gather(&ten, &[], NOW);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].incident, found[0].alerts.len()), (None, 10));
    }

    #[test]
    fn two_alerts_of_a_subject_count_once_and_older_than_ten_minutes_not_at_all() {
        let mut alerts: Vec<_> = (1..=9).map(|n| alert(n, 1)).collect();
        alerts.push(Recent { alert: AlertId(99), ..alert(1, 0) });
        assert!(gather(&alerts, &[], NOW).is_empty());
        alerts.push(alert(20, 10));
        assert!(gather(&alerts, &[], NOW).is_empty());
        alerts.push(alert(21, 9));
        assert_eq!(gather(&alerts, &[], NOW)[0].alerts.len(), 11);
    }

    #[test]
    fn causes_are_kept_apart() {
        let mut alerts: Vec<_> = (0..9).map(|n| alert(n, 1)).collect();
        alerts.push(Recent { cause: Cause::Destination("s3:backup".into()), ..alert(9, 1) });
        assert!(gather(&alerts, &[], NOW).is_empty());
    }

    #[test]
    fn one_more_joins_within_ten_minutes_of_the_last_and_not_later() {
        let ongoing = |minutes_ago| [Ongoing { incident: IncidentId(5), cause: OF, joined_at: NOW - Span::minutes(minutes_ago) }];
        let found = gather(&[alert(1, 0)], &ongoing(10), NOW);
        assert_eq!(found, [Gathered { cause: OF, incident: Some(IncidentId(5)), alerts: vec![AlertId(1)] }]);
        assert!(gather(&[alert(1, 0)], &ongoing(11), NOW).is_empty());
    }

    #[test]
    fn a_second_storm_joins_the_incident_that_is_still_open() {
        let storm: Vec<_> = (0..12).map(|n| alert(n, 1)).collect();
        let ongoing = [Ongoing { incident: IncidentId(5), cause: OF, joined_at: NOW - Span::hours(3) }];
        let found = gather(&storm, &ongoing, NOW);
        assert_eq!((found[0].incident, found[0].alerts.len()), (Some(IncidentId(5)), 12));
    }

    #[test]
    fn causes_are_stored_in_words() {
        let causes = [Cause::Connection(ConnectionId(3)), Cause::Destination("ssh://nas:22/./repo".into()), OF];
        for cause in causes {
            assert_eq!(cause.to_string().parse::<Cause>().unwrap(), cause);
        }
        assert_eq!("weather:rain".parse::<Cause>(), Err(NotACause));
        assert_eq!(super::cause(None, Some("nas"), OrganizationId(7)), Cause::Destination("nas".into()));
    }
}
