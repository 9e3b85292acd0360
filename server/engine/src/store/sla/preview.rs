//! What a rule would mean at once, before it is made: from the limits that states hold, never from runs. Nothing is changed.
//!
//! A device can only be in breach, now or then, when its last usable backup is older than the shorter of both hours: the index of devices
//! by their last usable backup is entered there.

use super::{
    Proposal,
    change::{above, find, home, reach, reached},
    check_hours, column,
};
use crate::{
    error::Error,
    store::{Store, facts::at, scope, sql::Sql},
};
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, OrganizationId, PartnerId, SlaRuleId},
    policy::DeviceClass,
    time::{Span, Time},
};
use sea_orm::ConnectionTrait;
use serde::Serialize;

/// Devices that are named at most, of each kind.
pub const NAMED: usize = 10;

/// A device whose standing would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Touched {
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization.
    pub organization: (OrganizationId, String),
    /// End of its last usable backup.
    pub last_usable_at: Option<Time>,
    /// Since when it would be in breach; of one that would leave: since when it is.
    pub since: Time,
}

/// What a rule would mean at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Hours that would hold.
    pub hours: i64,
    /// Devices that it reaches and that are covered.
    pub covered: i64,
    /// Of them in breach now.
    pub in_breach: i64,
    /// Of them in breach then.
    pub would_be: i64,
    /// How many would newly be in breach.
    pub more: i64,
    /// How many would leave it.
    pub fewer: i64,
    /// Those that would newly be in breach, the longest first, at most [`NAMED`].
    pub newly: Vec<Touched>,
    /// Those that would no longer be, the longest first, at most [`NAMED`].
    pub leaving: Vec<Touched>,
}

/// Who would be in breach under this rule, now.
///
/// # Errors
/// As [`super::set`], without `Conflict`.
pub async fn preview(store: &Store, actor: &Actor, new: Proposal, now: Time) -> Result<Preview, Error> {
    let home = home(store.reads(), actor, new.scope).await?;
    scope::require(actor, Action::ManageSettings, "change service levels")?;
    check_hours(new.hours)?;
    under(store, home, new.class, new.hours, now).await
}

/// Who would be in breach without this rule, now.
///
/// # Errors
/// As [`super::end`].
pub async fn preview_end(store: &Store, actor: &Actor, id: SlaRuleId, now: Time) -> Result<Preview, Error> {
    let (home, class) = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageSettings, "change service levels")?;
    let hours = above(store.reads(), home, class).await?;
    under(store, home, class, hours, now).await
}

async fn under(store: &Store, home: (PartnerId, i64), class: DeviceClass, hours: i64, now: Time) -> Result<Preview, Error> {
    let mut preview = Preview { hours, ..Preview::default() };
    for partner in reach(store.reads(), home, class).await? {
        part(store, (partner, home.1), class, now, &mut preview).await?;
    }
    preview.newly.sort_by_key(|touched| (touched.since, touched.device));
    preview.leaving.sort_by_key(|touched| (touched.since, touched.device));
    preview.newly.truncate(NAMED);
    preview.leaving.truncate(NAMED);
    Ok(preview)
}

async fn part(store: &Store, part: (PartnerId, i64), class: DeviceClass, now: Time, preview: &mut Preview) -> Result<(), Error> {
    let conn = store.reads();
    let column = column(class);
    let mut sql = Sql::new(&format!(
        "SELECT COUNT(*), MIN(o.{column}) FROM organizations o JOIN devices d ON d.partner_id = o.partner_id AND d.organization_id = o.id WHERE "
    ));
    reached(&mut sql, part, class);
    sql.push(" AND o.status = 'activated' AND d.class = ").bind(class.as_str()).push(" AND d.life IN ('pending', 'active')");
    let row = conn.query_one_raw(sql.build(store.backend())).await?;
    let (covered, shortest): (i64, Option<i64>) = match &row {
        Some(row) => (at(row, 0)?, at(row, 1)?),
        None => (0, None),
    };
    let Some(shortest) = shortest else { return Ok(()) };
    preview.covered += covered;
    // Older than the shorter of both: all that are in breach, now or then.
    let oldest = now - Span::hours(shortest.min(preview.hours));
    let mut sql = Sql::new(&format!(
        "SELECT s.device_id, s.organization_id, s.breach_at, s.quiet_until, o.{column}, s.last_usable_at, d.name, o.name \
         FROM device_state s JOIN devices d ON d.partner_id = s.partner_id AND d.id = s.device_id \
         JOIN organizations o ON o.partner_id = s.partner_id AND o.id = s.organization_id \
         WHERE s.partner_id = "
    ));
    sql.bind(part.0.0).push(" AND s.life <> 'retired' AND COALESCE(s.last_usable_at, 0) <= ").bind(oldest.0);
    sql.push(" AND s.breach_at IS NOT NULL AND d.class = ").bind(class.as_str()).push(" AND ");
    reached(&mut sql, part, class);
    sql.push(" ORDER BY COALESCE(s.last_usable_at, 0), s.device_id");
    for row in conn.query_all_raw(sql.build(store.backend())).await? {
        let (breach_at, quiet_until): (i64, Option<i64>) = (at(&row, 2)?, at(&row, 3)?);
        if quiet_until.is_some_and(|until| until > now.0) {
            continue;
        }
        let is_since = Time(breach_at);
        let would_since = is_since + Span::hours(preview.hours - at::<i64>(&row, 4)?);
        let (is, would) = (is_since <= now, would_since <= now);
        preview.in_breach += i64::from(is);
        preview.would_be += i64::from(would);
        if is == would {
            continue;
        }
        let (count, named, since) =
            if would { (&mut preview.more, &mut preview.newly, would_since) } else { (&mut preview.fewer, &mut preview.leaving, is_since) };
        *count += 1;
        if named.len() < 2 * NAMED {
            named.push(Touched {
                device: DeviceId(at(&row, 0)?),
                name: at(&row, 6)?,
                organization: (OrganizationId(at(&row, 1)?), at(&row, 7)?),
                last_usable_at: at::<Option<i64>>(&row, 5)?.map(Time),
                since,
            });
        }
    }
    Ok(())
}
