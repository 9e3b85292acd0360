//! Whether a partner's weekly summary goes out, to whom and when; what holds an address back; what went last.

use super::{find, kept, once, rhythm, zone};
use crate::{
    Engine,
    error::Error,
    store::{
        Store,
        audit::{self, Entry},
        entity::weekly_summary,
        mail_domains::{self, Address},
        mails::{self, MailRow},
        partners, scope, sla,
    },
};
use domain::{
    access::{Action, Actor},
    ids::PartnerId,
    mail::MailKind,
    report::weekly::Rhythm,
    time::Time,
};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde_json::json;

/// Addresses of a partner's summary, at most.
pub const MOST_ADDRESSES: usize = 10;
const FIELD: &str = "addresses";

/// Somebody who gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// Why nothing is mailed to it, if so.
    pub hindered: Option<Hindered>,
}

/// Why nothing is mailed to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindered {
    /// Its domain isn't proved any more.
    Unproved,
    /// Mail came back; with the other side's words.
    Bounced(Time, String),
    /// Its reader unsubscribed.
    Unsubscribed(Time),
}

/// What went last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSent {
    /// The day on which it was due.
    pub day: i32,
    /// When it was made.
    pub at: Time,
    /// Its copies.
    pub copies: Vec<MailRow>,
}

/// The settings of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weekly {
    /// The switch.
    pub enabled: bool,
    /// To whom.
    pub recipients: Vec<Recipient>,
    /// On which day and at which hour.
    pub rhythm: Rhythm,
    /// The partner's IANA zone, in which both are meant.
    pub time_zone: String,
    /// When it goes next; none: it is off.
    pub next_at: Option<Time>,
    /// What went last; none: nothing yet, or long ago.
    pub last: Option<LastSent>,
    /// Domains that addresses may be on.
    pub domains: Vec<String>,
    /// When and by whom it was changed last: a name, `key:ID` or `system`.
    pub changed: Option<(Time, String)>,
}

/// Settings as somebody wishes them. Empty addresses are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewWeekly {
    /// The switch.
    pub enabled: bool,
    /// To whom.
    pub addresses: Vec<String>,
    /// 1: Monday, 7: Sunday.
    pub weekday: i64,
    /// 0–23.
    pub hour: i64,
}

/// The actor's partner, if they may change its settings.
pub(super) fn own(actor: &Actor, what: &'static str) -> Result<PartnerId, Error> {
    let partner = scope::own_partner(actor)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManageSettings, what)?;
    Ok(partner)
}

/// The settings of the actor's partner.
///
/// # Errors
/// `NotFound` (an actor without a partner), `Forbidden`.
pub async fn settings(store: &Store, actor: &Actor, now: Time) -> Result<Weekly, Error> {
    let partner = own(actor, "see the weekly summary")?;
    let conn = store.reads();
    let domains = mail_domains::proved(conn, partner, None).await?;
    let zone = zone(conn, partner).await?;
    let Some(row) = find(conn, partner).await? else {
        return Ok(Weekly {
            enabled: false,
            recipients: Vec::new(),
            rhythm: Rhythm::default(),
            time_zone: zone.name().to_owned(),
            next_at: None,
            last: None,
            domains,
            changed: None,
        });
    };
    let addresses: Vec<String> = serde_json::from_str(&row.addresses)?;
    let stops = mails::stops_of(conn, partner, MailKind::Summary, &addresses).await?;
    let recipient = |address: String| {
        let stop = stops.iter().find(|stop| stop.address.eq_ignore_ascii_case(&address));
        let hindered = match stop {
            _ if !is_proved(&address, &domains) => Some(Hindered::Unproved),
            Some(stop) if stop.cause == "bounced" => Some(Hindered::Bounced(stop.at, stop.said.clone())),
            Some(stop) => Some(Hindered::Unsubscribed(stop.at)),
            None => None,
        };
        Recipient { address, hindered }
    };
    let last = match kept::latest(conn, partner, 1).await?.pop() {
        Some((at, kept)) => {
            let names: Vec<String> = kept.to.iter().map(|address| once(partner, kept.figures.day, address)).collect();
            Some(LastSent { day: kept.figures.day, at, copies: mails::of_once(store, partner, &names).await? })
        }
        None => None,
    };
    let people = sla::people(conn, std::slice::from_ref(&row.updated_by)).await?;
    let rhythm = rhythm(&row);
    // 0: it will be worked out anew.
    let next_at = row.next_at.filter(|_| row.enabled).map(|at| if at > 0 { Time(at) } else { rhythm.next(now, last_day(&row), zone).1 });
    Ok(Weekly {
        enabled: row.enabled,
        recipients: addresses.into_iter().map(recipient).collect(),
        rhythm,
        time_zone: zone.name().to_owned(),
        next_at,
        last,
        domains,
        changed: Some((Time(row.updated_at), people.get(&row.updated_by).cloned().unwrap_or(row.updated_by))),
    })
}

