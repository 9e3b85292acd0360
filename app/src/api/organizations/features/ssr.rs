//! From the engine's rows to what the pages of features show. Server side only.

use super::{
    AccountsChange, AccountsChanged, ActivationLine, FeaturesQuery, FeaturesView, ImportAnswer, ImportFile, ImportProblem, ImportView,
    SeatLine, SeatsView, ServiceLine,
};
use crate::{
    api::organizations::{connections::ssr::connections_of, rows},
    error::UiError,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    access::{Action, Actor},
    ids::{AccountId, ConnectionId, OrganizationId},
    saas::AccountStatus,
};
use engine::{
    Engine,
    store::accounts::{self, AccountFilter, ActivationRow, Imported, Seats},
};

/// Changes of activation that are shown.
const SHOWN: usize = 8;

fn organization(id: &str) -> Result<OrganizationId, UiError> {
    id.parse().map_err(|_| UiError::not_found("organization"))
}

fn filter(query: &FeaturesQuery, organization: OrganizationId) -> AccountFilter {
    AccountFilter {
        organization: Some(organization),
        status: query.status.parse().ok(),
        gone: (query.status == "gone").then_some(true),
        kind: query.kind.parse().ok(),
        service: query.service.parse().ok(),
        search: Some(query.search.clone()),
        cursor: Some(query.cursor.clone()),
        ..AccountFilter::default()
    }
}

fn seats(seats: Seats) -> SeatsView {
    let services = seats
        .services
        .into_iter()
        .map(|s| ServiceLine { connection: s.connection, service: s.service, accounts: s.accounts, used: s.used })
        .collect();
    SeatsView { used: seats.used, limit: seats.limit, accounts: seats.accounts, services }
}

pub(super) async fn view(engine: &Engine, actor: &Actor, query: FeaturesQuery) -> Result<FeaturesView, UiError> {
    let store = &engine.store;
    let id = organization(&query.organization)?;
    if !actor.may(Action::SeeSeats) {
        return Err(UiError::new(403, "forbidden", "You may not see plans and seats. Ask an owner or admin."));
    }
    let organization = rows::view(engine, actor, id, "features", "").await?;
    let connections = connections_of(engine, actor, id).await?;
    let seats = seats(accounts::seats(store, actor, id).await?);
    let filter = filter(&query, id);
    let page = accounts::list(store, actor, &filter).await?;
    let whole = [&query.search, &query.status, &query.kind, &query.service].iter().all(|t| t.is_empty());
    let matching = if whole { seats.accounts } else { accounts::count(store, actor, &filter).await? };
    // Enough to fill the list after those of one moment are put together.
    let changes = accounts::history(store, actor, id, None, Some(200)).await?;
    let is_own = organization.is_own;
    Ok(FeaturesView {
        organization,
        seats,
        connections,
        accounts: page
            .items
            .into_iter()
            .map(|row| SeatLine {
                id: row.id,
                address: row.address,
                name: row.name,
                kind: row.kind,
                service: row.service,
                status: row.status,
                gone_at: row.gone_at,
                since: row.enrolled_at,
            })
            .collect(),
        next_cursor: page.next_cursor,
        matching,
        history: history(changes, is_own),
        may_plan: actor.may(Action::ManagePlans),
        may_manage: actor.may(Action::ManageDevices),
    })
}

/// Changes of one moment are one line. A client isn't told which of the provider's people did it.
fn history(changes: Vec<ActivationRow>, is_own: bool) -> Vec<ActivationLine> {
    let mut lines: Vec<ActivationLine> = Vec::new();
    for change in changes {
        let of_organization = change.account.is_none();
        if let Some(last) = lines.last_mut()
            && !of_organization
            && last.accounts > 0
            && (last.at, last.activated) == (change.at, change.activated)
        {
            last.accounts += 1;
            continue;
        }
        if lines.len() == SHOWN {
            break;
        }
        let who = match &change.name {
            Some(name) if !is_own => name.clone(),
            None if change.who.starts_with("key:") => "an API key".to_owned(),
            _ => String::new(),
        };
        lines.push(ActivationLine {
            at: change.at,
            address: change.address,
            accounts: usize::from(!of_organization),
            activated: change.activated,
            who,
        });
    }
    lines
}

pub(super) async fn change(engine: &Engine, actor: &Actor, change: AccountsChange) -> Result<AccountsChanged, UiError> {
    let id = organization(&change.organization)?;
    let status = if change.activate { AccountStatus::Activated } else { AccountStatus::Deactivated };
    let ids: Vec<AccountId> = if change.ids.is_empty() {
        accounts::matching(&engine.store, actor, &filter(&change.query, id)).await?
    } else {
        let parsed: Result<_, _> = change.ids.iter().map(|id| id.parse()).collect();
        parsed.map_err(|_| UiError::not_found("account"))?
    };
    let outcome = accounts::set_status(engine, actor, &ids, status, (engine.clock)()).await?;
    let seats = accounts::seats(&engine.store, actor, id).await?;
    Ok(AccountsChanged { changed: outcome.changed, activated: change.activate, used: seats.used, limit: seats.limit })
}

pub(super) async fn import_view(engine: &Engine, actor: &Actor, id: &str) -> Result<ImportView, UiError> {
    let id = organization(id)?;
    let organization = rows::view(engine, actor, id, "features", "").await?;
    if !actor.may(Action::ManageDevices) {
        return Err(UiError::new(403, "forbidden", "You may not import accounts. Ask an owner, admin or technician."));
    }
    let connections = seats(accounts::seats(&engine.store, actor, id).await?).services;
    Ok(ImportView { organization, connections })
}

pub(super) fn opened(file: ImportFile) -> Result<(ConnectionId, Vec<u8>), UiError> {
    let connection = file.connection.parse().map_err(|_| UiError::not_found("connection"))?;
    if !file.encoded {
        return Ok((connection, file.content.into_bytes()));
    }
    let bytes = BASE64_STANDARD.decode(file.content);
    Ok((connection, bytes.map_err(|_| UiError::field("unreadable_file", "file", "The file could not be read. Choose it again."))?))
}

pub(super) fn answer(imported: Imported) -> ImportAnswer {
    let Imported { rows, bad, outcome, problems, ignored } = imported;
    ImportAnswer {
        rows,
        bad,
        created: outcome.created,
        changed: outcome.changed,
        unchanged: outcome.unchanged,
        activated: outcome.activated,
        used: outcome.seats.used,
        limit: outcome.seats.limit,
        problems: problems
            .into_iter()
            .map(|p| ImportProblem { line: p.line, column: p.column, value: p.value, message: p.message })
            .collect(),
        ignored,
    }
}
