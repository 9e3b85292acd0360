//! Rows of the database, read into what one transaction works on.

use super::work::{AccountKind, Done, JobWork, OpenRef, Origin, Stored, Subject, SubjectKind, no_slots};
use crate::{
    error::Error,
    store::facts::{at, narrow, parse},
};
use domain::{
    facts::{JobFacts, JobHistory, Storage},
    health::Score,
    ids::{DeviceId, JobId, OrganizationId, PartnerId, RunId},
    policy::{DeviceClass, DeviceLife, Policy},
    schedule::Schedule,
    time::Time,
    zones::Zone,
};
use sea_orm::QueryResult;
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

/// Devices with their policy and stored state, by (partner, device).
pub(super) const DEVICES: &str = "SELECT d.partner_id, d.id, d.organization_id, d.class, d.life, d.quota_bytes, d.enrolled_at, d.watched_since, \
 d.agent_version, d.hostname, o.time_zone, o.status, \
 p.schedule, p.grace_minutes, p.longest_run_minutes, p.restore_test_days, p.overdue_hours, p.offline_allowance_hours, p.silence_days, \
 s.organization_id, s.life, s.band, s.running, s.retrying, s.open_alerts, s.assessment, s.assessed_at, \
 s.last_seen_at, s.checked_in_at, s.storage_used, s.restore_at, s.restore_passed, s.score, s.breach_at, s.in_breach, \
 o.sla_workstation_hours, o.sla_server_hours, d.tags, s.quiet_until \
 FROM {x} {join} devices d ON d.partner_id = x.a AND d.id = x.b \
 JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id \
 JOIN policies p ON p.partner_id = d.partner_id AND p.id = d.policy_id \
 LEFT JOIN device_state s ON s.partner_id = d.partner_id AND s.device_id = d.id";

/// Accounts with their connection's policy and stored state, by (partner, account).
pub(super) const ACCOUNTS: &str = "SELECT a.partner_id, a.id, a.organization_id, a.service, a.status, a.gone_at, a.enrolled_at, a.watched_since, \
 o.time_zone, o.status, \
 p.schedule, p.grace_minutes, p.longest_run_minutes, p.restore_test_days, p.overdue_hours, p.offline_allowance_hours, p.silence_days, \
 s.organization_id, s.life, s.band, s.score, s.running, s.retrying, s.open_alerts, s.assessment, s.assessed_at, s.last_seen_at, s.counted, s.quiet_until \
 FROM {x} {join} accounts a ON a.partner_id = x.a AND a.id = x.b \
 JOIN connections c ON c.partner_id = a.partner_id AND c.id = a.connection_id \
 JOIN organizations o ON o.partner_id = a.partner_id AND o.id = a.organization_id \
 JOIN policies p ON p.partner_id = c.partner_id AND p.id = c.policy_id \
 LEFT JOIN account_state s ON s.partner_id = a.partner_id AND s.account_id = a.id";

/// Their jobs, in the order in which they were made: reasons of the same weight stand in it.
pub(super) const JOBS: &str = "SELECT j.partner_id, j.device_id, j.id, j.name, j.name_lower, j.schedule, j.created_at, \
 s.history, s.slots, s.last_run_id, s.last_state, s.last_at \
 FROM {x} {join} jobs j ON j.partner_id = x.a AND j.device_id = x.b \
 LEFT JOIN job_state s ON s.partner_id = j.partner_id AND s.job_id = j.id ORDER BY j.id";

#[derive(Deserialize)]
struct StoredBeside {
    #[serde(default)]
    open_list: Vec<OpenRef>,
    last_done: Option<Done>,
    destination: Option<String>,
}

/// Schedules by their stored text: many devices share one.
#[derive(Default)]
pub(super) struct Schedules(HashMap<String, Arc<Schedule>>);

impl Schedules {
    fn of(&mut self, text: &str) -> Result<Arc<Schedule>, Error> {
        if let Some(schedule) = self.0.get(text) {
            return Ok(schedule.clone());
        }
        let schedule = Arc::new(serde_json::from_str::<Schedule>(text)?);
        self.0.insert(text.to_owned(), schedule.clone());
        Ok(schedule)
    }
}

