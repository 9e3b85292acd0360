//! A bounce as a real mail server makes it: postfix takes a mail, finds that nobody has that name, writes its notice to the address that bounces
//! go to, and pipes it into `holdfast mail bounce` by the lines of the operator's page. It has folders of its own and ends with the test.

use super::{place, post, queue};
use crate::portal::{START, system};
use ::server::secrets::Secrets;
use domain::mail::MailState;
use engine::store::{Store, StoreUrl, mails};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    process::Command,
    sync::{Arc, atomic::AtomicI64},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(30);
const POSTFIX: &str = "/usr/sbin/postfix";
/// Who runs the command: a pipe of postfix never does as root.
const USER: &str = "nobody";

/// Running, until it is dropped.
struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = self.run("stop");
    }
}

impl Postfix {
    /// `pipe`: what notices are piped into.
    fn start(pipe: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (dir, owner) = (folder.path().display(), ids("postfix"));
        for name in ["spool", "data"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        chown(folder.path().join("data"), Some(owner.0), Some(owner.1)).unwrap();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {dir}/spool\ndata_directory = {dir}/data\nmaillog_file = {dir}/data/log\n\
             maillog_file_prefixes = {dir}\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = mx.example.com\n\
             mydestination = example.com\nmynetworks = 127.0.0.0/8\nalias_maps =\nalias_database =\ndisable_dns_lookups = yes\n\
             # Everybody is taken at first, as by a relay that doesn't know the people behind it.\nlocal_recipient_maps =\n\
             relay_domains = bounces.example.com\ntransport_maps = inline:{{ bounces.example.com=holdfast: }}\n"
        );
        let services = "postlog unix-dgram n - n - 1 postlogd\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\n\
             qmgr unix n - n 300 1 qmgr\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n\
             trace unix - - n - 0 bounce\nproxymap unix - - n - - proxymap\nanvil unix - - n - 1 anvil\nerror unix - - n - - error\n\
             retry unix - - n - - error\nlocal unix - n n - - local\n";
        let pipe =
            format!("holdfast  unix  -  n  n  -  -  pipe flags=q user={USER} argv={pipe} mail bounce --to ${{original_recipient}}\n");
        fs::write(folder.path().join("main.cf"), main).unwrap();
        fs::write(folder.path().join("master.cf"), format!("127.0.0.1:{port} inet n - n - - smtpd\n{services}{pipe}")).unwrap();
        let postfix = Self { folder, port };
        let begun = postfix.run("start");
        assert!(begun.status.success(), "{}", String::from_utf8_lossy(&begun.stderr));
        postfix
    }

    fn run(&self, command: &str) -> std::process::Output {
        Command::new(POSTFIX).arg("-c").arg(self.folder.path()).arg(command).output().unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("data/log")).unwrap_or_default()
    }
}

/// User and group of a name.
fn ids(name: &str) -> (u32, u32) {
    let known = fs::read_to_string("/etc/passwd").unwrap();
    let line = known.lines().find(|line| line.split(':').next() == Some(name)).unwrap();
    let mut numbers = line.split(':').skip(2).map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").unwrap().lines().any(|line| line.starts_with("Uid:\t0\t"))
}

fn give(folder: &Path, (user, group): (u32, u32)) {
    chown(folder, Some(user), Some(group)).unwrap();
    for file in fs::read_dir(folder).unwrap() {
        chown(file.unwrap().path(), Some(user), Some(group)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_postfix_writes_and_pipes_in_stops_the_address() {
    if !Path::new(POSTFIX).exists() || !is_root() {
        eprintln!("left out: postfix isn't installed (tools/setup.sh tests), or needs root to start");
        return;
    }
    let data = tempfile::tempdir().unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (home, command) = (data.path().join("data"), data.path().join("holdfast"));
    fs::create_dir(&home).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_holdfast"));
    // Where it was built nobody else may look.
    fs::hard_link(binary, &command).or_else(|_| fs::copy(binary, &command).map(|_| ())).unwrap();
    let store = Store::open(&StoreUrl::Sqlite(home.join("holdfast.db"))).await.unwrap();
    let place = place(&store).await;
    let secrets = Secrets::open(&home.join("secrets.toml")).unwrap();
    give(&home, ids(USER));

    let postfix = Postfix::start(&format!("{} --data {}", command.display(), home.display()));
    let now = Arc::new(AtomicI64::new(START.0));
    let (post, _stop) = post(store.clone(), &secrets, postfix.port, &now).await;
    let id = queue(&store, place, "gone@example.com", 100, START).await;
    assert_eq!(post.tick(&CancellationToken::new()).await.unwrap(), 1);
    let begun = Instant::now();
    let row = loop {
        let row = mails::get(&store, &system(place.0), id).await.unwrap().row;
        assert!(matches!(row.state, MailState::Sent | MailState::Bounced), "{}: {}", row.state.as_str(), row.said);
        if row.state == MailState::Bounced {
            break row;
        }
        assert!(begun.elapsed() < PATIENCE, "no notice came\n{}", postfix.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(row.said, "unknown user: \"gone\"", "{}", postfix.log());
    let stops = mails::stops(&store, &system(place.0), place.1, &["gone@example.com".to_owned()]).await.unwrap();
    assert_eq!(stops[0].cause, "bounced");
}
