//! Who is meant: from the sender's words to a device, an inbox source, or a refusal. Always within the sender's scope.

use super::bulk::{Keys, Kind};
use crate::{error::Error, store::facts::at};
use domain::{
    access::Scope,
    ids::{DeviceId, InboxId, OrganizationId, PartnerId},
    saas::Service,
};
use sea_orm::DatabaseTransaction;
use std::collections::HashMap;

/// Whom a sender means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wanted {
    Known(DeviceId),
    Named {
        device: Option<String>,
        organization: Option<String>,
    },
    /// An account of a SaaS connection. `workload`: of the event that asks, as it was sent.
    Account {
        account: String,
        organization: Option<String>,
        service: Option<Service>,
        workload: String,
    },
}

impl Wanted {
    /// The organization that the sender names.
    fn organization(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Named { organization, .. } | Self::Account { organization, .. } => organization.as_deref(),
        }
    }
}

/// Who it is.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    Device(PartnerId, DeviceId),
    /// Unknown: it waits in the inbox.
    Source(Source),
    Refused(&'static str, String),
}

/// An unknown source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source {
    pub(crate) partner: PartnerId,
    /// 0: the sender's key is the partner's.
    pub(crate) organization: i64,
    pub(crate) name: String,
    /// Its row, if it has been heard of before.
    pub(crate) inbox: Option<InboxId>,
    pub(crate) events: i64,
}

pub(super) fn partners(scope: &Scope) -> &[PartnerId] {
    match scope {
        Scope::Partners(partners) => partners,
        Scope::Organization(partner, _) | Scope::Device(partner, ..) => std::slice::from_ref(partner),
    }
}

struct Row {
    partner: PartnerId,
    organization: OrganizationId,
    device: DeviceId,
}

fn inside(scope: &Scope, row: &Row) -> bool {
    scope.contains(row.partner, Some(row.organization), Some(row.device))
}

/// Finds all of them with a fixed number of queries.
pub(crate) async fn resolve(tx: &DatabaseTransaction, wanted: &[(&Scope, Wanted)]) -> Result<Vec<Found>, Error> {
    let organizations = organizations(tx, wanted).await?;
    let mut ids = Keys::new(&[Kind::Int, Kind::Int]);
    for (scope, wanted) in wanted {
        match wanted {
            Wanted::Known(device) => ask_id(&mut ids, scope, *device),
            // `accounts` finds them.
            Wanted::Account { .. } => {}
            Wanted::Named { device: None, .. } => {
                if let Scope::Device(_, _, device) = scope {
                    ask_id(&mut ids, scope, *device);
                }
            }
            Wanted::Named { device: Some(name), .. } => {
                if let Ok(device) = name.parse() {
                    ask_id(&mut ids, scope, device);
                }
            }
        }
    }
    let mut by_id: HashMap<DeviceId, Row> = HashMap::new();
    let rows = ids
        .query(tx, "SELECT d.partner_id, d.organization_id, d.id FROM {x} {join} devices d ON d.partner_id = x.a AND d.id = x.b")
        .await?;
    for row in rows {
        let row = Row { partner: PartnerId(at(&row, 0)?), organization: OrganizationId(at(&row, 1)?), device: DeviceId(at(&row, 2)?) };
        by_id.insert(row.device, row);
    }
    // Whoever sends ids is looked for by name only if there is no such id.
    let mut names = Keys::new(&[Kind::Int, Kind::Text]);
    let mut asked = std::collections::HashSet::new();
    for (scope, wanted) in wanted {
        let Wanted::Named { device: Some(name), .. } = wanted else { continue };
        if name.parse().ok().and_then(|id| by_id.get(&id)).is_some_and(|row| inside(scope, row)) {
            continue;
        }
        let lower = name.to_lowercase();
        for partner in partners(scope) {
            if asked.insert((*partner, lower.clone())) {
                names.int(partner.0).text(&lower);
            }
        }
    }
    let mut by_name: HashMap<(PartnerId, String), Vec<Row>> = HashMap::new();
    let rows = names
        .query(
            tx,
            "SELECT d.partner_id, d.organization_id, d.id, d.name_lower FROM {x} {join} devices d ON d.partner_id = x.a AND d.name_lower = x.b",
        )
        .await?;
    for row in rows {
        let partner = PartnerId(at(&row, 0)?);
        let found = Row { partner, organization: OrganizationId(at(&row, 1)?), device: DeviceId(at(&row, 2)?) };
        by_name.entry((partner, at(&row, 3)?)).or_default().push(found);
    }
    let mut found: Vec<Found> = wanted.iter().map(|(scope, wanted)| find(scope, wanted, &organizations, &by_id, &by_name)).collect();
    from_inbox(tx, &mut found).await?;
    Ok(found)
}

fn ask_id(ids: &mut Keys, scope: &Scope, device: DeviceId) {
    for partner in partners(scope) {
        ids.int(partner.0).int(device.0);
    }
}

pub(super) type Organizations = HashMap<(PartnerId, String), OrganizationId>;