pub(super) fn last_day(row: &weekly_summary::Model) -> Option<i32> {
    row.last_day.and_then(|day| i32::try_from(day).ok())
}

pub(super) fn is_proved(address: &str, domains: &[String]) -> bool {
    Address::known(address).is_some_and(|known| domains.contains(&known.domain))
}

/// Changes the settings of the actor's partner. Copies that wait for an address that is taken out are kept back.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (`addresses`: no address, twice the same, too many, on a domain that is not proved, none at all;
/// `weekday`, `hour`).
pub async fn set(store: &Store, actor: &Actor, new: NewWeekly, now: Time) -> Result<(), Error> {
    let partner = own(actor, "change the weekly summary")?;
    let rhythm = Rhythm::of(new.weekday, new.hour).ok_or_else(|| match new.weekday {
        1..=7 => Error::invalid("invalid_hour", "hour", "Choose an hour from 0 to 23."),
        _ => Error::invalid("invalid_weekday", "weekday", "Choose a day from Monday (1) to Sunday (7)."),
    })?;
    let tx = store.begin_for(partner).await?;
    let before = find(&tx, partner).await?;
    let known: Vec<String> = before.as_ref().map(|row| serde_json::from_str(&row.addresses)).transpose()?.unwrap_or_default();
    let domains = mail_domains::proved(&tx, partner, None).await?;
    let name = partners::find(&tx, partner).await?.name;
    let addresses = addresses(&new, &known, &domains, &name)?;
    let zone = zone(&tx, partner).await?;
    let sent = before.as_ref().and_then(last_day);
    let row = weekly_summary::ActiveModel {
        partner_id: Set(partner.0),
        enabled: Set(new.enabled),
        addresses: Set(serde_json::to_string(&addresses)?),
        weekday: Set(rhythm.weekday().into()),
        hour: Set(rhythm.hour().into()),
        next_at: Set(new.enabled.then(|| rhythm.next(now, sent, zone).1.0)),
        last_day: Set(sent.map(i64::from)),
        updated_at: Set(now.0),
        updated_by: Set(audit::who(actor)),
    };
    let met = OnConflict::column(weekly_summary::Column::PartnerId)
        .update_columns([
            weekly_summary::Column::Enabled,
            weekly_summary::Column::Addresses,
            weekly_summary::Column::Weekday,
            weekly_summary::Column::Hour,
            weekly_summary::Column::NextAt,
            weekly_summary::Column::UpdatedAt,
            weekly_summary::Column::UpdatedBy,
        ])
        .to_owned();
    weekly_summary::Entity::insert(row).on_conflict(met).exec_without_returning(&tx).await?;
    mails::keep_back(&tx, partner, (MailKind::Summary, None), if new.enabled { &addresses } else { &[] }, now).await?;
    let detail = json!({ "enabled": new.enabled, "addresses": addresses, "when": rhythm.to_string() });
    let entry = Entry { partner, organization: None, what: "report.weekly", subject: format!("partner:{partner}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The addresses as they are stored. Those that stood there before may stay while it is switched off.
fn addresses(new: &NewWeekly, known: &[String], domains: &[String], partner: &str) -> Result<Vec<String>, Error> {
    let mut kept: Vec<Address> = Vec::new();
    for typed in new.addresses.iter().filter(|typed| !typed.trim().is_empty()) {
        let address = Address::read(FIELD, typed)?;
        if kept.iter().any(|other| other.same(&address)) {
            return Err(Error::invalid("double_address", FIELD, format!("{} stands here twice.", address.whole)));
        }
        if kept.len() == MOST_ADDRESSES {
            return Err(Error::invalid("too_many_addresses", FIELD, format!("The summary goes to {MOST_ADDRESSES} addresses at most.")));
        }
        let stays = !new.enabled && known.contains(&address.whole);
        if !stays && !domains.contains(&address.domain) {
            return Err(Error::invalid("unverified_domain", FIELD, mail_domains::unproved(&address.domain, partner, domains)));
        }
        kept.push(address);
    }
    if new.enabled && kept.is_empty() {
        return Err(Error::invalid("no_address", FIELD, "Give at least one address, or switch the summary off."));
    }
    Ok(kept.into_iter().map(|address| address.whole).collect())
}

/// Lets the summary go again to an address that bounced or unsubscribed.
///
/// # Errors
/// `NotFound` (nothing was stopped), `Forbidden`.
pub async fn resume(engine: &Engine, actor: &Actor, address: &str, now: Time) -> Result<(), Error> {
    let partner = own(actor, "change the weekly summary")?;
    let tx = engine.store.begin_for(partner).await?;
    if mails::lift_stops(&tx, partner, MailKind::Summary, address).await? == 0 {
        return Err(Error::NotFound("stopped address"));
    }
    let detail = json!({ "address": address.trim() });
    let entry = Entry { partner, organization: None, what: "mail.resume", subject: format!("partner:{partner}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}
