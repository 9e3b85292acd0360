//! Views that people keep: the filters of a list under a name, for oneself or for everybody of the partner.
//!
//! A view holds no rows, so it shows nothing that its reader couldn't find anyway. What is shared may name clients: it is seen by the
//! partner's own people only.

use super::{
    Store,
    audit::{self, Entry},
    entity::saved_view,
    input, scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Ground, Scope},
    ids::{PartnerId, SavedViewId, UserId},
    time::Time,
};
use sea_orm::{ActiveValue::Set, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

/// Views that one person may keep of a place, and that a partner may share.
const MOST: u64 = 50;
/// Characters of a query.
const LONGEST_QUERY: usize = 1_000;
/// `user_id` of a view that is shared.
const SHARED: i64 = 0;

/// A list that has views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewPlace {
    /// The Alerts tab.
    Alerts,
}

impl ViewPlace {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
        }
    }

    /// Keys of the list's URL that a view keeps.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Alerts => &["search", "organization", "kind", "class", "severity", "state", "sort"],
        }
    }
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Which view.
    pub id: SavedViewId,
    /// Its name.
    pub name: String,
    /// Query of the list's URL, without `?`.
    pub query: String,
    /// Everybody of the partner sees it.
    pub shared: bool,
    /// Who made it.
    pub made_by: String,
    /// The actor may delete it.
    pub may_delete: bool,
}

/// A view to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewView {
    /// Of which list.
    pub place: ViewPlace,
    /// Its name; one of the same name and sharing is replaced.
    pub name: String,
    /// Query of the list's URL; what isn't a filter is left out.
    pub query: String,
    /// For everybody of the partner.
    pub shared: bool,
}

const fn person(actor: &Actor) -> Option<UserId> {
    match actor.ground {
        Ground::Member(id, _) => Some(id),
        _ => None,
    }
}

/// Shared views are those of the partner's own people, who tend what they find by them.
fn may_share(actor: &Actor) -> bool {
    matches!(actor.scope, Scope::Partners(_)) && actor.may(Action::TendAlerts)
}

/// The partner whose views an actor sees.
fn home(actor: &Actor) -> Result<PartnerId, Error> {
    match &actor.scope {
        Scope::Organization(partner, _) | Scope::Device(partner, ..) => Ok(*partner),
        Scope::Partners(_) => scope::own_partner(actor),
    }
}

fn seen(actor: &Actor) -> Condition {
    let mut whose = Condition::any();
    if let Some(person) = person(actor) {
        whose = whose.add(saved_view::COLUMN.user_id.eq(person.0));
    }
    if matches!(actor.scope, Scope::Partners(_)) {
        whose = whose.add(saved_view::COLUMN.user_id.eq(SHARED));
    }
    // Without either nothing is seen; an empty condition would be true.
    if whose.is_empty() { Condition::all().add(saved_view::COLUMN.partner_id.eq(-1)) } else { Condition::all().add(whose) }
}

/// The views of a list that the actor sees: the shared ones first, each by name.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn list(store: &Store, actor: &Actor, place: ViewPlace) -> Result<Vec<SavedView>, Error> {
    scope::require(actor, Action::SeeDashboards, "see saved views")?;
    let Ok(partner) = home(actor) else { return Ok(Vec::new()) };
    let found = saved_view::Entity::find()
        .filter(saved_view::COLUMN.partner_id.eq(partner.0))
        .filter(saved_view::COLUMN.place.eq(place.as_str()))
        .filter(seen(actor))
        .order_by_asc(saved_view::Column::Id)
        .all(store.reads())
        .await?;
    let may_share = may_share(actor);
    let mut views: Vec<SavedView> = found
        .into_iter()
        .map(|view| {
            let shared = view.user_id == SHARED;
            SavedView {
                id: SavedViewId(view.id),
                name: view.name,
                query: view.query,
                shared,
                made_by: view.created_by,
                may_delete: !shared || may_share,
            }
        })
        .collect();
    views.sort_by_key(|view| (!view.shared, view.name.to_lowercase()));
    Ok(views)
}

/// The filters of a query: known keys with a value, in one order.
fn filters(place: ViewPlace, query: &str) -> Result<String, Error> {
    let query = query.trim().trim_start_matches('?');
    let kept: Vec<&str> = place
        .keys()
        .iter()
        .filter_map(|key| query.split('&').find(|pair| pair.split_once('=').is_some_and(|(k, value)| k == *key && !value.is_empty())))
        .collect();
    let kept = kept.join("&");
    let fits = kept.len() <= LONGEST_QUERY && kept.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'#'));
    if fits { Ok(kept) } else { Err(Error::invalid("invalid_query", "query", "These filters can't be kept.")) }
}