/// Organizations that keys of a partner name, by id text and by name.
pub(super) async fn organizations(tx: &DatabaseTransaction, wanted: &[(&Scope, Wanted)]) -> Result<Organizations, Error> {
    let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Text]);
    let mut asked = std::collections::HashSet::new();
    for (scope, wanted) in wanted {
        if let (Scope::Partners(partners), Some(text)) = (scope, wanted.organization()) {
            for partner in partners.iter() {
                if asked.insert((*partner, text)) {
                    keys.int(partner.0).int(text.parse::<OrganizationId>().map_or(0, |o| o.0)).text(&text.trim().to_lowercase());
                }
            }
        }
    }
    let rows = keys
        .query(
            tx,
            "SELECT o.partner_id, o.id, o.name_lower FROM {x} {join} organizations o ON o.partner_id = x.a AND (o.id = x.b OR o.name_lower = x.c)",
        )
        .await?;
    let mut organizations = HashMap::new();
    for row in rows {
        let (partner, id) = (PartnerId(at(&row, 0)?), OrganizationId(at(&row, 1)?));
        organizations.insert((partner, at::<String>(&row, 2)?), id);
        organizations.insert((partner, id.to_string()), id);
    }
    Ok(organizations)
}

pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Found {
    Found::Refused(code, message.into())
}

fn find(
    scope: &Scope,
    wanted: &Wanted,
    organizations: &Organizations,
    by_id: &HashMap<DeviceId, Row>,
    by_name: &HashMap<(PartnerId, String), Vec<Row>>,
) -> Found {
    let not_found = || refused("not_found", "There is no such device here. Check its id or name, and whether the key reaches it.");
    let of_id = |device: DeviceId| by_id.get(&device).filter(|row| inside(scope, row)).map(|row| Found::Device(row.partner, row.device));
    let (name, organization) = match wanted {
        Wanted::Known(device) => return of_id(*device).unwrap_or_else(not_found),
        Wanted::Account { .. } => return not_found(),
        Wanted::Named { device: None, .. } => {
            return match scope {
                Scope::Device(_, _, device) => of_id(*device).unwrap_or_else(not_found),
                _ => refused("missing_field", "`device` is missing. Name the device, or use a key that is bound to one."),
            };
        }
        Wanted::Named { device: Some(name), organization } => (name, organization),
    };
    if let Some(found) = name.parse().ok().and_then(of_id) {
        return found;
    }
    let lower = name.to_lowercase();
    let named = |partner: PartnerId, organization: Option<OrganizationId>| {
        by_name
            .get(&(partner, lower.clone()))
            .into_iter()
            .flatten()
            .filter(move |row| organization.is_none_or(|o| o == row.organization))
            .filter(|row| inside(scope, row))
            .map(|row| (row.partner, row.device))
            .collect::<Vec<_>>()
    };
    let source =
        |partner: PartnerId, organization: i64| Found::Source(Source { partner, organization, name: name.clone(), inbox: None, events: 0 });
    match scope {
        Scope::Device(partner, organization, _) => {
            named(*partner, Some(*organization)).first().map_or_else(not_found, |(partner, device)| Found::Device(*partner, *device))
        }
        Scope::Organization(partner, organization) => named(*partner, Some(*organization))
            .first()
            .map_or_else(|| source(*partner, organization.0), |(partner, device)| Found::Device(*partner, *device)),
        Scope::Partners(partners) => {
            let place = match organization {
                None => None,
                Some(text) => {
                    let lower = text.trim().to_lowercase();
                    match partners.iter().find_map(|p| organizations.get(&(*p, lower.clone())).map(|o| (*p, *o))) {
                        None => return refused("organization_not_found", "There is no such organization here. Check its id or name."),
                        found => found,
                    }
                }
            };
            let found: Vec<_> = match place {
                Some((partner, organization)) => named(partner, Some(organization)),
                None => partners.iter().flat_map(|p| named(*p, None)).collect(),
            };
            match (&found[..], place, partners.first()) {
                ([(partner, device)], ..) => Found::Device(*partner, *device),
                ([], Some((partner, organization)), _) => source(partner, organization.0),
                ([], None, Some(partner)) => source(*partner, 0),
                ([], None, None) => not_found(),
                _ => refused(
                    "ambiguous_device",
                    format!("Several organizations have a device named `{name}`. Add `organization`, or send the device's id."),
                ),
            }
        }
    }
}

/// Sources that were assigned once are remembered; dismissed ones are refused.
async fn from_inbox(tx: &DatabaseTransaction, found: &mut [Found]) -> Result<(), Error> {
    let mut keys = Keys::new(&[Kind::Int, Kind::Int, Kind::Text]);
    let mut asked = std::collections::HashSet::new();
    for found in found.iter() {
        if let Found::Source(source) = found
            && asked.insert(source.clone())
        {
            keys.int(source.partner.0).int(source.organization).text(&source.name.to_lowercase());
        }
    }
    let rows = keys
        .query(
            tx,
            "SELECT i.partner_id, i.organization_id, i.source_lower, i.id, i.device_id, i.dismissed_at, i.events FROM {x} {join} inbox i \
             ON i.partner_id = x.a AND i.organization_id = x.b AND i.source_lower = x.c",
        )
        .await?;
    let mut known = HashMap::new();
    for row in rows {
        let key = (PartnerId(at(&row, 0)?), at::<i64>(&row, 1)?, at::<String>(&row, 2)?);
        known.insert(key, (InboxId(at(&row, 3)?), at::<Option<i64>>(&row, 4)?, at::<Option<i64>>(&row, 5)?, at::<i64>(&row, 6)?));
    }
    for found in found.iter_mut() {
        let Found::Source(source) = found else { continue };
        let Some((id, device, dismissed, events)) = known.get(&(source.partner, source.organization, source.name.to_lowercase())) else {
            continue;
        };
        if let Some(device) = device {
            *found = Found::Device(source.partner, DeviceId(*device));
        } else if dismissed.is_some() {
            *found = refused(
                "source_dismissed",
                format!("`{}` was dismissed in the inbox. Stop sending it, or add a device of that name.", source.name),
            );
        } else {
            source.inbox = Some(*id);
            source.events = *events;
        }
    }
    Ok(())
}
