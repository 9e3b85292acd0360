//! SQL text with its values, for the few queries that join and group. Placeholders are `$1`, `$2`, … on both stores.

use sea_orm::{DbBackend, Statement, Value};
use std::fmt::Write;

/// A statement in the making.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// Adds text that holds no values.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Puts text that holds no values in front.
    pub(crate) fn before(&mut self, text: &str) -> &mut Self {
        self.text.insert_str(0, text);
        self
    }

    /// Adds one value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// Adds `(…, …)`. Its length is rounded up to a power of two by repeating the last value, so that prepared statements are met again.
    pub(crate) fn bind_list(&mut self, ids: impl IntoIterator<Item = i64>) -> &mut Self {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        let last = ids.last().copied().unwrap_or(0);
        ids.resize(ids.len().next_power_of_two().max(1), last);
        self.text.push('(');
        for (place, id) in ids.into_iter().enumerate() {
            if place > 0 {
                self.text.push_str(", ");
            }
            self.bind(id);
        }
        self.text.push(')');
        self
    }

    pub(crate) fn build(self, backend: DbBackend) -> Statement {
        Statement::from_sql_and_values(backend, self.text, self.values)
    }
}

/// A `LIKE` pattern (with `ESCAPE '\'`) that finds the text anywhere in a lower-case column.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.trim().to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
