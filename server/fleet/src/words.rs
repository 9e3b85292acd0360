//! What tools and people say: messages, files that could not be read, logs, notes of restore tests.

use crate::{
    course::{Kind, fate::Trouble, run::Done},
    dice::Dice,
    plan::{DevicePlan, What},
};
use domain::{run::RunState, time::Time};
use std::fmt::Write;

const WINDOWS_FILES: &[&str] = &[
    r"C:\Users\{u}\AppData\Local\Microsoft\Outlook\{u}@example.com.ost",
    r"C:\Users\{u}\NTUSER.DAT",
    r"C:\Users\{u}\Documents\~$Angebot 2026.docx",
    r"D:\Daten\Buchhaltung\2026\Journal.mdb",
    r"D:\Shares\Public\Projects\Übersicht.xlsx",
    r"D:\Shares\CAD\Baugruppe 0417\rahmen.prt",
    r"C:\ProgramData\Microsoft\Search\Data\Applications\Windows\Windows.edb",
    r"D:\Shares\Scans\2026-10\scan_0093.pdf",
    r"D:\ERP\data\orders.ldf",
    r"C:\Windows\System32\config\SOFTWARE",
    r"D:\Shares\Fotos\Messe\IMG_4471.CR3",
];

const UNIX_FILES: &[&str] = &[
    "/home/{u}/.cache/mozilla/firefox/lock",
    "/srv/files/archive/2019/contracts.tar",
    "/srv/files/projects/Łódź/plan-final.dwg",
    "/var/lib/docker/overlay2/9f3c/merged/tmp/sess_81a2",
    "/var/mail/{u}",
    "/srv/files/photos/2024/DSC_2210.NEF",
    "/var/lib/libvirt/images/app01.qcow2",
    "/srv/files/finance/2026/ledger.sqlite",
    "/etc/ssl/private/server.key",
    "/srv/files/media/promo_cut3.mov",
];

/// So many files are named at most.
const NAMED: u64 = 40;

pub(crate) fn files(device: &DevicePlan, place: usize, trouble: Trouble, count: u64, dice: &mut Dice) -> Vec<String> {
    let windows = device.jobs[place].shape.windows;
    if trouble == Trouble::Disk {
        // What lies beside each other goes together, and what is gone stays gone.
        let first = 1_000 + device.course.seed % 8_000;
        let folder = if windows { r"D:\Shares\Fotos\2025\IMG_" } else { "/srv/files/photos/2025/DSC_" };
        return (0..count.min(NAMED)).map(|n| format!("{folder}{:04}.{}", first + n, if windows { "CR3" } else { "NEF" })).collect();
    }
    let these = if windows { WINDOWS_FILES } else { UNIX_FILES };
    let user = device.name.rsplit('-').next().unwrap_or("admin").trim_end_matches(|c: char| c.is_ascii_digit());
    let user = if user.len() < 3 || !user.is_ascii() { "admin" } else { user };
    let first = dice.below(these.len() as u64) as usize;
    let count = (count as usize).min(these.len());
    (0..count).map(|n| these[(first + n) % these.len()].replace("{u}", user)).collect()
}

fn cause(trouble: Trouble, tool: &str) -> &'static str {
    let borg = tool == "borg";
    match trouble {
        Trouble::OpenFiles => "in use by another program",
        Trouble::Denied => "permission denied",
        Trouble::Disk => "input/output error",
        Trouble::Network if borg => "Connection closed by remote host. Is borg working on the server?",
        Trouble::Network => "connection reset by peer",
        Trouble::Refused => "the destination refused: 503 Service Unavailable",
        Trouble::Passphrase if borg => "passphrase supplied in BORG_PASSPHRASE is incorrect",
        Trouble::Passphrase => "wrong password or no key found",
        Trouble::Locked if borg => "Failed to create/acquire the lock (timeout)",
        Trouble::Locked => "unable to create lock in backend: repository is already locked exclusively",
        Trouble::Snapshot => "the volume snapshot could not be created (VSS_E_INSUFFICIENT_STORAGE)",
    }
}

/// What a tool says when it tries again.
pub(crate) fn retry(trouble: Trouble, dice: &mut Dice) -> String {
    let wait = dice.between(2, 16);
    let why = match trouble {
        Trouble::Snapshot => "the volume snapshot was not ready",
        Trouble::Refused => "the destination answered 503",
        Trouble::Disk => "a file could not be read",
        _ => "the connection was lost",
    };
    format!("Trying again in {wait} min: {why}")
}

