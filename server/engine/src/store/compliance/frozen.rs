//! Reports of compliance that are kept: frozen with what they were made of, under its hash, so that a document made again has the same
//! bytes. Nothing that comes later changes them.

use super::{Of, Report, report};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::{partner_setting, report as stored},
        scope, sla,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    access::{Action, Actor},
    ids::{OrganizationId, PartnerId, ReportId},
    time::Time,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The kind of these reports.
const KIND: &str = "compliance";
/// Reports that are listed.
const SHOWN: u64 = 50;

/// A kept report, without what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    /// Which report.
    pub id: ReportId,
    /// Whose.
    pub partner: PartnerId,
    /// About one organization; none: all of the partner.
    pub organization: Option<(OrganizationId, String)>,
    /// Beginning of its period.
    pub from: Time,
    /// End of its period, not included.
    pub until: Time,
    /// When it was made.
    pub made_at: Time,
    /// Who made it: a name, `key:ID` or `system`.
    pub made_by: String,
    /// SHA-256 of its inputs, hexadecimal.
    pub hash: String,
}

/// How the partner's documents looked when it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Name at the head of pages.
    pub name: String,
    /// `#4338b8`; empty: the product's own.
    pub colour: String,
    /// A line at the foot of pages.
    pub footer: String,
    /// A PNG as Base64; empty: none.
    pub logo: String,
}

/// What is stored of a report.
#[derive(Serialize, Deserialize)]
struct Inputs {
    report: Report,
    brand: Brand,
}

/// A kept report with what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// As in the list.
    pub row: ReportRow,
    /// What it was made of.
    pub report: Report,
    /// How its document looks.
    pub brand: Brand,
}

fn seen(actor: &Actor) -> sea_orm::Condition {
    scope::within(&actor.scope, stored::Column::PartnerId, Some(stored::Column::OrganizationId), None::<stored::Column>)
        .add(stored::Column::Kind.eq(KIND))
}

