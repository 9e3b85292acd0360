//! Which fault a text tells: what backup tools and the systems below them print, in lower case. The order matters: the particular
//! stands before the general.

/// A fault that is known by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is worded in `words`")]
pub enum Fault {
    ResticLocked,
    ResticPassword,
    ResticNoPassword,
    ResticNoRepository,
    ResticNoSources,
    BorgLocked,
    BorgPassphrase,
    BorgNoPassphrase,
    BorgNoRepository,
    BorgNotARepository,
    BorgConnection,
    BorgMoved,
    BorgArchiveExists,
    BorgQuota,
    RepositoryDamaged,
    RcloneRemote,
    RcloneFolder,
    RcloneLimit,
    RcloneToken,
    RsyncPartial,
    RsyncVanished,
    RsyncStream,
    PgBackRestStanza,
    PgBackRestArchive,
    PgBackRestLock,
    PgBackRestCluster,
    ShadowStorage,
    Shadow,
    WindowsRpc,
    WindowsLogon,
    WindowsPath,
    NoSpace,
    Quota,
    ReadOnly,
    HostKey,
    SshKey,
    AccessKey,
    Bucket,
    ClockSkew,
    SignIn,
    CertificateEnded,
    CertificateUnknown,
    Name,
    Refused,
    NoRoute,
    TimedOut,
    Reset,
    Busy,
    RateLimit,
    DiskFault,
    InUse,
    SourceGone,
    Unreadable,
    Denied,
    NotInstalled,
    NotExecutable,
    OutOfMemory,
    TookTooLong,
    MailboxNotLicensed,
    MailboxUnavailable,
    AccountGone,
    SiteLocked,
    SaasThrottled,
    SaasBusy,
    SaasDenied,
    ConsentRevoked,
}

/// Texts of a fault: any of them, all parts of it (`+`).
struct Known(Fault, &'static [&'static str]);

use Fault::*;