/// Keeps a view; one of the same name (and sharing) is replaced. What is shared is in the audit log.
///
/// # Errors
/// `Forbidden`; `Invalid` (name, query, too many).
pub async fn save(store: &Store, actor: &Actor, new: NewView, now: Time) -> Result<SavedViewId, Error> {
    scope::require(actor, Action::SeeDashboards, "save views")?;
    if new.shared && !may_share(actor) {
        return Err(Error::Forbidden("share views"));
    }
    let user = if new.shared { SHARED } else { person(actor).ok_or(Error::Forbidden("save views of your own with a key"))?.0 };
    let partner = home(actor)?;
    let name = input::name("name", &new.name)?;
    let query = filters(new.place, &new.query)?;
    let tx = store.begin_for(partner).await?;
    let mine = || {
        saved_view::Entity::find()
            .filter(saved_view::COLUMN.partner_id.eq(partner.0))
            .filter(saved_view::COLUMN.place.eq(new.place.as_str()))
            .filter(saved_view::COLUMN.user_id.eq(user))
    };
    let known = mine().filter(saved_view::COLUMN.name.eq(name.as_str())).one(&tx).await?;
    let id = match known {
        Some(known) => {
            saved_view::Entity::update_many()
                .col_expr(saved_view::Column::Query, query.clone().into())
                .filter(saved_view::COLUMN.partner_id.eq(partner.0))
                .filter(saved_view::COLUMN.id.eq(known.id))
                .exec(&tx)
                .await?;
            known.id
        }
        None => {
            if mine().count(&tx).await? >= MOST {
                return Err(Error::invalid("too_many", "name", "There are 50 saved views already. Delete one first."));
            }
            let id = store.id(now);
            let view = saved_view::ActiveModel {
                partner_id: Set(partner.0),
                id: Set(id),
                user_id: Set(user),
                place: Set(new.place.as_str().into()),
                name: Set(name.clone()),
                query: Set(query.clone()),
                created_at: Set(now.0),
                created_by: Set(super::alerts::name_of(&tx, actor).await?),
            };
            saved_view::Entity::insert(view).exec_without_returning(&tx).await?;
            id
        }
    };
    if new.shared {
        audited(&tx, actor, partner, "view.share", id, &name, &query, now).await?;
    }
    tx.commit().await?;
    Ok(SavedViewId(id))
}

/// Deletes a view: one's own, or a shared one with the right to share. That of a shared one is in the audit log.
///
/// # Errors
/// `NotFound` (also of somebody else); `Forbidden` (a shared one).
pub async fn delete(store: &Store, actor: &Actor, id: SavedViewId, now: Time) -> Result<(), Error> {
    scope::require(actor, Action::SeeDashboards, "delete saved views")?;
    let partner = home(actor).map_err(|_| Error::NotFound("saved view"))?;
    let tx = store.begin_for(partner).await?;
    let found = saved_view::Entity::find()
        .filter(saved_view::COLUMN.partner_id.eq(partner.0))
        .filter(saved_view::COLUMN.id.eq(id.0))
        .filter(seen(actor))
        .one(&tx)
        .await?
        .ok_or(Error::NotFound("saved view"))?;
    let shared = found.user_id == SHARED;
    if shared && !may_share(actor) {
        return Err(Error::Forbidden("delete shared views"));
    }
    saved_view::Entity::delete_by_id((partner.0, id.0)).exec(&tx).await?;
    if shared {
        audited(&tx, actor, partner, "view.delete", id.0, &found.name, &found.query, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one entry with all that it holds; two places call it")]
async fn audited(
    tx: &sea_orm::DatabaseTransaction,
    actor: &Actor,
    partner: PartnerId,
    what: &'static str,
    id: i64,
    name: &str,
    query: &str,
    now: Time,
) -> Result<(), Error> {
    let entry = Entry {
        partner,
        organization: None,
        what,
        subject: format!("view:{}", SavedViewId(id)),
        detail: json!({ "name": name, "query": query }),
    };
    audit::append(tx, audit::who(actor), entry, now).await
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_view_keeps_filters_and_order_and_nothing_else() {
        let kept = |query: &str| filters(ViewPlace::Alerts, query).unwrap();
        assert_eq!(kept("?cursor=abc&severity=critical&kind=&state=untended&x=1"), "severity=critical&state=untended");
        assert_eq!(kept(""), "");
        assert_eq!(kept("search=m%C3%BCller%20ag&sort=time"), "search=m%C3%BCller%20ag&sort=time");
        assert!(filters(ViewPlace::Alerts, "search=\"><script>").is_err());
        assert!(filters(ViewPlace::Alerts, &format!("search={}", "x".repeat(2_000))).is_err());
    }
}
