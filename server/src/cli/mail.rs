//! `holdfast mail`: what mail servers pipe in, and the key that a partner's mail is signed with.

use super::Fault;
use crate::{config::Config, secrets::Secrets, serve};
use engine::store::mails::{self, Fate};
use post::dsn::{self, Told};
use std::{io::Read, process::ExitCode};

/// More than any notice; what is longer is cut.
const LONGEST: u64 = 4 << 20;

/// Reads a notice about a delivery from standard input. A message that is no notice, or is about no mail of ours, is no fault: the mail server
/// must not try it again.
pub async fn bounce(config: Config, to: Option<String>) -> Result<ExitCode, Fault> {
    let mut raw = Vec::new();
    std::io::stdin().lock().take(LONGEST).read_to_end(&mut raw).map_err(|error| format!("standard input: {error}"))?;
    let secrets = Secrets::open(&config.secrets).map_err(|error| error.to_string())?;
    let notice = match dsn::read(&raw, to.as_deref(), &secrets.stamps) {
        Ok(notice) => notice,
        Err(nothing) => {
            eprintln!("holdfast: {nothing}");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let store = serve::open(&config.database).await.map_err(|error| error.to_string())?;
    let fate = match notice.told {
        Told::Gone => Fate::Gone,
        Told::Back => Fate::Back,
        Told::Delayed => Fate::Delayed,
        Told::Delivered => Fate::Delivered,
    };
    let now = serve::wall_clock()();
    let known = mails::told(&store, notice.partner, notice.mail, fate, &notice.said, now).await.map_err(|error| error.public_message())?;
    if !known {
        eprintln!("holdfast: this mail isn't known any more");
    }
    Ok(ExitCode::SUCCESS)
}
