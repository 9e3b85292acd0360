//! Loads what decides the health of devices, for settling, for lists and for "what if": one way from rows to `DeviceFacts`.
//!
//! Two queries for any number of devices (of one partner; in pieces of 512). Order of the answer: partner, device id.

use super::{maintenance::InForce, sql::Sql};
use crate::{error::Error, reconcile::away::Absences};
use domain::{
    facts::{DeviceFacts, JobFacts, JobHistory, RestoreFacts, Storage},
    health::{Band, Score},
    ids::{DeviceId, JobId, OrganizationId, PartnerId, PolicyId, RunId},
    policy::{DeviceClass, DeviceLife, Policy},
    run::RunState,
    schedule::{Pending, Schedule, Slots},
    time::{Span, Time},
    zones,
};
use sea_orm::{ConnectionTrait, QueryResult, TryGetable};
use std::collections::HashMap;

const PIECE: usize = 512;

/// A device with everything that settling it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its partner.
    pub partner: PartnerId,
    /// Its organization.
    pub organization: OrganizationId,
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization's name.
    pub organization_name: String,
    /// Its class.
    pub class: DeviceClass,
    /// The organization's IANA zone; days are counted in it.
    pub time_zone: String,
    /// Its own life; `facts.life` is the one that counts: paused while its organization is deactivated.
    pub life: DeviceLife,
    /// True when the organization is deactivated: conditions are recorded, not alerted.
    pub deactivated: bool,
    /// Which policy.
    pub policy_id: PolicyId,
    /// The policy's name.
    pub policy_name: String,
    /// The policy.
    pub policy: Policy,
    /// Slots before this time are never missed (enrolment, end of a pause, change of schedule).
    pub watched_since: Time,
    /// What decides its health; `facts.jobs` and `jobs` are parallel.
    pub facts: DeviceFacts,
    /// Its jobs, by id.
    pub jobs: Vec<LoadedJob>,
    /// What is stored of the last assessment.
    pub state: StoredState,
}

/// What a job has beside its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedJob {
    /// Which job.
    pub job: JobId,
    /// Its own schedule; none: the policy's.
    pub schedule: Option<Schedule>,
    /// The run that started last.
    pub last_run: Option<RunId>,
    /// Its state.
    pub last_state: Option<RunState>,
    /// When that was said.
    pub last_at: Option<Time>,
    /// True when it has a row in `job_state`; false: history is empty and slots have just been resolved.
    pub is_stored: bool,
}

/// A row of `device_state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredState {
    /// Life when it was assessed.
    pub life: DeviceLife,
    /// 0, or 40–100.
    pub score: Score,
    /// Its band.
    pub band: Band,
    /// JSON of the last `Assessment`; empty before the first.
    pub assessment: String,
    /// When it was assessed.
    pub assessed_at: Time,
    /// When it changes if nothing happens.
    pub next_change_at: Option<Time>,
    /// End of the last usable run of any job.
    pub last_usable_at: Option<Time>,
    /// Earliest due time of its jobs, grace included.
    pub due_at: Option<Time>,
    /// Open runs in state running.
    pub running: i64,
    /// Open runs in state retrying.
    pub retrying: i64,
    /// Open alerts that are not muted.
    pub open_alerts: i64,
}

/// The facts of these devices; those that don't exist are left out.
///
/// # Errors
/// The database fails, or holds what can't be read.
pub async fn load<C: ConnectionTrait>(conn: &C, devices: &[(PartnerId, DeviceId)]) -> Result<Vec<Loaded>, Error> {
    let mut devices = devices.to_vec();
    devices.sort_unstable();
    devices.dedup();
    let mut loaded = Vec::with_capacity(devices.len());
    for of_partner in devices.chunk_by(|a, b| a.0 == b.0) {
        for piece in of_partner.chunks(PIECE) {
            load_piece(conn, piece, &mut loaded).await?;
        }
    }
    Ok(loaded)
}

const DEVICES: &str = "SELECT d.id, d.organization_id, d.name, d.class, d.life, d.policy_id, d.quota_bytes, d.enrolled_at, d.watched_since, \
 o.name, o.time_zone, o.status, \
 p.name, p.schedule, p.grace_minutes, p.longest_run_minutes, p.restore_test_days, p.overdue_hours, p.offline_allowance_hours, p.silence_days, \
 s.life, s.score, s.band, s.assessment, s.assessed_at, s.next_change_at, s.last_seen_at, s.checked_in_at, s.storage_used, \
 s.last_usable_at, s.due_at, s.running, s.retrying, s.restore_at, s.restore_passed, s.open_alerts, d.tags \
 FROM devices d \
 JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id \
 JOIN policies p ON p.partner_id = d.partner_id AND p.id = d.policy_id \
 JOIN device_state s ON s.partner_id = d.partner_id AND s.device_id = d.id \
 WHERE d.partner_id = ";

