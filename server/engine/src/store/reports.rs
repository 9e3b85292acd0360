//! Backup Summary Reports (D7): one frozen row of `reports` for an organization and month, from which both documents, account level and
//! organization level, are made.
//!
//! What is stored is what was read when the report was made ([`Summary`]): compact JSON, compressed, under its SHA-256. Nothing that comes
//! later changes it, so that a document made again has the same bytes. [`due`] makes what is due, once, whoever asks.

pub mod due;
mod evidence;
mod freeze;
mod gather;
pub mod monthly_run;
mod summary;

pub use freeze::{Made, make};
pub use summary::{AccountLine, ClassLine, DeviceLine, Last, OfAccounts, OfDevices, Summary, WorkloadLine};

use super::{
    Store,
    entity::{organization, partner, report as stored},
    facts::at,
    organizations, report_delivery,
    sql::Sql,
};
use crate::error::Error;
use domain::{
    access::{Actor, Scope},
    ids::{OrganizationId, PartnerId, ReportId},
    report::{
        KEPT, Month,
        due::{next_due, wanted},
    },
    time::Time,
    zones::Zone,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use std::collections::HashSet;

/// The kind of these reports.
pub(crate) const KIND: &str = "backup_summary";

/// What the portal is set to. Part of [`crate::Engine`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Address people use, without a slash at the end; empty: reports don't say where they can be verified.
    pub public_url: String,
    /// No report is made of an earlier month. None: the month in which the store was made.
    pub from: Option<Month>,
}

/// A monthly report, without what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MonthlyRow {
    /// Which report.
    pub id: ReportId,
    /// Whose client it is about.
    pub partner: PartnerId,
    /// About which organization.
    pub organization: OrganizationId,
    /// About which month.
    pub month: Month,
    /// The month's first instant.
    pub from: Time,
    /// That of the next month.
    pub until: Time,
    /// When it was made.
    pub made_at: Time,
    /// Who made it: `system`, `user:ID` or `key:ID`.
    pub made_by: String,
    /// SHA-256 of its inputs, hexadecimal.
    pub hash: String,
    /// When it is deleted.
    pub expires_at: Time,
}

/// A monthly report with what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monthly {
    /// As in the list.
    pub row: MonthlyRow,
    /// What it says.
    pub summary: Summary,
}

/// How it stands with the reports of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prospect {
    /// When the next one is due.
    pub next_at: Time,
    /// Months that have none and may have one, latest first: a person may make them.
    pub missing: Vec<Month>,
    /// How often the one that is due could not be made; 0: nothing is wrong.
    pub tries: i64,
    /// What went wrong then.
    pub fault: String,
}

/// What may be told to anybody who holds a document: no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// `backup_summary` or `compliance`.
    pub kind: String,
    /// Beginning of its period.
    pub from: Time,
    /// End of its period, not included.
    pub until: Time,
    /// Its month, where it is of one.
    pub month: Option<Month>,
    /// When it was made.
    pub made_at: Time,
}

fn row(model: &stored::Model) -> MonthlyRow {
    MonthlyRow {
        id: ReportId(model.id),
        partner: PartnerId(model.partner_id),
        organization: OrganizationId(model.organization_id),
        month: Month(model.month.and_then(|month| i32::try_from(month).ok()).unwrap_or_default()),
        from: Time(model.from_at),
        until: Time(model.until_at),
        made_at: Time(model.made_at),
        made_by: model.made_by.clone(),
        hash: model.inputs_hash.clone(),
        expires_at: Time(model.expires_at.unwrap_or(i64::MAX)),
    }
}

/// Refuses who may not see an organization's reports: the client's own people see what the partner shares (D7, D11).
async fn may_see(store: &Store, actor: &Actor, of: &organization::Model) -> Result<(), Error> {
    report_delivery::require_sight(store.reads(), actor, PartnerId(of.partner_id), OrganizationId(of.id)).await
}

