//! The windows that hold for subjects, for those who assess them, and after how long alerts are brought back to mind: read once per
//! transaction, in one question; windows are resolved once per time.
//!
//! Windows of a partner hold for its own organizations; those of partners above only where they reach everything. A partner's place in
//! the tree never changes, so it is remembered.

use crate::{
    error::Error,
    store::{facts::at, sql::Sql},
};
use domain::{
    ids::{DeviceId, OrganizationId, PartnerId},
    maintenance::{Intervals, Quiet, Reach, Window, calendar},
    time::{Span, Time},
};
use sea_orm::{ConnectionTrait, QueryResult};
use std::{
    collections::{BTreeSet, HashMap},
    sync::RwLock,
};

/// The partners above each partner and itself, the root first.
#[derive(Debug, Default)]
pub(crate) struct Ancestors(RwLock<HashMap<PartnerId, Vec<PartnerId>>>);

impl Ancestors {
    /// Of each of these.
    pub(crate) async fn of<C: ConnectionTrait>(
        &self,
        conn: &C,
        partners: &BTreeSet<PartnerId>,
    ) -> Result<HashMap<PartnerId, Vec<PartnerId>>, Error> {
        let mut found = HashMap::with_capacity(partners.len());
        if let Ok(known) = self.0.read() {
            found.extend(partners.iter().filter_map(|partner| Some((*partner, known.get(partner)?.clone()))));
        }
        if found.len() < partners.len() {
            let fresh = lines(conn, partners.iter().filter(|partner| !found.contains_key(partner)).copied()).await?;
            if let Ok(mut known) = self.0.write() {
                known.extend(fresh.iter().map(|(partner, line)| (*partner, line.clone())));
            }
            found.extend(fresh);
        }
        Ok(found)
    }
}

/// The lines of these partners, from the root.
pub(crate) async fn lines<C: ConnectionTrait>(
    conn: &C,
    partners: impl Iterator<Item = PartnerId>,
) -> Result<HashMap<PartnerId, Vec<PartnerId>>, Error> {
    let mut sql = Sql::new("SELECT id, path FROM partners WHERE id IN ");
    sql.bind_list(partners.map(|partner| partner.0));
    let rows = conn.query_all_raw(sql.build(conn.get_database_backend())).await?;
    rows.iter()
        .map(|row| {
            let path: String = at(row, 1)?;
            let line = path.split('/').filter(|id| !id.is_empty()).map(str::parse);
            let line = line.collect::<Result<Vec<PartnerId>, _>>().map_err(|e| Error::Internal(format!("a partner's path: {e}")))?;
            Ok((PartnerId(at(row, 0)?), line))
        })
        .collect()
}

/// Stands where a scope stands, in a row that is no window.
const REMINDER: &str = "reminder";

/// The columns that [`window`] reads.
pub(super) const COLUMNS: &str = "w.partner_id, w.scope, w.organization_id, w.device_id, w.tag, w.occurs, w.from_at, w.until_at";

/// Windows by the partner that made them, with what they make of the time ahead.
#[derive(Debug, Default)]
pub(crate) struct InForce {
    lines: HashMap<PartnerId, Vec<PartnerId>>,
    windows: HashMap<PartnerId, Vec<Window>>,
    resolved_at: Option<Time>,
    /// What those that concerned somebody make of the time from then on, by partner and place.
    ahead: HashMap<(PartnerId, usize), Intervals>,
    /// Hours until a reminder, by the partner that says so.
    reminders: HashMap<PartnerId, i64>,
}

