//! What waits for the portal: a folder with one file per message, durable before it counts, in order by name, shared by
//! all agents of the machine through locks. Limited in number and size; ends of runs are never given up.

use crate::clock;
use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Most messages that wait.
const MAX_FILES: usize = 10_000;
/// Most bytes that wait.
const MAX_BYTES: u64 = 64 << 20;
/// Rejected messages that are kept to be looked at.
const MAX_REJECTED: usize = 200;

/// What a message is, as the last letter of its file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Progress of an open run: worthless once a later one is there.
    Progress,
    /// A run began, or is tried again.
    Open,
    /// A run ended.
    End,
    CheckIn,
    RestoreTest,
}

impl Kind {
    const fn letter(self) -> char {
        match self {
            Self::Progress => 'p',
            Self::Open => 'o',
            Self::End => 'e',
            Self::CheckIn => 'c',
            Self::RestoreTest => 't',
        }
    }

    const fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'p' => Self::Progress,
            'o' => Self::Open,
            'e' => Self::End,
            'c' => Self::CheckIn,
            't' => Self::RestoreTest,
            _ => return None,
        })
    }

    pub(crate) const fn is_event(self) -> bool {
        matches!(self, Self::Progress | Self::Open | Self::End)
    }
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

pub(crate) struct Spool {
    folder: PathBuf,
}

/// Held while messages are delivered, by one agent at a time.
pub(crate) struct Delivery {
    _lock: Option<File>,
}