/// The reports of an organization, latest month first; at most six.
///
/// # Errors
/// `NotFound` (organization); `Forbidden` without the right to see reports, for clients also where they are not shared.
pub async fn list(store: &Store, actor: &Actor, organization: OrganizationId) -> Result<Vec<MonthlyRow>, Error> {
    let of = organizations::find(store.reads(), actor, organization).await?;
    may_see(store, actor, &of).await?;
    // Not what they were made of, which may be large.
    type Row = (i64, i64, i64, i64, i64, String, Option<i64>, Option<i64>);
    let rows: Vec<Row> = stored::Entity::find()
        .select_only()
        .columns([stored::Column::Id, stored::Column::FromAt, stored::Column::UntilAt, stored::Column::MadeAt])
        .column(stored::Column::OrganizationId)
        .column(stored::Column::InputsHash)
        .columns([stored::Column::Month, stored::Column::ExpiresAt])
        .filter(stored::Column::PartnerId.eq(of.partner_id))
        .filter(stored::Column::OrganizationId.eq(of.id))
        .filter(stored::Column::Kind.eq(KIND))
        .filter(stored::Column::Month.is_not_null())
        .order_by_desc(stored::Column::Month)
        .limit(u64::from(KEPT.unsigned_abs()))
        .into_tuple()
        .all(store.reads())
        .await?;
    let made_by = makers(store, of.partner_id, rows.iter().map(|row| row.0)).await?;
    let told = |(id, from, until, made_at, organization, hash, month, expires): Row| MonthlyRow {
        id: ReportId(id),
        partner: PartnerId(of.partner_id),
        organization: OrganizationId(organization),
        month: Month(month.and_then(|month| i32::try_from(month).ok()).unwrap_or_default()),
        from: Time(from),
        until: Time(until),
        made_at: Time(made_at),
        made_by: made_by.iter().find(|(of, _)| *of == id).map(|(_, by)| by.clone()).unwrap_or_default(),
        hash,
        expires_at: Time(expires.unwrap_or(i64::MAX)),
    };
    Ok(rows.into_iter().map(told).collect())
}

async fn makers(store: &Store, partner: i64, ids: impl Iterator<Item = i64>) -> Result<Vec<(i64, String)>, Error> {
    Ok(stored::Entity::find()
        .select_only()
        .columns([stored::Column::Id, stored::Column::MadeBy])
        .filter(stored::Column::PartnerId.eq(partner))
        .filter(stored::Column::Id.is_in(ids))
        .into_tuple()
        .all(store.reads())
        .await?)
}

/// The report of an organization and month with what it says.
///
/// # Errors
/// As [`list`]; `NotFound` where there is none.
pub async fn get(store: &Store, actor: &Actor, organization: OrganizationId, month: Month) -> Result<Monthly, Error> {
    let of = organizations::find(store.reads(), actor, organization).await?;
    may_see(store, actor, &of).await?;
    let found = stored::Entity::find()
        .filter(stored::Column::PartnerId.eq(of.partner_id))
        .filter(stored::Column::OrganizationId.eq(of.id))
        .filter(stored::Column::Kind.eq(KIND))
        .filter(stored::Column::Month.eq(i64::from(month.0)));
    let model = found.one(store.reads()).await?.ok_or(Error::NotFound("report"))?;
    Ok(Monthly { row: row(&model), summary: Summary::read(&model.inputs)? })
}

/// A report by its id, for the server's own work: mails are made of it.
///
/// # Errors
/// `NotFound` where there is none any more.
pub async fn by_id(store: &Store, partner: PartnerId, id: ReportId) -> Result<Monthly, Error> {
    let model = stored::Entity::find_by_id((partner.0, id.0)).one(store.reads()).await?;
    let model = model.filter(|model| model.kind == KIND).ok_or(Error::NotFound("report"))?;
    Ok(Monthly { row: row(&model), summary: Summary::read(&model.inputs)? })
}

