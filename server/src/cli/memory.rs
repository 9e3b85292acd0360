//! Memory that is free goes back to the system soon, and only as much is taken as is used.
//!
//! The allocator reads its settings from the environment, once, before `main`: so the server starts itself anew with them, in the same process.
//! What each is worth was measured: docs/decisions/0015-memory-given-back.md.

use std::{env, ffi::OsStr, process::Command};

const SETTINGS: [(&str, &str); 2] = [
    // Milliseconds until free memory is given back. By itself the allocator keeps what a busy moment took for a second and longer, and under a
    // steady trickle of requests for good.
    ("MIMALLOC_PURGE_DELAY", "10"),
    // Not in pages of 2 MiB: the system would make whole ones again of those that were given back in part.
    ("MIMALLOC_ALLOW_THP", "0"),
];

/// Starts this program anew with the settings, but for those that somebody has set. Comes back when there is nothing to do, or it can't be done:
/// then all goes on, with more memory.
pub fn keep_small() {
    let unset = || SETTINGS.into_iter().filter(|(name, _)| env::var_os(name).is_none());
    if unset().next().is_some()
        && let Ok(program) = env::current_exe()
    {
        let mut program = Command::new(program);
        again(program.envs(unset()));
    }
}

#[cfg(unix)]
fn again(program: &mut Command) {
    use std::os::unix::process::CommandExt;
    let mut arguments = env::args_os();
    let name = arguments.next();
    let fault = program.arg0(name.as_deref().unwrap_or(OsStr::new("holdfast"))).args(arguments).exec();
    eprintln!("holdfast: more memory is kept than need be: {fault}");
}

#[cfg(not(unix))]
fn again(_program: &mut Command) {}
