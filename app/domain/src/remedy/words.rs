//! What a known fault means, and what to do about it.

use super::{Case, marks::Fault};
use Fault::*;

/// The fault in a sentence. `{subject}` stands for the name of the machine or account.
const fn meaning(fault: Fault) -> &'static str {
    match fault {
        ResticLocked => "The repository is locked by another restic process, or by one that died and left its lock.",
        ResticPassword => "restic was given a password that opens no key of this repository.",
        ResticNoPassword => "restic was given no password.",
        ResticNoRepository => "restic finds no repository at the place it was given.",
        ResticNoSources => "None of the folders to back up exists on {subject}.",
        BorgLocked => "The repository is locked by another borg process, or by one that died and left its lock.",
        BorgPassphrase => "borg was given a passphrase that doesn't open this repository.",
        BorgNoPassphrase => "borg got no passphrase.",
        BorgNoRepository => "borg finds no repository at the place it was given.",
        BorgNotARepository => "The place that borg was given holds something, but no valid repository.",
        BorgConnection => "The SSH connection to the repository's host was closed, or borg doesn't start there.",
        BorgMoved => "borg meets this repository at a new place, and asks a person before it goes on.",
        BorgArchiveExists => "borg was told to make an archive under a name that is taken.",
        BorgQuota => "The quota that is set inside the borg repository is used up.",
        RepositoryDamaged => "The repository holds data that fails its integrity check.",
        RcloneRemote => "The remote that rclone was given is not in its configuration file.",
        RcloneFolder => "rclone doesn't find a folder that it was given.",
        RcloneLimit => "rclone stopped at the limit that it was given for one run.",
        RcloneToken => "rclone's authorization at the storage provider has ended.",
        RsyncPartial => "rsync copied a part only (code 23): some files could not be read or written.",
        RsyncVanished => "Files were deleted while rsync copied (code 24).",
        RsyncStream => "The connection ended in the middle, or rsync doesn't start on the other side.",
        PgBackRestStanza => "pgBackRest finds no stanza of that name in its repository.",
        PgBackRestArchive => "PostgreSQL's write-ahead log doesn't arrive in pgBackRest's repository.",
        PgBackRestLock => "Another pgBackRest command holds the lock of this stanza.",
        PgBackRestCluster => "pgBackRest reaches no PostgreSQL server that takes writes.",
        ShadowStorage => "Windows has too little shadow storage for the snapshot that the backup is taken from.",
        Shadow => "Windows could not make the snapshot (VSS) that the backup is taken from.",
        WindowsRpc => "{subject} doesn't answer to remote calls of the backup server.",
        WindowsLogon => "Windows refuses the account that the backup uses.",
        WindowsPath => "The network path of the source or the destination doesn't answer.",
        NoSpace => "No space is left where the backup writes: at the destination, or in a cache or temporary folder on {subject}.",
        Quota => "A storage quota is used up.",
        ReadOnly => "The file system that the backup writes to is mounted read-only, often after a disk fault.",
        HostKey => "The destination shows another SSH host key than the one that is known, or none is known yet.",
        SshKey => "The destination refuses the SSH key of {subject}.",
        AccessKey => "The object store doesn't accept the access key or its secret.",
        Bucket => "The bucket or container doesn't exist at the object store.",
        ClockSkew => "The clock of {subject} is wrong, so that the object store refuses its requests.",
        SignIn => "The destination refused the sign-in.",
        CertificateEnded => "The destination's TLS certificate has expired, or the clock of {subject} is wrong.",
        CertificateUnknown => "The destination's TLS certificate isn't trusted on {subject}.",
        Name => "The destination's name could not be resolved on {subject}.",
        Refused => "The destination's host is there, but nothing answers on that port.",
        NoRoute => "The destination can't be reached from {subject}.",
        TimedOut => "The destination didn't answer in time.",
        Reset => "The connection to the destination broke off.",
        Busy => "The destination answered that it can't serve now.",
        RateLimit => "The destination asks for fewer requests.",
        DiskFault => "{subject} reports read errors: a failing disk or controller, or a share that dropped out.",
        InUse => "Another program holds files open, so that they could not be read.",
        SourceGone => "Something that is to be backed up isn't there.",
        Unreadable => "Some source files could not be read.",
        Denied => "Access was refused to something that the backup reads or writes.",
        NotInstalled => "The backup program was not found on {subject}.",
        NotExecutable => "The backup program may not be executed by the account that starts it.",
        OutOfMemory => "The backup was killed, perhaps because {subject} ran out of memory.",
        TookTooLong => "The run passed the longest run time of its policy and was given up.",
        MailboxNotLicensed => "The mailbox isn't licensed any more, is inactive, or lies outside the service.",
        MailboxUnavailable => "The mailbox can't be opened for now: its store is being moved or repaired by the provider.",
        AccountGone => "The provider doesn't know this account any more.",
        SiteLocked => "The site is locked at the provider.",
        SaasThrottled => "The provider slows the backup down (throttling): too many requests in a short time.",
        SaasBusy => "The provider was busy, had a fault of its own, or the connection to it broke off.",
        SaasDenied => "The provider refuses access to this account's data.",
        ConsentRevoked => "The organization's consent to the backup doesn't hold any more.",
    }
}

