//! Counts that several organizations share: those of a whole partner, and zeros that stand where nothing else does. They are summed up
//! until all organizations are made.

use crate::ingest::bulk::{Rows, Table};
use sea_orm::Value;
use std::collections::{BTreeMap, HashMap};

/// Sums by table, with their key; the rest of a row are numbers.
#[derive(Default)]
pub(super) struct Whole {
    tables: HashMap<&'static str, &'static Table>,
    sums: BTreeMap<(&'static str, Vec<Part>), Vec<i64>>,
}

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(i64),
    Word(String),
}

impl Whole {
    /// Keeps what is to be summed; the others come back.
    pub(super) fn take(&mut self, tables: Vec<(&'static Table, Rows)>) -> Vec<(&'static Table, Rows)> {
        let mut others = Vec::with_capacity(tables.len());
        for (table, rows) in tables {
            if ["saas_counts", "saas_hours"].contains(&table.name) {
                self.add(table, rows);
            } else {
                others.push((table, rows));
            }
        }
        others
    }

    fn add(&mut self, table: &'static Table, rows: Rows) {
        self.tables.insert(table.name, table);
        let (width, keys) = (table.width(), table.keys.len());
        let mut values = rows.into_values().into_iter();
        while values.len() >= width {
            let key = values.by_ref().take(keys).map(|value| match value {
                Value::BigInt(Some(number)) => Part::Number(number),
                Value::String(Some(word)) => Part::Word(word),
                _ => Part::Number(0),
            });
            let key = (table.name, key.collect());
            let numbers = values.by_ref().take(width - keys).map(|value| if let Value::BigInt(Some(number)) = value { number } else { 0 });
            let numbers: Vec<i64> = numbers.collect();
            let sum = self.sums.entry(key).or_insert_with(|| vec![0; width - keys]);
            sum.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        }
    }

    /// In the end: the sums as rows.
    pub(super) fn into_rows(self) -> Vec<(&'static Table, Rows)> {
        let mut rows: BTreeMap<&'static str, Rows> = BTreeMap::new();
        for ((table, key), sums) in self.sums {
            let rows = rows.entry(table).or_default();
            for part in key {
                match part {
                    Part::Number(number) => rows.int(number),
                    Part::Word(word) => rows.text(word),
                };
            }
            for sum in sums {
                rows.int(sum);
            }
        }
        rows.into_iter().filter_map(|(name, rows)| Some((*self.tables.get(name)?, rows))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tables, *};

    #[test]
    fn rows_of_one_key_are_summed_and_other_tables_pass() {
        let mut whole = Whole::default();
        for seats in [2, 3] {
            let mut counts = Rows::default();
            counts.int(1).int(0).text("").int(seats).int(seats).int(0).int(1);
            counts.int(1).int(0).text("google_workspace").int(seats).int(0).int(0).int(0);
            let others = whole.take(vec![(&tables::ZERO_COUNTS, counts), (&tables::ORGANIZATIONS, Rows::default())]);
            assert_eq!(others.len(), 1);
        }
        let rows = whole.into_rows();
        let [(table, _)] = &rows[..] else { panic!("one table") };
        assert_eq!(table.name, "saas_counts");
        let values: Vec<Value> = rows.into_iter().next().map(|(_, rows)| rows.into_values()).unwrap_or_default();
        assert_eq!(values.len(), 14);
        assert_eq!(values[3], Value::BigInt(Some(5)));
        assert_eq!(values[6], Value::BigInt(Some(2)));
    }
}
