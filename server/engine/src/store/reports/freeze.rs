//! Makes a report and keeps it: once for an organization and month, whoever makes it.

use super::{KIND, MonthlyRow, Settings, Summary, first, first_made, gather::gather, months, row, zone};
use crate::{
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::{organization, report as stored},
        mails, organizations, report_delivery, scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{OrganizationId, PartnerId, ReportId},
    report::{Month, due::wanted},
    time::Time,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sha2::{Digest, Sha256};

/// A report that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The report.
    pub row: MonthlyRow,
    /// False: it had been made before, and stays as it was.
    pub new: bool,
}

/// Makes the report of a past month that has none. One that was made before is given as it is.
///
/// # Errors
/// `NotFound` (organization); `Forbidden`; `Invalid` (`month`): not due yet, too old, before reports began, or nothing to report.
pub async fn make(
    store: &Store,
    settings: &Settings,
    actor: &Actor,
    organization: OrganizationId,
    month: Month,
    now: Time,
) -> Result<Made, Error> {
    let of = organizations::find(store.reads(), actor, organization).await?;
    scope::require(actor, Action::ManageSettings, "make reports")?;
    if let Some(known) = known(store.reads(), &of, month).await? {
        return Ok(Made { row: known, new: false });
    }
    may_be_made(settings, first_made(store).await?, &of, month, now)?;
    let made = freeze(store, settings, actor, &of, month, now).await?;
    made.ok_or_else(|| {
        Error::invalid("nothing_to_report", "month", format!("{} had neither accounts nor devices in {}.", of.name, month.name()))
    })
}

fn may_be_made(settings: &Settings, first_made: Time, of: &organization::Model, month: Month, now: Time) -> Result<(), Error> {
    let zone = zone(of)?;
    if wanted(now, zone, first(settings, first_made, of, zone)).contains(&month) {
        return Ok(());
    }
    let why = if month.due(zone) > now {
        format!("The report of {} is made on the 5th of the next month, 06:00 ({}).", month.name(), zone.name())
    } else if month.expires(zone) <= now {
        format!("Reports are kept for six months; {} is older.", month.name())
    } else {
        format!("Reports of {} begin with {}.", of.name, first(settings, first_made, of, zone).name())
    };
    Err(Error::invalid("invalid_month", "month", why))
}

/// The report of an organization and month, if it has been made.
async fn known<C: ConnectionTrait>(conn: &C, of: &organization::Model, month: Month) -> Result<Option<MonthlyRow>, Error> {
    let found = stored::Entity::find()
        .filter(stored::Column::PartnerId.eq(of.partner_id))
        .filter(stored::Column::OrganizationId.eq(of.id))
        .filter(stored::Column::Kind.eq(KIND))
        .filter(stored::Column::Month.eq(i64::from(month.0)));
    Ok(found.one(conn).await?.map(|model| row(&model)))
}

/// What is stored, and the hash of what it was made of.
async fn packed(summary: Summary) -> Result<(Vec<u8>, String), Error> {
    let pack = move || {
        let json = summary.json()?;
        let packed = zstd::bulk::compress(&json, 6).map_err(|e| Error::Internal(format!("report: {e}")))?;
        Ok((packed, audit::hex(&Sha256::digest(&json))))
    };
    tokio::task::spawn_blocking(pack).await.map_err(|e| Error::Internal(e.to_string()))?
}

/// Gathers and stores a report; none where there is nothing to report. Of two that come together one stores, both get the same.
pub(super) async fn freeze(
    store: &Store,
    settings: &Settings,
    actor: &Actor,
    of: &organization::Model,
    month: Month,
    now: Time,
) -> Result<Option<Made>, Error> {
    let (partner, organization) = (PartnerId(of.partner_id), OrganizationId(of.id));
    let summary = gather(store, settings, of, month, now).await?;
    if summary.is_empty() {
        return Ok(None);
    }
    let (from, until) = (summary.from, summary.until);
    let (inputs, hash) = packed(summary).await?;
    let tx = store.begin_for(partner).await?;
    if let Some(row) = known(&tx, of, month).await? {
        return Ok(Some(Made { row, new: false }));
    }
    let id = ReportId(store.id(now));
    let expires_at = month.expires(zone(of)?);
    let made_by = audit::who(actor);
    let model = stored::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        kind: Set(KIND.into()),
        organization_id: Set(organization.0),
        from_at: Set(from.0),
        until_at: Set(until.0),
        made_at: Set(now.0),
        made_by: Set(made_by.clone()),
        inputs: Set(inputs),
        inputs_hash: Set(hash.clone()),
        month: Set(Some(month.0.into())),
        expires_at: Set(Some(expires_at.0)),
    };
    let row = row(&model.insert(&tx).await?);
    let entry = Entry {
        partner,
        organization: Some(organization),
        what: "report.create",
        subject: format!("report:{id}"),
        detail: json!({ "kind": KIND, "month": month, "hash": hash }),
    };
    audit::append(&tx, made_by, entry, now).await?;
    // Who has opted in before it was due gets a copy; queued here, so that there is none without its report and none twice.
    let recipients = report_delivery::recipients(&tx, partner, organization, month.due(zone(of)?)).await?;
    let subject = format!("Backup Summary Report for {}, {}", of.name, month.name());
    mails::queue_report(store, &tx, (partner, organization, id), &subject, &recipients, now).await?;
    tx.commit().await?;
    Ok(Some(Made { row, new: true }))
}

/// Months that an organization should have a report of and has not, oldest first.
pub(super) async fn missing(
    store: &Store,
    settings: &Settings,
    first_made: Time,
    of: &organization::Model,
    now: Time,
) -> Result<Vec<Month>, Error> {
    let zone = zone(of)?;
    let wanted = wanted(now, zone, first(settings, first_made, of, zone));
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let made = months(store.reads(), of.partner_id, of.id).await?;
    Ok(wanted.into_iter().filter(|month| !made.contains(month)).collect())
}
