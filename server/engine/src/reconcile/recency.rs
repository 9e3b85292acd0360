//! Recency: the ends of all usable runs of a device, a row a week, from which compliance over any period follows (D5). Kept with the runs:
//! whatever makes, moves or takes back a usable end is in its transaction. Devices only; no service level covers accounts.

use super::work::{SubjectKind, Work};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind, Meet, Rows, Table},
    store::facts::at,
};
use domain::{
    run::{Outcome, Run, RunState},
    time::{Span, Time},
};
use sea_orm::ConnectionTrait;
use std::collections::BTreeMap;

use Kind::{Blob, Int};

const WEEK: Span = Span::days(7);

pub(crate) static RECENCY: Table = Table {
    name: "recency",
    keys: &[("partner_id", Int), ("week", Int), ("device_id", Int)],
    fixed: &[],
    columns: &[("organization_id", Int), ("ends", Blob)],
    meet: Meet::Replace,
};

/// The end of a run that holds a usable backup.
pub(crate) fn usable_end(state: RunState, started_at: Time, ended_at: Option<Time>) -> Option<Time> {
    (state.outcome() == Some(Outcome::Usable)).then(|| ended_at.unwrap_or(started_at))
}

fn usable_end_of(run: &Run) -> Option<Time> {
    usable_end(run.state(), run.started_at, run.ended_at)
}

/// The week of a time, from 1970-01-01T00:00Z.
pub(crate) const fn week(of: Time) -> i64 {
    of.0.div_euclid(WEEK.0)
}

/// Ends of one week as they are stored: milliseconds after its beginning, in order, 32 bits each, little-endian.
pub(crate) fn pack(ends: &[Time]) -> Vec<u8> {
    let mut within: Vec<u32> = ends.iter().filter_map(|end| u32::try_from(end.0.rem_euclid(WEEK.0)).ok()).collect();
    within.sort_unstable();
    within.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// The ends of a stored row.
pub(crate) fn unpack(week: i64, stored: &[u8]) -> impl Iterator<Item = Time> {
    let (fours, _) = stored.as_chunks::<4>();
    fours.iter().map(move |four| Time(week.saturating_mul(WEEK.0) + i64::from(u32::from_le_bytes(*four))))
}

/// Usable ends of devices by row: (partner, week, device).
#[derive(Default)]
pub(crate) struct Ends(BTreeMap<(i64, i64, i64), Change>);

#[derive(Default)]
struct Change {
    organization: i64,
    gone: Vec<Time>,
    new: Vec<Time>,
}

impl Ends {
    /// An end that is there now.
    pub(crate) fn add(&mut self, (partner, organization, device): (i64, i64, i64), end: Time) {
        self.change(partner, organization, device, end).new.push(end);
    }

    fn change(&mut self, partner: i64, organization: i64, device: i64, end: Time) -> &mut Change {
        let change = self.0.entry((partner, week(end), device)).or_default();
        change.organization = organization;
        change
    }

    /// Rows of devices of which none is stored yet.
    pub(crate) fn into_new_rows(self) -> Rows {
        self.rows(&BTreeMap::new())
    }

    /// The touched rows as they will be, after those that are stored.
    fn rows(self, stored: &BTreeMap<(i64, i64, i64), Vec<Time>>) -> Rows {
        let mut rows = Rows::default();
        for (key @ (partner, week, device), change) in self.0 {
            let mut ends = stored.get(&key).cloned().unwrap_or_default();
            for gone in change.gone {
                if let Some(place) = ends.iter().position(|end| *end == gone) {
                    ends.swap_remove(place);
                }
            }
            ends.extend(change.new);
            rows.int(partner).int(week).int(device).int(change.organization).blob(pack(&ends));
        }
        rows
    }
}

impl Work<'_> {
    /// Rows of the weeks in which a usable end came, moved or went. Reads nothing when none did.
    pub(super) async fn recency_rows<C: ConnectionTrait>(&self, conn: &C) -> Result<Rows, Error> {
        let mut ends = Ends::default();
        for work in &self.runs {
            let subject = &self.subjects[work.subject];
            let before = work.before.as_ref().and_then(usable_end_of);
            let after = if work.withdrawn { None } else { usable_end_of(&work.run) };
            if before == after || !matches!(subject.kind, SubjectKind::Device(_)) {
                continue;
            }
            let (partner, organization, device) = (subject.partner.0, subject.organization.0, subject.device.0);
            if let Some(end) = before {
                ends.change(partner, organization, device, end).gone.push(end);
            }
            if let Some(end) = after {
                ends.add((partner, organization, device), end);
            }
        }
        let mut keys = Keys::new(&[Int, Int, Int]);
        for (partner, week, device) in ends.0.keys() {
            keys.int(*partner).int(*week).int(*device);
        }
        let sql = "SELECT r.partner_id, r.week, r.device_id, r.ends FROM {x} {join} recency r \
                   ON r.partner_id = x.a AND r.week = x.b AND r.device_id = x.c";
        let mut stored = BTreeMap::new();
        for row in keys.query(conn, sql).await? {
            let (partner, week, device) = (at(&row, 0)?, at(&row, 1)?, at(&row, 2)?);
            stored.insert((partner, week, device), unpack(week, &at::<Vec<u8>>(&row, 3)?).collect());
        }
        Ok(ends.rows(&stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_a_week_are_stored_in_order_and_read_back() {
        let begin = Time(2_900 * WEEK.0);
        let ends = [begin + Span::days(6), begin, begin + Span(1), begin + Span(1), begin + WEEK - Span(1)];
        assert!(ends.iter().all(|end| week(*end) == 2_900));
        let read: Vec<Time> = unpack(2_900, &pack(&ends)).collect();
        let mut sorted = ends.to_vec();
        sorted.sort_unstable();
        assert_eq!(read, sorted, "two runs that ended together are two ends");
    }

    #[test]
    fn an_end_that_moves_leaves_its_place_and_its_twin_stays() {
        let begin = Time(2_900 * WEEK.0);
        let (stored, moved) = (vec![begin, begin, begin + Span::HOUR], begin + Span::days(1));
        let mut ends = Ends::default();
        ends.change(1, 2, 3, begin).gone.push(begin);
        ends.add((1, 2, 3), moved);
        let rows = ends.rows(&BTreeMap::from([((1, 2_900, 3), stored)])).into_values();
        let Some(sea_orm::Value::Bytes(Some(bytes))) = rows.last().cloned() else { panic!("a row of bytes") };
        assert_eq!(unpack(2_900, &bytes).collect::<Vec<_>>(), [begin, begin + Span::HOUR, moved]);
    }
}
