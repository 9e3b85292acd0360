//! `check-in` and `flush`: a sign of life with the space used at the destination, and delivery of what waits.

use crate::{
    command_line::CheckIn as Order,
    complain,
    courier::{Fallback, Trouble, deliver, settle_orphans},
    message::CheckIn,
    portal::Portal,
    settings::{self, Settings},
    spool::{Kind, Spool},
};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::PoisonError,
    thread,
    time::{Duration, Instant},
};

/// Sends a check-in and what waits. 0 when all was delivered.
pub(crate) fn check_in(order: &Order) -> i32 {
    let settings = load();
    let mut message = CheckIn::now(settings.device.clone());
    (message.storage_used_bytes, message.storage_quota_bytes) = (order.storage_used, order.quota);
    if let Some(path) = &order.storage_path {
        match measure(path, order.quota) {
            Ok((used, quota)) => (message.storage_used_bytes, message.storage_quota_bytes) = (Some(used), Some(quota)),
            Err(error) => complain(&format!("the space used in {} can't be measured: {error}", path.display())),
        }
    }
    let json = match serde_json::to_vec(&message) {
        Ok(json) => json,
        Err(error) => {
            complain(&error.to_string());
            return 1;
        }
    };
    deliver_now(&settings, Some(json))
}

/// Delivers what waits. 0 when all was delivered.
pub(crate) fn flush() -> i32 {
    deliver_now(&load(), None)
}

fn load() -> Settings {
    let (settings, trouble) = settings::load();
    if let Some(trouble) = trouble {
        complain(&trouble);
    }
    settings
}

fn deliver_now(settings: &Settings, check_in: Option<Vec<u8>>) -> i32 {
    let place = settings::spool_path();
    let spool = Spool::open(&place).map_err(|error| complain(&format!("the spool {} can't be used: {error}", place.display()))).ok();
    let memory = Fallback::default();
    let hold = |kind: Kind, json: Vec<u8>| memory.lock().unwrap_or_else(PoisonError::into_inner).push((kind, json));
    let mut store = |kind: Kind, json: Vec<u8>| match spool.as_ref().map(|s| s.append(kind, &json)) {
        Some(Ok(_)) => {}
        _ => hold(kind, json),
    };
    if let Some(spool) = &spool {
        settle_orphans(spool, &mut store);
    }
    // A sign of life is worth nothing later: it is not spooled.
    if let Some(json) = check_in {
        hold(Kind::CheckIn, json);
    }
    let portal = match Portal::of(settings) {
        Ok(Some(portal)) => portal,
        Ok(None) => return 1,
        Err(error) => {
            complain(&error);
            return 1;
        }
    };
    let begun = Instant::now();
    loop {
        match deliver(&portal, spool.as_ref(), &memory) {
            Ok(()) => return 0,
            Err(Trouble::Busy) if begun.elapsed() < Duration::from_secs(20) => thread::sleep(Duration::from_millis(100)),
            Err(Trouble::Busy) => {
                complain("another agent is delivering");
                return 0;
            }
            Err(Trouble::Portal(refusal)) => {
                complain(&format!("{}; messages wait in the spool", refusal.words()));
                return 1;
            }
        }
    }
}

/// Bytes used and allowed: with a quota the size of what lies in the folder, else the use of its disk.
fn measure(path: &Path, quota: Option<u64>) -> std::io::Result<(u64, u64)> {
    if let Some(quota) = quota {
        return Ok((size_of(path)?, quota));
    }
    let disk = rustix::fs::statvfs(path)?;
    let total = disk.f_blocks.saturating_mul(disk.f_frsize);
    // Space reserved for root is not there for backups.
    let reserved = disk.f_bfree.saturating_sub(disk.f_bavail).saturating_mul(disk.f_frsize);
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let allowed = total.saturating_sub(reserved);
    Ok((allowed.saturating_sub(free), allowed))
}

/// Bytes that a folder's files take on the disk; links are not followed.
fn size_of(path: &Path) -> std::io::Result<u64> {
    let found = fs::symlink_metadata(path)?;
    let mut bytes = found.blocks() * 512;
    let mut folders = if found.is_dir() { vec![path.to_path_buf()] } else { Vec::new() };
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            // What vanishes while we look is not there.
            let Ok(found) = entry.metadata() else { continue };
            bytes += found.blocks() * 512;
            if found.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(bytes)
}
