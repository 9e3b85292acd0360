//! Features of an organization: backups on or off, plan, seats, connections, accounts; and the import of accounts.

use super::{OrganizationView, connections::ConnectionView};
use crate::{error::UiError, wire::Wire};
use domain::{
    ids::{AccountId, ConnectionId, OrganizationId},
    saas::{AccountStatus, AccountType, Service},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod ssr;

/// What the page asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeaturesQuery {
    /// Which organization.
    pub organization: String,
    /// Part of address or name.
    pub search: String,
    /// `activated`, `deactivated`, or `gone`: not at the provider any more.
    pub status: String,
    /// Word of a type.
    pub kind: String,
    /// Word of a service.
    pub service: String,
    /// Where to go on.
    pub cursor: String,
}

impl FeaturesQuery {
    /// True if nothing narrows the list.
    pub fn is_all(&self) -> bool {
        [&self.search, &self.status, &self.kind, &self.service, &self.cursor].iter().all(|t| t.is_empty())
    }
}

/// Seats of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLine {
    /// Its connection.
    pub connection: ConnectionId,
    /// Which service.
    pub service: Service,
    /// Accounts that are known.
    pub accounts: i64,
    /// Seats in use.
    pub used: i64,
}

/// Seats of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatsView {
    /// In use.
    pub used: i64,
    /// Bought; none: no limit.
    pub limit: Option<i64>,
    /// Accounts that are known.
    pub accounts: i64,
    /// By service, those with a connection.
    pub services: Vec<ServiceLine>,
}

/// An account in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatLine {
    /// Which account.
    pub id: AccountId,
    /// Its address.
    pub address: String,
    /// Its name, may be empty.
    pub name: String,
    /// What kind of seat.
    pub kind: AccountType,
    /// Of which service.
    pub service: Service,
    /// Activated: backed up, on a seat.
    pub status: AccountStatus,
    /// Since when it is not at the provider any more.
    pub gone_at: Option<Time>,
    /// When it was activated last; of one that isn't activated it tells nothing.
    pub since: Time,
}

/// A change of activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivationLine {
    /// When.
    pub at: Time,
    /// The account's address; empty: the organization itself.
    pub address: String,
    /// How many accounts at the same time, this one included.
    pub accounts: usize,
    /// On or off.
    pub activated: bool,
    /// By whom; empty: nobody is named.
    pub who: String,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeaturesView {
    /// What all tabs show.
    pub organization: OrganizationView,
    /// Seats.
    pub seats: SeatsView,
    /// Connections, one for each service there is.
    pub connections: Vec<ConnectionView>,
    /// Accounts.
    pub accounts: Vec<SeatLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Accounts that the filter holds.
    pub matching: i64,
    /// The last changes of activation.
    pub history: Vec<ActivationLine>,
    /// May change plan, seats and whether backups are on.
    pub may_plan: bool,
    /// May connect, import and discover.
    pub may_manage: bool,
}

/// Plan, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInput {
    /// Its name.
    #[serde(default)]
    pub plan_name: String,
    /// `Backup` or `Archiver`.
    #[serde(default)]
    pub plan_type: String,
    /// Where the data lives.
    #[serde(default)]
    pub region: String,
    /// Seats; empty: no limit.
    #[serde(default)]
    pub seat_limit: String,
}

/// What is to become of accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsChange {
    /// Of which organization.
    pub organization: String,
    /// These; empty: all that `query` holds.
    pub ids: Vec<String>,
    /// Which, if they aren't named.
    pub query: FeaturesQuery,
    /// On or off.
    pub activate: bool,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsChanged {
    /// Accounts that changed.
    pub changed: u64,
    /// They were activated; else deactivated.
    pub activated: bool,
    /// Seats in use, afterwards.
    pub used: i64,
    /// Bought.
    pub limit: Option<i64>,
}

/// The page of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportView {
    /// What all tabs show.
    pub organization: OrganizationView,
    /// Connections to import into.
    pub connections: Vec<ServiceLine>,
}

/// A file to be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFile {
    /// Into which connection.
    pub connection: String,
    /// `content` is in Base64: a file as it is.
    pub encoded: bool,
    /// What is in it.
    pub content: String,
    /// Bad rows are left out; else nothing is stored if there is one.
    pub partly: bool,
}

