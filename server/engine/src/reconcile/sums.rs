//! What subjects and runs add to counts, hours and days. Pure; devices and accounts have counts of their own, alerts are counted together.

use super::{
    tables::{COUNTS, DAYS, HOURS, ORGANIZATION_DAYS, SAAS_COUNTS, SAAS_HOURS},
    work::{Stored, Subject, SubjectKind},
};
use crate::ingest::bulk::{Rows, Table};
use domain::{
    health::Band,
    ids::{JobId, OrganizationId, PartnerId},
    policy::DeviceLife,
    run::{Run, RunState},
    saas::Service,
    time::Time,
};
use std::collections::BTreeMap;

/// What a subject adds to its organization's counts, in the order of the table's columns.
pub(crate) type Share = [i64; 10];

/// The share of a device: its band, unless it is paused (then `paused`); a retired one adds nothing. `service`: whether it is in
/// breach of its service level, none if none covers it.
pub(crate) fn share(life: DeviceLife, band: Band, running: i64, retrying: i64, open_alerts: i64, service: Option<bool>) -> Share {
    let place = match (life, band) {
        (DeviceLife::Retired, _) => return [0; 10],
        (DeviceLife::Paused, _) => 4,
        (_, Band::Healthy) => 0,
        (_, Band::Warning) => 1,
        (_, Band::Critical) => 2,
        (_, Band::Unknown) => 3,
    };
    let mut share = [0, 0, 0, 0, 0, running, retrying, open_alerts, service.is_some().into(), (service == Some(true)).into()];
    share[place] = 1;
    share
}

/// Where a finished run is counted: (time of its hour, time of its day, column of `job_days`); none while it is open.
/// A missed run belongs to the day of its slot; a cancelled or skipped one to no hour.
pub(crate) fn counted(state: RunState, started_at: Time, ended_at: Option<Time>) -> Option<(Time, Time, usize)> {
    let end = ended_at.unwrap_or(started_at);
    match state {
        RunState::Running | RunState::Retrying => None,
        RunState::Succeeded => Some((end, end, 0)),
        RunState::Warning => Some((end, end, 1)),
        RunState::Failed => Some((end, end, 2)),
        RunState::Missed => Some((end, started_at, 3)),
        RunState::Cancelled | RunState::Skipped => Some((end, end, 4)),
    }
}

/// What an account adds to the counts of SaaS: itself, its seat, open runs (running, retrying).
pub(crate) type Seat = [i64; 4];

/// The share of an account. A seat is in use while the account and its organization are activated; `counted`: it is at the provider
/// still, or in use.
pub(crate) fn seat(life: DeviceLife, counted: bool, running: i64, retrying: i64) -> Seat {
    let in_use = matches!(life, DeviceLife::Pending | DeviceLife::Active);
    [counted.into(), in_use.into(), running, retrying]
}

/// An account's share of its organization's counts: its alerts, nothing else.
pub(crate) const fn alerts_only(open_alerts: i64) -> Share {
    [0, 0, 0, 0, 0, 0, 0, open_alerts, 0, 0]
}

