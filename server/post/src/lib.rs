//! Mail as bytes: messages made and signed, answers of mail servers and bounces read, links and addresses stamped. Data in, data out.
//!
//! Opens no connection and no file, and reads no clock: the server hands the bytes over (`server/src/mail`), the engine keeps what came of
//! it. How a monthly report reads as mail is in [`summary`] (D7), a weekly summary in [`weekly`] (D8).

pub mod dsn;
pub mod key;
pub mod message;
pub mod reply;
pub mod stamp;
pub mod summary;
pub mod weekly;

mod html;
mod lines;
