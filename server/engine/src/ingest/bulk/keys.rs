//! Keys that a query is joined with.

use super::{Kind, comma, json, letter};
use crate::error::Error;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use std::fmt::Write;

/// Keys of a look-up, as one JSON parameter.
pub(crate) struct Keys {
    values: Vec<Value>,
    kinds: &'static [Kind],
}

impl Keys {
    pub(crate) fn new(kinds: &'static [Kind]) -> Self {
        Self { values: Vec::new(), kinds }
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.values.push(Value::BigInt(Some(value)));
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.values.push(Value::String(Some(value.to_owned())));
        self
    }

    /// Runs a query. In its text `{x}` stands for the keys as a table `x(a, b, …)`, and `{join}` for a join that keeps the keys outside.
    /// `{lock}` stands for the row lock that PostgreSQL needs and SQLite's single writer doesn't. `{by_device}` follows a table
    /// `runs r` of which those of a subject are wanted: SQLite, which keeps no figures of what is in the store, would read all of the
    /// partner's runs.
    pub(crate) async fn query<C: ConnectionTrait>(&self, conn: &C, text: &str) -> Result<Vec<QueryResult>, Error> {
        // SQLite uses a named index or refuses the query, so a name is as good as a plan.
        debug_assert!(
            !(text.contains(" runs r ") && text.contains("r.device_id = x.")) || text.contains("runs r {by_device}"),
            "runs of a subject without {{by_device}}: {text}"
        );
        if self.values.is_empty() {
            return Ok(Vec::new());
        }
        let backend = conn.get_database_backend();
        let mut from = String::new();
        let (join, lock, by_device) = if backend == DbBackend::Postgres {
            from.push_str("json_to_recordset($1::json) AS x(");
            for (place, kind) in self.kinds.iter().enumerate() {
                let _ = write!(from, "{}{} {}", comma(place), letter(place), kind.sql());
            }
            from.push(')');
            ("JOIN", "FOR NO KEY UPDATE OF d", "")
        } else {
            from.push_str("(SELECT ");
            for place in 0..self.kinds.len() {
                let letter = letter(place);
                let _ = write!(from, "{}value->>'{letter}' AS {letter}", comma(place));
            }
            from.push_str(" FROM json_each($1)) AS x");
            ("CROSS JOIN", "", "INDEXED BY runs_device")
        };
        let sql = text.replace("{x}", &from).replace("{join}", join).replace("{lock}", lock).replace("{by_device}", by_device);
        let values = [Value::String(Some(json(&self.values, self.kinds.len())))];
        Ok(conn.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?)
    }
}