static KNOWN: &[Known] = &[
    // What a provider of mail and files says.
    Known(
        ConsentRevoked,
        &[
            "invalid_grant",
            "aadsts700082",
            "aadsts50173",
            "aadsts65001",
            "aadsts70008",
            "consent was revoked",
            "consent has been revoked",
            "consent is gone",
        ],
    ),
    Known(
        MailboxNotLicensed,
        &[
            "mailboxnotenabledforrestapi",
            "mailbox is either inactive, soft-deleted",
            "errornonexistentmailbox",
            "not licensed",
            "mail service not enabled",
        ],
    ),
    Known(
        MailboxUnavailable,
        &["errormailboxstoreunavailable", "errormailboxmoveinprogress", "mailbox database is temporarily unavailable"],
    ),
    Known(AccountGone, &["request_resourcenotfound", "resource could not be discovered", "user not found: ", "errorinvaliduser"]),
    Known(SiteLocked, &["423 locked", "resourcelocked", "site is locked", "access to this site has been blocked"]),
    Known(
        SaasThrottled,
        &["429 toomanyrequests", "ratelimitexceeded", "errorserverbusy+throttl", "activitylimitreached", "throttled (429"],
    ),
    Known(SaasBusy, &["503 serviceunavailable", "504 gatewaytimeout", "backenderror", "the service is temporarily busy"]),
    Known(SaasDenied, &["erroraccessdenied", "authorization_requestdenied", "insufficientpermissions", "insufficient privileges"]),
    // Passwords, locks and places of repositories.
    Known(ResticPassword, &["wrong password or no key found", "restic: wrong password"]),
    Known(
        ResticLocked,
        &[
            "unable to create lock in backend",
            "repository is already locked",
            "repo already locked",
            "restic: the repository is locked",
            "repository locked",
        ],
    ),
    Known(ResticNoPassword, &["restic: no password is given", "unable to resolve password", "an empty password is not", "empty password"]),
    Known(
        ResticNoRepository,
        &[
            "restic: no repository",
            "unable to open config file",
            "repository does not exist: unable to open",
            "please specify repository location",
        ],
    ),
    Known(
        ResticNoSources,
        &[
            "none of the folders to back up exists",
            "all source directories/files do not exist",
            "all target directories/files do not exist",
        ],
    ),
    Known(BorgPassphrase, &["passphrase supplied in+is incorrect", "borg: wrong passphrase", "passphrasewrong"]),
    Known(BorgNoPassphrase, &["borg: no passphrase is given", "can not acquire a passphrase", "passcommand supplied in+failed"]),
    Known(BorgLocked, &["failed to create/acquire the lock", "borg: the repository is locked", "locktimeout"]),
    Known(BorgNotARepository, &["is not a valid repository", "holds no valid repository"]),
    Known(BorgNoRepository, &["borg: the repository does not exist", "repository +does not exist", "repository.doesnotexist"]),
    Known(
        BorgMoved,
        &["was previously located at", "attempting to access a previously unknown", "moved or unknown repository was not confirmed"],
    ),
    Known(BorgArchiveExists, &["an archive of that name already exists", "archive +already exists"]),
    Known(BorgQuota, &["storage quota+has been exceeded", "repository's storage quota is used up", "storagequotaexceeded"]),
    Known(BorgConnection, &["is borg working on the server", "connection to the repository's host was closed"]),
    Known(
        RepositoryDamaged,
        &[
            "ciphertext verification failed",
            "integrity error",
            "integrityerror",
            "data integrity error",
            "the repository is damaged",
            "repository contains errors",
            "pack+does not exist in the repository",
            "checksum mismatch",
            "invalid data returned",
        ],
    ),
    Known(RcloneRemote, &["didn't find section in config file"]),
    Known(RcloneToken, &["couldn't fetch token", "token expired", "token has been expired", "empty token found"]),
    Known(
        RcloneLimit,
        &["the transfer limit was reached", "the time limit was reached", "max transfer limit reached", "max transfer duration reached"],
    ),
    Known(RcloneFolder, &["a folder was not found (exit code 3)", "rclone+directory not found"]),
    Known(RsyncPartial, &["rsync+code 23", "some files/attrs were not transferred"]),
    Known(RsyncVanished, &["rsync+code 24", "some files vanished before they could be transferred"]),
    Known(RsyncStream, &["error in rsync protocol data stream", "rsync: connection unexpectedly closed"]),
    Known(PgBackRestStanza, &["stanza+does not exist", "missing stanza path", "has a stanza-create been performed", "stanza-create"]),
    Known(PgBackRestArchive, &["wal segment+was not archived", "archive-push+failed", "archive_mode must be enabled"]),
    Known(PgBackRestLock, &["unable to acquire lock on file", "unable to acquire lock+pgbackrest"]),
    Known(PgBackRestCluster, &["unable to find primary cluster"]),
    // Windows.
    Known(
        ShadowStorage,
        &["vss_e_insufficient_storage", "insufficient storage available to create+shadow copy", "0x8004231f", "shadow copy storage+limit"],
    ),
    Known(
        Shadow,
        &[
            "vss_e_",
            "volume shadow copy",
            "vss error",
            "vss writer",
            "snapshot could not be created",
            "failed to create snapshot",
            "cannot create a shadow copy",
            "vsscontrol",
        ],
    ),
    Known(
        WindowsRpc,
        &["rpc server is unavailable", "failed to connect to guest agent", "cannot connect to the host's administrative share"],
    ),
    Known(
        WindowsLogon,
        &[
            "the user name or password is incorrect",
            "logon failure",
            "account is locked out",
            "the referenced account is currently locked out",
        ],
    ),
    Known(
        WindowsPath,
        &["the network path was not found", "the network name cannot be found", "the specified network name is no longer available"],
    ),
    // The destination, and the way to it.
    Known(
        NoSpace,
        &[
            "no space left",
            "there is not enough space on the disk",
            "not enough space on the disk",
            "insufficient free space",
            "too little free space",
            "enospc",
            "disk is full",
            "not enough free space",
        ],
    ),
    Known(
        Quota,
        &["disk quota exceeded", "quota exceeded", "quotaexceeded", "storage quota", "over quota", "storagequotaexceeded", "edquot"],
    ),
    Known(ReadOnly, &["read-only file system", "the destination is read-only"]),
    Known(HostKey, &["host key verification failed", "ssh host key is unknown", "remote host identification has changed"]),
    Known(SshKey, &["permission denied (publickey", "too many authentication failures", "unable to authenticate, attempted methods"]),
    Known(ClockSkew, &["requesttimetooskewed", "difference between the request time and the current time is too large"]),
    Known(AccessKey, &["invalidaccesskeyid", "signaturedoesnotmatch", "access key id you provided does not exist", "invalid access key"]),
    Known(Bucket, &["nosuchbucket", "the specified bucket does not exist", "container does not exist", "containernotfound"]),
    Known(
        SignIn,
        &[
            "authentication failed",
            "unable to authenticate",
            "the destination refused the sign-in",
            "401 unauthorized",
            "login incorrect",
            "invalid credentials",
            "authenticationfailed",
        ],
    ),
    Known(CertificateEnded, &["certificate has expired", "certificate expired", "certificate is not yet valid", "expired certificate"]),
    Known(
        CertificateUnknown,
        &[
            "certificate signed by unknown authority",
            "x509:",
            "certificate verify failed",
            "self-signed certificate",
            "self signed certificate",
            "certificate is not accepted",
        ],
    ),
    Known(
        Name,
        &[
            "no such host",
            "name or service not known",
            "temporary failure in name resolution",
            "could not resolve host",
            "name can't be resolved",
            "getaddrinfo",
        ],
    ),
    Known(Refused, &["connection refused", "actively refused"]),
    Known(NoRoute, &["no route to host", "network is unreachable", "host is down", "the destination can't be reached"]),
    Known(
        TimedOut,
        &[
            "connection timed out",
            "i/o timeout",
            "operation timed out",
            "context deadline exceeded",
            "tls handshake timeout",
            "timed out waiting for",
        ],
    ),
    Known(
        Reset,
        &[
            "connection reset",
            "broken pipe",
            "closed by remote host",
            "connection was lost",
            "unexpected eof",
            "connection was aborted",
            "forcibly closed by the remote host",
        ],
    ),
    Known(RateLimit, &["429 too many requests", "503 slow down", "slowdown:"]),
    Known(Busy, &["503 service unavailable", "service unavailable", "500 internal server error", "502 bad gateway", "504 gateway time"]),
    // The machine itself.
    Known(NotInstalled, &["was not found (exit code 127)", "command not found", "executable file not found"]),
    Known(NotExecutable, &["could not be executed (exit code 126)"]),
    Known(OutOfMemory, &["killed (sigkill)", "out of memory", "cannot allocate memory", "oom-kill"]),
    Known(TookTooLong, &["failed: timed out", "timed out: no end was reported", "longest run time"]),
    Known(DiskFault, &["input/output error", "i/o device error", "[errno 5]", "data error (cyclic redundancy check)", "unreadable sector"]),
    Known(InUse, &["in use by another program", "being used by another process", "sharing violation", "locked by another process"]),
];

