//! What real tools printed, read as a run, and what a technician is told to do about it: captures in, advice out. The whole of it is
//! kept as `remedies.txt`, to be read by people. After a wanted change: `UPDATE_REMEDIES=1 cargo test -p formats --test remedy`.

#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    alert::AlertKind,
    consent::Cause,
    health::Reason,
    ids::JobId,
    remedy::{Case, Remedy, remedy},
    saas::Service,
    time::{Span, Time},
};
use formats::{Report, ToolName, join, read};
use std::{fmt::Write, path::Path};

const NOW: Time = Time(1_795_132_800_000);
const FAILING: Reason = Reason::Failing { job: JobId(1), failures: 3, since: NOW };

/// What is told of a run that printed this.
fn told(tool: ToolName, stdout: &str, stderr: &str, exit_code: i32) -> (String, Remedy) {
    let report = Report { stdout, stderr, exit_code: Some(exit_code), received_at: NOW, ..Report::default() };
    let run = join(read(tool, &report).unwrap()).unwrap();
    let message = run.event.message.clone().unwrap_or_default();
    let case = Case {
        kind: AlertKind::JobFailed,
        reason: &FAILING,
        subject: "fs-01",
        is_account: false,
        tool: run.event.tool.as_ref().map(|t| t.name.as_str()),
        message: Some(&message),
        log: Some(&run.log),
        has_failed_items: !run.event.failed_items.is_empty(),
    };
    (message.clone(), remedy(&case))
}

/// What is told of a message alone, as runs of other tools carry it.
fn said(kind: AlertKind, tool: &str, message: Option<&str>) -> Remedy {
    let reason = match kind {
        AlertKind::StorageQuota => Reason::StorageFull { used: 980 << 30, quota: 1_000 << 30 },
        AlertKind::ConsentExpired => Reason::ConsentGone { service: Service::Microsoft365, cause: Cause::SecondFactor, since: NOW },
        AlertKind::BackupOverdue => Reason::PastDue { job: JobId(1), due: NOW - Span::hours(5), last: None },
        _ => FAILING,
    };
    let is_account = matches!(tool, "graph-backup" | "workspace-backup");
    let subject = if is_account { "ada@example.org" } else { "fs-01" };
    remedy(&Case { kind, reason: &reason, subject, is_account, tool: Some(tool), message, log: None, has_failed_items: false })
}

