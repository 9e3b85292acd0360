//! Saved views of a list: its filters under a name.

use crate::error::UiError;
use crate::wire::Wire;
use domain::ids::SavedViewId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A saved view of the Alerts tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewLine {
    /// Which view.
    pub id: SavedViewId,
    /// Its name.
    pub name: String,
    /// The list's address with its filters: `?severity=critical`.
    pub query: String,
    /// Everybody of the partner sees it.
    pub shared: bool,
    /// Who made it.
    pub made_by: String,
    /// It may be deleted.
    pub may_delete: bool,
}

/// The views that somebody sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Views {
    /// The shared ones first, each by name.
    pub lines: Vec<ViewLine>,
    /// Views may be shared with everybody of the partner.
    pub may_share: bool,
}

/// Keeps the filters of the Alerts tab under a name; a view of the same name is replaced.
///
/// # Errors
/// At a field: what is wrong with it. Signed out, or not allowed (sharing).
#[server(prefix = "/sf", endpoint = "backup/save_view", output = Wire)]
pub async fn save_view(
    /// Its name.
    name: String,
    /// The filters: the query of the tab's address.
    #[server(default)]
    query: String,
    /// For everybody of the partner.
    #[server(default)]
    shared: bool,
) -> Result<Views, UiError> {
    use engine::store::saved_views::{self, NewView, ViewPlace};
    let (engine, actor) = crate::context::actor()?;
    let new = NewView { place: ViewPlace::Alerts, name, query: query.clone(), shared };
    saved_views::save(&engine.store, &actor, new, crate::context::now(&engine)).await?;
    crate::api::start::go_on(&ssr::address(&query));
    ssr::of_alerts(&engine, &actor).await
}

/// Deletes a saved view.
///
/// # Errors
/// `not_found`, `forbidden` (a shared one).
#[server(prefix = "/sf", endpoint = "backup/delete_view", output = Wire)]
pub async fn delete_view(
    /// Which view.
    id: SavedViewId,
) -> Result<Views, UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::saved_views::delete(&engine.store, &actor, id, crate::context::now(&engine)).await?;
    crate::api::start::go_on("/backups/alerts");
    ssr::of_alerts(&engine, &actor).await
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr {
    use super::{ViewLine, Views};
    use crate::error::UiError;
    use domain::access::{Action, Actor, Scope};
    use engine::{
        Engine,
        store::saved_views::{self, ViewPlace},
    };

    pub(in crate::api) fn address(query: &str) -> String {
        let query = query.trim_start_matches('?');
        let fits = query.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        if query.is_empty() || !fits { "/backups/alerts".to_owned() } else { format!("/backups/alerts?{query}") }
    }

    pub(in crate::api) async fn of_alerts(engine: &Engine, actor: &Actor) -> Result<Views, UiError> {
        let views = saved_views::list(&engine.store, actor, ViewPlace::Alerts).await?;
        let line = |v: saved_views::SavedView| ViewLine {
            id: v.id,
            name: v.name,
            query: address(&v.query),
            shared: v.shared,
            made_by: v.made_by,
            may_delete: v.may_delete,
        };
        Ok(Views {
            lines: views.into_iter().map(line).collect(),
            may_share: matches!(actor.scope, Scope::Partners(_)) && actor.may(Action::TendAlerts),
        })
    }
}