/// The policy's lengths, which stand from `first` on.
fn policy(row: &QueryResult, first: usize) -> Result<Policy, Error> {
    let optional = |place: usize| -> Result<Option<u32>, Error> { at::<Option<i64>>(row, place)?.map(narrow).transpose() };
    Ok(Policy {
        // Only the lengths are of use here.
        schedule: Schedule::Learned,
        grace_minutes: narrow(at(row, first)?)?,
        longest_run_minutes: narrow(at(row, first + 1)?)?,
        restore_test_days: optional(first + 2)?,
        overdue_hours: optional(first + 3)?,
        offline_allowance_hours: narrow(at(row, first + 4)?)?,
        silence_days: narrow(at(row, first + 5)?)?,
    })
}

fn zone(name: &str) -> Result<Zone, Error> {
    Zone::named(name).or_else(|_| Zone::named("UTC")).map_err(|e| Error::Internal(e.to_string()))
}

/// A device out of a row of [`DEVICES`].
pub(super) fn device(row: &QueryResult, schedules: &mut Schedules) -> Result<Subject, Error> {
    let class: DeviceClass = parse(&at::<String>(row, 3)?)?;
    let life: DeviceLife = parse(&at::<String>(row, 4)?)?;
    let deactivated = at::<String>(row, 11)? == "deactivated";
    let organization = OrganizationId(at(row, 2)?);
    let policy = policy(row, 13)?;
    let enrolled_at = Time(at(row, 6)?);
    let time = |place: usize| -> Result<Option<Time>, Error> { Ok(at::<Option<i64>>(row, place)?.map(Time)) };
    let stored = match at::<Option<i64>>(row, 19)? {
        None => None,
        Some(organization) => {
            let assessment: String = at(row, 25)?;
            Some(Stored {
                organization: OrganizationId(organization),
                life: parse(&at::<String>(row, 20)?)?,
                band: parse(&at::<String>(row, 21)?)?,
                score: Score(u8::try_from(at::<i64>(row, 32)?).unwrap_or(0)),
                running: at(row, 22)?,
                retrying: at(row, 23)?,
                open_alerts: at(row, 24)?,
                service: at::<Option<i64>>(row, 33)?.map(|_| at::<bool>(row, 34)).transpose()?,
                counted: false,
                had_conditions: !assessment.contains("\"conditions\":[]"),
                quiet: at::<Option<i64>>(row, 38)?.is_some(),
                assessed_at: Time(at(row, 26)?),
            })
        }
    };
    let quota: Option<i64> = at(row, 5)?;
    let (restore_at, restore_passed): (Option<i64>, Option<bool>) = (at(row, 30)?, at(row, 31)?);
    let mut subject = Subject::of(Origin {
        partner: PartnerId(at(row, 0)?),
        organization,
        device: DeviceId(at(row, 1)?),
        kind: SubjectKind::Device(class),
        zone: zone(&at::<String>(row, 10)?)?,
        schedule: schedules.of(&at::<String>(row, 12)?)?,
        terms: policy.terms(class),
        enrolled_at,
        watched_since: Time(at(row, 7)?),
        life,
        deactivated,
        sla_hours: match class {
            DeviceClass::Workstation => at(row, 35)?,
            DeviceClass::Server => at(row, 36)?,
        },
    });
    subject.facts.last_seen = time(27)?;
    subject.facts.checked_in_at = time(28)?;
    subject.facts.storage = at::<Option<i64>>(row, 29)?.map(|used| Storage { used, quota });
    subject.facts.restore.last = restore_at.map(Time).zip(restore_passed);
    subject.quota = quota;
    subject.stored = stored;
    subject.agent_version = at(row, 8)?;
    subject.hostname = at(row, 9)?;
    subject.tags = at(row, 37)?;
    Ok(subject)
}