/// What a fault of the way to the destination is for an account, whose data lies at its provider.
pub const fn at_provider(fault: Fault) -> Fault {
    match fault {
        Reset | TimedOut | Busy | Refused | NoRoute | Name | CertificateEnded => SaasBusy,
        RateLimit => SaasThrottled,
        Denied | SignIn => SaasDenied,
        other => other,
    }
}

/// "Could not be read": of the sources, not of the destination.
static UNREADABLE: &[&str] = &[
    "could not be read",
    "could not read",
    "could not be backed up",
    "at least one source file could not be read",
    "failed to read all source data",
    "failed to open source object",
    "[errno 13]",
];
static GONE: &[&str] = &["no such file or directory", "does not exist, skipping", "the system cannot find the path"];
static DENIED: &[&str] = &[
    "permission denied",
    "access is denied",
    "access denied",
    "accessdenied",
    "operation not permitted",
    "403 forbidden",
    "no permission to write",
];

/// The fault that a text tells; none: nobody knows it. `of_sources`: the run named items that it could not read, so that what was refused
/// was refused by the machine that is backed up.
pub fn recognise(text: &str, of_sources: bool) -> Option<Fault> {
    let lower = text.to_lowercase();
    let has = |mark: &str| mark.split('+').all(|part| lower.contains(part));
    if let Some(Known(fault, _)) = KNOWN.iter().find(|Known(_, marks)| marks.iter().any(|mark| has(mark))) {
        return Some(*fault);
    }
    if of_sources && GONE.iter().any(|mark| has(mark)) {
        return Some(Fault::SourceGone);
    }
    let unread = UNREADABLE.iter().any(|mark| has(mark));
    if DENIED.iter().any(|mark| has(mark)) {
        return Some(if of_sources || unread { Fault::Unreadable } else { Fault::Denied });
    }
    unread.then_some(Fault::Unreadable)
}