/// A row that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProblem {
    /// Line of the file.
    pub line: u64,
    /// Header of the column; empty: the row as a whole.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a file does, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportAnswer {
    /// Rows of the file.
    pub rows: u64,
    /// Of them bad.
    pub bad: u64,
    /// New accounts.
    pub created: u64,
    /// Known ones that change.
    pub changed: u64,
    /// Known just so.
    pub unchanged: u64,
    /// Accounts that are activated by it.
    pub activated: u64,
    /// Seats in use, afterwards.
    pub used: i64,
    /// Bought.
    pub limit: Option<i64>,
    /// The first problems.
    pub problems: Vec<ImportProblem>,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// The page of features.
///
/// # Errors
/// `not_found`, `forbidden`, `invalid_cursor`; the store fails.
#[server(prefix = "/sf", endpoint = "features/view", input = Wire, output = Wire)]
pub async fn load_features(
    /// Which organization and accounts.
    query: FeaturesQuery,
) -> Result<FeaturesView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::view(&engine, &actor, query).await
}

/// Changes the plan where it differs.
///
/// # Errors
/// `not_found`, `forbidden`; at a field: what is wrong with it.
#[server(prefix = "/sf", endpoint = "features/plan", output = crate::wire::Wire)]
pub async fn change_plan(
    /// Which organization.
    id: OrganizationId,
    /// As typed.
    form: PlanInput,
) -> Result<(), UiError> {
    use engine::store::organizations::{self, OrganizationChange};
    let (engine, actor) = crate::context::actor()?;
    let now = organizations::get(&engine.store, &actor, id).await?;
    let (plan_type, seats) = (super::rows::plan_type(&form.plan_type)?, super::rows::seats(&form.seat_limit)?);
    let change = OrganizationChange {
        region: (form.region.trim() != now.region).then_some(form.region),
        plan_name: (form.plan_name.trim() != now.plan_name).then_some(form.plan_name),
        plan_type: (plan_type != now.plan_type).then_some(plan_type),
        seat_limit: (seats != now.seat_limit).then_some(seats),
        ..OrganizationChange::default()
    };
    organizations::edit(&engine, &actor, id, change, (engine.clock)()).await?;
    Ok(())
}

/// Activates or deactivates accounts.
///
/// # Errors
/// `not_found`, `forbidden`, `too_many`.
#[server(prefix = "/sf", endpoint = "features/accounts", input = Wire, output = Wire)]
pub async fn change_accounts(
    /// Which, and to what.
    change: AccountsChange,
) -> Result<AccountsChanged, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::change(&engine, &actor, change).await
}

/// Asks the provider who there is.
///
/// # Errors
/// `not_found`, `forbidden`, `not_connected`.
#[server(prefix = "/sf", endpoint = "features/discover", output = crate::wire::Wire)]
pub async fn discover_accounts(
    /// Which connection.
    connection: ConnectionId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::accounts::discovery::discover(&engine, &actor, connection, (engine.clock)()).await?;
    Ok(())
}

/// The page of an import.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "features/import_view", input = Wire, output = Wire)]
pub async fn load_import(
    /// Which organization.
    id: String,
) -> Result<ImportView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    ssr::import_view(&engine, &actor, &id).await
}

/// What importing a file would do. Stores nothing.
///
/// # Errors
/// `not_found`, `forbidden`; at `file`: no list of accounts.
#[server(prefix = "/sf", endpoint = "features/preview", input = Wire, output = Wire)]
pub async fn preview_import(
    /// The file.
    file: ImportFile,
) -> Result<ImportAnswer, UiError> {
    use engine::store::accounts;
    let (engine, actor) = crate::context::actor()?;
    let (connection, bytes) = ssr::opened(file)?;
    Ok(ssr::answer(accounts::preview_import(&engine.store, &actor, connection, &bytes, (engine.clock)()).await?))
}

/// Imports a file.
///
/// # Errors
/// As [`preview_import`]; `bad_rows` if there are some and they may not be left out.
#[server(prefix = "/sf", endpoint = "features/import", input = Wire, output = Wire)]
pub async fn import_accounts(
    /// The file.
    file: ImportFile,
) -> Result<ImportAnswer, UiError> {
    use engine::store::accounts;
    let (engine, actor) = crate::context::actor()?;
    let partly = file.partly;
    let (connection, bytes) = ssr::opened(file)?;
    Ok(ssr::answer(accounts::import(&engine, &actor, connection, &bytes, partly, (engine.clock)()).await?))
}
