//! Who meets the service level now and who doesn't, since when and why: by keyset, from states. The longest past their limit come first,
//! or the soonest to pass it: each list is the order of an index of its own, whatever hours hold for whom.

use crate::{
    error::Error,
    store::{
        Store,
        facts::{at, parse},
        page::{self, Page},
        scope,
        sla::column,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor, Scope},
    health::{Assessment, Reason},
    ids::{DeviceId, JobId, OrganizationId, PartnerId},
    policy::DeviceClass,
    time::{Span, Time},
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::HashMap;

/// How a device stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Held {
    /// In breach.
    #[default]
    Broken,
    /// Within its rule.
    Kept,
}

impl std::str::FromStr for Held {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "breach" => Ok(Self::Broken),
            "meeting" => Ok(Self::Kept),
            _ => Err("a standing is `breach` or `meeting`"),
        }
    }
}

/// What a list of now asks for.
#[derive(Clone, Debug, Default)]
pub struct NowFilter {
    /// Those in breach, or the others.
    pub held: Held,
    /// Only of this organization.
    pub organization: Option<OrganizationId>,
    /// Only of this class.
    pub class: Option<DeviceClass>,
    /// True: the shortest past their limit, or the last to pass it, first.
    pub shortest_first: bool,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// A device and its rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NowRow {
    /// Its partner.
    pub partner: PartnerId,
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: DeviceClass,
    /// Its organization.
    pub organization: (OrganizationId, String),
    /// Hours of the rule.
    pub hours: i64,
    /// End of its last usable backup.
    pub last_usable_at: Option<Time>,
    /// When the limit passed, or passes if no usable backup comes.
    pub breach_at: Time,
    /// The first reason of its health: what is known of the cause.
    pub why: Option<Reason>,
    /// Name of the job that it speaks of.
    pub job: Option<String>,
}

/// How many are covered, and in breach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Devices that a rule covers.
    pub covered: i64,
    /// Of them in breach.
    pub in_breach: i64,
}

/// A page of devices, and how many there are of either kind.
///
/// # Errors
/// `Forbidden` without the right to read; `NotFound` (organization); `Invalid` (cursor, limit).
pub async fn now(store: &Store, actor: &Actor, filter: &NowFilter) -> Result<(Page<NowRow>, Standing), Error> {
    scope::require(actor, Action::SeeDashboards, "see compliance")?;
    let limit = page::limit(filter.limit)?;
    let organization = match (&actor.scope, filter.organization) {
        (_, Some(id)) => Some(crate::store::organizations::find(store.reads(), actor, id).await.map(|o| (PartnerId(o.partner_id), id))?),
        (Scope::Organization(partner, id) | Scope::Device(partner, id, _), None) => Some((*partner, *id)),
        (Scope::Partners(_), None) => None,
    };
    let after: Option<(i64, i64)> = page::read(filter.cursor.as_deref())?;
    let partners = match organization {
        Some((partner, _)) => vec![partner],
        None => scope::partners(&actor.scope).to_vec(),
    };
    let own = match &actor.scope {
        Scope::Device(_, _, device) => Some(*device),
        _ => None,
    };
    let (mut rows, mut standing) = (Vec::new(), Standing::default());
    for partner in partners {
        let organization = organization.map(|(_, id)| id);
        standing_of(store, partner, (organization, own), &mut standing).await?;
        rows.extend(piece(store, partner, &Asked { organization, device: own, filter, after, limit }).await?);
    }
    rows.sort_by_key(|row: &NowRow| key(row));
    if filter.shortest_first {
        rows.reverse();
    }
    let mut page = Page::cut(rows, limit, key)?;
    name_jobs(store, &mut page.items).await?;
    Ok((page, standing))
}

/// The job that a reason speaks of.
const fn job_of(reason: &Reason) -> Option<JobId> {
    match reason {
        Reason::Failing { job, .. }
        | Reason::PastDue { job, .. }
        | Reason::Stuck { job, .. }
        | Reason::FarLess { job, .. }
        | Reason::NoFiles { job, .. } => Some(*job),
        _ => None,
    }
}

async fn name_jobs(store: &Store, rows: &mut [NowRow]) -> Result<(), Error> {
    let jobs = rows.iter().filter_map(|row| row.why.as_ref().and_then(job_of));
    let mut sql = Sql::new("SELECT j.id, j.name FROM jobs j WHERE j.partner_id IN ");
    sql.bind_list(rows.iter().map(|row| row.partner.0)).push(" AND j.id IN ").bind_list(jobs.map(|job| job.0));
    let mut names = HashMap::new();
    for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
        names.insert(JobId(at(&row, 0)?), at::<String>(&row, 1)?);
    }
    for row in rows {
        row.job = row.why.as_ref().and_then(job_of).and_then(|job| names.get(&job).cloned());
    }
    Ok(())
}

fn key(row: &NowRow) -> (i64, i64) {
    (row.breach_at.0, row.device.0)
}

