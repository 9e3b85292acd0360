//! Typed schedules: into policies and back, in words, with their next slots. Server side only.

mod clocks;
mod levels;
mod preview;
#[cfg(test)]
mod tests;
mod typed;

pub(in crate::api) use levels::unmet;
pub(super) use levels::{unkept_words, widest};
pub(super) use preview::preview;
pub(in crate::api) use typed::schedule;
pub(super) use typed::{form, policy};
