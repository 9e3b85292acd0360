//! Facts in words a technician can act on: reasons, recommended actions, sizes, lengths of time, schedules. English
//! only; times are given in UTC, unless whoever asks knows a zone ([`Local`]).

use crate::{
    alert::AlertKind,
    facts::Storage,
    health::{Band, Reason, Step},
    ids::JobId,
    run::RunState,
    time::{Span, Time},
};
use chrono::{DateTime, Datelike, Timelike};

mod local;
mod schedule;

pub use local::Local;
pub use schedule::schedule;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Words for a reason. `now` is only for elapsed times.
pub fn reason(reason: &Reason, now: Time, job_name: impl Fn(JobId) -> String) -> String {
    reason_in(reason, None, now, job_name)
}

/// Words for a reason, its times in a zone; none: in UTC. `now` is only for elapsed times.
pub fn reason_in(reason: &Reason, local: Option<&Local>, now: Time, job_name: impl Fn(JobId) -> String) -> String {
    let day_time = |time| local.map_or_else(|| day_time(time), |local| local.day_time(time));
    match *reason {
        Reason::NeverReported { since } => {
            format!("No backup has been reported yet; waiting since {}.", day_time(since))
        }
        Reason::Silent { since } => {
            format!("Nothing heard for {}; last heard of on {}.", span(now - since), day_time(since))
        }
        Reason::Failing { job, failures: 1, since } => {
            format!("{}: the last run failed on {}.", job_name(job), day_time(since))
        }
        Reason::Failing { job, failures, since } => {
            format!("{}: {} failures in a row since {}.", job_name(job), count(failures.into()), day_time(since))
        }
        Reason::PastDue { job, due, last } => {
            let last = match last {
                Some(last) => format!("last usable backup {}", day_time(last)),
                None => "no usable backup yet".to_owned(),
            };
            format!("Backup of {} is {} past due (was due {}, grace included; {last}).", job_name(job), span(now - due), day_time(due))
        }
        Reason::Offline { since } => {
            format!("Offline since {} ({}), within its allowance.", day_time(since), span(now - since))
        }
        Reason::RestoreFailed { at } => format!("The last restore test failed on {}.", day_time(at)),
        Reason::RestoreMissing { since } => {
            format!("No restore test has been made; one is wanted since {}.", day_time(since))
        }
        Reason::RestoreStale { at } => {
            format!("The last restore test is {} old ({}), older than the policy asks.", span(now - at), day_time(at))
        }
        Reason::LowSuccess { usable, of } => {
            format!(
                "Only {} of {} runs in 7 days were usable ({} %).",
                count(usable.into()),
                count(of.into()),
                u64::from(usable) * 100 / u64::from(of.max(1))
            )
        }
        Reason::StorageFull { used, quota } => {
            format!("Storage is at {} % of quota ({} of {}).", percent(used, quota), bytes(used), bytes(quota))
        }
        Reason::Stuck { job, since } => {
            format!("{}: the run of {} passed the longest run time.", job_name(job), day_time(since))
        }
        Reason::FarLess { job, bytes: held, usual } => {
            format!("{}: the last backup holds {}, {} % of the usual {}.", job_name(job), bytes(held), percent(held, usual), bytes(usual))
        }
        Reason::NoFiles { job, usual } => {
            format!("{}: the last backup holds no files; usually there are {}.", job_name(job), count(usual))
        }
        Reason::HourOff { job, late } => {
            let side = if late { "after" } else { "before" };
            format!(
                "{}: runs arrive exactly one hour {side} their slot: wrong zone? Compare the schedule's time zone with the device's clock.",
                job_name(job)
            )
        }
        Reason::ConsentGone { service, cause, since } => {
            format!("{} has refused access since {}. {}", service.name(), day_time(since), cause.told())
        }
        Reason::AllWell { last, due } => {
            format!("Last usable backup {}; next due by {}.", day_time(last), day_time(due))
        }
    }
}

/// What to do, in words: `A usable backup of nightly now`.
pub fn step(step: &Step, storage: Option<Storage>, job_name: impl Fn(JobId) -> String) -> String {
    match step {
        Step::Backup { jobs } => match jobs.as_slice() {
            [] => "A first usable backup".to_owned(),
            [job] => format!("A usable backup of {} now", job_name(*job)),
            [first, second] => format!("A usable backup of {} and {} now", job_name(*first), job_name(*second)),
            [first, rest @ ..] => format!("A usable backup of {} and {} other jobs now", job_name(*first), rest.len()),
        },
        Step::Report => "Any report: see that the device is on and its agent runs".to_owned(),
        Step::RestoreTest => "A restore test that passes".to_owned(),
        Step::Storage { to, quota } => {
            let free = storage.map_or(0, |storage| storage.used.saturating_sub(*to));
            format!("Free {} at the destination to come down to 80 %, or raise the quota to {}", bytes(free), bytes(*quota))
        }
        Step::Runs { job, more: 1 } => format!("One more usable run of {}", job_name(*job)),
        Step::Runs { job, more } => format!("{} more usable runs of {}", count((*more).into()), job_name(*job)),
    }
}

