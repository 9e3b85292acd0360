//! Email Delivery Settings of an organization's monthly report (D7): on or off, up to three addresses, each on a proved domain of the partner
//! or the organization; and whether the organization's own people may take its reports away.
//!
//! Switching off stops mails and nothing else: reports are made and kept all the same.

use super::{
    Store,
    audit::{self, Entry},
    entity::{organization, partner, report_delivery},
    mail_domains::{self, Address},
    mails, organizations, scope, sla,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Ground},
    ids::{OrganizationId, PartnerId},
    mail::MailKind,
    time::Time,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, sea_query::OnConflict};
use serde_json::json;

/// Addresses of an organization, at most.
pub const MOST_ADDRESSES: usize = 3;
/// Fields of the form, by the place of the address.
const FIELDS: [&str; MOST_ADDRESSES] = ["address_1", "address_2", "address_3"];

/// An address that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The address.
    pub address: String,
    /// Its domain is proved; else nothing is mailed to it.
    pub proved: bool,
}

/// The settings of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The switch.
    pub enabled: bool,
    /// Since when it is on: a report that was due before isn't mailed.
    pub enabled_at: Option<Time>,
    /// To whom.
    pub addresses: Vec<Registered>,
    /// The organization's own people may see and take away its reports.
    pub shared: bool,
    /// Domains that addresses may be on.
    pub domains: Vec<String>,
    /// When and by whom it was changed last: a name, `key:ID` or `system`.
    pub changed: Option<(Time, String)>,
}

/// Settings as somebody wishes them. Empty addresses are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDelivery {
    /// The switch.
    pub enabled: bool,
    /// To whom.
    pub addresses: Vec<String>,
}

/// The settings of an organization. Its own people have no sight of them.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to see reports, and to the organization's own people.
pub async fn delivery(store: &Store, actor: &Actor, id: OrganizationId) -> Result<Delivery, Error> {
    let conn = store.reads();
    let organization = organizations::find(conn, actor, id).await?;
    scope::require(actor, Action::SeeReports, "see reports")?;
    if !is_of_partner(actor) {
        return Err(Error::Forbidden("see to whom reports are mailed"));
    }
    let partner = PartnerId(organization.partner_id);
    let domains = mail_domains::proved(conn, partner, Some(id)).await?;
    let Some(row) = find(conn, partner, id).await? else { return Ok(Delivery { domains, ..Delivery::default() }) };
    let people = sla::people(conn, std::slice::from_ref(&row.updated_by)).await?;
    Ok(Delivery {
        enabled: row.enabled,
        enabled_at: row.enabled_at.map(Time),
        addresses: registered(&row, &domains)?,
        shared: row.shared,
        domains,
        changed: Some((Time(row.updated_at), people.get(&row.updated_by).cloned().unwrap_or(row.updated_by))),
    })
}

async fn find<C: ConnectionTrait>(conn: &C, partner: PartnerId, id: OrganizationId) -> Result<Option<report_delivery::Model>, Error> {
    Ok(report_delivery::Entity::find_by_id((partner.0, id.0)).one(conn).await?)
}

fn registered(row: &report_delivery::Model, domains: &[String]) -> Result<Vec<Registered>, Error> {
    let addresses: Vec<String> = serde_json::from_str(&row.addresses)?;
    let one = |address: String| {
        let proved = Address::known(&address).is_some_and(|known| domains.contains(&known.domain));
        Registered { address, proved }
    };
    Ok(addresses.into_iter().map(one).collect())
}

/// Not one of the organization's own people.
const fn is_of_partner(actor: &Actor) -> bool {
    !matches!(actor.ground, Ground::Member(_, role) if role.is_client())
}