/// Where an account's numbers are added: its organization and its whole partner (0), each for its service and for all ('').
pub(crate) fn seat_places(partner: i64, organization: i64, service: Service) -> [(i64, i64, &'static str); 4] {
    let word = service.as_str();
    [(partner, 0, ""), (partner, 0, word), (partner, organization, ""), (partner, organization, word)]
}

pub(crate) fn counted_run(run: &Run) -> Option<(Time, Time, usize)> {
    counted(run.state(), run.started_at, run.ended_at)
}

/// What is added to counts, hours and days.
#[derive(Default)]
pub(crate) struct Sums {
    shares: BTreeMap<(i64, i64), Share>,
    seats: BTreeMap<(i64, i64, &'static str), Seat>,
    hours: BTreeMap<(i64, i64, i64), [i64; 4]>,
    saas_hours: BTreeMap<(i64, i64, i64), [i64; 4]>,
    whole_days: BTreeMap<(i64, i64, i64), [i64; 4]>,
    days: BTreeMap<(i64, i64, i64, i64, i64), [i64; 5]>,
}

impl Sums {
    fn share(&mut self, of: (PartnerId, OrganizationId), share: Share, sign: i64) {
        let sum = self.shares.entry((of.0.0, of.1.0)).or_default();
        sum.iter_mut().zip(share).for_each(|(sum, part)| *sum += sign * part);
    }

    fn seat(&mut self, of: (PartnerId, OrganizationId), service: Service, seat: Seat, sign: i64) {
        for place in seat_places(of.0.0, of.1.0, service) {
            let sum = self.seats.entry(place).or_default();
            sum.iter_mut().zip(seat).for_each(|(sum, part)| *sum += sign * part);
        }
    }

    /// A subject as it was stored is taken away.
    pub(super) fn without(&mut self, subject: &Subject, stored: &Stored) {
        let of = (subject.partner, stored.organization);
        match subject.kind {
            SubjectKind::Device(_) => {
                let own = share(stored.life, stored.band, stored.running, stored.retrying, stored.open_alerts, stored.service);
                self.share(of, own, -1);
            }
            SubjectKind::Account(account) => {
                self.share(of, alerts_only(stored.open_alerts), -1);
                self.seat(of, account.service, seat(stored.life, stored.counted, stored.running, stored.retrying), -1);
            }
        }
    }

    /// A subject as it is at `now`.
    pub(crate) fn subject(&mut self, subject: &Subject, now: Time) {
        let (running, retrying) = subject.open_runs();
        let of = (subject.partner, subject.organization);
        match subject.kind {
            SubjectKind::Device(_) => {
                let own = share(subject.facts.life, subject.band(), running, retrying, subject.open_alerts, subject.service(now));
                self.share(of, own, 1);
            }
            SubjectKind::Account(account) => {
                self.share(of, alerts_only(subject.open_alerts), 1);
                self.seat(of, account.service, seat(subject.facts.life, subject.counted(), running, retrying), 1);
            }
        }
    }

    /// A run that is counted at this place ([`counted`]).
    pub(crate) fn run(&mut self, subject: &Subject, job: JobId, place: Option<(Time, Time, usize)>, sign: i64) {
        let Some((hour, day, column)) = place else { return };
        let (partner, organization) = (subject.partner.0, subject.organization.0);
        let day = i64::from(subject.zone.day_of(day));
        let add = |sums: &mut BTreeMap<(i64, i64, i64), [i64; 4]>, organization: i64, unit: i64| {
            if let Some(cell) = sums.entry((partner, organization, unit)).or_default().get_mut(column) {
                *cell += sign;
            }
        };
        match subject.kind {
            SubjectKind::Device(_) => {
                add(&mut self.hours, organization, hour.hour());
                add(&mut self.whole_days, organization, day);
            }
            SubjectKind::Account(_) => {
                add(&mut self.saas_hours, 0, hour.hour());
                add(&mut self.saas_hours, organization, hour.hour());
            }
        }
        self.days.entry((partner, subject.device.0, day, job.0, organization)).or_default()[column] += sign;
    }

    /// As rows. Those that transactions of different subjects share come last: they are held shortest.
    pub(crate) fn rows(self) -> [(Rows, &'static Table); 6] {
        let (mut day_rows, mut count_rows, mut seat_rows) = (Rows::default(), Rows::default(), Rows::default());
        for ((partner, device, day, job, organization), sums) in self.days.into_iter().filter(|(_, s)| s.iter().any(|n| *n != 0)) {
            day_rows.int(partner).int(device).int(day).int(job).int(organization);
            sums.iter().for_each(|n| {
                day_rows.int(*n);
            });
        }
        for ((partner, organization), sums) in self.shares.into_iter().filter(|(_, s)| s.iter().any(|n| *n != 0)) {
            count_rows.int(partner).int(organization);
            sums.iter().for_each(|n| {
                count_rows.int(*n);
            });
        }
        for ((partner, organization, service), sums) in self.seats.into_iter().filter(|(_, s)| s.iter().any(|n| *n != 0)) {
            seat_rows.int(partner).int(organization).text(service);
            sums.iter().for_each(|n| {
                seat_rows.int(*n);
            });
        }
        [
            (day_rows, &DAYS),
            (rows_of(self.hours), &HOURS),
            (rows_of(self.whole_days), &ORGANIZATION_DAYS),
            (count_rows, &COUNTS),
            (rows_of(self.saas_hours), &SAAS_HOURS),
            (seat_rows, &SAAS_COUNTS),
        ]
    }
}

/// Sums of an organization's hours or days, where they differ from nothing.
fn rows_of(sums: BTreeMap<(i64, i64, i64), [i64; 4]>) -> Rows {
    let mut rows = Rows::default();
    for ((partner, organization, time), sums) in sums.into_iter().filter(|(_, s)| s.iter().any(|n| *n != 0)) {
        rows.int(partner).int(organization).int(time);
        sums.iter().for_each(|n| {
            rows.int(*n);
        });
    }
    rows
}
