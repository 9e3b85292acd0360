//! Memory that is free goes back to the system soon.
//!
//! The allocator keeps what a busy moment took for a second and longer, and under a steady trickle of requests it keeps it for good. It reads its
//! settings from the environment, once, before `main`: so the server starts itself anew with the setting, in the same process. Measured in
//! docs/decisions/0015-memory.md.

use std::{ffi::OsStr, process::Command};

/// Milliseconds until free memory is given back.
const DELAY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "10");

/// Starts this program anew with the setting, unless somebody has set it. Comes back when there is nothing to do, or it can't be done: then all
/// goes on, with more memory.
pub fn give_back_soon() {
    if std::env::var_os(DELAY.0).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        again(Command::new(program));
    }
}

#[cfg(unix)]
fn again(mut program: Command) {
    use std::os::unix::process::CommandExt;
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    let fault = program.arg0(name.as_deref().unwrap_or(OsStr::new("holdfast"))).args(arguments).env(DELAY.0, DELAY.1).exec();
    eprintln!("holdfast: free memory is kept longer: {fault}");
}

#[cfg(not(unix))]
fn again(_program: Command) {}
