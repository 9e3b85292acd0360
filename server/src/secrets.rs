//! The secrets file: keys that tokens are sealed with, and this portal's secrets at providers. It lies beside the database, not in it: whoever
//! copies the one can't read the tokens without the other.
//!
//! Made at the first start with a random key. Never logged; a file that others may read is refused.

use crate::config::WrongSetting;
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::saas::Service;
use engine::vault::Vault;
use post::stamp::Keys;
use providers::Secret;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

/// Name of the file in the data folder.
pub const FILE: &str = "secrets.toml";

/// What the file holds.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Seals tokens.
    pub vault: Vault,
    /// Sign the stamps in addresses and links of mail; made of the keys above, so that the file needs no more of them.
    pub stamps: Keys,
    microsoft: Option<Secret>,
    google: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    token_keys: Vec<WrittenKey>,
    #[serde(default)]
    microsoft_365: WrittenService,
    #[serde(default)]
    google_workspace: WrittenService,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    id: String,
    key: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenService {
    #[serde(default)]
    client_secret: String,
}

fn fault(path: &Path, what: &str) -> WrongSetting {
    WrongSetting::new(format!("setting secrets (--secrets, HOLDFAST_SECRETS): {} {what}", path.display()))
}

impl Secrets {
    /// Reads the file; makes it where there is none.
    ///
    /// # Errors
    /// It can't be read or made, others may read it, or it isn't what it should be. Names no secret.
    pub fn open(path: &Path) -> Result<Self, WrongSetting> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(path)?;
                File::open(path).map_err(|e| fault(path, &format!("can't be read: {e}")))?
            }
            Err(error) => return Err(fault(path, &format!("can't be read: {error}"))),
        };
        let mode = file.metadata().map_err(|e| fault(path, &format!("can't be read: {e}")))?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(fault(
                path,
                &format!("may be read by others (mode {mode:o}): chmod 600 it, and replace what it holds if they did"),
            ));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| fault(path, &format!("can't be read: {e}")))?;
        Self::read(&text).map_err(|what| fault(path, &what))
    }

    fn read(text: &str) -> Result<Self, String> {
        // The message of the reader may repeat a line, and with it a secret: only its place is told.
        let written: Written = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            format!("line {line} is not as it should be: see the operator's page on the secrets file")
        })?;
        let keys = written.token_keys.into_iter().map(|key| {
            let bytes = BASE64_STANDARD.decode(key.key.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            bytes.map(|bytes| (key.id, bytes))
        });
        let keys = keys.collect::<Option<Vec<_>>>().unwrap_or_default();
        let stamps = Keys::new(keys.iter().map(|(_, key)| stamp_key(key)).collect());
        let both = Vault::new(keys).zip(stamps);
        let (vault, stamps) = both.ok_or("needs [[token_keys]], each with an id of its own and a key of 32 bytes in base64")?;
        let secret = |service: WrittenService| (!service.client_secret.is_empty()).then(|| Secret::new(service.client_secret));
        Ok(Self { vault, stamps, microsoft: secret(written.microsoft_365), google: secret(written.google_workspace) })
    }

    /// In memory only, with a random key: what it seals is lost with the process.
    ///
    /// # Errors
    /// Never in practice; as of [`Vault::new`].
    pub fn passing() -> Result<Self, WrongSetting> {
        Self::read(&fresh()).map_err(WrongSetting::new)
    }

    /// This portal's secret at a provider.
    pub const fn client_secret(&self, service: Service) -> Option<&Secret> {
        match service {
            Service::Microsoft365 => self.microsoft.as_ref(),
            Service::GoogleWorkspace => self.google.as_ref(),
        }
    }
}

/// Another key of the same origin: who learns one of the two doesn't know the other.
fn stamp_key(key: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(b"holdfast stamps of mail").chain_update(key).finalize().into()
}

fn fresh() -> String {
    let (mut id, mut key) = ([0u8; 4], [0u8; 32]);
    rand::fill(&mut id);
    rand::fill(&mut key);
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "# Holdfast's secrets: for the server's user only. Keep a copy, and keep it apart from copies of the database.\n\
         # Without the keys every SaaS connection has to be authorized again.\n\n\
         # The first key seals, all of them open. To replace it, put another one in front.\n\
         [[token_keys]]\nid = \"{id}\"\nkey = \"{}\"\n\n\
         [microsoft_365]\nclient_secret = \"\"\n\n\
         [google_workspace]\nclient_secret = \"\"\n",
        BASE64_STANDARD.encode(key)
    )
}

/// Whole or not at all, and never for others to read, not even for a moment.
fn make(path: &Path) -> Result<(), WrongSetting> {
    let made = || -> std::io::Result<()> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}", std::process::id()));
        let written = Path::new(&name);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(written)?;
        file.write_all(fresh().as_bytes())?;
        file.sync_all()?;
        // Another server that was a moment earlier wins: both must use the same keys.
        let linked = match std::fs::hard_link(written, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        };
        std::fs::remove_file(written)?;
        linked
    };
    made().map_err(|error| fault(path, &format!("can't be made: {error}")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_start_makes_a_file_for_its_owner_only_and_the_next_reads_the_same_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join(FILE);
        let first = Secrets::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let sealed = first.vault.seal("here", b"x").unwrap();
        let again = Secrets::open(&path).unwrap();
        assert_eq!(again.vault.open("here", &sealed).unwrap(), b"x");
        assert_eq!(again.client_secret(Service::Microsoft365), None);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        Secrets::open(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let told = Secrets::open(&path).unwrap_err().to_string();
        assert!(told.contains("mode 640") && told.contains("chmod 600") && !told.contains('\n'), "{told}");
    }

    #[test]
    fn what_is_wrong_with_it_is_told_without_its_secrets() {
        for (text, wanted) in [
            ("token_keys = []\n", "token_keys"),
            ("[[token_keys]]\nid = 'a'\nkey = 'hunter2'\n", "32 bytes"),
            ("[[token_keys]]\nid = 'a'\nkey = hunter2\n", "line 3"),
            ("[google]\nclient_secret = 'hunter2'\n", "line 1"),
        ] {
            let told = Secrets::read(text).unwrap_err();
            assert!(told.contains(wanted) && !told.contains("hunter2"), "{told}");
        }
    }
}