/// Captures of `src/captures` by tool, with the exit code that came with them.
fn captured() -> Vec<(&'static str, String, Remedy)> {
    let mut all = Vec::new();
    let mut of = |name, (message, remedy): (String, Remedy)| all.push((name, message, remedy));
    of("restic, wrong password", told(ToolName::Restic, "", include_str!("../src/captures/restic_badpw.err"), 1));
    of(
        "restic, a file that can't be read",
        told(ToolName::Restic, include_str!("../src/captures/restic_exit3.jsonl"), include_str!("../src/captures/restic_exit3.err"), 3),
    );
    of(
        "restic without --json, a file that can't be read",
        told(ToolName::Restic, include_str!("../src/captures/restic_plain_exit3.txt"), "", 3),
    );
    of("restic, locked (exit code 11)", told(ToolName::Restic, "", "", 11));
    of("restic, no repository (exit code 10)", told(ToolName::Restic, "", "", 10));
    of("borg, wrong passphrase", told(ToolName::Borg, "", include_str!("../src/captures/borg_badpw.jsonl"), 2));
    of("borg, a source that is not there", told(ToolName::Borg, "", include_str!("../src/captures/borg_warn.jsonl"), 1));
    of("rclone, a file that can't be read", told(ToolName::Rclone, "", include_str!("../src/captures/rclone_unreadable.jsonl"), 1));
    for (name, msgid) in [
        ("borg, locked", "LockTimeout"),
        ("borg, no repository", "Repository.DoesNotExist"),
        ("borg, damaged", "IntegrityError"),
        ("borg, quota", "Repository.StorageQuotaExceeded"),
    ] {
        let line =
            format!(r#"{{"type": "log_message", "message": "x", "levelname": "ERROR", "name": "borg.archiver", "msgid": "{msgid}"}}"#);
        of(name, told(ToolName::Borg, "", &line, 2));
    }
    all
}

/// Messages as other tools and services word them: each with a part of the cause that is told.
const WORDED: &[(&str, &str, &str)] = &[
    ("restic", "Fatal: unable to save snapshot: write /mnt/backup/data/3f: no space left on device", "No space is left"),
    ("restic", "Fatal: unable to open repository: dial tcp 10.0.0.5:22: connect: connection refused", "nothing answers on that port"),
    (
        "restic",
        "Fatal: ReadDir: Get \"https://s3.example.net/b/\": x509: certificate has expired or is not yet valid",
        "certificate has expired",
    ),
    ("restic", "Fatal: The specified bucket does not exist.", "bucket or container"),
    ("restic", "Fatal: The AWS Access Key Id you provided does not exist in our records (InvalidAccessKeyId)", "access key"),
    ("restic", "Load(<data/3f>): ciphertext verification failed", "integrity check"),
    ("borg", "borg failed: Connection closed by remote host. Is borg working on the server?", "SSH connection"),
    ("borg", "Remote: Host key verification failed.", "SSH host key"),
    ("rsync", "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1338)", "code 23"),
    ("rsync", "rsync error: error in rsync protocol data stream (code 12) at io.c(228)", "ended in the middle"),
    ("rsync", "backup@vault: Permission denied (publickey,password).", "SSH key"),
    ("rclone", "Failed to sync: couldn't fetch token: invalid_request", "authorization"),
    ("rclone", "Failed to create file system for \"b2:x\": didn't find section in config file", "not in its configuration"),
    (
        "pgbackrest",
        "P00  ERROR: [050]: unable to acquire lock on file '/tmp/pgbackrest/main-backup-1.lock': Resource temporarily unavailable",
        "holds the lock",
    ),
    ("pgbackrest", "P00  ERROR: [055]: unable to load info file: has a stanza-create been performed?", "no stanza"),
    (
        "pgbackrest",
        "P00  ERROR: [082]: WAL segment 0000000100000001000000B3 was not archived before the 60000ms timeout",
        "write-ahead log",
    ),
    ("Veeam", "Failed to create snapshot: VSS_E_INSUFFICIENT_STORAGE", "shadow storage"),
    (
        "Veeam",
        "VSSControl: -2147467259 Backup job failed. Cannot create a shadow copy of the volumes containing writer's data.",
        "snapshot (VSS)",
    ),
    ("Veeam", "Error: The network path was not found.", "network path"),
    ("Veeam", "Error: Logon failure: the user name or password is incorrect.", "refuses the account"),
    ("Veeam", "There is not enough space on the disk.", "No space is left"),
    ("wbadmin", "The process cannot access the file because it is being used by another process.", "holds files open"),
    (
        "graph-backup",
        "Email failed: 503 ErrorMailboxStoreUnavailable: the mailbox database is temporarily unavailable",
        "can't be opened for now",
    ),
    (
        "graph-backup",
        "MailboxNotEnabledForRESTAPI: The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        "isn't licensed",
    ),
    ("graph-backup", "invalid_grant: AADSTS50173: The provided grant has expired due to it being revoked", "consent"),
    ("graph-backup", "Trying again in 4 min: 429 TooManyRequests, Retry-After: 240", "throttling"),
    ("workspace-backup", "Email failed: 500 backendError: internal error encountered", "The provider was busy"),
    ("workspace-backup", "Email failed: 403 userRateLimitExceeded: the user's rate limit is used up", "throttling"),
    ("any", "Disk quota exceeded", "quota"),
    ("any", "mkdir /mnt/nas/backup: permission denied", "Access was refused"),
    ("any", "failed: timed out", "longest run time"),
    ("any", "the command ended with exit code 137: killed (SIGKILL)", "out of memory"),
];

#[test]
fn what_real_tools_printed_is_recognised() {
    for (name, message, remedy) in captured() {
        assert!(remedy.cause.is_some(), "{name}: {message}");
    }
}

#[test]
fn a_wrong_password_of_either_tool_names_where_that_tool_takes_it_from() {
    let (_, restic) = told(ToolName::Restic, "", include_str!("../src/captures/restic_badpw.err"), 1);
    assert!(restic.steps[0].contains("RESTIC_PASSWORD"), "{restic:?}");
    let (_, borg) = told(ToolName::Borg, "", include_str!("../src/captures/borg_badpw.jsonl"), 2);
    assert!(borg.steps[0].contains("BORG_PASSPHRASE"), "{borg:?}");
}

#[test]
fn messages_of_other_tools_are_told_by_what_they_mean() {
    for (tool, message, part) in WORDED {
        let remedy = said(AlertKind::JobFailed, tool, Some(message));
        let cause = remedy.cause.clone().unwrap_or_else(|| panic!("nobody knows: {message}"));
        assert!(cause.contains(part), "{message}: {cause}");
    }
}

#[test]
fn what_people_read_is_kept() {
    let mut text = String::from("What the page of an alert tells: cause, then the steps.\n");
    let mut tell = |head: &str, remedy: &Remedy| {
        let _ = write!(text, "\n== {head}\n{}\n", remedy.cause.as_deref().unwrap_or("(no cause is told)"));
        for step in &remedy.steps {
            let _ = writeln!(text, "- {step}");
        }
    };
    for (name, message, remedy) in captured() {
        tell(&format!("{name}\n   {message}"), &remedy);
    }
    for (tool, message, _) in WORDED {
        tell(&format!("{tool}\n   {message}"), &said(AlertKind::JobFailed, tool, Some(message)));
    }
    for kind in AlertKind::ALL {
        tell(&format!("{kind}, nothing known"), &said(*kind, "", None));
    }
    tell("backup_overdue, its runs say something unknown", &said(AlertKind::BackupOverdue, "", Some("E4711")));
    tell("backup_overdue, its runs are locked out", &said(AlertKind::BackupOverdue, "restic", Some("repository is already locked")));
    tell("saas_overdue of an account", &said(AlertKind::SaasOverdue, "graph-backup", None));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/remedies.txt");
    if std::env::var_os("UPDATE_REMEDIES").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "advice has changed: read it, then UPDATE_REMEDIES=1 cargo test -p formats --test remedy\n{text}");
}