/// Makes a report of a period and keeps it. The same inputs of the same scope are kept once: then the known report is given.
///
/// # Errors
/// `NotFound` (organization), `Forbidden`, `Invalid` (period; reports are made of partners and organizations).
pub async fn freeze(engine: &Engine, actor: &Actor, of: Of, from: Time, until: Time, now: Time) -> Result<ReportId, Error> {
    let store = &engine.store;
    scope::require(actor, Action::ManageDelivery, "make reports")?;
    if matches!(of, Of::Device(_)) {
        return Err(Error::invalid("invalid_scope", "device", "Reports are made of a partner or an organization."));
    }
    let report = report(store, actor, of, from, until, now).await?;
    let brand = brand(store, &report).await?;
    let inputs = Inputs { report, brand };
    let (inputs, report) = (serde_json::to_vec(&inputs)?, inputs.report);
    let hash = audit::hex(&Sha256::digest(&inputs));
    let organization = match report.of {
        Of::Organization(id) => id.0,
        Of::All | Of::Device(_) => 0,
    };
    let tx = store.begin_for(report.partner).await?;
    let same = stored::Entity::find()
        .filter(stored::Column::InputsHash.eq(hash.as_str()))
        .filter(stored::Column::PartnerId.eq(report.partner.0))
        .filter(stored::Column::OrganizationId.eq(organization))
        .one(&tx)
        .await?;
    if let Some(known) = same {
        return Ok(ReportId(known.id));
    }
    let id = ReportId(store.id(now));
    let row = stored::ActiveModel {
        partner_id: Set(report.partner.0),
        id: Set(id.0),
        kind: Set(KIND.into()),
        organization_id: Set(organization),
        from_at: Set(from.0),
        until_at: Set(until.0),
        made_at: Set(now.0),
        made_by: Set(audit::who(actor)),
        inputs: Set(inputs),
        inputs_hash: Set(hash.clone()),
    };
    row.insert(&tx).await?;
    let entry = Entry {
        partner: report.partner,
        organization: (organization != 0).then_some(OrganizationId(organization)),
        what: "report.create",
        subject: format!("report:{id}"),
        detail: json!({ "kind": KIND, "from": from, "until": until, "hash": hash }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(id)
}

async fn brand(store: &Store, report: &Report) -> Result<Brand, Error> {
    let known = partner_setting::Entity::find_by_id(report.partner.0).one(store.reads()).await?;
    let own = known.map(|known| Brand {
        name: known.brand_name,
        colour: known.brand_colour,
        footer: known.brand_footer,
        logo: known.brand_logo.map(|logo| STANDARD.encode(logo)).unwrap_or_default(),
    });
    let own = own.unwrap_or_default();
    Ok(if own.name.is_empty() { Brand { name: report.partner_name.clone(), ..own } } else { own })
}

/// The latest kept reports, of one organization or of all of the scope.
///
/// # Errors
/// `Forbidden` without the right to see reports.
pub async fn reports(store: &Store, actor: &Actor, organization: Option<OrganizationId>) -> Result<Vec<ReportRow>, Error> {
    scope::require(actor, Action::SeeReports, "see reports")?;
    let mut found = stored::Entity::find().filter(seen(actor));
    if let Some(organization) = organization {
        found = found.filter(stored::Column::OrganizationId.eq(organization.0));
    }
    type Row = (i64, i64, i64, i64, i64, i64, String, String);
    let rows: Vec<Row> = found
        .select_only()
        .columns([
            stored::Column::PartnerId,
            stored::Column::Id,
            stored::Column::OrganizationId,
            stored::Column::FromAt,
            stored::Column::UntilAt,
            stored::Column::MadeAt,
            stored::Column::MadeBy,
            stored::Column::InputsHash,
        ])
        .order_by_desc(stored::Column::MadeAt)
        .order_by_desc(stored::Column::Id)
        .limit(SHOWN)
        .into_tuple()
        .all(store.reads())
        .await?;
    let whos: Vec<String> = rows.iter().map(|row| row.6.clone()).collect();
    let people = sla::people(store.reads(), &whos).await?;
    let of: Vec<(i64, i64)> = rows.iter().map(|row| (row.0, row.2)).collect();
    let names = names(store, of).await?;
    let row = |(partner, id, organization, from, until, made_at, by, hash): Row| ReportRow {
        id: ReportId(id),
        partner: PartnerId(partner),
        organization: named(organization, &names),
        from: Time(from),
        until: Time(until),
        made_at: Time(made_at),
        made_by: people.get(&by).cloned().unwrap_or(by),
        hash,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// A kept report in full.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to see reports.
pub async fn frozen(store: &Store, actor: &Actor, id: ReportId) -> Result<Frozen, Error> {
    scope::require(actor, Action::SeeReports, "see reports")?;
    let found = stored::Entity::find().filter(seen(actor)).filter(stored::Column::Id.eq(id.0));
    let model = found.one(store.reads()).await?.ok_or(Error::NotFound("report"))?;
    let people = sla::people(store.reads(), std::slice::from_ref(&model.made_by)).await?;
    let names = names(store, vec![(model.partner_id, model.organization_id)]).await?;
    let Inputs { report, brand } = serde_json::from_slice(&model.inputs)?;
    Ok(Frozen {
        row: ReportRow {
            id,
            partner: PartnerId(model.partner_id),
            organization: named(model.organization_id, &names),
            from: Time(model.from_at),
            until: Time(model.until_at),
            made_at: Time(model.made_at),
            made_by: people.get(&model.made_by).cloned().unwrap_or(model.made_by),
            hash: model.inputs_hash,
        },
        report,
        brand,
    })
}

fn named(organization: i64, names: &HashMap<i64, String>) -> Option<(OrganizationId, String)> {
    (organization != 0).then(|| (OrganizationId(organization), names.get(&organization).cloned().unwrap_or_default()))
}

async fn names(store: &Store, of: Vec<(i64, i64)>) -> Result<HashMap<i64, String>, Error> {
    use crate::store::entity::organization;
    let (partners, ids): (Vec<i64>, Vec<i64>) = of.into_iter().filter(|(_, organization)| *organization != 0).unzip();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = organization::Entity::find()
        .filter(organization::Column::PartnerId.is_in(partners))
        .filter(organization::Column::Id.is_in(ids))
        .all(store.reads())
        .await?;
    Ok(found.into_iter().map(|o| (o.id, o.name)).collect())
}
