//! Where the portal is and what key opens it: the settings file, over which the environment wins.
//! A missing or broken file is told once and leaves the agent without a portal, never without a run.

use serde::{Deserialize, Serialize};
use std::{
    env, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Address of the portal, without a slash at its end.
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) key: String,
    /// Name of the device, for keys that are not bound to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
    /// Certificates to trust instead of the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// `$HOLDFAST_AGENT_CONFIG`, else `/etc/holdfast/agent.json` for root, else the user's own folder.
pub(crate) fn path() -> PathBuf {
    if let Some(path) = variable("HOLDFAST_AGENT_CONFIG") {
        return path.into();
    }
    let home = variable("HOME").filter(|_| !is_root());
    match variable("XDG_CONFIG_HOME").filter(|_| home.is_some()).map(PathBuf::from).or_else(|| home.map(|h| Path::new(&h).join(".config")))
    {
        Some(folder) => folder.join("holdfast/agent.json"),
        None => "/etc/holdfast/agent.json".into(),
    }
}

/// `$HOLDFAST_SPOOL`, else the service's `$STATE_DIRECTORY`, else `/var/lib/holdfast-agent` for root, else the user's own folder.
pub(crate) fn spool_path() -> PathBuf {
    if let Some(path) = variable("HOLDFAST_SPOOL") {
        return path.into();
    }
    if let Some(folder) = variable("STATE_DIRECTORY").and_then(|folders| folders.split(':').next().map(PathBuf::from)) {
        return folder;
    }
    let home = variable("HOME").filter(|_| !is_root());
    match variable("XDG_STATE_HOME")
        .filter(|_| home.is_some())
        .map(PathBuf::from)
        .or_else(|| home.map(|h| Path::new(&h).join(".local/state")))
    {
        Some(folder) => folder.join("holdfast-agent"),
        None => "/var/lib/holdfast-agent".into(),
    }
}

/// The settings as far as they can be had, and what is wrong with them.
pub(crate) fn load() -> (Settings, Option<String>) {
    let path = path();
    let mut trouble = None;
    let mut settings = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).unwrap_or_else(|error| {
            trouble = Some(format!("the settings {} can't be read ({error}): run `holdfast-agent enroll` again", path.display()));
            Settings::default()
        }),
        Err(error) => {
            trouble = Some(match error.kind() {
                io::ErrorKind::NotFound => {
                    format!("this machine is not enrolled ({} is missing): run `holdfast-agent enroll URL KEY`", path.display())
                }
                _ => format!("the settings {} can't be read: {error}", path.display()),
            });
            Settings::default()
        }
    };
    if let Some(url) = variable("HOLDFAST_URL") {
        settings.url = url;
    }
    if let Some(key) = variable("HOLDFAST_KEY") {
        settings.key = key;
    }
    if let Some(file) = variable("HOLDFAST_CA_FILE") {
        settings.ca_file = Some(file.into());
    }
    settings.url = settings.url.trim_end_matches('/').to_owned();
    if settings.complete() {
        trouble = None;
    } else if trouble.is_none() {
        trouble = Some(format!("the settings {} name no address or no key: run `holdfast-agent enroll` again", path.display()));
    }
    (settings, trouble)
}

impl Settings {
    /// Whether a portal can be asked at all.
    pub(crate) const fn complete(&self) -> bool {
        !self.url.is_empty() && !self.key.is_empty()
    }

    /// Writes the file, readable by its owner only, whole or not at all.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let temporary = path.with_extension("json.new");
        let _ = fs::remove_file(&temporary);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    }
}