const JOBS: &str = "SELECT j.id, j.device_id, j.name, j.schedule, j.created_at, s.history, s.slots, s.last_run_id, s.last_state, s.last_at \
 FROM jobs j LEFT JOIN job_state s ON s.partner_id = j.partner_id AND s.job_id = j.id WHERE j.partner_id = ";

async fn load_piece<C: ConnectionTrait>(conn: &C, piece: &[(PartnerId, DeviceId)], into: &mut Vec<Loaded>) -> Result<(), Error> {
    let Some((partner, _)) = piece.first().copied() else { return Ok(()) };
    let backend = conn.get_database_backend();
    let mut devices = Sql::new(DEVICES);
    devices.bind(partner.0).push(" AND d.id IN ").bind_list(piece.iter().map(|(_, d)| d.0)).push(" ORDER BY d.id");
    let mut jobs = Sql::new(JOBS);
    jobs.bind(partner.0).push(" AND j.device_id IN ").bind_list(piece.iter().map(|(_, d)| d.0)).push(" ORDER BY j.device_id, j.id");

    let first = into.len();
    let mut places = HashMap::with_capacity(piece.len());
    let mut tags: Vec<String> = Vec::new();
    let absences = Absences::load(conn, Time(i64::MIN)).await?;
    for row in conn.query_all_raw(devices.build(backend)).await? {
        let mut loaded = device(&row, partner)?;
        loaded.facts.away = absences.at(loaded.state.assessed_at);
        tags.push(at(&row, 36)?);
        places.insert(loaded.device, into.len());
        into.push(loaded);
    }
    // As they were when each was assessed: at the next boundary it is again.
    if let Some(earliest) = into[first..].iter().map(|loaded| loaded.state.assessed_at).min() {
        let mut windows = InForce::load(conn, None, [partner].into(), earliest).await?;
        for (loaded, tags) in into[first..].iter_mut().zip(&tags) {
            loaded.facts.quiet = windows.quiet(partner, loaded.organization, loaded.device, tags, loaded.state.assessed_at);
        }
    }
    for row in conn.query_all_raw(jobs.build(backend)).await? {
        let Some(place) = places.get(&DeviceId(at(&row, 1)?)) else { continue };
        if let Some(loaded) = into.get_mut(*place) {
            job(&row, loaded)?;
        }
    }
    for loaded in into.iter_mut().skip(first).filter(|l| l.facts.jobs.is_empty()) {
        // Only a device without jobs needs its policy's slots.
        loaded.facts.expected = resolve(&loaded.policy.schedule, loaded.facts.enrolled_at, &JobHistory::default(), loaded.watched_since)?;
    }
    Ok(())
}

