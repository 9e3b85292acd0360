//! Stores for tests: a fresh SQLite file, or a fresh database of a private PostgreSQL cluster that the test process starts.
//!
//! Only with the feature `test-support`. The cluster is started once in a process, listens on a socket in its own folder, and ends with
//! the process, however that ends: a shell beside it waits for a pipe to close. Missing binaries fail the test; nothing is skipped.

#![expect(clippy::expect_used, reason = "support of tests: a failure here is a failed test")]

use crate::store::{Store, StoreUrl};
use sea_orm::{ConnectionTrait, Database};
use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of the private cluster.
    Postgres,
}

/// An empty store with the schema, gone when the test ends.
#[derive(Debug)]
pub struct Fresh {
    /// The open store.
    pub store: Store,
    /// Where it is: for a second process on the same data.
    pub url: StoreUrl,
    /// Which database.
    pub kind: Kind,
    _folder: Option<TempDir>,
}

/// Where an empty database is, without opening it. Keep the folder as long as it is used.
pub async fn empty(kind: Kind) -> (StoreUrl, Option<TempDir>) {
    match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            (StoreUrl::Sqlite(folder.path().join("holdfast.db")), Some(folder))
        }
        Kind::Postgres => (StoreUrl::Postgres(cluster().database().await), None),
    }
}

/// A fresh store.
pub async fn fresh(kind: Kind) -> Fresh {
    let (url, folder) = empty(kind).await;
    let store = Store::open(&url).await.expect("the store opens");
    Fresh { store, url, kind, _folder: folder }
}

/// A private PostgreSQL cluster.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    databases: AtomicU32,
    turn: tokio::sync::Mutex<()>,
    _keeper: Child,
}

/// The cluster of this process; the first call starts it.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

impl Cluster {
    fn start() -> Self {
        let binaries = binaries();
        let folder = tempfile::Builder::new().prefix("holdfast-pg-").tempdir().expect("a temporary folder").keep();
        let (uid, user) = owner();
        chown(&folder, Some(uid), None).expect("the cluster's folder gets its owner");
        let data = folder.join("data");
        let made = command(user.as_deref(), &binaries.join("initdb"))
            .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data)
            .current_dir(&folder)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let keeper = keep(user.as_deref(), &binaries, &folder, &data);
        let socket = folder.join(".s.PGSQL.5432");
        let patience = Instant::now() + Duration::from_secs(60);
        while !answers(&binaries, user.as_deref(), &folder) {
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < patience, "PostgreSQL did not come up at {}: {}", socket.display(), log());
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { folder, databases: AtomicU32::new(0), turn: tokio::sync::Mutex::new(()), _keeper: keeper }
    }

    /// The URL of a database of this cluster.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }

    /// Makes an empty database; its URL.
    pub async fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let _turn = self.turn.lock().await;
        let admin = Database::connect(self.url("postgres")).await.expect("the cluster answers");
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database is made");
        admin.close().await.expect("the connection closes");
        self.url(&name)
    }
}

/// The newest installed PostgreSQL.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.parent().and_then(Path::file_name).and_then(|n| n.to_str()?.parse::<u32>().ok());
    let found = versions.map(|v| v.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max_by_key(|bin| version(bin));
    found.expect("these tests need PostgreSQL's server binaries (Debian: apt-get install postgresql); none in /usr/lib/postgresql/*/bin")
}

/// Whose the cluster is: ours, but PostgreSQL refuses root, so then the user `postgres`.
fn owner() -> (u32, Option<String>) {
    let id = |of: &[&str]| -> u32 {
        let told = Command::new("id").arg("-u").args(of).output().expect("id runs");
        let told = String::from_utf8_lossy(&told.stdout);
        told.trim().parse().expect("as root these tests need a user `postgres`, which Debian's postgresql makes")
    };
    match id(&[]) {
        0 => (id(&["postgres"]), Some("postgres".to_owned())),
        own => (own, None),
    }
}

fn command(user: Option<&str>, program: &Path) -> Command {
    match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups", "--"]).arg(program);
            command
        }
    }
}

/// Starts the server beside a shell that ends it, and removes its folder, when our end of its standard input closes.
fn keep(user: Option<&str>, binaries: &Path, folder: &Path, data: &Path) -> Child {
    const KEEPER: &str = r#"folder="$1"; shift
"$@" >"$folder/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder""#;
    let server = command(user, &binaries.join("postgres"));
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(folder).arg(server.get_program()).args(server.get_args());
    keeper.arg("-D").arg(data).arg("-k").arg(folder);
    // Tests kill servers of ours, not this one: it needn't survive a power cut.
    // Measurements want what an operator has: HOLDFAST_TEST_FSYNC=on.
    let durable = std::env::var("HOLDFAST_TEST_FSYNC").is_ok_and(|value| value == "on");
    let (fsync, pages) = if durable { ("fsync=on", "full_page_writes=on") } else { ("fsync=off", "full_page_writes=off") };
    for setting in ["listen_addresses=", fsync, pages, "max_connections=300", "shared_buffers=64MB"] {
        keeper.arg("-c").arg(setting);
    }
    keeper.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    keeper.spawn().expect("the cluster's keeper starts")
}

fn answers(binaries: &Path, user: Option<&str>, folder: &Path) -> bool {
    let asked = command(user, &binaries.join("pg_isready")).arg("-q").arg("-h").arg(folder).status();
    asked.is_ok_and(|status| status.success())
}

/// Runs each test on both stores: `name::sqlite` and `name::postgres`. The argument is a [`Fresh`].
#[macro_export]
macro_rules! on_both_stores {
    ($($(#[$meta:meta])* async fn $name:ident($fresh:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn run($fresh: $crate::testing::Fresh) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run($crate::testing::fresh($crate::testing::Kind::Sqlite).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                run($crate::testing::fresh($crate::testing::Kind::Postgres).await).await;
            }
        }
    )*};
}
