//! A file that a running agent holds locked for as long as it lives. Left behind unlocked, it tells the next agent that
//! its owner was killed before the backup ended. The lock, not a process number, is the proof: the system takes it away
//! with the process, also after kill -9 or a power cut.

use crate::{clock, message::Event, spool::Spool};
use domain::{run::RunState, time::Time};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::PathBuf,
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

    /// Takes the marker away: the run's end is stored.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A run whose agent was killed; its file goes once its end is stored.
pub(crate) struct Orphan {
    pub(crate) end: Event,
    path: PathBuf,
    _lock: File,
}

impl Orphan {
    pub(crate) fn settled(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The runs whose agents were killed, each with the end to send: failed, at the time their agent was last alive.
pub(crate) fn orphans(spool: &Spool) -> Vec<Orphan> {
    let Ok(entries) = fs::read_dir(spool.runs()) else { return Vec::new() };
    let mut found: Vec<Orphan> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
            if path.extension().is_none_or(|e| e != "json") {
                // Half a marker of an agent that was killed at its very start.
                file.try_lock().ok()?;
                let _ = fs::remove_file(&path);
                return None;
            }
            file.try_lock().ok()?;
            let Ok(owner) = serde_json::from_slice::<Owner>(&fs::read(&path).ok()?) else {
                let _ = fs::remove_file(&path);
                return None;
            };
            let last_alive: Time = file.metadata().and_then(|m| m.modified()).map_or_else(|_| clock::now(), clock::of);
            let mut end = Event::plain(&owner.job, &owner.run, RunState::Failed, last_alive, owner.attempt.max(1));
            end.device = owner.device;
            end.message = Some("the agent was stopped before the backup ended".to_owned());
            Some(Orphan { end, path, _lock: file })
        })
        .collect();
    found.sort_by(|a, b| a.end.at.cmp(&b.end.at));
    found
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
            assert_eq!((orphan.end.job.as_str(), orphan.end.attempt, orphan.end.state), ("nightly", 3, RunState::Failed));
            orphan.settled();
        }
        assert!(orphans(&spool).is_empty());
        let marker = Marker::leave(&spool, "nightly", "x", None).unwrap();
        marker.remove();
        assert!(orphans(&spool).is_empty());
    }
}