fn percent(part: i64, whole: i64) -> i64 {
    let percent = i128::from(part) * 100 / i128::from(whole.max(1));
    i64::try_from(percent).unwrap_or(i64::MAX)
}

/// What to do about an alert of this kind.
pub const fn recommended_action(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::JobFailed => "Read the end of the run's log, remove the cause it names, and start the backup again.",
        AlertKind::MissedSchedule => {
            "Check that the device is switched on and that its backup is still scheduled; start it by hand if it can't wait."
        }
        AlertKind::BackupOverdue => "Start a backup now. If it doesn't start, check the device's power, network and backup service.",
        AlertKind::StorageQuota => "Raise the quota, or shorten how long backups are kept and prune the destination.",
        AlertKind::SaasOverdue => "Open the connection and check its consent and the service's status; then start a backup.",
        AlertKind::ConsentExpired => "Ask an administrator of the organization to give consent again on the connection's page.",
        AlertKind::RestoreTestFailed => "Treat the backups as doubtful: find out why the restore failed, repair it, and test again.",
        AlertKind::NeverReported => {
            "Finish the installation: check the key and the address in the agent's settings, then start a first backup."
        }
        AlertKind::RunStuck => "See whether the backup still runs on the device. If it hangs, end it, clear its lock, and start it again.",
        AlertKind::SizeAnomaly => "Check that the sources are still there and mounted, and that no exclude pattern leaves out too much.",
    }
}

/// Bytes in binary units, from KiB with one decimal: `512 B`, `7.0 MiB`.
pub fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let size = bytes.unsigned_abs();
    let sign = if bytes < 0 { "-" } else { "" };
    if size < 1_024 {
        return format!("{sign}{size} B");
    }
    let mut unit = 1_u128 << 10;
    let mut name = 0;
    loop {
        // Tenths, rounded; 1,024.0 of a unit is 1.0 of the next.
        let tenths = (u128::from(size) * 10 + unit / 2) / unit;
        if tenths < 10_240 || name + 1 == UNITS.len() {
            return format!("{sign}{}.{} {}", tenths / 10, tenths % 10, UNITS[name]);
        }
        unit <<= 10;
        name += 1;
    }
}

