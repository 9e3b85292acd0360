//! The folder that mail is written into where there is no mail server: a file for each copy, taken away when it has been kept long enough.

use domain::time::Time;
use std::{
    path::Path,
    time::{Duration, SystemTime},
};

/// Whole or not at all; written again it is the same file.
pub(super) async fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let (folder, name, bytes) = (folder.to_owned(), name.to_owned(), bytes.to_owned());
    let written = move || {
        use std::io::Write;
        std::fs::create_dir_all(&folder)?;
        let passing = folder.join(format!(".{name}"));
        let mut file = std::fs::File::create(&passing)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(passing, folder.join(name))
    };
    tokio::task::spawn_blocking(written).await.map_err(std::io::Error::other)?
}

/// Takes messages out of the folder that were written before.
pub(super) async fn sweep(folder: &Path, before: Time) -> std::io::Result<()> {
    let folder = folder.to_owned();
    let before = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(before.0).unwrap_or(0));
    let swept = move || {
        let files = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            files => files?,
        };
        for file in files {
            let file = file?;
            let ours = file.path().extension().is_some_and(|ending| ending == "eml");
            if ours && file.metadata()?.modified()? < before {
                std::fs::remove_file(file.path())?;
            }
        }
        Ok(())
    };
    tokio::task::spawn_blocking(swept).await.map_err(std::io::Error::other)?
}
