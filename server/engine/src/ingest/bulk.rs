//! Many rows in one statement, on both stores, with constant SQL text so that prepared statements are met again.
//!
//! PostgreSQL takes the rows as one JSON parameter. SQLite binds them in `VALUES` (its JSON functions cost more than binding)
//! and takes only the keys of a look-up as JSON. One statement never holds a key twice: callers fold first.

mod keys;

use crate::error::Error;
pub(crate) use keys::Keys;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use std::fmt::Write;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Bool,
    Blob,
}

impl Kind {
    const fn sql(self) -> &'static str {
        match self {
            Self::Int => "bigint",
            Self::Text | Self::Blob => "text",
            Self::Bool => "boolean",
        }
    }
}

/// What happens to a row whose key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meet {
    /// The new values replace the old ones.
    Replace,
    /// Numbers are added.
    Add,
    /// The old row stays.
    Keep,
    /// Rows are known to be there: a plain update by key; missing ones are left out.
    Update,
}

/// A table as one kind of write sees it.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Columns of the key that rows meet on.
    pub(crate) keys: &'static [(&'static str, Kind)],
    /// Written with a new row, left alone when the key is met.
    pub(crate) fixed: &'static [(&'static str, Kind)],
    /// Written always.
    pub(crate) columns: &'static [(&'static str, Kind)],
    pub(crate) meet: Meet,
}

/// Rows to be written: values in the order keys, fixed, columns.
#[derive(Default)]
pub(crate) struct Rows {
    values: Vec<Value>,
}

impl Rows {
    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.values.push(Value::BigInt(Some(value)));
        self
    }

    pub(crate) fn maybe_int(&mut self, value: Option<i64>) -> &mut Self {
        self.values.push(Value::BigInt(value));
        self
    }

    pub(crate) fn text(&mut self, value: impl Into<String>) -> &mut Self {
        self.values.push(Value::String(Some(value.into())));
        self
    }

    pub(crate) fn maybe_text(&mut self, value: Option<String>) -> &mut Self {
        self.values.push(Value::String(value));
        self
    }

    pub(crate) fn flag(&mut self, value: bool) -> &mut Self {
        self.values.push(Value::Bool(Some(value)));
        self
    }

    pub(crate) fn maybe_flag(&mut self, value: Option<bool>) -> &mut Self {
        self.values.push(Value::Bool(value));
        self
    }

    pub(crate) fn blob(&mut self, value: Vec<u8>) -> &mut Self {
        self.values.push(Value::Bytes(Some(value)));
        self
    }

    /// Rows of the same table after these.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.values.append(&mut others.values);
    }

    /// How many values.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Their values, row after row.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// Writes all rows.
    pub(crate) async fn write<C: ConnectionTrait>(self, conn: &C, table: &Table) -> Result<(), Error> {
        if self.values.is_empty() {
            return Ok(());
        }
        let backend = conn.get_database_backend();
        let width = table.width();
        if backend == DbBackend::Postgres {
            let statement = Statement::from_sql_and_values(backend, table.postgres(1), [Value::String(Some(json(&self.values, width)))]);
            conn.execute_raw(statement).await?;
            return Ok(());
        }
        let mut values = self.values.into_iter();
        let mut left = values.len() / width;
        while left > 0 {
            // Small groups have a statement each, large ones share one length.
            let rows = if left >= LARGE { LARGE } else { left.min(SMALL) };
            let part: Vec<Value> = values.by_ref().take(rows * width).collect();
            conn.execute_raw(Statement::from_sql_and_values(backend, table.sqlite(rows), part)).await?;
            left -= rows;
        }
        Ok(())
    }
}

