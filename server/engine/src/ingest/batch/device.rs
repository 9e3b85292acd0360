//! What is said of a device itself: check-ins, and restore tests.

use crate::{
    ingest::{CheckIn, CheckedIn, Error, RestoreTestReport, inbox::Inbox, resolve::Found, writer::Answer},
    reconcile::work::Work,
    store::facts::at,
};
use domain::{facts::Storage, ids::RestoreTestId, policy::DeviceLife, time::Time};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

/// A check-in of a device, or of a source that waits in the inbox.
pub(super) fn check_in_at(work: &mut Work<'_>, inbox: &mut Inbox, found: &Found, check_in: &CheckIn) -> Result<Answer, Error> {
    let (partner, device) = match found {
        Found::Device(partner, device) => (*partner, *device),
        Found::Refused(..) => return Err(Error::NotFound("device")),
        Found::Source(source) => {
            inbox.heard_of(work, source);
            return Ok(Answer::CheckedIn(CheckedIn::Waiting));
        }
    };
    let place = work.places.get(&(partner, device)).copied().ok_or(Error::NotFound("device"))?;
    if work.subjects[place].life == DeviceLife::Retired {
        return Err(Error::Conflict { code: "retired", message: "The device is retired. Add it again, or stop its agent.".into() });
    }
    take_check_in(work, place, check_in);
    Ok(Answer::CheckedIn(CheckedIn::Device(device)))
}

/// Takes in that a device's agent is alive.
pub(crate) fn take_check_in(work: &mut Work<'_>, place: usize, check_in: &CheckIn) {
    let at = check_in.at.min(work.now);
    let subject = &mut work.subjects[place];
    let is_latest = subject.facts.checked_in_at.is_none_or(|last| last <= at);
    subject.facts.last_seen = subject.facts.last_seen.max(Some(at));
    subject.facts.checked_in_at = subject.facts.checked_in_at.max(Some(at));
    if is_latest {
        for (stored, said) in [(&mut subject.agent_version, &check_in.agent_version), (&mut subject.hostname, &check_in.hostname)] {
            if said.is_some() && stored != said {
                stored.clone_from(said);
                subject.row_changed = true;
            }
        }
        if let Some(used) = check_in.storage_used {
            let quota = subject.quota;
            subject.facts.storage = Some(Storage { used, quota });
            subject.storage_said = Some(at);
        }
        if let Some(quota) = check_in.storage_quota
            && subject.quota != Some(quota)
        {
            subject.quota = Some(quota);
            subject.row_changed = true;
            if let Some(storage) = &mut subject.facts.storage {
                storage.quota = Some(quota);
            }
        }
    }
}

/// Takes in what a restore test says of a device's health.
pub(crate) fn take_restore_test(work: &mut Work<'_>, place: usize, at: Time, passed: bool) {
    let subject = &mut work.subjects[place];
    if subject.facts.restore.last.is_none_or(|(last, _)| last <= at) {
        subject.facts.restore.last = Some((at, passed));
    }
    subject.facts.last_seen = subject.facts.last_seen.max(Some(at.min(work.now)));
}

/// A restore test of a device: kept, and taken in.
pub(super) async fn restore_test_at(
    work: &mut Work<'_>,
    tx: &DatabaseTransaction,
    found: &Found,
    report: &RestoreTestReport,
    who: &str,
) -> Result<Result<Answer, Error>, Error> {
    let Some(place) = (if let Found::Device(partner, device) = found { work.places.get(&(*partner, *device)).copied() } else { None })
    else {
        return Ok(Err(Error::NotFound("device")));
    };
    let id = RestoreTestId(work.mint.id(work.now));
    take_restore_test(work, place, report.at, report.passed);
    let subject = &work.subjects[place];
    let backend = tx.get_database_backend();
    let sql = "INSERT INTO restore_tests (partner_id, id, organization_id, device_id, at, passed, scope, rpo_seconds, rto_seconds, note, made_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (partner_id, device_id, at, scope) DO UPDATE SET \
               passed = excluded.passed, rpo_seconds = excluded.rpo_seconds, rto_seconds = excluded.rto_seconds, note = excluded.note RETURNING id";
    let values = [
        subject.partner.0.into(),
        id.0.into(),
        subject.organization.0.into(),
        subject.device.0.into(),
        report.at.0.into(),
        report.passed.into(),
        report.scope.clone().into(),
        report.rpo_seconds.into(),
        report.rto_seconds.into(),
        report.note.clone().into(),
        who.to_owned().into(),
    ];
    let row = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let id = row.map(|row| at::<i64>(&row, 0)).transpose()?.map_or(id, RestoreTestId);
    Ok(Ok(Answer::RestoreTest(id)))
}