impl Spool {
    /// Opens the spool, making its folders.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        for part in [folder.to_path_buf(), folder.join("queue"), folder.join("rejected"), folder.join("runs")] {
            match fs::DirBuilder::new().mode(0o700).recursive(true).create(&part) {
                Err(error) if !part.is_dir() => return Err(error),
                _ => {}
            }
        }
        Ok(Self { folder: folder.to_path_buf() })
    }

    fn queue(&self) -> PathBuf {
        self.folder.join("queue")
    }

    /// Where running agents leave their markers.
    pub(crate) fn runs(&self) -> PathBuf {
        self.folder.join("runs")
    }

    /// Stores a message for good; its file's name. Makes room first where the limits ask for it.
    pub(crate) fn append(&self, kind: Kind, json: &[u8]) -> io::Result<String> {
        let _lock = self.lock("append.lock");
        let waiting = self.waiting()?;
        self.make_room(&waiting, json.len() as u64);
        let last = waiting.last().and_then(|w| w.name.get(..20)?.parse::<u64>().ok()).unwrap_or(0);
        let now = u64::try_from(clock::now().0).unwrap_or(0).saturating_mul(1000);
        let name = format!("{:020}-{}", now.max(last.saturating_add(1)), kind.letter());
        let temporary = self.queue().join(format!(".{name}.new"));
        let written = self.write(&temporary, json).and_then(|()| fs::rename(&temporary, self.queue().join(&name)));
        if let Err(error) = written {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        File::open(self.queue())?.sync_all()?;
        Ok(name)
    }

    fn write(&self, path: &Path, json: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(json)?;
        file.sync_all()
    }

    fn make_room(&self, waiting: &[Waiting], more: u64) {
        let mut bytes = more;
        let sized: Vec<(&Waiting, u64)> = waiting
            .iter()
            .map(|w| {
                let size = fs::metadata(self.queue().join(&w.name)).map_or(0, |m| m.len());
                bytes += size;
                (w, size)
            })
            .collect();
        let mut count = sized.len() + 1;
        for dispensable in [Kind::Progress, Kind::CheckIn, Kind::Open] {
            for (w, size) in sized.iter().filter(|(w, _)| w.kind == dispensable) {
                if count <= MAX_FILES && bytes <= MAX_BYTES {
                    return;
                }
                self.remove(&w.name);
                count -= 1;
                bytes -= size;
            }
        }
    }

    /// All that waits, oldest first.
    pub(crate) fn waiting(&self) -> io::Result<Vec<Waiting>> {
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(self.queue())? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.insert(name);
            }
        }
        let waiting = names.into_iter().filter_map(|name| {
            let (number, letter) = name.split_once('-')?;
            let kind = (number.len() == 20 && letter.len() == 1).then(|| letter.chars().next().and_then(Kind::of)).flatten()?;
            Some(Waiting { name, kind })
        });
        Ok(waiting.collect())
    }

    /// A message; `None` when somebody has taken it away.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.queue().join(name)).ok()
    }

    pub(crate) fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.queue().join(name));
    }

    /// Puts a message aside that the portal will never take, with the reason.
    pub(crate) fn reject(&self, name: &str, reason: &str) {
        let aside = self.folder.join("rejected");
        if fs::rename(self.queue().join(name), aside.join(name)).is_err() {
            // In the way of everything behind it otherwise.
            self.remove(name);
            return;
        }
        let _ = fs::write(aside.join(format!("{name}.reason")), format!("{reason}\n"));
        let Ok(entries) = fs::read_dir(&aside) else { return };
        let names: BTreeSet<_> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
        for old in names.iter().take(names.len().saturating_sub(2 * MAX_REJECTED)) {
            let _ = fs::remove_file(aside.join(old));
        }
    }

    /// How many messages were put aside.
    pub(crate) fn rejected(&self) -> usize {
        fs::read_dir(self.folder.join("rejected")).map_or(0, |entries| {
            entries.filter(|e| e.as_ref().is_ok_and(|e| !e.file_name().to_string_lossy().ends_with(".reason"))).count()
        })
    }

    /// The right to deliver; `None` while another agent has it.
    pub(crate) fn deliver(&self) -> Option<Delivery> {
        let file = match self.open_lock("deliver.lock") {
            Ok(file) => file,
            Err(_) => return Some(Delivery { _lock: None }),
        };
        match file.try_lock() {
            Ok(()) => Some(Delivery { _lock: Some(file) }),
            Err(fs::TryLockError::WouldBlock) => None,
            // A file system without locks: second copies are harmless.
            Err(fs::TryLockError::Error(_)) => Some(Delivery { _lock: None }),
        }
    }

    /// Remembers that something was delivered just now.
    pub(crate) fn delivered(&self) {
        let _ = fs::write(self.folder.join("delivered"), clock::text(clock::now()));
    }

    /// When something was last delivered.
    pub(crate) fn last_delivery(&self) -> Option<String> {
        fs::read_to_string(self.folder.join("delivered")).ok()
    }

    /// Bytes that wait.
    pub(crate) fn size(&self) -> u64 {
        self.waiting().unwrap_or_default().iter().filter_map(|w| fs::metadata(self.queue().join(&w.name)).ok()).map(|m| m.len()).sum()
    }

    fn open_lock(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(self.folder.join(name))
    }

    fn lock(&self, name: &str) -> Option<File> {
        let file = self.open_lock(name).ok()?;
        file.lock().ok()?;
        Some(file)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn messages_wait_in_order_and_half_written_ones_are_not_seen() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        for n in 0..20 {
            spool.append(if n % 2 == 0 { Kind::Open } else { Kind::End }, format!("{n}").as_bytes()).unwrap();
        }
        fs::write(folder.path().join("queue/.00000000000000000001-e.new"), "half").unwrap();
        fs::write(folder.path().join("queue/README"), "x").unwrap();
        let waiting = spool.waiting().unwrap();
        let texts: Vec<String> = waiting.iter().map(|w| String::from_utf8(spool.read(&w.name).unwrap()).unwrap()).collect();
        assert_eq!(texts, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn many_agents_at_once_lose_and_double_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let spool = Spool::open(folder.path()).unwrap();
                    for _ in 0..25 {
                        spool.append(Kind::End, b"{}").unwrap();
                    }
                });
            }
        });
        assert_eq!(Spool::open(folder.path()).unwrap().waiting().unwrap().len(), 100);
    }

    #[test]
    fn progress_goes_first_and_ends_never() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        for n in 0..MAX_FILES as u64 {
            let letter = ['e', 'p', 'o'][(n % 3) as usize];
            fs::write(folder.path().join(format!("queue/{n:020}-{letter}")), "{}").unwrap();
        }
        let ends = |spool: &Spool| spool.waiting().unwrap().iter().filter(|w| w.kind == Kind::End).count();
        let before = ends(&spool);
        spool.append(Kind::End, b"{}").unwrap();
        let waiting = spool.waiting().unwrap();
        assert_eq!(waiting.len(), MAX_FILES);
        assert_eq!(ends(&spool), before + 1);
        assert!(!waiting.iter().any(|w| w.name.starts_with("00000000000000000001-")), "the oldest progress is gone");
        let big = vec![b' '; MAX_BYTES as usize];
        spool.append(Kind::End, &big).unwrap();
        assert_eq!(spool.waiting().unwrap().len(), before + 2, "only ends are left");
    }

    #[test]
    fn one_agent_delivers_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (Spool::open(folder.path()).unwrap(), Spool::open(folder.path()).unwrap());
        let right = a.deliver();
        assert!(right.is_some() && b.deliver().is_none());
        drop(right);
        assert!(b.deliver().is_some());
    }
}