async fn standing_of(
    store: &Store,
    partner: PartnerId,
    (organization, device): (Option<OrganizationId>, Option<DeviceId>),
    sum: &mut Standing,
) -> Result<(), Error> {
    let mut sql = Sql::new(match device {
        // Who may see one device learns nothing of the others.
        Some(_) => {
            "SELECT CAST(COUNT(c.breach_at) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN c.in_breach THEN 1 ELSE 0 END), 0) AS BIGINT) \
             FROM device_state c WHERE c.partner_id = "
        }
        None => {
            "SELECT CAST(COALESCE(SUM(c.covered), 0) AS BIGINT), CAST(COALESCE(SUM(c.in_breach), 0) AS BIGINT) \
             FROM organization_counts c WHERE c.partner_id = "
        }
    });
    sql.bind(partner.0);
    if let Some(organization) = organization {
        sql.push(" AND c.organization_id = ").bind(organization.0);
    }
    if let Some(device) = device {
        sql.push(" AND c.device_id = ").bind(device.0);
    }
    if let Some(row) = store.reads().query_one_raw(sql.build(store.backend())).await? {
        sum.covered += at::<i64>(&row, 0)?;
        sum.in_breach += at::<i64>(&row, 1)?;
    }
    Ok(())
}

/// What is read of each partner.
struct Asked<'a> {
    organization: Option<OrganizationId>,
    device: Option<DeviceId>,
    filter: &'a NowFilter,
    after: Option<(i64, i64)>,
    limit: u64,
}

/// `SELECT …` of a partner's rows, in order, one more than a page at most.
fn statement(partner: PartnerId, asked: &Asked<'_>) -> Sql {
    let Asked { organization, device, filter, after, limit } = *asked;
    let mut sql = Sql::new(&format!(
        "SELECT s.device_id, d.name, d.class, s.organization_id, o.name, o.{}, o.{}, s.last_usable_at, s.breach_at, s.assessment \
         FROM device_state s JOIN devices d ON d.partner_id = s.partner_id AND d.id = s.device_id \
         JOIN organizations o ON o.partner_id = s.partner_id AND o.id = s.organization_id WHERE s.partner_id = ",
        column(DeviceClass::Workstation),
        column(DeviceClass::Server),
    ));
    // In the words of the two indexes.
    sql.bind(partner.0).push(" AND s.life <> 'retired' AND s.breach_at IS NOT NULL AND ");
    sql.push(if filter.held == Held::Broken { "s.in_breach" } else { "NOT s.in_breach" });
    if let Some(organization) = organization {
        sql.push(" AND s.organization_id = ").bind(organization.0);
    }
    if let Some(device) = device {
        sql.push(" AND s.device_id = ").bind(device.0);
    }
    if let Some(class) = filter.class {
        sql.push(" AND d.class = ").bind(class.as_str());
    }
    if let Some((breach, id)) = after {
        let than = if filter.shortest_first { "<" } else { ">" };
        sql.push(&format!(" AND (s.breach_at, s.device_id) {than} (")).bind(breach).push(", ").bind(id).push(")");
    }
    let way = if filter.shortest_first { "DESC" } else { "ASC" };
    sql.push(&format!(" ORDER BY s.breach_at {way}, s.device_id {way} LIMIT {}", limit + 1));
    sql
}

async fn piece(store: &Store, partner: PartnerId, asked: &Asked<'_>) -> Result<Vec<NowRow>, Error> {
    let rows = store.reads().query_all_raw(statement(partner, asked).build(store.backend())).await?;
    rows.iter()
        .map(|row| {
            let class: DeviceClass = parse(&at::<String>(row, 2)?)?;
            let place = if class == DeviceClass::Workstation { 5 } else { 6 };
            let assessment: Option<Assessment> = serde_json::from_str(&at::<String>(row, 9)?).ok();
            Ok(NowRow {
                partner,
                device: DeviceId(at(row, 0)?),
                name: at(row, 1)?,
                class,
                organization: (OrganizationId(at(row, 3)?), at(row, 4)?),
                hours: at(row, place)?,
                last_usable_at: at::<Option<i64>>(row, 7)?.map(Time),
                breach_at: Time(at(row, 8)?),
                why: assessment.and_then(|a| a.reasons.first().copied()),
                job: None,
            })
        })
        .collect()
}

impl NowRow {
    /// How long it is past its limit at a time; negative: how long it has.
    pub fn past(&self, now: Time) -> Span {
        now - self.breach_at
    }
}

#[cfg(all(test, feature = "test-support"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::{self, Kind};

    #[tokio::test]
    async fn either_list_is_walked_along_an_index_of_its_own_and_ends_when_the_page_is_full() {
        let fresh = testing::fresh(Kind::Sqlite).await;
        let orders = [(Held::Broken, "device_state_breach"), (Held::Kept, "device_state_kept")];
        for ((held, index), shortest_first) in orders.iter().flat_map(|order| [(order, false), (order, true)]) {
            for (class, after) in [(None, None), (Some(DeviceClass::Server), Some((70, 9)))] {
                let filter = NowFilter { held: *held, shortest_first, class, ..NowFilter::default() };
                let mut sql = statement(PartnerId(7), &Asked { organization: None, device: None, filter: &filter, after, limit: 50 });
                sql.before("EXPLAIN QUERY PLAN ");
                let rows = fresh.store.reads().query_all_raw(sql.build(fresh.store.backend())).await.unwrap();
                let plan = rows.iter().map(|row| row.try_get_by_index::<String>(3).unwrap()).collect::<Vec<_>>().join("\n");
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{filter:?}: {plan}");
            }
        }
    }
}
