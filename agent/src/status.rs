//! `status`: settings, spool, and whether the portal answers.

use crate::{portal::Portal, settings, spool::Spool};
use std::io::Write;

/// 0 when the portal answers and nothing waits.
pub(crate) fn status() -> i32 {
    let mut out = std::io::stdout();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<15} {value}");
    };
    let (settings, trouble) = settings::load();
    line("version", env!("CARGO_PKG_VERSION"));
    line("settings", &settings::path().display().to_string());
    line("portal", if settings.url.is_empty() { "-" } else { &settings.url });
    if let Some(trouble) = &trouble {
        line("trouble", trouble);
    }
    let place = settings::spool_path();
    line("spool", &place.display().to_string());
    let mut well = trouble.is_none();
    match Spool::open(&place) {
        Ok(spool) => {
            let waiting = spool.waiting().map_or(0, |w| w.len());
            line("waiting", &format!("{waiting} messages, {} bytes", spool.size()));
            line("rejected", &spool.rejected().to_string());
            line("last delivery", spool.last_delivery().as_deref().unwrap_or("never"));
            well &= waiting == 0;
        }
        Err(error) => {
            line("waiting", &format!("unknown: {error}"));
            well = false;
        }
    }
    let answer = match Portal::of(&settings) {
        Ok(Some(portal)) => portal.reachable(),
        Ok(None) => Err("not enrolled".to_owned()),
        Err(error) => Err(error),
    };
    match answer {
        Ok(200) => line("reachable", "yes"),
        Ok(status) => {
            line("reachable", &format!("yes, but it answers {status}"));
            well = false;
        }
        Err(error) => {
            line("reachable", &format!("no: {error}"));
            well = false;
        }
    }
    i32::from(!well)
}
