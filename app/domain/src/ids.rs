//! A type for each id. Inside, a positive `i64` minted by the store (time first, so that ids sort by age);
//! outside (JSON, URLs), 13 characters of lower-case Crockford base 32, opaque to callers.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text that is not an id of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: an id has 13 characters, digits and lower-case letters")
    }
}

impl std::error::Error for NotAnId {}

fn write_text(value: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0u8; 13];
    let mut rest = value.cast_unsigned();
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

fn read_text(text: &str) -> Result<i64, NotAnId> {
    if text.len() != 13 {
        return Err(NotAnId);
    }
    let mut value: u64 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|c| *c == byte).ok_or(NotAnId)? as u64;
        value = value.checked_mul(32).and_then(|v| v.checked_add(digit)).ok_or(NotAnId)?;
    }
    i64::try_from(value).map_err(|_| NotAnId)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_text(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read_text(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A partner (reseller).
    PartnerId,
    /// An organization: a client of one partner.
    OrganizationId,
    /// A person who signs in.
    UserId,
    /// A signed-in browser.
    SessionId,
    /// An API key.
    KeyId,
    /// A protected machine.
    DeviceId,
    /// An organization's link to one SaaS service.
    ConnectionId,
    /// One seat under a SaaS connection.
    AccountId,
    /// A schedule and its thresholds.
    PolicyId,
    /// One thing that is backed up again and again.
    JobId,
    /// One execution of a job.
    RunId,
    /// The record of a condition's life.
    AlertId,
    /// Alerts with one cause.
    IncidentId,
    /// Filters that somebody keeps under a name.
    SavedViewId,
    /// A maintenance window, as it stood from one change to the next.
    MaintenanceId,
    /// A verification that a restore works.
    RestoreTestId,
    /// A rule of service level.
    SlaRuleId,
    /// A frozen, stored document.
    ReportId,
    /// One copy of a message that goes out.
    MailId,
    /// A domain that mail may go to.
    MailDomainId,
    /// A source of reports that is not known yet.
    InboxId,
    /// A template for sources that are not known yet.
    InboxRuleId,
    /// An entry of the audit log.
    AuditId,
}