/// Writes rows of several tables, in this order, in as few calls as may be: a round trip costs more than the rows of a small group.
pub(crate) async fn write_all<C: ConnectionTrait>(conn: &C, parts: Vec<(Rows, &Table)>) -> Result<(), Error> {
    let backend = conn.get_database_backend();
    if backend != DbBackend::Postgres {
        return write_together(conn, parts).await;
    }
    let mut sql = String::with_capacity(4_096);
    let mut values = Vec::new();
    // PostgreSQL runs the parts of `WITH` that nothing reads in reverse.
    for (rows, table) in parts.into_iter().rev().filter(|(rows, _)| !rows.values.is_empty()) {
        values.push(Value::String(Some(json(&rows.values, table.width()))));
        let number = values.len();
        let _ = write!(sql, "{}w{number} AS ({})", if number > 1 { ", " } else { "WITH " }, table.postgres(number));
    }
    if !values.is_empty() {
        sql.push_str(" SELECT 1");
        conn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

/// SQLite: small parts share a call, for each is a visit to the connection's thread. Parts of as many rows go together (a run, its
/// job's and its device's state), and those of a single row with whatever is before them: so there are few texts, met again and again.
async fn write_together<C: ConnectionTrait>(conn: &C, parts: Vec<(Rows, &Table)>) -> Result<(), Error> {
    let (mut sql, mut values, mut last) = (String::new(), Vec::new(), 0);
    for (rows, table) in parts.into_iter().filter(|(rows, _)| !rows.values.is_empty()) {
        let count = rows.values.len() / table.width();
        if !sql.is_empty() && (count > SMALL || (count > 1 && count != last)) {
            execute(conn, &mut sql, &mut values).await?;
        }
        if count > SMALL {
            rows.write(conn, table).await?;
            continue;
        }
        if !sql.is_empty() {
            sql.push(';');
        }
        sql.push_str(&table.sqlite(count));
        values.extend(rows.values);
        last = count;
    }
    execute(conn, &mut sql, &mut values).await
}

async fn execute<C: ConnectionTrait>(conn: &C, sql: &mut String, values: &mut Vec<Value>) -> Result<(), Error> {
    if !sql.is_empty() {
        let statement = Statement::from_sql_and_values(conn.get_database_backend(), std::mem::take(sql), std::mem::take(values));
        conn.execute_raw(statement).await?;
    }
    Ok(())
}

const SMALL: usize = 32;
const LARGE: usize = 128;

impl Table {
    pub(crate) const fn width(&self) -> usize {
        self.keys.len() + self.fixed.len() + self.columns.len()
    }

    fn names(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.keys.iter().chain(self.fixed).chain(self.columns).copied()
    }

    fn postgres(&self, parameter: usize) -> String {
        let mut sql = String::with_capacity(600);
        if self.meet == Meet::Update {
            let _ = write!(sql, "UPDATE {} SET ", self.name);
            let first = self.keys.len() + self.fixed.len();
            for (place, (name, _)) in self.columns.iter().enumerate() {
                let _ = write!(sql, "{}{name} = x.{}", comma(place), letter(first + place));
            }
            let _ = write!(sql, " FROM json_to_recordset(${parameter}::json) AS x(");
            for (place, (_, kind)) in self.names().enumerate() {
                let _ = write!(sql, "{}{} {}", comma(place), letter(place), kind.sql());
            }
            sql.push_str(") WHERE ");
            for (place, (name, _)) in self.keys.iter().enumerate() {
                let _ = write!(sql, "{}{}.{name} = x.{}", if place > 0 { " AND " } else { "" }, self.name, letter(place));
            }
            return sql;
        }
        self.insert_into(&mut sql);
        sql.push_str("SELECT ");
        for (place, (_, kind)) in self.names().enumerate() {
            let letter = letter(place);
            let _ = match kind {
                Kind::Blob => write!(sql, "{}decode(x.{letter}, 'hex')", comma(place)),
                _ => write!(sql, "{}x.{letter}", comma(place)),
            };
        }
        let _ = write!(sql, " FROM json_to_recordset(${parameter}::json) AS x(");
        for (place, (_, kind)) in self.names().enumerate() {
            let _ = write!(sql, "{}{} {}", comma(place), letter(place), kind.sql());
        }
        sql.push(')');
        self.on_conflict(&mut sql);
        sql
    }

    fn sqlite(&self, rows: usize) -> String {
        let width = self.width();
        let mut sql = String::with_capacity(300 + rows * width * 3);
        if self.meet == Meet::Update {
            // `UPDATE … FROM (VALUES …)` names its columns column1, column2, …
            let _ = write!(sql, "UPDATE {} SET ", self.name);
            let first = self.keys.len() + self.fixed.len();
            for (place, (name, _)) in self.columns.iter().enumerate() {
                let _ = write!(sql, "{}{name} = x.column{}", comma(place), first + place + 1);
            }
            sql.push_str(" FROM (VALUES ");
            values(&mut sql, rows, width);
            sql.push_str(") AS x WHERE ");
            for (place, (name, _)) in self.keys.iter().enumerate() {
                let _ = write!(sql, "{}{}.{name} = x.column{}", if place > 0 { " AND " } else { "" }, self.name, place + 1);
            }
            return sql;
        }
        self.insert_into(&mut sql);
        sql.push_str("VALUES ");
        values(&mut sql, rows, width);
        self.on_conflict(&mut sql);
        sql
    }

    /// Its columns, parted by commas.
    pub(crate) fn columns(&self) -> String {
        self.names().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    }

    /// For SQLite, so many rows that are known to be new.
    pub(crate) fn plain_sqlite(&self, rows: usize) -> String {
        let mut sql = String::with_capacity(300 + rows * self.width() * 3);
        self.insert_into(&mut sql);
        sql.push_str("VALUES ");
        values(&mut sql, rows, self.width());
        sql
    }

    fn insert_into(&self, sql: &mut String) {
        let _ = write!(sql, "INSERT INTO {} (", self.name);
        for (place, (name, _)) in self.names().enumerate() {
            let _ = write!(sql, "{}{name}", comma(place));
        }
        sql.push_str(") ");
    }

    fn on_conflict(&self, sql: &mut String) {
        sql.push_str(" ON CONFLICT (");
        for (place, (name, _)) in self.keys.iter().enumerate() {
            let _ = write!(sql, "{}{name}", comma(place));
        }
        if self.meet == Meet::Keep || self.columns.is_empty() {
            sql.push_str(") DO NOTHING");
            return;
        }
        sql.push_str(") DO UPDATE SET ");
        for (place, (name, _)) in self.columns.iter().enumerate() {
            let _ = match self.meet {
                Meet::Add => write!(sql, "{}{name} = {}.{name} + excluded.{name}", comma(place), self.name),
                _ => write!(sql, "{}{name} = excluded.{name}", comma(place)),
            };
        }
    }
}

/// Unnamed placeholders: SQLite looks named ones up one by one, for each of thousands.
fn values(sql: &mut String, rows: usize, width: usize) {
    for row in 0..rows {
        sql.push_str(if row > 0 { ",(?" } else { "(?" });
        for _ in 1..width {
            sql.push_str(",?");
        }
        sql.push(')');
    }
}

const fn comma(place: usize) -> &'static str {
    if place > 0 { ", " } else { "" }
}

const LETTERS: [&str; 26] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"];

fn letter(place: usize) -> &'static str {
    LETTERS[place % 26]
}

/// Rows as a JSON array of objects with the letters as names.
fn json(values: &[Value], width: usize) -> String {
    let mut out = String::with_capacity(values.len() * 16);
    out.push('[');
    for (place, value) in values.iter().enumerate() {
        let column = place % width;
        if column == 0 {
            out.push_str(if place > 0 { "},{" } else { "{" });
        } else {
            out.push(',');
        }
        out.push('"');
        out.push_str(letter(column));
        out.push_str("\":");
        match value {
            Value::BigInt(Some(n)) => {
                let _ = write!(out, "{n}");
            }
            Value::Bool(Some(b)) => out.push_str(if *b { "true" } else { "false" }),
            Value::String(Some(text)) => quote(text, &mut out),
            Value::Bytes(Some(bytes)) => {
                out.push('"');
                for byte in bytes {
                    let _ = write!(out, "{byte:02x}");
                }
                out.push('"');
            }
            _ => out.push_str("null"),
        }
    }
    out.push_str(if values.is_empty() { "]" } else { "}]" });
    out
}

/// A JSON string. NUL can't be stored by PostgreSQL and means nothing in a report: it becomes a blank.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => " ",
            _ => continue,
        };
        out.push_str(&text[plain..place]);
        out.push_str(escape);
        plain = place + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}
