//! A file of accounts taken in: looked at first, then stored whole, or in part when somebody says so.

use super::{
    connection_of,
    put::{PutOutcome, preview, put},
    sheet::{self, RowProblem, Sheet},
};
use crate::{Engine, error::Error, store::Store, store::facts::parse, store::scope};
use domain::{
    access::{Action, Actor},
    ids::ConnectionId,
    time::Time,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;

/// Problems that an answer lists; the rest are counted.
pub const LISTED: usize = 100;

/// What a file would do, or did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Rows of the file.
    pub rows: u64,
    /// Of them, rows that can't be taken.
    pub bad: u64,
    /// What became, or would become, of the others.
    #[serde(flatten)]
    pub outcome: PutOutcome,
    /// The first problems, by line.
    pub problems: Vec<RowProblem>,
    /// Headers of columns that mean nothing here.
    pub ignored: Vec<String>,
}

async fn opened<C: ConnectionTrait>(conn: &C, actor: &Actor, id: ConnectionId, file: &[u8]) -> Result<Sheet, Error> {
    let found = connection_of(conn, actor, id).await?;
    scope::require(actor, Action::ManageDevices, "import accounts")?;
    sheet::read(parse(&found.service)?, file)
}

fn told(sheet: Sheet, outcome: PutOutcome, rows: usize) -> Imported {
    let bad = sheet.problems.len();
    let mut problems = sheet.problems;
    problems.truncate(LISTED);
    Imported { rows: (rows + bad) as u64, bad: bad as u64, outcome, problems, ignored: sheet.ignored }
}

/// What importing a file would do. Stores nothing.
///
/// # Errors
/// `NotFound` (connection), `Forbidden`, `Invalid` (the file as a whole).
pub async fn preview_import(store: &Store, actor: &Actor, id: ConnectionId, file: &[u8], now: Time) -> Result<Imported, Error> {
    let mut sheet = opened(store.reads(), actor, id, file).await?;
    let rows = std::mem::take(&mut sheet.rows);
    let count = rows.len();
    let outcome = preview(store, actor, id, rows, now).await?;
    Ok(told(sheet, outcome, count))
}

/// Imports a file. With bad rows only if `partly`: then without those.
///
/// # Errors
/// As [`preview_import`]; `Conflict` for bad rows that nobody agreed to leave out (nothing is stored then).
pub async fn import(engine: &Engine, actor: &Actor, id: ConnectionId, file: &[u8], partly: bool, now: Time) -> Result<Imported, Error> {
    let mut sheet = opened(engine.store.reads(), actor, id, file).await?;
    let rows = std::mem::take(&mut sheet.rows);
    let count = rows.len();
    if let Some(first) = sheet.problems.first()
        && !partly
    {
        let message = format!(
            "{} of {} rows can't be taken, the first in line {}: {} Nothing was imported. Correct them, or import the other rows with `partly=true`.",
            sheet.problems.len(),
            count + sheet.problems.len(),
            first.line,
            first.message
        );
        return Err(Error::conflict("bad_rows", message));
    }
    let outcome = put(engine, actor, id, rows, now).await?;
    Ok(told(sheet, outcome, count))
}
