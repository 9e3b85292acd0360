//! Runs a command: its input is ours, its output passes through, signals to us go on to it, its exit code is kept.

use crate::{
    capture::{Kept, Worth, pass_through},
    clock, complain,
};
use domain::time::Time;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    fs::{self, File},
    io::{self, IsTerminal, Read},
    os::{fd::AsFd, unix::process::ExitStatusExt},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// How long output is awaited after the command has ended, where something it left behind still holds the pipe.
const LINGER: Duration = Duration::from_secs(3);

#[derive(Default)]
struct Shared {
    child: Mutex<Option<Pid>>,
    stopped: AtomicI32,
}

/// Who listens to the signals that are sent to us.
pub(crate) struct Signals {
    shared: Arc<Shared>,
    wake: mpsc::Receiver<()>,
}

impl Signals {
    /// Begins to pass on SIGINT, SIGTERM and SIGHUP; those that were ignored when we were started stay ignored.
    pub(crate) fn listen() -> Self {
        let shared = Arc::new(Shared::default());
        let (wake_up, wake) = mpsc::channel();
        let ignored = ignored_signals();
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        match signal_hook::iterator::Signals::new(wanted) {
            Ok(mut signals) => {
                let shared = Arc::clone(&shared);
                let listener = thread::Builder::new().name("signals".to_owned()).spawn(move || {
                    for signal in signals.forever() {
                        shared.stopped.store(signal, Ordering::SeqCst);
                        pass_on(&shared, signal);
                        let _ = wake_up.send(());
                    }
                });
                if let Err(error) = listener {
                    complain(&format!("signals can't be passed on: {error}"));
                }
            }
            Err(error) => complain(&format!("signals can't be passed on: {error}")),
        }
        Self { shared, wake }
    }

    /// The signal that asked us to stop, if any.
    pub(crate) fn stopped(&self) -> Option<i32> {
        Some(self.shared.stopped.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }

    /// Waits; false when a signal came in between.
    pub(crate) fn sleep(&self, length: Duration) -> bool {
        if self.stopped().is_some() {
            return false;
        }
        match self.wake.recv_timeout(length) {
            Err(RecvTimeoutError::Timeout) => true,
            // Nobody listens to signals: they end us, as they would without us.
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(length);
                true
            }
            Ok(()) => false,
        }
    }
}

fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn pass_on(shared: &Shared, signal: i32) {
    // At a terminal, Ctrl-C reaches the command as well as us; a second one would make some tools abort hard.
    if signal == SIGINT && in_foreground() {
        return;
    }
    let child = shared.child.lock().unwrap_or_else(PoisonError::into_inner);
    let signal = match signal {
        SIGINT => Signal::INT,
        SIGHUP => Signal::HUP,
        _ => Signal::TERM,
    };
    if let Some(pid) = *child {
        let _ = kill_process(pid, signal);
    }
}

fn in_foreground() -> bool {
    let input = io::stdin();
    input.is_terminal() && rustix::termios::tcgetpgrp(&input).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// How a command ended.
pub(crate) struct Ended {
    /// Its exit code; 128 + N for signal N; 126 and 127 when it could not be started.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) started_at: Time,
    pub(crate) ended_at: Time,
    /// Why it could not be started.
    pub(crate) fault: Option<String>,
}

/// Runs a command to its end. `watch` sees every line of both streams and says what it is worth.
pub(crate) fn run(command: &[String], signals: &Signals, watch: impl Fn(&str) -> Worth + Send + Sync + 'static) -> Ended {
    let started_at = clock::now();
    let mut ended = Ended { code: 127, stdout: String::new(), stderr: String::new(), started_at, ended_at: started_at, fault: None };
    let Some((program, arguments)) = command.split_first() else {
        ended.fault = Some("no command is given".to_owned());
        return ended;
    };
    let mut child =
        match Command::new(program).args(arguments).stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) => {
                ended.code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
                let words = format!("{program} could not be started: {error}");
                complain(&words);
                ended.fault = Some(words);
                return ended;
            }
        };
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    *signals.shared.child.lock().unwrap_or_else(PoisonError::into_inner) = pid;
    // A signal that came just before the command was there.
    if let Some(signal) = signals.stopped() {
        pass_on(&signals.shared, signal);
    }
    let watch = Arc::new(watch);
    let (stdout, stderr) = (Kept::default(), Kept::default());
    let (finished, streams) = mpsc::channel();
    copy(child.stdout.take(), io::stdout().as_fd().try_clone_to_owned(), &stdout, &watch, &finished);
    copy(child.stderr.take(), io::stderr().as_fd().try_clone_to_owned(), &stderr, &watch, &finished);
    drop(finished);
    ended.code = wait(&mut child, pid, signals);
    ended.ended_at = clock::now();
    for _ in 0..2 {
        if streams.recv_timeout(LINGER).is_err() {
            break;
        }
    }
    ended.stdout = stdout.text();
    ended.stderr = stderr.text();
    ended
}

fn copy<W>(
    from: Option<impl Read + Send + 'static>,
    to: io::Result<std::os::fd::OwnedFd>,
    kept: &Kept,
    watch: &Arc<W>,
    finished: &mpsc::Sender<()>,
) where
    W: Fn(&str) -> Worth + Send + Sync + 'static,
{
    let Some(from) = from else { return };
    let (kept, watch, finished) = (kept.clone(), Arc::clone(watch), finished.clone());
    // Unbuffered: what the command has written is out at once.
    let to = to.ok().map(File::from);
    thread::spawn(move || {
        pass_through(from, to, &kept, |line| watch(line));
        let _ = finished.send(());
    });
}

fn wait(child: &mut Child, pid: Option<Pid>, signals: &Signals) -> i32 {
    if let Some(pid) = pid {
        // Waits without taking the child away, so that its number can't be another process's when a signal is passed on.
        while matches!(waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT), Err(rustix::io::Errno::INTR)) {}
    }
    let status = {
        let mut place = signals.shared.child.lock().unwrap_or_else(PoisonError::into_inner);
        let status = child.wait();
        *place = None;
        status
    };
    match status {
        Ok(status) => status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1),
        Err(error) => {
            complain(&format!("the command's exit code is unknown: {error}"));
            1
        }
    }
}
