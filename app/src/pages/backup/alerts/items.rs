//! The rows on screen: alerts, and incidents that stand for theirs. Kept in the order that the list was asked for, while both change.

use super::{incident_row::IncidentRow, row::Row};
use crate::api::backup::{AlertCounts, AlertLine, AlertsNews, IncidentLine};
use domain::{
    ids::{AlertId, IncidentId},
    text,
};
use leptos::prelude::*;

/// What tells a row from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Of an alert.
    Alert(AlertId),
    /// Of an incident.
    Incident(IncidentId),
}

/// A row.
#[derive(Clone, Debug)]
pub enum Item {
    /// An alert.
    Alert(Row),
    /// An incident.
    Incident(IncidentRow),
}

impl Item {
    /// What tells it from the others.
    pub const fn key(&self) -> Key {
        match self {
            Self::Alert(row) => Key::Alert(row.id),
            Self::Incident(row) => Key::Incident(row.id),
        }
    }

    const fn alert(&self) -> Option<&Row> {
        match self {
            Self::Alert(row) => Some(row),
            Self::Incident(_) => None,
        }
    }

    /// Its place in the order; greater comes first.
    fn place(&self, by_worth: bool) -> i64 {
        match self {
            Self::Alert(row) => row.line.with_untracked(|l| place_of(l, by_worth)),
            Self::Incident(row) => row.line.with_untracked(|l| if by_worth { l.worth } else { l.opened_at.0 }),
        }
    }
}

const fn place_of(line: &AlertLine, by_worth: bool) -> i64 {
    if by_worth { line.worth } else { line.opened_at.0 }
}

/// The rows of a page, as they were asked for.
pub fn rows(lines: Vec<AlertLine>, incidents: Vec<IncidentLine>, by_worth: bool) -> Vec<Item> {
    let mut rows: Vec<Item> = lines.into_iter().map(|line| Item::Alert(Row::of(line, false))).collect();
    for line in incidents {
        put(&mut rows, Item::Incident(IncidentRow::of(line, false)), by_worth);
    }
    rows
}

/// Ids of the alerts among the rows.
pub fn alerts(rows: &[Item]) -> Vec<AlertId> {
    rows.iter().filter_map(Item::alert).map(|row| row.id).collect()
}

/// Ids of the incidents among the rows.
pub fn incidents(rows: &[Item]) -> Vec<IncidentId> {
    let id = |item: &Item| match item {
        Item::Incident(row) => Some(row.id),
        Item::Alert(_) => None,
    };
    rows.iter().filter_map(id).collect()
}

/// How many there are, in words: "53 alerts and 3 incidents that stand for 350 more: 403 alerts". `state`: which are asked for.
pub fn counted(rows: &[Item], state: &str, counts: AlertCounts) -> String {
    let total = match state {
        "" | "open" => Some(counts.open),
        "untended" => Some(counts.untended),
        "acknowledged" => Some(counts.acknowledged),
        "snoozed" => Some(counts.snoozed),
        _ => None,
    };
    let stands_for = |item: &Item| match item {
        Item::Incident(row) => Some(row.line.with(|l| if state == "untended" { l.untended } else { l.open_members })),
        Item::Alert(_) => None,
    };
    let folded: Vec<i64> = rows.iter().filter_map(stands_for).collect();
    let alerts = i64::try_from(rows.len() - folded.len()).unwrap_or(i64::MAX);
    words(alerts, &folded, total.filter(|_| !counts.is_more))
}

/// `folded`: for each incident, how many alerts it stands for. `total`: how many alerts there are, if that is known. It is left out where
/// it doesn't fit: rows that are over stay until the list is asked for again.
fn words(alerts: i64, folded: &[i64], total: Option<i64>) -> String {
    let many = |n: i64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{} {one}s", text::count(n)) };
    let more: i64 = folded.iter().sum();
    let total = total.filter(|total| *total >= alerts + more);
    if folded.is_empty() {
        return match total {
            Some(total) if total > alerts => format!("{} shown of {}", text::count(alerts), many(total, "alert")),
            Some(_) => many(alerts, "alert"),
            None if alerts == 1 => "1 alert".to_owned(),
            None => format!("{} shown", many(alerts, "alert")),
        };
    }
    let incidents = i64::try_from(folded.len()).unwrap_or(i64::MAX);
    let verb = if incidents == 1 { "stands" } else { "stand" };
    let rows = format!("{} and {} that {verb} for {} more", many(alerts, "alert"), many(incidents, "incident"), text::count(more));
    match total {
        Some(total) if total == alerts + more => format!("{rows}: {}", many(total, "alert")),
        Some(total) => format!("{rows}, of {}", many(total, "alert")),
        None => rows,
    }
}

