#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::{consent::Cause, ids::JobId, saas::Service, time::Time};

const FAILING: Reason = Reason::Failing { job: JobId(1), failures: 2, since: Time(0) };

fn case<'a>(kind: AlertKind, tool: &'a str, message: Option<&'a str>) -> Case<'a> {
    Case { kind, reason: &FAILING, subject: "fs-01", is_account: false, tool: Some(tool), message, log: None, has_failed_items: false }
}

#[test]
fn a_locked_repository_is_told_with_the_command_that_unlocks_it() {
    let said = "restic failed: unable to create lock in backend: repository is already locked exclusively";
    let remedy = remedy(&case(AlertKind::JobFailed, "restic", Some(said)));
    assert_eq!(remedy.cause.unwrap(), "The repository is locked by another restic process, or by one that died and left its lock.");
    assert!(remedy.steps[0].starts_with("Check that no other backup") && remedy.steps[1].contains("`restic unlock`"));
    assert_eq!(remedy.told_by.unwrap(), said);
}

#[test]
fn the_lock_of_borg_is_not_taken_for_that_of_restic() {
    assert_eq!(recognise("Failed to create/acquire the lock /srv/repo/lock.exclusive (timeout).", false), Some(Fault::BorgLocked));
    assert_eq!(recognise("repo already locked, waiting up to 10m0s for the lock", false), Some(Fault::ResticLocked));
    assert_eq!(
        recognise("P00  ERROR: [050]: unable to acquire lock on file '/tmp/pgbackrest/main-backup-1.lock'", false),
        Some(Fault::PgBackRestLock)
    );
}

#[test]
fn what_nobody_knows_is_repeated_and_nothing_is_claimed() {
    let remedy = remedy(&case(AlertKind::JobFailed, "mytool", Some("E4711: flux capacitor misaligned\nsecond line")));
    assert_eq!((remedy.cause, remedy.told_by), (None, None));
    assert_eq!(remedy.steps[0], "Find out what “E4711: flux capacitor misaligned” means, with the end of the run's log.");
    let long = "x".repeat(4_000);
    let remedy = super::remedy(&case(AlertKind::JobFailed, "mytool", Some(&long)));
    assert!(remedy.steps[0].chars().count() < 400 && remedy.steps[0].contains('…'));
}

#[test]
fn the_end_of_the_log_tells_when_the_message_does_not_and_its_last_known_line_counts() {
    let log = "connection refused, trying again\nconnected\nerror: write /mnt/b: No space left on device\nexit code 1";
    let case = Case { log: Some(log), ..case(AlertKind::JobFailed, "mytool", Some("the command ended with exit code 1")) };
    let remedy = remedy(&case);
    assert!(remedy.cause.unwrap().starts_with("No space is left"));
    assert_eq!(remedy.told_by.unwrap(), "error: write /mnt/b: No space left on device");
}

#[test]
fn what_the_source_refuses_is_told_apart_from_what_the_destination_refuses() {
    assert_eq!(recognise("mkdir /mnt/backup: permission denied", false), Some(Fault::Denied));
    assert_eq!(recognise("restic could not read 2 files (permission denied); the rest is saved", true), Some(Fault::Unreadable));
    assert_eq!(recognise("failed to open source object: open /srv/b.txt: permission denied", false), Some(Fault::Unreadable));
    assert_eq!(recognise("git@host: Permission denied (publickey).", false), Some(Fault::SshKey));
}

#[test]
fn a_broken_connection_of_an_account_is_the_providers_not_some_machines() {
    let said = Some("Calendar failed: the connection was lost while items were read");
    let of = |is_account| remedy(&Case { is_account, ..case(AlertKind::JobFailed, "graph-backup", said) }).cause.unwrap();
    assert!(of(true).starts_with("The provider") && of(false).starts_with("The connection"));
}

#[test]
fn a_kind_that_no_run_explains_is_not_explained_by_one() {
    let remedy = remedy(&case(AlertKind::StorageQuota, "restic", Some("wrong password or no key found")));
    assert_eq!(remedy.cause, None);
}

#[test]
fn consent_that_is_gone_is_told_by_what_the_provider_said() {
    let reason = Reason::ConsentGone { service: Service::Microsoft365, cause: Cause::SecondFactor, since: Time(0) };
    let remedy = remedy(&Case { reason: &reason, ..case(AlertKind::ConsentExpired, "", None) });
    assert_eq!(remedy.cause.as_deref(), Some(Cause::SecondFactor.told()));
    assert_eq!(remedy.steps[0], Cause::SecondFactor.advice());
}

#[test]
fn every_kind_has_steps_and_the_steps_name_the_machine_not_a_placeholder() {
    for kind in AlertKind::ALL {
        for message in [None, Some("what?")] {
            let remedy = remedy(&case(*kind, "restic", message));
            assert!(!remedy.steps.is_empty());
            assert!(remedy.steps.iter().all(|s| s.ends_with('.') && !s.contains('{')), "{kind}: {:?}", remedy.steps);
        }
    }
}
