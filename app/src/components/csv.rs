//! What a table shows as CSV, made in the browser from the rows it already has: the file is what one sees, filters, order and columns included.

use super::{
    columns::{Column, Columns},
    icon::{DOWNLOAD, Icon},
};
use crate::browser;
use leptos::prelude::*;

/// One row: a cell for each column, by its key.
pub type CsvRow = Vec<(&'static str, String)>;

/// A cell. One that a spreadsheet would take for a formula begins with an apostrophe; numbers stay numbers.
pub fn cell(value: &str) -> String {
    let is_number = value.parse::<f64>().is_ok();
    let guard = if !is_number && value.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && is_number { value.to_owned() } else { format!("\"{guard}{}\"", value.replace('"', "\"\"")) }
}

/// The file: heads, then rows, in the order of the columns, then `also`; hidden ones are left out. Cells without a column of the same key
/// are too.
pub fn file(columns: Columns, also: &[Column], rows: &[CsvRow]) -> String {
    let shown: Vec<_> = columns.all().iter().filter(|c| !c.label.is_empty() && columns.shows(c.key)).chain(also).collect();
    let heads: Vec<String> = shown.iter().map(|c| cell(c.label)).collect();
    let mut csv = heads.join(",") + "\r\n";
    for row in rows {
        let cells: Vec<String> =
            shown.iter().map(|c| row.iter().find(|(key, _)| *key == c.key).map(|(_, v)| cell(v)).unwrap_or_default()).collect();
        csv.push_str(&cells.join(","));
        csv.push_str("\r\n");
    }
    csv
}

/// The button that saves it.
#[component]
pub fn CsvButton(
    /// Name of the file, with `.csv`.
    #[prop(into)]
    name: String,
    /// The columns; hidden ones are left out.
    columns: Columns,
    /// Columns of the file alone: what stands in one cell on screen, and in a file is better apart.
    #[prop(optional)]
    also: &'static [Column],
    /// The rows on screen, asked for when it is pressed.
    #[prop(into)]
    rows: Callback<(), Vec<CsvRow>>,
) -> impl IntoView {
    let save = move |_| {
        let csv = untrack(|| file(columns, also, &rows.run(())));
        browser::download(&name, "text/csv;charset=utf-8", &csv);
    };
    view! { <button type="button" class="button button-quiet csv" on:click=save><Icon shape=DOWNLOAD/>"CSV of these rows"</button> }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_never_becomes_a_formula_and_a_number_stays_one() {
        assert_eq!(cell("=1+2"), "\"'=1+2\"");
        assert_eq!(cell("-7"), "-7");
        assert_eq!(cell("-rm \"x\""), "\"'-rm \"\"x\"\"\"");
        assert_eq!(cell("Baker, Sons"), "\"Baker, Sons\"");
        assert_eq!(cell(""), "\"\"");
    }
}
