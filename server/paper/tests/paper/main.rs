//! Whole documents: one binary, so that it is linked once.

mod accounts;
mod any_text;
mod file;
mod samples;
mod summary;
