//! Rows into tables, as fast as the database takes them: plain inserts of many rows on SQLite, COPY on PostgreSQL. Indexes of the
//! largest table are built once, after its rows.

use crate::{
    error::Error,
    ingest::bulk::{Rows, Table},
    store::{Store, WRITER_CACHE, facts::at},
};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use sqlx::{Connection, Executor, PgConnection};
use std::{collections::BTreeMap, fmt::Write};

/// Rows of one SQLite statement.
const ROWS: usize = 128;

/// Values that are gathered before they are written: small organizations go together.
const VALUES: usize = 400_000;

/// The text of one COPY is sent in pieces of about this length.
const PIECE: usize = 1 << 20;

/// The table whose indexes wait.
const INDEXED: &str = "runs";

/// Writes what is made.
pub(super) struct Loader<'s> {
    store: &'s Store,
    /// PostgreSQL: a connection of its own, with settings of its own.
    copies: Option<PgConnection>,
    /// What makes the indexes again that wait for the end.
    indexes: Vec<String>,
    waiting: BTreeMap<&'static str, (&'static Table, Rows)>,
    values: usize,
}

impl<'s> Loader<'s> {
    /// Readies an empty store.
    pub(super) async fn begin(store: &'s Store) -> Result<Self, Error> {
        let mut loader = Self { store, copies: None, indexes: Vec::new(), waiting: BTreeMap::new(), values: 0 };
        let known = if store.backend() == DbBackend::Postgres {
            "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = $1 AND indexname <> $1 || '_pkey'"
        } else {
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL"
        };
        let rows = store.reads().query_all_raw(Statement::from_sql_and_values(store.backend(), known, [INDEXED.into()])).await?;
        let mut dropped = String::new();
        for row in &rows {
            let _ = write!(dropped, "DROP INDEX {};", at::<String>(row, 0)?);
            loader.indexes.push(at(row, 1)?);
        }
        if store.backend() == DbBackend::Postgres {
            let pool = store.writes().get_postgres_connection_pool();
            let mut own = pool.acquire().await.map_err(failed)?.detach();
            own.execute("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'").await.map_err(failed)?;
            own.execute(sqlx::AssertSqlSafe(dropped)).await.map_err(failed)?;
            loader.copies = Some(own);
        } else {
            // Nothing of it has to outlive a power cut before the end.
            store.writes().execute_unprepared("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144").await?;
            store.writes().execute_unprepared(&dropped).await?;
        }
        Ok(loader)
    }

    /// Takes rows of new things; writes when enough are there.
    pub(super) async fn take(&mut self, tables: Vec<(&'static Table, Rows)>) -> Result<(), Error> {
        for (table, rows) in tables {
            self.values += rows.len();
            let waiting = self.waiting.entry(table.name).or_insert_with(|| (table, Rows::default()));
            waiting.1.append(rows);
        }
        if self.values >= VALUES { self.write().await } else { Ok(()) }
    }

    /// Writes what is left, builds the indexes and makes all of it durable.
    pub(super) async fn finish(mut self) -> Result<(), Error> {
        self.write().await?;
        if let Some(mut own) = self.copies {
            for index in self.indexes {
                own.execute(sqlx::AssertSqlSafe(index)).await.map_err(failed)?;
            }
            own.execute("ANALYZE").await.map_err(failed)?;
            // The commits before are durable with this one.
            own.execute("SET synchronous_commit = on; SELECT txid_current()").await.map_err(failed)?;
            own.close().await.map_err(failed)?;
            return Ok(());
        }
        let conn = self.store.writes();
        conn.execute_unprepared("PRAGMA temp_store = file").await?;
        for index in self.indexes {
            conn.execute_unprepared(&index).await?;
        }
        let usual = format!("PRAGMA temp_store = memory; PRAGMA cache_size = {WRITER_CACHE}; PRAGMA synchronous = FULL");
        conn.execute_unprepared(&usual).await?;
        conn.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA shrink_memory").await?;
        Ok(())
    }

    async fn write(&mut self) -> Result<(), Error> {
        self.values = 0;
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(own) = &mut self.copies {
            for (table, rows) in waiting.into_values() {
                copy(own, table, rows).await?;
            }
            return Ok(());
        }
        let tx = self.store.begin().await?;
        for (table, rows) in waiting.into_values() {
            let width = table.width();
            let mut values = rows.into_values().into_iter();
            while values.len() > 0 {
                let rows = (values.len() / width).min(ROWS);
                let part: Vec<Value> = values.by_ref().take(rows * width).collect();
                tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, table.plain_sqlite(rows), part)).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn copy(conn: &mut PgConnection, table: &Table, rows: Rows) -> Result<(), Error> {
    let width = table.width();
    let values = rows.into_values();
    if values.is_empty() {
        return Ok(());
    }
    let mut copy = conn.copy_in_raw(&format!("COPY {} ({}) FROM STDIN", table.name, table.columns())).await.map_err(failed)?;
    let mut text = String::with_capacity(PIECE + 65_536);
    for (place, value) in values.iter().enumerate() {
        field(&mut text, value);
        text.push(if place % width == width - 1 { '\n' } else { '\t' });
        if text.len() > PIECE {
            copy.send(text.as_bytes()).await.map_err(failed)?;
            text.clear();
        }
    }
    copy.send(text.as_bytes()).await.map_err(failed)?;
    copy.finish().await.map_err(failed)?;
    Ok(())
}

/// A field of COPY's text format.
fn field(text: &mut String, value: &Value) {
    match value {
        Value::BigInt(Some(n)) => {
            let _ = write!(text, "{n}");
        }
        Value::Bool(Some(b)) => text.push(if *b { 't' } else { 'f' }),
        Value::String(Some(said)) => {
            let mut plain = 0;
            for (place, byte) in said.bytes().enumerate() {
                let escape = match byte {
                    b'\\' => "\\\\",
                    b'\n' => "\\n",
                    b'\r' => "\\r",
                    b'\t' => "\\t",
                    // NUL can't be stored by PostgreSQL.
                    0 => " ",
                    _ => continue,
                };
                text.push_str(&said[plain..place]);
                text.push_str(escape);
                plain = place + 1;
            }
            text.push_str(&said[plain..]);
        }
        Value::Bytes(Some(bytes)) => {
            text.push_str("\\\\x");
            text.push_str(&crate::store::audit::hex(bytes));
        }
        _ => text.push_str("\\N"),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: sqlx::Error) -> Error {
    Error::Database(DbErr::Custom(format!("bulk loading: {error}")))
}