/// Puts a row before the first that comes after it.
fn put(rows: &mut Vec<Item>, item: Item, by_worth: bool) {
    let own = item.place(by_worth);
    // By time a new one comes before those of the same moment.
    let comes_before = |other: &Item| if by_worth { other.place(true) < own } else { other.place(false) <= own };
    let at = rows.iter().position(comes_before).unwrap_or(rows.len());
    rows.insert(at, item);
}

/// What came and was not put in yet.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    lines: Vec<AlertLine>,
    incidents: Vec<IncidentLine>,
}

impl Waiting {
    /// How many there are, in words; none: nothing waits.
    pub fn words(&self) -> Option<String> {
        let many = |n: usize, one: &str| (n > 0).then(|| if n == 1 { format!("1 new {one}") } else { format!("{n} new {one}s") });
        let parts: Vec<String> = [many(self.incidents.len(), "incident"), many(self.lines.len(), "alert")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Takes in what has changed: rows change in place. Gives what is new, which is not put in here.
pub fn take(rows: RwSignal<Vec<Item>>, news: AlertsNews) -> Waiting {
    let known = rows.get_untracked();
    let mut waiting = Waiting::default();
    for line in news.shown {
        if let Some(row) = known.iter().filter_map(Item::alert).find(|r| r.id == line.id)
            && row.line.with_untracked(|l| *l != line)
        {
            row.line.set(line);
        }
    }
    for item in &known {
        // One that is over is not among those that are open any more: it is told apart.
        if let Item::Incident(row) = item
            && let Some(line) = news.incidents.iter().chain(&news.incidents_shown).find(|i| i.id == row.id)
            && row.line.with_untracked(|l| l != line)
        {
            row.line.set(line.clone());
        }
    }
    let is_new = |key: Key| known.iter().all(|item| item.key() != key);
    waiting.incidents = news.incidents.into_iter().filter(|i| is_new(Key::Incident(i.id))).collect();
    waiting.lines = news.first.into_iter().filter(|a| is_new(Key::Alert(a.id))).collect();
    waiting
}

/// Puts in what waited.
pub fn insert(rows: RwSignal<Vec<Item>>, waiting: Waiting, by_worth: bool) {
    rows.update(|rows| {
        for line in waiting.incidents {
            if rows.iter().all(|item| item.key() != Key::Incident(line.id)) {
                put(rows, Item::Incident(IncidentRow::of(line, true)), by_worth);
            }
        }
        for line in waiting.lines {
            if rows.iter().all(|item| item.key() != Key::Alert(line.id)) {
                put(rows, Item::Alert(Row::of(line, true)), by_worth);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn rows_are_told_from_the_alerts_that_they_stand_for() {
        assert_eq!(words(53, &[300, 40, 10], Some(403)), "53 alerts and 3 incidents that stand for 350 more: 403 alerts");
        assert_eq!(words(50, &[300], Some(1_403)), "50 alerts and 1 incident that stands for 300 more, of 1,403 alerts");
        assert_eq!(words(0, &[12], Some(12)), "0 alerts and 1 incident that stands for 12 more: 12 alerts");
        assert_eq!(words(50, &[], Some(403)), "50 shown of 403 alerts");
        assert_eq!((words(7, &[], Some(7)).as_str(), words(1, &[], Some(1)).as_str()), ("7 alerts", "1 alert"));
    }

    #[test]
    fn a_number_that_is_not_known_or_does_not_fit_is_not_told() {
        assert_eq!((words(50, &[], None).as_str(), words(1, &[], None).as_str()), ("50 alerts shown", "1 alert"));
        assert_eq!(words(50, &[12], None), "50 alerts and 1 incident that stands for 12 more");
        assert_eq!(words(3, &[12], Some(14)), "3 alerts and 1 incident that stands for 12 more", "one is over by now");
        assert_eq!(words(3, &[], Some(2)), "3 alerts shown");
    }
}