/// A number with its thousands apart: `12,345`.
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 2);
    if n < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 hour`, `36 hours`.
pub fn hours(n: i64) -> String {
    if n == 1 { "1 hour".to_owned() } else { format!("{} hours", count(n)) }
}

/// A share in hundredths of a percent: `99.97 %`, `99.00 %`, and `100 %` only when it is whole; none: a dash.
pub fn share(hundredths: Option<u32>) -> String {
    match hundredths {
        None => "–".to_owned(),
        Some(10_000) => "100 %".to_owned(),
        Some(h) => format!("{}.{:02} %", h / 100, h % 100),
    }
}

/// A length of time in at most two units: `40 s`, `5 h`, `2 d 3 h`. Rounded down; a negative one is shown without its sign.
pub fn span(span: Span) -> String {
    let seconds = span.0.unsigned_abs() / 1_000;
    let two = |big: u64, big_name: &str, small: u64, small_name: &str| {
        if small == 0 { format!("{big} {big_name}") } else { format!("{big} {big_name} {small} {small_name}") }
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// `5 h ago`, `in 5 h`, `just now` (less than a minute away). One unit.
pub fn ago(time: Time, now: Time) -> String {
    let away = (now - time).0;
    let minutes = away.unsigned_abs() / 60_000;
    let length = match minutes {
        0 => return "just now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1_440 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    };
    if away > 0 { format!("{length} ago") } else { format!("in {length}") }
}

fn civil(time: Time) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(time.0).unwrap_or_default()
}

/// `12 Nov 2026 02:00 UTC`, for sentences.
pub fn day_time(time: Time) -> String {
    format!("{} UTC", clock(time))
}

/// `12 Nov 2026 02:00`, as UTC has it.
fn clock(time: Time) -> String {
    let t = civil(time);
    let month = MONTHS[t.month0() as usize];
    format!("{} {month} {} {:02}:{:02}", t.day(), t.year(), t.hour(), t.minute())
}

/// `2026-11-20 22:00 UTC`.
pub fn utc(time: Time) -> String {
    let t = civil(time);
    format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", t.year(), t.month(), t.day(), t.hour(), t.minute())
}

/// `2026-11-20T22:00:00Z`; milliseconds only when there are any.
pub fn rfc3339(time: Time) -> String {
    let t = civil(time);
    let mut text = format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.year(), t.month(), t.day(), t.hour(), t.minute(), t.second());
    let millis = time.0.rem_euclid(1_000);
    if millis > 0 {
        text.push_str(&format!(".{millis:03}"));
    }
    text.push('Z');
    text
}

/// An RFC 3339 time; the offset is required. Fractions finer than a millisecond are cut off. None if it isn't one.
pub fn parse_rfc3339(text: &str) -> Option<Time> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|t| Time(t.timestamp_millis()))
}

/// Label of a run state.
pub const fn state_label(state: RunState) -> &'static str {
    match state {
        RunState::Running => "Running",
        RunState::Retrying => "Retrying",
        RunState::Missed => "Missed",
        RunState::Skipped => "Skipped",
        RunState::Cancelled => "Cancelled",
        RunState::Failed => "Failed",
        RunState::Warning => "Warning",
        RunState::Succeeded => "Succeeded",
    }
}

/// Label of a band.
pub const fn band_label(band: Band) -> &'static str {
    match band {
        Band::Unknown => "Unknown",
        Band::Critical => "Critical",
        Band::Warning => "Warning",
        Band::Healthy => "Healthy",
    }
}

/// Label of a kind of alert.
pub const fn kind_label(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::JobFailed => "Job failed",
        AlertKind::MissedSchedule => "Missed schedule",
        AlertKind::BackupOverdue => "Backup overdue",
        AlertKind::StorageQuota => "Storage quota",
        AlertKind::SaasOverdue => "SaaS backup overdue",
        AlertKind::ConsentExpired => "SaaS consent expired",
        AlertKind::RestoreTestFailed => "Restore test failed",
        AlertKind::NeverReported => "Never reported",
        AlertKind::RunStuck => "Run stuck",
        AlertKind::SizeAnomaly => "Size anomaly",
    }
}

/// A label as it stands inside a sentence: "backup overdue". A name that it begins with stays: "SaaS consent expired".
pub fn inside(label: &str) -> String {
    let mut letters = label.chars();
    let is_name = label.chars().skip(1).take_while(|letter| *letter != ' ').any(char::is_uppercase);
    match letters.next() {
        Some(first) if !is_name => first.to_lowercase().chain(letters).collect(),
        _ => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_label_inside_a_sentence_begins_small_but_for_a_name() {
        assert_eq!(inside(kind_label(AlertKind::BackupOverdue)), "backup overdue");
        assert_eq!(inside(kind_label(AlertKind::SaasOverdue)), "SaaS backup overdue");
        assert_eq!(inside(""), "");
    }

    fn at(text: &str) -> Time {
        parse_rfc3339(text).unwrap()
    }

    fn named(_: JobId) -> String {
        "nightly".to_owned()
    }

    #[test]
    fn a_share_is_whole_only_when_it_is() {
        let told = [Some(10_000), Some(9_999), Some(9_900), Some(5), None].map(share);
        assert_eq!(told, ["100 %", "99.99 %", "99.00 %", "0.05 %", "–"]);
        assert_eq!([1, 36, 8_760].map(hours), ["1 hour", "36 hours", "8,760 hours"]);
    }

    #[test]
    fn three_failures_are_told_with_their_number_and_first_time() {
        let now = at("2026-11-13T09:00:00Z");
        let failing = Reason::Failing { job: JobId(1), failures: 3, since: at("2026-11-12T02:00:00Z") };
        assert_eq!(reason(&failing, now, named), "nightly: 3 failures in a row since 12 Nov 2026 02:00 UTC.");
    }

    #[test]
    fn a_late_backup_is_told_with_how_late_it_is() {
        let now = at("2026-11-13T09:00:00Z");
        let late = Reason::PastDue { job: JobId(1), due: at("2026-11-13T04:00:00Z"), last: None };
        assert_eq!(
            reason(&late, now, named),
            "Backup of nightly is 5 h past due (was due 13 Nov 2026 04:00 UTC, grace included; no usable backup yet)."
        );
    }

    #[test]
    fn sizes_are_binary_with_one_decimal_and_carry_into_the_next_unit() {
        let shown = [0, 1_023, 1_024, 7 * 1_048_576, 1_048_575, 1_572_864, i64::MAX, -2_048].map(bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "7.0 MiB", "1.0 MiB", "1.5 MiB", "8.0 EiB", "-2.0 KiB"]);
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, -1_234_567].map(count), ["0", "999", "1,000", "-1,234,567"]);
    }

    #[test]
    fn lengths_have_at_most_two_units() {
        let shown = [40_000, 3_600_000 * 5, 3_600_000 * 51, 90_000, 5_400_000].map(|ms| span(Span(ms)));
        assert_eq!(shown, ["40 s", "5 h", "2 d 3 h", "1 min 30 s", "1 h 30 min"]);
    }

    #[test]
    fn times_are_read_only_with_an_offset_and_written_in_utc() {
        let time = at("2026-11-20T23:00:00.250+01:00");
        assert_eq!((utc(time).as_str(), rfc3339(time).as_str()), ("2026-11-20 22:00 UTC", "2026-11-20T22:00:00.250Z"));
        assert_eq!(rfc3339(at("2026-11-20T22:00:00Z")), "2026-11-20T22:00:00Z");
        assert_eq!(parse_rfc3339("2026-11-20T22:00:00"), None);
        assert_eq!(parse_rfc3339("yesterday"), None);
    }

    #[test]
    fn elapsed_time_is_told_in_one_unit() {
        let now = at("2026-11-20T22:00:00Z");
        assert_eq!(ago(now - Span::hours(5), now), "5 h ago");
        assert_eq!(ago(now + Span::minutes(90), now), "in 1 h");
        assert_eq!(ago(now - Span(30_000), now), "just now");
    }
}