/// What to do, in order.
const fn plan(fault: Fault) -> &'static [&'static str] {
    match fault {
        ResticLocked => &[
            "Check that no other backup, check or prune runs on this repository, from any machine.",
            "Then run `restic unlock`, which takes away stale locks only, and start the backup again.",
        ],
        ResticPassword => &[
            "Compare RESTIC_PASSWORD, RESTIC_PASSWORD_FILE or --password-file on {subject} with the password in your vault.",
            "Try it with `restic key list`. If the password was changed on purpose, older keys may be gone: keep the repository until a restore works.",
        ],
        ResticNoPassword => &["Set RESTIC_PASSWORD_FILE or --password-file for the job, readable by the account that runs it."],
        ResticNoRepository => &[
            "Check RESTIC_REPOSITORY or -r, and whether the destination is mounted and reachable.",
            "If the repository was there before, find out where it went before anything new is made. Only for a new place: `restic init`.",
        ],
        ResticNoSources => &[
            "Check the paths of the job, and whether the disk or share that holds them is mounted.",
            "Start the backup again, and compare its size with the one before.",
        ],
        BorgLocked => &[
            "Check that no other borg process works on this repository, from any machine.",
            "Then run `borg break-lock` and start the backup again.",
        ],
        BorgPassphrase => &[
            "Compare BORG_PASSPHRASE, BORG_PASSCOMMAND or the configuration's encryption_passphrase on {subject} with your vault.",
            "Try it with `borg list`. With a key file, check that it is still at its place as well.",
        ],
        BorgNoPassphrase => &["Set BORG_PASSPHRASE or BORG_PASSCOMMAND for the account that runs the backup, and start it by hand once."],
        BorgNoRepository => &[
            "Check BORG_REPO, and whether the destination is mounted and reachable.",
            "If the repository was there before, find out where it went before anything new is made. Only for a new place: `borg init`.",
        ],
        BorgNotARepository => &["Check BORG_REPO: a folder above or below the repository is a usual mistake.", "Try it with `borg info`."],
        BorgConnection => &[
            "From {subject}, as the account that runs the backup: sign in to the repository's host with SSH, and start `borg --version` there.",
            "If it is closed at once, look at authorized_keys and the log of sshd on that host.",
        ],
        BorgMoved => &[
            "If the repository was moved on purpose, run `borg list` once by hand and confirm. If not, treat it as foreign and find out why.",
        ],
        BorgArchiveExists => &["Put {now} into the archive's name, or check whether the job was started twice."],
        BorgQuota => &["Run `borg prune` and `borg compact`, or raise the quota with `borg config REPO storage_quota`."],
        RepositoryDamaged => &[
            "Don't prune. Check the destination's disks first, then run `{check}`.",
            "Begin a second copy of the data now, and make a restore test: backups in this repository may not be usable.",
        ],
        RcloneRemote => &[
            "Check the name of the remote, and that RCLONE_CONFIG points to the configuration of the account that runs the backup.",
            "`rclone listremotes` shows what it knows.",
        ],
        RcloneFolder => &["Check both paths of the job, and whether they are mounted."],
        RcloneLimit => &["Raise --max-transfer or --max-duration, or let the job run more often, so that it gets through."],
        RcloneToken => &["Authorize the remote again on {subject}: `rclone config reconnect REMOTE:`.", "Start the backup again."],
        RsyncPartial => {
            &["Look at the files that failed: rights, files in use, or a full destination are usual.", "Start the backup again."]
        }
        RsyncVanished => &["If these files come and go (mail queues, caches), exclude them. Otherwise take the copy from a snapshot."],
        RsyncStream => &[
            "From {subject}, sign in to the destination with SSH and start `rsync --version` there.",
            "If it breaks off after some time, look at the network and at the destination's memory and disk.",
        ],
        PgBackRestStanza => &[
            "Check --stanza and repo1-path on {subject}.",
            "For a new cluster or after an upgrade: `pgbackrest stanza-create` or `stanza-upgrade`, then `pgbackrest check`.",
        ],
        PgBackRestArchive => &[
            "Run `pgbackrest check` on {subject}, and read PostgreSQL's log for its archive_command.",
            "See that the disk with pg_wal doesn't fill up meanwhile.",
        ],
        PgBackRestLock => &[
            "See with `pgbackrest info` and the process list whether a backup still runs; wait for it, or end it.",
            "Start the backup again.",
        ],
        PgBackRestCluster => &["Check that PostgreSQL runs, and pg1-path, pg1-host and the port in pgBackRest's configuration."],
        ShadowStorage => &[
            "On {subject}, look at `vssadmin list shadowstorage`, and raise the limit or free space on the volume.",
            "Start the backup again.",
        ],
        Shadow => &[
            "On {subject}, look at `vssadmin list writers`: restart the service of a writer that isn't stable, or the machine.",
            "Read the Application log for VSS and volsnap, then start the backup again.",
        ],
        WindowsRpc => &[
            "Check that {subject} is on, and that its firewall lets the backup server through (RPC, administrative shares).",
            "Restart the backup agent's service there.",
        ],
        WindowsLogon => &[
            "Check the account's password, and whether it is locked or has expired.",
            "Put the new password into the backup's stored credentials.",
        ],
        WindowsPath => &[
            "From {subject}, open the share with the account of the backup.",
            "Check the file server and the network, then start the backup again.",
        ],
        NoSpace => &[
            "See which disk is full: the destination's, or the one with the cache and temporary folder on {subject}.",
            "Prune by the retention rules or add space. Don't delete files of a repository by hand.",
            "Start the backup again.",
        ],
        Quota => &[
            "See whose quota it is: at the destination, of the account, or in the repository.",
            "Raise it, or prune by the retention rules, and start the backup again.",
        ],
        ReadOnly => &[
            "Look at the kernel's log for disk errors before mounting it for writing again.",
            "If the disk is failing, replace it; the backups on it may be damaged.",
        ],
        HostKey => &[
            "Find out whether the host was set up anew. If nobody knows of it, don't accept the key.",
            "If it was, replace the key in known_hosts of the account that runs the backup.",
        ],
        SshKey => &[
            "Check that the public key of the account that runs the backup is in the destination's authorized_keys.",
            "Try the sign-in by hand from {subject}.",
        ],
        AccessKey => &[
            "Compare the access key and its secret with those at the object store; they may have been renewed.",
            "Check the rights of the key on the bucket, then start the backup again.",
        ],
        Bucket => &[
            "Check the name of the bucket, its region and the account.",
            "If it was there before, find out who deleted it before making a new one.",
        ],
        ClockSkew => &["Set up time synchronization on {subject}, and start the backup again."],
        SignIn => &[
            "Check the user name and the password or key that the job uses; they may have been renewed.",
            "Try the sign-in by hand from {subject}.",
        ],
        CertificateEnded => {
            &["Check the clock of {subject} first.", "Then renew the certificate at the destination, and start the backup again."]
        }
        CertificateUnknown => &[
            "See who issued the certificate. If it is your own authority, install its root on {subject}.",
            "If nobody knows it, something may stand between: don't switch the check off.",
        ],
        Name => &["Check the address in the job, and resolve it by hand on {subject}.", "Check the machine's DNS servers and its network."],
        Refused => &[
            "Check that the service runs at the destination, and its port.",
            "A firewall that rejects looks the same: try the connection from {subject}.",
        ],
        NoRoute => &[
            "Check that the destination is up, and the network, VPN and firewall between it and {subject}.",
            "Start the backup again when it answers.",
        ],
        TimedOut => &[
            "Check that the destination is up and not overloaded, and the firewall between.",
            "If it answers by hand, start the backup again.",
        ],
        Reset => &[
            "One break is usual on poor lines: start the backup again.",
            "If it breaks off each time, look at VPN, firewall time-outs and the destination's log.",
        ],
        Busy => &[
            "Check the destination's state or its provider's status page.",
            "Start the backup again when it answers; if others fail too, it isn't this machine.",
        ],
        RateLimit => &["Spread the jobs over more hours, or lower the number of connections (for restic `-o s3.connections=2`)."],
        DiskFault => &[
            "Check the disk's health (SMART, event log) and that of the array before anything else.",
            "Restore what could not be read from the last good backup, to another disk.",
        ],
        InUse => &[
            "Take the backup from a snapshot (VSS on Windows), or when the program is closed.",
            "Exclude files that needn't be kept, such as caches and lock files.",
        ],
        SourceGone => &[
            "Check the paths of the job, and whether the disk or share that holds them is mounted.",
            "If it was deleted on purpose, take it out of the job.",
        ],
        Unreadable => &[
            "Give the account that runs the backup the right to read the files named, or run it as administrator.",
            "Exclude what needn't be kept.",
        ],
        Denied => &[
            "See in the log's end what was refused: a source file, or the destination.",
            "Give the account that runs the backup the right, and start it again.",
        ],
        NotInstalled => &["Install it, or put its full path into the job; PATH is shorter in scheduled jobs than in a shell."],
        NotExecutable => &["Check the program's rights, and that its file system isn't mounted noexec."],
        OutOfMemory => {
            &["Look for `Out of memory` in the kernel's log on {subject}.", "Give it more memory, split the job, or lower its concurrency."]
        }
        TookTooLong => &[
            "See whether it still runs on {subject}. If it hangs, end it, clear its lock, and start it again.",
            "If it is only slow, raise the longest run time in the policy, or split the job.",
        ],
        MailboxNotLicensed => &[
            "Check the account's licence at the provider. If the person has left, deactivate the account here and keep its backups.",
            "If it was given a new mailbox, discover the accounts again.",
        ],
        MailboxUnavailable => &[
            "Wait: such moves end by themselves, and the backup is tried again.",
            "If it lasts for more than a day, open the mailbox yourself and ask the provider.",
        ],
        AccountGone => &[
            "Ask the organization whether the account was deleted. If so, deactivate it here; its backups stay.",
            "If not, discover the accounts again.",
        ],
        SiteLocked => &["Ask the organization's administrator to unlock the site, or to exclude it from the backup if it is archived."],
        SaasThrottled => &[
            "Nothing has to be done for one run: what is left comes with the next.",
            "If it happens each day, move the backup to the night, or spread the accounts over more hours.",
        ],
        SaasBusy => &["Look at the provider's service health. It is tried again by itself."],
        SaasDenied => &[
            "Check that the application still has its rights and that no access rule keeps it out of this account.",
            "Give consent again in the organization's features if rights are missing.",
        ],
        ConsentRevoked => &["Ask an administrator of the organization to give consent again, in its features."],
    }
}

/// Tools by the beginning of their names, and how each checks a repository.
fn check_of(tool: Option<&str>) -> &'static str {
    match tool.unwrap_or_default() {
        t if t.starts_with("borg") => "borg check",
        t if t.starts_with("rclone") => "rclone check",
        t if t.starts_with("pgbackrest") => "pgbackrest verify",
        _ => "restic check",
    }
}

fn filled(text: &str, case: &Case<'_>) -> String {
    text.replace("{subject}", case.subject).replace("{check}", check_of(case.tool))
}

/// The fault in a sentence.
pub(super) fn cause(fault: Fault, case: &Case<'_>) -> String {
    filled(meaning(fault), case)
}

/// What to do, in order.
pub(super) fn steps(fault: Fault, case: &Case<'_>) -> Vec<String> {
    plan(fault).iter().map(|step| filled(step, case)).collect()
}