/// How it stands with the reports of an organization: when the next comes, which are missing, what went wrong.
///
/// # Errors
/// As [`list`].
pub async fn prospect(
    store: &Store,
    settings: &Settings,
    actor: &Actor,
    organization: OrganizationId,
    now: Time,
) -> Result<Prospect, Error> {
    let of = organizations::find(store.reads(), actor, organization).await?;
    may_see(store, actor, &of).await?;
    let zone = zone(&of)?;
    let first = first(settings, first_made(store).await?, &of, zone);
    let made = months(store.reads(), of.partner_id, of.id).await?;
    let mut missing: Vec<Month> = wanted(now, zone, first).into_iter().filter(|month| !made.contains(month)).collect();
    missing.reverse();
    let mut sql = Sql::new("SELECT report_tries, report_fault FROM organizations WHERE partner_id = ");
    sql.bind(of.partner_id).push(" AND id = ").bind(of.id);
    let found = store.reads().query_one_raw(sql.build(store.backend())).await?.ok_or(Error::NotFound("organization"))?;
    Ok(Prospect { next_at: next_due(now, zone, first), missing, tries: at(&found, 0)?, fault: at(&found, 1)? })
}

/// The report whose inputs have this hash (SHA-256, hexadecimal), for whoever holds a document. Tells no names.
///
/// # Errors
/// The database fails.
pub async fn by_hash(store: &Store, hash: &str) -> Result<Option<Verified>, Error> {
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')) {
        return Ok(None);
    }
    type Row = (String, i64, i64, Option<i64>, i64);
    let found: Option<Row> = stored::Entity::find()
        .select_only()
        .columns([stored::Column::Kind, stored::Column::FromAt, stored::Column::UntilAt, stored::Column::Month, stored::Column::MadeAt])
        .filter(stored::Column::InputsHash.eq(hash))
        .into_tuple()
        .one(store.reads())
        .await?;
    let month = |month: Option<i64>| month.and_then(|month| i32::try_from(month).ok()).map(Month);
    Ok(found.map(|(kind, from, until, of, made_at)| Verified {
        kind,
        from: Time(from),
        until: Time(until),
        month: month(of),
        made_at: Time(made_at),
    }))
}

fn zone(organization: &organization::Model) -> Result<Zone, Error> {
    Zone::named(&organization.time_zone).map_err(|e| Error::Internal(format!("stored time zone: {e}")))
}

/// When the store was made: with its first partner.
async fn first_made(store: &Store) -> Result<Time, Error> {
    let first: Option<Option<i64>> =
        partner::Entity::find().select_only().expr(partner::Column::CreatedAt.min()).into_tuple().one(store.reads()).await?;
    Ok(Time(first.flatten().unwrap_or(i64::MAX)))
}

/// The first month of which an organization may have a report: not before the start date, not before it existed.
fn first(settings: &Settings, first_made: Time, organization: &organization::Model, zone: Zone) -> Month {
    let start = settings.from.unwrap_or_else(|| Month::at(first_made, zone));
    start.max(Month::at(Time(organization.created_at), zone))
}

/// Months of which an organization has a report.
async fn months<C: ConnectionTrait>(conn: &C, partner: i64, organization: i64) -> Result<HashSet<Month>, Error> {
    let found: Vec<Option<i64>> = stored::Entity::find()
        .select_only()
        .column(stored::Column::Month)
        .filter(stored::Column::PartnerId.eq(partner))
        .filter(stored::Column::OrganizationId.eq(organization))
        .filter(stored::Column::Kind.eq(KIND))
        .filter(stored::Column::Month.is_not_null())
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().flatten().filter_map(|month| i32::try_from(month).ok()).map(Month).collect())
}

/// The server itself, within one partner.
fn system(partner: PartnerId) -> Actor {
    Actor::system(Scope::Partners([partner].into()))
}