/// The line that goes with a run's end; none for a plain success.
pub(crate) fn message(device: &DevicePlan, place: usize, done: &Done, dice: &mut Dice) -> Option<String> {
    let tool = device.jobs[place].tool.name.as_str();
    let count = done.failed_items.len();
    let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    match (done.state, done.trouble) {
        (RunState::Warning, Some(trouble)) => Some(format!("{tool} could not read {files} ({}); the rest is saved", cause(trouble, tool))),
        (RunState::Failed, Some(Trouble::Disk)) => {
            Some(format!("{tool} gave up: {files} could not be read ({}); no snapshot was saved", cause(Trouble::Disk, tool)))
        }
        (RunState::Failed, Some(trouble)) => Some(format!("{tool} failed: {}", cause(trouble, tool))),
        (RunState::Cancelled, _) => Some(format!("{tool} was stopped by an interrupt (Ctrl-C)")),
        (RunState::Succeeded, _) if tool == "restic" => {
            let id = dice.below(1 << 32);
            (done.ended_at >= device.course.until - crate::course::run::LOGS).then(|| format!("snapshot {id:08x} saved"))
        }
        _ => None,
    }
}

fn size(bytes: i64) -> String {
    domain::text::bytes(bytes)
}

fn clock(at: Time) -> String {
    let seconds = at.0.div_euclid(1_000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn length(done: &Done) -> String {
    let seconds = (done.ended_at - done.started_at).0 / 1_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The log of a run, a few kilobytes at most.
pub(crate) fn log(device: &DevicePlan, place: usize, done: &Done, attempt: u16, dice: &mut Dice) -> String {
    let job = &device.jobs[place];
    let mut out = String::with_capacity(1_024);
    let mut line = |words: std::fmt::Arguments<'_>| {
        // Writing to a string can't fail.
        let _ = out.write_fmt(words);
        out.push('\n');
    };
    let tool = job.tool.name.as_str();
    let host = &device.hostname;
    let source = match (job.shape.kind, job.shape.windows) {
        (Kind::Database, _) => "/var/lib/postgresql",
        (Kind::Images, _) => "/var/lib/libvirt/images",
        (_, true) => r"D:\",
        (_, false) => "/srv",
    };
    line(format_args!("{} UTC {host}: {} {} starts, job {}", clock(done.started_at), tool, job.tool.version, job.name));
    if attempt > 1 {
        line(format_args!("attempt {attempt}: {} before it did not get through", attempt - 1));
    }
    match tool {
        "borg" => log_of_borg(device, source, done, dice, &mut line),
        "rclone" => log_of_rclone(done, &mut line),
        "pgbackrest" => log_of_pgbackrest(done, dice, &mut line),
        _ => log_of_restic(source, done, dice, &mut line),
    }
    line(format_args!("{} UTC {host}: ended after {} min, exit code {}", clock(done.ended_at), length(done), exit_code(tool, done)));
    out
}

fn exit_code(tool: &str, done: &Done) -> u8 {
    match (done.state, tool, done.trouble) {
        (RunState::Succeeded, ..) => 0,
        (RunState::Warning, "borg", _) => 1,
        (RunState::Warning, ..) => 3,
        (RunState::Cancelled, ..) => 130,
        (_, "restic", Some(Trouble::Passphrase)) => 12,
        (_, "restic", Some(Trouble::Locked)) => 11,
        (_, "borg", _) => 2,
        (_, "pgbackrest", _) => 82,
        _ => 1,
    }
}

type Line<'a> = &'a mut dyn FnMut(std::fmt::Arguments<'_>);

fn log_of_restic(source: &str, done: &Done, dice: &mut Dice, line: Line<'_>) {
    let repository = dice.below(1 << 32);
    if done.trouble == Some(Trouble::Passphrase) {
        line(format_args!("Fatal: wrong password or no key found"));
        return;
    }
    if done.trouble == Some(Trouble::Locked) {
        line(format_args!("repo already locked, waiting up to 10m0s for the lock"));
        line(format_args!(
            "unable to create lock in backend: repository is already locked exclusively by PID {} by root",
            dice.between(900, 31_000)
        ));
        line(format_args!("lock was created 31h12m ago, storage ID {:08x}", dice.below(1 << 32)));
        line(format_args!("the `unlock` command can be used to remove stale locks"));
        return;
    }
    line(format_args!("repository {repository:08x} opened (version 2, compression level auto)"));
    line(format_args!("using parent snapshot {:08x}", dice.below(1 << 32)));
    line(format_args!("scan finished: {} files, {}", done.items, size(done.bytes)));
    for file in &done.failed_items {
        let why = done.trouble.map_or("", |trouble| cause(trouble, "restic"));
        line(format_args!("error: read {file}: {why}"));
    }
    if done.state == RunState::Failed {
        let why = done.trouble.map_or("unexpected end", |trouble| cause(trouble, "restic"));
        for n in 0..3 {
            line(format_args!(
                "Save(<data/{:010x}>) returned error, retrying after {}.{}s: {why}",
                dice.below(1 << 40),
                1 << n,
                dice.below(9)
            ));
        }
        line(format_args!("Fatal: unable to save snapshot of {source}: {why}"));
        return;
    }
    if done.state == RunState::Cancelled {
        line(format_args!("signal interrupt received, cleaning up"));
        return;
    }
    let fresh = done.items / 400 + 1;
    line(format_args!("Files:       {:>8} new, {:>8} changed, {:>8} unmodified", fresh, fresh * 2, (done.items - fresh * 3).max(0)));
    line(format_args!("Dirs:        {:>8} new, {:>8} changed, {:>8} unmodified", fresh / 20, fresh / 4, done.items / 14));
    line(format_args!("Added to the repository: {} ({} stored)", size(done.added), size(done.added / 10 * 7)));
    line(format_args!("processed {} files, {} in {}", done.items, size(done.bytes), length(done)));
    line(format_args!("snapshot {:08x} saved", dice.below(1 << 32)));
    if !done.failed_items.is_empty() {
        line(format_args!("Warning: at least one source file could not be read"));
    }
}

fn log_of_borg(device: &DevicePlan, source: &str, done: &Done, dice: &mut Dice, line: Line<'_>) {
    let why = done.trouble.map_or("", |trouble| cause(trouble, "borg"));
    if done.state == RunState::Failed && done.failed_items.is_empty() {
        line(format_args!("{why}"));
        line(format_args!("Traceback kept on the machine; borg did not create an archive of {source}"));
        return;
    }
    line(format_args!(
        "Creating archive at \"ssh://backup@vault-{}.example.net/./repo::{}-{}\"",
        dice.between(1, 9),
        device.name,
        done.started_at.0 / 1_000
    ));
    for file in &done.failed_items {
        line(format_args!("{file}: open: [Errno 5] {why}: '{file}'"));
    }
    if done.state == RunState::Failed {
        line(format_args!("terminating with error status, rc 2"));
        return;
    }
    line(format_args!("Number of files: {}", done.items));
    line(format_args!("                       Original size      Compressed size    Deduplicated size"));
    line(format_args!("This archive:         {:>14} {:>20} {:>20}", size(done.bytes), size(done.bytes / 10 * 7), size(done.added)));
    line(format_args!(
        "All archives:         {:>14} {:>20} {:>20}",
        size(done.bytes.saturating_mul(31)),
        size(done.bytes.saturating_mul(22)),
        size(done.bytes)
    ));
    line(format_args!("terminating with {} status", if done.state == RunState::Warning { "warning" } else { "success" }));
}

fn log_of_rclone(done: &Done, line: Line<'_>) {
    let steps = 6;
    for n in 1..=steps {
        line(format_args!("Transferred: {} / {}, {} %", size(done.added / steps * n), size(done.added), n * 100 / steps));
    }
    if let Some(trouble) = done.trouble {
        line(format_args!("ERROR : Failed to copy: {}", cause(trouble, "rclone")));
        line(format_args!("ERROR : Attempt 3/3 failed with 1 errors"));
    }
    line(format_args!("Checks: {}, errors: {}", done.items, u8::from(done.trouble.is_some())));
}

fn log_of_pgbackrest(done: &Done, dice: &mut Dice, line: Line<'_>) {
    line(format_args!("P00   INFO: backup command begin 2.53: --stanza=main --type=incr --process-max=2"));
    line(format_args!("P00   INFO: last backup label = {:08}F, version = 2.53", dice.between(20_261_000, 20_261_130)));
    if let Some(trouble) = done.trouble {
        line(format_args!("P00  ERROR: [082]: {}", cause(trouble, "pgbackrest")));
        line(format_args!("P00   INFO: backup command end: aborted with exception [082]"));
        return;
    }
    line(format_args!("P00   INFO: backup start archive = {:024X}", dice.below(1 << 60)));
    line(format_args!("P00   INFO: new backup label; size {}, file total = {}", size(done.bytes), done.items));
    line(format_args!("P00   INFO: expire command end: completed successfully"));
}

pub(crate) fn restore_test(device: &DevicePlan, passed: bool, dice: &mut Dice) -> What {
    let database = device.jobs.iter().any(|job| job.shape.kind == Kind::Database);
    let images = device.jobs.iter().any(|job| job.shape.kind == Kind::Images);
    let scope = match (database, images, dice.below(3)) {
        (true, ..) => "Database restored to a scratch server, row counts compared".to_owned(),
        (_, true, _) => format!("Virtual machine {} started in an isolated network", device.hostname),
        (_, _, 0) => format!("Full restore of {} to spare hardware", device.hostname),
        (_, _, 1) => format!("{} random files and one mailbox", dice.between(20, 400)),
        _ => format!("System volume, {} files compared", dice.between(1_000, 90_000)),
    };
    let gib = device.jobs.first().map_or(0, |job| job.shape.bytes >> 30);
    let note = if passed {
        dice.of(&[
            "",
            "",
            "",
            "Checked together with the client.",
            "Started at the first attempt.",
            "Slower than last month: the line was busy.",
        ])
    } else if database {
        "The restored database did not start: checksum mismatch in base/16384/2619."
    } else {
        dice.of(&[
            "Boot stopped with INACCESSIBLE_BOOT_DEVICE; the image holds no boot partition.",
            "11 of 240 compared files differ from the source.",
            "The pack file 7c1e… is damaged: the repository needs a check and a repair.",
        ])
    };
    What::RestoreTest {
        passed,
        scope,
        rpo_seconds: Some(dice.between(1_800, 72_000)),
        rto_seconds: passed.then(|| 300 + gib * dice.between(4, 12)),
        note: note.to_owned(),
    }
}
