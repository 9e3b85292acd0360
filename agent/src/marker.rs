//! A file that a running agent holds locked for as long as it lives. Left behind unlocked, it tells the next agent that
//! its owner was killed before the backup ended. The lock, not a process number, is the proof: the system takes it away
//! with the process, also after kill -9 or a power cut. The run's end is laid beside the marker before it is spooled: an
//! agent killed in between has the same end told again, not a failure.

use crate::{clock, message::Event, spool::Spool};
use domain::{run::RunState, time::Time};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Owner {
    job: String,
    run: String,
    #[serde(default)]
    device: Option<String>,
    attempt: u16,
}

pub(crate) struct Marker {
    file: File,
    path: PathBuf,
    owner: Owner,
}

impl Marker {
    /// Marks a run as going on.
    pub(crate) fn leave(spool: &Spool, job: &str, run: &str, device: Option<String>) -> io::Result<Self> {
        let owner = Owner { job: job.to_owned(), run: run.to_owned(), device, attempt: 1 };
        let path = spool.runs().join(format!("{}.json", run.replace([':', '/'], ".")));
        let temporary = path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(&serde_json::to_vec(&owner)?)?;
        // Locked before it has its name: nobody ever sees it unlocked while we live.
        file.try_lock().map_err(|_| io::Error::other("the file system has no locks"))?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        Ok(Self { file, path, owner })
    }

    /// Notes that the run is in its nth attempt.
    pub(crate) fn attempt(&mut self, attempt: u16) {
        self.owner.attempt = attempt;
        if let Ok(text) = serde_json::to_vec(&self.owner) {
            let _ = self.file.write_all_at(&text, 0);
        }
    }

    /// Notes that we were alive just now.
    pub(crate) fn alive(&self) {
        let _ = self.file.set_modified(SystemTime::now());
    }

    /// Lays the run's end beside the marker.
    pub(crate) fn end(&self, json: &[u8]) {
        let temporary = self.path.with_extension("new");
        let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).and_then(|mut file| {
            file.write_all(json)?;
            file.sync_all()
        });
        if written.is_ok() {
            let _ = fs::rename(&temporary, end_of(&self.path));
        }
    }

    /// Takes the marker away: the run's end is stored.
    pub(crate) fn remove(self) {
        forget(&self.path);
    }
}

fn end_of(marker: &Path) -> PathBuf {
    marker.with_extension("end")
}

/// The marker first: an end without a marker means nothing.
fn forget(marker: &Path) {
    let _ = fs::remove_file(marker);
    let _ = fs::remove_file(end_of(marker));
}

/// A run whose agent was killed; its file goes once its end is stored.
pub(crate) struct Orphan {
    /// The event that ends it, as JSON.
    pub(crate) end: Vec<u8>,
    last_alive: Time,
    path: PathBuf,
    _lock: File,
}

impl Orphan {
    pub(crate) fn settled(self) {
        forget(&self.path);
    }
}

/// The runs whose agents were killed, each with the end to send: its own if it had come so far, else failed at the time
/// its agent was last alive.
pub(crate) fn orphans(spool: &Spool) -> Vec<Orphan> {
    let Ok(entries) = fs::read_dir(spool.runs()) else { return Vec::new() };
    let mut found: Vec<Orphan> = entries.filter_map(|entry| orphan(&entry.ok()?.path())).collect();
    found.sort_by_key(|orphan| orphan.last_alive);
    found
}

fn orphan(path: &Path) -> Option<Orphan> {
    let is = |extension| path.extension().is_some_and(|e| e == extension);
    if is("end") {
        if !path.with_extension("json").exists() {
            let _ = fs::remove_file(path);
        }
        return None;
    }
    let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    if !is("json") {
        // What an agent had half written when it was killed; those of the living are younger.
        let old = file.metadata().and_then(|m| m.modified()).is_ok_and(|t| t.elapsed().is_ok_and(|age| age.as_secs() > 60));
        if old && file.try_lock().is_ok() {
            let _ = fs::remove_file(path);
        }
        return None;
    }
    file.try_lock().ok()?;
    let Ok(owner) = serde_json::from_slice::<Owner>(&fs::read(path).ok()?) else {
        forget(path);
        return None;
    };
    let last_alive: Time = file.metadata().and_then(|m| m.modified()).map_or_else(|_| clock::now(), clock::of);
    let own = fs::read(end_of(path)).ok().filter(|json| serde_json::from_slice::<serde_json::Value>(json).is_ok_and(|v| v.is_object()));
    let end = own.or_else(|| {
        let mut end = Event::plain(&owner.job, &owner.run, RunState::Failed, last_alive, owner.attempt.max(1));
        end.device.clone_from(&owner.device);
        end.message = Some("the agent was stopped before the backup ended".to_owned());
        serde_json::to_vec(&end).ok()
    })?;
    Some(Orphan { end, last_alive, path: path.to_path_buf(), _lock: file })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_marker_is_an_orphan_only_when_its_owner_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let mut marker = Marker::leave(&spool, "nightly", "2026-11-20T22:00:00.000Z-1", None).unwrap();
        marker.attempt(3);
        assert!(orphans(&spool).is_empty());
        drop(marker);
        let found = orphans(&spool);
        assert_eq!(found.len(), 1);
        for orphan in found {
            let end: serde_json::Value = serde_json::from_slice(&orphan.end).unwrap();
            assert_eq!((&end["job"], &end["attempt"], &end["state"]), (&"nightly".into(), &3.into(), &"failed".into()));
            orphan.settled();
        }
        assert!(orphans(&spool).is_empty());
        let marker = Marker::leave(&spool, "nightly", "x", None).unwrap();
        marker.remove();
        assert!(orphans(&spool).is_empty());
    }

    #[test]
    fn an_agent_killed_after_its_end_has_that_end_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let marker = Marker::leave(&spool, "nightly", "x", None).unwrap();
        marker.end(b"{\"state\":\"succeeded\"}");
        assert!(orphans(&spool).is_empty(), "its owner lives");
        drop(marker);
        let found = orphans(&spool);
        assert_eq!(found.iter().map(|o| o.end.as_slice()).collect::<Vec<_>>(), [b"{\"state\":\"succeeded\"}"]);
        found.into_iter().for_each(Orphan::settled);
        assert_eq!(fs::read_dir(spool.runs()).unwrap().count(), 0);
    }
}
