//! Checks of what people and scripts send, with messages that say what to do.

use crate::error::Error;
use domain::{schedule::Schedule, zones};

const LONGEST_NAME: usize = 120;
const LONGEST_TEXT: usize = 2_000;
const MOST_TAGS: usize = 20;
const LONGEST_TAG: usize = 40;

/// A name: trimmed, not empty, at most 120 characters, no control characters.
pub(crate) fn name(field: &'static str, name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("empty_name", field, "Give it a name."));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("name_too_long", field, "That name is too long: use at most 120 characters."));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid("invalid_name", field, "A name can't hold line breaks or control characters."));
    }
    Ok(name.to_owned())
}

/// Free text: trimmed, at most 2,000 characters.
pub(crate) fn text(field: &'static str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.chars().count() > LONGEST_TEXT {
        return Err(Error::invalid("text_too_long", field, "That text is too long: use at most 2,000 characters."));
    }
    Ok(text.to_owned())
}

/// Free text that must say something.
pub(crate) fn said(field: &'static str, said: &str) -> Result<String, Error> {
    let said = text(field, said)?;
    if said.is_empty() { Err(Error::invalid("empty_text", field, "Write something first.")) } else { Ok(said) }
}

/// An IANA zone.
pub(crate) fn zone(field: &'static str, zone: &str) -> Result<String, Error> {
    let zone = zone.trim();
    zones::Zone::named(zone).map_err(|_| {
        Error::invalid(
            "unknown_time_zone",
            field,
            format!("`{zone}` is not a known time zone. Use an IANA name, for example `Europe/Berlin`."),
        )
    })?;
    Ok(zone.to_owned())
}

/// A schedule that can be followed.
pub(crate) fn schedule(field: &'static str, schedule: &Schedule) -> Result<(), Error> {
    zones::validate(schedule).map_err(|e| Error::invalid("invalid_schedule", field, e.to_string()))
}

/// An e-mail address, as far as it can be seen without sending: one `@`, something on both sides, no spaces.
pub(crate) fn email(email: &str) -> Result<String, Error> {
    let email = email.trim();
    let fits = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    if fits {
        Ok(email.to_owned())
    } else {
        Err(Error::invalid("invalid_email", "email", "Give a full e-mail address, for example `ada@example.org`."))
    }
}

/// A password of at least 12 characters that isn't the address.
pub(crate) fn password(password: &str, email: &str) -> Result<(), Error> {
    if password.chars().count() < 12 {
        return Err(Error::invalid("password_too_short", "password", "Use a password of at least 12 characters."));
    }
    if password.len() > 1_024 {
        return Err(Error::invalid("password_too_long", "password", "Use a password of at most 1,024 bytes."));
    }
    if password.to_lowercase() == email.to_lowercase() {
        return Err(Error::invalid("password_is_email", "password", "The password can't be the e-mail address."));
    }
    Ok(())
}

/// Tags: trimmed, none empty or doubled, at most 20 of at most 40 characters. Sorted.
pub(crate) fn tags(tags: &[String]) -> Result<Vec<String>, Error> {
    let mut kept: Vec<String> = tags.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
    kept.sort();
    kept.dedup();
    if kept.len() > MOST_TAGS || kept.iter().any(|t| t.chars().count() > LONGEST_TAG || t.chars().any(char::is_control)) {
        return Err(Error::invalid("invalid_tags", "tags", "Use at most 20 tags of at most 40 characters each."));
    }
    Ok(kept)
}

/// A size in bytes that makes sense.
pub(crate) fn quota(bytes: Option<i64>) -> Result<Option<i64>, Error> {
    match bytes {
        Some(..=0) => Err(Error::invalid("invalid_quota", "quota_bytes", "The quota must be more than 0 bytes; leave it out for none.")),
        fine => Ok(fine),
    }
}
