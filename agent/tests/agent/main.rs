//! The agent as it is installed, with a portal that the tests play, and with the real tools of the machine.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod command;
mod delivery;
mod double;
mod real_tools;
