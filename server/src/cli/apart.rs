//! A demo is filled by a process of its own, which ends when it is full: what filling takes of memory is then given back, and the process
//! that serves never had it (docs/decisions/0015-memory-given-back.md).

use super::Fault;
use crate::serve;
use std::{
    env,
    os::unix::process::ExitStatusExt,
    process::{ExitCode, ExitStatus},
};
use tokio::process::Command;

/// What a shell says of a command that Ctrl-C ended.
pub(super) const INTERRUPTED: u8 = 130;

/// How the other process ended.
pub(super) enum Apart {
    /// The store is full.
    Filled,
    /// It is not, and why has been said: to end with this code.
    Ended(ExitCode),
    /// There is none: it can't be started.
    None,
}

/// Starts this command anew, only to fill, and waits. It says by itself what it has to say, on the same output.
///
/// # Errors
/// The other process can't be waited for.
pub(super) async fn fill() -> Result<Apart, Fault> {
    let started = env::current_exe().and_then(|program| {
        let mut filling = Command::new(program);
        filling.args(env::args_os().skip(1)).arg("--fill-only").kill_on_drop(true).spawn()
    });
    let mut filling = match started {
        Ok(filling) => filling,
        Err(fault) => {
            serve::say(&format!("holdfast: more memory is kept than need be, because filling has no process of its own: {fault}"));
            return Ok(Apart::None);
        }
    };
    let ended = tokio::select! {
        ended = filling.wait() => ended,
        () = serve::asked_to_stop() => {
            // A terminal has asked both, a supervisor only this one. What is left of it is removed at the next start.
            filling.kill().await.map_err(|fault| format!("filling can't be stopped: {fault}"))?;
            serve::say("holdfast: filling was stopped; the next start begins anew");
            return Ok(Apart::Ended(INTERRUPTED.into()));
        }
    };
    ended.map(outcome).map_err(|fault| format!("filling can't be waited for: {fault}"))
}

fn outcome(ended: ExitStatus) -> Apart {
    if ended.success() {
        return Apart::Filled;
    }
    if let Some(signal) = ended.signal() {
        let hint = if signal == 9 { " (too little memory?)" } else { "" };
        serve::say(&format!("holdfast: filling was ended by signal {signal}{hint}; the next start begins anew"));
    }
    let code = ended.code().or_else(|| ended.signal().map(|signal| 128 + signal));
    Apart::Ended(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a wait status as the system gives it: the code in the second byte, the signal in the first.
    fn code(status: i32) -> Option<ExitCode> {
        match outcome(ExitStatus::from_raw(status)) {
            Apart::Ended(code) => Some(code),
            Apart::Filled | Apart::None => None,
        }
    }

    #[test]
    fn a_fault_keeps_its_code_and_a_signal_gets_that_of_a_shell() {
        assert_eq!(code(0), None);
        assert_eq!(code(1 << 8), Some(ExitCode::from(1)));
        assert_eq!(code(2 << 8), Some(ExitCode::from(2)));
        assert_eq!(code(2), Some(ExitCode::from(130)));
        assert_eq!(code(9), Some(ExitCode::from(137)));
    }
}
