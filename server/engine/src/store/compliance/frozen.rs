//! Reports of compliance that are kept: frozen with what they were made of, under its hash, so that a document made again has the same
//! bytes. Nothing that comes later changes them.

use super::{Of, Report, report};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::{organization, partner, partner_setting, report as stored},
        organizations, scope, sla,
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
use std::collections::{BTreeSet, HashMap};

/// The kind of these reports.
const KIND: &str = "compliance";
/// Reports that are listed.
const SHOWN: u64 = 50;
/// Rows that a document may have.
pub const MOST_ROWS: usize = 50_000;
/// Breaches, and times left out, that a document tells of each device where all of them would be too many; where these are, too, fewer.
pub const TOLD: usize = 12;
/// Rows up to which a document tells all of them.
const ALL: usize = 20_000;

/// A kept report, without what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    /// Which report.
    pub id: ReportId,
    /// Whose.
    pub partner: PartnerId,
    /// That partner's name.
    pub partner_name: String,
    /// About one organization; none: all of the partner.
    pub organization: Option<(OrganizationId, String)>,
    /// Zone of the organization or partner, in which its days are meant.
    pub time_zone: String,
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
    /// Name of the organization it is about. Reports of earlier versions don't have it.
    #[serde(default)]
    client: Option<String>,
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
    /// The organization that it is about, by the name it had; none: all of the partner.
    pub client: Option<String>,
}

impl Frozen {
    /// How many breaches, and times left out, of each device its document tells one by one.
    pub fn told(&self) -> usize {
        if rows(&self.report, usize::MAX) <= ALL {
            return usize::MAX;
        }
        [TOLD, 3, 1].into_iter().find(|told| rows(&self.report, *told) <= MOST_ROWS).unwrap_or(0)
    }
}

/// Rows of a document that tells so many breaches, and times left out, of each device: it, its tests, what is told, and what isn't.
fn rows(report: &Report, told: usize) -> usize {
    let of = |n: usize| n.min(told) + usize::from(n > told);
    let rules: usize = report.organizations.iter().map(|organization| 1 + organization.rules.len()).sum();
    report.devices().map(|(_, device)| 2 + of(device.figures.breaches.len()) + of(device.figures.excluded.len())).sum::<usize>() + rules
}

fn seen(actor: &Actor) -> sea_orm::Condition {
    scope::within(&actor.scope, stored::Column::PartnerId, Some(stored::Column::OrganizationId), None::<stored::Column>)
        .add(stored::Column::Kind.eq(KIND))
}

/// Makes a report of a period and keeps it. The same inputs of the same scope are kept once: then the known report is given.
///
/// # Errors
/// `NotFound` (organization), `Forbidden`, `Invalid` (period; too many devices; reports are made of partners and organizations).
pub async fn freeze(engine: &Engine, actor: &Actor, of: Of, from: Time, until: Time, now: Time) -> Result<ReportId, Error> {
    let store = &engine.store;
    scope::require(actor, Action::ManageDelivery, "make reports")?;
    if matches!(of, Of::Device(_)) {
        return Err(Error::invalid("invalid_scope", "device", "Reports are made of a partner or an organization."));
    }
    let report = report(store, actor, of, from, until, now).await?;
    let many = rows(&report, 0);
    if many > MOST_ROWS {
        let many = domain::text::count(i64::try_from(many).unwrap_or(i64::MAX));
        let message = format!("This report would have {many} rows, which is too much for one document. Make one of each client.");
        return Err(Error::invalid("too_large", "organization", message));
    }
    let brand = brand(store, report.partner, &report.partner_name).await?;
    let client = match report.of {
        Of::Organization(id) => Some(organizations::find(store.reads(), actor, id).await?.name),
        Of::All | Of::Device(_) => None,
    };
    let inputs = Inputs { report, brand, client };
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
        month: Set(None),
        expires_at: Set(None),
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

/// How a partner's documents look now. `name`: its own, where none is set for documents.
pub(crate) async fn brand(store: &Store, partner: PartnerId, name: &str) -> Result<Brand, Error> {
    let known = partner_setting::Entity::find_by_id(partner.0).one(store.reads()).await?;
    let own = known.map(|known| Brand {
        name: known.brand_name,
        colour: known.brand_colour,
        footer: known.brand_footer,
        logo: known.brand_logo.map(|logo| STANDARD.encode(logo)).unwrap_or_default(),
    });
    let own = own.unwrap_or_default();
    Ok(if own.name.is_empty() { Brand { name: name.to_owned(), ..own } } else { own })
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
    let owners = Owners::load(store, &of).await?;
    let row = |(partner, id, organization, from, until, made_at, by, hash): Row| ReportRow {
        id: ReportId(id),
        partner: PartnerId(partner),
        partner_name: owners.partner(partner),
        organization: owners.organization(organization),
        time_zone: owners.zone(partner, organization),
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
    let owners = Owners::load(store, &[(model.partner_id, model.organization_id)]).await?;
    let Inputs { report, brand, client } = serde_json::from_slice(&model.inputs)?;
    let organization = owners.organization(model.organization_id);
    let of_its_time = report.organizations.first().filter(|_| organization.is_some()).map(|o| o.name.clone());
    let today = organization.as_ref().map(|(_, name)| name.clone());
    Ok(Frozen {
        row: ReportRow {
            id,
            partner: PartnerId(model.partner_id),
            partner_name: owners.partner(model.partner_id),
            organization,
            time_zone: owners.zone(model.partner_id, model.organization_id),
            from: Time(model.from_at),
            until: Time(model.until_at),
            made_at: Time(model.made_at),
            made_by: people.get(&model.made_by).cloned().unwrap_or(model.made_by),
            hash: model.inputs_hash,
        },
        client: client.or(of_its_time).or(today),
        report,
        brand,
    })
}

/// Names and zones of those that reports are about.
struct Owners {
    partners: HashMap<i64, (String, String)>,
    organizations: HashMap<i64, (String, String)>,
}

impl Owners {
    /// Of these (partner, organization).
    async fn load(store: &Store, of: &[(i64, i64)]) -> Result<Self, Error> {
        let partners: BTreeSet<i64> = of.iter().map(|(partner, _)| *partner).collect();
        let ids: BTreeSet<i64> = of.iter().map(|(_, organization)| *organization).filter(|id| *id != 0).collect();
        let found = partner::Entity::find().filter(partner::Column::Id.is_in(partners.iter().copied())).all(store.reads()).await?;
        let partners_found = found.into_iter().map(|p| (p.id, (p.name, p.time_zone))).collect();
        let mut organizations = HashMap::new();
        if !ids.is_empty() {
            let found = organization::Entity::find()
                .filter(organization::Column::PartnerId.is_in(partners))
                .filter(organization::Column::Id.is_in(ids))
                .all(store.reads())
                .await?;
            organizations = found.into_iter().map(|o| (o.id, (o.name, o.time_zone))).collect();
        }
        Ok(Self { partners: partners_found, organizations })
    }

    fn partner(&self, partner: i64) -> String {
        self.partners.get(&partner).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// None: it is about all of the partner.
    fn organization(&self, id: i64) -> Option<(OrganizationId, String)> {
        (id != 0).then(|| (OrganizationId(id), self.organizations.get(&id).map(|(name, _)| name.clone()).unwrap_or_default()))
    }

    fn zone(&self, partner: i64, organization: i64) -> String {
        let known = self.organizations.get(&organization).or_else(|| self.partners.get(&partner));
        known.map(|(_, zone)| zone.clone()).unwrap_or_default()
    }
}
