//! Real backups by the tools of this machine; a tool that is not installed is passed over.

use crate::double::{Mode, Portal, agent};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

fn installed(tool: &str) -> bool {
    Command::new(tool).arg("--help").output().is_ok()
}

struct Place {
    home: tempfile::TempDir,
    portal: Portal,
}

impl Place {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("src/deep")).unwrap();
        fs::write(home.path().join("src/a.txt"), vec![7u8; 200_000]).unwrap();
        fs::write(home.path().join("src/deep/b.txt"), "hello").unwrap();
        Self { home, portal: Portal::start(Mode::Well) }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    /// Runs the agent with `%` standing for the home; the last event.
    fn backup(&self, line: &str, password: &str) -> (Option<i32>, Value) {
        let line = line.replace('%', self.path().to_str().unwrap());
        let arguments: Vec<&str> = ["run", "--job", "j", "--"].into_iter().chain(line.split(' ')).collect();
        let out = self.command(&arguments, password).output().unwrap();
        (out.status.code(), self.portal.events().pop().unwrap())
    }

    fn command(&self, arguments: &[&str], password: &str) -> Command {
        let mut command = agent(self.path(), &self.portal.url, arguments);
        command
            .env("RESTIC_PASSWORD", password)
            .env("BORG_PASSPHRASE", password)
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("BORG_BASE_DIR", self.path().join("borg"));
        command
    }

    fn prepare(&self, line: &str) {
        let line = line.replace('%', self.path().to_str().unwrap());
        let mut words = line.split(' ');
        let out = Command::new(words.next().unwrap())
            .args(words)
            .env("HOME", self.path())
            .env("RESTIC_PASSWORD", "pw")
            .env("BORG_PASSPHRASE", "pw")
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("BORG_BASE_DIR", self.path().join("borg"))
            .output()
            .unwrap();
        assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn restic_succeeds_warns_and_fails() {
    if !installed("restic") {
        return;
    }
    let place = Place::new();
    place.prepare("restic -q -r %/r init");
    for json in ["--json", "--verbose"] {
        let (code, end) = place.backup(&format!("restic -r %/r backup {json} %/src"), "pw");
        assert_eq!(
            (code, &end["state"], &end["items"], &end["tool"]["name"]),
            (Some(0), &"succeeded".into(), &2.into(), &"restic".into()),
            "{end}"
        );
        assert!((199_000..=201_000).contains(&end["bytes"].as_i64().unwrap()), "{end}");
    }
    let (code, end) = place.backup("restic -r %/r backup --json %/src %/missing", "pw");
    assert_eq!((code, &end["state"]), (Some(0), &"warning".into()), "{end}");
    assert_eq!(end["failed_items"], serde_json::json!([format!("{}/missing", place.path().display())]));
    let (code, end) = place.backup("restic -r %/r backup --json %/src", "wrong");
    assert_eq!((code, &end["state"]), (Some(1), &"failed".into()));
    assert!(end["message"].as_str().unwrap().starts_with("restic: wrong password"), "{end}");
    assert!(!end.to_string().contains("hf_test"));
    let check = place.command(&["verify", "--", "restic", "-r", &format!("{}/r", place.path().display()), "check"], "pw").output().unwrap();
    assert_eq!(check.status.code(), Some(0));
    let test = place.portal.requests().into_iter().find(|r| r.path == "/api/v1/restore-tests").unwrap();
    assert!(test.body.contains("\"passed\"") && test.body.contains("no errors were found"), "{}", test.body);
}

#[test]
fn borg_succeeds_warns_and_fails() {
    if !installed("borg") {
        return;
    }
    let place = Place::new();
    place.prepare("borg init -e repokey %/br");
    let (code, end) = place.backup("borg --log-json create --progress --json %/br::one %/src", "pw");
    assert_eq!((code, &end["state"], &end["items"]), (Some(0), &"succeeded".into(), &2.into()), "{end}");
    assert!(end["bytes"].as_i64().unwrap() > 200_000);
    let (code, end) = place.backup("borg create --json %/br::two %/src %/missing", "pw");
    assert_eq!((code, &end["state"]), (Some(1), &"warning".into()), "{end}");
    assert_eq!(end["failed_items"], serde_json::json!([format!("{}/missing", place.path().display())]));
    let (code, end) = place.backup("borg create --json %/br::three %/src", "wrong");
    assert_eq!((code, &end["state"]), (Some(2), &"failed".into()));
    assert!(end["message"].as_str().unwrap().starts_with("borg: wrong passphrase"), "{end}");
    let (_, end) = place.backup("borg create %/none::x %/src", "pw");
    assert!(end["message"].as_str().unwrap().starts_with("borg: the repository does not exist"), "{end}");
}

#[test]
fn rclone_succeeds_with_figures() {
    if !installed("rclone") {
        return;
    }
    let place = Place::new();
    let (code, end) = place.backup("rclone sync --use-json-log --stats 1s %/src %/dst", "");
    assert_eq!((code, &end["state"]), (Some(0), &"succeeded".into()), "{end}");
    let (code, end) = place.backup("rclone sync %/nope %/dst", "");
    assert_eq!((code, &end["state"]), (Some(3), &"failed".into()), "{end}");
}