/// An account out of a row of [`ACCOUNTS`].
pub(super) fn account(row: &QueryResult, schedules: &mut Schedules) -> Result<Subject, Error> {
    let service = parse(&at::<String>(row, 3)?)?;
    // Its life as devices have it: without a seat it is paused.
    let life = if at::<String>(row, 4)? == "activated" { DeviceLife::Active } else { DeviceLife::Paused };
    let deactivated = at::<String>(row, 9)? == "deactivated";
    let enrolled_at = Time(at(row, 6)?);
    let stored = match at::<Option<i64>>(row, 17)? {
        None => None,
        Some(organization) => {
            let assessment: String = at(row, 24)?;
            Some(Stored {
                organization: OrganizationId(organization),
                life: parse(&at::<String>(row, 18)?)?,
                band: parse(&at::<String>(row, 19)?)?,
                score: Score(u8::try_from(at::<i64>(row, 20)?).unwrap_or(0)),
                running: at(row, 21)?,
                retrying: at(row, 22)?,
                open_alerts: at(row, 23)?,
                service: None,
                counted: at(row, 27)?,
                had_conditions: !assessment.contains("\"conditions\":[]"),
                quiet: at::<Option<i64>>(row, 28)?.is_some(),
                assessed_at: Time(at(row, 25)?),
            })
        }
    };
    let mut subject = Subject::of(Origin {
        partner: PartnerId(at(row, 0)?),
        organization: OrganizationId(at(row, 2)?),
        device: DeviceId(at(row, 1)?),
        kind: SubjectKind::Account(AccountKind { service, gone: at::<Option<i64>>(row, 5)?.is_some() }),
        zone: zone(&at::<String>(row, 8)?)?,
        schedule: schedules.of(&at::<String>(row, 10)?)?,
        terms: policy(row, 11)?.account_terms(),
        enrolled_at,
        watched_since: Time(at(row, 7)?),
        life,
        deactivated,
        sla_hours: 0,
    });
    subject.facts.last_seen = at::<Option<i64>>(row, 26)?.map(Time);
    subject.stored = stored;
    Ok(subject)
}

/// Adds a job out of a row of [`JOBS`] to its device or account.
pub(super) fn job(row: &QueryResult, subject: &mut Subject, schedules: &mut Schedules) -> Result<(), Error> {
    let id = JobId(at(row, 2)?);
    let enrolled_at = Time(at(row, 6)?);
    let stored: Option<String> = at(row, 7)?;
    let slots: Option<String> = at(row, 8)?;
    let fresh = stored.is_none();
    let (mut open, mut last_done, mut destination) = (Vec::new(), None, None);
    let history = match &stored {
        Some(text) => {
            if text.contains("\"open_list\"") || text.contains("\"last_done\"") || text.contains("\"destination\"") {
                let beside: StoredBeside = serde_json::from_str(text)?;
                (open, last_done, destination) = (beside.open_list, beside.last_done, beside.destination);
            }
            serde_json::from_str(text)?
        }
        None => JobHistory::default(),
    };
    let slots = match slots {
        Some(text) => serde_json::from_str(&text)?,
        None => no_slots(enrolled_at),
    };
    let name_lower: String = at(row, 4)?;
    let place = subject.jobs.len();
    subject.job_names.insert(name_lower.clone(), place);
    subject.facts.jobs.push(JobFacts { job: id, name: at(row, 3)?, enrolled_at, history, slots });
    let last_state: Option<String> = at(row, 10)?;
    subject.jobs.push(JobWork {
        job: id,
        name_lower,
        schedule: at::<Option<String>>(row, 5)?.map(|s| schedules.of(&s)).transpose()?,
        open,
        last_run: at::<Option<i64>>(row, 9)?.map(RunId).zip(last_state.map(|w| parse(&w)).transpose()?),
        last_at: at::<Option<i64>>(row, 11)?.map(Time),
        last_done,
        destination,
        is_new: false,
        changed: fresh,
        resolve: fresh,
        rebuild: false,
        keys: HashMap::new(),
    });
    Ok(())
}
