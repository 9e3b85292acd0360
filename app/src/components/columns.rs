//! Which columns of a table are shown. Kept in a cookie per table, so that the server's HTML is already right; the cells of a hidden
//! column stay in the table and are not displayed, so no row is made anew.

use super::{
    icon::COLUMNS,
    menu::{Menu, MenuButton, MenuCheck, MenuPart},
};
use crate::browser;
use leptos::prelude::*;

/// A column of a table, in the order of its cells. At most 24 a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the cookie: letters, digits, `_`.
    pub key: &'static str,
    /// Its head.
    pub label: &'static str,
    /// Always shown.
    pub fixed: bool,
    /// Shown until somebody says otherwise.
    pub shown: bool,
}

impl Column {
    /// A column that is shown and can be hidden.
    pub const fn new(key: &'static str, label: &'static str) -> Self {
        Self { key, label, fixed: false, shown: true }
    }

    /// One that is always shown.
    pub const fn fixed(key: &'static str, label: &'static str) -> Self {
        Self { key, label, fixed: true, shown: true }
    }

    /// One that is hidden until it is asked for.
    pub const fn hidden(key: &'static str, label: &'static str) -> Self {
        Self { key, label, fixed: false, shown: false }
    }
}

/// The choice for one table. Make it once a page with [`Columns::of`]; give it to `TableFrame` and [`ColumnMenu`].
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    table: &'static str,
    all: &'static [Column],
    /// Bit n: the column at place n is hidden.
    hidden: RwSignal<u32>,
}

impl Columns {
    /// The choice kept for `table` (its name in the cookie), from the request on the server and from the document in the browser.
    pub fn of(table: &'static str, all: &'static [Column]) -> Self {
        let cookie = browser::cookie(&format!("hf_columns_{table}")).unwrap_or_default();
        Self { table, all, hidden: RwSignal::new(hidden(all, &cookie)) }
    }

    /// All columns.
    pub const fn all(self) -> &'static [Column] {
        self.all
    }

    /// Whether a column is shown. Follows the choice.
    pub fn shows(self, key: &str) -> bool {
        let place = self.all.iter().position(|c| c.key == key);
        place.is_none_or(|place| self.hidden.get() & (1 << place) == 0)
    }

    /// Shows or hides a column, and keeps that for a year.
    pub fn choose(self, key: &str, shown: bool) {
        let Some(place) = self.all.iter().position(|c| c.key == key && !c.fixed) else { return };
        self.hidden.update(|hidden| if shown { *hidden &= !(1 << place) } else { *hidden |= 1 << place });
        self.keep();
    }

    /// As it was at first.
    pub fn reset(self) {
        self.hidden.set(hidden(self.all, ""));
        self.keep();
    }

    /// Places of the hidden columns, from 1, for the table's `data-hide`. Follows the choice.
    pub fn hidden_places(self) -> Option<String> {
        let hidden = self.hidden.get();
        let places: Vec<String> =
            (0..self.all.len()).filter(|place| hidden & (1 << place) != 0).map(|place| (place + 1).to_string()).collect();
        (!places.is_empty()).then(|| places.join(" "))
    }

    fn is_as_at_first(self) -> bool {
        self.hidden.get() == hidden(self.all, "")
    }

    fn keep(self) {
        browser::set_cookie(&format!("hf_columns_{}", self.table), &turned(self.all, self.hidden.get_untracked()));
    }
}

/// Bits of the hidden columns. The cookie names those that are not as at first, so that a column added later is shown as it is meant.
fn hidden(all: &[Column], cookie: &str) -> u32 {
    all.iter().enumerate().fold(0, |bits, (place, column)| {
        let turned = !column.fixed && cookie.split('.').any(|key| key == column.key);
        if column.shown == turned { bits | 1 << place } else { bits }
    })
}

fn turned(all: &[Column], hidden: u32) -> String {
    let keys: Vec<&str> = all.iter().enumerate().filter(|(place, c)| c.shown == (hidden & (1 << place) != 0)).map(|(_, c)| c.key).collect();
    keys.join(".")
}

/// The menu that chooses the columns.
#[component]
pub fn ColumnMenu(
    /// The choice.
    columns: Columns,
) -> impl IntoView {
    let checks = columns.all.iter().filter(|c| !c.fixed).map(move |column| {
        let key = column.key;
        view! { <MenuCheck label=column.label on=Signal::derive(move || columns.shows(key)) on_change=Callback::new(move |shown| columns.choose(key, shown))/> }
    });
    view! {
        <div class="columns-menu">
        <Menu label="Columns" icon=COLUMNS quiet=true end=true>
            {checks.collect_view()}
            <MenuPart/>
            <MenuButton on_press=Callback::new(move |()| columns.reset()) disabled=Signal::derive(move || columns.is_as_at_first())>"Reset columns"</MenuButton>
        </Menu>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Column; 4] =
        [Column::fixed("name", "Name"), Column::new("policy", "Policy"), Column::hidden("tags", "Tags"), Column::new("days", "28 days")];

    #[test]
    fn a_choice_is_the_same_after_it_was_kept() {
        assert_eq!(hidden(&ALL, ""), 0b0100);
        assert_eq!(hidden(&ALL, "policy.tags"), 0b0010);
        for bits in [0b0000, 0b0100, 0b1010, 0b1110] {
            assert_eq!(hidden(&ALL, &turned(&ALL, bits)), bits);
        }
    }

    #[test]
    fn a_fixed_column_and_unknown_words_change_nothing() {
        assert_eq!(hidden(&ALL, "name.gone.<b>"), 0b0100);
    }
}
