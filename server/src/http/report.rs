//! A tool's raw output, with where it came from, as events: a start where the start is known, and the end.

use super::{
    error::{ApiError, ApiResult},
    ingest::ReportSource,
};
use domain::{
    run::{RunEvent, RunState},
    time::Time,
};
use engine::ingest::{IncomingEvent, JobRef, RunRef, Subject};
use formats::{Parsed, Report, ToolName};
use sha2::{Digest, Sha256};

/// The events of a report.
///
/// # Errors
/// 404 for a tool that is not read yet, 422 for output that describes no run or a zone that is none.
pub fn events(tool: &str, source: ReportSource, body: &[u8], now: Time) -> ApiResult<Vec<IncomingEvent>> {
    let tool: ToolName = tool
        .parse()
        .map_err(|error: formats::FormatError| ApiError::new(axum::http::StatusCode::NOT_FOUND, "unknown_tool", error.to_string()))?;
    let text = String::from_utf8_lossy(body);
    let started_at = source.started_at.map(Time::from);
    let report = Report {
        stdout: &text,
        stderr: "",
        exit_code: source.exit_code,
        started_at,
        received_at: now,
        zone_offset_minutes: source.zone.as_deref().map(|zone| offset_minutes(zone, started_at.unwrap_or(now))).transpose()?,
    };
    let runs = formats::read(tool, &report)
        .map_err(|error| ApiError::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "no_run", error.to_string()))?;
    let job = source.job.clone().unwrap_or_else(|| tool.as_str().to_owned());
    let several = runs.len() > 1;
    let print = fingerprint(body);
    let mut events = Vec::with_capacity(runs.len() * 2);
    for (place, run) in runs.into_iter().enumerate() {
        let job = match &run.job_hint {
            Some(hint) if several => format!("{job} {hint}").chars().take(200).collect(),
            _ => job.clone(),
        };
        let key = match (&source.run, &run.run_key) {
            (Some(key), _) if several => format!("{key}/{place}"),
            (Some(key), _) => key.clone(),
            (None, Some(key)) => key.clone(),
            // The same output sent again is the same run.
            (None, None) if several => format!("{print}/{place}"),
            (None, None) => print.clone(),
        };
        let of = |event: RunEvent, log: Option<String>| IncomingEvent {
            subject: Subject::Named { device: source.device.clone(), organization: source.organization.clone() },
            job: JobRef::Named(job.clone()),
            run: RunRef::Key(key.clone()),
            event,
            log,
        };
        let Parsed { started_at: begun, event, log, .. } = run;
        if let Some(start) = begun.or(started_at).filter(|start| *start < event.at) {
            events.push(of(start_of(&event, start), None));
        }
        events.push(of(event, (!log.trim().is_empty()).then_some(log)));
    }
    Ok(events)
}

/// The start that belongs to an end.
pub fn start_of(end: &RunEvent, at: Time) -> RunEvent {
    RunEvent {
        state: RunState::Running,
        at,
        attempt: end.attempt,
        timed_out: false,
        percent: None,
        items: None,
        bytes: None,
        bytes_added: None,
        message: None,
        failed_items: Vec::new(),
        tool: end.tool.clone(),
        destination: end.destination.clone(),
    }
}

fn fingerprint(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

/// Minutes east of UTC at an instant: of an IANA zone, or as written (`+02:00`, `Z`).
fn offset_minutes(zone: &str, at: Time) -> ApiResult<i32> {
    use chrono::{DateTime, FixedOffset, Offset, TimeZone};
    let utc = DateTime::from_timestamp_millis(at.0).unwrap_or_default().naive_utc();
    let seconds = if zone.eq_ignore_ascii_case("z") {
        Some(0)
    } else if let Ok(fixed) = zone.parse::<FixedOffset>() {
        Some(fixed.local_minus_utc())
    } else {
        zone.parse::<chrono_tz::Tz>().ok().map(|tz| tz.offset_from_utc_datetime(&utc).fix().local_minus_utc())
    };
    seconds
        .map(|s| s / 60)
        .ok_or_else(|| ApiError::invalid("invalid_zone", "zone", "`zone` is an IANA name like `Europe/Berlin`, or an offset like `+02:00`"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const NOW: Time = Time(1_795_215_600_000);

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        assert_eq!(offset_minutes("Europe/Berlin", Time(1_783_987_200_000)).unwrap(), 120);
        assert_eq!(offset_minutes("Europe/Berlin", NOW).unwrap(), 60);
        assert_eq!(offset_minutes("-03:30", NOW).unwrap(), -210);
        assert_eq!(offset_minutes("Z", NOW).unwrap(), 0);
        assert!(offset_minutes("Europe/Nowhere", NOW).is_err());
    }

    #[test]
    fn the_same_output_twice_is_the_same_run() {
        let send = || events("restic", ReportSource { exit_code: Some(1), ..Default::default() }, b"Fatal: wrong password", NOW).unwrap();
        let (RunRef::Key(a), RunRef::Key(b)) = (send().pop().unwrap().run, send().pop().unwrap().run) else { panic!("no keys") };
        assert_eq!(a, b);
    }

    #[test]
    fn a_tool_that_is_not_read_yet_is_named() {
        let error = events("kopia", ReportSource::default(), b"{}", NOW).unwrap_err();
        assert!(error.message.contains("kopia") && error.message.contains("restic"));
    }
}