impl InForce {
    /// Those that hold for subjects of these partners. `ancestors`: what is remembered of their places, if anybody remembers.
    pub(crate) async fn load<C: ConnectionTrait>(
        conn: &C,
        ancestors: Option<&Ancestors>,
        partners: BTreeSet<PartnerId>,
        now: Time,
    ) -> Result<Self, Error> {
        if partners.is_empty() {
            return Ok(Self::default());
        }
        let lines = match ancestors {
            Some(ancestors) => ancestors.of(conn, &partners).await?,
            None => lines(conn, partners.iter().copied()).await?,
        };
        let makers: BTreeSet<i64> = lines.values().flatten().map(|partner| partner.0).collect();
        let mut sql = Sql::new("SELECT ");
        sql.push(COLUMNS).push(" FROM maintenance_windows w WHERE w.partner_id IN ").bind_list(makers.iter().copied());
        sql.push(" AND w.until_at IS NULL AND (w.over_at IS NULL OR w.over_at > ").bind(now.0).push(")");
        sql.push(" UNION ALL SELECT s.partner_id, 'reminder', s.reminder_hours, 0, '', '', 0, NULL FROM partner_settings s WHERE s.partner_id IN ");
        sql.bind_list(makers).push(" AND s.reminder_hours IS NOT NULL");
        let (mut windows, mut reminders): (HashMap<PartnerId, Vec<Window>>, _) = (HashMap::new(), HashMap::new());
        for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
            let partner = PartnerId(at(&row, 0)?);
            if at::<String>(&row, 1)? == REMINDER {
                reminders.insert(partner, at(&row, 2)?);
            } else {
                windows.entry(partner).or_default().push(window(&row, true)?);
            }
        }
        Ok(Self { lines, windows, reminders, ..Self::default() })
    }

    /// After how long an alert of each partner is brought back to mind: as the nearest one that says something says. Partners of whom
    /// nobody says anything, or that it never is, are left out.
    pub(crate) fn reminders(&self) -> HashMap<PartnerId, Span> {
        let nearest = |line: &Vec<PartnerId>| line.iter().rev().find_map(|partner| self.reminders.get(partner).copied());
        let said = self.lines.iter().filter_map(|(partner, line)| Some((*partner, nearest(line)?)));
        said.filter(|(_, hours)| *hours > 0).map(|(partner, hours)| (partner, Span::hours(hours))).collect()
    }

    /// No window holds.
    pub(crate) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// What is ahead of a device or an account from `now` on. `tags`: the JSON that devices keep.
    pub(crate) fn quiet(&mut self, partner: PartnerId, organization: OrganizationId, device: DeviceId, tags: &str, now: Time) -> Quiet {
        if self.is_empty() {
            return Quiet::new();
        }
        let mut own_tags: Option<Vec<String>> = None;
        self.collect(partner, now, |window| {
            let tags = match window.reach {
                Reach::Tag(_) => own_tags.get_or_insert_with(|| serde_json::from_str(tags).unwrap_or_default()).as_slice(),
                _ => &[],
            };
            window.concerns(organization, device, tags)
        })
    }

    /// What is ahead of all of an organization from `now` on.
    pub(crate) fn quiet_organization(&mut self, partner: PartnerId, organization: OrganizationId, now: Time) -> Quiet {
        if self.is_empty() {
            return Quiet::new();
        }
        self.collect(partner, now, |window| window.concerns_organization(organization))
    }

    fn collect(&mut self, partner: PartnerId, now: Time, mut concerns: impl FnMut(&Window) -> bool) -> Quiet {
        if self.resolved_at != Some(now) {
            self.resolved_at = Some(now);
            self.ahead.clear();
        }
        let mut places = Vec::new();
        for maker in self.lines.get(&partner).into_iter().flatten() {
            let own = *maker == partner;
            for (place, window) in self.windows.get(maker).into_iter().flatten().enumerate() {
                if (own || window.reach == Reach::All) && concerns(window) {
                    self.ahead.entry((*maker, place)).or_insert_with(|| ahead(window, now));
                    places.push((*maker, place));
                }
            }
        }
        calendar::quiet(places.iter().filter_map(|place| self.ahead.get(place)).map(Vec::as_slice))
    }
}

fn ahead(window: &Window, now: Time) -> Intervals {
    // It was validated when it was made.
    window.ahead(now).unwrap_or_else(|error| {
        tracing::error!(%error, "a stored maintenance window can't be resolved");
        Intervals::new()
    })
}

/// A window out of a row of [`COLUMNS`].
pub(super) fn window(row: &QueryResult, own: bool) -> Result<Window, Error> {
    let (organization, device): (i64, i64) = (at(row, 2)?, at(row, 3)?);
    let reach = match at::<String>(row, 1)?.as_str() {
        "device" => Reach::Device(DeviceId(device)),
        "organization" => Reach::Organization(OrganizationId(organization)),
        "partner" => Reach::Partner,
        "tag" => Reach::Tag(at(row, 4)?),
        "all" => Reach::All,
        other => return Err(Error::Internal(format!("a maintenance window of scope {other}"))),
    };
    Ok(Window {
        occurs: serde_json::from_str(&at::<String>(row, 5)?)?,
        reach,
        own,
        from: Time(at(row, 6)?),
        until: at::<Option<i64>>(row, 7)?.map(Time),
    })
}

/// All versions of the windows that held for subjects of a partner at any time within [from, until): what a service level leaves out.
/// Ask each whom it concerns, and what it made ([`Window::within`]). Each with its name.
///
/// # Errors
/// The database fails, or holds what can't be read.
pub(crate) async fn versions<C: ConnectionTrait>(
    conn: &C,
    partner: PartnerId,
    from: Time,
    until: Time,
) -> Result<Vec<(String, Window)>, Error> {
    let makers = lines(conn, std::iter::once(partner)).await?;
    let makers: BTreeSet<i64> = makers.values().flatten().map(|partner| partner.0).collect();
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(", w.name FROM maintenance_windows w WHERE w.partner_id IN ").bind_list(makers);
    sql.push(" AND w.from_at < ").bind(until.0).push(" AND (w.until_at IS NULL OR w.until_at > ").bind(from.0);
    sql.push(") AND (w.over_at IS NULL OR w.over_at > ").bind(from.0).push(") ORDER BY w.partner_id, w.id");
    let rows = conn.query_all_raw(sql.build(conn.get_database_backend())).await?;
    rows.iter().map(|row| Ok((at(row, 8)?, window(row, PartnerId(at(row, 0)?) == partner)?))).collect()
}