fn device(row: &QueryResult, partner: PartnerId) -> Result<Loaded, Error> {
    let class: DeviceClass = word(row, 3)?;
    let policy = Policy {
        schedule: serde_json::from_str(&at::<String>(row, 13)?)?,
        grace_minutes: small(row, 14)?,
        longest_run_minutes: small(row, 15)?,
        restore_test_days: maybe_small(row, 16)?,
        overdue_hours: maybe_small(row, 17)?,
        offline_allowance_hours: small(row, 18)?,
        silence_days: small(row, 19)?,
    };
    let enrolled_at = Time(at(row, 7)?);
    let life: DeviceLife = word(row, 4)?;
    let deactivated = at::<String>(row, 11)? == "deactivated";
    let (used, quota): (Option<i64>, Option<i64>) = (at(row, 28)?, at(row, 6)?);
    let (restore_at, restore_passed): (Option<i64>, Option<bool>) = (at(row, 33)?, at(row, 34)?);
    Ok(Loaded {
        partner,
        organization: OrganizationId(at(row, 1)?),
        device: DeviceId(at(row, 0)?),
        name: at(row, 2)?,
        organization_name: at(row, 9)?,
        class,
        time_zone: at(row, 10)?,
        life,
        deactivated,
        policy_id: PolicyId(at(row, 5)?),
        policy_name: at(row, 12)?,
        watched_since: Time(at(row, 8)?).max(enrolled_at),
        facts: DeviceFacts {
            life: match life {
                DeviceLife::Retired => life,
                _ if deactivated => DeviceLife::Paused,
                _ => life,
            },
            enrolled_at,
            last_seen: time(row, 26)?,
            checked_in_at: time(row, 27)?,
            storage: used.map(|used| Storage { used, quota }),
            restore: RestoreFacts { last: restore_at.map(Time).zip(restore_passed) },
            terms: policy.terms(class),
            expected: Slots { due: enrolled_at, interval: Span::ZERO, slack: Span::ZERO, pending: Pending::Listed(Vec::new()), off: None },
            jobs: Default::default(),
            quiet: Default::default(),
            away: None,
        },
        policy,
        jobs: Vec::new(),
        state: StoredState {
            life: word(row, 20)?,
            score: Score(u8::try_from(at::<i64>(row, 21)?).unwrap_or(0)),
            band: word(row, 22)?,
            assessment: at(row, 23)?,
            assessed_at: Time(at(row, 24)?),
            next_change_at: time(row, 25)?,
            last_usable_at: time(row, 29)?,
            due_at: time(row, 30)?,
            running: at(row, 31)?,
            retrying: at(row, 32)?,
            open_alerts: at(row, 35)?,
        },
    })
}

fn job(row: &QueryResult, loaded: &mut Loaded) -> Result<(), Error> {
    let id = JobId(at(row, 0)?);
    let enrolled_at = Time(at(row, 4)?);
    let schedule: Option<Schedule> = at::<Option<String>>(row, 3)?.map(|s| serde_json::from_str(&s)).transpose()?;
    let stored: Option<(String, String)> = at::<Option<String>>(row, 5)?.zip(at::<Option<String>>(row, 6)?);
    let is_stored = stored.is_some();
    let (history, slots) = match stored {
        Some((history, slots)) => (serde_json::from_str(&history)?, serde_json::from_str(&slots)?),
        None => {
            let history = JobHistory::default();
            let schedule = schedule.as_ref().unwrap_or(&loaded.policy.schedule);
            let slots = resolve(schedule, enrolled_at, &history, loaded.watched_since)?;
            (history, slots)
        }
    };
    loaded.facts.jobs.push(JobFacts { job: id, name: at(row, 2)?, enrolled_at, history, slots });
    loaded.jobs.push(LoadedJob {
        job: id,
        schedule,
        last_run: at::<Option<i64>>(row, 7)?.map(RunId),
        last_state: at::<Option<String>>(row, 8)?.map(|w| parse(&w)).transpose()?,
        last_at: time(row, 9)?,
        is_stored,
    });
    Ok(())
}

/// Resolves a stored schedule. It was validated when it was stored, so a refusal is a fault of ours.
pub(crate) fn resolve(schedule: &Schedule, enrolled_at: Time, history: &JobHistory, watched_since: Time) -> Result<Slots, Error> {
    zones::resolve_since(schedule, enrolled_at, history, watched_since, zones::HORIZON)
        .map_err(|e| Error::Internal(format!("stored schedule: {e}")))
}

/// The value of a column by its place.
pub(crate) fn at<T: TryGetable>(row: &QueryResult, place: usize) -> Result<T, Error> {
    Ok(row.try_get_by_index(place)?)
}

fn time(row: &QueryResult, place: usize) -> Result<Option<Time>, Error> {
    Ok(at::<Option<i64>>(row, place)?.map(Time))
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(row: &QueryResult, place: usize) -> Result<T, Error> {
    parse(&at::<String>(row, place)?)
}

/// A stored word; one we don't know is a fault of ours.
pub(crate) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(word: &str) -> Result<T, Error> {
    word.parse().map_err(|e| Error::Internal(format!("stored word `{word}`: {e}")))
}

fn small(row: &QueryResult, place: usize) -> Result<u32, Error> {
    narrow(at(row, place)?)
}

fn maybe_small(row: &QueryResult, place: usize) -> Result<Option<u32>, Error> {
    at::<Option<i64>>(row, place)?.map(narrow).transpose()
}

pub(crate) fn narrow(value: i64) -> Result<u32, Error> {
    u32::try_from(value).map_err(|_| Error::Internal(format!("stored number {value} is out of range")))
}