/// Changes switch and addresses. Whoever opts in gets the report that is due next.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (`address_1` to `address_3`: no address, twice the same, on a domain that is not proved, none at all).
pub async fn set_delivery(store: &Store, actor: &Actor, id: OrganizationId, new: NewDelivery, now: Time) -> Result<(), Error> {
    let partner = PartnerId(organizations::find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDelivery, "change e-mail delivery settings")?;
    let tx = store.begin_for(partner).await?;
    let organization = organizations::find(&tx, actor, id).await?;
    let before = find(&tx, partner, id).await?;
    let known: Vec<String> = before.as_ref().map(|row| serde_json::from_str(&row.addresses)).transpose()?.unwrap_or_default();
    let addresses = addresses(&tx, &organization, &new, &known).await?;
    let was_on = before.as_ref().filter(|row| row.enabled).and_then(|row| row.enabled_at);
    let row = report_delivery::ActiveModel {
        partner_id: Set(partner.0),
        organization_id: Set(id.0),
        enabled: Set(new.enabled),
        enabled_at: Set(new.enabled.then(|| was_on.unwrap_or(now.0))),
        addresses: Set(serde_json::to_string(&addresses)?),
        shared: Set(before.is_some_and(|row| row.shared)),
        updated_at: Set(now.0),
        updated_by: Set(audit::who(actor)),
    };
    put(&tx, row).await?;
    mails::keep_back(&tx, partner, (MailKind::Report, Some(id)), if new.enabled { &addresses } else { &[] }, now).await?;
    let detail = json!({ "enabled": new.enabled, "addresses": addresses });
    told(&tx, actor, (partner, id), "report.delivery", detail, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Shares the reports with the organization's own people, or stops that.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn share(store: &Store, actor: &Actor, id: OrganizationId, shared: bool, now: Time) -> Result<(), Error> {
    let partner = PartnerId(organizations::find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDelivery, "share reports")?;
    let tx = store.begin_for(partner).await?;
    let before = find(&tx, partner, id).await?;
    if before.as_ref().is_some_and(|row| row.shared) == shared {
        return Ok(());
    }
    let row = report_delivery::ActiveModel {
        partner_id: Set(partner.0),
        organization_id: Set(id.0),
        enabled: Set(before.as_ref().is_some_and(|row| row.enabled)),
        enabled_at: Set(before.as_ref().and_then(|row| row.enabled_at)),
        addresses: Set(before.map_or_else(|| "[]".to_owned(), |row| row.addresses)),
        shared: Set(shared),
        updated_at: Set(now.0),
        updated_by: Set(audit::who(actor)),
    };
    put(&tx, row).await?;
    told(&tx, actor, (partner, id), "report.share", json!({ "shared": shared }), now).await?;
    tx.commit().await?;
    Ok(())
}

async fn put(tx: &DatabaseTransaction, row: report_delivery::ActiveModel) -> Result<(), Error> {
    use report_delivery::Column;
    let met = OnConflict::columns([Column::PartnerId, Column::OrganizationId])
        .update_columns([Column::Enabled, Column::EnabledAt, Column::Addresses, Column::Shared, Column::UpdatedAt, Column::UpdatedBy])
        .to_owned();
    report_delivery::Entity::insert(row).on_conflict(met).exec_without_returning(tx).await?;
    Ok(())
}

async fn told(
    tx: &DatabaseTransaction,
    actor: &Actor,
    (partner, id): (PartnerId, OrganizationId),
    what: &'static str,
    detail: serde_json::Value,
    now: Time,
) -> Result<(), Error> {
    let entry = Entry { partner, organization: Some(id), what, subject: format!("organization:{id}"), detail };
    audit::append(tx, audit::who(actor), entry, now).await
}

/// The addresses as they are stored. Those that stood there before may stay while it is switched off.
async fn addresses(
    tx: &DatabaseTransaction,
    organization: &organization::Model,
    new: &NewDelivery,
    known: &[String],
) -> Result<Vec<String>, Error> {
    let (partner, id) = (PartnerId(organization.partner_id), OrganizationId(organization.id));
    let domains = mail_domains::proved(tx, partner, Some(id)).await?;
    let mut kept: Vec<Address> = Vec::new();
    let typed = new.addresses.iter().enumerate().filter(|(_, typed)| !typed.trim().is_empty());
    for (place, typed) in typed {
        let Some(field) = FIELDS.get(place).copied() else {
            return Err(Error::invalid("too_many_addresses", FIELDS[2], "A report goes to three addresses at most."));
        };
        let address = Address::read(field, typed)?;
        if kept.iter().any(|other| other.same(&address)) {
            return Err(Error::invalid("double_address", field, format!("{} stands here twice.", address.whole)));
        }
        let stays = !new.enabled && known.contains(&address.whole);
        if !stays && !domains.contains(&address.domain) {
            let partner = partner::Entity::find_by_id(partner.0).one(tx).await?.map(|row| row.name).unwrap_or_default();
            let message = mail_domains::unproved(&address.domain, &format!("{partner} or {}", organization.name), &domains);
            return Err(Error::invalid("unverified_domain", field, message));
        }
        kept.push(address);
    }
    if new.enabled && kept.is_empty() {
        return Err(Error::invalid("no_address", FIELDS[0], "Give at least one address, or switch the delivery off."));
    }
    Ok(kept.into_iter().map(|address| address.whole).collect())
}

/// To whom the report that was due at an instant is mailed: nobody while it is off or if it was switched on later, and only addresses
/// whose domain is still proved.
///
/// # Errors
/// The store fails.
pub async fn recipients<C: ConnectionTrait>(conn: &C, partner: PartnerId, id: OrganizationId, due: Time) -> Result<Vec<String>, Error> {
    let Some(row) = find(conn, partner, id).await? else { return Ok(Vec::new()) };
    if !row.enabled || row.enabled_at.is_none_or(|at| at > due.0) {
        return Ok(Vec::new());
    }
    let domains = mail_domains::proved(conn, partner, Some(id)).await?;
    Ok(registered(&row, &domains)?.into_iter().filter(|address| address.proved).map(|address| address.address).collect())
}

/// Whether the monthly reports of an organization are there for the actor: for those at the partner who may see reports; for the
/// organization's own people if the partner shares them.
///
/// # Errors
/// `NotFound` outside the scope; the store fails.
pub async fn may_see(store: &Store, actor: &Actor, id: OrganizationId) -> Result<bool, Error> {
    let partner = PartnerId(organizations::find(store.reads(), actor, id).await?.partner_id);
    sees(store.reads(), actor, partner, id).await
}

/// As [`may_see`], for an organization that is known to be in the scope.
pub(crate) async fn sees<C: ConnectionTrait>(conn: &C, actor: &Actor, partner: PartnerId, id: OrganizationId) -> Result<bool, Error> {
    if !actor.may(Action::SeeReports) {
        return Ok(false);
    }
    Ok(is_of_partner(actor) || find(conn, partner, id).await?.is_some_and(|row| row.shared))
}

/// Refuses whoever has no sight of an organization's monthly reports.
///
/// # Errors
/// `Forbidden`; the store fails.
pub(crate) async fn require_sight<C: ConnectionTrait>(
    conn: &C,
    actor: &Actor,
    partner: PartnerId,
    id: OrganizationId,
) -> Result<(), Error> {
    if sees(conn, actor, partner, id).await? { Ok(()) } else { Err(Error::Forbidden("see these reports")) }
}
